// Command oxenswap is the operator's program: it takes snapshots of an Oxen network, records claims, builds rounds,
// puts them on chain, and writes every step to its ledger.
//
// Data goes to stdout, words to stderr; --json prints data as JSON. It exits 0 when done, 1 when the answer is no or
// something failed, 2 when it was called wrongly. Progress bars appear on terminals only.
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

// version is what migration.opened records as the software.
const version = "oxenswap 0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// errNo is returned by commands whose answer is no and that have said so already.
var errNo = errors.New("the answer is no")

// usageError is a call that can never work, whatever the data directory holds.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes one command line and returns the exit code. It is the only place that decides one.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(&app{stdin: stdin, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNo):
		return 1
	}
	fmt.Fprintln(stderr, "oxenswap:", err)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "oxenswap",
		Short:         "Moves the Oxen network's economy to Session Token",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%v (see `%s --help`)", err, c.CommandPath())
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.dir, "dir", "oxenswap", "data directory")
	flags.BoolVar(&a.json, "json", false, "print data as JSON")
	flags.StringVar(&a.clock, "clock", "", "fix the clock at a time such as 2026-11-22T12:00:00Z (fakechain only)")
	root.AddCommand(
		a.initCommand(), a.termsCommand(), a.operatorCommand(), a.snapshotCommand(), a.serveCommand(), a.verifyCommand(),
		a.claimCommand(), a.owedCommand(), a.roundCommand(), a.treeCommand(), a.chainCommand(), a.ledgerCommand(),
	)
	return root
}

// group is a command that only has subcommands.
func group(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s needs a subcommand (see `%s --help`)", c.CommandPath(), c.CommandPath())
			}
			return usage("%s has no subcommand %q (see `%s --help`)", c.CommandPath(), args[0], c.CommandPath())
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(subcommands...)
	return c
}

func noArgs(c *cobra.Command, args []string) error { return exactArgs(0)(c, args) }

func exactArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%d arguments given, %s takes %d (usage: %s)", len(args), c.CommandPath(), n, c.UseLine())
		}
		return nil
	}
}

// require makes flags mandatory, with exit code 2 when one is missing.
func require(c *cobra.Command, names ...string) *cobra.Command {
	inner := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		for _, name := range names {
			if !c.Flags().Changed(name) {
				return usage("--%s is missing (usage: %s)", name, c.UseLine())
			}
		}
		if inner == nil {
			return nil
		}
		return inner(c, args)
	}
	return c
}
