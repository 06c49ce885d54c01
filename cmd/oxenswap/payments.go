package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/swap"
)

// payment is one allocation of a published round, and the transaction that paid it.
type payment struct {
	Round     uint64          `json:"round"`
	Account   swap.Account    `json:"account"`
	Oxen      string          `json:"oxen"`
	Programme string          `json:"programme"`
	Source    []swap.Part     `json:"source"` // atomic OXEN, or points
	Amount    swap.Amount     `json:"amount"` // atomic SESH
	Recipient swap.EVMAddress `json:"recipient"`
	PaidIn    *swap.Hash      `json:"paid_in"` // final transaction; null: not paid yet
}

func (a *app) roundPaymentsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "payments",
		Short: "List every allocation of published rounds with the transaction that paid it",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.read, func(w *world) error {
				var list []payment
				if err := w.View(c.Context(), func(t swap.Tables, _ uint64) (err error) {
					list, err = w.payments(t)
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
						fmt.Fprintf(out, "%.10s..\t%s\t%s\t%s\t%s\t%s\n", p.Oxen, p.Programme, w.describeSource(p), p.Amount.Coins(), p.Recipient, paid)
					}
				})
			})
		},
	}
}

// describeSource is what an amount was computed from: OXEN, or points where a pot is shared.
func (w *world) describeSource(p payment) string {
	programme, _ := w.terms().Programme(p.Programme)
	var sum swap.Amount
	for _, part := range p.Source {
		n, err := swap.ParseAmount(part.Source.String())
		if err != nil || programme.Kind == swap.SharePoints {
			return part.Source.String() + " points"
		}
		sum += n
	}
	return sum.Coins()
}

// payments lists the allocations of published rounds. An allocation is paid by the first payment to its recipient after
// which that recipient has at least what it had in all, in the allocation's round.
func (w *world) payments(t swap.Tables) ([]payment, error) {
	payouts := map[swap.EVMAddress][]swap.Payout{}
	if err := t.Payouts(func(p swap.Payout) error {
		payouts[p.Recipient] = append(payouts[p.Recipient], p)
		return nil
	}); err != nil {
		return nil, err
	}
	addresses := map[swap.Account]string{}
	if err := t.LatestClaims(func(c swap.Claim) error { addresses[c.Account] = c.Oxen; return nil }); err != nil {
		return nil, err
	}
	rounds, err := t.Rounds()
	if err != nil {
		return nil, err
	}
	list := []payment{}
	cumulative := map[swap.EVMAddress]swap.Amount{}
	for _, r := range rounds {
		if !r.Status.Published() {
			continue
		}
		first := len(list)
		if err := t.Allocations(r.Round, func(l swap.Allocation) error {
			cumulative[l.Recipient] += l.Amount
			list = append(list, payment{r.Round, l.Account, addresses[l.Account], l.Programme, l.Parts, l.Amount, l.Recipient, nil})
			return nil
		}); err != nil {
			return nil, err
		}
		for i := range list[first:] {
			p := &list[first+i]
			for _, paid := range payouts[p.Recipient] {
				if paid.Cumulative >= cumulative[p.Recipient] {
					p.PaidIn = &paid.Tx
					break
				}
			}
		}
	}
	return list, nil
}
