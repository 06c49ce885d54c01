package swap

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap/cryptonote"
)

// EVMAddress is an account or contract on the token's chain. Its only text form is the checksummed
// one of EIP-55.
type EVMAddress common.Address

// IsZero reports whether it is the zero address.
func (a EVMAddress) IsZero() bool { return a == EVMAddress{} }

// String returns the EIP-55 spelling.
func (a EVMAddress) String() string { return common.Address(a).Hex() }

// Compare orders addresses by their bytes.
func (a EVMAddress) Compare(b EVMAddress) int { return bytes.Compare(a[:], b[:]) }

// MarshalText implements encoding.TextMarshaler.
func (a EVMAddress) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *EVMAddress) UnmarshalText(text []byte) error {
	parsed, err := ParseEIP55(string(text))
	*a = EVMAddress(parsed)
	return err
}

// evmForm reports whether s is 0x and 40 hex digits.
func evmForm(s string) bool {
	if len(s) != 42 || s[:2] != "0x" {
		return false
	}
	for i := 2; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// ParseEIP55 reads an address in its EIP-55 spelling. The error for any other spelling shows the
// right one.
func ParseEIP55(s string) (common.Address, error) {
	if !evmForm(s) {
		return common.Address{}, fmt.Errorf("%.60q is not an Ethereum address: expected 0x and 40 hex digits", s)
	}
	a := common.HexToAddress(s)
	if !checksummed(s[2:]) {
		return common.Address{}, fmt.Errorf("%s is not spelt with its EIP-55 checksum: if no letter is mistyped, write %s", s, a.Hex())
	}
	return a, nil
}

// checksummed reports whether 40 hex digits are spelt as EIP-55 wants: a letter is upper case where
// the Keccak-256 of the lower-case digits has a digit above 7.
func checksummed(digits string) bool {
	var lower [40]byte
	for i := range lower {
		lower[i] = digits[i]
		if digits[i] >= 'A' && digits[i] <= 'F' {
			lower[i] += 'a' - 'A'
		}
	}
	sum := cryptonote.Keccak256(lower[:])
	for i, c := range lower {
		half := sum[i/2] >> 4
		if i%2 == 1 {
			half = sum[i/2] & 0xf
		}
		if upper := digits[i] != c; c >= 'a' && upper != (half > 7) {
			return false
		}
	}
	return true
}
