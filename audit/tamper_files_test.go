package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap/ledger"
)

// randomBytes is how many random bytes of an export TestRandomBytes changes, one at a time.
const randomBytes = 10_000

// overlay is an export with one file replaced, or gone where data is nil.
type overlay struct {
	fstest.MapFS
	path string
	data []byte
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	switch {
	case name != o.path:
		return o.MapFS.Open(name)
	case o.data == nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return fstest.MapFS{name: {Data: o.data}}.Open(name)
}

// readFile opens an export as a replay does, and reads one of its files in the way in which a
// replay reads it.
func readFile(fsys fs.FS, key note.Verifier, path string) error {
	x, err := ledger.OpenExport(fsys, key)
	if err != nil {
		return err
	}
	m := x.Manifest()
	at, listed := slices.BinarySearchFunc(m.Files, path, func(f ledger.File, path string) int { return strings.Compare(f.Path, path) })
	if !listed || path == "checkpoint" {
		return nil // opening has read them
	}
	if strings.HasPrefix(path, "attachment/") {
		name := path[strings.LastIndexByte(path, '/')+1:]
		digest, err := ledger.ParseDigest(strings.TrimSuffix(name, ".gz"))
		if err != nil {
			return err
		}
		_, err = x.Attachment(digest)
		return err
	}
	if _, ok := ledger.ParseRotationPath(path); ok {
		return nil // was read with the keys
	}
	t, err := ledger.ParseTilePath(path)
	switch {
	case err != nil:
		return err
	case !slices.Contains(ledger.NewTiles(0, m.Size), t):
		if err := newFiles(fsys, m).compare(m.Files[at]); err != nil { // of an earlier size
			return &ledger.FileError{Path: path, Err: err}
		}
		return nil
	case t.L < 0:
		_, err = x.Bundle(t.N)
	default:
		_, err = x.ReadHashes([]int64{tlog.StoredHashIndex(8*t.L, 256*t.N)})
	}
	return err
}

// grownExport is an export of a large log with what an export before it left behind.
func grownExport(tb testing.TB, l *testLog) fstest.MapFS {
	tb.Helper()
	plain := l.plain()
	files := plain.Export()
	for path, f := range plain.Cut(len(l.lines) - 30).Export() {
		if strings.HasPrefix(path, "tile/") {
			files[path] = f
		}
	}
	plain.Sign(files)
	if r := replayed(tb, files, l.options()); !r.OK() {
		tb.Fatalf("the clean export: %v", r.Problems)
	}
	return files
}

// TestEveryFile: each file of an export changed, deleted, swapped, repeated and truncated.
func TestEveryFile(t *testing.T) {
	l := large(t)
	files := grownExport(t, l)
	key := mustVerifier(t, l.vkey)
	paths := slices.Sorted(maps.Keys(files))
	if len(paths) < 80 {
		t.Fatalf("only %d files", len(paths))
	}
	for i, path := range paths {
		if err := readFile(files, key, path); err != nil {
			t.Fatalf("%s as it is: %v", path, err)
		}
		data := files[path].Data
		changed := bytes.Clone(data)
		changed[len(data)/2] ^= 1
		for _, c := range []struct {
			name string
			data []byte
		}{
			{"changed", changed}, {"deleted", nil}, {"swapped", files[paths[(i+1)%len(paths)]].Data}, {"repeated", slices.Concat(data, data)},
			{"truncated by one", data[:len(data)-1]}, {"truncated", data[:len(data)/2]}, {"empty", []byte{}},
		} {
			err := readFile(overlay{files, path, c.data}, key, path)
			if err == nil {
				t.Errorf("%s %s: it was not noticed", path, c.name)
			} else if file := new(ledger.FileError); (!errors.As(err, &file) || file.Path != path) && !strings.Contains(err.Error(), path) && path != "manifest" {
				t.Errorf("%s %s: another file is named: %v", path, c.name, err)
			}
		}
	}
}

// TestRandomBytes: whatever byte of whatever file is changed, reading that file finds it.
func TestRandomBytes(t *testing.T) {
	l := large(t)
	files := grownExport(t, l)
	key := mustVerifier(t, l.vkey)
	paths := slices.Sorted(maps.Keys(files))
	workers := runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			for range (randomBytes + workers - 1) / workers {
				path := paths[random.IntN(len(paths))]
				data := bytes.Clone(files[path].Data)
				at := random.IntN(len(data))
				data[at] ^= byte(1 + random.IntN(255))
				if err := readFile(overlay{files, path, data}, key, path); err == nil {
					t.Errorf("byte %d of %s was changed unnoticed", at, path)
				}
			}
		})
	}
	wait.Wait()
}

// TestEveryKindInFiles: an entry of each kind changed, deleted, swapped, repeated and cut off
// within its bundle, by somebody without the key. The entry is named.
func TestEveryKindInFiles(t *testing.T) {
	l := large(t)
	files := l.inMemory()
	for kind, list := range candidates(l) {
		at := list[len(list)-1]
		n, i := at/256, at%256
		lo, hi := 256*n, min(256*(n+1), len(l.lines))
		tile := tlog.Tile{H: 8, L: -1, N: int64(n), W: hi - lo}
		for _, c := range []struct {
			name  string
			want  int
			lines func(lines [][]byte) [][]byte
		}{
			{"changed", at, func(e [][]byte) [][]byte {
				e[i] = bytes.Clone(e[i])
				e[i][len(e[i])-3] ^= 1
				return e
			}},
			{"deleted", at, func(e [][]byte) [][]byte { return slices.Delete(e, i, i+1) }},
			{"repeated", at + 1, func(e [][]byte) [][]byte { return slices.Insert(e, i, e[i]) }},
			{"swapped", at, func(e [][]byte) [][]byte { e[i], e[i+1] = e[i+1], e[i]; return e }},
			{"cut off", at, func(e [][]byte) [][]byte { return e[:i] }},
		} {
			if i == 255 && (c.name == "swapped" || c.name == "repeated") || i == 0 && c.name == "cut off" {
				continue // the neighbour is in another bundle; a bundle of nothing has no form
			}
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				lines := c.lines(slices.Clone(l.lines[lo:hi]))
				path := ledger.TilePath(tile)
				data, err := ledger.FormatBundle(lines[:min(256, len(lines))])
				must(t, err)
				err = readFile(overlay{files, path, data}, mustVerifier(t, l.vkey), path)
				if wrong := new(ledger.EntryError); !errors.As(err, &wrong) || wrong.Index != int64(c.want) {
					t.Errorf("want entry %d: %v", c.want, err)
				}
				if c.name != "changed" {
					return
				}
				r := replayed(t, overlay{files, path, data}, l.options())
				if r.OK() || firstEntry(r) != fmt.Sprint(c.want) || r.Problems[0].Kind != "unreadable" {
					t.Errorf("replayed: %v", r.Problems)
				}
			})
		}
	}
}
