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
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// An append is durable when it returns: commit and checkpoint. Each round of appends is followed by
// a round of a bare loop, so that both see the same machine: the same commits with the same rows of
// entries, hashes and projections, and the same checkpoint files, but it reads, decides, checks,
// hashes and signs nothing. ratio is the bare loop's time by the store's.
func BenchmarkAppend(b *testing.B) {
	for _, waiting := range []int{1, 100} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			w := newWorld(b, 200)
			s := w.create(b.TempDir())
			defer s.Close()
			w.add(s, w.taken(240))
			bare := newBareLoop(b, w, waiting)
			to := w.address()
			var storeTime, bareTime time.Duration
			sequence := uint32(0)
			for b.Loop() {
				sequence++
				claims := make([]swap.Record, waiting)
				for i := range claims {
					claims[i].Event = w.claim(i, sequence, to)
				}
				start := time.Now()
				var all sync.WaitGroup
				for _, c := range claims {
					all.Go(func() {
						if _, err := appendTo(s, c); err != nil {
							b.Error(err)
						}
					})
				}
				all.Wait()
				middle := time.Now()
				w.must(bare.append(int64(sequence)))
				storeTime, bareTime = storeTime+middle.Sub(start), bareTime+time.Since(middle)
			}
			entries := float64(b.N * waiting)
			b.ReportMetric(entries/storeTime.Seconds(), "entries/s")
			b.ReportMetric(entries/bareTime.Seconds(), "bare/s")
			b.ReportMetric(bareTime.Seconds()/storeTime.Seconds(), "ratio")
		})
	}
}

// bareLoop inserts the rows of claims that were made before, with statements that are prepared
// once.
type bareLoop struct {
	dir                    string
	db                     *sql.DB
	entries, hashes, claim *sql.Stmt
	events                 []*swap.ClaimAccepted
	raw                    string
	at                     int64
	seq, number            int64
}

func newBareLoop(b *testing.B, w *world, waiting int) *bareLoop {
	l := &bareLoop{dir: b.TempDir(), at: w.clock.Now().Unix()}
	var err error
	l.db, err = sql.Open("sqlite3", dataSource(filepath.Join(l.dir, databaseFile), "rwc"))
	w.must(err)
	b.Cleanup(func() { l.db.Close() })
	l.db.SetMaxOpenConns(1)
	w.must(migrate(context.Background(), sqlx.NewDb(l.db, "sqlite3")))
	for text, to := range map[string]**sql.Stmt{
		"INSERT INTO entries (seq, entry) VALUES (?, ?)":                               &l.entries,
		"INSERT INTO hashes (number, hash) VALUES (?, ?)":                              &l.hashes,
		"INSERT INTO claims (" + claimColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)": &l.claim,
	} {
		*to, err = l.db.Prepare(text)
		w.must(err)
	}
	for i := range waiting {
		l.events = append(l.events, w.claim(i, 1, w.address()))
	}
	body, err := ledger.MarshalBody(l.events[0])
	w.must(err)
	raw, err := ledger.FormatEntry(ledger.Entry{Seq: 1 << 16, Time: w.clock.Now(), Kind: "claim.accepted", Body: body})
	w.must(err)
	l.raw = string(raw)
	return l
}

func (l *bareLoop) append(sequence int64) error {
	tx, err := l.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	entries, hashes, claim := tx.Stmt(l.entries), tx.Stmt(l.hashes), tx.Stmt(l.claim)
	var hash [tlog.HashSize]byte
	for _, e := range l.events {
		if _, err := entries.Exec(l.seq, l.raw); err != nil {
			return err
		}
		l.seq++
		for ; l.number < tlog.StoredHashCount(l.seq); l.number++ {
			if _, err := hashes.Exec(l.number, hash[:]); err != nil {
				return err
			}
		}
		if _, err := claim.Exec(string(e.Account), sequence, e.Oxen, e.Recipient[:], e.Text, e.Signature, l.at, l.seq-1, 0); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return writeCheckpoint(l.dir, make([]byte, 250))
}

// BenchmarkProof makes inclusion proofs of entries all over a log of 1,000,000, from the database.
func BenchmarkProof(b *testing.B) {
	const size = 1_000_000
	dir := b.TempDir()
	name := "file:" + filepath.Join(dir, databaseFile) + "?_journal_mode=WAL&_synchronous=OFF&_stmt_cache_size=100"
	db := sqlx.NewDb(sql.OpenDB(connector{name, &sqlite3.SQLiteDriver{}}), "sqlite3")
	defer db.Close()
	w := newWorld(b, 0)
	w.must(migrate(context.Background(), db))
	tx, err := db.Beginx()
	w.must(err)
	var edge ledger.Frontier
	var hashes []tlog.Hash
	record := func(i int64) tlog.Hash { return ledger.RecordHash(fmt.Appendf(nil, "entry %d", i)) }
	for i := range int64(size) {
		hashes = edge.AppendStored(hashes, record(i))
	}
	w.must(newWritableTables(tx, nil).appendHashes(0, hashes))
	w.must(tx.Commit())
	r := newReader(dir)
	defer r.Close()
	i := int64(0)
	for b.Loop() {
		p, err := ledger.ProveRecord(size, i, r)
		if err != nil {
			b.Fatal(err)
		}
		if i%1000 == 0 { // now and then, the proof itself
			w.must(ledger.CheckRecord(p, edge.Tree(), i, record(i)))
		}
		i = (i + 6700417) % size
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
	t := newWritableTables(tx, &termsCache{})
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
		balances[i] = swap.Balance{Account: account, Address: fmt.Sprintf("L6%093d", i), Staked: amount[swap.Oxen](w, 1e13), Rewards: amount[swap.Oxen](w, 1e10)}
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
			return t.Given(func(swap.Account, string, swap.Sesh) error { row(); return nil })
		}},
		{"Cumulative", func(t swap.Tables, row func()) error {
			return t.Cumulative(func(swap.EVMAddress, swap.Sesh) error { row(); return nil })
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
		set  func(*writableTables) error
	}{
		{"SetBalances", func(t *writableTables) error { return t.SetBalances(240, balances) }},
		{"SetAllocations", func(t *writableTables) error { return t.SetAllocations(1, allocations) }},
	} {
		b.Run(bulk.name, func(b *testing.B) {
			var spent time.Duration
			for b.Loop() {
				err := s.commit(context.Background(), s.shared, func(b *batch) error {
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
