// Package logtest makes logs and exports of them in memory, for the tests of those who read them. It needs no disk, which is
// what an export spends most of its time on.
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

// Start is the time of the first entry of a Log, and each entry comes a second after the one before it.
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
	signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.Key.Name(), Tree: f.Tree()}, l.Signer)
	must(l.TB, err)
	if len(witnesses) > 0 {
		n, err := note.Open(signed, note.VerifierList(l.Key))
		must(l.TB, err)
		signed, err = note.Sign(n, witnesses...)
		must(l.TB, err)
	}
	return signed
}

// Receipt is that of an entry under the log's checkpoint.
func (l *Log) Receipt(entry uint64) []byte {
	l.TB.Helper()
	receipt, err := ledger.NewReceipt(l.Lines[entry], l.Checkpoint(), l.Key, l.Hashes())
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
	signed, err := note.Sign(&note.Note{Text: text}, l.Signer)
	must(l.TB, err)
	files["manifest"] = &fstest.MapFile{Data: signed}
}
