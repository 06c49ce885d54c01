package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

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

// replicator reports whether a table belongs to Litestream, which adds its two to a database that it replicates.
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

// checkSchema refuses a database whose tables, indexes or triggers are not those that the migrations make. With upgrade, an
// older database is brought up to date first.
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
	return fmt.Errorf("the database's schema was tampered with: %s %s. Find out who did it, and restore a copy that `oxenswap ledger verify` accepts", name, what)
}
