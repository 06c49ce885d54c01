package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
	"oxenswap/swap/service"
)

func (a *app) claimCommand() *cobra.Command {
	return cli.Group("claim", "Claims of holders", a.claimTextCommand(), a.claimSubmitCommand(),
		a.claimProveCommand(), a.claimImportCommand(), a.claimListCommand(), a.claimShowCommand())
}

func (a *app) claimTextCommand() *cobra.Command {
	var oxen, to, until string
	var sequence uint32
	c := &cobra.Command{
		Use:   "text --oxen A --to 0x..",
		Short: "Print the line that a holder signs, and how",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				address, err := swap.ParseOxen(d.Terms(), oxen)
				if err != nil {
					return err
				}
				recipient, err := swap.ParseEIP55(to)
				if err != nil {
					return err
				}
				text := swap.ClaimText{Migration: d.Terms().ID(), Recipient: swap.EVMAddress(recipient)}
				if err := d.Migration.CheckRecipient(text.Recipient); err != nil {
					return err
				}
				if text.Until, err = desk.LastDay(d.Migration, until); err != nil {
					return usageOf("until", err)
				}
				account := swap.AccountOf(address)
				if err := d.View(c.Context(), func(t swap.Tables, _ uint64) (err error) {
					text.Sequence, err = desk.NextSequence(t, account, sequence)
					return err
				}); err != nil {
					return usageOf("sequence", err)
				}
				line := text.String()
				out := map[string]any{
					"text": line, "oxen": address.Standard().String(), "sequence": text.Sequence,
					"command": "sign_value " + line,
				}
				_, coins := d.Terms().CoinsProgramme()
				proof := "get_reserve_proof all " + swap.ProofMessage(line)
				if coins {
					out["proof_command"] = proof
				}
				return a.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "%s\n\n", line)
					fmt.Fprintf(w, "Command-line wallet (oxen-wallet-cli), with %s open:\n\n  sign_value %s\n\n",
						address.Standard(), line)
					fmt.Fprint(w, "Desktop wallet: paste the line into its sign box, unchanged. Wallet RPC: method sign, the line as data.\n")
					fmt.Fprint(w, "Hardware, watch-only and multisig wallets cannot sign. The claim, with both addresses, becomes public.\n")
					fmt.Fprint(w, "Then: oxenswap claim submit --oxen A --text \"the line\" --signature SigV1...\n")
					if coins {
						fmt.Fprintf(w, "\nCoins that were never staked: prove them with the same wallet, which writes the proof to a file:\n\n  %s\n\n",
							proof)
						fmt.Fprint(w, "Then: oxenswap claim prove --claim ENTRY --proof-file FILE, or claim submit with --proof-file.\n")
						fmt.Fprint(w, "Do not move coins before the proof is accepted. Hardware, watch-only and multisig wallets and exchanges cannot make one:\n")
						fmt.Fprint(w, "send the coins to a wallet of your own before the snapshot.\n")
					}
				})
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&oxen, "oxen", "", "the holder's main Oxen address")
	flags.StringVar(&to, "to", "", "the recipient, checksummed")
	flags.Uint32Var(&sequence, "sequence", 0, "number of the claim (default: the account's next)")
	flags.StringVar(&until, "until", "", "last day, such as 2026-12-31 (default: the migration's last)")
	return cli.Require(c, "oxen", "to")
}

// usageOf makes a malformed value of a flag a usage error.
func usageOf(flag string, err error) error {
	var refused *swap.Refusal
	if errors.As(err, &refused) && refused.Reason == swap.ReasonText {
		return cli.Usage("--%s: %s", flag, refused.Detail)
	}
	return err
}

func (a *app) claimSubmitCommand() *cobra.Command {
	var oxen, text, signature, proofFile string
	var confirm bool
	c := &cobra.Command{
		Use:   "submit --oxen A --text T --signature S [--proof-file F]",
		Short: "Record a holder's claim, and with a proof the coins that were never staked",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				claim, err := swap.VerifyClaim(d.Terms(), oxen, text, signature)
				if err != nil {
					return err
				}
				if claim.Integrated {
					a.say("%s is an integrated address: the account is that of %s", oxen, claim.Oxen)
				}
				in := service.Incoming{Claim: claim}
				reader := d.Recipients()
				defer reader.Close()
				if in.Code, err = reader.Read(c.Context(), claim.Recipient); err != nil {
					return err
				}
				in.Code.Confirm(confirm)
				if proofFile != "" {
					proof, err := a.readProof(proofFile)
					if err != nil {
						return err
					}
					return a.submitWithProof(c.Context(), d, in, proof)
				}
				done, err := service.SubmitClaim(c.Context(), d, in)
				if err != nil {
					return err
				}
				return a.printSubmitted(done)
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&oxen, "oxen", "", "the holder's main Oxen address")
	flags.StringVar(&text, "text", "", "the line that was signed")
	flags.StringVar(&signature, "signature", "", "SigV1...")
	flags.StringVar(&proofFile, "proof-file", "", "file with a proof of coins made for this line (see `claim text`)")
	flags.BoolVar(&confirm, "confirm-contract", false,
		"the holder controls this contract address on the token's chain too")
	return cli.Require(c, "oxen", "text", "signature")
}

// submittedView is what `claim submit` prints.
type submittedView struct {
	Entry     uint64          `json:"entry"`
	Account   swap.Account    `json:"account"`
	Oxen      string          `json:"oxen"`
	Recipient swap.EVMAddress `json:"recipient"`
	Sequence  uint32          `json:"sequence"`
	Again     bool            `json:"again"`
}

func (a *app) printSubmitted(s service.Submitted) error {
	c := s.Claim
	return a.print(submittedView{c.Entry, c.Account, c.Oxen, c.Recipient, c.Sequence, s.Again}, func(w io.Writer) {
		word := "recorded"
		if s.Again {
			word = "recorded before"
		}
		fmt.Fprintf(w, "claim #%d of %s to %s: %s as entry %d\n", c.Sequence, c.Oxen, c.Recipient, word, c.Entry)
	})
}

// claimView is one claim as `claim list` and `claim show` print it.
type claimView struct {
	Entry     uint64          `json:"entry"`
	Account   swap.Account    `json:"account"`
	Oxen      string          `json:"oxen"`
	Recipient swap.EVMAddress `json:"recipient"`
	Sequence  uint32          `json:"sequence"`
	Text      string          `json:"text"`
	Signature string          `json:"signature"`
}

func viewClaim(c swap.Claim) claimView {
	return claimView{c.Entry, c.Account, c.Oxen, c.Recipient, c.Sequence, c.Text, c.Signature}
}

func (a *app) claimListCommand() *cobra.Command {
	return listCommand(a, "list", "List the claim in force of every account", func(t swap.Tables) ([]claimView, error) {
		list := []claimView{}
		err := t.LatestClaims(func(c swap.Claim) error { list = append(list, viewClaim(c)); return nil })
		return list, err
	}, func(w io.Writer, _ *datadir.Dir, list []claimView) {
		fmt.Fprintln(w, "ENTRY\tOXEN ADDRESS\tCLAIM\tRECIPIENT")
		for _, c := range list {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", c.Entry, c.Oxen, claimNumber(c.Sequence), c.Recipient)
		}
	})
}

func claimNumber(sequence uint32) string {
	if sequence == 0 {
		return "legacy"
	}
	return fmt.Sprintf("#%d", sequence)
}

func (a *app) claimShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show OXEN-ADDRESS",
		Short: "Show an account's claim in force",
		Args:  cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				address, err := swap.ParseOxen(d.Terms(), args[0])
				if err != nil {
					return err
				}
				var v claimView
				if err := d.View(c.Context(), func(t swap.Tables, _ uint64) error {
					latest, err := t.LatestClaim(swap.AccountOf(address))
					v = viewClaim(latest)
					return err
				}); errors.Is(err, swap.ErrNotFound) {
					return fmt.Errorf("%s has no claim: `oxenswap claim text` prints the line to sign", address.Standard())
				} else if err != nil {
					return err
				}
				return a.print(v, func(w io.Writer) {
					fmt.Fprintf(w, "oxen address\t%s\naccount\t%s\nclaim\t%s\nrecipient\t%s\n"+
						"entry\t%d\ntext\t%s\nsignature\t%s\n", v.Oxen, v.Account, claimNumber(v.Sequence), v.Recipient, v.Entry, v.Text, v.Signature)
				})
			})
		},
	}
}
