package wire

import (
	"bytes"
	"encoding/hex"

	"oxenswap/swap"
)

// word reads a string of printable ASCII, at most maxWord bytes.
func (r *reader) word() string {
	r.peek()
	start := r.pos
	s := r.text()
	if len(s) > maxWord {
		r.pos = start
		r.fail("a text of %d bytes, expected at most %d", len(s), maxWord)
		return ""
	}
	for _, c := range s {
		if c < ' ' || c > '~' {
			r.pos = start
			r.fail("expected printable ASCII, found %.40q", s)
			return ""
		}
	}
	return string(s)
}

// integer reads a number from 0 to 2^64-1 without sign, fraction, exponent or leading zeros.
func (r *reader) integer() uint64 {
	if r.err != nil {
		return 0
	}
	r.peek()
	start := r.pos
	var n uint64
	for r.pos < len(r.data) {
		c := r.data[r.pos] - '0'
		if c > 9 {
			break
		}
		if n > (1<<64-1)/10 || n*10 > 1<<64-1-uint64(c) {
			r.pos = start
			r.fail("expected an integer below 2^64, found %s", r.found())
			return 0
		}
		n = n*10 + uint64(c)
		r.pos++
	}
	digits := r.data[start:r.pos]
	if len(digits) == 0 || r.inNumber() || (len(digits) > 1 && digits[0] == '0') {
		r.pos = start
		r.fail("expected an integer from 0 to 2^64-1, found %s", r.found())
		return 0
	}
	return n
}

// signed32 reads an integer of 32 bits with an optional minus sign: an error code.
func (r *reader) signed32() int32 {
	negative := r.next('-')
	n := r.integer()
	if r.err == nil && n > 1<<31-1 {
		r.fail("expected an integer of 32 bits")
		return 0
	}
	if negative {
		return -int32(n)
	}
	return int32(n)
}

func (r *reader) amount() swap.Oxen { return swap.Oxen(r.integer()) }

// boolean reads true or false.
func (r *reader) boolean() bool {
	if r.err != nil {
		return false
	}
	r.peek()
	switch rest := r.data[r.pos:]; {
	case bytes.HasPrefix(rest, []byte("true")):
		r.pos += 4
		return true
	case bytes.HasPrefix(rest, []byte("false")):
		r.pos += 5
		return false
	}
	r.fail("expected true or false, found %s", r.found())
	return false
}

// hash reads 64 lower-case hex digits.
func (r *reader) hash() swap.Hash {
	r.peek()
	start := r.pos
	s := r.text()
	var h swap.Hash
	if r.err == nil && !decodeHex(h[:], s) {
		r.pos = start
		r.fail("expected 64 lower-case hex digits, found %.70q", s)
	}
	return h
}

// optionalHash is hash, or zero for the empty string, which is how the daemon says that there is
// none.
func (r *reader) optionalHash() swap.Hash {
	if r.peek(); bytes.HasPrefix(r.data[r.pos:], []byte(`""`)) {
		r.text()
		return swap.Hash{}
	}
	return r.hash()
}

// blob reads lower-case hex of any length.
func (r *reader) blob() []byte {
	r.peek()
	start := r.pos
	s := r.text()
	out := make([]byte, len(s)/2)
	if r.err == nil && !decodeHex(out, s) {
		r.pos = start
		r.fail("expected lower-case hex digits, found %.70q", s)
		return nil
	}
	return out
}

// decodeHex fills dst from exactly twice as many lower-case digits.
func decodeHex(dst, src []byte) bool {
	if len(src) != 2*len(dst) {
		return false
	}
	for _, c := range src {
		if c >= 'A' && c <= 'F' {
			return false
		}
	}
	_, err := hex.Decode(dst, src)
	return err == nil
}
