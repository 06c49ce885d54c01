// Package store keeps a migration's ledger in SQLite: the log, its tree of hashes, its attachments, and the projections
// that follow from them. An entry and everything that it changes are one transaction.
//
// # Files of a data directory
//
//   - ledger.db (with ledger.db-wal and ledger.db-shm while in use): the database. Who can write it can change what the
//     service believes, but not unnoticed: every entry is under a root that was signed and published. [Reader.Verify]
//     compares all of it.
//   - checkpoint: the last signed size and root. It is written after every commit, before anyone is answered, and proves at
//     the next start that the database is not an older copy. Who can replace both files by older copies can roll the ledger
//     back unnoticed on this machine; published checkpoints and receipts show it to others.
//   - cosigned: the last checkpoint that witnesses have cosigned, if any.
//   - lock: held by the process that writes, with its number inside.
//   - sending.lock: held by the process that sends transactions ([LockSending]).
//   - writer.sock: while a service runs, the socket over which commands append through it ([Store.Host]).
//
// The ledger's secret key is not here. Who has it can sign a second history, which again shows against anything published.
// [Store.Rotate] changes it.
//
// # Commits
//
// One goroutine writes. It takes all updates that wait, runs them one after the other in one transaction, signs the new root,
// commits, replaces the checkpoint file, and only then answers. An update that fails leaves no trace and does not disturb the
// others. When the commit itself or the checkpoint fails, nobody can know what is on disk: the store stops and refuses
// everything ([ErrStopped]) until it is opened again, which finds out and goes on with the same code. A second goroutine moves
// what was committed from SQLite's write-ahead log into the database file.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// ErrStopped is what a Store answers with after a commit or a checkpoint failed.
var ErrStopped = errors.New("the ledger has stopped")

// ErrClosed is what a Store answers with after Close.
var ErrClosed = errors.New("the ledger is closed")

// Options are what a writer needs.
type Options struct {
	Signer note.Signer      // the ledger's key
	Clock  func() time.Time // nil: time.Now
}

// Store is the ledger of a data directory, open for writing.
type Store struct {
	*Reader
	lock   *fileLock
	write  *sqlx.DB // one connection
	mover  *mover
	signer note.Signer
	clock  func() time.Time

	jobs    chan *job
	guests  chan *job // each gets a transaction of its own
	closing chan struct{}
	ended   chan struct{}
	close   sync.Once
	watch   atomic.Pointer[func([]ledger.Entry)] // nil: nobody watches

	// Of the goroutine that writes.
	size      uint64 // entries
	signed    uint64 // entries under the checkpoint
	last      time.Time
	edge      ledger.Frontier // of the tree of size entries
	migration *swap.Migration // as committed; nil: not read
	together  int             // jobs of the last transaction
	took      time.Duration   // of the last transaction
}

var _ swap.Ledger = (*Store)(nil)

// Create makes the ledger of a directory that has none, and appends its first records in one transaction. Whatever fails,
// it leaves nothing behind. Of a process that is killed meanwhile something can be left, which Open and Create refuse.
func Create(ctx context.Context, dir string, o Options, first []swap.Record) (_ *Store, err error) {
	if len(first) == 0 {
		return nil, errors.New("create a ledger: the first record is missing")
	}
	if err := refuseExisting(dir); err != nil {
		return nil, err
	}
	s, err := newStore(dir, o)
	if err != nil {
		return nil, err
	}
	// Another process may have created one since.
	if err := refuseExisting(dir); err != nil {
		return nil, errors.Join(err, s.release())
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("create a ledger in %s: %w", dir, err), s.remove())
		}
	}()
	// SQLite would let everybody read it.
	f, err := os.OpenFile(filepath.Join(dir, databaseFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if err := fail.Do("create tables", func() error { return migrate(ctx, s.write) }); err != nil {
		return nil, err
	}
	if err := s.alone(ctx, func(b *batch) error {
		at, err := b.now()
		if err != nil {
			return err
		}
		if err := b.tables.markProjections(); err != nil {
			return err
		}
		if _, err := b.append(first, at); err != nil {
			return err
		}
		m, err := b.tables.Migration()
		if err != nil {
			return err
		}
		keys, err := m.Keys()
		if err != nil {
			return err
		}
		s.keys.Store(keys)
		return s.checkSigner()
	}); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func refuseExisting(dir string) error {
	for _, name := range []string{databaseFile, checkpointFile} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("create a ledger: %s exists, and a ledger is never replaced: choose an empty directory", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("create a ledger: %w", err)
		}
	}
	return nil
}

// Open opens the ledger of a data directory for writing, after it has checked that the ledger is whole and the newest one. One
// that an older program wrote is brought up to date: its tables, and then all of its projections from the entries.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	path := filepath.Join(dir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		if _, missing := os.Stat(filepath.Join(dir, checkpointFile)); missing == nil {
			return nil, fmt.Errorf("%s has a checkpoint and no database: put %s back with its -wal file, or run `oxenswap ledger restore`: %w", dir, databaseFile, err)
		}
		return nil, fmt.Errorf("%s holds no ledger: `oxenswap init` makes one: %w", dir, err)
	}
	s, err := newStore(dir, o)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger in %s: %w", dir, err), s.release())
	}
	return s, nil
}

// newStore takes the lock of a data directory and opens nothing yet.
func newStore(dir string, o Options) (*Store, error) {
	if o.Signer == nil {
		return nil, errors.New("the ledger's key is missing: nothing could be signed")
	}
	lock, err := acquireLock(dir, lockFile)
	if err != nil {
		return nil, err
	}
	s := &Store{
		Reader: newReader(dir), lock: lock, signer: o.Signer, clock: o.Clock,
		write: connect(filepath.Join(dir, databaseFile), readWrite, 1), mover: newMover(filepath.Join(dir, databaseFile)),
		jobs: make(chan *job), guests: make(chan *job), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	return s, nil
}

// start checks everything that can be checked quickly, signs what a crash left unsigned and begins to write.
func (s *Store) start(ctx context.Context) error {
	version, number, _ := sqlite3.Version()
	if err := checkVersion(number, version); err != nil {
		return err
	}
	if err := checkFile(ctx, s.write); err != nil {
		return err
	}
	if err := checkSchema(ctx, s.write, true); err != nil {
		return err
	}
	if err := checkImmediate(ctx, s.write, filepath.Join(s.dir, databaseFile)); err != nil {
		return err
	}
	if err := s.readKeys(ctx); err != nil {
		return err
	}
	if err := s.checkSigner(); err != nil {
		return err
	}
	_, signed, err := readCheckpoint(s.dir, s.Keys())
	if err != nil {
		return err
	}
	if err := s.view(ctx, func(t *tables) error { return s.checkLog(t, signed.Tree) }); err != nil {
		return err
	}
	if s.size > s.signed {
		if err := s.transact(nil); err != nil {
			return err
		}
	}
	if err := s.upgrade(ctx); err != nil {
		return err
	}
	go s.run()
	go s.mover.run()
	return nil
}

// upgrade makes projections anew that a program without some of them made.
func (s *Store) upgrade(ctx context.Context) error {
	err := checkProjections(ctx, s.write)
	if !errors.Is(err, errOldProjections) {
		return err
	}
	if err := s.alone(ctx, func(b *batch) error { return b.rebuild(ctx) }); err != nil {
		return fmt.Errorf("make the projections anew, which an older program made: %w: this program understands its entries in another way, report it; the older one still opens a backup made before", err)
	}
	return nil
}

// A KeyError says that a ledger was opened for writing with another key than the one in force.
type KeyError struct {
	Given, InForce string // name and hash
	Since          int64  // the entry that put it into force; 0: it is the first
}

func (e *KeyError) Error() string {
	if e.Since == 0 {
		return fmt.Sprintf("the key %s is not the ledger's, which is %s: configure the right key file. If the given key came after that one, this copy of the ledger is from before its entry", e.Given, e.InForce)
	}
	return fmt.Sprintf("the key %s is not the ledger's, which is %s since entry %d: put that key's file in its place", e.Given, e.InForce, e.Since)
}

func (s *Store) checkSigner() error {
	key := s.Key()
	if s.signer.Name() == key.Name() && s.signer.KeyHash() == key.KeyHash() {
		return nil
	}
	e := &KeyError{Given: keyName(s.signer.Name(), s.signer.KeyHash()), InForce: keyName(key.Name(), key.KeyHash())}
	if list := s.Keys().Rotations(); len(list) > 0 {
		e.Since = list[len(list)-1].Entry
	}
	return e
}

func keyName(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

// checkLog refuses a database that is older than the checkpoint, another one than it signed, or whose end does not hold
// together, and a clock behind the last entry.
func (s *Store) checkLog(t *tables, signed tlog.Tree) error {
	size, err := t.size()
	if err != nil {
		return err
	}
	if size < uint64(signed.N) {
		return fmt.Errorf("the database has %d entries and the checkpoint %d: this is an older copy, and what followed would be written a second time and differently. Put back the newest copy of %s with its -wal file; never delete the checkpoint. If the missing entries are lost for good, this log must not go on: a new one under another name has to", size, signed.N, databaseFile)
	}
	root, err := ledger.TreeHash(signed.N, t)
	if err != nil {
		return err
	}
	if root != signed.Hash {
		return fmt.Errorf("the first %d entries have the root %v, and the checkpoint signed %v: the database was altered, put back a copy that `oxenswap ledger verify` accepts", signed.N, root, signed.Hash)
	}
	last, err := t.checkEnd(size)
	if err != nil {
		return err
	}
	if now := s.clock().UTC().Truncate(time.Second); now.Before(last) {
		return fmt.Errorf("the clock says %s, and the last entry was written at %s: set the clock", now.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	s.size, s.signed, s.last = size, uint64(signed.N), last
	s.edge, err = ledger.NewFrontier(int64(size), t)
	return err
}

// checkEnd compares the last entries with their hashes and those with the tree above them, and returns the last one's time.
// Verify compares all of them.
func (t *tables) checkEnd(size uint64) (last time.Time, err error) {
	hashes, err := one(t, "hashes", itself[int64], "SELECT coalesce(max(number) + 1, 0) FROM hashes")
	if err != nil {
		return last, err
	}
	if want := tlog.StoredHashCount(int64(size)); hashes != want {
		return last, fmt.Errorf("the tree has %d hashes instead of %d for %d entries: put back a copy that `oxenswap ledger verify` accepts", hashes, want, size)
	}
	first := size - min(size, page)
	list, err := t.records(first, size)
	if err != nil {
		return last, err
	}
	for i, raw := range list {
		seq := first + uint64(i)
		e, err := parseStored(seq, raw)
		if err != nil {
			return last, err
		}
		want, err := ledger.StoredHashes(int64(seq), ledger.RecordHash(raw), t)
		if err != nil {
			return last, err
		}
		for j, h := range want {
			got, err := t.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(seq)) + int64(j)})
			if err != nil {
				return last, err
			}
			if got[0] != h {
				return last, fmt.Errorf("entry %d does not have its hash in the tree: the database was altered, put back a copy that `oxenswap ledger verify` accepts", seq)
			}
		}
		last = e.Time
	}
	return last, nil
}

// Close waits for the updates under way and lets the data directory go.
func (s *Store) Close() error {
	err := ErrClosed
	s.close.Do(func() {
		close(s.closing)
		<-s.ended
		s.mover.stop()
		err = s.release()
	})
	return err
}

// release closes everything but the goroutines.
func (s *Store) release() error {
	return errors.Join(s.pool.Close(), s.mover.pool.Close(), s.write.Close(), s.lock.release())
}

// remove undoes Create.
func (s *Store) remove() error {
	errs := []error{s.pool.Close(), s.mover.pool.Close(), s.write.Close()}
	for _, name := range []string{databaseFile, databaseFile + "-wal", databaseFile + "-shm", checkpointFile, checkpointFile + ".new"} {
		if err := os.Remove(filepath.Join(s.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, s.lock.remove())...)
}
