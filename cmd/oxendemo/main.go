// Command oxendemo is the local world of the demonstration and of tests by hand: daemons that play recordings, a
// development chain, throw-away keys, a test token, and large made-up networks.
//
// Data goes to stdout, words to stderr. Servers print the URL on which they listen as the first line of stdout, listen on
// loopback unless told otherwise, and stop on SIGTERM. It exits 0 when done, 1 when something failed, 2 when it was
// called wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is a call that can never work.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes one command line and returns the exit code. It is the only place that decides one.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "oxendemo:", err)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "oxendemo",
		Short:         "A local Oxen network and a local chain, for demonstrations",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q (see `oxendemo --help`)", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%v (see `%s --help`)", err, c.CommandPath())
	})
	root.AddCommand(daemonCommand(), chainCommand(), keyCommand(), tokenCommand(), synthCommand(), forgeCommand())
	return root
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes no argument %q (see `%s --help`)", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

// require makes flags mandatory.
func require(c *cobra.Command, names ...string) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		for _, name := range names {
			if !c.Flags().Changed(name) {
				return usage("--%s is missing (usage: %s)", name, c.UseLine())
			}
		}
		return noArgs(c, args)
	}
	return c
}
