package cryptonote

import (
	"encoding/binary"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

// TestUncounted: what leaves an output uncounted, alone and together, is shown with the first
// reason; the others count.
func TestUncounted(t *testing.T) {
	base := newScene(t)
	change := map[string]struct {
		change func(s *scene, i int)
		check  Check
		reason Reason
	}{
		"used": {func(s *scene, i int) { s.evidence.Used[s.proof.Outputs[i].KeyImage] = true }, CheckDuplicates, ErrUsed},
		"pool": {func(s *scene, i int) {
			r := s.evidence.Transactions[s.proof.Outputs[i].TxID]
			r.InPool, r.Height = true, 0
			s.evidence.Transactions[s.proof.Outputs[i].TxID] = r
		}, CheckBlock, ErrInPool},
		"newer": {func(s *scene, i int) {
			r := s.evidence.Transactions[s.proof.Outputs[i].TxID]
			r.Height = sceneSnapshot + 1
			s.evidence.Transactions[s.proof.Outputs[i].TxID] = r
		}, CheckBlock, ErrAfterSnapshot},
		"spent":         {func(s *scene, i int) { s.evidence.Spent[s.proof.Outputs[i].KeyImage] = Spent }, CheckSpent, ErrSpent},
		"spent in pool": {func(s *scene, i int) { s.evidence.Spent[s.proof.Outputs[i].KeyImage] = SpentInPool }, CheckSpent, ErrSpentInPool},
		"unknown state": {func(s *scene, i int) { s.evidence.Spent[s.proof.Outputs[i].KeyImage] = 3 }, CheckSpent, ErrSpent},
		"staked":        {func(s *scene, i int) { s.evidence.Staked[s.proof.Outputs[i].KeyImage] = true }, CheckStake, ErrStaked},
	}
	for name, c := range change {
		for i := range 10 {
			if (name == "pool" || name == "newer") && (i == 3 || i == 4) {
				continue // two outputs of one transaction
			}
			s := base.copy(t)
			s.evidence.Locked[s.proof.Outputs[i].KeyImage] = true
			c.change(s, i)
			report := s.verify()
			o := report.Outputs[i]
			if !report.Good() || report.Total != sceneTotal-o.Amount || len(report.Counted()) != 9 || slices.Contains(report.Counted(), o.KeyImage) {
				t.Errorf("%s, output %d: %d, %v", name, i, report.Total, report.Refusal)
			}
			if o.Counted || o.Locked || o.Check != c.check || o.Reason != c.reason || o.Amount != s.owned[i].Amount || o.Verdict() != string(c.reason) {
				t.Errorf("%s, output %d: %+v", name, i, o)
			}
		}
	}
	order := []string{"used", "newer", "spent", "staked"}
	for from := range order {
		s := base.copy(t)
		for _, name := range order[from:] {
			change[name].change(s, 0)
		}
		if o := s.verify().Outputs[0]; o.Reason != change[order[from]].reason {
			t.Errorf("%v: %s", order[from:], o.Reason)
		}
	}

	s := base.copy(t)
	s.evidence.Locked[s.proof.Outputs[2].KeyImage] = true
	report := s.verify()
	if report.Total != sceneTotal || !report.Outputs[2].Locked || report.Outputs[2].Verdict() != "counted, locked in a stake" {
		t.Errorf("locked: %+v", report.Outputs[2])
	}
	s.evidence.SnapshotHeight = 10
	if report := s.verify(); report.Total != 1e9 {
		t.Errorf("a block at the snapshot counts: %d", report.Total)
	}
	for i := range s.proof.Outputs {
		s.evidence.Used[s.proof.Outputs[i].KeyImage] = true
	}
	if report := s.verify(); !report.Good() || report.Total != 0 || report.Counted() != nil {
		t.Errorf("all used: %d, %v", report.Total, report.Refusal)
	}
}

// TestFalseAmountIsNotFound: a wallet's own list of outputs opens commitments too.
func TestFalseAmountIsNotFound(t *testing.T) {
	s := emptyScene(t)
	s.add(planned{ringCT: RingCTCLSAG, outputs: []plannedOutput{{to: s.address, amount: 1, lie: 1}, {to: s.address, amount: 2}}})
	if len(s.owned) != 1 || s.owned[0].Amount != 2 {
		t.Errorf("owned outputs: got %+v, want one of 2", s.owned)
	}
}

func TestVerifyOwner(t *testing.T) {
	s := newScene(t)
	check := func(name string, want Reason, a Address, message []byte) {
		t.Helper()
		if err := s.proof.VerifyOwner(a, message); ReasonOf(err) != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	check("good", "", s.address, s.message)
	check("with a payment id", "", s.w.Integrated([8]byte{5}), s.message)
	check("other message", ErrMismatch, s.address, []byte("m"))
	check("other wallet", ErrNoOwner, s.other.Address(), s.message)
	check("subaddress", ErrSubaddress, s.w.Subaddress(0, 1), s.message)
	sub := s.w.Subaddress(0, 1)
	sub.Kind = Standard
	check("a subaddress's key", ErrMismatch, sub, s.message)
	s.proof.Outputs[3].KeyImage[0] ^= 1
	check("other key image", ErrMismatch, s.address, s.message)
	s.proof.SpendKeys[0].Signature = Signature{}
	check("no signature", ErrZeroC, s.address, s.message)
	low := PublicKey(torsionPoints(t)[3].Bytes())
	s.address.Spend, s.proof.SpendKeys[0].Key = low, low
	check("key of low order", ErrTorsion, s.address, s.message)
}

// TestGeneratorH is the definition of the second generator.
func TestGeneratorH(t *testing.T) {
	sum := Keccak256(edwards25519.NewGeneratorPoint().Bytes())
	p, err := new(edwards25519.Point).SetBytes(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	if p.MultByCofactor(p).Equal(generatorH) != 1 {
		t.Errorf("got %x", p.Bytes())
	}
	var b [32]byte
	binary.LittleEndian.PutUint64(b[:], 1<<63+5)
	mask := HashToScalar([]byte("mask"))
	want := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(reduceScalar(b), generatorH, mask)
	if got := commit(mask, 1<<63+5); got != [32]byte(want.Bytes()) {
		t.Errorf("commitment %x", got)
	}
}
