package desk

import (
	"sync"

	"github.com/holiman/uint256"

	"oxenswap/swap"
)

// Owed is what one programme owes an account and what rounds gave it, in atomic SESH.
type Owed struct {
	Programme string        `json:"programme"`
	Kind      swap.Kind     `json:"kind"`
	Heights   []uint64      `json:"heights"` // final snapshots; none yet: nothing is owed so far
	Parts     []swap.Part   `json:"parts"`   // atomic OXEN or points, times num / den
	Owed      swap.Sesh     `json:"owed"`    // the sum of the parts, rounded down
	Remainder swap.Quantity `json:"remainder"`
	Den       swap.Quantity `json:"den"`
	Rounds    []OwedRound   `json:"rounds"`
	Waiting   bool          `json:"waiting"` // its snapshots are not all decided
}

// OwedRound is what one round gave.
type OwedRound struct {
	Round     uint64           `json:"round"`
	Status    swap.RoundStatus `json:"status"`
	Amount    swap.Sesh        `json:"amount"`
	Recipient swap.EVMAddress  `json:"recipient"`
}

// Statement is everything that an account is owed, and why.
type Statement struct {
	Programmes []Owed    `json:"programmes"`
	Total      swap.Sesh `json:"total"`
	Given      swap.Sesh `json:"given"` // by published rounds
}

// StateOwed computes what an account is owed. points gives all accounts' points in a share-points
// programme.
func StateOwed(t swap.Tables, m swap.Migration, a swap.Account, points func(swap.Tables, swap.Migration, *swap.Programme) (swap.Quantity, error)) (Statement, error) {
	out := Statement{Programmes: []Owed{}}
	allocations, err := t.AccountAllocations(a)
	if err != nil {
		return out, err
	}
	for i := range m.Terms.Programmes {
		p := &m.Terms.Programmes[i]
		den, err := points(t, m, p)
		if err != nil {
			return out, err
		}
		one, err := swap.OwedTo(t, m, p, a, den)
		if err != nil {
			return out, err
		}
		row := Owed{Programme: p.Name, Kind: p.Kind, Heights: one.Heights, Parts: []swap.Part{}, Den: one.Den, Rounds: []OwedRound{}, Waiting: !one.Settled}
		for _, o := range one.Owings {
			row.Parts, row.Owed, row.Remainder, row.Den = o.Parts, o.Owed, o.Remainder, o.Den
		}
		for _, l := range allocations {
			if l.Programme == p.Name {
				row.Rounds = append(row.Rounds, OwedRound{l.Round, l.Status, l.Amount, l.Recipient})
				if l.Status.Published() {
					out.Given += l.Amount
				}
			}
		}
		out.Total += row.Owed
		out.Programmes = append(out.Programmes, row)
	}
	return out, nil
}

// Points are all accounts' points in a share-points programme, 1 in others and before it is
// settled: the staked amounts of its snapshots, whose totals were held against their balances when
// they were recorded.
func Points(t swap.Tables, m swap.Migration, p *swap.Programme) (swap.Quantity, error) {
	heights, settled := m.Settled[p.Name]
	if p.Kind != swap.SharePoints || !settled || len(heights) == 0 {
		return swap.NewQuantity(1), nil
	}
	all := new(uint256.Int)
	for _, h := range heights {
		s, err := t.Snapshot(h)
		if err != nil {
			return swap.Quantity{}, err
		}
		all.AddUint64(all, uint64(s.Totals.Staked)) // 2^64 x the snapshots is far from 2^256
	}
	if all.IsZero() {
		return swap.NewQuantity(1), nil
	}
	return swap.Quantity(*all), nil
}

// shares remembers Points of programmes that are settled: nothing changes them any more.
type shares struct{ settled sync.Map } // programme -> swap.Quantity

func (s *shares) points(t swap.Tables, m swap.Migration, p *swap.Programme) (swap.Quantity, error) {
	if q, ok := s.settled.Load(p.Name); ok {
		return q.(swap.Quantity), nil
	}
	q, err := Points(t, m, p)
	if _, settled := m.Settled[p.Name]; err == nil && settled {
		s.settled.Store(p.Name, q)
	}
	return q, err
}
