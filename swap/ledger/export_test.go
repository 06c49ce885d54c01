package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// files returns every file below dir.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		out[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkExport reads all of an export.
func checkExport(t testing.TB, dir string, log *testLog, withheld map[Digest]bool) {
	t.Helper()
	x, err := OpenExport(os.DirFS(dir), log.key)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.CheckFiles(nil); err != nil {
		t.Fatal(err)
	}
	n := 0
	for e, err := range x.Entries(0) {
		if err != nil {
			t.Fatal(err)
		}
		if line, err := FormatEntry(e); err != nil || !bytes.Equal(line, log.records[n]) {
			t.Fatalf("entry %d is %s, %v", n, line, err)
		}
		n++
	}
	if c, signed := x.Checkpoint(); int64(n) != c.N || n != len(log.records) || !bytes.Equal(signed, log.checkpoint(t)) {
		t.Fatalf("read %d entries of %d, of %d", n, c.N, len(log.records))
	}
	for d, stored := range log.attachments {
		plain, err := x.Attachment(d)
		if withheld[d] {
			if !errors.Is(err, ErrWithheld) {
				t.Fatalf("withheld attachment: %v", err)
			}
			continue
		}
		want, err2 := ReadAttachment(bytes.NewReader(stored), d)
		if err != nil || err2 != nil || !bytes.Equal(plain, want) {
			t.Fatalf("attachment %s: %v, %v", d, err, err2)
		}
	}
	if _, err := x.Attachment(DigestOf([]byte("never stored"))); err == nil || errors.Is(err, ErrWithheld) {
		t.Fatalf("an attachment that never was: %v", err)
	}
	listed := map[string]bool{manifestPath: true}
	for _, f := range x.Manifest().Files {
		listed[f.Path] = true
	}
	for path := range files(t, dir) {
		if !listed[path] {
			t.Fatalf("%s is in the folder and not in the manifest", path)
		}
	}
}

// TestExport writes logs of sizes around the tile borders and reads them with this package and with
// another client of the format.
func TestExport(t *testing.T) {
	log := newTestLog(t)
	log.attach(t, []byte("terms"))
	log.attach(t, bytes.Repeat([]byte("raw daemon answer "), 10000))
	for _, size := range []int{0, 1, 2, 255, 256, 257, 600, 66000} {
		if size > 1000 && testing.Short() {
			t.Log("left out with -short: sizes from", size, "on")
			break
		}
		log.grow(t, size)
		dir := t.TempDir()
		stats, err := WriteExport(t.Context(), dir, log, log.config(t))
		if err != nil {
			t.Fatal(err)
		}
		if stats.Files+1 != stats.Written || stats.Files+1 != len(files(t, dir)) {
			t.Errorf("%d entries: %+v, and %d files", size, stats, len(files(t, dir)))
		}
		checkExport(t, dir, log, nil)
		readByTorchwood(t, dir, log)
	}
}

func readByTorchwood(t *testing.T, dir string, log *testLog) {
	t.Helper()
	tiles, err := torchwood.NewTileFS(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := tiles.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(log.key), torchwood.OriginPolicy(log.key.Name()))
	c, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
		if i != int64(n) || !bytes.Equal(entry, log.records[n]) {
			t.Fatalf("torchwood reads entry %d as number %d: %s", n, i, entry)
		}
		n++
	}
	if client.Err() != nil || n != len(log.records) {
		t.Fatalf("torchwood read %d entries of %d: %v", n, len(log.records), client.Err())
	}
	if n > 0 {
		if _, proof, err := client.Entry(t.Context(), c.Tree, c.N-1); err != nil || tlog.CheckRecord(proof, c.N, c.Hash, c.N-1, RecordHash(log.records[n-1])) != nil {
			t.Fatalf("torchwood proves the last entry: %v", err)
		}
	}
}

// TestExportGrows brings one export up to date again and again.
func TestExportGrows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		log := newTestLog(t)
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		var earlier []*Export
		for i, step := range rapid.SliceOfN(rapid.IntRange(0, 300), 1, 4).Draw(rt, "steps") {
			log.grow(t, len(log.records)+step)
			log.attach(t, fmt.Appendf(nil, "attachment %d", i))
			if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
				rt.Fatal(err)
			}
			checkExport(t, dir, log, nil)
			// Who opened the export before the last one was written can still read it.
			if i > 0 {
				for _, err := range earlier[i-1].Entries(0) {
					if err != nil {
						rt.Fatalf("an export that was opened before the last update: %v", err)
					}
				}
			}
			x, err := OpenExport(os.DirFS(dir), log.key)
			if err != nil {
				rt.Fatal(err)
			}
			earlier = append(earlier, x)
			for _, old := range earlier {
				c, _ := old.Checkpoint()
				if root, err := TreeHash(c.N, x); err != nil || root != c.Hash {
					rt.Fatalf("the export of %d entries has root %v at %d, not %v (%v)", len(log.records), root, c.N, c.Hash, err)
				}
				p, err := ProveTree(int64(len(log.records)), c.N, x)
				if now, _ := x.Checkpoint(); err != nil || CheckTree(p, now.Tree, c.Tree) != nil {
					rt.Fatalf("no proof from %d to %d entries: %v", c.N, now.N, err)
				}
			}
		}
		// Twice more: the second finds nothing to do.
		if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
			rt.Fatal(err)
		}
		before := files(t, dir)
		stats, err := WriteExport(t.Context(), dir, log, log.config(t))
		if err != nil || stats.Written != 0 || !maps.Equal(before, files(t, dir)) {
			rt.Fatalf("nothing is new, and: %+v, %v", stats, err)
		}
	})
}

// TestExportPartials: partial tiles of earlier checkpoints stay until their full tile has been
// there for an hour.
func TestExportPartials(t *testing.T) {
	log := newTestLog(t)
	dir := t.TempDir()
	has := func(path string) bool { _, ok := files(t, dir)[path]; return ok }
	for _, step := range []struct {
		size          int
		age           time.Duration // of the full tiles, before the step
		p10, p20, all bool
	}{
		{10, 0, true, false, false}, {20, 0, true, true, false}, {256, 0, true, true, true}, {257, 0, true, true, true},
		{258, partialsFor - time.Minute, true, true, true}, {259, partialsFor + time.Minute, false, false, true},
	} {
		log.grow(t, step.size)
		for _, kind := range []string{"tile/0/000", "tile/entries/000"} {
			if has(kind) {
				at := time.Now().Add(-step.age)
				if err := os.Chtimes(filepath.Join(dir, kind), at, at); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"tile/0/000", "tile/entries/000"} {
			if has(kind+".p/10") != step.p10 || has(kind+".p/20") != step.p20 || has(kind) != step.all {
				t.Errorf("with %d entries, %s: %v %v %v", step.size, kind, has(kind+".p/10"), has(kind+".p/20"), has(kind))
			}
		}
		checkExport(t, dir, log, nil)
	}
}

// TestExportInterrupted lets the source fail at every call in turn and runs again: the folder is as
// if nothing had happened, and the earlier export was readable throughout.
func TestExportInterrupted(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	log.attach(t, []byte("first"))
	clean := t.TempDir()
	if _, err := WriteExport(t.Context(), clean, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	small := files(t, clean)
	earlierCheckpoint := log.checkpoint(t)
	log.grow(t, 700)
	for i := range 5 {
		log.attach(t, fmt.Appendf(nil, "later %d", i))
	}
	log.calls = 0
	if _, err := WriteExport(t.Context(), clean, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	calls, want := log.calls, files(t, clean)
	if calls < 8 {
		t.Fatalf("only %d calls", calls)
	}
	for _, start := range []map[string]string{small, nil} {
		for fail := 1; fail <= calls; fail++ {
			dir := t.TempDir()
			for path, data := range start {
				writeFile(t, dir, path, data)
			}
			writeFile(t, dir, tempPrefix+"123/file", "left behind")
			log.calls, log.failAfter = 0, fail
			_, err := WriteExport(t.Context(), dir, log, log.config(t))
			log.failAfter = 0
			if err != nil && start != nil {
				x, err := OpenExport(os.DirFS(dir), log.key)
				if err != nil {
					t.Fatal(err)
				}
				if _, signed := x.Checkpoint(); !bytes.Equal(signed, earlierCheckpoint) {
					t.Fatal("the earlier checkpoint is gone")
				}
				if err := x.CheckFiles(nil); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
				t.Fatal(err)
			}
			got := files(t, dir)
			if start != nil && !maps.Equal(got, want) {
				t.Fatalf("after failing at call %d the folder is another", fail)
			}
			checkExport(t, dir, log, nil)
		}
	}
	// Between the checkpoint and the manifest.
	dir := t.TempDir()
	for path, data := range want {
		if path == manifestPath {
			data = small[path]
		}
		writeFile(t, dir, path, data)
	}
	for path, data := range small { // partial tiles
		if _, ok := want[path]; !ok {
			writeFile(t, dir, path, data)
		}
	}
	if x, err := OpenExport(os.DirFS(dir), log.key); err != nil {
		t.Error(err)
	} else if _, signed := x.Checkpoint(); !bytes.Equal(signed, earlierCheckpoint) {
		t.Error("not the export of the manifest")
	} else if err := x.CheckFiles(nil); err != nil {
		t.Error(err)
	}
	if _, err := WriteExport(t.Context(), dir, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(files(t, dir), want) {
		t.Error("after failing before the manifest the folder is another")
	}
}

func writeFile(t testing.TB, dir, path, data string) {
	t.Helper()
	path = filepath.Join(dir, filepath.FromSlash(path))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(data), 0o644)); err != nil {
		t.Fatal(err)
	}
}
