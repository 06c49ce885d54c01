package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

const (
	// enoughPages are in SQLite's write-ahead log when it is worth moving them into the database
	// file: SQLite's own default.
	enoughPages = 1000
	// tooManyPages are in it when a commit moves them itself, so that it cannot outgrow the disk
	// where nobody else gets to it.
	tooManyPages = 8 * enoughPages
)

// mover moves the pages of commits from SQLite's write-ahead log into the database file while the
// next commits go on. Else every fifth batch of claims would wait until SQLite had done it, for as
// long as a commit takes. What fails here is lost to nobody: the pages stay in the log, and the
// next one tries again.
type mover struct {
	pool *sqlx.DB // of one connection
	wake chan struct{}
	done chan struct{}
}

func newMover(path string) *mover {
	return &mover{pool: connect(path, readWrite, 1), wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// committed tells the mover that there are more pages.
func (m *mover) committed() {
	select {
	case m.wake <- struct{}{}:
	default: // it has not looked since the last time
	}
}

func (m *mover) run() {
	defer close(m.done)
	for range m.wake {
		if waiting, err := m.pages("NOOP"); err == nil && waiting >= enoughPages {
			m.pages("PASSIVE") // neither waits nor blocks
		}
	}
}

// pages moves what the mode, one of wal_checkpoint, allows. It returns the pages of the log that
// are not yet in the database.
func (m *mover) pages(mode string) (waiting int, err error) {
	var busy, logged, moved int
	err = m.pool.QueryRowContext(context.Background(), fmt.Sprintf("PRAGMA wal_checkpoint(%s)", mode)).Scan(&busy, &logged, &moved)
	return logged - moved, err
}

// stop waits for the end of run.
func (m *mover) stop() {
	close(m.wake)
	<-m.done
}
