package cryptonote

import (
	"io"

	"filippo.io/edwards25519"
	"golang.org/x/crypto/sha3"
)

// Keccak256 is the hash of all parts, one after the other, with the original
// Keccak padding (0x01), as CryptoNote and Ethereum use it: not SHA3-256.
func Keccak256(parts ...[]byte) (sum [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, part := range parts {
		h.Write(part)
	}
	h.(io.Reader).Read(sum[:])
	return sum
}

// HashToScalar is H_s of CryptoNote (oxen-core crypto::hash_to_scalar):
// Keccak-256 of all parts, read as a little-endian number and reduced mod L.
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
