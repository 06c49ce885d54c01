// Package faulttest lets nodes, connections and processes fail at every step of a migration's
// transactions, on go-ethereum's simulated chain and on anvil. Whatever happens, every recipient
// ends with exactly their amount, the ledger says so, and an audit agrees.
package faulttest

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	geth "github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/audit"
	"oxenswap/ethclient"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

// delay is that of an activation, in seconds.
const delay = 60

// key is an account that signs without a keystore file.
type key struct{ *ecdsa.PrivateKey }

func keyOf(name string) key {
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err)
	}
	return key{k}
}

// Address implements signer.Signer.
func (k key) Address() common.Address { return crypto.PubkeyToAddress(k.PublicKey) }

// SignTx implements signer.Signer.
func (k key) SignTx(_ context.Context, tx *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	return types.SignTx(tx, types.LatestSignerForChainID(chainID), k.PrivateKey)
}

// world is a chain with a token and a distributor that owes nothing yet, and a migration's ledger.
type world struct {
	*migration
	chain chain
	proxy *proxy
	token common.Address
	at    common.Address // the distributor

	owner, publisher, guardian, stranger key

	epoch   int // half of how many blocks are above a final one
	limits  ethclient.Limits
	urls    []string                           // of the nodes that the sender asks
	wait    func()                             // makes time pass instead of a block
	stepped func(sender.Step)                  // gets every step
	kill    atomic.Pointer[context.CancelFunc] // ends the present process
	later   [][]byte                           // signed transactions that come back
	steps   []sender.Step
}

// unhurried are limits that only a fault meets, also where the machine stands still for a while,
// and under which every fault reaches the sender.
func unhurried() ethclient.Limits {
	l := ethclient.DefaultLimits()
	l.Timeout, l.Tries = 10*time.Minute, 1
	return l
}

// process is a run of the program: what it knows beside the ledger and the chain is gone when it
// ends.
type process struct {
	ctx    context.Context
	kill   context.CancelFunc
	sender *sender.Sender
	close  func()
}

// newWorld funds the distributor for so many rounds.
func newWorld(t *testing.T, make maker, epoch, rounds int) *world {
	t.Helper()
	w := &world{owner: keyOf("owner"), publisher: keyOf("publisher"), guardian: keyOf("guardian"), stranger: keyOf("stranger"), epoch: epoch, limits: unhurried()}
	w.chain = make(t, epoch, w.owner.Address(), w.publisher.Address(), w.guardian.Address(), w.stranger.Address())
	w.proxy = newProxy(t, w.chain.url(), newSimulatedOf(t, 4242, epoch).url(), w.chain.final())
	w.urls = []string{w.proxy.server.URL}
	supply := big.NewInt(1e18)
	w.token = w.sendRaw(t, w.owner, nil, append(slices.Clone(contracts.TestToken().Bytecode), bindings.NewTestToken().PackConstructor(supply)...)).ContractAddress
	w.migration = newMigration(t, w.token, w.chain.id(), rounds)
	p := w.start()
	defer w.stop(p)
	d, err := p.sender.Deploy(p.ctx, w.stranger, sender.Deployment{Roles: sender.Roles{
		Owner: swap.EVMAddress(w.owner.Address()), Publisher: swap.EVMAddress(w.publisher.Address()), Guardian: swap.EVMAddress(w.guardian.Address()),
	}, ActivationDelay: delay})
	must(t, err)
	w.at = common.Address(d.Address)
	_, err = p.sender.Fund(p.ctx, w.owner, 0, swap.Sesh(rounds)*perRound*3e11)
	must(t, err)
	return w
}

// sendRaw sends a transaction outside of the sender and mines it.
func (w *world) sendRaw(t *testing.T, from key, to *common.Address, data []byte) *types.Receipt {
	t.Helper()
	ctx, c := t.Context(), w.chain.client()
	tx := w.signRaw(t, from, to, data)
	must(t, c.SendTransaction(ctx, tx))
	w.chain.mine(1)
	r, err := receipt(ctx, w.chain, tx.Hash())
	must(t, err)
	if r.Status != types.ReceiptStatusSuccessful {
		t.Fatalf("transaction %s failed", tx.Hash())
	}
	return r
}

func (w *world) signRaw(t *testing.T, from key, to *common.Address, data []byte) *types.Transaction {
	t.Helper()
	ctx, c := t.Context(), w.chain.client()
	nonce, err := c.NonceAt(ctx, from.Address(), nil)
	must(t, err)
	head, err := c.HeaderByNumber(ctx, nil)
	must(t, err)
	tip := big.NewInt(1_000_000_000)
	id := new(big.Int).SetUint64(w.chain.id())
	tx, err := from.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: to, Data: data, Gas: 10_000_000, GasTipCap: tip,
		GasFeeCap: new(big.Int).Add(tip, new(big.Int).Mul(big.NewInt(4), head.BaseFee)),
	}), id)
	must(t, err)
	return tx
}

// start begins a process. Time passes, by a block, whenever it waits.
func (w *world) start() *process {
	w.t.Helper()
	p, err := w.tryStart()
	must(w.t, err)
	return p
}

func (w *world) tryStart() (*process, error) {
	p := &process{}
	p.ctx, p.kill = context.WithCancel(context.Background())
	w.kill.Store(&p.kill)
	o := ethclient.Options{ChainID: w.chain.id()}
	reader, err := ethclient.Dial(p.ctx, o, w.limits, w.urls...)
	if err != nil {
		return nil, err
	}
	var nodes []sender.Node
	p.close = func() {
		for _, n := range nodes {
			n.(*geth.Client).Close()
		}
	}
	for _, u := range w.urls {
		node, err := ethclient.Connect(p.ctx, u, w.chain.id(), w.limits)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	w.steps = nil
	p.sender = sender.New(reader, nodes[0], ledgerOf{w.store}, sender.Options{
		Others: nodes[1:],
		Progress: func(s sender.Step) {
			if w.steps = append(w.steps, s); w.stepped != nil {
				w.stepped(s)
			}
		},
		Sleep: func(ctx context.Context, _ time.Duration) error {
			if ctx.Err() == nil {
				w.tick()
			}
			return ctx.Err()
		},
	})
	return p, nil
}

// die ends the present process, if there is one.
func (w *world) die() {
	if kill := w.kill.Load(); kill != nil {
		(*kill)()
	}
}

func (w *world) tick() {
	if w.wait != nil {
		w.wait()
		return
	}
	w.soon()
}

// soon makes a block, or a good part of those still missing when nothing but a final one is waited
// for.
func (w *world) soon() {
	n := 1
	if len(w.steps) > 0 && w.steps[len(w.steps)-1].Stage == sender.StageWaiting {
		n = max(1, w.epoch/3)
	}
	w.chain.mine(n)
}

// stop ends a process, as a kill would: what it was doing fails, and the ledger is reopened.
func (w *world) stop(p *process) {
	w.t.Helper()
	p.kill()
	w.kill.Store(nil)
	p.close()
	w.reopen()
}

// operation is one command.
type operation struct {
	name string
	run  func(ctx context.Context, s *sender.Sender, round uint64) error
}

func (w *world) propose() operation {
	return operation{"propose", func(ctx context.Context, s *sender.Sender, round uint64) error {
		_, err := s.Propose(ctx, w.publisher, round)
		return err
	}}
}

func (w *world) activate() operation {
	return operation{"activate", func(ctx context.Context, s *sender.Sender, round uint64) error {
		_, err := s.Activate(ctx, w.publisher, round)
		return err
	}}
}

func (w *world) push() operation {
	return operation{"push", func(ctx context.Context, s *sender.Sender, round uint64) error {
		_, err := s.Push(ctx, w.publisher, round, false)
		return err
	}}
}

// run carries out operations, each in a process of its own, without a fault.
func (w *world) run(round uint64, operations ...operation) {
	w.t.Helper()
	for _, op := range operations {
		p := w.start()
		if err := op.run(p.ctx, p.sender, round); err != nil {
			w.t.Fatalf("%s round %d: %v", op.name, round, err)
		}
		w.stop(p)
	}
}

// publish brings an approved round to its activation.
func (w *world) publish(round uint64) {
	w.t.Helper()
	w.run(round, w.propose())
	w.chain.pass(delay)
	w.run(round, w.activate())
}

// balances reads what all recipients hold, around every fault.
func (w *world) balances() map[swap.EVMAddress]swap.Sesh {
	w.t.Helper()
	abi := bindings.NewTestToken()
	var batch []rpc.BatchElem
	answers := make([]string, holders)
	for i := range holders {
		call := map[string]any{"to": w.token, "data": "0x" + common.Bytes2Hex(abi.PackBalanceOf(common.Address(holder(i))))}
		batch = append(batch, rpc.BatchElem{Method: "eth_call", Args: []any{call, "latest"}, Result: &answers[i]})
	}
	must(w.t, w.chain.client().Client().BatchCallContext(w.t.Context(), batch))
	out := map[swap.EVMAddress]swap.Sesh{}
	for i, b := range batch {
		must(w.t, b.Error)
		if n := new(big.Int).SetBytes(common.FromHex(answers[i])); n.Sign() > 0 {
			out[holder(i)] = swap.Sesh(n.Uint64())
		}
	}
	return out
}

// check holds the chain and the ledger against what is owed.
func (w *world) check() {
	w.t.Helper()
	has, seen := w.balances(), map[swap.EVMAddress]swap.Sesh{}
	var alarms map[uint64]string
	final, nonces := map[swap.Intent]int{}, map[swap.Intent]uint64{}
	w.view(func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		alarms = m.Alarms
		return errors.Join(err, t.Payouts(func(p swap.Payout) error { seen[p.Recipient] += p.Amount; return nil }),
			t.AllAttempts(func(a swap.Attempt) error {
				if a.Status == swap.SignedAttempt || a.Status == swap.MinedAttempt {
					w.t.Errorf("intent %+v: got an attempt that is %s, want it ended", a.Intent, a.Status)
				}
				if a.Status == swap.FinalizedAttempt {
					final[a.Intent]++
				}
				if n, ok := nonces[a.Intent]; ok && n != a.Nonce {
					w.t.Errorf("intent %+v: got nonces %d and %d, want one", a.Intent, n, a.Nonce)
				}
				nonces[a.Intent] = a.Nonce
				return nil
			}))
	})
	for i := range holders {
		to := holder(i)
		if has[to] != w.owed[to] {
			w.t.Errorf("%s has %s, expected %s", to, has[to], w.owed[to])
		}
		if seen[to] != w.owed[to] {
			w.t.Errorf("the ledger says that %s was paid %s, expected %s", to, seen[to], w.owed[to])
		}
	}
	for intent, n := range final {
		if n > 1 {
			w.t.Errorf("intent %+v: got %d final attempts, want 1", intent, n)
		}
	}
	if len(alarms) > 0 {
		w.t.Errorf("alarms: %v", alarms)
	}
}

// signed are the attempts for a round, by intent.
func (w *world) signed(round uint64) map[swap.Intent][]swap.Attempt {
	w.t.Helper()
	out := map[swap.Intent][]swap.Attempt{}
	w.view(func(t swap.Tables, _ uint64) error {
		return t.AllAttempts(func(a swap.Attempt) error {
			if a.Round == round {
				out[a.Intent] = append(out[a.Intent], a)
			}
			return nil
		})
	})
	return out
}

// undisturbed expects exactly the transactions of a run without faults.
func (w *world) undisturbed(round uint64) {
	w.t.Helper()
	got := w.signed(round)
	for _, intent := range []swap.Intent{
		{Purpose: swap.PurposePropose, Round: round, Plan: 1}, {Purpose: swap.PurposeActivate, Round: round, Plan: 1},
		{Purpose: swap.PurposePush, Round: round, Plan: 1}, {Purpose: swap.PurposePush, Round: round, Plan: 1, Batch: 1},
		{Purpose: swap.PurposePush, Round: round, Plan: 1, Batch: 2},
	} {
		if list := got[intent]; len(list) != 1 || list[0].Status != swap.FinalizedAttempt {
			w.t.Errorf("attempts of %+v: %+v", intent, list)
		}
		delete(got, intent)
	}
	for intent := range got {
		w.t.Errorf("intent %+v: got it signed, want it left out", intent)
	}
}

// audited has the ledger and the chain compared by the sender, and recomputed by an auditor.
func (w *world) audited() {
	w.t.Helper()
	p := w.start()
	r, err := p.sender.Reconcile(p.ctx)
	must(w.t, err)
	if len(r.Differences) > 0 {
		w.t.Errorf("the ledger and the chain differ: %v", r.Differences)
	}
	w.stop(p)
	w.audit(func(ctx context.Context, chainID uint64) (audit.Chain, error) {
		r, err := ethclient.Dial(ctx, ethclient.Options{ChainID: chainID}, unhurried(), w.proxy.server.URL)
		return auditedChain{r}, err
	})
}

// auditedChain gives what ethclient reads to the audit.
type auditedChain struct{ *ethclient.Reader }

// Final implements audit.Chain.
func (c auditedChain) Final(ctx context.Context) (uint64, error) {
	b, err := c.Finalized(ctx)
	return b.Number, err
}

// Distributor implements audit.Chain.
func (c auditedChain) Distributor(ctx context.Context, address swap.EVMAddress, block uint64) (audit.ChainState, error) {
	s, err := c.Reader.Distributor(ctx, address, new(big.Int).SetUint64(block))
	if err != nil {
		return audit.ChainState{}, err
	}
	return audit.ChainState{
		CodeHash: s.CodeHash, Token: swap.EVMAddress(s.Immutables.Token), ActivationDelay: s.Immutables.ActivationDelay,
		Owner: s.Owner, Publisher: s.Publisher, Guardian: s.Guardian, ClosesAt: s.ClosesAt,
		LiveRound: s.Live.Round, LiveRoot: s.Live.Root, LiveTotal: s.Live.Total, TotalClaimed: s.TotalClaimed, Balance: s.Balance,
	}, nil
}
