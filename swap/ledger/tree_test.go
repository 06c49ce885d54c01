package ledger

import (
	"encoding/hex"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestTreeRFC6962 uses the leaves and roots of the Certificate Transparency project's own tests
// (merkletree/merkle_tree_test.cc).
func TestTreeRFC6962(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var hashes Hashes
	var edge Frontier
	for n, want := range roots {
		root, err := TreeHash(int64(n), hashes)
		if err != nil || hex.EncodeToString(root[:]) != want {
			t.Errorf("root of %d leaves is %x, not %s (%v)", n, root, want, err)
		}
		if tree := edge.Tree(); tree.Hash != root || tree.N != int64(n) {
			t.Errorf("frontier of %d leaves is %v, not %v", n, tree, root)
		}
		if n < len(leaves) {
			leaf, err := hex.DecodeString(leaves[n])
			if err != nil {
				t.Fatal(err)
			}
			if err := hashes.Append(RecordHash(leaf)); err != nil {
				t.Fatal(err)
			}
			edge.Append(RecordHash(leaf))
		}
	}
}

func testHashes(t testing.TB, n int) Hashes {
	t.Helper()
	var h Hashes
	for i := range n {
		if h.Size() != int64(i) {
			t.Fatalf("size is %d, not %d", h.Size(), i)
		}
		if err := h.Append(RecordHash(fmt.Appendf(nil, "record %d", i))); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func TestProofs(t *testing.T) {
	const most = 600
	hashes := testHashes(t, most)
	tree := func(t *rapid.T, n int64) tlog.Tree {
		h, err := TreeHash(n, hashes)
		if err != nil {
			t.Fatal(err)
		}
		return tlog.Tree{N: n, Hash: h}
	}
	flip := func(t *rapid.T, h tlog.Hash) tlog.Hash {
		h[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		return h
	}
	t.Run("record", rapid.MakeCheck(func(t *rapid.T) {
		size := rapid.Int64Range(1, most).Draw(t, "size")
		index := rapid.Int64Range(0, size-1).Draw(t, "index")
		head := tree(t, size)
		record := RecordHash(fmt.Appendf(nil, "record %d", index))
		p, err := ProveRecord(size, index, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckRecord(p, head, index, record); err != nil {
			t.Fatal(err)
		}
		if CheckRecord(p, tlog.Tree{N: size, Hash: flip(t, head.Hash)}, index, record) == nil {
			t.Fatal("another root passes")
		}
		if CheckRecord(p, head, index, flip(t, record)) == nil {
			t.Fatal("another record passes")
		}
		if other := rapid.Int64Range(0, size-1).Draw(t, "other"); other != index && CheckRecord(p, head, other, record) == nil {
			t.Fatalf("the proof of %d passes for %d", index, other)
		}
		if CheckRecord(append(p, record), head, index, record) == nil {
			t.Fatal("a longer proof passes")
		}
		if len(p) > 0 {
			if CheckRecord(p[1:], head, index, record) == nil {
				t.Fatal("a shorter proof passes")
			}
			i := rapid.IntRange(0, len(p)-1).Draw(t, "step")
			p[i] = flip(t, p[i])
			if CheckRecord(p, head, index, record) == nil {
				t.Fatal("another proof passes")
			}
		}
	}))
	t.Run("tree", rapid.MakeCheck(func(t *rapid.T) {
		size := rapid.Int64Range(0, most).Draw(t, "size")
		old := rapid.Int64Range(0, size).Draw(t, "old")
		newTree, oldTree := tree(t, size), tree(t, old)
		p, err := ProveTree(size, old, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckTree(p, newTree, oldTree); err != nil {
			t.Fatal(err)
		}
		if CheckTree(p, newTree, tlog.Tree{N: old, Hash: flip(t, oldTree.Hash)}) == nil {
			t.Fatal("another old root passes")
		}
		if old > 0 && CheckTree(p, tlog.Tree{N: size, Hash: flip(t, newTree.Hash)}, oldTree) == nil {
			t.Fatal("another new root passes")
		}
		if CheckTree(append(p, newTree.Hash), newTree, oldTree) == nil {
			t.Fatal("a longer proof passes")
		}
		if old < size && CheckTree(p, oldTree, newTree) == nil {
			t.Fatal("a tree that shrinks passes")
		}
	}))
}

func TestTreeBounds(t *testing.T) {
	h := testHashes(t, 3)
	root, err := TreeHash(3, h)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"negative size":         second(TreeHash(-1, h)),
		"huge size":             second(TreeHash(MaxTreeSize+1, h)),
		"unknown size":          second(TreeHash(4, h)),
		"negative index":        second(ProveRecord(3, -1, h)),
		"index at the size":     second(ProveRecord(3, 3, h)),
		"proof of unknown size": second(ProveRecord(9, 1, h)),
		"check negative index":  CheckRecord(nil, tlog.Tree{N: 3, Hash: root}, -1, root),
		"check huge tree":       CheckRecord(nil, tlog.Tree{N: 1<<63 - 1, Hash: root}, 0, root),
		"shrinking":             second(ProveTree(2, 3, h)),
		"negative old":          second(ProveTree(2, -1, h)),
		"huge new":              CheckTree(nil, tlog.Tree{N: 1<<63 - 1}, tlog.Tree{N: 1}),
		"append behind the end": second(StoredHashes(MaxTreeSize, root, h)),
		"append before zero":    second(StoredHashes(-1, root, h)),
		"append with a gap":     second(StoredHashes(7, root, h)),
		"negative stored hash":  second(h.ReadHashes([]int64{-1})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }
