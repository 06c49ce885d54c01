package ethclient_test

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	geth "github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"

	"oxenswap/ethclient"
	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

const (
	chainID    = 1337
	epoch      = 32 // the simulated chain's blocks between final ones
	day        = 24 * 3600
	start      = 2_000_000_000 // ahead of every clock, so that each block is exactly one second later
	delay      = 60
	termsClose = start + 100*day
	closing    = termsClose + 90*day
)

var migrationID = contracts.MigrationID{0x11, 0x66, 0xf6, 0x1c, 0x0c, 0x9a, 0xbb, 0xf6}

type actor struct {
	key  *ecdsa.PrivateKey
	addr common.Address
}

func newActor(name string) actor {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err)
	}
	return actor{key, crypto.PubkeyToAddress(key.PublicKey)}
}

// client is go-ethereum's, connected to the simulated chain's RPC port.
type client = *geth.Client

// world is a chain with a token and a distributor that holds 10,000 atomic units of it.
type world struct {
	t     *testing.T
	sim   *simulated.Backend
	c     client
	url   string
	d     *bindings.SessionTokenDistributor
	token swap.EVMAddress
	addr  swap.EVMAddress
	born  uint64 // block of the deployment

	deployer, owner, publisher, guardian actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, d: bindings.NewSessionTokenDistributor(),
		deployer: newActor("deployer"), owner: newActor("owner"), publisher: newActor("publisher"), guardian: newActor("guardian"),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	w.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	w.sim = chaintest.New(start, []common.Address{w.deployer.addr, w.owner.addr, w.publisher.addr, w.guardian.addr}, chaintest.HTTP(port))
	t.Cleanup(func() { w.sim.Close() })
	w.c, err = ethclient.Connect(t.Context(), w.url, chainID, ethclient.DefaultLimits())
	w.must(err)
	t.Cleanup(w.c.Close)

	token := bindings.NewTestToken()
	w.token = w.create(contracts.TestToken().Bytecode, token.PackConstructor(big.NewInt(1e15)))
	w.addr = w.create(contracts.Distributor().Bytecode, w.d.PackConstructor(bindings.SessionTokenDistributorSettings{
		Token: common.Address(w.token), Owner: w.owner.addr, Publisher: w.publisher.addr, Guardian: w.guardian.addr,
		ActivationDelay: delay, TermsCloseAt: termsClose, ClosesAt: closing, MigrationId: migrationID,
	}))
	w.born = w.height()
	w.send(w.deployer, w.token, token.PackTransfer(common.Address(w.addr), big.NewInt(10_000)))
	return w
}

func (w *world) settings() ethclient.Settings {
	return ethclient.Settings{
		Token: w.token, Owner: swap.EVMAddress(w.owner.addr), Publisher: swap.EVMAddress(w.publisher.addr), Guardian: swap.EVMAddress(w.guardian.addr),
		ActivationDelay: delay, TermsCloseAt: termsClose, ClosesAt: closing, Migration: migrationID,
	}
}

// reader reads the chain with every block final at once.
func (w *world) reader() *ethclient.Reader {
	w.t.Helper()
	return w.over(w.c)
}

// over reads the chain through nodes to which every block is final at once.
func (w *world) over(backends ...ethclient.Backend) *ethclient.Reader {
	w.t.Helper()
	for i, b := range backends {
		backends[i] = chaintest.Deep(b, 0)
	}
	return w.asking(backends...)
}

// asking reads the chain through nodes that say what is final.
func (w *world) asking(backends ...ethclient.Backend) *ethclient.Reader {
	w.t.Helper()
	var nodes []ethclient.Node
	for i, b := range backends {
		nodes = append(nodes, ethclient.Node{Name: fmt.Sprintf("node-%d", i), Backend: b})
	}
	r, err := ethclient.New(w.t.Context(), ethclient.Options{ChainID: chainID}, nodes...)
	w.must(err)
	return r
}

func (w *world) height() uint64 {
	w.t.Helper()
	n, err := w.c.BlockNumber(context.Background())
	w.must(err)
	return n
}

func (w *world) create(code, args []byte) swap.EVMAddress {
	w.t.Helper()
	return swap.EVMAddress(w.transact(w.deployer, nil, append(append([]byte{}, code...), args...)).ContractAddress)
}

func (w *world) send(from actor, to swap.EVMAddress, data []byte) *types.Receipt {
	w.t.Helper()
	return w.transact(from, (*common.Address)(&to), data)
}

// transact mines one transaction in a block of its own and expects success.
func (w *world) transact(from actor, to *common.Address, data []byte) *types.Receipt {
	w.t.Helper()
	ctx := context.Background()
	nonce, err := w.c.NonceAt(ctx, from.addr, nil)
	w.must(err)
	tx, err := types.SignNewTx(from.key, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, To: to, Data: data, Gas: 10_000_000, GasTipCap: big.NewInt(1e6), GasFeeCap: big.NewInt(3e9),
	})
	w.must(err)
	w.must(w.c.SendTransaction(ctx, tx))
	receipts, err := w.c.BlockReceipts(ctx, rpc.BlockNumberOrHashWithHash(w.sim.Commit(), true))
	w.must(err)
	if len(receipts) != 1 || receipts[0].TxHash != tx.Hash() || receipts[0].Status != types.ReceiptStatusSuccessful {
		w.t.Fatalf("the transaction did not succeed: %v", receipts)
	}
	return receipts[0]
}

func (w *world) pass(seconds int) {
	w.t.Helper()
	w.sim.Rollback() // the pool forgets mined transactions in the background; AdjustTime refuses until then
	w.must(w.sim.AdjustTime(time.Duration(seconds) * time.Second))
}

func (w *world) mine(n int) {
	for range n {
		w.sim.Commit()
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tree(amounts ...uint64) *merkle.Tree {
	w.t.Helper()
	var leaves []merkle.Leaf
	for i, a := range amounts {
		leaves = append(leaves, merkle.Leaf{Account: chaintest.Holder(i), Amount: *uint256.NewInt(a)})
	}
	t, err := merkle.Build(leaves, merkle.MaxTotal())
	w.must(err)
	return t
}

func (w *world) propose(round uint64, t *merkle.Tree) {
	w.t.Helper()
	w.send(w.publisher, w.addr, w.d.PackPropose(round, t.Root(), t.Total().ToBig(), 17, [32]byte{0xaa}))
}

func (w *world) activate() {
	w.t.Helper()
	w.pass(delay)
	w.send(w.deployer, w.addr, w.d.PackActivate())
}

func (w *world) claim(t *merkle.Tree, i int) *types.Receipt {
	w.t.Helper()
	n, _ := t.Index(chaintest.Holder(i))
	p := t.Proof(n)
	path := make([][32]byte, len(p.Path))
	for i, h := range p.Path {
		path[i] = h
	}
	return w.send(w.deployer, w.addr, w.d.PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), path))
}
