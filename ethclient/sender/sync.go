package sender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oxenswap/ethclient"
	"oxenswap/swap"
)

// syncBatch is how many events of the distributor are recorded in one transaction of the ledger.
const syncBatch = 500

// Sync records what the distributor did in final blocks since the last look, and how far our own
// transactions got. It signs and sends nothing, and returns the migration as it is known then; look
// at its Alarms.
func (s *Sender) Sync(ctx context.Context) (swap.Migration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.identify(ctx, false); err != nil {
		return swap.Migration{}, err
	}
	if err := s.sync(ctx); err != nil {
		return swap.Migration{}, err
	}
	if err := s.settle(ctx); err != nil {
		return swap.Migration{}, err
	}
	return s.migration(ctx)
}

// identify refuses another chain than the terms', another token, a token with other than nine
// decimals, and a distributor with other code or settings than the ledger's. With roles, those must
// be the expected ones too.
func (s *Sender) identify(ctx context.Context, roles bool) (swap.Migration, error) {
	m, err := s.migration(ctx)
	if err != nil {
		return m, err
	}
	if s.o.Missing != nil {
		return m, fmt.Errorf("not all nodes are read that must agree: %w", s.o.Missing)
	}
	token := m.Terms.Token
	if id := s.chain.ChainID(); id != token.ChainID {
		return m, fmt.Errorf("the RPC is that of chain %d, the terms' token is on chain %d: configure chain.rpc",
			id, token.ChainID)
	}
	if err := s.chain.Agree(ctx); err != nil {
		return m, err
	}
	if _, err := s.chain.CheckToken(ctx, swap.EVMAddress(token.Address), token.Symbol); err != nil {
		return m, err
	}
	d := m.Distributor
	if d == nil {
		return m, nil
	}
	state, err := s.chain.Distributor(ctx, d.Address, nil)
	if err != nil {
		return m, err
	}
	if state.CodeHash != d.CodeHash {
		return m, fmt.Errorf("the code of %s has hash 0x%s, the ledger's distributor 0x%s: nothing is sent; "+
			"ask another node, and find out what stands there", d.Address, state.CodeHash, d.CodeHash)
	}
	want := ethclient.Settings{
		Token: d.Token, Owner: d.Owner, Publisher: d.Publisher, Guardian: d.Guardian, ActivationDelay: d.ActivationDelay,
		TermsCloseAt: state.Immutables.TermsCloseAt, // covered by the code's hash; the terms may have been extended since
		ClosesAt:     d.ClosesAt,
	}
	if want.Migration, err = migrationID(m); err != nil {
		return m, err
	}
	if r := s.o.Roles; r != nil {
		want.Owner, want.Publisher, want.Guardian = r.Owner, r.Publisher, r.Guardian
	}
	if !roles {
		want.Owner, want.Publisher, want.Guardian = state.Owner, state.Publisher, state.Guardian
	}
	_, err = s.chain.CheckDistributor(ctx, d.Address, want)
	return m, err
}

// sync records the distributor's events of final blocks, each once and in the chain's order.
func (s *Sender) sync(ctx context.Context) error {
	var d *swap.Distributor
	var last *swap.LogPosition
	if err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		d, last = m.Distributor, nil
		at, err := t.LastLog()
		if err == nil {
			last = &at
		} else if errors.Is(err, swap.ErrNotFound) {
			err = nil
		}
		return err
	}); err != nil || d == nil {
		return err
	}
	final, err := s.chain.Finalized(ctx)
	if err != nil {
		return err
	}
	from, found := d.Block, last == nil
	if last != nil {
		from = last.Block
		if from > final.Number {
			return fmt.Errorf("the newest final block is %d, and the ledger has an event of block %d: the node is behind, "+
				"or on another fork", final.Number, from)
		}
	}
	var events []swap.ChainEvent
	flush := func() error {
		if len(events) == 0 {
			return nil
		}
		err := s.recordLogs(ctx, events)
		events = events[:0]
		return err
	}
	if err := s.chain.Events(ctx, d.Address, from, final.Number, func(e swap.Event) error {
		seen, err := swap.AsChainEvent(e)
		if err != nil {
			return err
		}
		at := seen.Position()
		if last != nil && at.Block == last.Block {
			if at.BlockHash != last.BlockHash {
				return fmt.Errorf("block %d was final with hash 0x%s and is 0x%s now: nothing is recorded or sent; "+
					"ask another node", at.Block, last.BlockHash, at.BlockHash)
			}
			found = found || at == *last
		}
		events = append(events, seen)
		if len(events) == syncBatch && found {
			return flush()
		}
		return nil
	}); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("log %d of transaction 0x%s, which was final in block %d, is not on the chain any more: "+
			"nothing is recorded or sent; ask another node", last.LogIndex, last.Tx, last.Block)
	}
	return flush()
}

// recordLogs appends the events that the ledger does not have.
func (s *Sender) recordLogs(ctx context.Context, events []swap.ChainEvent) error {
	for _, e := range events {
		if p, ok := e.(*swap.RootProposed); ok {
			if err := s.compareRoot(ctx, p); err != nil {
				return err
			}
		}
	}
	_, err := s.ledger.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		var out []swap.Record
		for _, e := range events {
			at := e.Position()
			_, err := t.SeenLog(at.Tx, at.LogIndex)
			switch {
			case errors.Is(err, swap.ErrNotFound):
				out = append(out, swap.Record{Event: e})
			case err != nil:
				return nil, err
			}
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("recording the distributor's events: %w", err)
	}
	return nil
}

// compareRoot notes in a proposal that it was made for another log than this one. A size that this
// log does not have yet is a difference of its own.
func (s *Sender) compareRoot(ctx context.Context, p *swap.RootProposed) error {
	var entries uint64
	if err := s.ledger.View(ctx, func(_ swap.Tables, size uint64) error {
		entries = size
		return nil
	}); err != nil || p.LedgerSize > entries {
		return err
	}
	root, err := s.ledger.RootAt(ctx, p.LedgerSize)
	if err != nil {
		return fmt.Errorf("root of the ledger at size %d, for which round %d was proposed: %w", p.LedgerSize, p.Round, err)
	}
	if own := swap.Hash(root); own != p.LedgerRoot {
		p.OwnRoot = &own
	}
	return nil
}
