package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// partialsFor is how long partial tiles stay beside their full tile, for those who read an earlier
// export.
const partialsFor = time.Hour

// A Source is the log that an export is made of. It must not lose or change anything below the size
// of the exported checkpoint; it may grow meanwhile.
type Source interface {
	// ReadHashes returns stored hashes of the tree. Package tlog's interface has no context.
	tlog.HashReader
	// Records returns the stored bytes of the entries lo <= i < hi, in order. hi - lo is at most
	// 256.
	Records(ctx context.Context, lo, hi int64) ([][]byte, error)
	// Attachments returns the digests of the attachments that the first size entries name, in any
	// order.
	Attachments(ctx context.Context, size int64) ([]Digest, error)
	// OpenAttachment returns an attachment as CompressAttachment made it.
	OpenAttachment(ctx context.Context, d Digest) (io.ReadCloser, error)
}

// ExportConfig says what to export. Every field but Rotations and OwnerOnly is
// required.
type ExportConfig struct {
	Checkpoint []byte        // signed; its size is the export's
	Signer     note.Signer   // the ledger's key in force at that size, signs the manifest
	Key        note.Verifier // the ledger's key, or one of them
	Rotations  [][]byte      // signed, if the ledger had more than one key
	// Withhold says whether an attachment is left out. For an export with everything it is
	// WithholdNothing.
	Withhold func(Digest) bool
	// OwnerOnly makes folders of mode 0700 and files of mode 0600, those of an earlier export
	// included, whatever the umask. Without it they are for everybody to read.
	OwnerOnly bool
}

// WithholdNothing is the ExportConfig.Withhold of a full export.
func WithholdNothing(Digest) bool { return false }

// ExportStats counts what WriteExport did.
type ExportStats struct {
	Files    int   // listed in the manifest
	Withheld int   // attachments
	Written  int   // files that were new or different
	Bytes    int64 // written
}

// WriteExport brings the export in dir up to date, or makes it. It writes only what is new, each
// file under a temporary name, synced, and then renamed; checkpoint and manifest come last. A run
// that was cut short, as by the end of ctx, leaves the earlier export readable and is made good by
// the next. Only one may write to dir at a time.
//
// It refuses a folder that holds something else, another log, a later state or an attachment that
// is now to be withheld, and a source that does not lead to the checkpoint's root.
func WriteExport(ctx context.Context, dir string, src Source, cfg ExportConfig) (ExportStats, error) {
	w := &exportWriter{dir: dir, src: src, cfg: cfg, dirs: make(map[string]bool)}
	if err := w.run(ctx); err != nil {
		return ExportStats{}, fmt.Errorf("write export to %s: %w", dir, err)
	}
	return w.stats, nil
}

type exportWriter struct {
	dir  string
	tmp  string // folder of temporary files, within dir
	src  Source
	cfg  ExportConfig
	keys *Keys
	now  Checkpoint
	prev Manifest // zero in an empty folder

	started time.Time // by the clock of the file system

	files    []File
	withheld []Digest
	dirs     map[string]bool // to be synced
	stats    ExportStats
}

func (w *exportWriter) run(ctx context.Context) error {
	if w.cfg.Signer == nil || w.cfg.Key == nil || w.cfg.Withhold == nil {
		return errors.New("the signer, the key and what to withhold must be given")
	}
	var err error
	if w.keys, err = NewKeys(w.cfg.Key, w.cfg.Rotations...); err != nil {
		return err
	}
	if w.now, _, err = w.keys.OpenCheckpoint(w.cfg.Checkpoint); err != nil {
		return err
	}
	if key := w.keys.At(w.now.N); w.cfg.Signer.Name() != key.Name() || w.cfg.Signer.KeyHash() != key.KeyHash() {
		return fmt.Errorf("the signer %s+%08x is not the ledger's key for %d entries, which is %s: nobody else can sign their manifest", w.cfg.Signer.Name(), w.cfg.Signer.KeyHash(), w.now.N, keyName(key))
	}
	root, err := TreeHash(w.now.N, w.src)
	if err != nil {
		return err
	}
	if root != w.now.Hash {
		return fmt.Errorf("the stored tree of %d entries has root %v, the checkpoint %v: verify the ledger before anything is published", w.now.N, root, w.now.Hash)
	}
	if err := w.makeFolder(w.dir); err != nil {
		return err
	}
	if err := w.readPrevious(); err != nil {
		return err
	}
	if err := w.close(); err != nil {
		return err
	}
	if w.tmp, err = os.MkdirTemp(w.dir, tempPrefix+"*"); err != nil {
		return err
	}
	defer os.RemoveAll(w.tmp)
	info, err := os.Stat(w.tmp)
	if err != nil {
		return err
	}
	w.started = info.ModTime()
	if err := w.tiles(ctx); err != nil {
		return err
	}
	if err := w.attachments(ctx); err != nil {
		return err
	}
	if err := w.rotations(); err != nil {
		return err
	}
	return w.publish()
}

func (w *exportWriter) tiles(ctx context.Context) error {
	current := make(map[string]bool)
	for _, t := range NewTiles(0, w.now.N) {
		path := TilePath(t)
		current[path] = true
		if w.keep(path) {
			continue
		}
		data, err := w.tile(ctx, t)
		if err != nil {
			return err
		}
		if err := w.add(path, func(out io.Writer) error {
			_, err := out.Write(data)
			return err
		}); err != nil {
			return err
		}
	}
	// Whoever holds an earlier checkpoint needs its partial tiles until the full tile is there, and
	// readers under way for a while longer.
	for _, f := range w.prev.Files {
		t, err := ParseTilePath(f.Path)
		if err != nil || current[f.Path] {
			continue
		}
		old, err := w.fullForLong(t)
		if err != nil {
			return err
		}
		if !old {
			w.keep(f.Path)
		}
	}
	return nil
}

// fullForLong reports whether the full tile in t's place has been there for so long that nobody
// needs partial ones any more.
func (w *exportWriter) fullForLong(t tlog.Tile) (bool, error) {
	if t.W = tileWidth; !inTree(t, w.prev.Size) {
		return false, nil
	}
	info, err := os.Stat(w.path(TilePath(t)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && w.started.Sub(info.ModTime()) > partialsFor, err
}

// tile returns the bytes of a tile or bundle after comparing them with the stored hash above them.
func (w *exportWriter) tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	hashes := t
	hashes.L = max(t.L, 0)
	data, err := TileData(hashes, w.src)
	if err != nil {
		return nil, err
	}
	if t.L >= 0 {
		if t.W < tileWidth {
			return data, nil // it is part of what TreeHash has read
		}
		above, err := w.src.ReadHashes([]int64{tlog.StoredHashIndex(tileHeight*(t.L+1), t.N)})
		if err != nil {
			return nil, err
		}
		if len(above) != 1 || tileRoot(data) != above[0] {
			return nil, fmt.Errorf("the stored hashes of %s do not lead to the one above them: verify the ledger", TilePath(t))
		}
		return data, nil
	}
	lo := t.N * tileWidth
	records, err := w.src.Records(ctx, lo, lo+int64(t.W))
	if err != nil {
		return nil, err
	}
	if len(records) != t.W {
		return nil, fmt.Errorf("the source gave %d entries from %d on, not %d", len(records), lo, t.W)
	}
	for i, r := range records {
		if RecordHash(r) != tileHash(data, int64(i)) {
			return nil, &EntryError{lo + int64(i), TilePath(t), errors.New("its stored bytes do not have its stored hash: verify the ledger")}
		}
	}
	return FormatBundle(records)
}

func (w *exportWriter) attachments(ctx context.Context) error {
	digests, err := w.src.Attachments(ctx, w.now.N)
	if err != nil {
		return err
	}
	digests = slices.Clone(digests)
	slices.SortFunc(digests, Digest.Compare)
	digests = slices.Compact(digests)
	for _, f := range w.prev.Files {
		if d, ok := ParseAttachmentPath(f.Path); ok {
			if _, ok := slices.BinarySearchFunc(digests, d, Digest.Compare); !ok {
				return fmt.Errorf("the log no longer names the attachment %s, which the folder holds", d)
			}
		}
	}
	for _, d := range digests {
		p := AttachmentPath(d)
		if w.cfg.Withhold(d) {
			// It may also be from a run that was cut short, in no manifest.
			if _, err := os.Lstat(w.path(p)); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("the folder holds %s, which is now to be withheld: choose an empty folder", p)
			}
			w.withheld = append(w.withheld, d)
			continue
		}
		if w.keep(p) {
			continue
		}
		if err := w.add(p, func(out io.Writer) error { return w.copyAttachment(ctx, out, d) }); err != nil {
			return err
		}
	}
	return nil
}

// rotations adds those that the exported entries record.
func (w *exportWriter) rotations() error {
	for i, r := range w.keys.rotations {
		if r.Entry >= w.now.N {
			break
		}
		msg, p := w.keys.signed[i], RotationPath(i+1)
		if f, ok := w.prev.file(p); ok && f.SHA256 != DigestOf(msg) {
			return fmt.Errorf("the folder holds another %s: choose an empty folder", p)
		}
		if w.keep(p) {
			continue
		}
		if err := w.add(p, func(out io.Writer) error { _, err := out.Write(msg); return err }); err != nil {
			return err
		}
	}
	return nil
}

func (w *exportWriter) copyAttachment(ctx context.Context, out io.Writer, d Digest) error {
	stored, err := w.src.OpenAttachment(ctx, d)
	if err != nil {
		return err
	}
	defer stored.Close()
	plain, err := NewAttachmentReader(io.TeeReader(stored, out), d)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, plain)
	return err
}

// publish makes everything durable and then visible.
func (w *exportWriter) publish() error {
	w.files = append(w.files, File{Path: checkpointPath, Size: int64(len(w.cfg.Checkpoint)), SHA256: DigestOf(w.cfg.Checkpoint)})
	slices.SortFunc(w.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	m := Manifest{Origin: w.now.Origin, Size: w.now.N, Checkpoint: w.cfg.Checkpoint, Files: w.files, Withheld: w.withheld}
	w.stats.Files, w.stats.Withheld = len(m.Files), len(m.Withheld)
	text, err := FormatManifest(m)
	if err != nil {
		return err
	}
	manifest, err := signNote(text, MaxManifestSize, w.cfg.Signer)
	if err != nil {
		return err
	}
	if _, err := openNote(manifest, MaxManifestSize, note.VerifierList(w.keys.At(w.now.N))); err != nil {
		return fmt.Errorf("the signer is not the ledger's key: %w", err)
	}
	if err := w.syncDirs(); err != nil {
		return err
	}
	if err := w.replace(checkpointPath, w.cfg.Checkpoint); err != nil {
		return err
	}
	if err := w.syncDirs(); err != nil {
		return err
	}
	if err := w.replace(manifestPath, manifest); err != nil {
		return err
	}
	if err := w.syncDirs(); err != nil {
		return err
	}
	return w.removePartials()
}

// removePartials removes the partial tiles whose full tile is old. It asks for all of them, so that
// it also finds what an earlier run left.
func (w *exportWriter) removePartials() error {
	for _, t := range NewTiles(0, w.prev.Size) {
		if t.W < tileWidth {
			continue
		}
		partials := w.path(TilePath(t) + ".p")
		if _, err := os.Lstat(partials); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		old, err := w.fullForLong(t)
		if err == nil && old {
			err = os.RemoveAll(partials)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
