// Package state decides what to do about a transaction that was signed and must have exactly one
// end. It is a pure machine: an Observation of the chain goes in, a Decision comes out, and no
// clock, network or ledger is asked.
//
// An intent is one thing to be done on chain (swap.Intent). It has one nonce for ever and any
// number of attempts: signed transactions with this nonce, of which the chain can take one. Where
// the intent stands follows from receipts and nonces alone (Observation.State); what to do there is
// a table (Rows), whose rows are tried in order. What nodes say when bytes are sent to them is one
// more column of that table, and only ever shortens a wait: no answer of a node's pool says that
// something was paid.
//
// Rows and moves are also printed, as the diagram and tables in docs/SENDING.md, which a test
// compares.
package state

import (
	"fmt"
	"time"

	"oxenswap/swap"
)

// Attempt is one attempt of an intent and what the chain says of it.
type Attempt struct {
	swap.Attempt
	Receipt *swap.Inclusion // nil: the chain knows no such transaction, unless Unknown
	Unknown bool            // the node could not say whether there is a receipt, such as while it is indexing
}

// Observation is what was seen of one intent, all of it after the last send. Nonces are the
// sender's number of transactions, in the newest block and in the newest final one.
type Observation struct {
	Profile    Profile
	Attempts   []Attempt // by attempt number; at least one
	Latest     uint64
	Final      uint64 // matters only without a receipt and with Latest above the nonce
	FinalBlock uint64
	Fees       Fees     // what the chain asks for now
	Ceiling    swap.Wei // rails.gas_price: most wei per gas that may be offered

	Pool     Answer        // what the nodes say of the last attempt
	Idle     time.Duration // since the last attempt's bytes were sent
	Sent     bool          // they were sent by this run at all
	Vain     int           // how many times in a row they were sent in vain (Answer.Vain)
	Unwanted string        // why the intent must not or cannot be carried out any more; "": it must
	Fails    bool          // the call would fail now, by an estimate
	Failing  time.Duration // since it would for the first of several looks in a row
	Looks    int           // at this intent before, in this run
	Still    int           // looks in a row, without this one, at which everything was as it is now
	Same     time.Duration // how long that was
}

// Nonce is the intent's.
func (o *Observation) Nonce() uint64 { return o.last().Nonce }

func (o *Observation) last() *Attempt { return &o.Attempts[len(o.Attempts)-1] }

// State is where an intent stands on the chain.
type State string

// The states, by what the chain says of receipts and nonces.
const (
	Unknown State = "unknown" // no receipt is known, and of an attempt the node could not say
	Ahead   State = "ahead"   // a transaction with an earlier nonce is still to come
	Next    State = "next"    // its nonce is the next one
	Used    State = "used"    // its nonce is used by a transaction that is no known attempt, in a block that is not final
	Taken   State = "taken"   // the same in a final block
	Mined   State = "mined"   // an attempt is in a block that is not final
	Final   State = "final"   // an attempt is in a final block
)

// State finds the state and the attempt that it is about: the one with a receipt, or else the last
// one.
func (o *Observation) State() (State, int) {
	last, unknown := len(o.Attempts)-1, false
	for i, a := range o.Attempts {
		if r := a.Receipt; r != nil {
			if r.Block > o.FinalBlock {
				return Mined, i
			}
			return Final, i
		}
		unknown = unknown || a.Unknown
	}
	switch nonce := o.Nonce(); {
	case unknown:
		return Unknown, last
	case o.Latest < nonce:
		return Ahead, last
	case o.Latest == nonce:
		return Next, last
	case o.Final <= nonce:
		return Used, last
	}
	return Taken, last
}

// Action is what to do about an intent now.
type Action string

// The actions. Finished, Reverted, Filled and Stop end the work on an intent.
const (
	Wait     Action = "wait"
	Resend   Action = "resend"   // send the last attempt's bytes, the same as ever
	Bump     Action = "bump"     // sign a new attempt with the same nonce and contents that offers more
	Fill     Action = "fill"     // sign a new attempt with the same nonce that does nothing
	Finished Action = "finished" // carried out, in a final block
	Reverted Action = "reverted" // failed, in a final block: not carried out
	Filled   Action = "filled"   // a no-op has its nonce, in a final block: not carried out
	Stop     Action = "stop"     // a person must look
)

// Reason is why a person must look.
type Reason string

// The reasons to stop. In all of them the signed bytes are kept, and the next run goes on from what
// it finds.
const (
	ForeignNonce Reason = "foreign-nonce" // the nonce went to a transaction that the ledger does not know
	Ceiling      Reason = "ceiling"       // more would have to be offered than rails.gas_price allows
	NodeRefuses  Reason = "refused"       // no node takes the bytes
	NoFunds      Reason = "no-funds"      // the account cannot pay for gas
	NonceGap     Reason = "nonce-gap"     // an earlier nonce stays unused
	NotIncluded  Reason = "not-included"  // the bytes are wanted and paid for, and get into no block
	NotFinal     Reason = "not-final"     // its block does not become final
	NotKnown     Reason = "not-known"     // the node cannot say what became of it
	Endless      Reason = "endless"       // it was looked at very often and has not ended
)

// Decision is the answer to an observation.
type Decision struct {
	State   State
	Action  Action
	Reason  Reason // of Stop
	Attempt int    // index of the attempt that the action is about
	Events  []swap.Event
}

// Included reports whether an attempt is in a block.
func (d *Decision) Included() bool { return d.State == Mined || d.State == Final }

// Decide looks at one intent. Events are what the ledger does not say yet and should.
func Decide(o Observation) Decision {
	s, i := o.State()
	d := Decision{State: s, Attempt: i}
	for _, r := range Rows() {
		if r.State == s && r.If(&o) {
			d.Action, d.Reason = r.Action, r.Stop
			break
		}
	}
	d.Events = o.events(d)
	return d
}

// events is what the ledger should say of it. When an intent has ended, first what became of the
// attempt that decided, then the others; a final no-op ends them all by itself.
func (o *Observation) events(d Decision) []swap.Event {
	at := o.Attempts[d.Attempt]
	switch {
	case d.State == Mined && at.Status == swap.SignedAttempt:
		return []swap.Event{&swap.TxMined{Inclusion: *at.Receipt}}
	case d.Action == Filled && at.Receipt.Success:
		if !Open(at.Status) {
			return nil
		}
		return []swap.Event{&swap.TxFinalized{Inclusion: *at.Receipt}}
	case d.Action == Finished:
		return o.ended(&swap.TxFinalized{Inclusion: *at.Receipt}, d.Attempt, fmt.Sprintf("attempt %d has its nonce",
			at.TxSigned.Attempt))
	case d.Action == Reverted || d.Action == Filled:
		return o.ended(&swap.TxFailed{Hash: at.Hash, Reason: "reverted", Inclusion: at.Receipt}, d.Attempt, fmt.Sprintf("attempt %d has its nonce", at.TxSigned.Attempt))
	case d.Action == Stop && d.Reason == ForeignNonce && d.State == Taken:
		return o.ended(nil, -1, "another transaction has its nonce in a final block")
	}
	return nil
}

func (o *Observation) ended(first swap.Event, winner int, reason string) []swap.Event {
	var out []swap.Event
	if first != nil && Open(o.Attempts[winner].Status) {
		out = append(out, first)
	}
	for i, a := range o.Attempts {
		if i != winner && Open(a.Status) {
			out = append(out, &swap.TxFailed{Hash: a.Hash, Reason: reason})
		}
	}
	return out
}

// Open reports whether an attempt may still do something.
func Open(s swap.AttemptStatus) bool { return s == swap.SignedAttempt || s == swap.MinedAttempt }

// Fingerprint is what must stay the same for two looks to count as seeing nothing new: where the
// intent stands, its attempts, and the newest final block. Prices and the answers of pools move all
// the time.
func (o *Observation) Fingerprint() string {
	s, i := o.State()
	f := fmt.Sprintf("%s %d of %d, nonces %d and %d, %q", s, i, len(o.Attempts), o.Latest, o.Final, o.Unwanted)
	if r := o.Attempts[i].Receipt; r != nil {
		f += fmt.Sprintf(", in block %d %s, final %d", r.Block, r.BlockHash, o.FinalBlock)
	}
	return f
}
