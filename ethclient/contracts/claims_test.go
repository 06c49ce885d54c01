package contracts_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/chaintest"
	"oxenswap/swap/merkle"
)

func TestClaim(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200, 300)
	w.reverts(w.stranger, w.claimData(tree, 0), "NothingLive[]")
	w.publish(1, tree)

	r := w.do(w.stranger, w.claimData(tree, 0))
	if got, want := w.events(r), fmt.Sprintf("Claimed account=%v amount=100 cumulative=100 round=1", chaintest.Holder(0)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := w.balance(chaintest.Holder(0)); got != 100 {
		t.Errorf("paid %d, want 100", got)
	}
	if got := w.balance(w.stranger.addr); got != 0 {
		t.Errorf("the caller got %d", got)
	}
	w.expect("claimed", "100", chaintest.Holder(0))
	w.expect("totalClaimed", "100")
	w.reverts(w.stranger, w.claimData(tree, 0), fmt.Sprintf("NothingToClaim[%v 100]", chaintest.Holder(0)))
}

func TestClaimRefusesFalseProofs(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200, 300)
	w.publish(1, tree)
	n, _ := tree.Index(chaintest.Holder(1))
	p := tree.Proof(n)
	root := tree.Root()
	other := w.tree(100, 200, 301)
	m, _ := other.Index(chaintest.Holder(1))
	inner := tree.Proof(n).Path[0]
	for name, data := range map[string][]byte{
		"another amount":   w.d.PackClaim(chaintest.Holder(1), big.NewInt(201), raw(p.Path)),
		"another account":  w.d.PackClaim(chaintest.Holder(0), big.NewInt(200), raw(p.Path)),
		"empty proof":      w.d.PackClaim(chaintest.Holder(1), big.NewInt(200), nil),
		"proof too long":   w.d.PackClaim(chaintest.Holder(1), big.NewInt(200), append(raw(p.Path), [32]byte{1})),
		"the root itself":  w.d.PackClaim(chaintest.Holder(1), big.NewInt(200), [][32]byte{root}),
		"another tree":     w.d.PackClaim(chaintest.Holder(1), big.NewInt(200), raw(other.Proof(m).Path)),
		"a node as a leaf": w.d.PackClaim(common.BytesToAddress(inner[12:]), new(big.Int).SetBytes(inner[:]), raw(p.Path[1:])),
		"not in the tree":  w.d.PackClaim(w.stranger.addr, big.NewInt(1), raw(p.Path)),
	} {
		t.Run(name, func(t *testing.T) { w.reverts(w.stranger, data, "InvalidProof[]") })
	}
}

func TestClaimOneLeaf(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(1000)
	w.publish(1, tree)
	w.do(w.stranger, w.claimData(tree, 0))
	if got := w.balance(chaintest.Holder(0)); got != 1000 {
		t.Errorf("paid %d", got)
	}
}

// TestOneClaimCollectsAllRounds skips a round for one holder and takes each round for another.
func TestOneClaimCollectsAllRounds(t *testing.T) {
	w := newWorld(t, 1000)
	rounds := []*merkle.Tree{w.tree(10, 20), w.tree(110, 25, 7), w.tree(110, 125, 9)}
	for i, tree := range rounds {
		w.publish(uint64(i+1), tree)
		if i != 1 { // in round 2 holder 1 sleeps
			w.do(w.stranger, w.claimData(tree, 1))
		}
		if i == 2 {
			w.reverts(w.stranger, w.claimData(tree, 0), fmt.Sprintf("NothingToClaim[%v 110]", chaintest.Holder(0)))
		} else {
			w.do(w.stranger, w.claimData(tree, 0))
		}
	}
	w.do(w.stranger, w.claimData(rounds[2], 2))
	for i, want := range []int64{110, 125, 9} {
		if got := w.balance(chaintest.Holder(i)); got != want {
			t.Errorf("holder %d has %d, want %d", i, got, want)
		}
	}
	w.expect("totalClaimed", "244")
}

// TestLaterRootWithLess is a publisher's mistake or crime: a leaf below what was paid pays nothing.
func TestLaterRootWithLess(t *testing.T) {
	w := newWorld(t, 1000)
	first := w.tree(100, 100)
	w.publish(1, first)
	w.do(w.stranger, w.claimData(first, 0))
	second := w.tree(50, 300)
	w.publish(2, second)
	w.reverts(w.stranger, w.claimData(second, 0), fmt.Sprintf("NothingToClaim[%v 100]", chaintest.Holder(0)))
	w.do(w.stranger, w.batchData(second, 0))
	w.expect("claimed", "100", chaintest.Holder(0))
	if got := w.balance(chaintest.Holder(0)); got != 100 {
		t.Errorf("holder 0 has %d", got)
	}
	// Holder 0 keeps 100 out of the announced 350, so 300 more would exceed it.
	w.reverts(w.stranger, w.claimData(second, 1), "TotalExceeded[400 350]")
}

// TestNeverMoreThanAnnounced lets the publisher announce less than the leaves add up to.
func TestNeverMoreThanAnnounced(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200, 300)
	w.do(w.publisher, w.propose(1, tree.Root(), 399))
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())
	w.do(w.stranger, w.claimData(tree, 0))
	w.reverts(w.stranger, w.claimData(tree, 2), "TotalExceeded[400 399]") // by one atomic unit
	w.reverts(w.stranger, w.batchData(tree, 0, 2), "TotalExceeded[400 399]")
	w.reverts(w.stranger, w.batchData(tree, 1, 2), "TotalExceeded[600 399]")
	w.expect("claimed", "0", chaintest.Holder(1))
	w.do(w.publisher, w.propose(2, tree.Root(), 400))
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())
	w.do(w.stranger, w.claimData(tree, 2)) // exactly
	w.reverts(w.stranger, w.claimData(tree, 1), "TotalExceeded[600 400]")
	w.expect("totalClaimed", "400")
}

func TestClaimBatch(t *testing.T) {
	w := newWorld(t, 10000)
	tree := w.tree(100, 200, 300, 400, 500, 600, 700)
	w.reverts(w.stranger, w.batchData(tree, 0, 1), "NothingLive[]")
	w.publish(1, tree)

	// A holder who claims first does not break the batch.
	w.do(w.stranger, w.claimData(tree, 3))
	data := w.batchData(tree, 1, 3, 5)
	r := w.do(w.stranger, data)
	events := w.events(r)
	for _, i := range []int64{1, 5} {
		line := fmt.Sprintf("Claimed account=%v amount=%d cumulative=%d round=1",
			chaintest.Holder(int(i)), 100*(i+1), 100*(i+1))
		if !strings.Contains(events, line) {
			t.Errorf("no %q in\n%s", line, events)
		}
	}
	if n := strings.Count(events, "\n") + 1; n != 2 {
		t.Errorf("%d events, want 2:\n%s", n, events)
	}
	w.expect("totalClaimed", "1200")

	// The same batch again pays nothing and does not fail.
	if r := w.do(w.stranger, data); len(r.Logs) != 0 {
		t.Errorf("the second run left %d logs", len(r.Logs))
	}
	w.do(w.stranger, w.batchData(tree, 0, 1, 2, 3, 4, 5, 6))
	for i := range 7 {
		if got := w.balance(chaintest.Holder(i)); got != int64(100*(i+1)) {
			t.Errorf("holder %d has %d", i, got)
		}
	}
	w.expect("totalClaimed", "2800")

	next := w.tree(101, 200, 300, 400, 500, 600, 900)
	w.publish(2, next)
	if r := w.do(w.stranger, w.batchData(next, 0, 1, 2, 3, 4, 5, 6)); len(r.Logs) != 4 {
		t.Errorf("round 2 left %d logs, want 2 transfers and 2 claims", len(r.Logs))
	}
	if a, b := w.balance(chaintest.Holder(0)), w.balance(chaintest.Holder(6)); a != 101 || b != 900 {
		t.Errorf("paid %d and %d", a, b)
	}
}

func TestClaimBatchRefuses(t *testing.T) {
	w := newWorld(t, 10000)
	tree := w.tree(100, 200, 300, 400, 500)
	w.publish(1, tree)
	accounts, amounts, path, flags := w.multi(tree, []int{0, 1, 2})
	more := append([]*big.Int{new(big.Int).Add(amounts[0], big.NewInt(1))}, amounts[1:]...)
	swapped := append([]common.Address{accounts[1], accounts[0]}, accounts[2:]...)
	// OpenZeppelin's verifier takes the root as a proof of no leaves at all.
	w.reverts(w.stranger, w.d.PackClaimBatch(nil, nil, [][32]byte{tree.Root()}, nil), "BatchEmpty[]")
	w.reverts(w.stranger, w.d.PackClaimBatch(nil, nil, nil, nil), "BatchEmpty[]")
	w.reverts(w.stranger, w.d.PackClaimBatch(accounts, amounts[1:], path, flags), "BatchUneven[3 2]")
	w.reverts(w.stranger, w.d.PackClaimBatch(accounts[1:], amounts, path, flags), "BatchUneven[2 3]")
	w.reverts(w.stranger, w.d.PackClaimBatch(accounts, more, path, flags), "InvalidProof[]")
	w.reverts(w.stranger, w.d.PackClaimBatch(swapped, amounts, path, flags), "InvalidProof[]")
	w.reverts(w.stranger, w.d.PackClaimBatch(accounts, amounts, path, flags[1:]), "MerkleProofInvalidMultiproof[]")
	w.reverts(w.stranger, w.d.PackClaimBatch(accounts, amounts, append(path, path...), flags), "MerkleProofInvalidMultiproof[]")
	w.reverts(w.stranger, w.d.PackClaimBatch(accounts, amounts, nil, nil), "MerkleProofInvalidMultiproof[]")
	other := w.tree(100, 200, 300, 400, 501)
	_, _, otherPath, _ := w.multi(other, []int{0, 1, 2})
	if len(otherPath) == len(path) {
		w.reverts(w.stranger, w.d.PackClaimBatch(accounts, amounts, otherPath, flags), "InvalidProof[]")
	}
	w.expect("totalClaimed", "0")
	w.do(w.stranger, w.d.PackClaimBatch(accounts, amounts, path, flags))
}

// TestClaimBatchTwiceTheSame names one leaf twice in a tree whose shape lets that verify: two
// leaves, the same one as both children, under a root made for it.
func TestClaimBatchTwiceTheSame(t *testing.T) {
	w := newWorld(t, 1000)
	leaf := merkle.LeafHash(w.tree(100).Leaf(0))
	root := common.Hash(keccak(leaf[:], leaf[:]))
	w.do(w.publisher, w.propose(1, root, 1000))
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())
	twice := []common.Address{chaintest.Holder(0), chaintest.Holder(0)}
	hundred := []*big.Int{big.NewInt(100), big.NewInt(100)}
	w.do(w.stranger, w.d.PackClaimBatch(twice, hundred, nil, []bool{true}))
	if got := w.balance(chaintest.Holder(0)); got != 100 {
		t.Errorf("paid %d, want 100", got)
	}
	w.expect("totalClaimed", "100")
}

// TestClaimBatchAllSizes claims every run of consecutive leaves of a 13-leaf tree in turn.
func TestClaimBatchAllSizes(t *testing.T) {
	w := newWorld(t, 1_000_000)
	amounts := make([]int64, 13)
	for i := range amounts {
		amounts[i] = int64(i + 1)
	}
	for n := 1; n <= len(amounts); n++ {
		tree := w.tree(amounts...)
		w.publish(uint64(n), tree)
		for from := 0; from < tree.Len(); from += n {
			var leaves []int
			for rank := from; rank < min(from+n, tree.Len()); rank++ {
				leaves = append(leaves, tree.ByHash(rank))
			}
			w.do(w.stranger, w.batchOf(tree, leaves))
		}
		for i, want := range amounts {
			if got := w.balance(chaintest.Holder(i)); got != want {
				t.Fatalf("batches of %d: holder %d has %d, want %d", n, i, got, want)
			}
			amounts[i] += int64(i) + 1
		}
	}
}
