package swap

import (
	"bytes"
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"pgregory.net/rapid"

	"oxenswap/swap/merkle"
)

// wide is a big integer with short methods for tests.
type wide struct{ big.Int }

func (w *wide) add(n uint64) *wide {
	w.Int.Add(&w.Int, new(big.Int).SetUint64(n))
	return w
}

func (w *wide) mul(a, b uint64) *wide {
	w.Int.Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
	return w
}

func (w *wide) product(a *wide, b uint64) *big.Int {
	return w.Int.Mul(&a.Int, new(big.Int).SetUint64(b))
}

func parseLeaves(t testingT, csv []byte) []merkle.Leaf {
	t.Helper()
	var out []merkle.Leaf
	for _, line := range strings.Fields(string(csv)) {
		to, sum, _ := strings.Cut(line, ",")
		a, err := ParseEIP55(to)
		if err != nil {
			t.Fatalf("ParseEIP55: %v", err)
		}
		n, err := uint256.FromDecimal(sum)
		if err != nil {
			t.Fatalf("uint256.FromDecimal: %v", err)
		}
		out = append(out, merkle.Leaf{Account: a, Amount: *n})
	}
	return out
}

// machineTerms have caps for stakes and coins that a few of the drawn ones pass.
const machineTerms = `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
ratio = "54/100"
cap = "150"
[[programme]]
name = "rewards"
kind = "convert-rewards"
snapshot_height = 100
ratio = "5/3"
cap = "1000"
[[programme]]
name = "bonus"
kind = "share-points"
from_height = 100
to_height = 120
every = 10
cap = "997"
[[programme]]
name = "coins"
kind = "convert-coins"
snapshot_height = 100
ratio = "5/7"
cap = "120"
steps = [{ from = "2026-12-01T00:00:00Z", factor = "7/10" }, { from = "2027-01-01T00:00:00Z", factor = "1/3" }]
`

const machineHolders = 5

// A roundMachine drives a ledger at random and knows, by slow and simple means, what must come out.
type roundMachine struct {
	l        *testLedger
	holdings map[uint64][]holding
	open     bool // the snapshot at height 100 is taken, and not decided yet
	decided  int  // heights: 100, 110, 120
	payee    map[int]EVMAddress
	sequence map[int]uint32
	claims   map[int]uint64 // entry of the holder's claim
	proofs   []*machineProof
	given    map[string]map[int]uint64 // by live rounds: programme, holder
	paid     map[EVMAddress]uint64     // by live rounds
	rounds   []*RoundFiles             // built
	live     map[common.Address]uint64 // leaves of the last live round
	nonce    uint64
}

func newMachine(t testingT) *roundMachine {
	m := &roundMachine{
		l: newLedger(t, testTerms(t, machineTerms)), holdings: map[uint64][]holding{}, payee: map[int]EVMAddress{}, sequence: map[int]uint32{}, claims: map[int]uint64{},
		given: map[string]map[int]uint64{"stake": {}, "rewards": {}, "bonus": {}, "coins": {}}, paid: map[EVMAddress]uint64{}, live: map[common.Address]uint64{},
	}
	m.l.must(deployed(m.l.terms))
	return m
}

func TestRoundMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"snapshot": m.snapshot,
			"finalize": m.finalize,
			"discard":  m.discard,
			"claim":    m.claim,
			"receive":  m.receive,
			"accept":   m.accept,
			"refuse":   m.refuse,
			"build":    m.build,
			"approve":  func(t *rapid.T) { m.on(t, BuiltRound); m.l.must(m.l.approval(m.number(), "ann")) },
			"abandon":  func(t *rapid.T) { m.on(t, BuiltRound, ApprovedRound); m.l.must(&RoundAbandoned{Round: m.number()}) },
			"sign":     m.sign,
			"cancel": func(t *rapid.T) {
				m.on(t, ProposedRound)
				m.l.must(m.l.proposed(m.number()))
				m.l.must(m.l.cancelled(m.number()))
			},
			"fail": func(t *rapid.T) {
				m.on(t, ProposedRound)
				tx, _ := m.l.tx(Intent{Purpose: PurposePropose, Round: m.number()}, 1, m.nonce)
				m.l.must(&TxFailed{Hash: tx.Hash, Reason: "reverted"})
			},
			"activate": m.activate,
		})
		m.replay(t)
	})
}

func (m *roundMachine) number() uint64 { return uint64(len(m.rounds)) }

// on skips an action unless the last round has one of the statuses.
func (m *roundMachine) on(t *rapid.T, statuses ...RoundStatus) {
	if len(m.rounds) == 0 || !slices.Contains(statuses, m.l.round(m.number()).Status) {
		t.Skip("no such round")
	}
}

func (m *roundMachine) snapshot(t *rapid.T) {
	if m.decided == 3 || m.open {
		t.Skip("all are taken")
	}
	height := uint64(100 + 10*m.decided)
	m.open = m.decided == 0
	if !m.open {
		m.decided++
	}
	if m.decided > 1 && rapid.IntRange(0, 3).Draw(t, "missed") == 0 {
		m.l.must(&SnapshotMissed{Height: height, Reason: "no power"})
		return
	}
	var all []holding
	for h := range machineHolders {
		all = append(all, holding{h, Oxen(rapid.Uint64Range(0, 100).Draw(t, "staked")), Oxen(rapid.Uint64Range(0, 50).Draw(t, "rewards"))})
	}
	m.holdings[height] = all
	m.l.take(testContent(t, height, all...))
	if !m.open {
		m.l.finalize(height)
	}
}

func (m *roundMachine) claim(t *rapid.T) {
	holder := rapid.IntRange(0, machineHolders-1).Draw(t, "holder")
	to := testRecipient(rapid.IntRange(0, 3).Draw(t, "recipient"))
	sequence := m.sequence[holder] + rapid.Uint32Range(1, 3).Draw(t, "step")
	entitled := m.shows(holder) > 0
	for _, all := range m.holdings {
		entitled = entitled || all[holder].staked+all[holder].rewards > 0
	}
	err := m.l.try(testClaim(m.l.terms, holder, to, sequence))
	if entitled != (err == nil) {
		t.Fatalf("holder %d: %v", holder, err)
	}
	if err == nil {
		m.claimed(holder, to, sequence)
	}
}

func (m *roundMachine) sign(t *rapid.T) {
	m.on(t, ApprovedRound)
	m.nonce++
	m.l.sendTx(Intent{Purpose: PurposePropose, Round: m.number()}, 1, m.nonce)
}

func (m *roundMachine) activate(t *rapid.T) {
	m.on(t, ProposedRound)
	m.l.must(m.l.proposed(m.number()))
	m.l.must(m.l.activated(m.number()))
	files := m.rounds[m.number()-1]
	leaves := map[common.Address]uint64{}
	for _, leaf := range parseLeaves(t, files.Leaves) {
		leaves[leaf.Account] = leaf.Amount.Uint64()
	}
	for to, sum := range m.live {
		if leaves[to] < sum {
			t.Fatalf("the cumulative amount of %s fell from %d to %d", to, sum, leaves[to])
		}
	}
	m.live = leaves
	for _, a := range files.List {
		for h := range machineHolders {
			if testAccount(h) == a.Account {
				m.given[a.Programme][h] += uint64(a.Amount)
			}
		}
		m.paid[a.Recipient] += uint64(a.Amount)
	}
}

// owed is what a programme owes to a holder, exactly; nil: it is not settled.
func (m *roundMachine) owed(programme string) map[int]*big.Rat {
	out := map[int]*big.Rat{}
	switch programme {
	case "bonus":
		if m.decided < 3 {
			return nil
		}
		all := int64(0)
		points := map[int]int64{}
		for _, holdings := range m.holdings {
			for h, x := range holdings {
				points[h] += int64(x.staked)
				all += int64(x.staked)
			}
		}
		for h, n := range points {
			if n > 0 {
				out[h] = big.NewRat(997*n, all)
			}
		}
	case "coins":
		if m.decided < 1 {
			return nil
		}
		for _, p := range m.proofs {
			if p.status != AcceptedProof {
				continue
			}
			if out[p.holder] == nil {
				out[p.holder] = new(big.Rat)
			}
			part := new(big.Rat).Mul(p.factor, big.NewRat(p.total, 1))
			out[p.holder].Add(out[p.holder], part)
		}
	case "stake", "rewards":
		if m.decided < 1 {
			return nil
		}
		for h, x := range m.holdings[100] {
			if programme == "stake" && x.staked > 0 {
				out[h] = big.NewRat(54*int64(x.staked), 100)
			}
			if programme == "rewards" && x.rewards > 0 {
				out[h] = big.NewRat(5*int64(x.rewards), 3)
			}
		}
	}
	return out
}

func (m *roundMachine) build(t *rapid.T) {
	files, err := BuildRound(m.l.tables, uint64(len(m.l.log)))
	if len(m.rounds) > 0 && m.l.round(m.number()).Status.Open() {
		if err == nil || !strings.Contains(err.Error(), "finish or abandon it first") {
			t.Fatalf("a second open round: %v", err)
		}
		return
	}
	type line struct {
		Programme string
		Holder    int
		To        EVMAddress
		Owed, Now uint64
	}
	var want []line
	totals := map[string]*ProgrammeTotals{}
	for _, p := range m.l.terms.Programmes {
		var lines []line
		tt := &ProgrammeTotals{Programme: p.Name}
		totals[p.Name] = tt
		remainders := new(big.Rat)
		amount := uint64(0)
		for _, sum := range m.given[p.Name] {
			tt.Before += Sesh(sum)
		}
		for h, exact := range m.owed(p.Name) {
			whole := new(big.Int).Quo(exact.Num(), exact.Denom()).Uint64()
			remainders.Add(remainders, new(big.Rat).Sub(exact, new(big.Rat).SetInt(new(big.Int).SetUint64(whole))))
			tt.Owed += Sesh(whole)
			tt.Accounts++
			now := whole - m.given[p.Name][h]
			to, claimed := m.payee[h]
			switch {
			case now == 0:
			case !claimed:
				tt.Unclaimed += Sesh(now)
			default:
				amount += now
				lines = append(lines, line{p.Name, h, to, whole, now})
			}
		}
		if uint64(tt.Before)+amount > uint64(p.Cap) {
			tt.Stopped, tt.Withheld, lines = true, Sesh(amount), nil
		} else {
			tt.Amount = Sesh(amount)
		}
		want = append(want, lines...)
		if files != nil {
			got := files.Event.Programmes[slices.IndexFunc(files.Event.Programmes, func(g ProgrammeTotals) bool { return g.Programme == p.Name })]
			rest := new(big.Rat).SetFrac(got.Remainders.Int().ToBig(), got.Den.Int().ToBig())
			if rest.Cmp(remainders) != 0 {
				t.Fatalf("%s: remainders %s, expected %s", p.Name, rest, remainders)
			}
			if err := got.Conserved(); err != nil {
				t.Fatal(err)
			}
			got.Heights, got.Sources, got.Den, got.Remainders = nil, nil, Quantity{}, Quantity{}
			if !reflect.DeepEqual(got, *tt) {
				t.Fatalf("%s: %+v, expected %+v", p.Name, got, *tt)
			}
			if got.Before+got.Amount > p.Cap {
				t.Fatalf("%s passes its cap: %+v", p.Name, got)
			}
		}
	}
	if len(want) == 0 {
		if !errors.Is(err, ErrNothingNew) {
			t.Fatalf("nothing is new, and the answer is %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	order := map[string]int{"stake": 0, "rewards": 1, "bonus": 2, "coins": 3}
	slices.SortFunc(want, func(a, b line) int {
		if c := strings.Compare(string(testAccount(a.Holder)), string(testAccount(b.Holder))); c != 0 {
			return c
		}
		return order[a.Programme] - order[b.Programme]
	})
	var got []line
	cumulative := map[EVMAddress]uint64{}
	for to, sum := range m.paid {
		cumulative[to] = sum
	}
	for i, a := range files.List {
		if i >= len(want) || a.Account != testAccount(want[i].Holder) {
			t.Fatalf("line %d is %+v, expected %d lines", i+1, a, len(want))
		}
		got = append(got, line{a.Programme, want[i].Holder, a.Recipient, uint64(a.Owed), uint64(a.Amount)})
		cumulative[a.Recipient] += uint64(a.Amount)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	leaves := parseLeaves(t, files.Leaves)
	for i, leaf := range leaves {
		if i > 0 && bytes.Compare(leaves[i-1].Account[:], leaf.Account[:]) >= 0 {
			t.Fatalf("leaf %s is out of order", leaf.Account)
		}
		if cumulative[EVMAddress(leaf.Account)] != leaf.Amount.Uint64() {
			t.Fatalf("leaf %s has %s, expected %d", leaf.Account, leaf.Amount.Dec(), cumulative[EVMAddress(leaf.Account)])
		}
	}
	if len(leaves) != len(cumulative) {
		t.Fatalf("%d leaves, expected %d", len(leaves), len(cumulative))
	}
	m.l.mustRecord(files.Record())
	m.rounds = append(m.rounds, files)
}

// replay rebuilds the tables from the entries alone, and every round from the entries before its
// cut-off.
func (m *roundMachine) replay(t *rapid.T) {
	if !reflect.DeepEqual(m.l.tables, m.l.rebuilt(len(m.l.log))) {
		t.Fatal("the entries add up to other tables")
	}
	for _, files := range m.rounds {
		again, err := BuildRound(m.l.rebuilt(int(files.Event.Cutoff)), files.Event.Cutoff)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Event, files.Event) || !bytes.Equal(again.Allocations, files.Allocations) || !bytes.Equal(again.Leaves, files.Leaves) {
			t.Fatalf("round %d came out otherwise", files.Event.Round)
		}
	}
}
