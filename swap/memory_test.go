package swap

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMemoryLookUps(t *testing.T) {
	empty := &Memory{}
	for name, look := range map[string]func() error{
		"migration":    func() error { _, err := empty.Migration(); return err },
		"snapshot":     func() error { _, err := empty.Snapshot(1); return err },
		"claim":        func() error { _, err := empty.Claim("a", 1); return err },
		"latest claim": func() error { _, err := empty.LatestClaim("a"); return err },
		"round":        func() error { _, err := empty.Round(1); return err },
		"attempt":      func() error { _, err := empty.Attempt(Hash{}); return err },
		"claim at":     func() error { _, err := empty.ClaimAt(1); return err },
		"proof":        func() error { _, err := empty.Proof(1); return err },
		"handed in":    func() error { _, err := empty.HandedIn("a", Hash{}); return err },
		"key image":    func() error { _, err := empty.KeyImage(Hash{}); return err },
		"refused":      func() error { _, err := empty.RefusedClaim(Hash{}); return err },
		"seen log":     func() error { _, err := empty.SeenLog(Hash{}, 0); return err },
		"last log":     func() error { _, err := empty.LastLog(); return err },
	} {
		if err := look(); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s of an empty ledger: got %v, want %v", name, err, ErrNotFound)
		}
	}

	l := staged(t, "active")
	m := l.tables
	balances, err := m.AccountBalances(testAccount(1))
	if err != nil || len(balances) != 1 || balances[0].Height != 100 || balances[0].Status != FinalSnapshot || balances[0].Staked != 100 {
		t.Errorf("the account's balances: got %+v, %v, want 100 at height 100, final", balances, err)
	}
	first, err := m.Claim(testAccount(2), 1)
	if err != nil || first.Recipient != testRecipient(2) {
		t.Errorf("the claim: got %+v, %v, want recipient 2", first, err)
	}
	if _, err := m.Claim(testAccount(2), 2); !errors.Is(err, ErrNotFound) {
		t.Errorf("Claim: got %v, want %v", err, ErrNotFound)
	}
	allocations, err := m.AccountAllocations(testAccount(1))
	if err != nil || len(allocations) != 2 || allocations[0].Programme != "stake" || allocations[1].Amount != 20 || allocations[0].Status != ActiveRound || allocations[0].Round != 1 {
		t.Errorf("the account's allocations: got %+v, %v, want stake and one of 20, in round 1, active", allocations, err)
	}
	if none, err := m.AccountAllocations(testAccount(3)); err != nil || len(none) != 0 {
		t.Errorf("a stranger's allocations: got %+v, %v, want none", none, err)
	}
	var lines []Allocation
	if err := m.Allocations(1, func(a Allocation) error { lines = append(lines, a); return nil }); err != nil || len(lines) != 3 {
		t.Errorf("the round's allocations: got %+v, %v, want 3", lines, err)
	}
	stop := errors.New("stop")
	seen := 0
	if err := m.Allocations(1, func(Allocation) error { seen++; return stop }); !errors.Is(err, stop) || seen != 1 {
		t.Errorf("%d seen, %v", seen, err)
	}
	if err := m.LatestClaims(func(Claim) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("LatestClaims: got %v, want %v", err, stop)
	}
	tx, _ := l.tx(Intent{Purpose: PurposePropose, Round: 1}, 1, 0)
	attempt, err := m.Attempt(tx.Hash)
	if err != nil || attempt.Entry != 9 || attempt.Status != SignedAttempt {
		t.Errorf("the attempt: got %+v, %v, want it signed by entry 9", attempt, err)
	}
	if users, err := m.NonceAttempts(1337, tx.Sender, 0); err != nil || len(users) != 1 {
		t.Errorf("the nonce's attempts: got %+v, %v, want one", users, err)
	}
	if users, err := m.NonceAttempts(1, tx.Sender, 0); err != nil || len(users) != 0 {
		t.Errorf("another chain: %+v, %v", users, err)
	}
}

// TestMemoryHandsOutValues: changing a row that was handed to or by the tables changes nothing.
func TestMemoryHandsOutValues(t *testing.T) {
	l := staged(t, "signed")
	before := l.rebuilt(len(l.log))
	m := l.tables
	snapshots, err := m.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	snapshots[0].Status = DiscardedSnapshot
	rounds, err := m.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	rounds[0].Status = BuiltRound
	attempts, err := m.Attempts(Intent{Purpose: PurposePropose, Round: 1})
	if err != nil {
		t.Fatal(err)
	}
	attempts[0].Status = FailedAttempt
	rows := []Balance{{Account: "a"}}
	if err := before.SetBalances(7, rows); err != nil {
		t.Fatal(err)
	}
	if err := m.SetBalances(7, rows); err != nil {
		t.Fatal(err)
	}
	rows[0].Account = "b"
	if err := m.Balances(7, func(b Balance) error {
		if b.Account != "a" {
			t.Error("a row that was handed over is shared")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mustRounds(t, before), mustRounds(t, m)); diff != "" {
		t.Error(diff)
	}
	if s, err := m.Snapshot(100); err != nil || s.Status != FinalSnapshot {
		t.Errorf("the snapshot: got %+v, %v, want it final", s, err)
	}
	if a, err := m.Attempts(Intent{Purpose: PurposePropose, Round: 1}); err != nil || a[0].Status != SignedAttempt {
		t.Errorf("the attempts: got %+v, %v, want the first signed", a, err)
	}
}

func mustRounds(t *testing.T, m *Memory) []Round {
	t.Helper()
	rounds, err := m.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	return rounds
}

// TestMemoryProofs: proofs come by account and entry, and a key image is counted once or not at
// all.
func TestMemoryProofs(t *testing.T) {
	m := &Memory{}
	file := testHash("proof", 1)
	for _, p := range []Proof{
		{ProofReceived: ProofReceived{Account: "b", Proof: file}, Received: 1},
		{ProofReceived: ProofReceived{Account: "a", Proof: file}, Received: 2},
		{ProofReceived: ProofReceived{Account: "b", Proof: file}, Received: 3},
		{ProofReceived: ProofReceived{Account: "b", Proof: file}, Received: 1, Status: FreedProof},
	} {
		if err := m.SetProof(p); err != nil {
			t.Fatal(err)
		}
	}
	var order []uint64
	if err := m.Proofs(func(p Proof) error { order = append(order, p.Received); return nil }); err != nil || !slices.Equal(order, []uint64{2, 1, 3}) {
		t.Errorf("Proofs: got order %v, %v, want 2, 1, 3", order, err)
	}
	if p, err := m.HandedIn("b", file); err != nil || p.Received != 3 {
		t.Errorf("the proof handed in: got %+v, %v, want the one of entry 3", p, err)
	}
	if list, err := m.AccountProofs("b"); err != nil || len(list) != 2 || list[0].Status != FreedProof || list[1].Received != 3 {
		t.Errorf("the account's proofs: got %+v, %v, want a freed one and that of entry 3", list, err)
	}
	one, two, three := testHash("image", 1), testHash("image", 2), testHash("image", 3)
	if err := m.SetKeyImages(1, []Hash{one, two}); err != nil {
		t.Fatal(err)
	}
	for _, images := range [][]Hash{{three, one}, {three, three}} {
		if err := m.SetKeyImages(3, images); err == nil {
			t.Error("a key image was counted twice")
		}
		if _, err := m.KeyImage(three); !errors.Is(err, ErrNotFound) {
			t.Errorf("half of a refused list was kept: %v", err)
		}
	}
	if by, err := m.KeyImage(one); err != nil || by != 1 {
		t.Errorf("KeyImage: got %d, %v, want 1", by, err)
	}
	if err := m.FreeKeyImages(1); err != nil {
		t.Fatal(err)
	}
	if _, err := m.KeyImage(two); !errors.Is(err, ErrNotFound) {
		t.Errorf("KeyImage: got %v, want %v", err, ErrNotFound)
	}
}

// TestLastLog is the one of the highest block, whatever order they come in.
func TestLastLog(t *testing.T) {
	m := &Memory{}
	for i, block := range []uint64{5, 9, 7, 9} {
		if err := m.SetSeenLog(LogPosition{Tx: testHash("log", i), Block: block, LogIndex: uint64(i)}, uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if last, err := m.LastLog(); err != nil || last.LogIndex != 3 {
		t.Errorf("the last log: got %+v, %v, want index 3", last, err)
	}
	if err := m.SetSeenLog(LogPosition{Tx: testHash("log", 9), Block: 8}, 9); err != nil {
		t.Fatal(err)
	}
	if last, err := m.LastLog(); err != nil || last.Block != 9 {
		t.Errorf("the last log: got %+v, %v, want block 9", last, err)
	}
}

func TestColumns(t *testing.T) {
	var c column[int]
	for _, a := range []Account{"b", "d"} {
		if err := c.add(a, len(c.accounts)); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []Account{"d", "c", "a", ""} {
		if c.add(a, 0) == nil {
			t.Errorf("%q was taken after d", a)
		}
	}
	other := &column[int]{[]Account{"a", "c", "e"}, []int{10, 11, 12}}
	merged := c.merge(other)
	if !slices.Equal(merged.accounts, []Account{"a", "b", "c", "d", "e"}) || !slices.Equal(merged.values, []int{10, 0, 11, 1, 12}) {
		t.Errorf("merged columns: got %+v, want a to e with 10, 0, 11, 1, 12", merged)
	}
	if empty := (&column[int]{}).merge(&c); empty != &c || c.merge(&column[int]{}) != &c {
		t.Error("an empty column is not neutral")
	}
	w := walk[int]{column: merged}
	for _, look := range []struct {
		account Account
		want    int // -1: none
	}{{"", -1}, {"a", 10}, {"a", 10}, {"aa", -1}, {"d", 1}, {"dd", -1}, {"e", 12}, {"f", -1}} {
		got := w.find(look.account)
		if got == nil != (look.want < 0) || got != nil && *got != look.want {
			t.Errorf("find %q: got %v, want %d (below 0: none)", look.account, got, look.want)
		}
	}
}
