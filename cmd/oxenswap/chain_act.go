package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

func (a *app) chainDeployCommand() *cobra.Command {
	var delay uint64
	var closes, role string
	c := &cobra.Command{
		Use:   "deploy",
		Short: "Create the migration's one distributor",
		Long: `Create the migration's one distributor, with the owner, publisher and guardian of the configuration. Deploying needs no
role: any funded key may sign. Running it again returns the distributor that there is.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d := sender.Deployment{ActivationDelay: delay}
			if closes != "" {
				at, err := time.Parse(time.RFC3339, closes)
				if err != nil || at.Unix() <= 0 {
					return usage("--closes-at %q is not a time such as 2028-03-31T00:00:00Z", closes)
				}
				d.ClosesAt = uint64(at.Unix())
			}
			return a.withChain(c.Context(), func(o *operator) error {
				roles, err := o.config.Chain.roles(true)
				if err != nil {
					return err
				}
				d.Roles = *roles
				key, err := a.key(c.Context(), o.world, role)
				if err != nil {
					return err
				}
				made, err := o.sender.Deploy(c.Context(), key, d)
				if err != nil {
					return err
				}
				return a.print(made, func(w io.Writer) { printDistributor(w, made) })
			})
		},
	}
	flags := c.Flags()
	flags.Uint64Var(&delay, "activation-delay", sender.DefaultDelay, "seconds between a proposal and its activation; less than a day only on a development chain")
	flags.StringVar(&closes, "closes-at", "", "when claims close, such as 2028-03-31T00:00:00Z (default, and the earliest: 90 days after the terms' closing)")
	flags.StringVar(&role, "key", "publisher", "whose key signs: owner, publisher or guardian")
	return c
}

func printDistributor(w io.Writer, d swap.Distributor) {
	fmt.Fprintf(w, "distributor\t%s\ncode hash\t0x%s\ntoken\t%s\nchain id\t%d\n", d.Address, d.CodeHash, d.Token, d.ChainID)
	fmt.Fprintf(w, "owner\t%s\npublisher\t%s\nguardian\t%s\n", d.Owner, d.Publisher, d.Guardian)
	fmt.Fprintf(w, "activation delay\t%s\ncloses\t%s\nblock\t%d\n", time.Duration(d.ActivationDelay)*time.Second, unixTime(d.ClosesAt), d.Block)
}

func (a *app) chainFundCommand() *cobra.Command {
	var round uint64
	var amount string
	c := &cobra.Command{
		Use:   "fund --round N | --amount A",
		Short: "Transfer to the distributor what it lacks (development chains)",
		Long: `Transfer from the owner to the distributor what its balance and its payments lack of the total of a round, or of --amount:
so much it will have been given in all, however often the command is run. On a development chain the owner's keystore
signs. Elsewhere the owner transfers with the owner's own wallet; the error says how much, and where to.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var goal swap.Amount
			if (round == 0) == (amount == "") {
				return usage("expected one of --round and --amount (usage: %s)", c.UseLine())
			}
			if amount != "" {
				var err error
				if goal, err = swap.ParseAmount(amount); err != nil || goal == 0 {
					return usage("--amount %q: expected atomic SESH, above 0", amount)
				}
			}
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.ownersKey(c.Context(), o.world)
				if err != nil {
					return err
				}
				done, err := o.sender.Fund(c.Context(), key, round, goal)
				if err != nil {
					return err
				}
				return a.print(done, func(w io.Writer) {
					if done.Sent == 0 {
						fmt.Fprintf(w, "the distributor has been given %s SESH or more already\n", done.Goal.Coins())
						return
					}
					fmt.Fprintf(w, "sent\t%s SESH\nthe distributor was given\t%s SESH in all\n", done.Sent.Coins(), done.Goal.Coins())
					if done.Tx != nil {
						fmt.Fprintf(w, "transaction\t0x%s\n", done.Tx)
					}
				})
			})
		},
	}
	c.Flags().Uint64Var(&round, "round", 0, "the round whose total is needed")
	c.Flags().StringVar(&amount, "amount", "", "what the distributor shall have been given in all, atomic SESH")
	return c
}

// printMoved shows a round after it was proposed or activated.
func (a *app) printMoved(r swap.Round) error {
	return a.print(viewRound(r), func(w io.Writer) {
		fmt.Fprintf(w, "round %d is %s\nroot\t0x%s\n", r.Round, r.Status, r.Root)
	})
}

func (a *app) chainProposeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "propose ROUND",
		Short: "Put an approved round's root forward, signed by the publisher",
		Args:  exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := roundArg(args[0])
			if err != nil {
				return err
			}
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.key(c.Context(), o.world, "publisher")
				if err != nil {
					return err
				}
				r, err := o.sender.Propose(c.Context(), key, number)
				if err != nil {
					return err
				}
				return a.printMoved(r)
			})
		},
	}
}

func (a *app) chainActivateCommand() *cobra.Command {
	var role string
	c := &cobra.Command{
		Use:   "activate [ROUND]",
		Short: "Make the pending root the live one, once its delay is over",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%d arguments given, %s takes at most one (usage: %s)", len(args), c.CommandPath(), c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			number := uint64(0)
			if len(args) > 0 {
				var err error
				if number, err = roundArg(args[0]); err != nil {
					return err
				}
			}
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.key(c.Context(), o.world, role)
				if err != nil {
					return err
				}
				r, err := o.sender.Activate(c.Context(), key, number)
				if err != nil {
					return err
				}
				return a.printMoved(r)
			})
		},
	}
	c.Flags().StringVar(&role, "key", "publisher", "whose key signs: owner, publisher or guardian; anyone may activate")
	return c
}

func (a *app) chainCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ROUND",
		Short: "Withdraw a pending root, signed by the guardian",
		Args:  exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := roundArg(args[0])
			if err != nil {
				return err
			}
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.key(c.Context(), o.world, "guardian")
				if err != nil {
					return err
				}
				if err := o.sender.Cancel(c.Context(), key, number); err != nil {
					return err
				}
				return a.print(map[string]any{"round": number, "status": swap.CancelledRound}, func(w io.Writer) {
					fmt.Fprintf(w, "round %d is %s: its number is not used again, what it gave is owed again\n", number, swap.CancelledRound)
				})
			})
		},
	}
}

func (a *app) chainPauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Stop claims and activation, signed by the guardian",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.key(c.Context(), o.world, "guardian")
				if err != nil {
					return err
				}
				if err := o.sender.Pause(c.Context(), key); err != nil {
					return err
				}
				return a.printPaused(true)
			})
		},
	}
}

func (a *app) chainUnpauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unpause",
		Short: "Let claims and activation go on, signed by the owner (development chains)",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.ownersKey(c.Context(), o.world)
				if err != nil {
					return err
				}
				if err := o.sender.Unpause(c.Context(), key); err != nil {
					return err
				}
				return a.printPaused(false)
			})
		},
	}
}

func (a *app) printPaused(paused bool) error {
	return a.print(map[string]bool{"paused": paused}, func(w io.Writer) {
		if paused {
			fmt.Fprintln(w, "the distributor is paused: nobody is paid until the owner unpauses it")
		} else {
			fmt.Fprintln(w, "the distributor is not paused")
		}
	})
}

func (a *app) chainPushCommand() *cobra.Command {
	var dryRun bool
	var role string
	c := &cobra.Command{
		Use:   "push ROUND [--dry-run]",
		Short: "Pay everyone in the live round who is not paid yet, in batches",
		Args:  exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			number, err := roundArg(args[0])
			if err != nil {
				return err
			}
			return a.withChain(c.Context(), func(o *operator) error {
				key, err := a.key(c.Context(), o.world, role)
				if err != nil {
					return err
				}
				p, err := o.sender.Push(c.Context(), key, number, dryRun)
				if err != nil {
					return err
				}
				return a.print(p, func(w io.Writer) { printPushed(w, p, dryRun) })
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "show the batches, the cost at the present price of gas and the total; sign nothing")
	c.Flags().StringVar(&role, "key", "publisher", "whose key signs: owner, publisher or guardian; anyone may push")
	return c
}

func printPushed(w io.Writer, p *sender.Pushed, dryRun bool) {
	if len(p.Batches) == 0 {
		fmt.Fprintf(w, "round %d: nobody is left to push to: %d recipients have it, %d are below the least amount that is pushed\n", p.Round, p.Paid, p.TooSmall)
		return
	}
	last := "TRANSACTION"
	if dryRun {
		last = ""
	}
	fmt.Fprintf(w, "BATCH\tRECIPIENTS\tSESH\tGAS\t%s\n", last)
	for _, b := range p.Batches {
		tx := ""
		switch {
		case b.Tx != nil:
			tx = "0x" + b.Tx.String()
		case !dryRun:
			tx = "none: they had it already"
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%d\t%s\n", b.Batch, b.Recipients, b.Amount.Coins(), b.Gas, tx)
	}
	verb := "pushed"
	if dryRun {
		verb = "would be pushed"
	}
	fmt.Fprintf(w, "\n%s SESH %s to %d recipients of round %d (plan %d); gas: %s of the chain's coin\n", p.Amount.Coins(), verb, p.Recipients, p.Round, p.Plan, ether(p.Cost))
	fmt.Fprintf(w, "left out: %d who have it already, %d below the least amount that is pushed\n", p.Paid, p.TooSmall)
}
