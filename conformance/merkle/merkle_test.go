//go:build conformance

// Package merkle compares the claim tree with its reference, npm @openzeppelin/merkle-tree in the
// version that package-lock.json pins. It needs node and npm:
//
//	go test -tags conformance ./conformance/merkle
package merkle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap/merkle"
)

type request struct {
	Leaves      [][2]string  `json:"leaves"`
	Batches     [][]int      `json:"batches"`
	Dump        string       `json:"dump"`
	Proofs      []proof      `json:"proofs"`
	MultiProofs []multiProof `json:"multiProofs"`
}

type proof struct {
	Root  common.Hash   `json:"root"`
	Leaf  [2]string     `json:"leaf"`
	Proof []common.Hash `json:"proof"`
}

type multiProof struct {
	Root   common.Hash   `json:"root"`
	Leaves [][2]string   `json:"leaves"`
	Proof  []common.Hash `json:"proof"`
	Flags  []bool        `json:"proofFlags"`
}

type answer struct {
	Root          common.Hash     `json:"root"`
	LoadedRoot    common.Hash     `json:"loadedRoot"`
	Dump          string          `json:"dump"`
	LeafHashes    []common.Hash   `json:"leafHashes"`
	Proofs        [][]common.Hash `json:"proofs"`
	MultiProofs   []multiProof    `json:"multiProofs"`
	Verified      []bool          `json:"verified"`
	MultiVerified []bool          `json:"multiVerified"`
}

// oracle is one node process that answers for all trees.
type oracle struct {
	in  *json.Encoder
	out *bufio.Reader
}

func startOracle(t *testing.T) *oracle {
	t.Helper()
	if _, err := os.Stat("node_modules/@openzeppelin/merkle-tree"); err != nil {
		out, err := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput()
		if err != nil {
			t.Fatalf("npm ci in conformance/merkle: %v (node and npm are needed, and their registry)\n%s", err, out)
		}
	}
	checkVersion(t)
	cmd := exec.Command("node", "oracle.js")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v (install node 20 or later)", err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("node oracle.js: %v", err)
		}
	})
	return &oracle{json.NewEncoder(in), bufio.NewReaderSize(out, 1<<20)}
}

// checkVersion refuses a node_modules folder left over from another version.
func checkVersion(t *testing.T) {
	t.Helper()
	read := func(file string) (p struct {
		Version      string
		Dependencies map[string]string
	}) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &p); err != nil {
			t.Fatalf("json.Unmarshal of %s: got %v, want no error", file, err)
		}
		return p
	}
	want := read("package.json").Dependencies["@openzeppelin/merkle-tree"]
	if got := read("node_modules/@openzeppelin/merkle-tree/package.json").Version; got != want {
		t.Fatalf("node_modules has @openzeppelin/merkle-tree %s, package.json wants %s: remove node_modules and run again", got, want)
	}
}

func (o *oracle) ask(t *testing.T, r *request) *answer {
	t.Helper()
	if err := o.in.Encode(r); err != nil {
		t.Fatalf("ask node: %v", err)
	}
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("node gave no answer: %v", err)
	}
	a := new(answer)
	if err := json.Unmarshal(line, a); err != nil {
		t.Fatalf("node's answer: %v", err)
	}
	return a
}

func TestAgainstReference(t *testing.T) {
	o := startOracle(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))

	sizes := []int{63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 999, 1000}
	for n := range 40 {
		sizes = append(sizes, n+1)
	}
	for range 12 {
		sizes = append(sizes, 1+rnd.IntN(1000))
	}
	for _, n := range sizes {
		compare(t, o, rnd, fmt.Sprintf("%d random leaves", n), randomLeaves(rnd, n))
	}
	for name, leaves := range edgeCases() {
		compare(t, o, rnd, name, leaves)
	}
}

func randomLeaves(rnd *rand.Rand, n int) []merkle.Leaf {
	leaves := make([]merkle.Leaf, n)
	for i := range leaves {
		l := &leaves[i]
		for j := range l.Account {
			l.Account[j] = byte(rnd.Uint32())
		}
		// All lengths of amounts, yet a sum below 2^256.
		l.Amount[0] = rnd.Uint64() | 1
		if rnd.IntN(2) == 0 {
			l.Amount = uint256.Int{rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64() >> 10}
		}
		l.Amount.Rsh(&l.Amount, uint(rnd.IntN(64)))
		l.Amount.Or(&l.Amount, uint256.NewInt(1))
	}
	return leaves
}

func edgeCases() map[string][]merkle.Leaf {
	leaf := func(account string, amount *uint256.Int) merkle.Leaf {
		return merkle.Leaf{Account: common.HexToAddress(account), Amount: *amount}
	}
	one, most := uint256.NewInt(1), merkle.MaxTotal()
	half := new(uint256.Int).Rsh(most, 1)
	neighbours := make([]merkle.Leaf, 300)
	for i := range neighbours {
		neighbours[i] = leaf(fmt.Sprintf("0x%040x", i+1), one)
	}
	return map[string][]merkle.Leaf{
		"one leaf, largest amount":   {leaf("0xffffffffffffffffffffffffffffffffffffffff", most)},
		"one leaf, smallest":         {leaf("0x01", one)},
		"sum is exactly 2^256-1":     {leaf("0x01", half), leaf("0x02", half), leaf("0x03", one)},
		"first and last address":     {leaf("0x01", one), leaf("0xffffffffffffffffffffffffffffffffffffffff", one)},
		"only digits in the address": {leaf("0x1234567890123456789012345678901234567890", one), leaf("0xabcdefabcdefabcdefabcdefabcdefabcdefabcd", one)},
		"neighbouring addresses":     neighbours,
		"2^64 and around": {
			leaf("0x01", uint256.NewInt(1<<63)), leaf("0x02", uint256.NewInt(1<<64-1)),
			leaf("0x03", new(uint256.Int).Lsh(one, 64)), leaf("0x04", new(uint256.Int).Lsh(one, 128)),
			leaf("0x05", new(uint256.Int).Lsh(one, 192)),
		},
	}
}

func text(l merkle.Leaf) [2]string { return [2]string{l.Account.Hex(), l.Amount.Dec()} }

func texts(leaves []merkle.Leaf) [][2]string {
	out := make([][2]string, len(leaves))
	for i, l := range leaves {
		out[i] = text(l)
	}
	return out
}

// batches are the sets of leaves to prove together: each alone in small trees, all, neighbours and
// random ones. Their order is random.
func batches(rnd *rand.Rand, tree *merkle.Tree) [][]int {
	n := tree.Len()
	out := [][]int{rnd.Perm(n)}
	for range 6 {
		out = append(out, rnd.Perm(n)[:1+rnd.IntN(n)])
	}
	start, length := rnd.IntN(n), 1+rnd.IntN(200)
	var neighbours []int
	for rank := start; rank < min(start+length, n); rank++ {
		neighbours = append(neighbours, tree.ByHash(rank))
	}
	return append(out, neighbours)
}

func compare(t *testing.T, o *oracle, rnd *rand.Rand, name string, leaves []merkle.Leaf) {
	t.Helper()
	// Some files spell addresses in lower case; the reference keeps that.
	spelling := make([][2]string, len(leaves))
	var csv strings.Builder
	for i, l := range leaves {
		spelling[i] = text(l)
		if rnd.IntN(3) == 0 {
			spelling[i][0] = strings.ToLower(spelling[i][0])
		}
		fmt.Fprintf(&csv, "%s,%s\n", spelling[i][0], spelling[i][1])
	}
	tree, err := merkle.BuildCSV(strings.NewReader(csv.String()), merkle.MaxTotal())
	if err != nil {
		t.Fatalf("merkle.BuildCSV of %s: got %v, want no error", name, err)
	}
	var dump bytes.Buffer
	if err := tree.Dump(&dump); err != nil {
		t.Fatal(err)
	}

	r := &request{Leaves: spelling, Batches: batches(rnd, tree), Dump: dump.String()}
	for range min(tree.Len(), 20) {
		p := tree.Proof(rnd.IntN(tree.Len()))
		r.Proofs = append(r.Proofs, proof{p.Root, text(p.Leaf), p.Path}, damage(rnd, p))
	}
	var ours []*merkle.MultiProof
	for _, batch := range r.Batches {
		p, err := tree.MultiProof(batch)
		if err != nil {
			t.Fatalf("MultiProof of %s: got %v, want no error", name, err)
		}
		ours = append(ours, p)
		m := multiProof{p.Root, texts(p.Leaves), p.Path, p.Flags}
		r.MultiProofs = append(r.MultiProofs, m, damageMulti(rnd, m))
	}
	a := o.ask(t, r)

	if root, err := merkle.Build(leaves, merkle.MaxTotal()); err != nil || root.Root() != a.Root {
		t.Errorf("%s: Build: root %v, reference %s", name, err, a.Root)
	}
	if tree.Root() != a.Root || a.LoadedRoot != a.Root {
		t.Errorf("%s: root %s, of our dump there %s, reference %s", name, tree.Root(), a.LoadedRoot, a.Root)
	}
	if dump.String() != a.Dump {
		t.Errorf("%s: dumps differ:\n%.300s\nreference:\n%.300s", name, dump.String(), a.Dump)
	}
	loaded, err := merkle.Load(strings.NewReader(a.Dump), merkle.MaxTotal())
	if err != nil {
		t.Errorf("%s: the reference's dump: %v", name, err)
	} else if again := new(strings.Builder); loaded.Dump(again) != nil || again.String() != a.Dump || loaded.Root() != a.Root {
		t.Errorf("%s: the reference's dump does not survive Load and Dump", name)
	}
	for i, l := range leaves {
		if merkle.LeafHash(l) != a.LeafHashes[i] {
			t.Errorf("%s: leaf %d: hash %s, reference %s", name, i, merkle.LeafHash(l), a.LeafHashes[i])
		}
		if got := tree.Proof(i); !slices.Equal(got.Path, a.Proofs[i]) || got.Leaf != l {
			t.Errorf("%s: proof of leaf %d: %v, reference %v", name, i, got.Path, a.Proofs[i])
		}
	}
	for n, p := range ours {
		want := a.MultiProofs[n]
		for i := range want.Leaves {
			want.Leaves[i][0] = common.HexToAddress(want.Leaves[i][0]).Hex()
		}
		if !slices.Equal(texts(p.Leaves), want.Leaves) || !slices.Equal(p.Path, want.Proof) || !slices.Equal(p.Flags, want.Flags) {
			t.Errorf("%s: multiproof of leaves %v differs", name, r.Batches[n])
		}
	}
	compareVerdicts(t, name, r, a)
}

func compareVerdicts(t *testing.T, name string, r *request, a *answer) {
	t.Helper()
	for i, p := range r.Proofs {
		got := merkle.Verify(p.Root, leafOf(t, p.Leaf), p.Proof)
		if got != a.Verified[i] || i%2 == 0 != got {
			t.Errorf("%s: proof %d: we say %v, reference %v: %v", name, i, got, a.Verified[i], p)
		}
	}
	for i, p := range r.MultiProofs {
		leaves := make([]merkle.Leaf, len(p.Leaves))
		for j := range leaves {
			leaves[j] = leafOf(t, p.Leaves[j])
		}
		got := merkle.VerifyMulti(p.Root, leaves, p.Proof, p.Flags)
		if got != a.MultiVerified[i] || i%2 == 0 != got {
			t.Errorf("%s: multiproof %d: we say %v, reference %v", name, i, got, a.MultiVerified[i])
		}
	}
}

func leafOf(t *testing.T, text [2]string) merkle.Leaf {
	t.Helper()
	amount, err := uint256.FromDecimal(text[1])
	if err != nil {
		t.Fatal(err)
	}
	return merkle.Leaf{Account: common.HexToAddress(text[0]), Amount: *amount}
}

// damage changes one thing of a proof, so that it no longer holds.
func damage(rnd *rand.Rand, p merkle.Proof) proof {
	bad := proof{p.Root, text(p.Leaf), slices.Clone(p.Path)}
	switch rnd.IntN(4) {
	case 0:
		bad.Root[rnd.IntN(32)] ^= 1
	case 1:
		bad.Proof = append(bad.Proof, p.Root)
	case 2:
		bad.Leaf[1] = "12345678901234567890"
	default:
		p.Leaf.Account[rnd.IntN(20)] ^= 1
		bad.Leaf = text(p.Leaf)
	}
	return bad
}

func damageMulti(rnd *rand.Rand, p multiProof) multiProof {
	bad := multiProof{p.Root, slices.Clone(p.Leaves), slices.Clone(p.Proof), slices.Clone(p.Flags)}
	switch n := rnd.IntN(5); {
	case n == 0:
		bad.Root[rnd.IntN(32)] ^= 1
	case n == 1:
		bad.Leaves[rnd.IntN(len(bad.Leaves))][1] = "12345678901234567890"
	case n == 2 && len(bad.Flags) > 0:
		i := rnd.IntN(len(bad.Flags))
		bad.Flags[i] = !bad.Flags[i]
	case n == 3 && len(bad.Leaves) > 1:
		bad.Leaves = bad.Leaves[1:]
	default:
		bad.Proof, bad.Flags = append(bad.Proof, p.Root), append(bad.Flags, false)
	}
	return bad
}
