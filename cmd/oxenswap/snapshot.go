package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

func (a *app) snapshotCommand() *cobra.Command {
	return cli.Group("snapshot", "Snapshots of stakes and rewards",
		a.snapshotTakeCommand(), a.snapshotFinalizeCommand(), a.snapshotListCommand(), a.snapshotShowCommand(), a.snapshotDiffCommand())
}

func (a *app) snapshotTakeCommand() *cobra.Command {
	var height uint64
	c := &cobra.Command{
		Use:   "take",
		Short: "Take a snapshot at the daemons' top block",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				daemons, err := d.Daemons()
				if err != nil {
					return err
				}
				taken, again, err := service.TakeSnapshot(c.Context(), d, daemons, height)
				if err != nil {
					return err
				}
				for _, report := range taken.Daemons {
					if !report.Agrees {
						a.say("daemon %s dissents: %s", report.Daemon, report.Differs)
					}
					if report.Details != "" {
						a.say("  %s", report.Details)
					}
				}
				if !d.Terms().Reads(taken.Height) {
					a.say("no programme reads a snapshot of height %d", taken.Height)
				}
				return a.print(taken, func(out io.Writer) {
					word := "taken"
					if again {
						word = "taken before"
					}
					fmt.Fprintf(out, "snapshot of height %d: %s\ndigest\t%s\nblock\t%s\n",
						taken.Height, word, taken.Content, taken.BlockHash)
					printTotals(out, taken.Totals)
				})
			})
		},
	}
	c.Flags().Uint64Var(&height, "height", 0, "refuse any other height than this")
	return c
}

func printTotals(w io.Writer, t swap.SnapshotTotals) {
	fmt.Fprintf(w, "nodes\t%d, %d of them funded\n", t.Nodes, t.Funded)
	fmt.Fprintf(w, "contributions\t%d\naccounts\t%d\n", t.Contributions, t.Accounts)
	fmt.Fprintf(w, "staked\t%s\nin unfunded nodes\t%s\n", t.Staked, t.Unfunded)
	if t.Uncounted > 0 {
		fmt.Fprintf(w, "not counted\t%s in %d contributions, whose points are not of prime order\n", t.UncountedAmount, t.Uncounted)
	}
	fmt.Fprintf(w, "rewards\t%s\nblacklisted\t%s\n", t.Rewards, t.Blacklisted)
}

func (a *app) snapshotFinalizeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "finalize",
		Short: "Make taken snapshots final, discard those whose block is gone, record heights that were missed",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				daemons, err := d.Daemons()
				if err != nil {
					return err
				}
				out, err := service.FinalizeSnapshots(c.Context(), d, daemons)
				if err != nil {
					return err
				}
				missed, err := service.RecordMissed(c.Context(), d, daemons)
				if err != nil {
					return err
				}
				for _, h := range missed {
					out = append(out, service.Decided{Height: h, Status: "missed"})
				}
				return a.print(out, func(w io.Writer) {
					for _, d := range out {
						fmt.Fprintln(w, cmp.Or(d.Why, fmt.Sprintf("snapshot of height %d: %s", d.Height, d.Status)))
					}
					if len(out) == 0 {
						fmt.Fprintln(w, "no snapshot is waiting to become final")
					}
				})
			})
		},
	}
}

// snapshotView is a snapshot as `snapshot list` and `snapshot show` print it.
type snapshotView struct {
	Height    uint64              `json:"height"`
	BlockHash swap.Hash           `json:"block_hash"`
	Digest    swap.Hash           `json:"digest"`
	Status    swap.SnapshotStatus `json:"status"`
	Entry     uint64              `json:"entry"`
	Totals    swap.SnapshotTotals `json:"totals"`
	Largest   []balanceView       `json:"largest,omitempty"`
	Uncounted []swap.Uncounted    `json:"uncounted,omitempty"` // stakes that owe nothing, with the reason
	Repeated  []swap.Hash         `json:"repeated,omitempty"`  // key images and one-time keys that several stakes have
}

type balanceView struct {
	Account swap.Account `json:"account"`
	Oxen    string       `json:"oxen"`
	Staked  swap.Oxen    `json:"staked"`
	Rewards swap.Oxen    `json:"rewards"`
}

func viewSnapshot(s swap.Snapshot) snapshotView {
	return snapshotView{s.Height, s.BlockHash, s.Digest, s.Status, s.Taken, s.Totals, nil, nil, nil}
}

func (a *app) snapshotListCommand() *cobra.Command {
	return listCommand(a, "list", "List the snapshots", func(t swap.Tables) ([]snapshotView, error) {
		snapshots, err := t.Snapshots()
		return views(snapshots, err, viewSnapshot)
	}, func(out io.Writer, d *datadir.Dir, list []snapshotView) {
		fmt.Fprintln(out, "HEIGHT\tSTATUS\tNODES\tACCOUNTS\tSTAKED OXEN\tREWARDS OXEN\tDIGEST")
		for _, s := range list {
			t := s.Totals
			fmt.Fprintf(out, "%d\t%s\t%d\t%d\t%s\t%s\t%.16s\n",
				s.Height, s.Status, t.Nodes, t.Accounts, t.Staked.Coins(), t.Rewards.Coins(), s.Digest)
		}
		for _, h := range d.Migration.Missed {
			fmt.Fprintf(out, "%d\tmissed\t\t\t\t\t\n", h)
		}
	})
}

// parseHeight reads a height given as an argument.
func parseHeight(arg string) (uint64, error) {
	h, err := strconv.ParseUint(arg, 10, 53)
	if err != nil {
		return 0, cli.Usage("%q is not a height", arg)
	}
	return h, nil
}

func readSnapshot(ctx context.Context, l *datadir.Dir, height uint64) (snapshotView, []balanceView, error) {
	var view snapshotView
	rows := []balanceView{}
	err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		s, err := t.Snapshot(height)
		if errors.Is(err, swap.ErrNotFound) {
			return fmt.Errorf("there is no snapshot of height %d: `oxenswap snapshot list` shows those there are", height)
		} else if err != nil {
			return err
		}
		view = viewSnapshot(s)
		return t.Balances(height, func(b swap.Balance) error {
			rows = append(rows, balanceView{b.Account, b.Address, b.Staked, b.Rewards})
			return nil
		})
	})
	return view, rows, err
}

func (a *app) snapshotShowCommand() *cobra.Command {
	var largest int
	var content bool
	c := &cobra.Command{
		Use:   "show HEIGHT",
		Short: "Show a snapshot's totals and largest accounts",
		Args:  cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			height, err := parseHeight(args[0])
			if err != nil {
				return err
			}
			if largest < 0 {
				return cli.Usage("--largest %d: expected 0 or more", largest)
			}
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				view, rows, err := readSnapshot(c.Context(), d, height)
				if err != nil {
					return err
				}
				data, err := d.Attachment(view.Digest)
				if err != nil {
					return err
				}
				if content {
					_, err = a.stdout.Write(data)
					return err
				}
				parsed, err := swap.ParseContent(data)
				if err != nil {
					return err
				}
				view.Repeated = parsed.Repeated()
				if view.Totals.Uncounted > 0 {
					view.Uncounted = parsed.UncountedStakes()
				}
				slices.SortStableFunc(rows, func(x, y balanceView) int {
					return cmp.Or(cmp.Compare(y.Staked+y.Rewards, x.Staked+x.Rewards), cmp.Compare(x.Account, y.Account))
				})
				view.Largest = rows[:min(largest, len(rows))]
				return a.print(view, func(out io.Writer) {
					fmt.Fprintf(out, "height\t%d (%s)\nblock\t%s\ndigest\t%s\n", view.Height, view.Status, view.BlockHash, view.Digest)
					printTotals(out, view.Totals)
					fmt.Fprintln(out, "\nLARGEST ACCOUNTS\tSTAKED OXEN\tREWARDS OXEN")
					for _, b := range view.Largest {
						fmt.Fprintf(out, "%s\t%s\t%s\n", b.Oxen, b.Staked.Coins(), b.Rewards.Coins())
					}
					for _, u := range view.Uncounted {
						fmt.Fprintf(out, "not counted\t%s of %s in node %s: %s\n", u.Amount, u.Address, u.Node, u.Reason)
					}
					for _, h := range view.Repeated {
						fmt.Fprintf(out, "locked more than once\t%s\n", h)
					}
				})
			})
		},
	}
	c.Flags().IntVar(&largest, "largest", 10, "how many accounts to show")
	c.Flags().BoolVar(&content, "content", false, "print the normal form whose SHA-256 is the digest")
	return c
}

// difference is what changed for one account between two snapshots, in atomic OXEN.
type difference struct {
	Account swap.Account `json:"account"`
	Oxen    string       `json:"oxen"`
	Staked  [2]swap.Oxen `json:"staked"`
	Rewards [2]swap.Oxen `json:"rewards"`
}

func (a *app) snapshotDiffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff HEIGHT HEIGHT",
		Short: "Show what changed by account between two snapshots",
		Args:  cli.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var heights [2]uint64
			for i := range heights {
				var err error
				if heights[i], err = parseHeight(args[i]); err != nil {
					return err
				}
			}
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				byAccount := map[swap.Account]*difference{}
				for i, h := range heights {
					_, rows, err := readSnapshot(c.Context(), d, h)
					if err != nil {
						return err
					}
					for _, b := range rows {
						d := byAccount[b.Account]
						if d == nil {
							d = &difference{Account: b.Account, Oxen: b.Oxen}
							byAccount[b.Account] = d
						}
						d.Staked[i], d.Rewards[i] = b.Staked, b.Rewards
					}
				}
				list := []difference{}
				for _, d := range byAccount {
					if d.Staked[0] != d.Staked[1] || d.Rewards[0] != d.Rewards[1] {
						list = append(list, *d)
					}
				}
				slices.SortFunc(list, func(x, y difference) int { return cmp.Compare(x.Account, y.Account) })
				return a.print(list, func(out io.Writer) {
					fmt.Fprintf(out, "OXEN ADDRESS\tSTAKED AT %d\tAT %d\tREWARDS AT %d\tAT %d\n",
						heights[0], heights[1], heights[0], heights[1])
					for _, d := range list {
						fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n",
							d.Oxen, d.Staked[0].Coins(), d.Staked[1].Coins(), d.Rewards[0].Coins(), d.Rewards[1].Coins())
					}
				})
			})
		},
	}
}
