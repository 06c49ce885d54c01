package swap

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap/merkle"
)

// ErrNothingNew is returned by BuildRound when no account with a claim is owed more than earlier rounds gave.
var ErrNothingNew = errors.New("nothing new is owed to anyone with a claim")

// RoundFiles are a round and the attachments that its entry names.
type RoundFiles struct {
	Event       RoundBuilt
	Allocations []byte // the allocation list
	Leaves      []byte // the leaves
	List        []Allocation
	Tree        *merkle.Tree
}

// BuildRound computes the next round from tables that hold exactly the first cutoff entries. It is a pure function of
// them: the same bytes on any machine.
func BuildRound(t Tables, cutoff uint64) (*RoundFiles, error) {
	m, err := t.Migration()
	if err != nil {
		return nil, err
	}
	rounds, err := t.Rounds()
	if err != nil {
		return nil, err
	}
	number := uint64(1)
	for _, r := range rounds {
		if r.Status.Open() {
			return nil, fmt.Errorf("round %d is still %s: finish or abandon it first", r.Round, r.Status)
		}
		number = r.Round + 1
	}
	claims := map[Account]Claim{}
	if err := t.LatestClaims(func(c Claim) error { claims[c.Account] = c; return nil }); err != nil {
		return nil, err
	}
	given := map[string]map[Account]Amount{}
	if err := t.Given(func(a Account, programme string, sum Amount) error {
		if given[programme] == nil {
			given[programme] = map[Account]Amount{}
		}
		given[programme][a] = sum
		return nil
	}); err != nil {
		return nil, err
	}

	files := &RoundFiles{Event: RoundBuilt{Round: number, Cutoff: cutoff}}
	for i := range m.Terms.Programmes {
		l, err := Owed(t, m, &m.Terms.Programmes[i])
		if err != nil {
			return nil, err
		}
		totals, err := files.allocate(l, claims, given[l.Programme.Name])
		if err != nil {
			return nil, err
		}
		files.Event.Programmes = append(files.Event.Programmes, totals)
	}
	if len(files.List) == 0 {
		return nil, ErrNothingNew
	}
	// By account, and for one account in the order of the terms.
	slices.SortStableFunc(files.List, func(a, b Allocation) int { return cmp.Compare(a.Account, b.Account) })
	return files, files.finish(t, m.Terms)
}

// allocate gives the accounts with a claim what a programme owes beyond what earlier rounds gave.
func (f *RoundFiles) allocate(l *Ledgered, claims map[Account]Claim, before map[Account]Amount) (ProgrammeTotals, error) {
	t := ProgrammeTotals{Programme: l.Programme.Name, Heights: l.Heights, Accounts: uint64(len(l.Owings)), Sources: []Part{}, Den: l.Den}
	if t.Heights == nil {
		t.Heights = []uint64{}
	}
	var given, owed, amount, unclaimed, overpaid uint256.Int
	remainders, exact := new(uint256.Int), new(uint256.Int)
	for _, sum := range before {
		given.AddUint64(&given, uint64(sum))
	}
	var list []Allocation
	for _, o := range l.Owings {
		owed.AddUint64(&owed, uint64(o.Owed))
		remainders.Add(remainders, o.Remainder.Int())
		if err := t.addSources(o.Parts); err != nil {
			return t, fmt.Errorf("programme %s: %w", t.Programme, err)
		}
		was := before[o.Account]
		if was > o.Owed {
			overpaid.AddUint64(&overpaid, uint64(was-o.Owed))
			continue
		}
		if was == o.Owed {
			continue
		}
		c, claimed := claims[o.Account]
		if !claimed {
			unclaimed.AddUint64(&unclaimed, uint64(o.Owed-was))
			continue
		}
		amount.AddUint64(&amount, uint64(o.Owed-was))
		list = append(list, Allocation{
			Account: o.Account, Programme: t.Programme, Recipient: c.Recipient, Claim: c.Entry,
			Parts: o.Parts, Owed: o.Owed, Remainder: o.Remainder, Den: o.Den, Before: was, Amount: o.Owed - was,
		})
	}
	// Accounts that were given something and are owed nothing any more.
	still := make(map[Account]bool, len(l.Owings))
	if len(before) > 0 {
		for _, o := range l.Owings {
			still[o.Account] = true
		}
		for _, a := range slices.Sorted(maps.Keys(before)) {
			if !still[a] {
				overpaid.AddUint64(&overpaid, uint64(before[a]))
			}
		}
	}
	for _, s := range []struct {
		sum *uint256.Int
		to  *Amount
	}{{&given, &t.Before}, {&owed, &t.Owed}, {&amount, &t.Amount}, {&unclaimed, &t.Unclaimed}, {&overpaid, &t.Overpaid}} {
		if !s.sum.IsUint64() {
			return t, fmt.Errorf("programme %s: a sum passes 2^64-1 atomic SESH", t.Programme)
		}
		*s.to = Amount(s.sum.Uint64())
	}
	t.Remainders = Quantity(*remainders)
	if err := t.Conserved(); err != nil {
		return t, err
	}
	exact.Add(&given, &amount)
	if exact.Gt(uint256.NewInt(uint64(l.Programme.Cap))) {
		t.Stopped, t.Withheld, t.Amount = true, t.Amount, 0
		return t, nil
	}
	f.List = append(f.List, list...)
	return t, nil
}

// addSources adds the parts to the sums by ratio.
func (t *ProgrammeTotals) addSources(parts []Part) error {
	for _, p := range parts {
		i := slices.IndexFunc(t.Sources, func(s Part) bool { return s.Num == p.Num && s.Den == p.Den })
		if i < 0 {
			t.Sources = append(t.Sources, p)
			continue
		}
		var sum uint256.Int
		if _, over := sum.AddOverflow(t.Sources[i].Source.Int(), p.Source.Int()); over {
			return errors.New("the sum of the sources passes 2^256")
		}
		t.Sources[i].Source = Quantity(sum)
	}
	return nil
}

// Conserved checks that nothing appeared or vanished by rounding: den x owed + remainders is den x the sum of the parts.
func (t *ProgrammeTotals) Conserved() error {
	exact, err := scaled(t.Sources, t.Den)
	if err != nil {
		return fmt.Errorf("programme %s: %w", t.Programme, err)
	}
	var sum uint256.Int
	if _, over := sum.MulOverflow(t.Den.Int(), uint256.NewInt(uint64(t.Owed))); !over {
		if _, over = sum.AddOverflow(&sum, t.Remainders.Int()); !over && sum.Eq(exact) {
			return nil
		}
	}
	return fmt.Errorf("programme %s: %s x %s + %s is not %s: rounding lost or made something", t.Programme, t.Den, t.Owed, t.Remainders, exact.Dec())
}

// finish computes the leaves, the tree and the totals.
func (f *RoundFiles) finish(t Tables, terms *Terms) error {
	cumulative := map[EVMAddress]Amount{}
	if err := t.Cumulative(func(to EVMAddress, sum Amount) error { cumulative[to] = sum; return nil }); err != nil {
		return err
	}
	fresh := map[EVMAddress]Amount{}
	var err error
	for _, a := range f.List {
		if fresh[a.Recipient], err = fresh[a.Recipient].add(a.Amount, "new amounts"); err != nil {
			return err
		}
		if cumulative[a.Recipient], err = cumulative[a.Recipient].add(a.Amount, "cumulative amounts"); err != nil {
			return err
		}
		if f.Event.Amount, err = f.Event.Amount.add(a.Amount, "new amounts"); err != nil {
			return err
		}
		f.Event.Largest = max(f.Event.Largest, fresh[a.Recipient])
	}
	recipients := slices.SortedFunc(maps.Keys(cumulative), func(a, b EVMAddress) int { return bytes.Compare(a[:], b[:]) })
	leaves := make([]merkle.Leaf, len(recipients))
	for i, to := range recipients {
		leaves[i] = merkle.Leaf{Account: common.Address(to), Amount: *uint256.NewInt(uint64(cumulative[to]))}
		if f.Event.Total, err = f.Event.Total.add(cumulative[to], "leaves"); err != nil {
			return err
		}
		f.Leaves = append(append(append(append(f.Leaves, to.String()...), ','), cumulative[to].String()...), '\n')
	}
	if f.Tree, err = merkle.Build(leaves, uint256.NewInt(uint64(terms.CapSum()))); err != nil {
		return err
	}
	if f.Allocations, err = FormatAllocations(f.List); err != nil {
		return err
	}
	f.Event.Root = Hash(f.Tree.Root())
	f.Event.Recipients = uint64(len(leaves))
	f.Event.Lines = uint64(len(f.List))
	f.Event.Allocations = Digest(f.Allocations)
	f.Event.Leaves = Digest(f.Leaves)
	return nil
}

// Record returns the round's entry with its attachments.
func (f *RoundFiles) Record() Record {
	return Record{Event: &f.Event, Attachments: [][]byte{f.Allocations, f.Leaves}}
}
