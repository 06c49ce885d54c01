// Package ledger holds the formats of the append-only log: entries, the tree over them, signed
// checkpoints, tiles, exports and receipts. It imports nothing else of the project, so that a
// program without keys or a database can check a log with it.
//
// # Entry
//
// An entry is one line of JSON without a newline, at most [MaxEntrySize] bytes:
//
//	{"v":1,"seq":0,"time":"2026-11-22T13:00:00Z","kind":"claim.accepted","body":{...}}
//
// There is no space and no other key, and the order is fixed. seq is the entry's index in the tree.
// time is UTC in whole seconds, from 1970 to 9999. kind is lower-case words of letters, digits and
// underscores joined by dots, at most [MaxKindSize] bytes. body is a canonical JSON object: what
// encoding/json prints with SetEscapeHTML(false), which means no space, the short escapes \" \\ \b
// \f \n \r \t, \u00xx in lower case for the other control characters, \u2028 and \u2029 for these
// two, everything else as plain UTF-8. Further, numbers are integers (no fraction, exponent or -0),
// a key occurs once in its object, an object has at most 256 keys, and values nest at most 32 deep.
//
// # Tree
//
// The tree is the Merkle tree of RFC 6962, section 2.1, with SHA-256: a leaf is the hash of a zero
// byte and the entry's bytes. Proofs are those of sections 2.1.1 and 2.1.2. A tree has at most
// [MaxTreeSize] entries.
//
// # Keys, notes and checkpoints
//
// A key is an Ed25519 key of https://c2sp.org/signed-note, written as
//
//	<name>+<8 hex digits>+<base64 of 0x01 and the public key>
//
// The name of the ledger's key is the log's origin: <portal>/<migration id>. A checkpoint is a note
// of https://c2sp.org/tlog-checkpoint signed by that key, without extension lines:
//
//	<origin>
//	<number of entries>
//	<base64 of the root hash>
//
//	— <origin> <base64 of the key's hash and the signature>
//
// More signature lines (witnesses, https://c2sp.org/tlog-cosignature) may follow and are kept as
// they are. A log can change its key by an entry that holds a note signed by the present one:
//
//	oxenswap ledger key rotation v1
//	<origin>
//	entry <number of that entry>
//	old <present key>
//	new <next key>
//
// Checkpoints of more entries than that number are signed by the next key, and all others by the
// present one. That of just one entry more is signed by both where both were at hand, for those who
// know the former only. A log has at most [MaxRotations] of these, and no key comes back. In every
// note of this package the signatures are canonical base64 and no key signs twice.
//
// # Tiles
//
// Tiles are those of https://c2sp.org/tlog-tiles: tile/<level>/<n> holds up to 256 hashes,
// tile/entries/<n> the same entries' bytes, each after its length as a big-endian uint16. n is
// written as x001/x234/067, and a tile of w < 256 has the suffix .p/<w>.
//
// # Attachments
//
// What is too large for an entry is stored once as a gzip stream (RFC 1952) and named by the
// SHA-256 of its plain bytes, of which there are at most [MaxAttachmentSize]. The stream has one
// member, whose header is in hex 1f8b08000000000000ff: no name, no time.
//
// # Export
//
// An export is a folder of plain files: checkpoint, the tiles of its size (and the partial tiles of
// earlier exports until their full tile has been there for an hour), attachment/<first two
// digits>/<digest>.gz, rotation/<n> with the note of the n-th change of the key, counted from 1,
// and manifest, a note signed by the ledger's key over
//
//	oxenswap ledger manifest v2
//	<origin>
//	entries <number of entries>
//	files <number of files>
//	withheld <number of digests>
//	checkpoint <base64 of the signed checkpoint>
//	<SHA-256 in hex> <size in bytes> <path>
//	...
//	<digest of a withheld attachment>
//	...
//
// with every other file, sorted by path, and every attachment that exists but was left out, sorted.
// A reader starts from the manifest and opens only what it lists. The manifest is what an export is
// at any moment: it is replaced last, in one step, and carries the checkpoint, so that the file of
// that name may for a moment be one ahead, of a tree that begins with the manifest's and whose
// tiles are there. Version 1 had no line for the checkpoint.
//
// # Receipt
//
// A receipt is a proof of https://c2sp.org/tlog-proof whose extra data is the entry's bytes:
//
//	c2sp.org/tlog-proof@v1
//	extra <base64 of the entry>
//	index <n>
//	<base64 of a hash>
//	...
//
//	<checkpoint>
//
// Every parser here accepts only what formatting its result gives back byte for byte, and looks at
// sizes before anything else.
package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// MaxEntrySize is the largest entry in bytes: what the uint16 length of an entry bundle can say
// (https://c2sp.org/tlog-tiles, Log entries).
const MaxEntrySize = math.MaxUint16

// MaxKindSize is the longest kind in bytes.
const MaxKindSize = 64

const (
	entryStart = `{"v":1,"seq":`
	entryTime  = `,"time":"`
	entryKind  = `","kind":"`
	entryBody  = `","body":`
	timeLayout = "2006-01-02T15:04:05Z"
)

// An Entry is one step of the migration as the log keeps it.
type Entry struct {
	Seq  uint64          // index in the tree, below MaxTreeSize
	Time time.Time       // UTC, whole seconds
	Kind string          // what happened, for example "claim.accepted"
	Body json.RawMessage // canonical JSON object, as MarshalBody makes it
}

// FormatEntry returns the bytes of e that are stored, hashed and exported.
func FormatEntry(e Entry) ([]byte, error) {
	if e.Seq >= MaxTreeSize {
		return nil, fmt.Errorf("format entry: seq %d is not below %d", e.Seq, int64(MaxTreeSize))
	}
	t := e.Time.UTC()
	if t.Nanosecond() != 0 || t.Year() < 1970 || t.Year() > 9999 {
		return nil, fmt.Errorf("format entry %d: time %v is not whole seconds between 1970 and 9999: truncate it to the second", e.Seq, t)
	}
	if err := checkKind(e.Kind); err != nil {
		return nil, fmt.Errorf("format entry %d: %w", e.Seq, err)
	}
	size := len(entryStart) + 20 + len(entryTime) + len(timeLayout) + len(entryKind) + len(e.Kind) + len(entryBody) + len(e.Body) + 1
	b := make([]byte, 0, size)
	b = append(b, entryStart...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = append(b, entryTime...)
	b = t.AppendFormat(b, timeLayout)
	b = append(b, entryKind...)
	b = append(b, e.Kind...)
	b = append(b, entryBody...)
	b = append(b, e.Body...)
	b = append(b, '}')
	if len(b) > MaxEntrySize {
		return nil, fmt.Errorf("format entry %d (%s): %d bytes, at most %d fit: store the larger part as an attachment and name its digest", e.Seq, e.Kind, len(b), MaxEntrySize)
	}
	if err := checkBody(e.Body); err != nil {
		return nil, fmt.Errorf("format entry %d (%s): %w", e.Seq, e.Kind, err)
	}
	return b, nil
}

// ParseEntry is the inverse of [FormatEntry] and accepts nothing else. The returned body shares
// memory with data, which must not be changed afterwards.
func ParseEntry(data []byte) (Entry, error) {
	if len(data) > MaxEntrySize {
		return Entry{}, fmt.Errorf("parse entry: %d bytes, at most %d are allowed", len(data), MaxEntrySize)
	}
	rest, ok := cut(data, entryStart)
	if !ok {
		if _, ok := cut(data, `{"v":`); ok {
			return Entry{}, errors.New("parse entry: this version of the format is not known: use a newer program")
		}
		return Entry{}, errors.New("parse entry: not a ledger entry")
	}
	var e Entry
	n := 0
	for n < len(rest) && rest[n]-'0' <= 9 && e.Seq < MaxTreeSize {
		e.Seq = e.Seq*10 + uint64(rest[n]-'0')
		n++
	}
	if n == 0 || n > 1 && rest[0] == '0' || e.Seq >= MaxTreeSize {
		return Entry{}, fmt.Errorf("parse entry: seq is not a plain number below %d", int64(MaxTreeSize))
	}
	rest, ok = cut(rest[n:], entryTime)
	if !ok || len(rest) < len(timeLayout) {
		return Entry{}, fmt.Errorf("parse entry %d: expected the time after seq", e.Seq)
	}
	e.Time, ok = parseTime(rest[:len(timeLayout)])
	if !ok {
		return Entry{}, fmt.Errorf("parse entry %d: time %q is not of the form %s", e.Seq, rest[:len(timeLayout)], timeLayout)
	}
	rest, ok = cut(rest[len(timeLayout):], entryKind)
	if !ok {
		return Entry{}, fmt.Errorf("parse entry %d: expected the kind after the time", e.Seq)
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return Entry{}, fmt.Errorf("parse entry %d: the kind does not end", e.Seq)
	}
	e.Kind = string(rest[:end])
	if err := checkKind(e.Kind); err != nil {
		return Entry{}, fmt.Errorf("parse entry %d: %w", e.Seq, err)
	}
	rest, ok = cut(rest[end:], entryBody)
	if !ok || len(rest) == 0 || rest[len(rest)-1] != '}' {
		return Entry{}, fmt.Errorf("parse entry %d (%s): expected the body as the last value", e.Seq, e.Kind)
	}
	e.Body = json.RawMessage(rest[: len(rest)-1 : len(rest)-1])
	if err := checkBody(e.Body); err != nil {
		return Entry{}, fmt.Errorf("parse entry %d (%s): %w", e.Seq, e.Kind, err)
	}
	return e, nil
}

func cut(data []byte, prefix string) (rest []byte, ok bool) {
	if len(data) < len(prefix) || string(data[:len(prefix)]) != prefix {
		return nil, false
	}
	return data[len(prefix):], true
}

// parseTime reads exactly timeLayout. time.Parse would take twice as long and accepts more than one
// spelling.
func parseTime(b []byte) (time.Time, bool) {
	const form = "0000-00-00T00:00:00Z"
	for i := range len(form) {
		if c := b[i]; form[i] == '0' && c-'0' > 9 || form[i] != '0' && c != form[i] {
			return time.Time{}, false
		}
	}
	two := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	year, month, day := two(0)*100+two(2), time.Month(two(5)), two(8)
	hour, minute, second := two(11), two(14), two(17)
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// time.Date normalises what does not exist, such as 31 June.
	y, m, d := t.Date()
	ok := year >= 1970 && y == year && m == month && d == day && hour < 24 && minute < 60 && second < 60
	return t, ok
}

func checkKind(kind string) error {
	if len(kind) == 0 || len(kind) > MaxKindSize {
		return fmt.Errorf("the kind has %d bytes, not 1 to %d", len(kind), MaxKindSize)
	}
	start := true // of a word
	for i := range len(kind) {
		c := kind[i]
		switch {
		case 'a' <= c && c <= 'z':
			start = false
		case !start && ('0' <= c && c <= '9' || c == '_'):
		case !start && c == '.':
			start = true
		default:
			return fmt.Errorf("kind %q is not lower-case words joined by dots", kind)
		}
	}
	if start {
		return fmt.Errorf("kind %q ends in a dot", kind)
	}
	return nil
}
