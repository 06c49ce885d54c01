package cryptonote

import (
	"bytes"
	"encoding/binary"
	"errors"
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

// TestAttacks: each is refused by the check that it attacks. Where the check is
// about points, everything else in the proof is made to hold.
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
		report := s.verify()
		if report.Check != a.check || report.Good() || len(a.reason) > 0 && !slices.Contains(a.reason, ReasonOf(report.Refusal)) {
			t.Errorf("%s: %v, %v; want %v, %q", a.name, report.Check, report.Refusal, a.check, a.reason)
		}
		if ReasonOf(report.Refusal) == "" || report.Total != 0 || report.Counted() != nil {
			t.Errorf("%s: total %d", a.name, report.Total)
		}
		checks[report.Check]++
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

// pointAttacks put bad points in every position of a proof, of its address and
// of its transactions, and sign anew what can be.
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

// imageTorsionAttacks shift key images by a point of low order, so that a
// daemon has never seen them, with signatures ground for it.
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

// baseAttacks sign with true secrets over the wrong points.
func baseAttacks() []attack {
	image := func(change func(s *scene, o *ReserveOutput, own OwnedOutput, secret *edwards25519.Scalar)) func(s *scene) {
		return func(s *scene) {
			o, own := &s.proof.Outputs[4], s.ownedBy(4)
			change(s, o, own, s.w.oneTimeSecret(derivationScalar(s.point(o.SharedSecret), own.Index), own.Subaddress))
			s.resign()
		}
	}
	times := func(k *edwards25519.Scalar, p *edwards25519.Point) KeyImage {
		return KeyImage(new(edwards25519.Point).ScalarMult(k, p).Bytes())
	}
	sign := func(s *scene, o *ReserveOutput, secret *edwards25519.Scalar, base *edwards25519.Point) {
		o.KeyImageSig = s.grind(secret, base, func(x, y []byte) *edwards25519.Scalar { return HashToScalar(o.KeyImage[:], x, y) })
	}
	secret := func(base func(s *scene, own OwnedOutput) *edwards25519.Point) func(s *scene) {
		return func(s *scene) {
			o, own := &s.proof.Outputs[4], s.ownedBy(4)
			b := base(s, own)
			o.SharedSecret = PublicKey(new(edwards25519.Point).ScalarMult(s.w.view, b).Bytes())
			hash := s.proof.prefixHash(s.address, s.message)
			o.SharedSecretSig = s.grind(s.w.view, b, func(x, y []byte) *edwards25519.Scalar { return HashToScalar(hash[:], o.SharedSecret[:], x, y) })
		}
	}
	return []attack{
		{"key image on the generator", image(func(s *scene, o *ReserveOutput, own OwnedOutput, k *edwards25519.Scalar) {
			o.KeyImage = times(k, edwards25519.NewGeneratorPoint())
			sign(s, o, k, edwards25519.NewGeneratorPoint())
		}), CheckKeyImage, []Reason{ErrKeyImage}},
		{"key image on H_p of another key", image(func(s *scene, o *ReserveOutput, own OwnedOutput, k *edwards25519.Scalar) {
			base := hashToPoint(s.ownedBy(5).Key)
			o.KeyImage = times(k, base)
			sign(s, o, k, base)
		}), CheckKeyImage, []Reason{ErrKeyImage}},
		{"key image on the unmultiplied H_p", image(func(s *scene, o *ReserveOutput, own OwnedOutput, k *edwards25519.Scalar) {
			base := mapToPoint(Keccak256(own.Key[:]))
			o.KeyImage = times(k, hashToPoint(own.Key))
			sign(s, o, k, base)
		}), CheckKeyImage, []Reason{ErrKeyImage}},
		{"key image of another secret", image(func(s *scene, o *ReserveOutput, own OwnedOutput, k *edwards25519.Scalar) {
			k = s.scalar()
			o.KeyImage = times(k, hashToPoint(own.Key))
			sign(s, o, k, hashToPoint(own.Key))
		}), CheckKeyImage, []Reason{ErrKeyImage}},
		{"any point for a key image", image(func(s *scene, o *ReserveOutput, own OwnedOutput, k *edwards25519.Scalar) {
			o.KeyImage = KeyImage(publicKey(s.scalar()))
		}), CheckKeyImage, []Reason{ErrKeyImage}},
		{"negative key image", image(func(s *scene, o *ReserveOutput, own OwnedOutput, k *edwards25519.Scalar) {
			o.KeyImage[31] ^= 0x80
		}), CheckKeyImage, []Reason{ErrKeyImage}},
		{"shared secret of the generator", secret(func(*scene, OwnedOutput) *edwards25519.Point {
			return edwards25519.NewGeneratorPoint()
		}), CheckSharedSecret, []Reason{ErrSharedSecret}},
		{"shared secret of another transaction", secret(func(s *scene, _ OwnedOutput) *edwards25519.Point {
			return s.point(s.ownedBy(5).TxKey)
		}), CheckSharedSecret, []Reason{ErrSharedSecret}},
		{"shared secret of the one-time key", secret(func(s *scene, own OwnedOutput) *edwards25519.Point {
			return s.point(own.Key)
		}), CheckSharedSecret, []Reason{ErrSharedSecret}},
		{"shared secret times 8", func(s *scene) {
			o := &s.proof.Outputs[4]
			p := s.point(o.SharedSecret)
			o.SharedSecret = PublicKey(p.MultByCofactor(p).Bytes())
			s.resign()
		}, CheckSharedSecret, []Reason{ErrSharedSecret}},
		{"shared secret chosen so that the output fits", func(s *scene) {
			// Any secret makes some spend key of any output; the map takes it.
			o := &s.proof.Outputs[4]
			o.SharedSecret = publicKey(s.scalar())
			s.resign()
		}, CheckSharedSecret, []Reason{ErrSharedSecret}},
		{"negative shared secret", func(s *scene) {
			s.proof.Outputs[4].SharedSecret[31] ^= 0x80
			s.resign()
		}, CheckSharedSecret, []Reason{ErrSharedSecret}},
	}
}

// orderAttacks swap parts of a proof.
func orderAttacks() []attack {
	swap := func(change func(a, b *ReserveOutput)) func(s *scene) {
		return func(s *scene) { change(&s.proof.Outputs[5], &s.proof.Outputs[4]) }
	}
	return []attack{
		{"entries swapped", swap(func(a, b *ReserveOutput) { *a, *b = *b, *a }), CheckSharedSecret, nil},
		{"ids swapped", swap(func(a, b *ReserveOutput) { a.TxID, b.TxID = b.TxID, a.TxID }), CheckOutput, nil},
		{"secrets swapped", swap(func(a, b *ReserveOutput) { a.SharedSecret, b.SharedSecret = b.SharedSecret, a.SharedSecret }), CheckSharedSecret, nil},
		{"images swapped", swap(func(a, b *ReserveOutput) { a.KeyImage, b.KeyImage = b.KeyImage, a.KeyImage }), CheckSharedSecret, nil},
		{"images swapped and signed", func(s *scene) {
			a, b := &s.proof.Outputs[5], &s.proof.Outputs[4]
			a.KeyImage, b.KeyImage = b.KeyImage, a.KeyImage
			s.resign()
		}, CheckKeyImage, []Reason{ErrKeyImage}},
		{"images and their signatures swapped and signed", func(s *scene) {
			a, b := &s.proof.Outputs[5], &s.proof.Outputs[4]
			a.KeyImage, b.KeyImage = b.KeyImage, a.KeyImage
			a.KeyImageSig, b.KeyImageSig = b.KeyImageSig, a.KeyImageSig
			s.resign()
		}, CheckKeyImage, []Reason{ErrKeyImage}},
		{"shared secret signatures swapped", swap(func(a, b *ReserveOutput) { a.SharedSecretSig, b.SharedSecretSig = b.SharedSecretSig, a.SharedSecretSig }), CheckSharedSecret, nil},
		{"key image signatures swapped", swap(func(a, b *ReserveOutput) { a.KeyImageSig, b.KeyImageSig = b.KeyImageSig, a.KeyImageSig }), CheckKeyImage, nil},
		{"both signatures of an output swapped", swap(func(a, _ *ReserveOutput) { a.SharedSecretSig, a.KeyImageSig = a.KeyImageSig, a.SharedSecretSig }), CheckSharedSecret, nil},
		{"indexes swapped", func(s *scene) {
			// Outputs 3 and 4 are 1 and 2 of one transaction.
			a, b := &s.proof.Outputs[3], &s.proof.Outputs[4]
			if a.TxID != b.TxID {
				s.t.Fatal("of two transactions")
			}
			a.Index, b.Index = b.Index, a.Index
		}, CheckSharedSecret, nil},
		{"indexes swapped and signed", func(s *scene) {
			a, b := &s.proof.Outputs[3], &s.proof.Outputs[4]
			a.Index, b.Index = b.Index, a.Index
			s.owned[3].TxKey, s.owned[4].TxKey = s.owned[4].TxKey, s.owned[3].TxKey
			a.SharedSecret, b.SharedSecret = b.SharedSecret, a.SharedSecret
			s.resign()
		}, CheckKeyImage, nil},
		{"an entry left out", func(s *scene) { s.proof.Outputs = s.proof.Outputs[:9] }, CheckSharedSecret, nil},
		{"an entry of another proof", func(s *scene) {
			o := emptyScene(s.t)
			o.rand = &counter{1 << 40}
			o.w = s.w
			id := o.add(planned{miner: true, height: 1, outputs: []plannedOutput{{to: s.address, amount: 1}}})
			o.prove()
			s.evidence.Transactions[id] = o.evidence.Transactions[id]
			s.proof.Outputs = append(s.proof.Outputs, o.proof.Outputs[0])
		}, CheckSharedSecret, nil},
		{"spend key signatures swapped", func(s *scene) {
			k := s.proof.SpendKeys
			k[0].Signature, k[1].Signature = k[1].Signature, k[0].Signature
		}, CheckSignatures, []Reason{ErrMismatch}},
		{"spend keys swapped", func(s *scene) {
			k := s.proof.SpendKeys
			k[0].Key, k[1].Key = k[1].Key, k[0].Key
		}, CheckSignatures, []Reason{ErrMismatch}},
	}
}

// duplicateAttacks show one coin twice.
func duplicateAttacks() (list []attack) {
	for i := range 10 {
		list = append(list, attack{fmt.Sprintf("output %d twice", i), func(s *scene) {
			s.owned = append(s.owned, s.owned[i])
			s.prove()
		}, CheckDuplicates, []Reason{ErrDuplicateImage}})
		list = append(list, attack{fmt.Sprintf("output %d twice, with another image", i), func(s *scene) {
			s.owned = append(s.owned, s.owned[i])
			s.owned[10].KeyImage = KeyImage(publicKey(s.scalar()))
			s.prove()
		}, CheckDuplicates, []Reason{ErrDuplicateOutput}})
		list = append(list, attack{fmt.Sprintf("image of output %d for another output", i), func(s *scene) {
			s.owned[(i+1)%10].KeyImage = s.owned[i].KeyImage
			s.prove()
		}, CheckDuplicates, []Reason{ErrDuplicateImage}})
	}
	return append(list,
		attack{"an output three times", func(s *scene) {
			s.owned = append(s.owned, s.owned[2], s.owned[2])
			s.prove()
		}, CheckDuplicates, []Reason{ErrDuplicateImage}},
		attack{"one one-time key in two transactions", func(s *scene) {
			// A sender who repeats the transaction key pays one key twice, and
			// only one of the outputs can ever be spent. Its image is lied about.
			tx := *s.txs[s.proof.Outputs[0].TxID]
			tx.UnlockTime++
			s.put(&tx, RecordedTransaction{Height: 11})
			s.owned[10].KeyImage = KeyImage(publicKey(s.scalar()))
			s.prove()
		}, CheckDuplicates, []Reason{ErrDuplicateKey}},
		attack{"one one-time key in two outputs", func(s *scene) {
			tx := *s.txs[s.proof.Outputs[0].TxID]
			tx.Outputs = append(slices.Clone(tx.Outputs), tx.Outputs[1])
			tx.UnlockTimes = append(slices.Clone(tx.UnlockTimes), 0)
			id := s.put(&tx, RecordedTransaction{Height: 11})
			s.owned[0].TxID = id
			s.owned = append(s.owned[:10], s.owned[0])
			s.owned[10].Index = 2
			s.owned[10].KeyImage = KeyImage(publicKey(s.scalar()))
			s.prove()
		}, CheckDuplicates, []Reason{ErrDuplicateKey}},
		attack{"a spend key twice", func(s *scene) {
			s.proof.SpendKeys = append(s.proof.SpendKeys, s.proof.SpendKeys[1])
		}, CheckFormat, []Reason{ErrRepeatedKey}},
		attack{"no outputs", func(s *scene) { s.proof.Outputs = nil }, CheckFormat, []Reason{ErrNoOutputs}},
		attack{"20,001 outputs", func(s *scene) {
			s.proof.Outputs = make([]ReserveOutput, maxProofOutputs+1)
		}, CheckFormat, []Reason{ErrTooManyOutputs}},
		attack{"20,002 spend keys", func(s *scene) {
			s.proof.SpendKeys = make([]SpendKeySignature, maxProofKeys+1)
		}, CheckFormat, []Reason{ErrTooManyKeys}},
		attack{"index 2^63", func(s *scene) { s.proof.Outputs[0].Index = 1 << 63 }, CheckFormat, []Reason{ErrNumber}},
	)
}

// claimAttacks use a good proof for another address or message.
func claimAttacks() (list []attack) {
	secret := []Reason{ErrSharedSecret}
	for name, message := range map[string]string{
		"empty": "", "one byte more": "message ", "one byte less": "messag", "other case": "Message", "other": "other", "zero byte": "message\x00",
		"of another migration": "1167f61c0c9abbf6", "with the spend key moved over": "messag",
	} {
		list = append(list, attack{"message: " + name, func(s *scene) { s.message = []byte(message) }, CheckSharedSecret, secret})
	}
	for name, change := range map[string]func(s *scene){
		"of another wallet":    func(s *scene) { s.address = s.other.Address() },
		"another view key":     func(s *scene) { s.address.View = s.other.Address().View },
		"another spend key":    func(s *scene) { s.address.Spend = s.other.Address().Spend },
		"keys swapped":         func(s *scene) { s.address.Spend, s.address.View = s.address.View, s.address.Spend },
		"a subaddress's keys":  func(s *scene) { s.address = s.w.Subaddress(0, 1); s.address.Kind = Standard },
		"negative spend key":   func(s *scene) { s.address.Spend[31] ^= 0x80 },
		"negative view key":    func(s *scene) { s.address.View[31] ^= 0x80 },
		"message and keys run": func(s *scene) { s.message = append(s.message, s.address.Spend[:]...) },
	} {
		list = append(list, attack{"address: " + name, change, CheckSharedSecret, secret})
	}
	return append(list,
		attack{"address: a subaddress", func(s *scene) { s.address = s.w.Subaddress(0, 1) }, CheckFormat, []Reason{ErrSubaddress}},
		attack{"address: none", func(s *scene) { s.address = Address{} }, CheckFormat, []Reason{ErrSubaddress}},
		attack{"another wallet's view key, signed by it", func(s *scene) {
			// Who knows a view key sees the coins, and cannot sign for them.
			thief := *s.other
			thief.view, thief.viewSecret = s.w.view, s.w.viewSecret
			p, err := thief.ProveReserve(s.message, s.owned, s.rand)
			if err != nil {
				s.t.Fatal(err)
			}
			s.proof, s.address = p, thief.Address()
		}, CheckKeyImage, []Reason{ErrKeyImage}},
		attack{"a watcher with key image signatures from the chain", func(s *scene) {
			// Staking publishes key image signatures; the view key shows amounts.
			p, thief := *s.proof, *s.other
			thief.view, thief.viewSecret = s.w.view, s.w.viewSecret
			s.w, s.address = &thief, thief.Address()
			s.proof = &ReserveProof{slices.Clone(p.Outputs), []SpendKeySignature{{Key: s.address.Spend}}}
			s.resign()
		}, CheckOwner, []Reason{ErrNotOwned}},
	)
}

// keyAttacks are about the map of spend keys.
func keyAttacks() (list []attack) {
	for i := range 3 {
		list = append(list, attack{fmt.Sprintf("spend key %d left out", i), func(s *scene) {
			s.proof.SpendKeys = slices.Delete(s.proof.SpendKeys, i, i+1)
		}, CheckOwner, []Reason{ErrNotOwned}})
	}
	sign := func(s *scene, hash [32]byte, secret *edwards25519.Scalar) Signature {
		sig, err := signHash(secret, hash, s.rand)
		if err != nil {
			s.t.Fatal(err)
		}
		return sig
	}
	return append(list,
		attack{"no spend keys", func(s *scene) { s.proof.SpendKeys = nil }, CheckOwner, []Reason{ErrNotOwned}},
		attack{"coins of subaddresses only, without the address's key", func(s *scene) {
			s.owned = s.owned[2:4]
			s.prove()
			s.proof.SpendKeys = s.proof.SpendKeys[1:]
		}, CheckSignatures, []Reason{ErrNoOwner}},
		attack{"another wallet's key, unsigned", func(s *scene) {
			s.proof.SpendKeys = append(s.proof.SpendKeys, SpendKeySignature{Key: s.other.Address().Spend, Signature: s.proof.SpendKeys[0].Signature})
		}, CheckSignatures, []Reason{ErrMismatch}},
		attack{"signed by the view key", func(s *scene) {
			hash := s.proof.prefixHash(s.address, s.message)
			s.proof.SpendKeys[0].Signature = sign(s, hash, s.w.view)
		}, CheckSignatures, []Reason{ErrMismatch}},
		attack{"signed as a message", func(s *scene) {
			hash := s.proof.prefixHash(s.address, s.message)
			s.proof.SpendKeys[0].Signature = sign(s, Keccak256(hash[:]), s.w.spend)
		}, CheckSignatures, []Reason{ErrMismatch}},
		attack{"a message signature in its place", func(s *scene) {
			s.proof.SpendKeys[0].Signature = sign(s, Keccak256(s.message), s.w.spend)
		}, CheckSignatures, []Reason{ErrMismatch}},
		attack{"identity commitment", func(s *scene) {
			hash := s.proof.prefixHash(s.address, s.message)
			c := challenge(hash, s.address.Spend, edwards25519.NewIdentityPoint())
			r := edwards25519.NewScalar().Multiply(c, s.w.spend)
			s.proof.SpendKeys[0].Signature = joined(c, r.Negate(r))
		}, CheckSignatures, []Reason{ErrCommitment}},
	)
}

// chainAttacks lie about transactions.
func chainAttacks() (list []attack) {
	record := func(i int, change func(s *scene, r *RecordedTransaction)) func(s *scene) {
		return func(s *scene) {
			id := s.proof.Outputs[i].TxID
			r := s.evidence.Transactions[id]
			r.Bytes = slices.Clone(r.Bytes)
			change(s, &r)
			s.evidence.Transactions[id] = r
		}
	}
	add := func(name string, change func(s *scene), reason ...Reason) {
		list = append(list, attack{name, change, CheckTransaction, reason})
	}
	for i := range 10 {
		add(fmt.Sprintf("transaction of output %d missing", i), func(s *scene) { delete(s.evidence.Transactions, s.proof.Outputs[i].TxID) }, ErrTxMissing)
		add(fmt.Sprintf("transaction of output %d with a bit changed", i), record(i, func(_ *scene, r *RecordedTransaction) { r.Bytes[len(r.Bytes)/2] ^= 4 }), ErrTxHash)
		add(fmt.Sprintf("transaction of output %d cut", i), record(i, func(_ *scene, r *RecordedTransaction) { r.Bytes = r.Bytes[:20] }), ErrCutOff)
	}
	add("another transaction", record(1, func(s *scene, r *RecordedTransaction) {
		r.Bytes = s.evidence.Transactions[s.proof.Outputs[5].TxID].Bytes
	}), ErrTxHash)
	add("no bytes", record(1, func(_ *scene, r *RecordedTransaction) { r.Bytes = nil }), ErrCutOff)
	add("a byte more", record(1, func(_ *scene, r *RecordedTransaction) { r.Bytes = append(r.Bytes, 0) }), ErrTxHash)
	add("whole said to be pruned", record(1, func(_ *scene, r *RecordedTransaction) { r.Pruned = true }), ErrTrailing)
	add("pruned said to be whole", record(2, func(_ *scene, r *RecordedTransaction) { r.Pruned = false }), ErrCutOff)
	add("pruned with another hash", record(2, func(_ *scene, r *RecordedTransaction) { r.PrunableHash[7] ^= 1 }), ErrTxHash)
	add("larger amount of a miner's output", record(0, func(s *scene, r *RecordedTransaction) {
		tx := *s.txs[s.proof.Outputs[0].TxID]
		tx.Outputs = slices.Clone(tx.Outputs)
		tx.Outputs[1].Amount *= 1000
		r.Bytes, _ = tx.MarshalBinary()
	}), ErrTxHash)
	for i, index := range []uint64{2, 100, 1<<32 + 1, 1<<63 - 1} {
		list = append(list, attack{fmt.Sprintf("index %d", index), func(s *scene) { s.proof.Outputs[i%2].Index = index }, CheckOutput, []Reason{ErrNoOutput}})
	}
	list = append(list, attack{"a stranger's output", func(s *scene) { s.proof.Outputs[0].Index = 0 }, CheckKeyImage, []Reason{ErrKeyImage}})
	return list
}

// extraAttacks hide the transaction's key.
func extraAttacks() (list []attack) {
	extra := func(name string, check Check, reason Reason, change func(s *scene, extra []byte) []byte) {
		list = append(list, attack{"extra: " + name, func(s *scene) {
			s.replace(1, func(tx *Transaction) { tx.Extra = change(s, tx.Extra) })
		}, check, []Reason{reason}})
	}
	extra("empty", CheckTxKey, ErrNoTxKey, func(*scene, []byte) []byte { return nil })
	extra("key cut off", CheckTxKey, ErrNoTxKey, func(_ *scene, b []byte) []byte { return b[:32] })
	extra("key behind an unknown field", CheckTxKey, ErrNoTxKey, func(_ *scene, b []byte) []byte { return append([]byte{0x05, 0}, b...) })
	extra("key behind padding", CheckTxKey, ErrNoTxKey, func(_ *scene, b []byte) []byte { return append([]byte{0, 0}, b...) })
	extra("key within a nonce", CheckTxKey, ErrNoTxKey, func(_ *scene, b []byte) []byte { return append([]byte{ExtraNonce, 33}, b...) })
	extra("key of a nonce that is too long", CheckTxKey, ErrNoTxKey, func(_ *scene, b []byte) []byte {
		return slices.Concat([]byte{ExtraNonce, 0x80, 0x02}, make([]byte, 256), b)
	})
	extra("another key only", CheckSharedSecret, ErrSharedSecret, func(s *scene, _ []byte) []byte { return s.keyField() })
	extra("negative key", CheckSharedSecret, ErrSharedSecret, func(_ *scene, b []byte) []byte { b[32] ^= 0x80; return b })
	extra("100 other keys", CheckSharedSecret, ErrSharedSecret, func(s *scene, _ []byte) (b []byte) {
		for range 100 {
			b = append(b, s.keyField()...)
		}
		return b
	})
	extra("key among the additional ones of another output", CheckSharedSecret, ErrSharedSecret, func(s *scene, b []byte) []byte {
		other := s.keyField()
		return slices.Concat([]byte{ExtraAdditionalKeys, 2}, other[1:], b[1:33])
	})
	extra("additional keys too few", CheckTxKey, ErrNoTxKey, func(s *scene, b []byte) []byte { return []byte{ExtraAdditionalKeys, 0} })
	return list
}

// amountAttacks claim more than there is.
func amountAttacks() (list []attack) {
	show := func(p planned) func(s *scene) {
		return func(s *scene) {
			s.owned = s.owned[:1]
			to := s.w.Address()
			for i := range p.outputs {
				p.outputs[i].to = to
			}
			tx := s.build(p)
			id := s.put(tx, RecordedTransaction{Height: 5, Pruned: p.pruned})
			s.owned = s.owned[:1]
			s.owned = append(s.owned, s.claim(tx, id, 0))
			s.prove()
		}
	}
	for kind := RingCTFull; kind <= RingCTCLSAG; kind++ {
		for _, lie := range []uint64{1, 1e9, 1e15, ^uint64(0), 1 << 63} {
			list = append(list, attack{fmt.Sprintf("lie of %d in RingCT %d", lie, kind),
				show(planned{ringCT: kind, outputs: []plannedOutput{{amount: 1e9, lie: lie}}}), CheckAmount, []Reason{ErrOpening}})
		}
		list = append(list, attack{fmt.Sprintf("clear amount beside RingCT %d", kind),
			show(planned{ringCT: kind, outputs: []plannedOutput{{amount: 1e9, clear: 5e15}}}), CheckAmount, []Reason{ErrClearAmount}})
	}
	for version := uint64(2); version <= 4; version++ {
		list = append(list, attack{fmt.Sprintf("version %d in clear, and not a miner's", version),
			show(planned{version: version, outputs: []plannedOutput{{amount: 1e9}}}), CheckAmount, []Reason{ErrClearAmount}})
	}
	list = append(list, attack{"version 4 without inputs", func(s *scene) {
		s.owned = s.owned[:1]
		tx := s.build(planned{outputs: []plannedOutput{{to: s.w.Address(), amount: 1e9}}})
		tx.Inputs = nil
		id := s.put(tx, RecordedTransaction{Height: 5})
		s.owned = append(s.owned[:1], s.claim(tx, id, 0))
		s.prove()
	}, CheckAmount, []Reason{ErrClearAmount}})
	for kind := RingCTFull; kind <= RingCTBulletproof; kind++ {
		list = append(list, attack{fmt.Sprintf("2^64 in RingCT %d", kind), func(s *scene) {
			s.owned = s.owned[:1]
			tx := s.build(planned{ringCT: kind, outputs: []plannedOutput{{to: s.w.Address(), amount: 1e9}}})
			own := s.claim(tx, tx.Hash(), 0)
			derived := derivationScalar(s.point(s.sharedSecret(own)), 0)
			first := HashToScalar(derived.Bytes())
			second := HashToScalar(first.Bytes())
			var b [32]byte
			b[8] = 1
			amount := reduceScalar(b)
			mask := s.scalar()
			h := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(amount, generatorH, mask)
			tx.hidden = slices.Concat(first.Add(first, mask).Bytes(), second.Add(second, amount).Bytes())
			tx.commits = h.Bytes()
			id := s.put(tx, RecordedTransaction{Height: 5})
			s.owned = append(s.owned[:1], s.claim(tx, id, 0))
			s.prove()
		}, CheckAmount, []Reason{ErrOpening}})
	}
	change := func(name string, i int, change func(tx *Transaction)) {
		list = append(list, attack{name, func(s *scene) { s.replace(i, change) }, CheckAmount, []Reason{ErrOpening}})
	}
	change("commitment changed", 5, func(tx *Transaction) { tx.commits[3] ^= 1 })
	change("commitment of torsion", 5, func(tx *Transaction) {
		p, _ := new(edwards25519.Point).SetBytes(tx.commits[:32])
		low, _ := new(edwards25519.Point).SetBytes(bytes.Repeat([]byte{0}, 32))
		copy(tx.commits, p.Add(p, low).Bytes())
	})
	change("commitment to zero", 5, func(tx *Transaction) { copy(tx.commits, edwards25519.NewIdentityPoint().Bytes()) })
	change("hidden amount changed", 5, func(tx *Transaction) { tx.hidden[7] ^= 0x80 })
	change("mask changed", 6, func(tx *Transaction) { tx.hidden[0] ^= 1 })
	change("amount field changed", 6, func(tx *Transaction) { tx.hidden[32] ^= 1 })
	change("amount field swapped with mask", 6, func(tx *Transaction) { copy(tx.hidden, slices.Concat(tx.hidden[32:64], tx.hidden[:32])) })
	list = append(list, attack{"sum of 2^64", func(s *scene) {
		for _, amount := range []uint64{1 << 63, 1<<63 - 55e9} {
			s.add(planned{miner: true, height: 5, outputs: []plannedOutput{{to: s.w.Address(), amount: amount}}})
		}
		s.prove()
	}, CheckSum, []Reason{ErrSum}})
	return list
}

// claim gives what a malicious wallet says of its output in a transaction,
// whatever the amount.
func (s *scene) claim(tx *Transaction, id TxID, index uint64) OwnedOutput {
	o := OwnedOutput{TxID: id, Index: index, Key: tx.Outputs[index].Key, TxKey: tx.PublicKeys(index)[0]}
	secret := s.w.oneTimeSecret(derivationScalar(s.point(s.sharedSecret(o)), index), SubaddressIndex{})
	o.KeyImage = KeyImage(new(edwards25519.Point).ScalarMult(secret, hashToPoint(o.Key)).Bytes())
	return o
}

// TestUncounted: what leaves an output uncounted, alone and together, is shown
// with the first reason; the others count.
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

// TestKeysAreSearched: extra that would stop a careless reader does not hide
// the right key.
func TestKeysAreSearched(t *testing.T) {
	base := newScene(t)
	off := slices.Concat([]byte{ExtraPublicKey, 2}, make([]byte, 31))
	for name, change := range map[string]func(s *scene, extra []byte) []byte{
		"off-curve key before":      func(_ *scene, b []byte) []byte { return append(slices.Clone(off), b...) },
		"off-curve key twice":       func(_ *scene, b []byte) []byte { return slices.Concat(off, off, b) },
		"non-canonical key before":  func(_ *scene, b []byte) []byte { return slices.Concat([]byte{1}, bytes.Repeat([]byte{0xff}, 32), b) },
		"other keys before":         func(s *scene, b []byte) []byte { return slices.Concat(s.keyField(), s.keyField(), b) },
		"the key twice":             func(_ *scene, b []byte) []byte { return slices.Concat(b, b) },
		"the key 40 times":          func(_ *scene, b []byte) []byte { return bytes.Repeat(b, 40) },
		"60 other keys":             func(s *scene, b []byte) []byte { return append(manyKeys(s, 60), b...) },
		"a nonce before":            func(_ *scene, b []byte) []byte { return append([]byte{ExtraNonce, 3, 1, 1, 1}, b...) },
		"all kinds of fields":       func(_ *scene, b []byte) []byte { return append(everyField(), b...) },
		"padding after":             func(_ *scene, b []byte) []byte { return append(b, 0, 0, 0) },
		"rubbish after":             func(_ *scene, b []byte) []byte { return append(b, 0xee, 1, 2) },
		"a cut key after":           func(_ *scene, b []byte) []byte { return append(b, 1, 2) },
		"among the additional ones": func(_ *scene, b []byte) []byte { return slices.Concat([]byte{ExtraAdditionalKeys, 1}, b[1:33]) },
		"in a second such list": func(s *scene, b []byte) []byte {
			return slices.Concat(off, []byte{ExtraAdditionalKeys, 1}, s.keyField()[1:], []byte{ExtraAdditionalKeys, 1}, b[1:33])
		},
	} {
		s := base.copy(t)
		s.replace(5, func(tx *Transaction) { tx.Extra = change(s, tx.Extra) })
		if report := s.verify(); !report.Good() || report.Total != sceneTotal {
			t.Errorf("%s: %d, %v", name, report.Total, report.Refusal)
		}
	}
}

func manyKeys(s *scene, n int) (b []byte) {
	for range n {
		b = append(b, s.keyField()...)
	}
	return b
}

// everyField is an extra with one field of each kind but padding.
func everyField() []byte {
	z := func(n int) []byte { return make([]byte, n) }
	return slices.Concat(
		[]byte{ExtraNonce, 2, 9, 9},
		[]byte{ExtraMergeMining, 33}, z(33),
		[]byte{ExtraNodeRegister, 2}, z(64), []byte{1}, z(32), z(8), []byte{2, 0x80, 1, 5}, z(72),
		[]byte{ExtraNodeDeregisterOld}, z(12), []byte{2}, z(2*68),
		[]byte{ExtraNodeWinner}, z(32),
		[]byte{ExtraNodeContributor}, z(64),
		[]byte{ExtraNodeKey}, z(32),
		[]byte{ExtraSecretKey}, z(32),
		[]byte{ExtraKeyImageProofs, 2}, z(192),
		[]byte{ExtraKeyImageUnlock}, z(100),
		[]byte{ExtraNodeStateChange, 1, 5, 6, 1, 7}, z(64),
		[]byte{ExtraNodeStateChange, 4, 1, 5, 6, 1, 7}, z(64), []byte{3, 4},
		[]byte{ExtraBurn}, z(8),
		[]byte{ExtraNameSystem, 0, 1}, z(64), []byte{0x0f, 0}, z(65), []byte{1}, z(32), []byte{1}, z(64), []byte{3, 1, 2, 3},
		[]byte{ExtraNameSystem, 0, 1}, z(64), []byte{0},
		[]byte{ExtraMinergate, 1, 1},
	)
}

func TestExtraFields(t *testing.T) {
	var tags []byte
	for f := range ExtraFields(everyField()) {
		if f.Malformed {
			t.Errorf("%#x is malformed: %x", f.Tag, f.Data)
		}
		tags = append(tags, f.Tag)
	}
	if want := []byte{2, 3, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x78, 0x79, 0x7a, 0x7a, 0xde}; !bytes.Equal(tags, want) {
		t.Errorf("tags %x", tags)
	}
	for name, extra := range map[string][]byte{
		"unknown tag":          {0x05},
		"padding and more":     {0, 0, 1},
		"long padding":         make([]byte, 256),
		"key cut off":          {1, 2, 3},
		"nonce of 256":         slices.Concat([]byte{2, 0x80, 2}, make([]byte, 256)),
		"nonce cut off":        {2, 5, 1},
		"keys cut off":         {4, 2, 1},
		"keys without count":   {4},
		"2^63 keys":            {4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1},
		"state 5":              slices.Concat([]byte{0x78, 5}, make([]byte, 10)),
		"version 4, state 4":   slices.Concat([]byte{0x78, 4, 4}, make([]byte, 10)),
		"name with field 0x10": slices.Concat([]byte{0x7a, 0, 0}, make([]byte, 64), []byte{0x10}),
		"name of owner 2":      slices.Concat([]byte{0x7a, 0, 0}, make([]byte, 64), []byte{1, 2}),
		"name, signature 2":    slices.Concat([]byte{0x7a, 0, 0}, make([]byte, 64), []byte{4, 2}),
	} {
		fields := slices.Collect(ExtraFields(append([]byte{ExtraBurn, 0, 0, 0, 0, 0, 0, 0, 0}, extra...)))
		if len(fields) != 2 || fields[0].Malformed || !fields[1].Malformed || fields[1].Tag != extra[0] || !bytes.Equal(fields[1].Data, extra[1:]) {
			t.Errorf("%s: %+v", name, fields)
		}
	}
	if n := len(slices.Collect(ExtraFields(make([]byte, 255)))); n != 1 {
		t.Errorf("255 bytes of padding: %d fields", n)
	}
	for range ExtraFields(everyField()) {
		break // a reader may stop
	}
}

// TestPublicKeys: shared ones first, then the output's own, each once.
func TestPublicKeys(t *testing.T) {
	key := func(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }
	extra := slices.Concat([]byte{ExtraPublicKey}, key(1), []byte{ExtraPublicKey}, key(2), []byte{ExtraPublicKey}, key(1),
		[]byte{ExtraAdditionalKeys, 2}, key(3), key(1), []byte{ExtraAdditionalKeys, 0}, []byte{ExtraAdditionalKeys, 3}, key(4), key(5), key(6),
		[]byte{0x05}, []byte{ExtraPublicKey}, key(7))
	tx := Transaction{Extra: extra}
	for index, want := range [][]byte{{1, 2, 3, 4}, {1, 2, 5}, {1, 2, 6}, {1, 2}, {1, 2}} {
		var got []byte
		for _, k := range tx.PublicKeys(uint64(index)) {
			got = append(got, k[0])
		}
		if !bytes.Equal(got, want) {
			t.Errorf("output %d: %v, want %v", index, got, want)
		}
	}
	if n := len(tx.keys().shared); n != 2 {
		t.Errorf("%d shared keys", n)
	}
	many := Transaction{Extra: bytes.Repeat(extra[:99], 30)}
	if n := len(many.keys().shared); n != 2 {
		t.Errorf("%d shared keys of many", n)
	}
	if none := new(Transaction).PublicKeys(0); len(none) != 0 {
		t.Errorf("%v of nothing", none)
	}
}

// TestFalseAmountIsNotFound: a wallet's own list of outputs opens commitments
// too.
func TestFalseAmountIsNotFound(t *testing.T) {
	s := emptyScene(t)
	s.add(planned{ringCT: RingCTCLSAG, outputs: []plannedOutput{{to: s.address, amount: 1, lie: 1}, {to: s.address, amount: 2}}})
	if len(s.owned) != 1 || s.owned[0].Amount != 2 {
		t.Errorf("%+v", s.owned)
	}
}

func TestArchiveRefusals(t *testing.T) {
	s := newScene(t)
	good, err := s.proof.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	const first = len(archiveHeader) + 2 // the number of outputs
	edit := func(at, remove int, insert ...byte) []byte {
		return slices.Concat(good[:at], insert, good[at+remove:])
	}
	keys := len(good) - 3*archiveKey - 2
	for _, c := range []struct {
		name    string
		archive []byte
		want    Reason
	}{
		{"good", good, ""},
		{"nothing", nil, ErrCutOff},
		{"header", good[:first], ErrCutOff},
		{"library version 1", edit(24, 1, 1, 1), ErrArchive},
		{"big-endian flag", edit(25, 1, 0x40), ErrArchive},
		{"no endian flag", edit(25, 1, 0), ErrArchive},
		{"other name", edit(3, 1, 'S'), ErrArchive},
		{"no outputs", edit(first, 2, 0), ErrNoOutputs},
		{"number in two bytes", edit(first, 2, 2, 10, 0), ErrNumber},
		{"zero in one byte", edit(first, 2, 1, 0), ErrNumber},
		{"negative number", edit(first, 2, 0xff, 10), ErrNumber},
		{"number of nine bytes", edit(first, 2, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1), ErrNumber},
		{"2^63 outputs", edit(first, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0x80), ErrNumber},
		{"2^62 outputs", edit(first, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0x40), ErrTooManyOutputs},
		{"20,001 outputs", edit(first, 2, 2, 0x21, 0x4e), ErrTooManyOutputs},
		{"20,000 outputs", edit(first, 2, 2, 0x20, 0x4e), ErrCutOff},
		{"9 outputs", edit(first, 2, 1, 9), ErrArchive},
		{"11 outputs", edit(first, 2, 1, 11), ErrArchive},
		{"item version 1", edit(first+2, 1, 1, 1), ErrArchive},
		{"id of 31 bytes", edit(first+8, 1, 31), ErrArchive},
		{"id's length in another form", edit(first+7, 1, 2), ErrArchive},
		{"no keys", edit(keys, 2+3*archiveKey, 0), ""},
		{"2 keys", edit(keys, 2, 1, 2), ErrTrailing},
		{"4 keys", edit(keys, 2, 1, 4), ErrCutOff},
		{"20,002 keys", edit(keys, 2, 2, 0x22, 0x4e), ErrTooManyKeys},
		{"a byte more", append(slices.Clone(good), 0), ErrTrailing},
		{"a byte less", good[:len(good)-1], ErrCutOff},
		{"a key twice", slices.Concat(good[:keys], []byte{1, 4}, good[keys+2:], good[keys+2:keys+2+archiveKey]), ErrRepeatedKey},
	} {
		p, err := DecodeReserveProof(c.archive)
		if ReasonOf(err) != c.want || (p == nil) != (err != nil) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if text, err := ParseReserveProof(proofMagic + EncodeBase58(c.archive)); ReasonOf(err) != c.want || (text == nil) != (err != nil) {
			t.Errorf("%s, as text: %v, want %q", c.name, err, c.want)
		}
	}
	for i := range good {
		if _, err := DecodeReserveProof(good[:i]); err == nil {
			t.Errorf("cut to %d bytes", i)
		}
	}
	var into ReserveProof
	if err := into.UnmarshalBinary(good); err != nil || into.String() != s.proof.String() {
		t.Error(err)
	}
	if err := into.UnmarshalText([]byte("ReserveProofV2")); !errors.Is(err, ErrProofMagic) {
		t.Error(err)
	}
	large := &ReserveProof{Outputs: []ReserveOutput{{Index: 1 << 63}}}
	if _, err := large.MarshalBinary(); !errors.Is(err, ErrNumber) || large.String() != "" {
		t.Error(err)
	}
	for _, index := range []uint64{0, 1, 255, 256, 1<<32 - 1, 1<<63 - 1} {
		p := &ReserveProof{Outputs: []ReserveOutput{{Index: index}}}
		b, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeReserveProof(b)
		if err != nil || again.Outputs[0].Index != index {
			t.Errorf("index %d: %v", index, err)
		}
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
