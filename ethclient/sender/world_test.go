package sender_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/holiman/uint256"

	"oxenswap/ethclient"
	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

const (
	chainID = 1337
	start   = 2_000_000_000 // ahead of every clock, so that each block is exactly one second later
	delay   = 60
	deep    = 2 // blocks above a final one
)

// testRails are wide enough for everything here.
var testRails = swap.Rails{Transaction: 1e14, Day: 1e15, GasPrice: 1e12, Batch: 3}

// key is an account that signs without a keystore file.
type key struct{ *ecdsa.PrivateKey }

func newKey(name string) key {
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

// world is a simulated chain with a token, and a migration's ledger.
type world struct {
	*memoryLedger
	sim    *simulated.Backend
	chain  *faultyChain
	faults *faults
	id     uint64 // of the chain
	token  common.Address

	deployer, owner, publisher, guardian, stranger key

	steps []sender.Step
	wait  func()                        // makes time pass instead of a block
	owed  map[swap.EVMAddress]swap.Sesh // cumulative, by the rounds approved so far
}

func newWorld(t *testing.T, configure ...func(*node.Config, *ethconfig.Config)) *world {
	t.Helper()
	return newWorldOn(t, chainID, configure...)
}

// fundedWorld is a world with an approved round 1, for which the distributor has the money. Holder
// i is given amounts[i].
func fundedWorld(t *testing.T, amounts ...swap.Sesh) *world {
	t.Helper()
	w := newWorld(t)
	w.deploy()
	w.approve(amounts...)
	_, err := w.sender().Fund(t.Context(), w.owner, 1, 0)
	must(t, err)
	return w
}

// liveWorld is a world in which round 1 is live.
func liveWorld(t *testing.T, amounts ...swap.Sesh) *world {
	t.Helper()
	w := newWorld(t)
	w.deploy()
	w.approve(amounts...)
	w.publish(1)
	return w
}

func newWorldOn(t *testing.T, id uint64, configure ...func(*node.Config, *ethconfig.Config)) *world {
	t.Helper()
	w := &world{
		id:       id,
		deployer: newKey("deployer"), owner: newKey("owner"), publisher: newKey("publisher"), guardian: newKey("guardian"),
		stranger: newKey("stranger"), owed: map[swap.EVMAddress]swap.Sesh{}, faults: &faults{},
	}
	var rich []common.Address
	for _, k := range []key{w.deployer, w.owner, w.publisher, w.guardian, w.stranger} {
		rich = append(rich, k.Address())
	}
	w.sim = chaintest.New(start, rich, append([]chaintest.Configure{chaintest.ChainID(id)}, configure...)...)
	t.Cleanup(func() { w.sim.Close() })
	w.chain = &faultyChain{Client: w.sim.Client(), sim: w.sim, faults: w.faults}
	supply := big.NewInt(1e18)
	w.token = w.create(t, w.owner, contracts.TestToken().Bytecode, bindings.NewTestToken().PackConstructor(supply))
	terms := testTerms(t, w.token, id)
	w.memoryLedger = newLedger(t, terms, testRails, time.Unix(start, 0).UTC())
	return w
}

// testTerms convert stake into a token.
func testTerms(t *testing.T, token common.Address, chainID uint64) *swap.Terms {
	t.Helper()
	terms, err := swap.TermsFromTree(map[string]any{
		"version": int64(1), "name": "test", "portal": "claim.example", "opens": "2026-01-01T00:00:00Z", "closes": "2040-01-01T00:00:00Z",
		"legacy_claims": false, "min_push": "1000",
		"oxen":  map[string]any{"network": "fakechain", "genesis": strings.Repeat("ab", 32), "finality_depth": int64(10)},
		"token": map[string]any{"chain_id": int64(chainID), "address": token.Hex(), "symbol": "SESH", "decimals": int64(9)},
		"programme": []any{map[string]any{
			"name": "stake", "kind": "convert-stake", "snapshot_height": int64(240), "ratio": "54/100", "cap": "1000000000000000",
		}},
	})
	must(t, err)
	return terms
}

// create deploys a contract outside of the sender.
func (w *world) create(t *testing.T, from key, code, arguments []byte) common.Address {
	t.Helper()
	return w.sendRaw(t, from, nil, append(slices.Clone(code), arguments...)).ContractAddress
}

// sendRaw sends a transaction outside of the sender and mines it.
func (w *world) sendRaw(t *testing.T, from key, to *common.Address, data []byte) *types.Receipt {
	t.Helper()
	ctx := t.Context()
	c := w.sim.Client()
	nonce, err := c.NonceAt(ctx, from.Address(), nil)
	must(t, err)
	head, err := c.HeaderByNumber(ctx, nil)
	must(t, err)
	tip := big.NewInt(1_000_000_000)
	tx, err := from.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
		ChainID: sender.Wei(w.id), Nonce: nonce, To: to, Data: data, Gas: 10_000_000, GasTipCap: tip,
		GasFeeCap: new(big.Int).Add(tip, new(big.Int).Mul(big.NewInt(2), head.BaseFee)),
	}), sender.Wei(w.id))
	must(t, err)
	must(t, c.SendTransaction(ctx, tx))
	w.sim.Commit()
	r, err := w.chain.receipt(ctx, tx.Hash())
	must(t, err)
	if r.Status != types.ReceiptStatusSuccessful {
		t.Fatalf("transaction %s failed", tx.Hash())
	}
	return r
}

// sender is a new process: it knows nothing but the ledger and the chain. Time passes, by a block,
// whenever it waits.
func (w *world) sender() *sender.Sender {
	w.t.Helper()
	s, err := w.tryCreate(w.id)
	must(w.t, err)
	return s
}

func (w *world) tryCreate(id uint64) (*sender.Sender, error) { return w.over(id, w.chain) }

// node is what readers read the chain through. Only Arbitrum's says by itself what is final.
func (w *world) node(b ethclient.Backend) ethclient.Node {
	if w.id == chainID {
		b = chaintest.Deep(b, deep)
	}
	return ethclient.Node{Name: "sim", Backend: b}
}

// over is a sender that sends to nodes of its own.
func (w *world) over(id uint64, nodes ...sender.Node) (*sender.Sender, error) {
	w.faults.down = false
	w.steps = nil
	reader, err := ethclient.New(context.Background(), ethclient.Options{ChainID: id}, w.node(w.chain))
	if err != nil {
		return nil, err
	}
	return sender.New(reader, nodes[0], &faultyLedger{w.memoryLedger, w.faults}, sender.Options{
		Others:   nodes[1:],
		Progress: func(s sender.Step) { w.steps = append(w.steps, s) },
		Sleep: func(ctx context.Context, _ time.Duration) error {
			if w.faults.down {
				return errCrash
			}
			if w.wait != nil {
				w.wait()
			} else {
				w.sim.Commit()
			}
			return ctx.Err()
		},
	}), nil
}

// deploy brings the distributor into the world.
func (w *world) deploy() swap.Distributor {
	w.t.Helper()
	d, err := w.sender().Deploy(w.t.Context(), w.publisher, w.deployment())
	must(w.t, err)
	return d
}

func (w *world) deployment() sender.Deployment {
	return sender.Deployment{Roles: sender.Roles{
		Owner: swap.EVMAddress(w.owner.Address()), Publisher: swap.EVMAddress(w.publisher.Address()), Guardian: swap.EVMAddress(w.guardian.Address()),
	}, ActivationDelay: delay}
}

// holder is the address of a recipient.
func holder(i int) swap.EVMAddress {
	return swap.EVMAddress(chaintest.Holder(i))
}

// approve builds and approves the next round, which gives each holder an amount; holder i is that
// of amounts[i].
func (w *world) approve(amounts ...swap.Sesh) swap.Round {
	w.t.Helper()
	rounds, err := w.tables.Rounds()
	must(w.t, err)
	e := &swap.RoundBuilt{Round: uint64(len(rounds)) + 1, Cutoff: uint64(len(w.log)), Programmes: []swap.ProgrammeTotals{}}
	var list []swap.Allocation
	for i, a := range amounts {
		if a == 0 {
			continue
		}
		to := holder(i)
		list = append(list, swap.Allocation{
			Account: swap.Account(swap.Digest(to[:]).String()), Programme: "stake", Recipient: to,
			Parts: []swap.Part{{Source: swap.NewQuantity(uint64(w.owed[to] + a)), Num: swap.NewQuantity(1), Den: swap.NewQuantity(1)}},
			Owed:  w.owed[to] + a, Remainder: swap.NewQuantity(0), Den: swap.NewQuantity(1), Before: w.owed[to], Amount: a,
		})
		w.owed[to] += a
		e.Amount += a
		e.Largest = max(e.Largest, a)
	}
	slices.SortFunc(list, func(a, b swap.Allocation) int { return strings.Compare(string(a.Account), string(b.Account)) })
	allocations, err := swap.FormatAllocations(list)
	must(w.t, err)
	var leaves []merkle.Leaf
	var csv bytes.Buffer
	for i := range 1000 {
		if sum := w.owed[holder(i)]; sum > 0 {
			leaves = append(leaves, merkle.Leaf{Account: common.Address(holder(i)), Amount: *uint256.NewInt(uint64(sum))})
			fmt.Fprintf(&csv, "%s,%d\n", holder(i), sum)
			e.Total += sum
		}
	}
	tree, err := merkle.Build(leaves, merkle.MaxTotal())
	must(w.t, err)
	e.Root, e.Recipients, e.Lines = swap.Hash(tree.Root()), uint64(len(leaves)), uint64(len(list))
	e.Allocations, e.Leaves = swap.Digest(allocations), swap.Digest(csv.Bytes())
	w.append(swap.Record{Event: e, Attachments: [][]byte{allocations, csv.Bytes()}})
	operator, err := ledger.NewSigner(w.secret)
	must(w.t, err)
	note, err := ledger.SignNote(swap.ApprovalText(w.terms.Origin(), e), operator)
	must(w.t, err)
	w.append(swap.Record{Event: &swap.RoundApproved{Round: e.Round, Note: string(note)}})
	return w.round(e.Round)
}

// treeOf is the claim tree of a round.
func (w *world) treeOf(number uint64) *merkle.Tree {
	w.t.Helper()
	leaves, err := w.Attachment(w.round(number).Leaves)
	must(w.t, err)
	tree, err := merkle.BuildCSV(bytes.NewReader(leaves), merkle.MaxTotal())
	must(w.t, err)
	return tree
}

// publish funds, proposes and activates a round.
func (w *world) publish(number uint64) {
	w.t.Helper()
	_, err := w.sender().Fund(w.t.Context(), w.owner, number, 0)
	must(w.t, err)
	_, err = w.sender().Propose(w.t.Context(), w.publisher, number)
	must(w.t, err)
	w.pass(delay)
	_, err = w.sender().Activate(w.t.Context(), w.publisher, number)
	must(w.t, err)
}

// pass lets seconds go by on chain.
func (w *world) pass(seconds int) {
	w.t.Helper()
	w.sim.Rollback() // the pool forgets mined transactions in the background; AdjustTime refuses until then
	must(w.t, w.sim.AdjustTime(time.Duration(seconds)*time.Second))
}

// balance is what an account holds of the token.
func (w *world) balance(of swap.EVMAddress) swap.Sesh {
	w.t.Helper()
	s, err := ethclient.New(w.t.Context(), ethclient.Options{ChainID: w.id}, w.node(w.sim.Client()))
	must(w.t, err)
	a, err := s.TokenBalance(w.t.Context(), swap.EVMAddress(w.token), of, nil)
	must(w.t, err)
	return a
}

// check holds the chain and the ledger against what is owed, and the ledger against itself.
func (w *world) check() {
	w.t.Helper()
	seen := map[swap.EVMAddress]swap.Sesh{}
	must(w.t, w.tables.Payouts(func(p swap.Payout) error { seen[p.Recipient] += p.Amount; return nil }))
	for to, owed := range w.owed {
		if got := w.balance(to); got != owed {
			w.t.Errorf("%s has %s, expected %s", to, got, owed)
		}
		if seen[to] != owed {
			w.t.Errorf("the ledger says that %s was paid %s, expected %s", to, seen[to], owed)
		}
	}
	final, nonces := map[swap.Intent]int{}, map[swap.Intent]uint64{}
	must(w.t, w.tables.AllAttempts(func(a swap.Attempt) error {
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
	for intent, n := range final {
		if n > 1 {
			w.t.Errorf("intent %+v: got %d final attempts, want 1", intent, n)
		}
	}
	m, err := w.tables.Migration()
	must(w.t, err)
	if len(m.Alarms) > 0 {
		w.t.Errorf("alarms: %v", m.Alarms)
	}
	w.consistent()
}

// consistent holds the tables against the entries that they follow from.
func (w *world) consistent() {
	w.t.Helper()
	if !reflect.DeepEqual(w.tables, w.rebuilt(len(w.log))) {
		w.t.Error("the tables are not those of the entries")
	}
}

// errCrash is what everything says once the process is dead.
var errCrash = errors.New("crashed")

// want fails unless an error contains words.
func want(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, expected one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Fatalf("error %q does not say %q", err, w)
		}
	}
}
