package swap

import (
	"context"
	"errors"
	"time"

	"oxenswap/swap/ledger"
)

// Ledger is the log and its projections. Both methods may be called from many goroutines.
type Ledger interface {
	// View runs read on tables that hold exactly the first size entries.
	View(ctx context.Context, read func(t Tables, size uint64) error) error
	// Update runs decide alone among writers, on tables that hold everything, and appends the records that it returns,
	// all or none, with the given time. It returns when they are durable and a signed checkpoint that covers them is on
	// disk. An error of decide, or of applying a record, leaves the ledger as it was and comes back as it is. decide may
	// be run more than once and must not wait for anything outside.
	Update(ctx context.Context, decide func(t Tables, at time.Time) ([]Record, error)) ([]ledger.Entry, error)
}

// Submitted is the answer to a claim.
type Submitted struct {
	Claim Claim
	Again bool // the same claim was accepted before; Claim.Entry is that entry
}

// SubmitClaim records a verified claim. A claim that was accepted before is answered with its first entry. An entitled
// account's claim that is refused is recorded as claim.refused; the error is a *Refusal all the same.
func SubmitClaim(ctx context.Context, l Ledger, c Claim, code RecipientCode) (Submitted, error) {
	var out Submitted
	var refusal *Refusal
	entries, err := l.Update(ctx, func(t Tables, at time.Time) ([]Record, error) {
		out, refusal = Submitted{}, nil
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		first, err := t.Claim(c.Account, c.Sequence)
		if err == nil && first.Text == c.Text {
			out = Submitted{first, true}
			return nil, nil
		} else if err != nil && !errors.Is(err, ErrNone) {
			return nil, err
		}
		err = AdmitClaim(t, m, c, at)
		if err == nil {
			err = code.Check(c.Recipient)
		}
		if err == nil {
			return []Record{{Event: c.accepted(code)}}, nil
		}
		if !errors.As(err, &refusal) {
			return nil, err
		}
		entitled, err2 := Entitled(t, m.Terms, c.Account)
		if err2 != nil || !entitled {
			return nil, errors.Join(err, err2)
		}
		return []Record{{Event: &ClaimRefused{
			Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
			Sequence: c.Sequence, Reason: refusal.Reason, Detail: refusal.Detail,
		}}}, nil
	})
	switch {
	case err != nil:
		return Submitted{}, err
	case refusal != nil:
		return Submitted{}, refusal
	case !out.Again:
		c.Entry = entries[0].Seq
		out.Claim = c
	}
	return out, nil
}

func (c Claim) accepted(code RecipientCode) *ClaimAccepted {
	return &ClaimAccepted{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
		Sequence: c.Sequence, Integrated: c.Integrated, Code: code,
	}
}

// SubmitLegacy records the one file of legacy claims, all of it or nothing. The same file again is answered with Again.
func SubmitLegacy(ctx context.Context, l Ledger, file []byte, lines []LegacyLine) (event LegacyImported, again bool, err error) {
	_, err = l.Update(ctx, func(t Tables, at time.Time) ([]Record, error) {
		again = false
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		if m.Legacy != nil && m.Legacy.Digest == Digest(file) {
			again = true
			return nil, nil
		}
		var taken []Claim
		if event, taken, err = ImportLegacy(t, m, file, lines, at); err != nil {
			return nil, err
		}
		records := []Record{{Event: &event, Attachments: [][]byte{file}}}
		for _, c := range taken {
			records = append(records, Record{Event: c.accepted(RecipientCode{Ethereum: SeenNotChecked, Target: SeenNotChecked})})
		}
		return records, nil
	})
	return event, again, err
}
