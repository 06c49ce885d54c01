package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/oxenrpc"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// reserveVerdict is what `verify reserve-proof` answers. Amounts are atomic OXEN.
type reserveVerdict struct {
	Good    bool            `json:"good"`
	Check   string          `json:"check,omitempty"` // the first that failed
	Reason  string          `json:"reason,omitempty"`
	Total   swap.Oxen       `json:"total"` // of what counts
	Outputs []outputVerdict `json:"outputs"`
}

type outputVerdict struct {
	Transaction swap.Hash `json:"txid"`
	Index       uint64    `json:"index"`
	KeyImage    swap.Hash `json:"key_image"`
	Amount      swap.Oxen `json:"amount"`
	Height      uint64    `json:"height"`
	InPool      bool      `json:"in_pool"`
	Counted     bool      `json:"counted"`
	Verdict     string    `json:"verdict"`
}

func (a *app) verifyReserveProofCommand() *cobra.Command {
	var address, message, file, url string
	var height uint64
	c := &cobra.Command{
		Use:   "reserve-proof --address A --message M --proof-file F --daemon URL",
		Short: "Verify an Oxen reserve proof, which no oxend and no wallet can",
		Long: `Verifies a ReserveProofV1 as Oxen wallets make it (get_reserve_proof all MESSAGE), with the transactions and the spent
status that one daemon knows. Without --height no output is too new. Nothing is recorded.`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("height") && height == 0 {
				return cli.Usage("--height 0: expected the height of a block")
			}
			text, err := a.readProof(file)
			if err != nil {
				return err
			}
			client, err := oxenrpc.New(oxenrpc.Config{Name: "daemon", URL: url})
			if err != nil {
				return cli.Usage("--daemon: %v", err)
			}
			v, err := verifyReserveProof(c.Context(), client, address, message, text, height)
			if err != nil {
				return err
			}
			if err := a.print(v, v.print); err != nil {
				return err
			}
			if !v.Good {
				return cli.ErrNo
			}
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&address, "address", "", "the wallet's main Oxen address")
	flags.StringVar(&message, "message", "", "the message that the proof was made for; \"\" for none")
	flags.StringVar(&file, "proof-file", "", "file with the proof, - for standard input")
	flags.StringVar(&url, "daemon", "", "RPC of an Oxen daemon")
	flags.Uint64Var(&height, "height", 0, "leave out what came after this block")
	return cli.Require(c, "address", "message", "proof-file", "daemon")
}

func verifyReserveProof(ctx context.Context, d swap.CoinDaemon, address, message, text string, height uint64) (reserveVerdict, error) {
	refused := func(err error) (reserveVerdict, error) {
		return reserveVerdict{Check: cryptonote.CheckFormat.String(), Reason: err.Error(), Outputs: []outputVerdict{}}, nil
	}
	who, err := cryptonote.ParseAddress(address)
	if err != nil {
		return refused(err)
	}
	proof, err := cryptonote.ParseReserveProof(text)
	if err != nil {
		return refused(err)
	}
	if height == 0 {
		height = cryptonote.AnyHeight
	}
	transactions, images := swap.Asked(proof)
	answer := d.Coins(ctx, transactions, images)
	if answer.Err != nil {
		return reserveVerdict{}, answer.Err
	}
	evidence, err := answer.Evidence.Reserve(height)
	if err != nil {
		return reserveVerdict{}, err
	}
	report, err := proof.Verify(ctx, who, []byte(message), evidence)
	if err != nil {
		return reserveVerdict{}, err
	}
	v := reserveVerdict{Good: report.Good(), Total: swap.Oxen(report.Total), Outputs: make([]outputVerdict, len(report.Outputs))}
	if report.Refusal != nil {
		v.Check, v.Reason = report.Check.String(), report.Refusal.Error()
	}
	for i := range report.Outputs {
		o := &report.Outputs[i]
		v.Outputs[i] = outputVerdict{swap.Hash(o.TxID), o.Index, swap.Hash(o.KeyImage), swap.Oxen(o.Amount), o.Height, o.InPool, o.Counted, o.Verdict()}
	}
	return v, nil
}

func (v reserveVerdict) print(w io.Writer) {
	fmt.Fprintln(w, "TRANSACTION\tOUTPUT\tOXEN\tHEIGHT\tVERDICT")
	for _, o := range v.Outputs {
		fmt.Fprintf(w, "%.16s\t%d\t%s\t%d\t%s\n", o.Transaction, o.Index, o.Amount.Coins(), o.Height, o.Verdict)
	}
	if v.Good {
		fmt.Fprintf(w, "good: %s\n", v.Total)
	} else {
		fmt.Fprintf(w, "bad: %s: %s\n", v.Check, v.Reason)
	}
}
