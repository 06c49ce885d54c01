package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"

	"oxenswap/swap"
)

// BenchmarkRound builds the first round of 100,000 accounts with a claim, stake, rewards and a
// share of a pot: from the database to the root, with the allocation list and the leaves.
func BenchmarkRound(b *testing.B) {
	const accounts = 100_000
	dir := b.TempDir()
	name := "file:" + filepath.Join(dir, databaseFile) + "?_journal_mode=WAL&_synchronous=OFF&_stmt_cache_size=100"
	db := sqlx.NewDb(sql.OpenDB(connector{name, &sqlite3.SQLiteDriver{}}), "sqlite3")
	w := newWorld(b, 0)
	w.must(migrate(context.Background(), db))
	first := w.first()
	opened := first[0].Event.(*swap.MigrationOpened)
	terms, err := swap.ParseTerms(first[0].Attachments[0])
	w.must(err)
	balances, _ := rows(w, accounts)
	for i := range balances { // so little that all caps hold
		balances[i].Staked, balances[i].Rewards = 1+amount[swap.Oxen](w, 1e6), 1+amount[swap.Oxen](w, 1e6)
	}
	tx, err := db.Beginx()
	w.must(err)
	t := newWritableTables(tx, &termsCache{})
	w.must(t.putAttachment(0, first[0].Attachments[0]))
	settled := map[string][]uint64{}
	for _, p := range terms.Programmes {
		settled[p.Name] = []uint64{240}
	}
	w.must(t.SetMigration(swap.Migration{Terms: terms, LedgerKey: opened.LedgerKey, Closes: terms.Closes, Settled: settled}))
	w.must(t.SetSnapshot(swap.Snapshot{Height: 240, Status: swap.FinalSnapshot}))
	w.must(t.SetBalances(240, balances))
	for i, row := range balances {
		w.must(t.SetClaim(swap.Claim{Account: row.Account, Oxen: row.Address, Recipient: w.address(), Sequence: 1, Signature: row.Address[:93], Entry: uint64(i), Text: "x", Until: w.clock.Now()}))
	}
	w.must(tx.Commit())
	w.must(db.Close())
	r := newReader(dir)
	defer r.Close()
	for b.Loop() {
		if err := r.View(context.Background(), func(t swap.Tables, _ uint64) error {
			files, err := swap.BuildRound(t, 1)
			if err == nil && files.Event.Recipients != accounts {
				b.Fatalf("%d recipients", files.Event.Recipients)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*accounts)/b.Elapsed().Seconds(), "accounts/s")
}
