package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/safe"
	"oxenswap/swap"
)

// safeFlags are those of every safe-export command.
type safeFlags struct{ out, created string }

func (a *app) safeExportCommand() *cobra.Command {
	c := cli.Group("safe-export", "Write calls of the owner or the publisher for a Safe to sign",
		a.safeFundCommand(), a.safeProposeCommand(), a.safeUnpauseCommand(), a.safeExtendCommand(), a.safeSweepCommand())
	c.Long = `Write a call of the owner or the publisher as a file for the Safe Transaction Builder, and say on stderr what it does. The
command checks the call as if it were signed here: with the ledger, the distributor's state, and a trial run by a node. It
writes nothing to the ledger and opens no key, so it works while the service runs. The distributor's events show later what
the Safe did.`
	return c
}

// safeExport is a command that exports one request. The function gets the arguments and makes the
// request.
func (a *app) safeExport(
	use, short string, args cobra.PositionalArgs,
	request func(ctx context.Context, s *sender.Sender, args []string) (*sender.Request, error),
) *cobra.Command {
	var f safeFlags
	c := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				return a.onChain(c.Context(), d, nodes{}, func(o *operator) error {
					r, err := request(c.Context(), o.sender, args)
					if err != nil {
						return err
					}
					return a.writeSafe(c.Context(), o, r, f)
				})
			})
		},
	}
	c.Flags().StringVar(&f.out, "out", "", "file to write or replace, in one step (default: stdout)")
	c.Flags().StringVar(&f.created, "created-at", "",
		"the file's time, such as 2026-11-22T12:00:00Z (default: that of the newest block)")
	return c
}

func (a *app) safeFundCommand() *cobra.Command {
	var round uint64
	c := a.safeExport("fund --round N", "The owner's transfer of what the distributor lacks of a round's total", cli.NoArgs,
		func(ctx context.Context, s *sender.Sender, _ []string) (*sender.Request, error) {
			return s.RequestFunding(ctx, round)
		})
	c.Flags().Uint64Var(&round, "round", 0, "the round whose total is needed")
	return cli.Require(c, "round")
}

func (a *app) safeProposeCommand() *cobra.Command {
	return a.safeExport("propose ROUND", "The publisher's proposal of an approved round", cli.ExactArgs(1),
		func(ctx context.Context, s *sender.Sender, args []string) (*sender.Request, error) {
			number, err := roundArg(args[0])
			if err != nil {
				return nil, err
			}
			return s.RequestProposal(ctx, number)
		})
}

func (a *app) safeUnpauseCommand() *cobra.Command {
	return a.safeExport("unpause", "The owner's call that ends a pause", cli.NoArgs,
		func(ctx context.Context, s *sender.Sender, _ []string) (*sender.Request, error) {
			return s.RequestUnpause(ctx)
		})
}

func (a *app) safeExtendCommand() *cobra.Command {
	var closes string
	c := a.safeExport("extend --closes-at TIME", "The owner's call that moves the closing to a later time, for good", cli.NoArgs,
		func(ctx context.Context, s *sender.Sender, _ []string) (*sender.Request, error) {
			at, err := timeFlag("closes-at", closes)
			if err != nil {
				return nil, err
			}
			return s.RequestExtension(ctx, uint64(at.Unix()))
		})
	c.Flags().StringVar(&closes, "closes-at", "", "the new closing of claims, such as 2030-03-31T00:00:00Z")
	return cli.Require(c, "closes-at")
}

func (a *app) safeSweepCommand() *cobra.Command {
	var to string
	c := a.safeExport("sweep --to ADDRESS", "The owner's call that takes what was not claimed, after the closing", cli.NoArgs,
		func(ctx context.Context, s *sender.Sender, _ []string) (*sender.Request, error) {
			address, err := swap.ParseEIP55(to)
			if err != nil {
				return nil, cli.Usage("--to: %v", err)
			}
			return s.RequestSweep(ctx, swap.EVMAddress(address))
		})
	c.Flags().StringVar(&to, "to", "", "the recipient: an address with its EIP-55 checksum")
	return cli.Require(c, "to")
}

// timeFlag reads a time that a person typed.
func timeFlag(name, value string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil || at.Unix() <= 0 {
		return at, cli.Usage("--%s %q is not a time such as 2028-03-31T00:00:00Z", name, value)
	}
	return at, nil
}

// writeSafe writes a request as a file, and says what its signers agree to.
func (a *app) writeSafe(ctx context.Context, o *operator, r *sender.Request, f safeFlags) error {
	created := time.Unix(int64(r.Time), 0)
	if f.created != "" {
		var err error
		if created, err = timeFlag("created-at", f.created); err != nil {
			return err
		}
	}
	artifact := contracts.Distributor()
	if r.Purpose == swap.PurposeFund {
		artifact = contracts.TestToken()
	}
	what := r.Purpose
	if r.Round.Round != 0 {
		what += fmt.Sprintf(" round %d", r.Round.Round)
	}
	description := fmt.Sprintf("migration %s, distributor %s", o.Terms().ID(), r.Distributor.Address)
	b, err := safe.New(r.Distributor.ChainID, created, r.From, "oxenswap: "+what, description, safe.Call{To: r.To, ABI: &artifact.ABI, Data: r.Data})
	if err != nil {
		return err
	}
	file, err := b.Encode()
	if err != nil {
		return err
	}
	recipients := o.Recipients()
	defer recipients.Close()
	if seen, err := recipients.OnTokenChain(ctx, r.From); err != nil {
		return err
	} else if seen != swap.SeenCode {
		a.say("the %s %s is no contract on chain %d, so it is no Safe there: only its key can send this",
			r.Role, r.From, r.Distributor.ChainID)
	}
	if err := describeRequest(a.stderr, r, what, b.Meta.Checksum); err != nil {
		return err
	}
	if f.out == "" {
		_, err := a.stdout.Write(file)
		return err
	}
	if err := datadir.ReplaceFile(f.out, file); err != nil {
		return fmt.Errorf("writing %s: %w", f.out, err)
	}
	a.say("wrote %s: load it in the Transaction Builder of that Safe, and compare what it shows with the above", f.out)
	return nil
}

// describeRequest says what the call does, for the person who signs it.
func describeRequest(w io.Writer, r *sender.Request, what, checksum string) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(tw, name+"\t"+format+"\n", args...) }
	line("to sign", "%s, by the %s", what, r.Role)
	line(r.Role, "%s, on chain %d", r.From, r.Distributor.ChainID)
	line("calls", "%s (%s)", r.To, calledName(r))
	switch s := r.State; r.Purpose {
	case swap.PurposeFund:
		line("transfers", "%s to the distributor %s", r.Amount, r.Distributor.Address)
		line("which has", "%s, and paid %s; round %d needs %s in all",
			s.Balance, s.TotalClaimed.Coins(), r.Round.Round, r.Round.Total.Coins())
		line("beware", "sign it once: a second transfer would be beyond what is needed")
	case swap.PurposePropose:
		line("root", "0x%s", r.Round.Root)
		line("total", "%s in all rounds, %s of them new, for %d recipients",
			r.Round.Total, r.Round.Amount.Coins(), r.Round.Recipients)
		line("ledger", "entry %d approved it", r.Round.Approved)
		line("then", "anyone can activate it %s later; until then owner and guardian can cancel it",
			time.Duration(r.Distributor.ActivationDelay)*time.Second)
	case swap.PurposeUnpause:
		line("paused", "since %s; claims close that much later than %s", unixTime(s.PausedAt), unixTime(s.ClosesAt))
	case sender.PurposeExtend:
		line("claims close", "at %s instead of %s", unixTime(r.ClosesAt), unixTime(s.ClosesAt))
		line("beware", "it is never moved back")
	case sender.PurposeSweep:
		line("sends", "%s, all that the distributor holds, to %s", r.Amount, r.Recipient)
		line("closed", "since %s", unixTime(s.ClosesAt))
	}
	line("checked", "against block %d of %s; the call takes about %d gas", r.State.Block, unixTime(r.Time), r.Gas)
	line("calldata", "keccak256 %s", crypto.Keccak256Hash(r.Data))
	line("checksum", "%s", checksum)
	return tw.Flush()
}

func calledName(r *sender.Request) string {
	if r.Purpose == swap.PurposeFund {
		return "the token"
	}
	return "the distributor"
}
