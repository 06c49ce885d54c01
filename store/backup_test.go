package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// backedUp is a ledger and the name of a backup of it that does not exist yet.
func backedUp(t *testing.T) (w *world, s *Store, file string) {
	t.Helper()
	w = newWorld(t, 12)
	s = w.create(t.TempDir())
	t.Cleanup(func() { w.must(s.Close()) })
	w.story(s)
	return w, s, filepath.Join(t.TempDir(), "backup.db")
}

// restore restores a backup into a new directory, with the checkpoint that lies beside it.
func (w *world) restore(dir, file string) (Verified, error) {
	w.Helper()
	checkpoint, err := os.ReadFile(file + ".checkpoint")
	w.must(err)
	return Restore(context.Background(), dir, file, checkpoint, w.options())
}

func TestBackup(t *testing.T) {
	w, s, file := backedUp(t)
	v, err := s.Backup(t.Context(), file)
	w.must(err)
	names, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	w.must(err)
	if len(names) != 2 {
		t.Errorf("it left %q", names)
	}
	dir := t.TempDir()
	if got, err := w.restore(dir, file); err != nil || got != v {
		t.Errorf("restored %+v, %v: expected %+v", got, err, v)
	}
	again := w.open(dir)
	w.add(again, remark("after"))
	w.must(again.Close())

	if _, err := s.Backup(t.Context(), file); err == nil || !strings.Contains(err.Error(), "no backup is replaced") {
		t.Errorf("a second backup into one file: %v", err)
	}
	if _, err := w.restore(dir, file); err == nil || !strings.Contains(err.Error(), "never replaced") {
		t.Errorf("a second restore into one directory: %v", err)
	}
}

// TestBackupAfterCrash: what a backup that was cut short leaves is in nobody's way and nobody's
// backup.
func TestBackupAfterCrash(t *testing.T) {
	w, s, file := backedUp(t)
	draft := file + ".partial"
	w.must(os.Mkdir(draft, 0o700))
	for _, name := range []string{lockFile, databaseFile, databaseFile + "-wal", checkpointFile, checkpointFile + ".new"} {
		w.must(os.WriteFile(filepath.Join(draft, name), []byte("half"), 0o600))
	}
	old, err := s.Checkpoint()
	w.must(err)
	w.must(os.WriteFile(file+".checkpoint", old, 0o644)) // of a crash between the two names
	w.add(s, remark("since"))
	if _, err := Restore(t.Context(), t.TempDir(), file, old, w.options()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("restored from a checkpoint alone: %v", err)
	}

	v, err := s.Backup(t.Context(), file)
	w.must(err)
	if _, err := os.Stat(draft); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", draft, err)
	}
	if now, err := os.ReadFile(file + ".checkpoint"); err != nil || string(now) == string(old) {
		t.Errorf("an older checkpoint lies beside the backup: %v", err)
	}
	if got, err := w.restore(t.TempDir(), file); err != nil || got != v {
		t.Errorf("restored %+v, %v: expected %+v", got, err, v)
	}
}

func TestTwoBackups(t *testing.T) {
	w, s, file := backedUp(t)
	lock, err := openDraft(file + ".partial") // another process does the same
	w.must(err)
	if _, err := s.Backup(t.Context(), file); !errors.Is(err, ErrInUse) {
		t.Errorf("two backups into one file: %v", err)
	}
	w.must(lock.release())
	if _, err := s.Backup(t.Context(), file); err != nil {
		t.Errorf("after the other one ended: %v", err)
	}
}

// TestRestoreLeftovers restores into directories in which something is left.
func TestRestoreLeftovers(t *testing.T) {
	w, s, file := backedUp(t)
	v, err := s.Backup(t.Context(), file)
	w.must(err)

	t.Run("a log without its database", func(t *testing.T) {
		dir := t.TempDir()
		copyFiles(t, s.dir, dir, databaseFile+"-wal")
		if _, err := w.restore(dir, file); err == nil || !strings.Contains(err.Error(), "would be mixed into the restored one") {
			t.Errorf("restore: got %v, want one with %q", err, "would be mixed into the restored one")
		}
		w.must(os.Remove(filepath.Join(dir, databaseFile+"-wal")))
		if _, err := w.restore(dir, file); err != nil {
			t.Error(err)
		}
	})
	t.Run("of a restore between the two names", func(t *testing.T) {
		dir := t.TempDir()
		copyFiles(t, s.dir, dir, checkpointFile)
		w.must(os.Mkdir(filepath.Join(dir, ".restore"), 0o700))
		w.must(os.WriteFile(filepath.Join(dir, ".restore", databaseFile), []byte("half"), 0o600))
		w.expect(dir, "has a checkpoint and no database")
		if got, err := Restore(t.Context(), dir, file, nil, w.options()); err != nil || got != v {
			t.Errorf("the restored log: got %+v, %v, want %+v", got, err, v)
		}
		w.must(w.open(dir).Close())
	})
	t.Run("another restore", func(t *testing.T) {
		dir := t.TempDir()
		lock, err := acquireLock(dir, lockFile)
		w.must(err)
		if _, err := w.restore(dir, file); !errors.Is(err, ErrInUse) {
			t.Errorf("restore: got %v, want %v", err, ErrInUse)
		}
		w.must(lock.release())
	})
}
