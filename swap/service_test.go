package swap

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func incoming(terms *Terms, holder, to int, sequence uint32) Incoming {
	e := testClaim(terms, holder, testRecipient(to), sequence)
	c, err := e.claim(terms)
	if err != nil {
		panic(err)
	}
	return Incoming{c, e.Code}
}

func TestSubmitClaim(t *testing.T) {
	ctx := context.Background()
	l := staged(t, "taken")
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
	wantRefusal(t, err, ReasonAlreadyUsed, "#1 is not above the account's #1: to change the recipient sign the line with #2")
	e := lastEvent(t, l).(*ClaimRefused)
	if e.Reason != ReasonAlreadyUsed || e.Account != testAccount(1) || e.Recipient != testRecipient(2) || !strings.Contains(e.Detail, "sign the line with #2") {
		t.Errorf("the refusal: got %+v, want already-used with the next sequence", e)
	}
	size := len(l.log)
	_, err = submit(incoming(l.terms, 9, 9, 1))
	wantRefusal(t, err, ReasonNotEntitled, "need a proof of coins")
	if len(l.log) != size {
		t.Error("a stranger's claim left an entry")
	}
	contract := incoming(l.terms, 2, 2, 1)
	contract.Code = RecipientCode{SeenCode, SeenNothing, false}
	_, err = submit(contract)
	wantRefusal(t, err, ReasonContract, "confirm that you control this one there")
	contract.Code.Confirmed = true
	if _, err := submit(contract); err != nil {
		t.Errorf("confirmed: %v", err)
	}
	if e := lastEvent(t, l).(*ClaimAccepted); !e.Code.Confirmed || e.Code.Ethereum != SeenCode {
		t.Errorf("what was seen is not in the entry: %+v", e)
	}
	next, err := submit(incoming(l.terms, 1, 2, 2))
	if err != nil || next.Claim.Sequence != 2 || next.Again {
		t.Errorf("the next claim: got %+v, %v, want #2", next, err)
	}
	last := incoming(l.terms, 1, 3, MaxSequence)
	if _, err := submit(last); err != nil {
		t.Fatal(err)
	}
	_, err = submit(incoming(l.terms, 1, 4, MaxSequence))
	wantRefusal(t, err, ReasonAlreadyUsed, "the recipient can change no more")
}

func TestSubmitClaims(t *testing.T) {
	ctx := context.Background()
	l := staged(t, "taken")
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
	wantRefusal(t, out[0].Err, ReasonNotEntitled, "")
	wantRefusal(t, out[1].Err, ReasonAlreadyUsed, "")
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

// brokenTables fail at every look-up.
type brokenTables struct{ WritableTables }

var errBroken = errors.New("disk I/O error")

func (brokenTables) LatestClaim(Account) (Claim, error)               { return Claim{}, errBroken }
func (brokenTables) AccountBalances(Account) ([]HeightBalance, error) { return nil, errBroken }
func (brokenTables) ClaimAt(uint64) (Claim, error)                    { return Claim{}, errBroken }
func (brokenTables) Proof(uint64) (Proof, error)                      { return Proof{}, errBroken }
func (brokenTables) HandedIn(Account, Hash) (Proof, error)            { return Proof{}, errBroken }
func (brokenTables) Proofs(func(Proof) error) error                   { return errBroken }
func (brokenTables) AccountProofs(Account) ([]Proof, error)           { return nil, errBroken }
func (brokenTables) Snapshot(uint64) (Snapshot, error)                { return Snapshot{}, errBroken }
func (brokenTables) Rounds() ([]Round, error)                         { return nil, errBroken }
func (brokenTables) Round(uint64) (Round, error)                      { return Round{}, errBroken }
func (brokenTables) Attempt(Hash) (Attempt, error)                    { return Attempt{}, errBroken }
func (brokenTables) SeenLog(Hash, uint64) (uint64, error)             { return 0, errBroken }
func (brokenTables) LatestClaims(func(Claim) error) error             { return errBroken }

// TestStorageErrorsAreNoAnswers: a look-up that fails is never taken for "there is no such row".
func TestStorageErrorsAreNoAnswers(t *testing.T) {
	l := staged(t, "pushed")
	broken := brokenTables{l.tables}
	tx, raw := l.tx(Intent{Purpose: PurposeFund}, 1, 50)
	l.files[Digest(raw)] = raw
	l.files[Digest([]byte("plan 2"))] = []byte("plan 2")
	for _, e := range []Event{
		testClaim(l.terms, 3, testRecipient(3), 1),
		&ClaimRefused{Account: testAccount(1)},
		&SnapshotTaken{Height: 110, Quorum: 2},
		&SnapshotFinalized{Height: 100},
		&SnapshotMissed{Height: 110},
		&RoundBuilt{Round: 2, Cutoff: 1},
		&RoundApproved{Round: 1},
		&RoundAbandoned{Round: 1},
		l.plan(1, 2),
		tx,
		&TxMined{},
		&TxFinalized{Inclusion{Success: true}},
		&TxFailed{},
		l.proposed(1),
		l.activated(1),
		l.cancelled(1),
		&PayoutSeen{},
		&DistributorSeen{},
	} {
		if err := ApplyEvent(broken, l.files, uint64(len(l.log)), l.now, e); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", e.Kind(), err)
		}
	}
	coins := proofStage(t)
	received, _ := coins.proofReceived(1, 3, "x")
	accepted, _ := coins.proofAccepted(5, 1)
	refused, _ := coins.proofRefused(5)
	for _, e := range []Event{received, accepted, refused} {
		if err := ApplyEvent(brokenTables{coins.tables}, coins.files, uint64(len(coins.log)), coins.now, e); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", e.Kind(), err)
		}
	}
	freed := brokenProofs{coins.tables}
	s, err := coins.tables.Snapshot(100)
	if err != nil {
		t.Fatal(err)
	}
	agree := []DaemonReport{{Daemon: "a", Agrees: true}, {Daemon: "b", Agrees: true}}
	if err := ApplyEvent(freed, coins.files, uint64(len(coins.log)), coins.now, &SnapshotDiscarded{Height: 100, BlockHash: s.BlockHash, Daemons: agree}); !errors.Is(err, errBroken) {
		t.Errorf("freeing proofs: %v", err)
	}
	if _, _, err := JudgeProof(brokenProofs{coins.tables}, coins.files, coins.migration(), 5, bothDaemons, Evidence{}); !errors.Is(err, errBroken) {
		t.Errorf("judging: %v", err)
	}
	if _, err := BuildRound(broken, 1); !errors.Is(err, errBroken) {
		t.Errorf("a round: %v", err)
	}
}

// brokenProofs fail only at proofs.
type brokenProofs struct{ WritableTables }

func (brokenProofs) Proof(uint64) (Proof, error)    { return Proof{}, errBroken }
func (brokenProofs) Proofs(func(Proof) error) error { return errBroken }

func lastEvent(t *testing.T, l *testLedger) Event {
	t.Helper()
	e, err := parseEntry(l.log[len(l.log)-1])
	if err != nil {
		t.Fatal(err)
	}
	return e
}
