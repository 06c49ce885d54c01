// Package bucket limits how often something may be done for each of many keys, in bounded memory.
package bucket

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how often something may be done.
type Rate struct {
	PerSecond float64
	Burst     int // at one time, after a pause
}

// Set is a token bucket for each key. Keys that were not used lately are forgotten, which can only
// let more through.
type Set struct {
	rate   Rate
	most   int
	shards [32]shard
}

// shard keeps the keys of one part in two generations: when the younger one is full, the older one
// is forgotten.
type shard struct {
	mu         sync.Mutex
	young, old map[string]*rate.Limiter
}

// New returns buckets for about most keys.
func New(r Rate, most int) *Set { return &Set{rate: r, most: max(most/64, 1)} }

// Take takes one token of a key. When there is none, it says how long to wait for one.
func (s *Set) Take(key string, now time.Time) (wait time.Duration, ok bool) {
	h := uint32(2166136261) // FNV-1a: that keys share a shard costs nothing but waiting
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	limiter := s.shards[h%uint32(len(s.shards))].get(key, s)
	if limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - limiter.TokensAt(now)
	return time.Duration(missing / s.rate.PerSecond * float64(time.Second)), false
}

func (b *shard) get(key string, s *Set) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l, ok := b.young[key]; ok {
		return l
	}
	l, ok := b.old[key]
	if !ok {
		l = rate.NewLimiter(rate.Limit(s.rate.PerSecond), s.rate.Burst)
	}
	if b.young == nil || len(b.young) >= s.most {
		b.young, b.old = map[string]*rate.Limiter{}, b.young
	}
	b.young[key] = l
	return l
}
