package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
	"github.com/spf13/cobra"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

func (a *app) roundCommand() *cobra.Command {
	return group("round", "Rounds of allocations", a.roundBuildCommand(), a.roundListCommand(), a.roundShowCommand(),
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
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.open, func(w *world) error {
				view, again, err := w.buildRound(c.Context())
				if err != nil {
					return err
				}
				if again {
					a.say("round %d was built before and waits for approval", view.Round)
				}
				return a.print(view, func(out io.Writer) { printRound(out, view) })
			})
		},
	}
}

// buildRound builds a round, or returns the one that was built and nothing followed.
func (w *world) buildRound(ctx context.Context) (view roundView, again bool, err error) {
	var files *swap.RoundFiles
	if err := w.View(ctx, func(t swap.Tables, size uint64) error {
		rounds, err := t.Rounds()
		if err != nil {
			return err
		}
		if n := len(rounds); n > 0 && rounds[n-1].Status == swap.BuiltRound && rounds[n-1].Entry == size-1 {
			view, again = viewRound(rounds[n-1]), true
			return nil
		}
		files, err = swap.BuildRound(t, size)
		return err
	}); err != nil || again {
		return view, again, err
	}
	if _, err := w.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) {
		return []swap.Record{files.Record()}, nil
	}); err != nil {
		return view, false, err
	}
	r, err := w.round(ctx, files.Event.Round)
	return viewRound(r), false, err
}

func (w *world) round(ctx context.Context, number uint64) (r swap.Round, err error) {
	err = w.View(ctx, func(t swap.Tables, _ uint64) error {
		if r, err = t.Round(number); errors.Is(err, swap.ErrNone) {
			return fmt.Errorf("there is no round %d: `oxenswap round list` shows those there are", number)
		}
		return err
	})
	return r, err
}

func printRound(out io.Writer, r roundView) {
	fmt.Fprintf(out, "round\t%d (%s), entry %d\n", r.Round, r.Status, r.Entry)
	fmt.Fprintf(out, "from\tthe first %d entries\n", r.Cutoff)
	fmt.Fprintf(out, "gives\t%s SESH in %d lines, at most %s to one recipient\n", r.Amount.Coins(), r.Lines, r.Largest.Coins())
	fmt.Fprintf(out, "tree\t%d recipients, %s SESH in all rounds\nroot\t0x%s\n", r.Recipients, r.Total.Coins(), r.Root)
	fmt.Fprintf(out, "approved by\t%s\n", cmp.Or(joinWords(r.Approvals), "nobody yet"))
	fmt.Fprintln(out, "\nPROGRAMME\tOWED SESH\tGIVEN BEFORE\tTHIS ROUND\tWITHOUT CLAIM\tOVERPAID\t")
	for _, p := range r.Programmes {
		word := ""
		switch {
		case p.Stopped:
			word = fmt.Sprintf("stopped: %s would pass the cap", p.Withheld.Coins())
		case len(p.Heights) == 0 && p.Owed == 0:
			word = "nothing owed so far"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Programme, p.Owed.Coins(), p.Before.Coins(), p.Amount.Coins(), p.Unclaimed.Coins(), p.Overpaid.Coins(), word)
	}
}

func joinWords(words []string) string {
	var buf bytes.Buffer
	for i, w := range words {
		if i > 0 {
			buf.WriteString(", ")
		}
		buf.WriteString(w)
	}
	return buf.String()
}

func (a *app) roundListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the rounds",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.read, func(w *world) error {
				list := []roundView{}
				if err := w.View(c.Context(), func(t swap.Tables, _ uint64) error {
					rounds, err := t.Rounds()
					for _, r := range rounds {
						list = append(list, viewRound(r))
					}
					return err
				}); err != nil {
					return err
				}
				return a.print(list, func(out io.Writer) {
					fmt.Fprintln(out, "ROUND\tSTATUS\tGIVES SESH\tRECIPIENTS\tAPPROVED BY\tROOT")
					for _, r := range list {
						fmt.Fprintf(out, "%d\t%s\t%s\t%d\t%s\t0x%s\n", r.Round, r.Status, r.Amount.Coins(), r.Recipients, cmp.Or(joinWords(r.Approvals), "-"), r.Root)
					}
				})
			})
		},
	}
}

// roundArg reads a round's number given as an argument.
func roundArg(arg string) (uint64, error) {
	n, err := strconv.ParseUint(arg, 10, 53)
	if err != nil || n == 0 {
		return 0, usage("%q is not a round: they are numbered from 1", arg)
	}
	return n, nil
}

// onRound is a command about one round, named by its number.
func (a *app) onRound(use, short string, open func(context.Context) (*world, error), run func(c *cobra.Command, w *world, r swap.Round) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := roundArg(args[0])
			if err != nil {
				return err
			}
			return a.with(c.Context(), open, func(w *world) error {
				r, err := w.round(c.Context(), number)
				if err != nil {
					return err
				}
				return run(c, w, r)
			})
		},
	}
}

// change is what a round gives one recipient.
type change struct {
	Recipient  swap.EVMAddress `json:"recipient"`
	Amount     swap.Amount     `json:"amount"`
	Cumulative swap.Amount     `json:"cumulative"`
	New        bool            `json:"new"` // no earlier round gave it anything
}

// changes are what a round gives, by recipient, the largest first.
func (w *world) changes(ctx context.Context, r swap.Round) ([]change, error) {
	sums := map[swap.EVMAddress]swap.Amount{}
	if err := w.View(ctx, func(t swap.Tables, _ uint64) error {
		return t.Allocations(r.Round, func(l swap.Allocation) error { sums[l.Recipient] += l.Amount; return nil })
	}); err != nil {
		return nil, err
	}
	leaves, err := w.leaves(r)
	if err != nil {
		return nil, err
	}
	var out []change
	for _, l := range leaves {
		to := swap.EVMAddress(l.Account)
		if sum := sums[to]; sum > 0 {
			cumulative := swap.Amount(l.Amount.Uint64())
			out = append(out, change{to, sum, cumulative, sum == cumulative})
		}
	}
	slices.SortFunc(out, func(x, y change) int {
		return cmp.Or(cmp.Compare(y.Amount, x.Amount), bytes.Compare(x.Recipient[:], y.Recipient[:]))
	})
	return out, nil
}

func (w *world) leaves(r swap.Round) ([]merkle.Leaf, error) {
	data, err := w.Attachment(r.Leaves)
	if err != nil {
		return nil, err
	}
	return merkle.ReadCSV(bytes.NewReader(data))
}

func (w *world) tree(r swap.Round) (*merkle.Tree, error) {
	leaves, err := w.leaves(r)
	if err != nil {
		return nil, err
	}
	t, err := merkle.Build(leaves, uint256.NewInt(uint64(w.terms().CapSum())))
	if err != nil {
		return nil, err
	}
	if t.Root() != common.Hash(r.Root) {
		return nil, fmt.Errorf("the leaves of round %d give root %s, its entry says 0x%s", r.Round, t.Root().Hex(), r.Root)
	}
	return t, nil
}

func printChanges(out io.Writer, list []change, most int) {
	fmt.Fprintln(out, "\nRECIPIENT\tTHIS ROUND SESH\tIN ALL\t")
	for _, c := range list[:min(most, len(list))] {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", c.Recipient, c.Amount.Coins(), c.Cumulative.Coins(), map[bool]string{true: "new"}[c.New])
	}
	if len(list) > most {
		fmt.Fprintf(out, "and %d more\t\t\t\n", len(list)-most)
	}
}

func (a *app) roundShowCommand() *cobra.Command {
	var all bool
	c := a.onRound("show ROUND", "Show a round and the largest amounts it gives", a.read, func(c *cobra.Command, w *world, r swap.Round) error {
		list, err := w.changes(c.Context(), r)
		if err != nil {
			return err
		}
		view := viewRound(r)
		return a.print(struct {
			roundView
			Changes []change `json:"changes"`
		}{view, list}, func(out io.Writer) {
			printRound(out, view)
			most := 10
			if all {
				most = len(list)
			}
			printChanges(out, list, most)
		})
	})
	c.Flags().BoolVar(&all, "all", false, "show every recipient, not the largest ten")
	return c
}

func (a *app) roundApproveCommand() *cobra.Command {
	var key string
	c := a.onRound("approve ROUND --key FILE", "Approve a round with an operator's key, after showing what it gives", a.open, func(c *cobra.Command, w *world, r swap.Round) error {
		signer, err := readKey(key)
		if err != nil {
			return err
		}
		if slices.Contains(r.Approvals, signer.Name()) {
			a.say("%s has approved round %d before", signer.Name(), r.Round)
			return a.printApproved(r)
		}
		list, err := w.changes(c.Context(), r)
		if err != nil {
			return err
		}
		if !a.json {
			if err := a.print(nil, func(out io.Writer) {
				printRound(out, viewRound(r))
				printChanges(out, list, 10)
				fmt.Fprintln(out)
			}); err != nil {
				return err
			}
		}
		signed, err := ledger.SignNote(swap.ApprovalText(w.terms().Origin(), &r.RoundBuilt), signer)
		if err != nil {
			return err
		}
		if _, err := w.Update(c.Context(), func(swap.Tables, time.Time) ([]swap.Record, error) {
			return []swap.Record{{Event: &swap.RoundApproved{Round: r.Round, Note: string(signed)}}}, nil
		}); err != nil {
			return err
		}
		if r, err = w.round(c.Context(), r.Round); err != nil {
			return err
		}
		return a.printApproved(r)
	})
	c.Flags().StringVar(&key, "key", "", "the operator's secret key file")
	return require(c, "key")
}

func (a *app) printApproved(r swap.Round) error {
	return a.print(viewRound(r), func(out io.Writer) {
		if r.Status == swap.BuiltRound {
			fmt.Fprintf(out, "round %d is above a limit: %d of %d approvals, another operator must approve it too\n", r.Round, len(r.Approvals), r.Needed)
			return
		}
		fmt.Fprintf(out, "round %d is %s, approved by %s\n", r.Round, r.Status, joinWords(r.Approvals))
	})
}

func (a *app) roundAbandonCommand() *cobra.Command {
	var reason string
	c := a.onRound("abandon ROUND --reason TEXT", "End a round whose proposal was never signed; what it gave is owed again", a.open, func(c *cobra.Command, w *world, r swap.Round) error {
		if r.Status != swap.AbandonedRound {
			if _, err := w.Update(c.Context(), func(swap.Tables, time.Time) ([]swap.Record, error) {
				return []swap.Record{{Event: &swap.RoundAbandoned{Round: r.Round, Reason: reason, By: whoami()}}}, nil
			}); err != nil {
				return err
			}
		}
		r, err := w.round(c.Context(), r.Round)
		if err != nil {
			return err
		}
		return a.print(viewRound(r), func(out io.Writer) { fmt.Fprintf(out, "round %d is %s\n", r.Round, r.Status) })
	})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return require(c, "reason")
}

func (a *app) roundProofCommand() *cobra.Command {
	var to string
	c := a.onRound("proof ROUND --to 0x..", "Print a recipient's proof for `claim` on the distributor", a.read, func(c *cobra.Command, w *world, r swap.Round) error {
		account, err := swap.ParseEIP55(to)
		if err != nil {
			return err
		}
		t, err := w.tree(r)
		if err != nil {
			return err
		}
		p, err := t.ProofOf(account)
		if err != nil {
			return fmt.Errorf("round %d: %w", r.Round, err)
		}
		return a.printRaw(p.Format())
	})
	c.Flags().StringVar(&to, "to", "", "the recipient, checksummed")
	return require(c, "to")
}

func (a *app) roundExportCommand() *cobra.Command {
	var out string
	c := a.onRound("export ROUND --out DIR", "Write a round's allocation list, leaves and tree into a folder", a.read, func(c *cobra.Command, w *world, r swap.Round) error {
		t, err := w.tree(r)
		if err != nil {
			return err
		}
		list, err := w.Attachment(r.Allocations)
		if err != nil {
			return err
		}
		leaves, err := w.Attachment(r.Leaves)
		if err != nil {
			return err
		}
		var dump bytes.Buffer
		if err := t.Dump(&dump); err != nil {
			return err
		}
		if err := os.MkdirAll(out, 0o755); err != nil {
			return err
		}
		files := map[string]string{}
		for name, data := range map[string][]byte{"allocations.jsonl": list, "leaves.csv": leaves, "tree.json": dump.Bytes()} {
			path := filepath.Join(out, fmt.Sprintf("round-%d-%s", r.Round, name))
			if err := os.WriteFile(path, data, 0o644); err != nil {
				return err
			}
			files[path] = swap.Digest(data).String()
		}
		return a.print(files, func(w io.Writer) {
			for _, path := range sortedKeys(files) {
				fmt.Fprintf(w, "%s\tSHA-256 %s\n", path, files[path])
			}
		})
	})
	c.Flags().StringVar(&out, "out", "", "folder")
	return require(c, "out")
}
