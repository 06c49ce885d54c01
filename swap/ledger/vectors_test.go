package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

//go:embed testdata/vectors.json
var vectorsJSON []byte

// vectors is what testdata/vectors.py wrote.
type vectors struct {
	Origin           string            `json:"origin"`
	Skey             string            `json:"skey"`
	Vkey             string            `json:"vkey"`
	Entries          []string          `json:"entries"`
	AllEntriesSHA256 string            `json:"all_entries_sha256"`
	RecordHashes     []string          `json:"record_hashes"`
	Roots            map[string]string `json:"roots"`
	Checkpoint       string            `json:"checkpoint"`
	Receipts         []string          `json:"receipts"`
	TilesSHA256      map[string]string `json:"tiles_sha256"`
	Manifest         string            `json:"manifest"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	var v vectors
	dec := json.NewDecoder(bytes.NewReader(vectorsJSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A testLog is a log in memory, with a key of its own. It is the Source of the tests.
type testLog struct {
	Hashes
	records     [][]byte
	attachments map[Digest][]byte // stored form
	signer      note.Signer
	vkey        string
	key         note.Verifier
	failAfter   int // calls until everything fails, if not 0
	calls       int
}

func newTestLog(t testing.TB) *testLog {
	t.Helper()
	v := readVectors(t)
	signer, err := NewSigner(v.Skey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := NewVerifier(v.Vkey)
	if err != nil {
		t.Fatal(err)
	}
	return &testLog{signer: signer, key: key, vkey: v.Vkey, attachments: make(map[Digest][]byte)}
}

func (l *testLog) append(t testing.TB, kind string, body any) {
	t.Helper()
	raw, err := MarshalBody(body)
	if err != nil {
		t.Fatal(err)
	}
	seq := len(l.records)
	line, err := FormatEntry(Entry{
		Seq:  uint64(seq),
		Time: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Second),
		Kind: kind,
		Body: raw,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.appendRecord(t, line)
}

func (l *testLog) appendRecord(t testing.TB, line []byte) {
	t.Helper()
	if err := l.Append(RecordHash(line)); err != nil {
		t.Fatal(err)
	}
	l.records = append(l.records, line)
}

// grow appends the entries that vectors.py makes, up to size.
func (l *testLog) grow(t testing.TB, size int) {
	t.Helper()
	type body struct {
		N    int    `json:"n"`
		Text string `json:"text"`
		List []any  `json:"list"`
	}
	texts := []string{"plain", "tab\tquote\"", "<&> é 😀", "\x1f\x7f"}
	for i := len(l.records); i < size; i++ {
		l.append(t, "test.entry", body{i, texts[i%4], []any{i, -i - 1, nil, true, struct{}{}}})
	}
}

func (l *testLog) attach(t testing.TB, plain []byte) Digest {
	t.Helper()
	stored, err := CompressAttachment(plain)
	if err != nil {
		t.Fatal(err)
	}
	d := DigestOf(plain)
	l.attachments[d] = stored
	return d
}

func (l *testLog) checkpoint(t testing.TB) []byte {
	t.Helper()
	size := int64(len(l.records))
	root, err := TreeHash(size, l.Hashes)
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{Origin: l.key.Name()}
	c.N, c.Hash = size, root
	msg, err := SignCheckpoint(c, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func (l *testLog) config(t testing.TB) ExportConfig {
	return ExportConfig{Checkpoint: l.checkpoint(t), Signer: l.signer, Key: l.key, Withhold: WithholdNothing}
}

func (l *testLog) step() error {
	l.calls++
	if l.failAfter > 0 && l.calls >= l.failAfter {
		return fmt.Errorf("call %d of the source fails", l.calls)
	}
	return nil
}

func (l *testLog) Records(_ context.Context, lo, hi int64) ([][]byte, error) {
	if err := l.step(); err != nil {
		return nil, err
	}
	return l.records[lo:hi], nil
}

func (l *testLog) Attachments(_ context.Context, _ int64) ([]Digest, error) {
	if err := l.step(); err != nil {
		return nil, err
	}
	return slices.Collect(maps.Keys(l.attachments)), nil
}

func (l *testLog) OpenAttachment(_ context.Context, d Digest) (io.ReadCloser, error) {
	if err := l.step(); err != nil {
		return nil, err
	}
	stored, ok := l.attachments[d]
	if !ok {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(stored)), nil
}

// TestVectors holds every format against an implementation in Python.
func TestVectors(t *testing.T) {
	v := readVectors(t)
	log := newTestLog(t)
	log.grow(t, 600)

	for i, want := range v.Entries {
		if got := string(log.records[i]); got != want {
			t.Errorf("entry %d is\n%s\nnot\n%s", i, got, want)
		}
		if got := RecordHash(log.records[i]).String(); got != v.RecordHashes[i] {
			t.Errorf("record hash %d is %s, not %s", i, got, v.RecordHashes[i])
		}
	}
	if got := DigestOf(bytes.Join(log.records, nil)).String(); got != v.AllEntriesSHA256 {
		t.Errorf("all entries have digest %s, not %s", got, v.AllEntriesSHA256)
	}
	for size, want := range v.Roots {
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		root, err := TreeHash(n, log.Hashes)
		if err != nil || root.String() != want {
			t.Errorf("root of %s entries is %v, not %s (%v)", size, root, want, err)
		}
		var f Frontier
		for _, r := range log.records[:n] {
			f.Append(RecordHash(r))
		}
		if got := f.Tree(); got.N != n || got.Hash.String() != want {
			t.Errorf("frontier of %s entries is %v, not %s", size, got, want)
		}
	}
	if got := string(log.checkpoint(t)); got != v.Checkpoint {
		t.Errorf("checkpoint is\n%s\nnot\n%s", got, v.Checkpoint)
	}

	sums := make(map[string]string)
	m := Manifest{Origin: v.Origin, Size: 600, Withheld: []Digest{DigestOf([]byte("secret"))}}
	add := func(path string, data []byte) {
		m.Files = append(m.Files, File{path, int64(len(data)), DigestOf(data)})
	}
	for _, tile := range NewTiles(0, 600) {
		var data []byte
		var err error
		if tile.L < 0 {
			data, err = FormatBundle(log.records[tile.N*256:][:tile.W])
		} else {
			data, err = TileData(tile, log.Hashes)
		}
		if err != nil {
			t.Fatal(err)
		}
		sums[TilePath(tile)] = fmt.Sprintf("%x", sha256.Sum256(data))
		add(TilePath(tile), data)
	}
	if !maps.Equal(sums, v.TilesSHA256) {
		t.Errorf("tiles are\n%v\nnot\n%v", sums, v.TilesSHA256)
	}
	add("checkpoint", log.checkpoint(t))
	slices.SortFunc(m.Files, func(a, b File) int { return bytes.Compare([]byte(a.Path), []byte(b.Path)) })
	text, err := FormatManifest(m)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signNote(text, MaxManifestSize, log.signer)
	if err != nil || string(signed) != v.Manifest {
		t.Errorf("manifest is\n%s\nnot\n%s(%v)", signed, v.Manifest, err)
	}

	for i, n := range []struct{ index, size int }{{0, 1}, {7, 600}, {255, 256}, {599, 600}} {
		short := newTestLog(t)
		short.grow(t, n.size)
		got, err := NewReceipt(log.records[n.index], short.checkpoint(t), log.key, short.Hashes)
		if err != nil || string(got) != v.Receipts[i] {
			t.Errorf("receipt of entry %d is\n%s\nnot\n%s(%v)", n.index, got, v.Receipts[i], err)
		}
		e, c, _, err := CheckReceipt([]byte(v.Receipts[i]), log.key)
		if err != nil || e.Seq != uint64(n.index) || c.N != int64(n.size) {
			t.Errorf("check of receipt %d: entry %d of %d, %v", n.index, e.Seq, c.N, err)
		}
	}
}
