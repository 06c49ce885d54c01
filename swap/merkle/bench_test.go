package merkle

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

const million = 1_000_000

// randomLeaves makes n different leaves, the same ones for the same seed.
func randomLeaves(n int, seed uint64) []Leaf {
	rnd := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	leaves := make([]Leaf, n)
	for i := range leaves {
		rnd.Read(leaves[i].Account[:])
		leaves[i].Amount.SetUint64(rnd.Uint64()>>20 + 1)
	}
	return leaves
}

// baselineTree is what one would write first with go-ethereum: two goroutines hash the leaves and
// sort their halves, one merges, two hash every level. It checks nothing. Returned as the published
// heap, root first.
func baselineTree(leaves []Leaf) []common.Hash {
	n := len(leaves)
	hashes := make([]common.Hash, n)
	halves := func(n int, f func(lo, hi int, keccak crypto.KeccakState)) {
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() { f(n*w/2, n*(w+1)/2, crypto.NewKeccakState()) })
		}
		wg.Wait()
	}
	sum := func(keccak crypto.KeccakState, out *common.Hash, data ...[]byte) {
		keccak.Reset()
		for _, d := range data {
			keccak.Write(d)
		}
		keccak.Read(out[:])
	}
	byHash := func(a, b common.Hash) int { return a.Cmp(b) }
	halves(n, func(lo, hi int, keccak crypto.KeccakState) {
		var word [64]byte
		for i := lo; i < hi; i++ {
			copy(word[12:], leaves[i].Account[:])
			leaves[i].Amount.PutUint256(word[32:])
			sum(keccak, &hashes[i], word[:])
			sum(keccak, &hashes[i], hashes[i][:])
		}
		slices.SortFunc(hashes[lo:hi], byHash)
	})
	tree := make([]common.Hash, 2*n-1)
	a, b := hashes[:n/2], hashes[n/2:]
	for k := 2*n - 2; k > n-2; k-- {
		from := &a
		if len(a) == 0 || len(b) > 0 && byHash(b[0], a[0]) < 0 {
			from = &b
		}
		tree[k] = (*from)[0]
		*from = (*from)[1:]
	}
	for end := n - 1; end > 0; end /= 2 {
		start := end / 2 // nodes start..end-1 have their children at or behind end
		halves(end-start, func(lo, hi int, keccak crypto.KeccakState) {
			for k := start + lo; k < start+hi; k++ {
				l, r := &tree[2*k+1], &tree[2*k+2]
				if byHash(*l, *r) > 0 {
					l, r = r, l
				}
				sum(keccak, &tree[k], l[:], r[:])
			}
		})
	}
	return tree
}

// BenchmarkRoot1M: time of the tree over time of the baseline is to stay at or below 0.5, peak-MB
// (of a process that builds the tree from CSV text) at or below 200.
func BenchmarkRoot1M(b *testing.B) {
	leaves := randomLeaves(million, 1)
	var want, got common.Hash
	b.Run("baseline", func(b *testing.B) {
		for b.Loop() {
			want = baselineTree(leaves)[0]
		}
	})
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			t, err := Build(leaves, MaxTotal())
			if err != nil {
				b.Fatal(err)
			}
			got = t.Root()
		}
		b.StopTimer()
		b.ReportMetric(peakMB(b), "peak-MB")
	})
	if want != (common.Hash{}) && got != (common.Hash{}) && want != got {
		b.Fatalf("roots differ: baseline %s, tree %s", want, got)
	}
}

func BenchmarkProof(b *testing.B) {
	t, err := Build(randomLeaves(million, 1), MaxTotal())
	if err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	order := rnd.Perm(t.Len())
	b.Run("leaf", func(b *testing.B) {
		last := new(Proof) // outlives the loop, so each path is allocated as for a caller
		for n := 0; b.Loop(); n++ {
			*last = t.Proof(order[n%len(order)])
		}
		if err := last.Check(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("account", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if _, err := t.ProofOf(t.leaves.at(order[n%len(order)]).Account); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("batch200", func(b *testing.B) {
		batch := make([]int, 200)
		for n := 0; b.Loop(); n++ {
			for j := range batch {
				batch[j] = t.ByHash((n*len(batch) + j) % t.Len())
			}
			if _, err := t.MultiProof(batch); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	t, err := Build(randomLeaves(100_000, 1), MaxTotal())
	if err != nil {
		b.Fatal(err)
	}
	p := t.Proof(7)
	for b.Loop() {
		if p.Check() != nil {
			b.Fatal("proof refused")
		}
	}
}

func BenchmarkBuildCSV100k(b *testing.B) {
	var text bytes.Buffer
	if _, err := io.Copy(&text, newCSVSource(100_000)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := BuildCSV(bytes.NewReader(text.Bytes()), MaxTotal()); err != nil {
			b.Fatal(err)
		}
	}
}

// csvSource is a CSV file of n lines that is never in memory as a whole.
type csvSource struct {
	next, n int
	account common.Address
	buf     []byte // the line, allocated once
	line    []byte // what is left of it
	rnd     *rand.ChaCha8
}

func newCSVSource(n int) *csvSource {
	return &csvSource{n: n, rnd: rand.NewChaCha8([32]byte{3})}
}

func (s *csvSource) Read(p []byte) (int, error) {
	if len(s.line) == 0 {
		if s.next == s.n {
			return 0, io.EOF
		}
		s.next++
		s.rnd.Read(s.account[:])
		s.buf = append(appendHex(s.buf[:0], s.account[:]), ',')
		s.buf = append(strconv.AppendUint(s.buf, s.rnd.Uint64()>>14+1, 10), '\n')
		s.line = s.buf
	}
	n := copy(p, s.line)
	s.line = s.line[n:]
	return n, nil
}

const childEnv = "MERKLE_TEST_CHILD"

// TestMain lets the test binary be its own child that builds one tree, so that the peak memory
// measured is that of one tree and nothing else.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	t, err := BuildCSV(newCSVSource(million), MaxTotal())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%s\n%s", t.Root(), status)
	os.Exit(0)
}

// peakMB is the most memory, in units of 10^6 bytes, that a process holds while it builds a tree of
// a million leaves.
func peakMB(tb testing.TB) float64 {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		tb.Skip("peak memory is read from /proc/self/status, which this system lacks")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("child process: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			if err != nil {
				tb.Fatal(err)
			}
			return float64(n) * 1024 / 1e6
		}
	}
	tb.Fatalf("no VmHWM in the child's answer:\n%s", out)
	return 0
}

func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the peak memory of a million leaves is not measured")
	}
	if raceEnabled {
		t.Skip("the race detector multiplies memory: the peak is not measured")
	}
	if mb := peakMB(t); mb > 200 {
		t.Errorf("a tree of a million leaves took %.0f MB, at most 200 are allowed", mb)
	} else {
		t.Logf("peak %.0f MB", mb)
	}
}
