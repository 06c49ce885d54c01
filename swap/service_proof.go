package swap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"oxenswap/swap/cryptonote"
)

// HandIn is a proof of coins that somebody hands in: for an accepted claim, by its entry, or together with a claim.
type HandIn struct {
	Claim   uint64    // entry; unused with Pending
	Pending *Incoming // nil: for the accepted claim
	Proof   string    // the text form
}

// ReceiveProof records that a proof came, at a time that decides its step. It must parse and be signed by the account's
// own spend key. A proof that was received before is returned as it stands now. Errors are *ProofRefusal or *Refusal
// where the holder can do something about it; then nothing is recorded.
func ReceiveProof(ctx context.Context, l Ledger, in HandIn) (received Proof, again bool, err error) {
	proof, err := cryptonote.ParseReserveProof(in.Proof)
	if err != nil {
		return Proof{}, false, refuseProof(cryptonote.CheckFormat.String(), "%v", err)
	}
	event := &ProofReceived{Outputs: uint64(len(proof.Outputs)), Proof: Digest([]byte(in.Proof))}
	var text string
	var terms *Terms
	if err := l.View(ctx, func(t Tables, _ uint64) error {
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
		return Proof{}, false, err
	}
	address, err := ParseOxen(terms, event.Oxen)
	if err != nil {
		return Proof{}, false, err
	}
	if err := proof.VerifyOwner(address, []byte(ProofMessage(text))); err != nil {
		return Proof{}, false, refuseProof(CheckClaim, "%v: make it with the wallet of %s and exactly the message %s", err, event.Oxen, ProofMessage(text))
	}
	_, err = l.Update(ctx, func(t Tables, at time.Time) ([]Record, error) {
		received, again = Proof{}, false
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		if received, err = t.HandedIn(event.Account, event.Proof); err == nil && received.Status != FreedProof {
			again = true
			return nil, nil
		} else if err != nil && !errors.Is(err, ErrNone) {
			return nil, err
		}
		if event.Claim, event.Pending, err = in.claimOrPending(t, m, at); err != nil {
			return nil, err
		}
		snapshot, err := CoinsSnapshot(t, m)
		if err != nil {
			return nil, err
		}
		event.Height = snapshot.Height
		return []Record{{Event: event, Attachments: [][]byte{[]byte(in.Proof)}}}, nil
	})
	if err != nil || again {
		return received, again, err
	}
	return received, false, l.View(ctx, func(t Tables, _ uint64) (err error) {
		received, err = t.HandedIn(event.Account, event.Proof)
		return err
	})
}

func (in HandIn) claim(t Tables) (Claim, error) {
	if in.Pending != nil {
		return in.Pending.Claim, nil
	}
	c, err := t.ClaimAt(in.Claim)
	if errors.Is(err, ErrNone) {
		return c, refuseProof(CheckClaim, "entry %d is no claim: name the entry that `claim submit` printed", in.Claim)
	}
	if err == nil && c.Sequence == 0 {
		return c, refuseProof(CheckClaim, "entry %d is a legacy claim: a proof needs a numbered one", in.Claim)
	}
	return c, err
}

// claimOrPending is what the entry says of the claim: its entry, or the claim itself if it is not accepted yet.
func (in HandIn) claimOrPending(t Tables, m Migration, at time.Time) (*uint64, *ClaimAccepted, error) {
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
	return nil, in.Pending.Claim.accepted(in.Pending.Code), admitPending(t, m, *in.Pending, at)
}

// claimed returns the account's claim with c's number, and whether it is the same one.
func claimed(t Tables, c Claim) (first Claim, same bool, err error) {
	first, err = t.Claim(c.Account, c.Sequence)
	if errors.Is(err, ErrNone) {
		return Claim{}, false, nil
	}
	return first, err == nil && first.Text == c.Text && first.Oxen == c.Oxen, err
}

// admitPending is AdmitClaim for a claim that comes with a proof, which stands for the stake that it may lack.
func admitPending(t Tables, m Migration, in Incoming, at time.Time) error {
	err := AdmitClaim(t, m, in.Claim, at)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Reason == ReasonNotEntitled {
		err = nil
	}
	if err != nil {
		return err
	}
	return in.Code.Check(in.Claim.Recipient)
}

// Judged is what came of a proof.
type Judged struct {
	Proof  Proof
	Report cryptonote.ReserveReport
	Detail string // of a refusal
	Claim  *Claim // the claim that came with it, if it was accepted
	Err    error  // why that claim was not, though the proof was: a *Refusal
}

// maxJudging is how often a proof is judged anew because another one of the same outputs was accepted meanwhile.
const maxJudging = 5

// JudgeReceived judges a received proof with the evidence that daemons agree on, and records the verdict. With it a claim
// that came with the proof is accepted.
func JudgeReceived(ctx context.Context, l Ledger, att Attachments, received uint64, daemons []string, evidence Evidence) (Judged, error) {
	for try := 1; ; try++ {
		out, err := judgeReceived(ctx, l, att, received, daemons, evidence)
		if err == nil || !errors.Is(err, errCountedMeanwhile) || try == maxJudging {
			return out, err
		}
	}
}

var errCountedMeanwhile = errors.New("a key image of the proof was counted for another one meanwhile")

func judgeReceived(ctx context.Context, l Ledger, att Attachments, received uint64, daemons []string, evidence Evidence) (Judged, error) {
	var out Judged
	var record Record
	var used map[Hash]bool
	if err := l.View(ctx, func(t Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		if used, err = evidence.used(t); err != nil {
			return err
		}
		record, out.Report, err = JudgeProof(t, att, m, received, daemons, evidence)
		return err
	}); err != nil {
		return out, err
	}
	accepted, good := record.Event.(*ProofAccepted)
	if refused, ok := record.Event.(*ProofRefused); ok {
		out.Detail = refused.Detail
	}
	entries, err := l.Update(ctx, func(t Tables, at time.Time) ([]Record, error) {
		out.Err, out.Claim = nil, nil
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		p, err := t.Proof(received)
		if err != nil {
			return nil, fmt.Errorf("proof.received %d: %w", received, err)
		}
		if p.Status != ReceivedProof {
			return nil, nil // judged meanwhile
		}
		now, err := evidence.used(t)
		if err != nil {
			return nil, err
		}
		if !maps.Equal(now, used) {
			return nil, errCountedMeanwhile
		}
		records := []Record{record}
		if !good || p.Pending == nil {
			return records, nil
		}
		c, err := p.Pending.claim(m.Terms)
		if err != nil {
			return nil, err
		}
		if first, same, err := claimed(t, c); err != nil {
			return nil, err
		} else if same { // it came another way meanwhile
			out.Claim = &first
			return records, nil
		}
		if out.Err = admitPending(t, m, Incoming{c, p.Pending.Code}, at); out.Err == nil {
			records = append(records, Record{Event: p.Pending})
		} else if !errors.As(out.Err, new(*Refusal)) {
			return nil, out.Err
		}
		return records, nil
	})
	if err != nil {
		return out, err
	}
	return out, l.View(ctx, func(t Tables, _ uint64) (err error) {
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

// used are those of the asked key images that were counted for a proof.
func (e *Evidence) used(t Tables) (map[Hash]bool, error) {
	used := map[Hash]bool{}
	for _, i := range e.Images {
		switch _, err := t.KeyImage(i.KeyImage); {
		case err == nil:
			used[i.KeyImage] = true
		case !errors.Is(err, ErrNone):
			return nil, err
		}
	}
	return used, nil
}
