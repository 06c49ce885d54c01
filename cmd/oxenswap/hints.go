package main

import (
	"errors"
	"fmt"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

// hint says which command helps with an error. Libraries do not know the commands; "" where there
// is nothing to add.
func hint(err error) string {
	var mode *datadir.ModeError
	var shared *datadir.SharedError
	var refusal *swap.Refusal
	switch {
	case errors.As(err, new(*datadir.NoConfigError)):
		return "`oxenswap init` makes a data directory"
	case errors.Is(err, store.ErrNoLedger):
		return "`oxenswap init` makes one"
	case errors.Is(err, store.ErrProjections):
		return "once you know who changed it, `oxenswap ledger rebuild` makes it again from the entries"
	case errors.Is(err, store.ErrDamaged):
		return "put back a copy that `oxenswap ledger verify` accepts"
	case errors.Is(err, store.ErrUnconfirmed):
		return "look at `oxenswap ledger tail` and run the command again"
	case errors.Is(err, swap.ErrAlarm):
		return "`oxenswap chain status` lists the differences"
	case errors.Is(err, swap.ErrOperators):
		return "`oxenswap operator keygen` makes a key and prints its public half"
	case errors.As(err, &refusal) && needsOwnLine(refusal.Reason):
		return "`oxenswap claim text` prints the line"
	case errors.As(err, new(*service.NotJudgedError)):
		return "run the command again"
	case errors.As(err, &mode):
		return fmt.Sprintf("run `%s`", mode.Repair())
	case errors.As(err, &shared):
		return fmt.Sprintf("run `chmod go-w %s`, or name another place with --dir", shared.Path)
	}
	return chainHint(err)
}

// chainHint is the hint about an error of package sender.
func chainHint(err error) string {
	var round *sender.RoundError
	var rail *sender.RailError
	switch {
	case errors.As(err, &rail) && rail.Rail == sender.RailApprovals:
		return "`oxenswap round approve`"
	case errors.As(err, &rail) && rail.Rail == sender.RailBatch:
		return "`oxenswap chain push --new-plan`"
	case errors.Is(err, sender.ErrDamaged):
		return "run `oxenswap ledger verify`"
	case errors.Is(err, sender.ErrNoDistributor):
		return "`oxenswap chain deploy` comes first"
	case errors.Is(err, sender.ErrNoPending):
		return "`oxenswap chain propose` comes first"
	case errors.Is(err, sender.ErrPaused):
		return "`oxenswap chain unpause`, or `oxenswap chain safe-export unpause` for a Safe"
	case errors.Is(err, sender.ErrOwnersWallet):
		return "`oxenswap chain safe-export` writes the call for a Safe"
	case errors.As(err, new(*sender.DifferencesError)):
		return "run `oxenswap chain reconcile`"
	case errors.Is(err, sender.ErrNotPending), errors.Is(err, sender.ErrOvertaken):
		return "look at `oxenswap chain status`"
	case errors.As(err, new(*sender.NoRoundError)):
		return "`oxenswap round list` shows those there are"
	case errors.As(err, &round) && errors.Is(err, sender.ErrNotApproved):
		return fmt.Sprintf("run `oxenswap round approve %d`", round.Round)
	case errors.As(err, &round) && (errors.Is(err, sender.ErrUnfinished) || errors.As(err, new(*ethclient.UnderfundedError))):
		return fmt.Sprintf("run `oxenswap chain fund --round %d`", round.Round)
	}
	return ""
}

// asUsage makes an error that only a flag can cause a usage error.
// needsOwnLine reports whether a refused claim has to sign the line of this migration instead.
func needsOwnLine(r swap.Reason) bool {
	return r == swap.ReasonText || r == swap.ReasonMigration || r == swap.ReasonLegacy
}

// asUsage makes errors that a flag alone has caused wrong calls.
func asUsage(err error) error {
	if errors.Is(err, datadir.ErrFixedClock) {
		return cli.Usage("--clock: %w", err)
	}
	return err
}
