package sender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/holiman/uint256"

	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

const (
	// batchTime is how long, in seconds, one batch may take from its signature to its block. After
	// the next activation its proof leads nowhere, so no batch is signed when less is left.
	batchTime = 120
	// poolWindow is how many batches may be signed and in no block yet where transactions wait in a
	// pool: enough to fill the blocks of the time that one of them takes.
	poolWindow = 4
)

// Pushed is what a push did, or with a dry run would do.
type Pushed struct {
	Round      uint64        `json:"round"`
	Plan       uint64        `json:"plan"` // 0: nothing was left to do
	Recipients uint64        `json:"recipients"`
	Amount     swap.Sesh     `json:"amount"`    // due to them before the push
	Paid       uint64        `json:"paid"`      // recipients left out: paid already
	TooSmall   uint64        `json:"too_small"` // recipients left out: below the terms' min_push
	Batches    []PushedBatch `json:"batches"`
	Cost       *big.Int      `json:"cost"`            // wei for gas: paid, or with a dry run at the present price
	Price      *big.Int      `json:"price,omitempty"` // that price with a dry run, wei per gas
}

// PushedBatch is one transaction of a push.
type PushedBatch struct {
	Batch      uint64     `json:"batch"`
	Recipients uint64     `json:"recipients"`
	Amount     swap.Sesh  `json:"amount"`       // due, at most
	Gas        uint64     `json:"gas"`          // used, or with a dry run estimated, of many batches by a sample of them
	Bytes      uint64     `json:"bytes"`        // of the transaction
	Tx         *swap.Hash `json:"tx,omitempty"` // none: a dry run, or everyone in it was paid meanwhile
	Block      uint64     `json:"block,omitempty"`
}

// pushing is one push of one round.
type pushing struct {
	*operation
	round   swap.Round
	tree    *merkle.Tree
	newPlan bool // leave the rest of the last plan
}

// Push pays every recipient of the live round who is not paid yet, in batches, and returns when all
// is final. After an interruption it goes on in the middle; a new plan is made only when every
// transaction of the old one is final. A dry run signs and records nothing about the push.
func (s *Sender) Push(ctx context.Context, key signer.Signer, number uint64, dryRun bool) (*Pushed, error) {
	return s.push(ctx, key, number, dryRun, false)
}

// PushNewPlan is Push with a new plan for what is left, such as after the settings for batches were
// changed. It first waits for what was signed of the old one.
func (s *Sender) PushNewPlan(ctx context.Context, key signer.Signer, number uint64, dryRun bool) (*Pushed, error) {
	return s.push(ctx, key, number, dryRun, true)
}

func (s *Sender) push(ctx context.Context, key signer.Signer, number uint64, dryRun, newPlan bool) (*Pushed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, swap.PurposePush)
	if err != nil {
		return nil, err
	}
	p := &pushing{operation: op, newPlan: newPlan}
	if p.round, err = op.round(ctx, number); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	intent := swap.Intent{Purpose: swap.PurposePush, Round: number, Plan: p.m.Plans[number].Number}
	if err := p.mustBeApproved(ctx, intent, p.round); err != nil {
		return nil, err
	}
	if p.tree, err = op.tree(p.round); err != nil {
		return nil, err
	}
	plan, intents, err := p.unfinished(ctx)
	if err != nil {
		return nil, err
	}
	if plan == nil && len(intents) > 0 && !dryRun {
		// The old plan cannot be carried on: once all of it is final, a new one covers what is
		// left.
		if err := p.follow(ctx, p.m, p.key, untilFinal, intents...); err != nil && !notDone(err) {
			return nil, err
		}
	}
	if plan == nil {
		if plan, err = p.draft(ctx); err != nil {
			return nil, err
		}
		if dryRun {
			return p.preview(ctx, plan)
		}
		if plan.Recipients == 0 { // perhaps the last batch became final after its command was interrupted
			if err := p.mustAgree(ctx); err != nil {
				return nil, err
			}
			return p.preview(ctx, plan)
		}
		if err := p.announce(ctx, plan); err != nil {
			return nil, err
		}
	} else if dryRun {
		return p.preview(ctx, plan)
	}
	return p.carryOut(ctx, plan)
}

// check refuses a round that is not live.
func (p *pushing) check() error {
	r, live := p.round, p.state.Live
	switch {
	case p.m.Distributor == nil:
		return ErrNoDistributor
	case r.Status != swap.ActiveRound:
		return fmt.Errorf("round %d is %s: it is pushed once it is active", r.Round, r.Status)
	case live.Round != r.Round || live.Root != r.Root:
		return fmt.Errorf("round %d is live on chain with root 0x%s, so round %d cannot be pushed any more: "+
			"push the live one, which includes it", live.Round, live.Root, r.Round)
	case p.state.Paused:
		return ErrPaused
	}
	return nil
}

// tree builds a round's claim tree from its leaves and compares the root.
func (op *operation) tree(r swap.Round) (*merkle.Tree, error) {
	leaves, err := op.ledger.Attachment(r.Leaves)
	if err != nil {
		return nil, fmt.Errorf("leaves of round %d: %w", r.Round, err)
	}
	tree, err := merkle.BuildCSV(bytes.NewReader(leaves), uint256.NewInt(uint64(op.m.Terms.CapSum())))
	if err != nil {
		return nil, fmt.Errorf("leaves of round %d: %w", r.Round, err)
	}
	if swap.Hash(tree.Root()) != r.Root {
		return nil, fmt.Errorf("%w: the leaves of round %d give root %s, the round says 0x%s",
			ErrDamaged, r.Round, tree.Root(), r.Root)
	}
	return tree, nil
}

// paid is what final Claimed events say that everyone was paid in all.
func (s *Sender) paid(ctx context.Context) (map[swap.EVMAddress]swap.Sesh, error) {
	var out map[swap.EVMAddress]swap.Sesh
	err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		out = map[swap.EVMAddress]swap.Sesh{}
		return t.Payouts(func(p swap.Payout) error {
			out[p.Recipient] = max(out[p.Recipient], p.Cumulative)
			return nil
		})
	})
	return out, err
}

func (p *pushing) report(plan *numberedPlan) *Pushed {
	out := &Pushed{
		Round: p.round.Round, Plan: plan.number, Recipients: plan.Recipients, Amount: plan.Amount,
		Paid: plan.Paid, TooSmall: plan.TooSmall, Batches: []PushedBatch{}, Cost: new(big.Int),
	}
	for n, rows := range plan.Batches {
		out.Batches = append(out.Batches, PushedBatch{Batch: uint64(n), Recipients: uint64(len(rows)), Amount: due(rows)})
	}
	return out
}

// carryOut sends the batches and waits until all are final. Where transactions wait in a pool, a
// few are signed before the first of them is in a block. After anything that goes wrong no other
// one is signed.
func (p *pushing) carryOut(ctx context.Context, plan *numberedPlan) (*Pushed, error) {
	p.batches = uint64(len(plan.Batches))
	window := 1
	if p.profile().Replaces {
		window = poolWindow
	}
	var sent, inFlight []swap.Intent
	for n, rows := range plan.Batches {
		intent := p.intent(plan, n)
		lists, err := p.attempts(ctx, []swap.Intent{intent})
		if err != nil {
			return nil, err
		}
		if len(lists[0]) == 0 {
			if due(rows) == 0 {
				continue // they all have claimed by themselves
			}
			for len(inFlight) >= window {
				if err := p.waitMined(ctx, inFlight[:1]); err != nil {
					return nil, errors.Join(err, p.waitMined(ctx, inFlight[1:]))
				}
				inFlight = inFlight[1:]
			}
			if err := p.sendBatch(ctx, intent, rows, len(inFlight)+1); err != nil {
				return nil, errors.Join(err, p.waitMined(ctx, inFlight))
			}
		}
		sent, inFlight = append(sent, intent), append(inFlight, intent)
	}
	if err := p.waitMined(ctx, inFlight); err != nil {
		return nil, err
	}
	if err := p.follow(ctx, p.m, p.key, untilFinal, sent...); err != nil {
		return nil, err
	}
	if err := p.mustAgree(ctx); err != nil {
		return nil, err
	}
	return p.account(ctx, plan)
}

// waitMined waits until batches are in blocks, unless the command was interrupted: then they are
// found there by the next one.
func (p *pushing) waitMined(ctx context.Context, batches []swap.Intent) error {
	if ctx.Err() != nil {
		return nil
	}
	return p.follow(ctx, p.m, p.key, untilMined, batches...)
}

// sendBatch signs and sends a batch as the last of some that are in no block yet.
func (p *pushing) sendBatch(ctx context.Context, intent swap.Intent, rows []Row, waiting int) error {
	// Several batches are signed before the chain is looked at again, and nodes may part in
	// between.
	if err := p.chain.Agree(ctx); err != nil {
		return err
	}
	if err := p.refresh(ctx); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	if n, limit := uint64(len(rows)), p.m.Config.Rails.Batch; n > limit {
		hit := p.stopAtRail(ctx, intent, &RailError{RailBatch, swap.RailValue(limit), swap.RailValue(n)})
		return fmt.Errorf("%w, or leave the rest of this plan", hit)
	}
	if next := p.state.Pending; next.Round != 0 && p.time+uint64(waiting)*batchTime >= p.state.ActivatesAt {
		return fmt.Errorf("round %d can be activated from %s on, before another batch of round %d is sure to be in a block: "+
			"activate it and push that one, which includes what is left",
			next.Round, unix(p.state.ActivatesAt), p.round.Round)
	}
	data, err := p.calldata(rows)
	if err != nil {
		return err
	}
	return p.submit(ctx, p.m, p.key, call{Intent: intent, to: &p.at, data: data, amount: due(rows)})
}

// account fills in what the batches cost and where they are.
func (p *pushing) account(ctx context.Context, plan *numberedPlan) (*Pushed, error) {
	out := p.report(plan)
	for n := range out.Batches {
		lists, err := p.attempts(ctx, []swap.Intent{p.intent(plan, n)})
		if err != nil {
			return nil, err
		}
		for _, a := range lists[0] {
			if a.Status != swap.FinalizedAttempt {
				continue
			}
			event, _, err := p.ledger.Event(ctx, a.Last)
			if err != nil {
				return nil, err
			}
			if e, ok := event.(*swap.TxFinalized); ok {
				raw, err := p.ledger.Attachment(a.Raw)
				if err != nil {
					return nil, err
				}
				b := &out.Batches[n]
				b.Tx, b.Block, b.Gas, b.Bytes = &e.Hash, e.Block, e.GasUsed, uint64(len(raw))
				out.Cost.Add(out.Cost, e.Fee.Int())
			}
		}
	}
	return out, nil
}
