package api

import (
	"container/list"
	"hash/maphash"
	"sync"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
)

// rendered is an answer as it is sent.
type rendered struct {
	body    []byte
	etag    []string // header values, made once
	length  []string
	kind    []string
	control []string
	basis   desk.Basis
}

// overhead is what an answer takes in memory beside its body and key, roughly.
const overhead = 512

// cache keeps rendered answers, the last used ones, in bounded memory.
type cache struct {
	seed   maphash.Seed
	most   int // bytes in each shard
	shards [64]cacheShard
}

type cacheShard struct {
	mu    sync.Mutex
	used  int
	order list.List // of *cached, the last used one first
	by    map[string]*list.Element
}

type cached struct {
	key string
	*rendered
}

func (c *cached) size() int { return len(c.key) + len(c.body) + overhead }

// newCache returns a cache of about most bytes.
func newCache(most int) *cache {
	c := &cache{seed: maphash.MakeSeed(), most: most / 64}
	for i := range c.shards {
		c.shards[i].by = map[string]*list.Element{}
	}
	return c
}

func (c *cache) shard(key string) *cacheShard {
	return &c.shards[maphash.String(c.seed, key)%uint64(len(c.shards))]
}

func (c *cache) get(key string) *rendered {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.by[key]
	if !ok {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*cached).rendered
}

func (c *cache) put(key string, r *rendered) {
	one := &cached{key, r}
	if one.size() > c.most/4 {
		return // it would push out too many others
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.by[key]; ok {
		s.used -= e.Value.(*cached).size()
		e.Value = one
		s.order.MoveToFront(e)
	} else {
		s.by[key] = s.order.PushFront(one)
	}
	s.used += one.size()
	for s.used > c.most {
		last := s.order.Back()
		old := s.order.Remove(last).(*cached)
		delete(s.by, old.key)
		s.used -= old.size()
	}
}
