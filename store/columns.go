package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"oxenswap/swap"
)

// whole is an unsigned 64-bit number in a column of type ANY: an integer below 2^63, and from there
// on 20 decimal digits as text. SQLite's integers are signed, and it sorts every text behind every
// integer, so the order is the numbers'.
type whole uint64

// Value implements driver.Valuer.
func (n whole) Value() (driver.Value, error) {
	if n <= math.MaxInt64 {
		return int64(n), nil
	}
	return fmt.Sprintf("%020d", uint64(n)), nil
}

// Scan implements sql.Scanner.
func (n *whole) Scan(src any) error {
	switch v := src.(type) {
	case int64:
		if v >= 0 {
			*n = whole(v)
			return nil
		}
	case string:
		if u, err := strconv.ParseUint(v, 10, 64); err == nil && u > math.MaxInt64 && len(v) == 20 {
			*n = whole(u)
			return nil
		}
	}
	return fmt.Errorf("%v of type %T is not an unsigned number", src, src)
}

// sequence is the number of a claim.
type sequence uint32

// Scan implements sql.Scanner.
func (n *sequence) Scan(src any) error {
	v, ok := src.(int64)
	if !ok || v < 0 || v > swap.MaxSequence {
		return fmt.Errorf("%v of type %T is not a sequence", src, src)
	}
	*n = sequence(v)
	return nil
}

// summed is a number in a column that SQL sums, which it can only below 2^63.
type summed uint64

// Value implements driver.Valuer.
func (n summed) Value() (driver.Value, error) {
	if n > math.MaxInt64 {
		return nil, fmt.Errorf("amount %d passes 2^63-1 atomic units", uint64(n))
	}
	return int64(n), nil
}

// seqOrNull is the number of an entry; NULL stands for 0, which means that there is none.
type seqOrNull uint64

// Value implements driver.Valuer.
func (n seqOrNull) Value() (driver.Value, error) {
	if n == 0 {
		return nil, nil
	}
	return int64(n), nil
}

// Scan implements sql.Scanner.
func (n *seqOrNull) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*n = 0
		return nil
	case int64:
		*n = seqOrNull(v)
		return nil
	}
	return fmt.Errorf("%T is not the number of an entry", src)
}

// unixOrNull is a time in whole seconds; NULL stands for the zero time.
type unixOrNull time.Time

// Value implements driver.Valuer.
func (t unixOrNull) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return nil, nil
	}
	return time.Time(t).Unix(), nil
}

// Scan implements sql.Scanner.
func (t *unixOrNull) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = unixOrNull{}
		return nil
	case int64:
		*t = unixOrNull(time.Unix(v, 0).UTC())
		return nil
	}
	return fmt.Errorf("%T is not a time", src)
}

// bytes32 is a hash or a digest.
type bytes32 [32]byte

// Scan implements sql.Scanner.
func (b *bytes32) Scan(src any) error { return scanBytes(b[:], src) }

// bytes20 is an address of the token's chain.
type bytes20 [20]byte

// Scan implements sql.Scanner.
func (b *bytes20) Scan(src any) error { return scanBytes(b[:], src) }

func scanBytes(to []byte, src any) error {
	v, ok := src.([]byte)
	if !ok || len(v) != len(to) {
		return fmt.Errorf("%T of the wrong length: expected %d bytes", src, len(to))
	}
	copy(to, v)
	return nil
}

// quantity is a swap.Quantity, in decimal.
type quantity swap.Quantity

// Value implements driver.Valuer.
func (q quantity) Value() (driver.Value, error) { return swap.Quantity(q).String(), nil }

// Scan implements sql.Scanner.
func (q *quantity) Scan(src any) error {
	v, ok := src.(string)
	if !ok {
		return fmt.Errorf("%T is not a quantity", src)
	}
	return (*swap.Quantity)(q).UnmarshalText([]byte(v))
}

// asJSON is a value kept as JSON text. For scanning it holds a pointer.
type asJSON struct{ v any }

// Value implements driver.Valuer.
func (j asJSON) Value() (driver.Value, error) {
	text, err := json.Marshal(j.v)
	return string(text), err
}

// Scan implements sql.Scanner. Where a column can be NULL, that is JSON's null.
func (j asJSON) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return json.Unmarshal([]byte("null"), j.v)
	case string:
		return json.Unmarshal([]byte(v), j.v)
	}
	return fmt.Errorf("%T is not JSON text", src)
}
