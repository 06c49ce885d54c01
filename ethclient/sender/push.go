package sender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// batchTime is how long, in seconds, one batch may take from its signature to its block. After the next activation its
// proof leads nowhere, so no batch is signed when less is left.
const batchTime = 120

// Pushed is what a push did, or with a dry run would do.
type Pushed struct {
	Round      uint64        `json:"round"`
	Plan       uint64        `json:"plan"` // 0: nothing was left to do
	Recipients uint64        `json:"recipients"`
	Amount     swap.Amount   `json:"amount"`    // due to them before the push
	Paid       uint64        `json:"paid"`      // recipients left out: paid already
	TooSmall   uint64        `json:"too_small"` // recipients left out: below the terms' min_push
	Batches    []PushedBatch `json:"batches"`
	Cost       *big.Int      `json:"cost"` // wei for gas: paid, or with a dry run at the present price
}

// PushedBatch is one transaction of a push.
type PushedBatch struct {
	Batch      uint64      `json:"batch"`
	Recipients uint64      `json:"recipients"`
	Amount     swap.Amount `json:"amount"`       // due, at most
	Gas        uint64      `json:"gas"`          // used, or with a dry run estimated
	Tx         *swap.Hash  `json:"tx,omitempty"` // none: a dry run, or everyone in it was paid meanwhile
	Block      uint64      `json:"block,omitempty"`
}

// pushing is one push of one round.
type pushing struct {
	*operation
	round swap.Round
	tree  *merkle.Tree
}

// Push pays every recipient of the live round who is not paid yet, in batches, and returns when all is final. After an
// interruption it goes on in the middle; a new plan is made only when every transaction of the old one is final. A dry run
// signs and records nothing about the push.
func (s *Sender) Push(ctx context.Context, signer signer.Signer, number uint64, dryRun bool) (*Pushed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.begin(ctx, signer, swap.PurposePush)
	if err != nil {
		return nil, err
	}
	p := &pushing{operation: op}
	if p.round, err = op.round(ctx, number); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
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
		// The old plan cannot be carried on: once all of it is final, a new one covers what is left.
		if err := p.follow(ctx, p.m, p.signer, untilFinal, intents...); err != nil && !notDone(err) {
			return nil, err
		}
	}
	if plan == nil {
		if plan, err = p.draft(ctx); err != nil {
			return nil, err
		}
		if dryRun || plan.Recipients == 0 {
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
		return errNoDistributor
	case r.Status != swap.ActiveRound:
		return fmt.Errorf("round %d is %s: it is pushed once it is active", r.Round, r.Status)
	case live.Round != r.Round || live.Root != r.Root:
		return fmt.Errorf("round %d is live on chain with root 0x%s, so round %d cannot be pushed any more: push the live one, which includes it", live.Round, live.Root, r.Round)
	case p.state.Paused:
		return errors.New("the distributor is paused: the owner must unpause it first")
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
		return nil, fmt.Errorf("the leaves of round %d give root %s, the round says 0x%s: run `oxenswap ledger verify`", r.Round, tree.Root(), r.Root)
	}
	return tree, nil
}

// paid is what final Claimed events say that everyone was paid in all.
func (s *Sender) paid(ctx context.Context) (map[swap.EVMAddress]swap.Amount, error) {
	var out map[swap.EVMAddress]swap.Amount
	err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		out = map[swap.EVMAddress]swap.Amount{}
		return t.Payouts(func(p swap.Payout) error {
			out[p.Recipient] = max(out[p.Recipient], p.Cumulative)
			return nil
		})
	})
	return out, err
}

// numbered is a plan as the ledger has it.
type numbered struct {
	*Plan
	number uint64
}

func (p *pushing) intent(plan *numbered, batch int) swap.Intent {
	return swap.Intent{Purpose: swap.PurposePush, Round: p.round.Round, Plan: plan.number, Batch: uint64(batch)}
}

// unfinished returns the last plan of the round if it can be carried on: some batch of it is still to be signed or to
// become final, and none has failed. Otherwise it returns the intents of any round that are still open.
func (p *pushing) unfinished(ctx context.Context) (*numbered, []swap.Intent, error) {
	number := p.m.Plans[p.round.Round].Number
	var pushes []swap.Intent // open ones
	var good map[uint64]bool // batches of the plan with a transaction: whether one of them has not failed
	first := ^uint64(0)      // entry of the plan's first transaction
	if err := p.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		open, err := openIntents(t, nil)
		if err != nil {
			return err
		}
		pushes = slices.DeleteFunc(open, func(i swap.Intent) bool { return i.Purpose != swap.PurposePush })
		good, first = map[uint64]bool{}, ^uint64(0)
		return t.AllAttempts(func(a swap.Attempt) error {
			if a.Purpose == swap.PurposePush && a.Round == p.round.Round && a.Plan == number {
				good[a.Batch], first = good[a.Batch] || a.Status != swap.FailedAttempt, min(first, a.Entry)
			}
			return nil
		})
	}); err != nil {
		return nil, nil, err
	}
	failed := slices.Contains(slices.Collect(maps.Values(good)), false)
	if number == 0 || failed {
		return nil, pushes, nil
	}
	list, err := p.list(ctx, number, first)
	if err != nil {
		return nil, nil, err
	}
	paid, err := p.paid(ctx)
	if err != nil {
		return nil, nil, err
	}
	plan, err := ReadPlan(list, paid)
	if err != nil {
		return nil, nil, err
	}
	for n, rows := range plan.Batches {
		if _, sent := good[uint64(n)]; len(pushes) > 0 || !sent && due(rows) > 0 {
			return &numbered{plan, number}, nil, nil
		}
	}
	return nil, nil, nil
}

// list finds a plan's list: its entry is the last push.planned of the round before the plan's first transaction.
func (p *pushing) list(ctx context.Context, number, before uint64) ([]byte, error) {
	if before == ^uint64(0) {
		if err := p.ledger.View(ctx, func(_ swap.Tables, size uint64) error { before = size; return nil }); err != nil {
			return nil, err
		}
	}
	for before > 0 {
		before--
		event, _, err := p.ledger.Event(ctx, before)
		if err != nil {
			return nil, err
		}
		if e, ok := event.(*swap.PushPlanned); ok && e.Round == p.round.Round && e.Plan == number {
			return p.ledger.Attachment(e.List)
		}
	}
	return nil, fmt.Errorf("push plan %d of round %d is nowhere in the ledger: run `oxenswap ledger verify`", number, p.round.Round)
}

// draft makes the next plan from all that is final by now.
func (p *pushing) draft(ctx context.Context) (*numbered, error) {
	if err := p.end(ctx); err != nil {
		return nil, err
	}
	paid, err := p.paid(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := MakePlan(p.tree, paid, p.m.Terms.MinPush, p.m.Config.Rails.Batch)
	if err != nil {
		return nil, err
	}
	return &numbered{plan, p.m.Plans[p.round.Round].Number + 1}, nil
}

// announce writes the plan into the ledger, unless one of its batches is above a rail.
func (p *pushing) announce(ctx context.Context, plan *numbered) error {
	for n, rows := range plan.Batches {
		if err := checkRail("transaction", p.m.Config.Rails.Transaction, due(rows)); err != nil {
			return p.stopAtRail(ctx, p.intent(plan, n), err)
		}
	}
	list := plan.List()
	event := &swap.PushPlanned{
		Round: p.round.Round, Plan: plan.number, Root: p.round.Root, Batches: uint64(len(plan.Batches)), Recipients: plan.Recipients,
		List: swap.Digest(list), Amount: plan.Amount, Paid: plan.Paid, TooSmall: plan.TooSmall,
	}
	if _, err := p.ledger.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
		return []swap.Record{{Event: event, Attachments: [][]byte{list}}}, nil
	}); err != nil {
		return fmt.Errorf("recording push plan %d of round %d: %w", plan.number, p.round.Round, err)
	}
	return nil
}

// calldata is the call that pays a batch.
func (p *pushing) calldata(rows []Row) ([]byte, error) {
	numbers := make([]int, len(rows))
	for i, r := range rows {
		n, ok := p.tree.Index(r.Recipient)
		if leaf := (merkle.Leaf{Account: r.Recipient, Amount: *uint256.NewInt(uint64(r.Cumulative))}); !ok || p.tree.Leaf(n) != leaf {
			return nil, fmt.Errorf("the plan pays %s in all to %s, which is no leaf of round %d: run `oxenswap ledger verify`", r.Cumulative, r.Recipient, p.round.Round)
		}
		numbers[i] = n
	}
	proof, err := p.tree.MultiProof(numbers)
	if err != nil {
		return nil, err
	}
	accounts, amounts := make([]common.Address, len(rows)), make([]*big.Int, len(rows))
	for i, l := range proof.Leaves {
		accounts[i], amounts[i] = l.Account, l.Amount.ToBig()
	}
	path := make([][32]byte, len(proof.Path))
	for i, h := range proof.Path {
		path[i] = h
	}
	return distributorABI.PackClaimBatch(accounts, amounts, path, proof.Flags), nil
}

// preview is the answer of a dry run: what would be sent, at the present price of gas.
func (p *pushing) preview(ctx context.Context, plan *numbered) (*Pushed, error) {
	out := p.report(plan)
	if plan.Recipients == 0 {
		out.Plan = 0
		return out, nil
	}
	fees, err := p.chain.Fees(ctx)
	if err != nil {
		return nil, err
	}
	price := new(big.Int).Add(fees.Base, fees.Tip)
	for n, rows := range plan.Batches {
		data, err := p.calldata(rows)
		if err != nil {
			return nil, err
		}
		gas, err := p.node.EstimateGas(ctx, ethereum.CallMsg{From: p.signer.Address(), To: &p.at, Data: data})
		if err != nil {
			return nil, fmt.Errorf("%s would fail: %w", describe(p.intent(plan, n)), explain(err))
		}
		out.Batches[n].Gas = gas
		out.Cost.Add(out.Cost, new(big.Int).Mul(price, new(big.Int).SetUint64(gas)))
	}
	return out, nil
}

func (p *pushing) report(plan *numbered) *Pushed {
	out := &Pushed{
		Round: p.round.Round, Plan: plan.number, Recipients: plan.Recipients, Amount: plan.Amount, Paid: plan.Paid, TooSmall: plan.TooSmall,
		Batches: []PushedBatch{}, Cost: new(big.Int),
	}
	for n, rows := range plan.Batches {
		out.Batches = append(out.Batches, PushedBatch{Batch: uint64(n), Recipients: uint64(len(rows)), Amount: due(rows)})
	}
	return out
}

// carryOut sends the batches one after the other, each when the one before is in a block, and waits until all are final.
func (p *pushing) carryOut(ctx context.Context, plan *numbered) (*Pushed, error) {
	p.batches = uint64(len(plan.Batches))
	var sent []swap.Intent
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
			if err := p.sendBatch(ctx, intent, rows); err != nil {
				return nil, err
			}
		}
		sent = append(sent, intent)
		if err := p.follow(ctx, p.m, p.signer, untilMined, intent); err != nil {
			return nil, err
		}
	}
	if err := p.follow(ctx, p.m, p.signer, untilFinal, sent...); err != nil {
		return nil, err
	}
	if err := p.end(ctx); err != nil {
		return nil, err
	}
	return p.account(ctx, plan)
}

func (p *pushing) sendBatch(ctx context.Context, intent swap.Intent, rows []Row) error {
	if err := p.refresh(ctx); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	if next := p.state.Pending; next.Round != 0 && p.time+batchTime >= p.state.ActivatesAt {
		return fmt.Errorf("round %d can be activated from %s on, before another batch of round %d is sure to be in a block: activate it and push that one, which includes what is left",
			next.Round, unix(p.state.ActivatesAt), p.round.Round)
	}
	data, err := p.calldata(rows)
	if err != nil {
		return err
	}
	return p.submit(ctx, p.m, p.signer, call{Intent: intent, to: &p.at, data: data, amount: due(rows)})
}

// account fills in what the batches cost and where they are.
func (p *pushing) account(ctx context.Context, plan *numbered) (*Pushed, error) {
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
				b := &out.Batches[n]
				b.Tx, b.Block, b.Gas = &e.Hash, e.Block, e.GasUsed
				out.Cost.Add(out.Cost, wei(e.Fee))
			}
		}
	}
	return out, nil
}
