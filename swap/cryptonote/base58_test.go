package cryptonote

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBase58Vectors(t *testing.T) {
	// The cases of oxen-core tests/unit_tests/base58.cpp.
	for _, c := range []struct{ hex, text string }{
		{"", ""},
		{"00", "11"}, {"39", "1z"}, {"ff", "5Q"},
		{"0000", "111"}, {"0039", "11z"}, {"0100", "15R"}, {"ffff", "LUv"},
		{"000000", "11111"}, {"000039", "1111z"}, {"010000", "11LUw"}, {"ffffff", "2UzHL"},
		{"00000039", "11111z"}, {"ffffffff", "7YXq9G"},
		{"0000000039", "111111z"}, {"ffffffffff", "VtB5VXc"},
		{"000000000039", "11111111z"}, {"ffffffffffff", "3CUsUpv9t"},
		{"00000000000039", "111111111z"}, {"ffffffffffffff", "Ahg1opVcGW"},
		{"0000000000000039", "1111111111z"}, {"ffffffffffffffff", "jpXCZedGfVQ"},
		{"0000000000000000", "11111111111"}, {"0000000000000001", "11111111112"},
		{"0000000000000008", "11111111119"}, {"0000000000000009", "1111111111A"},
		{"000000000000003a", "11111111121"}, {"00ffffffffffffff", "1Ahg1opVcGW"},
		{"06156013762879f7", "22222222222"}, {"05e022ba374b2a00", "1z111111111"},
		{"000000000000000000", "1111111111111"},
		{"06156013762879f706156013762879f7", "2222222222222222222222"},
		{"06156013762879f7ffffffffffffffff", "22222222222jpXCZedGfVQ"},
	} {
		data, _ := hex.DecodeString(c.hex)
		if got := EncodeBase58(data); got != c.text {
			t.Errorf("encode %s: got %q, want %q", c.hex, got, c.text)
		}
		got, err := DecodeBase58(c.text)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("decode %q: got %x, %v; want %s", c.text, got, err, c.hex)
		}
	}
}

func TestBase58Refusals(t *testing.T) {
	for _, c := range []struct {
		text string
		want Reason
	}{
		{"1", ErrLength}, {"1111", ErrLength}, {"11111111", ErrLength}, {"jpXCZedGfVQ1", ErrLength},
		{"5R", ErrOverflow}, {"zz", ErrOverflow}, {"LUw", ErrOverflow}, {"2UzHM", ErrOverflow}, {"7YXq9H", ErrOverflow},
		{"VtB5VXd", ErrOverflow}, {"3CUsUpv9u", ErrOverflow}, {"Ahg1opVcGX", ErrOverflow}, {"jpXCZedGfVR", ErrOverflow},
		{"zzzzzzzzzzz", ErrOverflow}, {"11111111111zz", ErrOverflow}, {"jpXCZedGfVRjpXCZedGfVQ", ErrOverflow},
		{"0", ErrAlphabet}, {"10", ErrAlphabet}, {"1O", ErrAlphabet}, {"1I", ErrAlphabet}, {"1l", ErrAlphabet}, {"1 ", ErrAlphabet},
		{"\x00\x00", ErrAlphabet}, {"1\n", ErrAlphabet}, {"é", ErrAlphabet}, {"1\xff", ErrAlphabet},
	} {
		if data, err := DecodeBase58(c.text); !errors.Is(err, c.want) {
			t.Errorf("decode %q: got %x, %v; want %v", c.text, data, err, c.want)
		}
	}
}

func TestBase58RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "data")
		text := EncodeBase58(data)
		if len(text) != base58TextLen(len(data)) {
			t.Fatalf("%d characters, computed %d", len(text), base58TextLen(len(data)))
		}
		got, err := DecodeBase58(text)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("got %x, %v", got, err)
		}
	})
}

func TestErrorsSayWhatToDo(t *testing.T) {
	_, err := ParseAddress("L5vwpVVj0")
	want := "address: character outside the base58 alphabet (character 9): copy it again from the wallet, whole and without spaces"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, r := range []Reason{
		ErrAlphabet, ErrLength, ErrOverflow, ErrTooLong, ErrTooShort, ErrChecksum, ErrVarint, ErrPrefix, ErrTrailing,
		ErrOtherNetwork, ErrNetworkName, ErrAddressFields, ErrHex, ErrPointEncoding, ErrOffCurve, ErrIdentity, ErrTorsion,
		ErrSecret, ErrMagic, ErrSignatureLength, ErrScalarC, ErrScalarR, ErrZeroC, ErrCommitment, ErrMismatch,
	} {
		if r.Advice() == "" || strings.ContainsAny(string(r)+r.Advice(), "\n") {
			t.Errorf("%q: advice %q", r, r.Advice())
		}
	}
	if ReasonOf(errors.New("other")) != "" || ReasonOf(nil) != "" {
		t.Error("a reason for an error that has none")
	}
}
