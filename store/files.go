package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// The files of a data directory.
const (
	databaseFile   = "ledger.db"
	checkpointFile = "checkpoint"
	lockFile       = "lock"
	sendingFile    = "sending.lock"
)

// ErrInUse is wrapped by the error about a lock that another process holds.
var ErrInUse = errors.New("in use")

// fileLock keeps every other writer out of a data directory for as long as the process lives or
// until it is released.
type fileLock struct{ file *os.File }

// LockSending takes the lock of a data directory that whoever sends transactions holds, or fails at
// once: one sender at a time, also when several commands append through one service. The returned
// function gives it back.
func LockSending(dir string) (release func() error, err error) {
	l, err := acquireLock(dir, sendingFile)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// acquireLock takes a lock of a data directory or fails at once.
func acquireLock(dir, name string) (*fileLock, error) {
	path := filepath.Join(dir, name)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock the data directory: %w", err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			defer f.Close()
			if !errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, fmt.Errorf("lock %s: %w", path, err)
			}
			return nil, fmt.Errorf("%s is %w by %s: only one process may write, stop that one first", dir, ErrInUse, holder(f))
		}
		if same, err := stillThere(f, path); err != nil || !same {
			// Somebody removed the file between opening and locking it: the lock would keep nobody
			// out.
			f.Close()
			if err != nil {
				return nil, fmt.Errorf("lock %s: %w", path, err)
			}
			continue
		}
		if err := errors.Join(f.Truncate(0), writeAt0(f, strconv.Itoa(os.Getpid())+"\n")); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return &fileLock{f}, nil
	}
}

func writeAt0(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

func stillThere(f *os.File, path string) (bool, error) {
	opened, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(opened, now), err
}

func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	pid, notNumber := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || notNumber != nil {
		return "another process"
	}
	return fmt.Sprintf("process %d", pid)
}

// release lets the lock go. The file stays, so that nobody can hold the lock of a file that is no
// longer there.
func (l *fileLock) release() error { return l.file.Close() }

// remove deletes the file and lets the lock go.
func (l *fileLock) remove() error {
	return errors.Join(os.Remove(l.file.Name()), l.file.Close())
}

// readCheckpoint reads and verifies the checkpoint of a data directory.
func readCheckpoint(dir string, keys *ledger.Keys) ([]byte, ledger.Checkpoint, error) {
	path := filepath.Join(dir, checkpointFile)
	msg, c, err := readSigned(path, keys)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, c, fmt.Errorf("%s is missing, and only it shows whether the database is the newest one: put it back from a backup or an export. If the ledger was being created when it was lost, delete the directory and create it again", path)
	} else if err != nil {
		return nil, c, fmt.Errorf("%w: put it back from a backup or an export, never delete it", err)
	}
	return msg, c, nil
}

// readSigned reads and verifies a file with a signed checkpoint.
func readSigned(path string, keys *ledger.Keys) ([]byte, ledger.Checkpoint, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, ledger.Checkpoint{}, err
	}
	defer f.Close()
	msg, err := io.ReadAll(io.LimitReader(f, ledger.MaxCheckpointSize+1))
	if err != nil {
		return nil, ledger.Checkpoint{}, err
	}
	c, _, err := keys.OpenCheckpoint(msg)
	if err != nil {
		return nil, ledger.Checkpoint{}, fmt.Errorf("%s: %w", path, err)
	}
	return msg, c, nil
}

// writeCheckpoint replaces the checkpoint of a data directory.
func writeCheckpoint(dir string, msg []byte) error {
	return replaceFile(dir, checkpointFile, msg)
}

// replaceFile replaces a file at once: after a crash it is either the old one or the new one, and
// after it returns it is the new one.
func replaceFile(dir, name string, data []byte) error {
	if err := writeDraft(dir, name, data); err != nil {
		return err
	}
	return publishDraft(dir, name)
}

// writeDraft is the first half of replaceFile: what the file is to hold is on disk under another
// name.
func writeDraft(dir, name string, data []byte) error {
	f, err := os.OpenFile(filepath.Join(dir, name+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = fail.Do("file write", func() error { _, err := f.Write(data); return err })
	if err == nil {
		err = fail.Do("file sync", f.Sync)
	}
	return errors.Join(err, f.Close())
}

// publishDraft is the second half.
func publishDraft(dir, name string) error {
	path := filepath.Join(dir, name)
	if err := fail.Do("file rename", func() error { return os.Rename(path+".new", path) }); err != nil {
		return err
	}
	return fail.Do("file directory", func() error { return syncDir(dir) })
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
