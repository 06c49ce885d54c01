// Command oxendemo is the local world of the demonstration and of tests by hand: daemons that play
// recordings, a development chain, throw-away keys, a test token, and large made-up networks.
//
// Package cli says how it behaves on a command line. Servers print the URL on which they listen as
// the first line of stdout, listen on loopback unless told otherwise, and stop on SIGTERM.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := cli.Root(&cobra.Command{
		Use:     "oxendemo",
		Short:   "A local Oxen network and a local chain, for demonstrations",
		Version: cli.Version("oxendemo"),
	}, daemonCommand(), chainCommand(), keyCommand(), tokenCommand(), synthCommand(), forgeCommand())
	root.SetOut(stdout)
	root.SetErr(stderr)
	return cli.Execute(ctx, root, args, nil)
}
