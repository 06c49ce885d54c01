package service

import (
	"slices"
	"testing"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

func TestAsked(t *testing.T) {
	s := newScene(t)
	w := s.wallet(1)
	outputs := append(s.mint(w, 10, 5, 6), s.mint(w, 11, 7)...)
	text := s.prove(w, "text", outputs...)
	p, err := cryptonote.ParseReserveProof(text)
	if err != nil {
		t.Fatal(err)
	}
	transactions, images := swap.Asked(p)
	if len(transactions) != 2 || len(images) != 3 {
		t.Fatalf("%d transactions, %d key images", len(transactions), len(images))
	}
	for _, o := range outputs {
		if !slices.Contains(transactions, swap.Hash(o.TxID)) || !slices.Contains(images, swap.Hash(o.KeyImage)) {
			t.Errorf("output %d of %v is not asked for", o.Index, o.TxID)
		}
	}
	if !slices.IsSortedFunc(transactions, swap.Hash.Compare) || !slices.IsSortedFunc(images, swap.Hash.Compare) {
		t.Error("what is asked for is not in order")
	}
	slices.Reverse(p.Outputs)
	again, againImages := swap.Asked(p)
	if !slices.Equal(again, transactions) || !slices.Equal(againImages, images) {
		t.Error("the proof's order changes what is asked for")
	}
}

func TestCoinsSnapshot(t *testing.T) {
	l := newLedger(t, testTerms(t, testProgrammes))
	_, err := swap.CoinsSnapshot(l.tables, l.migration())
	wantProofRefusal(t, err, swap.CheckProgramme, "converts no coins by proof")

	s := newScene(t)
	look := func(want uint64) {
		t.Helper()
		got, err := swap.CoinsSnapshot(s.tables, s.migration())
		if err != nil || got.Height != want {
			t.Errorf("height %d, %v: expected %d", got.Height, err, want)
		}
	}
	none := func() {
		t.Helper()
		_, err := swap.CoinsSnapshot(s.tables, s.migration())
		wantProofRefusal(t, err, swap.CheckProgramme, "the snapshot at height 100 is not taken yet")
	}
	none()
	s.take(s.content(99, true)) // below, and above the window
	s.take(s.content(111, true))
	none()
	s.take(s.content(105, true))
	look(105)
	s.take(s.content(103, true))
	look(103)
	s.discard(103)
	look(105)
	s.take(s.content(101, true)) // undecided, and below
	look(101)
	s.discard(101)
	s.finalize(105)
	look(105)
	s.take(s.content(100, true)) // comes too late
	s.finalize(100)
	look(105)
}

func TestProofMessage(t *testing.T) {
	recorded := readCoins(t)
	for _, p := range slices.Concat(recorded.Proofs["world1"], recorded.Proofs["world3"]) {
		if swap.ProofMessage(p.Text) != p.Message {
			t.Errorf("%s: %s", p.Wallet, swap.ProofMessage(p.Text))
		}
	}
}
