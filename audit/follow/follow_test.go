package follow

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

const origin = "claim.example/1166f61c0c9abbf6"

// grown is a log of n entries.
func grown(tb testing.TB, n int) *logtest.Log {
	tb.Helper()
	l := logtest.New(tb, origin)
	for i := range n {
		l.Add(&swap.Correction{Entry: uint64(i), Note: "a note", By: "ann"})
	}
	return l
}

// forked is the log with another entry in place of the n-th.
func forked(l *logtest.Log, n int) *logtest.Log {
	other := l.Fork()
	other.Lines[n] = bytes.Replace(l.Lines[n], []byte("a note"), []byte("a lie!"), 1)
	return other
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func opened(tb testing.TB, l *logtest.Log) *Log {
	tb.Helper()
	log, err := Open(l.Export(), l.Key)
	must(tb, err)
	return log
}

func checkpoint(tb testing.TB, l *logtest.Log) ledger.Checkpoint {
	tb.Helper()
	c, _, err := l.Keys().OpenCheckpoint(l.Checkpoint())
	must(tb, err)
	return c
}

func newWitness(tb testing.TB, name string) (note.Signer, *ledger.Witness) {
	tb.Helper()
	seed := sha256.Sum256([]byte(name))
	signer, err := torchwood.NewCosignatureSigner(name, ed25519.NewKeyFromSeed(seed[:]))
	must(tb, err)
	w, err := ledger.NewWitness(signer.Verifier().String())
	must(tb, err)
	return signer, w
}

// TestExtends: a log extends each of its earlier states and nothing else.
func TestExtends(t *testing.T) {
	l := grown(t, 600)
	now := opened(t, l)
	for _, n := range []int{0, 1, 2, 255, 256, 257, 512, 599, 600} {
		if err := now.Extends(checkpoint(t, l.Cut(n))); err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
	}
	var v *Violation
	for _, c := range []struct{ changed, size int }{{0, 1}, {0, 600}, {255, 256}, {256, 257}, {599, 600}, {300, 500}} {
		if err := now.Extends(checkpoint(t, forked(l, c.changed).Cut(c.size))); !errors.As(err, &v) || v.Kind != Fork {
			t.Errorf("entry %d of %d changed: %v", c.changed, c.size, err)
		}
	}
	err := opened(t, l.Cut(512)).Extends(checkpoint(t, l))
	if !errors.As(err, &v) || v.Kind != Shrunk || v.Old.N != 600 || v.New.N != 512 {
		t.Errorf("a log that has shrunk: %v", err)
	}
	other := logtest.New(t, "other.example/1166f61c0c9abbf6")
	if err := now.Extends(checkpoint(t, other)); err == nil || errors.As(err, &v) {
		t.Errorf("another log: %v", err)
	}
}

// TestFirstDifference names the entry whatever its place.
func TestFirstDifference(t *testing.T) {
	l := grown(t, 600)
	for _, n := range []int{0, 1, 255, 256, 511, 598, 599} {
		got, err := FirstDifference(opened(t, l), opened(t, forked(l, n)), 600)
		if err != nil || got != int64(n) {
			t.Errorf("entry %d: %d, %v", n, got, err)
		}
	}
	if got, err := FirstDifference(opened(t, l.Cut(300)), opened(t, l), 300); err != nil || got != 300 {
		t.Errorf("a log that goes on: %d, %v", got, err)
	}
}

// counting counts what is read.
type counting struct {
	fs.FS
	paths map[string]bool
}

func (c counting) Open(name string) (fs.File, error) {
	c.paths[name] = true
	return c.FS.Open(name)
}

// TestNeeded: a question is answered from the checkpoint and few tiles, never from entries that it
// is not about.
func TestNeeded(t *testing.T) {
	l := grown(t, 10_000)
	files := counting{l.Export(), map[string]bool{}}
	log, err := Open(files, l.Key)
	must(t, err)
	must(t, log.Extends(checkpoint(t, l.Cut(5_000))))
	if len(files.paths) > 5 {
		t.Errorf("an earlier checkpoint took %d files", len(files.paths))
	}
	for path := range files.paths {
		if strings.HasPrefix(path, "tile/entries/") || strings.HasPrefix(path, "attachment/") || path == "manifest" {
			t.Errorf("%s was read", path)
		}
	}
	r, err := CheckReceipt(l.Cut(5_000).Receipt(1234), l.Keys())
	must(t, err)
	clear(files.paths)
	if err := r.CheckLog(log); err != nil || len(files.paths) > 4 {
		t.Errorf("a receipt took %d files: %v", len(files.paths), err)
	}
}

// TestGrownMeanwhile: a partial tile that gave way to the full one is read from that.
func TestGrownMeanwhile(t *testing.T) {
	l := grown(t, 300)
	files := l.Export()
	files["checkpoint"] = &fstest.MapFile{Data: l.Cut(200).Checkpoint()}
	log, err := Open(files, l.Key)
	must(t, err)
	lines, err := log.Bundle(0)
	if err != nil || !slices.EqualFunc(lines, l.Lines[:200], bytes.Equal) {
		t.Errorf("%d entries, %v", len(lines), err)
	}
	must(t, log.Extends(checkpoint(t, l.Cut(100))))
}

// TestLies: whatever byte of a file is changed, nothing unverified is given out.
func TestLies(t *testing.T) {
	l := grown(t, 300)
	clean := l.Export()
	random := rand.New(rand.NewPCG(3, 4))
	for path, f := range clean {
		if path == "manifest" {
			continue // a log of others has none
		}
		for range 40 {
			data := bytes.Clone(f.Data)
			data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
			files := fstest.MapFS{}
			for p, f := range clean {
				files[p] = f
			}
			files[path] = &fstest.MapFile{Data: data}
			log, err := Open(files, l.Key)
			for n := range int64(2) {
				if err == nil {
					_, err = log.Bundle(n)
				}
			}
			if err == nil {
				t.Fatalf("a change in %s went unnoticed", path)
			}
		}
	}
}

// TestWitnesses: all of those that are asked for must have cosigned.
func TestWitnesses(t *testing.T) {
	l := grown(t, 3)
	ann, annKey := newWitness(t, "ann.example")
	_, benKey := newWitness(t, "ben.example")
	files := l.Export(ann)
	if log, err := Open(files, l.Key, annKey); err != nil || len(log.Cosignatures) != 1 || log.Cosignatures[0].Name != "ann.example" {
		t.Errorf("one witness: %v", err)
	}
	var missing *WitnessError
	if _, err := Open(files, l.Key, annKey, benKey); !errors.As(err, &missing) || missing.Name != "ben.example" {
		t.Errorf("two witnesses: %v", err)
	}
	if _, err := CheckReceipt(l.Receipt(0), l.Keys(), annKey); !errors.As(err, &missing) {
		t.Errorf("a receipt without: %v", err)
	}
	if _, err := Open(l.Export(), logtest.New(t, "other.example/1").Key); err == nil {
		t.Error("another log's key")
	}
}

// TestReceipt: the log of today is held against the receipt.
func TestReceipt(t *testing.T) {
	l := grown(t, 600)
	r, err := CheckReceipt(l.Cut(400).Receipt(300), l.Keys())
	must(t, err)
	if r.Entry.Seq != 300 || r.Checkpoint.N != 400 {
		t.Errorf("entry %d of %d", r.Entry.Seq, r.Checkpoint.N)
	}
	var v *Violation
	for _, c := range []struct {
		name string
		log  *logtest.Log
		kind string
		want string
	}{
		{"the same log", l, "", ""},
		{"the entry was changed", forked(l, 300), Fork, "entry 300 in the log is another one now"},
		{"another entry was changed", forked(l, 20), Fork, "first 400 entries"},
		{"a later entry was changed", forked(l, 500), "", ""},
		{"it has shrunk", l.Cut(399), Shrunk, "it has shrunk"},
		{"it has shrunk and changed", forked(l, 300).Cut(399), Shrunk, "entry 300 in the log is another one now"},
	} {
		err := r.CheckLog(opened(t, c.log))
		if c.kind == "" && err != nil || c.kind != "" && (!errors.As(err, &v) || v.Kind != c.kind || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want a violation %q that says %q", c.name, err, c.kind, c.want)
		}
	}
}
