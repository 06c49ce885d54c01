package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

// maxBuilds is how often a round is built before its cut-off is given up as too old.
const maxBuilds = 4

// BuildRound builds the next round from everything recorded so far, or returns the one that was
// built and that nothing followed, with again. If building takes so long that the cut-off is too
// old when it is done, it is built again with the newer entries, three times at most; then the error
// is a *swap.StaleCutoffError.
func BuildRound(ctx context.Context, l swap.Ledger) (r swap.Round, again bool, err error) {
	for range maxBuilds {
		r, again, err = buildRound(ctx, l)
		if !errors.As(err, new(*swap.StaleCutoffError)) {
			break
		}
	}
	return r, again, err
}

func buildRound(ctx context.Context, l swap.Ledger) (r swap.Round, again bool, err error) {
	var files *swap.RoundFiles
	if err := l.View(ctx, func(t swap.Tables, size uint64) error {
		rounds, err := t.Rounds()
		if err != nil {
			return err
		}
		if n := len(rounds); n > 0 && rounds[n-1].Status == swap.BuiltRound && rounds[n-1].Entry == size-1 {
			r, again = rounds[n-1], true
			return nil
		}
		files, err = swap.BuildRound(t, size)
		return err
	}); err != nil || again {
		return r, again, err
	}
	r, err = recordRound(ctx, l, files.Event.Round, files.Record())
	return r, false, err
}

// ApproveRound records an operator's approval of a round and returns the round as it stands then.
func ApproveRound(ctx context.Context, l swap.Ledger, built *swap.RoundBuilt, operator note.Signer) (swap.Round, error) {
	m, err := migration(ctx, l)
	if err != nil {
		return swap.Round{}, err
	}
	signed, err := ledger.SignNote(swap.ApprovalText(m.Terms.Origin(), built), operator)
	if err != nil {
		return swap.Round{}, err
	}
	return recordRound(ctx, l, built.Round, swap.Record{Event: &swap.RoundApproved{Round: built.Round, Note: string(signed)}})
}

// AbandonRound ends a round whose proposal was never signed and returns it as it stands then. One
// that was abandoned before stays as it is.
func AbandonRound(ctx context.Context, l swap.Ledger, r swap.Round, by, reason string) (swap.Round, error) {
	if r.Status == swap.AbandonedRound {
		return r, nil
	}
	return recordRound(ctx, l, r.Round, swap.Record{Event: &swap.RoundAbandoned{Round: r.Round, Reason: reason, By: by}})
}

// recordRound appends an entry about a round and returns the round.
func recordRound(ctx context.Context, l swap.Ledger, number uint64, r swap.Record) (round swap.Round, err error) {
	if _, err := l.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { return []swap.Record{r}, nil }); err != nil {
		return round, err
	}
	err = l.View(ctx, func(t swap.Tables, _ uint64) error {
		round, err = t.Round(number)
		return err
	})
	return round, err
}

// ClaimTree builds the claim tree of a round from its leaves, an attachment, and compares its root
// with the round's.
func ClaimTree(att swap.Attachments, terms *swap.Terms, r swap.Round) (*merkle.Tree, error) {
	leaves, err := roundLeaves(att, r)
	if err != nil {
		return nil, err
	}
	t, err := merkle.Build(leaves, uint256.NewInt(uint64(terms.CapSum())))
	if err != nil {
		return nil, err
	}
	if t.Root() != common.Hash(r.Root) {
		return nil, fmt.Errorf("the leaves of round %d give root %s, its entry says 0x%s", r.Round, t.Root().Hex(), r.Root)
	}
	return t, nil
}

func roundLeaves(att swap.Attachments, r swap.Round) ([]merkle.Leaf, error) {
	data, err := att.Attachment(r.Leaves)
	if err != nil {
		return nil, err
	}
	return merkle.ReadCSV(bytes.NewReader(data))
}

// Change is what a round gives one recipient, in atomic SESH.
type Change struct {
	Recipient  swap.EVMAddress `json:"recipient"`
	Amount     swap.Sesh       `json:"amount"`
	Cumulative swap.Sesh       `json:"cumulative"`
	New        bool            `json:"new"` // no earlier round gave it anything
}

// RoundChanges are what a round gives, by recipient, the largest first.
func RoundChanges(ctx context.Context, l swap.Ledger, att swap.Attachments, r swap.Round) ([]Change, error) {
	sums := map[swap.EVMAddress]swap.Sesh{}
	if err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		return t.Allocations(r.Round, func(a swap.Allocation) error { sums[a.Recipient] += a.Amount; return nil })
	}); err != nil {
		return nil, err
	}
	leaves, err := roundLeaves(att, r)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, leaf := range leaves {
		to := swap.EVMAddress(leaf.Account)
		if sum := sums[to]; sum > 0 {
			cumulative := swap.Sesh(leaf.Amount.Uint64())
			out = append(out, Change{to, sum, cumulative, sum == cumulative})
		}
	}
	slices.SortFunc(out, func(x, y Change) int {
		return cmp.Or(cmp.Compare(y.Amount, x.Amount), x.Recipient.Compare(y.Recipient))
	})
	return out, nil
}

// Move is an account whose new amounts go elsewhere than those of the last published round.
type Move struct {
	Account swap.Account    `json:"account"`
	From    swap.EVMAddress `json:"from"`
	To      swap.EVMAddress `json:"to"`
}

// MovedRecipients compares a round with the last one published before it, account by account.
func MovedRecipients(ctx context.Context, l swap.Ledger, r swap.Round) ([]Move, error) {
	out := []Move{}
	err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		rounds, err := t.Rounds()
		if err != nil {
			return err
		}
		before := map[swap.Account]swap.EVMAddress{}
		for _, other := range slices.Backward(rounds) {
			if other.Round < r.Round && other.Status.Published() {
				if err := t.Allocations(other.Round, func(a swap.Allocation) error { before[a.Account] = a.Recipient; return nil }); err != nil {
					return err
				}
				break
			}
		}
		return t.Allocations(r.Round, func(a swap.Allocation) error {
			if from, known := before[a.Account]; known && from != a.Recipient {
				out = append(out, Move{a.Account, from, a.Recipient})
				delete(before, a.Account)
			}
			return nil
		})
	})
	return out, err
}

// LeftOut are the claims in force that a round leaves out because they came after its cut-off, by
// account: whoever approves it late should know them.
func LeftOut(ctx context.Context, l swap.Ledger, r swap.Round) ([]swap.Claim, error) {
	var out []swap.Claim
	err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		out = nil
		return t.LatestClaims(func(c swap.Claim) error {
			if c.Entry >= r.Cutoff {
				out = append(out, c)
			}
			return nil
		})
	})
	return out, err
}

// Payment is one allocation of a published round, and the transaction that paid it.
type Payment struct {
	Round     uint64          `json:"round"`
	Account   swap.Account    `json:"account"`
	Oxen      string          `json:"oxen"`
	Programme string          `json:"programme"`
	Source    []swap.Part     `json:"source"` // atomic OXEN, or points
	Amount    swap.Sesh       `json:"amount"` // atomic SESH
	Recipient swap.EVMAddress `json:"recipient"`
	PaidIn    *swap.Hash      `json:"paid_in"` // final transaction; null: not paid yet
}

// Payments are the allocations of published rounds. An allocation is paid by the first payment to
// its recipient after which that recipient has at least what it had in all, in the allocation's
// round.
func Payments(t swap.Tables) ([]Payment, error) {
	payouts := map[swap.EVMAddress][]swap.Payout{}
	if err := t.Payouts(func(p swap.Payout) error {
		payouts[p.Recipient] = append(payouts[p.Recipient], p)
		return nil
	}); err != nil {
		return nil, err
	}
	addresses := map[swap.Account]string{}
	if err := t.LatestClaims(func(c swap.Claim) error { addresses[c.Account] = c.Oxen; return nil }); err != nil {
		return nil, err
	}
	rounds, err := t.Rounds()
	if err != nil {
		return nil, err
	}
	list := []Payment{}
	cumulative := map[swap.EVMAddress]swap.Sesh{}
	for _, r := range rounds {
		if !r.Status.Published() {
			continue
		}
		first := len(list)
		if err := t.Allocations(r.Round, func(a swap.Allocation) error {
			cumulative[a.Recipient] += a.Amount
			list = append(list, Payment{r.Round, a.Account, addresses[a.Account], a.Programme, a.Parts, a.Amount, a.Recipient, nil})
			return nil
		}); err != nil {
			return nil, err
		}
		for i := range list[first:] {
			p := &list[first+i]
			for _, paid := range payouts[p.Recipient] {
				if paid.Cumulative >= cumulative[p.Recipient] {
					p.PaidIn = &paid.Tx
					break
				}
			}
		}
	}
	return list, nil
}
