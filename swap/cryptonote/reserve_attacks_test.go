package cryptonote

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

// An attack changes a good proof or the world around it.
type attack struct {
	name   string
	change func(s *scene)
	check  Check
	reason []Reason // any of them; all if empty
}

// leavesOut are the attacks that under Rules2 only leave an output uncounted.
var leavesOut = map[string]Reason{"extra: 100 other keys": ErrTooManyTxKeys}

// TestAttacks: each is refused by the check that it attacks. Where the check is about points,
// everything else in the proof is made to hold.
func TestAttacks(t *testing.T) {
	base := newScene(t)
	list := slices.Concat(pointAttacks(t), imageTorsionAttacks(t), scalarAttacks(), baseAttacks(), orderAttacks(), duplicateAttacks(),
		claimAttacks(), keyAttacks(), chainAttacks(), extraAttacks(), amountAttacks())
	names := map[string]bool{}
	checks := map[Check]int{}
	for _, a := range list {
		if names[a.name] {
			t.Errorf("%s twice", a.name)
		}
		names[a.name] = true
		s := base.copy(t)
		a.change(s)
		s.evidence.Rules = Rules1
		report := s.verify()
		if report.Check != a.check || report.Good() || len(a.reason) > 0 && !slices.Contains(a.reason, ReasonOf(report.Refusal)) {
			t.Errorf("%s: %v, %v; want %v, %q", a.name, report.Check, report.Refusal, a.check, a.reason)
		}
		if ReasonOf(report.Refusal) == "" || report.Total != 0 || report.Counted() != nil {
			t.Errorf("%s: total %d", a.name, report.Total)
		}
		checks[report.Check]++
		attackInOrder(t, s, a)
	}
	t.Logf("%d attacks: %v", len(list), checks)
	if len(list) < 300 {
		t.Errorf("%d attacks", len(list))
	}
	for c := CheckFormat; c <= CheckSum; c++ {
		if checks[c] == 0 && c != CheckBlock && c != CheckSpent && c != CheckStake { // those leave outputs uncounted
			t.Errorf("nothing attacks %v", c)
		}
	}
}

// attackInOrder makes the attack under Rules2. Most change what the address's key has signed; with
// that signature made again, the check that is attacked refuses the proof, or the signature over
// the key image, which comes before.
func attackInOrder(t *testing.T, s *scene, a attack) {
	t.Helper()
	s.evidence.Rules = Rules2
	if left := leavesOut[a.name]; left != "" {
		if report := s.verify(); !report.Good() || report.Total >= sceneTotal || !slices.ContainsFunc(report.Outputs, func(o OutputReport) bool { return o.Reason == left && !o.Counted }) {
			t.Errorf("%s, rules 2: %d, %v; want an output left out", a.name, report.Total, report.Refusal)
		}
		return
	}
	before := []Check{a.check, CheckSignatures, CheckKeyImage}
	if a.check == CheckPoints {
		before = append(before, CheckOwner) // a changed spend key owns nothing
	}
	good := func(report ReserveReport, checks ...Check) {
		t.Helper()
		if report.Good() || report.Total != 0 || report.Counted() != nil || ReasonOf(report.Refusal) == "" || !slices.Contains(checks, report.Check) {
			t.Errorf("%s, rules 2: %v, %v; want %v", a.name, report.Check, report.Refusal, checks)
		}
	}
	if a.check == CheckTransaction { // the last output's is not asked for where another is refused before
		good(s.verify(), CheckTransaction)
	} else {
		good(s.verify(), before...)
	}
	if a.check != CheckSignatures && s.address.Kind == Standard {
		s.resignKeys(s.proof.prefixHash(s.address, s.message))
		report := s.verify()
		if good(report, before...); report.Check == a.check && len(a.reason) > 0 && !slices.Contains(a.reason, ReasonOf(report.Refusal)) {
			t.Errorf("%s, rules 2: %v, want %q", a.name, report.Refusal, a.reason)
		}
	}
}

// badPoints are encodings that no key, image or secret may have.
func badPoints(t testing.TB, s *scene) map[string]PublicKey {
	p := func(hex string) PublicKey { return PublicKey(unhex(t, hex)) }
	bad := map[string]PublicKey{
		"identity with a sign":   p("0100000000000000000000000000000000000000000000000000000000000080"),
		"y = p+1":                p("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"y = p":                  p("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"y = p with a sign":      p("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
		"order 2 with a sign":    p("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
		"all bits":               p("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
		"off the curve":          p("0200000000000000000000000000000000000000000000000000000000000000"),
		"off the curve, y = p+2": p("efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	}
	for i, low := range torsionPoints(t) {
		bad[fmt.Sprintf("[%d]T", i)] = PublicKey(low.Bytes())
		if i > 0 {
			bad[fmt.Sprintf("a point and [%d]T", i)] = PublicKey(low.Add(low, new(edwards25519.Point).ScalarBaseMult(s.scalar())).Bytes())
		}
	}
	return bad
}

// pointAttacks put bad points in every position of a proof, of its address and of its transactions,
// and sign anew what can be.
func pointAttacks(t *testing.T) (list []attack) {
	points := []Reason{ErrPointEncoding, ErrOffCurve, ErrIdentity, ErrTorsion}
	for name, bad := range badPoints(t, emptyScene(t)) {
		add := func(position string, check Check, reason []Reason, change func(s *scene)) {
			list = append(list, attack{position + ": " + name, change, check, reason})
		}
		add("first key image", CheckPoints, points, func(s *scene) {
			s.proof.Outputs[0].KeyImage = KeyImage(bad)
			s.resign()
		})
		add("last key image", CheckPoints, points, func(s *scene) {
			s.proof.Outputs[9].KeyImage = KeyImage(bad)
			s.resign()
		})
		add("shared secret", CheckPoints, points, func(s *scene) {
			s.proof.Outputs[3].SharedSecret = bad
			s.resign()
		})
		add("spend key", CheckPoints, points, func(s *scene) {
			s.proof.SpendKeys[1].Key = bad
		})
		add("one more spend key", CheckPoints, points, func(s *scene) {
			s.proof.SpendKeys = append(s.proof.SpendKeys, SpendKeySignature{Key: bad, Signature: s.proof.SpendKeys[0].Signature})
		})
		add("address's spend key", CheckPoints, points, func(s *scene) {
			s.address.Spend, s.proof.SpendKeys[0].Key = bad, bad
			s.resign()
		})
		add("address's view key", CheckPoints, points, func(s *scene) {
			s.address.View = bad
			s.resign()
		})
		add("transaction key", CheckSharedSecret, nil, func(s *scene) {
			s.replace(5, func(tx *Transaction) { copy(tx.Extra[1:], bad[:]) })
		})
		if !canonicalPoint(bad) || !decodes(bad) {
			list[len(list)-1].check, list[len(list)-1].reason = CheckTxKey, []Reason{ErrNoTxKey}
		}
		add("one-time key", CheckKeyImage, nil, func(s *scene) {
			s.replace(5, func(tx *Transaction) { tx.Outputs[0].Key = bad })
		})
	}
	return list
}

func decodes(k PublicKey) bool {
	_, err := new(edwards25519.Point).SetBytes(k[:])
	return err == nil
}

// imageTorsionAttacks shift key images by a point of low order, so that a daemon has never seen
// them, with signatures ground for it.
func imageTorsionAttacks(t *testing.T) (list []attack) {
	torsion := torsionPoints(t)
	for output := range 3 {
		for i := 1; i < 8; i++ {
			shift := func(s *scene, output int) {
				o := &s.proof.Outputs[output]
				p := s.point(PublicKey(o.KeyImage))
				o.KeyImage = KeyImage(p.Add(p, torsion[i]).Bytes())
				s.resignImage(output)
			}
			list = append(list, attack{fmt.Sprintf("key image %d and [%d]T", output, i), func(s *scene) {
				shift(s, output)
				s.resign()
				// The stock equations hold: only the torsion gives it away.
				o := &s.proof.Outputs[output]
				c, r, err := o.KeyImageSig.scalars()
				if err != nil {
					s.t.Fatal(err)
				}
				key := s.ownedBy(output).Key
				left, right := ringLink(key, s.point(key), s.point(PublicKey(o.KeyImage)), c, r)
				if HashToScalar(o.KeyImage[:], left[:], right[:]).Equal(c) != 1 {
					s.t.Fatal("the signature does not hold")
				}
			}, CheckPoints, []Reason{ErrTorsion}})
		}
		list = append(list, attack{fmt.Sprintf("all eight torsions of key image %d", output), func(s *scene) {
			first := s.proof.Outputs[output]
			s.proof.Outputs, s.owned = nil, []OwnedOutput{s.ownedBy(output)}
			for i := range torsion {
				o := first
				p := s.point(PublicKey(first.KeyImage))
				o.KeyImage = KeyImage(p.Add(p, torsion[i]).Bytes())
				s.proof.Outputs = append(s.proof.Outputs, o)
				s.resignImage(i)
			}
			s.resign()
		}, CheckDuplicates, []Reason{ErrDuplicateOutput}})
	}
	for i := 1; i < 8; i++ {
		list = append(list, attack{fmt.Sprintf("shared secret and [%d]T", i), func(s *scene) {
			o := &s.proof.Outputs[2]
			p := s.point(o.SharedSecret)
			o.SharedSecret = PublicKey(p.Add(p, torsion[i]).Bytes()) // 8D stays what it was
			s.resign()
		}, CheckPoints, []Reason{ErrTorsion}})
	}
	return list
}

// scalarAttacks give each kind of signature scalars that it may not have.
func scalarAttacks() (list []attack) {
	kinds := []struct {
		name  string
		of    func(s *scene) *Signature
		check Check
	}{
		{"shared secret", func(s *scene) *Signature { return &s.proof.Outputs[1].SharedSecretSig }, CheckSharedSecret},
		{"key image", func(s *scene) *Signature { return &s.proof.Outputs[2].KeyImageSig }, CheckKeyImage},
		{"spend key", func(s *scene) *Signature { return &s.proof.SpendKeys[0].Signature }, CheckSignatures},
		{"subaddress key", func(s *scene) *Signature { return &s.proof.SpendKeys[2].Signature }, CheckSignatures},
	}
	changes := []struct {
		name   string
		change func(sig *Signature)
		reason Reason
	}{
		{"c = 0", func(sig *Signature) { clear(sig[:32]) }, ErrZeroC},
		{"c = L", func(sig *Signature) { copy(sig[:32], orderL[:]) }, ErrScalarC},
		{"c + L", func(sig *Signature) { b := plusL(sig[:32]); copy(sig[:32], b[:]) }, ErrScalarC},
		{"c of all bits", func(sig *Signature) { copy(sig[:32], bytes.Repeat([]byte{0xff}, 32)) }, ErrScalarC},
		{"r = L", func(sig *Signature) { copy(sig[32:], orderL[:]) }, ErrScalarR},
		{"r + L", func(sig *Signature) { b := plusL(sig[32:]); copy(sig[32:], b[:]) }, ErrScalarR},
		{"r of all bits", func(sig *Signature) { copy(sig[32:], bytes.Repeat([]byte{0xff}, 32)) }, ErrScalarR},
		{"both 0", func(sig *Signature) { *sig = Signature{} }, ErrZeroC},
		{"r = 0", func(sig *Signature) { clear(sig[32:]) }, ""},
		{"c and r swapped", func(sig *Signature) { *sig = Signature(slices.Concat(sig[32:], sig[:32])) }, ""},
		{"c + 1", func(sig *Signature) { sig[0] ^= 1 }, ""},
		{"r + 1", func(sig *Signature) { sig[32] ^= 1 }, ""},
	}
	for _, k := range kinds {
		for _, c := range changes {
			a := attack{k.name + " signature: " + c.name, func(s *scene) { c.change(k.of(s)) }, k.check, nil}
			if c.reason != "" {
				a.reason = []Reason{c.reason}
			}
			list = append(list, a)
		}
	}
	return list
}
