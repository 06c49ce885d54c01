// Package diff says how two exports of ledgers differ: in which entries, in which fields of them,
// and in which files.
//
// Entries are the same if kind and body are. An entry that was put in or left out renumbers all
// behind it; those are in both logs and only counted.
package diff

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"oxenswap/audit/follow"
	"oxenswap/swap/ledger"
)

// MaxListed is how many of anything a Report lists; the rest is counted.
const MaxListed = 25

const bundleSize = 256

// Report is how two exports differ. Its JSON is stable: keys are only added.
type Report struct {
	A     Side   `json:"a"`
	B     Side   `json:"b"`
	Same  bool   `json:"same"`             // the logs are, and what the exports hold of them
	First *int64 `json:"first_difference"` // entry; null: one log is the other's beginning

	Changed Changes `json:"changed"` // under one number and of one kind
	OnlyA   Entries `json:"only_a"`
	OnlyB   Entries `json:"only_b"`
	Moved   uint64  `json:"moved"` // entries in both under other numbers
	Files   Files   `json:"files"`
}

// Side is one of the exports.
type Side struct {
	Origin   string `json:"origin"`
	Entries  int64  `json:"entries"`
	Root     string `json:"root"`
	Files    int    `json:"files"`
	Withheld int    `json:"withheld"` // attachments
}

// Changes are entries with their changed fields.
type Changes struct {
	List []EntryChange `json:"list"`
	N    uint64        `json:"n"`
}

// EntryChange is an entry that says other things in the two logs.
type EntryChange struct {
	Entry  uint64   `json:"entry"`
	Kind   string   `json:"kind"`
	Fields []Change `json:"fields"` // of the body, and "time"
	More   int      `json:"more"`   // further fields
}

// Entries are some of a log.
type Entries struct {
	List []Entry `json:"list"`
	N    uint64  `json:"n"`
}

// Entry names an entry of a log.
type Entry struct {
	Entry uint64    `json:"entry"`
	Kind  string    `json:"kind"`
	Time  time.Time `json:"time"`
}

// Files are those that the manifests do not share, without checkpoint and partial tiles.
type Files struct {
	List []File `json:"list"`
	N    uint64 `json:"n"`
}

// File is one of an export.
type File struct {
	Path string `json:"path"`
	How  string `json:"how"`
}

// Compare compares two exports. Memory grows with the entries behind the first difference, some 50
// bytes each.
func Compare(ctx context.Context, a, b *ledger.Export) (*Report, error) {
	c := &comparison{a: newSide(a), b: newSide(b)}
	r := &c.Report
	r.A, r.B = c.a.Side, c.b.Side
	r.Changed.List, r.OnlyA.List, r.OnlyB.List, r.Files.List = []EntryChange{}, []Entry{}, []Entry{}, []File{}
	size := min(r.A.Entries, r.B.Entries)
	first, err := follow.FirstDifference(a, b, size)
	if err != nil {
		return nil, err
	}
	if first < size {
		r.First = &first
	}
	if err := c.entries(ctx, first); err != nil {
		return nil, err
	}
	c.files(a.Manifest(), b.Manifest())
	r.Same = r.A.Entries == r.B.Entries && r.A.Origin == r.B.Origin && r.First == nil && r.Files.N == 0
	return r, nil
}

type comparison struct {
	Report
	a, b *side
}

type side struct {
	Side
	x      *ledger.Export
	bundle int64 // the one that entry read last
	lines  [][]byte
}

func newSide(x *ledger.Export) *side {
	c, _ := x.Checkpoint()
	m := x.Manifest()
	return &side{Side: Side{c.Origin, c.N, c.Hash.String(), len(m.Files), len(m.Withheld)}, x: x}
}

// read visits the entries from lo to hi-1.
func (s *side) read(ctx context.Context, lo, hi int64, visit func(ledger.Entry) error) error {
	for n := lo / bundleSize; n*bundleSize < hi; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		lines, err := s.x.Bundle(n)
		if err != nil {
			return err
		}
		for i, line := range lines {
			seq := n*bundleSize + int64(i)
			if seq < lo || seq >= hi {
				continue
			}
			e, err := ledger.ParseEntry(line)
			if err != nil {
				return fmt.Errorf("entry %d: %w", seq, err)
			}
			e.Seq = uint64(seq)
			if err := visit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry reads one entry.
func (s *side) entry(ctx context.Context, seq uint64) (e ledger.Entry, err error) {
	if n := int64(seq / bundleSize); s.lines == nil || s.bundle != n {
		if s.lines, err = s.x.Bundle(n); err != nil {
			return e, err
		}
		s.bundle = n
	}
	if e, err = ledger.ParseEntry(s.lines[seq%bundleSize]); err != nil {
		return e, fmt.Errorf("entry %d: %w", seq, err)
	}
	e.Seq = seq
	return e, ctx.Err()
}

// content stands for kind and body.
type content [16]byte

func contentOf(e ledger.Entry) content {
	sum := sha256.New()
	sum.Write([]byte(e.Kind))
	sum.Write([]byte{0})
	sum.Write(e.Body)
	return content(sum.Sum(nil)[:len(content{})])
}

// entries compares what follows the common beginning.
func (c *comparison) entries(ctx context.Context, first int64) error {
	same := make([]bool, min(c.A.Entries, c.B.Entries)-first) // the content, under the same number
	if err := c.inPlace(ctx, first, same); err != nil {
		return err
	}
	left := map[content]int{} // in A, and not found in B
	if err := c.others(ctx, c.a, first, same, func(e ledger.Entry) { left[contentOf(e)]++ }); err != nil {
		return err
	}
	take := func(e ledger.Entry) bool {
		k := contentOf(e)
		found := left[k] > 0
		if found {
			left[k]--
		}
		return found
	}
	var onlyA, onlyB []uint64
	if err := c.others(ctx, c.b, first, same, func(e ledger.Entry) {
		if take(e) {
			c.Moved++
		} else {
			onlyB = append(onlyB, e.Seq)
		}
	}); err != nil {
		return err
	}
	if err := c.others(ctx, c.a, first, same, func(e ledger.Entry) {
		if take(e) {
			onlyA = append(onlyA, e.Seq)
		}
	}); err != nil {
		return err
	}
	changed, err := c.changed(ctx, onlyA, onlyB)
	if err != nil {
		return err
	}
	if err := c.list(ctx, c.a, &c.OnlyA, onlyA, changed); err != nil {
		return err
	}
	if err := c.list(ctx, c.b, &c.OnlyB, onlyB, changed); err != nil {
		return err
	}
	slices.SortFunc(c.Changed.List, func(x, y EntryChange) int { return cmp.Compare(x.Entry, y.Entry) })
	return nil
}

// inPlace finds what both logs have under the same number, and reports where only the time differs.
func (c *comparison) inPlace(ctx context.Context, first int64, same []bool) error {
	for lo, size := first, first+int64(len(same)); lo < size; {
		hi := min(size, (lo/bundleSize+1)*bundleSize)
		var other []ledger.Entry
		if err := c.a.read(ctx, lo, hi, func(e ledger.Entry) error {
			other = append(other, e)
			return nil
		}); err != nil {
			return err
		}
		if err := c.b.read(ctx, lo, hi, func(e ledger.Entry) error {
			was := other[int64(e.Seq)-lo]
			if was.Kind != e.Kind || !bytes.Equal(was.Body, e.Body) {
				return nil
			}
			same[int64(e.Seq)-first] = true
			if was.Time.Equal(e.Time) {
				return nil
			}
			return c.change(was, e)
		}); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// others visits the entries that do not stand in the other log under the same number.
func (c *comparison) others(ctx context.Context, s *side, first int64, same []bool, visit func(ledger.Entry)) error {
	return s.read(ctx, first, s.Entries, func(e ledger.Entry) error {
		if i := int64(e.Seq) - first; i >= int64(len(same)) || !same[i] {
			visit(e)
		}
		return nil
	})
}

// changed pairs the entries that each log has alone under the same number and of the same kind.
func (c *comparison) changed(ctx context.Context, onlyA, onlyB []uint64) (map[uint64]bool, error) {
	changed := map[uint64]bool{}
	for _, seq := range onlyA {
		if _, both := slices.BinarySearch(onlyB, seq); !both {
			continue
		}
		was, err := c.a.entry(ctx, seq)
		if err != nil {
			return nil, err
		}
		is, err := c.b.entry(ctx, seq)
		if err != nil {
			return nil, err
		}
		if was.Kind != is.Kind {
			continue
		}
		changed[seq] = true
		if err := c.change(was, is); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

func (c *comparison) change(was, is ledger.Entry) error {
	if c.Changed.N++; c.Changed.N > MaxListed {
		return nil
	}
	fields, err := Changed(was.Body, is.Body)
	if err != nil {
		return fmt.Errorf("entry %d: %w", is.Seq, err)
	}
	if !was.Time.Equal(is.Time) {
		a, b := was.Time.Format(time.RFC3339), is.Time.Format(time.RFC3339)
		fields = append(fields, Change{"time", &a, &b})
	}
	more := max(0, len(fields)-MaxListed)
	c.Changed.List = append(c.Changed.List, EntryChange{is.Seq, is.Kind, fields[:len(fields)-more], more})
	return nil
}

func (c *comparison) list(ctx context.Context, s *side, to *Entries, alone []uint64, changed map[uint64]bool) error {
	for _, seq := range alone {
		if changed[seq] {
			continue
		}
		if to.N++; to.N > MaxListed {
			continue
		}
		e, err := s.entry(ctx, seq)
		if err != nil {
			return err
		}
		to.List = append(to.List, Entry{e.Seq, e.Kind, e.Time})
	}
	return nil
}

// files compares the manifests. Tiles of other sizes and the files that name the size are no
// difference of their own.
func (c *comparison) files(a, b ledger.Manifest) {
	said := func(path, how string) {
		if c.Files.N++; c.Files.N <= MaxListed {
			c.Files.List = append(c.Files.List, File{path, how})
		}
	}
	attachment := func(path string) bool { return strings.HasPrefix(path, "attachment/") }
	inA, inB := have(a), have(b)
	for _, path := range slices.Sorted(maps.Keys(inA)) {
		f, other := inA[path], inB[path]
		switch {
		case other == nil && attachment(path):
			said(path, "only in A")
		case other == nil || path == "checkpoint":
		case f.Size < 0 && other.Size >= 0:
			said(path, "withheld from A")
		case f.Size >= 0 && other.Size < 0:
			said(path, "withheld from B")
		case f.Size != other.Size || f.SHA256 != other.SHA256:
			said(path, "differs")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(inB)) {
		if inA[path] == nil && attachment(path) {
			said(path, "only in B")
		}
	}
}

// have are the files of an export by path. Those that exist and are withheld have a size of -1.
func have(m ledger.Manifest) map[string]*ledger.File {
	out := map[string]*ledger.File{}
	for _, f := range m.Files {
		out[f.Path] = &f
	}
	for _, d := range m.Withheld {
		path := ledger.AttachmentPath(d)
		out[path] = &ledger.File{Path: path, Size: -1}
	}
	return out
}
