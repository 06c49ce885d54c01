package store

import (
	"context"
	"testing"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// TestVerifyKnowsEntryTimes: a round that leaves out the last entry is checked by that entry's time
// wherever the log is applied: when it is appended, verified and rebuilt.
func TestVerifyKnowsEntryTimes(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 6)
	s := w.create(t.TempDir())
	defer s.Close()
	w.add(s, w.taken(240))
	for i := range w.holders {
		w.add(s, swap.Record{Event: w.claim(i, 1, w.address())})
	}
	w.add(s, w.finalized(240))
	text := swap.RulesText(w.terms.Origin(), swap.Rules2)
	e := &swap.RulesSet{Rules: swap.Rules2}
	for i := range 2 {
		note, err := ledger.SignNote(text, w.operators[i])
		w.must(err)
		e.Notes = append(e.Notes, string(note))
	}
	w.add(s, swap.Record{Event: e})
	size, err := s.Size(ctx)
	w.must(err)
	var record swap.Record
	w.must(s.View(ctx, func(tables swap.Tables, _ uint64) error {
		record, err = built(tables, size)
		return err
	}))
	w.add(s, swap.Record{Event: w.claim(1, 2, w.address())}) // left out
	w.clock.move(time.Minute)
	w.add(s, record)
	if _, err := s.Verify(ctx); err != nil {
		t.Errorf("verify: %v", err)
	}
	w.must(s.Rebuild(ctx))
	if _, err := s.Verify(ctx); err != nil {
		t.Errorf("verify what was rebuilt: %v", err)
	}
}
