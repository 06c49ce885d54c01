package swap

import (
	"context"
	"errors"
	"testing"
)

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
		&SnapshotEvidence{Height: 100},
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
			t.Errorf("ApplyEvent of %s: got %v, want %v", e.Kind(), err, errBroken)
		}
	}
	coins := proofStage(t)
	received, _ := coins.proofReceived(1, 3, "x")
	accepted, _ := coins.proofAccepted(5, 1)
	refused, _ := coins.proofRefused(5)
	for _, e := range []Event{received, accepted, refused} {
		if err := ApplyEvent(brokenTables{coins.tables}, coins.files, uint64(len(coins.log)), coins.now, e); !errors.Is(err, errBroken) {
			t.Errorf("ApplyEvent of %s: got %v, want %v", e.Kind(), err, errBroken)
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
	if _, _, err := JudgeProof(context.Background(), brokenProofs{coins.tables}, coins.files, coins.migration(), 5, bothDaemons, Evidence{}); !errors.Is(err, errBroken) {
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
