package swap

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oxenswap/swap/merkle"

	"pgregory.net/rapid"
)

// tablesWith are tables of a migration whose programmes are settled on height 100 (and 110 and 120
// for points).
func tablesWith(t testingT, programmes string, balances map[uint64][]Balance) *Memory {
	t.Helper()
	terms := testTerms(t, programmes)
	tables := &Memory{}
	settled := map[string][]uint64{}
	for _, p := range terms.Programmes {
		if settled[p.Name] = []uint64{100}; p.Kind == SharePoints {
			settled[p.Name] = []uint64{100, 110, 120}
		}
	}
	if err := tables.SetMigration(Migration{Terms: terms, Closes: terms.Closes, Settled: settled}); err != nil {
		t.Fatalf("SetMigration: %v", err)
	}
	for height, rows := range balances {
		if err := tables.SetBalances(height, rows); err != nil {
			t.Fatalf("SetBalances: %v", err)
		}
	}
	return tables
}

func claimOf(account Account, to EVMAddress) Claim {
	return Claim{Account: account, Recipient: to, Sequence: 1, Entry: 7}
}

const stakeOnly = `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
ratio = "1/2"
cap = "100"
`

const stakeAndRewards = stakeOnly + `
[[programme]]
name = "rewards"
kind = "convert-rewards"
snapshot_height = 100
ratio = "1/3"
cap = "100"
`

// TestCapStopsOneProgramme: what would pass a cap is withheld, visibly, and the other programmes go
// on.
func TestCapStopsOneProgramme(t *testing.T) {
	for _, c := range []struct {
		name           string
		staked         Oxen // of account b; a has 100, half of which an earlier round gave
		stopped        bool
		given, heldoff Sesh
	}{
		{"just within the cap", 101, false, 50, 0},
		{"one unit above it", 102, true, 0, 51},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := tablesWith(t, stakeAndRewards, map[uint64][]Balance{100: {{"a", "La", 100, 7}, {"b", "Lb", c.staked, 8}}})
			earlier := Allocation{Account: "a", Programme: "stake", Recipient: testRecipient(1), Amount: 50}
			for _, err := range []error{
				tables.SetClaim(claimOf("a", testRecipient(1))), tables.SetClaim(claimOf("b", testRecipient(2))),
				tables.SetRound(Round{RoundBuilt: RoundBuilt{Round: 1}, Status: ActiveRound}), tables.SetAllocations(1, []Allocation{earlier}),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			files, err := BuildRound(tables, 9)
			if err != nil {
				t.Fatal(err)
			}
			stake, rewards := files.Event.Programmes[0], files.Event.Programmes[1]
			if stake.Stopped != c.stopped || stake.Amount != c.given || stake.Withheld != c.heldoff || stake.Before != 50 {
				t.Errorf("the programme: got %+v, want it given up to its cap", stake)
			}
			if rewards.Stopped || rewards.Amount != 2+2 {
				t.Errorf("the other programme: %+v", rewards)
			}
			if files.Event.Round != 2 || files.Event.Amount != c.given+4 || files.Event.Total != c.given+54 {
				t.Errorf("round %d gives %s, in all %s", files.Event.Round, files.Event.Amount, files.Event.Total)
			}
		})
	}
}

// TestOverpaidIsNeverNetted: what an account got beyond what it is owed is booked, and nobody
// else's is reduced for it.
func TestOverpaidIsNeverNetted(t *testing.T) {
	tables := tablesWith(t, stakeAndRewards, map[uint64][]Balance{100: {{"a", "La", 20, 30}, {"b", "Lb", 20, 0}, {"d", "Ld", 20, 0}}})
	before := []Allocation{ // in atomic SESH: a is owed 10 + 10, b 10, d 10
		{Account: "a", Programme: "stake", Recipient: testRecipient(1), Amount: 15},  // 5 too many
		{Account: "b", Programme: "stake", Recipient: testRecipient(2), Amount: 4},   // 6 to come
		{Account: "c", Programme: "stake", Recipient: testRecipient(3), Amount: 9},   // owed nothing
		{Account: "d", Programme: "stake", Recipient: testRecipient(4), Amount: 10},  // exactly
		{Account: "e", Programme: "rewards", Recipient: testRecipient(5), Amount: 2}, // owed nothing
	}
	for _, err := range []error{
		tables.SetRound(Round{RoundBuilt: RoundBuilt{Round: 1}, Status: ActiveRound}), tables.SetAllocations(1, before),
		tables.SetClaim(claimOf("a", testRecipient(1))), tables.SetClaim(claimOf("b", testRecipient(6))), tables.SetClaim(claimOf("d", testRecipient(4))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := BuildRound(tables, 9)
	if err != nil {
		t.Fatal(err)
	}
	stake, rewards := files.Event.Programmes[0], files.Event.Programmes[1]
	if stake.Overpaid != 5+9 || stake.Amount != 6 || stake.Before != 38 || stake.Owed != 30 || rewards.Overpaid != 2 || rewards.Amount != 10 {
		t.Errorf("stake %+v\nrewards %+v", stake, rewards)
	}
	want := map[string]string{ // b's first 4 stay where they were published
		testRecipient(1).String(): "25", testRecipient(2).String(): "4", testRecipient(3).String(): "9",
		testRecipient(4).String(): "10", testRecipient(5).String(): "2", testRecipient(6).String(): "6",
	}
	got := map[string]string{}
	for _, line := range strings.Fields(string(files.Leaves)) {
		to, sum, _ := strings.Cut(line, ",")
		got[to] = sum
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBuildRoundRefusals(t *testing.T) {
	rows := []Balance{{"a", "La", 20, 0}}
	build := func(programmes string, rows []Balance, change func(*Memory)) error {
		tables := tablesWith(t, programmes, map[uint64][]Balance{100: rows, 110: rows, 120: rows})
		if err := tables.SetClaim(claimOf("a", testRecipient(1))); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(tables)
		}
		_, err := BuildRound(tables, 1)
		return err
	}
	huge := strings.NewReplacer(`"1/2"`, `"4294967295/1"`, `"100"`, `"9223372036854775807"`).Replace(stakeOnly)
	points := "[[programme]]\nname = \"bonus\"\nkind = \"share-points\"\nfrom_height = 100\nto_height = 120\ncap = \"100\"\n"
	for _, c := range []struct {
		name       string
		programmes string
		rows       []Balance
		change     func(*Memory)
		says       string
	}{
		{"good", stakeOnly, rows, nil, ""},
		{"an open round", stakeOnly, rows, func(m *Memory) { m.SetRound(Round{RoundBuilt: RoundBuilt{Round: 1}, Status: ApprovedRound}) }, "round 1 is still approved: finish or abandon it first"},
		{"nothing owed", stakeOnly, []Balance{{"a", "La", 1, 0}}, nil, ErrNothingNew.Error()},
		{"nothing claimed", stakeOnly, []Balance{{"b", "Lb", 20, 0}}, nil, ErrNothingNew.Error()},
		{"not settled", stakeOnly, rows, func(m *Memory) { m.migration.Settled = nil }, ErrNothingNew.Error()},
		{"more than 2^63-1 for one account", huge, []Balance{{"a", "La", 1 << 63, 0}}, nil, "pass 2^63-1"},
		{"more than 2^64-1 in all", huge, []Balance{{"a", "La", 1 << 31, 0}, {"b", "Lb", 1 << 31, 0}, {"c", "Lc", 1 << 31, 0}}, nil, "a sum passes 2^64-1"},
		{"balances out of order", stakeOnly, []Balance{{"b", "Lb", 20, 0}, {"a", "La", 20, 0}}, nil, "the tables are out of order"},
		{"a balance twice", stakeOnly, []Balance{{"a", "La", 20, 0}, {"a", "La", 20, 0}}, nil, "the tables are out of order"},
		{"a balance twice, for points", points, []Balance{{"a", "La", 20, 0}, {"a", "La", 20, 0}}, nil, "the tables are out of order"},
		{"a gift from a programme that the terms do not have", stakeOnly, rows, func(m *Memory) {
			m.SetRound(Round{RoundBuilt: RoundBuilt{Round: 1}, Status: ActiveRound})
			m.SetAllocations(1, []Allocation{{Account: "a", Programme: "bonus", Recipient: testRecipient(1), Amount: 1}})
		}, "which the terms do not have"},
		{"the zero address", stakeOnly, rows, func(m *Memory) { m.SetClaim(Claim{Account: "a", Sequence: 2}) }, "zero address"},
		{"no migration", stakeOnly, rows, func(m *Memory) { *m = Memory{} }, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := build(c.programmes, c.rows, c.change)
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("build: got %v, want an error with %q, none for \"\"", err, c.says)
			}
		})
	}
	if err := build(stakeOnly, nil, nil); !errors.Is(err, ErrNothingNew) {
		t.Errorf("build: got %v, want %v", err, ErrNothingNew)
	}
}

// TestAllStopped: a round that could only give beyond a cap is none.
func TestAllStopped(t *testing.T) {
	tables := tablesWith(t, stakeOnly, map[uint64][]Balance{100: {{"a", "La", 202, 0}}})
	if err := tables.SetClaim(claimOf("a", testRecipient(1))); err != nil {
		t.Fatal(err)
	}
	if _, err := BuildRound(tables, 1); !errors.Is(err, ErrNothingNew) {
		t.Errorf("BuildRound: got %v, want %v", err, ErrNothingNew)
	}
}

// TestConserved: a unit that appears or vanishes anywhere in the totals is found.
func TestConserved(t *testing.T) {
	tables := tablesWith(t, stakeOnly, map[uint64][]Balance{100: {{"a", "La", 7, 0}, {"b", "Lb", 9, 0}}})
	if err := tables.SetClaim(claimOf("a", testRecipient(1))); err != nil {
		t.Fatal(err)
	}
	files, err := BuildRound(tables, 1)
	if err != nil {
		t.Fatal(err)
	}
	good := files.Event.Programmes[0]
	if good.Owed != 3+4 || good.Remainders != NewQuantity(2) || good.Den != NewQuantity(2) || len(good.Sources) != 1 || good.Sources[0].Source != NewQuantity(16) {
		t.Fatalf("the programme: got %+v, want 7 owed, 2/2 left over", good)
	}
	for name, change := range map[string]func(p *ProgrammeTotals){
		"a unit more":           func(p *ProgrammeTotals) { p.Owed++ },
		"a unit less":           func(p *ProgrammeTotals) { p.Owed-- },
		"a fraction more":       func(p *ProgrammeTotals) { p.Remainders = NewQuantity(3) },
		"a fraction less":       func(p *ProgrammeTotals) { p.Remainders = NewQuantity(1) },
		"another denominator":   func(p *ProgrammeTotals) { p.Den = NewQuantity(4) },
		"a source less":         func(p *ProgrammeTotals) { p.Sources = nil },
		"a bad source":          func(p *ProgrammeTotals) { p.Sources = []Part{{NewQuantity(16), NewQuantity(1), NewQuantity(3)}} },
		"a denominator that is": func(p *ProgrammeTotals) { p.Den = Quantity{0, 0, 0, 1 << 63}; p.Owed = math.MaxUint64 },
	} {
		p := good
		change(&p)
		if p.Conserved() == nil {
			t.Errorf("%s was not found", name)
		}
	}
	if err := good.Conserved(); err != nil {
		t.Error(err)
	}
}

// TestConversionIsExact: den x owed + remainder = num x source, for every account and in all.
func TestConversionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den := rapid.Uint64Range(1, math.MaxUint32).Draw(t, "num"), rapid.Uint64Range(1, math.MaxUint32).Draw(t, "den")
		terms := strings.NewReplacer(`"1/2"`, fmt.Sprintf("%q", Ratio{num, den}), `"100"`, `"9223372036854775807"`).Replace(stakeOnly)
		limit := min(math.MaxInt64/8/num*min(den, 8), 1<<60)
		var rows []Balance
		for i := range rapid.IntRange(0, 8).Draw(t, "accounts") {
			rows = append(rows, Balance{Account: Account(rune('a' + i)), Staked: Oxen(rapid.Uint64Range(0, max(limit, 1)).Draw(t, "staked"))})
		}
		tables := tablesWith(t, terms, map[uint64][]Balance{100: rows})
		m, _ := tables.Migration()
		l, err := Owed(tables, m, &m.Terms.Programmes[0])
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, b := range rows {
			if b.Staked == 0 {
				continue
			}
			o := l.Owings[at]
			at++
			left := new(wide).mul(uint64(o.Owed), den).add(o.Remainder.Int().Uint64())
			right := new(wide).mul(uint64(b.Staked), num)
			if o.Account != b.Account || left.Cmp(&right.Int) != 0 || o.Remainder.Int().Uint64() >= den {
				t.Fatalf("owing: got %+v, want %s x %d/%d", o, b.Staked, num, den)
			}
		}
		if at != len(l.Owings) {
			t.Fatalf("%d accounts are owed something, of %d", len(l.Owings), at)
		}
	})
}

// TestSharesOfPoints: they add up to the cap but for less than one unit an account, and do not
// depend on who has claimed.
func TestSharesOfPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maximum := rapid.Uint64Range(1, math.MaxInt64).Draw(t, "cap")
		terms := fmt.Sprintf("[[programme]]\nname = \"bonus\"\nkind = \"share-points\"\nfrom_height = 100\nto_height = 120\ncap = \"%d\"\n", maximum)
		balances := map[uint64][]Balance{}
		points := map[Account]*wide{}
		all := new(wide)
		for _, height := range []uint64{100, 110, 120} {
			for i := range 6 {
				staked := rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64Range(1, 10), rapid.Uint64Range(1, 1<<60)).Draw(t, "staked")
				a := Account(rune('a' + i))
				balances[height] = append(balances[height], Balance{Account: a, Staked: Oxen(staked), Rewards: 1})
				if points[a] == nil {
					points[a] = new(wide)
				}
				points[a].add(staked)
				all.add(staked)
			}
		}
		tables := tablesWith(t, terms, balances)
		m, _ := tables.Migration()
		l, err := Owed(tables, m, &m.Terms.Programmes[0])
		if err != nil {
			t.Fatal(err)
		}
		if all.Sign() == 0 {
			if len(l.Owings) != 0 {
				t.Fatalf("owings without points: got %+v, want none", l.Owings)
			}
			return
		}
		checkOwedTo(t, tables, m, l)
		var sum uint64
		for _, o := range l.Owings {
			var want, rest wide
			want.DivMod(new(wide).product(points[o.Account], maximum), &all.Int, &rest.Int)
			if want.Uint64() != uint64(o.Owed) || rest.String() != o.Remainder.String() || l.Den.String() != all.String() {
				t.Fatalf("owing: got %+v, want %s and %s of %s", o, &want, &rest, all)
			}
			sum += uint64(o.Owed)
		}
		if sum > maximum || maximum-sum >= uint64(len(l.Owings))+1 {
			t.Fatalf("%d of %d is shared by %d accounts", sum, maximum, len(l.Owings))
		}
	})
}

// TestRoundDoesNotDependOnOrder in which claims came or tables are filled.
func TestRoundDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []Balance
		var claims []Claim
		for i := range rapid.IntRange(1, 8).Draw(t, "accounts") {
			a := Account(rune('a' + i))
			rows = append(rows, Balance{Account: a, Staked: Oxen(rapid.Uint64Range(0, 20).Draw(t, "staked")), Rewards: Oxen(rapid.Uint64Range(0, 20).Draw(t, "rewards"))})
			for sequence := range rapid.Uint32Range(0, 3).Draw(t, "claims") {
				claims = append(claims, Claim{Account: a, Recipient: testRecipient(rapid.IntRange(0, 3).Draw(t, "to")), Sequence: sequence, Entry: uint64(10*i) + uint64(sequence)})
			}
		}
		build := func(claims []Claim) (*RoundFiles, error) {
			tables := tablesWith(t, stakeAndRewards, map[uint64][]Balance{100: rows})
			for _, c := range claims {
				if err := tables.SetClaim(c); err != nil {
					t.Fatal(err)
				}
			}
			return BuildRound(tables, 1)
		}
		first, err1 := build(claims)
		again, err2 := build(rapid.Permutation(claims).Draw(t, "order"))
		if !errors.Is(err2, err1) {
			t.Fatalf("%v, and in another order %v", err1, err2)
		}
		if err1 == nil && (!cmp.Equal(first.Event, again.Event) || string(first.Allocations) != string(again.Allocations) || string(first.Leaves) != string(again.Leaves)) {
			t.Fatal("the order counts")
		}
	})
}

// TestRoundFiles: the entry names its attachments, and what they hold adds up to the root.
func TestRoundFiles(t *testing.T) {
	l := staged(t, "deployed")
	files := l.build()
	r := files.Record()
	if err := r.Check(); err != nil || len(r.Attachments) != 2 {
		t.Fatal(err)
	}
	list, err := ParseAllocations(files.Allocations)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files.List, list); diff != "" {
		t.Error(diff)
	}
	tree, err := merkle.Build(parseLeaves(t, files.Leaves), merkle.MaxTotal())
	if err != nil || Hash(tree.Root()) != files.Event.Root || tree.Total().Uint64() != uint64(files.Event.Total) || tree.Len() != int(files.Event.Recipients) {
		t.Errorf("the round's event: got %+v, %v, want the tree's root, total and recipients", files.Event, err)
	}
}
