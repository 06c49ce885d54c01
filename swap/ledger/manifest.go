package ledger

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	checkpointPath = "checkpoint"
	manifestPath   = "manifest"

	// Version 1 did not carry the checkpoint: its readers could come between a new checkpoint and a
	// new manifest.
	manifestTitle1 = "oxenswap ledger manifest v1"
	manifestTitle  = "oxenswap ledger manifest v2"
	// manifestCheckpoint begins the line with the checkpoint.
	manifestCheckpoint = "checkpoint "
	// MaxManifestSize is the largest manifest in bytes, signatures included: room for about two
	// million files.
	MaxManifestSize = 256 << 20
)

// A File is one file of an export.
type File struct {
	Path   string // below the export, with slashes
	Size   int64  // in bytes
	SHA256 Digest // of the file's bytes; for an attachment, of its compressed form
}

// A Manifest lists what an export holds and what it leaves out.
type Manifest struct {
	Origin     string
	Size       int64    // number of entries
	Checkpoint []byte   // the signed checkpoint; nil in version 1
	Files      []File   // sorted by path, without the manifest itself
	Withheld   []Digest // attachments that exist and were left out, sorted
}

// AttachmentPath returns the path of an attachment in an export.
func AttachmentPath(d Digest) string {
	s := d.String()
	return "attachment/" + s[:2] + "/" + s + ".gz"
}

// ParseAttachmentPath is the inverse of [AttachmentPath].
func ParseAttachmentPath(path string) (Digest, bool) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	d, err := ParseDigest(strings.TrimSuffix(name, ".gz"))
	return d, err == nil && AttachmentPath(d) == path
}

// checkFilePath accepts only paths that an export of a log of the given size has, so none that
// leads out of its folder.
func checkFilePath(path string, size int64) error {
	if path == checkpointPath {
		return nil
	}
	if strings.HasPrefix(path, "tile/") {
		t, err := ParseTilePath(path)
		if err == nil && !inTree(t, size) {
			err = fmt.Errorf("%s is not a tile of a tree of %d entries", path, size)
		}
		return err
	}
	if _, ok := ParseRotationPath(path); ok {
		return nil
	}
	if _, ok := ParseAttachmentPath(path); !ok {
		return fmt.Errorf("%q is not a file of an export", path)
	}
	return nil
}

func (m Manifest) check() error {
	if err := checkName(m.Origin); err != nil {
		return err
	}
	if err := checkSize(m.Size); err != nil {
		return err
	}
	if m.Checkpoint != nil {
		if err := m.checkCheckpoint(); err != nil {
			return fmt.Errorf("its checkpoint: %w", err)
		}
	}
	for i, f := range m.Files {
		if err := checkFilePath(f.Path, m.Size); err != nil {
			return err
		}
		if f.Size < 0 || f.Size > maxStoredAttachment {
			return fmt.Errorf("%s: a file of %d bytes is not possible", f.Path, f.Size)
		}
		if i > 0 && m.Files[i-1].Path >= f.Path {
			return fmt.Errorf("%s: the files are not sorted by path", f.Path)
		}
	}
	for i, d := range m.Withheld {
		if i > 0 && m.Withheld[i-1].Compare(d) >= 0 {
			return fmt.Errorf("%s: the withheld attachments are not sorted", d)
		}
		if _, ok := m.file(AttachmentPath(d)); ok {
			return fmt.Errorf("%s: the attachment is both withheld and listed", d)
		}
	}
	return nil
}

// checkCheckpoint compares the checkpoint with the rest of the manifest. Whether the ledger signed
// it is not asked here.
func (m Manifest) checkCheckpoint() error {
	c, err := parseSigned(m.Checkpoint)
	if err != nil {
		return err
	}
	if c.Origin != m.Origin || c.N != m.Size {
		return fmt.Errorf("it is of %d entries of %s", c.N, c.Origin)
	}
	want := File{Path: checkpointPath, Size: int64(len(m.Checkpoint)), SHA256: DigestOf(m.Checkpoint)}
	if f, ok := m.file(checkpointPath); !ok || f != want {
		return errors.New("the file listed is another")
	}
	return nil
}

// file finds the listed file with this path.
func (m Manifest) file(path string) (File, bool) {
	i, ok := slices.BinarySearchFunc(m.Files, path, func(f File, path string) int {
		return cmp.Compare(f.Path, path)
	})
	if !ok {
		return File{}, false
	}
	return m.Files[i], true
}

// withholds reports whether the attachment exists and was left out.
func (m Manifest) withholds(d Digest) bool {
	_, ok := slices.BinarySearchFunc(m.Withheld, d, Digest.Compare)
	return ok
}

// FormatManifest returns the text of m without the signature.
func FormatManifest(m Manifest) (string, error) {
	if err := m.check(); err != nil {
		return "", fmt.Errorf("format manifest: %w", err)
	}
	var b strings.Builder
	title := manifestTitle1
	if m.Checkpoint != nil {
		title = manifestTitle
	}
	fmt.Fprintf(&b, "%s\n%s\nentries %d\nfiles %d\nwithheld %d\n", title, m.Origin, m.Size, len(m.Files), len(m.Withheld))
	if m.Checkpoint != nil {
		fmt.Fprintf(&b, "%s%s\n", manifestCheckpoint, base64.StdEncoding.EncodeToString(m.Checkpoint))
	}
	for _, f := range m.Files {
		fmt.Fprintf(&b, "%s %d %s\n", f.SHA256, f.Size, f.Path)
	}
	for _, d := range m.Withheld {
		fmt.Fprintf(&b, "%s\n", d)
	}
	if b.Len() > MaxManifestSize {
		return "", fmt.Errorf("format manifest: %d bytes, at most %d are allowed", b.Len(), MaxManifestSize)
	}
	return b.String(), nil
}

// ParseManifest is the inverse of [FormatManifest].
func ParseManifest(text string) (Manifest, error) {
	m, err := parseManifest(text)
	if err != nil {
		return Manifest{}, fmt.Errorf("parse manifest: %w", err)
	}
	if again, err := FormatManifest(m); err != nil || again != text {
		return Manifest{}, fmt.Errorf("parse manifest: %w", cmp.Or(err, errors.New("it is not in canonical form")))
	}
	return m, nil
}

func parseManifest(text string) (Manifest, error) {
	if len(text) > MaxManifestSize {
		return Manifest{}, fmt.Errorf("%d bytes, at most %d are allowed", len(text), MaxManifestSize)
	}
	line := func() string {
		var s string
		s, text, _ = strings.Cut(text, "\n")
		return s
	}
	title := line()
	if title != manifestTitle && title != manifestTitle1 {
		return Manifest{}, fmt.Errorf("the first line is not %q", manifestTitle)
	}
	m := Manifest{Origin: line()}
	var counts [3]int64
	for i, key := range []string{"entries ", "files ", "withheld "} {
		value, ok := strings.CutPrefix(line(), key)
		n, err := strconv.ParseInt(value, 10, 64)
		if !ok || err != nil || n < 0 {
			return Manifest{}, fmt.Errorf("line %d is not %q and a number", i+3, key)
		}
		counts[i] = n
	}
	m.Size = counts[0]
	head := int64(6)
	if title == manifestTitle {
		note64, ok := strings.CutPrefix(line(), manifestCheckpoint)
		note, err := base64.StdEncoding.DecodeString(note64)
		if !ok || err != nil || len(note) == 0 {
			return Manifest{}, fmt.Errorf("line %d is not %q and a signed checkpoint in base64", head, manifestCheckpoint)
		}
		m.Checkpoint = note
		head++
	}
	for n := range counts[1] {
		sum, rest, _ := strings.Cut(line(), " ")
		digits, path, _ := strings.Cut(rest, " ")
		d, err1 := ParseDigest(sum)
		size, err2 := strconv.ParseInt(digits, 10, 64)
		if err1 != nil || err2 != nil || path == "" {
			return Manifest{}, fmt.Errorf("line %d does not describe a file", n+head)
		}
		m.Files = append(m.Files, File{Path: path, Size: size, SHA256: d})
	}
	for n := range counts[2] {
		d, err := ParseDigest(line())
		if err != nil {
			return Manifest{}, fmt.Errorf("line %d: %w", n+counts[1]+head, err)
		}
		m.Withheld = append(m.Withheld, d)
	}
	if text != "" {
		return Manifest{}, errors.New("something follows the last line")
	}
	return m, nil
}

// complete reports the first tile of the tree that is not listed.
func (m Manifest) complete() error {
	if _, ok := m.file(checkpointPath); !ok {
		return &FileError{Path: manifestPath, Err: errors.New("it does not list the checkpoint")}
	}
	// First, so that a size out of thin air costs nothing.
	if int64(len(m.Files)) < m.Size/tileWidth {
		return &FileError{Path: manifestPath, Err: fmt.Errorf("it lists %d files, too few for %d entries", len(m.Files), m.Size)}
	}
	for _, t := range NewTiles(0, m.Size) {
		path := TilePath(t)
		f, ok := m.file(path)
		if !ok {
			return &FileError{Path: path, Err: errors.New("the manifest does not list it")}
		}
		if limit := tileLimit(t); f.Size > limit || t.L >= 0 && f.Size != limit {
			return &FileError{Path: path, Err: fmt.Errorf("a tile of %d bytes is not possible", f.Size)}
		}
	}
	return nil
}

// tileLimit is the size of a tile of hashes and the largest of a bundle, in bytes.
func tileLimit(t tlog.Tile) int64 {
	if t.L < 0 {
		return int64(t.W) * (2 + math.MaxUint16)
	}
	return int64(t.W) * tlog.HashSize
}

// A FileError says which file of an export is wrong.
type FileError struct {
	Path string // below the export
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// An EntryError says which entry of a log is the first that is wrong.
type EntryError struct {
	Index int64
	Path  string // of the bundle that holds it
	Err   error
}

func (e *EntryError) Error() string {
	return fmt.Sprintf("entry %d in %s: %v", e.Index, e.Path, e.Err)
}
func (e *EntryError) Unwrap() error { return e.Err }
