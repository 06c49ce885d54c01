package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/parallel"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

const maxClaimFile = 1 << 30 // bytes of a file of claims

func (a *app) claimImportCommand() *cobra.Command {
	var legacy bool
	c := &cobra.Command{
		Use:   "import [--legacy] FILE.jsonl",
		Short: "Record many claims: lines {\"oxen\":\"..\",\"text\":\"..\",\"signature\":\"..\"}",
		Long: `Record many claims, one JSON object a line; a line may carry a proof of coins made for its text ("proof":"..").
Running it again after an interruption records what is missing.

With --legacy the lines carry signatures over a bare Ethereum address. Such a file is taken once in a migration and as a
whole; of an account's lines the last good one counts, and any numbered claim replaces it.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := a.readLimited(args[0], maxClaimFile)
			if err != nil {
				return err
			}
			lines := swap.SplitLines(file)
			if len(lines) == 0 {
				return fmt.Errorf("%s holds no line", args[0])
			}
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				importer := a.importClaims
				if legacy {
					importer = a.importLegacy
				}
				sum, err := importer(c.Context(), d, file, lines)
				if err != nil {
					return err
				}
				return a.print(sum, func(w io.Writer) {
					fmt.Fprintf(w, "lines\t%d\naccepted\t%d\naccepted before\t%d\n", sum.Lines, sum.Accepted, sum.Again)
					for _, reason := range slices.Sorted(maps.Keys(sum.Refused)) {
						fmt.Fprintf(w, "refused: %s\t%d\n", reason, sum.Refused[reason])
					}
					for _, verdict := range slices.Sorted(maps.Keys(sum.Proofs)) {
						fmt.Fprintf(w, "proofs of coins: %s\t%d\n", verdict, sum.Proofs[verdict])
					}
				})
			})
		},
	}
	c.Flags().BoolVar(&legacy, "legacy", false, "the lines are legacy claims")
	return c
}

// bar shows progress on a terminal, and nothing elsewhere.
func (a *app) bar(n int, what string) *progressbar.ProgressBar {
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return progressbar.NewOptions(n, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	}
	return progressbar.DefaultSilent(int64(n))
}

func (a *app) importLegacy(
	ctx context.Context, d *datadir.Dir, file []byte, lines [][]byte,
) (service.ImportSummary, error) {
	bar := a.bar(len(lines), "verifying")
	verified := make([]swap.LegacyLine, 0, len(lines))
	if err := parallel.InOrder(slices.Values(lines), func(line []byte) swap.LegacyLine {
		return swap.VerifyLegacyLine(d.Terms(), line)
	}, func(_ []byte, l swap.LegacyLine) error {
		verified = append(verified, l)
		return errors.Join(bar.Add(1), ctx.Err())
	}); err != nil {
		return service.ImportSummary{}, err
	}
	event, again, err := service.SubmitLegacy(ctx, d, file, verified)
	if err != nil {
		return service.ImportSummary{}, err
	}
	if again {
		a.say("this file was imported before (entry %d)", d.Migration.Legacy.Entry)
		return service.ImportSummary{Lines: uint64(len(lines)), Again: uint64(len(lines)), Refused: map[string]uint64{}}, nil
	}
	return service.ImportSummary{Lines: event.Lines, Accepted: event.Taken, Refused: event.Refused}, nil
}

// verifiedLine is a line of numbered claims and what came of verifying it.
type verifiedLine struct {
	claim swap.Claim
	proof string
	err   error
}

func (a *app) importClaims(
	ctx context.Context, d *datadir.Dir, _ []byte, lines [][]byte,
) (service.ImportSummary, error) {
	reader := d.Recipients()
	defer reader.Close()
	claims := &service.Import{
		Ledger: d, Attachments: d, Code: reader.Read, Daemons: d.CoinDaemons, Done: a.bar(len(lines), "recording").Add,
		Sum: service.ImportSummary{Lines: uint64(len(lines)), Refused: map[string]uint64{}},
	}
	err := parallel.InOrder(slices.Values(lines), func(line []byte) verifiedLine {
		l, err := swap.ParseClaimLine(bytes.TrimSpace(line))
		if err != nil {
			return verifiedLine{err: err}
		}
		c, err := swap.VerifyClaim(d.Terms(), l.Oxen, l.Text, l.Signature)
		return verifiedLine{c, l.Proof, err}
	}, func(_ []byte, v verifiedLine) error {
		if v.err != nil {
			return claims.Refuse(v.err)
		}
		return claims.Add(ctx, v.claim, v.proof)
	})
	if err == nil {
		err = claims.Flush(ctx)
	}
	return claims.Sum, err
}
