package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/internal/secret"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

func (a *app) termsCommand() *cobra.Command {
	id := &cobra.Command{
		Use:   "id FILE",
		Short: "Print the migration id of a terms document",
		Args:  cli.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := a.readTerms(args[0])
			if err != nil {
				return err
			}
			return a.print(map[string]string{"migration": t.ID()}, func(w io.Writer) { fmt.Fprintln(w, t.ID()) })
		},
	}
	show := &cobra.Command{
		Use:   "show FILE",
		Short: "Print a terms document in words; with --json its canonical JSON, byte for byte",
		Args:  cli.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := a.readTerms(args[0])
			if err != nil {
				return err
			}
			if a.json {
				_, err := a.stdout.Write(t.Canonical())
				return err
			}
			return a.print(nil, func(w io.Writer) { describeTerms(w, t) })
		},
	}
	return cli.Group("terms", "Terms of a migration", id, show, a.termsExtendCommand())
}

func (a *app) termsExtendCommand() *cobra.Command {
	var closes, key string
	c := &cobra.Command{
		Use:   "extend --closes TIME --key FILE",
		Short: "Move the migration's closing later, signed by an operator; nothing else of the terms can change",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := time.Parse(time.RFC3339, closes)
			if err != nil {
				return cli.Usage("--closes %q is not a time such as 2028-06-30T23:59:59Z", closes)
			}
			operator, err := datadir.ReadKey(key)
			if err != nil {
				return err
			}
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				signed, err := ledger.SignNote(swap.ExtensionText(d.Terms(), at.UTC()), operator)
				if err != nil {
					return err
				}
				entries, err := d.Update(c.Context(), func(swap.Tables, time.Time) ([]swap.Record, error) {
					return []swap.Record{{Event: &swap.TermsExtended{Closes: at.UTC(), Note: string(signed)}}}, nil
				})
				if err != nil {
					return err
				}
				return a.print(entryView(entries[0]), func(out io.Writer) {
					fmt.Fprintf(out, "closes at %s (entry %d)\n", datadir.FormatTime(at), entries[0].Seq)
				})
			})
		},
	}
	c.Flags().StringVar(&closes, "closes", "", "the new closing, UTC")
	c.Flags().StringVar(&key, "key", "", "the operator's secret key file")
	return cli.Require(c, "closes", "key")
}

// readTerms reads a TOML document, or its canonical JSON. Errors name the line.
func (a *app) readTerms(path string) (*swap.Terms, error) {
	text, err := a.readLimited(path, 1<<16)
	if err != nil {
		return nil, err
	}
	if err := secret.CheckFile(path, string(text), true); err != nil { // terms are public
		return nil, err
	}
	if strings.HasPrefix(string(text), "{") {
		t, err := swap.ParseTerms(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return t, nil
	}
	t, err := parseTermsTOML(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return t, nil
}

// parseTermsTOML reads the form for people. Errors begin with the number of the line.
func parseTermsTOML(text string) (*swap.Terms, error) {
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, fmt.Errorf("%d: %s", parse.Position.Line, parse.Message)
		}
		return nil, fmt.Errorf("1: %w", err)
	}
	t, err := swap.TermsFromTree(tree)
	var refused *swap.TermsError
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("%d: %w", lineOf(text, refused.Path), err)
	}
	return t, err
}

var (
	tableLine = regexp.MustCompile(`^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?`)
	keyLine   = regexp.MustCompile(`^\s*([A-Za-z0-9_-]+)\s*=`)
	element   = regexp.MustCompile(`^([a-z_]+)\[(\d+)\]$`)
)

// lineOf finds the line, from 1, on which a key such as "programme[2].cap" stands in a TOML text.
// For a key that is missing it is the line of its table, and 1 for the document's own.
func lineOf(text, path string) int {
	best, bestDepth := 1, 0
	want := strings.Split(path, ".")
	counts := map[string]int{}
	table := []string{}
	for n, line := range strings.Split(text, "\n") {
		at := table
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = strings.Split(m[2], ".")
			if m[1] == "[[" {
				last := len(table) - 1
				table[last] += "[" + strconv.Itoa(counts[m[2]]) + "]"
				counts[m[2]]++
			}
			at = table
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			at = append(append([]string{}, table...), m[1])
		} else {
			continue
		}
		depth := 0
		for depth < len(at) && depth < len(want) && (at[depth] == want[depth] || at[depth] == element.ReplaceAllString(want[depth], "$1")) {
			depth++
		}
		if depth == len(at) && depth > bestDepth {
			best, bestDepth = n+1, depth
		}
	}
	return best
}

func describeTerms(w io.Writer, t *swap.Terms) {
	fmt.Fprintf(w, "migration\t%s (%s)\n", t.ID(), t.Name)
	fmt.Fprintf(w, "portal\t%s\n", t.Portal)
	fmt.Fprintf(w, "open\tfrom %s to %s\n", datadir.FormatTime(t.Opens), datadir.FormatTime(t.Closes))
	fmt.Fprintf(w, "legacy claims\t%s\n", map[bool]string{true: "taken once, from a file", false: "not taken"}[t.LegacyClaims])
	fmt.Fprintf(w, "Oxen network\t%s, genesis block %s\n", t.Oxen.Network, t.Oxen.Genesis)
	fmt.Fprintf(w, "token\t%s at %s on chain %d, %d decimals\n",
		t.Token.Symbol, t.Token.Address.Hex(), t.Token.ChainID, t.Token.Decimals)
	for _, a := range t.Token.NotRecipients {
		fmt.Fprintf(w, "no recipient\t%s\n", a)
	}
	if f := t.Token.ContributionFactory; !f.IsZero() {
		fmt.Fprintf(w, "no recipients\tcontracts of the contribution factory %s, which is asked on chain\n", f)
	}
	if t.MinPush > 0 {
		fmt.Fprintf(w, "not pushed\tless than %s: its holder collects it\n", t.MinPush)
	}
	for i := range t.Programmes {
		p := &t.Programmes[i]
		fmt.Fprintf(w, "%s\t%s; cap %s\n", p.Name, describeProgramme(p), p.Cap)
	}
	if unpaid := t.Unpaid(); len(unpaid) > 0 {
		fmt.Fprintf(w, "cannot be used\tnothing can be paid from %s: `oxenswap init` refuses these terms\n", strings.Join(unpaid, ", "))
	}
}

func describeProgramme(p *swap.Programme) string {
	at := fmt.Sprintf("at height %d", p.SnapshotHeight)
	if p.SnapshotWindow > 0 {
		at = fmt.Sprintf("at the first snapshot from height %d to %d", p.SnapshotHeight, p.SnapshotHeight+p.SnapshotWindow)
	}
	var steps strings.Builder
	for _, s := range p.Steps {
		fmt.Fprintf(&steps, ", times %s from %s on", s.Factor, datadir.FormatTime(s.From))
	}
	switch p.Kind {
	case swap.ConvertStake:
		return fmt.Sprintf("%s SESH for each OXEN staked in funded nodes %s", p.Ratio, at)
	case swap.ConvertRewards:
		return fmt.Sprintf("%s SESH for each OXEN of rewards accrued and not paid %s", p.Ratio, at)
	case swap.ConvertCoins:
		return fmt.Sprintf("%s SESH for each OXEN proved to be held %s%s", p.Ratio, at, steps.String())
	case swap.ConvertDeposits:
		return fmt.Sprintf("%s SESH for each OXEN sent in%s", p.Ratio, steps.String())
	case swap.SharePoints:
		every := "every final snapshot"
		if p.Every > 0 {
			every = fmt.Sprintf("snapshots every %d blocks", p.Every)
		}
		return fmt.Sprintf("the cap shared by stake in funded nodes, summed over %s from height %d to %d", every, p.FromHeight, p.ToHeight)
	}
	return "amounts granted by two operators"
}
