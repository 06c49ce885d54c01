package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// draftMark ends the names of drafts before their random part: .NAME.oxenswap-init-RANDOM.
const draftMark = ".oxenswap-init-"

// newDraft makes a folder beside dir, under a name that nobody can know before, and keeps every
// other process out until release. What earlier calls left when they were killed is removed.
// release removes a draft that was not put in its place.
func newDraft(dir string) (draft string, release func() error, err error) {
	parent, prefix := filepath.Dir(dir), "."+filepath.Base(dir)+draftMark
	if err := removeDrafts(parent, prefix); err != nil {
		return "", nil, err
	}
	if draft, err = os.MkdirTemp(parent, prefix); err != nil {
		return "", nil, err
	}
	lock, err := lockDraft(draft)
	if err != nil {
		return "", nil, err
	}
	return draft, func() error { return errors.Join(os.RemoveAll(draft), lock.Close()) }, nil
}

// lockDraft takes a draft for this process alone, or fails at once. It refuses what is no folder of
// this user.
func lockDraft(draft string) (*os.File, error) {
	f, err := os.OpenFile(draft, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !own(opened) {
		err = fmt.Errorf("%s belongs to somebody else", draft)
	}
	if err == nil && syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		err = errDraftTaken
	}
	if err == nil {
		if now, gone := os.Lstat(draft); gone != nil || !os.SameFile(opened, now) {
			err = errDraftTaken
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

var errDraftTaken = errors.New("another process is making this data directory, or has just made it: let that one end first")

// removeDrafts removes the drafts that no process holds, of this user alone.
func removeDrafts(parent, prefix string) error {
	names, err := os.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist: make it first", parent)
	} else if err != nil {
		return err
	}
	for _, n := range names {
		if !strings.HasPrefix(n.Name(), prefix) {
			continue
		}
		draft := filepath.Join(parent, n.Name())
		lock, err := lockDraft(draft)
		if err != nil {
			continue // in use, or not ours to remove
		}
		if err := errors.Join(os.RemoveAll(draft), lock.Close()); err != nil {
			return err
		}
	}
	return nil
}

// own reports whether a file belongs to this user.
func own(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}

// SharedError says that others can write the folder in which a data directory is to be made, and so
// could put another one in its place.
type SharedError struct {
	Path string
	Mode fs.FileMode
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("others can write %s (mode %04o), and could replace a data directory in it", e.Path, e.Mode.Perm())
}

// refuseShared refuses a folder that others can write, unless it is sticky: then they cannot rename
// or remove what is not theirs.
func refuseShared(parent string) error {
	info, err := os.Stat(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist: make it first", parent)
	} else if err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &SharedError{parent, info.Mode()}
	}
	return nil
}

// refuseExisting refuses a directory that is there already: the draft replaces nothing.
func refuseExisting(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s exists already and is no directory: name one that does not exist", dir)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("%s holds %s already: name a directory that does not exist", dir, names[0].Name())
	}
	return fmt.Errorf("%s exists already: name a directory that does not exist", dir)
}
