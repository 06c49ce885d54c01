package cryptonote

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"sync"

	"filippo.io/edwards25519"
)

// A verification is the state of one ReserveProof.Verify. Its checks run in the order of the rules:
// byCheck or byOutput.
type verification struct {
	ctx      context.Context
	proof    *ReserveProof
	address  Address
	evidence *ReserveEvidence
	workers  int

	prefix  [32]byte
	view    *edwards25519.Point // the address's view key
	spend   []*edwards25519.Point
	known   map[PublicKey]int // the places of the spend keys
	txs     map[TxID]*txState
	ids     []TxID // of txs, in the proof's order
	outputs []outputState

	report ReserveReport
	err    error // evidence that is missing
}

// A txState is a transaction, which is parsed and hashed once, by whoever needs it first.
type txState struct {
	id       TxID
	recorded RecordedTransaction
	found    bool

	once sync.Once
	tx   *Transaction
	keys txKeys
	err  error
}

type outputState struct {
	tx            *txState
	image, secret *edwards25519.Point
	key           *edwards25519.Point // the one-time key
	derived       *edwards25519.Scalar
	leftOut       bool // without the checks that are left
}

func (v *verification) checkForm() bool {
	if err := v.proof.checkForm(); err != nil {
		return v.reject(CheckFormat, err)
	}
	if v.address.Kind != Standard {
		return v.reject(CheckFormat, refuse("address", ErrSubaddress))
	}
	images := make(map[KeyImage]bool, len(v.outputs))
	type outputID struct {
		tx    TxID
		index uint64
	}
	outputs := make(map[outputID]bool, len(v.outputs))
	return v.eachDistinct(ErrDuplicateImage, func(i int) bool {
		o := &v.proof.Outputs[i]
		seen := images[o.KeyImage]
		images[o.KeyImage] = true
		return seen
	}) && v.eachDistinct(ErrDuplicateOutput, func(i int) bool {
		o := &v.proof.Outputs[i]
		id := outputID{o.TxID, o.Index}
		seen := outputs[id]
		outputs[id] = true
		return seen
	})
}

func (v *verification) checkOneTimeKeys() bool {
	keys := make(map[PublicKey]bool, len(v.outputs))
	return v.eachDistinct(ErrDuplicateKey, func(i int) bool {
		key := v.report.Outputs[i].Key
		seen := keys[key]
		keys[key] = true
		return seen
	})
}

// eachDistinct refuses the proof for the first output that was seen before.
func (v *verification) eachDistinct(reason Reason, seen func(i int) bool) bool {
	failures := make([]*failure, len(v.outputs))
	for i := range failures {
		if seen(i) {
			failures[i] = failed(CheckDuplicates, refuse("reserve proof", reason))
			v.report.Outputs[i].Check, v.report.Outputs[i].Reason = CheckDuplicates, reason
		}
	}
	return v.refuseFirst("output ", failures)
}

// checkKeys checks the address's keys.
func (v *verification) checkKeys() bool {
	if _, err := v.address.Spend.point("spend key"); err != nil {
		return v.reject(CheckPoints, err)
	}
	var err error
	if v.view, err = v.address.View.point("view key"); err != nil {
		return v.reject(CheckPoints, err)
	}
	v.spend = make([]*edwards25519.Point, len(v.proof.SpendKeys))
	v.known = make(map[PublicKey]int, len(v.proof.SpendKeys))
	for i := range v.proof.SpendKeys {
		v.known[v.proof.SpendKeys[i].Key] = i
	}
	return true
}

func (v *verification) checkImage(i int) *failure {
	o, s := &v.proof.Outputs[i], &v.outputs[i]
	var err error
	if s.image, err = PublicKey(o.KeyImage).point("key image"); err != nil {
		return failed(CheckPoints, err)
	}
	s.secret, err = o.SharedSecret.point("shared secret")
	return failed(CheckPoints, err)
}

func (v *verification) checkSpendKey(i int) *failure {
	var err error
	v.spend[i], err = v.proof.SpendKeys[i].Key.point("spend key")
	return failed(CheckPoints, err)
}

// findTransactions gives each transaction of the proof one state.
func (v *verification) findTransactions() {
	v.txs = make(map[TxID]*txState, len(v.outputs))
	for i := range v.outputs {
		id := v.proof.Outputs[i].TxID
		if v.txs[id] == nil {
			recorded, found := v.evidence.Transactions[id]
			v.txs[id] = &txState{id: id, recorded: recorded, found: found}
			v.ids = append(v.ids, id)
		}
		v.outputs[i].tx = v.txs[id]
	}
}

// read parses the transaction, and proves by its hash that its bytes are those that the id names.
func (s *txState) read() {
	s.once.Do(func() {
		if !s.found {
			s.err = refuse("transaction", ErrTxMissing)
			return
		}
		s.tx, s.err = parseTransaction(s.recorded.Bytes, s.recorded.Pruned, s.recorded.PrunableHash)
		if s.err != nil {
			return
		}
		if s.tx.Hash() != s.id {
			s.err = refuse("transaction", ErrTxHash)
			return
		}
		s.keys = s.tx.keys()
	})
}

// locate finds the output, once its transaction is proved.
func (v *verification) locate(i int) *failure {
	o, s, report := &v.proof.Outputs[i], &v.outputs[i], &v.report.Outputs[i]
	if s.tx.read(); s.tx.err != nil {
		return failed(CheckTransaction, s.tx.err)
	}
	if report.InPool = s.tx.recorded.InPool; !report.InPool {
		report.Height = s.tx.recorded.Height
	}
	if o.Index >= uint64(len(s.tx.tx.Outputs)) {
		return failed(CheckOutput, refuse("output", ErrNoOutput))
	}
	report.Key = s.tx.tx.Outputs[o.Index].Key
	return nil
}

// keys gives the points under which an output may have been made, and whether the rules leave out
// others: a key off the curve does not stop the search.
func (v *verification) keys(i int) (points iter.Seq[*edwards25519.Point], more bool) {
	keys, index := v.outputs[i].tx.keys, v.proof.Outputs[i].Index
	encoded := keys.of(index)
	if v.evidence.Rules != Rules1 {
		encoded, more = keys.first(index)
	}
	return func(yield func(*edwards25519.Point) bool) {
		for k := range encoded {
			if p, err := k.onCurve("transaction key"); err == nil && !yield(p) {
				return
			}
		}
	}, more
}

// checkTxKey leaves alone which key it is.
func (v *verification) checkTxKey(i int) *failure {
	points, more := v.keys(i)
	for range points {
		return nil
	}
	if more {
		v.leave(i, CheckTxKey, ErrTooManyTxKeys)
		return nil
	}
	return failed(CheckTxKey, refuse("transaction", ErrNoTxKey))
}

// checkSharedSecret tries the public keys of the transaction: one of another output does not stop
// the search.
func (v *verification) checkSharedSecret(i int) *failure {
	o, s := &v.proof.Outputs[i], &v.outputs[i]
	c, r, err := o.SharedSecretSig.scalars()
	if err != nil {
		return failed(CheckSharedSecret, renamed("shared secret signature", err))
	}
	x := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(c, v.view, r).Bytes()
	scalars, y := []*edwards25519.Scalar{c, r}, new(edwards25519.Point)
	keys, more := v.keys(i)
	for key := range keys {
		y.VarTimeMultiScalarMult(scalars, []*edwards25519.Point{s.secret, key})
		if HashToScalar(v.prefix[:], o.SharedSecret[:], x, y.Bytes()).Equal(c) == 1 {
			return nil
		}
		if v.ctx.Err() != nil {
			return nil // parallel says so
		}
	}
	if more {
		v.leave(i, CheckTxKey, ErrTooManyTxKeys)
		return nil
	}
	return failed(CheckSharedSecret, refuse("shared secret", ErrSharedSecret))
}

func (v *verification) checkKeyImage(i int) *failure {
	o, s, key := &v.proof.Outputs[i], &v.outputs[i], v.report.Outputs[i].Key
	c, r, err := o.KeyImageSig.scalars()
	if err != nil {
		return failed(CheckKeyImage, renamed("key image signature", err))
	}
	if s.key, err = key.onCurve("one-time key"); err != nil {
		return failed(CheckKeyImage, err)
	}
	left, right := ringLink(key, s.key, s.image, c, r)
	if HashToScalar(o.KeyImage[:], left[:], right[:]).Equal(c) != 1 {
		return failed(CheckKeyImage, refuse("key image", ErrKeyImage))
	}
	return nil
}

// ringLink gives cP + rG and rH_p(P) + cI, which one link of a ring signature hashes: oxen-core's
// check_ring_signature, and check_key_image_signature with a ring of one.
func ringLink(key PublicKey, p, image *edwards25519.Point, c, r *edwards25519.Scalar) (left, right [32]byte) {
	return linkTo(p, hashToPoint(key), image, c, r)
}

// linkTo is ringLink, with H_p of the key.
func linkTo(p, base, image *edwards25519.Point, c, r *edwards25519.Scalar) (left, right [32]byte) {
	q := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(c, p, r)
	left = [32]byte(q.Bytes())
	q.VarTimeMultiScalarMult([]*edwards25519.Scalar{r, c}, []*edwards25519.Point{base, image})
	return left, [32]byte(q.Bytes())
}

func (v *verification) checkOwner(i int) *failure {
	o, s, report := &v.proof.Outputs[i], &v.outputs[i], &v.report.Outputs[i]
	s.derived = derivationScalar(s.secret, o.Index)
	p := new(edwards25519.Point).ScalarBaseMult(s.derived)
	key := PublicKey(p.Subtract(s.key, p).Bytes())
	if _, known := v.known[key]; !known {
		return failed(CheckOwner, refuse("output", ErrNotOwned))
	}
	report.SpendKey = key
	return nil
}

// derivationScalar gives what an output's one-time key has over its spend key, from the shared
// secret D: that of the derivation 8D.
func derivationScalar(secret *edwards25519.Point, index uint64) *edwards25519.Scalar {
	return derivationToScalar(new(edwards25519.Point).MultByCofactor(secret).Bytes(), index)
}

// derivationToScalar is oxen-core's derivation_to_scalar: H_s(derivation || index as a varint).
func derivationToScalar(derivation []byte, index uint64) *edwards25519.Scalar {
	var varint [binary.MaxVarintLen64]byte
	return HashToScalar(derivation, binary.AppendUvarint(varint[:0], index))
}

func (v *verification) checkAmount(i int) *failure {
	o, s := &v.proof.Outputs[i], &v.outputs[i]
	amount, err := s.tx.tx.openAmount(o.Index, s.derived)
	v.report.Outputs[i].Amount = amount
	return failed(CheckAmount, err)
}

func (v *verification) checkSpent() bool {
	for i := range v.proof.Outputs {
		if _, ok := v.evidence.Spent[v.proof.Outputs[i].KeyImage]; !ok {
			v.err = fmt.Errorf("%w: no spent status of key image %v: ask a daemon for it", errEvidence, v.proof.Outputs[i].KeyImage)
			return false
		}
	}
	return true
}

func (v *verification) checkOwnKey() bool {
	if _, known := v.known[v.address.Spend]; !known {
		return v.reject(CheckSignatures, refuse("reserve proof", ErrNoOwner))
	}
	return true
}

// checkOwnSignature is checkSpendKey and checkSignature for the address's key.
func (v *verification) checkOwnSignature() bool {
	i := v.known[v.address.Spend]
	f := v.checkSpendKey(i)
	if f == nil {
		f = v.checkSignature(i)
	}
	if f != nil && ReasonOf(f.err) == ErrMismatch {
		f.err = refuse("reserve proof", ErrOwnerSignature)
	}
	return f == nil || v.refuse("spend key ", i, f)
}

func (v *verification) checkSignature(i int) *failure {
	return failed(CheckSignatures, v.proof.SpendKeys[i].verify(v.spend[i], v.prefix))
}

// count says of each output of a good proof whether it counts, and adds up.
func (v *verification) count() bool {
	total := uint64(0)
	for i := range v.report.Outputs {
		o := &v.report.Outputs[i]
		if v.outputs[i].leftOut {
			continue
		}
		switch spent := v.evidence.Spent[o.KeyImage]; {
		case v.evidence.Used[o.KeyImage], v.evidence.UsedKey != nil && v.evidence.UsedKey(o.Key):
			o.Check, o.Reason = CheckDuplicates, ErrUsed
		case o.InPool:
			o.Check, o.Reason = CheckBlock, ErrInPool
		case o.Height > v.evidence.SnapshotHeight:
			o.Check, o.Reason = CheckBlock, ErrAfterSnapshot
		case spent == SpentInPool:
			o.Check, o.Reason = CheckSpent, ErrSpentInPool
		case spent != Unspent:
			o.Check, o.Reason = CheckSpent, ErrSpent
		case v.evidence.Staked[o.KeyImage], v.evidence.StakedCoins[Coin{o.Key, o.Amount}]:
			o.Check, o.Reason = CheckStake, ErrStaked
		case o.Amount == 0 && v.evidence.Rules != Rules1:
			o.Check, o.Reason = CheckAmount, ErrZeroAmount
		default:
			var carry uint64
			if total, carry = bits.Add64(total, o.Amount, 0); carry != 0 {
				return v.refuseSum()
			}
			o.Counted, o.Locked = true, v.evidence.Locked[o.KeyImage]
		}
	}
	v.report.Total = total
	return true
}

func (v *verification) refuseSum() bool {
	for i := range v.report.Outputs {
		v.report.Outputs[i].Counted, v.report.Outputs[i].Locked = false, false
	}
	return v.reject(CheckSum, refuse("reserve proof", ErrSum))
}
