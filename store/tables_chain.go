package store

import "oxenswap/swap"

const attemptColumns = "entry, hash, purpose, round, plan, batch, attempt, chain_id, sender, nonce, raw, amount, gas_fee, status, last_entry, at, noop"

func attemptFields(a *swap.Attempt) []any {
	return []any{
		(*whole)(&a.Entry), (*bytes32)(&a.Hash), &a.Purpose, (*whole)(&a.Round), (*whole)(&a.Plan), (*whole)(&a.Batch),
		(*whole)(&a.Attempt), (*whole)(&a.ChainID), (*bytes20)(&a.Sender), (*whole)(&a.Nonce), (*bytes32)(&a.Raw),
		(*whole)(&a.Amount), (*whole)(&a.GasFee), (*string)(&a.Status), (*whole)(&a.Last), (*unixOrNull)(&a.At), &a.Noop,
	}
}

// Attempt implements swap.Tables.
func (t *tables) Attempt(hash swap.Hash) (swap.Attempt, error) {
	return one(t, "attempts", attemptFields, "SELECT "+attemptColumns+" FROM attempts WHERE hash = +?", hash[:])
}

// Attempts implements swap.Tables.
func (t *tables) Attempts(i swap.Intent) ([]swap.Attempt, error) {
	return collect(t, "attempts", attemptFields,
		"SELECT "+attemptColumns+" FROM attempts WHERE purpose = +? AND round = +? AND plan = +? AND batch = +? ORDER BY attempt",
		i.Purpose, whole(i.Round), whole(i.Plan), whole(i.Batch))
}

// NonceAttempts implements swap.Tables.
func (t *tables) NonceAttempts(chainID uint64, sender swap.EVMAddress, nonce uint64) ([]swap.Attempt, error) {
	return collect(t, "attempts", attemptFields,
		"SELECT "+attemptColumns+" FROM attempts WHERE chain_id = +? AND sender = +? AND nonce = +? ORDER BY entry",
		whole(chainID), sender[:], whole(nonce))
}

// AllAttempts implements swap.Tables.
func (t *tables) AllAttempts(each func(swap.Attempt) error) error {
	return visit(t, "attempts", attemptFields, each, "SELECT "+attemptColumns+" FROM attempts ORDER BY entry")
}

// SetAttempt implements swap.WritableTables. What was signed never changes; its status does.
func (t *writableTables) SetAttempt(a swap.Attempt) error {
	known, err := t.change("attempts", "UPDATE attempts SET status = ?, last_entry = ? WHERE hash = +?", string(a.Status), int64(a.Last), a.Hash[:])
	if err != nil || known {
		return err
	}
	return t.exec("attempts", "INSERT INTO attempts ("+attemptColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(a.Entry), a.Hash[:], a.Purpose, whole(a.Round), whole(a.Plan), whole(a.Batch), whole(a.Attempt), whole(a.ChainID),
		a.Sender[:], whole(a.Nonce), a.Raw[:], whole(a.Amount), whole(a.GasFee), string(a.Status), int64(a.Last), unixOrNull(a.At), a.Noop)
}

const logColumns = "tx, log_index, block, block_hash"

func logFields(p *swap.LogPosition) []any {
	return []any{(*bytes32)(&p.Tx), (*whole)(&p.LogIndex), (*whole)(&p.Block), (*bytes32)(&p.BlockHash)}
}

// SeenLog implements swap.Tables.
func (t *tables) SeenLog(tx swap.Hash, logIndex uint64) (uint64, error) {
	return one(t, "logs", itself[uint64], "SELECT entry FROM logs WHERE tx = +? AND log_index = +?", tx[:], whole(logIndex))
}

// LastLog implements swap.Tables.
func (t *tables) LastLog() (swap.LogPosition, error) {
	return one(t, "logs", logFields, "SELECT "+logColumns+" FROM logs ORDER BY block DESC, entry DESC LIMIT 1")
}

// SetSeenLog implements swap.WritableTables.
func (t *writableTables) SetSeenLog(p swap.LogPosition, entry uint64) error {
	return t.exec("logs", "INSERT INTO logs (entry, "+logColumns+") VALUES (?, ?, ?, ?, ?)",
		int64(entry), p.Tx[:], whole(p.LogIndex), whole(p.Block), p.BlockHash[:])
}

// Payouts implements swap.Tables.
func (t *tables) Payouts(each func(swap.Payout) error) error {
	return visit(t, "payouts", func(p *swap.Payout) []any {
		fields := []any{(*whole)(&p.Entry), (*bytes20)(&p.Recipient), (*whole)(&p.Amount), (*whole)(&p.Cumulative), (*whole)(&p.Round)}
		return append(fields, logFields(&p.LogPosition)...)
	}, each, "SELECT entry, recipient, amount, cumulative, round, "+logColumns+" FROM payouts ORDER BY entry")
}

// SetPayout implements swap.WritableTables.
func (t *writableTables) SetPayout(p swap.Payout) error {
	return t.exec("payouts", "INSERT INTO payouts (entry, recipient, amount, cumulative, round, "+logColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(p.Entry), p.Recipient[:], whole(p.Amount), whole(p.Cumulative), whole(p.Round), p.Tx[:], whole(p.LogIndex), whole(p.Block), p.BlockHash[:])
}
