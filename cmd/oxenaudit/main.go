// Command oxenaudit recomputes a migration from an export of its ledger, plain files in a folder or
// behind a URL, checks receipts, compares states of a log, watches one, and takes snapshots of its
// own. It holds no key, and writes only the files that --html and --state name and the folder of
// observe. Package cli says how it behaves on a command line; the answer of replay is yes if
// everything holds and was anchored. Progress bars appear on terminals only.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"oxenswap/audit"
	"oxenswap/cmd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	debug.SetGCPercent(audit.GCPercent)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return cli.Execute(ctx, newRoot(stdout, stderr), args, nil)
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	version := cli.Version("oxenaudit")
	root := cli.Root(&cobra.Command{
		Use:     "oxenaudit",
		Short:   "Checks the ledger of a migration without trusting anybody",
		Version: version,
	}, newReplay(stdout, stderr), newReceipt(stdout), newConsistency(stdout), newDiff(stdout), newWatch(stdout, stderr), newObserve(stdout), &cobra.Command{
		Use: "version", Short: "Print the version of this program", Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(stdout, version)
			return err
		},
	})
	// A script that forgets the subcommand must not take it for an audit that holds.
	root.RunE = func(c *cobra.Command, _ []string) error {
		return cli.Usage("a subcommand is missing (see `%s --help`)", c.CommandPath())
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root
}
