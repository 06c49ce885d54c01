package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
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

// TestExport writes logs of sizes around the tile borders and reads them with this
// package and with another client of the format.
func TestExport(t *testing.T) {
	log := newTestLog(t)
	log.attach(t, []byte("terms"))
	log.attach(t, bytes.Repeat([]byte("raw daemon answer "), 10000))
	for _, size := range []int{0, 1, 2, 255, 256, 257, 600, 65535, 65536, 66000} {
		if size > 1000 && testing.Short() {
			t.Log("left out with -short: sizes from", size, "on")
			break
		}
		log.grow(t, size)
		dir := t.TempDir()
		stats, err := WriteExport(dir, log, log.config(t))
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
		if _, proof, err := client.Entry(context.Background(), c.Tree, c.N-1); err != nil || tlog.CheckRecord(proof, c.N, c.Hash, c.N-1, RecordHash(log.records[n-1])) != nil {
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
			if _, err := WriteExport(dir, log, log.config(t)); err != nil {
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
		if _, err := WriteExport(dir, log, log.config(t)); err != nil {
			rt.Fatal(err)
		}
		before := files(t, dir)
		stats, err := WriteExport(dir, log, log.config(t))
		if err != nil || stats.Written != 0 || !maps.Equal(before, files(t, dir)) {
			rt.Fatalf("nothing is new, and: %+v, %v", stats, err)
		}
	})
}

// TestExportPartials: partial tiles of earlier checkpoints stay until their
// full tile has been there for one export.
func TestExportPartials(t *testing.T) {
	log := newTestLog(t)
	dir := t.TempDir()
	has := func(path string) bool { _, ok := files(t, dir)[path]; return ok }
	for _, step := range []struct {
		size          int
		p10, p20, all bool
	}{{10, true, false, false}, {20, true, true, false}, {256, true, true, true}, {257, false, false, true}} {
		log.grow(t, step.size)
		if _, err := WriteExport(dir, log, log.config(t)); err != nil {
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

// TestExportInterrupted lets the source fail at every call in turn and runs
// again: the folder is as if nothing had happened, and the earlier export was readable throughout.
func TestExportInterrupted(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	log.attach(t, []byte("first"))
	clean := t.TempDir()
	if _, err := WriteExport(clean, log, log.config(t)); err != nil {
		t.Fatal(err)
	}
	small := files(t, clean)
	earlierCheckpoint := log.checkpoint(t)
	log.grow(t, 700)
	for i := range 5 {
		log.attach(t, fmt.Appendf(nil, "later %d", i))
	}
	log.calls = 0
	if _, err := WriteExport(clean, log, log.config(t)); err != nil {
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
			_, err := WriteExport(dir, log, log.config(t))
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
			if _, err := WriteExport(dir, log, log.config(t)); err != nil {
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
	if _, err := OpenExport(os.DirFS(dir), log.key); err == nil {
		t.Error("a checkpoint that the manifest does not list was taken")
	}
	if _, err := WriteExport(dir, log, log.config(t)); err != nil {
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

func TestExportWithheld(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 3)
	terms, proof := log.attach(t, []byte("terms")), log.attach(t, []byte("a proof of coins"))
	public, full := log.config(t), log.config(t)
	public.Withhold = func(d Digest) bool { return d == proof }

	dir := t.TempDir()
	stats, err := WriteExport(dir, log, public)
	if err != nil || stats.Withheld != 1 {
		t.Fatal(stats, err)
	}
	checkExport(t, dir, log, map[Digest]bool{proof: true})
	for path, data := range files(t, dir) {
		if strings.Contains(path, proof.String()) || strings.Contains(data, string(log.attachments[proof])) {
			t.Errorf("%s gives the withheld attachment away", path)
		}
	}
	if _, ok := files(t, dir)[AttachmentPath(terms)]; !ok {
		t.Error("the terms were left out")
	}
	// A public export can become a full one, never the other way round.
	if _, err := WriteExport(dir, log, full); err != nil {
		t.Fatal(err)
	}
	checkExport(t, dir, log, nil)
	if _, err := WriteExport(dir, log, public); err == nil || !strings.Contains(err.Error(), "now to be withheld") {
		t.Errorf("a full export became a public one: %v", err)
	}
	// Not even what a full export left that was cut short.
	dir = t.TempDir()
	writeFile(t, dir, AttachmentPath(proof), "x")
	if _, err := WriteExport(dir, log, public); err == nil || !strings.Contains(err.Error(), "now to be withheld") {
		t.Errorf("a folder with a withheld attachment became public: %v", err)
	}
}

func TestWriteExportRefuses(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	log.attach(t, []byte("terms"))
	other := newTestLog(t)
	for range 300 {
		other.append(t, "other.log", struct{}{})
	}
	exported := func(t *testing.T, l *testLog) string {
		dir := t.TempDir()
		if _, err := WriteExport(dir, l, l.config(t)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	skey, vkey, err := NewKey(bytes.NewReader(bytes.Repeat([]byte{5}, 32)), log.key.Name())
	if err != nil {
		t.Fatal(err)
	}
	newSigner, err := NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	newVerifier, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	rotated := func(cfg ExportConfig, former ...note.Verifier) ExportConfig {
		c, _, err := OpenCheckpoint(cfg.Checkpoint, cfg.Key)
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Checkpoint, err = SignCheckpoint(c, newSigner); err != nil {
			t.Fatal(err)
		}
		cfg.Signer, cfg.Key, cfg.FormerKeys = newSigner, newVerifier, former
		return cfg
	}
	for name, c := range map[string]struct {
		dir    func(t *testing.T) string
		change func(*testLog, *ExportConfig)
		reason string // "" if it must work
	}{
		"nothing wrong":         {nil, func(*testLog, *ExportConfig) {}, ""},
		"no filter":             {nil, func(_ *testLog, cfg *ExportConfig) { cfg.Withhold = nil }, "must be given"},
		"no signer":             {nil, func(_ *testLog, cfg *ExportConfig) { cfg.Signer = nil }, "must be given"},
		"no key":                {nil, func(_ *testLog, cfg *ExportConfig) { cfg.Key = nil }, "must be given"},
		"other signer":          {nil, func(_ *testLog, cfg *ExportConfig) { cfg.Signer = newSigner }, "not the ledger's key"},
		"unsigned checkpoint":   {nil, func(_ *testLog, cfg *ExportConfig) { cfg.Checkpoint = cfg.Checkpoint[:40] }, "open checkpoint"},
		"checkpoint of another": {nil, func(_ *testLog, cfg *ExportConfig) { cfg.Checkpoint = other.checkpoint(t) }, "verify the ledger"},
		"altered entry":         {nil, func(l *testLog, _ *ExportConfig) { l.records[257] = l.records[256] }, "entry 257"},
		"altered hash":          {nil, func(l *testLog, _ *ExportConfig) { l.Hashes[tlog.StoredHashIndex(0, 17)][0] ^= 1 }, "tile/0/000"},
		"altered root":          {nil, func(l *testLog, _ *ExportConfig) { l.Hashes[tlog.StoredHashIndex(8, 0)][0] ^= 1 }, "verify the ledger"},
		"altered attachment": {nil, func(l *testLog, _ *ExportConfig) {
			for d := range l.attachments {
				l.attachments[d], _ = CompressAttachment([]byte("other terms"))
			}
		}, "attachment"},
		"lost attachment": {func(t *testing.T) string { return exported(t, log) }, func(l *testLog, _ *ExportConfig) { clear(l.attachments) }, "no longer names"},
		"other folder": {func(t *testing.T) string {
			dir := t.TempDir()
			writeFile(t, dir, "holiday.jpg", "x")
			return dir
		}, func(*testLog, *ExportConfig) {}, "holds holiday.jpg"},
		"other log": {func(t *testing.T) string { return exported(t, other) }, func(*testLog, *ExportConfig) {}, "does not begin with"},
		"later state": {func(t *testing.T) string {
			later := newTestLog(t)
			later.grow(t, 301)
			return exported(t, later)
		}, func(*testLog, *ExportConfig) {}, "301 entries"},
		"manifest of a stranger": {func(t *testing.T) string {
			dir := exported(t, log)
			writeFile(t, dir, manifestPath, peterNote)
			return dir
		}, func(*testLog, *ExportConfig) {}, "manifest"},
		"checkpoint of a stranger": {func(t *testing.T) string {
			dir := exported(t, log)
			writeFile(t, dir, checkpointPath, peterNote)
			return dir
		}, func(*testLog, *ExportConfig) {}, "checkpoint"},
		"new key":               {func(t *testing.T) string { return exported(t, log) }, func(_ *testLog, cfg *ExportConfig) { *cfg = rotated(*cfg) }, "choose an empty folder"},
		"new key after the old": {func(t *testing.T) string { return exported(t, log) }, func(_ *testLog, cfg *ExportConfig) { *cfg = rotated(*cfg, log.key) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestLog(t)
			l.grow(t, 300)
			l.attach(t, []byte("terms"))
			cfg := l.config(t)
			c.change(l, &cfg)
			dir := t.TempDir()
			if c.dir != nil {
				dir = c.dir(t)
			}
			before := files(t, dir)
			_, err := WriteExport(dir, l, cfg)
			if c.reason == "" {
				if err != nil {
					t.Error(err)
				}
				if _, err := OpenExport(os.DirFS(dir), cfg.Key); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %v, expected a word on %q", err, c.reason)
			}
			if after := files(t, dir); after[manifestPath] != before[manifestPath] || after[checkpointPath] != before[checkpointPath] {
				t.Error("something was published")
			}
		})
	}
	if _, err := WriteExport(filepath.Join(t.TempDir(), "\x00"), log, log.config(t)); err == nil {
		t.Error("a folder that cannot be was written")
	}
}
