package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
)

// owedView is what `owed` prints: one account, everything that it is owed, and why.
type owedView struct {
	Oxen    string       `json:"oxen"`
	Account swap.Account `json:"account"`
	Claim   *claimView   `json:"claim"`
	desk.Statement
}

func (a *app) owedCommand() *cobra.Command {
	var oxen string
	c := &cobra.Command{
		Use:   "owed --oxen A",
		Short: "Explain what an Oxen account is owed, line by line",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				address, err := swap.ParseOxen(d.Terms(), oxen)
				if err != nil {
					return err
				}
				v := owedView{Oxen: address.Standard().String(), Account: swap.AccountOf(address)}
				if err := d.View(c.Context(), func(t swap.Tables, _ uint64) error { return v.fill(t) }); err != nil {
					return err
				}
				return a.print(v, func(out io.Writer) { v.explain(out, d.Terms()) })
			})
		},
	}
	c.Flags().StringVar(&oxen, "oxen", "", "the holder's main Oxen address")
	return cli.Require(c, "oxen")
}

func (v *owedView) fill(t swap.Tables) error {
	m, err := t.Migration()
	if err != nil {
		return err
	}
	latest, err := t.LatestClaim(v.Account)
	if err == nil {
		claim := viewClaim(latest)
		v.Claim = &claim
	} else if !errors.Is(err, swap.ErrNotFound) {
		return err
	}
	v.Statement, err = desk.StateOwed(t, m, v.Account, desk.Points)
	return err
}

func (v *owedView) explain(out io.Writer, terms *swap.Terms) {
	fmt.Fprintf(out, "%s\naccount %s\n", v.Oxen, v.Account)
	for _, row := range v.Programmes {
		p, _ := terms.Programme(row.Programme)
		fmt.Fprintf(out, "\n%s: %s\n", row.Programme, describeProgramme(p))
		switch {
		case row.Waiting && (p.Kind == swap.ConvertStake || p.Kind == swap.ConvertRewards || p.Kind == swap.SharePoints):
			fmt.Fprintf(out, "  its snapshots are not all final yet: nothing is owed so far\n")
		case len(row.Parts) == 0:
			fmt.Fprintf(out, "  nothing\n")
		}
		for _, part := range row.Parts {
			unit := "atomic OXEN"
			if p.Kind == swap.SharePoints {
				unit = "points"
			}
			fmt.Fprintf(out, "  %s %s x %s / %s\n", part.Source, unit, part.Num, part.Den)
		}
		if len(row.Parts) > 0 {
			fmt.Fprintf(out, "  = %d atomic SESH (%s), remainder %s / %s\n", row.Owed, row.Owed, row.Remainder, row.Den)
			fmt.Fprintf(out, "  from the final snapshot%s of height %s\n", map[bool]string{true: "s"}[len(row.Heights) > 1], joinHeights(row.Heights))
		}
		for _, r := range row.Rounds {
			fmt.Fprintf(out, "  round %d (%s): %s to %s\n", r.Round, r.Status, r.Amount, r.Recipient)
		}
	}
	fmt.Fprintf(out, "\ntotal %s, of which rounds gave %s\n", v.Total, v.Given)
	switch {
	case v.Claim == nil && v.Total == 0:
		fmt.Fprintln(out, "Nothing is owed to this address. Staked coins count in funded nodes at the snapshot; coins at an exchange are the exchange's.")
	case v.Claim == nil:
		fmt.Fprintf(out, "No claim yet: `oxenswap claim text --oxen %s --to 0x...` prints the line to sign.\n", v.Oxen)
	default:
		fmt.Fprintf(out, "New amounts go to %s (claim %s, entry %d).\n",
			v.Claim.Recipient, claimNumber(v.Claim.Sequence), v.Claim.Entry)
	}
}

func joinHeights(heights []uint64) string {
	words := make([]string, len(heights))
	for i, h := range heights {
		words[i] = fmt.Sprint(h)
	}
	return strings.Join(words, ", ")
}
