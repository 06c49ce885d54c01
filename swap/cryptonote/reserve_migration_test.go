package cryptonote

import (
	"fmt"
	"math/bits"
	"testing"
)

// A migration is two moments of a recorded network, with the proofs that its wallets made then.
type migration struct {
	Snapshot uint64
	Stakes   map[KeyImage]struct {
		Funded  bool
		Amount  uint64
		Address string
	}
	Worlds []struct {
		World  int
		Height uint64
		Spent  map[KeyImage]SpentStatus
		Blocks map[TxID]recordedBlock
		Proofs []struct {
			Wallet, Address, Message, Proof string
			Balance                         uint64
			StockTotal                      uint64 `json:"stock_total"`
			StockSpent                      uint64 `json:"stock_spent"`
		}
	}
	Coins map[string]string // owed, at 54/100
}

func recordedMigration(t testing.TB) (m migration) {
	loadZipped(t, "migration.json.gz", &m)
	if len(m.Worlds) != 2 || len(m.Worlds[0].Proofs) != 8 || len(m.Worlds[1].Proofs) != 8 {
		t.Fatal("the recording is not all here")
	}
	return m
}

// TestMigrationProofs counts all proofs in order, each as the daemons saw the world then, and
// compares with what was computed independently.
func TestMigrationProofs(t *testing.T) {
	m := recordedMigration(t)
	used := map[KeyImage]bool{}
	coins := map[string]uint64{}
	reasons := map[Reason]int{}
	for _, w := range m.Worlds {
		e := recordedEvidence(t, w.Blocks)
		e.SnapshotHeight, e.Spent, e.Used = m.Snapshot, w.Spent, used
		e.Staked, e.Locked = map[KeyImage]bool{}, map[KeyImage]bool{}
		for image, stake := range m.Stakes {
			if stake.Funded {
				e.Staked[image] = true
			} else {
				e.Locked[image] = true
			}
		}
		for _, r := range w.Proofs {
			report := mustVerify(t, mustParseProof(t, r.Proof), r.Address, r.Message, e)
			if !report.Good() {
				t.Fatalf("world %d, %s: %v", w.World, r.Wallet, report.Refusal)
			}
			listed := uint64(0)
			for _, o := range report.Outputs {
				listed += o.Amount
				reasons[o.Reason]++
				if o.Locked {
					reasons["locked"]++
				}
			}
			if listed != r.StockTotal || listed != r.Balance || r.StockSpent != 0 {
				t.Errorf("world %d, %s: lists %d, the wallet %d", w.World, r.Wallet, listed, r.Balance)
			}
			coins[r.Address] += report.Total
			for _, image := range report.Counted() {
				if used[image] {
					t.Errorf("world %d, %s: %v counts twice", w.World, r.Wallet, image)
				}
				used[image] = true
			}
			t.Logf("world %d, %s: %d outputs, %d listed, %d counted", w.World, r.Wallet, len(report.Outputs), listed, report.Total)
		}
	}
	for address, sum := range coins {
		hi, lo := bits.Mul64(sum, 54)
		owed, _ := bits.Div64(hi, lo, 100)
		want := m.Coins[address]
		if want == "" {
			want = "0"
		}
		if fmt.Sprint(owed) != want {
			t.Errorf("%s: owed %d of %d, want %s", address, owed, sum, want)
		}
	}
	if len(coins) != len(m.Coins) {
		t.Errorf("%d accounts, want %d", len(coins), len(m.Coins))
	}
	t.Log(reasons)
	for _, r := range []Reason{"", ErrUsed, ErrAfterSnapshot, ErrStaked, "locked"} {
		if reasons[r] == 0 {
			t.Errorf("no output is %q", r)
		}
	}
}

// TestSpentSinceTheSnapshot: the proofs of world 1, judged when the daemons show world 3, count
// less by what was spent since.
func TestSpentSinceTheSnapshot(t *testing.T) {
	m := recordedMigration(t)
	e := recordedEvidence(t, m.Worlds[1].Blocks)
	for id, r := range recordedEvidence(t, m.Worlds[0].Blocks).Transactions {
		e.Transactions[id] = r
	}
	e.SnapshotHeight, e.Spent = m.Snapshot, m.Worlds[1].Spent
	spent := 0
	for _, r := range m.Worlds[0].Proofs {
		report := mustVerify(t, mustParseProof(t, r.Proof), r.Address, r.Message, e)
		if !report.Good() {
			t.Fatal(r.Wallet, report.Refusal)
		}
		lost := uint64(0)
		for _, o := range report.Outputs {
			if o.Check == CheckSpent {
				lost += o.Amount
				spent++
			}
		}
		if report.Total+lost != r.Balance {
			t.Errorf("%s: %d counted, %d spent, of %d", r.Wallet, report.Total, lost, r.Balance)
		}
	}
	if spent == 0 {
		t.Error("nothing was spent")
	}
}
