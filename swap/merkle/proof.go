package merkle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// ErrProof is returned for a proof that does not lead to its root.
var ErrProof = errors.New("the proof does not lead to the root: account, amount, proof or root is wrong or belongs to another round")

// Proof shows that a leaf is in the tree of a root: what the contract's claim(account, cumulative,
// proof) takes.
type Proof struct {
	Root common.Hash
	Leaf Leaf
	Path []common.Hash // the siblings from the leaf up; empty in a tree of one leaf
}

// MultiProof shows it of several leaves at once: what the contract's claimBatch(accounts,
// cumulatives, proof, proofFlags) takes.
type MultiProof struct {
	Root   common.Hash
	Leaves []Leaf // in ascending order of their hashes, as the flags need them
	Path   []common.Hash
	// Flags has one step for each parent to be computed, true when both its children come from the
	// leaves and the parents so far, false when one comes from Path.
	Flags []bool
}

// Proof proves leaf i, 0 <= i < Len; another number panics, as for a slice.
func (t *Tree) Proof(i int) Proof {
	k := t.heapIndex(i)
	p := Proof{Root: t.Root(), Leaf: t.Leaf(i), Path: make([]common.Hash, 0, maxDepth)}
	for ; k > 1; k /= 2 {
		p.Path = append(p.Path, t.nodes[k^1])
	}
	return p
}

// ProofOf proves the leaf of an account.
func (t *Tree) ProofOf(account common.Address) (Proof, error) {
	i, ok := t.Index(account)
	if !ok {
		return Proof{}, fmt.Errorf("%s is not in the tree with root %s: check the recipient and the round", account, t.Root())
	}
	return t.Proof(i), nil
}

// MultiProof proves the leaves with the given numbers, in any order. No numbers, a number twice and
// one outside 0..Len-1 are refused: without leaves the contract's verifier accepts [root] as proof
// of nothing, so the contract refuses an empty batch.
func (t *Tree) MultiProof(indices []int) (*MultiProof, error) {
	if len(indices) == 0 {
		return nil, errors.New("multiproof of no leaves: name at least one")
	}
	order := slices.Clone(indices)
	for _, i := range order {
		if i < 0 || i >= t.Len() {
			return nil, fmt.Errorf("multiproof of leaf %d: the tree has leaves 0 to %d", i, t.Len()-1)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(t.slot[j], t.slot[i]) })
	p := &MultiProof{Root: t.Root(), Leaves: make([]Leaf, len(order)), Path: []common.Hash{}, Flags: []bool{}}
	queue := make([]int, len(order), 2*len(order))
	for n, i := range order {
		if n > 0 && i == order[n-1] {
			return nil, fmt.Errorf("multiproof of leaf %d twice: name it once", i)
		}
		p.Leaves[n] = t.Leaf(i)
		queue[n] = t.heapIndex(i)
	}
	// The deepest nodes come first, so the sibling of the first in the queue, if it is known at
	// all, is the second.
	for queue[0] > 1 {
		k := queue[0]
		queue = queue[1:]
		both := len(queue) > 0 && queue[0] == k^1
		if both {
			queue = queue[1:]
		} else {
			p.Path = append(p.Path, t.nodes[k^1])
		}
		p.Flags = append(p.Flags, both)
		queue = append(queue, k/2)
	}
	return p, nil
}

// Verify reports whether path leads from the leaf to the root.
func Verify(root common.Hash, leaf Leaf, path []common.Hash) bool {
	h := newScalarHasher()
	at := h.leaf(&leaf)
	for i := range path {
		at = h.node(&at, &path[i])
	}
	return at == root
}

// VerifyMulti reports whether leaves, path and flags lead to the root, by the rules of
// OpenZeppelin's MerkleProof.multiProofVerify: as many steps as leaves and path join into one hash,
// and every hash of both is used. No leaves prove nothing: false.
func VerifyMulti(root common.Hash, leaves []Leaf, path []common.Hash, flags []bool) bool {
	if len(leaves) == 0 || len(leaves)+len(path) != len(flags)+1 {
		return false
	}
	h := newScalarHasher()
	queue := make([]common.Hash, len(leaves), len(leaves)+len(flags))
	for i := range leaves {
		queue[i] = h.leaf(&leaves[i])
	}
	take := func(from *[]common.Hash) (first common.Hash, ok bool) {
		if len(*from) == 0 {
			return first, false
		}
		first = (*from)[0]
		*from = (*from)[1:]
		return first, true
	}
	for _, both := range flags {
		other := &path
		if both {
			other = &queue
		}
		a, ok := take(&queue)
		b, ok2 := take(other)
		if !ok || !ok2 {
			return false
		}
		queue = append(queue, h.node(&a, &b))
	}
	return len(path) == 0 && queue[0] == root
}

// Check returns nil if the proof leads to its own root, ErrProof otherwise. Whether that root is
// the one that counts is for the caller to ask the contract.
func (p *Proof) Check() error {
	if !Verify(p.Root, p.Leaf, p.Path) {
		return ErrProof
	}
	return nil
}

// Check returns nil if the proof leads to its own root, ErrProof otherwise.
func (p *MultiProof) Check() error {
	if !VerifyMulti(p.Root, p.Leaves, p.Path, p.Flags) {
		return ErrProof
	}
	return nil
}

// LeafHash is keccak256(keccak256(abi.encode(account, amount))).
func LeafHash(l Leaf) common.Hash { return newScalarHasher().leaf(&l) }
