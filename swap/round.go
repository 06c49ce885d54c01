package swap

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap/merkle"
)

// ErrNothingNew is returned by BuildRound when no account with a claim is owed more than earlier
// rounds gave.
var ErrNothingNew = errors.New("nothing new is owed to anyone with a claim")

// RoundFiles are a round and the attachments that its entry names.
type RoundFiles struct {
	Event       RoundBuilt
	Allocations []byte // the allocation list
	Leaves      []byte // the leaves
	List        []Allocation
	Tree        *merkle.Tree
}

// BuildRound computes the next round from tables that hold exactly the first cutoff entries. It is
// a pure function of them: the same bytes on any machine.
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
	claims := &column[payee]{}
	if err := t.LatestClaims(func(c Claim) error { return claims.add(c.Account, payee{c.Recipient, c.Entry}) }); err != nil {
		return nil, err
	}
	given := map[string]*column[Sesh]{} // by programme
	for _, p := range m.Terms.Programmes {
		given[p.Name] = &column[Sesh]{}
	}
	if err := t.Given(func(a Account, programme string, sum Sesh) error {
		if given[programme] == nil {
			return fmt.Errorf("an earlier round gives from programme %s, which the terms do not have", programme)
		}
		return given[programme].add(a, sum)
	}); err != nil {
		return nil, err
	}

	files := &RoundFiles{Event: RoundBuilt{Round: number, Cutoff: cutoff}}
	lists := make([][]Allocation, len(m.Terms.Programmes))
	balances := &lastBalances{Tables: t}
	for i := range m.Terms.Programmes {
		l, err := Owed(balances, m, &m.Terms.Programmes[i])
		if err != nil {
			return nil, err
		}
		var totals ProgrammeTotals
		if lists[i], totals, err = allocate(l, claims, given[l.Programme.Name]); err != nil {
			return nil, err
		}
		files.Event.Programmes = append(files.Event.Programmes, totals)
	}
	if files.List = byAccount(lists); len(files.List) == 0 {
		return nil, ErrNothingNew
	}
	return files, files.finish(t, m.Terms)
}

// payee is whom an account's highest claim names, and that claim's entry.
type payee struct {
	to    EVMAddress
	claim uint64
}

// byAccount merges lists that are sorted by account; for one account it keeps the order of the
// lists, which is that of the terms.
func byAccount(lists [][]Allocation) []Allocation {
	n := 0
	for _, l := range lists {
		n += len(l)
	}
	out := make([]Allocation, 0, n)
	for len(out) < n {
		next := -1
		for i, l := range lists {
			if len(l) > 0 && (next < 0 || l[0].Account < lists[next][0].Account) {
				next = i
			}
		}
		out = append(out, lists[next][0])
		lists[next] = lists[next][1:]
	}
	return out
}

// allocate gives the accounts with a claim what a programme owes beyond what earlier rounds gave,
// by account.
func allocate(l *Ledgered, claims *column[payee], before *column[Sesh]) ([]Allocation, ProgrammeTotals, error) {
	t := ProgrammeTotals{Programme: l.Programme.Name, Heights: l.Heights, Accounts: uint64(len(l.Owings)), Sources: []Part{}, Den: l.Den}
	if t.Heights == nil {
		t.Heights = []uint64{}
	}
	var given, owed, amount, unclaimed, overpaid, remainders uint256.Int
	for _, sum := range before.values {
		given.AddUint64(&given, uint64(sum))
	}
	overpaid.Set(&given) // until it is seen what is still owed
	list := make([]Allocation, 0, len(l.Owings))
	payees, givens := walk[payee]{column: claims}, walk[Sesh]{column: before}
	for i := range l.Owings {
		o := &l.Owings[i]
		owed.AddUint64(&owed, uint64(o.Owed))
		remainders.Add(&remainders, o.Remainder.Int())
		if err := t.addSources(o.Parts); err != nil {
			return nil, t, fmt.Errorf("programme %s: %w", t.Programme, err)
		}
		was := Sesh(0)
		if sum := givens.find(o.Account); sum != nil {
			was = *sum
			overpaid.SubUint64(&overpaid, uint64(min(was, o.Owed)))
		}
		if was >= o.Owed {
			continue
		}
		c := payees.find(o.Account)
		if c == nil {
			unclaimed.AddUint64(&unclaimed, uint64(o.Owed-was))
			continue
		}
		amount.AddUint64(&amount, uint64(o.Owed-was))
		list = append(list, Allocation{
			Account: o.Account, Programme: t.Programme, Recipient: c.to, Claim: c.claim,
			Parts: o.Parts, Owed: o.Owed, Remainder: o.Remainder, Den: o.Den, Before: was, Amount: o.Owed - was,
		})
	}
	for _, s := range []struct {
		sum *uint256.Int
		to  *Sesh
	}{{&given, &t.Before}, {&owed, &t.Owed}, {&amount, &t.Amount}, {&unclaimed, &t.Unclaimed}, {&overpaid, &t.Overpaid}} {
		if !s.sum.IsUint64() {
			return nil, t, fmt.Errorf("programme %s: a sum passes 2^64-1 atomic SESH", t.Programme)
		}
		*s.to = Sesh(s.sum.Uint64())
	}
	t.Remainders = Quantity(remainders)
	if err := t.Conserved(); err != nil {
		return nil, t, err
	}
	if amount.Add(&given, &amount).Gt(uint256.NewInt(uint64(l.Programme.Cap))) {
		t.Stopped, t.Withheld, t.Amount = true, t.Amount, 0
		return nil, t, nil
	}
	return list, t, nil
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

// Conserved checks that nothing appeared or vanished by rounding: den x owed + remainders is den x
// the sum of the parts.
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
	return fmt.Errorf("programme %s: %s x %d + %s is not %s: rounding lost or made something", t.Programme, t.Den, t.Owed, t.Remainders, exact.Dec())
}

// finish computes the leaves, the tree and the totals.
func (f *RoundFiles) finish(t Tables, terms *Terms) error {
	type row struct {
		to                EVMAddress
		spelt             string
		fresh, cumulative Sesh
	}
	rows := map[EVMAddress]*row{}
	if err := t.Cumulative(func(to EVMAddress, sum Sesh) error {
		rows[to] = &row{to: to, spelt: to.String(), cumulative: sum}
		return nil
	}); err != nil {
		return err
	}
	lines := newListWriter(len(f.List))
	var last *row
	var err error
	for i := range f.List {
		a := &f.List[i]
		if last == nil || last.to != a.Recipient { // an account's lines have one recipient
			if last = rows[a.Recipient]; last == nil {
				last = &row{to: a.Recipient, spelt: a.Recipient.String()}
				rows[a.Recipient] = last
			}
		}
		if err := lines.add(a, last.spelt); err != nil {
			return err
		}
		if last.cumulative, err = add(last.cumulative, a.Amount, "cumulative amounts"); err != nil {
			return err
		}
		if f.Event.Amount, err = add(f.Event.Amount, a.Amount, "new amounts"); err != nil {
			return err
		}
		last.fresh += a.Amount
		f.Event.Largest = max(f.Event.Largest, last.fresh)
	}
	f.Allocations = lines.out
	sorted := slices.SortedFunc(maps.Values(rows), func(a, b *row) int { return a.to.Compare(b.to) })
	leaves := make([]merkle.Leaf, len(sorted))
	f.Leaves = make([]byte, 0, 64*len(sorted))
	for i, r := range sorted {
		leaves[i] = merkle.Leaf{Account: common.Address(r.to), Amount: *uint256.NewInt(uint64(r.cumulative))}
		if f.Event.Total, err = add(f.Event.Total, r.cumulative, "leaves"); err != nil {
			return err
		}
		f.Leaves = append(appendDecimal(append(append(f.Leaves, r.spelt...), ','), r.cumulative), '\n')
	}
	if f.Tree, err = merkle.Build(leaves, uint256.NewInt(uint64(terms.CapSum()))); err != nil {
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
