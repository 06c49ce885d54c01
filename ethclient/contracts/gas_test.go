package contracts_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/contracts"
)

// TestGas measures with 1,000 recipients under prague rules what the choices in the contract are for, and
// fails when a change makes it dearer than the limits. The yardstick of a pushed recipient is a transfer to
// a fresh holder in a loop contract.
func TestGas(t *testing.T) {
	const holders, batch = 1000, 200
	amounts := make([]int64, holders)
	for i := range amounts {
		amounts[i] = int64(i)*1e9 + 1
	}
	// The measured world and a second one, in which everybody claims alone.
	w := newWorld(t, 1e16)
	tree := w.tree(amounts...)

	propose := func(round uint64) uint64 { return w.do(w.publisher, w.proposal(round, tree)).GasUsed }
	activate := func() uint64 {
		w.at(w.head().Time + delay)
		return w.do(w.stranger, w.d.PackActivate()).GasUsed
	}
	push := func() (per uint64, data int) {
		var sum uint64
		for from := 0; from < holders; from += batch {
			var leaves []int
			for rank := from; rank < from+batch; rank++ {
				leaves = append(leaves, tree.ByHash(rank))
			}
			call := w.batchOf(tree, leaves)
			data = max(data, len(call))
			sum += w.do(w.stranger, call).GasUsed
		}
		return sum / holders, data
	}

	firstProposal, firstActivation := propose(1), activate()
	pushed, size := push()
	for i := range amounts {
		amounts[i] += 5e9
	}
	tree = w.tree(amounts...)
	laterProposal, laterActivation := propose(2), activate()
	pushedAgain, _ := push()

	single := newWorld(t, 1e16)
	tree = single.tree(amounts...)
	single.publish(1, tree)
	var claims uint64
	for i := range 50 {
		claims += single.do(single.stranger, single.claimData(tree, i*20)).GasUsed
	}
	claim := claims / 50

	loop := loadArtifact(t, "TransferLoop")
	at := single.create(loop.Bytecode, nil)
	// The funds of the loop contract, and 200 holders who have none yet.
	single.addr = at
	single.fund(1e15)
	var to []common.Address
	var each []*big.Int
	for i := range batch {
		to = append(to, newActor(fmt.Sprint("fresh ", i)).addr)
		each = append(each, big.NewInt(amounts[i]))
	}
	data, err := loop.ABI.Pack("run", single.token, to, each)
	single.must(err)
	r := single.send(single.deployer, &at, data)
	if r.Status != types.ReceiptStatusSuccessful {
		t.Fatal("the loop failed")
	}
	transfer := r.GasUsed / batch

	deployed := w.send(w.deployer, nil, append(append([]byte{}, contracts.Distributor().Bytecode...), w.d.PackConstructor(w.settings())...))
	t.Logf("deploy                          %8d gas, %d bytes of code", deployed.GasUsed, len(contracts.Distributor().Deployed))
	t.Logf("propose, first and later        %8d %8d", firstProposal, laterProposal)
	t.Logf("activate, first and later       %8d %8d", firstActivation, laterActivation)
	t.Logf("claim of one                    %8d", claim)
	t.Logf("pushed in 200s, first and later %8d %8d a recipient, %d bytes a batch", pushed, pushedAgain, size)
	t.Logf("transfer to a fresh holder      %8d in a loop of 200", transfer)
	t.Logf("pushed / transfer %.3f, pushed again / claim %.3f", float64(pushed)/float64(transfer), float64(pushedAgain)/float64(claim))

	for _, limit := range []struct {
		what     string
		got, max uint64
	}{
		{"the first proposal", firstProposal, 80_000},
		{"a later proposal", laterProposal, 46_000},
		{"a pushed recipient, in hundredths of a transfer", pushed * 100 / transfer, 200},
		{"a recipient pushed again, in hundredths of a claim", pushedAgain * 100 / claim, 31},
	} {
		if limit.got > limit.max {
			t.Errorf("%s costs %d, more than %d", limit.what, limit.got, limit.max)
		}
	}
}
