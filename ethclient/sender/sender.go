// Package sender puts a migration on chain: it signs, sends and follows every transaction, exactly
// once, whatever happens to the process and its connections.
//
// Two things keep a payment from being made twice: the distributor pays nobody more than their
// leaf, and the ledger knows one nonce for every intent (what is to be done: a purpose, a round, a
// plan, a batch). The order of things is always
//
//	claim the nonce and store the signed bytes in the ledger, in one transaction (tx.signed)
//	send these bytes, as often as it takes
//	record what the chain says: tx.mined, then tx.finalized or tx.failed
//
// and after any error or restart it is the chain that decides how far a transaction got: receipts
// by hash and nonces, never the text of an error. Package state is that decision, without I/O; this
// one is the I/O around it.
//
// It holds no key: package signer does, or asks the program that does, and compares what it signed
// with what was asked.
package sender

import (
	"context"
	"errors"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// Ledger is the log that is written before anything is sent. When Update returns without an error,
// its entries are durable; after an error they may or may not be, and the next run finds out.
type Ledger interface {
	swap.Ledger
	swap.Attachments
	// RootAt is the root of the tree of the first size entries (RFC 6962).
	RootAt(ctx context.Context, size uint64) (tlog.Hash, error)
	// Event returns an entry's event and time, or an error that wraps swap.ErrNotFound when the log
	// is shorter.
	Event(ctx context.Context, seq uint64) (swap.Event, time.Time, error)
}

// Node is what a sender needs of a node beyond reading the chain. SendTransaction makes one try,
// and its error says nothing about whether the transaction arrived. Where a node has go-ethereum's
// TransactionByHash, the sender also asks it whether it still holds the bytes that it got.
type Node interface {
	ethereum.TransactionSender
	ethereum.GasEstimator
	NonceAt(ctx context.Context, account common.Address, block *big.Int) (uint64, error)
}

// Options may all be left out.
type Options struct {
	// Progress gets every step, from one goroutine.
	Progress func(Step)
	// Others are further nodes that signed bytes are sent to; one that takes them is enough. With
	// the sender's own node before them, the first are those of the reader, in its order.
	Others []Node
	// Missing says why not all the nodes are read that should agree. Then only pausing and
	// cancelling are possible.
	Missing error
	// Roles are the addresses that the distributor's roles should have now; nil means those that it
	// was deployed with.
	Roles *Roles
	// Sleep waits between two looks at the chain; it returns early with an error when ctx ends.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Roles are the three addresses with rights over the distributor.
type Roles struct{ Owner, Publisher, Guardian swap.EVMAddress }

// Step is one step of one transaction.
type Step struct {
	swap.Intent
	Of    uint64 // batches of the push plan; 0: no push
	Stage Stage
	Hash  swap.Hash // of the transaction
	Block uint64    // mined: its block; waiting: the newest final one
	Note  string    // what a person may want to know beside it
}

// Stage is how far a transaction got.
type Stage string

// The stages of a transaction.
const (
	StageSigned  Stage = "signed"
	StageSent    Stage = "sent"
	StageRefused Stage = "refused" // the node said no; whether it has the bytes all the same is seen later
	StageMined   Stage = "mined"
	StageWaiting Stage = "waiting" // for a final block
	StageFinal   Stage = "final"
	StageTrouble Stage = "trouble" // the chain could not be asked; it is asked again
	StageAlone   Stage = "alone"   // from here on one node is believed
)

// Sender carries out operations one after the other.
type Sender struct {
	chain  *ethclient.Reader
	node   Node
	ledger Ledger
	o      Options
	alone  bool // one node is believed (goAlone)

	mu       sync.Mutex                // held by an operation: nonces are claimed by looking first
	batches  uint64                    // of the push plan in progress
	reported map[swap.Intent]swap.Hash // blocks that Progress got
	watching map[swap.Intent]*watched
}

// New returns a sender for the migration of a ledger. The node must be on the chain that is read.
// The ledger must be locked against other processes: one sender per key.
func New(chain *ethclient.Reader, node Node, ledger Ledger, o Options) *Sender {
	if o.Progress == nil {
		o.Progress = func(Step) {}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return &Sender{
		chain: chain, node: node, ledger: ledger, o: o,
		reported: map[swap.Intent]swap.Hash{}, watching: map[swap.Intent]*watched{},
	}
}

func (s *Sender) progress(step Step) {
	if step.Purpose == swap.PurposePush {
		step.Of = s.batches
	}
	s.o.Progress(step)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// migration reads what the ledger knows of the migration.
func (s *Sender) migration(ctx context.Context) (m swap.Migration, err error) {
	err = s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err = t.Migration()
		return err
	})
	return m, err
}

// round reads a round.
func (s *Sender) round(ctx context.Context, number uint64) (r swap.Round, err error) {
	err = s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		if r, err = t.Round(number); errors.Is(err, swap.ErrNotFound) {
			return &NoRoundError{number}
		}
		return err
	})
	return r, err
}

// attempts reads the attempts of intents, in their order.
func (s *Sender) attempts(ctx context.Context, intents []swap.Intent) (out [][]swap.Attempt, err error) {
	err = s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		out = make([][]swap.Attempt, len(intents))
		for i, intent := range intents {
			if out[i], err = t.Attempts(intent); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// openIntents are the intents with an attempt that may still do something, by the order of those
// attempts; with a sender, only that one's.
func openIntents(t swap.Tables, from *swap.EVMAddress) (out []swap.Intent, err error) {
	seen := map[swap.Intent]bool{}
	err = t.AllAttempts(func(a swap.Attempt) error {
		if state.Open(a.Status) && !seen[a.Intent] && (from == nil || a.Sender == *from) {
			seen[a.Intent] = true
			out = append(out, a.Intent)
		}
		return nil
	})
	return out, err
}

// newest is the last intent for a purpose in a round, with the status of its attempt that counts,
// and the number of the one that would follow it. found is false when there was none.
type newest struct {
	swap.Intent
	found  bool
	status swap.AttemptStatus // finalized if one of the attempts is, else that of the last one
	next   swap.Intent
}

func (s *Sender) newest(ctx context.Context, purpose string, round uint64) (n newest, err error) {
	err = s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		n = newest{next: swap.Intent{Purpose: purpose, Round: round, Plan: 1}}
		return t.AllAttempts(func(a swap.Attempt) error {
			if a.Purpose != purpose || a.Round != round || a.Plan < n.Plan {
				return nil
			}
			if a.Intent == n.Intent && n.status == swap.FinalizedAttempt {
				return nil
			}
			n.Intent, n.found, n.status, n.next.Plan = a.Intent, true, a.Status, a.Plan+1
			return nil
		})
	})
	return n, err
}
