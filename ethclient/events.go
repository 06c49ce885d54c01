package ethclient

import (
	"bytes"
	"context"
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

// eventRange is how many blocks one request asks for at most; a node that finds it too many is
// asked for fewer.
const eventRange = 10_000

// Events visits the distributor's events in the blocks from..to in the chain's order, as the ledger
// records them: *swap.RootProposed, *swap.RootActivated, *swap.RootCancelled, *swap.PayoutSeen, and
// *swap.DistributorSeen for every other. Only logs of exactly this address and of its own events
// count.
//
// `to` must be final (*NotFinalError). All nodes must give the same logs (*DisagreeError), each in
// a block that is on the chain under its number and follows the block before it; otherwise, or if
// `to` is replaced in between, the error wraps ErrReorganised. What was visited before an error was
// true when it was read: visit it again after a retry.
func (r *Reader) Events(ctx context.Context, address swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error {
	if from > to {
		return nil
	}
	final, err := r.Finalized(ctx)
	if err != nil {
		return err
	}
	if to > final.Number {
		return &NotFinalError{Block: to, Final: final.Number}
	}
	last, err := r.BlockAt(ctx, to)
	if err != nil {
		return err
	}
	for at := from; ; {
		end := min(to, at+eventRange-1)
		logs, err := r.logs(ctx, address, at, end)
		if err != nil {
			return fmt.Errorf("events of distributor %s in blocks %d to %d: %w", address, at, end, err)
		}
		if err := r.checkBlocks(ctx, logs); err != nil {
			return err
		}
		if ok, err := r.OnChain(ctx, to, swap.Hash(last.Hash)); err != nil || !ok {
			return errors.Join(err, fmt.Errorf("block %d: %w", to, ErrReorganised))
		}
		for i := range logs {
			e, err := r.decode(&logs[i])
			if err != nil {
				return fmt.Errorf("log %d of transaction %s in block %d: %w",
					logs[i].Index, logs[i].TxHash, logs[i].BlockNumber, err)
			}
			if err := visit(e); err != nil {
				return err
			}
		}
		if end == to {
			return nil
		}
		at = end + 1
	}
}

// logs reads the same logs from every node.
func (r *Reader) logs(ctx context.Context, address swap.EVMAddress, from, to uint64) ([]types.Log, error) {
	var out []types.Log
	for i, n := range r.nodes {
		logs, err := r.logsOf(ctx, n, address, from, to)
		if err != nil {
			return nil, fmt.Errorf("node %s: %w", n.Name, err)
		}
		if i == 0 {
			out = logs
		} else if !slices.EqualFunc(out, logs, sameLog) {
			return nil, &DisagreeError{A: r.first().Name, B: n.Name, What: fmt.Sprintf("the events in blocks %d to %d", from, to)}
		}
	}
	return out, nil
}

// logsOf asks one node, in halves where it refuses a range.
func (r *Reader) logsOf(ctx context.Context, n Node, address swap.EVMAddress, from, to uint64) ([]types.Log, error) {
	topics := make([]common.Hash, 0, len(r.distributor.ABI.Events))
	for _, e := range r.distributor.ABI.Events {
		topics = append(topics, e.ID)
	}
	slices.SortFunc(topics, common.Hash.Cmp)
	logs, err := n.FilterLogs(ctx, ethereum.FilterQuery{
		FromBlock: number(from), ToBlock: number(to), Addresses: []common.Address{common.Address(address)}, Topics: [][]common.Hash{topics},
	})
	if refused := rpc.Error(nil); errors.As(err, &refused) && from < to && ctx.Err() == nil {
		middle := from + (to-from)/2
		left, err := r.logsOf(ctx, n, address, from, middle)
		if err != nil {
			return nil, err
		}
		right, err := r.logsOf(ctx, n, address, middle+1, to)
		return append(left, right...), err
	}
	if err != nil {
		return nil, err
	}
	for i := range logs {
		l := &logs[i]
		switch {
		case l.Address != common.Address(address), len(l.Topics) == 0, !slices.Contains(topics, l.Topics[0]):
			return nil, fmt.Errorf("log %d of transaction %s was not asked for: %w", l.Index, l.TxHash, ErrMalformed)
		case l.Removed, l.BlockNumber < from, l.BlockNumber > to:
			return nil, fmt.Errorf("log %d of transaction %s is of block %d, removed: %t: %w",
				l.Index, l.TxHash, l.BlockNumber, l.Removed, ErrMalformed)
		case i > 0 && !before(&logs[i-1], l):
			return nil, fmt.Errorf("log %d of transaction %s is out of order: %w", l.Index, l.TxHash, ErrMalformed)
		}
	}
	return logs, nil
}

func before(a, b *types.Log) bool {
	return a.BlockNumber < b.BlockNumber || (a.BlockNumber == b.BlockNumber && a.Index < b.Index)
}

func sameLog(a, b types.Log) bool {
	return a.BlockHash == b.BlockHash && a.BlockNumber == b.BlockNumber && a.TxHash == b.TxHash && a.Index == b.Index &&
		a.Address == b.Address && slices.Equal(a.Topics, b.Topics) && bytes.Equal(a.Data, b.Data)
}

// checkBlocks looks up the block of every log, and the one before it.
func (r *Reader) checkBlocks(ctx context.Context, logs []types.Log) error {
	var numbers []uint64
	for i := range logs {
		n := logs[i].BlockNumber
		if i > 0 && n == logs[i-1].BlockNumber {
			continue
		}
		if n > 0 && (i == 0 || logs[i-1].BlockNumber != n-1) {
			numbers = append(numbers, n-1)
		}
		numbers = append(numbers, n)
	}
	blocks, err := r.blocks(ctx, numbers)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := blocks[n].err; err != nil {
			return fmt.Errorf("node %s: block %d: %w", r.first().Name, n, err)
		}
	}
	for i := range logs {
		l := &logs[i]
		if is := blocks[l.BlockNumber].value; l.BlockHash != is.Hash {
			return fmt.Errorf("log %d of transaction %s is of block %s, block %d is %s: %w",
				l.Index, l.TxHash, l.BlockHash, is.Number, is.Hash, ErrReorganised)
		}
	}
	for _, n := range numbers {
		b := blocks[n].value
		if before, ok := blocks[n-1]; ok && n > 0 && b.Parent != before.value.Hash {
			return fmt.Errorf("block %d follows %s, block %d is %s: %w",
				b.Number, b.Parent, n-1, before.value.Hash, ErrReorganised)
		}
	}
	return nil
}

// decode reads a log of the distributor, in the only encoding that the contract gives.
func (r *Reader) decode(l *types.Log) (swap.Event, error) {
	event, err := r.distributor.ABI.EventByID(l.Topics[0])
	if err != nil {
		return nil, err
	}
	f, err := readFields(event, l)
	if err != nil {
		return nil, err
	}
	at := swap.LogPosition{Tx: swap.Hash(l.TxHash), Block: l.BlockNumber, BlockHash: swap.Hash(l.BlockHash), LogIndex: uint64(l.Index)}
	var e swap.Event
	switch event.Name {
	case "RootProposed":
		e = &swap.RootProposed{
			Round: f.number("round"), Root: f.hash("root"), Total: f.amount("total"),
			LedgerSize: f.number("ledgerSize"), LedgerRoot: f.hash("ledgerRoot"), LiveAt: f.number("activatesAt"), LogPosition: at,
		}
	case "RootActivated":
		e = &swap.RootActivated{Round: f.number("round"), Root: f.hash("root"), LogPosition: at}
	case "RootCancelled":
		e = &swap.RootCancelled{Round: f.number("round"), Root: f.hash("root"), LogPosition: at}
	case "Claimed":
		e = &swap.PayoutSeen{
			Recipient: f.address("account"), Amount: f.amount("amount"), Cumulative: f.amount("cumulative"),
			Round: f.number("round"), LogPosition: at,
		}
	default:
		e = &swap.DistributorSeen{Event: event.Name, Fields: f.text(), LogPosition: at}
	}
	return e, f.err
}

// number and its like read a field of an event; the first that fails leaves its error.
func (f *fields) number(name string) uint64  { return field[uint64](f, name) }
func (f *fields) hash(name string) swap.Hash { return swap.Hash(field[[32]byte](f, name)) }
func (f *fields) address(name string) swap.EVMAddress {
	return swap.EVMAddress(field[common.Address](f, name))
}

func (f *fields) amount(name string) swap.Sesh {
	a, err := amount[swap.Sesh](field[*big.Int](f, name))
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %w", name, err)
	}
	return a
}
