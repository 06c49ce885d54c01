package service

import (
	"context"
	"fmt"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/fail"
)

// judgingTime bounds asking daemons about one proof and judging it.
const judgingTime = 10 * time.Minute

// SubmitForProof begins with a claim that comes with a proof of coins: an entitled account's claim
// is recorded by itself, so that it stands whatever becomes of the proof; another's is recorded
// only when its proof is accepted. The answer says how the proof is to be handed in. Submitted is
// zero for a claim that waits for its proof.
func SubmitForProof(ctx context.Context, l swap.Ledger, in Incoming, proof string) (Submitted, HandIn, error) {
	entitled := false
	if err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		entitled, err = swap.Entitled(t, m.Terms, in.Claim.Account)
		return err
	}); err != nil {
		return Submitted{}, HandIn{}, err
	}
	if !entitled {
		return Submitted{}, HandIn{Pending: &in, Proof: proof}, nil
	}
	submitted, err := SubmitClaim(ctx, l, in)
	if err != nil {
		return submitted, HandIn{}, err
	}
	return submitted, HandIn{Claim: submitted.Claim.Entry, Proof: proof}, nil
}

// Judge asks all daemons about the outputs of a received proof, judges it by what they agree on,
// and records the verdict. A proof that was judged meanwhile is returned as it stands. onAgreed, if
// not nil, is called when the daemons have agreed.
func Judge(ctx context.Context, l swap.Ledger, att swap.Attachments, daemons []swap.CoinDaemon, received uint64, onAgreed func()) (Judged, error) {
	ctx, cancel := context.WithTimeout(ctx, judgingTime)
	defer cancel()
	var m swap.Migration
	var p swap.Proof
	if err := l.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		if m, err = t.Migration(); err != nil {
			return err
		}
		p, err = t.Proof(received)
		return err
	}); err != nil || p.Status != swap.ReceivedProof {
		return Judged{Proof: p}, err
	}
	text, err := att.Attachment(p.Proof)
	if err != nil {
		return Judged{}, err
	}
	proof, err := cryptonote.ParseReserveProof(string(text))
	if err != nil {
		return Judged{}, err
	}
	transactions, images := swap.Asked(proof)
	evidence, agreed, err := swap.AgreeOnCoins(m.Terms, m.Config.Quorum, queryAll(daemons, func(d swap.CoinDaemon) swap.CoinAnswer {
		return d.Coins(ctx, transactions, images)
	}))
	if err != nil {
		return Judged{}, err
	}
	if onAgreed != nil {
		onAgreed()
	}
	var judged Judged
	err = fail.Do("proof judge", func() (err error) {
		judged, err = JudgeReceived(ctx, l, att, received, agreed, evidence)
		return err
	})
	return judged, err
}

// NotJudgedError says that a proof is recorded, and that it could not be judged yet. Prove again
// goes on where it was.
type NotJudgedError struct {
	Entry uint64 // its proof.received
	Err   error
}

func (e *NotJudgedError) Error() string {
	return fmt.Sprintf("the proof is recorded as entry %d and not judged yet: %v", e.Entry, e.Err)
}

// Unwrap returns why.
func (e *NotJudgedError) Unwrap() error { return e.Err }

// Prove receives a proof and judges it, or returns the verdict on it that there is.
func Prove(ctx context.Context, l swap.Ledger, att swap.Attachments, daemons []swap.CoinDaemon, in HandIn) (Judged, error) {
	received, _, err := ReceiveProof(ctx, l, in)
	if err != nil {
		return Judged{}, err
	}
	if received.Status != swap.ReceivedProof {
		return Judged{Proof: received}, nil
	}
	judged, err := Judge(ctx, l, att, daemons, received.Received, nil)
	if err == nil {
		return judged, nil
	}
	now, lost := proofOf(context.WithoutCancel(ctx), l, received.Received)
	if lost != nil || now.Status != swap.ReceivedProof {
		return Judged{}, err
	}
	return Judged{}, &NotJudgedError{received.Received, err}
}

// SubmitWithProof submits a claim with its proof of coins and judges the proof: SubmitForProof,
// then Prove.
func SubmitWithProof(
	ctx context.Context, l swap.Ledger, att swap.Attachments, daemons []swap.CoinDaemon, in Incoming, proof string,
) (Submitted, Judged, error) {
	submitted, proving, err := SubmitForProof(ctx, l, in, proof)
	if err != nil {
		return submitted, Judged{}, err
	}
	judged, err := Prove(ctx, l, att, daemons, proving)
	return submitted, judged, err
}

func proofOf(ctx context.Context, l swap.Ledger, received uint64) (p swap.Proof, err error) {
	err = l.View(ctx, func(t swap.Tables, _ uint64) error {
		p, err = t.Proof(received)
		return err
	})
	return p, err
}
