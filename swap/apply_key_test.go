package swap

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/ledger"
)

func TestApplyKeyRotated(t *testing.T) {
	// next is the entry that hands over to a new key, of which change may change its parts before
	// the named key signs.
	next := func(by string, change func(l *testLedger, r *ledger.Rotation)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			r := l.rotation()
			if change != nil {
				change(l, &r)
			}
			return l.rotate(r, by), nil
		}
	}
	runApplyCases(t, []applyCase{
		{"next", "open", next("", nil), ""},
		{"signed by the next key", "open", next("next", nil), "no verifiable signatures"},
		{"of another entry", "open", next("", func(_ *testLedger, r *ledger.Rotation) { r.Entry++ }), "is for entry"},
		{"from a stranger's key", "open", next("old", func(l *testLedger, r *ledger.Rotation) { r.Old = l.stranger("old", r.Origin) }), "the ledger's key is"},
		{"of another log", "open", next("old", func(l *testLedger, r *ledger.Rotation) {
			r.Origin = "other.example/0011223344556677"
			r.Old, r.New = l.stranger("old", r.Origin), l.stranger("next", r.Origin)
		}), "about the log other.example"},
		{"to another key than the entry says", "open", func(l *testLedger) (Event, [][]byte) {
			e := l.rotate(l.rotation(), "")
			e.Key = l.stranger("other", l.terms.Origin())
			return e, nil
		}, "its note names the key"},
		{"no note", "open", func(*testLedger) (Event, [][]byte) { return &KeyRotated{Key: "k"}, nil }, "not a signed note"},
	})
	l := newLedger(t, testTerms(t, testProgrammes))
	first, first64 := l.migration().LedgerKey, l.secret[l.terms.Origin()]
	for range 2 {
		r := l.rotation()
		l.must(l.rotate(r, ""))
		l.secret[l.terms.Origin()] = l.secret["next"]
		m := l.migration()
		if keys, err := m.Keys(); m.LedgerKey != r.New || err != nil || keys.Rotations()[len(m.Rotations)-1] != r {
			t.Fatalf("the rotations: got %+v, %v, want the last to be the new key's", m.Rotations, err)
		}
	}
	back := l.rotation()
	back.New = first
	if err := l.try(l.rotate(back, "")); err == nil || !strings.Contains(err.Error(), "a key does not come back") {
		t.Errorf("the first key again: %v", err)
	}
	l.secret["first"] = first64
	stolen := l.rotation()
	stolen.Old = first
	if err := l.try(l.rotate(stolen, "first")); err == nil || !strings.Contains(err.Error(), "the ledger's key is") {
		t.Errorf("signed by the first key again: %v", err)
	}
}

// rotation is that to a new key, which is kept as "next".
func (l *testLedger) rotation() ledger.Rotation {
	m := l.migration()
	return ledger.Rotation{Origin: l.terms.Origin(), Entry: int64(len(l.log)), Old: m.LedgerKey, New: l.stranger("next", l.terms.Origin())}
}

// stranger makes a key with a name and keeps it under another.
func (l *testLedger) stranger(as, name string) (vkey string) {
	kept := l.secret[name]
	vkey = l.key(name)
	l.secret[as], l.secret[name] = l.secret[name], kept
	return vkey
}

// rotate signs a rotation by the ledger's key or another, whether it is its to sign or not.
func (l *testLedger) rotate(r ledger.Rotation, by string) *KeyRotated {
	l.t.Helper()
	if by == "" {
		by = l.terms.Origin()
	}
	signer, err := ledger.NewSigner(l.secret[by])
	if err != nil {
		l.t.Fatalf("ledger.NewSigner: %v", err)
	}
	text := fmt.Sprintf("oxenswap ledger key rotation v1\n%s\nentry %d\nold %s\nnew %s\n", r.Origin, r.Entry, r.Old, r.New)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		l.t.Fatalf("note.Sign: %v", err)
	}
	return &KeyRotated{Key: r.New, Note: string(signed)}
}
