package main

import (
	"errors"
	"fmt"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap/service"
)

// hint says which command helps with an error. Libraries do not know the commands; "" where there
// is nothing to add.
func hint(err error) string {
	var mode *datadir.ModeError
	switch {
	case errors.As(err, new(*datadir.NoConfigError)):
		return "`oxenswap init` makes a data directory"
	case errors.As(err, new(*service.NotJudgedError)):
		return "run the command again"
	case errors.As(err, &mode):
		return fmt.Sprintf("run `chmod %o %s`", mode.Want, mode.Path)
	}
	return ""
}

// asUsage makes an error that only a flag can cause a usage error.
func asUsage(err error) error {
	if errors.Is(err, datadir.ErrFixedClock) {
		return cli.Usage("--clock: %w", err)
	}
	return err
}
