package ethclient

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/swap"
)

// Block is a block as the chain knows it.
type Block struct {
	Number   uint64
	Hash     common.Hash
	Parent   common.Hash
	Time     uint64   // Unix seconds
	GasLimit uint64   // of all its transactions; on Arbitrum more than any block uses
	BaseFee  *big.Int // wei per gas; nil on chains older than EIP-1559
}

func newBlock(h *types.Header) Block {
	return Block{Number: h.Number.Uint64(), Hash: h.Hash(), Parent: h.ParentHash, Time: h.Time, GasLimit: h.GasLimit, BaseFee: h.BaseFee}
}

func (n Node) block(ctx context.Context, number *big.Int) (Block, error) {
	h, err := n.HeaderByNumber(ctx, number)
	if err != nil {
		return Block{}, fmt.Errorf("node %s: block %v: %w", n.Name, number, err)
	}
	if h.Number == nil || !h.Number.IsUint64() || (number != nil && number.Sign() >= 0 && h.Number.Cmp(number) != 0) {
		return Block{}, fmt.Errorf("node %s: block %v: it answered with block %v: %w", n.Name, number, h.Number, ErrMalformed)
	}
	return newBlock(h), nil
}

// final asks one node for its newest final block: on Arbitrum One that is the newest block whose
// data is in a final block of Ethereum, about 13 minutes old. Development chains answer too: anvil
// with the block two of its epochs (--slots-in-an-epoch, 32 blocks unless told) below the head,
// go-ethereum's simulated chain with the last multiple of 32.
func (n Node) final(ctx context.Context) (Block, error) {
	b, err := n.block(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber)))
	var refused rpc.Error
	if errors.Is(err, ethereum.NotFound) || errors.As(err, &refused) {
		return Block{}, fmt.Errorf("%w (%w)", ErrNoFinal, err)
	}
	return b, err
}

// Head returns the newest block of the first node. It may still be reorganised.
func (r *Reader) Head(ctx context.Context) (Block, error) { return r.first().block(ctx, nil) }

// BlockAt returns the block with a number, as the first node has it.
func (r *Reader) BlockAt(ctx context.Context, n uint64) (Block, error) {
	return r.first().block(ctx, number(n))
}

// BlockTime is the time stamp of a block.
func (r *Reader) BlockTime(ctx context.Context, n uint64) (time.Time, error) {
	b, err := r.BlockAt(ctx, n)
	return time.Unix(int64(b.Time), 0).UTC(), err
}

// Finalized returns the newest block that is final for every node, having compared its hash in all
// of them: two nodes with one final block agree on everything below it. A difference is a
// *DisagreeError, a node without a final block ErrNoFinal.
func (r *Reader) Finalized(ctx context.Context) (Block, error) {
	lowest := Block{}
	for i, n := range r.nodes {
		b, err := n.final(ctx)
		if err != nil {
			return Block{}, err
		}
		if i == 0 || b.Number < lowest.Number {
			lowest = b
		}
	}
	return lowest, r.agreeOn(ctx, lowest)
}

// Agree compares the nodes' heads: the lowest one must be on every node's chain. A difference is a
// *DisagreeError; where blocks are made slowly it may pass by itself.
func (r *Reader) Agree(ctx context.Context) error {
	if len(r.nodes) == 1 {
		return nil
	}
	lowest := Block{}
	for i, n := range r.nodes {
		b, err := n.block(ctx, nil)
		if err != nil {
			return err
		}
		if i == 0 || b.Number < lowest.Number {
			lowest = b
		}
	}
	return r.agreeOn(ctx, lowest)
}

// agreeOn looks for a block in every node's chain.
func (r *Reader) agreeOn(ctx context.Context, b Block) error {
	if len(r.nodes) == 1 {
		return nil
	}
	hashes := make([]common.Hash, len(r.nodes))
	for i, n := range r.nodes {
		own, err := n.block(ctx, number(b.Number))
		if err != nil {
			return err
		}
		hashes[i] = own.Hash
		if own.Hash != hashes[0] {
			return &DisagreeError{A: r.first().Name, B: n.Name, What: fmt.Sprintf("block %d (%s and %s)", b.Number, hashes[0], own.Hash)}
		}
	}
	if hashes[0] != b.Hash {
		return fmt.Errorf("block %d: %w", b.Number, ErrReorganised)
	}
	return nil
}

// OnChain reports whether a block that was seen before is still on every node's chain.
func (r *Reader) OnChain(ctx context.Context, n uint64, hash swap.Hash) (bool, error) {
	for _, node := range r.nodes {
		b, err := node.block(ctx, number(n))
		if errors.Is(err, ethereum.NotFound) {
			return false, nil
		}
		if err != nil || b.Hash != common.Hash(hash) {
			return false, err
		}
	}
	return true, nil
}

func number(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
