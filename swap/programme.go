package swap

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/holiman/uint256"
)

// Owing is what one programme owes to one account, in atomic SESH: Owed + Remainder / Den is the
// exact sum of the parts.
type Owing struct {
	Account   Account
	Parts     []Part
	Owed      Sesh
	Remainder Quantity
	Den       Quantity
}

// Ledgered is one programme with everything that it owes.
type Ledgered struct {
	Programme *Programme
	Heights   []uint64 // of the snapshots that it is computed from
	Settled   bool     // false: those are not fixed yet, and nothing is owed
	Den       Quantity
	Owings    []Owing // by account; only accounts with a source

	everybody *uint256.Int // share-points: all accounts' points, where the tables show one account only
}

// Owed computes what a programme owes to every account.
func Owed(t Tables, m Migration, p *Programme) (*Ledgered, error) {
	heights, settled := m.Settled[p.Name]
	out := &Ledgered{Programme: p, Heights: heights, Settled: settled, Den: NewQuantity(1)}
	return out, out.compute(t)
}

// OwedTo computes what a programme owes to one account: the same as Owed, with that account's Owing
// alone or none. den is the Den that Owed gives for the programme. Only share-points need it, where
// it is the sum of everybody's points and never changes once the programme is settled.
func OwedTo(t Tables, m Migration, p *Programme, a Account, den Quantity) (*Ledgered, error) {
	heights, settled := m.Settled[p.Name]
	out := &Ledgered{Programme: p, Heights: heights, Settled: settled, Den: NewQuantity(1), everybody: den.Int()}
	err := out.compute(&oneAccount{Tables: t, account: a})
	if p.Kind == SharePoints {
		out.Den = den
	}
	return out, err
}

func (l *Ledgered) compute(t Tables) error {
	if !l.Settled || len(l.Heights) == 0 {
		return nil
	}
	switch l.Programme.Kind {
	case ConvertStake, ConvertRewards:
		return l.convert(t)
	case SharePoints:
		return l.share(t)
	case ConvertCoins:
		return l.coins(t)
	}
	return nil
}

// oneAccount are tables that show the balances and proofs of one account.
type oneAccount struct {
	Tables
	account  Account
	balances map[uint64]Balance // nil: not read
}

// Balances implements Tables.
func (t *oneAccount) Balances(height uint64, visit func(Balance) error) error {
	if t.balances == nil {
		list, err := t.AccountBalances(t.account)
		if err != nil {
			return err
		}
		t.balances = map[uint64]Balance{}
		for _, b := range list {
			t.balances[b.Height] = b.Balance
		}
	}
	if b, ok := t.balances[height]; ok {
		return visit(b)
	}
	return nil
}

// Proofs implements Tables.
func (t *oneAccount) Proofs(visit func(Proof) error) error {
	list, err := t.AccountProofs(t.account)
	if err != nil {
		return err
	}
	return each(list, visit)
}

// convert owes an account's stake or rewards in the one snapshot, times the ratio.
func (l *Ledgered) convert(t Tables) error {
	l.Den = NewQuantity(l.Programme.Ratio.Den)
	return eachBalance(t, l.Heights[0], func(b Balance) error {
		source := b.Staked
		if l.Programme.Kind == ConvertRewards {
			source = b.Rewards
		}
		if source == 0 {
			return nil
		}
		return l.add(b.Account, l.Programme.Ratio.Of(source))
	})
}

// coins owes what an account's accepted proofs show, each times the ratio and the step in force
// when it was received.
func (l *Ledgered) coins(t Tables) error {
	p := l.Programme
	l.Den = NewQuantity(p.commonDen())
	var account Account
	var parts []Part // of the account, by step
	flush := func() error {
		if len(parts) == 0 {
			return nil
		}
		err := l.add(account, parts...)
		parts = nil
		return err
	}
	err := t.Proofs(func(proof Proof) error {
		if proof.Account != account {
			if err := flush(); err != nil {
				return err
			}
			account = proof.Account
		}
		if proof.Status != AcceptedProof || proof.Height != l.Heights[0] {
			return nil
		}
		part := p.Ratio.times(p.StepAt(proof.At.Unix())).Of(proof.Total)
		i := slices.IndexFunc(parts, func(other Part) bool { return other.Num == part.Num && other.Den == part.Den })
		if i < 0 {
			parts = append(parts, part)
			return nil
		}
		var sum uint256.Int
		sum.Add(parts[i].Source.Int(), part.Source.Int()) // sums of 2^64 do not reach 2^256
		parts[i].Source = Quantity(sum)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// commonDen is the least common multiple of the ratio's denominator times each step's: every amount
// of the programme is a whole number of its parts. Terms in which it passes 2^63 are refused.
func (p *Programme) commonDen() uint64 {
	den := p.Ratio.Den
	for _, s := range p.Steps {
		den, _ = lcm(den, p.Ratio.Den*s.Factor.Den)
	}
	return den
}

// lcm is the least common multiple of two numbers that are not 0, or false when it passes 2^63-1.
func lcm(a, b uint64) (uint64, bool) {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	hi, lo := bits.Mul64(a/x, b)
	return lo, hi == 0 && lo <= math.MaxInt64
}

// share owes cap x the account's points / all accounts' points; points are staked atomic units,
// summed over snapshots.
func (l *Ledgered) share(t Tables) error {
	points, all := &column[uint256.Int]{}, new(uint256.Int)
	for _, height := range l.Heights {
		known, fresh := walk[uint256.Int]{column: points}, &column[uint256.Int]{}
		if err := eachBalance(t, height, func(b Balance) error {
			if b.Staked == 0 {
				return nil
			}
			all.AddUint64(all, uint64(b.Staked)) // 2^64 x the snapshots is far from 2^256
			if sum := known.find(b.Account); sum != nil {
				sum.AddUint64(sum, uint64(b.Staked))
				return nil
			}
			return fresh.add(b.Account, *uint256.NewInt(uint64(b.Staked)))
		}); err != nil {
			return err
		}
		points = points.merge(fresh)
	}
	if all.IsZero() {
		return nil
	}
	if l.everybody != nil {
		all = l.everybody
	}
	num := NewQuantity(uint64(l.Programme.Cap))
	l.Den = Quantity(*all)
	for i, a := range points.accounts {
		if err := l.add(a, Part{Quantity(points.values[i]), num, l.Den}); err != nil {
			return err
		}
	}
	return nil
}

// eachBalance visits the balances of a height, and refuses an account that is not above the one
// before.
func eachBalance(t Tables, height uint64, visit func(Balance) error) error {
	var last Account
	return t.Balances(height, func(b Balance) error {
		if b.Account <= last {
			return fmt.Errorf("balances of height %d: account %q comes after %q: the tables are out of order", height, b.Account, last)
		}
		last = b.Account
		return visit(b)
	})
}

// lastBalances are tables that remember the balances of the height that was read last: the
// programmes of one migration mostly read the same snapshot one after the other.
type lastBalances struct {
	Tables
	height uint64
	rows   []Balance // nil: none
}

// Balances implements Tables.
func (t *lastBalances) Balances(height uint64, visit func(Balance) error) error {
	if t.rows == nil || t.height != height {
		t.height, t.rows = height, []Balance{}
		if err := t.Tables.Balances(height, func(b Balance) error { t.rows = append(t.rows, b); return nil }); err != nil {
			t.rows = nil
			return err
		}
	}
	return each(t.rows, visit)
}

// add owes the floor of the exact sum of the parts, whose denominators divide the programme's.
func (l *Ledgered) add(a Account, parts ...Part) error {
	exact, err := scaled(parts, l.Den)
	if err != nil {
		return fmt.Errorf("programme %s, account %s: %w", l.Programme.Name, a, err)
	}
	owed, remainder, err := floor(exact, l.Den)
	if err != nil {
		return fmt.Errorf("programme %s, account %s: %w", l.Programme.Name, a, err)
	}
	l.Owings = append(l.Owings, Owing{a, parts, owed, remainder, l.Den})
	return nil
}

// floor is exact / den in whole atomic SESH, and what remains of exact.
func floor(exact *uint256.Int, den Quantity) (Sesh, Quantity, error) {
	var owed, remainder uint256.Int
	owed.DivMod(exact, den.Int(), &remainder)
	if !owed.IsUint64() || owed.Uint64() > maxCap {
		return 0, Quantity{}, fmt.Errorf("%s atomic SESH pass 2^63-1", owed.Dec())
	}
	return Sesh(owed.Uint64()), Quantity(remainder), nil
}

// Floor is what a part comes to in whole atomic SESH.
func (p Part) Floor() (Sesh, error) {
	exact, err := scaled([]Part{p}, p.Den)
	if err != nil {
		return 0, err
	}
	owed, _, err := floor(exact, p.Den)
	return owed, err
}

// scaled is den x the sum of the parts: a whole number, for den is a multiple of each part's
// denominator.
func scaled(parts []Part, den Quantity) (*uint256.Int, error) {
	sum := new(uint256.Int)
	for _, p := range parts {
		var factor, rest, product uint256.Int
		factor.DivMod(den.Int(), p.Den.Int(), &rest)
		if !rest.IsZero() || factor.IsZero() {
			return nil, fmt.Errorf("denominator %s does not divide %s", p.Den, den)
		}
		if _, over := product.MulOverflow(p.Source.Int(), p.Num.Int()); over {
			return nil, fmt.Errorf("%s x %s passes 2^256", p.Source, p.Num)
		}
		if _, over := product.MulOverflow(&product, &factor); over {
			return nil, fmt.Errorf("%s x %s passes 2^256", p.Source, p.Num)
		}
		if _, over := sum.AddOverflow(sum, &product); over {
			return nil, fmt.Errorf("the sum of the parts passes 2^256")
		}
	}
	return sum, nil
}
