// Package follow holds a public log against what was seen of it before: an earlier checkpoint, a
// receipt, another copy, the chain. It reads a log through its checkpoint and the few tiles that a
// question needs, as https://c2sp.org/tlog-tiles lays them out, so that asking costs the logarithm
// of the log's size. Nothing that it gives out is unverified: tiles lead to the root that the
// ledger's key has signed, entries to the tiles.
package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap/ledger"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Log is a log at the checkpoint that it showed when it was opened. It implements tlog.HashReader.
type Log struct {
	ledger.Checkpoint
	Signed       []byte // the note that the checkpoint was read from
	Cosignatures []ledger.Cosignature
	Keys         *ledger.Keys // all that the log has had
	fsys         fs.FS
	hashes       tlog.HashReader
}

// Open reads and verifies the checkpoint of the log in a file system, of which only Open is used.
// The key is one of those that the log has had, and the checkpoint has to be of when it was in
// force or later. All of the given witnesses must have cosigned it, or the error is a
// *WitnessError.
func Open(fsys fs.FS, key note.Verifier, witnesses ...*ledger.Witness) (*Log, error) {
	l, err := OpenEarlier(fsys, key, nil, witnesses...)
	if err == nil {
		err = l.Keys.Reaches(l.N)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// OpenEarlier is Open for a state of a log that will be held against a later one, which knows of
// these signed rotations: only that shows whether keys from before the given one were the log's.
func OpenEarlier(fsys fs.FS, key note.Verifier, later [][]byte, witnesses ...*ledger.Witness) (*Log, error) {
	signed, err := read(fsys, "checkpoint", ledger.MaxCheckpointSize)
	if err != nil {
		return nil, err
	}
	rotations, err := ledger.ReadRotations(fsys)
	if err != nil {
		return nil, err
	}
	keys, err := joinKeys(key, later, rotations)
	if err != nil {
		return nil, err
	}
	return openAt(fsys, signed, keys, witnesses...)
}

// joinKeys are the keys of a log of which some rotations are known, and which shows as many or more
// of them, or fewer.
func joinKeys(key note.Verifier, known, shown [][]byte) (*ledger.Keys, error) {
	for i := range min(len(known), len(shown)) {
		if !bytes.Equal(known[i], shown[i]) {
			return nil, &ledger.FileError{Path: ledger.RotationPath(i + 1), Err: errors.New("the log shows another change of its key than before")}
		}
	}
	if len(known) > len(shown) {
		shown = known
	}
	return ledger.NewKeys(key, shown...)
}

// openAt is the log at a checkpoint that was read before.
func openAt(fsys fs.FS, signed []byte, keys *ledger.Keys, witnesses ...*ledger.Witness) (l *Log, err error) {
	l = &Log{Signed: signed, Keys: keys, fsys: fsys}
	if l.Checkpoint, l.Cosignatures, err = OpenCheckpoint(signed, keys, witnesses...); err != nil {
		return nil, err
	}
	l.hashes = tlog.TileHashReader(l.Tree, tiles{fsys})
	return l, nil
}

// OpenCheckpoint verifies a checkpoint, which all of the given witnesses must have cosigned.
func OpenCheckpoint(signed []byte, keys *ledger.Keys, witnesses ...*ledger.Witness) (ledger.Checkpoint, []ledger.Cosignature, error) {
	c, cosignatures, err := keys.OpenCheckpoint(signed, witnesses...)
	if err != nil {
		return ledger.Checkpoint{}, nil, err
	}
	has := map[string]bool{}
	for _, s := range cosignatures {
		has[s.Name] = true
	}
	for _, w := range witnesses {
		if !has[w.Name()] {
			return ledger.Checkpoint{}, nil, &WitnessError{w.Name()}
		}
	}
	return c, cosignatures, nil
}

// WitnessError says that a checkpoint lacks the cosignature of a witness that must have seen it.
type WitnessError struct{ Name string }

func (e *WitnessError) Error() string {
	return fmt.Sprintf("the witness %s has not cosigned the checkpoint: ask the operator for one that it has", e.Name)
}

// ReadHashes implements tlog.HashReader.
func (l *Log) ReadHashes(indexes []int64) ([]tlog.Hash, error) { return l.hashes.ReadHashes(indexes) }

// Leaves are the leaf hashes of the entries from 256 n on, at most 256.
func (l *Log) Leaves(n int64) ([]tlog.Hash, error) {
	if n < 0 || n*tileWidth >= l.N {
		return nil, fmt.Errorf("there is no tile %d in a log of %d entries", n, l.N)
	}
	indexes := make([]int64, min(tileWidth, l.N-n*tileWidth))
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, n*tileWidth+int64(i))
	}
	return l.ReadHashes(indexes)
}

// Bundle gives the bytes of the entries from 256 n on, at most 256.
func (l *Log) Bundle(n int64) ([][]byte, error) {
	leaves, err := l.Leaves(n)
	if err != nil {
		return nil, err
	}
	t := tlog.Tile{H: tileHeight, L: -1, N: n, W: len(leaves)}
	data, width, err := readTile(l.fsys, t, ledger.MaxBundleSize)
	if err != nil {
		return nil, err
	}
	lines, err := ledger.ParseBundle(data, width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ledger.TilePath(t), err)
	}
	for i, leaf := range leaves {
		if ledger.RecordHash(lines[i]) != leaf {
			return nil, fmt.Errorf("entry %d in %s: its hash is not the one in the tree: it was altered",
				n*tileWidth+int64(i), ledger.TilePath(t))
		}
	}
	return lines[:len(leaves)], nil
}

// Kinds of violations: what a log that only grows can never do.
const (
	Fork   = "fork"   // it shows two histories
	Shrunk = "shrunk" // it has lost entries
)

// A Violation says that a log contradicts a checkpoint that it signed before.
type Violation struct {
	Kind string
	Old  ledger.Checkpoint
	New  ledger.Checkpoint
}

func (v *Violation) Error() string {
	if v.Kind == Shrunk {
		return fmt.Sprintf("the log had %d entries and shows %d: it has shrunk, or this copy of it is the older one",
			v.Old.N, v.New.N)
	}
	return fmt.Sprintf("the log has forked: its first %d entries are not those of the earlier checkpoint, "+
		"which has the root %v", v.Old.N, v.Old.Hash)
}

// Extends reports whether the log begins with an earlier state of it: nil, a *Violation, or why
// that could not be found out.
func (l *Log) Extends(old ledger.Checkpoint) error {
	switch {
	case old.Origin != l.Origin:
		return fmt.Errorf("the logs are not the same: %s and %s", old.Origin, l.Origin)
	case old.N > l.N:
		return &Violation{Shrunk, old, l.Checkpoint}
	}
	proof, err := ledger.ProveTree(l.N, old.N, l)
	if err != nil {
		return err
	}
	if ledger.CheckTree(proof, l.Tree, old.Tree) != nil {
		return &Violation{Fork, old, l.Checkpoint}
	}
	return nil
}

// FirstDifference is the number of the first of size entries that two logs do not share, or size.
// It compares roots, so it needs few hashes of each.
func FirstDifference(a, b tlog.HashReader, size int64) (int64, error) {
	var failed error
	n := sort.Search(int(size), func(i int) bool {
		x, errA := ledger.TreeHash(int64(i)+1, a)
		y, errB := ledger.TreeHash(int64(i)+1, b)
		failed = errors.Join(failed, errA, errB)
		return failed != nil || x != y
	})
	return int64(n), failed
}

// tiles implements tlog.TileReader. What it reads is verified by package tlog.
type tiles struct{ fsys fs.FS }

// Height implements tlog.TileReader.
func (tiles) Height() int { return tileHeight }

// ReadTiles implements tlog.TileReader.
func (r tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(list))
	for i, t := range list {
		data, width, err := readTile(r.fsys, t, tileWidth*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		if len(data) != width*tlog.HashSize {
			return nil, fmt.Errorf("%s: a tile of %d bytes is not possible", ledger.TilePath(t), len(data))
		}
		out[i] = data[:t.W*tlog.HashSize]
	}
	return out, nil
}

// SaveTiles implements tlog.TileReader.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// readTile reads a tile or, where the log has grown and dropped a partial one, the full one in its
// place.
func readTile(fsys fs.FS, t tlog.Tile, limit int64) (data []byte, width int, err error) {
	data, err = read(fsys, ledger.TilePath(t), limit)
	if errors.Is(err, fs.ErrNotExist) && t.W < tileWidth {
		t.W = tileWidth
		if full, errFull := read(fsys, ledger.TilePath(t), limit); errFull == nil {
			return full, tileWidth, nil
		}
	}
	return data, t.W, err
}

func read(fsys fs.FS, path string, limit int64) ([]byte, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: it has more than %d bytes", path, limit)
	}
	return data, nil
}
