package service

import (
	"context"
	"errors"

	"oxenswap/swap"
)

// importBatch is how many claims are recorded in one transaction.
const importBatch = 200

// An Import records many claims, in the order in which they are added and in few transactions.
// Claims are counted as recorded before an error ends it; whoever runs it again records what is
// missing.
type Import struct {
	Ledger      swap.Ledger
	Attachments swap.Attachments
	Code        func(context.Context, swap.EVMAddress) (swap.RecipientCode, error) // reads what is at a recipient
	Daemons     func() ([]swap.CoinDaemon, error)                                  // called for lines with a proof of coins
	Done        func(lines int) error                                              // called when so many more lines are done

	Sum ImportSummary

	batch   []Incoming
	inBatch map[swap.Account]bool
}

// ImportSummary is what became of the lines of a file of claims.
type ImportSummary struct {
	Lines    uint64            `json:"lines"`
	Accepted uint64            `json:"accepted"`
	Again    uint64            `json:"again"` // accepted before
	Refused  map[string]uint64 `json:"refused"`
	Proofs   map[string]uint64 `json:"proofs,omitempty"` // of coins: accepted, or by the check that refused
}

// Refuse counts a line that could not be read or verified. An error that is no *swap.Refusal comes
// back.
func (i *Import) Refuse(err error) error { return errors.Join(i.refuse(err), i.Done(1)) }

func (i *Import) refuse(err error) error {
	var refusal *swap.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	if i.Sum.Refused == nil {
		i.Sum.Refused = map[string]uint64{}
	}
	i.Sum.Refused[string(refusal.Reason)]++
	return nil
}

// Add records a verified claim, with its proof of coins unless that is empty. It may be recorded
// only by Flush.
func (i *Import) Add(ctx context.Context, c swap.Claim, proof string) error {
	if len(i.batch) == importBatch || i.inBatch[c.Account] {
		if err := i.Flush(ctx); err != nil {
			return err
		}
	}
	code, err := i.Code(ctx, c.Recipient)
	if err != nil {
		return err
	}
	in := Incoming{Claim: c, Code: code}
	if proof != "" {
		if err := i.Flush(ctx); err != nil {
			return err
		}
		return errors.Join(i.addWithProof(ctx, in, proof), i.Done(1))
	}
	if i.inBatch == nil {
		i.inBatch = map[swap.Account]bool{}
	}
	i.batch = append(i.batch, in)
	i.inBatch[c.Account] = true
	return nil
}

// Flush records the claims that were added and are not recorded yet.
func (i *Import) Flush(ctx context.Context) error {
	if len(i.batch) == 0 {
		return nil
	}
	done, err := SubmitClaims(ctx, i.Ledger, i.batch)
	if err != nil {
		return err
	}
	for _, d := range done {
		switch {
		case d.Again:
			i.Sum.Again++
		case d.Err != nil:
			if err := i.refuse(d.Err); err != nil {
				return err
			}
		default:
			i.Sum.Accepted++
		}
	}
	i.batch, i.inBatch = nil, nil
	return i.Done(len(done))
}

func (i *Import) addWithProof(ctx context.Context, in Incoming, proof string) error {
	if i.Sum.Proofs == nil {
		i.Sum.Proofs = map[string]uint64{}
	}
	daemons, err := i.Daemons()
	if err != nil {
		return err
	}
	submitted, done, err := SubmitWithProof(ctx, i.Ledger, i.Attachments, daemons, in, proof)
	if errors.As(err, new(*swap.Refusal)) {
		return i.refuse(err)
	}
	var refused *swap.ProofRefusal
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	switch {
	case submitted.Again:
		i.Sum.Again++
	case submitted.Claim.Entry > 0 || done.Claim != nil:
		i.Sum.Accepted++
	case done.Proof.Pending != nil && done.Proof.Status == swap.AcceptedProof && done.Err == nil:
		i.Sum.Again++ // both were recorded before
	default:
		if err := i.refuse(&swap.Refusal{Reason: swap.ReasonNotEntitled}); err != nil {
			return err
		}
	}
	switch {
	case refused != nil:
		i.Sum.Proofs[refused.Check]++
	case done.Proof.Status == swap.RefusedProof:
		i.Sum.Proofs[done.Proof.Check]++
	default:
		i.Sum.Proofs[string(done.Proof.Status)]++
	}
	return nil
}
