package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

func (a *app) roundCommand() *cobra.Command {
	return cli.Group("round", "Rounds of allocations", a.roundBuildCommand(), a.roundListCommand(), a.roundShowCommand(),
		a.roundApproveCommand(), a.roundAbandonCommand(), a.roundProofCommand(), a.roundExportCommand(), a.roundPaymentsCommand())
}

// roundView is a round as the commands print it.
type roundView struct {
	swap.RoundBuilt
	Status    swap.RoundStatus `json:"status"`
	Entry     uint64           `json:"entry"`
	Approvals []string         `json:"approvals"`
	Needed    int              `json:"approvals_needed"`
}

func viewRound(r swap.Round) roundView {
	return roundView{r.RoundBuilt, r.Status, r.Entry, append([]string{}, r.Approvals...), r.Needed}
}

func (a *app) roundBuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build the next round from everything recorded so far",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				r, again, err := service.BuildRound(c.Context(), d)
				if err != nil {
					return err
				}
				view := viewRound(r)
				if again {
					a.say("round %d was built before and waits for approval", view.Round)
				}
				return a.print(view, func(out io.Writer) { printRound(out, view) })
			})
		},
	}
}

// roundOf is a round by its number.
func roundOf(ctx context.Context, d *datadir.Dir, number uint64) (r swap.Round, err error) {
	err = d.View(ctx, func(t swap.Tables, _ uint64) error {
		if r, err = t.Round(number); errors.Is(err, swap.ErrNotFound) {
			return fmt.Errorf("there is no round %d: `oxenswap round list` shows those there are", number)
		}
		return err
	})
	return r, err
}

func printRound(out io.Writer, r roundView) {
	fmt.Fprintf(out, "round\t%d (%s), entry %d\n", r.Round, r.Status, r.Entry)
	fmt.Fprintf(out, "from\tthe first %d entries\n", r.Cutoff)
	fmt.Fprintf(out, "gives\t%s in %d lines, at most %s to one recipient\n", r.Amount, r.Lines, r.Largest.Coins())
	fmt.Fprintf(out, "tree\t%d recipients, %s in all rounds\nroot\t0x%s\n", r.Recipients, r.Total, r.Root)
	fmt.Fprintf(out, "approved by\t%s\n", cmp.Or(strings.Join(r.Approvals, ", "), "no one yet"))
	fmt.Fprintln(out, "\nPROGRAMME\tOWED SESH\tGIVEN BEFORE\tTHIS ROUND\tWITHOUT CLAIM\tOVERPAID\t")
	for _, p := range r.Programmes {
		word := ""
		switch {
		case p.Stopped:
			word = fmt.Sprintf("stopped: %s would pass the cap", p.Withheld.Coins())
		case len(p.Heights) == 0 && p.Owed == 0:
			word = "nothing owed so far"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			p.Programme, p.Owed.Coins(), p.Before.Coins(), p.Amount.Coins(), p.Unclaimed.Coins(), p.Overpaid.Coins(), word)
	}
}

func (a *app) roundListCommand() *cobra.Command {
	return listCommand(a, "list", "List the rounds", func(t swap.Tables) ([]roundView, error) {
		rounds, err := t.Rounds()
		return views(rounds, err, viewRound)
	}, func(out io.Writer, _ *datadir.Dir, list []roundView) {
		fmt.Fprintln(out, "ROUND\tSTATUS\tGIVES SESH\tRECIPIENTS\tAPPROVED BY\tROOT")
		for _, r := range list {
			approved := cmp.Or(strings.Join(r.Approvals, ", "), "-")
			fmt.Fprintf(out, "%d\t%s\t%s\t%d\t%s\t0x%s\n", r.Round, r.Status, r.Amount.Coins(), r.Recipients, approved, r.Root)
		}
	})
}

// roundArg parses the number of a round.
func roundArg(arg string) (uint64, error) {
	n, err := strconv.ParseUint(arg, 10, 53)
	if err != nil || n == 0 {
		return 0, cli.Usage("%q is not a round: they are numbered from 1", arg)
	}
	return n, nil
}

// onRound is a command about one round, named by its number.
func (a *app) onRound(
	use, short string, open opener, run func(c *cobra.Command, d *datadir.Dir, r swap.Round) error,
) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := roundArg(args[0])
			if err != nil {
				return err
			}
			return a.with(c.Context(), open, func(d *datadir.Dir) error {
				r, err := roundOf(c.Context(), d, number)
				if err != nil {
					return err
				}
				return run(c, d, r)
			})
		},
	}
}

// lateApproval is how old a round is when its approval shows the claims that it leaves out.
const lateApproval = 24 * time.Hour

// leftOutLate are the newer claims that a round leaves out, if it is approved late.
func leftOutLate(ctx context.Context, d *datadir.Dir, r swap.Round) ([]swap.Claim, error) {
	built, err := d.Entry(ctx, r.Entry)
	if err != nil || d.Now().Sub(built.Time) <= lateApproval {
		return nil, err
	}
	return service.LeftOut(ctx, d, r)
}

func printLeftOut(out io.Writer, late []swap.Claim) {
	if len(late) == 0 {
		return
	}
	const most = 10
	fmt.Fprintf(out, "\nThe round is more than a day old. %d newer claims are not in it; `oxenswap round abandon` and a new round take them in.\n", len(late))
	for _, c := range late[:min(most, len(late))] {
		fmt.Fprintf(out, "%s\t%s\t%s\n", c.Oxen, claimNumber(c.Sequence), c.Recipient)
	}
	if len(late) > most {
		fmt.Fprintf(out, "and %d more\n", len(late)-most)
	}
}

func (a *app) roundApproveCommand() *cobra.Command {
	var key string
	c := a.onRound("approve ROUND --key FILE", "Approve a round with an operator's key, after showing what it gives", a.open,
		func(c *cobra.Command, d *datadir.Dir, r swap.Round) error {
			operator, err := datadir.ReadKey(key)
			if err != nil {
				return err
			}
			if slices.Contains(r.Approvals, operator.Name()) {
				a.say("%s has approved round %d before", operator.Name(), r.Round)
				return a.printApproved(r)
			}
			list, err := service.RoundChanges(c.Context(), d, d, r)
			if err != nil {
				return err
			}
			moves, err := service.MovedRecipients(c.Context(), d, r)
			if err != nil {
				return err
			}
			late, err := leftOutLate(c.Context(), d, r)
			if err != nil {
				return err
			}
			if !a.json {
				if err := a.print(nil, func(out io.Writer) {
					printRound(out, viewRound(r))
					printChanges(out, list, 10)
					printMoved(out, moves)
					printLeftOut(out, late)
					fmt.Fprintln(out)
				}); err != nil {
					return err
				}
			}
			if r, err = service.ApproveRound(c.Context(), d, &r.RoundBuilt, operator); err != nil {
				return err
			}
			return a.printApproved(r)
		})
	c.Flags().StringVar(&key, "key", "", "the operator's secret key file")
	return cli.Require(c, "key")
}

func (a *app) printApproved(r swap.Round) error {
	return a.print(viewRound(r), func(out io.Writer) {
		if r.Status == swap.BuiltRound {
			fmt.Fprintf(out, "round %d is above a limit: %d of %d approvals, another operator must approve it too\n",
				r.Round, len(r.Approvals), r.Needed)
			return
		}
		fmt.Fprintf(out, "round %d is %s, approved by %s\n", r.Round, r.Status, strings.Join(r.Approvals, ", "))
	})
}

func (a *app) roundAbandonCommand() *cobra.Command {
	var reason string
	c := a.onRound("abandon ROUND --reason TEXT", "End a round whose proposal was never signed; what it gave is owed again", a.open,
		func(c *cobra.Command, d *datadir.Dir, r swap.Round) error {
			r, err := service.AbandonRound(c.Context(), d, r, datadir.Person(), reason)
			if err != nil {
				return err
			}
			return a.print(viewRound(r), func(out io.Writer) { fmt.Fprintf(out, "round %d is %s\n", r.Round, r.Status) })
		})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return cli.Require(c, "reason")
}
