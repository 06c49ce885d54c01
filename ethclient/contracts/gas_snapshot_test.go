package contracts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap/merkle"
)

// TestGasSnapshot holds the gas of a transaction of every kind under prague rules against
// testdata/gas.snapshot, so that a change of the contract or its compiler shows what it costs.
// Every function of the ABI that changes state must be in it.
func TestGasSnapshot(t *testing.T) {
	var out strings.Builder
	w := newWorld(t, 1e16)
	line := func(what string, gas uint64) { fmt.Fprintf(&out, "%-52s %8d\n", what, gas) }
	do := func(what string, from actor, data []byte) { line(what, w.do(from, data).GasUsed) }
	waitOut := func() { w.at(w.head().Time + delay) }
	leaves := func(tree *merkle.Tree, from, to int) (list []int) {
		for rank := from; rank < to; rank++ {
			list = append(list, tree.ByHash(rank))
		}
		return list
	}
	claim := func(tree *merkle.Tree, rank int) []byte {
		p := tree.Proof(tree.ByHash(rank))
		return w.d.PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), raw(p.Path))
	}

	deployed := w.send(w.deployer, nil, append(append([]byte{}, contracts.Distributor().Bytecode...), w.d.PackConstructor(w.settings())...))
	line("deploy", deployed.GasUsed)

	first := gasTree(t, 1)
	do("propose, the first", w.publisher, w.proposal(1, first))
	waitOut()
	do("activate, the first", w.stranger, w.d.PackActivate())
	do("claim, the first of all", w.stranger, claim(first, 0))
	do("claim", w.stranger, claim(first, 1))
	do("claimBatch of 1", w.stranger, w.batchOf(first, leaves(first, 2, 3)))
	do("claimBatch of 200", w.stranger, w.batchOf(first, leaves(first, 200, 400)))
	do("claimBatch of 200, all paid before", w.stranger, w.batchOf(first, leaves(first, 200, 400)))
	do("claimBatch of 200, every second paid before", w.stranger, func() []byte {
		for rank := 400; rank < 600; rank += 2 {
			w.do(w.stranger, claim(first, rank))
		}
		return w.batchOf(first, leaves(first, 400, 600))
	}())
	do("claimBatch of 400", w.stranger, w.batchOf(first, leaves(first, 600, 1000)))

	w.do(w.stranger, w.batchOf(first, leaves(first, 3, 200))) // now everybody is paid

	second := gasTree(t, 2)
	do("propose, a later one", w.publisher, w.proposal(2, second))
	do("cancel", w.guardian, w.d.PackCancel())
	do("propose, after a cancelled one", w.publisher, w.proposal(3, second))
	waitOut()
	do("activate, a later one", w.stranger, w.d.PackActivate())
	do("claim, second round", w.stranger, claim(second, 0))
	do("claimBatch of 200, second round", w.stranger, w.batchOf(second, leaves(second, 200, 400)))

	do("pause", w.guardian, w.d.PackPause())
	do("unpause", w.owner, w.d.PackUnpause())
	do("moveClosesAt", w.owner, w.d.PackMoveClosesAt(closing+day))
	do("setPublisher", w.owner, w.d.PackSetPublisher(newActor("next publisher").addr))
	do("setGuardian", w.owner, w.d.PackSetGuardian(newActor("next guardian").addr))
	do("transferOwnership", w.owner, w.d.PackTransferOwnership(w.stranger.addr))
	do("acceptOwnership", w.stranger, w.d.PackAcceptOwnership())
	line("renounceOwnership, refused", w.send(w.stranger, &w.addr, w.d.PackRenounceOwnership()).GasUsed)
	w.at(closing + 2*day)
	do("sweep", w.stranger, w.d.PackSweep(common.HexToAddress("0x00000000000000000000000000000000deadd00d")))

	for name, method := range contracts.Distributor().ABI.Methods {
		if !method.IsConstant() && !strings.Contains(out.String(), "\n"+name) {
			t.Errorf("%s is not measured", name)
		}
	}
	t.Log("\n" + out.String())
	compareGas(t, "testdata/gas.snapshot", out.String())
}
