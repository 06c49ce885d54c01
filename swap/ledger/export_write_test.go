package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestExportWithheld(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 3)
	terms, proof := log.attach(t, []byte("terms")), log.attach(t, []byte("a proof of coins"))
	public, full := log.config(t), log.config(t)
	public.Withhold = func(d Digest) bool { return d == proof }

	dir := t.TempDir()
	stats, err := WriteExport(t.Context(), dir, log, public)
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
	if _, err := WriteExport(t.Context(), dir, log, full); err != nil {
		t.Fatal(err)
	}
	checkExport(t, dir, log, nil)
	if _, err := WriteExport(t.Context(), dir, log, public); err == nil || !strings.Contains(err.Error(), "now to be withheld") {
		t.Errorf("a full export became a public one: %v", err)
	}
	// Not even what a full export left that was cut short.
	dir = t.TempDir()
	writeFile(t, dir, AttachmentPath(proof), "x")
	if _, err := WriteExport(t.Context(), dir, log, public); err == nil || !strings.Contains(err.Error(), "now to be withheld") {
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
		if _, err := WriteExport(t.Context(), dir, l, l.config(t)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	newSigner, vkey := newTestKey(t, log.key.Name(), 5)
	// rotated exports the log after an entry more has given it another key.
	rotated := func(l *testLog, cfg *ExportConfig) {
		msg, err := SignRotation(Rotation{Origin: l.key.Name(), Entry: int64(len(l.records)), Old: l.vkey, New: vkey}, l.signer)
		if err != nil {
			t.Fatal(err)
		}
		l.append(t, "test.rotation", struct{}{})
		l.signer = newSigner
		*cfg = l.config(t)
		cfg.Rotations = [][]byte{msg}
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
		"new key after the old": {func(t *testing.T) string { return exported(t, log) }, rotated, ""},
		"new key of nowhere":    {func(t *testing.T) string { return exported(t, log) }, func(l *testLog, cfg *ExportConfig) { rotated(l, cfg); cfg.Rotations = nil }, "no verifiable signatures"},
		"old key after the new": {nil, func(l *testLog, cfg *ExportConfig) { old := l.signer; rotated(l, cfg); cfg.Signer = old }, "not the ledger's key for 301"},
		"new key too early": {nil, func(l *testLog, cfg *ExportConfig) {
			before := cfg.Checkpoint
			rotated(l, cfg)
			cfg.Checkpoint = before
		}, "not the ledger's key for 300"},
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
			_, err := WriteExport(t.Context(), dir, l, cfg)
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
	if _, err := WriteExport(t.Context(), filepath.Join(t.TempDir(), "\x00"), log, log.config(t)); err == nil {
		t.Error("a folder that cannot be was written")
	}
}
