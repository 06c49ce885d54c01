package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// HandIn is a proof of coins that somebody hands in: for an accepted claim, by its entry, or
// together with a claim.
type HandIn struct {
	Claim   uint64    // entry; unused with Pending
	Pending *Incoming // nil: for the accepted claim
	Proof   string    // the text form
}

// ReceiveProof records that a proof came, at a time that decides its step. It must parse and be
// signed by the account's own spend key. A proof that was received before is returned as it stands
// now. Errors are *ProofRefusal or *Refusal where the holder can do something about it; then
// nothing is recorded.
func ReceiveProof(ctx context.Context, l swap.Ledger, in HandIn) (received swap.Proof, again bool, err error) {
	proof, err := cryptonote.ParseReserveProof(in.Proof)
	if err != nil {
		return swap.Proof{}, false, swap.RefuseProof(cryptonote.CheckFormat.String(), "%v", err)
	}
	event := &swap.ProofReceived{Outputs: uint64(len(proof.Outputs)), Proof: swap.Digest([]byte(in.Proof))}
	var text string
	var terms *swap.Terms
	if err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		terms = m.Terms
		c, err := in.claim(t)
		if err == nil {
			event.Account, event.Oxen, text = c.Account, c.Oxen, c.Text
		}
		return err
	}); err != nil {
		return swap.Proof{}, false, err
	}
	address, err := swap.ParseOxen(terms, event.Oxen)
	if err != nil {
		return swap.Proof{}, false, err
	}
	if err := proof.VerifyOwner(address, []byte(swap.ProofMessage(text))); err != nil {
		return swap.Proof{}, false, swap.RefuseProof(swap.CheckClaim, "%v: make it with the wallet of %s and exactly the message %s", err, event.Oxen, swap.ProofMessage(text))
	}
	_, err = l.Update(ctx, func(t swap.Tables, at time.Time) ([]swap.Record, error) {
		received, again = swap.Proof{}, false
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		if received, err = t.HandedIn(event.Account, event.Proof); err == nil && received.Status != swap.FreedProof {
			again = true
			return nil, nil
		} else if err != nil && !errors.Is(err, swap.ErrNotFound) {
			return nil, err
		}
		if event.Claim, event.Pending, err = in.claimOrPending(t, m, at); err != nil {
			return nil, err
		}
		snapshot, err := swap.CoinsSnapshot(t, m)
		if err != nil {
			return nil, err
		}
		event.Height = snapshot.Height
		return []swap.Record{{Event: event, Attachments: [][]byte{[]byte(in.Proof)}}}, nil
	})
	if err != nil || again {
		return received, again, err
	}
	return received, false, l.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		received, err = t.HandedIn(event.Account, event.Proof)
		return err
	})
}

func (in HandIn) claim(t swap.Tables) (swap.Claim, error) {
	if in.Pending != nil {
		return in.Pending.Claim, nil
	}
	c, err := t.ClaimAt(in.Claim)
	if errors.Is(err, swap.ErrNotFound) {
		return c, swap.RefuseProof(swap.CheckClaim, "entry %d is no claim: name the entry of the claim", in.Claim)
	}
	if err == nil && c.Sequence == 0 {
		return c, swap.RefuseProof(swap.CheckClaim, "entry %d is a legacy claim: a proof needs a numbered one", in.Claim)
	}
	return c, err
}

// claimOrPending is what the entry says of the claim: its entry, or the claim itself if it is not
// accepted yet.
func (in HandIn) claimOrPending(t swap.Tables, m swap.Migration, at time.Time) (*uint64, *swap.ClaimAccepted, error) {
	if in.Pending == nil {
		return &in.Claim, nil, nil
	}
	first, accepted, err := claimed(t, in.Pending.Claim)
	if err != nil {
		return nil, nil, err
	}
	if accepted {
		return &first.Entry, nil, nil
	}
	return nil, in.Pending.Claim.Accepted(in.Pending.Code), admitPending(t, m, *in.Pending, at)
}

// claimed returns the account's claim with c's number, and whether it is the same one.
func claimed(t swap.Tables, c swap.Claim) (first swap.Claim, same bool, err error) {
	first, err = t.Claim(c.Account, c.Sequence)
	if errors.Is(err, swap.ErrNotFound) {
		return swap.Claim{}, false, nil
	}
	return first, err == nil && first.Text == c.Text && first.Oxen == c.Oxen, err
}

// admitPending is AdmitClaim for a claim that comes with a proof, which stands for the stake that
// it may lack.
func admitPending(t swap.Tables, m swap.Migration, in Incoming, at time.Time) error {
	err := swap.AdmitClaim(t, m, in.Claim, at)
	var refusal *swap.Refusal
	if errors.As(err, &refusal) && refusal.Reason == swap.ReasonNotEntitled {
		err = nil
	}
	if err != nil {
		return err
	}
	return m.CheckCode(in.Code, in.Claim.Recipient)
}

// Judged is what came of a proof.
type Judged struct {
	Proof  swap.Proof
	Report cryptonote.ReserveReport
	Detail string      // of a refusal
	Claim  *swap.Claim // the claim that came with it, if it was accepted
	Err    error       // why that claim was not, though the proof was: a *Refusal
}

// maxJudging is how often a proof is judged again because another one of the same outputs was
// accepted meanwhile.
const maxJudging = 5

// JudgeReceived judges a received proof with the evidence that daemons agree on, and records the
// verdict. With it a claim that came with the proof is accepted.
func JudgeReceived(ctx context.Context, l swap.Ledger, att swap.Attachments, received uint64, daemons []string, evidence swap.Evidence) (Judged, error) {
	for try := 1; ; try++ {
		out, err := judgeReceived(ctx, l, att, received, daemons, evidence)
		if err == nil || !errors.Is(err, errCountedMeanwhile) || try == maxJudging {
			return out, err
		}
	}
}

var errCountedMeanwhile = errors.New("an output of the proof was counted for another one meanwhile")

func judgeReceived(ctx context.Context, l swap.Ledger, att swap.Attachments, received uint64, daemons []string, evidence swap.Evidence) (Judged, error) {
	var out Judged
	var record swap.Record
	var used map[swap.Hash]bool
	if err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		record, out.Report, err = swap.JudgeProof(ctx, t, att, m, received, daemons, evidence)
		if err != nil {
			return err
		}
		used, err = swap.CountedOutputs(t, &out.Report)
		return err
	}); err != nil {
		return out, err
	}
	accepted, good := record.Event.(*swap.ProofAccepted)
	if refused, ok := record.Event.(*swap.ProofRefused); ok {
		out.Detail = refused.Detail
	}
	entries, err := l.Update(ctx, func(t swap.Tables, at time.Time) ([]swap.Record, error) {
		out.Err, out.Claim = nil, nil
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		p, err := t.Proof(received)
		if err != nil {
			return nil, fmt.Errorf("proof.received %d: %w", received, err)
		}
		if p.Status != swap.ReceivedProof {
			return nil, nil // judged meanwhile
		}
		now, err := swap.CountedOutputs(t, &out.Report)
		if err != nil {
			return nil, err
		}
		if !maps.Equal(now, used) {
			return nil, errCountedMeanwhile
		}
		records := []swap.Record{record}
		if !good || p.Pending == nil {
			return records, nil
		}
		c, err := p.Pending.Claim(m.Terms)
		if err != nil {
			return nil, err
		}
		if first, same, err := claimed(t, c); err != nil {
			return nil, err
		} else if same { // it came another way meanwhile
			out.Claim = &first
			return records, nil
		}
		if out.Err = admitPending(t, m, Incoming{c, p.Pending.Code}, p.ClaimReceived(m.RulesInForce(), at)); out.Err == nil {
			records = append(records, swap.Record{Event: p.Pending})
		} else if !errors.As(out.Err, new(*swap.Refusal)) {
			return nil, out.Err
		}
		return records, nil
	})
	if err != nil {
		return out, err
	}
	return out, l.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		if out.Proof, err = t.Proof(received); err != nil {
			return err
		}
		for _, e := range entries {
			if good && accepted.Received == received && e.Kind == "claim.accepted" {
				c, err := t.ClaimAt(e.Seq)
				if err != nil {
					return err
				}
				out.Claim = &c
			}
		}
		return nil
	})
}
