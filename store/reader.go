package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// page is how many entries are read at once: a visitor that takes its time holds no transaction
// open meanwhile.
const page = 256

// Reader reads a ledger, also while another process writes it. It implements ledger.Source and, for
// what it has read from the log itself, swap.Attachments. All methods may be called from many
// goroutines.
type Reader struct {
	dir    string
	pool   *sqlx.DB // read-only
	keys   atomic.Pointer[ledger.Keys]
	terms  *termsCache
	hashes hashCache
	fatal  atomic.Pointer[error] // why a Store has stopped
}

var (
	_ ledger.Source    = (*Reader)(nil)
	_ swap.Attachments = (*Reader)(nil)
)

// OpenReader opens the ledger of a data directory for reading. It takes no lock.
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	r := newReader(dir)
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger in %s: %w", dir, err), r.pool.Close())
	}
	return r, nil
}

func newReader(dir string) *Reader {
	return &Reader{dir: dir, pool: connect(filepath.Join(dir, databaseFile), readOnly, readers), terms: &termsCache{}}
}

func (r *Reader) open(ctx context.Context) error {
	version, number, _ := sqlite3.Version()
	if err := checkVersion(number, version); err != nil {
		return err
	}
	if err := checkFile(ctx, r.pool); err != nil {
		return err
	}
	if err := checkSchema(ctx, r.pool, false); err != nil {
		return err
	}
	if err := checkProjections(ctx, r.pool); err != nil {
		return err
	}
	return r.readKeys(ctx)
}

// readKeys learns the ledger's keys from the ledger.
func (r *Reader) readKeys(ctx context.Context) error {
	return r.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if errors.Is(err, swap.ErrNotFound) {
			return errors.New("the ledger is empty: its creation was cut short, delete the directory and create it again")
		} else if err != nil {
			return err
		}
		keys, err := m.Keys()
		r.keys.Store(keys)
		return err
	})
}

// Close ends all reading.
func (r *Reader) Close() error { return r.pool.Close() }

// Key is the ledger's key in force; its name is the origin.
func (r *Reader) Key() note.Verifier { return r.keys.Load().Last() }

// Keys are all that the ledger has had.
func (r *Reader) Keys() *ledger.Keys { return r.keys.Load() }

func (r *Reader) stopped() error {
	if err := r.fatal.Load(); err != nil {
		return *err
	}
	return nil
}

// View runs read on tables that hold exactly the first size entries, in one transaction. A View
// within a View can wait for ever: at most 16 run at one moment.
func (r *Reader) View(ctx context.Context, read func(t swap.Tables, size uint64) error) error {
	return r.view(ctx, func(t *tables) error {
		size, err := t.size()
		if err != nil {
			return err
		}
		return read(t, size)
	})
}

func (r *Reader) view(ctx context.Context, read func(t *tables) error) error {
	if err := r.stopped(); err != nil {
		return err
	}
	tx, err := r.pool.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	defer tx.Rollback()
	err = read(&tables{tx: tx, terms: r.terms})
	if cause := ctx.Err(); err != nil && cause != nil && !errors.Is(err, cause) {
		// The transaction ended with ctx, and what was read next could only say that it has ended.
		return fmt.Errorf("read the ledger: %w: %w", cause, err)
	}
	return err
}

// Size returns the number of entries.
func (r *Reader) Size(ctx context.Context) (uint64, error) {
	var size uint64
	err := r.view(ctx, func(t *tables) (err error) {
		size, err = t.size()
		return err
	})
	return size, err
}

// Checkpoint returns the last signed checkpoint, with the cosignatures that it has. The ledger
// holds at least its entries.
func (r *Reader) Checkpoint() ([]byte, error) {
	if err := r.stopped(); err != nil {
		return nil, err
	}
	msg, _, err := readCheckpoint(r.dir, r.Keys())
	if err != nil {
		return nil, err
	}
	cosigned, err := readCosigned(r.dir, r.Keys())
	if err != nil {
		return nil, err
	}
	return withCosignatures(msg, cosigned), nil
}

// RootAt returns the root of the tree of the first size entries.
func (r *Reader) RootAt(ctx context.Context, size uint64) (tlog.Hash, error) {
	var root tlog.Hash
	err := r.view(ctx, func(t *tables) (err error) {
		root, err = ledger.TreeHash(int64(min(size, ledger.MaxTreeSize+1)), t)
		return err
	})
	return root, err
}

// Stored is an entry with the bytes that were hashed.
type Stored struct {
	ledger.Entry
	Bytes []byte
}

// Entry returns an entry, or an error that wraps swap.ErrNotFound when the log is shorter.
func (r *Reader) Entry(ctx context.Context, seq uint64) (Stored, error) {
	var out Stored
	err := r.view(ctx, func(t *tables) error {
		list, err := t.records(seq, seq+1)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("entry %d: %w", seq, swap.ErrNotFound)
		}
		out, err = parseStored(seq, list[0])
		return err
	})
	return out, err
}

func parseStored(seq uint64, raw []byte) (Stored, error) {
	e, err := ledger.ParseEntry(raw)
	if err != nil {
		return Stored{}, fmt.Errorf("%w: entry %d: %w", ErrDamaged, seq, err)
	}
	if e.Seq != seq {
		return Stored{}, fmt.Errorf("%w: entry %d says that it is entry %d", ErrDamaged, seq, e.Seq)
	}
	return Stored{e, raw}, nil
}

// Entries visits the entries from <= seq < to that there are, in order. Entries that are appended
// meanwhile are visited too.
func (r *Reader) Entries(ctx context.Context, from, to uint64, visit func(Stored) error) error {
	for from < to {
		var list [][]byte
		if err := r.view(ctx, func(t *tables) (err error) {
			list, err = t.records(from, min(to, from+page))
			return err
		}); err != nil {
			return err
		}
		if len(list) == 0 {
			return nil
		}
		for _, raw := range list {
			e, err := parseStored(from, raw)
			if err != nil {
				return err
			}
			if err := visit(e); err != nil {
				return err
			}
			from++
		}
	}
	return nil
}

// AllocationPage returns the first n lines of a round's allocation list that are about accounts
// after the given one.
func (r *Reader) AllocationPage(ctx context.Context, round uint64, after swap.Account, n int) ([]swap.Allocation, error) {
	var list []swap.Allocation
	err := r.view(ctx, func(t *tables) (err error) {
		list, err = collect(t, "allocations", allocationFields,
			"SELECT "+allocationColumns+" FROM allocations WHERE round = +? AND account > ? ORDER BY account, line LIMIT ?", whole(round), string(after), n)
		return err
	})
	return list, err
}

// Records implements ledger.Source.
func (r *Reader) Records(ctx context.Context, lo, hi int64) ([][]byte, error) {
	if lo < 0 || hi < lo {
		return nil, fmt.Errorf("there are no entries from %d to %d", lo, hi)
	}
	var list [][]byte
	err := r.view(ctx, func(t *tables) (err error) {
		list, err = t.records(uint64(lo), uint64(hi))
		return err
	})
	if err == nil && int64(len(list)) != hi-lo {
		err = fmt.Errorf("the ledger has %d of the entries from %d to %d", len(list), lo, hi)
	}
	return list, err
}

// Attachments implements ledger.Source.
func (r *Reader) Attachments(ctx context.Context, size int64) ([]ledger.Digest, error) {
	var out []ledger.Digest
	err := r.view(ctx, func(t *tables) (err error) {
		out, err = collect(t, "attachments", func(d *ledger.Digest) []any {
			return []any{(*bytes32)(d)}
		}, "SELECT digest FROM attachments WHERE entry < ? ORDER BY entry, digest", size)
		return err
	})
	return out, err
}

// OpenAttachment implements ledger.Source.
func (r *Reader) OpenAttachment(ctx context.Context, d ledger.Digest) (io.ReadCloser, error) {
	var stored []byte
	err := r.view(ctx, func(t *tables) (err error) {
		stored, err = t.storedAttachment(swap.Hash(d))
		return err
	})
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(stored)), nil
}

// Attachment implements swap.Attachments: the plain bytes, checked against the digest.
func (r *Reader) Attachment(h swap.Hash) ([]byte, error) {
	var plain []byte
	err := r.view(context.Background(), func(t *tables) (err error) {
		plain, err = t.Attachment(h)
		return err
	})
	return plain, err
}
