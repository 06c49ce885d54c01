package sender

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"

	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// numberedPlan is a plan as the ledger has it.
type numberedPlan struct {
	*Plan
	number uint64
}

func (p *pushing) intent(plan *numberedPlan, batch int) swap.Intent {
	return swap.Intent{Purpose: swap.PurposePush, Round: p.round.Round, Plan: plan.number, Batch: uint64(batch)}
}

// unfinished returns the last plan of the round if it can be carried on: some batch of it is still
// to be signed or to become final, and none has failed. Otherwise it returns the intents of any
// round that are still open.
func (p *pushing) unfinished(ctx context.Context) (*numberedPlan, []swap.Intent, error) {
	last := p.m.Plans[p.round.Round]
	var pushes []swap.Intent  // open ones
	good := map[uint64]bool{} // batches of the plan with a transaction: whether one of them has not failed
	if err := p.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		open, err := openIntents(t, nil)
		if err != nil {
			return err
		}
		pushes = slices.DeleteFunc(open, func(i swap.Intent) bool { return i.Purpose != swap.PurposePush })
		return t.AllAttempts(func(a swap.Attempt) error {
			if a.Purpose == swap.PurposePush && a.Round == p.round.Round && a.Plan == last.Number {
				good[a.Batch] = good[a.Batch] || a.Status != swap.FailedAttempt
			}
			return nil
		})
	}); err != nil {
		return nil, nil, err
	}
	failed := slices.Contains(slices.Collect(maps.Values(good)), false)
	if last.Number == 0 || failed || p.newPlan {
		return nil, pushes, nil
	}
	list, err := p.ledger.Attachment(last.List)
	if err != nil {
		return nil, nil, fmt.Errorf("push plan %d of round %d: %w", last.Number, p.round.Round, err)
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
			return &numberedPlan{plan, last.Number}, nil, nil
		}
	}
	return nil, nil, nil
}

// draft makes the next plan from all that is final by now.
func (p *pushing) draft(ctx context.Context) (*numberedPlan, error) {
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
	if err := p.fit(ctx, plan); err != nil {
		return nil, err
	}
	return &numberedPlan{plan, p.m.Plans[p.round.Round].Number + 1}, nil
}

// announce writes the plan into the ledger, unless one of its batches is above a rail.
func (p *pushing) announce(ctx context.Context, plan *numberedPlan) error {
	for n, rows := range plan.Batches {
		if err := checkRail("transaction", p.m.Config.Rails.Transaction, due(rows)); err != nil {
			return p.stopAtRail(ctx, p.intent(plan, n), err)
		}
	}
	list := plan.List()
	event := &swap.PushPlanned{
		Round: p.round.Round, Plan: plan.number, Root: p.round.Root, Batches: uint64(len(plan.Batches)),
		Recipients: plan.Recipients, List: swap.Digest(list), Amount: plan.Amount, Paid: plan.Paid, TooSmall: plan.TooSmall,
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
		leaf := merkle.Leaf{Account: r.Recipient, Amount: *uint256.NewInt(uint64(r.Cumulative))}
		if !ok || p.tree.Leaf(n) != leaf {
			return nil, fmt.Errorf("%w: the plan pays %s in all to %s, which is no leaf of round %d",
				ErrDamaged, r.Cumulative, r.Recipient, p.round.Round)
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
func (p *pushing) preview(ctx context.Context, plan *numberedPlan) (*Pushed, error) {
	out := p.report(plan)
	if plan.Recipients == 0 {
		out.Plan = 0
		return out, nil
	}
	fees, err := p.chain.Fees(ctx)
	if err != nil {
		return nil, err
	}
	out.Price = new(big.Int).Add(fees.Base, fees.Tip)
	gas, err := p.gasOf(ctx, plan.Plan)
	if err != nil {
		return nil, err
	}
	for n, rows := range plan.Batches {
		b := &out.Batches[n]
		if b.Bytes, err = p.bytesOf(rows); err != nil {
			return nil, err
		}
		b.Gas = gas(n)
		out.Cost.Add(out.Cost, new(big.Int).Mul(out.Price, new(big.Int).SetUint64(b.Gas)))
	}
	return out, nil
}

const (
	// txOverhead is what a signed transaction has around its call data, in bytes, at most.
	txOverhead = 200
	// txGas is what every transaction uses before it does anything.
	txGas = 21_000
	// samples is how many batches are asked about when a plan is made: first, last and between.
	samples = 3
	// blockShare is the part of a block, one in so many, that a batch may take: more would wait for
	// an empty one.
	blockShare = 2
)

// fit splits batches that pass what a transaction may have of bytes and gas. Gas is by a sample of
// batches; before a batch is signed it is asked of that batch.
func (p *pushing) fit(ctx context.Context, plan *Plan) error {
	if plan.Recipients == 0 {
		return nil
	}
	profile := p.profile()
	if err := plan.split(func(rows []Row) (bool, error) {
		n, err := p.bytesOf(rows)
		return n <= uint64(profile.MaxBytes), err
	}); err != nil {
		return err
	}
	head, err := p.chain.Head(ctx)
	if err != nil {
		return err
	}
	room := min(profile.MaxGas, head.GasLimit/blockShare)
	each, _, err := p.sample(ctx, plan)
	if err != nil {
		return err
	}
	return plan.split(func(rows []Row) (bool, error) { return (txGas+each*uint64(len(rows)))*gasNum/gasDen <= room, nil })
}

// gasOf returns what each batch of a plan uses, by estimates of some of them.
func (p *pushing) gasOf(ctx context.Context, plan *Plan) (func(batch int) uint64, error) {
	each, asked, err := p.sample(ctx, plan)
	return func(n int) uint64 {
		if gas, ok := asked[n]; ok {
			return gas
		}
		return txGas + each*uint64(len(plan.Batches[n]))
	}, err
}

// sample estimates some batches: what a recipient costs, the dearest of them, and what each of
// these batches uses. Of a batch that no transaction can hold, a part is asked about.
func (p *pushing) sample(ctx context.Context, plan *Plan) (each uint64, asked map[int]uint64, err error) {
	asked = map[int]uint64{}
	last := len(plan.Batches) - 1
	for i := range samples {
		n := last * i / (samples - 1)
		if _, done := asked[n]; done {
			continue
		}
		rows := plan.Batches[n]
		gas, err := p.estimate(ctx, rows)
		for refused := rpc.Error(nil); len(rows) > 1 && errors.As(err, &refused); {
			rows = rows[:len(rows)/2]
			gas, err = p.estimate(ctx, rows)
		}
		if err != nil {
			return 0, nil, fmt.Errorf("batch %d of a push of round %d would fail: %w", n, p.round.Round, explain(err))
		}
		count := uint64(len(rows))
		one := (gas - min(gas, txGas) + count - 1) / count
		each = max(each, one)
		asked[n] = gas
		if len(rows) < len(plan.Batches[n]) {
			asked[n] = txGas + one*uint64(len(plan.Batches[n]))
		}
	}
	return each, asked, nil
}

func (p *pushing) estimate(ctx context.Context, rows []Row) (uint64, error) {
	data, err := p.calldata(rows)
	if err != nil {
		return 0, err
	}
	return p.node.EstimateGas(ctx, ethereum.CallMsg{From: p.key.Address(), To: &p.at, Data: data})
}

// bytesOf is what the transaction of a batch has, at most.
func (p *pushing) bytesOf(rows []Row) (uint64, error) {
	data, err := p.calldata(rows)
	return uint64(len(data)) + txOverhead, err
}
