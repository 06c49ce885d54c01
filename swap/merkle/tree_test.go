package merkle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"pgregory.net/rapid"
)

// goldenLeaves: recipient i is the first 20 bytes of SHA-256 of i in decimal, its amount i*10^9+1.
func goldenLeaves(n int) []Leaf {
	leaves := make([]Leaf, n)
	for i := range leaves {
		sum := sha256.Sum256([]byte(strconv.Itoa(i)))
		leaves[i].Account = common.Address(sum[:20])
		leaves[i].Amount.SetUint64(uint64(i)*1e9 + 1)
	}
	return leaves
}

func mustBuild(tb testing.TB, leaves []Leaf) *Tree {
	tb.Helper()
	t, err := Build(leaves, MaxTotal())
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// The roots were made by npm @openzeppelin/merkle-tree 1.0.8.
func TestGoldenRoots(t *testing.T) {
	for n, want := range map[int]string{
		1_000:  "0x0bbae3588a85f58c29e875a1f55e3a7c231865d00d798d82bb7469527a29a6b1",
		10_000: "0xb18defbccd83598e4b6e069769e20e0fabe226b0f3ee97c323e039a28ca578c9",
	} {
		if got := mustBuild(t, goldenLeaves(n)).Root().Hex(); got != want {
			t.Errorf("%d leaves: root %s, want %s", n, got, want)
		}
	}
}

// Sizes around every point where the work is divided differently.
func TestSameHeapAsBaseline(t *testing.T) {
	sizes := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 127, 128, 129,
		parallelFrom - 1, parallelFrom, parallelFrom + 1, 2*parallelFrom - 1, 2 * parallelFrom, 2*parallelFrom + 1,
		4095, 4096, 4097, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 5}
	for _, n := range sizes {
		leaves := randomLeaves(n, uint64(n))
		tree := mustBuild(t, leaves)
		if !slices.Equal(tree.nodes[1:], baselineTree(leaves)) {
			t.Errorf("%d leaves: the heap differs from the baseline's", n)
		}
		for i := range n {
			if tree.nodes[tree.TreeIndex(i)+1] != LeafHash(leaves[i]) {
				t.Fatalf("%d leaves: leaf %d is not where TreeIndex says", n, i)
			}
			if j, ok := tree.Index(leaves[i].Account); !ok || j != i {
				t.Fatalf("%d leaves: Index finds %d, %v for leaf %d", n, j, ok, i)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	good := randomLeaves(3*parallelFrom, 9)
	change := func(changes ...func(l []Leaf)) []Leaf {
		l := slices.Clone(good)
		for _, c := range changes {
			c(l)
		}
		return l
	}
	amount := func(i int, a *uint256.Int) func([]Leaf) { return func(l []Leaf) { l[i].Amount = *a } }
	account := func(i int, a common.Address) func([]Leaf) { return func(l []Leaf) { l[i].Account = a } }
	last := len(good) - 1
	total := mustBuild(t, good).Total()
	half := new(uint256.Int).Lsh(uint256.NewInt(1), 255)

	for name, c := range map[string]struct {
		leaves []Leaf
		limit  *uint256.Int
		want   error
		text   string
	}{
		"none":            {nil, MaxTotal(), ErrNoLeaves, ""},
		"no limit":        {good, nil, ErrNoLimit, ""},
		"limit zero":      {good, new(uint256.Int), ErrNoLimit, ""},
		"zero amount":     {change(amount(last, new(uint256.Int))), MaxTotal(), ErrZeroAmount, fmt.Sprintf("leaf %d: %s", last, good[last].Account)},
		"zero address":    {change(account(5, common.Address{})), MaxTotal(), ErrZeroAccount, "leaf 5: 0x0000"},
		"twice":           {change(account(last, good[0].Account)), MaxTotal(), ErrTwice, fmt.Sprintf("leaf %d: %s: recipient twice: add the amounts and keep one (first in leaf 0)", last, good[0].Account)},
		"twice the same":  {change(func(l []Leaf) { l[8] = l[7] }), MaxTotal(), ErrTwice, "leaf 8: "},
		"first is named":  {change(amount(last, new(uint256.Int)), account(700, good[3].Account), account(900, good[2].Account), amount(1200, new(uint256.Int))), MaxTotal(), ErrTwice, "leaf 700: "},
		"first is named2": {change(amount(600, new(uint256.Int)), account(700, good[3].Account)), MaxTotal(), ErrZeroAmount, "leaf 600: "},
		"overflow across": {change(amount(0, half), amount(last, half)), MaxTotal(), ErrOverflow, ""},
		"overflow within": {change(amount(0, half), amount(1, half)), MaxTotal(), ErrOverflow, ""},
		"above the limit": {good, new(uint256.Int).SubUint64(total, 1), ErrLimit, total.Dec()},
		"all of uint256":  {[]Leaf{{common.Address{1}, *MaxTotal()}, {common.Address{2}, *uint256.NewInt(1)}}, MaxTotal(), ErrOverflow, ""},
	} {
		tree, err := Build(c.leaves, c.limit)
		if !errors.Is(err, c.want) || tree != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		} else if !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %q lacks %q", name, err, c.text)
		}
	}
	if _, err := Build(good, total); err != nil {
		t.Errorf("a sum equal to the limit was refused: %v", err)
	}
	if _, err := build(leafList{n: MaxLeaves + 1}, MaxTotal()); !errors.Is(err, ErrTooMany) {
		t.Errorf("too many leaves: got %v", err)
	}
	full := leafList{n: MaxLeaves}
	if err := full.add(&good[0], false); !errors.Is(err, ErrTooMany) {
		t.Errorf("adding to a full list: got %v", err)
	}
}

func TestOneLeaf(t *testing.T) {
	leaf := Leaf{Account: common.Address{19: 1}, Amount: *MaxTotal()}
	tree := mustBuild(t, []Leaf{leaf})
	if tree.Root() != LeafHash(leaf) {
		t.Errorf("root %s is not the leaf's hash %s", tree.Root(), LeafHash(leaf))
	}
	p := tree.Proof(0)
	if len(p.Path) != 0 || p.Check() != nil {
		t.Errorf("proof %v: %v", p.Path, p.Check())
	}
	m, err := tree.MultiProof([]int{0})
	if err != nil || len(m.Path)+len(m.Flags) != 0 || m.Check() != nil {
		t.Errorf("multiproof %v, %v", m, err)
	}
	if _, ok := tree.Index(common.Address{19: 2}); ok {
		t.Error("found an account that is not there")
	}
}

// TestLeafHashIsABI compares with an encoding spelt out byte by byte.
func TestLeafHashIsABI(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLeaf(t, "leaf")
		text := fmt.Sprintf("%024d%x%064x", 0, l.Account[:], l.Amount.ToBig())
		want := crypto.Keccak256Hash(crypto.Keccak256(common.FromHex(text)))
		if got := LeafHash(l); got != want {
			t.Fatalf("%v: %s, want %s", l, got, want)
		}
	})
}

func drawLeaf(t *rapid.T, label string) Leaf {
	var l Leaf
	copy(l.Account[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, label+" account"))
	l.Account[rapid.IntRange(0, 19).Draw(t, label+" not zero at")] |= 1
	l.Amount.SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 31).Draw(t, label+" amount"))
	if l.Amount.IsZero() {
		l.Amount.SetOne()
	}
	return l
}

func drawLeaves(t *rapid.T) []Leaf {
	leaves := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Leaf { return drawLeaf(t, "leaf") }), 1, 40,
		func(l Leaf) common.Address { return l.Account }).Draw(t, "leaves")
	if rapid.Bool().Draw(t, "more") { // beyond what is worth shrinking
		leaves = append(leaves, randomLeaves(rapid.IntRange(1, 1500).Draw(t, "count"), rapid.Uint64Range(0, 1<<16-1).Draw(t, "seed"))...)
	}
	return leaves
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := drawLeaves(t)
		a, err := Build(leaves, MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		shuffled := slices.Clone(leaves)
		rnd := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "shuffle")))
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		b, err := Build(shuffled, MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.nodes, b.nodes) || !a.Total().Eq(b.Total()) {
			t.Fatal("another order gave another tree")
		}
	})
}

func TestEveryProofHoldsAndNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, err := Build(drawLeaves(t), MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, tree.Len()-1).Draw(t, "i")
		p, err := tree.ProofOf(tree.Leaf(i).Account)
		if err != nil || p.Leaf != tree.Leaf(i) || p.Root != tree.Root() {
			t.Fatalf("proof of leaf %d is one of %v: %v", i, p.Leaf, err)
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		bad := p
		bad.Path = slices.Clone(p.Path)
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0:
			bad.Leaf.Amount.AddUint64(&bad.Leaf.Amount, 1)
		case 1:
			bad.Leaf.Account[rapid.IntRange(0, 19).Draw(t, "byte")] ^= 1
		case 2:
			bad.Root[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 0x80
		case 3:
			bad.Path = append(bad.Path, common.Hash{})
		case 4:
			if len(bad.Path) == 0 {
				return
			}
			bad.Path[rapid.IntRange(0, len(bad.Path)-1).Draw(t, "step")][0] ^= 1
		}
		if !errors.Is(bad.Check(), ErrProof) {
			t.Fatal("a changed proof holds")
		}
	})
}

func TestMultiProofs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, err := Build(drawLeaves(t), MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		picks := rapid.SliceOfNDistinct(rapid.IntRange(0, tree.Len()-1), 1, min(60, tree.Len()), rapid.ID).Draw(t, "picks")
		given := slices.Clone(picks)
		p, err := tree.MultiProof(picks)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(given, picks) {
			t.Fatal("the caller's slice was changed")
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if !sort.SliceIsSorted(p.Leaves, func(i, j int) bool { return LeafHash(p.Leaves[i]).Cmp(LeafHash(p.Leaves[j])) < 0 }) {
			t.Fatal("leaves are not in the order of their hashes")
		}
		want := make(map[Leaf]bool)
		for _, i := range picks {
			want[tree.Leaf(i)] = true
		}
		for _, l := range p.Leaves {
			delete(want, l)
		}
		if len(want) > 0 || len(p.Leaves) != len(picks) {
			t.Fatalf("proves other leaves than asked for")
		}

		bad := *p
		bad.Leaves, bad.Path, bad.Flags = slices.Clone(p.Leaves), slices.Clone(p.Path), slices.Clone(p.Flags)
		n := rapid.IntRange(0, len(bad.Leaves)-1).Draw(t, "leaf")
		switch rapid.IntRange(0, 5).Draw(t, "change") {
		case 0:
			bad.Leaves[n].Amount.AddUint64(&bad.Leaves[n].Amount, 1)
		case 1:
			bad.Leaves = slices.Delete(bad.Leaves, n, n+1)
		case 2:
			bad.Path = append(bad.Path, tree.Root())
		case 3:
			bad.Path, bad.Flags = append(bad.Path, tree.Root()), append(bad.Flags, false)
		case 4:
			bad.Flags = append(bad.Flags, true)
		case 5:
			if len(bad.Flags) == 0 {
				return
			}
			f := rapid.IntRange(0, len(bad.Flags)-1).Draw(t, "flag")
			bad.Flags[f] = !bad.Flags[f]
		}
		if !errors.Is(bad.Check(), ErrProof) {
			t.Fatal("a changed multiproof holds")
		}
	})
}

func TestMultiProofRefusals(t *testing.T) {
	tree := mustBuild(t, randomLeaves(10, 1))
	for _, picks := range [][]int{nil, {-1}, {10}, {3, 4, 3}} {
		if p, err := tree.MultiProof(picks); err == nil {
			t.Errorf("%v gave %v", picks, p)
		}
	}
	// OpenZeppelin's library takes no leaves with proof [root] for true.
	if VerifyMulti(tree.Root(), nil, []common.Hash{tree.Root()}, nil) {
		t.Error("a proof of nothing holds")
	}
	if _, err := tree.ProofOf(common.Address{1}); err == nil || !strings.Contains(err.Error(), "not in the tree") {
		t.Errorf("proof of a stranger: %v", err)
	}
}

func TestByHash(t *testing.T) {
	tree := mustBuild(t, randomLeaves(2000, 4))
	seen := make([]bool, tree.Len())
	var before common.Hash
	for rank := range tree.Len() {
		i := tree.ByHash(rank)
		h := LeafHash(tree.Leaf(i))
		if seen[i] || rank > 0 && h.Cmp(before) <= 0 {
			t.Fatalf("rank %d: leaf %d with hash %s after %s", rank, i, h, before)
		}
		seen[i], before = true, h
	}
}

// TestLargeBucket: hashes that somebody searched for until they began alike.
func TestLargeBucket(t *testing.T) {
	for _, n := range []int{2, 64, 65, 5000} {
		hashes := make([]common.Hash, n)
		owner := make([]uint32, n)
		rnd := rand.New(rand.NewPCG(3, 4))
		for i, p := range rnd.Perm(n) {
			hashes[i] = common.BigToHash(uint256.NewInt(uint64(p)).ToBig())
			hashes[i][0] = 7
			owner[i] = uint32(p)
		}
		sortSlots(hashes, owner)
		for i := range hashes {
			if want := uint32(n - 1 - i); owner[i] != want || hashes[i].Big().Uint64()&(1<<32-1) != uint64(want) {
				t.Fatalf("%d hashes: place %d holds %s of %d", n, i, hashes[i], owner[i])
			}
		}
	}
}

// TestVectorAndScalarAgree: the same tree from both kinds of hasher, and each function alone for
// every remainder that four at a time can leave.
func TestVectorAndScalarAgree(t *testing.T) {
	fast := newHasher()
	if fast.x4 == nil {
		t.Skip("this processor has no AVX2: only the scalar hasher can be tested")
	}
	slow := newScalarHasher()
	leaves := randomLeaves(70, 5)
	leaves[3].Amount = *MaxTotal()
	var list leafList
	list.take(leaves)
	for lo := range 9 {
		for n := range 60 {
			a, b := make([]common.Hash, n), make([]common.Hash, n)
			fast.leaves(a, &list, lo)
			slow.leaves(b, &list, lo)
			if !slices.Equal(a, b) {
				t.Fatalf("leaves %d..%d differ", lo, lo+n-1)
			}
		}
	}
	heap := make([]common.Hash, 64)
	slow.leaves(heap[32:], &list, 0)
	other := slices.Clone(heap)
	for lo := 16; lo > 0; lo /= 2 {
		for hi := lo; hi <= 2*lo; hi++ {
			fast.level(heap, lo, hi)
			slow.level(other, lo, hi)
			if !slices.Equal(heap, other) {
				t.Fatalf("nodes %d..%d differ", lo, hi-1)
			}
		}
	}

	leaves = randomLeaves(5000, 6)
	list = leafList{}
	list.take(leaves)
	scalar, err := buildWith(list, MaxTotal(), [workers]*hasher{newScalarHasher(), newScalarHasher()})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(scalar.nodes, mustBuild(t, leaves).nodes) {
		t.Error("the trees differ")
	}
}
