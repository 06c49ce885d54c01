package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// replay applies the entries in order to tables in memory.
type replay struct {
	*auditor
	terms  *swap.Terms
	att    swap.Attachments
	since  *ledger.Checkpoint
	tables swap.Memory

	done   uint64 // entries so far
	last   time.Time
	tree   ledger.Frontier
	broken bool // an entry could not be read: what follows from it is not known

	keys     []string       // that the entries have put into force after the first one
	cuts     map[uint64]int // sizes from which rounds were built
	rebuilt  map[uint64]*rebuiltRound
	legacy   []swap.Claim // winners of the legacy file whose entries are to come
	claims   bitset       // entries that are accepted claims
	deploys  map[swap.Hash]deployment
	deployed uint64 // the entry that names the distributor
	plan     *plan  // the last one
	pushed   pushed
	payments *payments
	proofs   proofs
	alarms   []Problem // what the chain said that the log did not cause
	events   map[eventKey]recordedEvent
}

// all replays the whole log.
func (r *replay) all(ctx context.Context) error {
	var err error
	if r.cuts, err = r.cutoffs(ctx); err != nil {
		return err
	}
	calls, err := knownCalls()
	if err != nil {
		return err
	}
	claims := newBacklog(ctx, r.terms)
	x := &examiner{export: r.x, files: r.files, terms: r.terms, att: r.att, public: r.o.Public, calls: calls, claims: claims}
	err = ordered(ctx, r.bundles(), x.bundle, func(b bundle) bool {
		for i := range b.entries {
			r.step(ctx, &b.entries[i])
		}
		if b.err != nil {
			r.unreadable(b.err)
		}
		if r.o.Progress != nil {
			r.o.Progress(min(r.done, r.report.Entries), r.report.Entries)
		}
		return true
	})
	for _, p := range claims.finish() {
		r.report.problem(p)
	}
	if err != nil {
		return err
	}
	return r.end()
}

// unreadable reports a bundle that the tree does not vouch for. Later entries are still checked alone.
func (r *replay) unreadable(err error) {
	r.broken = true
	var wrong *ledger.EntryError
	if errors.As(err, &wrong) {
		r.report.entry(uint64(wrong.Index), "unreadable", err.Error())
	} else {
		r.report.entry(r.done, "unreadable", err.Error())
	}
	r.done = (r.done/bundleSize + 1) * bundleSize
}

// step takes the next entry.
func (r *replay) step(ctx context.Context, x *examined) {
	for _, what := range x.problems {
		r.report.entry(x.entry.Seq, x.entry.Kind, what)
	}
	for _, n := range x.notes {
		if n.What == uncheckedHidden || n.What == uncheckedSilent {
			r.report.notChecked(n.What, n.N)
		} else {
			r.report.add(n.What, n.N)
		}
	}
	if !r.broken {
		r.tree.Append(x.record)
		r.checkSince()
		if x.event != nil {
			r.apply(ctx, x)
		}
	}
	r.done++
	if uses := r.cuts[r.done]; uses > 0 && !r.broken {
		r.rebuild(uses)
	}
}

// checkSince compares the tree with the earlier checkpoint when it has its size.
func (r *replay) checkSince() {
	if r.since == nil || r.done+1 != uint64(r.since.N) {
		return
	}
	t := r.tree.Tree()
	if t.Hash != r.since.Hash {
		r.report.global("since", fmt.Errorf("the first %d entries are not those of the earlier checkpoint: one of them was changed after it", t.N))
		return
	}
	r.report.Anchors.Since = uint64(t.N)
}

// apply holds an entry against all before it.
func (r *replay) apply(ctx context.Context, x *examined) {
	seq, kind := x.entry.Seq, x.entry.Kind
	wrong := func(err error) {
		if err != nil {
			r.report.entry(seq, kind, err.Error())
		}
	}
	if x.entry.Time.Before(r.last) {
		wrong(fmt.Errorf("its time %s lies before that of the entry before it, %s", x.entry.Time.Format(time.RFC3339), r.last.Format(time.RFC3339)))
	}
	r.last = x.entry.Time
	wrong(r.checkFollows(x.event))
	said := len(x.problems)
	wrong(r.before(ctx, x))
	for _, what := range x.problems[said:] {
		r.report.entry(seq, kind, what)
	}
	att := r.att
	if d, ok := x.ready.(decoded); ok {
		att = d
	}
	if err := swap.ApplyEvent(&r.tables, att, seq, x.entry.Time, x.event); err != nil {
		// A missing attachment was reported already.
		if !errors.Is(err, swap.ErrAttachment) || len(x.problems) == 0 {
			wrong(err)
		}
		return
	}
	wrong(r.after(x))
	r.report.add("entries applied", 1)
}

// before are the checks that need the tables as they were before the entry.
func (r *replay) before(ctx context.Context, x *examined) error {
	switch e := x.event.(type) {
	case *swap.SnapshotTaken:
		m, err := r.tables.Migration()
		if err != nil {
			return err
		}
		r.report.add("snapshots from raw answers", 1)
		if len(e.Daemons) > m.Config.Daemons {
			return fmt.Errorf("%d daemons answered, %d are configured: the quorum of %d is no majority of them", len(e.Daemons), m.Config.Daemons, m.Config.Quorum)
		}
	case *swap.SnapshotFinalized:
		if saw, ok := x.ready.([]swap.Saw); ok {
			return r.checkDecision(e.Height, e.Daemons, saw, x)
		}
	case *swap.SnapshotDiscarded:
		if saw, ok := x.ready.([]swap.Saw); ok {
			return r.checkDecision(e.Height, e.Daemons, saw, x)
		}
	case *swap.KeyRotated:
		return r.checkRotation(e)
	case *swap.LegacyImported:
		if f, ok := x.ready.(*legacyFile); ok && f != nil {
			return r.checkLegacy(e, f, x)
		}
	case *swap.ClaimRefused:
		if c, ok := x.ready.(swap.Claim); ok {
			return r.checkRefused(e, c, x)
		}
	case *swap.ProofReceived:
		if c, ok := x.ready.(swap.Claim); ok {
			return r.checkPending(e, c, x)
		}
	case *swap.ProofAccepted:
		return r.judge(ctx, e.Received, e.Daemons, e.Evidence, x)
	case *swap.ProofRefused:
		return r.judge(ctx, e.Received, e.Daemons, e.Evidence, x)
	case *swap.ClaimChecked:
		if !r.claims.has(e.Claim) {
			return fmt.Errorf("entry %d is not an accepted claim", e.Claim)
		}
	case *swap.RoundBuilt:
		return r.checkRound(e, x)
	case *swap.PushPlanned:
		if p, ok := x.ready.(*plan); ok && p != nil {
			return r.checkPlan(e, p)
		}
	case *swap.TxSigned:
		return r.checkRails(e, x.entry.Time)
	case *swap.DistributorDeployed:
		r.deployed = x.entry.Seq
		r.payments.settings = settings{e.Owner, e.Publisher, e.Guardian, e.ClosesAt}
		return r.checkDeployed(e)
	}
	return nil
}

// after are the checks that need the tables with the entry applied.
func (r *replay) after(x *examined) error {
	switch e := x.event.(type) {
	case *swap.ClaimAccepted:
		r.claims.set(x.entry.Seq)
		if e.Code != (swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked}) {
			r.report.notChecked(uncheckedCode, 1)
		}
		if e.Sequence == 0 {
			return r.checkLegacyClaim(e)
		}
	case *swap.ProofReceived:
		return r.checkOwner(e, x)
	case *swap.ProofAccepted:
		return r.expectPending(e, x)
	case *swap.RoundApproved, *swap.TermsExtended:
		r.report.add("operators' signed notes", 1)
	case *swap.TxSigned:
		if c, ok := x.ready.(*call); ok && c != nil {
			return r.checkSigned(e, c)
		}
	case *swap.RootProposed:
		return r.onEvent(x, e.LogPosition, func() error { return r.checkLedgerRoot(e) })
	case *swap.RootActivated:
		return r.onEvent(x, e.LogPosition, func() error { return r.activate(e) })
	case *swap.RootCancelled:
		return r.onEvent(x, e.LogPosition, nil)
	case *swap.DistributorSeen:
		return r.onEvent(x, e.LogPosition, func() error { return r.payments.see(e) })
	case *swap.ChainDiffers:
		r.alarm(x, "the operator's own comparison found that "+e.First.String())
	case *swap.PayoutSeen:
		r.report.add("payments", 1)
		return r.onEvent(x, e.LogPosition, func() error { return r.payments.pay(e) })
	}
	return nil
}

// onEvent is for every event of the distributor: its place on the chain, the alarm that it may have raised, and then
// what follows from it. An alarm of a root that became live is wrong whatever was written about it later.
func (r *replay) onEvent(x *examined, at swap.LogPosition, then func() error) error {
	r.record(x, at)
	if err := r.payments.follow(at); err != nil {
		return err
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	if alarm, ok := m.Alarms[x.entry.Seq]; ok {
		if _, live := x.event.(*swap.RootActivated); live {
			return errors.New(alarm)
		}
		r.alarm(x, alarm)
		return nil
	}
	if then == nil {
		return nil
	}
	return then()
}

// alarm keeps what a correction may still answer.
func (r *replay) alarm(x *examined, what string) {
	seq := x.entry.Seq
	r.alarms = append(r.alarms, Problem{Entry: &seq, Kind: x.entry.Kind, What: what})
}

// checkLedgerRoot compares the log that a proposal names on chain with this one.
func (r *replay) checkLedgerRoot(e *swap.RootProposed) error {
	root, err := r.rootAt(e.LedgerSize)
	if err != nil {
		return err
	}
	if root != e.LedgerRoot {
		return fmt.Errorf("the distributor was given ledger root %s for %d entries, this log has %s: the log was rewritten after the proposal", e.LedgerRoot, e.LedgerSize, root)
	}
	r.report.add("ledger roots in proposals", 1)
	return nil
}

// end are the checks of the log as a whole.
func (r *replay) end() error {
	if r.broken {
		return nil
	}
	if t, c := r.tree.Tree(), r.checkpoint(); t != c.Tree {
		r.report.global("checkpoint", fmt.Errorf("the entries give the root %v of %d, it says %v of %d", t.Hash, t.N, c.Hash, c.N))
	}
	m, err := r.tables.Migration()
	if errors.Is(err, swap.ErrNone) {
		return nil // entry 0 was refused
	} else if err != nil {
		return err
	}
	if err := r.endProofs(); err != nil {
		return err
	}
	for _, a := range r.alarms {
		if _, open := m.Alarms[*a.Entry]; open {
			r.report.problem(a)
		} else {
			r.report.Corrected = append(r.report.Corrected, a)
		}
	}
	return r.summarise(m)
}

func (r *replay) checkpoint() ledger.Checkpoint {
	c, _ := r.x.Checkpoint()
	return c
}

// summarise gives the sums of the published rounds to the report.
func (r *replay) summarise(m swap.Migration) error {
	given := map[string]swap.Sesh{}
	if err := r.tables.Given(func(_ swap.Account, programme string, sum swap.Sesh) error {
		given[programme] += sum
		return nil
	}); err != nil {
		return err
	}
	rounds, err := r.tables.Rounds()
	if err != nil {
		return err
	}
	totals := map[string]swap.ProgrammeTotals{}
	for _, round := range rounds {
		for _, t := range round.Programmes {
			if round.Status.Published() {
				totals[t.Programme] = t
			}
		}
	}
	for _, p := range m.Terms.Programmes {
		t := totals[p.Name]
		if given[p.Name] > p.Cap {
			r.report.global("programme", fmt.Errorf("%s gave %s, its cap is %s", p.Name, given[p.Name], p.Cap))
		}
		r.report.Programmes = append(r.report.Programmes, Programme{p.Name, p.Kind, p.Cap, t.Owed, given[p.Name], t.Unclaimed})
	}
	r.report.Paid = r.payments.total
	return nil
}

// bitset is a set of entries, one bit each.
type bitset []uint64

func (b *bitset) set(n uint64) {
	for uint64(len(*b)) <= n/64 {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bitset) has(n uint64) bool {
	return n/64 < uint64(len(b)) && b[n/64]&(1<<(n%64)) != 0
}
