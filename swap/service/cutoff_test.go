package service

import (
	"context"
	"errors"
	"testing"
	"time"

	"oxenswap/swap"
)

// slowRounds lets time pass, and others append, while a round is built.
type slowRounds struct {
	*coinScene
	takes time.Duration
	left  int // builds that are slow
}

// View implements swap.Ledger.
func (l *slowRounds) View(ctx context.Context, read func(swap.Tables, uint64) error) error {
	err := l.coinScene.View(ctx, read)
	if l.left > 0 {
		l.left--
		l.now = l.now.Add(time.Second)
		l.must(&swap.Correction{Entry: 1, Note: "somebody else appends", By: "ann"})
		l.now = l.now.Add(l.takes)
	}
	return err
}

// TestCutoffIsNotFree: a round leaves out only what came in the last ten minutes before it, however
// long it takes to build, and whoever records one that leaves out more is refused.
func TestCutoffIsNotFree(t *testing.T) {
	scene := func() *coinScene {
		s := underRules2(t)
		w := s.wallet(1)
		s.take(s.nodes(100, swap.Contributor{Address: w.Address().String(), Locked: []swap.Locked{locked(s.mint(w, 10, 5000)[0])}}))
		s.finalize(100)
		if _, err := SubmitClaim(t.Context(), s, s.claimOf(w, 1, 1)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, c := range map[string]struct {
		takes time.Duration
		slow  int
		good  bool
	}{
		"quick": {time.Minute, 1, true}, "slow once": {11 * time.Minute, 1, true}, "slow three times": {11 * time.Minute, 3, true},
		"always slow": {11 * time.Minute, 100, false}, "at the limit": {10 * time.Minute, 1, true},
	} {
		s := &slowRounds{scene(), c.takes, c.slow}
		r, _, err := BuildRound(t.Context(), s)
		var stale *swap.StaleCutoffError
		if c.good && err != nil || !c.good && !errors.As(err, &stale) {
			t.Errorf("%s: got %v, want good %t", name, err, c.good)
		}
		if c.good {
			if age, err := swap.CutoffAge(s.tables, r.Cutoff, r.Entry, s.now); err != nil || age > swap.MaxCutoffAge {
				t.Errorf("%s: the cut-off is %s old (%v)", name, age, err)
			}
		}
	}
	// A holder's second claim, left out on purpose.
	s := scene()
	files, err := swap.BuildRound(s.tables, uint64(len(s.log)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := SubmitClaim(t.Context(), s, s.claimOf(s.wallet(1), 2, 2)); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(11 * time.Minute)
	r := files.Record()
	var stale *swap.StaleCutoffError
	if err := s.try(r.Event, r.Attachments...); !errors.As(err, &stale) {
		t.Errorf("a round without a claim of eleven minutes ago: got %v, want a refusal", err)
	}
	late, err := LeftOut(t.Context(), s, swap.Round{RoundBuilt: files.Event})
	if err != nil || len(late) != 1 || late[0].Sequence != 2 {
		t.Errorf("claims left out: got %v, %v; want the second one", late, err)
	}
}
