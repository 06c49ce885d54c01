// Package store keeps a migration's ledger in SQLite: the log, its tree of hashes, its attachments,
// and the projections that follow from them. An entry and everything that it changes are one
// transaction.
//
// # Files of a data directory
//
//   - ledger.db (with ledger.db-wal and ledger.db-shm while in use): the database. Who can write it
//     can change what the service believes, but not unnoticed: every entry is under a root that was
//     signed and published. [Reader.Verify] compares all of it.
//   - checkpoint: the last signed size and root. It is written after every commit, before anyone is
//     answered, and proves at the next start that the database is not an older copy. Who can
//     replace both files by older copies can roll the ledger back unnoticed on this machine;
//     published checkpoints and receipts show it to others.
//   - cosigned: the last checkpoint that witnesses have cosigned, if any.
//   - lock: held by the process that writes, with its number inside.
//   - sending.lock: held by the process that sends transactions ([LockSending]).
//   - writer.sock: while a service runs, the socket over which commands append through it
//     ([Store.Host]).
//
// The ledger's secret key is not here. Who has it can sign a second history, which again shows
// against anything published. [Store.Rotate] changes it.
//
// # Commits
//
// One goroutine writes. Updates that wait share a transaction, and each is answered once it and a
// checkpoint over it are durable. An update that fails leaves no trace and does not disturb the
// others. When a commit or a checkpoint itself fails, nobody can know what is on disk: the store
// refuses everything ([ErrStopped]) until it is opened again, which finds out and goes on with the
// same code. The comment on the commit pipeline (commit.go) derives this.
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

	"oxenswap/swap"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// ErrStopped is what a Store answers with after a commit or a checkpoint failed.
var ErrStopped = errors.New("the ledger has stopped")

// ErrClosed is what a Store answers with after Close.
var ErrClosed = errors.New("the ledger is closed")

// ErrNoLedger is wrapped by what Open returns for a directory without a ledger.
var ErrNoLedger = errors.New("holds no ledger")

// ErrDamaged is wrapped by errors that show that the database is not what the store wrote.
var ErrDamaged = errors.New("the database was altered or damaged")

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

	shared    chan *update // those that wait make a batch
	exclusive chan *update // each gets a batch of its own
	closing   chan struct{}
	ended     chan struct{}
	close     sync.Once
	watch     atomic.Pointer[func([]ledger.Entry)] // nil: nobody watches

	// Of the goroutine that commits.
	logEnd                    // as committed
	signed    uint64          // entries under the checkpoint
	migration *swap.Migration // as committed; nil: not read
	batchSize int             // updates of the last shared batch
	batchTime time.Duration   // that it took
}

var _ swap.Ledger = (*Store)(nil)

// Create makes the ledger of a directory that has none, and appends its first records in one
// transaction. Whatever fails, it leaves nothing behind. Of a process that is killed meanwhile
// something can be left, which Open and Create refuse.
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
	if err := s.commitFirst(func(b *batch) error {
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

// Open opens the ledger of a data directory for writing, after it has checked that the ledger is
// whole and the newest one. One that an older program wrote is brought up to date: its tables, and
// then all of its projections from the entries.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	path := filepath.Join(dir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		if _, missing := os.Stat(filepath.Join(dir, checkpointFile)); missing == nil {
			return nil, fmt.Errorf("%s has a checkpoint and no database: put %s back with its -wal file, or restore a backup: %w",
				dir, databaseFile, err)
		}
		return nil, fmt.Errorf("%s %w: %w", dir, ErrNoLedger, err)
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
		shared: make(chan *update), exclusive: make(chan *update), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	return s, nil
}

// start checks everything that can be checked quickly, signs what a crash left unsigned and begins
// to write.
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
		if err := s.commitBatch(nil); err != nil {
			return err
		}
	}
	if err := s.upgrade(ctx); err != nil {
		return err
	}
	go s.commitAll()
	go s.mover.run()
	return nil
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
