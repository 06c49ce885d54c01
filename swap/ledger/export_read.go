package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"runtime"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrWithheld is returned for an attachment that this export leaves out on purpose.
var ErrWithheld = errors.New("the attachment is withheld from this export: ask the operator for the full one")

// An Export is a log read from plain files. Nothing that it returns is unverified: files against
// the manifest, hashes and entries against the checkpoint's root, attachments against their
// digests. Its methods may be called from several goroutines. It implements tlog.HashReader.
type Export struct {
	fsys           fs.FS
	manifest       Manifest
	manifestNote   []byte
	checkpoint     Checkpoint
	checkpointNote []byte
	aheadNote      []byte         // the checkpoint of a newer export, see readNotes; nil: none
	rotations      [][]byte       // signed; of a newer export there can be more than the manifest lists
	edge           map[int][]byte // the partial tile of each level that has one

	mu    sync.Mutex
	inner map[tlog.Tile][]byte // verified full tiles above level 0
}

// OpenExport opens the export in fsys and verifies that the ledger's key signed its manifest and
// its checkpoint. It needs only Open of fsys, so that a web server can be read through a small
// adapter.
func OpenExport(fsys fs.FS, ledger note.Verifier) (*Export, error) {
	if ledger == nil {
		return nil, errors.New("open export: the ledger's key is missing")
	}
	x, err := OpenUnverifiedExport(fsys)
	if err != nil {
		return nil, err
	}
	if _, err := x.Verify(ledger); err != nil {
		return nil, err
	}
	return x, nil
}

// OpenUnverifiedExport opens an export whose key is not known yet. All that is certain is that the
// export agrees with itself, until [Export.Verify] succeeds.
func OpenUnverifiedExport(fsys fs.FS) (*Export, error) {
	x := &Export{fsys: fsys, edge: make(map[int][]byte), inner: make(map[tlog.Tile][]byte)}
	if err := x.readNotes(); err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	if x.checkpoint.Origin != x.manifest.Origin || x.checkpoint.N != x.manifest.Size {
		return nil, fmt.Errorf("open export: the manifest is of %s with %d entries, the checkpoint of %s with %d",
			x.manifest.Origin, x.manifest.Size, x.checkpoint.Origin, x.checkpoint.N)
	}
	if err := x.manifest.complete(); err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	if err := x.readEdge(); err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	var err error
	if x.rotations, err = ReadRotations(fsys); err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	if err := x.checkAhead(); err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	return x, nil
}

// readEdge loads the partial tiles, from which the root follows. Whatever else is read later is
// compared with them or with tiles that were.
func (x *Export) readEdge() error {
	for level := 0; x.width(level) > 0; level++ {
		n, w := x.width(level)/tileWidth, int(x.width(level)%tileWidth)
		if w == 0 {
			continue
		}
		t := tlog.Tile{H: tileHeight, L: level, N: n, W: w}
		data, err := x.readFile(TilePath(t), tileLimit(t))
		if err != nil {
			return err
		}
		x.edge[level] = data
	}
	root, err := TreeHash(x.checkpoint.N, x)
	if err != nil {
		return err
	}
	if root != x.checkpoint.Hash {
		return &FileError{checkpointPath, fmt.Errorf("its root %v is not the root %v of the partial tiles: the export was altered or mixes two logs", x.checkpoint.Hash, root)}
	}
	return nil
}

// width returns the number of hashes at a level of tiles.
func (x *Export) width(level int) int64 {
	return x.checkpoint.N >> (tileHeight * level)
}

// Manifest returns the list of files, which must not be changed.
func (x *Export) Manifest() Manifest { return x.manifest }

// Checkpoint returns the checkpoint and the note that it was read from.
func (x *Export) Checkpoint() (c Checkpoint, signed []byte) {
	return x.checkpoint, bytes.Clone(x.checkpointNote)
}

func readAll(fsys fs.FS, path string, limit int64) ([]byte, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, &FileError{path, err}
	}
	defer f.Close()
	var buf bytes.Buffer
	if info, err := f.Stat(); err == nil {
		buf.Grow(int(min(max(info.Size(), 0), limit)) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, &FileError{path, err}
	}
	data := buf.Bytes()
	if int64(len(data)) > limit {
		return nil, &FileError{path, fmt.Errorf("it has more than %d bytes", limit)}
	}
	return data, nil
}

// readListed reads a listed file of at most limit bytes and says whether it is what the manifest
// lists.
func (x *Export) readListed(path string, limit int64) (data []byte, verdict, err error) {
	f, ok := x.manifest.file(path)
	if !ok {
		return nil, nil, &FileError{path, errors.New("the manifest does not list it")}
	}
	if f.Size > limit {
		return nil, nil, &FileError{path, fmt.Errorf("the manifest gives it %d bytes, at most %d are allowed", f.Size, limit)}
	}
	if data, err = readAll(x.fsys, path, limit); err != nil {
		return nil, nil, err
	}
	if int64(len(data)) != f.Size {
		return data, &FileError{path, fmt.Errorf("it has %d bytes, the manifest says %d", len(data), f.Size)}, nil
	}
	if got := Digest(sha256.Sum256(data)); got != f.SHA256 {
		return data, &FileError{path, fmt.Errorf("its SHA-256 is %s, the manifest says %s", got, f.SHA256)}, nil
	}
	return data, nil, nil
}

func (x *Export) readFile(path string, limit int64) ([]byte, error) {
	data, verdict, err := x.readListed(path, limit)
	if err := errors.Join(verdict, err); err != nil {
		return nil, err
	}
	return data, nil
}

// tile returns a tile of hashes that leads to the checkpoint's root.
func (x *Export) tile(level int, n int64) ([]byte, error) {
	if n == x.width(level)/tileWidth {
		return x.edge[level], nil
	}
	t := tlog.Tile{H: tileHeight, L: level, N: n, W: tileWidth}
	x.mu.Lock()
	data, ok := x.inner[t]
	x.mu.Unlock()
	if ok {
		return data, nil
	}
	parent, err := x.tile(level+1, n/tileWidth)
	if err != nil {
		return nil, err
	}
	path := TilePath(t)
	if data, err = x.readFile(path, tileLimit(t)); err != nil {
		return nil, err
	}
	if tileRoot(data) != tileHash(parent, n%tileWidth) {
		return nil, &FileError{path, fmt.Errorf("its entries %d to %d do not belong to the tree: its root is not what level %d holds", n*tileWidth<<(tileHeight*level), (n+1)*tileWidth<<(tileHeight*level)-1, level+1)}
	}
	if level > 0 {
		x.mu.Lock()
		x.inner[t] = data
		x.mu.Unlock()
	}
	return data, nil
}

// ReadHashes implements tlog.HashReader.
func (x *Export) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= tlog.StoredHashCount(x.checkpoint.N) {
			return nil, fmt.Errorf("there is no stored hash %d in a tree of %d entries", index, x.checkpoint.N)
		}
		t := tlog.TileForIndex(tileHeight, index)
		data, err := x.tile(t.L, t.N)
		if err != nil {
			return nil, err
		}
		if out[i], err = tlog.HashFromTile(t, data, index); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Bundle returns the bytes of the entries from 256 n on, at most 256.
func (x *Export) Bundle(n int64) ([][]byte, error) {
	entries, _, err := x.HashedBundle(n)
	return entries, err
}

// HashedBundle is [Export.Bundle] with the entries' leaf hashes.
func (x *Export) HashedBundle(n int64) (entries [][]byte, leaves []tlog.Hash, err error) {
	if err := x.hasBundle(n); err != nil {
		return nil, nil, err
	}
	hashes, err := x.tile(0, n)
	if err != nil {
		return nil, nil, err
	}
	t := tlog.Tile{H: tileHeight, L: -1, N: n, W: len(hashes) / tlog.HashSize}
	path := TilePath(t)
	data, verdict, err := x.readListed(path, tileLimit(t))
	if err != nil {
		return nil, nil, err
	}
	// Where the bundle is wrong, the first wrong entry says more than the digest.
	entries, badForm := parseBundlePrefix(data, t.W)
	leaves = make([]tlog.Hash, len(entries))
	for i, entry := range entries {
		if leaves[i] = RecordHash(entry); leaves[i] != tileHash(hashes, int64(i)) {
			return nil, nil, &EntryError{n*tileWidth + int64(i), path, errors.New("its hash is not the one in the tree: it was altered")}
		}
	}
	if badForm != nil && len(entries) < t.W {
		return nil, nil, &EntryError{n*tileWidth + int64(len(entries)), path, badForm}
	}
	if err := errors.Join(badForm, verdict); err != nil {
		return nil, nil, &FileError{path, err}
	}
	return entries, leaves, nil
}

// UnverifiedBundle is [Export.Bundle] without any comparison with the tree or the manifest, for a
// first look.
func (x *Export) UnverifiedBundle(n int64) ([][]byte, error) {
	if err := x.hasBundle(n); err != nil {
		return nil, err
	}
	t := tlog.Tile{H: tileHeight, L: -1, N: n, W: int(min(tileWidth, x.checkpoint.N-n*tileWidth))}
	data, err := readAll(x.fsys, TilePath(t), tileLimit(t))
	if err != nil {
		return nil, err
	}
	return parseBundlePrefix(data, t.W)
}

func (x *Export) hasBundle(n int64) error {
	if n < 0 || n >= (x.checkpoint.N+tileWidth-1)/tileWidth {
		return fmt.Errorf("there is no bundle %d in a log of %d entries", n, x.checkpoint.N)
	}
	return nil
}

// Entries returns the entries from index lo on, in order, each verified against the root, parsed,
// and at its own index. It ends after the first error. Bundles ahead of the current one are read
// and verified on all cores.
func (x *Export) Entries(lo int64) iter.Seq2[Entry, error] {
	type result struct {
		entries []Entry
		err     error // behind the entries
	}
	return func(yield func(Entry, error) bool) {
		if lo < 0 {
			yield(Entry{}, fmt.Errorf("there is no entry %d", lo))
			return
		}
		ahead := make(chan chan result, runtime.GOMAXPROCS(0))
		done := make(chan struct{})
		var workers sync.WaitGroup
		defer workers.Wait() // nothing is read once the loop has ended
		defer close(done)
		workers.Go(func() {
			defer close(ahead)
			for n := lo / tileWidth; n*tileWidth < x.checkpoint.N; n++ {
				c := make(chan result, 1)
				select {
				case ahead <- c:
				case <-done:
					return
				}
				workers.Go(func() {
					var r result
					r.entries, r.err = x.parsedBundle(n)
					c <- r
				})
			}
		})
		for c := range ahead {
			r := <-c
			for _, e := range r.entries {
				if int64(e.Seq) >= lo && !yield(e, nil) {
					return
				}
			}
			if r.err != nil {
				yield(Entry{}, r.err)
				return
			}
		}
	}
}

// parsedBundle returns the entries before the first wrong one, and what is wrong with it.
func (x *Export) parsedBundle(n int64) ([]Entry, error) {
	lines, err := x.Bundle(n)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(lines))
	for i, line := range lines {
		index := n*tileWidth + int64(i)
		e, err := ParseEntry(line)
		if err == nil && e.Seq != uint64(index) {
			err = fmt.Errorf("it says that it is entry %d", e.Seq)
		}
		if err != nil {
			path := TilePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: len(lines)})
			return entries, &EntryError{index, path, err}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Attachment returns the plain bytes of an attachment, or an error that wraps [ErrWithheld].
func (x *Export) Attachment(d Digest) ([]byte, error) {
	if x.manifest.withholds(d) {
		return nil, fmt.Errorf("attachment %s: %w", d, ErrWithheld)
	}
	path := AttachmentPath(d)
	stored, err := x.readFile(path, maxStoredAttachment)
	if err != nil {
		return nil, err
	}
	plain, err := readStored(stored, d)
	if err != nil {
		return nil, &FileError{path, err}
	}
	return plain, nil
}

// CheckFiles reads every file that the manifest lists and compares it with its size and digest.
// Before each it calls progress, which may be nil.
func (x *Export) CheckFiles(progress func(path string)) error {
	for _, f := range x.manifest.Files {
		if progress != nil {
			progress(f.Path)
		}
		if f.Path == checkpointPath {
			continue // was compared when the export was opened, and may have been replaced since
		} else if d, ok := ParseAttachmentPath(f.Path); ok {
			if _, err := x.Attachment(d); err != nil {
				return err
			}
		} else if _, err := x.readFile(f.Path, f.Size); err != nil {
			return err
		}
	}
	return nil
}
