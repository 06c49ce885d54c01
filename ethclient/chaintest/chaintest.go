// Package chaintest builds simulated chains for tests.
package chaintest

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient"
)

// A Configure changes the settings of a chain before it starts.
type Configure = func(*node.Config, *ethconfig.Config)

// New starts a chain with the id 1337 and blocks of 32 million gas, whose first block is made at
// start, in Unix seconds, and on which each of the accounts has 2^90 wei. The caller closes it.
func New(start uint64, rich []common.Address, configure ...Configure) *simulated.Backend {
	alloc := types.GenesisAlloc{}
	for _, a := range rich {
		alloc[a] = types.Account{Balance: new(big.Int).Lsh(big.NewInt(1), 90)}
	}
	return simulated.NewBackend(alloc, func(n *node.Config, eth *ethconfig.Config) {
		rules := *eth.Genesis.Config
		rules.OsakaTime, rules.BogotaTime = nil, nil // they price gas otherwise than any chain that tokens live on
		eth.Genesis.Config = &rules
		eth.Genesis.GasLimit, eth.Miner.GasCeil = 32_000_000, 32_000_000
		eth.Genesis.Timestamp = start
		for _, c := range configure {
			c(n, eth)
		}
	})
}

// HTTP serves JSON-RPC at a port of the loopback address.
func HTTP(port int) Configure {
	return func(n *node.Config, _ *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort, n.HTTPModules = "127.0.0.1", port, []string{"eth"}
	}
}

// ChainID gives the chain another id.
func ChainID(id uint64) Configure {
	return func(_ *node.Config, eth *ethconfig.Config) { eth.Genesis.Config.ChainID = new(big.Int).SetUint64(id) }
}

// Holder is the address of test recipient i.
func Holder(i int) common.Address {
	return common.BytesToAddress(crypto.Keccak256(fmt.Appendf(nil, "holder %d", i)))
}

// Deep is the node, to which a block is final that has n blocks above it. A simulated chain's own
// final block, the last multiple of 32, comes too late for most tests.
func Deep(node ethclient.Backend, n uint64) ethclient.Backend { return deep{node, n} }

type deep struct {
	ethclient.Backend
	n uint64
}

// HeaderByNumber implements ethclient.Backend.
func (d deep) HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error) {
	if number == nil || number.Int64() != int64(rpc.FinalizedBlockNumber) {
		return d.Backend.HeaderByNumber(ctx, number)
	}
	head, err := d.Backend.HeaderByNumber(ctx, nil)
	if err != nil || d.n == 0 {
		return head, err
	}
	at := head.Number.Uint64()
	return d.Backend.HeaderByNumber(ctx, new(big.Int).SetUint64(at-min(d.n, at)))
}

// Client is the node's own, through which a reader asks for many things at once.
func (d deep) Client() *rpc.Client {
	if c, ok := d.Backend.(interface{ Client() *rpc.Client }); ok {
		return c.Client()
	}
	return nil
}
