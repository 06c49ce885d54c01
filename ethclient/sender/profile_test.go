package sender_test

import (
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

// roomy is a chain of large blocks.
func roomy(_ *node.Config, eth *ethconfig.Config) {
	eth.Genesis.GasLimit, eth.Miner.GasCeil = 100_000_000, 100_000_000
}

// signedTxs are the transactions signed for a purpose.
func (w *world) signedTxs(purpose string, round uint64) (out []*types.Transaction) {
	w.t.Helper()
	must(w.t, w.tables.AllAttempts(func(a swap.Attempt) error {
		if a.Purpose != purpose || a.Round != round {
			return nil
		}
		raw, err := w.Attachment(a.Raw)
		tx := new(types.Transaction)
		if err == nil {
			err = tx.UnmarshalBinary(raw)
		}
		out = append(out, tx)
		return err
	}))
	return out
}

// TestEthereum pushes on a chain with Ethereum's rules, which refuses transactions of more than
// 2^24 gas (EIP-7825).
func TestEthereum(t *testing.T) {
	w := newWorld(t, roomy, func(_ *node.Config, eth *ethconfig.Config) { eth.Genesis.Config.OsakaTime = new(uint64) })
	w.deploy()
	rails := testRails
	rails.Batch = 1000
	w.setRails(rails)
	w.approve(even(350, 5000)...) // 18M gas at 52,000 for each
	w.publish(1)
	must(t, w.push(1)(t.Context(), w.sender()))
	txs := w.signedTxs(swap.PurposePush, 1)
	if len(txs) != 2 {
		t.Errorf("%d batches", len(txs))
	}
	for i, tx := range txs {
		if tx.Gas() > 1<<24 {
			t.Errorf("batch %d has a limit of %d gas", i, tx.Gas())
		}
	}
	w.check()
}

// TestArbitrum lives a whole life on a chain with the id of Arbitrum One: no tip, one transaction
// after the other, batches cut by gas in the first round and by bytes in the second, where payments
// cost less.
func TestArbitrum(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "ipc")
	w := newWorldOn(t, 42161, roomy, func(n *node.Config, _ *ethconfig.Config) { n.IPCPath = socket })
	control, err := rpc.DialContext(t.Context(), socket)
	must(t, err)
	defer control.Close()
	must(t, control.CallContext(t.Context(), nil, "miner_setGasPrice", "0x0")) // a sequencer asks for no tip
	rails := testRails
	rails.Batch = 1000
	w.setRails(rails)
	at := w.deployment()
	at.ActivationDelay = sender.DefaultDelay
	d, err := w.sender().Deploy(t.Context(), w.stranger, at)
	must(t, err)
	for round := uint64(1); round <= 2; round++ {
		r := w.approve(even(1000, 5000)...)
		_, err := w.sender().Fund(t.Context(), w.owner, round, 0)
		want(t, err, "on chain 42161 the owner must transfer")
		w.sendRaw(t, w.owner, &w.token, bindings.NewTestToken().PackTransfer(common.Address(d.Address), sender.Wei(uint64(r.Amount))))
		must(t, w.propose(round)(t.Context(), w.sender()))
		w.pass(sender.DefaultDelay)
		_, err = w.sender().Activate(t.Context(), w.stranger, round)
		must(t, err)
		p, err := w.sender().Push(t.Context(), w.publisher, round, false)
		must(t, err)

		if most := w.mostWaiting(); most != 1 {
			t.Errorf("round %d: %d batches were signed and in no block", round, most)
		}
		var gas, bytes uint64
		txs := w.signedTxs(swap.PurposePush, round)
		for i, tx := range txs {
			if tx.Size() > 95_000 || tx.Gas() > 32_000_000 || tx.GasTipCap().Sign() != 0 {
				t.Errorf("round %d, batch %d: %d bytes, %d gas, tip %s", round, i, tx.Size(), tx.Gas(), tx.GasTipCap())
			}
			gas, bytes = gas+p.Batches[i].Gas, bytes+p.Batches[i].Bytes
		}
		if byGas := gas*6/5 > 32_000_000; len(txs) != 2 || byGas != (round == 1) || bytes <= 95_000 {
			t.Errorf("round %d: %d batches, together %d gas and %d bytes", round, len(txs), gas, bytes)
		}
	}
	w.check()
}
