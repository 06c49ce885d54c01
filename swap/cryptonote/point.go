package cryptonote

import (
	"encoding/hex"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// A PublicKey is 32 bytes that stand for a point of ed25519: a spend key, a
// view key. Its text is 64 lower-case hex digits. Nothing is known about the
// point until Check has accepted it.
type PublicKey [32]byte

// ParsePublicKey reads 64 lower-case hex digits. It does not look at the point.
func ParsePublicKey(text string) (PublicKey, error) {
	b, err := parseHex32("public key", text)
	return PublicKey(b), err
}

// String gives the key's 64 hex digits.
func (k PublicKey) String() string { return hex.EncodeToString(k[:]) }

// MarshalText gives the key's 64 hex digits.
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is ParsePublicKey.
func (k *PublicKey) UnmarshalText(text []byte) (err error) {
	*k, err = ParsePublicKey(string(text))
	return err
}

// A KeyImage is 32 bytes that stand for a point of ed25519: the mark that
// spending an output leaves, the same whoever computes it. Its text is 64
// lower-case hex digits.
type KeyImage [32]byte

// ParseKeyImage reads 64 lower-case hex digits. It does not look at the point.
func ParseKeyImage(text string) (KeyImage, error) {
	b, err := parseHex32("key image", text)
	return KeyImage(b), err
}

// String gives the 64 hex digits.
func (i KeyImage) String() string { return hex.EncodeToString(i[:]) }

// MarshalText gives the 64 hex digits.
func (i KeyImage) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText is ParseKeyImage.
func (i *KeyImage) UnmarshalText(text []byte) (err error) {
	*i, err = ParseKeyImage(string(text))
	return err
}

// Check accepts the canonical encoding of a point of prime order and nothing
// else. With any other key a signature could be forged or varied: for a key of
// low order anyone finds one in a few tries. Reasons: ErrPointEncoding,
// ErrOffCurve, ErrIdentity, ErrTorsion.
func (k PublicKey) Check() error {
	_, err := k.point("public key")
	return err
}

// onCurve decodes k, the canonical encoding of any point.
func (k PublicKey) onCurve(what string) (*edwards25519.Point, error) {
	if !canonicalPoint(k) {
		return nil, refuse(what, ErrPointEncoding)
	}
	p, err := new(edwards25519.Point).SetBytes(k[:])
	if err != nil {
		return nil, refuse(what, ErrOffCurve)
	}
	return p, nil
}

// point decodes k, refusing what Check refuses, in the name of what.
func (k PublicKey) point(what string) (*edwards25519.Point, error) {
	p, err := k.onCurve(what)
	if err != nil {
		return nil, err
	}
	if isIdentity(p) {
		return nil, refuse(what, ErrIdentity)
	}
	if !primeOrder(p) {
		return nil, refuse(what, ErrTorsion)
	}
	return p, nil
}

// canonicalPoint reports whether b could be the canonical encoding of a point:
// y below p = 2^255-19, and no sign bit where x is zero (y = 1 or -1). Point.SetBytes
// of edwards25519 accepts both, as RFC 8032 decoders often do.
func canonicalPoint(b [32]byte) bool {
	negative := b[31]&0x80 != 0
	b[31] &= 0x7f
	middle := byte(0xff) // all bits of bytes 1 to 30
	rest := byte(0)      // any bit of bytes 1 to 30
	for _, v := range b[1:31] {
		middle &= v
		rest |= v
	}
	high := b[31] == 0x7f && middle == 0xff
	if high && b[0] >= 0xed {
		return false
	}
	minusOne := high && b[0] == 0xec
	one := b[31] == 0 && rest == 0 && b[0] == 1
	return !negative || !(one || minusOne)
}

func isIdentity(p *edwards25519.Point) bool {
	return p.Equal(edwards25519.NewIdentityPoint()) == 1
}

// primeOrder reports whether p is in the subgroup of prime order L and not the
// identity. It takes two exponentiations in the field where [L-1]P = -P takes
// a scalar multiplication.
//
// It halves once and then asks the Tate pairing, after Pornin (Point-Halving
// and Subgroup Membership in Twisted Edwards Curves, eprint 2022/1164) and
// Koshelev (Subgroup Membership Testing on Elliptic Curves via the Tate
// Pairing, eprint 2022/037). The curve has 8L points; those whose order is a
// power of 2 form a cyclic group of order 8. In its Montgomery form
//
//	E: v^2 = u(u^2 + Au + 1), A = 486662, u = (1+y)/(1-y), v = cu/x, c^2 = -(A+2)
//
// multiplication by 2 is a 2-isogeny from E to E' followed by its dual
//
//	E': t^2 = q(q^2 - 2Aq + A^2 - 4), E' -> E: (q, t) -> (u, v), u = (t/2q)^2.
//
// P comes from a rational point of E' if and only if u is a square s^2, which
// every point of odd order does. It then comes from R = (q, 2sq) with
// q = A + 2s^2 - 2v/s and, for -s, from R + N with N = (0, 0), and P has odd
// order if and only if R or R + N has.
//
// E' has 8L points too, but those of 2-power order form Z/2 x Z/4, generated
// by N and a point T of order 4 with 2T = (A+2, 0). As p = 5 mod 8, the field
// has the fourth roots of 1 and the Tate pairing of E'[4] with E'/4E' is
// perfect: a point has odd order if and only if both N and T pair with it to 1.
// N pairs with N to -1 (the quadratic character of A^2-4), so it pairs to 1
// with exactly one of R and R + N, and exactly one of T and T + N pairs to 1
// with N. Taking that one for T, it pairs alike with R and R + N. So P has
// odd order if and only if u is a square and T pairs with R to 1:
//
//	f(R)^((p-1)/4) = 1 with f = (t - kX)^2 / X, X = q - (A+2),
//
// the function with divisor 4(T) - 4(O): the tangent at T, of slope k, squared,
// over the vertical at 2T. With w^2 = A+2 the slopes are w+2 and w-2, up to
// sign, and f(N)^((p-1)/4) = 1 for the one that makes kw a non-square.
//
// In the coordinates of P, for Z = 1 and with
//
//	E^2 = Z^2 - Y^2, D = Z - Y, G = cEZ - 2XY, M = E((A+2)XD - 2G) + kGD,
//
// u = (E/D)^2, s = E/D, X(R) = -2G/(XD), t - kX(R) = 2M/(XD^2); hence
// f(R) (XDG)^4 = -2 D M^2 (XG)^3, and another Z only multiplies the right side
// by Z^16. Fourth powers do not change the test. X = 0 (the identity
// and the point of order 2) is refused first; then f(R) is 0 only for R = T,
// which lies over a point of order 4 and is refused, as 0 is not 1.
func primeOrder(p *edwards25519.Point) bool {
	x, y, z, _ := p.ExtendedCoordinates()
	var zero, e, d, g, m, t field.Element
	if x.Equal(&zero) == 1 {
		return false
	}

	e.Subtract(e.Square(z), t.Square(y))
	if _, square := e.SqrtRatio(&e, t.One()); square == 0 {
		return false
	}
	d.Subtract(z, y)

	g.Multiply(&e, z)
	g.Multiply(&g, &subgroup.c)
	t.Multiply(x, y)
	g.Subtract(&g, t.Add(&t, &t))

	m.Multiply(x, &d)
	m.Mult32(&m, montgomeryA+2)
	m.Subtract(&m, t.Add(&g, &g))
	m.Multiply(&m, &e)
	t.Multiply(&g, &d)
	t.Multiply(&t, &subgroup.k)
	m.Add(&m, &t)

	g.Multiply(&g, x)
	f := t.Square(&g)
	f.Multiply(f, &g)
	f.Multiply(f, m.Square(&m))
	f.Multiply(f, &d)
	f.Negate(f.Add(f, f))
	return quarticCharacter(f).Equal(z.One()) == 1
}

// quarticCharacter gives a^((p-1)/4): 0, or a fourth root of 1, which is 1 if
// and only if a is a fourth power. (p-1)/4 = 2(p-5)/8 + 1.
func quarticCharacter(a *field.Element) *field.Element {
	r := new(field.Element).Pow22523(a)
	r.Square(r)
	return r.Multiply(r, a)
}

const montgomeryA = 486662

// subgroup holds the constants of primeOrder.
var subgroup = newSubgroupConstants()

type subgroupConstants struct {
	c field.Element // a square root of -(A+2)
	k field.Element // slope of the tangent at T
}

func newSubgroupConstants() (s subgroupConstants) {
	var one, two, a2, w field.Element
	one.One()
	two.Add(&one, &one)
	a2.Mult32(&one, montgomeryA+2)
	w.SqrtRatio(&a2, &one)
	s.c.SqrtRatio(new(field.Element).Negate(&a2), &one)

	s.k.Subtract(&w, &two)
	kw := new(field.Element).Multiply(&s.k, &w)
	if _, square := new(field.Element).SqrtRatio(kw, &one); square == 1 {
		s.k.Add(&w, &two)
	}
	return s
}

func parseHex32(what, text string) (b [32]byte, err error) {
	if len(text) != 2*len(b) {
		return b, refuse(what, ErrHex)
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return b, refuse(what, ErrHex)
		}
	}
	if _, err := hex.Decode(b[:], []byte(text)); err != nil {
		return b, refuse(what, ErrHex)
	}
	return b, nil
}
