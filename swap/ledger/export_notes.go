package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// readNotes reads manifest and checkpoint. A writer replaces the checkpoint before the manifest, so
// that the file can be one ahead of the manifest that was just read: for a moment, or for longer
// where the writer was cut short in between. Looking again finds the new manifest in the first
// case; in the second the old one still describes a whole export, and the checkpoint is kept to be
// compared with it.
func (x *Export) readNotes() error {
	const attempts = 3
	var err error
	for range attempts {
		if err = x.readManifest(); err != nil {
			return err
		}
		if x.checkpointNote, err = x.readFile(checkpointPath, MaxCheckpointSize); err == nil {
			break
		}
	}
	if err != nil && x.manifest.Checkpoint != nil {
		x.checkpointNote = x.manifest.Checkpoint
		x.aheadNote, err = readAll(x.fsys, checkpointPath, MaxCheckpointSize)
	}
	if err != nil {
		return err
	}
	if x.checkpoint, err = parseSigned(x.checkpointNote); err != nil {
		return &FileError{checkpointPath, err}
	}
	return nil
}

func (x *Export) readManifest() (err error) {
	if x.manifestNote, err = readAll(x.fsys, manifestPath, MaxManifestSize); err != nil {
		return err
	}
	text, err := checkNote(x.manifestNote, MaxManifestSize)
	if err == nil {
		x.manifest, err = ParseManifest(text)
	}
	if err != nil {
		return &FileError{manifestPath, err}
	}
	return nil
}

// checkAhead accepts a checkpoint file that is not the manifest's if it is of a larger tree that
// begins with the manifest's, or the same with further signatures.
func (x *Export) checkAhead() error {
	if x.aheadNote == nil {
		return nil
	}
	fail := func(format string, args ...any) error {
		return &FileError{checkpointPath, fmt.Errorf(format+": it is neither the manifest's nor one that follows it", args...)}
	}
	ahead, err := parseSigned(x.aheadNote)
	if err != nil {
		return fail("%w", err)
	}
	if ahead.Origin != x.checkpoint.Origin {
		return fail("it is of the log %s", ahead.Origin)
	}
	if ahead == x.checkpoint {
		for line := range strings.Lines(string(x.checkpointNote)) {
			if !bytes.Contains(x.aheadNote, []byte(line)) {
				return fail("the signature %.60q is missing", line)
			}
		}
		return nil
	}
	if ahead.N <= x.checkpoint.N {
		return fail("it is of %d entries", ahead.N)
	}
	root, err := TreeHash(x.checkpoint.N, tlog.TileHashReader(ahead.Tree, unlistedTiles{x.fsys}))
	if err != nil {
		return fail("its tree of %d entries: %w", ahead.N, err)
	}
	if root != x.checkpoint.Hash {
		return fail("its tree of %d entries begins with another one", ahead.N)
	}
	return nil
}

// unlistedTiles are the tiles of an export that no manifest lists yet. tlog verifies what it reads
// of them.
type unlistedTiles struct{ fsys fs.FS }

// Height implements tlog.TileReader.
func (unlistedTiles) Height() int { return tileHeight }

// SaveTiles implements tlog.TileReader.
func (unlistedTiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements tlog.TileReader.
func (u unlistedTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := readAll(u.fsys, TilePath(t), tileLimit(t))
		if err == nil && int64(len(data)) != tileLimit(t) {
			err = &FileError{TilePath(t), errors.New("it is not whole")}
		}
		if err != nil {
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}
