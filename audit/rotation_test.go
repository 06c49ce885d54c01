package audit

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"oxenswap/audit/follow"
	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// rotatedLog is a migrated log whose key was changed twice.
func rotatedLog(t *testing.T) (l *testLog, vkeys []string) {
	t.Helper()
	l = migratedWith(t, nil, func(l *testLog) {
		l.rotate()
		l.add(&swap.Correction{Entry: 1, Note: "between two keys", By: "ann"})
		l.rotate()
	})
	vkeys = []string{l.vkey}
	for _, r := range l.plain().Keys().Rotations() {
		vkeys = append(vkeys, r.New)
	}
	return l, vkeys
}

// TestRotated: an auditor who was given any of the keys can audit a log that has had three, also
// from an earlier checkpoint, and reads in the report how often it was changed.
func TestRotated(t *testing.T) {
	l, vkeys := rotatedLog(t)
	plain := l.plain()
	export := plain.Export()
	first, second := int(l.find("key.rotated", 0)), int(l.find("key.rotated", 1))
	for i, vkey := range vkeys {
		for _, size := range []int{first, first + 1, second, second + 1, len(l.lines)} {
			o := l.options()
			o.Key, o.Since = vkey, plain.Cut(size).Checkpoint()
			r := replayed(t, export, o)
			if !r.OK() || r.Anchors.Since != uint64(size) || !slices.Contains(r.Checked, Count{"changes of the ledger's key", 2}) {
				t.Errorf("key %d, since %d entries: %v, %v", i, size, r.Anchors, r.Problems)
			}
		}
	}
	o := l.options()
	o.Key = ""
	if r := replayed(t, export, o); !r.Holds {
		t.Errorf("without a key: %v", r.Problems)
	}
	_, o.Key = newTestKey(t, l.terms.Origin()+"/x")
	if r := replayed(t, export, o); r.OK() || firstEntry(r) != "0" {
		t.Errorf("with another log's key: %v", r.Problems)
	}
}

// TestTamperRotations: whatever is done about a log's keys shows, and names the entry that it is
// about.
func TestTamperRotations(t *testing.T) {
	l, vkeys := rotatedLog(t)
	honest := l.plain()
	first, second := l.find("key.rotated", 0), l.find("key.rotated", 1)
	// with signs changed files with the key in force.
	with := func(change func(m fstest.MapFS)) fstest.MapFS {
		m := maps.Clone(honest.Export())
		change(m)
		honest.Sign(m)
		return m
	}
	// by is the honest log signed by its n-th key alone, from the entry that put it into force on.
	by := func(n int) *logtest.Log {
		other := honest.Fork()
		other.Later = other.Later[:n]
		return other
	}
	secret, _, err := ledger.NewKey(newEntropy("thief"), l.terms.Origin())
	must(t, err)
	thief, err := ledger.NewSigner(secret)
	must(t, err)
	rotation := func(n int) string { return ledger.RotationPath(n) }
	for _, c := range []struct {
		name  string
		keys  []int // that are given; by each of them it must show
		files fstest.MapFS
		entry *uint64 // that is named first
		want  string  // in the words about a problem
	}{
		{"both rotations dropped", []int{0, 1, 2}, with(func(m fstest.MapFS) { delete(m, rotation(1)); delete(m, rotation(2)) }), &first, "rotation/1, from which readers learn of it, is not in the export"},
		{"the second dropped", []int{0, 1}, with(func(m fstest.MapFS) { delete(m, rotation(2)) }), &second, "rotation/2, from which readers learn of it, is not in the export"},
		{"exchanged", []int{0, 1, 2}, with(func(m fstest.MapFS) { m[rotation(1)], m[rotation(2)] = m[rotation(2)], m[rotation(1)] }), &first, "rotation/1 is not its note"},
		{"the first one twice", []int{0, 1, 2}, with(func(m fstest.MapFS) { m[rotation(2)] = m[rotation(1)] }), &second, "rotation/2 is not its note"},
		{"signed by a stranger", []int{0, 1, 2}, with(func(m fstest.MapFS) {
			text, _, _ := strings.Cut(string(m[rotation(1)].Data), "\n\n")
			signed, err := ledger.SignNote(text+"\n", thief)
			must(t, err)
			m[rotation(1)] = &fstest.MapFile{Data: signed}
		}), &first, "rotation/1 is not its note"},
		{"a third that is no entry", []int{0, 1, 2}, with(func(m fstest.MapFS) {
			_, vkey := newTestKey(t, l.terms.Origin())
			r := ledger.Rotation{Origin: l.terms.Origin(), Entry: int64(second) + 1, Old: vkeys[2], New: strangerOf(t, vkey)}
			signed, err := ledger.SignRotation(r, honest.Later[1].Signer)
			must(t, err)
			m[rotation(3)] = &fstest.MapFile{Data: signed}
		}), nil, "no entry has changed the ledger's key so often"},
		{"the first key signs on", []int{0}, by(0).Export(), &first, "rotation/1, from which"},
		{"the second key signs on", []int{0, 1}, by(1).Export(), &second, "rotation/2, from which"},
		{"the first key signs the checkpoint of today", []int{0, 1, 2}, with(func(m fstest.MapFS) { m["checkpoint"] = &fstest.MapFile{Data: by(0).Checkpoint()} }), nil, "which entry "},
		{"the first key signs the manifest of today", []int{0, 1, 2}, func() fstest.MapFS {
			m := with(func(fstest.MapFS) {})
			by(0).Sign(m)
			m["checkpoint"] = &fstest.MapFile{Data: honest.Checkpoint()}
			by(0).Sign(m)
			return m
		}(), nil, "the key in force"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, i := range c.keys {
				o := l.options()
				o.Key = vkeys[i]
				r := replayed(t, c.files, o)
				if r.OK() || !slices.ContainsFunc(r.Problems, func(p Problem) bool { return strings.Contains(p.What, c.want) }) {
					t.Errorf("key %d: want %q, got %v", i, c.want, r.Problems)
					continue
				}
				if p := r.Problems[0]; (p.Entry == nil) != (c.entry == nil) || p.Entry != nil && *p.Entry != *c.entry {
					t.Errorf("key %d: entry %s is named first: %v", i, firstEntry(r), r.Problems)
				}
			}
		})
	}
}

func strangerOf(t *testing.T, vkey string) string {
	t.Helper()
	_, other, err := ledger.NewKey(newEntropy(vkey), strings.SplitN(vkey, "+", 2)[0])
	must(t, err)
	return other
}

// TestThief: who has stolen a key that was replaced since can only write another history, which
// shows against whatever is known of the real one.
func TestThief(t *testing.T) {
	l, vkeys := rotatedLog(t)
	honest := l.plain()
	first := int(l.find("key.rotated", 0))
	// The fork goes on from just before the first rotation, as if there had been none.
	fork := honest.Cut(first)
	fork.Later = nil
	for range 400 {
		fork.Add(&swap.Correction{Entry: 1, Note: "of a thief", By: "ann"})
	}
	files := fork.Export()
	for i, vkey := range vkeys {
		o := l.options()
		o.Key = vkey
		o.Since = honest.Checkpoint()
		if r := replayed(t, files, o); r.OK() {
			t.Errorf("key %d: the fork passes", i)
		}
		o.Since = nil
		if r := replayed(t, files, o); i > 0 && r.OK() {
			t.Errorf("key %d: the fork passes without a checkpoint", i)
		}
		key := mustVerifier(t, vkey)
		log, err := follow.Open(files, key)
		if err != nil {
			if i == 0 {
				t.Error(err)
			}
			continue
		}
		if i > 0 {
			t.Errorf("key %d opens the fork", i)
		}
		for _, size := range []int{first + 1, first + 2, len(honest.Lines)} {
			c, _, err := honest.Keys().OpenCheckpoint(honest.Cut(size).Checkpoint())
			must(t, err)
			if err := log.Extends(c); err == nil {
				t.Errorf("it shows not against a checkpoint of %d entries", size)
			}
		}
	}
	// Nor can the thief hand the key on: the entry is another one's.
	fork.Rotate()
	if _, err := follow.Open(fork.Export(), mustVerifier(t, vkeys[1])); err == nil {
		t.Error("who knows the second key believes in another second one")
	}
}
