package desk

import (
	"context"
	"sync"
	"time"

	"oxenswap/swap"
)

const (
	codeReadTime    = 5 * time.Second // for reading the code at one recipient
	mostCodeReads   = 16              // at one time
	codeLifetime    = time.Minute     // of an answer in the cache
	mostCachedCodes = 4096            // recipients
)

// codeCache reads the code at recipients and keeps the answers for a short time.
type codeCache struct {
	read  func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) // nil: nothing is read
	terms *swap.Terms

	mu      sync.Mutex
	reads   map[swap.EVMAddress]*codeRead
	running int
}

// codeRead is one reading of the code at a recipient, done or under way.
type codeRead struct {
	done chan struct{}
	at   time.Time // of its end; zero: under way
	code swap.RecipientCode
	err  error
}

// get returns the code at a recipient as it was within the last minute. The error is a
// *RetryLater.
func (c *codeCache) get(ctx context.Context, to swap.EVMAddress) (swap.RecipientCode, error) {
	if c.read == nil {
		return c.terms.NotSeen(), nil
	}
	r, started, err := c.join(to)
	if err != nil {
		return swap.RecipientCode{}, err
	}
	if started {
		// Other requests wait for this reading too, so it goes on when the first one is cancelled.
		go c.run(context.WithoutCancel(ctx), to, r)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return swap.RecipientCode{}, &RetryLater{Reason: RetryChain, After: 2 * time.Second, Err: ctx.Err()}
	}
	if r.err != nil {
		return swap.RecipientCode{}, &RetryLater{Reason: RetryChain, After: 10 * time.Second, Err: r.err}
	}
	return r.code, nil
}

// join returns the reading for a recipient, and whether it is a new one that the caller must run.
func (c *codeCache) join(to swap.EVMAddress) (r *codeRead, started bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if r := c.reads[to]; r != nil && (r.at.IsZero() || now.Sub(r.at) < codeLifetime) {
		return r, false, nil
	}
	if c.running >= mostCodeReads {
		return nil, false, &RetryLater{Reason: RetryBusy, After: time.Second}
	}
	if c.reads == nil || len(c.reads) >= mostCachedCodes {
		old := c.reads
		c.reads = map[swap.EVMAddress]*codeRead{}
		for to, r := range old {
			if r.at.IsZero() {
				c.reads[to] = r
			}
		}
	}
	r = &codeRead{done: make(chan struct{})}
	c.reads[to] = r
	c.running++
	return r, true, nil
}

func (c *codeCache) run(ctx context.Context, to swap.EVMAddress, r *codeRead) {
	ctx, cancel := context.WithTimeout(ctx, codeReadTime)
	defer cancel()
	code, err := c.read(ctx, to)
	c.mu.Lock()
	defer c.mu.Unlock()
	r.code, r.err, r.at = code, err, time.Now()
	c.running--
	if err != nil {
		delete(c.reads, to)
	}
	close(r.done)
}
