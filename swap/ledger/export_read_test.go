package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/tlog"
)

// exportFS returns the files of an export of log, in memory.
func exportFS(t testing.TB, log *testLog) fstest.MapFS {
	t.Helper()
	dir := t.TempDir()
	if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	m := make(fstest.MapFS)
	for path, data := range files(t, dir) {
		m[path] = &fstest.MapFile{Data: []byte(data)}
	}
	return m
}

// readEverything is what an auditor does.
func readEverything(fsys fs.FS, log *testLog) error {
	x, err := OpenExport(fsys, log.key)
	if err != nil {
		return err
	}
	for _, err := range x.Entries(0) {
		if err != nil {
			return err
		}
	}
	return x.CheckFiles(nil)
}

// resign makes the manifest agree with the files again, as only the ledger's key can.
func resign(t testing.TB, m fstest.MapFS, log *testLog) {
	t.Helper()
	text, err := checkNote(m[manifestPath].Data, MaxManifestSize)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range manifest.Files {
		manifest.Files[i].Size = int64(len(m[f.Path].Data))
		manifest.Files[i].SHA256 = DigestOf(m[f.Path].Data)
	}
	manifest.Checkpoint = m[checkpointPath].Data
	if text, err = FormatManifest(manifest); err != nil {
		t.Fatal(err)
	}
	signed, err := signNote(text, MaxManifestSize, log.signer)
	if err != nil {
		t.Fatal(err)
	}
	m[manifestPath] = &fstest.MapFile{Data: signed}
}

func TestExportTampering(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 600)
	log.attach(t, []byte("terms"))
	good := exportFS(t, log)
	if err := readEverything(good, log); err != nil {
		t.Fatal(err)
	}
	change := func(path string, data []byte) fstest.MapFS {
		m := maps.Clone(good)
		m[path] = &fstest.MapFile{Data: data}
		return m
	}
	for path, file := range good {
		missing := maps.Clone(good)
		delete(missing, path)
		flipped := bytes.Clone(file.Data)
		flipped[len(flipped)/2] ^= 1
		for name, m := range map[string]fstest.MapFS{
			"missing":  missing,
			"empty":    change(path, nil),
			"shorter":  change(path, file.Data[:len(file.Data)-1]),
			"longer":   change(path, append(bytes.Clone(file.Data), 0)),
			"changed":  change(path, flipped),
			"replaced": change(path, good["tile/0/000"].Data[:len(good["tile/0/000"].Data)-1]),
		} {
			err := readEverything(m, log)
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s %s: got %v", path, name, err)
				continue
			}
			var fileErr *FileError
			var entryErr *EntryError
			if !errors.As(err, &fileErr) && !errors.As(err, &entryErr) {
				t.Errorf("%s %s: %T does not say which file", path, name, err)
			}
		}
	}
}

// TestFirstWrongEntry alters bundles and expects the first altered entry to be named.
func TestFirstWrongEntry(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 600)
	good := exportFS(t, log)
	for _, i := range []int{0, 17, 255, 256, 511, 512, 599} {
		n := int64(i / 256)
		path := TilePath(tlog.Tile{H: 8, L: -1, N: n, W: min(256, 600-256*int(n))})
		for name, alter := range map[string]func(line []byte) []byte{
			"another body": func(line []byte) []byte { return bytes.Replace(line, []byte(`"n":`), []byte(`"n":1`), 1) },
			"another time": func(line []byte) []byte { return bytes.Replace(line, []byte("T1"), []byte("T0"), 1) },
			"gone":         func([]byte) []byte { return nil },
		} {
			entries := slices.Clone(log.records[256*n : min(600, 256*n+256)])
			entries[i%256] = alter(entries[i%256])
			data, err := FormatBundle(entries)
			if err != nil {
				t.Fatal(err)
			}
			m := maps.Clone(good)
			m[path] = &fstest.MapFile{Data: data}
			for _, signed := range []bool{false, true} {
				if signed { // the ledger's own key does not help, either
					resign(t, m, log)
				}
				err := readEverything(m, log)
				var wrong *EntryError
				if !errors.As(err, &wrong) || wrong.Index != int64(i) || wrong.Path != path {
					t.Errorf("entry %d, %s: got %v", i, name, err)
				}
			}
		}
		// A bundle that is cut within the entry.
		m := maps.Clone(good)
		end := 0
		for _, r := range log.records[256*n : i+1] {
			end += 2 + len(r)
		}
		m[path] = &fstest.MapFile{Data: good[path].Data[:end-1]}
		err := readEverything(m, log)
		var wrong *EntryError
		if !errors.As(err, &wrong) || wrong.Index != int64(i) {
			t.Errorf("cut within entry %d: got %v", i, err)
		}
	}
}

// TestExportSelfConsistent changes tiles and bundles so that they agree with each other and with a
// signed manifest.
func TestExportSelfConsistent(t *testing.T) {
	log, liar := newTestLog(t), newTestLog(t)
	log.grow(t, 600)
	liar.grow(t, 300)
	liar.append(t, "test.entry", struct{}{}) // entry 300
	for _, r := range log.records[301:] {
		liar.appendRecord(t, r)
	}
	good, lie := exportFS(t, log), exportFS(t, liar)
	for name, c := range map[string]struct {
		paths []string // taken from the lie
		want  string   // "" if only an anchor can tell
	}{
		"bundle and tile":           {[]string{"tile/entries/001", "tile/0/001"}, "tile/0/001: its entries 256 to 511"},
		"and the tile above":        {[]string{"tile/entries/001", "tile/0/001", "tile/1/000.p/2"}, "checkpoint: its root"},
		"and the checkpoint":        {[]string{"tile/entries/001", "tile/0/001", "tile/1/000.p/2", "checkpoint"}, ""},
		"only the tile above":       {[]string{"tile/1/000.p/2"}, "checkpoint: its root"},
		"only the checkpoint":       {[]string{"checkpoint"}, "checkpoint: its root"},
		"checkpoint and right edge": {[]string{"checkpoint", "tile/1/000.p/2"}, "tile/0/001: its entries 256 to 511"},
	} {
		m := maps.Clone(good)
		for _, path := range c.paths {
			if bytes.Equal(m[path].Data, lie[path].Data) {
				t.Fatalf("%s is the same in both", path)
			}
			m[path] = lie[path]
		}
		resign(t, m, log)
		err := readEverything(m, log)
		if c.want == "" {
			if err != nil {
				t.Errorf("readEverything of %s: got %v, want no error", name, err)
			}
			x, err := OpenExport(m, log.key)
			if err != nil {
				t.Fatal(err)
			}
			// The anchor: any earlier checkpoint.
			anchor, err := TreeHash(512, log.Hashes)
			if err != nil {
				t.Fatal(err)
			}
			if root, err := TreeHash(512, x); err != nil || root == anchor {
				t.Errorf("%s: an earlier root does not tell (%v)", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, expected %q", name, err, c.want)
		}
	}
}

func TestExportOfWrongEntries(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	for name, line := range map[string]string{
		"another seq":  string(log.records[17]),
		"not an entry": "hello",
		"spaces":       strings.Replace(string(log.records[17]), `"seq":17`, `"seq": 300`, 1),
	} {
		wrong := newTestLog(t)
		wrong.grow(t, 300)
		wrong.appendRecord(t, []byte(line))
		x, err := OpenExport(exportFS(t, wrong), wrong.key)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var last error
		for e, err := range x.Entries(10) {
			if last = err; err != nil {
				break
			}
			if e.Seq != uint64(10+n) {
				t.Fatalf("entry %d at %d", e.Seq, 10+n)
			}
			n++
		}
		var entryErr *EntryError
		if n != 290 || !errors.As(last, &entryErr) || entryErr.Index != 300 {
			t.Errorf("%s: read %d entries, then %v", name, n, last)
		}
	}
}

func TestOpenExport(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	good := exportFS(t, log)
	other, err := NewVerifier(peterKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenExport(good, nil); err == nil {
		t.Error("opened without a key")
	}
	if _, err := OpenExport(good, other); err == nil {
		t.Error("opened with another key")
	}
	x, err := OpenUnverifiedExport(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Verify(other); err == nil {
		t.Error("verified with another key")
	}
	if _, err := x.Verify(log.key); err != nil {
		t.Error(err)
	}

	// A manifest that the ledger's key has signed with a checkpoint that it has not.
	m := maps.Clone(good)
	_, signature, _ := strings.Cut(peterNote, "\n\n")
	checkpointText, err := checkNote(good[checkpointPath].Data, MaxCheckpointSize)
	if err != nil {
		t.Fatal(err)
	}
	m[checkpointPath] = &fstest.MapFile{Data: []byte(checkpointText + "\n" + signature)}
	resign(t, m, log)
	if _, err := OpenExport(m, log.key); err == nil || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("a checkpoint with another's signature: %v", err)
	}

	if _, err := x.Bundle(-1); err == nil {
		t.Error("bundle -1")
	}
	if _, err := x.Bundle(2); err == nil {
		t.Error("bundle 2 of 300 entries")
	}
	if _, err := x.Bundle(1 << 60); err == nil {
		t.Error("bundle 2^60")
	}
	for _, bad := range []int64{-1, tlog.StoredHashCount(300), 1 << 62} {
		if _, err := x.ReadHashes([]int64{bad}); err == nil {
			t.Errorf("stored hash %d", bad)
		}
	}
	for i := range tlog.StoredHashCount(300) {
		if h, err := x.ReadHashes([]int64{i}); err != nil || h[0] != log.Hashes[i] {
			t.Fatalf("stored hash %d: %v, %v", i, h, err)
		}
	}
	for _, lo := range []int64{300, 301, 1 << 62} {
		for e, err := range x.Entries(lo) {
			t.Errorf("from %d: %v, %v", lo, e, err)
		}
	}
	for _, err := range x.Entries(-1) {
		if err == nil {
			t.Error("entries from -1 on")
		}
	}
	for e := range x.Entries(0) {
		if e.Seq == 3 {
			break
		}
	}
}

func BenchmarkEntries(b *testing.B) {
	log := newTestLog(b)
	const size = 1 << 15
	line := string(benchEntry(b))
	for i := range size {
		log.appendRecord(b, []byte(strings.Replace(line, `"seq":123456`, fmt.Sprintf(`"seq":%d`, i), 1)))
	}
	dir := b.TempDir()
	if _, err := WriteExport(b.Context(), dir, log, log.config(b)); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		x, err := OpenExport(os.DirFS(dir), log.key)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range x.Entries(0) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != size {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkWriteExport(b *testing.B) {
	log := newTestLog(b)
	log.grow(b, 1<<15)
	cfg := log.config(b)
	for b.Loop() {
		if _, err := WriteExport(b.Context(), b.TempDir(), log, cfg); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1<<15)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
