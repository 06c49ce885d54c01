package state_test

import (
	"reflect"
	"testing"
	"time"

	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// attempt is attempt n of an intent with nonce 7.
func attempt(n uint64, fee swap.Wei, status swap.AttemptStatus) swap.Attempt {
	return swap.Attempt{TxSigned: swap.TxSigned{Attempt: n, Nonce: 7, Hash: swap.Hash{byte(n)}, GasFee: fee}, Status: status}
}

func included(n uint64, block uint64, success bool) *swap.Inclusion {
	return &swap.Inclusion{Hash: swap.Hash{byte(n)}, Block: block, Success: success}
}

func TestDecide(t *testing.T) {
	signed, mined, done, failed := swap.SignedAttempt, swap.MinedAttempt, swap.FinalizedAttempt, swap.FailedAttempt
	one := func(s swap.AttemptStatus, r *swap.Inclusion) []state.Attempt {
		return []state.Attempt{{Attempt: attempt(1, 100, s), Receipt: r}}
	}
	two := func(s swap.AttemptStatus, a, b *swap.Inclusion) []state.Attempt {
		return []state.Attempt{{Attempt: attempt(1, 100, s), Receipt: a}, {Attempt: attempt(2, 200, s), Receipt: b}}
	}
	filled := func(s swap.AttemptStatus, a, b *swap.Inclusion) []state.Attempt {
		list := two(s, a, b)
		list[1].Noop = true
		return list
	}
	unknown := func(list []state.Attempt) []state.Attempt {
		list[0].Unknown = true
		return list
	}
	const otherWon, foreign = "attempt 2 has its nonce", "another transaction has its nonce in a final block"
	type change = func(o *state.Observation)
	answered := func(a state.Answer, vain int) change {
		return func(o *state.Observation) { o.Sent, o.Pool, o.Vain = true, a, vain }
	}
	arbitrum := func(then change) change {
		return func(o *state.Observation) { o.Profile = state.Arbitrum(); then(o) }
	}
	holds := answered(state.Holds, 0)
	stale := func(o *state.Observation) { o.Still, o.Same = 900, state.Patience; holds(o) }
	sure := func(o *state.Observation) { o.Still, o.Same = 2, state.SureAfter }
	unwanted := func(o *state.Observation) { holds(o); o.Unwanted = "it is over" }
	low := func(then change) change { return func(o *state.Observation) { o.Ceiling = 105; then(o) } }
	none := func(*state.Observation) {}
	rows := map[string]bool{}
	for _, r := range state.Rows() {
		rows[string(r.State)+": "+r.When] = true
	}
	often := func(o *state.Observation) { holds(o); o.Looks = state.MostLooks }
	for _, c := range []struct {
		name          string
		attempts      []state.Attempt
		latest, final uint64
		base          uint64
		change        change
		action        state.Action
		reason        state.Reason
		events        []swap.Event
	}{
		{"never sent", one(signed, nil), 7, 7, 50, none, state.Resend, "", nil},
		{"held", one(signed, nil), 7, 7, 50, holds, state.Wait, "", nil},
		{"refused, as nobody knows why", one(signed, nil), 7, 7, 50, answered(state.Declined, 9), state.Resend, "", nil},
		{"refused ten times", one(signed, nil), 7, 7, 50, answered(state.Declined, 10), state.Stop, state.NodeRefuses, nil},
		{"no answer", one(signed, nil), 7, 7, 50, answered(state.Silent, 1), state.Wait, "", nil},
		{"no answer for long", one(signed, nil), 7, 7, 50, func(o *state.Observation) { answered(state.Silent, 1)(o); o.Idle = state.ResendAfter }, state.Resend, "", nil},
		{"forgotten", one(signed, nil), 7, 7, 50, answered(state.Lost, 0), state.Resend, "", nil},
		{"no money", one(signed, nil), 7, 7, 50, answered(state.Broke, 2), state.Resend, "", nil},
		{"no money, sure", one(signed, nil), 7, 7, 50, answered(state.Broke, 3), state.Stop, state.NoFunds, nil},
		{"too cheap for the pool", one(signed, nil), 7, 7, 50, answered(state.Cheap, 3), state.Bump, "", nil},
		{"another waits", one(signed, nil), 7, 7, 50, answered(state.Dearer, 3), state.Bump, "", nil},
		{"another waits, ceiling", one(signed, nil), 7, 7, 50, low(answered(state.Dearer, 3)), state.Stop, state.Ceiling, nil},
		{"another waits where none can", one(signed, nil), 7, 7, 50, arbitrum(answered(state.Dearer, 3)), state.Resend, "", nil},
		{"never taken", one(signed, nil), 7, 7, 50, answered(state.Never, 3), state.Fill, "", nil},
		{"never taken, nor the no-op", filled(signed, nil, nil), 7, 7, 50, answered(state.Never, 3), state.Stop, state.NodeRefuses, nil},
		{"never taken, ceiling", one(signed, nil), 7, 7, 50, low(answered(state.Never, 3)), state.Stop, state.Ceiling, nil},
		{"unwanted", one(signed, nil), 7, 7, 50, unwanted, state.Fill, "", nil},
		{"unwanted, ceiling", one(signed, nil), 7, 7, 50, low(unwanted), state.Stop, state.Ceiling, nil},
		{"unwanted, filling", filled(signed, nil, nil), 7, 7, 50, unwanted, state.Wait, "", nil},
		{"unwanted, out of turn", one(signed, nil), 6, 6, 50, unwanted, state.Wait, "", nil},
		{"would fail", one(signed, nil), 7, 7, 50, func(o *state.Observation) { o.Fails = true }, state.Wait, "", nil},
		{"would fail for long", one(signed, nil), 7, 7, 50, func(o *state.Observation) { o.Fails, o.Failing = true, state.SureAfter }, state.Fill, "", nil},
		{"an earlier nonce is missing", one(signed, nil), 5, 5, 500, none, state.Resend, "", nil},
		{"an earlier nonce is missing, no pool", one(signed, nil), 5, 5, 500, arbitrum(none), state.Wait, "", nil},
		{"an earlier nonce stays missing", one(signed, nil), 5, 5, 500, stale, state.Stop, state.NonceGap, nil},
		{"priced out", one(signed, nil), 7, 7, 101, holds, state.Bump, "", nil},
		{"priced out, no pool", one(signed, nil), 7, 7, 101, arbitrum(holds), state.Bump, "", nil},
		{"priced out, ceiling", one(signed, nil), 7, 7, 101, low(holds), state.Stop, state.Ceiling, nil},
		{"at the price", one(signed, nil), 7, 7, 100, holds, state.Wait, "", nil},
		{"the newer attempt is dear enough", two(signed, nil, nil), 7, 7, 150, holds, state.Wait, "", nil},
		{"held for long", one(signed, nil), 7, 7, 50, func(o *state.Observation) { holds(o); o.Same = state.BumpAfter }, state.Bump, "", nil},
		{"held for long, ceiling", one(signed, nil), 7, 7, 50, low(func(o *state.Observation) { holds(o); o.Same = state.BumpAfter }), state.Wait, "", nil},
		{"held for too long", one(signed, nil), 7, 7, 50, stale, state.Stop, state.NotIncluded, nil},
		{"in a block", one(signed, included(1, 11, true)), 8, 7, 500, none, state.Wait, "", []swap.Event{&swap.TxMined{Inclusion: *included(1, 11, true)}}},
		{"in a block, known", one(mined, included(1, 11, true)), 8, 7, 50, none, state.Wait, "", nil},
		{"in a block for ever", one(mined, included(1, 11, true)), 8, 7, 50, stale, state.Stop, state.NotFinal, nil},
		{"failed in a block that is not final", one(mined, included(1, 11, false)), 8, 7, 50, none, state.Wait, "", nil},
		{"reorganised away", one(mined, nil), 7, 7, 50, answered(state.Lost, 0), state.Resend, "", nil},
		{"final", one(mined, included(1, 10, true)), 8, 8, 50, none, state.Finished, "", []swap.Event{&swap.TxFinalized{Inclusion: *included(1, 10, true)}}},
		{"final, known", one(done, included(1, 10, true)), 8, 8, 50, none, state.Finished, "", nil},
		{"final at first sight", one(signed, included(1, 3, true)), 9, 8, 50, none, state.Finished, "", []swap.Event{&swap.TxFinalized{Inclusion: *included(1, 3, true)}}},
		{"reverted", one(mined, included(1, 10, false)), 8, 8, 50, none, state.Reverted, "",
			[]swap.Event{&swap.TxFailed{Hash: swap.Hash{1}, Reason: "reverted", Inclusion: included(1, 10, false)}}},
		{"the second wins", two(signed, nil, included(2, 10, true)), 8, 8, 50, none, state.Finished, "",
			[]swap.Event{&swap.TxFinalized{Inclusion: *included(2, 10, true)}, &swap.TxFailed{Hash: swap.Hash{1}, Reason: otherWon}}},
		{"the second reverts", two(signed, nil, included(2, 10, false)), 8, 8, 50, none, state.Reverted, "",
			[]swap.Event{&swap.TxFailed{Hash: swap.Hash{2}, Reason: "reverted", Inclusion: included(2, 10, false)}, &swap.TxFailed{Hash: swap.Hash{1}, Reason: otherWon}}},
		{"the first wins after all", two(signed, included(1, 12, true), nil), 8, 7, 50, none, state.Wait, "", []swap.Event{&swap.TxMined{Inclusion: *included(1, 12, true)}}},
		{"too often, next", one(signed, nil), 7, 7, 50, often, state.Stop, state.Endless, nil},
		{"too often, ahead", one(signed, nil), 6, 6, 50, often, state.Stop, state.Endless, nil},
		{"too often, in a block", one(mined, included(1, 11, true)), 8, 7, 50, often, state.Stop, state.Endless, nil},
		{"too often, used", one(signed, nil), 8, 7, 50, often, state.Stop, state.Endless, nil},
		{"too often, not answered", unknown(one(signed, nil)), 7, 7, 50, often, state.Stop, state.Endless, nil},
		{"filled", filled(signed, nil, included(2, 10, true)), 8, 8, 50, none, state.Filled, "", []swap.Event{&swap.TxFinalized{Inclusion: *included(2, 10, true)}}},
		{"filled, known", filled(failed, nil, included(2, 10, true)), 8, 8, 50, none, state.Filled, "", nil},
		{"filled too late", filled(signed, included(1, 10, true), nil), 8, 8, 50, none, state.Finished, "",
			[]swap.Event{&swap.TxFinalized{Inclusion: *included(1, 10, true)}, &swap.TxFailed{Hash: swap.Hash{2}, Reason: "attempt 1 has its nonce"}}},
		{"not answered", unknown(one(signed, nil)), 7, 7, 500, none, state.Wait, "", nil},
		{"not answered for long", unknown(one(signed, nil)), 7, 7, 500, stale, state.Stop, state.NotKnown, nil},
		{"one not answered, the other final", unknown(two(signed, nil, included(2, 10, true))), 8, 8, 50, none, state.Finished, "",
			[]swap.Event{&swap.TxFinalized{Inclusion: *included(2, 10, true)}, &swap.TxFailed{Hash: swap.Hash{1}, Reason: otherWon}}},
		{"the nonce is used, by whom is not known yet", one(signed, nil), 8, 7, 500, none, state.Wait, "", nil},
		{"the nonce is used, and nobody says by whom", one(signed, nil), 8, 7, 500, stale, state.Stop, state.ForeignNonce, nil},
		{"the nonce is another's, at first sight", two(signed, nil, nil), 8, 8, 50, none, state.Wait, "", nil},
		{"the nonce is another's for good", two(signed, nil, nil), 8, 8, 50, sure, state.Stop, state.ForeignNonce,
			[]swap.Event{&swap.TxFailed{Hash: swap.Hash{1}, Reason: foreign}, &swap.TxFailed{Hash: swap.Hash{2}, Reason: foreign}}},
	} {
		o := state.Observation{
			Profile: state.Ethereum(), Attempts: c.attempts, Latest: c.latest, Final: c.final, FinalBlock: 10, Ceiling: 1000,
			Fees: state.Fees{Base: num(c.base), Cap: num(2 * c.base), Tip: num(0)}, Idle: time.Second,
		}
		c.change(&o)
		d := state.Decide(o)
		if d.Action != c.action || d.Reason != c.reason || !(len(d.Events) == 0 && len(c.events) == 0 || reflect.DeepEqual(d.Events, c.events)) {
			t.Errorf("%s: %s %s %+v, expected %s %s %+v", c.name, d.Action, d.Reason, d.Events, c.action, c.reason, c.events)
		}
		for _, r := range state.Rows() {
			if r.State == d.State && r.If(&o) {
				delete(rows, string(d.State)+": "+r.When)
				break
			}
		}
	}
	for when := range rows {
		t.Errorf("no case is decided by the row %q", when)
	}
}

func TestProfiles(t *testing.T) {
	for id, name := range map[uint64]string{42161: "arbitrum", 42170: "arbitrum", 421614: "arbitrum", 1: "ethereum", 1337: "ethereum", 31337: "ethereum"} {
		if got := state.ProfileOf(id).Name; got != name {
			t.Errorf("chain %d: %s, expected %s", id, got, name)
		}
	}
}

func TestStrongest(t *testing.T) {
	for _, c := range []struct {
		all  []state.Answer
		want state.Answer
	}{
		{[]state.Answer{state.Never, state.Holds}, state.Holds},
		{[]state.Answer{state.Never, state.Silent}, state.Silent},
		{[]state.Answer{state.Never, state.Never}, state.Never},
		{[]state.Answer{state.Declined, state.Busy}, state.Busy},
		{nil, state.Silent},
	} {
		if got := state.Strongest(c.all...); got != c.want {
			t.Errorf("%v: %s, expected %s", c.all, got, c.want)
		}
	}
}
