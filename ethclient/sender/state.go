package sender

import (
	"fmt"
	"math/big"

	"oxenswap/swap"
)

// Seen is one attempt of an intent and what the chain says of it.
type Seen struct {
	swap.Attempt
	Receipt *swap.Inclusion // nil: the chain knows no such transaction
}

// Observation is what the chain said of one intent, all of it after the last send. Nonces are the sender's number of
// transactions, in the newest block and in the newest final one.
type Observation struct {
	Attempts   []Seen // by attempt number; at least one
	Latest     uint64
	Final      uint64
	FinalBlock uint64
	BaseFee    *big.Int // wei per gas, of the newest block
}

// Action is what to do about an intent now.
type Action string

// The actions. Finished, Reverted and Foreign are the ends of an intent.
const (
	Wait     Action = "wait"     // a transaction is in a block that is not final yet, or its nonce is used by an unknown one
	Send     Action = "send"     // send the same bytes (again)
	Replace  Action = "replace"  // the bytes can no longer be taken: sign a new attempt with the same nonce
	Finished Action = "finished" // an attempt succeeded in a final block
	Reverted Action = "reverted" // an attempt failed in a final block
	Foreign  Action = "foreign"  // in a final block, the nonce belongs to a transaction that is none of the attempts
)

// Decision is the answer to an observation.
type Decision struct {
	Action  Action
	Attempt int          // index of the attempt that the action is about
	Mined   bool         // that attempt is in a block, whether final or not
	Events  []swap.Event // what the ledger does not say yet and should
}

// Decide looks at one intent. It is a pure function: the chain's receipts and nonces decide, never the text of an error.
func Decide(o Observation) Decision {
	d := o.action()
	at := o.Attempts[d.Attempt]
	switch d.Action {
	case Wait:
		if d.Mined && at.Status == swap.SignedAttempt {
			d.Events = []swap.Event{&swap.TxMined{Inclusion: *at.Receipt}}
		}
	case Finished:
		d.Events = o.ended(&swap.TxFinalized{Inclusion: *at.Receipt}, d.Attempt,
			fmt.Sprintf("attempt %d has its nonce", at.TxSigned.Attempt))
	case Reverted:
		d.Events = o.ended(&swap.TxFailed{Hash: at.Hash, Reason: "reverted", Inclusion: at.Receipt}, d.Attempt,
			fmt.Sprintf("attempt %d has its nonce", at.TxSigned.Attempt))
	case Foreign:
		d.Events = o.ended(nil, -1, "another transaction has its nonce in a final block")
	}
	return d
}

func (o Observation) action() Decision {
	last := len(o.Attempts) - 1
	nonce := o.Attempts[last].Nonce
	for i, a := range o.Attempts {
		switch r := a.Receipt; {
		case r == nil:
		case r.Block > o.FinalBlock:
			return Decision{Action: Wait, Attempt: i, Mined: true}
		case r.Success:
			return Decision{Action: Finished, Attempt: i, Mined: true}
		default:
			return Decision{Action: Reverted, Attempt: i, Mined: true}
		}
	}
	switch {
	case o.Final > nonce:
		return Decision{Action: Foreign, Attempt: last}
	case o.Latest > nonce:
		return Decision{Action: Wait, Attempt: last}
	case o.Latest == nonce && o.BaseFee.Cmp(wei(o.Attempts[last].GasFee)) > 0:
		return Decision{Action: Replace, Attempt: last}
	}
	return Decision{Action: Send, Attempt: last}
}

// ended is what to record when an intent has ended: first what became of the attempt that decided, then the others.
func (o Observation) ended(first swap.Event, winner int, reason string) []swap.Event {
	var out []swap.Event
	if first != nil && open(o.Attempts[winner].Status) {
		out = append(out, first)
	}
	for i, a := range o.Attempts {
		if i != winner && open(a.Status) {
			out = append(out, &swap.TxFailed{Hash: a.Hash, Reason: reason})
		}
	}
	return out
}

// open reports whether an attempt may still do something.
func open(s swap.AttemptStatus) bool { return s == swap.SignedAttempt || s == swap.MinedAttempt }

func wei(a swap.Amount) *big.Int { return new(big.Int).SetUint64(uint64(a)) }
