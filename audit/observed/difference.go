package observed

import (
	"cmp"
	"fmt"
	"slices"

	"oxenswap/swap"
)

// Difference names the first difference between a log's snapshot and one's own, both in normal
// form: the account, node or key image, and the field. "" if there is none.
func Difference(log, own *swap.Content) string {
	if what := field("block hash", log.BlockHash, own.BlockHash) + field("hard fork", log.HardFork, own.HardFork); what != "" {
		return what
	}
	if what := inBoth("service node", log.Nodes, own.Nodes, func(n swap.Node) string { return n.Key.String() }, ofNode); what != "" {
		return what
	}
	if what := inBoth("accrued rewards of", log.Rewards, own.Rewards, func(r swap.Reward) string { return r.Address }, func(a, b swap.Reward) string {
		return field("amount", a.Amount, b.Amount)
	}); what != "" {
		return what
	}
	return inBoth("blacklisted key image", log.Blacklist, own.Blacklist, func(b swap.BlacklistedStake) string { return b.KeyImage.String() }, func(a, b swap.BlacklistedStake) string {
		return cmp.Or(field("unlock height", a.UnlockHeight, b.UnlockHeight), field("amount", a.Amount, b.Amount))
	})
}

func ofNode(a, b swap.Node) string {
	return cmp.Or(
		field("funded", a.Funded, b.Funded), field("active", a.Active, b.Active), field("operator", a.Operator, b.Operator),
		field("registration height", a.RegistrationHeight, b.RegistrationHeight),
		field("staking requirement", a.StakingRequirement, b.StakingRequirement),
		field("requested unlock height", a.RequestedUnlockHeight, b.RequestedUnlockHeight),
		inBoth("contributor", a.Contributors, b.Contributors, func(c swap.Contributor) string { return c.Address }, func(a, b swap.Contributor) string {
			return inBoth("key image", a.Locked, b.Locked, func(l swap.Locked) string { return l.KeyImage.String() }, func(a, b swap.Locked) string {
				return cmp.Or(field("amount", a.Amount, b.Amount), field("one-time key", a.OneTime, b.OneTime))
			})
		}),
	)
}

func field[T comparable](name string, log, own T) string {
	if log == own {
		return ""
	}
	return fmt.Sprintf("%s: %v in the log, %v as you observed", name, log, own)
}

// inBoth compares two lists in the order of the names of what is in them, each name as often as it
// is there.
func inBoth[T any](what string, log, own []T, name func(T) string, compare func(a, b T) string) string {
	byName := func(a, b T) int { return cmp.Compare(name(a), name(b)) }
	log, own = slices.Clone(log), slices.Clone(own)
	slices.SortStableFunc(log, byName)
	slices.SortStableFunc(own, byName)
	for i := 0; i < len(log) || i < len(own); i++ {
		switch {
		case i == len(own) || i < len(log) && byName(log[i], own[i]) < 0:
			return fmt.Sprintf("%s %s: in the log only", what, name(log[i]))
		case i == len(log) || byName(log[i], own[i]) > 0:
			return fmt.Sprintf("%s %s: not in the log", what, name(own[i]))
		}
		if d := compare(log[i], own[i]); d != "" {
			return fmt.Sprintf("%s %s: %s", what, name(log[i]), d)
		}
	}
	return ""
}
