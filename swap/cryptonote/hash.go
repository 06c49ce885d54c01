package cryptonote

import (
	"io"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	"golang.org/x/crypto/sha3"
)

// Keccak256 is the hash of all parts, one after the other, with the original Keccak padding (0x01),
// as CryptoNote and Ethereum use it: not SHA3-256.
func Keccak256(parts ...[]byte) (sum [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, part := range parts {
		h.Write(part)
	}
	h.(io.Reader).Read(sum[:])
	return sum
}

// HashToScalar is H_s of CryptoNote (oxen-core crypto::hash_to_scalar): Keccak-256 of all parts,
// read as a little-endian number and reduced mod L.
func HashToScalar(parts ...[]byte) *edwards25519.Scalar {
	return reduceScalar(Keccak256(parts...))
}

// reduceScalar is oxen-core's sc_reduce32: b mod L.
func reduceScalar(b [32]byte) *edwards25519.Scalar {
	var wide [64]byte
	copy(wide[:], b[:])
	s, err := edwards25519.NewScalar().SetUniformBytes(wide[:])
	if err != nil {
		panic("cryptonote: 64 bytes are not 64 bytes: " + err.Error())
	}
	return s
}

// hashToPoint is H_p of CryptoNote (oxen-core crypto::hash_to_ec): 8 times mapToPoint of Keccak-256
// of the key, in the subgroup of prime order.
func hashToPoint(key PublicKey) *edwards25519.Point {
	p := mapToPoint(Keccak256(key[:]))
	return p.MultByCofactor(p)
}

// mapToPoint is oxen-core's ge_fromfe_frombytes_vartime: an Elligator-like map of 32 bytes, all 256
// bits of them, to a point of the curve.
//
// With u the bytes as a number mod p, A = 486662, w = 2u^2+1 and x = w^2-2(Au)^2, which is never 0
// as 2 is not a square: if w/x is a square,
//
//	X/Z = u sqrt(2A(A+2)w/x), not negative, and Y/Z = (z-w)/(z+w), z = -2Au^2
//
// else X/Z = sqrt(A(A+2)w/x), negative, and z = -A. As 2A(A+2) is a square, one square root of
// 2A(A+2)w/x decides and gives both: where w/x is no square, SqrtRatio gives the root of i times
// it, which is (1+i) sqrt(A(A+2)w/x) as 2i = (1+i)^2.
func mapToPoint(b [32]byte) *edwards25519.Point {
	var u, w, x, y, z, t, root field.Element
	if _, err := u.SetBytes(b[:]); err != nil {
		panic("cryptonote: 32 bytes are not 32 bytes: " + err.Error())
	}
	if b[31]&0x80 != 0 { // SetBytes leaves bit 255 out, and 2^255 = 19
		u.Add(&u, &mapping.nineteen)
	}

	t.Square(&u)
	t.Add(&t, &t) // 2u^2
	w.Add(&t, z.One())
	x.Square(&w)
	y.Mult32(&t, montgomeryA)
	y.Mult32(&y, montgomeryA)
	x.Subtract(&x, &y)
	y.Multiply(&w, &mapping.scale)

	_, square := root.SqrtRatio(&y, &x)
	if square == 1 {
		x.Multiply(&root, &u)
		z.Mult32(&t, montgomeryA)
	} else {
		x.Multiply(&root, &mapping.unrotate)
		z.Mult32(z.One(), montgomeryA)
	}
	z.Negate(&z)
	if x.IsNegative() == square {
		x.Negate(&x)
	}

	// X = xZ, so in extended coordinates (xZ^2 : YZ : Z^2 : xYZ).
	y.Subtract(&z, &w)
	z.Add(&z, &w)
	t.Multiply(&x, &y)
	t.Multiply(&t, &z)
	y.Multiply(&y, &z)
	z.Square(&z)
	x.Multiply(&x, &z)
	p, err := new(edwards25519.Point).SetExtendedCoordinates(&x, &y, &z, &t)
	if err != nil {
		panic("cryptonote: the map leads off the curve: " + err.Error())
	}
	return p
}

// mapping holds the constants of mapToPoint.
var mapping = newMappingConstants()

type mappingConstants struct {
	nineteen field.Element
	scale    field.Element // 2A(A+2)
	unrotate field.Element // 1/(1+i), i the square root of -1 that SqrtRatio uses
}

func newMappingConstants() (m mappingConstants) {
	var one, i field.Element
	one.One()
	m.nineteen.Mult32(&one, 19)
	m.scale.Mult32(&one, montgomeryA)
	m.scale.Mult32(&m.scale, montgomeryA+2)
	m.scale.Add(&m.scale, &m.scale)

	i.SqrtRatio(i.Negate(&one), &one)
	m.unrotate.Invert(m.unrotate.Add(&one, &i))
	return m
}
