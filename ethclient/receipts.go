package ethclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/swap"
)

// together is how many transactions or blocks one request asks about. A receipt of a push to 200
// recipients has 120 kB.
const together = 100

// Receipt is what the first node says about one transaction.
type Receipt struct {
	Inclusion *swap.Inclusion // nil: no block holds it
	Err       error           // not nil: the node could not say, such as while it is indexing; nothing follows from it
}

// Receipt returns where a transaction is, on a chain that the first node still has, or nil if no
// block holds it. Any other answer, such as that the node is still indexing, is an error: nothing
// follows from it.
func (r *Reader) Receipt(ctx context.Context, hash swap.Hash) (*swap.Inclusion, error) {
	all, err := r.Receipts(ctx, []swap.Hash{hash})
	if err != nil {
		return nil, err
	}
	return all[0].Inclusion, all[0].Err
}

// Receipts are those of many transactions, in their order. Where the node is reached by JSON-RPC,
// it takes two requests for every hundred transactions: one for the receipts, and one to see that
// the blocks they name are on the chain.
func (r *Reader) Receipts(ctx context.Context, hashes []swap.Hash) ([]Receipt, error) {
	node := r.first()
	found, err := askEach(ctx, node, hashes, "eth_getTransactionReceipt",
		func(h swap.Hash) []any { return []any{common.Hash(h)} },
		func(h swap.Hash) (*types.Receipt, error) { return node.TransactionReceipt(ctx, common.Hash(h)) })
	if err != nil {
		return nil, fmt.Errorf("node %s: receipts of %d transactions: %w", node.Name, len(hashes), err)
	}
	out := make([]Receipt, len(hashes))
	var numbers []uint64
	for i, f := range found {
		hash := hashes[i]
		switch {
		case errors.Is(f.err, ethereum.NotFound):
		case f.err != nil:
			out[i].Err = fmt.Errorf("receipt of transaction 0x%s: %w", hash, f.err)
		case f.value.TxHash != common.Hash(hash) || f.value.BlockNumber == nil || !f.value.BlockNumber.IsUint64():
			out[i].Err = fmt.Errorf("receipt of transaction 0x%s: it is of %s in block %v: %w",
				hash, f.value.TxHash, f.value.BlockNumber, ErrMalformed)
		default:
			numbers = append(numbers, f.value.BlockNumber.Uint64())
			out[i] = included(hash, f.value)
		}
	}
	slices.Sort(numbers)
	blocks, err := r.blocks(ctx, slices.Compact(numbers))
	if err != nil {
		return nil, err
	}
	for i := range out {
		in := out[i].Inclusion
		if in == nil {
			continue
		}
		switch b := blocks[in.Block]; {
		case b.err != nil:
			out[i] = Receipt{Err: fmt.Errorf("receipt of transaction 0x%s: block %d: %w", in.Hash, in.Block, b.err)}
		case swap.Hash(b.value.Hash) != in.BlockHash:
			out[i] = Receipt{Err: fmt.Errorf("receipt of transaction 0x%s: block %d: %w", in.Hash, in.Block, ErrReorganised)}
		}
	}
	return out, nil
}

// included is what a receipt says.
func included(hash swap.Hash, receipt *types.Receipt) Receipt {
	fee := new(big.Int)
	if receipt.EffectiveGasPrice != nil {
		fee.Mul(receipt.EffectiveGasPrice, number(receipt.GasUsed))
	}
	paid, err := amount[swap.Wei](fee)
	if err != nil {
		return Receipt{Err: fmt.Errorf("fee of transaction 0x%s: %w", hash, err)}
	}
	return Receipt{Inclusion: &swap.Inclusion{
		Hash: hash, Block: receipt.BlockNumber.Uint64(), BlockHash: swap.Hash(receipt.BlockHash),
		Success: receipt.Status == types.ReceiptStatusSuccessful, GasUsed: receipt.GasUsed, Fee: paid,
	}}
}

// blocks are those that the first node has, by number.
func (r *Reader) blocks(ctx context.Context, numbers []uint64) (map[uint64]answer[Block], error) {
	node := r.first()
	headers, err := askEach(ctx, node, numbers, "eth_getBlockByNumber",
		func(n uint64) []any { return []any{fmt.Sprintf("0x%x", n), false} },
		func(n uint64) (*types.Header, error) { return node.HeaderByNumber(ctx, number(n)) })
	if err != nil {
		return nil, fmt.Errorf("node %s: %d blocks: %w", node.Name, len(numbers), err)
	}
	out := make(map[uint64]answer[Block], len(numbers))
	for i, h := range headers {
		n := numbers[i]
		switch {
		case h.err != nil:
			out[n] = answer[Block]{err: h.err}
		case h.value.Number == nil || !h.value.Number.IsUint64() || h.value.Number.Uint64() != n:
			out[n] = answer[Block]{err: fmt.Errorf("it answered with block %v: %w", h.value.Number, ErrMalformed)}
		default:
			out[n] = answer[Block]{value: newBlock(h.value)}
		}
	}
	return out, nil
}

// Known reports for each transaction whether the first node knows it, in a block or waiting for
// one. ok is false if it cannot be asked.
func Known(ctx context.Context, node any, hashes []swap.Hash) (known []bool, ok bool) {
	single, can := node.(interface {
		TransactionByHash(ctx context.Context, hash common.Hash) (*types.Transaction, bool, error)
	})
	if !can || len(hashes) == 0 {
		return nil, can
	}
	found, err := askEach(ctx, node, hashes, "eth_getTransactionByHash",
		func(h swap.Hash) []any { return []any{common.Hash(h)} },
		func(h swap.Hash) (*json.RawMessage, error) {
			_, _, err := single.TransactionByHash(ctx, common.Hash(h))
			return &json.RawMessage{}, err
		})
	if err != nil {
		return nil, false
	}
	known = make([]bool, len(found))
	for i, f := range found {
		if f.err != nil && !errors.Is(f.err, ethereum.NotFound) {
			return nil, false
		}
		known[i] = f.err == nil
	}
	return known, true
}

// answer is the answer to one of many questions.
type answer[T any] struct {
	value T
	err   error // ethereum.NotFound: null
}

// askEach asks one question of many things: in batches where the node is reached by JSON-RPC, else
// one by one. The error is about a whole request. A batch that is too long for the node, or for the
// limit on an answer, is asked again in halves.
func askEach[K, V any](ctx context.Context, node any, keys []K, method string, args func(K) []any, single func(K) (*V, error)) ([]answer[*V], error) {
	client := remote(node)
	out := make([]answer[*V], 0, len(keys))
	if client == nil {
		for _, k := range keys {
			v, err := single(k)
			if err == nil && v == nil {
				err = ethereum.NotFound
			}
			out = append(out, answer[*V]{v, err})
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		return out, nil
	}
	for part := range slices.Chunk(keys, together) {
		answers, err := askBatch[K, V](ctx, client, part, method, args)
		if err != nil {
			return nil, err
		}
		out = append(out, answers...)
	}
	return out, nil
}

// remote is the JSON-RPC client behind a node, nil if there is none.
func remote(node any) *rpc.Client {
	if n, named := node.(Node); named {
		node = n.Backend
	}
	if c, ok := node.(interface{ Client() *rpc.Client }); ok {
		return c.Client()
	}
	return nil
}

func askBatch[K, V any](ctx context.Context, client *rpc.Client, keys []K, method string, args func(K) []any) ([]answer[*V], error) {
	results := make([]*V, len(keys))
	batch := make([]rpc.BatchElem, len(keys))
	for i, k := range keys {
		batch[i] = rpc.BatchElem{Method: method, Args: args(k), Result: &results[i]}
	}
	err := client.BatchCallContext(ctx, batch)
	tooLong := errors.Is(err, errTooLong)
	for i := range batch {
		if refused := rpc.Error(nil); errors.As(batch[i].Error, &refused) && refused.ErrorCode() == responseTooLarge {
			tooLong = true
		}
	}
	if tooLong && len(keys) > 1 {
		left, err := askBatch[K, V](ctx, client, keys[:len(keys)/2], method, args)
		if err != nil {
			return nil, err
		}
		right, err := askBatch[K, V](ctx, client, keys[len(keys)/2:], method, args)
		return append(left, right...), err
	}
	if err != nil {
		return nil, err
	}
	out := make([]answer[*V], len(keys))
	for i := range batch {
		out[i] = answer[*V]{results[i], batch[i].Error}
		if batch[i].Error == nil && results[i] == nil {
			out[i].err = ethereum.NotFound
		}
	}
	return out, nil
}

// responseTooLarge is the code with which go-ethereum's server refuses the rest of a batch whose
// answer passes its limit.
const responseTooLarge = -32003
