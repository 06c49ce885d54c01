package cryptonote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestOutputVerifier: single outputs get the verdict that Verify gives them.
func TestOutputVerifier(t *testing.T) {
	s := newScene(t)
	report := s.verify()
	v, err := s.proof.OutputVerifier(s.w.Integrated([8]byte{4}), s.message)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{9, 0, 3, 3, 4, 5, 1, 2, 6, 7, 8} {
		got, err := v.Verify(context.Background(), i, s.evidence.Transactions)
		want := report.Outputs[i]
		if want.Counted = false; err != nil || got != want {
			t.Errorf("output %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
	for _, i := range []int{-1, 10} {
		if _, err := v.Verify(context.Background(), i, s.evidence.Transactions); !errors.Is(err, errEvidence) || ReasonOf(err) != "" {
			t.Errorf("output %d: %v", i, err)
		}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(fmt.Errorf("shut down"))
	if got, err := v.Verify(ctx, 0, s.evidence.Transactions); err == nil || !strings.Contains(err.Error(), "shut down") || got != (OutputReport{}) {
		t.Errorf("canceled: %+v, %v", got, err)
	}
}

// TestOutputVerifierUnderAttack: each attack is refused when the verifier is made or at one of the
// outputs; what only Verify can see is left to it.
func TestOutputVerifierUnderAttack(t *testing.T) {
	base := newScene(t)
	missed := map[Check]int{}
	list := slices.Concat(pointAttacks(t), imageTorsionAttacks(t), scalarAttacks(), baseAttacks(), orderAttacks(), duplicateAttacks(),
		claimAttacks(), keyAttacks(), chainAttacks(), extraAttacks(), amountAttacks())
	for _, a := range list {
		s := base.copy(t)
		a.change(s)
		v, err := s.proof.OutputVerifier(s.address, s.message)
		left := false
		for i := 0; err == nil && i < len(s.proof.Outputs); i++ {
			var o OutputReport
			o, err = v.Verify(context.Background(), i, s.evidence.Transactions)
			left = left || o.Reason != ""
			if err != nil && (o.Reason != ReasonOf(err) || o.Check == 0 || !strings.Contains(err.Error(), fmt.Sprintf("output %d of", i+1))) {
				t.Errorf("%s: %+v, %v", a.name, o, err)
			}
		}
		if err == nil && !left {
			missed[a.check]++
		} else if err != nil && ReasonOf(err) == "" {
			t.Errorf("%s: %v", a.name, err)
		}
	}
	for check, n := range missed {
		switch check {
		case CheckDuplicates, CheckPoints, CheckSignatures, CheckSum: // one-time keys; other spend keys; the sum
		default:
			t.Errorf("%d attacks on %v were not seen", n, check)
		}
	}
	t.Log(missed)
}

// manyKeyed is a scene with outputs whose transaction has n keys of nobody before the one that
// counts, and honest ones.
func manyKeyed(t testing.TB, n, outputs int) *scene {
	s := emptyScene(t)
	var to []plannedOutput
	for range outputs {
		to = append(to, plannedOutput{to: s.address, amount: 1e9})
	}
	s.add(planned{ringCT: RingCTCLSAG, height: 5, before: manyKeys(s, n), outputs: to})
	s.add(planned{ringCT: RingCTCLSAG, height: 5, outputs: []plannedOutput{{to: s.address, amount: 7e9}}})
	s.prove()
	return s
}

// TestKeysTried: Rules2 try 16 keys, as they stand, and count nothing for what fits none of them;
// the rest of the proof counts. Rules1 try all.
func TestKeysTried(t *testing.T) {
	for _, c := range []struct {
		before int
		counts bool
	}{{0, true}, {2, true}, {15, true}, {16, false}, {40, false}} {
		s := manyKeyed(t, c.before, 2)
		for _, workers := range []int{1, 2} {
			s.evidence.Workers, s.evidence.Rules = workers, Rules2
			report, want := s.verify(), uint64(7e9)
			if c.counts {
				want = 9e9
			}
			if !report.Good() || report.Total != want || report.Outputs[0].Counted != c.counts || !report.Outputs[2].Counted {
				t.Errorf("%d keys before: %d, %v, want %d", c.before, report.Total, report.Refusal, want)
			}
			if o := report.Outputs[1]; !c.counts && (o.Check != CheckTxKey || o.Reason != ErrTooManyTxKeys || o.Verdict() != string(ErrTooManyTxKeys) || o.Amount != 0) {
				t.Errorf("%d keys before: %+v", c.before, o)
			}
			s.evidence.Rules = Rules1
			if report := s.verify(); !report.Good() || report.Total != 9e9 {
				t.Errorf("%d keys before, rules 1: %d, %v", c.before, report.Total, report.Refusal)
			}
		}
		v, err := s.proof.OutputVerifier(s.address, s.message)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := v.Verify(context.Background(), 0, s.evidence.Transactions); err != nil || (o.Amount == 1e9) != c.counts || (o.Reason == "") != c.counts {
			t.Errorf("%d keys before, alone: %+v, %v", c.before, o, err)
		}
	}
}

// TestKeysAreTriedAsTheyStand: repeated keys count once, and additional keys come after those for
// all outputs.
func TestKeysAreTriedAsTheyStand(t *testing.T) {
	s := emptyScene(t)
	field := func(n int) []byte { return manyKeys(s, n) }
	one := field(1)
	for name, c := range map[string]struct {
		before, after []byte
		additional    bool
		counts        bool
	}{
		"a key 40 times before":         {before: slices.Concat(slices.Repeat(one, 40)), counts: true},
		"14 others before, one twice":   {before: slices.Concat(field(14), one, one), counts: true},
		"40 others after":               {after: field(40), counts: true},
		"additional":                    {additional: true, counts: true},
		"additional after 14 others":    {additional: true, before: field(14), counts: true},
		"additional after 16 others":    {additional: true, before: field(16)},
		"additional before 20 in extra": {additional: true, after: field(20)},
		"a second additional list":      {additional: true, after: slices.Concat([]byte{ExtraAdditionalKeys, 1}, one[1:]), counts: true},
	} {
		s := s.copy(t)
		s.add(planned{ringCT: RingCTCLSAG, height: 5, before: c.before, after: c.after, additional: c.additional, outputs: []plannedOutput{{to: s.address, amount: 1e9}}})
		s.prove()
		if report := s.verify(); !report.Good() || (report.Total == 1e9) != c.counts {
			t.Errorf("%s: %d, %v", name, report.Total, report.Refusal)
		}
	}
}

// TestAmountOfZero counts under Rules1 alone.
func TestAmountOfZero(t *testing.T) {
	for name, p := range map[string]planned{"hidden": {ringCT: RingCTCLSAG}, "old": {ringCT: RingCTFull, version: 2}, "miner's": {miner: true}} {
		s := emptyScene(t)
		p.height, p.outputs = 5, []plannedOutput{{to: s.address}, {to: s.address, amount: 3}}
		s.add(p)
		s.prove()
		report := s.verify()
		if o := report.Outputs[0]; !report.Good() || report.Total != 3 || len(report.Counted()) != 1 || o.Counted || o.Check != CheckAmount || o.Reason != ErrZeroAmount {
			t.Errorf("%s: %+v, %v", name, o, report.Refusal)
		}
		v, err := s.proof.OutputVerifier(s.address, s.message)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := v.Verify(context.Background(), 0, s.evidence.Transactions); err != nil || o.Reason != ErrZeroAmount {
			t.Errorf("%s, alone: %+v, %v", name, o, err)
		}
		s.evidence.Spent[s.proof.Outputs[0].KeyImage] = Spent
		if o := s.verify().Outputs[0]; o.Reason != ErrSpent {
			t.Errorf("%s, spent: %+v", name, o)
		}
		s.evidence.Spent[s.proof.Outputs[0].KeyImage] = Unspent
		s.evidence.Rules = Rules1
		if report := s.verify(); !report.Good() || len(report.Counted()) != 2 {
			t.Errorf("%s, rules 1: %v", name, report.Refusal)
		}
	}
}

// countdown is a context that is done after it was asked so often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestVerifyStops: whenever ctx is done, there is an error and no report, or the report is the
// whole one.
func TestVerifyStops(t *testing.T) {
	s := newScene(t)
	s.evidence.Workers = 1
	for _, rules := range []Rules{Rules1, Rules2} {
		s.evidence.Rules = rules
		stopped, done := 0, false
		for n := 0; !done; n++ {
			report, err := s.proof.Verify(&countdown{context.Background(), n}, s.address, s.message, s.evidence)
			switch {
			case err != nil && report.Outputs == nil && !report.Good():
				stopped++
			case err == nil && report.Good() && report.Total == sceneTotal:
				done = true
			default:
				t.Fatalf("rules %d, done after %d: %+v, %v", rules, n, report, err)
			}
		}
		if stopped < 20 {
			t.Errorf("rules %d: stopped at %d places", rules, stopped)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if report, err := s.proof.Verify(ctx, s.address, s.message, s.evidence); !errors.Is(err, context.Canceled) || !errors.Is(err, errEvidence) || report.Good() {
		t.Errorf("%+v, %v", report, err)
	}
}
