package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// expect opens a ledger that must be refused.
func (w *world) expect(dir, want string) {
	w.Helper()
	s, err := Open(context.Background(), dir, w.options())
	if err == nil {
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		w.Fatalf("Open: got %v, want an error with %q", err, want)
	}
}

// A crash at any point leaves a state that opens, holds all that was answered, and ends in the same
// checkpoint.
func TestCrashPoints(t *testing.T) {
	w := newWorld(t, 12)
	live, crash := t.TempDir(), t.TempDir()
	s := w.create(live)
	defer s.Close()
	w.add(s, w.taken(240))
	copyFiles(t, live, crash, checkpointFile)
	w.add(s, swap.Record{Event: w.claim(0, 1, w.address())}, swap.Record{Event: w.claim(1, 1, w.address())})

	t.Run("between commit and checkpoint", func(t *testing.T) {
		copyFiles(t, live, crash, databaseFiles()...)
		again := w.open(crash)
		defer again.Close()
		want, err := s.Checkpoint()
		w.must(err)
		if got, err := again.Checkpoint(); err != nil || string(got) != string(want) {
			t.Errorf("%s, %v: expected %s", got, err, want)
		}
		if got := w.verify(again.Reader); got != w.verify(s.Reader) {
			t.Errorf("after opening again: got %+v, want what the open log has", got)
		}
	})
	t.Run("in a transaction", func(t *testing.T) {
		crash := t.TempDir()
		copyFiles(t, live, crash, checkpointFile)
		want := w.verify(s.Reader)
		w.must(s.commit(context.Background(), s.shared, func(b *batch) error {
			// The pages that do not fit into the cache go to the file before the commit.
			_, err := b.tx.ExecContext(context.Background(), "PRAGMA cache_size = 5")
			w.must(err)
			_, err = b.append([]swap.Record{w.taken(250), {Event: w.claim(2, 1, w.address())}}, w.clock.Now())
			copyFiles(t, live, crash, databaseFiles()...)
			return err
		}))
		now, err := os.Stat(filepath.Join(crash, databaseFile+"-wal"))
		w.must(err)
		if now.Size() == 0 {
			t.Error("nothing of the transaction was in the file: the test tests nothing")
		}
		again := w.open(crash)
		defer again.Close()
		if got := w.verify(again.Reader); got != want {
			t.Errorf("after opening again: got %+v, want %+v", got, want)
		}
	})
	t.Run("while the checkpoint was written", func(t *testing.T) {
		crash := t.TempDir()
		copyFiles(t, live, crash, append(databaseFiles(), checkpointFile)...)
		w.must(os.WriteFile(filepath.Join(crash, checkpointFile+".new"), []byte("claim.exam"), 0o600))
		again := w.open(crash)
		defer again.Close()
		w.add(again, swap.Record{Event: w.claim(6, 1, w.address())})
		w.verify(again.Reader)
	})
}

// A write-ahead log that is cut anywhere holds a beginning of the log: it opens under an old
// checkpoint, and is refused under a new one that covers what is missing.
func TestTornLog(t *testing.T) {
	w := newWorld(t, 40)
	live := t.TempDir()
	s := w.create(live)
	defer s.Close()
	first := t.TempDir()
	copyFiles(t, live, first, checkpointFile)
	w.add(s, w.taken(240))
	for i := range 40 {
		if i != 5 && i%4 != 0 {
			w.add(s, swap.Record{Event: w.claim(i, 1, w.address())})
		}
	}
	size := w.size(s)
	wal, err := os.ReadFile(filepath.Join(live, databaseFile+"-wal"))
	w.must(err)
	opened, refused := 0, 0
	for cut := len(wal); cut >= 0; cut -= 1 + len(wal)/60 {
		for _, from := range []string{first, live} {
			crash := t.TempDir()
			copyFiles(t, live, crash, databaseFile)
			copyFiles(t, from, crash, checkpointFile)
			w.must(os.WriteFile(filepath.Join(crash, databaseFile+"-wal"), wal[:cut], 0o600))
			again, err := Open(context.Background(), crash, w.options())
			switch {
			case err == nil:
				opened++
				if got := w.verify(again.Reader); from == live && got.Entries != size {
					t.Errorf("cut at %d: %d entries under a checkpoint of %d", cut, got.Entries, size)
				}
				w.must(again.Close())
			case from == live && (strings.Contains(err.Error(), "older copy")):
				refused++
			case strings.Contains(err.Error(), "not a ledger"), strings.Contains(err.Error(), "creation was cut short"):
				refused++
			default:
				t.Errorf("cut at %d of %d: %v", cut, len(wal), err)
			}
		}
	}
	if opened < 10 || refused < 10 {
		t.Errorf("%d opened and %d refused: the cuts test nothing", opened, refused)
	}
}

func TestCheckpointFile(t *testing.T) {
	w := newWorld(t, 12)
	dir := t.TempDir()
	s := w.create(dir)
	w.add(s, w.taken(240))
	old := t.TempDir()
	copyFiles(t, dir, old, append(databaseFiles(), checkpointFile)...)
	w.add(s, swap.Record{Event: w.claim(0, 1, w.address())})
	w.must(s.Close())
	path := filepath.Join(dir, checkpointFile)
	good, err := os.ReadFile(path)
	w.must(err)

	for _, test := range []struct{ name, data, want string }{
		{"torn", string(good[:len(good)-20]), "put it back"},
		{"empty", "", "put it back"},
		{"another size", strings.Replace(string(good), "\n4\n", "\n3\n", 1), "put it back"},
	} {
		w.must(os.WriteFile(path, []byte(test.data), 0o600))
		w.expect(dir, test.want)
	}
	w.must(os.Remove(path))
	w.expect(dir, "is missing")

	t.Run("rollback", func(t *testing.T) {
		w.must(os.WriteFile(filepath.Join(old, checkpointFile), good, 0o600))
		w.expect(old, "older copy")
		w.expect(old, "never delete the checkpoint")
	})
	t.Run("another history", func(t *testing.T) {
		root, err := ledger.TreeHash(0, ledger.Hashes{})
		w.must(err)
		c := ledger.Checkpoint{Origin: w.terms.Origin()}
		c.N, c.Hash = 3, root
		msg, err := ledger.SignCheckpoint(c, w.signer)
		w.must(err)
		w.must(os.WriteFile(path, msg, 0o600))
		w.expect(dir, "was altered")
	})
	w.must(os.WriteFile(path, good, 0o600))
	s = w.open(dir)
	defer s.Close()
	w.verify(s.Reader)
}

func TestRefusedAtOpening(t *testing.T) {
	w := newWorld(t, 4)
	dir := t.TempDir()
	w.expect(dir, "holds no ledger")
	w.must(w.create(dir).Close())

	t.Run("clock", func(t *testing.T) {
		w.clock.move(-time.Second)
		defer w.clock.move(time.Second)
		w.expect(dir, "set the clock")
	})
	t.Run("another key", func(t *testing.T) {
		other, _ := w.key(w.terms.Origin())
		if _, err := Open(context.Background(), dir, Options{Signer: other, Clock: w.clock.Now}); err == nil || !strings.Contains(err.Error(), "not the ledger's") {
			t.Errorf("Open: got %v, want one with %q", err, "not the ledger's")
		}
	})
	for _, test := range []struct{ name, statement, undo, want string }{
		{"a trigger is missing", "DROP TRIGGER hashes_update", "", "trigger hashes_update is missing"},
		{"a trigger was added", "CREATE TRIGGER extra AFTER INSERT ON entries BEGIN SELECT 1; END", "DROP TRIGGER extra", "trigger extra was added"},
		{"a table was added", "CREATE TABLE _litestream_other (id INTEGER)", "DROP TABLE _litestream_other", "table _litestream_other was added"},
		{"a trigger of the replicator", "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); CREATE TRIGGER extra AFTER INSERT ON _litestream_seq BEGIN SELECT 1; END", "DROP TABLE _litestream_seq", "trigger extra was added"},
		{"a trigger was changed", "DROP TRIGGER entries_update; CREATE TRIGGER entries_update BEFORE UPDATE ON entries BEGIN SELECT 1; END", "", "trigger entries_update was changed"},
		{"a newer schema", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)", "DELETE FROM goose_db_version WHERE version_id = 999", "newer program"},
		{"another application", "PRAGMA application_id = 7", "PRAGMA application_id = 0x4f585357", "not a ledger"},
	} {
		t.Run(test.name, func(t *testing.T) {
			crash := t.TempDir()
			copyFiles(t, dir, crash, append(databaseFiles(), checkpointFile)...)
			outside(t, crash, test.statement)
			w.expect(crash, test.want)
			if _, err := OpenReader(context.Background(), crash); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("reader: %v", err)
			}
			if test.undo != "" {
				outside(t, crash, test.undo)
				w.must(w.open(crash).Close())
			}
		})
	}
	t.Run("the replicator's tables", func(t *testing.T) {
		outside(t, dir, "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); CREATE TABLE _litestream_lock (id INTEGER)")
		w.must(w.open(dir).Close())
	})
}

// outside runs statements over a connection of another program, without any of our settings.
func outside(t *testing.T, dir, statements string) {
	t.Helper()
	if err := tryOutside(dir, statements); err != nil {
		t.Fatalf("tryOutside of %s: got %v, want no error", statements, err)
	}
}

func tryOutside(dir, statements string) error {
	c, err := (&sqlite3.SQLiteDriver{}).Open(filepath.Join(dir, databaseFile))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.(*sqlite3.SQLiteConn).Exec(statements, nil)
	return err
}

func TestSettings(t *testing.T) {
	if err := checkVersion(3051002, "3.51.2"); err == nil || !strings.Contains(err.Error(), "3.51.3") {
		t.Errorf("checkVersion: got %v, want one with %q", err, "3.51.3")
	}
	if version, number, _ := sqlite3.Version(); checkVersion(number, version) != nil {
		t.Errorf("SQLite %s is refused", version)
	}
	dir := t.TempDir()
	w := newWorld(t, 4)
	w.must(w.create(dir).Close())
	path := filepath.Join(dir, databaseFile)
	name := dataSource(path, readWrite)
	for _, key := range []string{"_synchronous=FULL", "_foreign_keys=1", "_busy_timeout=10000", "_recursive_triggers=1"} {
		if !strings.Contains(name, key) {
			t.Fatalf("%s is not in %s", key, name)
		}
		misspelt := strings.Replace(name, key, "_"+key, 1)
		_, err := connector{misspelt, &sqlite3.SQLiteDriver{ConnectHook: prepareConn}}.Connect(context.Background())
		if err == nil || !strings.Contains(err.Error(), "SQLite setting") {
			t.Errorf("Connect to %s: got %v, want one with %q", misspelt, err, "SQLite setting")
		}
	}
	// The transactions of the read-only pool begin without the lock.
	deferred := connect(path, readOnly, 1)
	defer deferred.Close()
	if err := checkImmediate(context.Background(), deferred, path); err == nil || !strings.Contains(err.Error(), "_txlock=immediate") {
		t.Errorf("checkImmediate: got %v, want one with %q", err, "_txlock=immediate")
	}
	odd := filepath.Join(t.TempDir(), "a b?c%20#d")
	w.must(os.Mkdir(odd, 0o700))
	w.must(w.create(odd).Close())
	if _, err := os.Stat(filepath.Join(odd, databaseFile)); err != nil {
		t.Error(err)
	}
}

// The commit or the checkpoint fails: the state is unknown, so everything is refused until the next
// start finds out.
func TestFatal(t *testing.T) {
	for _, fault := range []struct {
		name      string
		persisted bool
		inject    func(w *world, s *Store, dir string)
		mend      func(w *world, dir string)
	}{
		{"the commit fails and is not persisted", false, func(w *world, s *Store, _ string) {
			conn, err := s.write.Conn(context.Background())
			w.must(err)
			w.must(conn.Raw(func(c any) error {
				c.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int { return 1 })
				return nil
			}))
			w.must(conn.Close())
		}, func(*world, string) {}},
		{"the checkpoint fails after the commit", true, func(w *world, _ *Store, dir string) {
			w.must(os.Mkdir(filepath.Join(dir, checkpointFile+".new"), 0o700))
		}, func(w *world, dir string) {
			w.must(os.Remove(filepath.Join(dir, checkpointFile+".new")))
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			ctx := context.Background()
			w := newWorld(t, 4)
			dir := t.TempDir()
			s := w.create(dir)
			w.add(s, w.taken(240))
			before := w.verify(s.Reader)
			fault.inject(w, s, dir)
			claim := swap.Record{Event: w.claim(0, 1, w.address())}
			if _, err := appendTo(s, claim); !errors.Is(err, ErrStopped) {
				t.Errorf("appendTo: got %v, want %v", err, ErrStopped)
			}
			if _, err := appendTo(s); !errors.Is(err, ErrStopped) {
				t.Errorf("a later update: %v", err)
			}
			if _, err := s.Size(ctx); !errors.Is(err, ErrStopped) {
				t.Errorf("a later view: %v", err)
			}
			if _, err := s.Checkpoint(); !errors.Is(err, ErrStopped) {
				t.Errorf("a later checkpoint: %v", err)
			}
			w.must(s.Close())
			fault.mend(w, dir)

			s = w.open(dir)
			defer s.Close()
			after := w.verify(s.Reader)
			if persisted := after.Entries == before.Entries+1; persisted != fault.persisted {
				t.Errorf("%d entries, %d before", after.Entries, before.Entries)
			}
			if uint64(after.Checkpoint.N) != after.Entries {
				t.Errorf("%d entries and a checkpoint of %d", after.Entries, after.Checkpoint.N)
			}
			_, err := appendTo(s, claim)
			if again := err == nil; again == fault.persisted {
				t.Errorf("the claim again: %v", err)
			}
		})
	}
}

// A full disk refuses entries, and only them.
func TestDiskFull(t *testing.T) {
	w := newWorld(t, 8)
	s := w.create(t.TempDir())
	defer s.Close()
	w.add(s, w.taken(240))
	before := w.verify(s.Reader)
	var pages int
	w.must(s.write.Get(&pages, "PRAGMA page_count"))
	_, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	w.must(err)
	failed := 0
	for i := range 8 {
		r := w.taken(250 + uint64(i)) // with attachments that need pages of their own
		if _, err := appendTo(s, r); err != nil {
			failed++
			if errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "full") {
				t.Errorf("appendTo: got %v, want one with %q", err, "full")
			}
		}
	}
	if failed == 0 {
		t.Error("nothing failed: the test tests nothing")
	}
	if got := w.verify(s.Reader); got.Entries != before.Entries+8-uint64(failed) {
		t.Errorf("%d entries", got.Entries)
	}
	_, err = s.write.Exec("PRAGMA max_page_count = 1000000")
	w.must(err)
	w.add(s, w.taken(300))
	w.verify(s.Reader)
}
