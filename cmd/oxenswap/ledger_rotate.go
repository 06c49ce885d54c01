package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
)

func (a *app) ledgerKeygenCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "keygen --out FILE",
		Short: "Make the ledger's next key: the secret half into FILE, the verifier key to stdout",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				vkey, err := datadir.NewKey(out, d.Terms().Origin())
				if err != nil {
					return fmt.Errorf("making the ledger's next key: %w", err)
				}
				a.say("wrote the secret key to %s: keep a copy in a safe place, then `oxenswap ledger rotate %s`", out, out)
				return a.print(map[string]string{"verifier_key": vkey}, func(w io.Writer) { fmt.Fprintln(w, vkey) })
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file for the secret key; it must not exist")
	return cli.Require(c, "out")
}

// rotationView is what `ledger rotate` prints.
type rotationView struct {
	Entry     int64  `json:"entry"`
	LedgerKey string `json:"ledger_key"` // verifier key in force from then on
	Former    string `json:"former_key"`
	File      string `json:"former_file"` // where the former secret key is kept; "": nowhere here
}

func (a *app) ledgerRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate KEYFILE",
		Short: "Change the ledger's key: the present one hands the log over to the one in KEYFILE",
		Long: `Change the ledger's key: an entry, signed by the present key, hands the log over to the one in KEYFILE (ledger keygen makes
one), which signs from then on and takes the place of ` + datadir.KeyFile + `. The name of the log stays, and so do receipts, checkpoints and
the migration id. The service must be stopped.

After an interruption the same command finishes it. The former key stays beside the new one, for you to destroy.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			options, err := a.options()
			if err != nil {
				return err
			}
			done, err := options.Rotate(c.Context(), args[0])
			if errors.Is(err, datadir.ErrSameKey) {
				return fmt.Errorf("%w: `oxenswap ledger keygen --out FILE` makes another one", err)
			} else if err != nil {
				return err
			}
			if done.Kept != "" {
				a.say("%s is the former key: destroy it and its copies once the new one is published and kept safe", done.Kept)
			}
			a.say("publish the new key where holders and auditors found the former one; earlier receipts and checkpoints stay good")
			return a.print(rotationView{done.Entry, done.New, done.Old, done.Kept}, func(out io.Writer) {
				fmt.Fprintf(out, "entry\t%d\nledger key\t%s\nformer\t%s\n", done.Entry, done.New, done.Old)
			})
		},
	}
}
