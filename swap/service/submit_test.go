package service

import (
	"context"
	"strings"
	"testing"
	"time"

	"oxenswap/swap"
)

func incoming(terms *swap.Terms, holder, to int, sequence uint32) Incoming {
	e := testClaim(terms, holder, testRecipient(to), sequence)
	c, err := e.Claim(terms)
	if err != nil {
		panic(err)
	}
	return Incoming{c, e.Code}
}

func TestSubmitClaim(t *testing.T) {
	ctx := context.Background()
	l := takenLedger(t)
	submit := func(in Incoming) (Submitted, error) {
		t.Helper()
		return SubmitClaim(ctx, l, in)
	}
	first, err := submit(incoming(l.terms, 1, 1, 1))
	if err != nil || first.Again || first.Claim.Entry != 3 {
		t.Fatalf("the first claim: got %+v, %v, want entry 3", first, err)
	}
	// The same claim is answered with the first entry, even when it could not be admitted any more.
	l.now = l.terms.Closes.Add(time.Hour)
	again, err := submit(incoming(l.terms, 1, 1, 1))
	if err != nil || !again.Again || again.Claim.Entry != 3 || len(l.log) != 4 {
		t.Errorf("the same claim after the end: got %+v, %v, want entry 3 again", again, err)
	}
	l.now = startOfTests

	// An entitled account's refused claim leaves an entry, a stranger's none.
	_, err = submit(incoming(l.terms, 1, 2, 1))
	wantRefusal(t, err, swap.ReasonAlreadyUsed, "#1 is not above the account's #1: to change the recipient sign the line with #2")
	e := lastEvent(t, l).(*swap.ClaimRefused)
	if e.Reason != swap.ReasonAlreadyUsed || e.Account != testAccount(1) || e.Recipient != testRecipient(2) || !strings.Contains(e.Detail, "sign the line with #2") {
		t.Errorf("the refusal: got %+v, want already-used with the next sequence", e)
	}
	size := len(l.log)
	_, err = submit(incoming(l.terms, 9, 9, 1))
	wantRefusal(t, err, swap.ReasonNotEntitled, "need a proof of coins")
	if len(l.log) != size {
		t.Error("a stranger's claim left an entry")
	}
	contract := incoming(l.terms, 2, 2, 1)
	contract.Code = swap.RecipientCode{Ethereum: swap.SeenCode, Target: swap.SeenNothing, Confirmed: false}
	_, err = submit(contract)
	wantRefusal(t, err, swap.ReasonContract, "confirm that you control this one there")
	contract.Code.Confirmed = true
	if _, err := submit(contract); err != nil {
		t.Errorf("confirmed: %v", err)
	}
	if e := lastEvent(t, l).(*swap.ClaimAccepted); !e.Code.Confirmed || e.Code.Ethereum != swap.SeenCode {
		t.Errorf("what was seen is not in the entry: %+v", e)
	}
	next, err := submit(incoming(l.terms, 1, 2, 2))
	if err != nil || next.Claim.Sequence != 2 || next.Again {
		t.Errorf("the next claim: got %+v, %v, want #2", next, err)
	}
	last := incoming(l.terms, 1, 3, swap.MaxSequence)
	if _, err := submit(last); err != nil {
		t.Fatal(err)
	}
	_, err = submit(incoming(l.terms, 1, 4, swap.MaxSequence))
	wantRefusal(t, err, swap.ReasonAlreadyUsed, "the recipient can change no more")
}

// TestSubmitToNetworkContracts: claims to contracts that the terms name, or that their factory has
// made, are refused with a reason of their own, which is recorded; what the factory answered is in
// the entry of a claim that is accepted.
func TestSubmitToNetworkContracts(t *testing.T) {
	ctx := context.Background()
	pool := testRecipient(3)
	l := newLedger(t, testTerms(t, `not_recipients = ["`+pool.String()+`"]
contribution_factory = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"
`+testProgrammes))
	l.take(stagedContent(t, 100))
	in := incoming(l.terms, 1, 3, 1)
	in.Code.Factory = swap.FactoryNo
	_, err := SubmitClaim(ctx, l, in)
	wantRefusal(t, err, swap.ReasonNetwork, "stake from there")
	in = incoming(l.terms, 1, 1, 1)
	in.Code.Factory = swap.FactoryYes
	_, err = SubmitClaim(ctx, l, in)
	wantRefusal(t, err, swap.ReasonNetwork, "claim to an address of your own")
	if e := lastEvent(t, l).(*swap.ClaimRefused); e.Reason != swap.ReasonNetwork || e.Recipient != testRecipient(1) {
		t.Errorf("the refusal: got %+v, want network-contract", e)
	}
	size := len(l.log)
	in.Code.Factory = ""
	if _, err := SubmitClaim(ctx, l, in); err == nil || len(l.log) != size {
		t.Errorf("a claim without the factory's answer: got %v and %d new entries, want an error and none", err, len(l.log)-size)
	}
	in.Code.Factory = swap.FactoryNo
	if _, err := SubmitClaim(ctx, l, in); err != nil {
		t.Fatal(err)
	}
	if e := lastEvent(t, l).(*swap.ClaimAccepted); e.Code.Factory != swap.FactoryNo {
		t.Errorf("what was seen: got %+v, want the factory's answer", e.Code)
	}
}

func TestSubmitClaims(t *testing.T) {
	ctx := context.Background()
	l := takenLedger(t)
	if _, err := SubmitClaim(ctx, l, incoming(l.terms, 1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	out, err := SubmitClaims(ctx, l, []Incoming{
		incoming(l.terms, 9, 9, 1), // refused without an entry
		incoming(l.terms, 1, 5, 1), // refused with one
		incoming(l.terms, 2, 2, 3), // accepted
		incoming(l.terms, 3, 3, 1), // accepted
	})
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, out[0].Err, swap.ReasonNotEntitled, "")
	wantRefusal(t, out[1].Err, swap.ReasonAlreadyUsed, "")
	if out[2].Err != nil || out[2].Claim.Entry != 5 || out[3].Err != nil || out[3].Claim.Entry != 6 || len(l.log) != 7 {
		t.Errorf("four claims at once: got %+v; %+v; %d entries, want entries 5 and 6 of 7", out[2], out[3], len(l.log))
	}
	if _, err := SubmitClaims(ctx, l, []Incoming{incoming(l.terms, 1, 1, 4), incoming(l.terms, 1, 1, 5)}); err == nil || !strings.Contains(err.Error(), "is in one batch twice") || len(l.log) != 7 {
		t.Errorf("an account twice: %v", err)
	}
	if out, err := SubmitClaims(ctx, l, nil); err != nil || len(out) != 0 {
		t.Errorf("nothing: %v, %v", out, err)
	}
	bad := incoming(l.terms, 3, 1, 2)
	bad.Code.Target = "?"
	if _, err := SubmitClaims(ctx, l, []Incoming{incoming(l.terms, 2, 4, 4), bad}); err == nil || len(l.log) != 7 {
		t.Errorf("what is no refusal must stop the batch: %v", err)
	}
}

func lastEvent(t *testing.T, l *testLedger) swap.Event {
	t.Helper()
	e, err := parseEntry(l.log[len(l.log)-1])
	if err != nil {
		t.Fatal(err)
	}
	return e
}
