package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// tables are the log and its projections within one transaction, to be read. They implement
// swap.Tables, swap.Attachments and tlog.HashReader.
//
// They hold no context: a transaction of the pool is bound to its own and ends with it, and one of
// the writer goes on until it is committed or undone.
type tables struct {
	tx        queryer
	terms     *termsCache
	log       *tables         // whose entries tell their times, while they are applied to tables elsewhere; nil: these tables
	migration *swap.Migration // as last read or written in this transaction; nil: not read

	// A claim needs the same rows when it is decided and when it is applied.
	latest   accountCache[swap.Claim]
	balances accountCache[[]swap.HeightBalance]
}

// accountCache keeps the last result of one look-up by account.
type accountCache[T any] struct {
	account swap.Account // "": empty
	value   T
	err     error
}

func (c *accountCache[T]) get(account swap.Account, read func() (T, error)) (T, error) {
	if c.account != account || account == "" {
		c.value, c.err = read()
		c.account = account
	}
	return c.value, c.err
}

// writableTables are tables within a transaction of the writer. They implement swap.WritableTables.
type writableTables struct {
	tables
	execer  sqlx.ExecerContext
	changed bool // something was written, or tried
}

var (
	_ swap.Tables         = (*tables)(nil)
	_ swap.WritableTables = (*writableTables)(nil)
	_ swap.Attachments    = (*tables)(nil)
	_ tlog.HashReader     = (*tables)(nil)
)

// newWritableTables returns the tables of a transaction that may write: a writer's, or one of a
// database of its own.
func newWritableTables(tx interface {
	queryer
	sqlx.ExecerContext
}, terms *termsCache) *writableTables {
	return &writableTables{tables: tables{tx: tx, terms: terms}, execer: tx}
}

// forgetAccounts empties what is kept of accounts.
func (t *tables) forgetAccounts() { t.latest.account, t.balances.account = "", "" }

// A parameter that a column is compared with is written +? in this package. When the driver clears
// a bare one after use, SQLite 3.54 compiles the statement anew, lest a small number make another
// plan better; that takes longer than the look-up itself.

// visit reads the rows of a query one by one into the fields of a T. It stops at the first error.
func visit[T any](t *tables, what string, fields func(*T) []any, each func(T) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(context.Background(), query, args...)
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	defer rows.Close()
	v := new(T)
	into := fields(v)
	for rows.Next() {
		*v = *new(T) // what the last row's slices point to belongs to whoever got it
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
		if err := each(*v); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

func collect[T any](t *tables, what string, fields func(*T) []any, query string, args ...any) ([]T, error) {
	var out []T
	err := visit(t, what, fields, func(v T) error { out = append(out, v); return nil }, query, args...)
	return out, err
}

// one reads the only row of a query, or swap.ErrNotFound.
func one[T any](t *tables, what string, fields func(*T) []any, query string, args ...any) (T, error) {
	var v T
	err := t.tx.QueryRowContext(context.Background(), query, args...).Scan(fields(&v)...)
	if errors.Is(err, sql.ErrNoRows) {
		return v, swap.ErrNotFound
	} else if err != nil {
		return v, fmt.Errorf("read %s: %w", what, err)
	}
	return v, nil
}

// itself are the fields of a row of one column.
func itself[T any](v *T) []any { return []any{v} }

func hashField(h *tlog.Hash) []any { return []any{(*bytes32)(h)} }

func (t *writableTables) exec(what, query string, args ...any) error {
	_, err := t.change(what, query, args...)
	return err
}

// change is exec for who wants to know whether any row was changed.
func (t *writableTables) change(what, query string, args ...any) (bool, error) {
	t.changed = true
	if what != "entries" && what != "attachments" {
		t.forgetAccounts()
	}
	result, err := t.execer.ExecContext(context.Background(), query, args...)
	if err != nil {
		return false, fmt.Errorf("write %s: %w", what, err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// insert runs a statement that inserts n rows, many rows at a time. Row is the placeholder of one
// row, such as "(?, ?)"; add appends the arguments of row i.
func (t *writableTables) insert(what, statement, row string, n int, add func(args []any, i int) []any) error {
	const together = 64 // beyond that, the time is SQLite's own
	args := make([]any, 0, together*strings.Count(row, "?"))
	many := statement + strings.Repeat(row+", ", together-1) + row
	for i := 0; i < n; {
		text, end := many, i+together
		if end > n {
			text, end = statement+row, i+1
		}
		args = args[:0]
		for ; i < end; i++ {
			args = add(args, i)
		}
		if err := t.exec(what, text, args...); err != nil {
			return err
		}
	}
	return nil
}

// size returns the number of entries.
func (t *tables) size() (uint64, error) {
	return one(t, "entries", itself[uint64], "SELECT coalesce(max(seq) + 1, 0) FROM entries")
}

// records returns the bytes of the entries lo <= seq < hi that there are.
func (t *tables) records(lo, hi uint64) ([][]byte, error) {
	return collect(t, "entries", itself[[]byte], "SELECT entry FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq",
		int64(min(lo, ledger.MaxTreeSize)), int64(min(hi, ledger.MaxTreeSize)))
}

// EntryTime implements swap.Tables.
func (t *tables) EntryTime(seq uint64) (time.Time, error) {
	if t.log != nil {
		return t.log.EntryTime(seq)
	}
	raw, err := one(t, "entries", itself[[]byte], "SELECT entry FROM entries WHERE seq = ?", int64(min(seq, ledger.MaxTreeSize)))
	if err != nil {
		return time.Time{}, err
	}
	e, err := ledger.ParseEntry(raw)
	return e.Time, err
}

// SetEntryTime implements swap.WritableTables: the entry itself is there.
func (t *writableTables) SetEntryTime(uint64, time.Time) error { return nil }

// appendEntry writes the bytes of the next entry.
func (t *writableTables) appendEntry(seq uint64, raw []byte) error {
	return t.exec("entries", "INSERT INTO entries (seq, entry) VALUES (?, ?)", int64(seq), string(raw))
}

// appendHashes writes the next hashes of the tree, of which the first has a number.
func (t *writableTables) appendHashes(number int64, hashes []tlog.Hash) error {
	return t.insert("hashes", "INSERT INTO hashes (number, hash) VALUES ", "(?, ?)", len(hashes), func(args []any, i int) []any {
		return append(args, number+int64(i), hashes[i][:])
	})
}

// ReadHashes implements tlog.HashReader.
func (t *tables) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		h, err := one(t, "hashes", hashField, "SELECT hash FROM hashes WHERE number = +?", x)
		if err != nil {
			return nil, fmt.Errorf("hash %d: %w", x, err)
		}
		out[i] = h
	}
	return out, nil
}

func (t *tables) hasAttachment(h swap.Hash) error {
	_, err := one(t, "attachments", itself[int64], "SELECT id FROM attachments WHERE digest = +?", h[:])
	if errors.Is(err, swap.ErrNotFound) {
		return fmt.Errorf("%s: %w", h, swap.ErrAttachment)
	}
	return err
}

// storedAttachment returns the compressed form of an attachment.
func (t *tables) storedAttachment(h swap.Hash) ([]byte, error) {
	stored, err := one(t, "attachments", itself[[]byte], "SELECT stored FROM attachments WHERE digest = +?", h[:])
	if errors.Is(err, swap.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", h, swap.ErrAttachment)
	}
	return stored, err
}

// Attachment implements swap.Attachments.
func (t *tables) Attachment(h swap.Hash) ([]byte, error) {
	stored, err := t.storedAttachment(h)
	if err != nil {
		return nil, err
	}
	return ledger.ReadAttachment(bytes.NewReader(stored), ledger.Digest(h))
}

// putAttachment stores an attachment that an entry names, unless it is there already.
func (t *writableTables) putAttachment(entry uint64, plain []byte) error {
	h := swap.Digest(plain)
	if err := t.hasAttachment(h); err == nil || !errors.Is(err, swap.ErrAttachment) {
		return err
	}
	stored, err := ledger.CompressAttachment(plain)
	if err != nil {
		return err
	}
	return t.exec("attachments", `INSERT INTO attachments (id, digest, entry, size, stored)
		SELECT coalesce(max(id) + 1, 0), ?, ?, ?, ? FROM attachments`, h[:], int64(entry), int64(len(plain)), stored)
}
