package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
)

const (
	// minSQLite is the first version without the WAL-reset bug, by which two connections that checkpoint and write at
	// the same moment could corrupt a database: 3.51.3.
	minSQLite = 3051003
	// busyTimeout is how long a connection waits for a lock of another process, such as a replicator's.
	busyTimeout = 10 * time.Second
	// statements is how many prepared statements a connection keeps: more than this package has.
	statements = 128
	// The page cache of one connection in KiB. The writer's holds a round of 100,000 lines until it is committed.
	readCache, writeCache = 8 << 10, 64 << 10
	// readers is the most connections of a read-only pool, and so the most Views at one moment.
	readers = 16
)

// access is what a connection may do.
type access string

const (
	readOnly  access = "ro"
	readWrite access = "rw"
)

// setting is a pragma and the value that it must have on every connection.
type setting struct{ pragma, value string }

func settings() []setting {
	return []setting{
		{"journal_mode", "wal"},
		{"synchronous", "2"}, // FULL: a commit is on disk when it returns
		{"foreign_keys", "1"},
		{"busy_timeout", fmt.Sprint(busyTimeout.Milliseconds())},
		{"recursive_triggers", "1"}, // else INSERT OR REPLACE deletes rows without firing the triggers against it
		{"trusted_schema", "0"},
		{"cell_size_check", "1"},
	}
}

// dataSource names a database file with all settings that the driver knows. Every connection gets them, which pragmas sent
// through a pool do not achieve.
func dataSource(path string, a access) string {
	lock, cache := "immediate", writeCache
	if a == readOnly {
		lock, cache = "deferred", readCache
	}
	values := url.Values{
		"mode":                {string(a)},
		"_journal_mode":       {"WAL"},
		"_synchronous":        {"FULL"},
		"_foreign_keys":       {"1"},
		"_busy_timeout":       {fmt.Sprint(busyTimeout.Milliseconds())},
		"_recursive_triggers": {"1"},
		"_txlock":             {lock},
		"_stmt_cache_size":    {fmt.Sprint(statements)},
		"_cache_size":         {fmt.Sprint(-cache)},
	}
	return (&url.URL{Scheme: "file", Opaque: strings.ReplaceAll(url.PathEscape(path), "%2F", "/")}).String() + "?" + values.Encode()
}

// connector opens connections with one data source name.
type connector struct {
	name   string
	driver *sqlite3.SQLiteDriver
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.name) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// connect returns a pool of at most n connections. It opens none.
func connect(path string, a access, n int) *sqlx.DB {
	pool := sqlx.NewDb(sql.OpenDB(connector{dataSource(path, a), &sqlite3.SQLiteDriver{ConnectHook: prepareConn}}), "sqlite3")
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	return pool
}

// scratch returns a private, empty database in a temporary file that nobody else sees and that is gone with its one
// connection. Foreign keys are off.
func scratch() *sqlx.DB {
	pool := sqlx.NewDb(sql.OpenDB(connector{"file:?_journal_mode=OFF&_synchronous=OFF&_stmt_cache_size=128", &sqlite3.SQLiteDriver{}}), "sqlite3")
	pool.SetMaxOpenConns(1)
	return pool
}

// prepareConn sets what the data source name cannot say and reads every setting back: the driver passes over a misspelt
// key, and SQLite over an unknown pragma.
func prepareConn(c *sqlite3.SQLiteConn) error {
	if _, err := c.Exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", nil); err != nil {
		return err
	}
	for _, s := range settings() {
		got, err := pragma(c, s.pragma)
		if err != nil {
			return err
		}
		if got != s.value {
			return fmt.Errorf("SQLite setting %s is %q instead of %q: is the ledger on a file system without shared memory, such as a network share?", s.pragma, got, s.value)
		}
	}
	return nil
}

func pragma(c *sqlite3.SQLiteConn, name string) (string, error) {
	rows, err := c.Query("PRAGMA "+name, nil)
	if err != nil {
		return "", fmt.Errorf("PRAGMA %s: %w", name, err)
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	if len(row) == 0 {
		return "", fmt.Errorf("PRAGMA %s: this SQLite does not know it", name)
	}
	if err := rows.Next(row); errors.Is(err, io.EOF) {
		return "", fmt.Errorf("PRAGMA %s: this SQLite does not know it", name)
	} else if err != nil {
		return "", fmt.Errorf("PRAGMA %s: %w", name, err)
	}
	return fmt.Sprint(row[0]), nil
}

func checkVersion(number int, version string) error {
	if number < minSQLite {
		return fmt.Errorf("SQLite %s is linked: versions before 3.51.3 can corrupt a database in WAL mode, build with a newer one", version)
	}
	return nil
}

// checkImmediate proves that transactions of the writer take the write lock when they begin: while one is open, another
// connection cannot begin one.
func checkImmediate(ctx context.Context, write *sqlx.DB, path string) error {
	tx, err := write.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	name := strings.Replace(dataSource(path, readWrite), fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()), "_busy_timeout=0", 1)
	other := sql.OpenDB(connector{name, &sqlite3.SQLiteDriver{}})
	defer other.Close()
	second, err := other.BeginTx(ctx, nil)
	if err == nil {
		return errors.Join(errors.New("SQLite transactions do not begin with the write lock (_txlock=immediate)"), second.Rollback())
	}
	if busy := (sqlite3.Error{}); !errors.As(err, &busy) || busy.Code != sqlite3.ErrBusy {
		return fmt.Errorf("check the write lock: %w", err)
	}
	return nil
}
