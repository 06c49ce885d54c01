package cryptonote

import (
	"bytes"
	"fmt"
	"slices"

	"filippo.io/edwards25519"
)

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
	extra("16 other keys", CheckSharedSecret, ErrSharedSecret, func(s *scene, _ []byte) []byte { return manyKeys(s, 16) })
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

// claim gives what a malicious wallet says of its output in a transaction, whatever the amount.
func (s *scene) claim(tx *Transaction, id TxID, index uint64) OwnedOutput {
	o := OwnedOutput{TxID: id, Index: index, Key: tx.Outputs[index].Key, TxKey: tx.PublicKeys(index)[0]}
	secret := s.w.oneTimeSecret(derivationScalar(s.point(s.sharedSecret(o)), index), SubaddressIndex{})
	o.KeyImage = KeyImage(new(edwards25519.Point).ScalarMult(secret, hashToPoint(o.Key)).Bytes())
	return o
}
