package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// bundleSize is the number of entries in a full bundle (https://c2sp.org/tlog-tiles).
const bundleSize = 256

// ordered runs work for 0 to count-1 on all cores and hands the results to take in this order. Few results wait at a
// time, so memory does not grow with count. It ends early when take returns false or ctx ends.
func ordered[T any](ctx context.Context, count uint64, work func(uint64) T, take func(T) bool) error {
	ahead := make(chan chan T, 32*runtime.GOMAXPROCS(0)) // room for a slow result, such as a snapshot
	done := make(chan struct{})
	var running sync.WaitGroup
	defer running.Wait()
	defer close(done)
	running.Go(func() {
		defer close(ahead)
		for n := range count {
			c := make(chan T, 1)
			select {
			case ahead <- c:
				running.Go(func() { c <- work(n) })
			case <-done:
				return
			case <-ctx.Done():
				return
			}
		}
	})
	for c := range ahead {
		if !take(<-c) {
			return nil
		}
	}
	return ctx.Err()
}

func (a *auditor) bundles() uint64 { return (a.report.Entries + bundleSize - 1) / bundleSize }

// cutoffs are the sizes of the log from which rounds were built, each with the number of rounds.
func (a *auditor) cutoffs(ctx context.Context) (map[uint64]int, error) {
	out := map[uint64]int{}
	kind := []byte(`,"kind":"round.built","body":`)
	err := ordered(ctx, a.bundles(), func(n uint64) []uint64 {
		lines, err := a.x.UnverifiedBundle(int64(n))
		if err != nil {
			return nil // the replay meets it too, and says so
		}
		var found []uint64
		for _, line := range lines {
			// Only the start can be the entry's own kind: whatever a body quotes comes later.
			if !bytes.Contains(line[:min(len(line), 128)], kind) {
				continue
			}
			e, err := ledger.ParseEntry(line)
			if err != nil {
				continue
			}
			event, err := swap.DecodeEvent(e.Kind, e.Body)
			if built, ok := event.(*swap.RoundBuilt); ok && err == nil {
				found = append(found, built.Cutoff)
			}
		}
		return found
	}, func(found []uint64) bool {
		for _, c := range found {
			out[c]++
		}
		return true
	})
	return out, err
}

// examined is an entry with all that could be said of it alone.
type examined struct {
	entry    ledger.Entry
	record   tlog.Hash // its leaf hash
	event    swap.Event
	problems []string
	complete bool // all attachments that it names are in the export
	ready    any  // what was read from its attachments for the checks in order
	notes    []Count
}

// bundle is the result for up to 256 entries. err is what is wrong behind them.
type bundle struct {
	entries []examined
	err     error
}

// examine reads a bundle and checks each of its entries alone.
func (x *examiner) bundle(n uint64) bundle {
	lines, leaves, err := x.export.HashedBundle(int64(n))
	if err != nil {
		return bundle{err: err}
	}
	out := bundle{entries: make([]examined, len(lines))}
	for i, line := range lines {
		e := &out.entries[i]
		e.record = leaves[i]
		seq := n*bundleSize + uint64(i)
		if e.entry, err = ledger.ParseEntry(line); err != nil {
			e.entry = ledger.Entry{Seq: seq, Kind: "unreadable"}
			e.problems = append(e.problems, err.Error())
			continue
		}
		if e.entry.Seq != seq {
			e.problems = append(e.problems, fmt.Sprintf("it says that it is entry %d", e.entry.Seq))
			e.entry.Seq = seq
		}
		if e.event, err = swap.DecodeEvent(e.entry.Kind, e.entry.Body); err != nil {
			e.problems = append(e.problems, err.Error())
			continue
		}
		x.examine(e)
	}
	x.claims.add(out.entries)
	return out
}

// files remembers which of the manifest's files entries lead to.
type files struct {
	fsys     fs.FS
	manifest ledger.Manifest
	mu       sync.Mutex
	listed   []bool // by the manifest's Files
	withheld []bool // by the manifest's Withheld
}

func newFiles(fsys fs.FS, m ledger.Manifest) *files {
	f := &files{fsys: fsys, manifest: m, listed: make([]bool, len(m.Files)), withheld: make([]bool, len(m.Withheld))}
	// Opening the export has read the checkpoint and the partial tiles; the replay reads every tile of the present size.
	f.reach("checkpoint")
	for _, t := range ledger.NewTiles(0, m.Size) {
		f.reach(ledger.TilePath(t))
	}
	return f
}

func (f *files) reach(path string) bool {
	i, ok := slices.BinarySearchFunc(f.manifest.Files, path, func(file ledger.File, path string) int { return cmp.Compare(file.Path, path) })
	if ok {
		f.listed[i] = true
	}
	return ok
}

// What became of an attachment that an entry names.
type presence int

const (
	absent presence = iota
	listed
	withheld
)

// name notes that an entry names an attachment.
func (f *files) name(h swap.Hash) presence {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reach(ledger.AttachmentPath(ledger.Digest(h))) {
		return listed
	}
	i, ok := slices.BinarySearchFunc(f.manifest.Withheld, ledger.Digest(h), ledger.Digest.Compare)
	if !ok {
		return absent
	}
	f.withheld[i] = true
	return withheld
}

// unused reports what no entry leads to: attachments are hidden there, while tiles of earlier sizes are only compared
// with the manifest.
func (f *files) unused(r *Report) {
	for i, file := range f.manifest.Files {
		switch {
		case f.listed[i]:
		case strings.HasPrefix(file.Path, "attachment/"):
			r.global(file.Path, errors.New("no entry names this attachment"))
		default:
			if err := f.compare(file); err != nil {
				r.global(file.Path, err)
			}
		}
	}
	for i, d := range f.manifest.Withheld {
		if !f.withheld[i] {
			r.global("manifest", fmt.Errorf("it withholds %s, an attachment that no entry names", d))
		}
	}
	r.add("files of the export", uint64(len(f.manifest.Files))+1)
}

func (f *files) compare(file ledger.File) error {
	in, err := f.fsys.Open(file.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(in, file.Size+1))
	if err != nil {
		return err
	}
	if n != file.Size || ledger.Digest(sum.Sum(nil)) != file.SHA256 {
		return errors.New("it is not the file that the manifest lists")
	}
	return nil
}
