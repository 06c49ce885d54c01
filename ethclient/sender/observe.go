package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// watched is what one run has seen of an intent.
type watched struct {
	pool        state.Answer  // of the nodes to the last attempt
	refusals    string        // of the nodes that did not take it
	sent        bool          // the last attempt's bytes, at all
	idle        time.Duration // since then, by the waiting done here
	vain        int           // sends in a row that no node took
	fails       bool          // its call would fail now
	failing     time.Duration // since it would for the first time in a row
	looks       int
	still       int
	same        time.Duration
	fingerprint string // of the last observation
}

// pass lets the time of one pause go by.
func (w *watched) pass(d time.Duration) {
	w.idle, w.same = w.idle+d, w.same+d
	if w.fails {
		w.failing += d
	}
}

// watch is what is known of an intent, from before or new.
func (s *Sender) watch(i swap.Intent) *watched {
	w := s.watching[i]
	if w == nil {
		w = &watched{}
		s.watching[i] = w
	}
	return w
}

// send notes what the nodes said to the last attempt's bytes.
func (w *watched) send(answer state.Answer, refusals string) {
	w.pool, w.refusals, w.sent, w.idle = answer, refusals, true, 0
	if w.vain++; !answer.Vain() {
		w.vain = 0
	}
}

// observe asks the chain about the attempts of intents. Blocks and nonces are read before receipts,
// so that a nonce that is used in a final block must have a receipt somewhere. The nodes must agree
// on the newest block's ancestors.
func (s *Sender) observe(ctx context.Context, m swap.Migration, lists [][]swap.Attempt) ([]state.Observation, error) {
	final, err := s.chain.Finalized(ctx)
	if err != nil {
		return nil, agreed(err)
	}
	if err := s.chain.Agree(ctx); err != nil {
		return nil, err // where blocks are made slowly it may pass by itself
	}
	fees, err := s.chain.Fees(ctx)
	if err != nil {
		return nil, err
	}
	type nonces struct{ latest, final uint64 }
	known := map[swap.EVMAddress]*nonces{}
	var hashes []swap.Hash
	for _, list := range lists {
		from := list[0].Sender
		if known[from] == nil {
			known[from] = &nonces{}
			if known[from].latest, err = s.nonce(ctx, from, nil); err != nil {
				return nil, err
			}
		}
		for _, a := range list {
			hashes = append(hashes, a.Hash)
		}
	}
	receipts, err := s.chain.Receipts(ctx, hashes)
	if err != nil {
		return nil, err
	}
	out := make([]state.Observation, len(lists))
	for i, list := range lists {
		from := known[list[0].Sender]
		o := state.Observation{
			Profile: state.ProfileOf(s.chain.ChainID()), Latest: from.latest, FinalBlock: final.Number,
			Fees: state.Fees(fees), Ceiling: m.Config.Rails.GasPrice,
		}
		for _, a := range list {
			r := receipts[0]
			receipts = receipts[1:]
			o.Attempts = append(o.Attempts, state.Attempt{Attempt: a, Receipt: r.Inclusion, Unknown: r.Err != nil})
		}
		// Asked only then: it is rare, and many nodes keep little state of final blocks.
		if st, _ := o.State(); st == state.Used || st == state.Taken {
			if from.final == 0 {
				if from.final, err = s.nonce(ctx, list[0].Sender, new(big.Int).SetUint64(final.Number)); err != nil {
					return nil, err
				}
			}
			o.Final = from.final
		}
		out[i] = o
	}
	return out, nil
}

// agreed makes a difference about a final block fatal: it does not pass.
func agreed(err error) error {
	if errors.As(err, new(*ethclient.DisagreeError)) {
		return fatal{err}
	}
	return err
}

// nonce is an account's number of transactions as of a block; nil is the newest one.
func (s *Sender) nonce(ctx context.Context, account swap.EVMAddress, block *big.Int) (uint64, error) {
	n, err := s.node.NonceAt(ctx, common.Address(account), block)
	if err != nil {
		return 0, fmt.Errorf("nonce of %s: %w", account, err)
	}
	return n, nil
}

// pools asks whether nodes still hold the bytes that wait for a block.
func (s *Sender) pools(ctx context.Context, asked []swap.Intent, observed []state.Observation) {
	var waiting []*watched
	var hashes []swap.Hash
	for i := range observed {
		o := &observed[i]
		if st, at := o.State(); st == state.Next || st == state.Ahead {
			waiting, hashes = append(waiting, s.watch(asked[i])), append(hashes, o.Attempts[at].Hash)
		}
	}
	held := make([]bool, len(hashes))
	all := len(hashes) > 0
	for _, n := range append([]Node{s.node}, s.o.Others...) {
		known, ok := ethclient.Known(ctx, n, hashes)
		if !ok {
			all = false
			continue
		}
		for i, k := range known {
			held[i] = held[i] || k
		}
	}
	for i, w := range waiting {
		switch {
		case held[i]:
			w.pool, w.vain, w.sent = state.Holds, 0, true
		case !w.sent || w.pool.Vain() && w.pool != state.Silent:
		case all && w.idle >= lookAgain:
			w.pool = state.Lost
		case !all && w.idle >= state.ResendAfter:
			w.pool = state.Silent
		}
	}
}

// lookAgain is how long after a send the nodes should know a transaction by its hash: a sequencer's
// block takes a moment to reach the nodes behind it.
const lookAgain = 2 * time.Second

// complete adds to an observation what only this run knows, and whether the intent is wanted.
func (c *chase) complete(ctx context.Context, intent swap.Intent, o *state.Observation) error {
	w := c.watch(intent)
	o.Pool, o.Idle, o.Sent, o.Vain = w.pool, w.idle, w.sent, w.vain
	st, at := o.State()
	if last := o.Attempts[at]; st == state.Next && !last.Noop {
		var err error
		if o.Unwanted, err = c.unwanted(ctx, intent); err != nil {
			return err
		}
		if o.Unwanted == "" && (w.fails || !w.sent || w.pool != state.Holds) {
			if err := c.estimate(ctx, w, last.Attempt, o); err != nil {
				return err
			}
		}
	}
	if seen := o.Fingerprint(); seen == w.fingerprint {
		w.still++
	} else {
		w.fingerprint, w.still, w.same = seen, 0, 0
	}
	o.Looks, o.Still, o.Same = w.looks, w.still, w.same
	w.looks++
	return nil
}

// estimate asks whether a call would still succeed, before its bytes are sent again.
func (c *chase) estimate(ctx context.Context, w *watched, last swap.Attempt, o *state.Observation) error {
	tx, err := c.signedBytes(last)
	if err != nil {
		return fatal{err}
	}
	_, err = c.node.EstimateGas(ctx, ethereum.CallMsg{From: common.Address(last.Sender), To: tx.To(), Data: tx.Data()})
	if err == nil || !reverts(err) {
		w.fails, w.failing = false, 0
		return nil
	}
	w.fails, o.Fails, o.Failing = true, true, w.failing
	w.refusals = explain(err).Error()
	return nil
}

// unwanted says why an intent must not be carried out any more, by what the ledger knows; "": it
// must.
func (c *chase) unwanted(ctx context.Context, i swap.Intent) (why string, err error) {
	if i.Round == 0 {
		return "", nil
	}
	err = c.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		why = ""
		r, err := t.Round(i.Round)
		if errors.Is(err, swap.ErrNotFound) {
			return nil // a cancellation of what this ledger did not build
		}
		if err != nil {
			return err
		}
		switch i.Purpose {
		case swap.PurposePropose:
			if r.Proposed != 0 {
				why = fmt.Sprintf("round %d was proposed by somebody else", i.Round)
			} else if r.Status != swap.ProposedRound {
				why = fmt.Sprintf("round %d is %s", i.Round, r.Status)
			}
		case swap.PurposeActivate, swap.PurposeCancel:
			if !r.Status.Open() {
				why = fmt.Sprintf("round %d is %s", i.Round, r.Status)
			}
		case swap.PurposePush:
			rounds, err := t.Rounds()
			if err != nil {
				return err
			}
			for _, later := range rounds {
				if later.Round > i.Round && later.Status == swap.ActiveRound {
					why = fmt.Sprintf("round %d is live instead of round %d", later.Round, i.Round)
				}
			}
		}
		return nil
	})
	return why, err
}
