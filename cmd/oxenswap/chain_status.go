package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient"
	"oxenswap/ethclient/reconcile"
	"oxenswap/store"
	"oxenswap/swap"
)

// chainStatus is what `chain status` prints. Amounts are in atomic SESH, times in Unix seconds.
type chainStatus struct {
	ChainID     uint64             `json:"chain_id"`
	Head        uint64             `json:"head"`
	Final       uint64             `json:"final"`
	Distributor *distributorStatus `json:"distributor"` // null: not deployed yet
	Gas         []gasStatus        `json:"gas"`
	Open        []attemptStatus    `json:"open"` // transactions that are not final
	Payments    uint64             `json:"payments"`
	Paid        swap.Sesh          `json:"paid"` // in final blocks
	Alarms      map[uint64]string  `json:"alarms"`
}

type distributorStatus struct {
	swap.Distributor
	Live         rootStatus  `json:"live"`
	Pending      *rootStatus `json:"pending"`
	ActivatesAt  uint64      `json:"activates_at,omitempty"`
	Balance      swap.Sesh   `json:"balance"`
	TotalClaimed swap.Sesh   `json:"total_claimed"`
	Paused       bool        `json:"paused"`
}

type rootStatus struct {
	Round uint64    `json:"round"` // 0: none
	Root  swap.Hash `json:"root"`
	Total swap.Sesh `json:"total"`
}

// gasStatus is what a role has for gas.
type gasStatus struct {
	Role    string          `json:"role"`
	Address swap.EVMAddress `json:"address"`
	Wei     *big.Int        `json:"wei"`
}

// attemptStatus is a transaction that is not final.
type attemptStatus struct {
	swap.TxSigned
	Status swap.AttemptStatus `json:"status"`
}

func (a *app) chainStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Record what happened on chain, and show the distributor, open transactions and alarms",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withChainOrReading(c.Context(), func(o *operator, reading bool) error {
				m := o.Migration
				if !reading {
					var err error
					if m, err = o.sender.Sync(c.Context()); err != nil {
						return err
					}
				}
				s, err := o.status(c.Context(), m)
				if err != nil {
					return err
				}
				if err := a.print(s, s.print); err != nil {
					return err
				}
				return a.alarmed(m)
			})
		},
	}
}

func (o *operator) status(ctx context.Context, m swap.Migration) (*chainStatus, error) {
	s := &chainStatus{ChainID: o.reader.ChainID(), Gas: []gasStatus{}, Open: []attemptStatus{}, Alarms: map[uint64]string{}}
	head, err := o.reader.Head(ctx)
	if err != nil {
		return nil, err
	}
	final, err := o.reader.Finalized(ctx)
	if err != nil {
		return nil, err
	}
	s.Head, s.Final = head.Number, final.Number
	for entry, what := range m.Alarms {
		s.Alarms[entry] = what
	}
	if err := o.View(ctx, func(t swap.Tables, _ uint64) error {
		if err := t.AllAttempts(func(a swap.Attempt) error {
			if a.Status == swap.SignedAttempt || a.Status == swap.MinedAttempt {
				s.Open = append(s.Open, attemptStatus{a.TxSigned, a.Status})
			}
			return nil
		}); err != nil {
			return err
		}
		return t.Payouts(func(p swap.Payout) error {
			s.Payments++
			s.Paid += p.Amount
			return nil
		})
	}); err != nil {
		return nil, err
	}
	roles, err := o.Config.Chain.Roles(false)
	if err != nil {
		return nil, err
	}
	if m.Distributor != nil {
		state, err := o.reader.Distributor(ctx, m.Distributor.Address, nil)
		if err != nil {
			return nil, err
		}
		s.Distributor = viewDistributor(*m.Distributor, state)
	}
	if roles == nil {
		return s, nil
	}
	for _, r := range []gasStatus{
		{Role: "owner", Address: roles.Owner},
		{Role: "publisher", Address: roles.Publisher},
		{Role: "guardian", Address: roles.Guardian},
	} {
		if r.Wei, err = o.reader.GasMoney(ctx, r.Address); err != nil {
			return nil, err
		}
		s.Gas = append(s.Gas, r)
	}
	return s, nil
}

// viewDistributor is the distributor as it stands now: the owner may have named other roles and
// moved the closing.
func viewDistributor(d swap.Distributor, now *ethclient.State) *distributorStatus {
	d.Owner, d.Publisher, d.Guardian, d.ClosesAt = now.Owner, now.Publisher, now.Guardian, now.ClosesAt
	v := &distributorStatus{
		Distributor: d, Live: rootStatus(now.Live), ActivatesAt: now.ActivatesAt,
		Balance: now.Balance, TotalClaimed: now.TotalClaimed, Paused: now.Paused,
	}
	if now.Pending.Round != 0 {
		pending := rootStatus(now.Pending)
		v.Pending = &pending
	}
	return v
}

func (s *chainStatus) print(w io.Writer) {
	fmt.Fprintf(w, "chain\t%d, block %d, final %d\n", s.ChainID, s.Head, s.Final)
	if d := s.Distributor; d == nil {
		fmt.Fprintln(w, "distributor\tnot deployed yet (`oxenswap chain deploy`)")
	} else {
		d.print(w)
		fmt.Fprintf(w, "payments\t%d, %s in final blocks\n", s.Payments, s.Paid)
	}
	for _, g := range s.Gas {
		fmt.Fprintf(w, "gas of the %s\t%s (%s)\n", g.Role, ether(g.Wei), g.Address)
	}
	fmt.Fprintf(w, "open transactions\t%d\n", len(s.Open))
	for _, a := range s.Open {
		fmt.Fprintf(w, "  %s round %d plan %d batch %d\t%s, attempt %d, nonce %d of %s, 0x%s\n",
			a.Purpose, a.Round, a.Plan, a.Batch, a.Status, a.Attempt, a.Nonce, a.Sender, a.Hash)
	}
	fmt.Fprintf(w, "alarms\t%d\n", len(s.Alarms))
}

func (d *distributorStatus) print(w io.Writer) {
	printDistributor(w, d.Distributor)
	if d.Live.Round == 0 {
		fmt.Fprintln(w, "live\tno round yet")
	} else {
		fmt.Fprintf(w, "live\tround %d, %s in all, root 0x%s\n", d.Live.Round, d.Live.Total, d.Live.Root)
	}
	if d.Pending != nil {
		fmt.Fprintf(w, "pending\tround %d, %s in all, root 0x%s, from %s on\n",
			d.Pending.Round, d.Pending.Total, d.Pending.Root, unixTime(d.ActivatesAt))
	}
	fmt.Fprintf(w, "holds\t%s\nhas paid\t%s\n", d.Balance, d.TotalClaimed)
	if owed := d.Live.Total - min(d.Live.Total, d.TotalClaimed); d.Live.Round > 0 {
		fmt.Fprintf(w, "still owes\t%s under the live root\n", owed)
	}
	if d.Paused {
		fmt.Fprintf(w, "paused\tyes, closing moves later meanwhile (%s without the pause)\n",
			time.Unix(int64(d.ClosesAt), 0).UTC().Format(time.DateOnly))
	}
}

func (a *app) chainReconcileCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reconcile",
		Short: "Rebuild every payment from the distributor's events and compare it with the ledger",
		Long: `Read everything that the distributor did, from its deployment to the newest final block, and compare it with the ledger,
the live root and the contract's own sums. A difference is recorded and stops sending until a person acknowledges it
(` + "`oxenswap ledger correct`" + `). While another command sends, it only compares and records nothing.`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			return a.withChainOrReading(ctx, func(o *operator, reading bool) error {
				compare := o.sender.Reconcile
				if reading {
					compare = o.sender.Inspect
				}
				r, err := compare(ctx)
				if err != nil {
					return err
				}
				if err := a.print(r, func(w io.Writer) { printReport(w, r) }); err != nil {
					return err
				}
				if err := o.Reload(ctx); err != nil {
					return err
				}
				if err := a.alarmed(o.Migration); err != nil || len(r.Differences) == 0 {
					return err
				}
				return cli.ErrNo
			})
		},
	}
}

// withChainOrReading is withChain, unless another command is sending or writing. Then f gets the
// data directory opened for reading, and reading is true.
func (a *app) withChainOrReading(ctx context.Context, f func(o *operator, reading bool) error) error {
	started := false
	err := a.withChain(ctx, nodes{}, func(o *operator) error {
		started = true
		return f(o, false)
	})
	if started || !errors.Is(err, store.ErrInUse) {
		return err
	}
	a.say("another command is running here: this one shows what the ledger and the chain say, and records nothing")
	return a.with(ctx, a.openReading, func(d *datadir.Dir) error {
		return a.onChain(ctx, d, nodes{}, func(o *operator) error { return f(o, true) })
	})
}

func printReport(w io.Writer, r *reconcile.Report) {
	fmt.Fprintf(w, "up to block\t%d, final\nevents\t%d", r.Block, r.Events)
	if r.Newer > 0 {
		fmt.Fprintf(w, ", %d of them newer than the ledger", r.Newer)
	}
	fmt.Fprintf(w, "\npayments\t%d to %d recipients, %s\n", r.Payments, r.Recipients, r.Paid)
	fmt.Fprintf(w, "still owed\t%s under the live root, the distributor holds %s\n", r.Owed, r.Balance)
	if r.Acknowledged > 0 {
		fmt.Fprintf(w, "acknowledged\t%d differences\n", r.Acknowledged)
	}
	fmt.Fprintf(w, "differences\t%d\n", len(r.Differences))
	if len(r.Differences) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWHAT\tOF\tTHE CHAIN SAYS\tTHE LEDGER SAYS")
	for _, d := range r.Differences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.What, d.About, d.Chain, d.Ledger)
	}
}
