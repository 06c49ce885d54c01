package datadir

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ModeError says that others can read or write what is for its owner alone.
type ModeError struct {
	Path string
	Mode fs.FileMode
	More int    // how many other files of the data directory are so
	Dir  string // the data directory; "": Path is a file on its own
}

func (e *ModeError) Error() string {
	what := fmt.Sprintf("%s is readable by others (mode %04o)", e.Path, e.Mode.Perm())
	if e.More > 0 {
		what += fmt.Sprintf(", and so are %d more", e.More)
	}
	return what
}

// Repair is the command that ends it.
func (e *ModeError) Repair() string {
	if e.More == 0 && !e.Mode.IsDir() {
		return fmt.Sprintf("chmod 600 %s", e.Path)
	}
	return fmt.Sprintf("find %s -path %s -prune -o ! -type l -exec chmod go-rwx {} +", e.Dir, filepath.Join(e.Dir, PublicDir))
}

// others are the permissions that nobody but the owner may have.
const others = 0o077

// CheckModes refuses a data directory of which others can read or write anything but the public
// export. They may pass through the directory itself, without which no web server of another user
// could serve that one.
func CheckModes(dir string) error {
	var first *ModeError
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) && path != dir { // removed meanwhile, as temporary files are
				return nil
			}
			return err
		}
		if path == filepath.Join(dir, PublicDir) {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil
		} else if err != nil {
			return err
		}
		refused := fs.FileMode(others)
		if path == dir {
			refused &^= 0o011
		}
		switch {
		case info.Mode()&(fs.ModeSymlink|fs.ModeSocket) != 0 || info.Mode().Perm()&refused == 0:
			// A service that crashed just after it made its socket leaves one with the umask's mode.
			// The next service replaces it, and to connect takes the permission to write.
		case first == nil:
			first = &ModeError{Path: path, Mode: info.Mode(), Dir: dir}
		default:
			first.More++
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) { // who opens it knows better what to say of a missing one
		return err
	}
	if first == nil {
		return nil
	}
	return first
}
