package swap

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"oxenswap/swap/ledger"
)

// Apply makes an entry count: it checks the entry against the tables and changes them. The store
// calls it with the entry's bytes as written, in the same transaction; replay and rebuilding call
// the same function. It never checks signatures of claims or recomputes snapshots and rounds: who
// appends has done so, and the auditor does it again (Verify).
func Apply(t WritableTables, att Attachments, e ledger.Entry) error {
	event, err := DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return err
	}
	return ApplyEvent(t, att, e.Seq, e.Time, event)
}

// ApplyEvent is Apply for an event that is decoded already.
func ApplyEvent(t WritableTables, att Attachments, seq uint64, at time.Time, event Event) error {
	a := &applier{WritableTables: t, att: att, seq: seq, at: at}
	if _, first := event.(*MigrationOpened); first != (seq == 0) {
		return fmt.Errorf("%s as entry %d: migration.opened, and nothing else, is entry 0", event.Kind(), seq)
	}
	if seq > 0 {
		var err error
		if a.m, err = t.Migration(); err != nil {
			return err
		}
	}
	if a.m.Legacy != nil && a.m.Legacy.Left > 0 {
		if c, ok := event.(*ClaimAccepted); !ok || c.Sequence != 0 {
			return fmt.Errorf("%s while %d legacy claims of entry %d are to follow", event.Kind(), a.m.Legacy.Left, a.m.Legacy.Entry)
		}
	}
	if err := event.apply(a); err != nil {
		return fmt.Errorf("%s: %w", event.Kind(), err)
	}
	return t.SetEntryTime(seq, at)
}

type applier struct {
	WritableTables
	att Attachments
	seq uint64
	at  time.Time
	m   Migration
}

func (e *MigrationOpened) apply(a *applier) error {
	raw, err := a.att.Attachment(e.Terms)
	if err != nil {
		return err
	}
	terms, err := ParseTerms(raw)
	if err != nil {
		return err
	}
	if terms.ID() != e.Migration {
		return fmt.Errorf("migration %s, but its terms are those of %s", e.Migration, terms.ID())
	}
	key, err := ledger.NewVerifier(e.LedgerKey)
	if err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	if key.Name() != terms.Origin() {
		return fmt.Errorf("the ledger key is named %q: expected %q", key.Name(), terms.Origin())
	}
	if _, err := operatorKeys(e.Operators); err != nil {
		return err
	}
	if e.Rules != 0 {
		if err := e.Rules.check(); err != nil || e.Rules == Rules1 {
			return errors.Join(err, errors.New("a log under rules 1 names none"))
		}
	}
	return a.SetMigration(Migration{Terms: terms, Rules: e.Rules, LedgerKey: e.LedgerKey, Closes: terms.Closes, Config: Config{Operators: e.Operators}})
}

func (e *ConfigSet) apply(a *applier) error {
	if err := e.Config.Check(a.m.Terms); err != nil {
		return err
	}
	a.m.Config = e.Config
	return a.SetMigration(a.m)
}

func (e *TermsExtended) apply(a *applier) error {
	if e.Closes.Location() != time.UTC || e.Closes.Nanosecond() != 0 {
		return fmt.Errorf("closes at %s: expected whole seconds in UTC, as the signed note says them", e.Closes.Format(time.RFC3339Nano))
	}
	if _, err := OpenApproval(a.m.Config.Operators, e.Note, ExtensionText(a.m.Terms, e.Closes)); err != nil {
		return err
	}
	if !e.Closes.After(a.m.Closes) {
		return fmt.Errorf("closes at %s, and the closing is %s already: it can only move later", e.Closes.Format(time.RFC3339), a.m.Closes.Format(time.RFC3339))
	}
	if a.at.After(a.m.Closes) {
		return errors.New("the migration has closed")
	}
	a.m.Closes = e.Closes
	return a.SetMigration(a.m)
}

func (e *KeyRotated) apply(a *applier) error {
	r, err := ledger.OpenRotation([]byte(e.Note))
	switch {
	case err != nil:
		return err
	case r.Origin != a.m.Terms.Origin():
		return fmt.Errorf("its note is about the log %s", r.Origin)
	case r.Old != a.m.LedgerKey:
		return fmt.Errorf("its note is signed by %s, and the ledger's key is %s", r.Old, a.m.LedgerKey)
	case uint64(r.Entry) != a.seq:
		return fmt.Errorf("its note is for entry %d", r.Entry)
	case r.New != e.Key:
		return fmt.Errorf("its note names the key %s, not %s", r.New, e.Key)
	}
	m := a.m
	m.LedgerKey, m.Rotations = e.Key, append(slices.Clone(m.Rotations), e.Note)
	if _, err := m.Keys(); err != nil {
		return err
	}
	return a.SetMigration(m)
}

func (e *SnapshotTaken) apply(a *applier) error {
	if s, err := a.Snapshot(e.Height); err == nil && s.Status != DiscardedSnapshot {
		return fmt.Errorf("height %d has a snapshot already (entry %d)", e.Height, s.Taken)
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if e.Quorum != a.m.Config.Quorum {
		return fmt.Errorf("quorum %d: the one in force is %d", e.Quorum, a.m.Config.Quorum)
	}
	if err := a.quorum(e.Daemons); err != nil {
		return err
	}
	balances, err := e.balances(a.att, a.m.RulesInForce())
	if err != nil {
		return err
	}
	if err := a.SetBalances(e.Height, balances); err != nil {
		return err
	}
	return a.SetSnapshot(Snapshot{Height: e.Height, BlockHash: e.BlockHash, Digest: e.Content, Status: TakenSnapshot, Totals: e.Totals, Taken: a.seq})
}

// balances are those of the entry's content, which must be of its block and come to its totals.
func (e *SnapshotTaken) balances(att Attachments, rules Rules) ([]Balance, error) {
	if d, ok := att.(Decoded); ok {
		if balances, ok := d.Balances(e.Content, rules); ok {
			return balances, nil
		}
	}
	raw, err := att.Attachment(e.Content)
	if err != nil {
		return nil, err
	}
	content, err := ParseContent(raw)
	if err != nil {
		return nil, err
	}
	if content.Height != e.Height || content.BlockHash != e.BlockHash || content.HardFork != e.HardFork {
		return nil, errors.New("the content is of another block")
	}
	balances, totals, err := content.Balances(rules)
	if err == nil && totals != e.Totals {
		err = errors.New("the totals are not those of the content")
	}
	return balances, err
}

// quorum refuses a decision about a snapshot for which too few daemons speak.
func (a *applier) quorum(reports []DaemonReport) error {
	if a.m.Config.Quorum < 1 {
		return errNoQuorum
	}
	agree := map[string]bool{}
	for _, d := range reports {
		if d.Agrees {
			agree[d.Daemon] = true
		}
	}
	if len(agree) < a.m.Config.Quorum {
		return fmt.Errorf("%d daemons agree: expected %d", len(agree), a.m.Config.Quorum)
	}
	return nil
}

func (a *applier) decide(height uint64, block Hash, reports []DaemonReport, status SnapshotStatus) error {
	s, err := a.Snapshot(height)
	if err != nil {
		return fmt.Errorf("snapshot of height %d: %w", height, err)
	}
	if s.Status != TakenSnapshot || s.BlockHash != block {
		return fmt.Errorf("the snapshot of height %d is %s, of block %s", height, s.Status, s.BlockHash)
	}
	if err := a.quorum(reports); err != nil {
		return err
	}
	s.Status, s.Decided = status, a.seq
	if err := a.SetSnapshot(s); err != nil {
		return err
	}
	return a.settle()
}

func (e *SnapshotFinalized) apply(a *applier) error {
	return a.decide(e.Height, e.BlockHash, e.Daemons, FinalSnapshot)
}

func (e *SnapshotDiscarded) apply(a *applier) error {
	if e.Now == e.BlockHash {
		return errors.New("the chain still has the snapshot's block")
	}
	if err := a.decide(e.Height, e.BlockHash, e.Daemons, DiscardedSnapshot); err != nil {
		return err
	}
	return a.free(func(p Proof) bool { return p.Height == e.Height })
}

func (e *SnapshotMissed) apply(a *applier) error {
	if slices.Contains(a.m.Missed, e.Height) {
		return fmt.Errorf("height %d is recorded as missed already", e.Height)
	}
	if !a.m.Terms.Names(e.Height) {
		return fmt.Errorf("the terms name no snapshot at height %d", e.Height)
	}
	if s, err := a.Snapshot(e.Height); err == nil && s.Status != DiscardedSnapshot {
		return fmt.Errorf("height %d has a snapshot (entry %d)", e.Height, s.Taken)
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if len(e.Daemons) > 0 {
		if err := a.quorum(e.Daemons); err != nil {
			return err
		}
	}
	a.m.Missed = append(slices.Clone(a.m.Missed), e.Height)
	slices.Sort(a.m.Missed)
	if err := a.SetMigration(a.m); err != nil {
		return err
	}
	return a.settle()
}

// settle fixes the snapshots of every programme for which they are all decided. Later ones change
// nothing.
func (a *applier) settle() error {
	snapshots, err := a.Snapshots()
	if err != nil {
		return err
	}
	settled, changed, coins := maps.Clone(a.m.Settled), false, []uint64(nil)
	if settled == nil {
		settled = map[string][]uint64{}
	}
	for i := range a.m.Terms.Programmes {
		p := &a.m.Terms.Programmes[i]
		if _, done := settled[p.Name]; done {
			continue
		}
		if heights, ok := p.settle(snapshots, a.m.Missed); ok {
			settled[p.Name], changed = heights, true
			if p.Kind == ConvertCoins {
				coins = heights
			}
		}
	}
	if !changed {
		return nil
	}
	a.m.Settled = settled
	if err := a.SetMigration(a.m); err != nil || len(coins) == 0 {
		return err
	}
	return a.free(func(p Proof) bool { return p.Height != coins[0] }) // judged for a higher one, which was taken earlier
}

func (e *LegacyImported) apply(a *applier) error {
	if !a.m.Terms.LegacyClaims {
		return errors.New("the terms take no legacy claims")
	}
	if a.m.Legacy != nil {
		return fmt.Errorf("a file of legacy claims was imported already (entry %d)", a.m.Legacy.Entry)
	}
	if _, err := a.att.Attachment(e.File); err != nil {
		return err
	}
	left := e.Lines
	for _, n := range append(slices.Collect(maps.Values(e.Refused)), e.Taken) {
		if n > left {
			return fmt.Errorf("%d lines, and more are accounted for", e.Lines)
		}
		left -= n
	}
	if left > 0 {
		return fmt.Errorf("%d lines, of which %d are not accounted for", e.Lines, left)
	}
	a.m.Legacy = &LegacyFile{Digest: e.File, Entry: a.seq, Left: e.Taken}
	return a.SetMigration(a.m)
}

func (e *ClaimAccepted) apply(a *applier) error {
	c, err := e.Claim(a.m.Terms)
	if err != nil {
		return err
	}
	c.Entry = a.seq
	err = AdmitClaim(a, a.m, c, a.at)
	var refusal *Refusal
	if errors.As(err, &refusal) && (refusal.Reason == ReasonClosed || refusal.Reason == ReasonExpired) {
		received, with, lost := a.receivedWithProof(e)
		if lost != nil {
			return lost
		}
		if with {
			err = AdmitClaim(a, a.m, c, received)
		}
	}
	if err != nil {
		return err
	}
	if err := a.m.CheckCode(e.Code, e.Recipient); err != nil {
		return err
	}
	if e.Sequence == 0 {
		if a.m.Legacy == nil || a.m.Legacy.Left == 0 {
			return refuse(ReasonLegacy, "legacy claims enter only by an import of the operator")
		}
		legacy := *a.m.Legacy
		legacy.Left--
		a.m.Legacy = &legacy
		if err := a.SetMigration(a.m); err != nil {
			return err
		}
	}
	return a.SetClaim(c)
}

// receivedWithProof is when a claim was received that came with the proof which the entry before
// accepted. Under Rules1 the claim's own entry decides its dates.
func (a *applier) receivedWithProof(e *ClaimAccepted) (received time.Time, with bool, err error) {
	if a.m.RulesInForce() == Rules1 {
		return received, false, nil
	}
	proofs, err := a.AccountProofs(e.Account)
	if err != nil {
		return received, false, err
	}
	for _, p := range proofs {
		if p.Status == AcceptedProof && p.Judged+1 == a.seq && p.Pending != nil && p.Pending.Text == e.Text {
			return p.ClaimReceived(a.m.RulesInForce(), a.at), true, nil
		}
	}
	return received, false, nil
}
