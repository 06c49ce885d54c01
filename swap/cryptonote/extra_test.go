package cryptonote

import (
	"bytes"
	"slices"
	"testing"
)

// TestKeysAreSearched: extra that would stop a careless reader does not hide the right key.
func TestKeysAreSearched(t *testing.T) {
	base := newScene(t)
	off := slices.Concat([]byte{ExtraPublicKey, 2}, make([]byte, 31))
	for name, change := range map[string]func(s *scene, extra []byte) []byte{
		"off-curve key before":      func(_ *scene, b []byte) []byte { return append(slices.Clone(off), b...) },
		"off-curve key twice":       func(_ *scene, b []byte) []byte { return slices.Concat(off, off, b) },
		"non-canonical key before":  func(_ *scene, b []byte) []byte { return slices.Concat([]byte{1}, bytes.Repeat([]byte{0xff}, 32), b) },
		"other keys before":         func(s *scene, b []byte) []byte { return slices.Concat(s.keyField(), s.keyField(), b) },
		"the key twice":             func(_ *scene, b []byte) []byte { return slices.Concat(b, b) },
		"the key 40 times":          func(_ *scene, b []byte) []byte { return bytes.Repeat(b, 40) },
		"60 other keys":             func(s *scene, b []byte) []byte { return append(manyKeys(s, 60), b...) },
		"a nonce before":            func(_ *scene, b []byte) []byte { return append([]byte{ExtraNonce, 3, 1, 1, 1}, b...) },
		"all kinds of fields":       func(_ *scene, b []byte) []byte { return append(everyField(), b...) },
		"padding after":             func(_ *scene, b []byte) []byte { return append(b, 0, 0, 0) },
		"rubbish after":             func(_ *scene, b []byte) []byte { return append(b, 0xee, 1, 2) },
		"a cut key after":           func(_ *scene, b []byte) []byte { return append(b, 1, 2) },
		"among the additional ones": func(_ *scene, b []byte) []byte { return slices.Concat([]byte{ExtraAdditionalKeys, 1}, b[1:33]) },
		"in a second such list": func(s *scene, b []byte) []byte {
			return slices.Concat(off, []byte{ExtraAdditionalKeys, 1}, s.keyField()[1:], []byte{ExtraAdditionalKeys, 1}, b[1:33])
		},
	} {
		s := base.copy(t)
		if name == "60 other keys" {
			s.evidence.Rules = Rules1
		}
		s.replace(5, func(tx *Transaction) { tx.Extra = change(s, tx.Extra) })
		if report := s.verify(); !report.Good() || report.Total != sceneTotal {
			t.Errorf("%s: %d, %v", name, report.Total, report.Refusal)
		}
	}
}

func manyKeys(s *scene, n int) (b []byte) {
	for range n {
		b = append(b, s.keyField()...)
	}
	return b
}

// everyField is an extra with one field of each kind but padding.
func everyField() []byte {
	z := func(n int) []byte { return make([]byte, n) }
	return slices.Concat(
		[]byte{ExtraNonce, 2, 9, 9},
		[]byte{ExtraMergeMining, 33}, z(33),
		[]byte{ExtraNodeRegister, 2}, z(64), []byte{1}, z(32), z(8), []byte{2, 0x80, 1, 5}, z(72),
		[]byte{ExtraNodeDeregisterOld}, z(12), []byte{2}, z(2*68),
		[]byte{ExtraNodeWinner}, z(32),
		[]byte{ExtraNodeContributor}, z(64),
		[]byte{ExtraNodeKey}, z(32),
		[]byte{ExtraSecretKey}, z(32),
		[]byte{ExtraKeyImageProofs, 2}, z(192),
		[]byte{ExtraKeyImageUnlock}, z(100),
		[]byte{ExtraNodeStateChange, 1, 5, 6, 1, 7}, z(64),
		[]byte{ExtraNodeStateChange, 4, 1, 5, 6, 1, 7}, z(64), []byte{3, 4},
		[]byte{ExtraBurn}, z(8),
		[]byte{ExtraNameSystem, 0, 1}, z(64), []byte{0x0f, 0}, z(65), []byte{1}, z(32), []byte{1}, z(64), []byte{3, 1, 2, 3},
		[]byte{ExtraNameSystem, 0, 1}, z(64), []byte{0},
		[]byte{ExtraMinergate, 1, 1},
	)
}

func TestExtraFields(t *testing.T) {
	var tags []byte
	for f := range ExtraFields(everyField()) {
		if f.Malformed {
			t.Errorf("%#x is malformed: %x", f.Tag, f.Data)
		}
		tags = append(tags, f.Tag)
	}
	if want := []byte{2, 3, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x78, 0x79, 0x7a, 0x7a, 0xde}; !bytes.Equal(tags, want) {
		t.Errorf("tags %x", tags)
	}
	for name, extra := range map[string][]byte{
		"unknown tag":          {0x05},
		"padding and more":     {0, 0, 1},
		"long padding":         make([]byte, 256),
		"key cut off":          {1, 2, 3},
		"nonce of 256":         slices.Concat([]byte{2, 0x80, 2}, make([]byte, 256)),
		"nonce cut off":        {2, 5, 1},
		"keys cut off":         {4, 2, 1},
		"keys without count":   {4},
		"2^63 keys":            {4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1},
		"state 5":              slices.Concat([]byte{0x78, 5}, make([]byte, 10)),
		"version 4, state 4":   slices.Concat([]byte{0x78, 4, 4}, make([]byte, 10)),
		"name with field 0x10": slices.Concat([]byte{0x7a, 0, 0}, make([]byte, 64), []byte{0x10}),
		"name of owner 2":      slices.Concat([]byte{0x7a, 0, 0}, make([]byte, 64), []byte{1, 2}),
		"name, signature 2":    slices.Concat([]byte{0x7a, 0, 0}, make([]byte, 64), []byte{4, 2}),
	} {
		fields := slices.Collect(ExtraFields(append([]byte{ExtraBurn, 0, 0, 0, 0, 0, 0, 0, 0}, extra...)))
		if len(fields) != 2 || fields[0].Malformed || !fields[1].Malformed || fields[1].Tag != extra[0] || !bytes.Equal(fields[1].Data, extra[1:]) {
			t.Errorf("%s: %+v", name, fields)
		}
	}
	if n := len(slices.Collect(ExtraFields(make([]byte, 255)))); n != 1 {
		t.Errorf("255 bytes of padding: %d fields", n)
	}
	for range ExtraFields(everyField()) {
		break // a reader may stop
	}
}

// TestPublicKeys: shared ones first, then the output's own, each once.
func TestPublicKeys(t *testing.T) {
	key := func(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }
	extra := slices.Concat([]byte{ExtraPublicKey}, key(1), []byte{ExtraPublicKey}, key(2), []byte{ExtraPublicKey}, key(1),
		[]byte{ExtraAdditionalKeys, 2}, key(3), key(1), []byte{ExtraAdditionalKeys, 0}, []byte{ExtraAdditionalKeys, 3}, key(4), key(5), key(6),
		[]byte{0x05}, []byte{ExtraPublicKey}, key(7))
	tx := Transaction{Extra: extra}
	for index, want := range [][]byte{{1, 2, 3, 4}, {1, 2, 5}, {1, 2, 6}, {1, 2}, {1, 2}} {
		var got []byte
		for _, k := range tx.PublicKeys(uint64(index)) {
			got = append(got, k[0])
		}
		if !bytes.Equal(got, want) {
			t.Errorf("output %d: %v, want %v", index, got, want)
		}
	}
	if n := len(tx.keys().shared); n != 2 {
		t.Errorf("%d shared keys", n)
	}
	many := Transaction{Extra: bytes.Repeat(extra[:99], 30)}
	if n := len(many.keys().shared); n != 2 {
		t.Errorf("%d shared keys of many", n)
	}
	if none := new(Transaction).PublicKeys(0); len(none) != 0 {
		t.Errorf("%v of nothing", none)
	}
}
