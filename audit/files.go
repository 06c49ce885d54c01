package audit

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// files remembers which of the manifest's files entries lead to.
type files struct {
	fsys     fs.FS
	manifest ledger.Manifest
	mu       sync.Mutex
	used     []bool // by the manifest's Files
	withheld []bool // by the manifest's Withheld
}

func newFiles(fsys fs.FS, m ledger.Manifest) *files {
	f := &files{fsys: fsys, manifest: m, used: make([]bool, len(m.Files)), withheld: make([]bool, len(m.Withheld))}
	// Opening the export has read the checkpoint and the partial tiles; the replay reads every tile
	// of the present size.
	f.use("checkpoint")
	for _, t := range ledger.NewTiles(0, m.Size) {
		f.use(ledger.TilePath(t))
	}
	return f
}

// use marks a file as one that the audit reads or an entry names, and reports whether the manifest
// lists it.
func (f *files) use(path string) bool {
	i, ok := slices.BinarySearchFunc(f.manifest.Files, path, func(file ledger.File, path string) int { return cmp.Compare(file.Path, path) })
	if ok {
		f.used[i] = true
	}
	return ok
}

// presence is whether the export has an attachment that an entry names.
type presence int

const (
	absent presence = iota
	listed
	withheld
)

// find finds an attachment that an entry names.
func (f *files) find(h swap.Hash) presence {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.use(ledger.AttachmentPath(ledger.Digest(h))) {
		return listed
	}
	i, ok := slices.BinarySearchFunc(f.manifest.Withheld, ledger.Digest(h), ledger.Digest.Compare)
	if !ok {
		return absent
	}
	f.withheld[i] = true
	return withheld
}

// checkUnused reports what no entry leads to: attachments are hidden there, while tiles of earlier
// sizes are only compared with the manifest.
func (f *files) checkUnused(r *Report) {
	for i, file := range f.manifest.Files {
		switch {
		case f.used[i]:
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
