package swap

import (
	"fmt"
	"math/big"
	"strconv"
)

// Sums of money are three types, so that the compiler refuses to mix them. Their text form, in JSON
// too, is a decimal string of the smallest unit without sign or leading zeros; String is the form
// for people and names the unit.

// Oxen is a sum of the Oxen network's coin in atomic units, of which 10^9 are 1 OXEN. Ratio.Of
// makes it payable in SESH.
type Oxen uint64

// Sesh is a sum of the token in atomic units, of which 10^9 are 1 SESH.
type Sesh uint64

// Wei is a price of gas or a fee in the smallest unit of the token's chain's coin, of which there
// are 10^18.
type Wei uint64

// Coins returns the sum in whole OXEN with nine decimals and without the unit, such as
// "15000.000000000".
func (o Oxen) Coins() string { return coins(o) }

// Coins returns the sum in whole SESH with nine decimals and without the unit, such as
// "15000.000000000".
func (s Sesh) Coins() string { return coins(s) }

// String returns the sum in whole coins, such as "50.000000000 OXEN".
func (o Oxen) String() string { return coins(o) + " OXEN" }

// String returns the sum in whole coins, such as "27.000000000 SESH".
func (s Sesh) String() string { return coins(s) + " SESH" }

// String returns the number of wei, such as "100000000 wei".
func (w Wei) String() string { return strconv.FormatUint(uint64(w), 10) + " wei" }

// Int returns the number of atomic units as calldata and the token's contract have it.
func (s Sesh) Int() *big.Int { return new(big.Int).SetUint64(uint64(s)) }

// Int returns the number of wei as transactions have it.
func (w Wei) Int() *big.Int { return new(big.Int).SetUint64(uint64(w)) }

// MarshalText implements encoding.TextMarshaler.
func (o Oxen) MarshalText() ([]byte, error) { return appendDecimal(nil, o), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Sesh) MarshalText() ([]byte, error) { return appendDecimal(nil, s), nil }

// MarshalText implements encoding.TextMarshaler.
func (w Wei) MarshalText() ([]byte, error) { return appendDecimal(nil, w), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Oxen) UnmarshalText(text []byte) (err error) {
	*o, err = parseDecimal[Oxen](text, inAtomicUnits)
	return err
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Sesh) UnmarshalText(text []byte) (err error) {
	*s, err = parseDecimal[Sesh](text, inAtomicUnits)
	return err
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Wei) UnmarshalText(text []byte) (err error) {
	*w, err = parseDecimal[Wei](text, "a decimal number of wei")
	return err
}

// ParseSesh reads a decimal string of atomic units in its only spelling.
func ParseSesh(s string) (Sesh, error) { return parseDecimal[Sesh]([]byte(s), inAtomicUnits) }

const inAtomicUnits = "a decimal number of atomic units"

// appendDecimal appends a number's machine form.
func appendDecimal[N ~uint64](b []byte, n N) []byte { return strconv.AppendUint(b, uint64(n), 10) }

// parseDecimal reads the only spelling of a number. what says in an error what was expected.
func parseDecimal[N ~uint64](text []byte, what string) (N, error) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || (len(text) > 1 && text[0] == '0') || text[0] == '+' {
		return 0, fmt.Errorf("amount %.40q: expected %s below 2^64, without sign or leading zeros", text, what)
	}
	return N(n), nil
}

// coins writes atomic units as whole coins with nine decimals.
func coins[N Oxen | Sesh](n N) string { return fmt.Sprintf("%d.%09d", uint64(n)/1e9, uint64(n)%1e9) }

// add returns a + b, or an error naming what was summed when the sum passes 2^64-1.
func add[N Oxen | Sesh](a, b N, what string) (N, error) {
	if a+b < a {
		return 0, fmt.Errorf("%s: the sum passes 2^64-1 atomic units", what)
	}
	return a + b, nil
}
