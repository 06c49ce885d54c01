package store

import (
	"errors"

	"oxenswap/swap"
)

const roundColumns = "status, entry, built, needed, approvals, approved, day, proposed"

func roundFields(r *swap.Round) []any {
	return []any{
		(*string)(&r.Status), (*whole)(&r.Entry), asJSON{&r.RoundBuilt}, &r.Needed, asJSON{&r.Approvals},
		(*seqOrNull)(&r.Approved), (*unixOrNull)(&r.Day), (*seqOrNull)(&r.Proposed),
	}
}

// Round implements swap.Tables.
func (t *tables) Round(number uint64) (swap.Round, error) {
	return one(t, "rounds", roundFields, "SELECT "+roundColumns+" FROM rounds WHERE round = +?", whole(number))
}

// Rounds implements swap.Tables.
func (t *tables) Rounds() ([]swap.Round, error) {
	return collect(t, "rounds", roundFields, "SELECT "+roundColumns+" FROM rounds ORDER BY round")
}

// SetRound implements swap.WritableTables.
func (t *writableTables) SetRound(r swap.Round) error {
	values := []any{string(r.Status), int64(r.Entry), asJSON{r.RoundBuilt}, r.Needed, asJSON{r.Approvals}, seqOrNull(r.Approved), unixOrNull(r.Day), seqOrNull(r.Proposed), whole(r.Round)}
	known, err := t.change("rounds", "UPDATE rounds SET status = ?, entry = ?, built = ?, needed = ?, approvals = ?, approved = ?, day = ?, proposed = ? WHERE round = +?", values...)
	if err != nil || known {
		return err
	}
	return t.exec("rounds", "INSERT INTO rounds (status, entry, built, needed, approvals, approved, day, proposed, round) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values...)
}

const allocationColumns = "account, programme, recipient, claim, parts, owed, remainder, den, given_before, amount"

func allocationFields(a *swap.Allocation) []any {
	return []any{
		(*string)(&a.Account), &a.Programme, (*bytes20)(&a.Recipient), (*whole)(&a.Claim), asJSON{&a.Parts}, (*whole)(&a.Owed),
		(*quantity)(&a.Remainder), (*quantity)(&a.Den), (*whole)(&a.Before), (*whole)(&a.Amount),
	}
}

// Allocations implements swap.Tables.
func (t *tables) Allocations(round uint64, each func(swap.Allocation) error) error {
	return visit(t, "allocations", allocationFields, each, "SELECT "+allocationColumns+" FROM allocations WHERE round = +? ORDER BY account, line", whole(round))
}

// AccountAllocations implements swap.Tables.
func (t *tables) AccountAllocations(a swap.Account) ([]swap.RoundAllocation, error) {
	return collect(t, "allocations", func(r *swap.RoundAllocation) []any {
		return append([]any{(*whole)(&r.Round), (*string)(&r.Status)}, allocationFields(&r.Allocation)...)
	}, `SELECT round, status, account, programme, recipient, claim, parts, owed, remainder, den, given_before, amount
		FROM allocations JOIN rounds USING (round) WHERE account = +? ORDER BY round, line`, string(a))
}

// SetAllocations implements swap.WritableTables.
func (t *writableTables) SetAllocations(round uint64, rows []swap.Allocation) error {
	for i := 1; i < len(rows); i++ {
		if rows[i].Account < rows[i-1].Account {
			return errors.New("the list of allocations is not in the order of the accounts")
		}
	}
	if err := t.exec("allocations", "DELETE FROM allocations WHERE round = +?", whole(round)); err != nil {
		return err
	}
	return t.insert("allocations", "INSERT INTO allocations (round, line, "+allocationColumns+") VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		len(rows), func(args []any, i int) []any {
			a := &rows[i]
			return append(args, whole(round), int64(i), string(a.Account), a.Programme, a.Recipient[:], whole(a.Claim), asJSON{a.Parts},
				summed(a.Owed), quantity(a.Remainder), quantity(a.Den), summed(a.Before), summed(a.Amount))
		})
}

// published are the rounds whose amounts count as given (swap.RoundStatus.Published).
const published = "(SELECT round FROM rounds WHERE status IN ('approved', 'proposed', 'active'))"

// Given implements swap.Tables.
func (t *tables) Given(each func(a swap.Account, programme string, sum swap.Sesh) error) error {
	type given struct {
		account   swap.Account
		programme string
		sum       swap.Sesh
	}
	return visit(t, "allocations", func(g *given) []any {
		return []any{(*string)(&g.account), &g.programme, (*whole)(&g.sum)}
	}, func(g given) error {
		return each(g.account, g.programme, g.sum)
	}, `SELECT account, programme, sum(amount) FROM allocations INDEXED BY allocations_by_account WHERE round IN `+published+`
		GROUP BY account, programme ORDER BY account, programme`)
}

// Cumulative implements swap.Tables.
func (t *tables) Cumulative(each func(to swap.EVMAddress, sum swap.Sesh) error) error {
	type leaf struct {
		to  swap.EVMAddress
		sum swap.Sesh
	}
	return visit(t, "allocations", func(l *leaf) []any {
		return []any{(*bytes20)(&l.to), (*whole)(&l.sum)}
	}, func(l leaf) error {
		return each(l.to, l.sum)
	}, `SELECT recipient, sum(amount) FROM allocations INDEXED BY allocations_by_recipient WHERE round IN `+published+`
		GROUP BY recipient ORDER BY recipient`)
}
