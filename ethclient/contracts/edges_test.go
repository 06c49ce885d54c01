package contracts_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/chaintest"
	"oxenswap/swap/merkle"
)

// TestClaimsInTheBlockOfAnActivation orders claims around an activation within one block: the old
// root pays up to it, the new one from it on.
func TestClaimsInTheBlockOfAnActivation(t *testing.T) {
	w := newWorld(t, 1000)
	first, second := w.tree(100, 200), w.tree(150, 250)
	w.publish(1, first)
	w.do(w.publisher, w.proposal(2, second))
	at := w.head().Time + delay
	w.at(at - 1)
	w.reverts(w.stranger, w.claimData(second, 0), "InvalidProof[]")
	w.sendAll(w.addr, [][]byte{ // the next block: exactly the second from which on it can be activated
		w.claimData(first, 0),
		w.d.PackActivate(),
		w.claimData(second, 0),
		w.batchData(second, 0, 1),
	}, 4)
	if now := w.head().Time; now != at {
		t.Fatalf("the block came at %d, not at %d", now, at)
	}
	if a, b := w.balance(chaintest.Holder(0)), w.balance(chaintest.Holder(1)); a != 150 || b != 250 {
		t.Errorf("paid %d and %d", a, b)
	}
	w.reverts(w.stranger, w.batchData(first, 0, 1), "InvalidProof[]")
}

// TestCancelledRootsPayNothing claims against roots that were cancelled before and after their
// delay.
func TestCancelledRootsPayNothing(t *testing.T) {
	w := newWorld(t, 1000)
	cancelled := w.tree(300, 600)
	w.do(w.publisher, w.proposal(1, cancelled))
	w.do(w.guardian, w.d.PackCancel())
	w.reverts(w.stranger, w.claimData(cancelled, 0), "NothingLive[]")
	w.reverts(w.stranger, w.batchData(cancelled, 0, 1), "NothingLive[]")

	live := w.tree(100, 200)
	w.publish(2, live)
	w.do(w.publisher, w.proposal(3, cancelled))
	w.at(w.head().Time + delay + 1)
	w.do(w.owner, w.d.PackCancel())
	w.reverts(w.stranger, w.d.PackActivate(), "NothingPending[]")
	w.reverts(w.stranger, w.claimData(cancelled, 0), "InvalidProof[]")
	w.reverts(w.stranger, w.batchData(cancelled, 0, 1), "InvalidProof[]")
	w.do(w.stranger, w.batchData(live, 0, 1))
	w.expect("totalClaimed", "300")

	// The same root may come back under a new number, and then pays what it says.
	w.publish(4, cancelled)
	w.do(w.stranger, w.batchData(cancelled, 0, 1))
	w.expect("totalClaimed", "900")
}

// TestClaimsInTheSecondsOfAPause claims in the last block before a pause and in the first after it.
func TestClaimsInTheSecondsOfAPause(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200, 300)
	w.publish(1, tree)
	w.do(w.stranger, w.claimData(tree, 0))
	w.do(w.guardian, w.d.PackPause())
	w.reverts(w.stranger, w.claimData(tree, 1), "IsPaused[]")
	w.do(w.owner, w.d.PackUnpause())
	w.do(w.stranger, w.claimData(tree, 1))
	w.do(w.guardian, w.d.PackPause())
	w.reverts(w.stranger, w.batchData(tree, 0, 1, 2), "IsPaused[]")
	w.do(w.owner, w.d.PackUnpause())
	w.do(w.stranger, w.batchData(tree, 0, 1, 2))
	w.expect("totalClaimed", "600")
	w.expect("closesAt", fmt.Sprint(closing+2*2)) // each pause lasted two blocks
}

// TestAbsurdLeaves puts leaves into a tree whose sums do not fit into any number: they cannot be
// paid, and they do not keep others from being paid.
func TestAbsurdLeaves(t *testing.T) {
	w := newWorld(t, 1000)
	all := merkle.MaxTotal()
	leaf := func(i int, amount *big.Int) common.Hash {
		word := common.LeftPadBytes(amount.Bytes(), 32)
		return common.Hash(keccak(keccak(common.LeftPadBytes(chaintest.Holder(i).Bytes(), 32), word)))
	}
	node := func(a, b common.Hash) common.Hash {
		if a.Cmp(b) > 0 {
			a, b = b, a
		}
		return common.Hash(keccak(a[:], b[:]))
	}
	// ((0: 10, 1: 2^256-1), (2: 2^256-1, 3: 20))
	leaves := []common.Hash{leaf(0, big.NewInt(10)), leaf(1, all.ToBig()), leaf(2, all.ToBig()), leaf(3, big.NewInt(20))}
	left, right := node(leaves[0], leaves[1]), node(leaves[2], leaves[3])
	w.do(w.publisher, w.propose(1, node(left, right), 1000))
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())

	const overflow = "arithmetic underflow or overflow"
	both := w.d.PackClaimBatch([]common.Address{chaintest.Holder(1), chaintest.Holder(2)}, []*big.Int{all.ToBig(), all.ToBig()},
		[][32]byte{leaves[0], leaves[3]}, []bool{false, false, true})
	w.reverts(w.stranger, both, overflow) // their sum
	one := w.d.PackClaim(chaintest.Holder(1), all.ToBig(), [][32]byte{leaves[0], right})
	w.reverts(w.stranger, one, fmt.Sprintf("TotalExceeded[%v 1000]", all))
	w.do(w.stranger, w.d.PackClaim(chaintest.Holder(0), big.NewInt(10), [][32]byte{leaves[1], right}))
	w.reverts(w.stranger, one, overflow) // added to what was paid
	w.do(w.stranger, w.d.PackClaim(chaintest.Holder(3), big.NewInt(20), [][32]byte{leaves[2], left}))
	w.expect("totalClaimed", "30")
	w.expect("claimed", "0", chaintest.Holder(1))
}

// TestHugeBatch pays 400 at once, and finds that a batch too large for the gas it has changes
// nothing.
func TestHugeBatch(t *testing.T) {
	w := newWorld(t, 1e16)
	tree := gasTree(t, 1)
	w.publish(1, tree)
	ranks := make([]int, tree.Len())
	for rank := range ranks {
		ranks[rank] = tree.ByHash(rank)
	}
	r := w.send(w.stranger, &w.addr, w.batchOf(tree, ranks)) // all 1,000 at once
	if r.Status != types.ReceiptStatusFailed || r.GasUsed < gasLimit*99/100 {
		t.Errorf("status %d after %d gas, want a failure for want of more than %d", r.Status, r.GasUsed, gasLimit)
	}
	w.expect("totalClaimed", "0")
	w.do(w.stranger, w.batchOf(tree, ranks[:400]))
	w.do(w.stranger, w.batchOf(tree, ranks[400:800]))
	w.do(w.stranger, w.batchOf(tree, ranks[800:]))
	w.expect("totalClaimed", tree.Total().Dec())
}
