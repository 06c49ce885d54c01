package merkle

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"sort"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
)

// workers share the hashing. Two: a million leaves take a third of a second, and the service's
// other work keeps its processors.
const workers = 2

// parallelFrom is the number of items below which a second goroutine costs more than it saves.
const parallelFrom = 512

// split calls f for every worker with its part lo..hi-1 of 0..n-1 and returns when all are done.
func split(n int, f func(worker, lo, hi int)) {
	if n < parallelFrom {
		f(0, 0, n)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { f(w, n*w/workers, n*(w+1)/workers) })
	}
	wg.Wait()
}

func build(list leafList, limit *uint256.Int) (*Tree, error) {
	hashers := [workers]*hasher{newHasher(), newHasher()}
	return buildWith(list, limit, hashers)
}

func buildWith(list leafList, limit *uint256.Int, hashers [workers]*hasher) (*Tree, error) {
	n := list.n
	switch {
	case limit == nil || limit.IsZero():
		return nil, ErrNoLimit
	case n == 0:
		return nil, ErrNoLeaves
	case n > MaxLeaves:
		return nil, ErrTooMany
	}
	t := &Tree{leaves: list}
	if err := t.checkLeaves(limit); err != nil {
		return nil, err
	}
	t.nodes = make([]common.Hash, 2*n)
	t.slot = make([]uint32, n)
	t.owner = make([]uint32, n)
	t.placeLeaves(hashers)

	// Level by level from the bottom; level d has the nodes 2^d..2^(d+1)-1.
	for lo := 1 << bits.Len(uint(n-1)) / 2; lo > 0; lo /= 2 {
		hi := min(2*lo, n)
		split(hi-lo, func(w, from, to int) { hashers[w].level(t.nodes, lo+from, lo+to) })
	}
	return t, nil
}

// checkLeaves refuses what must not be built, names the first bad leaf in the given order whatever
// the workers' speed, and fills t.index and t.total.
func (t *Tree) checkLeaves(limit *uint256.Int) error {
	var bad [workers]*LeafError
	var sums [workers]uint256.Int
	var overflow [workers]bool
	split(t.Len(), func(w, lo, hi int) {
		for i := lo; i < hi; i++ {
			l := t.leaves.at(i)
			if err := l.check(); err != nil {
				bad[w] = &LeafError{Where: "leaf", N: i, Account: l.Account, Err: err}
				return
			}
			_, over := sums[w].AddOverflow(&sums[w], &l.Amount)
			overflow[w] = overflow[w] || over
		}
	})
	twice := t.index.fill(&t.leaves)
	if first := earliest(append(bad[:], twice...)); first != nil {
		return first
	}
	for w := range workers {
		_, over := t.total.AddOverflow(&t.total, &sums[w])
		if over || overflow[w] {
			return ErrOverflow
		}
	}
	if t.total.Gt(limit) {
		return fmt.Errorf("%w: %s, allowed %s atomic units", ErrLimit, t.total.Dec(), limit.Dec())
	}
	return nil
}

func earliest(errs []*LeafError) *LeafError {
	var first *LeafError
	for _, e := range errs {
		if e != nil && (first == nil || e.N < first.N) {
			first = e
		}
	}
	return first
}

// placeLeaves hashes the leaves and puts the hashes where they belong: ascending from the end of
// the heap backwards, that is descending forwards. Hashes are spread evenly, so they go straight
// into buckets by their first bits, and only the few in one bucket are compared. The inner nodes'
// half of the heap, not in use yet, holds the unsorted hashes.
func (t *Tree) placeLeaves(hashers [workers]*hasher) {
	n := t.Len()
	unsorted, sorted := t.nodes[:n], t.nodes[n:]

	width := min(max(bits.Len(uint(n))-4, 0), 16) // about 8 to 16 hashes in a bucket
	last := uint32(1)<<width - 1
	bucket := func(h *common.Hash) uint32 {
		return last - uint32(uint64(binary.BigEndian.Uint32(h[:]))>>(32-width))
	}

	// next[w][b] first counts worker w's hashes in bucket b, then becomes the slot its next one
	// goes to.
	var next [workers][]uint32
	for w := range next {
		next[w] = make([]uint32, last+1)
	}
	split(n, func(w, lo, hi int) {
		hashers[w].leaves(unsorted[lo:hi], &t.leaves, lo)
		for i := lo; i < hi; i++ {
			next[w][bucket(&unsorted[i])]++
		}
	})
	ends := make([]uint32, last+1)
	slot := uint32(0)
	for b := range ends {
		for w := range next {
			count := next[w][b]
			next[w][b] = slot
			slot += count
		}
		ends[b] = slot
	}
	split(n, func(w, lo, hi int) {
		for i := lo; i < hi; i++ {
			place := &next[w][bucket(&unsorted[i])]
			sorted[*place] = unsorted[i]
			t.owner[*place] = uint32(i)
			*place++
		}
	})
	split(len(ends), func(_, lo, hi int) {
		start := uint32(0)
		if lo > 0 {
			start = ends[lo-1]
		}
		for _, end := range ends[lo:hi] {
			sortSlots(sorted[start:end], t.owner[start:end])
			for s := start; s < end; s++ {
				t.slot[t.owner[s]] = s
			}
			start = end
		}
	})
	t.nodes[0] = common.Hash{}
}

// sortSlots sorts a bucket, largest hash first, and its owners along. A large bucket is the work of
// somebody who searched for addresses with like hashes; it must not take quadratic time.
func sortSlots(hashes []common.Hash, owner []uint32) {
	if len(hashes) > 64 {
		sort.Sort(&slots{hashes, owner})
		return
	}
	for i := 1; i < len(hashes); i++ {
		h, o := hashes[i], owner[i]
		j := i
		for ; j > 0 && compare(&hashes[j-1], &h) < 0; j-- {
			hashes[j], owner[j] = hashes[j-1], owner[j-1]
		}
		hashes[j], owner[j] = h, o
	}
}

type slots struct {
	hashes []common.Hash
	owner  []uint32
}

func (s *slots) Len() int           { return len(s.hashes) }
func (s *slots) Less(i, j int) bool { return compare(&s.hashes[i], &s.hashes[j]) > 0 }
func (s *slots) Swap(i, j int) {
	s.hashes[i], s.hashes[j] = s.hashes[j], s.hashes[i]
	s.owner[i], s.owner[j] = s.owner[j], s.owner[i]
}

// compare is bytes.Compare; the first eight bytes nearly always decide.
func compare(a, b *common.Hash) int {
	x, y := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])
	if x != y {
		return cmp.Compare(x, y)
	}
	return bytes.Compare(a[8:], b[8:])
}
