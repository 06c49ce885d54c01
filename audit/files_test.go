package audit

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// memory reads an export into a file system that a test may change.
func memory(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		out[path] = &fstest.MapFile{Data: data}
		return err
	}))
	return out
}

// TestFiles: whatever is changed in the files of an export is found and named.
func TestFiles(t *testing.T) {
	l := migrated(t, nil)
	clean := memory(t, l.export())
	taken, correction := l.find("snapshot.taken", 0), l.find("correction", 0)
	events := l.decoded()
	content := events[taken].(*swap.SnapshotTaken).Content
	evidence := *events[correction].(*swap.Correction).Evidence
	path := func(h swap.Hash) string { return ledger.AttachmentPath(ledger.Digest(h)) }
	bundle := "tile/entries/000.p/" + fmt.Sprint(len(l.lines))

	for _, c := range []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"an attachment is gone", func(m fstest.MapFS) { delete(m, path(content)) }, "entry 2 (snapshot.taken)"},
		{"an attachment is another's", func(m fstest.MapFS) { m[path(content)] = m[path(evidence)] }, "entry 2 (snapshot.taken)"},
		{"the last attachment", func(m fstest.MapFS) { flip(m, path(evidence), 30) }, fmt.Sprintf("entry %d (correction)", correction)},
		{"the terms", func(m fstest.MapFS) { flip(m, path(swap.Digest(l.terms.Canonical())), 30) }, "entry 0 (migration.opened)"},
		{"a byte of entry 50", func(m fstest.MapFS) { flip(m, bundle, bytes.Index(m[bundle].Data, []byte(`"seq":50,`))+60) }, "entry 50 (unreadable)"},
		{"the bundle's end", func(m fstest.MapFS) { m[bundle].Data = m[bundle].Data[:len(m[bundle].Data)-1] }, fmt.Sprintf("entry %d (unreadable)", correction)},
		{"a byte of the tile", func(m fstest.MapFS) { flip(m, strings.Replace(bundle, "entries", "0", 1), 77) }, strings.Replace(bundle, "entries", "0", 1)},
		{"a byte of the manifest", func(m fstest.MapFS) { flip(m, "manifest", 200) }, ""},
		{"no manifest", func(m fstest.MapFS) { delete(m, "manifest") }, "manifest"},
		{"no checkpoint", func(m fstest.MapFS) { delete(m, "checkpoint") }, "checkpoint"},
		{"nothing", func(m fstest.MapFS) { clear(m) }, "manifest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := copied(clean)
			c.change(m)
			r, err := Replay(context.Background(), m, l.options())
			must(t, err)
			if r.OK() || !strings.HasPrefix(r.Verdict(), c.want) {
				t.Errorf("the verdict is %q, want %q first: %v", r.Verdict(), c.want, r.Problems)
			}
		})
	}
}

func flip(m fstest.MapFS, path string, at int) { m[path].Data[at] ^= 1 }

func copied(m fstest.MapFS) fstest.MapFS {
	out := fstest.MapFS{}
	for path, f := range m {
		out[path] = &fstest.MapFile{Data: bytes.Clone(f.Data)}
	}
	return out
}

// TestAnyByte: no byte of any file can change unnoticed.
func TestAnyByte(t *testing.T) {
	l := migrated(t, nil)
	dir := t.TempDir()
	// An earlier export leaves partial tiles that nothing but the manifest speaks of.
	(&testLog{tb: t, terms: l.terms, lines: l.lines[:60], files: l.files, stored: l.stored, vkey: l.vkey, signer: l.signer}).exportTo(dir)
	l.exportTo(dir)
	clean := memory(t, dir)
	if clean["tile/0/000.p/60"] == nil {
		t.Fatal("the earlier partial tile is gone")
	}
	o := l.options()
	if r, err := Replay(context.Background(), clean, o); err != nil || !r.OK() {
		t.Fatalf("the clean export: %v, %v", err, r.Problems)
	}
	random := rand.New(rand.NewPCG(1, 2))
	paths := slices.Sorted(maps.Keys(clean))
	for range 200 {
		path := paths[random.IntN(len(paths))]
		m := maps.Clone(clean)
		data := bytes.Clone(m[path].Data)
		at := random.IntN(len(data))
		data[at] ^= byte(1 + random.IntN(255))
		m[path] = &fstest.MapFile{Data: data}
		r, err := Replay(context.Background(), m, o)
		must(t, err)
		if r.OK() {
			t.Errorf("byte %d of %s was changed unnoticed", at, path)
		}
	}
}

// TestHidden: attachments that no entry names, and those that are withheld though they are nobody's
// coins.
func TestHidden(t *testing.T) {
	l := migrated(t, nil)
	events := l.decoded()
	evidence := *events[l.find("correction", 0)].(*swap.Correction).Evidence
	o := l.options()
	for _, c := range []struct {
		kind   string
		digest swap.Hash
	}{
		{"correction", evidence}, {"snapshot.taken", events[l.find("snapshot.taken", 0)].(*swap.SnapshotTaken).Content},
	} {
		for _, o.Public = range []bool{false, true} {
			r := l.audit(l.export(c.digest), o)
			if want := fmt.Sprintf("entry %d (%s): attachment %s is withheld, though nothing in it is private", l.find(c.kind, 0), c.kind, c.digest); !strings.HasPrefix(r.Verdict(), want) {
				t.Errorf("withheld: %q", r.Verdict())
			}
		}
	}

	// The same export, but its log ends before the entry that names the evidence.
	shorter := *l
	shorter.lines = l.lines[:len(l.lines)-1]
	dir := shorter.export()
	full := memory(t, l.export())
	m := memory(t, dir)
	path := ledger.AttachmentPath(ledger.Digest(evidence))
	m[path] = full[path]
	relist(t, l, m, path)
	r, err := Replay(context.Background(), m, o)
	must(t, err)
	if r.OK() || r.Verdict() != path+": no entry names this attachment" {
		t.Errorf("a hidden attachment: %q", r.Verdict())
	}
}

// relist signs a manifest that lists one more file.
func relist(t *testing.T, l *testLog, m fstest.MapFS, path string) {
	t.Helper()
	n, err := note.Open(m["manifest"].Data, note.VerifierList(mustVerifier(t, l.vkey)))
	must(t, err)
	manifest, err := ledger.ParseManifest(n.Text)
	must(t, err)
	manifest.Files = append(manifest.Files, ledger.File{Path: path, Size: int64(len(m[path].Data)), SHA256: ledger.DigestOf(m[path].Data)})
	slices.SortFunc(manifest.Files, func(a, b ledger.File) int { return strings.Compare(a.Path, b.Path) })
	text, err := ledger.FormatManifest(manifest)
	must(t, err)
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	must(t, err)
	m["manifest"] = &fstest.MapFile{Data: signed}
}

func mustVerifier(tb testing.TB, vkey string) note.Verifier {
	tb.Helper()
	v, err := ledger.NewVerifier(vkey)
	must(tb, err)
	return v
}
