package merkle

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
)

// Leaf is one recipient's line of the claim tree.
type Leaf struct {
	Account common.Address // recipient on the chain of the distributor
	Amount  uint256.Int    // cumulative over all rounds, atomic units of the token
}

// Reasons for which no tree is built.
var (
	ErrNoLeaves    = errors.New("no leaves: a tree needs at least one recipient")
	ErrTooMany     = fmt.Errorf("more than %d leaves", MaxLeaves)
	ErrTwice       = errors.New("recipient twice: add the amounts and keep one")
	ErrZeroAmount  = errors.New("amount 0: leave the recipient out")
	ErrZeroAccount = errors.New("zero address: nobody could collect it; leave it out")
	ErrOverflow    = errors.New("sum of the amounts above 2^256-1: check their unit (atomic)")
	ErrLimit       = errors.New("sum of the amounts above the limit")
	ErrNoLimit     = errors.New("no limit for the sum of the amounts: give the caps of the terms")
)

// LeafError says which leaf was refused and why.
type LeafError struct {
	Where   string // what N and First count: "leaf" from 0, or "line" of a file from 1
	N       int
	First   int // the earlier place of the same recipient; only with ErrTwice
	Account common.Address
	Err     error
}

func (e *LeafError) Error() string {
	if errors.Is(e.Err, ErrTwice) {
		return fmt.Sprintf("%s %d: %s: %v (first in %s %d)", e.Where, e.N, e.Account, e.Err, e.Where, e.First)
	}
	return fmt.Sprintf("%s %d: %s: %v", e.Where, e.N, e.Account, e.Err)
}

func (e *LeafError) Unwrap() error { return e.Err }

// check returns the reason why the leaf alone can be in no tree.
func (l *Leaf) check() error {
	if l.Account == (common.Address{}) {
		return ErrZeroAccount
	}
	if l.Amount.IsZero() {
		return ErrZeroAmount
	}
	return nil
}

const (
	chunkBits = 14
	chunkSize = 1 << chunkBits
)

// leafList holds leaves in chunks, so that a list of unknown length grows without ever being
// copied: a million leaves are 56 MB, and growing a slice would hold two of them at once.
type leafList struct {
	chunks [][]Leaf // all of chunkSize but the last
	n      int
	// lower marks the leaves whose address was written all in lower case, one bit each, so that a
	// dump can repeat it; nil when none was.
	lower []uint64
}

// take makes the list one of the slice's leaves without copying them.
func (s *leafList) take(leaves []Leaf) {
	s.n = len(leaves)
	for len(leaves) > 0 {
		k := min(len(leaves), chunkSize)
		s.chunks = append(s.chunks, leaves[:k:k])
		leaves = leaves[k:]
	}
}

func (s *leafList) add(l *Leaf, lower bool) error {
	if s.n == MaxLeaves {
		return ErrTooMany
	}
	if s.n%chunkSize == 0 {
		s.chunks = append(s.chunks, make([]Leaf, 0, chunkSize))
	}
	last := &s.chunks[len(s.chunks)-1]
	*last = append(*last, *l)
	if lower {
		for len(s.lower) <= s.n/64 {
			s.lower = append(s.lower, 0)
		}
		s.lower[s.n/64] |= 1 << (s.n % 64)
	}
	s.n++
	return nil
}

func (s *leafList) at(i int) *Leaf { return &s.chunks[i>>chunkBits][i&(chunkSize-1)] }

func (s *leafList) isLower(i int) bool {
	return i/64 < len(s.lower) && s.lower[i/64]>>(i%64)&1 == 1
}

// slice copies the list into one slice.
func (s *leafList) slice() []Leaf {
	out := make([]Leaf, 0, s.n)
	for _, c := range s.chunks {
		out = append(out, c...)
	}
	return out
}

const (
	addressLen = 2 + 2*common.AddressLength
	hashLen    = 2 + 2*common.HashLength
	amountLen  = 78 // digits of 2^256-1
)

// parseAddress reads 0x and 40 hex digits, either all in lower case or in exactly the EIP-55
// spelling, whose capitals are a checksum against typing errors. lower reports which.
func (h *hasher) parseAddress(text []byte) (a common.Address, lower bool, err error) {
	if len(text) != addressLen || text[0] != '0' || text[1] != 'x' {
		return a, false, fmt.Errorf("address %s: want 0x and 40 hex digits", quote(text))
	}
	if _, err := hex.Decode(a[:], text[2:]); err != nil {
		return a, false, fmt.Errorf("address %s: want 0x and 40 hex digits", quote(text))
	}
	capitals := false
	for _, c := range text[2:] {
		capitals = capitals || 'A' <= c && c <= 'F'
	}
	if !capitals {
		return a, true, nil
	}
	h.text = h.appendEIP55(h.text[:0], &a)
	if string(h.text) != string(text) {
		return a, false, fmt.Errorf("address %s: capitals do not match the EIP-55 checksum; check it for typing errors (these digits are spelt %s)", quote(text), h.text)
	}
	return a, false, nil
}

// appendEIP55 appends the address with the capitals of EIP-55: a letter is a capital if the digit
// of keccak256(lower-case digits) in its place is 8 or more.
func (h *hasher) appendEIP55(dst []byte, a *common.Address) []byte {
	dst = appendHex(dst, a[:])
	digits := dst[len(dst)-2*common.AddressLength:]
	h.sum(digits)
	for i, c := range digits {
		if c >= 'a' && h.out[i/2]<<(4*(i%2))&0x80 != 0 {
			digits[i] = c - 'a' + 'A'
		}
	}
	return dst
}

// parseHash reads 0x and 64 hex digits in lower case.
func parseHash(text []byte) (h common.Hash, err error) {
	if len(text) != hashLen || text[0] != '0' || text[1] != 'x' {
		return h, fmt.Errorf("hash %s: want 0x and 64 hex digits", quote(text))
	}
	for _, c := range text[2:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return h, fmt.Errorf("hash %s: want 0x and 64 hex digits in lower case", quote(text))
		}
	}
	_, err = hex.Decode(h[:], text[2:])
	return h, err
}

// parseAmount reads a decimal number up to 2^256-1, without sign, separators or leading zeros.
func parseAmount(text []byte) (v uint256.Int, err error) {
	bad := len(text) == 0 || text[0] == '0' && len(text) > 1
	for _, c := range text {
		bad = bad || c < '0' || c > '9'
	}
	if bad {
		return v, fmt.Errorf("amount %s: want atomic units as plain decimal digits", quote(text))
	}
	if len(text) <= 19 { // below 10^19 < 2^64: no conversion to string, no garbage
		var n uint64
		for _, c := range text {
			n = 10*n + uint64(c-'0')
		}
		v.SetUint64(n)
		return v, nil
	}
	if len(text) > amountLen || v.SetFromDecimal(string(text)) != nil {
		return v, fmt.Errorf("amount %s: above 2^256-1", quote(text))
	}
	return v, nil
}

func appendHex(dst, b []byte) []byte {
	return hex.AppendEncode(append(dst, '0', 'x'), b)
}

// quote shows text of unknown origin in an error, on one line and not long.
func quote(text []byte) string {
	const most = 90
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
