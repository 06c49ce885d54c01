package sender_test

import (
	"context"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient/simulated"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// faults makes one call fail, either before it has its effect or after it. The process dies of it,
// unless it is an error that passes.
type faults struct {
	calls  int
	at     int  // the call that fails, from 1; 0: none
	late   bool // it has its effect before
	passes bool // only this call fails; reads count too
	down   bool
}

// arm makes the n-th call from now on fail.
func (f *faults) arm(n int, late, passes bool) { *f = faults{at: n, late: late, passes: passes} }

// write is a call that changes something outside of the process.
func (f *faults) write(effect func() error) error {
	if f.down {
		return errCrash
	}
	f.calls++
	if f.calls != f.at {
		return effect()
	}
	if f.late {
		effect()
	}
	f.down = !f.passes
	return errCrash
}

// read is a call that changes nothing: a process that dies at it leaves the same behind as one that
// dies after the write before it.
func (f *faults) read(effect func() error) error {
	if f.passes || f.down {
		return f.write(effect)
	}
	return effect()
}

// faultyLedger is a ledger that a process uses until it dies.
type faultyLedger struct {
	*memoryLedger
	faults *faults
}

func (l *faultyLedger) View(ctx context.Context, read func(swap.Tables, uint64) error) error {
	return l.faults.read(func() error { return l.memoryLedger.View(ctx, read) })
}

func (l *faultyLedger) Update(ctx context.Context, decide func(swap.Tables, time.Time) ([]swap.Record, error)) (out []ledger.Entry, err error) {
	err = l.faults.write(func() error {
		out, err = l.memoryLedger.Update(ctx, decide)
		return err
	})
	return out, err
}

// faultyChain is the simulated chain as a process uses it until it dies. Its hooks, where set,
// answer instead.
type faultyChain struct {
	simulated.Client
	sim    *simulated.Backend
	faults *faults

	onSend    func(ctx context.Context, tx *types.Transaction) error
	onReceipt func(ctx context.Context, hash common.Hash) (*types.Receipt, error)
	onHeader  func(h *types.Header)
	onID      func() *big.Int
}

func (c *faultyChain) ChainID(ctx context.Context) (id *big.Int, err error) {
	if c.onID != nil {
		return c.onID(), nil
	}
	return c.Client.ChainID(ctx)
}

func (c *faultyChain) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	return c.faults.write(func() error {
		if c.onSend != nil {
			return c.onSend(ctx, tx)
		}
		return c.Client.SendTransaction(ctx, tx)
	})
}

func (c *faultyChain) HeaderByNumber(ctx context.Context, number *big.Int) (h *types.Header, err error) {
	err = c.faults.read(func() error {
		h, err = c.Client.HeaderByNumber(ctx, number)
		return err
	})
	if err == nil && c.onHeader != nil {
		c.onHeader(h)
	}
	return h, err
}

func (c *faultyChain) NonceAt(ctx context.Context, account common.Address, block *big.Int) (n uint64, err error) {
	err = c.faults.read(func() error {
		n, err = c.Client.NonceAt(ctx, account, block)
		return err
	})
	return n, err
}

func (c *faultyChain) FilterLogs(ctx context.Context, q ethereum.FilterQuery) (out []types.Log, err error) {
	err = c.faults.read(func() error {
		out, err = c.Client.FilterLogs(ctx, q)
		return err
	})
	return out, err
}

func (c *faultyChain) TransactionReceipt(ctx context.Context, hash common.Hash) (r *types.Receipt, err error) {
	err = c.faults.read(func() error {
		if c.onReceipt != nil {
			r, err = c.onReceipt(ctx, hash)
			return err
		}
		r, err = c.receipt(ctx, hash)
		return err
	})
	return r, err
}

// receipt waits for the node's index of transactions, which is made in the background. A block that
// comes while the node is at work on it may be left out until the next one, so that one is made if
// it takes long.
func (c *faultyChain) receipt(ctx context.Context, hash common.Hash) (*types.Receipt, error) {
	for begin := time.Now(); ; {
		r, err := c.Client.TransactionReceipt(ctx, hash)
		if err == nil || !strings.Contains(err.Error(), "indexing is in progress") {
			return r, err
		}
		if time.Since(begin) > time.Second {
			c.sim.Commit()
			begin = time.Now()
		}
	}
}
