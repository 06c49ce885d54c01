package audit

import (
	"context"
	"runtime"
	"sync"

	"oxenswap/swap"
)

// backlogBundles is how many bundles of entries may wait for their claims to be verified: enough to
// keep all cores busy while a snapshot is read at the start of a log or a round rebuilt at its end,
// less than a hundred megabytes.
const backlogBundles = 320

// backlog verifies accepted claims beside the replay, which does not wait for it: nothing else that
// is said of an entry follows from whether a claim is signed well. Verifying is most of the work of
// an audit.
type backlog struct {
	terms   *swap.Terms
	waiting chan []waitingClaim
	workers sync.WaitGroup

	addresses swap.Addresses

	mu       sync.Mutex
	problems []Problem
}

// waitingClaim is an entry whose claim is to be verified.
type waitingClaim struct {
	seq   uint64
	event *swap.ClaimAccepted
}

func newBacklog(ctx context.Context, terms *swap.Terms) *backlog {
	b := &backlog{terms: terms, waiting: make(chan []waitingClaim, backlogBundles)}
	for range runtime.GOMAXPROCS(0) {
		b.workers.Go(func() { b.work(ctx) })
	}
	return b
}

// add takes the claims of a bundle, and blocks while too many wait.
func (b *backlog) add(entries []examined) {
	var list []waitingClaim
	for i := range entries {
		if x := &entries[i]; x.claim != nil {
			list = append(list, waitingClaim{x.entry.Seq, x.claim})
		}
	}
	if len(list) > 0 {
		b.waiting <- list
	}
}

func (b *backlog) work(ctx context.Context) {
	for list := range b.waiting {
		for _, c := range list {
			if ctx.Err() != nil {
				break
			}
			if err := c.event.Verify(b.terms, &b.addresses); err != nil {
				b.mu.Lock()
				b.problems = append(b.problems, Problem{Entry: &c.seq, Kind: c.event.Kind(), What: err.Error()})
				b.mu.Unlock()
			}
		}
	}
}

// finish waits until every claim is verified and returns what was wrong, in no order.
func (b *backlog) finish() []Problem {
	close(b.waiting)
	b.workers.Wait()
	return b.problems
}
