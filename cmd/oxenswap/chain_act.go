package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

// openKey opens the key that signs.
type openKey func(context.Context, *datadir.Dir) (signer.Signer, error)

// actWith is what an act does with the chain and an opened key.
type actWith func(ctx context.Context, o *operator, key signer.Signer) error

// act is a command that signs with a key.
func (a *app) act(use, short string, open openKey, args cobra.PositionalArgs, run actWith) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, _ []string) error { return a.signing(c.Context(), nodes{}, open, run) },
	}
}

// actToStop is act for the guardian's two ways to stop the distributor, which work even when nodes
// disagree or do not answer.
func (a *app) actToStop(use, short string, args cobra.PositionalArgs, run actWith) *cobra.Command {
	n := nodes{any: true}
	c := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, _ []string) error { return a.signing(c.Context(), n, a.keyOf("guardian"), run) },
	}
	c.Long = short + `. Where nodes of the configuration disagree or do not answer, the command believes the one whose
newest block is the latest. All others get the transaction too, and the rest is recorded when they agree.`
	c.Flags().StringVar(&n.only, "rpc", "", "URL of the only node to trust")
	return c
}

// signing runs a function on the data directory, the token's chain and an opened key.
func (a *app) signing(ctx context.Context, n nodes, open openKey, run actWith) error {
	return a.withChain(ctx, n, func(o *operator) error {
		key, err := open(ctx, o.Dir)
		if err != nil {
			return err
		}
		return run(ctx, o, key)
	})
}

// keyOf opens the key of a role.
func (a *app) keyOf(role string) openKey {
	return func(ctx context.Context, d *datadir.Dir) (signer.Signer, error) {
		key, err := d.RoleSigner(ctx, role, a.say)
		if errors.Is(err, datadir.ErrUnknownRole) {
			return nil, cli.Usage("--key %q is %w", role, err)
		}
		return key, err
	}
}

// ownersKey opens the owner's key on a development chain. Elsewhere there is none: the sender says
// what to do.
func (a *app) ownersKey(ctx context.Context, d *datadir.Dir) (signer.Signer, error) {
	if !d.Terms().DevelopmentChain() {
		return nil, nil
	}
	return a.keyOf("owner")(ctx, d)
}

// actByAnyone is act for calls that need no role: --key says whose key signs, by default the
// publisher's.
func (a *app) actByAnyone(use, short, note string, args cobra.PositionalArgs, run actWith) *cobra.Command {
	var role string
	open := func(ctx context.Context, d *datadir.Dir) (signer.Signer, error) { return a.keyOf(role)(ctx, d) }
	c := a.act(use, short, open, args, run)
	c.Flags().StringVar(&role, "key", "publisher", "whose key signs: owner, publisher or guardian"+note)
	return c
}

// oneRound takes a round's number as the only argument.
func oneRound(to *uint64) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := cli.ExactArgs(1)(c, args); err != nil {
			return err
		}
		var err error
		*to, err = roundArg(args[0])
		return err
	}
}

// checkedFirst checks flags before anything is opened.
func checkedFirst(c *cobra.Command, check func() error) *cobra.Command {
	inner := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if err := inner(c, args); err != nil {
			return err
		}
		return check()
	}
	return c
}

func (a *app) chainDeployCommand() *cobra.Command {
	var d sender.Deployment
	var closes string
	c := a.actByAnyone("deploy", "Create the migration's one distributor", "", cli.NoArgs,
		func(ctx context.Context, o *operator, key signer.Signer) error {
			roles, err := o.Config.Chain.Roles(true)
			if err != nil {
				return err
			}
			d.Roles = *roles
			made, err := o.sender.Deploy(ctx, key, d)
			if err != nil {
				return err
			}
			return a.print(made, func(w io.Writer) { printDistributor(w, made) })
		})
	c.Long = `Create the migration's one distributor, with the owner, publisher and guardian of the configuration. Deploying needs no
role: any funded key may sign. Running it again returns the distributor that there is.`
	c.Flags().Uint64Var(&d.ActivationDelay, "activation-delay", sender.DefaultDelay,
		"seconds between a proposal and its activation; less than a day only on a development chain")
	c.Flags().StringVar(&closes, "closes-at", "",
		"when claims close, such as 2028-03-31T00:00:00Z (default, and the earliest: 90 days after the terms' closing)")
	return checkedFirst(c, func() error {
		if closes == "" {
			return nil
		}
		at, err := time.Parse(time.RFC3339, closes)
		if err != nil || at.Unix() <= 0 {
			return cli.Usage("--closes-at %q is not a time such as 2028-03-31T00:00:00Z", closes)
		}
		d.ClosesAt = uint64(at.Unix())
		return nil
	})
}

func printDistributor(w io.Writer, d swap.Distributor) {
	fmt.Fprintf(w, "distributor\t%s\ncode hash\t0x%s\ntoken\t%s\nchain id\t%d\n",
		d.Address, d.CodeHash, d.Token, d.ChainID)
	fmt.Fprintf(w, "owner\t%s\npublisher\t%s\nguardian\t%s\n", d.Owner, d.Publisher, d.Guardian)
	fmt.Fprintf(w, "activation delay\t%s\ncloses\t%s\nblock\t%d\n",
		time.Duration(d.ActivationDelay)*time.Second, unixTime(d.ClosesAt), d.Block)
}

func (a *app) chainFundCommand() *cobra.Command {
	var round uint64
	var amount string
	var goal swap.Sesh
	c := a.act("fund --round N | --amount A", "Transfer to the distributor what it lacks (development chains)", a.ownersKey, cli.NoArgs,
		func(ctx context.Context, o *operator, key signer.Signer) error {
			done, err := o.sender.Fund(ctx, key, round, goal)
			if err != nil {
				return err
			}
			return a.print(done, func(w io.Writer) {
				if done.Sent == 0 {
					fmt.Fprintf(w, "the distributor has received %s or more already\n", done.Goal)
					return
				}
				fmt.Fprintf(w, "sent\t%s\nthe distributor received\t%s in all\n", done.Sent, done.Goal)
				if done.Tx != nil {
					fmt.Fprintf(w, "transaction\t0x%s\n", done.Tx)
				}
			})
		})
	c.Long = `Transfer from the owner to the distributor what its balance and its payments lack of the total of a round, or of --amount.
Running it again transfers nothing more. On a development chain the owner's keystore signs. Elsewhere the owner transfers
with the owner's own wallet; the error says how much, and where to.`
	c.Flags().Uint64Var(&round, "round", 0, "the round whose total is needed")
	c.Flags().StringVar(&amount, "amount", "", "what the distributor should have received in all, atomic SESH")
	return checkedFirst(c, func() (err error) {
		if (round == 0) == (amount == "") {
			return cli.Usage("expected one of --round and --amount (usage: %s)", c.UseLine())
		}
		if amount != "" {
			if goal, err = swap.ParseSesh(amount); err != nil || goal == 0 {
				return cli.Usage("--amount %q: expected atomic SESH, above 0", amount)
			}
		}
		return nil
	})
}

// printMoved shows a round after it was proposed or activated.
func (a *app) printMoved(r swap.Round) error {
	return a.print(viewRound(r), func(w io.Writer) {
		fmt.Fprintf(w, "round %d is %s\nroot\t0x%s\n", r.Round, r.Status, r.Root)
	})
}

func (a *app) chainProposeCommand() *cobra.Command {
	var number uint64
	return a.act("propose ROUND", "Propose an approved round's root, signed by the publisher", a.keyOf("publisher"), oneRound(&number),
		func(ctx context.Context, o *operator, key signer.Signer) error {
			r, err := o.sender.Propose(ctx, key, number)
			if err != nil {
				return err
			}
			return a.printMoved(r)
		})
}

func (a *app) chainActivateCommand() *cobra.Command {
	var number uint64
	args := func(c *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return nil
		case 1:
			return oneRound(&number)(c, args)
		}
		return cli.Usage("%d arguments given, %s takes at most one (usage: %s)",
			len(args), c.CommandPath(), c.UseLine())
	}
	return a.actByAnyone("activate [ROUND]", "Make the pending root the live one, once its delay is over", "; anyone may activate", args,
		func(ctx context.Context, o *operator, key signer.Signer) error {
			r, err := o.sender.Activate(ctx, key, number)
			if err != nil {
				return err
			}
			return a.printMoved(r)
		})
}

func (a *app) chainCancelCommand() *cobra.Command {
	var number uint64
	return a.actToStop("cancel ROUND", "Withdraw a pending root, signed by the guardian", oneRound(&number),
		func(ctx context.Context, o *operator, key signer.Signer) error {
			if err := o.sender.Cancel(ctx, key, number); err != nil {
				return err
			}
			return a.print(map[string]any{"round": number, "status": swap.CancelledRound}, func(w io.Writer) {
				fmt.Fprintf(w, "round %d is %s: its number is not used again, and its amounts are owed again\n",
					number, swap.CancelledRound)
			})
		})
}

func (a *app) chainPauseCommand() *cobra.Command {
	return a.actToStop("pause", "Stop claims and activation, signed by the guardian", cli.NoArgs,
		func(ctx context.Context, o *operator, key signer.Signer) error {
			if err := o.sender.Pause(ctx, key); err != nil {
				return err
			}
			return a.printPaused(true)
		})
}

func (a *app) chainUnpauseCommand() *cobra.Command {
	return a.act("unpause", "Let claims and activation go on, signed by the owner (development chains)", a.ownersKey, cli.NoArgs,
		func(ctx context.Context, o *operator, key signer.Signer) error {
			if err := o.sender.Unpause(ctx, key); err != nil {
				return err
			}
			return a.printPaused(false)
		})
}

func (a *app) printPaused(paused bool) error {
	return a.print(map[string]bool{"paused": paused}, func(w io.Writer) {
		if paused {
			fmt.Fprintln(w, "the distributor is paused: it pays no one until the owner unpauses it")
		} else {
			fmt.Fprintln(w, "the distributor is not paused")
		}
	})
}

func (a *app) chainPushCommand() *cobra.Command {
	var number uint64
	var dryRun, newPlan bool
	c := a.actByAnyone("push ROUND [--dry-run]", "Pay everyone in the live round who is not paid yet, in batches", "; anyone may push", oneRound(&number),
		func(ctx context.Context, o *operator, key signer.Signer) error {
			push := o.sender.Push
			if newPlan {
				push = o.sender.PushNewPlan
			}
			p, err := push(ctx, key, number, dryRun)
			if err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) { printPushed(w, p, dryRun) })
		})
	c.Long = `Pay everyone in the live round who is not paid yet, in batches. After an interruption the same command continues. When all
is final, it compares the ledger with the chain (` + "`oxenswap chain reconcile`" + `).`
	c.Flags().BoolVar(&dryRun, "dry-run", false,
		"show the batches, the cost at the present price of gas and the total; sign nothing")
	c.Flags().BoolVar(&newPlan, "new-plan", false,
		"drop the rest of the last plan and make new batches by the settings in force")
	return c
}

func printPushed(w io.Writer, p *sender.Pushed, dryRun bool) {
	if len(p.Batches) == 0 {
		fmt.Fprintf(w, "round %d: no recipient is left to push to: %d have it, %d are below the least amount that is pushed\n",
			p.Round, p.Paid, p.TooSmall)
		return
	}
	last := "TRANSACTION"
	if dryRun {
		last = ""
	}
	fmt.Fprintf(w, "BATCH\tRECIPIENTS\tSESH\tGAS\tBYTES\t%s\n", last)
	for _, b := range p.Batches {
		tx := ""
		switch {
		case b.Tx != nil:
			tx = "0x" + b.Tx.String()
		case !dryRun:
			tx = "none: paid already"
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%d\t%d\t%s\n", b.Batch, b.Recipients, b.Amount.Coins(), b.Gas, b.Bytes, tx)
	}
	verb := "pushed"
	if dryRun {
		verb = "would be pushed"
	}
	fmt.Fprintf(w, "\n%s %s to %d recipients of round %d (plan %d); gas: %s of the chain's coin\n",
		p.Amount, verb, p.Recipients, p.Round, p.Plan, ether(p.Cost))
	if p.Price != nil {
		fmt.Fprintf(w, "at the present price of %s wei per gas\n", p.Price)
	}
	fmt.Fprintf(w, "left out: %d that have it already, %d below the least amount that is pushed\n", p.Paid, p.TooSmall)
}
