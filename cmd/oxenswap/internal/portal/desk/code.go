package desk

import (
	"context"
	"sync"
	"time"

	"oxenswap/swap"
)

const (
	seeTime  = 5 * time.Second // for one look at a recipient
	seeAtOne = 16              // looks at one time
	seenFor  = time.Minute
	mostSeen = 4096 // recipients that are remembered
)

// codes remember what was seen at recipients.
type codes struct {
	see func(context.Context, swap.EVMAddress) (swap.RecipientCode, error)

	mu   sync.Mutex
	seen map[swap.EVMAddress]*look
	busy int
}

// look is one look at a recipient, done or under way.
type look struct {
	done chan struct{}
	at   time.Time
	code swap.RecipientCode
	err  error
}

// at looks at a recipient, or remembers what was seen within the last minute. The error is a
// *RetryLater.
func (c *codes) at(ctx context.Context, to swap.EVMAddress) (swap.RecipientCode, error) {
	if c.see == nil {
		return swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked}, nil
	}
	l, mine, err := c.look(to)
	if err != nil {
		return swap.RecipientCode{}, err
	}
	if mine {
		// Others wait for it, so it does not end with who happened to ask first.
		go c.finish(context.WithoutCancel(ctx), to, l)
	}
	select {
	case <-l.done:
	case <-ctx.Done():
		return swap.RecipientCode{}, &RetryLater{Reason: RetryChain, After: 2 * time.Second, Err: ctx.Err()}
	}
	if l.err != nil {
		return swap.RecipientCode{}, &RetryLater{Reason: RetryChain, After: 10 * time.Second, Err: l.err}
	}
	return l.code, nil
}

func (c *codes) look(to swap.EVMAddress) (l *look, mine bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if l := c.seen[to]; l != nil && (l.at.IsZero() || now.Sub(l.at) < seenFor) {
		return l, false, nil
	}
	if c.busy >= seeAtOne {
		return nil, false, &RetryLater{Reason: RetryBusy, After: time.Second}
	}
	if c.seen == nil || len(c.seen) >= mostSeen {
		old := c.seen
		c.seen = map[swap.EVMAddress]*look{}
		for to, l := range old {
			if l.at.IsZero() {
				c.seen[to] = l
			}
		}
	}
	l = &look{done: make(chan struct{})}
	c.seen[to] = l
	c.busy++
	return l, true, nil
}

func (c *codes) finish(ctx context.Context, to swap.EVMAddress, l *look) {
	ctx, cancel := context.WithTimeout(ctx, seeTime)
	defer cancel()
	code, err := c.see(ctx, to)
	c.mu.Lock()
	defer c.mu.Unlock()
	l.code, l.err, l.at = code, err, time.Now()
	c.busy--
	if err != nil {
		delete(c.seen, to)
	}
	close(l.done)
}
