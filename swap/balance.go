package swap

import (
	"cmp"
	"fmt"
	"slices"

	"oxenswap/swap/cryptonote"
)

// Balances adds the content up by account, sorted, together with the totals. Stakes count in funded
// nodes only.
//
// Under Rules1 an image that is locked or blacklisted twice is refused. Later rules take it, and
// leave out what UncountedStakes names.
func (c *Content) Balances(rules Rules) ([]Balance, SnapshotTotals, error) {
	var faults []string // by contribution
	if rules == Rules1 {
		if image, twice := c.repeatedImage(); twice {
			return nil, SnapshotTotals{}, fmt.Errorf("key image %s is locked or blacklisted twice", image)
		}
	} else {
		faults = c.pointFaults()
	}
	t := SnapshotTotals{Nodes: uint64(len(c.Nodes))}
	sums := map[string]*Balance{} // by address
	at := func(address string) *Balance {
		b := sums[address]
		if b == nil {
			b = &Balance{Address: address}
			sums[address] = b
		}
		return b
	}
	for _, n := range c.Nodes {
		if n.Funded {
			t.Funded++
		}
		for _, k := range n.Contributors {
			var locked Oxen
			for _, l := range k.Locked {
				if rules != Rules1 && faults[t.Contributions] != "" {
					t.Uncounted++
					t.UncountedAmount += l.Amount
				} else {
					locked += l.Amount // Normalise has summed them all without overflow
				}
				t.Contributions++
			}
			if !n.Funded {
				t.Unfunded += locked
			} else if locked > 0 {
				t.Staked += locked
				at(k.Address).Staked += locked
			}
		}
	}
	for _, r := range c.Rewards {
		if r.Amount > 0 {
			t.Rewards += r.Amount
			at(r.Address).Rewards += r.Amount
		}
	}
	for _, b := range c.Blacklist {
		var err error
		if t.Blacklisted, err = add(t.Blacklisted, b.Amount, "blacklisted stakes"); err != nil {
			return nil, t, err
		}
	}
	rows := make([]Balance, 0, len(sums))
	for _, b := range sums {
		a, err := cryptonote.DecodeAddress(b.Address)
		if err != nil {
			return nil, t, fmt.Errorf("address %s: %w", b.Address, err)
		}
		b.Account = AccountOf(a)
		rows = append(rows, *b)
	}
	slices.SortFunc(rows, func(a, b Balance) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Address, b.Address))
	})
	// Addresses with one spend key are one account.
	merged := rows[:0]
	for _, b := range rows {
		if n := len(merged); n > 0 && merged[n-1].Account == b.Account {
			merged[n-1].Staked += b.Staked
			merged[n-1].Rewards += b.Rewards
			continue
		}
		merged = append(merged, b)
	}
	t.Accounts = uint64(len(merged))
	return merged, t, nil
}
