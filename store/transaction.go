package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

// queryer reads within a transaction.
type queryer interface {
	sqlx.QueryerContext
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// writeTx is a transaction of the writer. database/sql starts a goroutine for every query of a
// transaction of its own, which takes longer than the query. It has no context: a transaction that
// has begun is committed or undone.
type writeTx struct {
	*sqlx.Conn
	committed bool
}

// beginWrite begins a transaction with the write lock, for which it waits up to busyTimeout.
func beginWrite(db *sqlx.DB) (*writeTx, error) {
	ctx := context.Background()
	conn, err := db.Connx(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &writeTx{Conn: conn}, nil
}

func (w *writeTx) commit() error {
	_, err := w.ExecContext(context.Background(), "COMMIT")
	w.committed = err == nil
	return err
}

// end undoes a transaction that was not committed, and gives the connection back.
func (w *writeTx) end() {
	if !w.committed {
		w.ExecContext(context.Background(), "ROLLBACK") // fails where SQLite has undone it already
	}
	w.Conn.Close()
}
