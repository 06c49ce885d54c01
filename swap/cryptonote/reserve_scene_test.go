package cryptonote

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

// A scene is a made-up chain with a wallet that has coins in it, and all that a malicious signer
// needs.
type scene struct {
	t        testing.TB
	rand     *counter
	w, other *Wallet
	message  []byte
	evidence ReserveEvidence
	txs      map[TxID]*Transaction
	owned    []OwnedOutput
	proof    *ReserveProof
	address  Address
}

// A planned transaction.
type planned struct {
	version    uint64 // 4 if 0
	ringCT     RingCTType
	miner      bool
	height     uint64
	inPool     bool
	pruned     bool
	outputs    []plannedOutput
	additional bool   // one key an output, and a useless shared one
	before     []byte // fields of extra before the transaction's key
	after      []byte
}

type plannedOutput struct {
	to     Address
	amount uint64
	lie    uint64    // added to the hidden amount, not to the commitment
	clear  uint64    // amount beside the hidden one
	key    PublicKey // in place of the one-time key, unless zero
}

const sceneSnapshot = 1000

var sceneSubaddresses = []SubaddressIndex{{0, 1}, {1, 2}}

// newScene makes a wallet with an output of every kind, and its honest proof.
func newScene(t testing.TB) *scene {
	s := emptyScene(t)
	main, sub, far := s.w.Address(), s.w.Subaddress(0, 1), s.w.Subaddress(1, 2)
	stranger := s.other.Address()
	s.add(planned{miner: true, height: 10, before: s.keyField(), outputs: []plannedOutput{{to: stranger, amount: 7}, {to: main, amount: 1e9}}})
	s.add(planned{ringCT: RingCTCLSAG, height: 20, outputs: []plannedOutput{{to: main, amount: 2e9}, {to: stranger, amount: 1}}})
	s.add(planned{ringCT: RingCTCLSAG, height: 30, pruned: true, outputs: []plannedOutput{{to: sub, amount: 3e9}}})
	s.add(planned{ringCT: RingCTCLSAG, height: 40, additional: true, outputs: []plannedOutput{{to: stranger, amount: 1}, {to: far, amount: 4e9}, {to: main, amount: 5e9}}})
	s.add(planned{ringCT: RingCTBulletproof2, height: 50, outputs: []plannedOutput{{to: main, amount: 6e9}}})
	s.add(planned{ringCT: RingCTBulletproof, height: 60, version: 2, outputs: []plannedOutput{{to: main, amount: 7e9}}})
	s.add(planned{ringCT: RingCTSimple, height: 70, version: 3, outputs: []plannedOutput{{to: stranger, amount: 1}, {to: main, amount: 8e9}}})
	s.add(planned{ringCT: RingCTFull, height: 80, version: 2, outputs: []plannedOutput{{to: main, amount: 9e9}}})
	s.add(planned{version: 1, height: 90, outputs: []plannedOutput{{to: main, amount: 10e9}}})
	s.prove()
	if len(s.owned) != 10 {
		t.Fatalf("%d outputs", len(s.owned))
	}
	return s
}

const sceneTotal = 55e9

func emptyScene(t testing.TB) *scene {
	s := &scene{t: t, rand: new(counter), message: []byte("message"), txs: map[TxID]*Transaction{}}
	s.w, s.other = s.wallet(), s.wallet()
	s.address = s.w.Address()
	s.evidence = ReserveEvidence{
		Rules:          Rules2,
		SnapshotHeight: sceneSnapshot,
		Transactions:   map[TxID]RecordedTransaction{}, Spent: map[KeyImage]SpentStatus{},
		Staked: map[KeyImage]bool{}, Locked: map[KeyImage]bool{}, Used: map[KeyImage]bool{},
	}
	return s
}

func (s *scene) wallet() *Wallet {
	w, err := NewWallet(Mainnet, s.rand)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *scene) scalar() *edwards25519.Scalar {
	k, err := randomScalar(s.rand)
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

func (s *scene) bytes(n int) []byte {
	b := make([]byte, 0, n+32)
	for len(b) < n {
		sum := s.scalar().Bytes()
		b = append(b, sum...)
	}
	return b[:n]
}

// keyField is a field of extra with a public key that is nobody's.
func (s *scene) keyField() []byte {
	k := publicKey(s.scalar())
	return append([]byte{ExtraPublicKey}, k[:]...)
}

func (s *scene) point(k PublicKey) *edwards25519.Point {
	p, err := new(edwards25519.Point).SetBytes(k[:])
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// build makes the planned transaction, as its sender does.
func (s *scene) build(p planned) *Transaction {
	tx := &Transaction{Version: p.version, RingCT: p.ringCT, Fee: 5}
	if tx.Version == 0 {
		tx.Version = 4
	}
	if p.miner {
		tx.Inputs = []TxInput{{Miner: true, Height: p.height}}
	} else {
		tx.Inputs = []TxInput{{offsets: []byte{1, 2, 3}, KeyImage: KeyImage(publicKey(s.scalar()))}}
	}
	if tx.RingCT == RingCTNull {
		tx.Fee = 0
	}
	secret := s.scalar()
	shared := publicKey(secret)
	if len(p.outputs) == 1 && p.outputs[0].to.Kind == Subaddress { // its one recipient's base
		shared = PublicKey(new(edwards25519.Point).ScalarMult(secret, s.point(p.outputs[0].to.Spend)).Bytes())
	}
	var additional []byte
	for i, o := range p.outputs {
		k := secret
		if p.additional {
			k = s.scalar()
			key := publicKey(k)
			if o.to.Kind == Subaddress {
				key = PublicKey(new(edwards25519.Point).ScalarMult(k, s.point(o.to.Spend)).Bytes())
			}
			additional = append(additional, key[:]...)
		}
		derived := derivationScalar(new(edwards25519.Point).ScalarMult(k, s.point(o.to.View)), uint64(i))
		q := new(edwards25519.Point).ScalarBaseMult(derived)
		out := TxOutput{Amount: o.clear, Key: PublicKey(q.Add(q, s.point(o.to.Spend)).Bytes())}
		if o.key != (PublicKey{}) {
			out.Key = o.key
		}
		if tx.RingCT == RingCTNull {
			out.Amount = o.amount
		} else {
			s.hide(tx, o, derived.Bytes())
		}
		tx.Outputs = append(tx.Outputs, out)
		if tx.Version >= 3 {
			tx.UnlockTimes = append(tx.UnlockTimes, p.height)
		}
	}
	tx.Extra = append(append(slices.Clone(p.before), ExtraPublicKey), shared[:]...)
	if p.additional {
		tx.Extra = append(tx.Extra, ExtraAdditionalKeys, byte(len(p.outputs)))
		tx.Extra = append(tx.Extra, additional...)
	}
	tx.Extra = append(tx.Extra, p.after...)
	if tx.RingCT == RingCTSimple {
		tx.pseudo = s.bytes(32)
	}
	switch {
	case tx.Version == 1:
		tx.prunable = s.bytes(3 * 64)
	case tx.RingCT != RingCTNull:
		tx.prunable = s.bytes(1500)
	}
	return tx
}

// hide appends the hidden amount and the commitment of an output.
func (s *scene) hide(tx *Transaction, o plannedOutput, derived []byte) {
	var mask *edwards25519.Scalar
	if tx.RingCT.shortAmounts() {
		mask = HashToScalar([]byte("commitment_mask"), derived)
		pad := Keccak256([]byte("amount"), derived)
		tx.hidden = binary.LittleEndian.AppendUint64(tx.hidden, (o.amount+o.lie)^binary.LittleEndian.Uint64(pad[:8]))
	} else {
		mask = s.scalar()
		first := HashToScalar(derived)
		second := HashToScalar(first.Bytes())
		var b [32]byte
		binary.LittleEndian.PutUint64(b[:], o.amount+o.lie)
		tx.hidden = append(tx.hidden, first.Add(first, mask).Bytes()...)
		tx.hidden = append(tx.hidden, second.Add(second, reduceScalar(b)).Bytes()...)
	}
	c := commit(mask, o.amount)
	tx.commits = append(tx.commits, c[:]...)
}

// add puts the planned transaction on the chain.
func (s *scene) add(p planned) TxID {
	tx := s.build(p)
	return s.put(tx, RecordedTransaction{Height: p.height, InPool: p.inPool, Pruned: p.pruned})
}

// put records a transaction, and finds the wallet's outputs in it.
func (s *scene) put(tx *Transaction, r RecordedTransaction) TxID {
	id := tx.Hash()
	blob, err := tx.MarshalBinary()
	if err != nil {
		s.t.Fatal(err)
	}
	if r.Pruned {
		r.PrunableHash = Keccak256(tx.prunable)
		blob = blob[:len(blob)-len(tx.prunable)]
	}
	r.Bytes = blob
	s.evidence.Transactions[id], s.txs[id] = r, tx
	for _, o := range s.w.Outputs(tx, sceneSubaddresses...) {
		s.owned = append(s.owned, o)
		s.evidence.Spent[o.KeyImage] = Unspent
	}
	return id
}

// prove makes the honest proof of what the wallet owns.
func (s *scene) prove() {
	var err error
	if s.proof, err = s.w.ProveReserve(s.message, s.owned, s.rand); err != nil {
		s.t.Fatal(err)
	}
}

// replace puts a changed transaction in the place of the one with the proof's output i, and lets
// the proof name it: nothing in a proof signs an id.
func (s *scene) replace(i int, change func(tx *Transaction)) {
	id := s.proof.Outputs[i].TxID
	tx, r := *s.txs[id], s.evidence.Transactions[id]
	tx.Extra, tx.Outputs = slices.Clone(tx.Extra), slices.Clone(tx.Outputs)
	tx.hidden, tx.commits = slices.Clone(tx.hidden), slices.Clone(tx.commits)
	change(&tx)
	owned := s.owned
	next := s.put(&tx, RecordedTransaction{Height: r.Height, InPool: r.InPool})
	s.owned = owned
	for j := range s.proof.Outputs {
		if s.proof.Outputs[j].TxID == id {
			s.proof.Outputs[j].TxID = next
		}
	}
}

// grind makes a proof that one secret is behind two products, with a challenge divisible by 8,
// under which torsion vanishes.
func (s *scene) grind(secret *edwards25519.Scalar, base *edwards25519.Point, challenge func(x, y []byte) *edwards25519.Scalar) Signature {
	for {
		k := s.scalar()
		x := new(edwards25519.Point).ScalarBaseMult(k).Bytes()
		y := new(edwards25519.Point).ScalarMult(k, base).Bytes()
		if c := challenge(x, y); c.Bytes()[0]%8 == 0 {
			if sig, ok := closeSignature(k, c, secret); ok {
				return sig
			}
		}
	}
}

// resign makes all signatures over the prefix hash again, for the proof as it stands now: the
// shared secrets', each with a challenge divisible by 8, and the spend keys'.
func (s *scene) resign() {
	hash := s.proof.prefixHash(s.address.Standard(), s.message)
	for i := range s.proof.Outputs {
		o := &s.proof.Outputs[i]
		o.SharedSecretSig = s.grind(s.w.view, s.point(s.ownedBy(i).TxKey), func(x, y []byte) *edwards25519.Scalar {
			return HashToScalar(hash[:], o.SharedSecret[:], x, y)
		})
	}
	s.resignKeys(hash)
}

func (s *scene) resignKeys(hash [32]byte) {
	secrets := map[PublicKey]*edwards25519.Scalar{}
	for _, a := range append([]SubaddressIndex{{}}, sceneSubaddresses...) {
		secret := s.w.spendSecret(a)
		secrets[publicKey(secret)] = secret
	}
	for i := range s.proof.SpendKeys {
		k := &s.proof.SpendKeys[i]
		if secret := secrets[k.Key]; secret != nil {
			sig, err := signHash(secret, hash, s.rand)
			if err != nil {
				s.t.Fatal(err)
			}
			k.Signature = sig
		}
	}
}

// ownedBy gives what the wallet knows of the proof's output i, by its place in the proof.
func (s *scene) ownedBy(i int) OwnedOutput { return s.owned[i%len(s.owned)] }

// resignImage makes the key image signature of output i again, for the image as it stands now.
func (s *scene) resignImage(i int) {
	own, o := s.ownedBy(i), &s.proof.Outputs[i]
	secret := s.w.oneTimeSecret(derivationScalar(s.point(s.sharedSecret(own)), own.Index), own.Subaddress)
	o.KeyImageSig = s.grind(secret, hashToPoint(own.Key), func(left, right []byte) *edwards25519.Scalar {
		return HashToScalar(o.KeyImage[:], left, right)
	})
}

func (s *scene) sharedSecret(own OwnedOutput) PublicKey {
	return PublicKey(new(edwards25519.Point).ScalarMult(s.w.view, s.point(own.TxKey)).Bytes())
}

func (s *scene) verify() ReserveReport {
	s.t.Helper()
	for _, o := range s.proof.Outputs {
		if _, known := s.evidence.Spent[o.KeyImage]; !known {
			s.evidence.Spent[o.KeyImage] = Unspent // as a daemon says of what it never saw
		}
	}
	report, err := s.proof.Verify(context.Background(), s.address, s.message, s.evidence)
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// copy gives a scene that can be changed without changing s.
func (s *scene) copy(t testing.TB) *scene {
	c := *s
	c.t = t
	c.rand = &counter{s.rand.n}
	c.message = slices.Clone(s.message)
	c.txs = maps.Clone(s.txs)
	c.owned = slices.Clone(s.owned)
	c.evidence.Transactions, c.evidence.Spent = maps.Clone(s.evidence.Transactions), maps.Clone(s.evidence.Spent)
	c.evidence.Staked, c.evidence.Locked, c.evidence.Used = maps.Clone(s.evidence.Staked), maps.Clone(s.evidence.Locked), maps.Clone(s.evidence.Used)
	if s.proof != nil {
		c.proof = &ReserveProof{slices.Clone(s.proof.Outputs), slices.Clone(s.proof.SpendKeys)}
	}
	return &c
}
