package follow

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// rotated is a log of 90 entries whose key changed with entries 30 and 60.
func rotated(tb testing.TB) *logtest.Log {
	tb.Helper()
	l := grown(tb, 30)
	for len(l.Lines) < 90 {
		if len(l.Lines)%30 == 0 {
			l.Rotate()
		}
		l.Add(&swap.Correction{Entry: 1, Note: "a note", By: "ann"})
	}
	return l
}

// stolen is a log that goes its own way with its first key, whatever became of that.
func stolen(l *logtest.Log, size int) *logtest.Log {
	other := l.Cut(size)
	other.Later = nil
	return other
}

// keysOf are the keys of a log by number.
func keysOf(tb testing.TB, l *logtest.Log) []note.Verifier {
	tb.Helper()
	out := []note.Verifier{l.Key}
	for _, r := range l.Keys().Rotations() {
		v, err := ledger.NewVerifier(r.New)
		must(tb, err)
		out = append(out, v)
	}
	return out
}

func fails(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: %v, not %q", name, err, want)
	}
}

// TestRotatedLog: whoever knows any of a log's keys can follow it across their changes, and nobody
// with a former key can show them another one.
func TestRotatedLog(t *testing.T) {
	l := rotated(t)
	_, stranger := newWitness(t, "x.example")
	for i, key := range keysOf(t, l) {
		log, err := Open(l.Export(), key)
		must(t, err)
		for _, size := range []int{1, 30, 31, 60, 61, 90} {
			c, _, err := OpenCheckpoint(l.Cut(size).Checkpoint(), log.Keys)
			must(t, err)
			fails(t, "an earlier state", log.Extends(c), "")
			r, err := CheckReceipt(l.Cut(size).Receipt(uint64(size-1)), log.Keys)
			must(t, err)
			fails(t, "a receipt", r.CheckLog(log), "")
			if _, err = Open(l.Cut(size).Export(), key); (err == nil) != (size > []int{0, 30, 60}[i]) {
				t.Errorf("an old copy alone, of %d entries: %v", size, err)
			}
			old, err := OpenEarlier(l.Cut(size).Export(), key, log.Keys.Signed())
			must(t, err)
			fails(t, "an old copy", log.Extends(old.Checkpoint), "")
		}
	}
	_, err := Open(l.Export(), stranger)
	fails(t, "a stranger's key", err, "is none of the log's")

	with := func(change func(fstest.MapFS)) fs.FS {
		files := l.Export()
		change(files)
		return files
	}
	sign := func(size int, key *logtest.Log) []byte { return stolen(key, size).Checkpoint() }
	for _, c := range []struct {
		name  string
		key   int
		files fs.FS
		want  string
	}{
		{"the former key signs on", 0, with(func(m fstest.MapFS) { m["checkpoint"] = &fstest.MapFile{Data: sign(90, l)} }), "it is of 90 entries and signed by the key claim.example/1166f61c0c9abbf6+"},
		{"the former key signs on", 0, with(func(m fstest.MapFS) { m["checkpoint"] = &fstest.MapFile{Data: sign(90, l)} }), "which entry 30 had replaced"},
		{"the former key signs the very entry", 0, with(func(m fstest.MapFS) { m["checkpoint"] = &fstest.MapFile{Data: sign(31, l)} }), "which entry 30 had replaced"},
		{"no rotations", 0, with(func(m fstest.MapFS) { delete(m, "rotation/1"); delete(m, "rotation/2") }), "no verifiable signatures"},
		{"only one", 0, with(func(m fstest.MapFS) { delete(m, "rotation/2") }), "no verifiable signatures"},
		{"swapped", 0, with(func(m fstest.MapFS) { m["rotation/1"], m["rotation/2"] = m["rotation/2"], m["rotation/1"] }), "rotation/2: entry 60 hands"},
		{"an old copy with the rotations of today", 2, func() fs.FS {
			m := l.Cut(40).Export()
			m["rotation/2"] = &fstest.MapFile{Data: l.Later[1].Rotation}
			return m
		}(), "came into force only with entry 60: give the key of then"},
		{"too large", 0, with(func(m fstest.MapFS) { m["rotation/1"] = &fstest.MapFile{Data: make([]byte, 1<<20)} }), "more than"},
	} {
		_, err := Open(c.files, keysOf(t, l)[c.key])
		fails(t, c.name, err, c.want)
	}
	// A receipt that the former key has signed since.
	log := opened(t, l)
	_, err = CheckReceipt(stolen(l, 50).Receipt(40), log.Keys)
	fails(t, "a receipt by the former key", err, "check receipt: open checkpoint: it is of 50 entries and signed by the key")
}

// TestWatchRotated: a watch goes on when the key changes, and a thief of the former one cannot lead
// it astray, not even with the rotations gone.
func TestWatchRotated(t *testing.T) {
	l := rotated(t)
	for i, key := range keysOf(t, l) {
		s := newScene(t, 1)
		s.w.Key = key
		for _, size := range []int{10, 30, 31, 32, 59, 61, 90} {
			if size > []int{0, 30, 60}[i] {
				s.Log = l.Cut(size)
				s.want()
			}
		}
		s.Log = stolen(l, 90)
		s.want(Unsigned)
		if !strings.Contains(s.alarms[0].What, "which entry 30 had replaced") {
			t.Errorf("it says %q", s.alarms[0].What)
		}
		s.Log = stolen(l, 90)
		s.Add(&swap.Correction{Entry: 1, Note: "of a thief", By: "ann"})
		s.want(Unsigned)
		// A second rotation in place of the one that was seen.
		thief := stolen(l, 30)
		thief.Add(&swap.Correction{Entry: 1, Note: "of a thief", By: "ann"})
		thief.Rotate()
		for len(thief.Lines) < 95 {
			thief.Add(&swap.Correction{Entry: 1, Note: "of a thief", By: "ann"})
		}
		s.Log = thief
		s.want(Unsigned)
		if !strings.Contains(s.alarms[0].What, "rotation/1: the log shows another change of its key than before") {
			t.Errorf("it says %q", s.alarms[0].What)
		}
		s.Log = l.Cut(20) // rolled back to before the first rotation
		s.want(Shrunk)
		s.Log = forked(l, 7)
		s.want(Fork)
		s.Log = l
		s.want()
	}
	// The key of today on the command line, and a state from before it.
	s := newScene(t, 1)
	s.Log = l.Cut(20)
	s.want()
	s.Log, s.w.Key = l, keysOf(t, l)[2]
	s.want()
	// A rotation that is announced and not recorded is not remembered.
	s = newScene(t, 1)
	s.Log = l.Cut(20)
	files := s.Export()
	files["rotation/1"] = &fstest.MapFile{Data: l.Later[0].Rotation}
	open := s.w.Open
	s.w.Open = func(context.Context) (fs.FS, func(), error) { return files, func() {}, nil }
	s.want()
	if state, err := ReadState(s.w.StateFile); err != nil || len(state.Rotations) > 0 {
		t.Errorf("%d rotations are remembered, %v", len(state.Rotations), err)
	}
	s.w.Open = open
	s.fail = errors.New("busy")
	if _, err := s.w.Look(t.Context()); err == nil {
		t.Error("a log that does not answer was seen")
	}
}
