package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// An append is durable when it returns: commit and checkpoint. The baseline is a bare loop that writes the same bytes with the same
// commits and the same checkpoint files, and decides, checks, hashes, signs and projects nothing.
func BenchmarkAppend(b *testing.B) {
	for _, waiting := range []int{1, 100} {
		b.Run(fmt.Sprintf("waiting=%d/store", waiting), func(b *testing.B) {
			w := newWorld(b, 200)
			s := w.create(b.TempDir())
			defer s.Close()
			w.add(s, w.taken(240))
			to := w.address()
			sequence := uint32(0)
			for b.Loop() {
				sequence++
				var all sync.WaitGroup
				for i := range waiting {
					all.Go(func() {
						if _, err := update(s, swap.Record{Event: w.claim(i, sequence, to)}); err != nil {
							b.Error(err)
						}
					})
				}
				all.Wait()
			}
			b.ReportMetric(float64(b.N*waiting)/b.Elapsed().Seconds(), "entries/s")
		})
		b.Run(fmt.Sprintf("waiting=%d/baseline", waiting), func(b *testing.B) {
			w := newWorld(b, 200)
			dir := b.TempDir()
			db, err := sql.Open("sqlite3", dataSource(filepath.Join(dir, databaseFile), "rwc"))
			w.must(err)
			defer db.Close()
			db.SetMaxOpenConns(1)
			_, err = db.Exec("CREATE TABLE entries (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT")
			w.must(err)
			body, err := ledger.MarshalBody(w.claim(0, 1, w.address()))
			w.must(err)
			raw, err := ledger.FormatEntry(ledger.Entry{Time: w.clock.Now(), Kind: "claim.accepted", Body: body})
			w.must(err)
			checkpoint := make([]byte, 250)
			for b.Loop() {
				tx, err := db.Begin()
				w.must(err)
				for range waiting {
					_, err := tx.Exec("INSERT INTO entries (entry) VALUES (?)", string(raw))
					w.must(err)
				}
				w.must(tx.Commit())
				w.must(writeCheckpoint(dir, checkpoint))
			}
			b.ReportMetric(float64(b.N*waiting)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// filled is a database with rows of every table that a round reads, whose entries do not exist.
func filled(b *testing.B, accounts int) *Reader {
	b.Helper()
	dir := b.TempDir()
	name := "file:" + filepath.Join(dir, databaseFile) + "?_journal_mode=WAL&_synchronous=OFF&_stmt_cache_size=100"
	db := sqlx.NewDb(sql.OpenDB(connector{name, &sqlite3.SQLiteDriver{}}), "sqlite3")
	defer db.Close()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(migrate(context.Background(), db))
	w := newWorld(b, 0)
	balances, allocations := rows(w, accounts)
	tx, err := db.Beginx()
	must(err)
	t := &tables{ctx: context.Background(), tx: tx, terms: &termsCache{}}
	must(t.SetBalances(240, balances))
	for i, row := range balances {
		c := swap.Claim{
			Account: row.Account, Oxen: row.Address, Recipient: w.address(), Sequence: 1, Signature: row.Address[:93], Entry: uint64(i),
			Text: "SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31", Until: w.clock.Now(),
		}
		must(t.SetClaim(c))
	}
	must(t.SetRound(swap.Round{RoundBuilt: swap.RoundBuilt{Round: 1}, Status: swap.ActiveRound, Entry: 1}))
	must(t.SetAllocations(1, allocations))
	must(tx.Commit())
	return newReader(dir)
}

func rows(w *world, accounts int) ([]swap.Balance, []swap.Allocation) {
	balances, allocations := make([]swap.Balance, accounts), make([]swap.Allocation, accounts)
	for i := range balances {
		account := swap.Account(fmt.Sprintf("%08x%056x", i, i))
		balances[i] = swap.Balance{Account: account, Address: fmt.Sprintf("L6%093d", i), Staked: w.amount(1e13), Rewards: w.amount(1e10)}
		q := swap.NewQuantity(uint64(balances[i].Staked))
		allocations[i] = swap.Allocation{
			Account: account, Programme: "stake", Recipient: w.address(), Claim: uint64(i), Parts: []swap.Part{{Source: q, Num: swap.NewQuantity(54), Den: swap.NewQuantity(100)}},
			Owed: 1e9, Remainder: swap.NewQuantity(7), Den: swap.NewQuantity(100), Amount: 1e9,
		}
	}
	return balances, allocations
}

func BenchmarkScan(b *testing.B) {
	const accounts = 100_000
	r := filled(b, accounts)
	defer r.Close()
	for _, scan := range []struct {
		name string
		read func(t swap.Tables, row func()) error
	}{
		{"Balances", func(t swap.Tables, row func()) error {
			return t.Balances(240, func(swap.Balance) error { row(); return nil })
		}},
		{"LatestClaims", func(t swap.Tables, row func()) error {
			return t.LatestClaims(func(swap.Claim) error { row(); return nil })
		}},
		{"Given", func(t swap.Tables, row func()) error {
			return t.Given(func(swap.Account, string, swap.Amount) error { row(); return nil })
		}},
		{"Cumulative", func(t swap.Tables, row func()) error {
			return t.Cumulative(func(swap.EVMAddress, swap.Amount) error { row(); return nil })
		}},
		{"Allocations", func(t swap.Tables, row func()) error {
			return t.Allocations(1, func(swap.Allocation) error { row(); return nil })
		}},
	} {
		b.Run(scan.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				if err := r.View(context.Background(), func(t swap.Tables, _ uint64) error { return scan.read(t, func() { n++ }) }); err != nil {
					b.Fatal(err)
				}
			}
			if n != b.N*accounts {
				b.Fatalf("%d rows instead of %d", n, b.N*accounts)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkBulk(b *testing.B) {
	const accounts = 100_000
	w := newWorld(b, 4)
	s := w.create(b.TempDir())
	defer s.Close()
	balances, allocations := rows(w, accounts)
	undo := fmt.Errorf("undo")
	for _, bulk := range []struct {
		name string
		set  func(*tables) error
	}{
		{"SetBalances", func(t *tables) error { return t.SetBalances(240, balances) }},
		{"SetAllocations", func(t *tables) error { return t.SetAllocations(1, allocations) }},
	} {
		b.Run(bulk.name, func(b *testing.B) {
			var spent time.Duration
			for b.Loop() {
				err := s.do(context.Background(), func(b *batch) error {
					start := time.Now()
					if err := bulk.set(b.tables); err != nil {
						return err
					}
					spent += time.Since(start)
					return undo
				})
				if err != undo {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*accounts)/spent.Seconds(), "rows/s")
		})
	}
}
