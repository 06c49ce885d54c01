package contracts_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"

	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap/merkle"
)

const (
	day        = 24 * 3600
	delay      = 3600
	start      = 2_000_000_000 // ahead of every clock, so that each block is exactly one second later
	termsClose = start + 100*day
	closing    = termsClose + 90*day
	gasLimit   = 30_000_000
	tip        = 1_000_000 // wei a gas unit; the node mines nothing below
)

// logRoot stands for the root hash of the migration's log: no byte of it is zero, as in life.
var logRoot = [32]byte(bytes.Repeat([]byte{0xaa}, 32))

// actor is an account with its key.
type actor struct {
	key  *ecdsa.PrivateKey
	addr common.Address
}

// world is a chain with a token and a funded distributor.
type world struct {
	t     *testing.T
	sim   *simulated.Backend
	c     simulated.Client
	d     *bindings.SessionTokenDistributor
	token common.Address
	addr  common.Address // the distributor

	deployer, owner, publisher, guardian, stranger actor
}

// blockReceipts is what the simulated client can do beside what its type says.
type blockReceipts interface {
	BlockReceipts(context.Context, rpc.BlockNumberOrHash) ([]*types.Receipt, error)
}

// newActor derives an account from a name, so that every run has the same addresses.
func newActor(name string) actor {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err)
	}
	return actor{key, crypto.PubkeyToAddress(key.PublicKey)}
}

// newChain starts a chain under prague rules without any contract of ours.
func newChain(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, d: bindings.NewSessionTokenDistributor(),
		deployer: newActor("deployer"), owner: newActor("owner"), publisher: newActor("publisher"),
		guardian: newActor("guardian"), stranger: newActor("stranger"),
	}
	w.sim = chaintest.New(start, []common.Address{w.deployer.addr, w.owner.addr, w.publisher.addr, w.guardian.addr, w.stranger.addr})
	t.Cleanup(func() { w.sim.Close() })
	w.c = w.sim.Client()
	return w
}

// newWorld deploys the test token and a distributor that holds `funded` atomic units of it.
func newWorld(t *testing.T, funded int64) *world {
	t.Helper()
	w := newChain(t)
	token := bindings.NewTestToken()
	w.token = w.create(contracts.TestToken().Bytecode, token.PackConstructor(big.NewInt(1e18)))
	w.deploy(funded)
	return w
}

// newHostileWorld is newWorld with one of the tokens in testdata.
func newHostileWorld(t *testing.T, name string, funded int64) (*world, *contracts.Artifact) {
	t.Helper()
	w := newChain(t)
	a := loadArtifact(t, name)
	w.token = w.create(a.Bytecode, nil)
	w.deploy(funded)
	return w, a
}

func loadArtifact(t *testing.T, name string) *contracts.Artifact {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := contracts.ParseArtifact(data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) settings() bindings.SessionTokenDistributorSettings {
	return bindings.SessionTokenDistributorSettings{
		Token: w.token, Owner: w.owner.addr, Publisher: w.publisher.addr, Guardian: w.guardian.addr,
		ActivationDelay: delay, TermsCloseAt: termsClose, ClosesAt: closing,
		MigrationId: [8]byte{0x11, 0x66, 0xf6, 0x1c, 0x0c, 0x9a, 0xbb, 0xf6},
	}
}

func (w *world) deploy(funded int64) {
	w.t.Helper()
	w.addr = w.create(contracts.Distributor().Bytecode, w.d.PackConstructor(w.settings()))
	if funded > 0 {
		w.fund(funded)
	}
}

func (w *world) fund(amount int64) {
	w.t.Helper()
	data := bindings.NewTestToken().PackTransfer(w.addr, big.NewInt(amount))
	if r := w.send(w.deployer, &w.token, data); r.Status != types.ReceiptStatusSuccessful {
		w.t.Fatal("funding failed")
	}
}

func (w *world) create(code, args []byte) common.Address {
	w.t.Helper()
	r := w.send(w.deployer, nil, append(append([]byte{}, code...), args...))
	if r.Status != types.ReceiptStatusSuccessful {
		w.t.Fatal("deployment failed")
	}
	return r.ContractAddress
}

func (w *world) head() *types.Header {
	w.t.Helper()
	h, err := w.c.HeaderByNumber(context.Background(), nil)
	w.must(err)
	return h
}

// at makes the next block's time t.
func (w *world) at(t uint64) {
	w.t.Helper()
	now := w.head().Time
	switch {
	case t <= now:
		w.t.Fatalf("time %d has passed (now %d)", t, now)
	case t == now+1:
	default:
		w.sim.Rollback() // the pool forgets mined transactions in the background; AdjustTime refuses until then
		w.must(w.sim.AdjustTime(time.Duration(t-1-now) * time.Second))
	}
}

// send mines one transaction in a block of its own.
func (w *world) send(from actor, to *common.Address, data []byte) *types.Receipt {
	w.t.Helper()
	ctx := context.Background()
	nonce, err := w.c.NonceAt(ctx, from.addr, nil)
	w.must(err)
	tx, err := types.SignNewTx(from.key, types.LatestSignerForChainID(big.NewInt(1337)), &types.DynamicFeeTx{
		ChainID: big.NewInt(1337), Nonce: nonce, To: to, Data: data, Gas: gasLimit,
		GasTipCap: big.NewInt(tip), GasFeeCap: new(big.Int).Add(new(big.Int).Mul(w.head().BaseFee, big.NewInt(2)), big.NewInt(tip)),
	})
	w.must(err)
	w.must(w.c.SendTransaction(ctx, tx))
	block := w.sim.Commit()
	// By block: the node's index by transaction hash is made in the background.
	receipts, err := w.c.(blockReceipts).BlockReceipts(ctx, rpc.BlockNumberOrHashWithHash(block, true))
	w.must(err)
	if len(receipts) != 1 || receipts[0].TxHash != tx.Hash() {
		w.t.Fatalf("the block holds %d transactions, not just ours", len(receipts))
	}
	return receipts[0]
}

// do calls the distributor and expects success.
func (w *world) do(from actor, data []byte) *types.Receipt {
	w.t.Helper()
	r := w.send(from, &w.addr, data)
	if r.Status != types.ReceiptStatusSuccessful {
		w.t.Fatalf("reverted: %s", w.whyReverted(from, data, r.BlockNumber))
	}
	return r
}

// reverts calls the distributor and expects the custom error, written like RoundUsed[1 1].
func (w *world) reverts(from actor, data []byte, want string) {
	w.t.Helper()
	r := w.send(from, &w.addr, data)
	if r.Status == types.ReceiptStatusSuccessful {
		w.t.Fatalf("succeeded, want %s", want)
	}
	if got := w.whyReverted(from, data, r.BlockNumber); got != want {
		w.t.Fatalf("reverted with %s, want %s", got, want)
	}
}

// whyReverted repeats a reverted call in the state and time of its block: a revert changed neither.
func (w *world) whyReverted(from actor, data []byte, block *big.Int) string {
	w.t.Helper()
	_, err := w.c.CallContract(context.Background(), ethereum.CallMsg{From: from.addr, To: &w.addr, Data: data, Gas: gasLimit}, block)
	return revertName(w.t, err)
}

// revertName names the custom error in an eth_call's answer.
func revertName(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		t.Fatal("no revert")
	}
	var de rpc.DataError
	if !errors.As(err, &de) {
		t.Fatalf("no revert data in %v", err)
	}
	text, _ := de.ErrorData().(string)
	raw, decodeErr := hexutil.Decode(text)
	if decodeErr != nil || len(raw) < 4 {
		return fmt.Sprintf("revert without a custom error (%v)", err)
	}
	for _, e := range contracts.Distributor().ABI.Errors {
		if [4]byte(e.ID[:4]) == [4]byte(raw[:4]) {
			args, err := e.Inputs.Unpack(raw[4:])
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%s%v", e.Name, args)
		}
	}
	if reason, err := abi.UnpackRevert(raw); err == nil {
		return reason
	}
	return text
}

// view reads the distributor at the head.
func (w *world) view(method string, args ...any) []any {
	w.t.Helper()
	return w.viewOf(w.addr, &contracts.Distributor().ABI, method, args...)
}

func (w *world) viewOf(at common.Address, a *abi.ABI, method string, args ...any) []any {
	w.t.Helper()
	data, err := a.Pack(method, args...)
	w.must(err)
	out, err := w.c.CallContract(context.Background(), ethereum.CallMsg{To: &at, Data: data}, nil)
	w.must(err)
	values, err := a.Unpack(method, out)
	w.must(err)
	return values
}

// expect compares what a getter says, printed.
func (w *world) expect(method, want string, args ...any) {
	w.t.Helper()
	if got := fmt.Sprint(w.view(method, args...)...); got != want {
		w.t.Fatalf("%s%v = %s, want %s", method, args, got, want)
	}
}

func (w *world) balance(of common.Address) int64 {
	w.t.Helper()
	return w.viewOf(w.token, &contracts.TestToken().ABI, "balanceOf", of)[0].(*big.Int).Int64()
}

// events prints the distributor's events in a receipt, one per line.
func (w *world) events(r *types.Receipt) string {
	w.t.Helper()
	var lines []string
	for _, l := range r.Logs {
		if l.Address != w.addr {
			continue
		}
		e, err := contracts.Distributor().ABI.EventByID(l.Topics[0])
		w.must(err)
		values := map[string]any{}
		w.must(e.Inputs.UnpackIntoMap(values, l.Data))
		var indexed abi.Arguments
		for _, in := range e.Inputs {
			if in.Indexed {
				indexed = append(indexed, in)
			}
		}
		w.must(abi.ParseTopicsIntoMap(values, indexed, l.Topics[1:]))
		var parts []string
		for _, in := range e.Inputs {
			v := values[in.Name]
			if b, ok := v.([32]byte); ok {
				v = common.Hash(b)
			}
			parts = append(parts, fmt.Sprintf("%s=%v", in.Name, v))
		}
		lines = append(lines, e.Name+" "+strings.Join(parts, " "))
	}
	return strings.Join(lines, "\n")
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// tree makes the tree in which holder i is owed amounts[i]; zero leaves them out.
func (w *world) tree(amounts ...int64) *merkle.Tree {
	w.t.Helper()
	var leaves []merkle.Leaf
	for i, a := range amounts {
		if a != 0 {
			leaves = append(leaves, merkle.Leaf{Account: chaintest.Holder(i), Amount: *uint256.NewInt(uint64(a))})
		}
	}
	t, err := merkle.Build(leaves, merkle.MaxTotal())
	w.must(err)
	return t
}

func (w *world) proposal(round uint64, t *merkle.Tree) []byte {
	return w.d.PackPropose(round, t.Root(), t.Total().ToBig(), 17, logRoot)
}

// publish proposes a tree's root and activates it after the delay.
func (w *world) publish(round uint64, t *merkle.Tree) {
	w.t.Helper()
	w.do(w.publisher, w.proposal(round, t))
	w.at(w.head().Time + delay)
	w.do(w.stranger, w.d.PackActivate())
}

// claimData is the call that claims holder i's leaf.
func (w *world) claimData(t *merkle.Tree, i int) []byte {
	w.t.Helper()
	n, ok := t.Index(chaintest.Holder(i))
	if !ok {
		w.t.Fatalf("holder %d is not in the tree", i)
	}
	p := t.Proof(n)
	return w.d.PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), raw(p.Path))
}

// batchData is the call that pays the given holders.
func (w *world) batchData(t *merkle.Tree, holders ...int) []byte {
	w.t.Helper()
	var numbers []int
	for _, i := range holders {
		n, ok := t.Index(chaintest.Holder(i))
		if !ok {
			w.t.Fatalf("holder %d is not in the tree", i)
		}
		numbers = append(numbers, n)
	}
	return w.batchOf(t, numbers)
}

func (w *world) batchOf(t *merkle.Tree, leaves []int) []byte {
	w.t.Helper()
	accounts, amounts, path, flags := w.multi(t, leaves)
	return w.d.PackClaimBatch(accounts, amounts, path, flags)
}

func (w *world) multi(t *merkle.Tree, leaves []int) ([]common.Address, []*big.Int, [][32]byte, []bool) {
	w.t.Helper()
	p, err := t.MultiProof(leaves)
	w.must(err)
	var accounts []common.Address
	var amounts []*big.Int
	for _, l := range p.Leaves {
		accounts = append(accounts, l.Account)
		amounts = append(amounts, l.Amount.ToBig())
	}
	return accounts, amounts, raw(p.Path), p.Flags
}

func raw(hashes []common.Hash) [][32]byte {
	out := make([][32]byte, len(hashes))
	for i, h := range hashes {
		out[i] = h
	}
	return out
}
