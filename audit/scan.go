package audit

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// ordered runs work for 0 to count-1 on all cores and hands the results to take in this order. Few
// results wait at a time, so memory does not grow with count. It ends early when take returns false
// or ctx ends.
func ordered[T any](ctx context.Context, count uint64, work func(uint64) T, take func(T) bool) error {
	ahead := make(chan chan T, 32*runtime.GOMAXPROCS(0)) // room for a slow result, such as a snapshot
	done := make(chan struct{})
	var running sync.WaitGroup
	defer running.Wait()
	defer close(done)
	running.Go(func() {
		defer close(ahead)
		for n := range count {
			c := make(chan T, 1)
			select {
			case ahead <- c:
				running.Go(func() { c <- work(n) })
			case <-done:
				return
			case <-ctx.Done():
				return
			}
		}
	})
	for c := range ahead {
		if !take(<-c) {
			return nil
		}
	}
	return ctx.Err()
}

func (a *auditor) bundles() uint64 { return (a.report.Entries + bundleSize - 1) / bundleSize }

// ahead is what the replay must know of an entry before it comes to it. Nothing rests on it: the
// entry is checked when the replay reaches it.
type ahead struct {
	cuts  map[uint64]int // sizes of the log from which rounds were built, with the number of rounds
	rules ruleChanges
}

// ruleChanges are the entries from which on other rules hold, in their order.
type ruleChanges []struct {
	seq   uint64
	rules swap.Rules
}

// at are the rules under which an entry is applied.
func (c ruleChanges) at(seq uint64) swap.Rules {
	rules := swap.Rules1
	for _, change := range c {
		if change.seq < seq {
			rules = change.rules
		}
	}
	return rules
}

// lookAhead reads the log once for what ahead holds.
func (a *auditor) lookAhead(ctx context.Context) (ahead, error) {
	type find struct {
		seq   uint64
		event swap.Event
	}
	out := ahead{cuts: map[uint64]int{}}
	kinds := [][]byte{[]byte(`,"kind":"round.built","body":`), []byte(`,"kind":"rules.set","body":`), []byte(`,"kind":"migration.opened","body":`)}
	err := ordered(ctx, a.bundles(), func(n uint64) []find {
		lines, err := a.export.UnverifiedBundle(int64(n))
		if err != nil {
			return nil // the replay meets it too, and says so
		}
		var found []find
		for _, line := range lines {
			// Only the start can be the entry's own kind: what a body quotes comes later.
			start := line[:min(len(line), 128)]
			if !slices.ContainsFunc(kinds, func(kind []byte) bool { return bytes.Contains(start, kind) }) {
				continue
			}
			e, err := ledger.ParseEntry(line)
			if err != nil {
				continue
			}
			if event, err := swap.DecodeEvent(e.Kind, e.Body); err == nil {
				found = append(found, find{e.Seq, event})
			}
		}
		return found
	}, func(found []find) bool {
		for _, f := range found {
			rules := swap.Rules(0)
			switch event := f.event.(type) {
			case *swap.RoundBuilt:
				out.cuts[event.Cutoff]++
			case *swap.RulesSet:
				rules = event.Rules
			case *swap.MigrationOpened:
				rules = event.Rules
			}
			if rules != 0 {
				out.rules = append(out.rules, struct {
					seq   uint64
					rules swap.Rules
				}{f.seq, rules})
			}
		}
		return true
	})
	return out, err
}
