package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/signer"
)

func (a *app) chainPushCommand() *cobra.Command {
	var number uint64
	var dryRun, anew bool
	c := a.actByAnyone("push ROUND [--dry-run]", "Pay everyone in the live round who is not paid yet, in batches", "; anyone may push", oneRound(&number),
		func(ctx context.Context, o *operator, key signer.Signer) error {
			push := o.sender.Push
			if anew {
				push = o.sender.PushAnew
			}
			p, err := push(ctx, key, number, dryRun)
			if err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) { printPushed(w, p, dryRun) })
		})
	c.Long = `Pay everyone in the live round who is not paid yet, in batches. After an interruption the same command goes on in the
middle. When all is final, the ledger is compared with the chain (` + "`oxenswap chain reconcile`" + `).`
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show the batches, the cost at the present price of gas and the total; sign nothing")
	c.Flags().BoolVar(&anew, "new-plan", false, "leave the rest of the last plan and cut new batches by the settings in force")
	return c
}

func printPushed(w io.Writer, p *sender.Pushed, dryRun bool) {
	if len(p.Batches) == 0 {
		fmt.Fprintf(w, "round %d: nobody is left to push to: %d recipients have it, %d are below the least amount that is pushed\n", p.Round, p.Paid, p.TooSmall)
		return
	}
	last := "TRANSACTION"
	if dryRun {
		last = ""
	}
	fmt.Fprintf(w, "BATCH\tRECIPIENTS\tSESH\tGAS\tBYTES\t%s\n", last)
	for _, b := range p.Batches {
		tx := ""
		switch {
		case b.Tx != nil:
			tx = "0x" + b.Tx.String()
		case !dryRun:
			tx = "none: they had it already"
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%d\t%d\t%s\n", b.Batch, b.Recipients, b.Amount.Coins(), b.Gas, b.Bytes, tx)
	}
	verb := "pushed"
	if dryRun {
		verb = "would be pushed"
	}
	fmt.Fprintf(w, "\n%s %s to %d recipients of round %d (plan %d); gas: %s of the chain's coin\n", p.Amount, verb, p.Recipients, p.Round, p.Plan, ether(p.Cost))
	if p.Price != nil {
		fmt.Fprintf(w, "at the present price of %s wei per gas\n", p.Price)
	}
	fmt.Fprintf(w, "left out: %d who have it already, %d below the least amount that is pushed\n", p.Paid, p.TooSmall)
}
