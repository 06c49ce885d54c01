package cryptonote

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

const aliceText = "L5vwpVVj6hpVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvBfJpidn"

// sealed gives the address text of any bytes, with the right checksum.
func sealed(parts ...[]byte) string {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	sum := addressChecksum(body)
	return EncodeBase58(append(body, sum[:]...))
}

func mustParse(t testing.TB, text string) Address {
	t.Helper()
	a, err := ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestParseAddressRefusals(t *testing.T) {
	a := mustParse(t, aliceText)
	spend, view := a.Spend[:], a.View[:]
	standard := []byte{114}
	torsion := torsionPoints(t)
	spendPoint, err := a.Spend.point("")
	if err != nil {
		t.Fatal(err)
	}
	mixed := new(edwards25519.Point).Add(spendPoint, torsion[3]).Bytes()
	identity := torsion[0].Bytes()
	noncanonical := append([]byte{0xee}, spend...)[:32]
	for i := 1; i < 32; i++ {
		noncanonical[i] = 0xff
	}
	noncanonical[31] = 0x7f
	offCurve := make([]byte, 32)
	offCurve[0] = 2

	for _, c := range []struct {
		name, text string
		want       Reason
		what       string
	}{
		{"empty", "", ErrTooShort, "address"},
		{"only a checksum", sealed(), ErrTooShort, "address"},
		{"only a prefix", sealed(standard), ErrTooShort, "address"},
		{"half a spend key", sealed(standard, spend[:16]), ErrTooShort, "address"},
		{"no view key", sealed(standard, spend), ErrTooShort, "address"},
		{"view key cut", sealed(standard, spend, view[:31]), ErrTooShort, "address"},
		{"integrated without payment id", sealed([]byte{115}, spend, view), ErrTooShort, "address"},
		{"payment id cut", sealed([]byte{115}, spend, view, make([]byte, 7)), ErrTooShort, "address"},
		{"129 characters", strings.Repeat("1", 129), ErrTooLong, "address"},
		{"a megabyte", strings.Repeat("L", 1<<20), ErrTooLong, "address"},
		{"character of no alphabet", strings.Replace(aliceText, "V", "0", 1), ErrAlphabet, "address"},
		{"space", " " + aliceText, ErrAlphabet, "address"},
		{"newline", aliceText + "\n", ErrAlphabet, "address"},
		{"hex address", "0x52908400098527886E0F7030069857D2E4169EE7", ErrAlphabet, "address"},
		{"length class", aliceText[:89], ErrLength, "address"},
		{"block above 2^64", "zzzzzzzzzzz" + aliceText[11:], ErrOverflow, "address"},
		{"last block above its size", aliceText[:88] + "zzzzzzz", ErrOverflow, "address"},
		{"one character changed", strings.Replace(aliceText, "V", "W", 1), ErrChecksum, "address"},
		{"two characters swapped", aliceText[:20] + aliceText[21:22] + aliceText[20:21] + aliceText[22:], ErrChecksum, "address"},
		{"a block cut", aliceText[:77] + aliceText[88:], ErrChecksum, "address"},
		{"unknown prefix", sealed([]byte{113}, spend, view), ErrPrefix, "address"},
		{"Monero's prefix", sealed([]byte{18}, spend, view), ErrPrefix, "address"},
		{"prefix 2^63", sealed(binary.AppendUvarint(nil, 1<<63), spend), ErrPrefix, "address"},
		{"varint with a zero byte", sealed([]byte{114 | 0x80, 0}, spend, view), ErrVarint, "address"},
		{"devnet varint with a zero byte", sealed([]byte{0xda, 0x9e, 0x00}, spend, view), ErrVarint, "address"},
		{"varint above 64 bits", sealed([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, spend), ErrVarint, "address"},
		{"varint without end", sealed([]byte{0xff, 0xff, 0xff}), ErrVarint, "address"},
		{"one byte more", sealed(standard, spend, view, []byte{0}), ErrTrailing, "address"},
		{"standard with payment id", sealed(standard, spend, view, make([]byte, 8)), ErrTrailing, "address"},
		{"subaddress with payment id", sealed([]byte{116}, spend, view, make([]byte, 8)), ErrTrailing, "address"},
		{"integrated, one byte more", sealed([]byte{115}, spend, view, make([]byte, 9)), ErrTrailing, "address"},
		{"spend key not canonical", sealed(standard, noncanonical, view), ErrPointEncoding, "spend key"},
		{"spend key off the curve", sealed(standard, offCurve, view), ErrOffCurve, "spend key"},
		{"spend key identity", sealed(standard, identity, view), ErrIdentity, "spend key"},
		{"spend key of order 8", sealed(standard, torsion[1].Bytes(), view), ErrTorsion, "spend key"},
		{"spend key with torsion", sealed(standard, mixed, view), ErrTorsion, "spend key"},
		{"view key not canonical", sealed(standard, spend, noncanonical), ErrPointEncoding, "view key"},
		{"view key off the curve", sealed(standard, spend, offCurve), ErrOffCurve, "view key"},
		{"view key identity", sealed(standard, spend, identity), ErrIdentity, "view key"},
		{"view key with torsion", sealed(standard, spend, mixed), ErrTorsion, "view key"},
	} {
		got, err := ParseAddress(c.text)
		var e *Error
		if !errors.As(err, &e) || e.Reason != c.want || e.What != c.what {
			t.Errorf("%s: got %v, want %s: %s", c.name, err, c.what, c.want)
		}
		if got != (Address{}) {
			t.Errorf("%s: an address beside the error: %v", c.name, got)
		}
		if decoded, err := DecodeAddress(c.text); (err == nil) != (c.what != "address") {
			t.Errorf("%s: DecodeAddress: %v, %v", c.name, decoded, err)
		}
	}
}

// TestAddressPrefixes pins first letters as holders know them.
func TestAddressPrefixes(t *testing.T) {
	a := mustParse(t, aliceText)
	for _, c := range []struct {
		network Network
		kind    Kind
		prefix  uint64
		starts  string
		length  int
	}{
		{Mainnet, Standard, 114, "L", 95}, {Mainnet, Integrated, 115, "L", 106}, {Mainnet, Subaddress, 116, "L", 95},
		{Testnet, Standard, 156, "T", 97}, {Testnet, Integrated, 157, "T", 108}, {Testnet, Subaddress, 158, "T", 97},
		{Devnet, Standard, 3930, "dV", 97}, {Devnet, Integrated, 4442, "dV", 108}, {Devnet, Subaddress, 5850, "dV", 97},
		{Stagenet, Standard, 4888, "", 97}, {Stagenet, Integrated, 5272, "", 108}, {Stagenet, Subaddress, 5656, "", 97},
	} {
		b := Address{Network: c.network, Kind: c.kind, Spend: a.Spend, View: a.View}
		if c.kind == Integrated {
			b.PaymentID = [8]byte{1, 2, 3}
		}
		text := b.String()
		if !strings.HasPrefix(text, c.starts) || len(text) != c.length {
			t.Errorf("%v %v: %s has %d characters", c.network, c.kind, text, len(text))
		}
		data, _ := DecodeBase58(text)
		if prefix, _ := binary.Uvarint(data); prefix != c.prefix {
			t.Errorf("%v %v: prefix %d", c.network, c.kind, prefix)
		}
		if got := mustParse(t, text); got != b {
			t.Errorf("got %+v, want %+v", got, b)
		}
		standard := b.Standard()
		if standard.Spend != b.Spend || standard.View != b.View || standard.PaymentID != [8]byte{} ||
			(standard.Kind == Integrated) || (b.Kind != Integrated && standard != b) {
			t.Errorf("%v %v: standard form %+v", c.network, c.kind, standard)
		}
	}
}

func TestAddressNetworks(t *testing.T) {
	a := mustParse(t, aliceText)
	for n := Mainnet; n <= Fakechain; n++ {
		want := Reason("")
		if n != Mainnet && n != Fakechain {
			want = ErrOtherNetwork
		}
		if got := ReasonOf(a.CheckNetwork(n)); got != want {
			t.Errorf("on %v: %q, want %q", n, got, want)
		}
		if parsed, err := ParseNetwork(n.String()); err != nil || parsed != n {
			t.Errorf("%v: got %v, %v", n, parsed, err)
		}
	}
	fake := a
	fake.Network = Fakechain
	if fake.String() != aliceText {
		t.Errorf("on a fakechain: %s", fake)
	}
	if err := a.CheckNetwork(0); err == nil {
		t.Error("no network accepts an address")
	}
	for _, name := range []string{"", "Mainnet", "regtest", "network 0"} {
		if n, err := ParseNetwork(name); !errors.Is(err, ErrNetworkName) {
			t.Errorf("%q: got %v, %v", name, n, err)
		}
	}
}

func TestAddressJSON(t *testing.T) {
	type record struct {
		Network Network
		Address Address
		Key     PublicKey
	}
	a := mustParse(t, aliceText)
	in := record{Fakechain, a, a.Spend}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Network":"fakechain","Address":"` + aliceText + `","Key":"` + a.Spend.String() + `"}`
	if string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var out record
	if err := json.Unmarshal(text, &out); err != nil || out != in {
		t.Errorf("got %+v, %v", out, err)
	}
	for _, bad := range []record{{}, {Network: Mainnet}, {Network: Mainnet, Address: Address{Network: Mainnet}}, {Network: Mainnet, Address: Address{Network: 9, Kind: Standard}}} {
		if text, err := json.Marshal(bad); err == nil {
			t.Errorf("record %+v as JSON: got %s, want an error", bad, text)
		}
		if bad.Address.String() != "" {
			t.Errorf("text of record %+v: got %s, want none", bad, bad.Address)
		}
	}
}

func TestAddressRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "seed")
		w, err := NewWallet(Network(rapid.IntRange(1, 4).Draw(t, "network")), strings.NewReader(string(seed)))
		if err != nil {
			t.Fatal(err)
		}
		a := w.Subaddress(rapid.Uint32Range(0, 2).Draw(t, "account"), rapid.Uint32().Draw(t, "index"))
		if rapid.Bool().Draw(t, "integrated") {
			a = w.Integrated([8]byte(seed))
		}
		got, err := ParseAddress(a.String())
		if err != nil || got != a {
			t.Fatalf("got %+v, %v, want %+v", got, err, a)
		}
	})
}
