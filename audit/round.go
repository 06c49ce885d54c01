package audit

import (
	"bytes"
	"context"
	"fmt"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// rebuiltRound is a round as the tables at its cut-off give it.
type rebuiltRound struct {
	files *swap.RoundFiles
	err   error
	uses  int // rounds of the log with this cut-off that are still to come
}

// rebuild computes the round of the present size of the log, if one was built from it.
func (r *replay) rebuild(uses int) {
	b := &rebuiltRound{uses: uses}
	b.files, b.err = swap.BuildRound(&r.tables, r.done)
	if b.files != nil {
		b.files.Tree = nil // the root is in the event
	}
	r.rebuilt[r.done] = b
}

type roundBuilt struct {
	unchecked
	event *swap.RoundBuilt
}

// alone checks the sums that a round states of itself.
func (c *roundBuilt) alone(ex *examiner, x *examined) {
	for i := range c.event.Programmes {
		t := &c.event.Programmes[i]
		p, ok := ex.terms.Programme(t.Programme)
		if !ok {
			x.wrong("the terms have no programme %q", t.Programme)
			continue
		}
		if err := t.Conserved(); err != nil {
			x.wrong("%v", err)
		}
		if given := t.Before + t.Amount; given < t.Before || given > p.Cap {
			x.wrong("programme %s: %s given before and %s now pass its cap of %s", t.Programme, t.Before, t.Amount, p.Cap)
		}
	}
	if x.complete {
		ex.read(x, c.event.Leaves)
		ex.read(x, c.event.Allocations)
	}
}

// before compares a round, byte for byte, with the one rebuilt at its cut-off.
func (c *roundBuilt) before(_ context.Context, r *replay, x *examined) error {
	e := c.event
	b := r.rebuilt[e.Cutoff]
	if b == nil {
		return fmt.Errorf("its cut-off %d is not a size that the log had before", e.Cutoff)
	}
	if b.uses--; b.uses == 0 {
		delete(r.rebuilt, e.Cutoff)
	}
	if b.err != nil {
		return fmt.Errorf("rebuilt from the first %d entries: %w", e.Cutoff, b.err)
	}
	if err := r.checkCutoff(e, x); err != nil {
		return err
	}
	r.report.add("rounds rebuilt", 1)
	r.report.add("allocations recomputed", b.files.Event.Lines)
	got, err := ledger.MarshalBody(e)
	if err != nil {
		return err
	}
	want, err := ledger.MarshalBody(&b.files.Event)
	if err != nil {
		return err
	}
	if bytes.Equal(got, want) {
		if x.complete {
			x.decoded = decoded{Attachments: r.attachments, digest: e.Allocations, allocations: b.files.List}
		}
		return nil
	}
	if e.Allocations != b.files.Event.Allocations {
		if err := r.compareLists("allocation list", e.Allocations, b.files.Allocations); err != nil {
			return err
		}
	}
	if e.Leaves != b.files.Event.Leaves {
		if err := r.compareLists("leaves", e.Leaves, b.files.Leaves); err != nil {
			return err
		}
	}
	if e.Root != b.files.Event.Root {
		return fmt.Errorf("the root of its leaves is 0x%s, the entry says 0x%s", b.files.Event.Root, e.Root)
	}
	says, gives := difference(got, want)
	return fmt.Errorf("it says %q where the first %d entries give %q", says, e.Cutoff, gives)
}

// checkCutoff notes what only later rules refuse: swap.Apply checks those in force.
func (r *replay) checkCutoff(e *swap.RoundBuilt, x *examined) error {
	m, err := r.tables.Migration()
	if err != nil || m.RulesInForce() != swap.Rules1 {
		return err
	}
	age, err := swap.CutoffAge(&r.tables, e.Cutoff, x.entry.Seq, x.entry.Time)
	if err == nil && age > swap.MaxCutoffAge {
		stale := &swap.StaleCutoffError{Cutoff: e.Cutoff, Age: age}
		r.report.Later = append(r.report.Later, Problem{Entry: &x.entry.Seq, Kind: e.Kind(), What: stale.Error()})
	}
	return nil // an entry before it was refused, if there is no time
}

// difference cuts out the place where two bodies begin to differ.
func difference(got, want []byte) (says, gives []byte) {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-40)
	return got[from:min(len(got), i+40)], want[from:min(len(want), i+40)]
}

// compareLists names the first line in which a list of the export differs from the recomputed one.
func (r *replay) compareLists(name string, digest swap.Hash, want []byte) error {
	got, err := r.attachments.Attachment(digest)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for n := 1; ; n++ {
		var a, b []byte
		a, got, _ = bytes.Cut(got, []byte("\n"))
		b, want, _ = bytes.Cut(want, []byte("\n"))
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%s, line %d: recomputed %s; the export has %s", name, n, orNothing(b), orNothing(a))
		}
		if len(got) == 0 && len(want) == 0 {
			return fmt.Errorf("%s: other line ends than recomputed", name)
		}
	}
}

func orNothing(line []byte) []byte {
	if len(line) == 0 {
		return []byte("nothing")
	}
	return line
}
