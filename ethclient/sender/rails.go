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
	sum := signed + e.Amount
	if sum < signed {
		sum = ^swap.Amount(0)
	}
	return checkRail("day", rails.Day, sum)
}

// railHit is the entry about a rail.
func railHit(intent swap.Intent, err error) *swap.RailHit {
	var rail *railError
	if !errors.As(err, &rail) {
		return nil
	}
	return &swap.RailHit{Intent: intent, Rail: rail.Rail, Limit: rail.Limit, Asked: rail.Asked}
}

// stopAtRail records that a rail was hit and returns the error with the intent's name. Other errors pass through.
func (s *Sender) stopAtRail(ctx context.Context, intent swap.Intent, err error) error {
	if hit := railHit(intent, err); hit != nil {
		if _, failed := s.ledger.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
			return []swap.Record{{Event: hit}}, nil
		}); failed != nil {
			return errors.Join(err, failed)
		}
	}
	return fmt.Errorf("%s: %w", describe(intent), err)
}

// signedAmounts are the payments signed so far: for every push intent the time of its first signature and its amount.
type signedAmounts []struct {
	at     time.Time
	amount swap.Amount
}

// on sums up one day (UTC).
func (l signedAmounts) on(at time.Time) (sum swap.Amount) {
	day := at.UTC().Truncate(24 * time.Hour)
	for _, s := range l {
		if s.at.UTC().Truncate(24 * time.Hour).Equal(day) {
			sum += s.amount
		}
	}
	return sum
}

// signedByDay reads the push intents of the last day on which one was signed, and of the day before it: time in a ledger
// never runs backwards, so no earlier one can be of the present day.
func (s *Sender) signedByDay(ctx context.Context) (signedAmounts, error) {
	var first []swap.Attempt
	if err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		first = first[:0]
		return t.AllAttempts(func(a swap.Attempt) error {
			if a.Purpose == swap.PurposePush && a.TxSigned.Attempt == 1 {
				first = append(first, a)
			}
			return nil
		})
	}); err != nil {
		return nil, err
	}
	var out signedAmounts
	for i := len(first) - 1; i >= 0; i-- {
		at, ok := s.times[first[i].Entry]
		if !ok {
			var err error
			if _, at, err = s.ledger.Event(ctx, first[i].Entry); err != nil {
				return nil, err
			}
			s.times[first[i].Entry] = at
		}
		out = append(out, struct {
			at     time.Time
			amount swap.Amount
		}{at, first[i].Amount})
		if out[0].at.Sub(at) > 24*time.Hour {
			break
		}
	}
	return out, nil
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

func (e *railError) Error() string {
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
