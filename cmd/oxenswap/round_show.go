package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

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

// moved is an account whose new amounts go elsewhere than those of the last published round.
type moved struct {
	Account swap.Account    `json:"account"`
	From    swap.EVMAddress `json:"from"`
	To      swap.EVMAddress `json:"to"`
}

// movedRecipients compares a round with the last one published before it, account by account.
func (w *world) movedRecipients(ctx context.Context, r swap.Round) ([]moved, error) {
	out := []moved{}
	err := w.View(ctx, func(t swap.Tables, _ uint64) error {
		rounds, err := t.Rounds()
		if err != nil {
			return err
		}
		before := map[swap.Account]swap.EVMAddress{}
		for _, other := range slices.Backward(rounds) {
			if other.Round < r.Round && other.Status.Published() {
				if err := t.Allocations(other.Round, func(l swap.Allocation) error { before[l.Account] = l.Recipient; return nil }); err != nil {
					return err
				}
				break
			}
		}
		return t.Allocations(r.Round, func(l swap.Allocation) error {
			if from, known := before[l.Account]; known && from != l.Recipient {
				out = append(out, moved{l.Account, from, l.Recipient})
				delete(before, l.Account)
			}
			return nil
		})
	})
	return out, err
}

func printMoved(out io.Writer, list []moved) {
	if len(list) == 0 {
		fmt.Fprintln(out, "\nno account's recipient changed against the last round")
		return
	}
	fmt.Fprintln(out, "\nRECIPIENT CHANGED FOR ACCOUNT\tFROM\tTO")
	for _, m := range list {
		fmt.Fprintf(out, "%.16s..\t%s\t%s\n", m.Account, m.From, m.To)
	}
}

func (w *world) leaves(r swap.Round) ([]merkle.Leaf, error) {
	data, err := w.Attachment(r.Leaves)
	if err != nil {
		return nil, err
	}
	return merkle.ReadCSV(bytes.NewReader(data))
}

func (w *world) tree(r swap.Round) (*merkle.Tree, error) { return desk.Tree(w, w.terms(), r) }

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
		moves, err := w.movedRecipients(c.Context(), r)
		if err != nil {
			return err
		}
		view := viewRound(r)
		return a.print(struct {
			roundView
			Changes []change `json:"changes"`
			Moved   []moved  `json:"moved"`
		}{view, list, moves}, func(out io.Writer) {
			printRound(out, view)
			most := 10
			if all {
				most = len(list)
			}
			printChanges(out, list, most)
			printMoved(out, moves)
		})
	})
	c.Flags().BoolVar(&all, "all", false, "show every recipient, not the largest ten")
	return c
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
	return cli.Require(c, "to")
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
	return cli.Require(c, "out")
}
