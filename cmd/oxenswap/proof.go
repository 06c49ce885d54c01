package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

const maxProofText = 8 << 20 // bytes

func (a *app) claimProveCommand() *cobra.Command {
	var claim uint64
	var file string
	c := &cobra.Command{
		Use:   "prove --claim ENTRY --proof-file F",
		Short: "Record and judge a proof of coins for a claim",
		Long: `Records a reserve proof made with the wallet's get_reserve_proof for the text of a claim (see "claim text"), asks all
daemons about its outputs, judges it and records the verdict. Running it again after an interruption goes on where it was.
Do not move coins before the proof is accepted.`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			proof, err := a.readProof(file)
			if err != nil {
				return err
			}
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				daemons, err := d.CoinDaemons()
				if err != nil {
					return err
				}
				done, err := service.Prove(c.Context(), d, d, daemons, service.HandIn{Claim: claim, Proof: proof})
				if err != nil {
					return err
				}
				return a.printJudged(done)
			})
		},
	}
	c.Flags().Uint64Var(&claim, "claim", 0, "entry of the claim")
	c.Flags().StringVar(&file, "proof-file", "", "file with the proof, - for standard input")
	return cli.Require(c, "claim", "proof-file")
}

func (a *app) readProof(file string) (string, error) {
	text, err := a.readLimited(file, maxProofText)
	return strings.TrimSpace(string(text)), err
}

// judgedView is what became of a proof, as commands print it. Amounts are atomic OXEN.
type judgedView struct {
	Entry    uint64            `json:"entry"` // its proof.received
	Status   swap.ProofStatus  `json:"status"`
	Check    string            `json:"check,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Outputs  uint64            `json:"outputs"`
	Counted  uint64            `json:"counted"`
	Total    swap.Oxen         `json:"total"`
	Staked   swap.Oxen         `json:"staked"`
	LeftOut  map[string]uint64 `json:"left_out,omitempty"` // outputs by reason
	Claim    *uint64           `json:"claim,omitempty"`    // entry of the claim that came with it
	ClaimErr string            `json:"claim_refused,omitempty"`
}

func viewJudged(j service.Judged) judgedView {
	p := j.Proof
	v := judgedView{Entry: p.Received, Status: p.Status, Check: p.Check, Outputs: p.Outputs, Counted: p.Counted, Total: p.Total, Staked: p.Staked}
	v.Reason = j.Detail
	for i := range j.Report.Outputs {
		if o := &j.Report.Outputs[i]; !o.Counted && o.Reason != "" {
			if v.LeftOut == nil {
				v.LeftOut = map[string]uint64{}
			}
			v.LeftOut[string(o.Reason)]++
		}
	}
	if j.Claim != nil {
		v.Claim = &j.Claim.Entry
	}
	if j.Err != nil {
		v.ClaimErr = j.Err.Error()
	}
	return v
}

// printJudged says what became of a proof; one that is not accepted is an answer of no.
func (a *app) printJudged(j service.Judged) error {
	v := viewJudged(j)
	good := v.Status == swap.AcceptedProof && v.ClaimErr == ""
	return a.printVerdict(v, good, func(out io.Writer) {
		if v.Claim != nil {
			fmt.Fprintf(out, "claim recorded as entry %d\n", *v.Claim)
		}
		if v.ClaimErr != "" {
			fmt.Fprintf(out, "the claim that came with it is refused: %s\n", v.ClaimErr)
		}
		if v.Status == swap.AcceptedProof {
			fmt.Fprintf(out, "proof accepted (entry %d): %d of %d outputs count, %s\n", v.Entry, v.Counted, v.Outputs, v.Total)
			if v.Staked > 0 {
				fmt.Fprintf(out, "%s of it are staked and paid as stake\n", v.Staked)
			}
		} else {
			fmt.Fprintf(out, "proof %s (entry %d): %s\n", v.Status, v.Entry, strings.Join(nonEmpty(v.Check, v.Reason), ": "))
		}
		for _, reason := range sortedKeys(v.LeftOut) {
			fmt.Fprintf(out, "  %d not counted: %s\n", v.LeftOut[reason], reason)
		}
	})
}

func nonEmpty(words ...string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

func (a *app) submitWithProof(ctx context.Context, d *datadir.Dir, in service.Incoming, proof string) error {
	daemons, err := d.CoinDaemons()
	if err != nil {
		return err
	}
	submitted, done, err := service.SubmitWithProof(ctx, d, d, daemons, in, proof)
	if submitted.Claim.Entry > 0 && submitted.Err == nil && !a.json {
		err = errors.Join(a.printSubmitted(submitted), err)
	}
	if err != nil {
		return err
	}
	return a.printJudged(done)
}
