package sender

import (
	"errors"
	"fmt"

	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

var (
	// ErrAlarm is wrapped by the error about events of the distributor that this ledger did not
	// cause.
	ErrAlarm = errors.New("the chain differs from the ledger")
	// ErrDamaged is wrapped by the errors about parts of the ledger that contradict each other.
	ErrDamaged = errors.New("the ledger is damaged")
	// ErrNoDistributor means that the ledger has no distributor yet.
	ErrNoDistributor = errors.New("there is no distributor yet")
	// ErrNoPending means that the distributor has neither a pending nor a live round.
	ErrNoPending = errors.New("no round is pending")
	// ErrPaused means that the distributor is paused, which rules out what was asked.
	ErrPaused = errors.New("the distributor is paused: the owner must unpause it first")
	// ErrOwnersWallet is wrapped by the error that says what the owner must do elsewhere.
	ErrOwnersWallet = errors.New("this program signs for the owner on a development chain only")
	// ErrOvertaken means that a transaction is final and the distributor has another state than it
	// made.
	ErrOvertaken = errors.New("the distributor is not as the transaction left it")

	// ErrReverted is wrapped by the error about a transaction that failed in a final block.
	ErrReverted = errors.New("failed in its block and changed nothing")
	// ErrFilled is wrapped by the error about an intent whose nonce was filled with a no-op.
	ErrFilled = errors.New("its nonce was filled with a no-op, because it was not wanted or would have failed: " +
		"if it is still wanted, run the command again")
	// ErrForeignNonce is wrapped by the error about a nonce that another program or wallet has
	// used.
	ErrForeignNonce = errors.New("its nonce was used by a transaction that this ledger did not sign: " +
		"something else holds this key; find out what before you run the command again")
)

// Why a *RoundError says no.
var (
	ErrNotApproved = errors.New("only an approved one is proposed")
	ErrNotPending  = errors.New("it is not pending on chain")
	ErrUnfinished  = errors.New("a transaction of this program to fund it is not final")
)

// NoRoundError is about a round that the ledger does not have.
type NoRoundError struct{ Round uint64 }

func (e *NoRoundError) Error() string { return fmt.Sprintf("there is no round %d", e.Round) }

// RoundError says why something cannot be done with a round.
type RoundError struct {
	Round  uint64
	Status swap.RoundStatus // "" where it does not matter
	Err    error
}

func (e *RoundError) Error() string {
	if e.Status == "" {
		return fmt.Sprintf("round %d: %v", e.Round, e.Err)
	}
	return fmt.Sprintf("round %d is %s: %v", e.Round, e.Status, e.Err)
}

func (e *RoundError) Unwrap() error { return e.Err }

// DifferencesError says that a comparison found the chain to differ from the ledger. It wraps
// ErrAlarm.
type DifferencesError struct {
	Count int
	First string
}

func (e *DifferencesError) Error() string {
	return fmt.Sprintf("%v in %d places, the first: %s", ErrAlarm, e.Count, e.First)
}

func (e *DifferencesError) Unwrap() error { return ErrAlarm }

// StopError says why the work on a transaction stopped, and what a person can do. Its bytes are
// kept; the same command goes on from what it finds on chain.
type StopError struct {
	Intent swap.Intent
	Hash   swap.Hash // of the last attempt
	Reason state.Reason
	err    error
}

func (e *StopError) Error() string {
	return fmt.Sprintf("%s (transaction 0x%s): %s: %v", describe(e.Intent), e.Hash, e.Reason, e.err)
}

func (e *StopError) Unwrap() error { return e.err }

// notDone reports whether an error says no more than that intents have ended without being carried
// out, all of them for good.
func notDone(err error) bool { return errors.Is(err, ErrReverted) || errors.Is(err, ErrFilled) }
