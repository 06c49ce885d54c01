package store

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Run once before a release, `go test ./store -run TestGolden -golden NAME` keeps what this version
// writes in testdata/NAME.
var golden = flag.String("golden", "", "write testdata/`NAME` instead of comparing")

// TestGolden holds this version to every ledger that an earlier one wrote, and the present one: its
// database opens, is brought up to date without a change to what is signed, its projections follow
// from its entries, and its export replays and is what this version would export.
func TestGolden(t *testing.T) {
	if *golden != "" {
		writeGolden(t, filepath.Join("testdata", *golden))
	}
	dirs, err := filepath.Glob("testdata/schema*")
	if err != nil || len(dirs) < 2 {
		t.Fatal(dirs, err)
	}
	for _, kept := range dirs {
		if info, err := os.Stat(kept); err != nil || !info.IsDir() {
			continue
		}
		t.Run(filepath.Base(kept), func(t *testing.T) {
			ctx := context.Background()
			w := newWorld(t, 12)
			w.clock.move(goldenAge)
			dir := unpackGolden(t, kept)
			before, err := os.ReadFile(filepath.Join(dir, checkpointFile))
			w.must(err)
			s := w.open(dir)
			defer s.Close()
			if after, err := s.Checkpoint(); err != nil || !bytes.Equal(after, before) {
				t.Errorf("the checkpoint changed: %s, %v", after, err)
			}
			v := w.verify(s.Reader)
			live := dump(t, s.Reader)
			w.must(s.Rebuild(ctx))
			if again := dump(t, s.Reader); again != live {
				t.Errorf("rebuilt projections differ:\n%s\ninstead of\n%s", again, live)
			}

			z, err := zip.OpenReader(filepath.Join(kept, "export.zip"))
			if os.IsNotExist(err) {
				t.Log("this version left no export")
				return
			}
			w.must(err)
			defer z.Close()
			x, err := ledger.OpenExport(z, s.Key())
			w.must(err)
			w.must(x.CheckFiles(nil))
			state, n := &swap.Memory{}, uint64(0)
			for e, err := range x.Entries(0) {
				w.must(err)
				w.must(swap.Apply(state, attachmentsOf{x}, e))
				n++
			}
			if n != v.Entries {
				t.Errorf("the export has %d entries and the database %d", n, v.Entries)
			}
			now := t.TempDir()
			_, err = ledger.WriteExport(t.Context(), now, s, ledger.ExportConfig{Checkpoint: before, Signer: w.signer, Key: s.Key(), Withhold: ledger.WithholdNothing})
			w.must(err)
			for _, f := range x.Manifest().Files {
				if strings.HasPrefix(f.Path, "attachment/") {
					continue // another release of Go may compress in another way
				}
				was, err := fs.ReadFile(z, f.Path)
				w.must(err)
				is, err := os.ReadFile(filepath.Join(now, f.Path))
				w.must(err)
				if !bytes.Equal(was, is) {
					t.Errorf("%s is exported differently", f.Path)
				}
			}
		})
	}
}

// goldenAge is later than every kept ledger's last entry, counted from a world's beginning.
const goldenAge = 24 * 3600e9

// attachmentsOf are an export's.
type attachmentsOf struct{ x *ledger.Export }

func (a attachmentsOf) Attachment(h swap.Hash) ([]byte, error) {
	return a.x.Attachment(ledger.Digest(h))
}

func writeGolden(t *testing.T, to string) {
	t.Helper()
	w := newWorld(t, 12)
	dir := t.TempDir()
	s := w.create(dir)
	w.story(s)
	msg, err := s.Checkpoint()
	w.must(err)
	exported := t.TempDir()
	_, err = ledger.WriteExport(t.Context(), exported, s, ledger.ExportConfig{Checkpoint: msg, Signer: w.signer, Key: s.Key(), Withhold: ledger.WithholdNothing})
	w.must(err)
	w.must(s.Close()) // the last connection moves the log into the database
	w.must(os.Mkdir(to, 0o755))
	copyFiles(t, dir, to, checkpointFile)
	data, err := os.ReadFile(filepath.Join(dir, databaseFile))
	w.must(err)
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	_, err = z.Write(data)
	w.must(err)
	w.must(z.Close())
	w.must(os.WriteFile(filepath.Join(to, "ledger.db.gz"), small.Bytes(), 0o644))
	var archive bytes.Buffer
	a := zip.NewWriter(&archive)
	w.must(a.AddFS(os.DirFS(exported)))
	w.must(a.Close())
	w.must(os.WriteFile(filepath.Join(to, "export.zip"), archive.Bytes(), 0o644))
}

// unpackGolden puts the ledger that a folder of testdata holds into a directory of its own.
func unpackGolden(t *testing.T, kept string) string {
	t.Helper()
	dir := t.TempDir()
	copyFiles(t, kept, dir, checkpointFile)
	f, err := os.Open(filepath.Join(kept, "ledger.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, databaseFile), data, 0o600)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", kept, err))
	}
	return dir
}
