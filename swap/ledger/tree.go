package ledger

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// MaxTreeSize bounds the number of entries. It is far above any log of this kind, and keeps the
// index arithmetic of package tlog away from overflow.
const MaxTreeSize = 1 << 40

// RecordHash returns the leaf hash of an entry's bytes (RFC 6962, section 2.1).
func RecordHash(entry []byte) tlog.Hash {
	return tlog.RecordHash(entry)
}

// StoredHashes returns the hashes to store after those already stored when the entry with the given
// leaf hash is appended to a tree of the given size. They are numbered from
// tlog.StoredHashCount(size); r must know the earlier ones.
func StoredHashes(size int64, record tlog.Hash, r tlog.HashReader) ([]tlog.Hash, error) {
	if size < 0 || size >= MaxTreeSize {
		return nil, fmt.Errorf("append to a tree of %d entries: the size is outside of 0 to %d", size, int64(MaxTreeSize)-1)
	}
	hashes, err := tlog.StoredHashesForRecordHash(size, record, r)
	if err != nil {
		return nil, fmt.Errorf("append to a tree of %d entries: %w", size, err)
	}
	return hashes, nil
}

// TreeHash returns the root of the tree of the first size entries.
func TreeHash(size int64, r tlog.HashReader) (tlog.Hash, error) {
	if err := checkSize(size); err != nil {
		return tlog.Hash{}, err
	}
	h, err := tlog.TreeHash(size, r)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("root of %d entries: %w", size, err)
	}
	return h, nil
}

// ProveRecord returns the proof that the tree of the given size has its entry number index.
func ProveRecord(size, index int64, r tlog.HashReader) (tlog.RecordProof, error) {
	if err := checkIndex(size, index); err != nil {
		return nil, err
	}
	p, err := tlog.ProveRecord(size, index, r)
	if err != nil {
		return nil, fmt.Errorf("prove entry %d of %d: %w", index, size, err)
	}
	return p, nil
}

// CheckRecord reports whether p proves that tree has record as the leaf hash of its entry number
// index.
func CheckRecord(p tlog.RecordProof, tree tlog.Tree, index int64, record tlog.Hash) error {
	if err := checkIndex(tree.N, index); err != nil {
		return err
	}
	if err := tlog.CheckRecord(p, tree.N, tree.Hash, index, record); err != nil {
		return fmt.Errorf("the proof does not lead from entry %d to the root of %d entries", index, tree.N)
	}
	return nil
}

// ProveTree returns the proof that the tree of size newSize begins with the tree of size oldSize.
// For the empty old tree and for equal sizes it is empty.
func ProveTree(newSize, oldSize int64, r tlog.HashReader) (tlog.TreeProof, error) {
	if err := checkSizes(newSize, oldSize); err != nil {
		return nil, err
	}
	if oldSize == 0 {
		return tlog.TreeProof{}, nil
	}
	p, err := tlog.ProveTree(newSize, oldSize, r)
	if err != nil {
		return nil, fmt.Errorf("prove that %d entries begin with the first %d: %w", newSize, oldSize, err)
	}
	return p, nil
}

// CheckTree reports whether p proves that the new tree begins with the old one.
func CheckTree(p tlog.TreeProof, newTree, oldTree tlog.Tree) error {
	if err := checkSizes(newTree.N, oldTree.N); err != nil {
		return err
	}
	if oldTree.N == 0 {
		// RFC 6962 has no such proof: every tree begins with the empty one.
		if empty, _ := tlog.TreeHash(0, nil); oldTree.Hash != empty || len(p) != 0 || newTree.N == 0 && newTree.Hash != empty {
			return errors.New("the proof does not start from the empty tree")
		}
		return nil
	}
	if err := tlog.CheckTree(p, newTree.N, newTree.Hash, oldTree.N, oldTree.Hash); err != nil {
		return fmt.Errorf("the tree of %d entries does not begin with that of %d", newTree.N, oldTree.N)
	}
	return nil
}

func checkSize(size int64) error {
	if size < 0 || size > MaxTreeSize {
		return fmt.Errorf("tree size %d is outside of 0 to %d", size, int64(MaxTreeSize))
	}
	return nil
}

func checkSizes(newSize, oldSize int64) error {
	if err := checkSize(newSize); err != nil {
		return err
	}
	if oldSize < 0 || oldSize > newSize {
		return fmt.Errorf("old tree size %d is outside of 0 to %d", oldSize, newSize)
	}
	return nil
}

func checkIndex(size, index int64) error {
	if err := checkSize(size); err != nil {
		return err
	}
	if index < 0 || index >= size {
		return fmt.Errorf("there is no entry %d in a tree of %d", index, size)
	}
	return nil
}

// Hashes keeps every stored hash of a tree in memory, two for each entry. It implements
// tlog.HashReader.
type Hashes []tlog.Hash

// Append adds the leaf hash of the next entry.
func (h *Hashes) Append(record tlog.Hash) error {
	more, err := StoredHashes(h.Size(), record, *h)
	if err != nil {
		return err
	}
	*h = append(*h, more...)
	return nil
}

// Size returns the number of entries.
func (h Hashes) Size() int64 {
	// StoredHashCount(n) is 2n minus the number of ones in n: the last leaf is behind at most
	// log2(n) inner nodes.
	n := int64(len(h)+1) / 2
	for tlog.StoredHashCount(n) < int64(len(h)) {
		n++
	}
	return n
}

// ReadHashes implements tlog.HashReader.
func (h Hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(h)) {
			return nil, fmt.Errorf("there is no stored hash %d of %d", x, len(h))
		}
		out[i] = h[x]
	}
	return out, nil
}

// A Frontier is the right edge of a growing tree: enough to know its root after every append, in
// memory of the logarithm of its size. The zero value is the empty tree.
type Frontier struct {
	size int64
	edge []tlog.Hash // roots of the complete subtrees, one per set bit of size, largest first
}

// NewFrontier returns the frontier of a tree whose stored hashes r knows.
func NewFrontier(size int64, r tlog.HashReader) (Frontier, error) {
	if err := checkSize(size); err != nil {
		return Frontier{}, err
	}
	var indexes []int64
	for left := size; left > 0; {
		level := bits.Len64(uint64(left)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, (size-left)>>level))
		left -= 1 << level
	}
	edge, err := r.ReadHashes(indexes)
	if err != nil {
		return Frontier{}, fmt.Errorf("right edge of a tree of %d entries: %w", size, err)
	}
	return Frontier{size: size, edge: edge}, nil
}

// Clone returns a copy that grows on its own.
func (f *Frontier) Clone() Frontier {
	return Frontier{size: f.size, edge: slices.Clone(f.edge)}
}

// Append adds the leaf hash of the next entry.
func (f *Frontier) Append(record tlog.Hash) {
	var stored [48]tlog.Hash
	f.AppendStored(stored[:0], record)
}

// AppendStored is Append, and adds to dst the hashes to be stored, as [StoredHashes] returns them.
func (f *Frontier) AppendStored(dst []tlog.Hash, record tlog.Hash) []tlog.Hash {
	f.edge = append(f.edge, record)
	dst = append(dst, record)
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.edge) - 1
		f.edge[last-1] = tlog.NodeHash(f.edge[last-1], f.edge[last])
		f.edge = f.edge[:last]
		dst = append(dst, f.edge[last-1])
	}
	f.size++
	return dst
}

// Tree returns the size and the root.
func (f *Frontier) Tree() tlog.Tree {
	if f.size == 0 {
		empty, _ := tlog.TreeHash(0, nil)
		return tlog.Tree{Hash: empty}
	}
	h := f.edge[len(f.edge)-1]
	for i := len(f.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.edge[i], h)
	}
	return tlog.Tree{N: f.size, Hash: h}
}
