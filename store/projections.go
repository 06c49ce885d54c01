package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"oxenswap/swap"
	"oxenswap/swap/fail"
)

// projections are the tables that follow from the log, in an order in which they can be emptied,
// with what sorts them.
func projections() []struct{ table, order string } {
	return []struct{ table, order string }{
		{"payouts", "entry"}, {"logs", "entry"}, {"attempts", "entry"},
		{"allocations", "round, account, programme"}, {"rounds", "round"},
		{"key_images", "image"}, {"proofs", "received"}, {"refused_claims", "digest"}, {"claims", "account, sequence"},
		{"balances", "height, account"}, {"addresses", "id"}, {"snapshots", "height"}, {"migration", "part"},
	}
}

// madeBy numbers what makes projections of entries. A migration that adds a projection raises it,
// and so does a change of swap.Apply by which entries of the past make other rows. The database
// keeps the number of those who made its rows as its user_version, written in the same transaction
// as they: a crash between a migration and the rows that it needs is noticed.
const madeBy = 4

var errOldProjections = errors.New("an older program made the projections: start the writer once, which rebuilds them")

func (t *writableTables) markProjections() error {
	return t.exec("the user version", fmt.Sprintf("PRAGMA user_version = %d", madeBy))
}

// checkProjections returns errOldProjections when they have to be rebuilt.
func checkProjections(ctx context.Context, db sqlx.QueryerContext) error {
	var by int64
	if err := sqlx.GetContext(ctx, db, &by, "PRAGMA user_version"); err != nil {
		return fmt.Errorf("read the user version: %w", err)
	}
	switch {
	case by > madeBy:
		return fmt.Errorf("a newer program (%d) made the projections, and this one is %d: use that one", by, madeBy)
	case by < madeBy:
		return errOldProjections
	}
	return nil
}

// upgrade rebuilds projections that an older program made.
func (s *Store) upgrade(ctx context.Context) error {
	err := checkProjections(ctx, s.write)
	if !errors.Is(err, errOldProjections) {
		return err
	}
	if err := s.commitFirst(func(b *batch) error { return b.rebuild(ctx) }); err != nil {
		return fmt.Errorf("rebuild the projections of an older program: %w: this program understands its entries in another way, report it; the older one still opens a backup made before", err)
	}
	return nil
}

// Rebuild deletes the projections and makes them again from the entries, in one transaction.
func (s *Store) Rebuild(ctx context.Context) error {
	return s.commit(ctx, s.shared, func(b *batch) error { return b.rebuild(ctx) })
}

func (b *batch) rebuild(ctx context.Context) error {
	b.tables.migration = nil
	for _, p := range projections() {
		if err := b.tables.exec(p.table, "DELETE FROM "+p.table); err != nil {
			return err
		}
	}
	if err := fail.Do("rebuild mark", b.tables.markProjections); err != nil {
		return err
	}
	return replay(ctx, &b.tables.tables, b.tables, b.size)
}

// replay applies the first size entries of a log to tables.
func replay(ctx context.Context, log *tables, to *writableTables, size uint64) error {
	if log != &to.tables {
		to.log = log
	}
	for from := uint64(0); from < size; from += page {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := log.records(from, min(size, from+page))
		if err != nil {
			return err
		}
		for i, raw := range list {
			e, err := parseStored(from+uint64(i), raw)
			if err != nil {
				return err
			}
			if err := swap.Apply(to, log, e.Entry); err != nil {
				return fmt.Errorf("entry %d: %w", e.Seq, err)
			}
		}
	}
	return nil
}
