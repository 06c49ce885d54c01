package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

func (a *app) roundPaymentsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "payments",
		Short: "List every allocation of published rounds with the transaction that paid it",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				var list []service.Payment
				if err := d.View(c.Context(), func(t swap.Tables, _ uint64) (err error) {
					list, err = service.Payments(t)
					return err
				}); err != nil {
					return err
				}
				return a.print(list, func(out io.Writer) {
					fmt.Fprintln(out, "ACCOUNT\tPROGRAMME\tOXEN\tSESH\tRECIPIENT\tPAID IN TRANSACTION")
					for _, p := range list {
						paid := "not paid yet"
						if p.PaidIn != nil {
							paid = "0x" + p.PaidIn.String()
						}
						fmt.Fprintf(out, "%.10s..\t%s\t%s\t%s\t%s\t%s\n", p.Oxen, p.Programme, describeSource(d.Terms(), p), p.Amount.Coins(), p.Recipient, paid)
					}
				})
			})
		},
	}
}

// describeSource is what an amount was computed from: OXEN, or points where a pot is shared.
func describeSource(terms *swap.Terms, p service.Payment) string {
	programme, _ := terms.Programme(p.Programme)
	var sum swap.Oxen
	for _, part := range p.Source {
		n := part.Source.Int()
		if !n.IsUint64() || programme.Kind == swap.SharePoints {
			return part.Source.String() + " points"
		}
		sum += swap.Oxen(n.Uint64())
	}
	return sum.Coins()
}
