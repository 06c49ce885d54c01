// Package ethclient reads the token's chain: what the distributor is and holds, what it has
// announced and paid, and how far the chain is final. It never signs and never sends.
//
// Nothing that a single node says is taken on trust where it can be checked: every new connection
// proves its chain id before its answers are used, code is compared byte by byte with what our
// sources compile to, events are taken only from final blocks whose hashes and parents fit
// together, and where several nodes are given, all must say the same.
package ethclient

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/contracts"
)

// Backend is what the reader asks of a node. go-ethereum's client has all of it. Block numbers are
// as there: nil is the newest block, -3 the newest final one. Calls are bounded in time by ctx and
// by the implementation.
type Backend interface {
	ethereum.ChainIDReader
	HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error)
	CodeAt(ctx context.Context, account common.Address, block *big.Int) ([]byte, error)
	BalanceAt(ctx context.Context, account common.Address, block *big.Int) (*big.Int, error)
	CallContract(ctx context.Context, call ethereum.CallMsg, block *big.Int) ([]byte, error)
	FilterLogs(ctx context.Context, q ethereum.FilterQuery) ([]types.Log, error)
	TransactionReceipt(ctx context.Context, hash common.Hash) (*types.Receipt, error)
	SuggestGasTipCap(ctx context.Context) (*big.Int, error)
}

// Node is a node with a name for messages, such as its host. The name must hold no secret.
type Node struct {
	Name string
	Backend
}

// Options are how a chain is read.
type Options struct {
	ChainID uint64 // every node must be on this chain
}

// Reader reads the chain through one or more nodes. Answers come from the first one; the others
// must agree. It may be used by any number of goroutines.
type Reader struct {
	o           Options
	nodes       []Node
	distributor *contracts.Artifact
	token       *contracts.Artifact
}

// New returns a reader over nodes that it has asked for their chain id. A node of another chain is
// a *ChainError.
func New(ctx context.Context, o Options, nodes ...Node) (*Reader, error) {
	if o.ChainID == 0 {
		return nil, errors.New("reading the chain: no chain id given")
	}
	if len(nodes) == 0 {
		return nil, errors.New("reading the chain: no node given: configure at least one RPC URL")
	}
	for _, n := range nodes {
		if err := proveChain(ctx, n, o.ChainID); err != nil {
			return nil, err
		}
	}
	return &Reader{o: o, nodes: nodes, distributor: contracts.Distributor(), token: contracts.TestToken()}, nil
}

func proveChain(ctx context.Context, n Node, want uint64) error {
	id, err := n.ChainID(ctx)
	if err != nil {
		return fmt.Errorf("node %s: chain id: %w", n.Name, err)
	}
	if !id.IsUint64() || id.Uint64() != want {
		return &ChainError{Node: n.Name, Got: id.String(), Want: want}
	}
	return nil
}

// Newest returns a reader through one of the nodes alone, and which one that is: of those that
// answer, the one whose newest block has the highest number, so that a node which is behind or has
// stopped is not the one.
func (r *Reader) Newest(ctx context.Context) (alone *Reader, index int, err error) {
	var highest uint64
	var silent []error
	for i, n := range r.nodes {
		b, err := n.block(ctx, nil)
		if err != nil {
			silent = append(silent, err)
			continue
		}
		if alone == nil || b.Number > highest {
			one := *r
			one.nodes = r.nodes[i : i+1]
			alone, index, highest = &one, i, b.Number
		}
	}
	if alone == nil {
		return nil, 0, errors.Join(silent...)
	}
	return alone, index, nil
}

// Name is that of the node whose answers are returned.
func (r *Reader) Name() string { return r.first().Name }

// ChainID is the chain that every node has proved to be on.
func (r *Reader) ChainID() uint64 { return r.o.ChainID }

// first is the node whose answers are returned.
func (r *Reader) first() Node { return r.nodes[0] }
