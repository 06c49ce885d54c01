package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

const (
	// minSQLite is the first version without the WAL-reset bug, by which two connections that
	// checkpoint and write at the same moment could corrupt a database: 3.51.3.
	minSQLite = 3051003
	// busyTimeout is how long a connection waits for a lock of another process, such as a
	// replicator's.
	busyTimeout = 10 * time.Second
	// statements is how many prepared statements a connection keeps: more than this package has.
	statements = 128
	// The page cache of one connection in KiB. The writer's holds a round of 100,000 lines until it
	// is committed.
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
		{"wal_autocheckpoint", fmt.Sprint(tooManyPages)},
	}
}

// dataSource names a database file with all settings that the driver knows. Every connection gets
// them, which pragmas sent through a pool do not achieve.
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

// scratch returns a private, empty database in a temporary file that nobody else sees and that is
// gone with its one connection. Foreign keys are off.
func scratch() *sqlx.DB {
	pool := sqlx.NewDb(sql.OpenDB(connector{"file:?_journal_mode=OFF&_synchronous=OFF&_stmt_cache_size=128", &sqlite3.SQLiteDriver{}}), "sqlite3")
	pool.SetMaxOpenConns(1)
	return pool
}

// prepareConn sets what the data source name cannot say and reads every setting back: the driver
// passes over a misspelt key, and SQLite over an unknown pragma.
func prepareConn(c *sqlite3.SQLiteConn) error {
	if _, err := c.Exec(fmt.Sprintf("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA wal_autocheckpoint = %d", tooManyPages), nil); err != nil {
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

// checkImmediate proves that transactions of the writer take the write lock when they begin: while
// one is open, another connection cannot begin one.
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

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a ledger's database file: "OXSW".
const applicationID = 0x4f585357

// migrate brings a database to the present schema.
func migrate(ctx context.Context, db *sqlx.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.DB, dir, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// checkFile refuses a database that is not a ledger.
func checkFile(ctx context.Context, db *sqlx.DB) error {
	var id int64
	if err := db.GetContext(ctx, &id, "PRAGMA application_id"); err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	if id != applicationID {
		return fmt.Errorf("this is not a ledger: its application id is %#x instead of %#x", id, applicationID)
	}
	return nil
}

// schemaVersion returns the number of the last migration that was applied.
func schemaVersion(ctx context.Context, db sqlx.QueryerContext) (version int64, err error) {
	err = sqlx.GetContext(ctx, db, &version, "SELECT max(version_id) FROM goose_db_version WHERE is_applied")
	return version, err
}

// replicator reports whether a table belongs to Litestream, which adds its two to a database that
// it replicates.
func replicator(table string) bool { return table == "_litestream_seq" || table == "_litestream_lock" }

// schemaOf returns the definition of every table, index, trigger and view, by type and name.
func schemaOf(ctx context.Context, db sqlx.QueryerContext) (map[string]string, error) {
	var rows []struct {
		Type, Name, Table, SQL string
	}
	err := sqlx.SelectContext(ctx, db, &rows, `SELECT type, name, tbl_name AS "table", coalesce(sql, '') AS sql FROM sqlite_schema`)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	out := map[string]string{}
	for _, r := range rows {
		if replicator(r.Table) && (r.Type == "table" || strings.HasPrefix(r.Name, "sqlite_autoindex_")) {
			continue
		}
		out[r.Type+" "+r.Name] = r.SQL
	}
	return out, nil
}

// expectedSchema is what the migrations make of an empty database.
func expectedSchema(ctx context.Context) (schema map[string]string, version int64, err error) {
	db := scratch()
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return nil, 0, err
	}
	if version, err = schemaVersion(ctx, db); err != nil {
		return nil, 0, err
	}
	schema, err = schemaOf(ctx, db)
	return schema, version, err
}

// checkSchema refuses a database whose tables, indexes or triggers are not those that the
// migrations make. With upgrade, an older database is brought up to date first.
func checkSchema(ctx context.Context, db *sqlx.DB, upgrade bool) error {
	want, newest, err := expectedSchema(ctx)
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return fmt.Errorf("read the version of the schema: %w", err)
	}
	switch {
	case version > newest:
		return fmt.Errorf("the database has schema %d and this program knows %d: use the newer program that wrote it", version, newest)
	case version < newest && !upgrade:
		return fmt.Errorf("the database has schema %d instead of %d: start the writer once, which brings it up to date", version, newest)
	case version < newest:
		if err := migrate(ctx, db); err != nil {
			return err
		}
	}
	got, err := schemaOf(ctx, db)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if definition, ok := got[name]; !ok {
			return schemaChanged(name, "is missing")
		} else if definition != want[name] {
			return schemaChanged(name, "was changed")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			return schemaChanged(name, "was added")
		}
	}
	return nil
}

func schemaChanged(name, what string) error {
	return fmt.Errorf("%w: %s %s in its schema: find out who did it", ErrDamaged, name, what)
}
