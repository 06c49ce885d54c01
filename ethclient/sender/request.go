package sender

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/swap"
)

// Request is a call that the holder of a role signs elsewhere, such as with a Safe. Whatever can be
// known before has been checked: it would succeed in the newest block.
type Request struct {
	Purpose     string
	Role        string
	From        swap.EVMAddress // who has the role, and must send it
	To          swap.EVMAddress
	Data        []byte
	Gas         uint64           // of the call alone
	State       *ethclient.State // of the distributor, as of the newest block
	Time        uint64           // of that block, Unix seconds
	Distributor swap.Distributor
	Round       swap.Round      // of funding and of a proposal
	Amount      swap.Sesh       // moved by funding and sweeping, atomic SESH
	ClosesAt    uint64          // of an extension, Unix seconds
	Recipient   swap.EVMAddress // of sweeping
}

// Purposes of requests that this program never signs for.
const (
	PurposeExtend = "extend"
	PurposeSweep  = "sweep"
)

// RequestFunding is the owner's transfer of what the distributor lacks of a round's total: Fund's
// amount.
func (s *Sender) RequestFunding(ctx context.Context, round uint64) (*Request, error) {
	return s.request(ctx, swap.PurposeFund, func(op *operation, r *Request) (c call, err error) {
		if r.Round, err = op.payable(ctx, round); err != nil {
			return c, err
		}
		if op.opens(ctx, swap.PurposeFund, round) {
			return c, &RoundError{Round: round, Err: ErrUnfinished}
		}
		var short *ethclient.UnderfundedError
		if err := op.state.Covers(r.Round.Total); err == nil {
			return c, fmt.Errorf("the distributor has been given the %s of round %d already: there is nothing to sign",
				r.Round.Total, round)
		} else if !errors.As(err, &short) {
			return c, err
		}
		r.Amount = short.Missing() // below the total
		return op.transferFromOwner(ctx, r.Amount)
	})
}

// RequestProposal is the publisher's proposal of an approved round, with Propose's arguments.
func (s *Sender) RequestProposal(ctx context.Context, round uint64) (*Request, error) {
	return s.request(ctx, swap.PurposePropose, func(op *operation, r *Request) (c call, err error) {
		r.Role, r.From = "publisher", op.state.Publisher
		if r.Round, err = op.round(ctx, round); err != nil {
			return c, err
		}
		if c, err = op.proposal(ctx, r.Round); err != nil {
			return c, err
		}
		if err := op.lacksApproval(ctx, r.Round); err != nil {
			return c, fmt.Errorf("round %d: %w", round, err)
		}
		report, err := op.inspect(ctx)
		if err == nil && len(report.Differences) > 0 {
			err = &DifferencesError{len(report.Differences), fmt.Sprint(report.Differences[0])}
		}
		return c, err
	})
}

// RequestUnpause is the owner's unpausing.
func (s *Sender) RequestUnpause(ctx context.Context) (*Request, error) {
	return s.request(ctx, swap.PurposeUnpause, func(op *operation, _ *Request) (call, error) {
		if !op.state.Paused {
			return call{}, errors.New("the distributor is not paused: there is nothing to sign")
		}
		return call{to: &op.at, data: distributorABI.PackUnpause()}, nil
	})
}

// RequestExtension is the owner's moving of the closing time, in Unix seconds: later than now,
// before it has passed.
func (s *Sender) RequestExtension(ctx context.Context, closesAt uint64) (*Request, error) {
	return s.request(ctx, PurposeExtend, func(op *operation, r *Request) (call, error) {
		r.ClosesAt = closesAt
		switch now := op.state.ClosesAt; {
		case op.state.Paused:
			return call{}, errors.New("the distributor is paused: unpausing moves the closing time by the length of the pause; " +
				"extend it afterwards")
		case op.time >= now:
			return call{}, fmt.Errorf("the distributor closed at %s: that cannot be undone", unix(now))
		case closesAt <= now:
			return call{}, fmt.Errorf("the distributor closes at %s: a closing time is only moved later, not to %s",
				unix(now), unix(closesAt))
		}
		return call{to: &op.at, data: distributorABI.PackMoveClosesAt(closesAt)}, nil
	})
}

// RequestSweep is the owner's taking of what nobody claimed, after the closing.
func (s *Sender) RequestSweep(ctx context.Context, to swap.EVMAddress) (*Request, error) {
	return s.request(ctx, PurposeSweep, func(op *operation, r *Request) (call, error) {
		r.Amount, r.Recipient = op.state.Balance, to
		switch {
		case to == (swap.EVMAddress{}) || to == r.Distributor.Address || to == r.Distributor.Token:
			return call{}, fmt.Errorf("SESH sent to %s is lost: name an account of the owner's", to)
		case op.state.Paused:
			return call{}, ErrPaused
		case op.time < op.state.ClosesAt:
			return call{}, fmt.Errorf("the distributor closes at %s, and the chain's clock says %s: until then what it holds is the holders'",
				unix(op.state.ClosesAt), unix(op.time))
		case r.Amount == 0:
			return call{}, errors.New("the distributor holds nothing: there is nothing to sign")
		}
		return call{to: &op.at, data: distributorABI.PackSweep(common.Address(to))}, nil
	})
}

// request reads the ledger and the chain, changes neither, and asks a node whether the call would
// succeed.
func (s *Sender) request(
	ctx context.Context, purpose string, prepare func(*operation, *Request) (call, error),
) (*Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.identify(ctx, true)
	if err != nil {
		return nil, err
	}
	if m.Distributor == nil {
		return nil, ErrNoDistributor
	}
	if err := alarms(m); err != nil {
		return nil, err
	}
	op := &operation{Sender: s, m: m}
	if err := op.refresh(ctx); err != nil {
		return nil, err
	}
	for _, root := range []ethclient.Root{op.state.Live, op.state.Pending} {
		if err := op.ours(ctx, root); err != nil {
			return nil, err
		}
	}
	r := &Request{
		Purpose: purpose, Role: "owner", From: op.state.Owner, State: op.state, Time: op.time, Distributor: *m.Distributor,
	}
	c, err := prepare(op, r)
	if err != nil {
		return nil, err
	}
	r.To, r.Data = swap.EVMAddress(*c.to), c.data
	r.Gas, err = s.node.EstimateGas(ctx, ethereum.CallMsg{From: common.Address(r.From), To: c.to, Data: c.data})
	if err != nil {
		return nil, fmt.Errorf("the %s %s could not do it: %w", r.Role, r.From, explain(err))
	}
	return r, nil
}

// ours refuses a root on chain that this ledger did not build, whether or not its event is recorded
// yet.
func (op *operation) ours(ctx context.Context, root ethclient.Root) error {
	if root.Round == 0 {
		return nil
	}
	r, err := op.round(ctx, root.Round)
	if err != nil {
		return fmt.Errorf("%w: it names round %d, and %w", ErrAlarm, root.Round, err)
	}
	if r.Root != root.Root {
		return fmt.Errorf("%w: it names root 0x%s for round %d, and this ledger built 0x%s; cancel or pause if it was not you",
			ErrAlarm, root.Root, root.Round, r.Root)
	}
	return nil
}
