package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/audit"
	"oxenswap/audit/diff"
	"oxenswap/cmd/internal/cli"
	"oxenswap/swap/ledger"
)

func newDiff(stdout io.Writer) *cobra.Command {
	var vkey string
	var asJSON bool
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "Say how two exports differ: entries, their fields, files",
		Long: `Say how two exports (folders, or http or https URLs) differ: the first entry that they do not share, entries that say
other things with the fields that changed, entries that only one has, and files. The exit code is 1 if they differ.

Each export must agree with itself; with --key both must also be signed by that key. Without it, what they say may be anybody's.`,
		Args: cli.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var key note.Verifier
			if vkey != "" {
				var err error
				if key, err = ledger.NewVerifier(vkey); err != nil {
					return cli.Usage("--key: %w", err)
				}
			}
			a, done, err := openLedger(c.Context(), args[0], key)
			if err != nil {
				return err
			}
			defer done()
			b, doneB, err := openLedger(c.Context(), args[1], key)
			if err != nil {
				return err
			}
			defer doneB()
			r, err := diff.Compare(c.Context(), a, b)
			if err != nil {
				return err
			}
			if asJSON {
				err = cli.WriteJSON(stdout, r)
			} else {
				_, err = io.WriteString(stdout, diffText(r))
			}
			return answered(err, r.Same)
		},
	}
	c.Flags().StringVar(&vkey, "key", "", "the ledger's verifier key, which must have signed both, or keys that follow from it")
	c.Flags().BoolVar(&asJSON, "json", false, "print the differences as JSON")
	return c
}

// openLedger opens an export and, with a key, verifies its signatures.
func openLedger(ctx context.Context, place string, key note.Verifier) (*ledger.Export, func(), error) {
	fsys, done, err := openExport(ctx, place)
	if err != nil {
		return nil, nil, err
	}
	x, err := ledger.OpenUnverifiedExport(fsys)
	if err == nil && key != nil {
		_, err = x.Verify(key)
	}
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("%s: %w", place, err)
	}
	return x, done, nil
}

func diffText(r *diff.Report) string {
	out := &strings.Builder{}
	for _, s := range []struct {
		name string
		diff.Side
	}{{"A", r.A}, {"B", r.B}} {
		fmt.Fprintf(out, "%s: %s, %d entries, root %s, %d files",
			s.name, audit.Printable(s.Origin), s.Entries, s.Root, s.Files)
		if s.Withheld > 0 {
			fmt.Fprintf(out, ", %d attachments withheld", s.Withheld)
		}
		fmt.Fprintln(out)
	}
	value := func(s *string) string {
		if s == nil {
			return "nothing"
		}
		text := []rune(audit.Printable(*s))
		if len(text) > 200 {
			text = append(text[:200], []rune("...")...)
		}
		return string(text)
	}
	for _, c := range r.Changed.List {
		fmt.Fprintf(out, "entry %d (%s) differs\n", c.Entry, audit.Printable(c.Kind))
		for _, f := range c.Fields {
			fmt.Fprintf(out, "  %s: %s in A, %s in B\n", audit.Printable(f.Path), value(f.A), value(f.B))
		}
		more(out, "  ", uint64(c.More), "fields")
	}
	more(out, "", r.Changed.N-uint64(len(r.Changed.List)), "entries that differ")
	for _, s := range []struct {
		name string
		diff.Entries
	}{{"A", r.OnlyA}, {"B", r.OnlyB}} {
		for _, e := range s.List {
			fmt.Fprintf(out, "only in %s: entry %d (%s), %s\n",
				s.name, e.Entry, audit.Printable(e.Kind), e.Time.Format(time.RFC3339))
		}
		more(out, "", s.N-uint64(len(s.List)), "entries only in "+s.name)
	}
	if r.Moved > 0 {
		fmt.Fprintf(out, "%d entries are in both under other numbers\n", r.Moved)
	}
	for _, f := range r.Files.List {
		fmt.Fprintf(out, "%s: %s\n", f.Path, f.How)
	}
	more(out, "", r.Files.N-uint64(len(r.Files.List)), "files")
	switch {
	case r.Same:
		fmt.Fprintln(out, "diff: the exports are of one log and one state, and hold the same")
	case r.A.Origin != r.B.Origin:
		fmt.Fprintln(out, "diff: the logs are not the same")
	case r.First != nil:
		fmt.Fprintf(out, "diff: the logs differ from entry %d on\n", *r.First)
	case r.A.Entries != r.B.Entries:
		fmt.Fprintf(out, "diff: the first %d entries are the same\n", min(r.A.Entries, r.B.Entries))
	default:
		fmt.Fprintln(out, "diff: the logs are the same, the files are not")
	}
	return out.String()
}

func more(out io.Writer, indent string, n uint64, what string) {
	if n > 0 {
		fmt.Fprintf(out, "%sand %d more %s\n", indent, n, what)
	}
}
