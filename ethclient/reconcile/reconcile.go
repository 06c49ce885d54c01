// Package reconcile rebuilds every payment of a distributor from its final events alone, from its
// deployment on, and holds the ledger against them, and both against what the contract itself says.
//
// Nothing that the ledger recorded of the chain is used to find out what happened there. What
// differs is listed; nothing is repaired. Memory grows with the accounts that were paid, not with
// their payments.
package reconcile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"oxenswap/ethclient"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// ErrAhead is returned when the ledger has events of blocks above the one that was to be compared:
// the node is behind, or the ledger grew meanwhile. With a newer final block it may work.
var ErrAhead = errors.New("the ledger has events of later blocks than the node's newest final one: ask again, or another node")

// Chain reads the token's chain. Every method is about final blocks of one chain, and fails rather
// than answer of another.
type Chain interface {
	Events(ctx context.Context, distributor swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error
	Distributor(ctx context.Context, address swap.EVMAddress, block *big.Int) (*ethclient.State, error)
	Claimed(ctx context.Context, distributor swap.EVMAddress, recipients []swap.EVMAddress, block uint64) ([]swap.Sesh, error)
}

var _ Chain = (*ethclient.Reader)(nil)

// Ledger is the log that is compared. Nothing is written.
type Ledger interface {
	View(ctx context.Context, read func(t swap.Tables, size uint64) error) error
	swap.Attachments
	// Event returns an entry's event and time.
	Event(ctx context.Context, seq uint64) (swap.Event, time.Time, error)
}

// Report is what a comparison found. Amounts are in atomic SESH.
type Report struct {
	Block        uint64            `json:"block"` // the final one up to which the chain was read
	BlockHash    swap.Hash         `json:"block_hash"`
	Events       uint64            `json:"events"`
	Newer        uint64            `json:"newer"` // of them, how many the ledger is yet to record
	Payments     uint64            `json:"payments"`
	Recipients   uint64            `json:"recipients"` // who were paid
	Paid         swap.Sesh         `json:"paid"`
	Owed         swap.Sesh         `json:"owed"`    // under the live root, not paid yet
	Balance      swap.Sesh         `json:"balance"` // of the distributor
	Differences  []swap.Difference `json:"differences"`
	Acknowledged uint64            `json:"acknowledged"` // differences that a person has answered already
}

// comparison is one under way.
type comparison struct {
	chain  Chain
	ledger Ledger
	final  ethclient.Block
	synced bool

	m        swap.Migration
	last     uint64 // block of the last event that the ledger has
	rounds   []swap.Round
	own      map[swap.Hash]*ownTx
	accounts map[swap.EVMAddress]*account

	events []swap.ChainEvent      // on chain, without payments
	roots  map[uint64]*chainRound // by round, as the events up to c.last tell
	live   uint64                 // round of the last activation, up to c.final
	swept  bool
	out    *Report
}

// Compare reads the chain up to a final block and compares. synced says that the ledger has
// recorded all up to that block: then an event that it lacks is a difference; otherwise only one
// that is not newer than its last.
func Compare(ctx context.Context, chain Chain, ledger Ledger, final ethclient.Block, synced bool) (*Report, error) {
	c := &comparison{
		chain: chain, ledger: ledger, final: final, synced: synced,
		own: map[swap.Hash]*ownTx{}, accounts: map[swap.EVMAddress]*account{}, roots: map[uint64]*chainRound{},
		out: &Report{Block: final.Number, BlockHash: swap.Hash(final.Hash), Differences: []swap.Difference{}},
	}
	if err := c.readLedger(ctx); err != nil || c.m.Distributor == nil {
		return c.out, err
	}
	if c.last > final.Number {
		return nil, fmt.Errorf("block %d: %w", c.last, ErrAhead)
	}
	d := c.m.Distributor
	if err := chain.Events(ctx, d.Address, d.Block, final.Number, c.see); err != nil {
		return nil, fmt.Errorf("reading the distributor's events: %w", err)
	}
	if err := c.compareEvents(ctx); err != nil {
		return nil, err
	}
	c.comparePayments()
	if err := c.compareRounds(ctx); err != nil {
		return nil, err
	}
	c.compareTransactions()
	if err := c.compareState(ctx); err != nil {
		return nil, err
	}
	return c.out, c.acknowledge()
}

// differ adds a difference. It goes into an alarm and is acknowledged by its words, so sums in it
// stay atomic SESH, as they are in entries.
func (c *comparison) differ(what string, about any, chain, ledger string) {
	c.out.Differences = append(c.out.Differences, swap.Difference{What: what, About: fmt.Sprint(about), Chain: chain, Ledger: ledger})
}

// acknowledge leaves out what a person has answered.
func (c *comparison) acknowledge() error {
	known, err := c.m.Acknowledged(c.ledger)
	if err != nil {
		return err
	}
	c.out.Differences = slices.DeleteFunc(c.out.Differences, func(d swap.Difference) bool {
		if known[d] {
			c.out.Acknowledged++
		}
		return known[d]
	})
	return nil
}

// readLedger takes what the ledger says, in one view of it.
func (c *comparison) readLedger(ctx context.Context) error {
	return c.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		if c.m, err = t.Migration(); err != nil || c.m.Distributor == nil {
			return err
		}
		if c.rounds, err = t.Rounds(); err != nil {
			return err
		}
		at, err := t.LastLog()
		if err != nil && !errors.Is(err, swap.ErrNotFound) {
			return err
		}
		c.last = at.Block
		if err := t.AllAttempts(func(a swap.Attempt) error {
			c.own[a.Hash] = &ownTx{Attempt: a}
			return nil
		}); err != nil {
			return err
		}
		return t.Payouts(func(p swap.Payout) error {
			c.account(p.Recipient).ledger.add(&p.PayoutSeen)
			return nil
		})
	})
}

// see takes the next event of the chain.
func (c *comparison) see(e swap.Event) error {
	seen, err := swap.AsChainEvent(e)
	if err != nil {
		return err
	}
	at := seen.Position()
	c.out.Events++
	newer := !c.synced && at.Block > c.last
	if newer {
		c.out.Newer++
	}
	own := c.own[at.Tx]
	if own != nil && !newer {
		own.events++
	}
	switch e := e.(type) {
	case *swap.PayoutSeen:
		c.out.Payments++
		a := c.account(e.Recipient)
		a.paid += e.Amount
		c.out.Paid += e.Amount
		if !newer {
			a.chain.add(e)
		}
		if own != nil {
			own.paid += e.Amount
		}
		return nil
	case *swap.RootActivated:
		c.live = e.Round
	case *swap.DistributorSeen:
		c.swept = c.swept || e.Event == "Swept"
	}
	if !newer {
		c.events = append(c.events, seen)
		c.trace(e)
	}
	return nil
}

// compareEvents holds the events that are no payments against their entries.
func (c *comparison) compareEvents(ctx context.Context) error {
	entries := make([]*uint64, len(c.events))
	if err := c.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		for i, e := range c.events {
			at := e.Position()
			entry, err := t.SeenLog(at.Tx, at.LogIndex)
			if err == nil {
				entries[i] = &entry
			} else if !errors.Is(err, swap.ErrNotFound) {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for i, e := range c.events {
		at := e.Position()
		about := fmt.Sprintf("log %d of transaction 0x%s in block %d", at.LogIndex, at.Tx, at.Block)
		body, err := ledger.MarshalBody(e)
		if err != nil {
			return err
		}
		if entries[i] == nil {
			c.differ("event", about, e.Kind(), "nothing")
			continue
		}
		recorded, _, err := c.ledger.Event(ctx, *entries[i])
		if err != nil {
			return err
		}
		if p, ok := recorded.(*swap.RootProposed); ok {
			p.OwnRoot = nil // the ledger's own remark
		}
		if was, err := ledger.MarshalBody(recorded); err != nil {
			return err
		} else if recorded.Kind() != e.Kind() || !bytes.Equal(was, body) {
			c.differ("event", about, fmt.Sprintf("%s %s",
				e.Kind(), body), fmt.Sprintf("%s %s, entry %d", recorded.Kind(), was, *entries[i]))
		}
	}
	return nil
}
