package faulttest

import (
	"context"
	"math/big"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	geth "github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"

	"oxenswap/ethclient/chaintest"
)

// start is the time of the first block: ahead of every clock, so that each block is exactly one
// second later.
const start = 2_000_000_000

// chain is a development chain with a real RPC port, which makes blocks when it is told to.
type chain interface {
	id() uint64
	url() string
	// final is how many blocks are above a final one; negative: the node itself says which block is
	// final.
	final() int
	mine(n int)
	pass(seconds int)
	// forget empties the pool of transactions.
	forget()
	// reorganise empties the pool and replaces the newest blocks by one more. The first of the new
	// ones carries the signed transactions given, and the others are empty.
	reorganise(depth int, carrying ...[]byte)
	// raise makes the base fee at least that many times higher.
	raise(times int64)
	aged() bool           // it should not be reorganised any more
	client() *geth.Client // around every fault
}

// maker makes a chain on which the given accounts have money. epoch is half of how many blocks a
// final one has above it.
type maker func(t *testing.T, epoch int, rich ...common.Address) chain

// makers are the nodes of different make, by name.
func makers() map[string]maker { return map[string]maker{"simulated": newSimulated, "anvil": newAnvil} }

// onEach runs a test on every kind of node.
func onEach(t *testing.T, run func(t *testing.T, make maker)) {
	t.Helper()
	for _, name := range []string{"simulated", "anvil"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, makers()[name])
		})
	}
}

// freePort finds a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// simulatedChain is go-ethereum's.
type simulatedChain struct {
	t     *testing.T
	sim   *simulated.Backend
	port  int
	above int
	born  time.Time
	c     *geth.Client
}

func newSimulated(t *testing.T, epoch int, rich ...common.Address) chain {
	return newSimulatedOf(t, 1337, epoch, rich...)
}

func newSimulatedOf(t *testing.T, id int64, epoch int, rich ...common.Address) chain {
	t.Helper()
	s := &simulatedChain{t: t, port: freePort(t), above: 2 * epoch, born: time.Now()}
	s.sim = chaintest.New(start, append(rich, keyOf("burner").Address()), chaintest.HTTP(s.port), chaintest.ChainID(uint64(id)),
		func(_ *node.Config, eth *ethconfig.Config) {
			eth.NetworkId, eth.RPCTxFeeCap = uint64(id), 0
			eth.Genesis.Alloc[burner] = types.Account{Code: []byte{0xfe}, Balance: new(big.Int)} // INVALID: burns all gas at once
		})
	var err error
	s.c, err = geth.Dial(s.url())
	must(t, err)
	t.Cleanup(func() {
		s.c.Close()
		s.sim.Close()
	})
	return s
}

var burner = common.HexToAddress("0x00000000000000000000000000000000000b0b0b")

func (s *simulatedChain) id() uint64           { return 1337 }
func (s *simulatedChain) url() string          { return "http://127.0.0.1:" + strconv.Itoa(s.port) }
func (s *simulatedChain) final() int           { return s.above }
func (s *simulatedChain) client() *geth.Client { return s.c }
func (s *simulatedChain) forget()              { s.sim.Rollback() }

func (s *simulatedChain) mine(n int) {
	s.t.Helper()
	before, err := s.c.BlockNumber(s.t.Context())
	must(s.t, err)
	for range n {
		s.sim.Commit()
	}
	if after, err := s.c.BlockNumber(s.t.Context()); err != nil || after != before+uint64(n) {
		s.t.Fatalf("%d blocks after block %d, the simulated chain is at %d, %v; it is %v old",
			n, before, after, err, time.Since(s.born))
	}
}

// aged: once a minute, go-ethereum puts the blocks away that it holds to be final by itself, those
// up to a multiple of 32, and makes no more blocks if a reorganisation replaces one of them.
func (s *simulatedChain) aged() bool { return time.Since(s.born) > 30*time.Second }

func (s *simulatedChain) pass(seconds int) {
	s.t.Helper()
	s.sim.Rollback() // the pool forgets mined transactions in the background; AdjustTime refuses until then
	must(s.t, s.sim.AdjustTime(time.Duration(seconds)*time.Second))
}

func (s *simulatedChain) reorganise(depth int, carrying ...[]byte) {
	s.t.Helper()
	head, err := s.c.BlockNumber(s.t.Context())
	must(s.t, err)
	parent, err := s.c.HeaderByNumber(s.t.Context(), new(big.Int).SetUint64(head-uint64(depth)))
	must(s.t, err)
	s.sim.Rollback()
	must(s.t, s.sim.Fork(parent.Hash()))
	for s.sim.Fork(parent.Hash()) != nil { // the pool has taken back what was in the blocks
		s.sim.Rollback()
	}
	for _, raw := range carrying {
		resend(s.t, s, raw)
	}
	s.mine(depth + 1)
}

// raise fills blocks: each raises the base fee by an eighth.
func (s *simulatedChain) raise(times int64) {
	s.t.Helper()
	ctx := s.t.Context()
	from := keyOf("burner")
	fee := func() *big.Int {
		h, err := s.c.HeaderByNumber(ctx, nil)
		must(s.t, err)
		return h.BaseFee
	}
	want := new(big.Int).Mul(fee(), big.NewInt(times))
	for fee().Cmp(want) < 0 {
		nonce, err := s.c.NonceAt(ctx, from.Address(), nil)
		must(s.t, err)
		tip := big.NewInt(1e13) // ahead of everything else in the pool
		tx, err := from.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
			ChainID: new(big.Int).SetUint64(s.id()), Nonce: nonce, To: &burner, Gas: 31_900_000, GasTipCap: tip,
			GasFeeCap: new(big.Int).Add(tip, new(big.Int).Lsh(want, 1)),
		}), new(big.Int).SetUint64(s.id()))
		must(s.t, err)
		must(s.t, s.c.SendTransaction(ctx, tx))
		s.mine(1)
	}
}

// resend gives a node signed bytes, around every fault. It may have them already, or in a block.
func resend(t *testing.T, c chain, raw []byte) {
	t.Helper()
	tx := new(types.Transaction)
	must(t, tx.UnmarshalBinary(raw))
	if err := c.client().SendTransaction(t.Context(), tx); err != nil && !strings.Contains(err.Error(), "already") && !strings.Contains(err.Error(), "nonce too low") {
		t.Fatalf("sending transaction %s again: %v", tx.Hash(), err)
	}
}

// receipt waits for a node's index of transactions, which is made in the background. A block that
// comes while the node is at work on it may be left out until the next one, so that one is made if
// it takes long.
func receipt(ctx context.Context, c chain, hash common.Hash) (*types.Receipt, error) {
	for begin := time.Now(); ; {
		r, err := c.client().TransactionReceipt(ctx, hash)
		if err == nil || !strings.Contains(err.Error(), "indexing is in progress") {
			return r, err
		}
		if time.Since(begin) > time.Second {
			c.mine(1)
			begin = time.Now()
		}
	}
}
