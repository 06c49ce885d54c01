package ledger

import (
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = torchwood.TileHeight
	tileWidth  = torchwood.TileWidth
	// maxTilePath is the length of the longest path of a tile within MaxTreeSize.
	maxTilePath = len("tile/entries/x004/x294/x967/296.p/255")
	// MaxBundleSize is the largest entry bundle in bytes.
	MaxBundleSize = tileWidth * (2 + MaxEntrySize)
)

// TilePath returns the path of a tile of 256 hashes, or of the bundle of entries if t.L is -1.
func TilePath(t tlog.Tile) string {
	return torchwood.TilePath(t)
}

// ParseTilePath is the inverse of [TilePath], for tiles of trees that are not larger than
// [MaxTreeSize].
func ParseTilePath(path string) (tlog.Tile, error) {
	if len(path) > maxTilePath {
		return tlog.Tile{}, fmt.Errorf("tile path has %d bytes, at most %d are allowed", len(path), maxTilePath)
	}
	t, err := torchwood.ParseTilePath(path)
	if err != nil || torchwood.TilePath(t) != path || !inTree(t, MaxTreeSize) {
		return tlog.Tile{}, fmt.Errorf("%q is not the path of a tile", path)
	}
	return t, nil
}

// inTree reports whether a tree of the given size has all of t.
func inTree(t tlog.Tile, size int64) bool {
	level := max(t.L, 0)
	return level < 8 && t.N <= size>>tileHeight && t.N*tileWidth+int64(t.W) <= size>>(tileHeight*level)
}

// NewTiles returns what has to be published when a log grows from oldSize to newSize: every tile
// and every bundle (level -1) that is new or wider.
func NewTiles(oldSize, newSize int64) []tlog.Tile {
	var out []tlog.Tile
	for _, t := range tlog.NewTiles(tileHeight, oldSize, newSize) {
		out = append(out, t)
		if t.L == 0 {
			t.L = -1
			out = append(out, t)
		}
	}
	return out
}

// TileData returns the bytes of a tile of hashes.
func TileData(t tlog.Tile, r tlog.HashReader) ([]byte, error) {
	if t.H != tileHeight || t.L < 0 || t.W < 1 || t.W > tileWidth || t.N < 0 || !inTree(t, MaxTreeSize) {
		return nil, fmt.Errorf("there is no tile of hashes %+v", t)
	}
	data, err := tlog.ReadTileData(t, r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", TilePath(t), err)
	}
	return data, nil
}

// tileHash returns hash i of a tile's bytes.
func tileHash(data []byte, i int64) tlog.Hash {
	return tlog.Hash(data[i*tlog.HashSize : (i+1)*tlog.HashSize])
}

// tileRoot returns the hash of a full tile, which its parent tile holds.
func tileRoot(data []byte) tlog.Hash {
	var row [tileWidth]tlog.Hash
	for i := range row {
		row[i] = tileHash(data, int64(i))
	}
	for n := tileWidth / 2; n > 0; n /= 2 {
		for i := range n {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
	}
	return row[0]
}

// FormatBundle returns the bytes of a bundle of 1 to 256 entries.
func FormatBundle(entries [][]byte) ([]byte, error) {
	if len(entries) < 1 || len(entries) > tileWidth {
		return nil, fmt.Errorf("format bundle: %d entries, not 1 to %d", len(entries), tileWidth)
	}
	size := 0
	for _, e := range entries {
		size += 2 + len(e)
	}
	b := make([]byte, 0, size)
	var err error
	for i, e := range entries {
		if b, err = torchwood.AppendTileEntry(b, e); err != nil {
			return nil, fmt.Errorf("format bundle: entry %d in it: %w", i, err)
		}
	}
	return b, nil
}

// ParseBundle returns the entries of a bundle of exactly width entries. They share memory with
// data.
func ParseBundle(data []byte, width int) ([][]byte, error) {
	entries, err := parseBundlePrefix(data, width)
	if err != nil {
		return nil, fmt.Errorf("parse bundle: %w", err)
	}
	return entries, nil
}

// parseBundlePrefix also returns the entries before what is wrong.
func parseBundlePrefix(data []byte, width int) ([][]byte, error) {
	if width < 1 || width > tileWidth || len(data) > MaxBundleSize {
		return nil, fmt.Errorf("%d entries in %d bytes are not possible", width, len(data))
	}
	entries := make([][]byte, 0, width)
	for i := range width {
		entry, rest, err := torchwood.ReadTileEntry(data)
		if err != nil {
			return entries, fmt.Errorf("entry %d of the bundle: %w", i, err)
		}
		entries, data = append(entries, entry[:len(entry):len(entry)]), rest
	}
	if len(data) > 0 {
		return entries, errors.New("something follows the last entry of the bundle")
	}
	return entries, nil
}
