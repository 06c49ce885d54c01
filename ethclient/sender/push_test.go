package sender_test

import (
	"context"
	"slices"
	"testing"

	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

// even gives n holders the same amount.
func even(n int, amount swap.Sesh) []swap.Sesh {
	return slices.Repeat([]swap.Sesh{amount}, n)
}

// mostWaiting is how many transactions of the last process were signed and in no block at one time.
func (w *world) mostWaiting() (most int) {
	waiting := 0
	for _, s := range w.steps {
		switch s.Stage {
		case sender.StageSigned:
			waiting++
		case sender.StageMined:
			waiting--
		}
		most = max(most, waiting)
	}
	return most
}

// TestPushWindow: where transactions wait in a pool, four batches are signed before the first is in
// a block, never more.
func TestPushWindow(t *testing.T) {
	w := liveWorld(t, even(30, 5000)...)
	p, err := w.sender().Push(t.Context(), w.publisher, 1, false)
	must(t, err)
	if len(p.Batches) != 10 {
		t.Fatalf("%d batches", len(p.Batches))
	}
	if most := w.mostWaiting(); most != 4 {
		t.Errorf("%d batches were signed and in no block", most)
	}
	for i, b := range p.Batches {
		if b.Bytes < 500 || b.Bytes > 2000 || b.Gas < 100_000 || b.Tx == nil || b.Block == 0 {
			t.Errorf("batch %d: %+v", i, b)
		}
	}
	w.check()
}

// TestPushStopsSigning: a rail in the middle of a push lets what is on its way get into its blocks
// and signs nothing more.
func TestPushStopsSigning(t *testing.T) {
	w := liveWorld(t, even(30, 5000)...)
	rails := testRails
	rails.Day = 6 * 15000
	w.setRails(rails)
	before := w.count("tx.signed")
	want(t, w.push(1)(t.Context(), w.sender()), "batch 6 of push plan 1 of round 1", "rails.day is 90000 atomic SESH, this needs 105000")
	if n := w.count("tx.signed") - before; n != 6 {
		t.Errorf("%d batches signed", n)
	}
	for n := range uint64(6) {
		if a := w.attempts(swap.Intent{Purpose: swap.PurposePush, Round: 1, Plan: 1, Batch: n}); a[0].Status == swap.SignedAttempt {
			t.Errorf("batch %d is still %s", n, a[0].Status)
		}
	}
	for range 2 {
		w.refused(w.push(1), nil, "rails.day")
	}
	w.setRails(testRails)
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
}

// TestPushFits: batches of more gas than half a block are cut, whatever the settings allow.
func TestPushFits(t *testing.T) {
	w := liveWorld(t, even(500, 5000)...)
	rails := testRails
	rails.Batch = 1000
	w.setRails(rails)
	dry, err := w.sender().Push(t.Context(), w.publisher, 1, true)
	must(t, err)
	if len(dry.Batches) != 2 || dry.Price.Sign() <= 0 {
		t.Fatalf("a rehearsal: got %+v, want 2 batches with a price", dry)
	}
	p, err := w.sender().Push(t.Context(), w.publisher, 1, false)
	must(t, err)
	for i, b := range p.Batches {
		if d := dry.Batches[i]; b.Gas > 16_000_000 || b.Gas > d.Gas*11/10 || d.Gas > b.Gas*13/10 || b.Recipients != d.Recipients || b.Bytes > d.Bytes {
			t.Errorf("batch %d: %+v, planned as %+v", i, b, d)
		}
	}
	w.check()
}

// TestBatchRail: a plan with larger batches than are allowed now stops, until a new plan cuts the
// rest again.
func TestBatchRail(t *testing.T) {
	w := liveWorld(t, even(12, 5000)...)
	rails := testRails
	rails.Day = 15000
	w.setRails(rails)
	want(t, w.push(1)(t.Context(), w.sender()), "rails.day")
	rails = testRails
	rails.Batch = 2
	w.setRails(rails)
	w.refused(w.push(1), []string{"rail.hit"}, "batch 1 of push plan 1", "rails.batch is 2 recipients, this needs 3", "leave the rest of this plan")
	w.refused(w.push(1), nil, "rails.batch is 2")
	p, err := w.sender().PushNewPlan(t.Context(), w.publisher, 1, false)
	must(t, err)
	if p.Plan != 2 || len(p.Batches) != 5 || p.Paid != 3 {
		t.Errorf("the new plan: got %+v, want number 2 with 5 batches, 3 paid", p)
	}
	w.check()
	m, err := w.tables.Migration()
	must(t, err)
	if len(m.Rails.Stopped) != 0 || m.Rails.Total["batch"] != 1 || m.Rails.Total["day"] != 1 {
		t.Errorf("the rails: got %+v, want a batch and a day hit, none stopped", m.Rails)
	}
}

// TestApprovalsInForce: a round that lacks an approval by the limits in force now is neither
// proposed nor pushed.
func TestApprovalsInForce(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.approve(even(3, 5000)...)
	limits := func(round swap.Sesh) {
		m, err := w.tables.Migration()
		must(t, err)
		config := m.Config
		config.Limits.Round = round
		w.append(swap.Record{Event: &swap.ConfigSet{Config: config, By: "ada"}})
	}
	_, err := w.sender().Fund(t.Context(), w.owner, 1, 0)
	must(t, err)
	limits(14999)
	w.refused(w.propose(1), []string{"rail.hit"}, "round 1", "1 of the 2 approvals", "another operator must approve it")
	w.refused(w.propose(1), nil, "1 of the 2 approvals")
	limits(15000)
	w.publish(1)
	limits(14999)
	w.refused(w.push(1), []string{"rail.hit"}, "1 of the 2 approvals")
	w.refused(w.push(1), nil, "1 of the 2 approvals")
	limits(15000)
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
}

// TestPushAfterCancel: a context that ends leaves what was signed to the next command.
func TestPushAfterCancel(t *testing.T) {
	w := liveWorld(t, even(15, 5000)...)
	ctx, cancel := context.WithCancel(t.Context())
	w.wait = cancel
	if _, err := w.sender().Push(ctx, w.publisher, 1, false); err == nil {
		t.Fatal("no error")
	}
	w.wait = nil
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
	if n := w.count("push.planned"); n != 1 {
		t.Errorf("%d plans", n)
	}
}
