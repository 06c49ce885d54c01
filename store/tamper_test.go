package store

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"oxenswap/swap"
)

// Another program's connection, with none of our settings, cannot change what is recorded.
func TestAppendOnly(t *testing.T) {
	w := newWorld(t, 12)
	dir := t.TempDir()
	s := w.create(dir)
	defer s.Close()
	w.story(s)
	before := w.verify(s.Reader)
	for _, statement := range []string{
		"UPDATE entries SET entry = replace(entry, '1', '2') WHERE seq = 3",
		"UPDATE entries SET seq = seq + 1",
		"DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)",
		"DELETE FROM entries",
		"INSERT OR REPLACE INTO entries (seq, entry) VALUES (3, 'x')",
		"INSERT INTO entries (seq, entry) VALUES (3, 'x') ON CONFLICT DO UPDATE SET entry = 'x'",
		"REPLACE INTO entries SELECT seq, 'x' FROM entries WHERE seq = 2",
		"INSERT INTO entries (seq, entry) VALUES (-1, 'x')",
		"INSERT INTO entries (seq, entry) VALUES (1000000, 'x')",
		"INSERT INTO entries (entry) VALUES ('x'), ('y'), (NULL)",
		"UPDATE hashes SET hash = zeroblob(32) WHERE number = 1",
		"DELETE FROM hashes WHERE number = 1",
		"INSERT OR REPLACE INTO hashes (number, hash) VALUES (1, zeroblob(32))",
		"INSERT OR REPLACE INTO hashes SELECT max(number), zeroblob(32) FROM hashes",
		"UPDATE attachments SET stored = zeroblob(9)",
		"UPDATE OR REPLACE attachments SET digest = (SELECT max(digest) FROM attachments)",
		"DELETE FROM attachments",
		"INSERT OR REPLACE INTO attachments SELECT id, digest, entry, size, zeroblob(9) FROM attachments LIMIT 1",
		"INSERT OR REPLACE INTO attachments SELECT (SELECT max(id) + 1 FROM attachments), digest, entry, size, zeroblob(9) FROM attachments LIMIT 1",
		"INSERT OR REPLACE INTO attachments (id, digest, entry, size, stored) VALUES (0, zeroblob(32), 0, 1, zeroblob(9))",
	} {
		if err := tryOutside(dir, statement); err == nil {
			t.Errorf("%s: succeeded", statement)
		} else if !strings.Contains(err.Error(), "entries are") && !strings.Contains(err.Error(), "hashes are") && !strings.Contains(err.Error(), "attachments are") && !strings.Contains(err.Error(), "NOT NULL") {
			t.Errorf("tryOutside of %s: got %v, want a refusal by a trigger or a constraint", statement, err)
		}
	}
	if got := w.verify(s.Reader); got != before {
		t.Errorf("after the refused statements: got %+v, want %+v", got, before)
	}
}

// Whoever takes the triggers away, changes something and puts them back is found: at the next start
// if it is near the end, and always by Verify, which names the entry.
func TestVerifyFinds(t *testing.T) {
	w := newWorld(t, 12)
	dir := t.TempDir()
	s := w.create(dir)
	w.story(s)
	w.must(s.Close())
	triggers, _, err := expectedSchema(context.Background())
	w.must(err)
	for _, test := range []struct{ name, statement, want string }{
		{"an entry", "UPDATE entries SET entry = replace(entry, '\"round\":1', '\"round\":2') WHERE entry LIKE '%round.approved%'", "entry "},
		{"an entry's time", "UPDATE entries SET entry = replace(entry, '2026-11-22T13', '2026-11-22T12') WHERE seq = 5", "entry 5"},
		{"a hash", "UPDATE hashes SET hash = zeroblob(32) WHERE number = 0", "entry 0"},
		{"an inner hash", "UPDATE hashes SET hash = zeroblob(32) WHERE number = 6", "entry 0"},
		{"a hash too many", "INSERT INTO hashes SELECT max(number) + 1, hash FROM hashes", "hash"},
		{"an attachment", "UPDATE attachments SET stored = (SELECT stored FROM attachments WHERE id = 0) WHERE id = 2", "attachment"},
		{"an attachment is missing", "DELETE FROM attachments WHERE id = 2", "attachment"},
		{"an attachment too many", "INSERT INTO attachments SELECT max(id) + 1, zeroblob(32), 0, size, stored FROM attachments", "attachment"},
		{"an attachment of another entry", "UPDATE attachments SET entry = 1 WHERE id = 0", "attachment"},
		{"a missing entry", "DELETE FROM entries WHERE seq = 7", "entries"},
		{"a balance", "UPDATE balances SET staked = staked + 1", "table balances"},
		{"a recipient", "UPDATE claims SET recipient = zeroblob(20) WHERE sequence = 1", "table claims"},
		{"a payout", "DELETE FROM payouts", "table payouts"},
		{"a proof", "UPDATE proofs SET total = total + 1 WHERE status = 'accepted'", "table proofs"},
		{"a verdict", "UPDATE proofs SET status = 'accepted' WHERE status = 'received'", "table proofs"},
		{"a freed key image", "DELETE FROM key_images WHERE image = (SELECT max(image) FROM key_images)", "table key_images"},
		{"a refused claim", "UPDATE refused_claims SET digest = zeroblob(32)", "table refused_claims"},
		{"a setting", "UPDATE migration SET value = replace(value, '\"batch\":200', '\"batch\":201') WHERE part = 'config'", "table migration"},
		{"a row that refers to nothing", "UPDATE claims SET entry = 100000 WHERE sequence = 2", "claims"},
		{"a key image of no proof", "UPDATE key_images SET received = 100000", "key_images"},
	} {
		t.Run(test.name, func(t *testing.T) {
			crash := t.TempDir()
			copyFiles(t, dir, crash, append(databaseFiles(), checkpointFile)...)
			drop, restore := "", ""
			for name, definition := range triggers {
				if trigger, ok := strings.CutPrefix(name, "trigger "); ok {
					drop += "DROP TRIGGER " + trigger + ";"
					restore += definition + ";"
				}
			}
			outside(t, crash, drop+test.statement+";"+restore)
			r, err := OpenReader(context.Background(), crash)
			w.must(err)
			defer r.Close()
			if _, err := r.Verify(context.Background()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v: expected an error with %q", err, test.want)
			}
			// The ledger is short enough for the checks at the start to see all of its log.
			s, err := Open(context.Background(), crash, w.options())
			if strings.HasPrefix(test.want, "table ") {
				w.must(err)
				w.must(s.Rebuild(context.Background()))
				w.verify(s.Reader)
				w.must(s.Close())
			} else if strings.HasPrefix(test.want, "entr") && err == nil {
				t.Errorf("it was opened")
			}
		})
	}
	t.Run("a damaged page", func(t *testing.T) {
		crash := t.TempDir()
		copyFiles(t, dir, crash, append(databaseFiles(), checkpointFile)...)
		data, err := os.ReadFile(crash + "/" + databaseFile)
		w.must(err)
		clear(data[len(data)-4096 : len(data)-2048])
		w.must(os.WriteFile(crash+"/"+databaseFile, data, 0o600))
		r, err := OpenReader(context.Background(), crash)
		if err == nil {
			defer r.Close()
			_, err = r.Verify(context.Background())
		}
		if err == nil {
			t.Error("a damaged page was not found")
		}
	})
}

var updateSchema = flag.Bool("update", false, "write testdata/schema.sql anew")

// The migrations, from the first to the last, make the schema that testdata/schema.sql shows whole.
func TestSchema(t *testing.T) {
	schema, _, err := expectedSchema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		if !strings.Contains(name, "goose_db_version") && !strings.Contains(name, " sqlite_") {
			fmt.Fprintf(&text, "%s;\n\n", schema[name])
		}
	}
	const path = "testdata/schema.sql"
	if *updateSchema {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(fresh) != text.String() {
		t.Errorf("the migrations make another schema than %s: run this test with -update and look at the difference", path)
	}
	// The same statements on an empty database.
	db := scratch()
	defer db.Close()
	for kind := range strings.SplitSeq("TABLE INDEX TRIGGER", " ") {
		for statement := range strings.SplitSeq(string(fresh), ";\n\n") {
			if strings.HasPrefix(strings.TrimPrefix(statement, "CREATE "), kind) {
				if _, err := db.Exec(statement); err != nil {
					t.Errorf("Exec of %s: got %v, want no error", statement, err)
				}
			}
		}
	}
	got, err := schemaOf(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	for name, definition := range schema {
		if !strings.Contains(name, "goose_db_version") && name != "table sqlite_sequence" && got[name] != definition {
			t.Errorf("%s is %q in a fresh database and %q in a migrated one", name, got[name], definition)
		}
	}
}

// Numbers above 2^63-1 keep their value and their order, and are refused where they would have to
// be summed.
func TestWholeNumbers(t *testing.T) {
	w := newWorld(t, 4)
	s := w.create(t.TempDir())
	defer s.Close()
	numbers := []uint64{0, 1, 1<<63 - 1, 1 << 63, 1<<63 + 1, 9_999_999_999_999_999_999, 10_000_000_000_000_000_000, 1<<64 - 1}
	undo := fmt.Errorf("undo")
	err := s.commit(context.Background(), s.shared, func(b *batch) error {
		for i := len(numbers) - 1; i >= 0; i-- {
			n := numbers[i]
			w.must(b.tables.SetSnapshot(swap.Snapshot{Height: n, Status: swap.TakenSnapshot, Taken: 1}))
			w.must(b.tables.SetBalances(n, []swap.Balance{{Account: "a", Address: "L6", Staked: swap.Oxen(n), Rewards: swap.Oxen(^n)}}))
		}
		list, err := b.tables.Snapshots()
		w.must(err)
		balances, err := b.tables.AccountBalances("a")
		w.must(err)
		for i, n := range numbers {
			if list[i].Height != n {
				t.Errorf("snapshot %d is of height %d instead of %d", i, list[i].Height, n)
			}
			if b := balances[i]; b.Height != n || b.Staked != swap.Oxen(n) || b.Rewards != swap.Oxen(^n) {
				t.Errorf("balance %d is %+v instead of %d", i, b, n)
			}
			if s, err := b.tables.Snapshot(n); err != nil || s.Height != n {
				t.Errorf("snapshot of height %d: %+v, %v", n, s, err)
			}
		}
		allocation := swap.Allocation{Account: "a", Programme: "p", Owed: 1 << 63, Amount: 1 << 63}
		if err := b.tables.SetAllocations(1, []swap.Allocation{allocation}); err == nil || !strings.Contains(err.Error(), "2^63") {
			t.Errorf("an allocation of 2^63: %v", err)
		}
		// Two that fit and a sum that does not: an error, not a float.
		w.must(b.tables.SetRound(swap.Round{RoundBuilt: swap.RoundBuilt{Round: 1}, Status: swap.ActiveRound, Entry: 1}))
		half := func(programme string) swap.Allocation {
			return swap.Allocation{Account: "a", Programme: programme, Owed: 1 << 62, Amount: 1 << 62}
		}
		w.must(b.tables.SetAllocations(1, []swap.Allocation{half("p"), half("q")}))
		if err := b.tables.Cumulative(func(to swap.EVMAddress, sum swap.Sesh) error {
			t.Errorf("the sum is %d", sum)
			return nil
		}); err == nil || !strings.Contains(err.Error(), "overflow") {
			t.Errorf("Cumulative: got %v, want one with %q", err, "overflow")
		}
		return undo
	})
	if err != undo {
		t.Error(err)
	}
}
