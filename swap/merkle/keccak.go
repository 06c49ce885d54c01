package merkle

import (
	"bytes"
	"encoding/binary"
	"hash"
	"io"
	"math/bits"

	"github.com/cloudflare/circl/simd/keccakf1600"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto/keccak"
)

// hasher computes keccak256 of leaves and nodes, four at a time where the processor has AVX2. It
// belongs to one goroutine.
type hasher struct {
	scalar interface {
		hash.Hash
		io.Reader
	}
	x4 *permutation // nil: one at a time

	// Buffers live here because what is passed through an interface would otherwise be allocated on
	// every call.
	in   [2 * common.HashLength]byte
	out  common.Hash
	text []byte
}

// permutation is four keccak states side by side: word w of lane l is words[4*w+l].
type permutation struct {
	state keccakf1600.StateX4
	words []uint64
}

func newHasher() *hasher {
	h := newScalarHasher()
	if keccakf1600.IsEnabledX4() {
		h.x4 = new(permutation)
		h.x4.words = h.x4.state.Initialize(false)
	}
	return h
}

func newScalarHasher() *hasher {
	h := new(hasher)
	h.scalar = keccak.NewLegacyKeccak256().(interface {
		hash.Hash
		io.Reader
	})
	return h
}

// sum puts keccak256(msg) into h.out.
func (h *hasher) sum(msg []byte) {
	h.scalar.Reset()
	h.scalar.Write(msg)
	h.scalar.Read(h.out[:])
}

// leaf is the hash of one leaf. abi.encode puts the address into the last 20 bytes of the first
// word and the amount, big-endian, into the second.
func (h *hasher) leaf(l *Leaf) common.Hash {
	clear(h.in[:12])
	copy(h.in[12:32], l.Account[:])
	l.Amount.PutUint256(h.in[32:])
	h.sum(h.in[:])
	copy(h.in[:], h.out[:])
	h.sum(h.in[:32])
	return h.out
}

// node is the hash of two children in either order.
func (h *hasher) node(a, b *common.Hash) common.Hash {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	copy(h.in[:32], a[:])
	copy(h.in[32:], b[:])
	h.sum(h.in[:])
	return h.out
}

// leaves sets dst[j] to the hash of leaf lo+j.
func (h *hasher) leaves(dst []common.Hash, list *leafList, lo int) {
	j := 0
	if h.x4 != nil {
		for ; j+4 <= len(dst); j += 4 {
			for lane := range 4 {
				h.x4.setLeaf(lane, list.at(lo+j+lane))
			}
			h.x4.permute(8)
			h.x4.permute(4)
			h.x4.read((*[4]common.Hash)(dst[j:]))
		}
	}
	for ; j < len(dst); j++ {
		dst[j] = h.leaf(list.at(lo + j))
	}
}

// level sets heap[k], lo <= k < hi, from their children 2k and 2k+1, which must be known: hi <=
// 2*lo.
func (h *hasher) level(heap []common.Hash, lo, hi int) {
	k := lo
	if h.x4 != nil {
		for ; k+4 <= hi; k += 4 {
			children := (*[8]common.Hash)(heap[2*k:])
			for lane := range 4 {
				h.x4.setNode(lane, &children[2*lane], &children[2*lane+1])
			}
			h.x4.permute(8)
			h.x4.read((*[4]common.Hash)(heap[k:]))
		}
	}
	for ; k < hi; k++ {
		heap[k] = h.node(&heap[2*k], &heap[2*k+1])
	}
}

func (p *permutation) setLeaf(lane int, l *Leaf) {
	w := (*[32]uint64)(p.words[lane:])
	w[4*0] = 0
	w[4*1] = uint64(binary.LittleEndian.Uint32(l.Account[:])) << 32
	w[4*2] = binary.LittleEndian.Uint64(l.Account[4:])
	w[4*3] = binary.LittleEndian.Uint64(l.Account[12:])
	for i := range 4 {
		w[4*(4+i)] = bits.ReverseBytes64(l.Amount[3-i])
	}
}

func (p *permutation) setNode(lane int, a, b *common.Hash) {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	w := (*[32]uint64)(p.words[lane:])
	for i := range 4 {
		w[4*i] = binary.LittleEndian.Uint64(a[8*i:])
		w[4*(4+i)] = binary.LittleEndian.Uint64(b[8*i:])
	}
}

// permute hashes the first n words of every lane. Original Keccak padding: bit 1 after the message,
// bit 1 at the end of the 136-byte block (FIPS 202 has other domain bits).
func (p *permutation) permute(n int) {
	w := (*[100]uint64)(p.words)
	clear(w[4*n:])
	for lane := range 4 {
		w[4*n+lane] = 1
		w[4*16+lane] = 1 << 63
	}
	p.state.Permute()
}

// read stores the four digests: the first four words of each lane.
func (p *permutation) read(dst *[4]common.Hash) {
	for lane := range dst {
		w := (*[16]uint64)(p.words[lane:])
		for i := range 4 {
			binary.LittleEndian.PutUint64(dst[lane][8*i:], w[4*i])
		}
	}
}
