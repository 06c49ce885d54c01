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
	terms       *swap.Terms
	attachments swap.Attachments
	since       *ledger.Checkpoint
	tables      swap.Memory

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
	oxen     oxenSide
	missed   []missedHeight
	alarms   []Problem // what the chain said that the log did not cause
	events   map[eventKey]recordedEvent
}

// all replays the whole log.
func (r *replay) all(ctx context.Context) error {
	next, err := r.lookAhead(ctx)
	if err != nil {
		return err
	}
	r.cuts = next.cuts
	calls, err := knownCalls()
	if err != nil {
		return err
	}
	claims := newBacklog(ctx, r.terms)
	ex := &examiner{
		export: r.export, files: r.files, terms: r.terms, attachments: r.attachments, public: r.options.Public, calls: calls,
		claims: claims, rules: next.rules,
	}
	err = ordered(ctx, r.bundles(), ex.bundle, func(b bundle) bool {
		for i := range b.entries {
			r.step(ctx, &b.entries[i])
		}
		if b.err != nil {
			r.unreadable(b.err)
		}
		if r.options.Progress != nil {
			r.options.Progress(min(r.done, r.report.Entries), r.report.Entries)
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

// unreadable reports a bundle that the tree does not vouch for. Later entries are still checked
// alone.
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

// step reports what is wrong with the next entry alone, and applies it.
func (r *replay) step(ctx context.Context, x *examined) {
	for _, what := range x.problems {
		r.report.entry(x.entry.Seq, x.entry.Kind, what)
	}
	for _, n := range x.counts {
		if n.What == uncheckedHidden || n.What == uncheckedSilent || n.What == uncheckedMissing {
			r.report.notChecked(n.What, n.N)
		} else {
			r.report.add(n.What, n.N)
		}
	}
	if !r.broken {
		r.tree.Append(x.leaf)
		r.checkSince()
		if x.checker != nil {
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
		r.report.global("since", fmt.Errorf("the first %d entries are not those of the earlier checkpoint: "+
			"one of them was changed after it", t.N))
		return
	}
	r.report.Anchors.Since = uint64(t.N)
}

// apply checks an entry against all before it, and applies it.
func (r *replay) apply(ctx context.Context, x *examined) {
	seq, kind := x.entry.Seq, x.entry.Kind
	wrong := func(err error) {
		if err != nil {
			r.report.entry(seq, kind, err.Error())
		}
	}
	if x.entry.Time.Before(r.last) {
		wrong(fmt.Errorf("its time %s lies before that of the entry before it, %s",
			x.entry.Time.Format(time.RFC3339), r.last.Format(time.RFC3339)))
	}
	r.last = x.entry.Time
	wrong(r.checkNext(x))
	reported := len(x.problems)
	wrong(x.checker.before(ctx, r, x))
	for _, what := range x.problems[reported:] {
		r.report.entry(seq, kind, what)
	}
	attachments := r.attachments
	if x.decoded != nil {
		attachments = x.decoded
	}
	if err := swap.ApplyEvent(&r.tables, attachments, seq, x.entry.Time, x.event); err != nil {
		// A missing attachment was reported already.
		if !errors.Is(err, swap.ErrAttachment) || len(x.problems) == 0 {
			wrong(err)
		}
		return
	}
	wrong(x.checker.after(r, x))
	r.report.add("entries applied", 1)
}

// end checks the log as a whole.
func (r *replay) end() error {
	if r.broken {
		return nil
	}
	if t, c := r.tree.Tree(), r.checkpoint(); t != c.Tree {
		r.report.global("checkpoint", fmt.Errorf("the entries give the root %v of %d, it says %v of %d",
			t.Hash, t.N, c.Hash, c.N))
	}
	m, err := r.tables.Migration()
	if errors.Is(err, swap.ErrNotFound) {
		return nil // entry 0 was refused
	} else if err != nil {
		return err
	}
	r.endRules(m.RulesInForce())
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
	return r.summariseProgrammes(m)
}

// endRules refuses a log that is under earlier rules, unless they were accepted.
func (r *replay) endRules(rules swap.Rules) {
	r.report.Rules = rules
	if rules < swap.LatestRules && r.options.Rules != rules {
		r.report.global("rules", fmt.Errorf("the log is under rules %d, and rules %d check more (%d findings): accept the older ones if it was meant to be under them",
			rules, swap.LatestRules, len(r.report.Later)))
	}
}

func (r *replay) checkpoint() ledger.Checkpoint {
	c, _ := r.export.Checkpoint()
	return c
}

// summariseProgrammes gives the sums of the published rounds to the report.
func (r *replay) summariseProgrammes(m swap.Migration) error {
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
