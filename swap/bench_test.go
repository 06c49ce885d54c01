package swap

import (
	"encoding/binary"
	"slices"
	"testing"
)

// benchAccounts is the size of the benchmarks' migration.
const benchAccounts = 100_000

// benchTables hold a migration in which every account has stake, rewards, points and a claim.
func benchTables(t testingT, accounts int) *Memory {
	t.Helper()
	terms := testTerms(t, `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
ratio = "54/100"
cap = "9000000000000000000"
[[programme]]
name = "rewards"
kind = "convert-rewards"
snapshot_height = 100
ratio = "54/100"
cap = "100000000000000000"
[[programme]]
name = "bonus"
kind = "share-points"
from_height = 100
to_height = 120
cap = "30000000000000000"
`)
	tables := &Memory{}
	settled := map[string][]uint64{"stake": {100}, "rewards": {100}, "bonus": {100, 110, 120}}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("prepare the ledger: %v", err)
		}
	}
	check(tables.SetMigration(Migration{Terms: terms, Closes: terms.Closes, Settled: settled}))
	rows := make([]Balance, accounts)
	for i := range rows {
		h := testHash("spend", i)
		n := binary.BigEndian.Uint64(h[:])
		rows[i] = Balance{Account: Account(h.String()), Staked: Oxen(n%15_000_000_000_000 + 1), Rewards: Oxen(n%10_000_000_000 + 2)}
		check(tables.SetClaim(Claim{Account: rows[i].Account, Recipient: testRecipient(i), Sequence: 1, Entry: uint64(i)}))
	}
	slices.SortFunc(rows, func(a, b Balance) int {
		if a.Account < b.Account {
			return -1
		}
		return 1
	})
	for _, height := range []uint64{100, 110, 120} {
		check(tables.SetSnapshot(Snapshot{Height: height, Status: FinalSnapshot}))
		check(tables.SetBalances(height, rows))
	}
	return tables
}

func perAccount(b *testing.B) {
	b.ReportMetric(float64(benchAccounts)*float64(b.N)/b.Elapsed().Seconds(), "accounts/s")
}

// BenchmarkRound builds a round from tables in memory to its root, with all that its entry names.
func BenchmarkRound(b *testing.B) {
	tables := benchTables(b, benchAccounts)
	for b.Loop() {
		if _, err := BuildRound(tables, 1); err != nil {
			b.Fatal(err)
		}
	}
	perAccount(b)
}

func BenchmarkFormatAllocations(b *testing.B) {
	files, err := BuildRound(benchTables(b, benchAccounts), 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := FormatAllocations(files.List); err != nil {
			b.Fatal(err)
		}
	}
	perAccount(b)
}

func BenchmarkParseAllocations(b *testing.B) {
	files, err := BuildRound(benchTables(b, benchAccounts), 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := ParseAllocations(files.Allocations); err != nil {
			b.Fatal(err)
		}
	}
	perAccount(b)
}
