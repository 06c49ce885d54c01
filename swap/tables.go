package swap

import (
	"errors"
	"time"
)

// ErrNotFound is returned by the look-ups of Tables when there is no such row.
var ErrNotFound = errors.New("none")

// Tables are what the ledger's entries add up to: the projections, to be read. A store keeps them
// beside the entries, in the same transaction, and the auditor keeps them in memory. Rows are
// values: changing one changes nothing. Look-ups of a single row return ErrNotFound when it does
// not exist. The functions that visit rows stop at the first error and return it.
type Tables interface {
	Migration() (Migration, error)
	EntryTime(seq uint64) (time.Time, error)

	Snapshot(height uint64) (Snapshot, error)
	Snapshots() ([]Snapshot, error)                          // by height
	Balances(height uint64, visit func(Balance) error) error // by account
	AccountBalances(Account) ([]HeightBalance, error)        // by height

	Claim(a Account, sequence uint32) (Claim, error)
	ClaimAt(entry uint64) (Claim, error) // by its claim.accepted
	LatestClaim(Account) (Claim, error)
	LatestClaims(visit func(Claim) error) error // by account
	// RefusedClaim returns the claim.refused entry of a text and signature (their digest, see
	// ClaimRefused.Digest).
	RefusedClaim(Hash) (entry uint64, err error)

	Proof(received uint64) (Proof, error)          // by its proof.received entry
	HandedIn(a Account, proof Hash) (Proof, error) // the account's last proof with this digest
	Proofs(visit func(Proof) error) error          // by account, and then by entry
	AccountProofs(Account) ([]Proof, error)        // by entry
	KeyImage(Hash) (received uint64, err error)    // the proof that it was counted for

	Round(number uint64) (Round, error)
	Rounds() ([]Round, error)                                     // by number
	Allocations(round uint64, visit func(Allocation) error) error // in the order of the list
	AccountAllocations(Account) ([]RoundAllocation, error)        // by round
	// Given visits the sum of published rounds by account and programme, in this order.
	Given(visit func(a Account, programme string, sum Sesh) error) error
	// Cumulative visits the sum of published rounds by recipient, in the order of the bytes.
	Cumulative(visit func(to EVMAddress, sum Sesh) error) error

	Attempt(hash Hash) (Attempt, error)
	Attempts(Intent) ([]Attempt, error) // by attempt number
	NonceAttempts(chainID uint64, sender EVMAddress, nonce uint64) ([]Attempt, error)
	AllAttempts(visit func(Attempt) error) error // in the order of their entries

	// SeenLog returns the entry that recorded an event of the distributor.
	SeenLog(tx Hash, logIndex uint64) (entry uint64, err error)
	LastLog() (LogPosition, error)          // of the highest block
	Payouts(visit func(Payout) error) error // in the order of their entries
}

// WritableTables are the tables as Apply gets them, which is their only writer: whoever else has a
// change to make returns a Record. Claims, seen logs and payouts are only added, under a new key;
// the other setters also replace a row that is there.
type WritableTables interface {
	Tables

	SetMigration(Migration) error
	SetSnapshot(Snapshot) error
	SetBalances(height uint64, rows []Balance) error // replaces those of the height
	SetClaim(Claim) error
	SetRefusedClaim(h Hash, entry uint64) error
	SetProof(Proof) error
	SetKeyImages(received uint64, images []Hash) error // refuses one that was counted before
	FreeKeyImages(received uint64) error

	// SetEntryTime keeps the time of the entry that was just applied, for EntryTime. A store that has
	// the entries themselves need not do anything.
	SetEntryTime(seq uint64, at time.Time) error
	SetRound(Round) error
	SetAllocations(round uint64, rows []Allocation) error // replaces those of the round
	SetAttempt(Attempt) error
	SetSeenLog(p LogPosition, entry uint64) error
	SetPayout(Payout) error
}

// SnapshotStatus is where a snapshot stands.
type SnapshotStatus string

// The statuses of a snapshot.
const (
	TakenSnapshot     SnapshotStatus = "taken"
	FinalSnapshot     SnapshotStatus = "final"
	DiscardedSnapshot SnapshotStatus = "discarded"
)

// Snapshot is the last snapshot taken at a height.
type Snapshot struct {
	Height    uint64
	BlockHash Hash
	Digest    Hash // of the normal form of its Content, an attachment
	Status    SnapshotStatus
	Totals    SnapshotTotals
	Taken     uint64 // entry
	Decided   uint64 // entry that made it final or discarded it; 0 before
}

// HeightBalance is a balance and the snapshot that it is in.
type HeightBalance struct {
	Height uint64
	Status SnapshotStatus
	Balance
}

// ProofStatus is where a proof of coins stands.
type ProofStatus string

// The statuses of a proof.
const (
	ReceivedProof ProofStatus = "received" // to be judged
	AcceptedProof ProofStatus = "accepted"
	RefusedProof  ProofStatus = "refused"
	FreedProof    ProofStatus = "freed" // its snapshot was discarded or does not count: nothing is counted for it
)

// Proof is a proof of coins and what became of it. Amounts are atomic OXEN.
type Proof struct {
	ProofReceived
	Received uint64    // its proof.received
	At       time.Time // of that entry: decides the step
	Text     string    // the claim text whose SHA-256 it signs
	Status   ProofStatus
	Judged   uint64 // the entry that gave the status; 0 before
	Check    string // that refused it
	Counted  uint64 // outputs
	Total    Oxen
	Staked   Oxen // in it, and counted by the stake programme
}

// ClaimReceived is the time that decides the dates of the claim that came with the proof: that of
// the proof's receipt, however long judging took. Under Rules1 it was that of the verdict.
func (p *Proof) ClaimReceived(rules Rules, judged time.Time) time.Time {
	if rules == Rules1 {
		return judged
	}
	return p.At
}

// RoundStatus is where a round stands.
type RoundStatus string

// The statuses of a round. Built, approved and proposed ones are open; approved, proposed and
// active ones are published.
const (
	BuiltRound     RoundStatus = "built"
	ApprovedRound  RoundStatus = "approved"
	ProposedRound  RoundStatus = "proposed"
	ActiveRound    RoundStatus = "active"
	AbandonedRound RoundStatus = "abandoned"
	CancelledRound RoundStatus = "cancelled"
)

// Open reports whether the round still stands in the way of the next one.
func (s RoundStatus) Open() bool {
	return s == BuiltRound || s == ApprovedRound || s == ProposedRound
}

// Published reports whether the round's amounts count as given.
func (s RoundStatus) Published() bool {
	return s == ApprovedRound || s == ProposedRound || s == ActiveRound
}

// Round is a round and what became of it.
type Round struct {
	RoundBuilt
	Status    RoundStatus
	Entry     uint64    // its round.built
	Needed    int       // approvals
	Approvals []string  // names of the operators' keys that approved
	Approved  uint64    // entry of the last approval needed; 0 before
	Day       time.Time // of that approval, midnight UTC
	Proposed  uint64    // its root.proposed: the root is or was pending on chain, whoever sent it; 0 before
}

// Part is a source that is multiplied by Num / Den: atomic OXEN by a ratio, or points by cap / all
// points.
type Part struct {
	Source Quantity `json:"source"`
	Num    Quantity `json:"num"`
	Den    Quantity `json:"den"`
}

// Allocation is what one round gives one account from one programme, and how that was computed, in
// atomic SESH: Owed + Remainder / Den is the exact sum of the parts, with Owed whole and Remainder
// < Den; Amount is Owed - Before.
type Allocation struct {
	Account   Account    `json:"account"`
	Programme string     `json:"programme"`
	Recipient EVMAddress `json:"recipient"`
	Claim     uint64     `json:"claim"` // entry of the claim that named the recipient
	Parts     []Part     `json:"parts"`
	Owed      Sesh       `json:"owed"`
	Remainder Quantity   `json:"remainder"`
	Den       Quantity   `json:"den"`
	Before    Sesh       `json:"before"` // given by earlier published rounds
	Amount    Sesh       `json:"amount"` // given by this one
}

// RoundAllocation is an allocation and the round that it is in.
type RoundAllocation struct {
	Round  uint64
	Status RoundStatus
	Allocation
}

// Intent is one thing to be done on chain. It has one nonce for ever. Its attempts differ in fees
// only, until one is a no-op that gives the intent up and fills its nonce.
type Intent struct {
	Purpose string `json:"purpose"` // deploy, fund, propose, activate, cancel, pause, push ...
	Round   uint64 `json:"round"`   // 0: of no round
	Plan    uint64 `json:"plan"`    // number of the push plan, or a running number for what is done more than once
	Batch   uint64 `json:"batch"`   // within a push plan, from 0
}

// AttemptStatus is where a signed transaction stands.
type AttemptStatus string

// The statuses of an attempt.
const (
	SignedAttempt    AttemptStatus = "signed" // perhaps sent
	MinedAttempt     AttemptStatus = "mined"
	FinalizedAttempt AttemptStatus = "finalized"
	FailedAttempt    AttemptStatus = "failed" // reverted in a final block, its nonce went to another transaction for good, or a no-op that filled it
)

// Attempt is one signed transaction of an intent.
type Attempt struct {
	TxSigned
	Status AttemptStatus
	Entry  uint64    // its tx.signed
	At     time.Time // of that entry: decides the day of the rail
	Last   uint64    // the entry that gave the status
}

// Payout is one Claimed event of the distributor, in a final block.
type Payout struct {
	PayoutSeen
	Entry uint64
}
