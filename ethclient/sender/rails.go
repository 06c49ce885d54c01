package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient"
	"oxenswap/swap"
)

// checkPayment refuses a push transaction above a rail. signed is what was signed on the same day (UTC) before it.
// Only payments to holders count: the owner's funding stays the migration's money.
func checkPayment(rails swap.Rails, e *swap.TxSigned, signed swap.Amount) error {
	if e.Purpose != swap.PurposePush || e.Attempt > 1 {
		return nil // another attempt of an intent pays no second time
	}
	if err := checkRail("transaction", rails.Transaction, e.Amount); err != nil {
		return err
	}
	return checkRail("day", rails.Day, signed+min(e.Amount, ^swap.Amount(0)-signed))
}

// railHit is the entry about a rail.
func railHit(intent swap.Intent, err error) *swap.RailHit {
	var rail *railError
	if !errors.As(err, &rail) {
		return nil
	}
	return &swap.RailHit{Intent: intent, Rail: rail.Rail, Limit: rail.Limit, Asked: rail.Asked}
}

// stopped is the record of a stop, and nothing when the same one stands in the ledger: who tries again and again at a rail
// fills no log.
func stopped(m swap.Migration, hit *swap.RailHit) []swap.Record {
	if m.Rails.Has(hit) {
		return nil
	}
	return []swap.Record{{Event: hit}}
}

// stopAtRail records that a rail was hit and returns the error with the intent's name. Other errors pass through.
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

// signedOn is what was signed for pushes on a day (UTC). Further attempts of an intent pay no second time.
func signedOn(t swap.Tables, day time.Time) (sum swap.Amount, err error) {
	day = day.UTC().Truncate(24 * time.Hour)
	err = t.AllAttempts(func(a swap.Attempt) error {
		if a.Purpose == swap.PurposePush && a.TxSigned.Attempt == 1 && a.At.UTC().Truncate(24*time.Hour).Equal(day) {
			sum += min(a.Amount, ^swap.Amount(0)-sum)
		}
		return nil
	})
	return sum, err
}

const (
	// replaceNum / replaceDen is what a replacement must offer at least: go-ethereum's pool asks for 10 % more of both caps.
	replaceNum, replaceDen = 11, 10
	// gasNum / gasDen is the margin over an estimate, which on Arbitrum includes the moving price of L1 data.
	gasNum, gasDen = 6, 5
	// maxGas is the most that Arbitrum One takes in one transaction.
	maxGas = 32_000_000
	// maxTxBytes is the most that Arbitrum's sequencer takes; go-ethereum's pool takes more (131,072).
	maxTxBytes = 95_000
)

// railError says at which rail sending stops. It becomes a rail.hit entry.
type railError struct {
	Rail         string
	Limit, Asked swap.Amount
	unit         string
}

// checkRail refuses an amount above a rail.
func checkRail(name string, limit, asked swap.Amount) error {
	if asked > limit {
		return &railError{name, limit, asked, "atomic SESH"}
	}
	return nil
}

// mustBeApproved refuses a round that lacks an approval by the operators and the limits that are in force now.
func (op *operation) mustBeApproved(ctx context.Context, intent swap.Intent, r swap.Round) error {
	var by []string
	var needed int
	if err := op.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		by, needed, err = swap.Approvals(t, r, time.Time{}) // it has a day: that of its approval
		return err
	}); err != nil {
		return err
	}
	if len(by) >= needed {
		return nil
	}
	return op.stopAtRail(ctx, intent, &railError{railApprovals, swap.Amount(len(by)), swap.Amount(needed), ""})
}

// railApprovals is the name of the stop for want of an approval.
const railApprovals = "approvals"

func (e *railError) Error() string {
	if e.Rail == railApprovals {
		return fmt.Sprintf("by the operators and limits in force it has %s of the %s approvals that it needs: nothing was sent; another operator must approve the round (`oxenswap round approve`)", e.Limit, e.Asked)
	}
	return fmt.Sprintf("rails.%s is %s %s, this needs %s: nothing was sent; a person must look, and then may raise the rail in the configuration", e.Rail, e.Limit, e.unit, e.Asked)
}

// offer is what a transaction offers: what the chain suggests now, but never above the ceiling. A price of now above the
// ceiling is a *railError.
func offer(now ethclient.Fees, ceiling swap.Amount) (ethclient.Fees, error) {
	return under(now, new(big.Int).Add(now.Base, now.Tip), ceiling)
}

// outbid is an offer that replaces an earlier transaction with the same nonce.
func outbid(old *types.Transaction, now ethclient.Fees, ceiling swap.Amount) (ethclient.Fees, error) {
	leastCap, leastTip := more(old.GasFeeCap()), more(old.GasTipCap())
	if now.Cap.Cmp(leastCap) < 0 {
		now.Cap = leastCap
	}
	if now.Tip.Cmp(leastTip) < 0 {
		now.Tip = leastTip
	}
	least := new(big.Int).Add(now.Base, now.Tip)
	if least.Cmp(leastCap) < 0 {
		least = leastCap
	}
	return under(now, least, ceiling)
}

// more is n and a tenth, rounded up.
func more(n *big.Int) *big.Int {
	out := new(big.Int).Mul(n, big.NewInt(replaceNum))
	return out.Div(out.Add(out, big.NewInt(replaceDen-1)), big.NewInt(replaceDen))
}

// under lowers the cap to the ceiling, or refuses if not even least is under it.
func under(f ethclient.Fees, least *big.Int, ceiling swap.Amount) (ethclient.Fees, error) {
	most := wei(ceiling)
	if least.Cmp(most) > 0 {
		asked := ^swap.Amount(0)
		if least.IsUint64() {
			asked = swap.Amount(least.Uint64())
		}
		return f, &railError{"gas_price", ceiling, asked, "wei per gas"}
	}
	if f.Cap.Cmp(most) > 0 {
		f.Cap = most
	}
	return f, nil
}

// gasLimit is an estimate with its margin.
func gasLimit(estimate uint64) (uint64, error) {
	limit := estimate * gasNum / gasDen
	if estimate > maxGas {
		return 0, fmt.Errorf("it would use %d gas, and a transaction takes at most %d: lower rails.batch", estimate, maxGas)
	}
	return min(limit, maxGas), nil
}
