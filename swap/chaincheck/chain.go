// Package chaincheck looks on the Oxen chain for what a ledger says of it: whether a transaction is
// in the block of a height, and which transactions made the stakes that a snapshot lists. Auditors
// ask their own daemons with it, and the service its own, to record what auditors need not search
// for. It has no network: a Daemon is given to it.
//
// Of what a daemon says, only the hash of the block at a height is taken on its word, and that of
// further daemons if there are any. The hash binds the block's contents and an id a transaction's
// bytes, which both are computed here. So a daemon can hide what is on the chain, and name a block
// that no other daemon has, and nothing else.
package chaincheck

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// Daemon is one oxend. The calls only read, retry by themselves, are bounded in time by ctx and may
// run concurrently. A height above its chain is swap.ErrNoBlock.
type Daemon interface {
	Name() string
	// BlockHash names the block of the main chain at a height.
	BlockHash(ctx context.Context, height uint64) (swap.Hash, error)
	// Block names the block at a height and gives its bytes.
	Block(ctx context.Context, height uint64) (hash swap.Hash, blob []byte, err error)
	// Transactions gives those that the daemon knows, in any order.
	Transactions(ctx context.Context, ids []swap.Hash) ([]swap.CoinTransaction, error)
}

// Chain is the Oxen chain as daemons show it.
type Chain struct {
	Network cryptonote.Network
	// Daemons are asked for blocks in this order: the first gives a block, and Agree of them, the
	// first one included, must name its hash before anything found in it counts.
	Daemons  []Daemon
	Agree    int // 0: all
	Parallel int // calls at a time; 0: one
}

// confirm asks further daemons for the block at a height until enough of them name it.
func (c *Chain) confirm(ctx context.Context, height uint64, block cryptonote.BlockID) error {
	need := c.Agree
	if need == 0 {
		need = len(c.Daemons)
	}
	var failed []error
	for i, d := range c.Daemons {
		if i == 0 {
			need--
			continue
		}
		if need == 0 {
			break
		}
		hash, err := d.BlockHash(ctx, height)
		switch {
		case err != nil:
			failed = append(failed, err)
		case hash != swap.Hash(block):
			failed = append(failed, fmt.Errorf("daemon %q has block %s at height %d, daemon %q %s", d.Name(), hash, height, c.Daemons[0].Name(), block))
		default:
			need--
		}
	}
	if need > 0 {
		return fmt.Errorf("too few daemons name the same block at height %d: %w", height, errors.Join(failed...))
	}
	return nil
}

// block asks the first daemon for a block and checks that it is what its hash says.
func (c *Chain) block(ctx context.Context, height uint64) (*cryptonote.Block, error) {
	d := c.Daemons[0]
	hash, blob, err := d.Block(ctx, height)
	if err != nil {
		return nil, err
	}
	b, err := cryptonote.ParseBlock(blob)
	if err != nil {
		return nil, fmt.Errorf("daemon %q: the block at height %d: %w", d.Name(), height, err)
	}
	if id := b.ID(); swap.Hash(id) != hash || b.Height() != height {
		return nil, fmt.Errorf("daemon %q: at height %d it names block %s and gives the bytes of block %s of height %d", d.Name(), height, hash, id, b.Height())
	}
	return b, nil
}

// blocks asks for blocks, several at a time, and gives them in the order of the heights.
func (c *Chain) blocks(ctx context.Context, heights []uint64) ([]*cryptonote.Block, error) {
	out, errs := make([]*cryptonote.Block, len(heights)), make([]error, len(heights))
	var group sync.WaitGroup
	workers := min(max(c.Parallel, 1), len(heights))
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(heights) && ctx.Err() == nil; i += workers {
				if out[i], errs[i] = c.block(ctx, heights[i]); errs[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, cmp.Or(errs...)
}

// transactions asks the first daemon for transactions that its blocks name and gives their parsed
// bytes, which nobody has compared with their ids yet.
func (c *Chain) transactions(ctx context.Context, ids []swap.Hash) (map[swap.Hash]*cryptonote.Transaction, error) {
	out := make(map[swap.Hash]*cryptonote.Transaction, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	d := c.Daemons[0]
	found, err := d.Transactions(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range found {
		if out[t.ID], err = parse(t); err != nil {
			return nil, fmt.Errorf("daemon %q: transaction %s: %w", d.Name(), t.ID, err)
		}
	}
	for _, id := range ids {
		if out[id] == nil {
			return nil, fmt.Errorf("daemon %q does not know transaction %s, which one of its blocks has", d.Name(), id)
		}
	}
	return out, nil
}

func parse(t swap.CoinTransaction) (*cryptonote.Transaction, error) {
	raw, err := hex.DecodeString(t.Bytes)
	if err != nil {
		return nil, err
	}
	if t.PrunableHash != nil {
		return cryptonote.ParsePrunedTransaction(raw, *t.PrunableHash)
	}
	return cryptonote.ParseTransaction(raw)
}

// Mined is a transaction that is said to be in the block at a height.
type Mined struct {
	Transaction swap.Hash
	Height      uint64
}

// chunk is how many blocks are held at a time.
const chunk = 64

// Find looks for transactions in their blocks and gives the missing ones, by height. The error says
// that it could not be found out. progress gets how many of the blocks were looked at; it may be
// nil.
func (c *Chain) Find(ctx context.Context, list []Mined, progress func(done, total uint64)) (missing []Mined, err error) {
	byHeight := map[uint64][]Mined{}
	var heights []uint64
	for _, m := range list {
		if byHeight[m.Height] == nil {
			heights = append(heights, m.Height)
		}
		byHeight[m.Height] = append(byHeight[m.Height], m)
	}
	slices.Sort(heights)
	total := uint64(len(heights))
	for len(heights) > 0 {
		n := min(len(heights), chunk)
		blocks, err := c.blocks(ctx, heights[:n])
		if err != nil {
			return nil, err
		}
		for i, b := range blocks {
			if err := c.confirm(ctx, heights[i], b.ID()); err != nil {
				return nil, err
			}
			for _, m := range byHeight[heights[i]] {
				if !b.Contains(cryptonote.TxID(m.Transaction)) {
					missing = append(missing, m)
				}
			}
		}
		if heights = heights[n:]; progress != nil {
			progress(total-uint64(len(heights)), total)
		}
	}
	return missing, nil
}
