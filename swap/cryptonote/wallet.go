package cryptonote

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"filippo.io/edwards25519"
)

// A SecretKey is a secret spend or view key: a scalar, little-endian. It does not print or marshal
// itself, so that it cannot reach a log by accident.
type SecretKey [32]byte

// ParseSecretKey reads the 64 lower-case hex digits that a wallet shows for its spend or view key.
// Reasons: ErrHex, ErrSecret.
func ParseSecretKey(text string) (SecretKey, error) {
	b, err := parseHex32("secret key", text)
	if err != nil {
		return SecretKey{}, err
	}
	k := SecretKey(b)
	if _, err := k.scalar(); err != nil {
		return SecretKey{}, err
	}
	return k, nil
}

// Hex reveals the key: 64 lower-case hex digits.
func (k SecretKey) Hex() string { return hex.EncodeToString(k[:]) }

// Format writes "(secret key)" whatever the verb.
func (k SecretKey) Format(f fmt.State, _ rune) { io.WriteString(f, "(secret key)") }

// MarshalText refuses: a caller who means to write the key down uses Hex.
func (k SecretKey) MarshalText() ([]byte, error) {
	return nil, errors.New("secret key: not written: use its Hex method where that is meant")
}

// scalar gives the key's scalar; it must be canonical and not zero.
func (k SecretKey) scalar() (*edwards25519.Scalar, error) {
	s, err := edwards25519.NewScalar().SetCanonicalBytes(k[:])
	if err != nil || isZero(s) {
		return nil, refuse("secret key", ErrSecret)
	}
	return s, nil
}

// A Wallet holds the keys of an Oxen wallet. It is for tests, demonstrations and synthetic data:
// nothing that the service does needs a holder's secret.
type Wallet struct {
	network     Network
	spend, view *edwards25519.Scalar
	spendPublic *edwards25519.Point
	viewSecret  SecretKey
}

// Format writes the wallet's address whatever the verb, never a secret.
func (w Wallet) Format(f fmt.State, _ rune) {
	if w.spend == nil {
		io.WriteString(f, "(no wallet)")
		return
	}
	io.WriteString(f, w.Address().String())
}

// NewWallet makes a wallet from 64 bytes of rand.
func NewWallet(network Network, rand io.Reader) (*Wallet, error) {
	s, err := randomScalar(rand)
	if err != nil {
		return nil, err
	}
	return OpenWallet(network, SecretKey(s.Bytes()))
}

// OpenWallet gives the wallet of a secret spend key. The secret view key is H_s of it, as in every
// wallet restored from its 25 words (oxen-core account_base::generate).
func OpenWallet(network Network, spend SecretKey) (*Wallet, error) {
	if _, err := network.MarshalText(); err != nil {
		return nil, err
	}
	s, err := spend.scalar()
	if err != nil {
		return nil, err
	}
	view := HashToScalar(spend[:])
	return &Wallet{
		network:     network,
		spend:       s,
		view:        view,
		spendPublic: new(edwards25519.Point).ScalarBaseMult(s),
		viewSecret:  SecretKey(view.Bytes()),
	}, nil
}

// SpendKey gives the wallet's secret spend key.
func (w *Wallet) SpendKey() SecretKey { return SecretKey(w.spend.Bytes()) }

// ViewKey gives the wallet's secret view key.
func (w *Wallet) ViewKey() SecretKey { return w.viewSecret }

// Address gives the wallet's standard address.
func (w *Wallet) Address() Address { return w.Subaddress(0, 0) }

// Integrated gives the wallet's standard address with a payment id.
func (w *Wallet) Integrated(paymentID [8]byte) Address {
	a := w.Address()
	a.Kind = Integrated
	a.PaymentID = paymentID
	return a
}

// Subaddress gives the address of an account and an index within it; 0, 0 is the standard address.
// With m = subaddressScalar: spend key D = B + mG, view key aD (oxen-core
// hw::device_default::get_subaddress).
func (w *Wallet) Subaddress(account, index uint32) Address {
	if account == 0 && index == 0 {
		return Address{
			Network: w.network.addressNetwork(), Kind: Standard,
			Spend: PublicKey(w.spendPublic.Bytes()),
			View:  publicKey(w.view),
		}
	}
	spend := new(edwards25519.Point).ScalarBaseMult(w.subaddressScalar(account, index))
	spend.Add(spend, w.spendPublic)
	view := new(edwards25519.Point).ScalarMult(w.view, spend)
	return Address{
		Network: w.network.addressNetwork(), Kind: Subaddress,
		Spend: PublicKey(spend.Bytes()),
		View:  PublicKey(view.Bytes()),
	}
}

// subaddressScalar is H_s("SubAddr\0" || secret view key || account || index), the numbers as 4
// little-endian bytes.
func (w *Wallet) subaddressScalar(account, index uint32) *edwards25519.Scalar {
	numbers := binary.LittleEndian.AppendUint32(nil, account)
	numbers = binary.LittleEndian.AppendUint32(numbers, index)
	return HashToScalar([]byte("SubAddr\x00"), w.viewSecret[:], numbers)
}

// Sign signs message as the wallet does for one of its addresses; 0, 0 is the standard one. rand is
// as for the function Sign.
func (w *Wallet) Sign(account, index uint32, message []byte, rand io.Reader) (Signature, error) {
	s := w.spend
	if account != 0 || index != 0 {
		s = edwards25519.NewScalar().Add(s, w.subaddressScalar(account, index))
	}
	return Sign(SecretKey(s.Bytes()), message, rand)
}

func publicKey(secret *edwards25519.Scalar) PublicKey {
	return PublicKey(new(edwards25519.Point).ScalarBaseMult(secret).Bytes())
}

// randomScalar gives a scalar, uniform but for a bias below 2^-250, from 64 bytes of rand.
func randomScalar(rand io.Reader) (*edwards25519.Scalar, error) {
	var wide [64]byte
	if _, err := io.ReadFull(rand, wide[:]); err != nil {
		return nil, fmt.Errorf("read 64 random bytes for a key: %w", err)
	}
	return edwards25519.NewScalar().SetUniformBytes(wide[:])
}
