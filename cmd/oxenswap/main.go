// Command oxenswap is the operator's program: it takes snapshots of an Oxen network, records
// claims, builds rounds, puts them on chain, and writes every step to its ledger. Package cli says
// how it behaves on a command line. Progress bars appear on terminals only.
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
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(&app{stdin: stdin, stdout: stdout, stderr: stderr})
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return cli.Execute(ctx, root, args, hint)
}

func newRoot(a *app) *cobra.Command {
	root := cli.Root(&cobra.Command{
		Use:     "oxenswap",
		Short:   "Moves the Oxen network's economy to Session Token",
		Version: cli.Version("oxenswap"),
	},
		a.initCommand(), a.termsCommand(), a.operatorCommand(), a.snapshotCommand(), a.serveCommand(), a.verifyCommand(),
		a.claimCommand(), a.owedCommand(), a.roundCommand(), a.treeCommand(), a.chainCommand(), a.ledgerCommand(),
	)
	flags := root.PersistentFlags()
	flags.StringVar(&a.dir, "dir", "oxenswap", "data directory")
	flags.BoolVar(&a.json, "json", false, "print data as JSON")
	flags.StringVar(&a.clock, "clock", "", "fix the clock at a time such as 2026-11-22T12:00:00Z (fakechain only)")
	return root
}
