// Package merkle is the claim tree: who may take how much, as one 32-byte root that the distributor
// contract holds.
//
// It is OpenZeppelin's StandardMerkleTree with the leaf types address and uint256 (npm
// @openzeppelin/merkle-tree, format "standard-v1"):
//
//	leaf = keccak256(keccak256(abi.encode(recipient, cumulative amount)))
//	node = keccak256(smaller child || larger child)
//
// A tree of N leaves is a flat heap of 2N-1 hashes, the root first, the children of node k at 2k+1
// and 2k+2. The leaf hashes stand in ascending order from the end backwards. Nothing is padded:
// with one leaf the root is that leaf's hash. Hashing a leaf twice keeps a leaf from ever being
// read as a node, whose input has 64 bytes too.
//
// Amounts are atomic units of the token (SESH: 10^-9), cumulative over all rounds.
package merkle

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
)

// MaxLeaves bounds a tree and every file that describes one. A tree takes about 140 bytes a leaf,
// so the largest one fits in 1.2 GB.
const MaxLeaves = 1 << maxDepth

// maxDepth is the longest way from a leaf to the root.
const maxDepth = 23

// Tree is a built claim tree. It never changes, so any number of goroutines may use it.
type Tree struct {
	leaves leafList
	total  uint256.Int

	// nodes is the heap with the root at index 1, which puts the children of k at 2k and 2k+1, the
	// leaves at N..2N-1 and leaves index 0 empty. Node k here is node k-1 of the published format.
	nodes []common.Hash

	// slot[i] says where leaf i stands: nodes[N+slot[i]]; owner is the inverse.
	slot, owner []uint32

	index index
}

// Build makes the tree of the leaves, in whatever order they are given; the order decides only the
// numbers by which leaves are asked for, never the root. limit is the largest sum of amounts that
// the caller stands for (the caps of the terms, or MaxTotal where there are none); nil or zero is
// refused.
//
// Refused with a *LeafError that names the leaf: a recipient twice (ErrTwice), amount 0
// (ErrZeroAmount), the zero address (ErrZeroAccount). Refused as a whole: no leaves (ErrNoLeaves),
// more than MaxLeaves (ErrTooMany), a sum above 2^256-1 (ErrOverflow) or above limit (ErrLimit), no
// limit (ErrNoLimit).
//
// The tree keeps the slice: do not change it afterwards. Besides it, building takes 80 to 90 bytes
// a leaf, all of which the tree keeps.
func Build(leaves []Leaf, limit *uint256.Int) (*Tree, error) {
	var list leafList
	list.take(leaves)
	return build(list, limit)
}

// MaxTotal is 2^256-1, the limit for Build that leaves only the range of uint256.
func MaxTotal() *uint256.Int { return new(uint256.Int).SetAllOne() }

// Len is the number of leaves, at least 1.
func (t *Tree) Len() int { return t.leaves.n }

// Root is what the contract is given.
func (t *Tree) Root() common.Hash { return t.nodes[1] }

// Total is the sum of all amounts, in atomic units.
func (t *Tree) Total() *uint256.Int { return t.total.Clone() }

// Leaf is leaf i, 0 <= i < Len, in the order given to Build.
func (t *Tree) Leaf(i int) Leaf { return *t.leaves.at(i) }

// Index finds the leaf of an account.
func (t *Tree) Index(account common.Address) (i int, ok bool) {
	return t.index.find(&t.leaves, account)
}

// ByHash is the number of the leaf whose hash is the rank-th smallest, 0 <= rank < Len. Leaves that
// are neighbours by hash share most of their way to the root, so a multiproof of consecutive ranks
// is less than half as long as one of leaves taken at random.
func (t *Tree) ByHash(rank int) int {
	return int(t.owner[t.Len()-1-rank])
}

// TreeIndex is where leaf i stands in the published heap, root = 0: "treeIndex" of a dump.
func (t *Tree) TreeIndex(i int) int { return t.heapIndex(i) - 1 }

func (t *Tree) heapIndex(i int) int { return t.Len() + int(t.slot[i]) }
