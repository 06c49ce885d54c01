package state

import (
	"math/big"
	"time"
)

const (
	// ResendAfter is how long bytes that no node is known to hold are left alone before they are
	// sent again.
	ResendAfter = 15 * time.Second
	// BumpAfter is how long bytes wait in a pool, well paid by the base fee, before more is
	// offered: ten blocks of Ethereum.
	BumpAfter = 2 * time.Minute
	// ForeignLooks is how many looks must agree that a nonce went to a transaction that is not
	// ours, and SureAfter for how long they must, or looks that say that a call would fail: a
	// node's index of transactions may be a moment behind its blocks, and one of several nodes
	// behind one address behind the others.
	ForeignLooks = 3
	SureAfter    = 10 * time.Second
	// RefusedSends is how many times in a row all nodes must refuse bytes before that is believed.
	RefusedSends = 3
	// VainSends is how many times in a row bytes are sent before the work stops with an error,
	// where no node takes them and nobody knows why.
	VainSends = 10
	// Patience is how long an intent is watched without any change before the work stops with an
	// error. Arbitrum needs about 13 minutes until a block is final, and Ethereum has needed an
	// hour.
	Patience = 2 * time.Hour
	// MostLooks is how often an intent is looked at in one run: at 8 seconds from look to look,
	// about a day.
	MostLooks = 10_000
)

// Row is one row of the table: in a state and under a condition, what to do and why. Rows of a
// state are tried in order, and the last one has no condition.
type Row struct {
	State  State
	When   string
	If     func(*Observation) bool
	Action Action
	Stop   Reason
	Why    string
}

func always(*Observation) bool { return true }

// Rows is the table.
func Rows() []Row {
	endless := func(s State) Row {
		return Row{s, "looked at too often", (*Observation).endless, Stop, Endless, "nothing is watched for ever: whatever goes back and forth here needs a person"}
	}
	return []Row{
		{Final, "it is a no-op", (*Observation).noop, Filled, "", "the nonce is used for good, and nothing was done with it"},
		{Final, "it succeeded", (*Observation).success, Finished, "", "a receipt with status 1 in a final block is the only thing that counts as done"},
		{Final, "", always, Reverted, "", "it failed in a final block, and no other attempt can have its nonce"},

		{Mined, "unchanged for too long", (*Observation).stale, Stop, NotFinal, "the chain, or this node, makes no block final"},
		endless(Mined),
		{Mined, "", always, Wait, "", "a reorganisation may still take it back"},

		{Taken, "at fewer than 3 looks, or for less than 10 seconds", (*Observation).first, Wait, "", "the node's index of transactions may be behind its blocks"},
		{Taken, "", always, Stop, ForeignNonce, "none of the attempts can ever be included: something else holds this key"},

		{Used, "unchanged for too long", (*Observation).stale, Stop, ForeignNonce, "the block that used the nonce has no receipt of ours and does not become final"},
		endless(Used),
		{Used, "", always, Wait, "", "the receipt may be late, or a reorganisation may free the nonce"},

		{Unknown, "unchanged for too long", (*Observation).stale, Stop, NotKnown, "nothing may be sent on a guess"},
		endless(Unknown),
		{Unknown, "", always, Wait, "", "what a node could not say is asked again"},

		endless(Next),
		{Next, "its call would fail now, and has for less than 10 seconds", (*Observation).doubtful, Wait, "", "the node may be behind, or an earlier step reorganised"},
		{Next, "unwanted, or its call would fail; no attempt is a no-op yet, and one would pass the ceiling", func(o *Observation) bool { return o.fillable() && !o.affordable() }, Stop, Ceiling, "a no-op costs gas too, and a rail is a rail"},
		{Next, "unwanted, or its call would fail; no attempt is a no-op yet", (*Observation).fillable, Fill, "", "the nonce must be used, and the call must not be"},
		{Next, "fee cap below the base fee, and more would pass the ceiling", func(o *Observation) bool { return o.pricedOut() && !o.affordable() }, Stop, Ceiling, "a person decides what gas may cost"},
		{Next, "fee cap below the base fee", (*Observation).pricedOut, Bump, "", "the bytes can no longer be taken; a new attempt has the same nonce, so that one of them can win"},
		{Next, "never sent in this run", func(o *Observation) bool { return !o.Sent }, Resend, "", "the last run may have ended between the signature and the broadcast"},
		{Next, "refused as too cheap or below another one, more would pass the ceiling", func(o *Observation) bool { return o.underbid() && !o.affordable() }, Stop, Ceiling, "a person decides what gas may cost"},
		{Next, "refused as too cheap or below another one", (*Observation).underbid, Bump, "", "the pool asks for a tenth more"},
		{Next, "refused for what it is, a no-op too", func(o *Observation) bool { return o.refused(Never) && o.noop() }, Stop, NodeRefuses, "not even a transfer of nothing is taken"},
		{Next, "refused for what it is, and a no-op would cost more than the ceiling", func(o *Observation) bool { return o.refused(Never) && !o.affordable() }, Stop, Ceiling, "a no-op costs gas too, and a rail is a rail"},
		{Next, "refused for what it is", func(o *Observation) bool { return o.refused(Never) }, Fill, "", "bytes that no node ever takes would hold up every later nonce"},
		{Next, "refused for lack of funds", func(o *Observation) bool { return o.refused(Broke) }, Stop, NoFunds, "only a person can send money for gas"},
		{Next, "sent 10 times in vain", func(o *Observation) bool { return o.Vain >= VainSends }, Stop, NodeRefuses, "no node takes the bytes or even answers; they are kept"},
		{Next, "unchanged for too long", (*Observation).stale, Stop, NotIncluded, "it is worth including and is not"},
		{Next, "held by a pool that replaces, for 2 minutes, and more is under the ceiling", (*Observation).stuck, Bump, "", "the tip may be too small for the blocks of now"},
		{Next, "refused, known to no node, or unanswered or put off for 15 seconds", (*Observation).lost, Resend, "", "pools forget, connections break; the same bytes can do no harm"},
		{Next, "", always, Wait, "", "a node holds it"},

		endless(Ahead),
		{Ahead, "unchanged for too long", (*Observation).stale, Stop, NonceGap, "no transaction of the ledger has the nonce before it, or none gets into a block"},
		{Ahead, "as in next, and there is a pool to keep it", func(o *Observation) bool { return o.Profile.Replaces && o.lost() }, Resend, "", "it waits in the pool until its turn"},
		{Ahead, "", always, Wait, "", "without a pool, a nonce that is ahead is refused; the earlier one is followed first"},
	}
}

// Move is a change of state that the chain, and only the chain, makes.
type Move struct {
	From, To State
	Because  string
}

// Moves are all of them but those into and out of Unknown, which any state but Final may have.
func Moves() []Move {
	return []Move{
		{Ahead, Next, "the earlier nonce is used"},
		{Next, Ahead, "a reorganisation frees an earlier nonce"},
		{Next, Mined, "a block has an attempt"},
		{Next, Used, "a block has another transaction with the nonce"},
		{Used, Next, "a reorganisation frees the nonce"},
		{Used, Mined, "the receipt was late, or a reorganisation lets an attempt win"},
		{Used, Taken, "that block is final"},
		{Taken, Final, "the receipt was late"},
		{Mined, Next, "a reorganisation takes it back"},
		{Mined, Used, "a reorganisation lets another transaction win"},
		{Mined, Final, "its block is final"},
	}
}

func (o *Observation) endless() bool { return o.Looks >= MostLooks }
func (o *Observation) stale() bool   { return o.Same >= Patience }
func (o *Observation) first() bool   { return o.Still+1 < ForeignLooks || o.Same < SureAfter }
func (o *Observation) noop() bool    { _, i := o.State(); return o.Attempts[i].Noop }
func (o *Observation) success() bool { _, i := o.State(); return o.Attempts[i].Receipt.Success }

// doubtful is a call that would fail now and may not in a moment.
func (o *Observation) doubtful() bool { return o.Fails && o.Failing < SureAfter && !o.last().Noop }

func (o *Observation) fillable() bool { return (o.Unwanted != "" || o.Fails) && !o.last().Noop }

func (o *Observation) pricedOut() bool { return o.Fees.Base.Cmp(o.last().GasFee.Int()) > 0 }

// affordable reports whether another attempt with the nonce could be signed under the ceiling. The
// tip of the last attempt is not known here: it is at most its cap.
func (o *Observation) affordable() bool {
	_, _, ok := o.Profile.Outbid(o.last().GasFee.Int(), new(big.Int), o.Fees, o.Ceiling)
	return ok
}

// underbid is a refusal that a higher offer answers.
func (o *Observation) underbid() bool {
	return o.Profile.Replaces && (o.refused(Dearer) || o.refused(Cheap))
}

func (o *Observation) refused(as Answer) bool { return o.Pool == as && o.Vain >= RefusedSends }

func (o *Observation) stuck() bool {
	return o.Profile.Replaces && o.Pool == Holds && o.Same >= BumpAfter && o.affordable()
}

// lost reports whether it is time to send the bytes again.
func (o *Observation) lost() bool {
	switch {
	case !o.Sent, o.Pool == Lost:
		return true
	case o.Pool == Silent:
		return o.Idle >= ResendAfter
	}
	return o.Pool.Vain() || o.Pool != Holds && o.Idle >= ResendAfter
}
