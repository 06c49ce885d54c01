package ledger

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
)

// A racingFS gives an older manifest the first few times, as a reader sees that comes between the
// two last steps of a writer.
type racingFS struct {
	fs.FS
	old  fs.FS
	left *int
}

func (f racingFS) Open(name string) (fs.File, error) {
	if name == manifestPath && *f.left > 0 {
		*f.left--
		return f.old.Open(name)
	}
	return f.FS.Open(name)
}

func TestOpenExportDuringUpdate(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	dir := t.TempDir()
	if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	old := exportFS(t, log)
	log.grow(t, 310)
	if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	for left := range 5 {
		if err := readEverything(racingFS{os.DirFS(dir), old, &left}, log); err != nil {
			t.Errorf("with %d old manifests: %v", left, err)
		}
	}
}

// TestCheckpointAhead puts other checkpoints beside a manifest: only one whose tree is there and
// begins with the manifest's is what an update leaves for a moment.
func TestCheckpointAhead(t *testing.T) {
	log, fork := newTestLog(t), newTestLog(t)
	log.grow(t, 300)
	before := exportFS(t, log)
	earlier := log.checkpoint(t)
	log.grow(t, 600)
	after := exportFS(t, log)
	fork.grow(t, 299)
	for len(fork.records) < 600 {
		fork.append(t, "test.entry", struct{}{})
	}
	forked := exportFS(t, fork)
	cosigned, err := AddSignature(earlier, cosignature(t, earlier, witnessSigner(t, "witness.example/w1", 1)))
	if err != nil {
		t.Fatal(err)
	}

	both := func(newer fstest.MapFS) fstest.MapFS {
		m := maps.Clone(newer)
		m[manifestPath] = before[manifestPath]
		for _, path := range slices.Sorted(maps.Keys(before)) {
			if m[path] == nil {
				m[path] = before[path] // the partial tiles of the earlier size
			}
		}
		return m
	}
	with := func(m fstest.MapFS, path string, data []byte) fstest.MapFS {
		m = maps.Clone(m)
		m[path] = &fstest.MapFile{Data: data}
		return m
	}
	changed := bytes.Clone(after[checkpointPath].Data)
	changed[len(changed)-10] ^= 1
	for name, c := range map[string]struct {
		fsys fstest.MapFS
		want string // "" if it is accepted
	}{
		"the next one":              {both(after), ""},
		"with a cosignature":        {with(before, checkpointPath, cosigned), ""},
		"a later one without tiles": {with(before, checkpointPath, after[checkpointPath].Data), "tile/"},
		"a later one, tile changed": {with(both(after), "tile/1/000.p/2", forked["tile/1/000.p/2"].Data), "its tree of 600"},
		"of a fork":                 {both(forked), "begins with another"},
		"without its signature":     {with(both(after), checkpointPath, changed), "checkpoint"},
		"earlier":                   {with(after, checkpointPath, earlier), "it is of 300 entries"},
		"cosignature cut off":       {nil, "signature"},
	} {
		if c.fsys == nil {
			c.fsys = with(before, checkpointPath, cosigned)
			resign(t, c.fsys, log)
			c.fsys = with(c.fsys, checkpointPath, before[checkpointPath].Data)
		}
		err := readEverything(c.fsys, log)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, expected %q", name, err, c.want)
		}
	}
}

// TestExportWhileRead reads a folder again and again while it is brought up to date: every reader
// finds a whole export.
func TestExportWhileRead(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 200)
	dir := t.TempDir()
	if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	var read atomic.Int64
	for range 2 {
		readers.Go(func() {
			last := int64(0)
			for {
				select {
				case <-done:
					return
				default:
				}
				x, err := OpenExport(os.DirFS(dir), log.key)
				if err == nil {
					for _, err = range x.Entries(0) {
						if err != nil {
							break
						}
					}
				}
				if err == nil {
					err = x.CheckFiles(nil)
				}
				if err != nil {
					t.Error(err)
					return
				}
				c, _ := x.Checkpoint()
				if c.N < last {
					t.Errorf("%d entries after %d", c.N, last)
				}
				last = c.N
				read.Add(1)
			}
		})
	}
	for size := 201; size < 560 || read.Load() < 20; size += 7 {
		if t.Failed() {
			break
		}
		log.grow(t, size)
		if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	readers.Wait()
}
