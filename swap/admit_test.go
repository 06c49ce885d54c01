package swap

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEntitled(t *testing.T) {
	l := newLedger(t, testTerms(t, testProgrammes))
	entitled := func(holder int) bool {
		t.Helper()
		ok, err := Entitled(l.tables, l.terms, testAccount(holder))
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if entitled(1) {
		t.Error("before any snapshot")
	}
	l.take(testContent(t, 50, holding{1, 5, 5})) // no programme reads this height
	if entitled(1) {
		t.Error("by a snapshot that no programme reads")
	}
	unfunded := testContent(t, 100, holding{1, 5, 0}, holding{3, 0, 5})
	unfunded.Nodes[0].Funded = false
	l.take(unfunded)
	if entitled(1) || !entitled(3) {
		t.Error("stakes in nodes that are not funded count, or rewards do not")
	}
	both := []DaemonReport{{Daemon: "a", Agrees: true}, {Daemon: "b", Agrees: true}}
	l.must(&SnapshotDiscarded{Height: 100, BlockHash: unfunded.BlockHash, Now: testHash("block", 1), Daemons: both})
	if entitled(3) {
		t.Error("by a discarded snapshot")
	}
	l.take(testContent(t, 110, holding{1, 5, 0}))
	if !entitled(1) || entitled(3) || entitled(2) {
		t.Error("a stake in a snapshot for points does not count, or a stranger is entitled")
	}
}

// windowTerms have a window of three blocks for the conversion, and windows of two for the points.
const windowTerms = `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
snapshot_window = 2
ratio = "1/2"
cap = "1000000000000"
[[programme]]
name = "bonus"
kind = "share-points"
from_height = 100
to_height = 120
every = 10
snapshot_window = 1
cap = "300000000000"
`

func TestHeights(t *testing.T) {
	terms := testTerms(t, windowTerms+`
[[programme]]
name = "free"
kind = "share-points"
from_height = 200
to_height = 300
cap = "1"
[[programme]]
name = "grants"
kind = "grant"
cap = "1"
`)
	if got := terms.Heights(); !slices.Equal(got, []uint64{100, 110, 120, 200, 300}) {
		t.Errorf("heights %v", got)
	}
	for height, want := range map[uint64]bool{99: false, 100: true, 101: true, 102: true, 103: false, 109: false, 110: true, 111: true, 112: false, 121: true, 122: false, 130: false, 199: false, 200: true, 250: true, 300: true, 301: false} {
		if terms.Reads(height) != want {
			t.Errorf("reads %d: %v", height, !want)
		}
	}
	for height, want := range map[uint64]uint64{100: 102, 110: 111, 120: 121, 200: 200, 300: 300, 5: 5} {
		if got := terms.Window(height); got != want {
			t.Errorf("the window of %d ends at %d", height, got)
		}
	}
	if !terms.Names(200) || terms.Names(101) || terms.Names(250) {
		t.Error("names")
	}
}

func TestSettle(t *testing.T) {
	terms := testTerms(t, windowTerms+`
[[programme]]
name = "free"
kind = "share-points"
from_height = 100
to_height = 120
cap = "1"
`)
	// Each step is a height and what becomes of it: t taken, f final, d discarded, m missed.
	for _, c := range []struct {
		name, steps                    string
		stake, bonus, free             []uint64
		noStake, noBonus, noFreeSettle bool
	}{
		{name: "nothing", noStake: true, noBonus: true, noFreeSettle: true},
		{name: "taken only", steps: "100t 110t 120t", noStake: true, noBonus: true, noFreeSettle: true},
		{name: "all at the first height", steps: "100f 110f 120f", stake: []uint64{100}, bonus: []uint64{100, 110, 120}, free: []uint64{100, 110, 120}},
		{name: "the lowest final one in the window", steps: "101f 102f", stake: []uint64{101}, noBonus: true, noFreeSettle: true},
		{name: "the last one in the window", steps: "102f", stake: []uint64{102}, noBonus: true, noFreeSettle: true},
		{name: "beyond the window", steps: "103f", noStake: true, noBonus: true, noFreeSettle: true},
		{name: "a lower one is not decided yet", steps: "100t 101f", noStake: true, noBonus: true, noFreeSettle: true},
		{name: "a higher one is not decided yet", steps: "100f 101t", stake: []uint64{100}, noBonus: true, noFreeSettle: true},
		{name: "a lower one was discarded", steps: "100d 101f", stake: []uint64{101}, noBonus: true, noFreeSettle: true},
		{name: "a missed conversion waits", steps: "100m", noStake: true, noBonus: true, noFreeSettle: true},
		{name: "points without what was missed", steps: "100f 110m 121f", stake: []uint64{100}, bonus: []uint64{100, 121}, noFreeSettle: true},
		{name: "all points missed", steps: "100m 110m 120m", noStake: true, bonus: []uint64{}, free: []uint64{}},
		{name: "missed and then taken in the window", steps: "100m 101t", noStake: true, noBonus: true, noFreeSettle: true},
		{name: "free: all in between, none below or above", steps: "90f 100f 103f 117f 120f 130f", stake: []uint64{100}, noBonus: true, free: []uint64{100, 103, 117, 120}},
		{name: "free: one in between is not decided", steps: "100f 105t 120f", stake: []uint64{100}, noBonus: true, noFreeSettle: true},
		{name: "free: one in between was discarded", steps: "100f 105d 120f", stake: []uint64{100}, noBonus: true, free: []uint64{100, 120}},
		{name: "free: an end is missing", steps: "100f 105f", stake: []uint64{100}, noBonus: true, noFreeSettle: true},
		{name: "free: an end was missed", steps: "100f 105f 120m", stake: []uint64{100}, noBonus: true, free: []uint64{100, 105}},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshots, missed := parseSteps(c.steps)
			for name, want := range map[string]struct {
				heights []uint64
				not     bool
			}{"stake": {c.stake, c.noStake}, "bonus": {c.bonus, c.noBonus}, "free": {c.free, c.noFreeSettle}} {
				p, _ := terms.Programme(name)
				got, ok := p.settle(snapshots, missed)
				if ok == want.not || ok && (!slices.Equal(got, want.heights) || got == nil) {
					t.Errorf("%s: %v, settled %v", name, got, ok)
				}
			}
		})
	}
	grant := Programme{Kind: Grant}
	if _, ok := grant.settle(nil, nil); ok {
		t.Error("a grant is settled")
	}
}

func parseSteps(steps string) (snapshots []Snapshot, missed []uint64) {
	status := map[byte]SnapshotStatus{'t': TakenSnapshot, 'f': FinalSnapshot, 'd': DiscardedSnapshot}
	for _, step := range strings.Fields(steps) {
		height := uint64(0)
		for _, c := range step[:len(step)-1] {
			height = 10*height + uint64(c-'0')
		}
		if what := step[len(step)-1]; what == 'm' {
			missed = append(missed, height)
		} else {
			snapshots = append(snapshots, Snapshot{Height: height, Status: status[what]})
		}
	}
	return snapshots, missed
}

// TestSettledStaysSettled: whatever is decided later, in whatever order, a programme keeps its
// snapshots.
func TestSettledStaysSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger(t, testTerms(t, windowTerms))
		heights := []uint64{100, 101, 102, 110, 111, 120, 121}
		taken := map[uint64]bool{}
		settled := map[string][]uint64{}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			height := rapid.SampledFrom(heights).Draw(t, "height")
			both := []DaemonReport{{Daemon: "a", Agrees: true}, {Daemon: "b", Agrees: true}}
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				if s, err := l.tables.Snapshot(height); err != nil || s.Status == DiscardedSnapshot {
					l.take(testContent(t, height, holding{1, 5, 0}))
					taken[height] = true
				}
			case 1:
				if s, err := l.tables.Snapshot(height); err == nil && s.Status == TakenSnapshot {
					l.finalize(height)
				}
			case 2:
				if s, err := l.tables.Snapshot(height); err == nil && s.Status == TakenSnapshot {
					l.must(&SnapshotDiscarded{Height: height, BlockHash: s.BlockHash, Now: testHash("block", 0), Daemons: both})
				}
			case 3:
				_ = l.try(&SnapshotMissed{Height: height, Reason: "no power"}) // refused where it is named, taken or missed already
			}
			for name, was := range settled {
				if now := l.migration().Settled[name]; !slices.Equal(was, now) {
					t.Fatalf("%s was settled on %v and is on %v", name, was, now)
				}
			}
			for name, now := range l.migration().Settled {
				settled[name] = slices.Clone(now)
				for _, h := range now {
					if s, err := l.tables.Snapshot(h); err != nil || s.Status != FinalSnapshot {
						t.Fatalf("%s is settled on %d, which is %s", name, h, s.Status)
					}
				}
			}
		}
	})
}
