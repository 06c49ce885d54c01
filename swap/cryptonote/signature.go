package cryptonote

import (
	"io"
	"sync"

	"filippo.io/edwards25519"
)

const (
	signatureMagic = "SigV1"
	signatureText  = 64 / fullBlock * fullBlockText // characters after the magic
)

// A Signature is a message signature of an Oxen wallet: c, then r.
type Signature [64]byte

// ParseSignature reads the text of a signature, as wallets show it: exactly 93 characters. Reasons:
// ErrMagic, ErrSignatureLength, those of DecodeBase58, ErrScalarC, ErrScalarR, ErrZeroC.
func ParseSignature(text string) (sig Signature, err error) {
	if len(text) < len(signatureMagic) || text[:len(signatureMagic)] != signatureMagic {
		return sig, refuse("signature", ErrMagic)
	}
	text = text[len(signatureMagic):]
	if len(text) != signatureText {
		return sig, refuse("signature", ErrSignatureLength)
	}
	if _, err := appendBase58Decoded(sig[:0], text); err != nil {
		return Signature{}, renamed("signature", err)
	}
	if _, _, err := sig.scalars(); err != nil {
		return Signature{}, err
	}
	return sig, nil
}

// String gives the signature as wallets show it.
func (sig Signature) String() string {
	text, _ := sig.MarshalText()
	return string(text)
}

// MarshalText is String; it has no error.
func (sig Signature) MarshalText() ([]byte, error) {
	text := append(make([]byte, 0, len(signatureMagic)+signatureText), signatureMagic...)
	return appendBase58(text, sig[:]), nil
}

// UnmarshalText is ParseSignature.
func (sig *Signature) UnmarshalText(text []byte) (err error) {
	*sig, err = ParseSignature(string(text))
	return err
}

// scalars gives c and r, both canonical, c not zero.
func (sig *Signature) scalars() (c, r *edwards25519.Scalar, err error) {
	c, err = edwards25519.NewScalar().SetCanonicalBytes(sig[:32])
	if err != nil {
		return nil, nil, refuse("signature", ErrScalarC)
	}
	r, err = edwards25519.NewScalar().SetCanonicalBytes(sig[32:])
	if err != nil {
		return nil, nil, refuse("signature", ErrScalarR)
	}
	if [32]byte(sig[:32]) == [32]byte{} {
		return nil, nil, refuse("signature", ErrZeroC)
	}
	return c, r, nil
}

// Verify accepts sig if the holder of the spend key made it over exactly the bytes of message. It
// is stricter than the stock wallet: the key must be of prime order. It takes public input only and
// may be called from many goroutines. Reasons: ErrScalarC, ErrScalarR, ErrZeroC, those of
// PublicKey.Check, ErrCommitment, ErrMismatch.
func Verify(spend PublicKey, message []byte, sig Signature) error {
	return NewVerifyingKey(spend).Verify(message, sig)
}

// A VerifyingKey is a spend key for whoever verifies many signatures by it: the key is decoded and
// checked once, a third of the work of a signature. It may be used from many goroutines.
type VerifyingKey struct {
	key   PublicKey
	once  sync.Once
	point *edwards25519.Point
	err   error // of decoding
}

// NewVerifyingKey takes any key: Verify refuses what PublicKey.Check refuses.
func NewVerifyingKey(spend PublicKey) *VerifyingKey { return &VerifyingKey{key: spend} }

// Verify is the function Verify for this key.
func (k *VerifyingKey) Verify(message []byte, sig Signature) error {
	c, r, err := sig.scalars()
	if err != nil {
		return err
	}
	k.once.Do(func() { k.point, k.err = k.key.point("spend key") })
	if k.err != nil {
		return k.err
	}
	return verifyHash(k.key, k.point, Keccak256(message), c, r)
}

// verifyHash is Verify once the parts are checked: key is the encoding of p.
func verifyHash(key PublicKey, p *edwards25519.Point, hash [32]byte, c, r *edwards25519.Scalar) error {
	commitment := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(c, p, r)
	if isIdentity(commitment) {
		return refuse("signature", ErrCommitment)
	}
	if challenge(hash, key, commitment).Equal(c) != 1 {
		return refuse("signature", ErrMismatch)
	}
	return nil
}

// Sign makes a signature over message with a secret spend key, as the wallet does. The nonce is 64
// bytes of rand: they must be unpredictable and never repeat, or the key is lost.
func Sign(spend SecretKey, message []byte, rand io.Reader) (sig Signature, err error) {
	s, err := spend.scalar()
	if err != nil {
		return sig, err
	}
	return signHash(s, Keccak256(message), rand)
}

// signHash is Sign over a hash.
func signHash(s *edwards25519.Scalar, hash [32]byte, rand io.Reader) (sig Signature, err error) {
	public := publicKey(s)
	for {
		k, err := randomScalar(rand)
		if err != nil {
			return sig, err
		}
		c := challenge(hash, public, new(edwards25519.Point).ScalarBaseMult(k))
		if sig, ok := closeSignature(k, c, s); ok {
			return sig, nil
		}
	}
}

// closeSignature gives (c, r) with r = k - cs, unless c or r is zero. The bounds on c are the
// verifier's; r is free, but with r = 0 the equation k = cs would give the secret away.
func closeSignature(k, c, s *edwards25519.Scalar) (sig Signature, ok bool) {
	r := edwards25519.NewScalar().Subtract(k, edwards25519.NewScalar().Multiply(c, s))
	copy(sig[:32], c.Bytes())
	copy(sig[32:], r.Bytes())
	return sig, !isZero(c) && !isZero(r)
}

// challenge is c of the signature over hash by key with the given commitment.
func challenge(hash [32]byte, key PublicKey, commitment *edwards25519.Point) *edwards25519.Scalar {
	return HashToScalar(hash[:], key[:], commitment.Bytes())
}

func isZero(s *edwards25519.Scalar) bool {
	return s.Equal(edwards25519.NewScalar()) == 1
}
