package cryptonote

import (
	"fmt"
	"slices"

	"filippo.io/edwards25519"
)

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
		{"key image of another secret", image(func(s *scene, o *ReserveOutput, own OwnedOutput, _ *edwards25519.Scalar) {
			k := s.scalar()
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
			// A sender who repeats the transaction key pays one key twice, and only one of the
			// outputs can ever be spent. Its image is lied about.
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
