package ledger

import (
	"bytes"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestTilePath(t *testing.T) {
	for path, want := range map[string]tlog.Tile{
		"tile/0/000":                            {H: 8, L: 0, N: 0, W: 256},
		"tile/0/001.p/44":                       {H: 8, L: 0, N: 1, W: 44},
		"tile/0/x001/234":                       {H: 8, L: 0, N: 1234, W: 256},
		"tile/1/x001/x234/067.p/255":            {H: 8, L: 1, N: 1234067, W: 255},
		"tile/entries/000":                      {H: 8, L: -1, N: 0, W: 256},
		"tile/entries/x001/234.p/1":             {H: 8, L: -1, N: 1234, W: 1},
		"tile/entries/x004/x294/x967/295":       {H: 8, L: -1, N: MaxTreeSize/256 - 1, W: 256},
		"tile/entries/x004/x294/x967/295.p/255": {H: 8, L: -1, N: MaxTreeSize/256 - 1, W: 255},
		"tile/5/000.p/1":                        {H: 8, L: 5, N: 0, W: 1},
	} {
		got, err := ParseTilePath(path)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", path, got, err)
		}
		if TilePath(want) != path {
			t.Errorf("path of %+v: got %s, want %s", want, TilePath(want), path)
		}
	}
	for _, bad := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/-1/000", "tile/64/000", "tile/6/000.p/1",
		"tile/8/0/000", "tile/8/data/000", "tile/data/000", "tile/entries", "tile/entries/", "tile/0/x000/001", "tile/0/001/234", "tile/0/x001",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "tile/0/000/../001", "/tile/0/000", "tile/0/000/", "tile//0/000", "tile/0/+01",
		"tile/entries/x004/x294/x967/296", "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
	} {
		if got, err := ParseTilePath(bad); err == nil {
			t.Errorf("%q: parsed as %+v", bad, got)
		}
	}
}

func FuzzParseTilePath(f *testing.F) {
	for _, seed := range []string{"tile/0/000", "tile/entries/x001/234.p/1", "tile/5/000.p/1", "tile/data/000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ParseTilePath(path)
		if err == nil && TilePath(tile) != path {
			t.Fatalf("%q is formatted as %q", path, TilePath(tile))
		}
	})
}

// TestNewTiles grows a log in steps. What was new at every step, together, must be what a client of
// the whole log needs, and each tile must hold what the definition says.
func TestNewTiles(t *testing.T) {
	hashes := testHashes(t, 700)
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.Int64Range(0, 300), 1, 5).Draw(t, "steps")
		files := make(map[string][]byte)
		var old, size int64
		for _, step := range sizes {
			size = min(old+step, 700)
			for _, tile := range NewTiles(old, size) {
				if !inTree(tile, size) {
					t.Fatalf("%s is not in a tree of %d", TilePath(tile), size)
				}
				if tile.L < 0 {
					continue
				}
				data, err := TileData(tile, hashes)
				if err != nil {
					t.Fatal(err)
				}
				if before, ok := files[TilePath(tile)]; ok && !bytes.Equal(before, data) {
					t.Fatalf("%s changed", TilePath(tile))
				}
				files[TilePath(tile)] = data
			}
			for _, tile := range NewTiles(0, size) {
				if _, ok := files[TilePath(tile)]; tile.L >= 0 && !ok {
					t.Fatalf("%s was not new between %d and %d, and a tree of %d needs it", TilePath(tile), old, size, size)
				}
			}
			old = size
		}
		root, err := TreeHash(size, hashes)
		if err != nil {
			t.Fatal(err)
		}
		reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, mapTiles(files))
		for i := int64(0); i < size; i += 37 {
			got, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
			if err != nil {
				t.Fatal(err)
			}
			if got[0] != hashes[tlog.StoredHashIndex(0, i)] {
				t.Fatalf("record %d is another in the tiles", i)
			}
		}
	})
}

type mapTiles map[string][]byte

func (m mapTiles) Height() int { return 8 }
func (m mapTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		out = append(out, m[torchwood.TilePath(t)])
	}
	return out, nil
}
func (m mapTiles) SaveTiles([]tlog.Tile, [][]byte) {}

func TestTileData(t *testing.T) {
	hashes := testHashes(t, 256)
	full := tlog.Tile{H: 8, L: 0, N: 0, W: 256}
	data, err := TileData(full, hashes)
	if err != nil {
		t.Fatal(err)
	}
	if want := hashes[tlog.StoredHashIndex(8, 0)]; tileRoot(data) != want {
		t.Errorf("root of the tile is %v, not %v", tileRoot(data), want)
	}
	for name, bad := range map[string]tlog.Tile{
		"other height": {H: 2, L: 0, N: 0, W: 4}, "bundle": {H: 8, L: -1, N: 0, W: 256}, "no width": {H: 8, L: 0, N: 0, W: 0}, "too wide": {H: 8, L: 0, N: 0, W: 257},
		"negative": {H: 8, L: 0, N: -1, W: 256}, "huge": {H: 8, L: 0, N: 1<<63 - 1, W: 256}, "not there": {H: 8, L: 0, N: 1, W: 1}, "high": {H: 8, L: 60, N: 0, W: 1},
	} {
		if _, err := TileData(bad, hashes); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 1, 256).Draw(t, "entries")
		data, err := FormatBundle(entries)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseBundle(data, len(entries))
		if err != nil || len(back) != len(entries) {
			t.Fatal(err)
		}
		for i := range entries {
			if !bytes.Equal(back[i], entries[i]) {
				t.Fatalf("entry %d is another", i)
			}
		}
		for _, width := range []int{0, -1, len(entries) - 1, len(entries) + 1, 257} {
			if _, err := ParseBundle(data, width); err == nil {
				t.Fatalf("%d entries parsed as %d", len(entries), width)
			}
		}
		if _, err := ParseBundle(data[:len(data)-1], len(entries)); err == nil {
			t.Fatal("a bundle that was cut short parsed")
		}
		if _, err := ParseBundle(append(data, 0), len(entries)); err == nil {
			t.Fatal("a bundle with a byte too many parsed")
		}
	})
	for name, bad := range map[string][][]byte{
		"empty": nil, "too many": make([][]byte, 257), "too long": {make([]byte, MaxEntrySize+1)},
	} {
		if _, err := FormatBundle(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 0, 0}, 2)
	f.Add([]byte{0, 3, 'a'}, 1)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		entries, err := ParseBundle(data, width)
		if err != nil {
			return
		}
		again, err := FormatBundle(entries)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x is formatted as %x, %v", data, again, err)
		}
	})
}
