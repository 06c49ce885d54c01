package main

import (
	"errors"
	"fmt"
	"testing"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
)

// TestChainHints has every error of package sender that a command helps with, wrapped as commands
// wrap it.
func TestChainHints(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("something else"), ""},
		{&sender.RailError{Rail: "day", Limit: 5, Asked: 6}, ""},
		{&sender.RailError{Rail: sender.RailApprovals, Limit: 1, Asked: 2}, "`oxenswap round approve`"},
		{&sender.RailError{Rail: sender.RailBatch, Limit: 2, Asked: 7}, "`oxenswap chain push --new-plan`"},
		{sender.ErrDamaged, "run `oxenswap ledger verify`"},
		{sender.ErrNoDistributor, "`oxenswap chain deploy` comes first"},
		{sender.ErrNoPending, "`oxenswap chain propose` comes first"},
		{sender.ErrPaused, "`oxenswap chain unpause`, or `oxenswap chain safe-export unpause` for a Safe"},
		{sender.ErrOwnersWallet, "`oxenswap chain safe-export` writes the call for a Safe"},
		{sender.ErrAlarm, ""},
		{&sender.DifferencesError{Count: 2, First: "a payment"}, "run `oxenswap chain reconcile`"},
		{&sender.NoRoundError{Round: 9}, "`oxenswap round list` shows those there are"},
		{&sender.RoundError{Round: 3, Err: sender.ErrNotApproved}, "run `oxenswap round approve 3`"},
		{&sender.RoundError{Round: 3, Err: sender.ErrNotPending}, "look at `oxenswap chain status`"},
		{&sender.RoundError{Round: 3, Err: sender.ErrOvertaken}, "look at `oxenswap chain status`"},
		{&sender.RoundError{Round: 3, Err: sender.ErrUnfinished}, "run `oxenswap chain fund --round 3`"},
		{&sender.RoundError{Round: 3, Err: &ethclient.UnderfundedError{Need: 2, Balance: 1}}, "run `oxenswap chain fund --round 3`"},
	} {
		if got := hint(fmt.Errorf("chain: %w", c.err)); got != c.want {
			t.Errorf("hint about %q: %q, want %q", c.err, got, c.want)
		}
	}
}
