package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/audit"
	"oxenswap/audit/diff"
	"oxenswap/audit/follow"
	"oxenswap/cmd/internal/cli"
	"oxenswap/swap/ledger"
)

// head is a checkpoint as answers print it.
type head struct {
	Origin  string `json:"origin"`
	Entries int64  `json:"entries"`
	Root    string `json:"root"`
}

func newHead(c ledger.Checkpoint) *head { return &head{c.Origin, c.N, c.Hash.String()} }

// receiptAnswer is what `receipt --json` prints; keys are only added.
type receiptAnswer struct {
	Holds        bool         `json:"holds"`
	Problem      string       `json:"problem"`
	Entry        *entryAnswer `json:"entry"`
	Checkpoint   *head        `json:"checkpoint"`
	Cosignatures []cosigned   `json:"cosignatures"` // of the witnesses that were asked for
	Log          *head        `json:"log"`          // null: it was not asked
}

type entryAnswer struct {
	Seq  uint64          `json:"seq"`
	Time time.Time       `json:"time"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

type cosigned struct {
	Witness string    `json:"witness"`
	Time    time.Time `json:"time"`
}

func newReceipt(stdout io.Writer) *cobra.Command {
	var a anchors
	var place string
	var asJSON bool
	c := &cobra.Command{
		Use:   "receipt FILE --key VKEY",
		Short: "Check a receipt offline, and with --log that the log still honours it",
		Long: `Check a receipt offline: that the ledger's key signed its checkpoint, and that its entry stands in that checkpoint's log. It
is a C2SP tlog-proof, so other programs can check it too. Where the ledger has changed its key since, give the key of then, or
--log with any of its keys.

With --log (an export's folder, or an http or https URL) also that the log, as it is now, begins with the receipt's
checkpoint: that it has neither lost nor changed the entry or any before it. That reads a few tiles, not the log.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			key, witnesses, err := a.read()
			if err != nil {
				return err
			}
			data, err := readBounded(args[0], ledger.MaxReceiptSize)
			if err != nil {
				return err
			}
			answer := receiptAnswer{Cosignatures: []cosigned{}}
			say := func(problem error) error { return answer.print(stdout, asJSON, problem) }
			keys, err := ledger.NewKeys(key)
			if err != nil {
				return err
			}
			var l *follow.Log
			if c.Flags().Changed("log") {
				fsys, done, err := openExport(c.Context(), place)
				if err != nil {
					return err
				}
				defer done()
				if l, err = follow.Open(fsys, key, witnesses...); err != nil {
					return fmt.Errorf("%s: %w", place, err)
				}
				keys, answer.Log = l.Keys, newHead(l.Checkpoint)
			}
			r, err := follow.CheckReceipt(data, keys, witnesses...)
			if err != nil {
				return say(err)
			}
			answer.Entry = &entryAnswer{r.Entry.Seq, r.Entry.Time, r.Entry.Kind, json.RawMessage(r.Entry.Body)}
			answer.Checkpoint = newHead(r.Checkpoint)
			for _, s := range r.Cosignatures {
				answer.Cosignatures = append(answer.Cosignatures, cosigned{s.Name, s.Time})
			}
			if l == nil {
				return say(nil)
			}
			if err := r.CheckLog(l); err != nil && !errors.As(err, new(*follow.Violation)) {
				return fmt.Errorf("%s: %w", place, err)
			} else {
				return say(err)
			}
		},
	}
	a.flags(c)
	c.Flags().StringVar(&place, "log", "", "the log today: an export's folder, or an http(s) URL")
	c.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON")
	return c
}

// print gives the answer; it is no if there is a problem.
func (a *receiptAnswer) print(stdout io.Writer, asJSON bool, problem error) error {
	a.Holds = problem == nil
	if problem != nil {
		a.Problem = audit.Printable(problem.Error())
	}
	if asJSON {
		return answered(cli.WriteJSON(stdout, a), a.Holds)
	}
	out := &strings.Builder{}
	if e := a.Entry; e != nil {
		fmt.Fprintf(out, "entry %d (%s) of %s, recorded %s\n",
			e.Seq, audit.Printable(e.Kind), audit.Printable(a.Checkpoint.Origin), e.Time.Format(time.RFC3339))
		fields, err := diff.Fields(e.Body)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, f := range fields {
			fmt.Fprintf(table, "  %s\t%s\n", audit.Printable(f.Path), audit.Printable(f.Value))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out, "in the log of %d entries with root %s\n", a.Checkpoint.Entries, a.Checkpoint.Root)
		for _, s := range a.Cosignatures {
			fmt.Fprintf(out, "cosigned by %s, %s\n", audit.Printable(s.Witness), s.Time.Format(time.RFC3339))
		}
		if a.Log != nil {
			fmt.Fprintf(out, "today: %d entries, root %s\n", a.Log.Entries, a.Log.Root)
		}
	}
	switch {
	case problem != nil:
		fmt.Fprintf(out, "receipt: %s\n", a.Problem)
	case a.Log != nil:
		fmt.Fprintf(out, "receipt: the log has this entry, and still begins with all that the receipt saw\n")
	default:
		fmt.Fprintf(out, "receipt: the log had this entry\n")
	}
	_, err := io.WriteString(stdout, out.String())
	return answered(err, a.Holds)
}

// answered turns an answer that was printed into the error of a command.
func answered(err error, yes bool) error {
	if err == nil && !yes {
		return cli.ErrNo
	}
	return err
}
