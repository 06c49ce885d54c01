package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// ErrProjections is wrapped by what Verify returns when the log is whole and only a projection is
// wrong.
var ErrProjections = errors.New("is not what the entries add up to")

// Verified is what Verify has compared.
type Verified struct {
	Entries     uint64
	Attachments uint64
	Root        tlog.Hash         // of all entries
	Checkpoint  ledger.Checkpoint // the signed one
}

// Verify compares everything that is stored with everything that it follows from: the bytes of
// every entry with its hash and its place in the tree, every attachment with its digest and the
// entries that name it, the database's own structure, every row of the projections with what the
// entries add up to, and the tree with the signed checkpoint. It verifies no claims' signatures and
// recomputes no rounds; the auditor does. The error names the first thing that is wrong.
func (r *Reader) Verify(ctx context.Context) (Verified, error) {
	// Read before the transaction begins, it can cover no entry that the transaction does not see.
	_, signed, err := readCheckpoint(r.dir, r.Keys())
	if err != nil {
		return Verified{}, err
	}
	out := Verified{Checkpoint: signed}
	err = r.view(ctx, func(t *tables) error {
		v := &verifier{tables: t, named: map[swap.Hash]uint64{}}
		for _, check := range []func(context.Context) error{v.entries, v.tree, v.attachments, v.structure, v.projections} {
			if err := check(ctx); err != nil {
				return err
			}
		}
		out.Entries, out.Attachments = v.size, uint64(len(v.named))
		if out.Root, err = ledger.TreeHash(int64(v.size), v.hashes); err != nil {
			return err
		}
		if v.size < uint64(signed.N) {
			return fmt.Errorf("the database has %d entries and the checkpoint %d: it is an older copy", v.size, signed.N)
		}
		root, err := ledger.TreeHash(signed.N, v.hashes)
		if err == nil && root != signed.Hash {
			err = fmt.Errorf("the first %d entries have the root %v, and the checkpoint signed %v", signed.N, root, signed.Hash)
		}
		return err
	})
	if err != nil {
		return Verified{}, fmt.Errorf("verify the ledger in %s: %w", r.dir, err)
	}
	return out, nil
}

type verifier struct {
	tables *tables
	size   uint64
	hashes ledger.Hashes
	named  map[swap.Hash]uint64 // attachment -> first entry that names it
}

// structure has SQLite check itself, which takes long in one step and ends with ctx.
func (v *verifier) structure(ctx context.Context) error {
	var found []string
	if err := sqlx.SelectContext(ctx, v.tables.tx, &found, "PRAGMA integrity_check(20)"); err != nil {
		return fmt.Errorf("read the structure: %w", err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("the database is damaged: %s", strings.Join(found, "; "))
	}
	return visit(v.tables, "foreign keys", func(table *string) []any {
		return []any{table, new(any), new(any), new(any)}
	}, func(table string) error {
		return fmt.Errorf("a row of %s refers to one of another table that does not exist", table)
	}, "PRAGMA foreign_key_check")
}

// entries reads every entry and computes the tree.
func (v *verifier) entries(context.Context) error {
	var err error
	if v.size, err = v.tables.size(); err != nil {
		return err
	}
	var last time.Time
	for from := uint64(0); from < v.size; from += page {
		list, err := v.tables.records(from, from+page)
		if err != nil {
			return err
		}
		if want := min(page, v.size-from); uint64(len(list)) != want {
			return fmt.Errorf("of the entries from %d on, %d are there instead of %d", from, len(list), want)
		}
		for i, raw := range list {
			if last, err = v.entry(from+uint64(i), raw, last); err != nil {
				return fmt.Errorf("entry %d: %w", from+uint64(i), err)
			}
		}
	}
	return nil
}

func (v *verifier) entry(seq uint64, raw []byte, last time.Time) (time.Time, error) {
	if err := v.hashes.Append(ledger.RecordHash(raw)); err != nil {
		return last, err
	}
	e, err := ledger.ParseEntry(raw)
	if err != nil {
		return last, err
	}
	if e.Seq != seq {
		return last, fmt.Errorf("it says that it is entry %d", e.Seq)
	}
	if e.Time.Before(last) {
		return last, fmt.Errorf("its time is before that of entry %d", seq-1)
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return last, err
	}
	for _, h := range event.Attachments() {
		if _, known := v.named[h]; !known {
			v.named[h] = seq
		}
	}
	return e.Time, nil
}

// tree compares the stored hashes with the computed ones.
func (v *verifier) tree(context.Context) error {
	next := 0
	type stored struct {
		number int64
		hash   tlog.Hash
	}
	if err := visit(v.tables, "hashes", func(h *stored) []any {
		return []any{&h.number, (*bytes32)(&h.hash)}
	}, func(h stored) error {
		if h.number != int64(next) || next >= len(v.hashes) {
			return fmt.Errorf("the tree has a hash %d where %d was expected", h.number, next)
		}
		if h.hash != v.hashes[next] {
			level, n := tlog.SplitStoredHashIndex(h.number)
			return fmt.Errorf("entry %d: it is not what the tree was made of (hash %d)", n<<level, h.number)
		}
		next++
		return nil
	}, "SELECT number, hash FROM hashes ORDER BY number"); err != nil {
		return err
	}
	if next != len(v.hashes) {
		return fmt.Errorf("the tree has %d hashes instead of %d", next, len(v.hashes))
	}
	return nil
}

// attachments compares every attachment with its digest and with the entries that name it.
func (v *verifier) attachments(ctx context.Context) error {
	type attachment struct {
		digest swap.Hash
		entry  uint64
		size   int64
		stored []byte
	}
	seen := 0
	if err := visit(v.tables, "attachments", func(a *attachment) []any {
		return []any{(*bytes32)(&a.digest), (*whole)(&a.entry), &a.size, &a.stored}
	}, func(a attachment) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, named := v.named[a.digest]
		if !named || entry != a.entry {
			return fmt.Errorf("attachment %s is kept for entry %d, which is not the first to name it", a.digest, a.entry)
		}
		plain, err := ledger.ReadAttachment(bytes.NewReader(a.stored), ledger.Digest(a.digest))
		if err == nil && int64(len(plain)) != a.size {
			err = fmt.Errorf("it has %d bytes instead of %d", len(plain), a.size)
		}
		if err != nil {
			return fmt.Errorf("entry %d: attachment %s: %w", a.entry, a.digest, err)
		}
		seen++
		return nil
	}, "SELECT digest, entry, size, stored FROM attachments ORDER BY id"); err != nil {
		return err
	}
	if seen == len(v.named) {
		return nil
	}
	for h, entry := range v.named {
		if err := v.tables.hasAttachment(h); errors.Is(err, swap.ErrAttachment) {
			return fmt.Errorf("entry %d: attachment %w", entry, err)
		} else if err != nil {
			return err
		}
	}
	return errors.New("an attachment is stored twice")
}

// projections rebuilds the projections beside the database and compares every row.
func (v *verifier) projections(ctx context.Context) error {
	db := scratch()
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	rebuilt := newWritableTables(tx, v.tables.terms)
	if err := replay(ctx, v.tables, rebuilt, v.size); err != nil {
		return err
	}
	for _, p := range projections() {
		if err := compareRows(ctx, v.tables, &rebuilt.tables, "SELECT * FROM "+p.table+" ORDER BY "+p.order); err != nil {
			return fmt.Errorf("the table %s %w: %w", p.table, ErrProjections, err)
		}
	}
	return nil
}

// compareRows compares what a query gives on two databases, row by row.
func compareRows(ctx context.Context, a, b *tables, query string) error {
	is, err := a.tx.QueryxContext(ctx, query)
	if err != nil {
		return err
	}
	defer is.Close()
	should, err := b.tx.QueryxContext(ctx, query)
	if err != nil {
		return err
	}
	defer should.Close()
	columns, err := should.Columns()
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		more := is.Next()
		if more != should.Next() {
			return errors.Join(fmt.Errorf("it has too many or too few rows, from row %d on", n), is.Err(), should.Err())
		}
		if !more {
			return errors.Join(is.Err(), should.Err())
		}
		x, errX := is.SliceScan()
		y, errY := should.SliceScan()
		if err := errors.Join(errX, errY); err != nil {
			return err
		}
		for i, column := range columns {
			if !reflect.DeepEqual(x[i], y[i]) {
				return fmt.Errorf("row %d has %s %.80v instead of %.80v", n, column, x[i], y[i])
			}
		}
	}
}
