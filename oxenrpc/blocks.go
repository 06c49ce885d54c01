package oxenrpc

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// Block asks for the block at a height of the main chain: the hash that the daemon names for it,
// and its bytes. Whether they belong together is left to the caller.
func (c *Client) Block(ctx context.Context, height uint64) (hash swap.Hash, blob []byte, err error) {
	b, body, err := ask(ctx, c, wire.CallBlock, heightParam{height}, wire.ParseBlock)
	if err == nil && b.Header.Height != height {
		err = c.error(wire.CallBlock, body, fmt.Errorf("the block of height %d, asked for %d", b.Header.Height, height))
	}
	return b.Header.Hash, b.Blob, c.shorter(wire.CallBlock, err)
}

// BlockHash asks for the hash of the block at a height of the main chain.
func (c *Client) BlockHash(ctx context.Context, height uint64) (swap.Hash, error) {
	h, body, err := ask(ctx, c, wire.CallHeader, heightParam{height}, wire.ParseHeader)
	if err == nil && h.Height != height {
		err = c.error(wire.CallHeader, body, fmt.Errorf("the header of block %d, asked for %d", h.Height, height))
	}
	return h.Hash, c.shorter(wire.CallHeader, err)
}

// shorter makes one error of the ways in which a daemon says that its chain ends below a height.
func (c *Client) shorter(call string, err error) error {
	var rpc *wire.RPCError
	if errors.As(err, &rpc) && rpc.Code == wire.CodeTooBigHeight {
		return c.error(call, nil, fmt.Errorf("%w: %w", swap.ErrNoBlock, rpc))
	}
	return err
}

// Transactions asks for transactions by id. Those that the daemon does not know are left out.
func (c *Client) Transactions(ctx context.Context, ids []swap.Hash) ([]swap.CoinTransaction, error) {
	found, err := c.GetTransactions(ctx, ids)
	if err != nil {
		return nil, err
	}
	return coinTransactions(found), nil
}

func coinTransactions(found wire.Transactions) (out []swap.CoinTransaction) {
	for _, t := range found.Found {
		coin := swap.CoinTransaction{ID: t.Hash, Height: t.Height, InPool: t.InPool, Bytes: hex.EncodeToString(t.Blob)}
		if t.Pruned {
			coin.PrunableHash = &t.PrunableHash
		}
		out = append(out, coin)
	}
	return out
}

// Calls is how many requests were sent so far, repeated ones included.
func (c *Client) Calls() uint64 { return c.calls.Load() }
