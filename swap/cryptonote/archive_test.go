package cryptonote

import (
	"errors"
	"slices"
	"testing"
)

func TestArchiveRefusals(t *testing.T) {
	s := newScene(t)
	good, err := s.proof.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	const first = len(archiveHeader) + 2 // the number of outputs
	edit := func(at, remove int, insert ...byte) []byte {
		return slices.Concat(good[:at], insert, good[at+remove:])
	}
	keys := len(good) - 3*archiveKey - 2
	for _, c := range []struct {
		name    string
		archive []byte
		want    Reason
	}{
		{"good", good, ""},
		{"nothing", nil, ErrCutOff},
		{"header", good[:first], ErrCutOff},
		{"library version 1", edit(24, 1, 1, 1), ErrArchive},
		{"big-endian flag", edit(25, 1, 0x40), ErrArchive},
		{"no endian flag", edit(25, 1, 0), ErrArchive},
		{"other name", edit(3, 1, 'S'), ErrArchive},
		{"no outputs", edit(first, 2, 0), ErrNoOutputs},
		{"number in two bytes", edit(first, 2, 2, 10, 0), ErrNumber},
		{"zero in one byte", edit(first, 2, 1, 0), ErrNumber},
		{"negative number", edit(first, 2, 0xff, 10), ErrNumber},
		{"number of nine bytes", edit(first, 2, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1), ErrNumber},
		{"2^63 outputs", edit(first, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0x80), ErrNumber},
		{"2^62 outputs", edit(first, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0x40), ErrTooManyOutputs},
		{"20,001 outputs", edit(first, 2, 2, 0x21, 0x4e), ErrTooManyOutputs},
		{"20,000 outputs", edit(first, 2, 2, 0x20, 0x4e), ErrCutOff},
		{"9 outputs", edit(first, 2, 1, 9), ErrArchive},
		{"11 outputs", edit(first, 2, 1, 11), ErrArchive},
		{"item version 1", edit(first+2, 1, 1, 1), ErrArchive},
		{"id of 31 bytes", edit(first+8, 1, 31), ErrArchive},
		{"id's length in another form", edit(first+7, 1, 2), ErrArchive},
		{"no keys", edit(keys, 2+3*archiveKey, 0), ""},
		{"2 keys", edit(keys, 2, 1, 2), ErrTrailing},
		{"4 keys", edit(keys, 2, 1, 4), ErrCutOff},
		{"20,002 keys", edit(keys, 2, 2, 0x22, 0x4e), ErrTooManyKeys},
		{"a byte more", append(slices.Clone(good), 0), ErrTrailing},
		{"a byte less", good[:len(good)-1], ErrCutOff},
		{"a key twice", slices.Concat(good[:keys], []byte{1, 4}, good[keys+2:], good[keys+2:keys+2+archiveKey]), ErrRepeatedKey},
	} {
		p, err := DecodeReserveProof(c.archive)
		if ReasonOf(err) != c.want || (p == nil) != (err != nil) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if text, err := ParseReserveProof(proofMagic + EncodeBase58(c.archive)); ReasonOf(err) != c.want || (text == nil) != (err != nil) {
			t.Errorf("%s, as text: %v, want %q", c.name, err, c.want)
		}
	}
	for i := range good {
		if _, err := DecodeReserveProof(good[:i]); err == nil {
			t.Errorf("cut to %d bytes", i)
		}
	}
	var into ReserveProof
	if err := into.UnmarshalBinary(good); err != nil || into.String() != s.proof.String() {
		t.Error(err)
	}
	if err := into.UnmarshalText([]byte("ReserveProofV2")); !errors.Is(err, ErrProofMagic) {
		t.Error(err)
	}
	large := &ReserveProof{Outputs: []ReserveOutput{{Index: 1 << 63}}}
	if _, err := large.MarshalBinary(); !errors.Is(err, ErrNumber) || large.String() != "" {
		t.Error(err)
	}
	for _, index := range []uint64{0, 1, 255, 256, 1<<32 - 1, 1<<63 - 1} {
		p := &ReserveProof{Outputs: []ReserveOutput{{Index: index}}}
		b, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeReserveProof(b)
		if err != nil || again.Outputs[0].Index != index {
			t.Errorf("index %d: %v", index, err)
		}
	}
}
