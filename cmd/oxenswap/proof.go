package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/oxenrpc"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/fail"
)

const (
	maxProofText = 8 << 20 // bytes
	judgingTime  = 10 * time.Minute
)

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
			return a.with(c.Context(), a.open, func(w *world) error {
				done, err := w.prove(c.Context(), swap.HandIn{Claim: claim, Proof: proof})
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

// prove receives a proof and judges it, or returns the verdict on it that there is.
func (w *world) prove(ctx context.Context, in swap.HandIn) (swap.Judged, error) {
	received, _, err := swap.ReceiveProof(ctx, w, in)
	if err != nil {
		return swap.Judged{}, err
	}
	if received.Status != swap.ReceivedProof {
		return swap.Judged{Proof: received}, nil
	}
	proof, err := cryptonote.ParseReserveProof(in.Proof)
	if err != nil {
		return swap.Judged{}, err
	}
	clients, err := w.clients()
	if err != nil {
		return swap.Judged{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, judgingTime)
	defer cancel()
	transactions, images := swap.Asked(proof)
	evidence, agreed, err := swap.AgreeOnCoins(w.terms(), w.migration.Config.Quorum, ask(clients, func(d *oxenrpc.Client) swap.CoinAnswer {
		return d.Coins(ctx, transactions, images)
	}))
	if err != nil {
		return swap.Judged{}, fmt.Errorf("the proof is recorded as entry %d and not judged yet, run the command again: %w", received.Received, err)
	}
	var judged swap.Judged
	err = fail.Do("proof judge", func() (err error) {
		judged, err = swap.JudgeReceived(ctx, w, w, received.Received, agreed, evidence)
		return err
	})
	return judged, err
}

// judgedView is what became of a proof, as commands print it. Amounts are atomic OXEN.
type judgedView struct {
	Entry    uint64            `json:"entry"` // its proof.received
	Status   swap.ProofStatus  `json:"status"`
	Check    string            `json:"check,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Outputs  uint64            `json:"outputs"`
	Counted  uint64            `json:"counted"`
	Total    swap.Amount       `json:"total"`
	Staked   swap.Amount       `json:"staked"`
	LeftOut  map[string]uint64 `json:"left_out,omitempty"` // outputs by reason
	Claim    *uint64           `json:"claim,omitempty"`    // entry of the claim that came with it
	ClaimErr string            `json:"claim_refused,omitempty"`
}

func viewJudged(j swap.Judged) judgedView {
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
func (a *app) printJudged(j swap.Judged) error {
	v := viewJudged(j)
	if err := a.print(v, func(out io.Writer) {
		if v.Claim != nil {
			fmt.Fprintf(out, "claim recorded as entry %d\n", *v.Claim)
		}
		if v.ClaimErr != "" {
			fmt.Fprintf(out, "the claim that came with it is refused: %s\n", v.ClaimErr)
		}
		if v.Status == swap.AcceptedProof {
			fmt.Fprintf(out, "proof accepted (entry %d): %d of %d outputs count, %s OXEN\n", v.Entry, v.Counted, v.Outputs, v.Total.Coins())
			if v.Staked > 0 {
				fmt.Fprintf(out, "%s OXEN of it are staked and paid as stake\n", v.Staked.Coins())
			}
		} else {
			fmt.Fprintf(out, "proof %s (entry %d): %s\n", v.Status, v.Entry, strings.Join(nonEmpty(v.Check, v.Reason), ": "))
		}
		for _, reason := range sortedKeys(v.LeftOut) {
			fmt.Fprintf(out, "  %d not counted: %s\n", v.LeftOut[reason], reason)
		}
	}); err != nil {
		return err
	}
	if v.Status != swap.AcceptedProof || v.ClaimErr != "" {
		return cli.ErrNo
	}
	return nil
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

// handIn submits a claim with its proof: an entitled account's claim by itself first, another's together with the proof.
func (w *world) handIn(ctx context.Context, in swap.Incoming, proof string) (swap.Submitted, swap.Judged, error) {
	var entitled bool
	if err := w.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		entitled, err = swap.Entitled(t, w.terms(), in.Claim.Account)
		return err
	}); err != nil {
		return swap.Submitted{}, swap.Judged{}, err
	}
	if !entitled {
		done, err := w.prove(ctx, swap.HandIn{Pending: &in, Proof: proof})
		return swap.Submitted{}, done, err
	}
	submitted, err := swap.SubmitClaim(ctx, w, in)
	if err != nil {
		return submitted, swap.Judged{}, err
	}
	done, err := w.prove(ctx, swap.HandIn{Claim: submitted.Claim.Entry, Proof: proof})
	return submitted, done, err
}

func (a *app) submitWithProof(ctx context.Context, w *world, in swap.Incoming, proof string) error {
	submitted, done, err := w.handIn(ctx, in, proof)
	if submitted.Claim.Entry > 0 && submitted.Err == nil && !a.json {
		err = errors.Join(a.printSubmitted(submitted), err)
	}
	if err != nil {
		return err
	}
	return a.printJudged(done)
}
