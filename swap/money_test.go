package swap

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// machineForm is what the three kinds of money and rail values have in common.
type machineForm[N any] interface {
	*N
	encoding.TextUnmarshaler
}

func testMachineForm[N ~uint64, P machineForm[N]](t *testing.T) {
	t.Helper()
	for _, n := range []uint64{0, 1, 9, 10, 1e9, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		want := fmt.Sprintf(`"%d"`, n)
		data, err := json.Marshal(N(n))
		if err != nil || string(data) != want {
			t.Errorf("%T of %d as JSON: %s, %v, want %s", N(0), n, data, err, want)
		}
		var again N
		if err := json.Unmarshal(data, &again); err != nil || again != N(n) {
			t.Errorf("%T of %s: %d, %v, want %d", N(0), data, uint64(again), err, n)
		}
	}
	for _, s := range []string{"", "00", "01", "+1", "-1", "1.0", "1e3", " 1", "1 ", "1_000", "0x1", "18446744073709551616", "٣", strings.Repeat("1", 100)} {
		n := N(7)
		if err := P(&n).UnmarshalText([]byte(s)); err == nil || len(err.Error()) > 200 {
			t.Errorf("%T of %q: %d, %v, want a short error", n, s, uint64(n), err)
		}
	}
}

func TestMoneyText(t *testing.T) {
	testMachineForm[Oxen](t)
	testMachineForm[Sesh](t)
	testMachineForm[Wei](t)
	testMachineForm[RailValue](t)
	for n, want := range map[uint64]string{0: "0.000000000", 1: "0.000000001", 15000e9: "15000.000000000", math.MaxUint64: "18446744073.709551615"} {
		for _, form := range []struct{ name, got, want string }{
			{"OXEN in coins", Oxen(n).Coins(), want},
			{"SESH in coins", Sesh(n).Coins(), want},
			{"OXEN for people", Oxen(n).String(), want + " OXEN"},
			{"SESH for people", Sesh(n).String(), want + " SESH"},
			{"wei for people", Wei(n).String(), fmt.Sprintf("%d wei", n)},
			{"SESH to compute with", Sesh(n).Int().String(), fmt.Sprint(n)},
			{"wei to compute with", Wei(n).Int().String(), fmt.Sprint(n)},
		} {
			if form.got != form.want {
				t.Errorf("%d %s: got %q, want %q", n, form.name, form.got, form.want)
			}
		}
	}
	if sum, err := add(Sesh(math.MaxUint64), 1, "tests"); err == nil || err.Error() != "tests: the sum passes 2^64-1 atomic units" {
		t.Errorf("2^64-1 + 1: got %s, %v, want an error", sum, err)
	}
	if sum, err := add(Oxen(math.MaxUint64-1), 1, "tests"); err != nil || sum != math.MaxUint64 {
		t.Errorf("2^64-2 + 1: got %s, %v, want 2^64-1", sum, err)
	}
}

// TestRatioOf: OXEN become SESH by the ratio, rounded down, or by nothing.
func TestRatioOf(t *testing.T) {
	for _, c := range []struct {
		ratio Ratio
		of    Oxen
		want  Sesh
		bad   bool
	}{
		{Ratio{54, 100}, 50e9, 27e9, false},
		{Ratio{1, 3}, 11, 3, false},
		{Ratio{math.MaxUint32, math.MaxUint32}, math.MaxInt64, math.MaxInt64, false},
		{Ratio{1, 1}, math.MaxInt64 + 1, 0, true},
		{Ratio{math.MaxUint32, 1}, math.MaxUint64, 0, true},
		{Ratio{1, 2}.times(Ratio{3, 5}), 100, 30, false},
	} {
		if got, err := c.ratio.Of(c.of).Floor(); got != c.want || (err != nil) != c.bad {
			t.Errorf("%s of %s: got %s, %v, want %s, error %t", c.ratio, c.of, got, err, c.want, c.bad)
		}
	}
}

// TestRailValueUnits: every rail has a unit.
func TestRailValueUnits(t *testing.T) {
	want := []string{"7 atomic SESH", "7 atomic SESH", "7 wei per gas", "7 recipients", "7 approvals"}
	for i, rail := range RailNames() {
		if got := RailValue(7).In(rail); got != want[i] {
			t.Errorf("7 in the unit of rail %s: got %q, want %q", rail, got, want[i])
		}
	}
}
