package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"oxenswap/swap"
)

// schema1 puts the ledger that testdata/schema1 holds, which the program before the second
// migration wrote, into a directory. It tells a story of 36 entries: snapshots, claims, legacy and
// refused ones, rounds and transactions.
func schema1(t *testing.T) string {
	t.Helper()
	return unpackGolden(t, "testdata/schema1")
}

// everyRow returns the rows of all tables but the migrations' own, in the order of their keys.
func everyRow(t *testing.T, r *Reader) string {
	t.Helper()
	var out strings.Builder
	for _, table := range []struct{ table, order string }{{"entries", "seq"}, {"hashes", "number"}, {"attachments", "id"}} {
		fmt.Fprintf(&out, "%s\n", table.table)
		rows, err := r.pool.Queryx("SELECT * FROM " + table.table + " ORDER BY " + table.order)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(cells(t, rows))
	}
	return out.String() + dump(t, r)
}

func cells(t *testing.T, rows *sqlx.Rows) string {
	t.Helper()
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		row, err := rows.SliceScan()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "\t%s\n", text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A database of schema 1 becomes equal to one that was given the same entries afresh.
func TestUpgrade(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 12)
	w.clock.move(time.Hour)
	dir := schema1(t)
	if _, err := OpenReader(ctx, dir); err == nil || !strings.Contains(err.Error(), "start the writer once") {
		t.Errorf("a reader of schema 1: %v", err)
	}
	old := w.open(dir)
	defer old.Close()
	before, err := os.ReadFile("testdata/schema1/" + checkpointFile)
	w.must(err)
	if after, err := old.Checkpoint(); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the checkpoint changed: %s, %v", after, err)
	}

	var records []swap.Record
	var times []time.Time
	w.must(old.Entries(ctx, 0, 1<<40, func(e Stored) error {
		decoded, err := swap.DecodeEvent(e.Kind, e.Body)
		w.must(err)
		r := swap.Record{Event: decoded}
		for _, h := range decoded.Attachments() {
			plain, err := old.Attachment(h)
			w.must(err)
			r.Attachments = append(r.Attachments, plain)
		}
		records, times = append(records, r), append(times, e.Time)
		return nil
	}))
	anew := newWorld(t, 12)
	anew.clock.now = times[0]
	fresh, err := Create(ctx, t.TempDir(), anew.options(), records[:2])
	w.must(err)
	defer fresh.Close()
	for i, r := range records[2:] {
		anew.clock.now = times[i+2]
		anew.add(fresh, r)
	}

	if is, should := everyRow(t, old.Reader), everyRow(t, fresh.Reader); is != should {
		t.Errorf("the upgraded database has\n%s\nand the fresh one\n%s", is, should)
	}
	if live := dump(t, old.Reader); strings.Count(live, "refused_claims\n\t") != 1 {
		t.Errorf("the refused claims of schema 1 are not there:\n%s", live)
	}
	is, err := schemaOf(ctx, old.write)
	w.must(err)
	should, err := schemaOf(ctx, fresh.write)
	w.must(err)
	for name := range should {
		if is[name] != should[name] {
			t.Errorf("%s is %q in the upgraded database and %q in the fresh one", name, is[name], should[name])
		}
	}
	if len(is) != len(should) {
		t.Errorf("%d definitions and %d", len(is), len(should))
	}
	if is, should := w.verify(old.Reader), w.verify(fresh.Reader); is != should {
		t.Errorf("the upgraded log: got %+v, want %+v", is, should)
	}
	w.proofs(old)
	w.verify(old.Reader)
}

// A crash between the migration and the rows that it needs is noticed: a reader refuses, and the
// next writer makes them.
func TestUpgradeCutShort(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 12)
	w.clock.move(time.Hour)
	dir := schema1(t)
	db := connect(filepath.Join(dir, databaseFile), readWrite, 1)
	w.must(migrate(ctx, db))
	w.must(db.Close())
	if _, err := OpenReader(ctx, dir); err == nil || !strings.Contains(err.Error(), errOldProjections.Error()) {
		t.Errorf("OpenReader: got %v, want one with %q", err, errOldProjections.Error())
	}
	for range 2 {
		s := w.open(dir)
		w.verify(s.Reader)
		if !strings.Contains(dump(t, s.Reader), "refused_claims\n\t") {
			t.Error("the refused claims are not there")
		}
		w.must(s.Close())
	}
	outside(t, dir, fmt.Sprintf("PRAGMA user_version = %d", madeBy+1))
	w.expect(dir, "newer program")
	if _, err := OpenReader(ctx, dir); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("OpenReader: got %v, want one with %q", err, "newer program")
	}
}

// Opening applies what is pending and nothing twice.
func TestMigrateTwice(t *testing.T) {
	w := newWorld(t, 4)
	dir := t.TempDir()
	w.must(w.create(dir).Close())
	s := w.open(dir)
	defer s.Close()
	w.must(migrate(context.Background(), s.write))
	var applied []int
	w.must(s.write.Select(&applied, "SELECT version_id FROM goose_db_version ORDER BY id"))
	if fmt.Sprint(applied) != "[0 1 2 3 4]" {
		t.Errorf("migrations %d were applied", applied)
	}
	w.add(s, w.taken(240))
}
