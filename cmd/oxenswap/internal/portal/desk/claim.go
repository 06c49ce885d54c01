package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Claim is a recorded claim.
type Claim struct {
	Evidence
	Account    swap.Account       `json:"account"`
	Oxen       string             `json:"oxen"`
	Recipient  swap.EVMAddress    `json:"recipient"`
	Sequence   uint32             `json:"sequence"` // 0: legacy
	Text       string             `json:"text"`
	Signature  string             `json:"signature"`
	Until      *time.Time         `json:"until"` // last day on which it could be handed in; null: legacy
	Integrated bool               `json:"integrated"`
	Code       swap.RecipientCode `json:"code"` // seen at the recipient when it was recorded
}

// State is where an amount that a round gives stands; stable, for programs.
type State string

// The states, in their order; the last two are ends without a payment, after which it is owed
// again.
const (
	StateBuilt     State = "built"    // operators have to approve the round
	StateApproved  State = "approved" // it has to be proposed on chain
	StateSending   State = "sending"  // its proposal is signed and not final on chain
	StatePending   State = "pending"  // proposed: anyone can recompute it until it goes live
	StatePayable   State = "payable"  // live: it is pushed, or anyone collects it for the recipient
	StatePaid      State = "paid"     // in a final block
	StateAbandoned State = "abandoned"
	StateCancelled State = "cancelled"
)

// Given is what one round gives an account from one programme, and where that stands.
type Given struct {
	Round     uint64          `json:"round"`
	Programme string          `json:"programme"`
	Amount    swap.Sesh       `json:"amount"`
	Recipient swap.EVMAddress `json:"recipient"`
	Claim     uint64          `json:"claim"` // entry of the claim that named the recipient
	State     State           `json:"state"`
	LiveAt    *time.Time      `json:"live_at,omitempty"` // of a proposed root: not before
	Paid      *Payment        `json:"paid,omitempty"`
}

// Payment is a transfer to a recipient in a final block, of everything that rounds gave it so far.
type Payment struct {
	Evidence
	Amount     swap.Sesh `json:"amount"`
	Cumulative swap.Sesh `json:"cumulative"` // all payments to the recipient, this one included
	Round      uint64    `json:"round"`      // live when it was paid
}

// ClaimStatus is a claim and what became of it.
type ClaimStatus struct {
	Claim      Claim       `json:"claim"`
	ReplacedBy *uint64     `json:"replaced_by"` // entry of the account's claim in force, if that is another one
	Rounds     []ClaimStep `json:"rounds"`      // that follow from this claim
	Paid       swap.Sesh   `json:"paid"`        // to the recipient in all, in final blocks; other accounts' claims may name it too
	Basis      Basis       `json:"-"`
}

// ClaimStep is what one round gives for a claim, and the evidence of each step so far.
type ClaimStep struct {
	Round     uint64     `json:"round"`
	State     State      `json:"state"`
	Amount    swap.Sesh  `json:"amount"`
	Lines     []Given    `json:"lines"`
	Built     *Evidence  `json:"built"`
	Approved  *Evidence  `json:"approved,omitempty"`
	Proposed  *Evidence  `json:"proposed,omitempty"`
	LiveAt    *time.Time `json:"live_at,omitempty"`
	Activated *Evidence  `json:"activated,omitempty"`
	Ended     *Evidence  `json:"ended,omitempty"` // abandoned or cancelled
	Paid      *Payment   `json:"paid,omitempty"`
}

// claim adds to a claim what its entry says.
func (d *Desk) claim(ctx context.Context, c swap.Claim) (*Claim, error) {
	e, err := d.entry(ctx, c.Entry)
	if err != nil {
		return nil, err
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return nil, err
	}
	accepted, ok := event.(*swap.ClaimAccepted)
	if !ok {
		return nil, fmt.Errorf("entry %d is %s and stands for a claim: run `oxenswap ledger verify`", c.Entry, e.Kind)
	}
	out := &Claim{
		Evidence: Evidence{Entry: c.Entry, At: e.Time}, Account: c.Account, Oxen: c.Oxen, Recipient: c.Recipient, Sequence: c.Sequence,
		Text: c.Text, Signature: c.Signature, Integrated: c.Integrated, Code: accepted.Code,
	}
	if c.Sequence > 0 {
		until := c.Until.UTC()
		out.Until = &until
	}
	return out, nil
}

// given are the account's allocations, with where each stands.
func (d *Desk) given(t swap.Tables, a swap.Account) ([]Given, error) {
	allocations, err := t.AccountAllocations(a)
	if err != nil {
		return nil, err
	}
	out := []Given{}
	for _, l := range allocations {
		r, err := t.Round(l.Round)
		if err != nil {
			return nil, err
		}
		g := Given{Round: l.Round, Programme: l.Programme, Amount: l.Amount, Recipient: l.Recipient, Claim: l.Claim, State: stateOf(r)}
		switch g.State {
		case StatePending:
			marks := d.history.round(l.Round)
			g.LiveAt = marks.liveAt
		case StatePayable:
			if g.Paid = d.payment(l.Recipient, l.Round); g.Paid != nil {
				g.State = StatePaid
			}
		}
		out = append(out, g)
	}
	return out, nil
}

func stateOf(r swap.Round) State {
	switch r.Status {
	case swap.BuiltRound:
		return StateBuilt
	case swap.ApprovedRound:
		return StateApproved
	case swap.ProposedRound:
		if r.Proposed == 0 {
			return StateSending
		}
		return StatePending
	case swap.ActiveRound:
		return StatePayable
	case swap.AbandonedRound:
		return StateAbandoned
	}
	return StateCancelled
}

// payment is what paid a recipient what a round gave: the first payment while the round's root, or
// a later one, was live. The distributor pays all that the live root holds, and roots never fall.
func (d *Desk) payment(to swap.EVMAddress, round uint64) *Payment {
	for _, p := range d.history.payments(to) {
		if p.round >= round {
			return &Payment{*p.evidence(), p.amount, p.cumulative, p.round}
		}
	}
	return nil
}

// Claim answers what became of a claim, named by its entry. The error is a *NotFoundError when the
// entry is none.
func (d *Desk) Claim(ctx context.Context, entry uint64) (*ClaimStatus, error) {
	out := &ClaimStatus{}
	var c swap.Claim
	size, err := d.view(ctx, func(t swap.Tables, _ swap.Migration) error {
		*out = ClaimStatus{Rounds: []ClaimStep{}}
		var err error
		if c, err = t.ClaimAt(entry); err != nil {
			return notFound(err, "claim of entry %d", entry)
		}
		latest, err := t.LatestClaim(c.Account)
		if err != nil {
			return err
		}
		if latest.Entry != entry {
			out.ReplacedBy = &latest.Entry
		}
		lines, err := d.given(t, c.Account)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if l.Claim != entry {
				continue
			}
			if n := len(out.Rounds); n > 0 && out.Rounds[n-1].Round == l.Round {
				out.Rounds[n-1].Lines = append(out.Rounds[n-1].Lines, l)
				out.Rounds[n-1].Amount += l.Amount
				continue
			}
			r, err := t.Round(l.Round)
			if err != nil {
				return err
			}
			out.Rounds = append(out.Rounds, d.claimStep(r, l))
		}
		for _, p := range d.history.payments(c.Recipient) {
			out.Paid += p.amount
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Basis = Basis{size: size, subject: []uint32{accountSlot(c.Account), recipientSlot(c.Recipient)}}
	full, err := d.claim(ctx, c)
	if err != nil {
		return nil, err
	}
	out.Claim = *full
	return out, nil
}

func (d *Desk) claimStep(r swap.Round, l Given) ClaimStep {
	marks := d.history.round(r.Round)
	return ClaimStep{
		Round: l.Round, State: l.State, Amount: l.Amount, Lines: []Given{l}, Built: marks.built, Approved: marks.approved(r.Approved),
		Proposed: marks.proposed, LiveAt: marks.liveAt, Activated: marks.activated, Ended: marks.ended, Paid: l.Paid,
	}
}

// AccountClaims are the entries of an account's claims, the one in force first, at most 100.
func (d *Desk) AccountClaims(ctx context.Context, oxen string) ([]Claim, error) {
	address, _, err := d.ReadOxen(oxen)
	if err != nil {
		return nil, err
	}
	var list []swap.Claim
	if _, err := d.view(ctx, func(t swap.Tables, _ swap.Migration) error {
		list = nil
		latest, err := t.LatestClaim(swap.AccountOf(address))
		if errors.Is(err, swap.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		// Numbers may have been left out, so it is not certain that the one below is there.
		for tried, n := 0, int64(latest.Sequence); n >= 0 && tried < 1000 && len(list) < 100; n, tried = n-1, tried+1 {
			c, err := t.Claim(latest.Account, uint32(n))
			if errors.Is(err, swap.ErrNotFound) {
				continue
			} else if err != nil {
				return err
			}
			list = append(list, c)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	out := []Claim{}
	for _, c := range list {
		full, err := d.claim(ctx, c)
		if err != nil {
			return nil, err
		}
		out = append(out, *full)
	}
	return out, nil
}

// Receipt is the receipt of a claim: its entry, the proof that the ledger holds it, and a signed
// checkpoint, in the text form that anyone checks without the service. The error is a
// *NotFoundError when the entry is no claim.
func (d *Desk) Receipt(ctx context.Context, entry uint64) ([]byte, error) {
	if err := d.log.View(ctx, func(t swap.Tables, _ uint64) error {
		_, err := t.ClaimAt(entry)
		return notFound(err, "claim of entry %d", entry)
	}); err != nil {
		return nil, err
	}
	list, err := d.log.Records(ctx, int64(entry), int64(entry)+1)
	if err != nil {
		return nil, err
	}
	checkpoint, err := d.log.Checkpoint()
	if err != nil {
		return nil, err
	}
	c, _, err := d.log.Keys().OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	if uint64(c.N) <= entry { // committed and not signed yet
		return nil, &RetryLater{Reason: RetryBusy, After: time.Second}
	}
	return ledger.NewReceipt(list[0], checkpoint, d.log.Keys().At(c.N), d.log)
}
