package cryptonote

import (
	"encoding/binary"
	"encoding/hex"

	"filippo.io/edwards25519"
)

// openAmount gives the amount of an output, whose derivation scalar its owner knows, in atomic
// OXEN. Where it is hidden, the commitment must open to it: Oxen's wallet does not check that, so a
// sender can write any amount beside a commitment to less (oxen-core rct::ecdhDecode). Reasons:
// ErrClearAmount, ErrOpening.
func (t *Transaction) openAmount(index uint64, derived *edwards25519.Scalar) (uint64, error) {
	clear := t.Outputs[index].Amount
	if t.RingCT == RingCTNull {
		if t.Version >= 2 && !(len(t.Inputs) == 1 && t.Inputs[0].Miner) {
			return 0, refuse("output", ErrClearAmount)
		}
		return clear, nil
	}
	if clear != 0 {
		return 0, refuse("output", ErrClearAmount)
	}
	k := derived.Bytes()
	size := uint64(t.hiddenSize())
	hidden := t.hidden[index*size:][:size]
	var amount uint64
	var mask *edwards25519.Scalar
	if t.RingCT.shortAmounts() {
		pad := Keccak256([]byte("amount"), k)
		amount = binary.LittleEndian.Uint64(hidden) ^ binary.LittleEndian.Uint64(pad[:8])
		mask = HashToScalar([]byte("commitment_mask"), k)
	} else {
		first := HashToScalar(k)
		second := HashToScalar(first.Bytes())
		mask = reduceScalar([32]byte(hidden[:32]))
		mask.Subtract(mask, first)
		wide := reduceScalar([32]byte(hidden[32:]))
		b := wide.Subtract(wide, second).Bytes()
		if !allZero(b[8:]) {
			return 0, refuse("output", ErrOpening)
		}
		amount = binary.LittleEndian.Uint64(b)
	}
	if commitment := commit(mask, amount); commitment != [32]byte(t.commits[32*index:][:32]) {
		return 0, refuse("output", ErrOpening)
	}
	return amount, nil
}

// generatorH is Monero's second generator (oxen-core rctTypes.h, H): 8 times the point that
// Keccak-256 of the first one's encoding is.
var generatorH = func() *edwards25519.Point {
	b, err := hex.DecodeString("8b655970153799af2aeadc9ff1add0ea6c7251d54154cfa92c173a0dd39c1f94")
	if err != nil {
		panic(err)
	}
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		panic(err)
	}
	return p
}()

// commit is the Pedersen commitment mask*G + amount*H. An amount is short, so that its part costs a
// quarter of a multiplication.
func commit(mask *edwards25519.Scalar, amount uint64) [32]byte {
	var b [32]byte
	binary.LittleEndian.PutUint64(b[:], amount)
	h := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(reduceScalar(b), generatorH, edwards25519.NewScalar())
	return [32]byte(h.Add(h, new(edwards25519.Point).ScalarBaseMult(mask)).Bytes())
}
