package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/fail"
)

const tempPrefix = ".tmp-"

// readPrevious finds out what is in the folder, and whether it may be continued.
func (w *exportWriter) readPrevious() error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	names := make(map[string]bool)
	for _, e := range entries {
		names[e.Name()] = true
		if strings.HasPrefix(e.Name(), tempPrefix) { // of a run that was cut short
			if err := os.RemoveAll(filepath.Join(w.dir, e.Name())); err != nil {
				return err
			}
			delete(names, e.Name())
		}
	}
	if names[checkpointPath] {
		if err := w.checkPreviousCheckpoint(); err != nil {
			return fmt.Errorf("%w: choose an empty folder", err)
		}
	}
	if !names[manifestPath] {
		delete(names, checkpointPath)
		delete(names, "tile")
		delete(names, "attachment")
		delete(names, strings.TrimSuffix(rotationFolder, "/"))
		for name := range names {
			return fmt.Errorf("the folder holds %s, which is not part of an export: choose an empty folder", name)
		}
		return nil
	}
	msg, err := readAll(os.DirFS(w.dir), manifestPath, MaxManifestSize)
	if err != nil {
		return err
	}
	text, err := checkNote(msg, MaxManifestSize)
	if err == nil {
		w.prev, err = ParseManifest(text)
	}
	if err == nil {
		_, err = openNote(msg, MaxManifestSize, note.VerifierList(w.keys.At(w.prev.Size)))
	}
	if err == nil && (w.prev.Origin != w.now.Origin || w.prev.Size > w.now.N) {
		err = fmt.Errorf("it is of %d entries of %s", w.prev.Size, w.prev.Origin)
	}
	if err != nil {
		return fmt.Errorf("its manifest is not one that %d entries of %s can continue: %w: choose an empty folder", w.now.N, w.now.Origin, err)
	}
	return nil
}

func (w *exportWriter) checkPreviousCheckpoint() error {
	msg, err := readAll(os.DirFS(w.dir), checkpointPath, MaxCheckpointSize)
	if err != nil {
		return err
	}
	c, _, err := w.keys.OpenCheckpoint(msg)
	if err != nil {
		return &FileError{checkpointPath, err}
	}
	if c.N > w.now.N {
		return fmt.Errorf("the folder holds a checkpoint of %d entries, this one has only %d", c.N, w.now.N)
	}
	root, err := TreeHash(c.N, w.src)
	if err != nil {
		return err
	}
	if root != c.Hash || c.Origin != w.now.Origin {
		return fmt.Errorf("the folder holds %d entries of %s that this log does not begin with", c.N, c.Origin)
	}
	return nil
}

func (w *exportWriter) path(p string) string {
	return filepath.Join(w.dir, filepath.FromSlash(p))
}

// keep lists a file of the previous export again if it is still there.
func (w *exportWriter) keep(p string) bool {
	f, ok := w.prev.file(p)
	if !ok {
		return false
	}
	info, err := os.Lstat(w.path(p))
	if err != nil || !info.Mode().IsRegular() || info.Size() != f.Size {
		return false
	}
	w.files = append(w.files, f)
	return true
}

// Modes of files and folders that only their owner may read.
const (
	ownerFile   = 0o600
	ownerFolder = 0o700
)

// fileMode is the mode of new files, before the umask.
func (w *exportWriter) fileMode() fs.FileMode {
	if w.cfg.OwnerOnly {
		return ownerFile
	}
	return 0o644
}

// makeFolder makes a folder of the export, with those above it.
func (w *exportWriter) makeFolder(dir string) error {
	if !w.cfg.OwnerOnly {
		return os.MkdirAll(dir, 0o755)
	}
	return os.MkdirAll(dir, ownerFolder)
}

// close takes what an earlier export left from everybody but its owner.
func (w *exportWriter) close() error {
	if !w.cfg.OwnerOnly {
		return nil
	}
	return filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(ownerFile)
		switch {
		case entry.IsDir():
			mode = ownerFolder
		case !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != mode {
			err = os.Chmod(path, mode)
		}
		return err
	})
}

// replace writes a small file unless it is there already.
func (w *exportWriter) replace(p string, data []byte) error {
	old, err := os.ReadFile(w.path(p))
	if err == nil && bytes.Equal(old, data) {
		return nil
	}
	_, err = w.write(p, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
	return err
}

// add writes a file and lists it.
func (w *exportWriter) add(p string, fill func(io.Writer) error) error {
	f, err := w.write(p, fill)
	if err != nil {
		return err
	}
	w.files = append(w.files, f)
	return nil
}

// write makes or replaces a file in one step.
func (w *exportWriter) write(p string, fill func(io.Writer) error) (File, error) {
	sum := sha256.New()
	tmp := filepath.Join(w.tmp, "file")
	var size int64
	if err := fail.Do("export write", func() (err error) { size, err = writeSynced(tmp, w.fileMode(), sum, fill); return err }); err != nil {
		return File{}, fmt.Errorf("%s: %w", p, err)
	}
	if err := w.makeFolder(filepath.Dir(w.path(p))); err != nil {
		return File{}, err
	}
	if err := fail.Do("export rename", func() error { return os.Rename(tmp, w.path(p)) }); err != nil {
		return File{}, err
	}
	for d := path.Dir(p); ; d = path.Dir(d) {
		w.dirs[d] = true
		if d == "." {
			break
		}
	}
	w.stats.Written++
	w.stats.Bytes += size
	return File{Path: p, Size: size, SHA256: Digest(sum.Sum(nil))}, nil
}

// writeSynced writes a new file, which is durable when it returns, and the same bytes to sum.
func writeSynced(name string, mode fs.FileMode, sum hash.Hash, fill func(io.Writer) error) (size int64, err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(io.MultiWriter(f, sum), 64<<10)
	if err := fill(out); err != nil {
		return 0, err
	}
	if err := errors.Join(out.Flush(), f.Sync()); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// syncDirs makes the renames durable.
func (w *exportWriter) syncDirs() error {
	for d := range w.dirs {
		f, err := os.Open(w.path(d))
		if err != nil {
			return err
		}
		if err := errors.Join(fail.Do("export directory", f.Sync), f.Close()); err != nil {
			return err
		}
	}
	clear(w.dirs)
	return nil
}
