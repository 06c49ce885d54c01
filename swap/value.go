package swap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/holiman/uint256"
)

// Hash is 32 bytes: a block hash, a public key, a key image or a SHA-256 digest. Its text form, in
// JSON too, is 64 lower-case hex digits.
type Hash [32]byte

// Digest is the SHA-256 of plain bytes: the name of an attachment.
func Digest(data []byte) Hash { return sha256.Sum256(data) }

// ParseHash reads 64 lower-case hex digits.
func ParseHash(s string) (Hash, error) {
	var h Hash
	err := h.UnmarshalText([]byte(s))
	return h, err
}

// String returns 64 lower-case hex digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Compare orders hashes by their bytes.
func (h Hash) Compare(other Hash) int { return bytes.Compare(h[:], other[:]) }

// IsZero reports whether all 32 bytes are zero.
func (h Hash) IsZero() bool { return h == Hash{} }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) {
	return hex.AppendEncode(make([]byte, 0, 64), h[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. Upper-case digits are refused, so that a hash
// has one spelling.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != 64 {
		return fmt.Errorf("hash of %d characters: expected 64 lower-case hex digits", len(text))
	}
	for _, c := range text {
		if c >= 'A' && c <= 'F' {
			return fmt.Errorf("hash %q: expected lower-case hex digits", text)
		}
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return fmt.Errorf("hash %q: expected 64 lower-case hex digits", text)
	}
	return nil
}

// Quantity is an integer below 2^256: sources, points and products. Its text form, in JSON too, is
// a decimal string.
type Quantity uint256.Int

// NewQuantity returns n.
func NewQuantity(n uint64) Quantity { return Quantity(*uint256.NewInt(n)) }

// Int returns a copy to compute with.
func (q Quantity) Int() *uint256.Int { return (*uint256.Int)(&q) }

// String returns the number in decimal.
func (q Quantity) String() string { return q.Int().Dec() }

// MarshalText implements encoding.TextMarshaler.
func (q Quantity) MarshalText() ([]byte, error) { return q.append(nil), nil }

func (q Quantity) append(b []byte) []byte {
	if n := q.Int(); !n.IsUint64() {
		return append(b, n.Dec()...)
	}
	return appendDecimal(b, q[0])
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (q *Quantity) UnmarshalText(text []byte) error {
	if len(text) < 20 { // below 2^64, as nearly all of them are
		n, err := parseDecimal[uint64](text, "a decimal number")
		*q = NewQuantity(n)
		return err
	}
	var n uint256.Int
	if err := n.SetFromDecimal(string(text)); err != nil || n.Dec() != string(text) {
		return fmt.Errorf("quantity %.90q: expected a decimal number below 2^256, without sign or leading zeros", text)
	}
	*q = Quantity(n)
	return nil
}
