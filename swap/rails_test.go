package swap

import (
	"testing"
	"time"
)

// TestRailHits: a stop stands until its intent is signed or a new plan takes its place; the totals
// only grow.
func TestRailHits(t *testing.T) {
	l := staged(t, "planned")
	push, fund := Intent{PurposePush, 1, 1, 0}, Intent{Purpose: PurposeFund}
	hit := func(i Intent, rail string, limit, asked RailValue) *RailHit {
		return &RailHit{Intent: i, Rail: rail, Limit: limit, Asked: asked}
	}
	first := hit(push, "day", 10, 11)
	if l.migration().Rails.Has(first) {
		t.Error("a stop before there was one")
	}
	l.must(first)
	l.must(hit(fund, "gas_price", 5, 6))
	l.must(hit(push, "day", 12, 13))
	h := l.migration().Rails
	for _, c := range []struct {
		hit  *RailHit
		want bool
	}{
		{hit(push, "day", 12, 99), true}, {first, false}, {hit(push, "transaction", 12, 13), false},
		{hit(Intent{PurposePush, 1, 1, 1}, "day", 12, 13), false}, {hit(fund, "gas_price", 5, 7), true},
	} {
		if got := h.Has(c.hit); got != c.want {
			t.Errorf("hit %+v stands: got %t, want %t", c.hit, got, c.want)
		}
	}
	if len(h.Stopped) != 2 || h.Total["day"] != 2 || h.Total["gas_price"] != 1 {
		t.Errorf("what stopped: got %+v, want 2, day twice, gas_price once", h)
	}
	l.sendTx(push, 1, 7)
	if h := l.migration().Rails; len(h.Stopped) != 1 || h.Stopped[0].Intent != fund || h.Total["day"] != 2 {
		t.Errorf("after the batch was signed: %+v", h)
	}
	l = staged(t, "planned")
	l.must(first)
	l.must(l.plan(1, 2), []byte("plan 2"))
	if h := l.migration().Rails; len(h.Stopped) != 0 {
		t.Errorf("after another plan: %+v", h)
	}
	if p := l.migration().Plans[1]; p.Number != 2 || p.List != Digest([]byte("plan 2")) {
		t.Errorf("the plan: got %+v, want number 2 with its list", p)
	}
}

// TestSignedAt: an attempt knows when it was signed, whatever becomes of it later.
func TestSignedAt(t *testing.T) {
	l := staged(t, "signed")
	tx, _ := l.tx(Intent{Purpose: PurposePropose, Round: 1}, 1, 0)
	before, err := l.tables.Attempt(tx.Hash)
	if err != nil || before.At.IsZero() {
		t.Fatalf("the attempt: got %+v, %v, want a time", before, err)
	}
	l.now = l.now.Add(25 * time.Hour)
	l.must(&TxMined{Inclusion{Hash: tx.Hash, Block: 9, Success: true}})
	if after, err := l.tables.Attempt(tx.Hash); err != nil || !after.At.Equal(before.At) {
		t.Errorf("the attempt after it was mined: got %+v, %v, want the same time", after, err)
	}
}
