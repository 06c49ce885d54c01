package service

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// A racing ledger lets something else happen just before an update.
type racing struct {
	*testLedger
	before []func()
}

func (r *racing) Update(ctx context.Context, decide func(swap.Tables, time.Time) ([]swap.Record, error)) ([]ledger.Entry, error) {
	if len(r.before) > 0 {
		run := r.before[0]
		r.before = r.before[1:]
		run()
	}
	return r.testLedger.Update(ctx, decide)
}

// TestRaceOnKeyImages: two proofs of the same outputs are judged at once; what the first took is
// left out of the second.
func TestRaceOnKeyImages(t *testing.T) {
	s, w, _, claim := claimedScene(t)
	outputs := s.mint(w, 30, 1, 20, 300, 4000, 50000, 600000)
	received := func(outputs ...cryptonote.OwnedOutput) (swap.Proof, string) {
		proof := s.prove(w, claim.Text, outputs...)
		return s.receive(HandIn{Claim: claim.Entry, Proof: proof}), proof
	}
	var races []func()
	for _, o := range outputs[:2] {
		p, _ := received(o)
		races = append(races, func() { s.judge(p.Received) })
	}
	all, text := received(outputs...)
	r := &racing{s.testLedger, races}
	j, err := JudgeReceived(context.Background(), r, s.files, all.Received, bothDaemons, s.evidence(text))
	if err != nil || j.Proof.Status != swap.AcceptedProof || j.Proof.Total != 654300 || j.Proof.Counted != 4 || len(r.before) != 0 {
		t.Errorf("a judgement after races: got %+v, %v, want 4 counted, 654300", j.Proof, err)
	}

	// Whatever else is accepted, it gives up at some time and leaves the proof to be judged.
	outputs = s.mint(w, 31, 1, 2, 3, 4, 5, 6, 7)
	races = nil
	for _, o := range outputs[:6] {
		p, _ := received(o)
		races = append(races, func() { s.judge(p.Received) })
	}
	all, text = received(outputs...)
	r = &racing{s.testLedger, races}
	_, err = JudgeReceived(context.Background(), r, s.files, all.Received, bothDaemons, s.evidence(text))
	if !errors.Is(err, errCountedMeanwhile) || len(r.before) != 6-maxJudging {
		t.Errorf("%v after %d races", err, 6-len(r.before))
	}
	if p, err := s.tables.Proof(all.Received); err != nil || p.Status != swap.ReceivedProof {
		t.Errorf("a proof that lost every race: got %+v, %v, want it received", p, err)
	}
	// Judged by somebody else meanwhile: theirs counts.
	r = &racing{s.testLedger, []func(){func() { s.judge(all.Received) }}}
	j, err = JudgeReceived(context.Background(), r, s.files, all.Received, bothDaemons, s.evidence(text))
	if err != nil || j.Proof.Status != swap.AcceptedProof || j.Proof.Total != 6+7 {
		t.Errorf("a proof that was judged meanwhile: got %+v, %v, want it accepted, 13", j.Proof, err)
	}
	judgedAgain(t, s)
}

// TestCountedOnceAcrossAccounts: an output that was counted for one account is left out of any
// other's proof.
func TestCountedOnceAcrossAccounts(t *testing.T) {
	s, w, _, claim := claimedScene(t)
	outputs := s.mint(w, 30, 70, 800)
	// Another account was credited with an output: the same key image, whoever shows it.
	stranger := s.wallet(2)
	pending := s.claimOf(stranger, 2, 1)
	p := s.receive(HandIn{Pending: &pending, Proof: s.prove(stranger, pending.Claim.Text, s.mint(stranger, 30, 2000)...)})
	e, _ := s.proofAccepted(p.Received, 1)
	e.LeftOut = map[string]uint64{}
	evidence := swap.Evidence{Counted: []swap.Hash{swap.Hash(outputs[0].KeyImage)}}
	file := []byte(encoded(t, evidence))
	e.Evidence = swap.Digest(file)
	s.must(e, file)
	j := s.accept(HandIn{Claim: claim.Entry, Proof: s.prove(w, claim.Text, outputs...)})
	if j.Proof.Total != 800 || j.Report.Outputs[0].Check != cryptonote.CheckDuplicates {
		t.Errorf("two outputs with one key: got %+v, want 800, the first a duplicate", j.Proof)
	}
}

// TestCoinsConserved hands in proofs of drawn outputs at drawn times: every output counts once,
// with the step of the first accepted proof that shows it.
func TestCoinsConserved(t *testing.T) {
	days := []string{"2026-11-23", "2026-12-15", "2027-02-01"}
	factors := []*big.Rat{big.NewRat(54, 100), big.NewRat(54*7, 1000), big.NewRat(54, 300)}
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t)
		wallets := []*cryptonote.Wallet{s.wallet(0), s.wallet(1)}
		outputs := make([][]cryptonote.OwnedOutput, len(wallets))
		height := map[cryptonote.KeyImage]uint64{}
		staked := map[cryptonote.KeyImage]bool{}
		var stakes []staking
		for i, w := range wallets {
			for range 3 {
				h := rapid.SampledFrom([]uint64{5, 100, 101}).Draw(t, "height")
				made := s.mint(w, h, rapid.Uint64Range(1, 1e9).Draw(t, "amount"), rapid.Uint64Range(1, 1000).Draw(t, "small"))
				outputs[i] = append(outputs[i], made...)
				for _, o := range made {
					height[o.KeyImage] = h
				}
			}
			stakes = append(stakes, staking{w, outputs[i][:1]})
			staked[outputs[i][0].KeyImage] = true
		}
		s.take(s.content(100, true, stakes...))
		counted := map[cryptonote.KeyImage]bool{}
		exact := []*big.Rat{new(big.Rat), new(big.Rat)}
		for i, w := range wallets {
			if _, err := SubmitClaim(context.Background(), s, s.claimOf(w, i, 1)); err != nil {
				t.Fatal(err)
			}
		}
		day := 0
		for range rapid.IntRange(1, 4).Draw(t, "proofs") {
			i := rapid.IntRange(0, 1).Draw(t, "wallet")
			day = min(day+rapid.IntRange(0, 1).Draw(t, "later"), len(days)-1)
			s.now = date(t, days[day])
			shown := rapid.SliceOfNDistinct(rapid.SampledFrom(outputs[i]), 1, 4, func(o cryptonote.OwnedOutput) cryptonote.KeyImage { return o.KeyImage }).Draw(t, "shown")
			if rapid.Bool().Draw(t, "spend one") {
				s.spent[swap.Hash(shown[0].KeyImage)] = cryptonote.Spent
			}
			claim, err := s.tables.LatestClaim(swap.AccountOf(wallets[i].Address()))
			if err != nil {
				t.Fatal(err)
			}
			p := s.receive(HandIn{Claim: claim.Entry, Proof: s.prove(wallets[i], claim.Text, shown...)})
			s.now = s.now.AddDate(1, 0, 0) // judged long after: no matter
			j := s.judge(p.Received)
			total := uint64(0)
			for _, o := range shown {
				if height[o.KeyImage] <= 100 && !staked[o.KeyImage] && s.spent[swap.Hash(o.KeyImage)] == cryptonote.Unspent && !counted[o.KeyImage] {
					counted[o.KeyImage] = true
					total += o.Amount
				}
			}
			if uint64(j.Proof.Total) != total || (total > 0) != (j.Proof.Status == swap.AcceptedProof) {
				t.Fatalf("%s, %s counted, expected %d", j.Proof.Status, j.Proof.Total, total)
			}
			exact[i].Add(exact[i], new(big.Rat).Mul(factors[day], new(big.Rat).SetInt(new(big.Int).SetUint64(total))))
		}
		s.finalize(100)
		owed := s.owed()
		for i, w := range wallets {
			o := owed[swap.AccountOf(w.Address())]
			got := new(big.Rat)
			if o.Owed > 0 || len(o.Parts) > 0 {
				got.SetFrac(o.Remainder.Int().ToBig(), o.Den.Int().ToBig())
				got.Add(got, new(big.Rat).SetInt(new(big.Int).SetUint64(uint64(o.Owed))))
			}
			if got.Cmp(exact[i]) != 0 {
				t.Fatalf("wallet %d is owed %s, expected %s", i, got.FloatString(4), exact[i].FloatString(4))
			}
		}
		files, err := swap.BuildRound(s.tables, uint64(len(s.log)))
		if err != nil && !errors.Is(err, swap.ErrNothingNew) {
			t.Fatal(err)
		}
		if err == nil {
			for _, p := range files.Event.Programmes {
				if err := p.Conserved(); err != nil {
					t.Fatal(fmt.Errorf("%s: %w", p.Programme, err))
				}
			}
		}
	})
}
