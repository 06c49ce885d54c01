package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient/reconcile"
	"oxenswap/store"
)

func (a *app) chainReconcileCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reconcile",
		Short: "Rebuild every payment from the distributor's events and compare it with the ledger",
		Long: `Read everything that the distributor did, from its deployment to the newest final block, and compare it with the ledger,
the live root and the contract's own sums. A difference is recorded and stops sending until a person acknowledges it
(` + "`oxenswap ledger correct`" + `). Beside a command that sends, it only looks.`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			return a.withChainOrBeside(ctx, func(o *operator, beside bool) error {
				compare := o.sender.Reconcile
				if beside {
					compare = o.sender.Inspect
				}
				r, err := compare(ctx)
				if err != nil {
					return err
				}
				if err := a.print(r, func(w io.Writer) { printReport(w, r) }); err != nil {
					return err
				}
				if err := o.Reload(ctx); err != nil {
					return err
				}
				if err := a.alarmed(o.Migration); err != nil || len(r.Differences) == 0 {
					return err
				}
				return cli.ErrNo
			})
		},
	}
}

// withChainOrBeside is withChain, unless another command is sending or writing: then the function
// gets the data directory opened for reading, and is told so.
func (a *app) withChainOrBeside(ctx context.Context, f func(o *operator, beside bool) error) error {
	started := false
	err := a.withChain(ctx, nodes{}, func(o *operator) error {
		started = true
		return f(o, false)
	})
	if started || !errors.Is(err, store.ErrInUse) {
		return err
	}
	a.say("another command is at work here: this shows what the ledger knows and the chain says, and records nothing")
	return a.with(ctx, a.openReading, func(d *datadir.Dir) error {
		return a.onChain(ctx, d, nodes{}, func(o *operator) error { return f(o, true) })
	})
}

func printReport(w io.Writer, r *reconcile.Report) {
	fmt.Fprintf(w, "up to block\t%d, final\nevents\t%d", r.Block, r.Events)
	if r.Newer > 0 {
		fmt.Fprintf(w, ", %d of them newer than the ledger", r.Newer)
	}
	fmt.Fprintf(w, "\npayments\t%d to %d recipients, %s\n", r.Payments, r.Recipients, r.Paid)
	fmt.Fprintf(w, "still owed\t%s under the live root, %s are there\n", r.Owed, r.Balance)
	if r.Acknowledged > 0 {
		fmt.Fprintf(w, "acknowledged\t%d differences\n", r.Acknowledged)
	}
	fmt.Fprintf(w, "differences\t%d\n", len(r.Differences))
	if len(r.Differences) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWHAT\tOF\tTHE CHAIN SAYS\tTHE LEDGER SAYS")
	for _, d := range r.Differences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.What, d.About, d.Chain, d.Ledger)
	}
}
