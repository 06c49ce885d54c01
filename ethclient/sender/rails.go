package sender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oxenswap/swap"
)

// checkPayment refuses a push transaction above a rail. signed is what was signed on the same day
// (UTC) before it. Only payments to holders count: the owner's funding stays the migration's money.
func checkPayment(rails swap.Rails, e *swap.TxSigned, signed swap.Sesh) error {
	if e.Purpose != swap.PurposePush || e.Attempt > 1 {
		return nil // another attempt of an intent pays no second time
	}
	if err := checkRail("transaction", rails.Transaction, e.Amount); err != nil {
		return err
	}
	return checkRail("day", rails.Day, signed+min(e.Amount, ^swap.Sesh(0)-signed))
}

// railHit is the entry about a rail.
func railHit(intent swap.Intent, err error) *swap.RailHit {
	var rail *RailError
	if !errors.As(err, &rail) {
		return nil
	}
	return &swap.RailHit{Intent: intent, Rail: rail.Rail, Limit: rail.Limit, Asked: rail.Asked}
}

// stopped is the record of a stop, and nothing when the ledger has the same one: repeated tries at
// a rail do not fill the log.
func stopped(m swap.Migration, hit *swap.RailHit) []swap.Record {
	if m.Rails.Has(hit) {
		return nil
	}
	return []swap.Record{{Event: hit}}
}

// stopAtRail records that a rail was hit and returns the error with the intent's name. Other errors
// pass through.
func (s *Sender) stopAtRail(ctx context.Context, intent swap.Intent, err error) error {
	if hit := railHit(intent, err); hit != nil {
		if _, failed := s.ledger.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
			m, err := t.Migration()
			if err != nil {
				return nil, err
			}
			return stopped(m, hit), nil
		}); failed != nil {
			return errors.Join(err, failed)
		}
	}
	return fmt.Errorf("%s: %w", describe(intent), err)
}

// signedOn is what was signed for pushes on a day (UTC). Further attempts of an intent pay no
// second time.
func signedOn(t swap.Tables, day time.Time) (sum swap.Sesh, err error) {
	day = day.UTC().Truncate(24 * time.Hour)
	err = t.AllAttempts(func(a swap.Attempt) error {
		if a.Purpose == swap.PurposePush && a.TxSigned.Attempt == 1 && a.At.UTC().Truncate(24*time.Hour).Equal(day) {
			sum += min(a.Amount, ^swap.Sesh(0)-sum)
		}
		return nil
	})
	return sum, err
}

// RailError says at which rail sending stops. It becomes a rail.hit entry.
type RailError struct {
	Rail         string
	Limit, Asked swap.RailValue
}

// checkRail refuses a sum above a rail.
func checkRail(name string, limit, asked swap.Sesh) error {
	if asked > limit {
		return &RailError{name, swap.RailValue(limit), swap.RailValue(asked)}
	}
	return nil
}

// lacksApproval is a *RailError about a round that has too few approvals by the operators and the
// limits in force now.
func (op *operation) lacksApproval(ctx context.Context, r swap.Round) error {
	var by []string
	var needed int
	if err := op.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		by, needed, err = swap.Approvals(t, r, time.Time{}) // it has a day: that of its approval
		return err
	}); err != nil || len(by) >= needed {
		return err
	}
	return &RailError{RailApprovals, swap.RailValue(len(by)), swap.RailValue(needed)}
}

// mustBeApproved stops at a round that lacks an approval.
func (op *operation) mustBeApproved(ctx context.Context, intent swap.Intent, r swap.Round) error {
	if err := op.lacksApproval(ctx, r); err != nil {
		return op.stopAtRail(ctx, intent, err)
	}
	return nil
}

// Rails whose errors have a remedy of their own.
const (
	RailApprovals = "approvals" // the round has too few approvals
	RailBatch     = "batch"     // a batch has too many recipients
)

func (e *RailError) Error() string {
	if e.Rail == RailApprovals {
		return fmt.Sprintf("by the operators and limits in force the round has %d of the %s that it needs: "+
			"nothing was sent; another operator must approve it", e.Limit, e.Asked.In(e.Rail))
	}
	return fmt.Sprintf("rails.%s is %s, this needs %d: nothing was sent; a person must find out why, "+
		"and then may raise the rail in the configuration", e.Rail, e.Limit.In(e.Rail), e.Asked)
}
