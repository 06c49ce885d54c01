// Package devchain runs a development chain: go-ethereum's own node without peers, with a real RPC
// port, funded throw-away accounts, a clock that can start anywhere and be moved forward, and
// blocks that are final at a chosen depth.
//
// It seals its blocks itself instead of using ethclient/simulated, whose `finalized` moves every 32
// blocks only and whose block times are the machine's.
package devchain

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/eth/filters"
	"github.com/ethereum/go-ethereum/miner"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
)

// ChainID is the chain id of every development chain.
const ChainID = 1337

// gasLimit of a block: what Arbitrum One takes in one transaction.
const gasLimit = 32_000_000

// maxMine bounds one request for blocks.
const maxMine = 10_000

// Config describes a chain.
type Config struct {
	Listen string // host:port of the RPC; port 0: any free one
	// Start is the time of the genesis block, from which the chain's clock runs on; zero: now.
	Start time.Time
	// Depth is how many blocks below the head are not final yet.
	Depth uint64
	// BlockEvery is the time between blocks. Zero: a block comes with each transaction, and Depth
	// empty ones after it, so that it is final at once.
	BlockEvery time.Duration
}

// A Chain is a running development chain.
type Chain struct {
	config Config
	stack  *node.Node
	eth    *eth.Ethereum
	booted time.Time

	mu     sync.Mutex // held while blocks are made
	offset time.Duration

	stop context.CancelFunc
	done chan struct{}
}

// Start starts a chain. Close it.
func Start(c Config) (*Chain, error) {
	host, portText, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("address to listen on: %w (expected host:port)", err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("address to listen on: port %q is not a number below 65536", portText)
	}
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	chain := &Chain{config: c, booted: time.Now(), done: make(chan struct{})}
	if err := chain.open(host, int(port)); err != nil {
		return nil, errors.Join(fmt.Errorf("development chain: %w", err), chain.closeNode())
	}
	ctx, stop := context.WithCancel(context.Background())
	chain.stop = stop
	go chain.run(ctx)
	return chain, nil
}

func (c *Chain) open(host string, port int) error {
	nodeConfig := node.DefaultConfig
	nodeConfig.DataDir = ""
	nodeConfig.P2P = p2p.Config{NoDiscovery: true}
	nodeConfig.HTTPHost, nodeConfig.HTTPPort = host, port
	nodeConfig.HTTPModules = []string{"eth", "net", "web3", "txpool", "evm"}
	stack, err := node.New(&nodeConfig)
	if err != nil {
		return err
	}
	c.stack = stack
	config := ethconfig.Defaults
	config.Genesis = genesis(c.config.Start)
	config.SyncMode = ethconfig.FullSync
	config.TxPool.NoLocals = true
	config.LogNoHistory = true // search logs without an index
	config.Miner.GasCeil = gasLimit
	c.eth, err = eth.New(stack, &config)
	if err != nil {
		return err
	}
	stack.RegisterAPIs([]rpc.API{
		{Namespace: "eth", Service: filters.NewFilterAPI(filters.NewFilterSystem(c.eth.APIBackend, filters.Config{}))},
		{Namespace: "evm", Service: &clockAPI{c}},
	})
	if err := stack.Start(); err != nil {
		return err
	}
	c.eth.SetSynced()
	c.finalize()
	return nil
}

// genesis is a block with every account of Accounts funded, by the rules of Prague: the development
// configuration of go-ethereum turns on later forks, which price gas otherwise than any chain that
// tokens live on.
func genesis(start time.Time) *core.Genesis {
	rules := *params.AllDevChainProtocolChanges
	rules.OsakaTime, rules.BogotaTime = nil, nil
	alloc := core.SystemContractAllocs()
	million := new(big.Int).Mul(big.NewInt(1_000_000), big.NewInt(params.Ether))
	for _, a := range Accounts() {
		alloc[a.Address] = types.Account{Balance: million}
	}
	return &core.Genesis{Config: &rules, GasLimit: gasLimit, Timestamp: uint64(start.Unix()), Alloc: alloc}
}

// URL is where the RPC listens.
func (c *Chain) URL() string { return c.stack.HTTPEndpoint() }

// Close stops the chain; nothing of it is kept.
func (c *Chain) Close() error {
	c.stop()
	<-c.done
	return c.closeNode()
}

func (c *Chain) closeNode() error {
	if c.stack == nil {
		return nil
	}
	return c.stack.Close()
}

// run makes blocks until ctx ends.
func (c *Chain) run(ctx context.Context) {
	defer close(c.done)
	if c.config.BlockEvery > 0 {
		ticker := time.NewTicker(c.config.BlockEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				c.Mine(1)
			}
		}
	}
	arrived := make(chan core.NewTxsEvent, 64)
	subscription := c.eth.TxPool().SubscribeTransactions(arrived, true)
	defer subscription.Unsubscribe()
	for {
		select {
		case <-ctx.Done():
			return
		case <-arrived:
			c.settle()
		}
	}
}

// settle makes blocks until those that can be included are, and as many on top as make them final.
func (c *Chain) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	included := 0
	for waiting, _ := c.eth.TxPool().Stats(); waiting > 0; waiting, _ = c.eth.TxPool().Stats() {
		n, err := c.seal()
		if err != nil || n == 0 { // what is left offers too little for gas
			break
		}
		included += n
	}
	for i := uint64(0); included > 0 && i < c.config.Depth; i++ {
		if _, err := c.seal(); err != nil {
			return
		}
	}
}

// Mine makes n blocks.
func (c *Chain) Mine(n uint64) error {
	if n > maxMine {
		return fmt.Errorf("%d blocks at once: at most %d", n, maxMine)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for range n {
		if _, err := c.seal(); err != nil {
			return err
		}
	}
	return nil
}

// Advance moves the chain's clock forward and returns by how much it was moved in all. The next
// block shows it.
func (c *Chain) Advance(d time.Duration) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d < 0 || c.offset+d < c.offset {
		return 0, errors.New("the clock only goes forward")
	}
	c.offset += d
	return c.offset, nil
}

// now is the time on the chain's clock.
func (c *Chain) now() time.Time { return c.config.Start.Add(time.Since(c.booted) + c.offset) }

// seal makes a block of what waits in the pool and puts it on top. It returns the number of
// transactions.
func (c *Chain) seal() (int, error) {
	if err := c.eth.TxPool().Sync(); err != nil {
		return 0, err
	}
	head := c.eth.BlockChain().CurrentBlock()
	block, _, err := c.eth.Miner().BuildTestingPayload(&miner.BuildPayloadArgs{
		Parent:      head.Hash(),
		Timestamp:   max(uint64(c.now().Unix()), head.Time+1),
		Withdrawals: types.Withdrawals{},
		BeaconRoot:  &common.Hash{},
	}, nil, false, nil)
	if err != nil {
		return 0, err
	}
	if _, err := c.eth.BlockChain().InsertBlockWithoutSetHead(context.Background(), block, false); err != nil {
		return 0, err
	}
	if _, err := c.eth.BlockChain().SetCanonical(block); err != nil {
		return 0, err
	}
	c.finalize()
	return len(block.Transactions()), c.eth.TxPool().Sync()
}

// finalize moves `finalized` and `safe` to Depth blocks below the head.
func (c *Chain) finalize() {
	chain := c.eth.BlockChain()
	number := chain.CurrentBlock().Number.Uint64()
	header := chain.GetHeaderByNumber(number - min(number, c.config.Depth))
	chain.SetFinalized(header)
	chain.SetSafe(header)
}

// clockAPI is the evm namespace of the RPC, with the names that other development chains use.
type clockAPI struct{ c *Chain }

// IncreaseTime is evm_increaseTime: it moves the clock forward by seconds and returns the sum of
// all moves in seconds.
func (a *clockAPI) IncreaseTime(seconds uint64) (uint64, error) {
	const most = 100 * 365 * 24 * 3600
	if seconds > most {
		return 0, fmt.Errorf("%d seconds at once: at most a hundred years", seconds)
	}
	d, err := a.c.Advance(time.Duration(seconds) * time.Second)
	return uint64(d / time.Second), err
}

// Mine is evm_mine: it makes blocks, one if not said how many.
func (a *clockAPI) Mine(blocks *uint64) (string, error) {
	n := uint64(1)
	if blocks != nil {
		n = *blocks
	}
	return "0x0", a.c.Mine(n)
}
