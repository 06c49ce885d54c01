package sender_test

import (
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"pgregory.net/rapid"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

// attempt is attempt n of an intent with nonce 7.
func attempt(n uint64, fee swap.Amount, status swap.AttemptStatus) swap.Attempt {
	return swap.Attempt{TxSigned: swap.TxSigned{Attempt: n, Nonce: 7, Hash: swap.Hash{byte(n)}, GasFee: fee}, Status: status}
}

func included(n uint64, block uint64, success bool) *swap.Inclusion {
	return &swap.Inclusion{Hash: swap.Hash{byte(n)}, Block: block, Success: success}
}

func TestDecide(t *testing.T) {
	signed, mined, done := swap.SignedAttempt, swap.MinedAttempt, swap.FinalizedAttempt
	one := func(s swap.AttemptStatus, r *swap.Inclusion) []sender.Seen {
		return []sender.Seen{{attempt(1, 100, s), r}}
	}
	two := func(s swap.AttemptStatus, a, b *swap.Inclusion) []sender.Seen {
		return []sender.Seen{{attempt(1, 100, s), a}, {attempt(2, 200, s), b}}
	}
	const otherWon, foreign = "attempt 2 has its nonce", "another transaction has its nonce in a final block"
	for _, c := range []struct {
		name          string
		attempts      []sender.Seen
		latest, final uint64
		base          uint64
		action        sender.Action
		events        []swap.Event
	}{
		{"never arrived", one(signed, nil), 7, 7, 50, sender.Send, nil},
		{"an earlier nonce is missing", one(signed, nil), 5, 5, 500, sender.Send, nil},
		{"priced out", one(signed, nil), 7, 7, 101, sender.Replace, nil},
		{"at the price", one(signed, nil), 7, 7, 100, sender.Send, nil},
		{"the newer attempt is dear enough", two(signed, nil, nil), 7, 7, 150, sender.Send, nil},
		{"in a block", one(signed, included(1, 11, true)), 8, 7, 500, sender.Wait, []swap.Event{&swap.TxMined{Inclusion: *included(1, 11, true)}}},
		{"in a block, known", one(mined, included(1, 11, true)), 8, 7, 50, sender.Wait, nil},
		{"failed in a block that is not final", one(mined, included(1, 11, false)), 8, 7, 50, sender.Wait, nil},
		{"reorganised away", one(mined, nil), 7, 7, 50, sender.Send, nil},
		{"final", one(mined, included(1, 10, true)), 8, 8, 50, sender.Finished, []swap.Event{&swap.TxFinalized{Inclusion: *included(1, 10, true)}}},
		{"final, known", one(done, included(1, 10, true)), 8, 8, 50, sender.Finished, nil},
		{"final at first sight", one(signed, included(1, 3, true)), 9, 8, 50, sender.Finished, []swap.Event{&swap.TxFinalized{Inclusion: *included(1, 3, true)}}},
		{"reverted", one(mined, included(1, 10, false)), 8, 8, 50, sender.Reverted,
			[]swap.Event{&swap.TxFailed{Hash: swap.Hash{1}, Reason: "reverted", Inclusion: included(1, 10, false)}}},
		{"the second wins", two(signed, nil, included(2, 10, true)), 8, 8, 50, sender.Finished,
			[]swap.Event{&swap.TxFinalized{Inclusion: *included(2, 10, true)}, &swap.TxFailed{Hash: swap.Hash{1}, Reason: otherWon}}},
		{"the second reverts", two(signed, nil, included(2, 10, false)), 8, 8, 50, sender.Reverted,
			[]swap.Event{&swap.TxFailed{Hash: swap.Hash{2}, Reason: "reverted", Inclusion: included(2, 10, false)}, &swap.TxFailed{Hash: swap.Hash{1}, Reason: otherWon}}},
		{"the first wins after all", two(signed, included(1, 12, true), nil), 8, 7, 50, sender.Wait, []swap.Event{&swap.TxMined{Inclusion: *included(1, 12, true)}}},
		{"the nonce is used, by whom is not known yet", one(signed, nil), 8, 7, 500, sender.Wait, nil},
		{"the nonce is another's for good", two(signed, nil, nil), 8, 8, 50, sender.Foreign,
			[]swap.Event{&swap.TxFailed{Hash: swap.Hash{1}, Reason: foreign}, &swap.TxFailed{Hash: swap.Hash{2}, Reason: foreign}}},
	} {
		d := sender.Decide(sender.Observation{Attempts: c.attempts, Latest: c.latest, Final: c.final, FinalBlock: 10, BaseFee: sender.Wei(c.base)})
		if d.Action != c.action || !(len(d.Events) == 0 && len(c.events) == 0 || reflect.DeepEqual(d.Events, c.events)) {
			t.Errorf("%s: %s %+v, expected %s %+v", c.name, d.Action, d.Events, c.action, c.events)
		}
	}
}

// TestDecideIsSafe looks at any observation: nothing is signed or sent once the nonce is used, nothing is called paid that
// is not in a final block, and the ledger is told of every attempt at most once.
func TestDecideIsSafe(t *testing.T) {
	statuses := rapid.SampledFrom([]swap.AttemptStatus{swap.SignedAttempt, swap.MinedAttempt, swap.FinalizedAttempt, swap.FailedAttempt})
	rapid.Check(t, func(t *rapid.T) {
		o := sender.Observation{
			Latest: rapid.Uint64Range(5, 9).Draw(t, "latest"), Final: rapid.Uint64Range(5, 9).Draw(t, "final"), FinalBlock: 10,
			BaseFee: sender.Wei(rapid.Uint64Range(0, 400).Draw(t, "base")),
		}
		for n := range rapid.Uint64Range(1, 4).Draw(t, "attempts") {
			s := sender.Seen{Attempt: attempt(n+1, swap.Amount(100*n), statuses.Draw(t, "status"))}
			if rapid.Bool().Draw(t, "included") {
				s.Receipt = included(n+1, rapid.Uint64Range(8, 12).Draw(t, "block"), rapid.Bool().Draw(t, "success"))
			}
			o.Attempts = append(o.Attempts, s)
		}
		d := sender.Decide(o)
		receipts := 0
		for _, a := range o.Attempts {
			if a.Receipt != nil {
				receipts++
			}
		}
		if (d.Action == sender.Send || d.Action == sender.Replace) && (receipts > 0 || o.Latest > 7 || o.Final > 7) {
			t.Fatalf("%s although the nonce is used: %+v", d.Action, o)
		}
		if r := o.Attempts[d.Attempt].Receipt; d.Action == sender.Finished && (r == nil || !r.Success || r.Block > o.FinalBlock) {
			t.Fatalf("finished without a final receipt: %+v", o)
		}
		told := map[swap.Hash]bool{}
		for _, e := range d.Events {
			var hash swap.Hash
			switch e := e.(type) {
			case *swap.TxMined:
				hash = e.Hash
			case *swap.TxFinalized:
				hash = e.Hash
			case *swap.TxFailed:
				hash = e.Hash
			}
			status := o.Attempts[hash[0]-1].Status
			if told[hash] || status == swap.FinalizedAttempt || status == swap.FailedAttempt {
				t.Fatalf("%T about %s, which is %s: %+v", e, hash, status, o)
			}
			told[hash] = true
		}
	})
}

func TestFees(t *testing.T) {
	now := func(base, tip uint64) ethclient.Fees {
		return ethclient.Fees{Base: sender.Wei(base), Tip: sender.Wei(tip), Cap: sender.Wei(2*base + tip)}
	}
	old := types.NewTx(&types.DynamicFeeTx{GasFeeCap: sender.Wei(1001), GasTipCap: sender.Wei(11), To: &common.Address{}})
	for _, c := range []struct {
		name     string
		outbid   bool
		now      ethclient.Fees
		ceiling  swap.Amount
		cap, tip uint64 // 0: refused
	}{
		{"as suggested", false, now(100, 7), 1000, 207, 7},
		{"up to the ceiling", false, now(600, 7), 1000, 1000, 7},
		{"at the ceiling", false, now(993, 7), 1000, 1000, 7},
		{"above it", false, now(994, 7), 1000, 0, 0},
		{"a tenth more, rounded up", true, now(100, 7), 5000, 1102, 13},
		{"more than a tenth", true, now(1000, 20), 5000, 2020, 20},
		{"a tenth more would be above the ceiling", true, now(100, 7), 1101, 0, 0},
		{"between a tenth more and the ceiling", true, now(1000, 20), 1500, 1500, 20},
	} {
		f, err := sender.Offer(c.now, c.ceiling)
		if c.outbid {
			f, err = sender.Outbid(old, c.now, c.ceiling)
		}
		if (err != nil) != (c.cap == 0) || err == nil && (f.Cap.Uint64() != c.cap || f.Tip.Uint64() != c.tip) {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
		if err != nil {
			want(t, err, "rails.gas_price", "wei per gas")
		}
	}
	for _, c := range []struct{ estimate, limit uint64 }{{100, 120}, {30_000_000, 32_000_000}, {32_000_000, 32_000_000}, {32_000_001, 0}, {1 << 62, 0}} {
		if got, err := sender.GasLimit(c.estimate); got != c.limit || (err != nil) != (c.limit == 0) {
			t.Errorf("limit for %d: %d, %v", c.estimate, got, err)
		}
	}
}

// TestRealMoney holds the rules that development chains are spared.
func TestRealMoney(t *testing.T) {
	real := swap.Migration{Terms: testTerms(t, common.HexToAddress("0x10Ea9E5303670331Bdddfa66A4cEA47dae4fcF3b"), 42161)}
	real.Closes = real.Terms.Closes
	d := sender.Deployment{Roles: sender.Roles{Owner: holder(1), Publisher: holder(2), Guardian: holder(3)}, ActivationDelay: sender.DefaultDelay - 1}
	_, err := sender.Settings(d, real)
	want(t, err, "86399 seconds", "at least 86400")
	d.ActivationDelay++
	if _, err := sender.Settings(d, real); err != nil {
		t.Error(err)
	}
	want(t, sender.MustBeDevelopment(real), "chain 42161", "owner's own wallet")
}
