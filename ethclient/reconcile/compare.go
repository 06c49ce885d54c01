package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/holiman/uint256"

	"oxenswap/ethclient"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// tally sums up payments to one account. Two tallies are equal when they are of the same payments
// in the same order.
type tally struct {
	count      uint64
	sum        swap.Sesh
	cumulative swap.Sesh // of the last payment
	digest     [sha256.Size]byte
}

func (t *tally) add(e *swap.PayoutSeen) {
	t.count++
	t.sum += e.Amount
	t.cumulative = e.Cumulative
	h := make([]byte, 0, 5*8+3*32)
	h = append(h, t.digest[:]...)
	h = append(append(h, e.Tx[:]...), e.BlockHash[:]...)
	for _, n := range []uint64{uint64(e.Amount), uint64(e.Cumulative), e.Round, e.Block, e.LogIndex} {
		h = binary.BigEndian.AppendUint64(h, n)
	}
	t.digest = sha256.Sum256(h)
}

func (t *tally) String() string {
	return fmt.Sprintf("%d in %d payments that lead to %d (%x)", t.sum, t.count, t.cumulative, t.digest[:4])
}

// account is whom the distributor pays.
type account struct {
	ledger, chain tally
	paid          swap.Sesh // by every final event
	leaf          swap.Sesh // in the live tree
}

func (c *comparison) account(to swap.EVMAddress) *account {
	a, ok := c.accounts[to]
	if !ok {
		a = &account{}
		c.accounts[to] = a
	}
	return a
}

func (c *comparison) sorted() []swap.EVMAddress {
	return slices.SortedFunc(maps.Keys(c.accounts), swap.EVMAddress.Compare)
}

// comparePayments holds the payments that the ledger has seen against those on chain.
func (c *comparison) comparePayments() {
	for _, to := range c.sorted() {
		a := c.accounts[to]
		if a.paid > 0 {
			c.out.Recipients++
		}
		if a.ledger != a.chain {
			c.differ("payments", to, a.chain.String(), a.ledger.String())
		}
		if a.chain.sum != a.chain.cumulative {
			c.differ("payments", to, fmt.Sprintf("it was paid %d in all",
				a.chain.cumulative), fmt.Sprintf("its payments come to %d", a.chain.sum))
		}
	}
}

// chainRound is a round as the distributor's events tell of it.
type chainRound struct {
	root   swap.Hash
	total  swap.Sesh
	status swap.RoundStatus
}

// trace follows the rounds.
func (c *comparison) trace(e swap.Event) {
	at := func(round uint64) *chainRound {
		r, ok := c.roots[round]
		if !ok {
			r = &chainRound{}
			c.roots[round] = r
		}
		return r
	}
	switch e := e.(type) {
	case *swap.RootProposed:
		*at(e.Round) = chainRound{e.Root, e.Total, swap.ProposedRound}
	case *swap.RootActivated:
		at(e.Round).status = swap.ActiveRound
	case *swap.RootCancelled:
		at(e.Round).status = swap.CancelledRound
	}
}

// compareRounds holds the ledger's rounds against the distributor's. A root that the ledger did not
// build raised the alarm when its event was recorded.
func (c *comparison) compareRounds(ctx context.Context) error {
	for _, r := range c.rounds {
		about := fmt.Sprintf("round %d", r.Round)
		on, proposed := c.roots[r.Round]
		if !proposed {
			if r.Status == swap.ActiveRound || r.Status == swap.ProposedRound && c.synced && !c.opens(swap.PurposePropose, r.Round) {
				c.differ("round", about, "it was never proposed", fmt.Sprintf("it is %s", r.Status))
			}
			continue
		}
		if on.root != r.Root || on.total != r.Total {
			c.differ("round", about, fmt.Sprintf("root 0x%s, total %d",
				on.root, on.total), fmt.Sprintf("root 0x%s, total %d", r.Root, r.Total))
		}
		if on.status != r.Status {
			c.differ("round", about, fmt.Sprintf("it is %s", on.status), fmt.Sprintf("it is %s", r.Status))
		}
	}
	return ctx.Err()
}

// ownTx is a transaction that the ledger signed, and what the distributor's events say of it.
type ownTx struct {
	swap.Attempt
	events uint64
	paid   swap.Sesh
}

// opens reports whether a transaction for the purpose may still do something.
func (c *comparison) opens(purpose string, round uint64) bool {
	for _, tx := range c.own {
		if tx.Purpose == purpose && tx.Round == round && (tx.Status == swap.SignedAttempt || tx.Status == swap.MinedAttempt) {
			return true
		}
	}
	return false
}

// compareTransactions holds what became of our transactions against the events that they caused.
func (c *comparison) compareTransactions() {
	for _, hash := range slices.SortedFunc(maps.Keys(c.own), swap.Hash.Compare) {
		tx := c.own[hash]
		about := fmt.Sprintf("0x%s (%s, round %d, plan %d, batch %d)", hash, tx.Purpose, tx.Round, tx.Plan, tx.Batch)
		switch {
		case tx.events > 0 && tx.Status != swap.FinalizedAttempt && (c.synced || tx.Status == swap.FailedAttempt):
			c.differ("transaction", about, fmt.Sprintf("it caused %d final events",
				tx.events), fmt.Sprintf("it is %s", tx.Status))
		case tx.events == 0 && tx.Status == swap.FinalizedAttempt && alwaysSeen(tx.Purpose) && c.synced:
			c.differ("transaction", about, "it caused no event", fmt.Sprintf("it is %s", tx.Status))
		case tx.paid > tx.Amount:
			c.differ("transaction", about, fmt.Sprintf("it paid %d", tx.paid), fmt.Sprintf("it was signed for %d", tx.Amount))
		}
	}
}

// alwaysSeen reports whether a call that succeeds leaves an event of the distributor. A push leaves
// none for who was paid.
func alwaysSeen(purpose string) bool {
	switch purpose {
	case swap.PurposePropose, swap.PurposeActivate, swap.PurposeCancel, swap.PurposePause, swap.PurposeUnpause, swap.PurposeDeploy:
		return true
	}
	return false
}

// compareState holds the contract's own state against the events, and every account against its
// leaf.
func (c *comparison) compareState(ctx context.Context) error {
	d := c.m.Distributor
	state, err := c.chain.Distributor(ctx, d.Address, new(big.Int).SetUint64(c.final.Number))
	if err != nil {
		return err
	}
	c.out.Balance, c.out.Owed = state.Balance, state.Live.Total-min(state.Live.Total, state.TotalClaimed)
	if state.TotalClaimed != c.out.Paid {
		c.differ("total claimed", d.Address, fmt.Sprintf("%d",
			state.TotalClaimed), fmt.Sprintf("its payments come to %d", c.out.Paid))
	}
	if state.Live.Round != c.live {
		c.differ("live root", d.Address, fmt.Sprintf("that of round %d",
			state.Live.Round), fmt.Sprintf("the last activation is that of round %d", c.live))
	}
	if short := c.out.Owed - min(c.out.Owed, state.Balance); short > 0 && !c.swept {
		c.differ("balance", d.Address, fmt.Sprintf("%d too little for what it owes",
			short), "it was funded before the root was proposed")
	}
	leaves, err := c.readLeaves(state.Live)
	if err != nil {
		return err
	}
	recipients := c.sorted()
	claimed, err := c.chain.Claimed(ctx, d.Address, recipients, c.final.Number)
	if err != nil {
		return err
	}
	if len(claimed) != len(recipients) {
		return fmt.Errorf("%d claimed amounts for %d recipients", len(claimed), len(recipients))
	}
	for i, to := range recipients {
		a := c.accounts[to]
		if claimed[i] != a.paid {
			c.differ("claimed", to, fmt.Sprintf("%d", claimed[i]), fmt.Sprintf("its payments come to %d", a.paid))
		}
		if leaves && a.paid > a.leaf {
			c.differ("leaf", to, fmt.Sprintf("it was paid %d",
				a.paid), fmt.Sprintf("its leaf in round %d is %d", state.Live.Round, a.leaf))
		}
	}
	return nil
}

// readLeaves gives every account its leaf in the live tree, which it builds again. It reports
// whether the ledger has that tree.
func (c *comparison) readLeaves(live ethclient.Root) (bool, error) {
	i := slices.IndexFunc(c.rounds, func(r swap.Round) bool { return r.Round == live.Round })
	if i < 0 {
		if live.Round != 0 {
			c.differ("live root", fmt.Sprintf("round %d", live.Round), fmt.Sprintf("0x%s", live.Root), "there is no such round")
		}
		return live.Round == 0, nil // before the first activation nobody has a leaf
	}
	leaves, err := c.ledger.Attachment(c.rounds[i].Leaves)
	if err != nil {
		return false, fmt.Errorf("leaves of round %d: %w", live.Round, err)
	}
	tree, err := merkle.BuildCSV(bytes.NewReader(leaves), uint256.NewInt(uint64(c.m.Terms.CapSum())))
	if err != nil {
		return false, fmt.Errorf("leaves of round %d: %w", live.Round, err)
	}
	if root := swap.Hash(tree.Root()); root != live.Root {
		c.differ("live root", fmt.Sprintf("round %d",
			live.Round), fmt.Sprintf("0x%s", live.Root), fmt.Sprintf("its leaves give 0x%s", root))
	}
	for n := range tree.Len() {
		leaf := tree.Leaf(n)
		c.account(swap.EVMAddress(leaf.Account)).leaf = swap.Sesh(leaf.Amount.Uint64()) // below the terms' caps
	}
	return true, nil
}
