// Package logtest makes logs and exports of them in memory, for the tests of those who read them.
// It needs no disk, which is what an export spends most of its time on.
package logtest

import (
	"crypto/sha256"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Start is the time of the first entry of a Log, and each entry comes a second after the one before
// it.
var Start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Log is a log in memory.
type Log struct {
	TB     testing.TB
	Lines  [][]byte
	Files  map[ledger.Digest][]byte // attachments
	Stored *sync.Map                // their stored form by digest, once it was made; nil: it is made each time
	Signer note.Signer
	Key    note.Verifier
	VKey   string
	Later  []NextKey // after that first key
}

// NextKey is a key that a log was handed over to.
type NextKey struct {
	Signer   note.Signer
	Rotation []byte // signed
}

// New makes an empty log whose key has the given name. The same name gives the same key.
func New(tb testing.TB, origin string) *Log {
	tb.Helper()
	l := &Log{TB: tb, Files: map[ledger.Digest][]byte{}}
	skey, vkey, err := ledger.NewKey(&entropy{seed: origin}, origin)
	must(tb, err)
	l.VKey = vkey
	l.Signer, err = ledger.NewSigner(skey)
	must(tb, err)
	l.Key, err = ledger.NewVerifier(vkey)
	must(tb, err)
	return l
}

// entropy is a reproducible stream.
type entropy struct {
	seed string
	left []byte
}

// Read implements io.Reader.
func (e *entropy) Read(p []byte) (int, error) {
	if len(e.left) == 0 {
		sum := sha256.Sum256([]byte(e.seed))
		e.left, e.seed = sum[:], string(sum[:])
	}
	n := copy(p, e.left)
	e.left = e.left[n:]
	return n, nil
}

var _ io.Reader = (*entropy)(nil)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Add appends an event, which need not follow from the ones before, and returns its number.
func (l *Log) Add(event swap.Event, attachments ...[]byte) uint64 {
	l.TB.Helper()
	seq := uint64(len(l.Lines))
	for _, data := range attachments {
		l.Files[ledger.DigestOf(data)] = data
	}
	l.Lines = append(l.Lines, Line(l.TB, seq, Start.Add(time.Duration(seq)*time.Second), event))
	return seq
}

// Line is an entry's bytes.
func Line(tb testing.TB, seq uint64, at time.Time, event swap.Event) []byte {
	tb.Helper()
	body, err := ledger.MarshalBody(event)
	must(tb, err)
	line, err := ledger.FormatEntry(ledger.Entry{Seq: seq, Time: at, Kind: event.Kind(), Body: body})
	must(tb, err)
	return line
}

// Rotate hands the log over to another key by its next entry.
func (l *Log) Rotate() {
	l.TB.Helper()
	old := l.VKey
	if rotations := l.Keys().Rotations(); len(rotations) > 0 {
		old = rotations[len(rotations)-1].New
	}
	skey, vkey, err := ledger.NewKey(&entropy{seed: old}, l.Key.Name())
	must(l.TB, err)
	signed, err := ledger.SignRotation(ledger.Rotation{Origin: l.Key.Name(), Entry: int64(len(l.Lines)), Old: old, New: vkey}, l.signer())
	must(l.TB, err)
	next, err := ledger.NewSigner(skey)
	must(l.TB, err)
	l.Later = append(slices.Clip(l.Later), NextKey{next, signed})
	l.Add(&swap.KeyRotated{Key: vkey, Note: string(signed)})
}

// Keys are those that the log has had.
func (l *Log) Keys() *ledger.Keys {
	l.TB.Helper()
	keys, err := ledger.NewKeys(l.Key, l.rotations()...)
	must(l.TB, err)
	return keys
}

// rotations are those of the log's entries; it may have been cut.
func (l *Log) rotations() (signed [][]byte) {
	for _, next := range l.Later {
		r, err := ledger.OpenRotation(next.Rotation)
		must(l.TB, err)
		if r.Entry < int64(len(l.Lines)) {
			signed = append(signed, next.Rotation)
		}
	}
	return signed
}

// signer is the key in force.
func (l *Log) signer() note.Signer {
	if n := len(l.rotations()); n > 0 {
		return l.Later[n-1].Signer
	}
	return l.Signer
}

// Fork is a copy of the log that can go another way.
func (l *Log) Fork() *Log {
	other := *l
	other.Lines = slices.Clone(l.Lines)
	return &other
}

// Cut is a copy of the log's first size entries.
func (l *Log) Cut(size int) *Log {
	other := l.Fork()
	other.Lines = other.Lines[:size]
	return other
}

// Hashes are the stored hashes of the log.
func (l *Log) Hashes() (h ledger.Hashes) {
	for _, line := range l.Lines {
		must(l.TB, h.Append(ledger.RecordHash(line)))
	}
	return h
}

// Checkpoint is the log's signed checkpoint, cosigned by the given witnesses.
func (l *Log) Checkpoint(witnesses ...note.Signer) []byte {
	l.TB.Helper()
	var f ledger.Frontier
	for _, line := range l.Lines {
		f.Append(ledger.RecordHash(line))
	}
	signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.Key.Name(), Tree: f.Tree()}, l.signer())
	must(l.TB, err)
	if len(witnesses) > 0 {
		n, err := note.Open(signed, note.VerifierList(l.Keys().Last()))
		must(l.TB, err)
		signed, err = note.Sign(n, witnesses...)
		must(l.TB, err)
	}
	return signed
}

// Receipt is that of an entry under the log's checkpoint.
func (l *Log) Receipt(entry uint64) []byte {
	l.TB.Helper()
	receipt, err := ledger.NewReceipt(l.Lines[entry], l.Checkpoint(), l.Keys().Last(), l.Hashes())
	must(l.TB, err)
	return receipt
}

// Export is the log as an export of all of its attachments.
func (l *Log) Export(witnesses ...note.Signer) fstest.MapFS {
	l.TB.Helper()
	out := fstest.MapFS{"checkpoint": {Data: l.Checkpoint(witnesses...)}}
	hashes := l.Hashes()
	for _, t := range ledger.NewTiles(0, int64(len(l.Lines))) {
		var data []byte
		var err error
		if t.L < 0 {
			data, err = ledger.FormatBundle(l.Lines[t.N*256:][:t.W])
		} else {
			data, err = ledger.TileData(t, hashes)
		}
		must(l.TB, err)
		out[ledger.TilePath(t)] = &fstest.MapFile{Data: data}
	}
	for digest, plain := range l.Files {
		out[ledger.AttachmentPath(digest)] = &fstest.MapFile{Data: l.store(digest, plain)}
	}
	for i, signed := range l.rotations() {
		out[ledger.RotationPath(i+1)] = &fstest.MapFile{Data: signed}
	}
	l.Sign(out)
	return out
}

func (l *Log) store(digest ledger.Digest, plain []byte) []byte {
	if l.Stored != nil {
		if stored, ok := l.Stored.Load(digest); ok {
			return stored.([]byte)
		}
	}
	stored, err := ledger.CompressAttachment(plain)
	must(l.TB, err)
	if l.Stored != nil {
		l.Stored.Store(digest, stored)
	}
	return stored
}

// Sign gives the files a manifest that lists them as they are, and what is withheld.
func (l *Log) Sign(files fstest.MapFS, withheld ...ledger.Digest) {
	l.TB.Helper()
	m := ledger.Manifest{Origin: l.Key.Name(), Size: int64(len(l.Lines)), Checkpoint: files["checkpoint"].Data, Withheld: slices.SortedFunc(slices.Values(withheld), ledger.Digest.Compare)}
	for path, f := range files {
		if path != "manifest" {
			m.Files = append(m.Files, ledger.File{Path: path, Size: int64(len(f.Data)), SHA256: ledger.DigestOf(f.Data)})
		}
	}
	slices.SortFunc(m.Files, func(a, b ledger.File) int { return strings.Compare(a.Path, b.Path) })
	text, err := ledger.FormatManifest(m)
	must(l.TB, err)
	signed, err := note.Sign(&note.Note{Text: text}, l.signer())
	must(l.TB, err)
	files["manifest"] = &fstest.MapFile{Data: signed}
}
