package cryptonote

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"filippo.io/edwards25519"
)

// A SubaddressIndex names one of a wallet's addresses: 0, 0 is the main one.
type SubaddressIndex struct{ Account, Index uint32 }

func (s SubaddressIndex) compare(other SubaddressIndex) int {
	return cmp.Or(cmp.Compare(s.Account, other.Account), cmp.Compare(s.Index, other.Index))
}

// An OwnedOutput is an output that a wallet can spend.
type OwnedOutput struct {
	TxID       TxID
	Index      uint64
	Key        PublicKey // the one-time key
	TxKey      PublicKey // of the transaction, under which it was made
	Subaddress SubaddressIndex
	Amount     uint64 // atomic OXEN
	KeyImage   KeyImage
}

// Outputs gives the outputs of tx that belong to the wallet's main address or one of the given
// subaddresses, and whose commitment opens.
func (w *Wallet) Outputs(tx *Transaction, subaddresses ...SubaddressIndex) (owned []OwnedOutput) {
	addresses := map[PublicKey]SubaddressIndex{}
	for _, s := range subaddresses {
		addresses[w.Subaddress(s.Account, s.Index).Spend] = s
	}
	addresses[w.Address().Spend] = SubaddressIndex{}
	id, keys := tx.Hash(), tx.keys()
	for i := range tx.Outputs {
		o := OwnedOutput{TxID: id, Index: uint64(i), Key: tx.Outputs[i].Key}
		p, err := o.Key.onCurve("one-time key")
		if err != nil {
			continue
		}
		for o.TxKey = range keys.of(o.Index) {
			r, err := o.TxKey.onCurve("transaction key")
			if err != nil {
				continue
			}
			derived := derivationScalar(new(edwards25519.Point).ScalarMult(w.view, r), o.Index)
			q := new(edwards25519.Point).ScalarBaseMult(derived)
			address, mine := addresses[PublicKey(q.Subtract(p, q).Bytes())]
			if !mine {
				continue
			}
			if o.Amount, err = tx.openAmount(o.Index, derived); err != nil {
				continue
			}
			o.Subaddress = address
			o.KeyImage = KeyImage(new(edwards25519.Point).ScalarMult(w.oneTimeSecret(derived, address), hashToPoint(o.Key)).Bytes())
			owned = append(owned, o)
			break
		}
	}
	return owned
}

// oneTimeSecret is the secret of a one-time key: that of the address's spend key and the derivation
// scalar.
func (w *Wallet) oneTimeSecret(derived *edwards25519.Scalar, address SubaddressIndex) *edwards25519.Scalar {
	return edwards25519.NewScalar().Add(derived, w.spendSecret(address))
}

func (w *Wallet) spendSecret(address SubaddressIndex) *edwards25519.Scalar {
	if address == (SubaddressIndex{}) {
		return w.spend
	}
	return edwards25519.NewScalar().Add(w.spend, w.subaddressScalar(address.Account, address.Index))
}

// ProveReserve makes the reserve proof of the outputs, as Oxen's wallet does for its main address.
// It signs what it is told to: whether a verifier accepts the outputs is not asked, nor whether
// they come twice. rand is as for the function Sign.
func (w *Wallet) ProveReserve(message []byte, outputs []OwnedOutput, rand io.Reader) (*ReserveProof, error) {
	p := &ReserveProof{Outputs: make([]ReserveOutput, len(outputs))}
	addresses := map[SubaddressIndex]bool{{}: true}
	for i, o := range outputs {
		p.Outputs[i] = ReserveOutput{TxID: o.TxID, Index: o.Index, KeyImage: o.KeyImage}
		addresses[o.Subaddress] = true
	}
	hash := p.prefixHash(w.Address(), message)
	for i, o := range outputs {
		if err := w.proveOutput(&p.Outputs[i], o, hash, rand); err != nil {
			return nil, fmt.Errorf("prove output %d of %v: %w", o.Index, o.TxID, err)
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(addresses), SubaddressIndex.compare) {
		s := w.spendSecret(a)
		sig, err := signHash(s, hash, rand)
		if err != nil {
			return nil, err
		}
		p.SpendKeys = append(p.SpendKeys, SpendKeySignature{publicKey(s), sig})
	}
	return p, nil
}

func (w *Wallet) proveOutput(p *ReserveOutput, o OwnedOutput, hash [32]byte, rand io.Reader) error {
	r, err := o.TxKey.onCurve("transaction key")
	if err != nil {
		return err
	}
	secret := new(edwards25519.Point).ScalarMult(w.view, r)
	p.SharedSecret = PublicKey(secret.Bytes())
	p.SharedSecretSig, err = proveTwice(w.view, r, rand, func(x, y []byte) *edwards25519.Scalar {
		return HashToScalar(hash[:], p.SharedSecret[:], x, y)
	})
	if err != nil {
		return err
	}
	oneTime := w.oneTimeSecret(derivationScalar(secret, o.Index), o.Subaddress)
	p.KeyImageSig, err = proveTwice(oneTime, hashToPoint(o.Key), rand, func(left, right []byte) *edwards25519.Scalar {
		return HashToScalar(p.KeyImage[:], left, right)
	})
	return err
}

// proveTwice proves that one secret is behind secret*G and secret*base; the challenge hashes the
// nonce times each.
func proveTwice(secret *edwards25519.Scalar, base *edwards25519.Point, rand io.Reader, challenge func(x, y []byte) *edwards25519.Scalar) (Signature, error) {
	for {
		k, err := randomScalar(rand)
		if err != nil {
			return Signature{}, err
		}
		x := new(edwards25519.Point).ScalarBaseMult(k).Bytes()
		y := new(edwards25519.Point).ScalarMult(k, base).Bytes()
		if sig, ok := closeSignature(k, challenge(x, y), secret); ok {
			return sig, nil
		}
	}
}
