package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

func printMoved(out io.Writer, list []service.Move) {
	if len(list) == 0 {
		fmt.Fprintln(out, "\nno account's recipient changed against the last round")
		return
	}
	fmt.Fprintln(out, "\nRECIPIENT CHANGED FOR ACCOUNT\tFROM\tTO")
	for _, m := range list {
		fmt.Fprintf(out, "%.16s..\t%s\t%s\n", m.Account, m.From, m.To)
	}
}

func printChanges(out io.Writer, list []service.Change, most int) {
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
	c := a.onRound("show ROUND", "Show a round and the largest amounts it gives", a.openReading,
		func(c *cobra.Command, d *datadir.Dir, r swap.Round) error {
			list, err := service.RoundChanges(c.Context(), d, d, r)
			if err != nil {
				return err
			}
			moves, err := service.MovedRecipients(c.Context(), d, r)
			if err != nil {
				return err
			}
			view := viewRound(r)
			return a.print(struct {
				roundView
				Changes []service.Change `json:"changes"`
				Moved   []service.Move   `json:"moved"`
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
	c := a.onRound("proof ROUND --to 0x..", "Print a recipient's proof for `claim` on the distributor", a.openReading,
		func(c *cobra.Command, d *datadir.Dir, r swap.Round) error {
			account, err := swap.ParseEIP55(to)
			if err != nil {
				return err
			}
			t, err := service.ClaimTree(d, d.Terms(), r)
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
	c := a.onRound("export ROUND --out DIR", "Write a round's allocation list, leaves and tree into a folder", a.openReading,
		func(c *cobra.Command, d *datadir.Dir, r swap.Round) error {
			t, err := service.ClaimTree(d, d.Terms(), r)
			if err != nil {
				return err
			}
			list, err := d.Attachment(r.Allocations)
			if err != nil {
				return err
			}
			leaves, err := d.Attachment(r.Leaves)
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

func (a *app) roundPaymentsCommand() *cobra.Command {
	const short = "List every allocation of published rounds with the transaction that paid it"
	return listCommand(a, "payments", short, service.Payments,
		func(out io.Writer, d *datadir.Dir, list []service.Payment) {
			fmt.Fprintln(out, "ACCOUNT\tPROGRAMME\tOXEN\tSESH\tRECIPIENT\tPAID IN TRANSACTION")
			for _, p := range list {
				paid := "not paid yet"
				if p.PaidIn != nil {
					paid = "0x" + p.PaidIn.String()
				}
				fmt.Fprintf(out, "%.10s..\t%s\t%s\t%s\t%s\t%s\n",
					p.Oxen, p.Programme, describeSource(d.Terms(), p), p.Amount.Coins(), p.Recipient, paid)
			}
		})
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
