package sender

import (
	"context"
	"errors"
	"time"

	"oxenswap/ethclient/reconcile"
	"oxenswap/swap"
)

// maxLooks is how many final blocks are tried until the ledger has nothing newer than the one
// compared: while holders claim, events become final at any moment.
const maxLooks = 10

// confirmations is how many comparisons in a row must find differences before they count: one
// address may serve several nodes, and one of them that is behind leaves out the newest events
// without saying so.
const confirmations = 3

// Reconcile rebuilds every payment from the distributor's final events and compares them with the
// ledger and the live root. Differences that nobody has acknowledged are recorded, which stops
// sending, whatever is restarted, until a correction names that entry. It signs and sends nothing.
func (s *Sender) Reconcile(ctx context.Context) (*reconcile.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.identify(ctx, false); err != nil {
		return nil, err
	}
	return s.reconcile(ctx)
}

func (s *Sender) reconcile(ctx context.Context) (*reconcile.Report, error) {
	for look := 1; ; look++ {
		// What is final by now is recorded before the comparison: then the ledger has all up to
		// that block.
		r, err := s.compare(ctx, true, func() error { return errors.Join(s.settle(ctx), s.sync(ctx)) })
		if err != nil {
			return nil, err
		}
		if len(r.Differences) == 0 || look == confirmations {
			return r, s.recordDifferences(ctx, r)
		}
		if err := s.o.Sleep(ctx, firstLook); err != nil {
			return nil, err
		}
	}
}

// Inspect is Reconcile without writing anything: what the ledger is yet to record is counted as
// newer. It can run beside a command that sends.
func (s *Sender) Inspect(ctx context.Context) (*reconcile.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.identify(ctx, false); err != nil {
		return nil, err
	}
	return s.inspect(ctx)
}

func (s *Sender) inspect(ctx context.Context) (*reconcile.Report, error) {
	return s.compare(ctx, false, func() error { return nil })
}

// compare finds a final block beyond which the ledger has nothing, and compares up to it.
func (s *Sender) compare(ctx context.Context, synced bool, before func() error) (*reconcile.Report, error) {
	for look := 1; ; look++ {
		final, err := s.chain.Finalized(ctx)
		if err != nil {
			return nil, err
		}
		if err := before(); err != nil {
			return nil, err
		}
		r, err := reconcile.Compare(ctx, s.chain, s.ledger, final, synced)
		if err == nil || !errors.Is(err, reconcile.ErrAhead) || look == maxLooks {
			return r, err
		}
	}
}

// recordDifferences raises the alarm, unless it was raised for the same differences already.
func (s *Sender) recordDifferences(ctx context.Context, r *reconcile.Report) error {
	if len(r.Differences) == 0 {
		return nil
	}
	record, err := swap.NewChainDiffers(r.Block, r.BlockHash, r.Differences)
	if err != nil {
		return err
	}
	_, err = s.ledger.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		for _, list := range m.Differs {
			if list == record.Event.(*swap.ChainDiffers).List {
				return nil, nil
			}
		}
		return []swap.Record{record}, nil
	})
	return err
}

// mustAgree refuses to go on when the chain and the ledger differ.
func (op *operation) mustAgree(ctx context.Context) error {
	if _, err := op.reconcile(ctx); err != nil {
		return err
	}
	return op.reload(ctx)
}
