package sender_test

import (
	"testing"

	"oxenswap/swap"
)

func TestWholeLife(t *testing.T) {
	w := newWorld(t)
	d := w.deploy()
	if again := w.deploy(); again != d {
		t.Errorf("deployed again: %+v", again)
	}
	w.approve(5000, 7000, 9000, 11000, 500, 13000, 17000, 19000)
	w.publish(1)
	p, err := w.sender().Push(t.Context(), w.publisher, 1, false)
	must(t, err)
	if p.Recipients != 7 || p.TooSmall != 1 || len(p.Batches) != 3 || p.Plan != 1 || p.Amount != 81000 {
		t.Errorf("pushed %+v", p)
	}
	// The eighth holder is given more than the least amount for a push now.
	w.approve(0, 0, 0, 0, 700, 1_000_000)
	w.publish(2)
	if _, err := w.sender().Push(t.Context(), w.publisher, 2, false); err != nil {
		t.Fatal(err)
	}
	w.check()
	for kind, n := range map[string]int{
		"distributor.deployed": 1, "root.proposed": 2, "root.activated": 2, "push.planned": 2, "payout.seen": 9, "rail.hit": 0,
		"tx.signed": 1 + 3 + 3 + 3 + 1, "tx.finalized": 11, "tx.failed": 0,
	} {
		if got := w.count(kind); got != n {
			t.Errorf("%d entries %s, expected %d", got, kind, n)
		}
	}
	if r := w.round(2); r.Status != swap.ActiveRound {
		t.Errorf("round 2 is %s", r.Status)
	}
}
