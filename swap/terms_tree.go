package swap

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// treeReader reads typed keys out of a tree and keeps the first error.
type treeReader struct{ err *TermsError }

func (r *treeReader) fail(path, format string, args ...any) {
	if r.err == nil {
		r.err = &TermsError{path, fmt.Sprintf(format, args...)}
	}
}

type table struct {
	r    *treeReader
	path string
	keys map[string]any
	read map[string]bool
}

func (t table) at(key string) string {
	if t.path == "" {
		return key
	}
	return t.path + "." + key
}

func (t table) value(key string, required bool) (any, bool) {
	t.read[key] = true
	v, ok := t.keys[key]
	if !ok && required {
		t.r.fail(t.at(key), "missing")
	}
	return v, ok
}

func (t table) str(key string, required bool) (string, bool) {
	v, ok := t.value(key, required)
	if !ok {
		return "", false
	}
	s, ok := v.(string)
	if !ok {
		t.r.fail(t.at(key), "%s: expected a string", typeName(v))
		return "", false
	}
	if s == "" || len(s) > 256 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
		t.r.fail(t.at(key), "%.60q: expected 1 to 256 printable ASCII characters without quotes and backslashes", s)
		return "", false
	}
	return s, true
}

func (t table) integer(key string, required bool) (uint64, bool) {
	v, ok := t.value(key, required)
	if !ok {
		return 0, false
	}
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case json.Number:
		var err error
		if n, err = v.Int64(); err != nil || v.String() != fmt.Sprint(n) {
			t.r.fail(t.at(key), "%.40s: expected an integer", v)
			return 0, false
		}
	default:
		t.r.fail(t.at(key), "%s: expected an integer", typeName(v))
		return 0, false
	}
	if n < 0 || n > 1<<53 {
		t.r.fail(t.at(key), "%d: expected an integer from 0 to 2^53", n)
		return 0, false
	}
	return uint64(n), true
}

func (t table) boolean(key string) bool {
	v, ok := t.value(key, true)
	b, isBool := v.(bool)
	if ok && !isBool {
		t.r.fail(t.at(key), "%s: expected true or false", typeName(v))
	}
	return b
}

// amount reads atomic units of the coin that the key is in.
func (t table) amount(key string, required bool) uint64 {
	s, ok := t.str(key, required)
	if !ok {
		return 0
	}
	a, err := parseDecimal[uint64]([]byte(s), inAtomicUnits)
	if err != nil || a == 0 || a > maxCap {
		t.r.fail(t.at(key), "%q: expected atomic units, a decimal number from 1 to 2^63-1 in a string", s)
	}
	return a
}

func (t table) time(key string, required bool) (time.Time, bool) {
	s, ok := t.str(key, required)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.UTC().Format("2006-01-02T15:04:05Z") != s {
		t.r.fail(t.at(key), "%q: expected a UTC time in a string, such as \"2026-12-31T23:59:59Z\"", s)
		return time.Time{}, false
	}
	return at.UTC(), true
}

func (t table) ratio(key string) Ratio {
	s, ok := t.str(key, true)
	if !ok {
		return Ratio{}
	}
	num, den, _ := strings.Cut(s, "/")
	n, err1 := parseDecimal[uint64]([]byte(num), "a decimal number")
	d, err2 := parseDecimal[uint64]([]byte(den), "a decimal number")
	switch {
	case err1 != nil || err2 != nil || n > math.MaxUint32 || d > math.MaxUint32:
		t.r.fail(t.at(key), "%q: expected num/den, both below 2^32, such as \"54/100\"", s)
	case d == 0:
		t.r.fail(t.at(key), "%q: the denominator is 0", s)
	case n == 0:
		t.r.fail(t.at(key), "%q: the numerator is 0, so nothing would ever be owed", s)
	}
	return Ratio{n, d}
}

func (t table) sub(key string) table {
	v, ok := t.value(key, true)
	keys, isTable := v.(map[string]any)
	if ok && !isTable {
		t.r.fail(t.at(key), "%s: expected a table", typeName(v))
	}
	return table{t.r, t.at(key), keys, map[string]bool{}}
}

// tables reads a list of tables; TOML decoders give []map[string]any, JSON ones []any.
func (t table) tables(key string, required bool) []table {
	v, ok := t.value(key, required)
	if !ok {
		return nil
	}
	var list []any
	switch v := v.(type) {
	case []map[string]any:
		for _, m := range v {
			list = append(list, m)
		}
	case []any:
		list = v
	default:
		t.r.fail(t.at(key), "%s: expected a list of tables", typeName(v))
		return nil
	}
	if len(list) == 0 || len(list) > maxProgrammes {
		t.r.fail(t.at(key), "%d tables: expected 1 to %d", len(list), maxProgrammes)
		return nil
	}
	out := make([]table, len(list))
	for i, v := range list {
		path := fmt.Sprintf("%s[%d]", t.at(key), i)
		keys, isTable := v.(map[string]any)
		if !isTable {
			t.r.fail(path, "%s: expected a table", typeName(v))
		}
		out[i] = table{t.r, path, keys, map[string]bool{}}
	}
	return out
}

// address reads the address of a contract.
func (t table) address(key, s string) EVMAddress {
	a, err := ParseEIP55(s)
	switch {
	case err != nil:
		t.r.fail(t.at(key), "%v", err)
	case EVMAddress(a).IsZero():
		t.r.fail(t.at(key), "the zero address is no contract")
	}
	return EVMAddress(a)
}

// addresses reads a list of addresses of contracts, each there once.
func (t table) addresses(key string, most int) []EVMAddress {
	v, ok := t.value(key, false)
	if !ok {
		return nil
	}
	list, isList := v.([]any)
	if !isList || len(list) == 0 || len(list) > most {
		t.r.fail(t.at(key), "expected a list of 1 to %d addresses", most)
		return nil
	}
	var out []EVMAddress
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", key, i)
		s, isString := v.(string)
		if !isString {
			t.r.fail(t.at(at), "%s: expected an address in a string", typeName(v))
			return nil
		}
		a := t.address(at, s)
		if slices.Contains(out, a) {
			t.r.fail(t.at(at), "%s is there twice", a)
		}
		out = append(out, a)
	}
	return out
}

// done refuses keys that nobody read.
func (t table) done() {
	var unknown []string
	for key := range t.keys {
		if !t.read[key] {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		if t.r.err != nil && t.r.err.Reason == "missing" {
			t.r.err = nil // a mistyped key is the cause, the missing one the effect
		}
		t.r.fail(t.at(unknown[0]), "unknown key")
	}
}

func typeName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64, json.Number:
		return "a number"
	case float64:
		return "a floating-point number"
	case time.Time:
		return "a date (write dates as strings)"
	case map[string]any:
		return "a table"
	case nil:
		return "nothing"
	}
	return "a list"
}
