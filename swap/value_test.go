package swap

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/holiman/uint256"
	"pgregory.net/rapid"
)

func TestQuantityText(t *testing.T) {
	largest := Quantity(*new(uint256.Int).SetAllOne())
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.OneOf(rapid.Just(largest), rapid.Map(rapid.Uint64(), NewQuantity), rapid.Custom(func(t *rapid.T) Quantity { return drawQuantity(t, 256, "q") })).Draw(t, "quantity")
		text, err := q.MarshalText()
		if err != nil || string(text) != q.String() || q.Int().ToBig().String() != q.String() {
			t.Fatalf("%s: %s, %v", q, text, err)
		}
		var again Quantity
		if err := again.UnmarshalText(text); err != nil || again != q {
			t.Fatalf("%s was read as %s, %v", text, again, err)
		}
		if err := again.UnmarshalText(append([]byte("0"), text...)); err == nil && string(text) != "" {
			t.Fatalf("0%s was read as %s", text, again)
		}
	})
	above := new(big.Int).Add(largest.Int().ToBig(), big.NewInt(1)).String()
	for _, s := range []string{"", "-1", "+1", "1.0", "0x1", "00", above, "00000000000000000000000001", "+18446744073709551616", "1e30", strings.Repeat("9", 79)} {
		var q Quantity
		if err := q.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q was read as %s", s, q)
		}
	}
}

func TestHashText(t *testing.T) {
	h := testHash("x", 1)
	again, err := ParseHash(h.String())
	if err != nil || again != h || h.IsZero() || !(Hash{}).IsZero() {
		t.Errorf("ParseHash: got %s, %v, want %s", again, err, h)
	}
	for _, s := range []string{"", h.String()[1:], h.String() + "0", strings.ToUpper(h.String()), "g" + h.String()[1:], "0x" + h.String()[2:]} {
		if _, err := ParseHash(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
	var fromNull struct{ H Hash }
	if err := json.Unmarshal([]byte(`{"H":7}`), &fromNull); err == nil {
		t.Error("a number was read as a hash")
	}
}
