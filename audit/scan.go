package audit

import (
	"bytes"
	"context"
	"runtime"
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

// cutoffs are the sizes of the log from which rounds were built, each with the number of rounds.
func (a *auditor) cutoffs(ctx context.Context) (map[uint64]int, error) {
	out := map[uint64]int{}
	kind := []byte(`,"kind":"round.built","body":`)
	err := ordered(ctx, a.bundles(), func(n uint64) []uint64 {
		lines, err := a.export.UnverifiedBundle(int64(n))
		if err != nil {
			return nil // the replay meets it too, and says so
		}
		var found []uint64
		for _, line := range lines {
			// Only the start can be the entry's own kind: what a body quotes comes later.
			if !bytes.Contains(line[:min(len(line), 128)], kind) {
				continue
			}
			e, err := ledger.ParseEntry(line)
			if err != nil {
				continue
			}
			event, err := swap.DecodeEvent(e.Kind, e.Body)
			if built, ok := event.(*swap.RoundBuilt); ok && err == nil {
				found = append(found, built.Cutoff)
			}
		}
		return found
	}, func(found []uint64) bool {
		for _, c := range found {
			out[c]++
		}
		return true
	})
	return out, err
}
