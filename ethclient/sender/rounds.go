package sender

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

// Propose puts an approved round's root forward, and returns when that is final. A round that is
// proposed or active already is left as it is.
func (s *Sender) Propose(ctx context.Context, key signer.Signer, number uint64) (swap.Round, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, swap.PurposePropose)
	if err != nil {
		return swap.Round{}, err
	}
	proposed := []swap.RoundStatus{swap.ProposedRound, swap.ActiveRound}
	return op.move(ctx, swap.PurposePropose, number, proposed, func(r swap.Round) (call, error) {
		if err := op.mustBe("publisher", op.state.Publisher); err != nil {
			return call{}, err
		}
		c, err := op.proposal(ctx, r)
		if err != nil {
			return c, err
		}
		if err := op.mustBeApproved(ctx, swap.Intent{Purpose: swap.PurposePropose, Round: r.Round, Plan: 1}, r); err != nil {
			return c, err
		}
		return c, op.mustAgree(ctx)
	})
}

// proposal checks everything that can be checked about a proposal before it is signed.
func (op *operation) proposal(ctx context.Context, r swap.Round) (call, error) {
	if r.Status != swap.ApprovedRound {
		return call{}, &RoundError{r.Round, r.Status, ErrNotApproved}
	}
	if p := op.state.Pending; p.Round != 0 {
		return call{}, fmt.Errorf("round %d is pending on chain: activate or cancel it first", p.Round)
	}
	tree, err := op.tree(r)
	if err != nil {
		return call{}, err
	}
	total := r.Total.Int()
	if got := tree.Total().ToBig(); got.Cmp(total) != 0 {
		return call{}, fmt.Errorf("%w: the leaves of round %d come to %s atomic SESH, the round says %d",
			ErrDamaged, r.Round, got, r.Total)
	}
	if err := op.state.Covers(r.Total); err != nil {
		return call{}, &RoundError{Round: r.Round, Err: err}
	}
	size := r.Approved + 1
	root, err := op.ledger.RootAt(ctx, size)
	if err != nil {
		return call{}, fmt.Errorf("root of the ledger at the approval of round %d: %w", r.Round, err)
	}
	return call{to: &op.at, data: distributorABI.PackPropose(r.Round, r.Root, total, size, root)}, nil
}

// Activate makes a pending root the live one once its delay is over, and returns when that is
// final. Any key may sign. Number 0 means the pending round.
func (s *Sender) Activate(ctx context.Context, key signer.Signer, number uint64) (swap.Round, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, swap.PurposeActivate)
	if err != nil {
		return swap.Round{}, err
	}
	if number, err = op.pendingOr(ctx, number); err != nil {
		return swap.Round{}, err
	}
	return op.move(ctx, swap.PurposeActivate, number, []swap.RoundStatus{swap.ActiveRound}, func(r swap.Round) (call, error) {
		if err := op.mustBePending(r); err != nil {
			return call{}, err
		}
		if op.state.Paused {
			return call{}, ErrPaused
		}
		if at := op.state.ActivatesAt; at > op.time {
			return call{}, fmt.Errorf("round %d can be activated from %s on, and the chain's clock says %s: "+
				"run the command again then",
				r.Round, unix(at), unix(op.time))
		}
		return call{to: &op.at, data: distributorABI.PackActivate()}, nil
	})
}

// Cancel withdraws the pending root of a round, whether this ledger built it or not, and returns
// when that is final. The guardian signs. A round that is cancelled already is left as it is.
func (s *Sender) Cancel(ctx context.Context, key signer.Signer, number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, swap.PurposeCancel)
	if err != nil {
		return err
	}
	if op.m.Distributor == nil {
		return ErrNoDistributor
	}
	if op.state.Pending.Round == number || op.opens(ctx, swap.PurposeCancel, number) {
		sent := op.carry(ctx, swap.PurposeCancel, number, func(context.Context) (call, error) {
			return call{to: &op.at, data: distributorABI.PackCancel()}, op.mustBe("guardian", op.state.Guardian)
		})
		if sent != nil && !notDone(sent) {
			return sent
		}
		if err := errors.Join(op.end(ctx), op.refresh(ctx)); err != nil && !errors.Is(err, ErrAlarm) {
			return errors.Join(sent, err)
		}
		if op.state.Pending.Round == number {
			return fmt.Errorf("round %d is still pending: %w", number, sent)
		}
		if op.alone {
			return nil
		}
	}
	switch r, err := op.round(ctx, number); {
	case err != nil:
		return op.cancelledElsewhere(ctx, number, err)
	case r.Status != swap.CancelledRound:
		return &RoundError{number, r.Status, ErrNotPending}
	}
	return nil
}

// cancelledElsewhere is the outcome for a root that this ledger did not build: it is cancelled when
// our transaction was.
func (op *operation) cancelledElsewhere(ctx context.Context, number uint64, unknown error) error {
	last, err := op.newest(ctx, swap.PurposeCancel, number)
	if err == nil && last.status == swap.FinalizedAttempt {
		return nil
	}
	return errors.Join(unknown, err)
}

// pendingOr is a round's number, or that of the pending one, or of the live one if none is pending.
func (op *operation) pendingOr(ctx context.Context, number uint64) (uint64, error) {
	switch {
	case number != 0:
		return number, nil
	case op.m.Distributor == nil:
		return 0, ErrNoDistributor
	case op.state.Pending.Round != 0:
		return op.state.Pending.Round, nil
	case op.state.Live.Round != 0:
		return op.state.Live.Round, nil
	}
	return 0, ErrNoPending
}

func (op *operation) mustBePending(r swap.Round) error {
	p := op.state.Pending
	switch {
	case p.Round != r.Round:
		return &RoundError{r.Round, r.Status, ErrNotPending}
	case p.Root != r.Root:
		return fmt.Errorf("root 0x%s is pending on chain as round %d, and this ledger built 0x%s: do not activate it, "+
			"cancel it", p.Root, r.Round, r.Root)
	}
	return nil
}

// move brings a round to one of the wanted statuses. What counts in the end is what the
// distributor's final events say: the round may get there by somebody else's transaction.
func (op *operation) move(
	ctx context.Context, purpose string, number uint64, want []swap.RoundStatus, prepare func(swap.Round) (call, error),
) (swap.Round, error) {
	if op.m.Distributor == nil {
		return swap.Round{}, ErrNoDistributor
	}
	r, err := op.round(ctx, number)
	if err != nil {
		return r, err
	}
	there := func() bool {
		// A round is "proposed" from the signature on; it has arrived when the chain says so too.
		return slices.Contains(want, r.Status) &&
			(r.Status != swap.ProposedRound || op.state.Pending.Round == number && !op.opens(ctx, purpose, number))
	}
	if there() {
		return r, nil
	}
	sent := op.carry(ctx, purpose, number, func(context.Context) (call, error) { return prepare(r) })
	if sent != nil && !notDone(sent) {
		return r, sent
	}
	if err := op.end(ctx); err != nil {
		return r, errors.Join(sent, err)
	}
	if err := op.refresh(ctx); err != nil {
		return r, errors.Join(sent, err)
	}
	if r, err = op.round(ctx, number); err != nil {
		return r, err
	}
	switch {
	case there():
		return r, nil
	case sent != nil:
		return r, fmt.Errorf("round %d is %s: %w", number, r.Status, sent)
	}
	return r, &RoundError{number, r.Status, ErrOvertaken}
}
