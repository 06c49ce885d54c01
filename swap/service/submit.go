package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oxenswap/swap"
)

// Incoming is a verified claim and what was seen at its recipient.
type Incoming struct {
	Claim swap.Claim
	Code  swap.RecipientCode
}

// Submitted is the answer to a claim.
type Submitted struct {
	Claim swap.Claim
	Again bool  // the same claim was accepted before; Claim.Entry is that entry
	Err   error // a *Refusal; an entitled account's refused claim is recorded as claim.refused all the same
}

// SubmitClaim records a verified claim. A claim that was accepted before is answered with its first
// entry. The error is a *Refusal, or what went wrong.
func SubmitClaim(ctx context.Context, l swap.Ledger, in Incoming) (Submitted, error) {
	out, err := SubmitClaims(ctx, l, []Incoming{in})
	if err != nil {
		return Submitted{}, err
	}
	return out[0], out[0].Err
}

// SubmitClaims records verified claims in one transaction, each accepted or refused by itself. No
// account may be in the batch twice.
func SubmitClaims(ctx context.Context, l swap.Ledger, batch []Incoming) ([]Submitted, error) {
	out := make([]Submitted, len(batch))
	entries, err := l.Update(ctx, func(t swap.Tables, at time.Time) ([]swap.Record, error) {
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		seen := map[swap.Account]bool{}
		var records []swap.Record
		for i, in := range batch {
			if seen[in.Claim.Account] {
				return nil, fmt.Errorf("account %s is in one batch twice", in.Claim.Account)
			}
			seen[in.Claim.Account] = true
			var event swap.Event
			if out[i], event, err = decideClaim(t, m, in, at); err != nil {
				return nil, err
			}
			if event != nil {
				records = append(records, swap.Record{Event: event})
			}
		}
		return records, nil
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Err != nil || out[i].Again {
			continue
		}
		for len(entries) > 0 && entries[0].Kind != "claim.accepted" {
			entries = entries[1:]
		}
		out[i].Claim.Entry, entries = entries[0].Seq, entries[1:]
	}
	return out, nil
}

// decideClaim answers one claim and gives the entry to append, if any.
func decideClaim(t swap.Tables, m swap.Migration, in Incoming, at time.Time) (Submitted, swap.Event, error) {
	c := in.Claim
	first, err := t.LatestClaim(c.Account) // which AdmitClaim asks for too
	if err == nil && first.Sequence > c.Sequence {
		first, err = t.Claim(c.Account, c.Sequence)
	}
	if err == nil && first.Sequence == c.Sequence && first.Text == c.Text {
		return Submitted{Claim: first, Again: true}, nil, nil
	} else if err != nil && !errors.Is(err, swap.ErrNotFound) {
		return Submitted{}, nil, err
	}
	err = swap.AdmitClaim(t, m, c, at)
	if err == nil {
		err = m.CheckCode(in.Code, c.Recipient)
	}
	if err == nil {
		return Submitted{Claim: c}, c.Accepted(in.Code), nil
	}
	var refusal *swap.Refusal
	if !errors.As(err, &refusal) {
		return Submitted{}, nil, err
	}
	out := Submitted{Claim: c, Err: refusal}
	entitled, err := swap.Entitled(t, m.Terms, c.Account)
	if err != nil || !entitled {
		return out, nil, err
	}
	e := &swap.ClaimRefused{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
		Sequence: c.Sequence, Reason: refusal.Reason, Detail: refusal.Detail,
	}
	if _, err := t.RefusedClaim(e.Digest()); err == nil {
		return out, nil, nil
	} else if !errors.Is(err, swap.ErrNotFound) {
		return out, nil, err
	}
	return out, e, nil
}

// SubmitLegacy records the one file of legacy claims, all of it or nothing. The same file again is
// answered with Again.
func SubmitLegacy(ctx context.Context, l swap.Ledger, file []byte, lines []swap.LegacyLine) (event swap.LegacyImported, again bool, err error) {
	_, err = l.Update(ctx, func(t swap.Tables, at time.Time) ([]swap.Record, error) {
		again = false
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		if m.Legacy != nil && m.Legacy.Digest == swap.Digest(file) {
			again = true
			return nil, nil
		}
		var taken []swap.Claim
		if event, taken, err = swap.ImportLegacy(t, m, file, lines, at); err != nil {
			return nil, err
		}
		records := []swap.Record{{Event: &event, Attachments: [][]byte{file}}}
		for _, c := range taken {
			records = append(records, swap.Record{Event: c.Accepted(m.Terms.NotSeen())})
		}
		return records, nil
	})
	return event, again, err
}
