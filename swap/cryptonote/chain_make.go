package cryptonote

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"filippo.io/edwards25519"
)

// A StakePlan is what Wallet.MakeStake locks, for tests and synthetic data.
type StakePlan struct {
	Node      PublicKey
	Registers bool
	Amounts   []uint64 // atomic OXEN, an output each
	Torsion   int      // 1 to 7: every key image is shifted as PublicKey.Torsioned does, as Oxen would take it
}

// MakeStake makes a transaction that Transaction.Stake reads as the plan. Its inputs and range
// proofs are random bytes: no node would take it. rand is as for the function Sign.
func (w *Wallet) MakeStake(plan StakePlan, rand io.Reader) (*Transaction, error) {
	secret, err := randomScalar(rand)
	if err != nil {
		return nil, err
	}
	var random [96]byte
	if _, err := io.ReadFull(rand, random[:]); err != nil {
		return nil, fmt.Errorf("read random bytes for a stake: %w", err)
	}
	t := &Transaction{
		Version: 4, Type: TxStake, UnlockTimes: make([]uint64, len(plan.Amounts)),
		Inputs: []TxInput{{offsets: []byte{1}, KeyImage: KeyImage(random[:32])}},
		RingCT: RingCTCLSAG, prunable: random[32:],
	}
	own, shared := w.Address(), publicKey(secret)
	aR := new(edwards25519.Point).ScalarMult(w.view, new(edwards25519.Point).ScalarBaseMult(secret))
	proofs := binary.AppendUvarint([]byte{ExtraKeyImageProofs}, uint64(len(plan.Amounts)))
	for i, amount := range plan.Amounts {
		derived := derivationScalar(aR, uint64(i))
		oneTime := w.oneTimeSecret(derived, SubaddressIndex{})
		key := publicKey(oneTime)
		t.Outputs = append(t.Outputs, TxOutput{Key: key})
		pad := Keccak256([]byte("amount"), derived.Bytes())
		t.hidden = binary.LittleEndian.AppendUint64(t.hidden, amount^binary.LittleEndian.Uint64(pad[:8]))
		commitment := commit(HashToScalar([]byte("commitment_mask"), derived.Bytes()), amount)
		t.commits = append(t.commits, commitment[:]...)
		image, signature, err := proveImage(oneTime, key, plan.Torsion, rand)
		if err != nil {
			return nil, err
		}
		proofs = slices.Concat(proofs, image[:], signature[:])
	}
	t.Extra = slices.Concat([]byte{ExtraPublicKey}, shared[:])
	if plan.Registers {
		t.Extra = slices.Concat(t.Extra, []byte{ExtraNodeRegister, 1}, own.Spend[:], []byte{1}, own.View[:], make([]byte, 8+1+8+64))
	}
	t.Extra = slices.Concat(t.Extra, []byte{ExtraNodeKey}, plan.Node[:], []byte{ExtraNodeContributor}, own.Spend[:], own.View[:],
		[]byte{ExtraSecretKey}, secret.Bytes(), proofs)
	return t, nil
}

// proveImage signs the key image of a one-time key. A signature for a shifted image holds where the
// challenge is a multiple of 8, under which torsion vanishes: one in eight.
func proveImage(secret *edwards25519.Scalar, key PublicKey, torsion int, rand io.Reader) (image KeyImage, signature Signature, err error) {
	base := hashToPoint(key)
	image = KeyImage(PublicKey(new(edwards25519.Point).ScalarMult(secret, base).Bytes()).Torsioned(torsion))
	for {
		var c *edwards25519.Scalar
		signature, err = proveTwice(secret, base, rand, func(left, right []byte) *edwards25519.Scalar {
			c = HashToScalar(image[:], left, right)
			return c
		})
		if err != nil || torsion == 0 || c.Bytes()[0]%8 == 0 {
			return image, signature, err
		}
	}
}

// torsionPoint is a point of order 8.
var torsionPoint = func() *edwards25519.Point {
	b, err := hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
	if err != nil {
		panic(err)
	}
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		panic(err)
	}
	return p
}()

// Torsioned gives the key plus n times a point of order 8, for tests of what must not be taken for
// a key or a key image: with n = 4 the added point has order 2, with 2 and 6 order 4, with 1, 3, 5
// and 7 order 8, with 0 it is none. A key that is no point is given back unchanged.
func (k PublicKey) Torsioned(n int) PublicKey {
	p, err := k.onCurve("key")
	if err != nil {
		return k
	}
	for range n {
		p.Add(p, torsionPoint)
	}
	return PublicKey(p.Bytes())
}

// NewBlock makes a block without a reward, which ParseBlock reads, for tests and synthetic data: no
// node would take it. Its error is ErrBlockFork.
func NewBlock(fork, height, timestamp uint64, previous BlockID, transactions []TxID) (*Block, error) {
	b := &Block{
		Fork: fork, Minor: fork, Timestamp: timestamp, Previous: previous, Transactions: slices.Clone(transactions),
		Miner: &Transaction{Version: 4, Inputs: []TxInput{{Miner: true, Height: height}}},
	}
	for _, n := range []uint64{fork, fork, timestamp} {
		b.header = binary.AppendUvarint(b.header, n)
	}
	b.header = append(append(b.header, previous[:]...), make([]byte, 4)...)
	if fork >= pulseBlockFork {
		b.header = append(b.header, make([]byte, pulseHeader)...)
		b.tail = []byte{0}
	}
	if fork >= rewardBlockFork {
		b.tail = append(binary.AppendUvarint(b.tail, height), make([]byte, 32+8)...)
	}
	if fork > lastBlockFork {
		return nil, refuse("block", ErrBlockFork)
	}
	return b, nil
}
