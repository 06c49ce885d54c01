package contracts_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
)

func (w *world) propose(round uint64, root common.Hash, total int64) []byte {
	return w.d.PackPropose(round, root, big.NewInt(total), 17, logRoot)
}

func TestProposeRules(t *testing.T) {
	w := newWorld(t, 1000)
	root := common.Hash{1}
	for _, who := range []actor{w.owner, w.guardian, w.stranger, w.deployer} {
		w.reverts(who, w.propose(1, root, 1), fmt.Sprintf("NotPublisher[%v]", who.addr))
	}
	w.reverts(w.publisher, w.propose(0, root, 1), "RoundUsed[0 0]")
	w.reverts(w.publisher, w.propose(1001, root, 1), "RoundTooFar[1001 1000]")
	w.reverts(w.publisher, w.propose(1, common.Hash{}, 1), "RootMissing[]")
	w.reverts(w.publisher, w.propose(1, root, 1001), "Underfunded[1001 1000]")

	r := w.do(w.publisher, w.propose(5, root, 1000))
	at := w.head().Time + delay
	want := fmt.Sprintf("RootProposed round=5 root=%v total=1000 ledgerSize=17 ledgerRoot=%v activatesAt=%d",
		root, common.Hash(logRoot), at)
	if got := w.events(r); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.expect("pending", fmt.Sprint([]any{5, [32]byte(root), 1000, at}...))
	w.expect("live", fmt.Sprint([]any{0, [32]byte{}, 0}...))
	w.expect("lastProposed", "5")
	w.reverts(w.publisher, w.propose(6, root, 1000), "RootIsPending[5]")

	// What was paid counts as funded: a root covers all rounds.
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())
	w.reverts(w.publisher, w.propose(5, root, 1000), "RoundUsed[5 5]")
	w.reverts(w.publisher, w.propose(6, root, 999), "TotalFalls[999 1000]")
	w.reverts(w.publisher, w.propose(6, root, 1001), "Underfunded[1001 1000]")
	w.do(w.publisher, w.propose(6, root, 1000)) // the same total and root: a correction of nothing is allowed
}

func TestProposeCountsWhatWasPaid(t *testing.T) {
	w := newWorld(t, 1000)
	first := w.tree(600, 400)
	w.publish(1, first)
	w.do(w.stranger, w.batchData(first, 0, 1))
	if got := w.balance(w.addr); got != 0 {
		t.Fatalf("the distributor still holds %d", got)
	}
	next := w.tree(600, 500)
	w.reverts(w.publisher, w.proposal(2, next), "Underfunded[1100 1000]")
	w.fund(99)
	w.reverts(w.publisher, w.proposal(2, next), "Underfunded[1100 1099]")
	w.fund(1)
	w.do(w.publisher, w.proposal(2, next))
}

// TestProposeTotalBeyondItsField takes a token with an absurd supply: totals are stored in 88 bits.
func TestProposeTotalBeyondItsField(t *testing.T) {
	w := newChain(t)
	token := bindings.NewTestToken()
	w.token = w.create(contracts.TestToken().Bytecode, token.PackConstructor(new(big.Int).Lsh(big.NewInt(1), 100)))
	w.deploy(0)
	limit := new(big.Int).Lsh(big.NewInt(1), 88)
	if r := w.send(w.deployer, &w.token, token.PackTransfer(w.addr, limit)); r.Status != types.ReceiptStatusSuccessful {
		t.Fatal("funding failed")
	}
	proposal := func(total *big.Int) []byte {
		return w.d.PackPropose(1, [32]byte{1}, total, 1, [32]byte{})
	}
	w.reverts(w.publisher, proposal(limit), fmt.Sprintf("SafeCastOverflowedUintDowncast[88 %v]", limit))
	w.do(w.publisher, proposal(new(big.Int).Sub(limit, big.NewInt(1))))
}

func TestActivate(t *testing.T) {
	w := newWorld(t, 1000)
	w.reverts(w.stranger, w.d.PackActivate(), "NothingPending[]")
	tree := w.tree(300, 700)
	w.do(w.publisher, w.proposal(1, tree))
	at := w.head().Time + delay

	w.at(at - 1)
	w.reverts(w.stranger, w.d.PackActivate(), fmt.Sprintf("DelayNotOver[%d]", at))
	r := w.do(w.stranger, w.d.PackActivate()) // the next block: exactly at
	if now := w.head().Time; now != at {
		t.Fatalf("activated at %d, want %d", now, at)
	}
	if got, want := w.events(r), fmt.Sprintf("RootActivated round=1 root=%v total=1000", tree.Root()); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.expect("live", fmt.Sprint([]any{1, [32]byte(tree.Root()), 1000}...))
	w.expect("pending", fmt.Sprint([]any{0, [32]byte{}, 0, 0}...))
	w.reverts(w.stranger, w.d.PackActivate(), "NothingPending[]")
}

func TestOldRootStaysLiveWhileTheNextIsPending(t *testing.T) {
	w := newWorld(t, 1000)
	first, second := w.tree(100, 200), w.tree(150, 250)
	w.publish(1, first)
	w.do(w.publisher, w.proposal(2, second))
	w.reverts(w.stranger, w.claimData(second, 0), "InvalidProof[]")
	w.do(w.stranger, w.claimData(first, 0))
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())
	w.reverts(w.stranger, w.claimData(first, 1), "InvalidProof[]")
	w.do(w.stranger, w.claimData(second, 0))
	w.do(w.stranger, w.claimData(second, 1))
	if a, b := w.balance(chaintest.Holder(0)), w.balance(chaintest.Holder(1)); a != 150 || b != 250 {
		t.Errorf("paid %d and %d", a, b)
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t, 1000)
	w.reverts(w.guardian, w.d.PackCancel(), "NothingPending[]")
	tree := w.tree(1000)
	for i, who := range []actor{w.guardian, w.owner} {
		round := uint64(i + 1)
		w.do(w.publisher, w.proposal(round, tree))
		for _, other := range []actor{w.publisher, w.stranger} {
			w.reverts(other, w.d.PackCancel(), fmt.Sprintf("NotGuardianOrOwner[%v]", other.addr))
		}
		r := w.do(who, w.d.PackCancel())
		if got, want := w.events(r), fmt.Sprintf("RootCancelled round=%d root=%v by=%v", round, tree.Root(), who.addr); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		w.reverts(who, w.d.PackCancel(), "NothingPending[]")
		w.expect("pending", fmt.Sprint([]any{0, [32]byte{}, 0, 0}...))
		w.at(w.head().Time + delay)
		w.reverts(w.stranger, w.d.PackActivate(), "NothingPending[]")
		// A cancelled number is never used again.
		w.reverts(w.publisher, w.proposal(round, tree), fmt.Sprintf("RoundUsed[%d %d]", round, round))
	}

	// Also when its delay is over, as long as nobody has activated it, and while paused.
	w.do(w.publisher, w.proposal(3, tree))
	w.at(w.head().Time + 10*delay)
	w.do(w.guardian, w.d.PackPause())
	w.do(w.guardian, w.d.PackCancel())
	w.expect("live", fmt.Sprint([]any{0, [32]byte{}, 0}...))
}

func TestCancelLeavesTheLiveRoot(t *testing.T) {
	w := newWorld(t, 1000)
	tree := w.tree(100, 200)
	w.publish(1, tree)
	w.do(w.publisher, w.propose(2, common.Hash{9}, 900))
	w.do(w.guardian, w.d.PackCancel())
	w.expect("live", fmt.Sprint([]any{1, [32]byte(tree.Root()), 300}...))
	w.do(w.stranger, w.claimData(tree, 1))
	// The cancelled total binds nobody: the next one is compared with the live root's.
	w.do(w.publisher, w.proposal(3, w.tree(100, 201)))
}

func TestPauseStopsActivation(t *testing.T) {
	w := newWorld(t, 1000)
	w.do(w.guardian, w.d.PackPause())
	w.do(w.publisher, w.proposal(1, w.tree(5))) // a proposal moves nothing
	w.at(w.head().Time + delay)
	w.reverts(w.stranger, w.d.PackActivate(), "IsPaused[]")
	w.do(w.owner, w.d.PackUnpause())
	w.do(w.stranger, w.d.PackActivate())
}

func TestPlainEtherIsRefused(t *testing.T) {
	w := newWorld(t, 0)
	if r := w.send(w.stranger, &w.addr, nil); r.Status != types.ReceiptStatusFailed {
		t.Error("a call without data succeeded")
	}
	if b, err := w.c.BalanceAt(context.Background(), w.addr, nil); err != nil || b.Sign() != 0 {
		t.Errorf("balance %v, %v", b, err)
	}
}
