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
	"oxenswap/swap"
	"oxenswap/swap/service"
)

const (
	maxClaimFile = 1 << 30 // bytes of a file of claims
	importBatch  = 200     // claims in one transaction
)

// importSummary is what `claim import` prints.
type importSummary struct {
	Lines    uint64            `json:"lines"`
	Accepted uint64            `json:"accepted"`
	Again    uint64            `json:"again"` // accepted before
	Refused  map[string]uint64 `json:"refused"`
	Proofs   map[string]uint64 `json:"proofs,omitempty"` // of coins: accepted, or by the check that refused
}

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

func (a *app) importLegacy(ctx context.Context, d *datadir.Dir, file []byte, lines [][]byte) (importSummary, error) {
	bar := a.bar(len(lines), "verifying")
	verified := make([]swap.LegacyLine, 0, len(lines))
	if err := inOrder(slices.Values(lines), func(line []byte) swap.LegacyLine {
		return swap.VerifyLegacyLine(d.Terms(), line)
	}, func(_ []byte, l swap.LegacyLine) error {
		verified = append(verified, l)
		return errors.Join(bar.Add(1), ctx.Err())
	}); err != nil {
		return importSummary{}, err
	}
	event, again, err := service.SubmitLegacy(ctx, d, file, verified)
	if err != nil {
		return importSummary{}, err
	}
	if again {
		a.say("this file was imported before (entry %d)", d.Migration.Legacy.Entry)
		return importSummary{Lines: uint64(len(lines)), Again: uint64(len(lines)), Refused: map[string]uint64{}}, nil
	}
	return importSummary{Lines: event.Lines, Accepted: event.Taken, Refused: event.Refused}, nil
}

// verifiedLine is a line of numbered claims and what came of verifying it.
type verifiedLine struct {
	claim swap.Claim
	proof string
	err   error
}

func (a *app) importClaims(ctx context.Context, d *datadir.Dir, _ []byte, lines [][]byte) (importSummary, error) {
	sum := importSummary{Lines: uint64(len(lines)), Refused: map[string]uint64{}}
	bar := a.bar(len(lines), "recording")
	count := func(err error) error {
		var refusal *swap.Refusal
		if !errors.As(err, &refusal) {
			return err
		}
		sum.Refused[string(refusal.Reason)]++
		return nil
	}
	reader := d.Recipients()
	defer reader.Close()
	var batch []service.Incoming
	inBatch := map[swap.Account]bool{}
	flush := func() error {
		done, err := service.SubmitClaims(ctx, d, batch)
		if err != nil {
			return err
		}
		for _, d := range done {
			switch {
			case d.Again:
				sum.Again++
			case d.Err != nil:
				if err := count(d.Err); err != nil {
					return err
				}
			default:
				sum.Accepted++
			}
		}
		batch, inBatch = nil, map[swap.Account]bool{}
		return bar.Add(len(done))
	}
	err := inOrder(slices.Values(lines), func(line []byte) verifiedLine {
		l, err := swap.ParseClaimLine(bytes.TrimSpace(line))
		if err != nil {
			return verifiedLine{err: err}
		}
		c, err := swap.VerifyClaim(d.Terms(), l.Oxen, l.Text, l.Signature)
		return verifiedLine{c, l.Proof, err}
	}, func(_ []byte, v verifiedLine) error {
		if v.err != nil {
			return errors.Join(count(v.err), bar.Add(1))
		}
		if len(batch) == importBatch || inBatch[v.claim.Account] {
			if err := flush(); err != nil {
				return err
			}
		}
		code, err := reader.Read(ctx, v.claim.Recipient)
		if err != nil {
			return err
		}
		if v.proof != "" {
			if len(batch) > 0 {
				if err := flush(); err != nil {
					return err
				}
			}
			return errors.Join(a.importProof(ctx, d, service.Incoming{Claim: v.claim, Code: code}, v.proof, &sum), bar.Add(1))
		}
		batch = append(batch, service.Incoming{Claim: v.claim, Code: code})
		inBatch[v.claim.Account] = true
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	return sum, err
}

// importProof records one claim with its proof of coins and counts what came of both.
func (a *app) importProof(ctx context.Context, d *datadir.Dir, in service.Incoming, proof string, sum *importSummary) error {
	if sum.Proofs == nil {
		sum.Proofs = map[string]uint64{}
	}
	submitted, done, err := handIn(ctx, d, in, proof)
	var claim *swap.Refusal
	var refused *swap.ProofRefusal
	if errors.As(err, &claim) {
		sum.Refused[string(claim.Reason)]++
		return nil
	}
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	switch {
	case submitted.Again:
		sum.Again++
	case submitted.Claim.Entry > 0 || done.Claim != nil:
		sum.Accepted++
	case done.Proof.Pending != nil && done.Proof.Status == swap.AcceptedProof && done.Err == nil:
		sum.Again++ // both were recorded before
	default:
		sum.Refused[string(swap.ReasonNotEntitled)]++
	}
	switch {
	case refused != nil:
		sum.Proofs[refused.Check]++
	case done.Proof.Status == swap.RefusedProof:
		sum.Proofs[done.Proof.Check]++
	default:
		sum.Proofs[string(done.Proof.Status)]++
	}
	return nil
}
