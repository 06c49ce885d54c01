package merkle

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"github.com/ethereum/go-ethereum/common"
)

// index finds leaves by account: a hash table of leaf numbers with linear probing, 8 to 16 bytes a
// leaf where a map would take 50. Its seed is random, so nobody can choose addresses that collide.
// The first bit of the hash says which half of the table an account belongs to, and probing stays
// in that half: two workers fill it without a lock.
type index struct {
	seed  maphash.Seed
	shift int // hash >> shift is the slot

	// slots holds leaf number + 1, which MaxLeaves keeps below 2^24, and above it the hash's last
	// eight bits, which spare most looks at leaves that are not the one; 0 is empty.
	slots []uint32
}

const numberBits = 24

func tag(h uint64) uint32 { return uint32(h) << numberBits }

// fill enters all leaves and returns for each half the first leaf that repeats an earlier one's
// account, or nil.
func (x *index) fill(list *leafList) []*LeafError {
	// More slots in each half than leaves in all, so probing always ends.
	size := bits.Len(uint(2*list.n + 1))
	x.seed = maphash.MakeSeed()
	x.shift = 64 - size
	x.slots = make([]uint32, 1<<size)

	twice := make([]*LeafError, 2)
	var wg sync.WaitGroup
	for half := range twice {
		wg.Go(func() { twice[half] = x.fillHalf(list, uint64(half)) })
	}
	wg.Wait()
	return twice
}

func (x *index) fillHalf(list *leafList, half uint64) *LeafError {
	for i := range list.n {
		l := list.at(i)
		h := maphash.Comparable(x.seed, l.Account)
		if h>>63 != half {
			continue
		}
		slot, found := x.probe(list, h, &l.Account)
		if found {
			return &LeafError{Where: "leaf", N: i, First: x.number(slot), Account: l.Account, Err: ErrTwice}
		}
		x.slots[slot] = tag(h) | uint32(i+1)
	}
	return nil
}

// find returns the number of the account's leaf.
func (x *index) find(list *leafList, account common.Address) (i int, ok bool) {
	slot, ok := x.probe(list, maphash.Comparable(x.seed, account), &account)
	if !ok {
		return 0, false
	}
	return x.number(slot), true
}

// probe returns the slot that holds the account, or the empty one it would take. h is the account's
// hash.
func (x *index) probe(list *leafList, h uint64, account *common.Address) (slot uint64, found bool) {
	mask := uint64(len(x.slots)/2 - 1)
	half := h >> 63 * uint64(len(x.slots)/2)
	for slot = h >> x.shift; ; slot = half | (slot+1)&mask {
		n := x.slots[slot]
		if n == 0 {
			return slot, false
		}
		if n>>numberBits<<numberBits == tag(h) && list.at(x.number(slot)).Account == *account {
			return slot, true
		}
	}
}

func (x *index) number(slot uint64) int { return int(x.slots[slot]&(1<<numberBits-1)) - 1 }
