package swap

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestApplyDistributor(t *testing.T) {
	change := func(change func(e *DistributorDeployed)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e := deployed(l.terms)
			change(e)
			return e, nil
		}
	}
	runApplyCases(t, []applyCase{
		{"deploy", "open", change(func(*DistributorDeployed) {}), ""},
		{"deploy twice", "deployed", change(func(e *DistributorDeployed) { e.Address = testRecipient(5) }), "a second one would pay everybody again"},
		{"deploy on another chain", "open", change(func(e *DistributorDeployed) { e.ChainID = 1 }), "chain id 1: the terms' token is on 1337"},
		{"deploy for another token", "open", change(func(e *DistributorDeployed) { e.Token = testRecipient(5) }), "it pays 0x"},
		{"deploy for too short a time", "open", change(func(e *DistributorDeployed) { e.ClosesAt-- }), "closes sooner than 90 days"},
	})
}

func TestApplyTransactions(t *testing.T) {
	propose, push := Intent{Purpose: PurposePropose, Round: 1}, Intent{PurposePush, 1, 1, 0}
	signed := func(i Intent, attempt, nonce uint64, change func(e *TxSigned)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e, raw := l.tx(i, attempt, nonce)
			if change != nil {
				change(e)
			}
			return e, [][]byte{raw}
		}
	}
	// The transaction that the stage "signed" or "pushed" has signed.
	sent := func(i Intent, nonce uint64, event func(hash Hash) Event) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e, _ := l.tx(i, 1, nonce)
			return event(e.Hash), nil
		}
	}
	noop := func(e *TxSigned) { e.Noop, e.Amount = true, 0 }
	mined := func(h Hash) Event { return &TxMined{Inclusion{Hash: h, Block: 9, Success: true}} }
	final := func(h Hash) Event { return &TxFinalized{Inclusion{Hash: h, Block: 9, Success: true}} }
	failed := func(h Hash) Event { return &TxFailed{Hash: h, Reason: "reverted"} }
	after := func(first func(h Hash) Event, then func(*testLedger) (Event, [][]byte)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e, _ := sent(propose, 0, first)(l)
			l.must(e)
			return then(l)
		}
	}
	runApplyCases(t, []applyCase{
		{"sign anything", "open", signed(Intent{Purpose: PurposeDeploy}, 1, 0, nil), ""},
		{"sign without the bytes", "open", func(l *testLedger) (Event, [][]byte) {
			e, _ := l.tx(Intent{Purpose: PurposeDeploy}, 1, 0)
			return e, nil
		}, "attachment is missing"},
		{"sign for another chain", "open", signed(Intent{Purpose: PurposeDeploy}, 1, 0, func(e *TxSigned) { e.ChainID = 1 }), "chain id 1: the terms' token is on 1337"},
		{"sign a second attempt first", "open", signed(Intent{Purpose: PurposeDeploy}, 2, 0, nil), "attempt 2: expected 1"},
		{"sign a first attempt again", "signed", signed(propose, 1, 0, func(e *TxSigned) { e.Hash[0]++ }), "attempt 1: expected 2"},
		{"sign a second attempt", "signed", signed(propose, 2, 0, nil), ""},
		{"sign a second attempt with another nonce", "signed", signed(propose, 2, 1, nil), "earlier attempts of this intent have nonce 0"},
		{"sign a second attempt from another sender", "signed", signed(propose, 2, 0, func(e *TxSigned) { e.Sender = testRecipient(9) }), "earlier attempts of this intent have nonce 0"},
		{"sign a second attempt with the hash of the first", "signed", func(l *testLedger) (Event, [][]byte) {
			e, raw := l.tx(propose, 1, 0)
			e.Attempt = 2
			return e, [][]byte{raw}
		}, "is entry 9 already"},
		{"give up", "signed", signed(propose, 2, 0, noop), ""},
		{"give up what was never signed", "approved", signed(propose, 1, 0, noop), "fills the nonce of an earlier attempt"},
		{"give up with another nonce", "signed", signed(propose, 2, 1, noop), "earlier attempts of this intent have nonce 0"},
		{"give up and move something", "signed", signed(propose, 2, 0, func(e *TxSigned) { e.Noop = true }), "a no-op moves nothing"},
		{"go on with what was given up", "signed", func(l *testLedger) (Event, [][]byte) {
			e, raw := l.tx(propose, 2, 0)
			noop(e)
			l.must(e, raw)
			return signed(propose, 3, 0, nil)(l)
		}, "attempt 2 is a no-op: the intent was given up"},
		{"offer more for a no-op", "signed", func(l *testLedger) (Event, [][]byte) {
			e, raw := l.tx(propose, 2, 0)
			noop(e)
			l.must(e, raw)
			return signed(propose, 3, 0, noop)(l)
		}, ""},
		{"sign something else with a nonce that is taken", "signed", signed(Intent{Purpose: PurposeFund, Plan: 1}, 1, 0, nil), "belongs to another intent (propose, entry 9)"},
		{"sign something else with the next nonce", "signed", signed(Intent{Purpose: PurposeFund, Plan: 1}, 1, 1, nil), ""},
		{"sign something else with that nonce from another sender", "signed", signed(Intent{Purpose: PurposeFund, Plan: 1}, 1, 0, func(e *TxSigned) { e.Sender = testRecipient(9) }), ""},
		{"sign a second attempt after the first is final", "signed", after(final, signed(propose, 2, 0, nil)), "attempt 1 is finalized: its nonce is used for good"},
		{"sign a second attempt after the first has failed", "signed", after(failed, signed(propose, 2, 0, nil)), "attempt 1 is failed: its nonce is used for good"},
		{"propose what is not there", "deployed", signed(propose, 1, 0, nil), "round 1: none"},
		{"propose what is only built", "built", signed(propose, 1, 0, nil), "round 1 is built: only an approved one is proposed"},
		{"propose what is approved", "approved", signed(propose, 1, 0, nil), ""},
		{"propose under a second intent", "signed", signed(Intent{Purpose: PurposePropose, Round: 1, Plan: 1}, 1, 1, nil), "round 1 is proposed"},
		{"propose what is live", "active", signed(Intent{Purpose: PurposePropose, Round: 1, Plan: 1}, 1, 1, nil), "round 1 is active"},
		{"push without a plan", "active", signed(push, 1, 7, nil), "plan 1 of round 1 is not the last one"},
		{"push", "planned", signed(push, 1, 7, nil), ""},
		{"push a second batch", "pushed", signed(Intent{PurposePush, 1, 1, 1}, 1, 8, nil), ""},
		{"push by an older plan", "pushed", func(l *testLedger) (Event, [][]byte) {
			e, _ := sent(push, 7, final)(l)
			l.must(e)
			l.must(l.plan(1, 2), []byte("plan 2"))
			return signed(Intent{PurposePush, 1, 1, 1}, 1, 8, nil)(l)
		}, "plan 1 of round 1 is not the last one"},

		{"mined", "signed", sent(propose, 0, mined), ""},
		{"mined again, elsewhere", "signed", after(mined, sent(propose, 0, mined)), ""},
		{"mined, unknown", "signed", with(mined(testHash("tx", 9))), "none"},
		{"mined after it was final", "signed", after(final, sent(propose, 0, mined)), "is finalized already"},
		{"final", "signed", sent(propose, 0, final), ""},
		{"final after mined", "signed", after(mined, sent(propose, 0, final)), ""},
		{"final without success", "signed", sent(propose, 0, func(h Hash) Event { return &TxFinalized{Inclusion{Hash: h}} }), "it failed in its block"},
		{"final, unknown", "signed", with(final(testHash("tx", 9))), "none"},
		{"final twice", "signed", after(final, sent(propose, 0, final)), "is finalized already"},
		{"failed", "signed", sent(propose, 0, failed), ""},
		{"failed, unknown", "signed", with(failed(testHash("tx", 9))), "none"},
		{"failed after it was final", "signed", after(final, sent(propose, 0, failed)), "is finalized already"},
		{"failed twice", "signed", after(failed, sent(propose, 0, failed)), "is failed already"},
		{"rail", "open", with(&RailHit{Intent: push, Rail: "day", Limit: 1, Asked: 2}), ""},
	})
}

// TestFailedProposalEndsTheRound only once every attempt has failed.
func TestFailedProposalEndsTheRound(t *testing.T) {
	l := staged(t, "signed")
	intent := Intent{Purpose: PurposePropose, Round: 1}
	first, _ := l.tx(intent, 1, 0)
	second := l.sendTx(intent, 2, 0)
	l.must(&TxFailed{Hash: first.Hash, Reason: "replaced"})
	if r := l.round(1); r.Status != ProposedRound {
		t.Fatalf("after one of two: %s", r.Status)
	}
	l.must(&TxFailed{Hash: second, Reason: "reverted"})
	if r := l.round(1); r.Status != CancelledRound {
		t.Fatalf("after both: %s", r.Status)
	}
	if files := l.build(); files.Event.Round != 2 || files.Event.Amount != l.round(1).Amount {
		t.Errorf("round %d gives %s", files.Event.Round, files.Event.Amount)
	}
}

// giveUp signs a no-op for an intent.
func (l *testLedger) giveUp(i Intent, attempt, nonce uint64) Hash {
	l.t.Helper()
	e, raw := l.tx(i, attempt, nonce)
	e.Noop, e.Amount = true, 0
	l.must(e, raw)
	return e.Hash
}

// TestFinalNoopEndsTheIntent as if nothing had been signed for it.
func TestFinalNoopEndsTheIntent(t *testing.T) {
	l := staged(t, "signed")
	intent := Intent{Purpose: PurposePropose, Round: 1}
	first, _ := l.tx(intent, 1, 0)
	fill := l.giveUp(intent, 2, 0)
	if r := l.round(1); r.Status != ProposedRound {
		t.Fatalf("before it is final, the round is %s", r.Status)
	}
	l.must(&TxFinalized{Inclusion{Hash: fill, Block: 9, Success: true}})
	for _, h := range []Hash{first.Hash, fill} {
		if a, err := l.tables.Attempt(h); err != nil || a.Status != FailedAttempt {
			t.Errorf("attempt %d is %s, %v", a.TxSigned.Attempt, a.Status, err)
		}
	}
	if r := l.round(1); r.Status != ApprovedRound {
		t.Errorf("the round is %s", r.Status)
	}
	if err := l.try(&TxFailed{Hash: first.Hash, Reason: "late"}); err == nil || !strings.Contains(err.Error(), "is failed already") {
		t.Errorf("try: got %v, want one with %q", err, "is failed already")
	}
	l.sendTx(Intent{Purpose: PurposePropose, Round: 1, Plan: 1}, 1, 1)
	l.must(l.proposed(1))
	l.must(l.activated(1))

	l = staged(t, "pushed")
	fill = l.giveUp(Intent{PurposePush, 1, 1, 0}, 2, 7)
	if err := l.try(l.plan(1, 2), []byte("plan 2")); err == nil {
		t.Error("a second plan while the first one's nonce is open")
	}
	l.must(&TxFinalized{Inclusion{Hash: fill, Block: 9, Success: true}})
	l.must(l.plan(1, 2), []byte("plan 2"))

	// What is final after all is what counts.
	l = staged(t, "pushed")
	push := Intent{PurposePush, 1, 1, 0}
	tx, _ := l.tx(push, 1, 7)
	fill = l.giveUp(push, 2, 7)
	l.must(&TxFinalized{Inclusion{Hash: tx.Hash, Block: 9, Success: true}})
	l.must(&TxFailed{Hash: fill, Reason: "attempt 1 has its nonce"})
	if a, err := l.tables.Attempt(tx.Hash); err != nil || a.Status != FinalizedAttempt {
		t.Errorf("the payment is %s, %v", a.Status, err)
	}
}

// TestProposedElsewhere has another tool propose the root while our own attempts come to nothing.
// In whatever order the ledger learns of it, the round stands in the end as the distributor's
// events say.
func TestProposedElsewhere(t *testing.T) {
	const ours, fails, fills = "sign", "fail", "fill"
	rapid.Check(t, func(t *rapid.T) {
		l := staged(t, "approved")
		chain := rapid.SampledFrom([][]string{{"propose"}, {"propose", "activate"}, {"propose", "cancel"}}).Draw(t, "chain")
		own := rapid.SampledFrom([][]string{{}, {ours}, {ours, fails}, {ours, ours, fails, fails}, {ours, fills}, {ours, ours, fails, fills}}).Draw(t, "own")
		intent := Intent{Purpose: PurposePropose, Round: 1}
		var signed []Hash
		want := map[string]RoundStatus{"propose": ProposedRound, "activate": ActiveRound, "cancel": CancelledRound}[chain[len(chain)-1]]
		for len(chain)+len(own) > 0 {
			if len(own) == 0 || len(chain) > 0 && rapid.Bool().Draw(t, "chain next") {
				switch chain[0] {
				case "propose":
					l.must(l.proposed(1))
				case "activate":
					l.must(l.activated(1))
				case "cancel":
					l.must(l.cancelled(1))
				}
				chain = chain[1:]
				continue
			}
			switch own[0] {
			case ours:
				if s := l.round(1).Status; len(signed) == 0 && s != ApprovedRound {
					own = nil // too late to sign
					continue
				} else if s != ApprovedRound && s != ProposedRound {
					own = own[1:]
					continue
				}
				signed = append(signed, l.sendTx(intent, uint64(len(signed))+1, 0))
			case fails:
				if len(signed) > 0 {
					l.must(&TxFailed{Hash: signed[0], Reason: "reverted"})
					signed = signed[1:]
				}
			case fills:
				list, err := l.tables.Attempts(intent)
				if err != nil {
					t.Fatal(err)
				}
				if len(signed) == 0 || list[0].Status == FailedAttempt {
					break
				}
				l.must(&TxFinalized{Inclusion{Hash: l.giveUp(intent, uint64(len(list))+1, 0), Success: true}})
				signed = nil
			}
			own = own[1:]
		}
		if r := l.round(1); r.Status != want || len(l.migration().Alarms) != 0 {
			t.Fatalf("round 1 is %s, expected %s; alarms: %v", r.Status, want, l.migration().Alarms)
		}
	})

	// What was built since counts on the round that failed: then it takes a person.
	l := staged(t, "signed")
	tx, _ := l.tx(Intent{Purpose: PurposePropose, Round: 1}, 1, 0)
	l.must(&TxFailed{Hash: tx.Hash, Reason: "reverted"})
	l.build()
	l.must(l.proposed(1))
	if r := l.round(1); r.Status != CancelledRound || len(l.migration().Alarms) != 1 {
		t.Errorf("round 1 is %s, %d alarms", r.Status, len(l.migration().Alarms))
	}
}

func TestApplyPushPlans(t *testing.T) {
	planned := func(plan uint64, change func(e *PushPlanned)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e := l.plan(1, plan)
			if change != nil {
				change(e)
			}
			return e, [][]byte{[]byte(map[uint64]string{1: "plan 1", 2: "plan 2"}[plan])}
		}
	}
	runApplyCases(t, []applyCase{
		{"plan", "active", planned(1, nil), ""},
		{"plan without its list", "active", func(l *testLedger) (Event, [][]byte) { return l.plan(1, 1), nil }, "attachment is missing"},
		{"plan 2 first", "active", planned(2, nil), "plan 2: expected 1"},
		{"plan 1 again", "planned", planned(1, nil), "plan 1: expected 2"},
		{"plan 2", "planned", planned(2, nil), ""},
		{"plan 2 while a push is on its way", "pushed", planned(2, nil), "transactions of an earlier plan are not final yet"},
		{"plan 2 while a push is mined", "pushed", func(l *testLedger) (Event, [][]byte) {
			tx, _ := l.tx(Intent{PurposePush, 1, 1, 0}, 1, 7)
			l.must(&TxMined{Inclusion{Hash: tx.Hash, Success: true}})
			return planned(2, nil)(l)
		}, "transactions of an earlier plan are not final yet"},
		{"plan 2 after the push is final", "pushed", func(l *testLedger) (Event, [][]byte) {
			tx, _ := l.tx(Intent{PurposePush, 1, 1, 0}, 1, 7)
			l.must(&TxFinalized{Inclusion{Hash: tx.Hash, Success: true}})
			return planned(2, nil)(l)
		}, ""},
		{"plan 2 after the push has failed", "pushed", func(l *testLedger) (Event, [][]byte) {
			tx, _ := l.tx(Intent{PurposePush, 1, 1, 0}, 1, 7)
			l.must(&TxFailed{Hash: tx.Hash, Reason: "reverted"})
			return planned(2, nil)(l)
		}, ""},
		{"plan for another root", "active", planned(1, func(e *PushPlanned) { e.Root[0]++ }), "round 1 has another root"},
		{"plan for what is only proposed", "proposed", planned(1, nil), "round 1 is proposed, and round 0 is live"},
		{"plan for what is not there", "deployed", with(&PushPlanned{Round: 1, Plan: 1}), "round 1: none"},
	})

	// A root that was replaced is pushed no more, but what was signed for it must still find its
	// end.
	l := staged(t, "pushed")
	l.claim(3, testRecipient(3), 1)
	l.build()
	l.must(l.approval(2, "ann"))
	l.sendTx(Intent{Purpose: PurposePropose, Round: 2}, 1, 1)
	l.must(l.proposed(2))
	l.must(l.activated(2))
	tx, raw := l.tx(Intent{PurposePush, 1, 1, 1}, 1, 8)
	if err := l.try(tx, raw); err == nil || !strings.Contains(err.Error(), "round 1 is active, and round 2 is live") {
		t.Errorf("a push for a replaced root: %v", err)
	}
	l.sendTx(Intent{PurposePush, 1, 1, 0}, 2, 7)
	for attempt := range uint64(2) {
		tx, _ := l.tx(Intent{PurposePush, 1, 1, 0}, attempt+1, 7)
		l.must(&TxFailed{Hash: tx.Hash, Reason: "reverted"})
	}
	if err := l.try(l.plan(1, 2), []byte("plan 2")); err == nil || !strings.Contains(err.Error(), "round 2 is live") {
		t.Errorf("a plan for a replaced root: %v", err)
	}
	l.must(l.plan(2, 1), []byte("plan 1"))
}

// TestApplyChainEvents: what the chain says is always recorded; what this ledger did not cause
// raises an alarm.
func TestApplyChainEvents(t *testing.T) {
	for _, c := range []struct {
		name   string
		stage  string
		event  func(l *testLedger) Event
		alarm  string      // "": none
		status RoundStatus // of round 1 afterwards
	}{
		{"proposed", "signed", func(l *testLedger) Event { return l.proposed(1) }, "", ProposedRound},
		{"proposed by somebody else", "approved", func(l *testLedger) Event { return l.proposed(1) }, "", ProposedRound},
		{"proposed without approval", "built", func(l *testLedger) Event { return l.proposed(1) }, "round 1 was proposed on chain while it was built", BuiltRound},
		{"proposed after it was abandoned", "approved", func(l *testLedger) Event {
			l.must(&RoundAbandoned{Round: 1})
			return l.proposed(1)
		}, "while it was abandoned", AbandonedRound},
		{"proposed again", "active", func(l *testLedger) Event { return l.proposed(1) }, "while it was active", ActiveRound},
		{"proposed with another total", "signed", func(l *testLedger) Event {
			e := l.proposed(1)
			e.Total++
			return e
		}, "with total 112 instead of 111", ProposedRound},
		{"proposed for another ledger", "signed", func(l *testLedger) Event {
			e := l.proposed(1)
			e.LedgerSize--
			return e
		}, "for ledger size 8 instead of 9", ProposedRound},
		{"another root proposed", "signed", func(l *testLedger) Event {
			e := l.proposed(1)
			e.Root[0]++
			return e
		}, "which this ledger did not build", ProposedRound},
		{"a round proposed that nobody built", "signed", func(l *testLedger) Event {
			e := l.proposed(1)
			e.Round = 2
			return e
		}, "for round 2, which this ledger did not build", ProposedRound},
		{"activated", "proposed", func(l *testLedger) Event { return l.activated(1) }, "", ActiveRound},
		{"activated without a proposal", "approved", func(l *testLedger) Event { return l.activated(1) }, "activated on chain while it was approved", ApprovedRound},
		{"activated twice", "active", func(l *testLedger) Event { return l.activated(1) }, "activated on chain while it was active", ActiveRound},
		{"another root activated", "proposed", func(l *testLedger) Event {
			e := l.activated(1)
			e.Root[0]++
			return e
		}, "which this ledger did not build", ProposedRound},
		{"cancelled", "proposed", func(l *testLedger) Event { return l.cancelled(1) }, "", CancelledRound},
		{"cancelled without a proposal", "approved", func(l *testLedger) Event { return l.cancelled(1) }, "cancelled on chain while it was approved", ApprovedRound},
		{"cancelled though live", "active", func(l *testLedger) Event { return l.cancelled(1) }, "cancelled on chain while it was active", ActiveRound},
		{"another root cancelled", "proposed", func(l *testLedger) Event {
			e := l.cancelled(1)
			e.Root[0]++
			return e
		}, "which this ledger did not build", ProposedRound},
		{"paid", "active", func(l *testLedger) Event {
			return &PayoutSeen{Recipient: testRecipient(1), Amount: 74, Cumulative: 74, Round: 1, LogPosition: l.at()}
		}, "", ActiveRound},
		{"paused", "built", func(l *testLedger) Event {
			return &DistributorSeen{Event: "Paused", Fields: map[string]string{"account": "0x"}, LogPosition: l.at()}
		}, "", BuiltRound},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := staged(t, c.stage)
			e := c.event(l)
			entry := l.must(e)
			if got := l.migration().Alarms[entry]; got == "" != (c.alarm == "") || !strings.Contains(got, c.alarm) {
				t.Errorf("alarm %q", got)
			}
			if r := l.round(1); r.Status != c.status {
				t.Errorf("round 1 is %s", r.Status)
			}
			if err := l.try(e); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("the same event twice: %v", err)
			}
			last, err := l.tables.LastLog()
			if err != nil || last.LogIndex != 3 {
				t.Errorf("last log %+v, %v", last, err)
			}
		})
	}

	l := staged(t, "claimed")
	if err := l.try(&DistributorSeen{Event: "Paused", LogPosition: l.at()}); err == nil || !strings.Contains(err.Error(), "there is no distributor yet") {
		t.Errorf("an event without a distributor: %v", err)
	}
}

// TestAlarmsStopSending until a person has written about each of them; only what stops the
// distributor goes through.
func TestAlarmsStopSending(t *testing.T) {
	l := staged(t, "active")
	forged := l.proposed(1)
	forged.Round, forged.Root = 2, testHash("forged", 1)
	first := l.must(forged)
	forged = l.proposed(1)
	forged.Round, forged.Root = 3, testHash("forged", 2)
	second := l.must(forged)
	l.must(l.plan(1, 1), []byte("plan 1"))
	stopped := func() {
		t.Helper()
		tx, raw := l.tx(Intent{PurposePush, 1, 1, 0}, 1, 7)
		if err := l.try(tx, raw); err == nil || !strings.Contains(err.Error(), "nothing is sent until a person has looked at it") {
			t.Errorf("a push in spite of an alarm: %v", err)
		}
	}
	stopped()
	l.sendTx(Intent{Purpose: PurposePause, Plan: 1}, 1, 5)
	l.sendTx(Intent{Purpose: PurposeCancel, Round: 2}, 1, 6)
	l.must(&Correction{Entry: 1, Note: "about something else", By: "ann"})
	stopped()
	l.must(&Correction{Entry: first, Note: "a test of the guardian's, cancelled", By: "ann"})
	stopped()
	l.must(&Correction{Entry: second, Note: "likewise", By: "ann"})
	l.sendTx(Intent{PurposePush, 1, 1, 0}, 1, 7)
	if m := l.migration(); len(m.Alarms) != 0 {
		t.Errorf("alarms left: %v", m.Alarms)
	}
}

func TestPayoutsAreKept(t *testing.T) {
	l := staged(t, "active")
	for i := range 3 {
		e := &PayoutSeen{Recipient: testRecipient(i), Amount: Sesh(i), Cumulative: Sesh(i), Round: 1, LogPosition: l.at()}
		l.must(e)
	}
	var seen []EVMAddress
	if err := l.tables.Payouts(func(p Payout) error {
		seen = append(seen, p.Recipient)
		return nil
	}); err != nil || len(seen) != 3 || seen[2] != testRecipient(2) {
		t.Errorf("recipients: got %v, %v, want 3, the last %v", seen, err, testRecipient(2))
	}
	first, err := l.tables.SeenLog(testHash("log", 11), 3)
	if err != nil || first != 11 {
		t.Errorf("entry %d, %v", first, err)
	}
}
