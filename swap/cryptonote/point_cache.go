package cryptonote

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A PointCache checks keys as PublicKey.Check does and remembers what it found, good keys and bad
// ones: whoever reads the same stakes again and again decodes each of their points once. It may be
// used from many goroutines.
//
// Between half of its size and all of it are remembered, the last ones that were asked for, at
// about 100 bytes each. So strangers can fill it and gain nothing but their own work again; what it
// says does not depend on what it remembers.
type PointCache struct {
	half int

	mu          sync.Mutex
	recent, old map[PublicKey]Reason // "" for a point of prime order
}

// NewPointCache makes a cache of a size in keys. Below 2 it remembers one key.
func NewPointCache(size int) *PointCache {
	return &PointCache{half: max(1, size/2), recent: map[PublicKey]Reason{}}
}

// Check gives why PublicKey.Check refuses the key, "" if it does not.
func (c *PointCache) Check(key PublicKey) Reason {
	var reasons [1]Reason
	c.CheckAll([]PublicKey{key}, reasons[:], 1)
	return reasons[0]
}

// CheckAll is Check for many keys: reasons has a place for each. Those that are not remembered are
// checked by as many goroutines as workers says, 0 for one a processor.
func (c *PointCache) CheckAll(keys []PublicKey, reasons []Reason, workers int) {
	reasons = reasons[:len(keys)]
	unknown := c.recall(keys, reasons)
	checkPoints(keys, reasons, unknown, workers)

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range unknown {
		c.remember(keys[i], reasons[i])
	}
}

// recall fills in what is remembered, and gives the places of the other keys.
func (c *PointCache) recall(keys []PublicKey, reasons []Reason) (unknown []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, key := range keys {
		reason, found := c.recent[key]
		if !found {
			if reason, found = c.old[key]; found {
				c.remember(key, reason)
			}
		}
		if reasons[i] = reason; !found {
			unknown = append(unknown, i)
		}
	}
	return unknown
}

func (c *PointCache) remember(key PublicKey, reason Reason) {
	if len(c.recent) >= c.half {
		if _, found := c.recent[key]; !found {
			c.old, c.recent = c.recent, make(map[PublicKey]Reason, c.half)
		}
	}
	c.recent[key] = reason
}

// checkPoints checks the keys of the places.
func checkPoints(keys []PublicKey, reasons []Reason, places []int, workers int) {
	const batch = 64 // about a millisecond
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	work := func() {
		for from := int(next.Add(batch)) - batch; from < len(places); from = int(next.Add(batch)) - batch {
			for _, i := range places[from:min(from+batch, len(places))] {
				reasons[i] = ReasonOf(keys[i].Check())
			}
		}
	}
	workers = min(workers, (len(places)+batch-1)/batch)
	if workers < 2 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(work)
	}
	wg.Wait()
}
