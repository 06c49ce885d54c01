package cryptonote

import (
	"encoding/binary"
	"math/bits"
)

// A reader takes values off the front of bytes. After the first refusal, which it keeps, it gives
// zeros.
type reader struct {
	what string
	rest []byte
	err  error
}

func (r *reader) fail(reason Reason) {
	if r.err == nil {
		r.err = refuse(r.what, reason)
	}
	r.rest = nil
}

// take gives the next n bytes, not copied.
func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.rest) {
		r.fail(ErrCutOff)
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) copy(into []byte) { copy(into, r.take(len(into))) }

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// varint reads a CryptoNote varint in its only spelling.
func (r *reader) varint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := readVarint(r.rest)
	if n == 0 {
		if allContinue(r.rest) {
			r.fail(ErrCutOff)
		} else {
			r.fail(ErrNumber)
		}
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// allContinue reports whether b, of fewer bytes than a number can have, ends within a varint.
func allContinue(b []byte) bool {
	for _, v := range b {
		if v < 0x80 {
			return false
		}
	}
	return len(b) < 10
}

// count reads the number of things that follow, each of at least size bytes, and refuses a number
// that what is left cannot hold: nothing is allocated for it before.
func (r *reader) count(size int) int {
	n := r.varint()
	if n > uint64(len(r.rest)/size) {
		r.fail(ErrCutOff)
		return 0
	}
	return int(n)
}

// readVarint reads a CryptoNote varint (7 bits a byte, least significant first) and gives the
// number of bytes it took: 0 if it is cut off, above 64 bits, or longer than needed.
func readVarint(b []byte) (v uint64, n int) {
	v, n = binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 {
		return 0, 0
	}
	return v, n
}

// varintSize is the length of v as a varint.
func varintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
