package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// Backup writes a copy of the database as it is at one moment into a file that does not exist, also
// while another process writes, and verifies the copy. Beside it, in a file with the suffix
// .checkpoint, it leaves a checkpoint that the copy covers.
//
// The copy is made in a folder with the suffix .partial and takes the file's name when all is done:
// whatever has the name is a whole backup. A folder that a crash left is used again by the next
// backup into the same file.
func (r *Reader) Backup(ctx context.Context, file string) (_ Verified, err error) {
	failed := func(err error) (Verified, error) {
		return Verified{}, fmt.Errorf("back the ledger in %s up to %s: %w", r.dir, file, err)
	}
	if err := refuseTaken(file); err != nil {
		return failed(err)
	}
	draft := file + ".partial"
	lock, err := openDraft(draft)
	if err != nil {
		return failed(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft), lock.release()) }()
	// Read before the copy is made, it can cover no entry that the copy lacks.
	checkpoint, err := r.Checkpoint()
	if err != nil {
		return failed(err)
	}
	path := filepath.Join(draft, databaseFile)
	if err := fail.Do("backup copy", func() error { _, err := r.pool.ExecContext(ctx, "VACUUM INTO ?", path); return err }); err != nil {
		return failed(err)
	}
	if err := errors.Join(os.Chmod(path, 0o600), writeCheckpoint(draft, checkpoint), setJournal(ctx, path)); err != nil {
		return failed(err)
	}
	v, err := verifyCopy(ctx, draft)
	if err != nil {
		return failed(err)
	}
	if err := fail.Do("backup sync", func() error { return syncFile(path) }); err != nil {
		return failed(err)
	}
	if err := refuseTaken(file); err != nil { // for it takes a while
		return failed(err)
	}
	// The checkpoint comes first, also on disk: a backup never lies beside another one's, which
	// would promise less or more than it holds. A checkpoint alone is nothing that anybody could
	// restore, and the next backup replaces it.
	parent := filepath.Dir(file)
	if err := fail.Do("backup checkpoint", func() error { return os.Rename(filepath.Join(draft, checkpointFile), file+".checkpoint") }); err != nil {
		return failed(err)
	}
	if err := fail.Do("backup checkpoint directory", func() error { return syncDir(parent) }); err != nil {
		return failed(err)
	}
	if err := fail.Do("backup rename", func() error { return os.Rename(path, file) }); err != nil {
		return failed(err)
	}
	if err := fail.Do("backup directory", func() error { return syncDir(parent) }); err != nil {
		return failed(fmt.Errorf("the file is written and verified, but not certainly on disk: %w", err))
	}
	return v, nil
}

func refuseTaken(file string) error {
	if _, err := os.Lstat(file); err == nil {
		return errors.New("the file exists, and no backup is replaced: choose another name")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// openDraft makes a folder, or takes over what a crash left of it, and empties it. The lock keeps
// others out of it.
func openDraft(draft string) (_ *fileLock, err error) {
	if err := os.Mkdir(draft, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	lock, err := acquireLock(draft, lockFile)
	if err != nil {
		return nil, err
	}
	names, err := os.ReadDir(draft)
	for _, n := range names {
		if n.Name() != lockFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(draft, n.Name())))
		}
	}
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return lock, nil
}

// setJournal makes the copy of a database one that keeps a write-ahead log, which the settings of
// readers ask for.
func setJournal(ctx context.Context, path string) error {
	db := connect(path, readWrite, 1)
	return errors.Join(db.PingContext(ctx), db.Close())
}

func verifyCopy(ctx context.Context, dir string) (Verified, error) {
	r, err := OpenReader(ctx, dir)
	if err != nil {
		return Verified{}, err
	}
	v, err := r.Verify(ctx)
	return v, errors.Join(err, r.Close())
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Restore puts a backup into a data directory that has no database. The rules are those of Open:
// the backup must hold everything that the newest known checkpoint covers. That is the one in the
// directory and the given one, at least one of which there must be. The backup is opened as any
// ledger is, brought up to date if an older program wrote it, and verified as a whole, before
// anything appears in the directory.
func Restore(ctx context.Context, dir, backup string, checkpoint []byte, o Options) (_ Verified, err error) {
	failed := func(err error) (Verified, error) {
		return Verified{}, fmt.Errorf("restore %s into %s: %w", backup, dir, err)
	}
	if info, err := os.Stat(backup + "-wal"); err == nil && info.Size() > 0 {
		return failed(fmt.Errorf("%s-wal lies beside it, so it is no backup but a database that was in use, which is incomplete without that file: put both into the directory as %s and %s-wal", backup, databaseFile, databaseFile))
	}
	lock, err := acquireLock(dir, lockFile)
	if err != nil {
		return failed(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.remove())
		} else {
			err = lock.release()
		}
	}()
	if err := refuseLedger(dir); err != nil {
		return failed(err)
	}
	here, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err)
	}
	known := [][]byte{}
	for _, c := range [][]byte{here, checkpoint} {
		if c != nil {
			known = append(known, c)
		}
	}
	if len(known) == 0 {
		return failed(errors.New("no checkpoint is given, and only one shows whether the backup lacks acknowledged entries: take the newest that can be found, from the lost directory, from where the ledger was published, or from whoever watched it; where there is none, the one that was written beside the backup"))
	}
	draft := filepath.Join(dir, ".restore")
	if err := errors.Join(os.RemoveAll(draft), os.Mkdir(draft, 0o700)); err != nil {
		return failed(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	if err := fail.Do("restore copy", func() error { return copyFile(backup, filepath.Join(draft, databaseFile)) }); err != nil {
		return failed(err)
	}
	v, err := tryRestore(ctx, draft, known, o)
	if err != nil {
		return failed(err)
	}
	// The checkpoint comes first, also on disk: a database is never without the checkpoint that it
	// has to be as new as.
	for _, name := range []string{checkpointFile, databaseFile} {
		if err := fail.Do("restore rename", func() error { return os.Rename(filepath.Join(draft, name), filepath.Join(dir, name)) }); err != nil {
			return failed(err)
		}
		if err := fail.Do("restore directory", func() error { return syncDir(dir) }); err != nil {
			return failed(err)
		}
	}
	return v, nil
}

// refuseLedger refuses a directory that holds a database, or what SQLite would take for the newest
// part of one.
func refuseLedger(dir string) error {
	path := filepath.Join(dir, databaseFile)
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists, and a ledger is never replaced: move it away with its -wal file, or choose another directory", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s-wal is there without the database whose last entries it holds, and would be mixed into the restored one: put it back beside its database, which then needs no restoring, or move it away", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// tryRestore opens the copy of a backup with each of the known checkpoints in turn, so that it is
// refused if it is older than any of them.
func tryRestore(ctx context.Context, draft string, known [][]byte, o Options) (v Verified, err error) {
	if err := setJournal(ctx, filepath.Join(draft, databaseFile)); err != nil {
		return v, err
	}
	for _, c := range known {
		if len(c) > ledger.MaxCheckpointSize {
			return v, errors.New("the checkpoint is too large to be one")
		}
		if err := writeCheckpoint(draft, c); err != nil {
			return v, err
		}
		s, err := Open(ctx, draft, o)
		if err != nil {
			return v, err
		}
		v, err = s.Verify(ctx)
		if err := errors.Join(err, s.Close()); err != nil {
			return v, err
		}
	}
	return v, nil
}

// copyFile makes a durable copy that only the owner can read.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
