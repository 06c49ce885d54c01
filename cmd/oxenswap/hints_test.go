package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/store"
	"oxenswap/swap"
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

func TestHint(t *testing.T) {
	_, otherLine := swap.ParseClaimText("hello")
	for _, test := range []struct {
		err  error
		want string
	}{
		{store.ErrNoLedger, "oxenswap init"},
		{store.ErrDamaged, "oxenswap ledger verify"},
		{fmt.Errorf("the table claims %w: %w", store.ErrProjections, store.ErrDamaged), "oxenswap ledger rebuild"},
		{store.ErrUnconfirmed, "oxenswap ledger tail"},
		{swap.ErrAlarm, "oxenswap chain status"},
		{swap.ErrOperators, "oxenswap operator keygen"},
		{otherLine, "oxenswap claim text"},
	} {
		if got := hint(fmt.Errorf("wrapped: %w", test.err)); !strings.Contains(got, "`"+test.want+"`") {
			t.Errorf("hint for %q: got %q, want one that names `%s`", test.err, got, test.want)
		}
	}
	if got := hint(&swap.Refusal{Reason: swap.ReasonSignature}); got != "" {
		t.Errorf("hint for a wrong signature: got %q, want none", got)
	}
}
