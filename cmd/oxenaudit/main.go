// Command oxenaudit recomputes a migration from an export of its ledger, plain files in a folder or behind a URL, checks
// receipts, compares states of a log, and watches one. It holds no key, and writes only the files that --html and --state
// name.
//
// The answer goes to stdout, words to stderr; --json prints the answer as JSON. It exits 0 if the answer is yes (of replay:
// if everything holds and was anchored), 1 when it is no or something could not be read, 2 when it was called wrongly.
// Progress bars appear on terminals only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"oxenswap/audit"
)

const version = "oxenaudit 0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	debug.SetGCPercent(audit.GCPercent)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errNo is returned by commands whose answer is no and that have said so already.
var errNo = errors.New("the answer is no")

// usageError is a call that can never work, whatever the export holds.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes one command line and returns the exit code. It is the only place that decides one.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNo):
		return 1
	}
	fmt.Fprintln(stderr, "oxenaudit:", err)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "oxenaudit",
		Short:         "Checks the ledger of a migration without trusting anybody",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no subcommand %q (see `oxenaudit --help`)", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			return usage("a subcommand is missing (see `oxenaudit --help`)")
		},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%v (see `%s --help`)", err, c.CommandPath())
	})
	root.AddCommand(newReplay(stdout, stderr), newReceipt(stdout), newConsistency(stdout), newDiff(stdout), newWatch(stdout, stderr), &cobra.Command{
		Use: "version", Short: "Print the version of this program", Args: exactArgs(0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(stdout, version)
			return err
		},
	})
	return root
}

func exactArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%d arguments given, %s takes %d (usage: %s)", len(args), c.CommandPath(), n, c.UseLine())
		}
		return nil
	}
}
