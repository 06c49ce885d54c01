package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// payments follow the distributor by its events: which root is live, and what was paid under it.
type payments struct {
	live  *liveRoot                     // nil before the first activation
	paid  map[swap.EVMAddress]swap.Sesh // by recipient
	total swap.Sesh
	last  *swap.LogPosition

	settings settings
	swept    bool
}

type liveRoot struct {
	round  uint64
	root   swap.Hash
	total  swap.Sesh
	leaves map[swap.EVMAddress]swap.Sesh
}

func newPayments() *payments { return &payments{paid: map[swap.EVMAddress]swap.Sesh{}} }

// advance moves on to an event of the distributor, which must come after those recorded before it.
func (p *payments) advance(at swap.LogPosition) error {
	if l := p.last; l != nil {
		if cmp.Or(cmp.Compare(at.Block, l.Block), cmp.Compare(at.LogIndex, l.LogIndex)) <= 0 {
			return fmt.Errorf("log %d of block %d comes after log %d of block %d: the events are not in the chain's order",
				at.LogIndex, at.Block, l.LogIndex, l.Block)
		}
		if at.Block == l.Block && at.BlockHash != l.BlockHash {
			return fmt.Errorf("block %d has two hashes, %s and %s", at.Block, l.BlockHash, at.BlockHash)
		}
	}
	p.last = &at
	return nil
}

// book adds a payment, and refuses what the contract could not have paid under the live root.
func (p *payments) book(e *swap.PayoutSeen) error {
	before := p.paid[e.Recipient]
	p.paid[e.Recipient] = max(before, e.Cumulative)
	p.total += e.Amount
	switch {
	case p.live == nil:
		return fmt.Errorf("paid before any root was live")
	case e.Round != p.live.round:
		return fmt.Errorf("paid under round %d while round %d was live", e.Round, p.live.round)
	case e.Amount == 0 || e.Cumulative != before+e.Amount || before+e.Amount < before:
		return fmt.Errorf("%s paid now and %s before are not %s", e.Amount, before, e.Cumulative)
	case p.live.leaves[e.Recipient] != e.Cumulative:
		return fmt.Errorf("%s was paid %s in all, its leaf in the live root is %s",
			e.Recipient, e.Cumulative, p.live.leaves[e.Recipient])
	case p.total > p.live.total:
		return fmt.Errorf("%s paid in all pass the live root's total %s", p.total, p.live.total)
	}
	return nil
}

// settings are what the owner can change of a distributor, as its events say.
type settings struct {
	owner, publisher, guardian swap.EVMAddress
	closesAt                   uint64 // Unix seconds
}

// change follows the distributor's other events.
func (p *payments) change(e *swap.DistributorSeen) error {
	address := func(to *swap.EVMAddress, field string) error {
		if err := to.UnmarshalText([]byte(e.Fields[field])); err != nil {
			return fmt.Errorf("%s: field %s: %w", e.Event, field, err)
		}
		return nil
	}
	switch e.Event {
	case "OwnershipTransferred":
		return address(&p.settings.owner, "newOwner")
	case "PublisherChanged":
		return address(&p.settings.publisher, "publisher")
	case "GuardianChanged":
		return address(&p.settings.guardian, "guardian")
	case "ClosesAtMoved":
		at, err := strconv.ParseUint(e.Fields["closesAt"], 10, 64)
		if err != nil || at < p.settings.closesAt {
			return fmt.Errorf("claims close at %q after this, before it at %d: it only ever moves later",
				e.Fields["closesAt"], p.settings.closesAt)
		}
		p.settings.closesAt = at
	case "Swept":
		p.swept = true
	}
	return nil
}

// activate makes a round's root the live one.
func (r *replay) activate(e *swap.RootActivated) error {
	round, err := r.tables.Round(e.Round)
	if err != nil {
		return fmt.Errorf("round %d: %w", e.Round, err)
	}
	data, err := r.attachments.Attachment(round.Leaves)
	if err != nil {
		return err
	}
	list, err := merkle.ReadCSV(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("leaves of round %d: %w", e.Round, err)
	}
	live := &liveRoot{round: e.Round, root: round.Root, total: round.Total, leaves: make(map[swap.EVMAddress]swap.Sesh, len(list))}
	for _, l := range list {
		if !l.Amount.IsUint64() {
			return fmt.Errorf("leaves of round %d: %s to %s passes 2^64-1", e.Round, l.Amount.Dec(), l.Account)
		}
		live.leaves[swap.EVMAddress(l.Account)] = swap.Sesh(l.Amount.Uint64())
	}
	r.payments.live = live
	return nil
}

// onEvent checks an event of the distributor: its place on chain, and then what follows from it
// unless swap.Apply has raised an alarm about it. body is what the chain says of the event.
func (r *replay) onEvent(x *examined, at swap.LogPosition, body []byte, then func() error) error {
	alarm, err := r.placeEvent(x, at, body)
	if err != nil {
		return err
	}
	if alarm != "" {
		r.alarm(x, alarm)
		return nil
	}
	return then()
}

// placeEvent records an event of the distributor, checks its place on chain, and gives the alarm
// that swap.Apply has raised about it, or "".
func (r *replay) placeEvent(x *examined, at swap.LogPosition, body []byte) (alarm string, err error) {
	r.record(x, at, body)
	if err := r.payments.advance(at); err != nil {
		return "", err
	}
	m, err := r.tables.Migration()
	return m.Alarms[x.entry.Seq], err
}

// alarm keeps what a correction may still answer.
func (r *replay) alarm(x *examined, what string) {
	seq := x.entry.Seq
	r.alarms = append(r.alarms, Problem{Entry: &seq, Kind: x.entry.Kind, What: what})
}

type rootProposed struct {
	unchecked
	event *swap.RootProposed
}

// after compares the log that a proposal names on chain with this one.
func (c *rootProposed) after(r *replay, x *examined) error {
	e, body := c.event, x.entry.Body
	if e.OwnRoot != nil {
		var err error
		if body, err = r.foreignProposal(*e); err != nil {
			r.report.entry(x.entry.Seq, x.entry.Kind, err.Error())
		}
	}
	return r.onEvent(x, e.LogPosition, body, func() error {
		root, err := r.rootAt(e.LedgerSize)
		if err != nil {
			return err
		}
		if root != e.LedgerRoot {
			return fmt.Errorf("the distributor was given ledger root %s for %d entries, this log has %s: "+
				"the log was rewritten after the proposal", e.LedgerRoot, e.LedgerSize, root)
		}
		r.report.add("ledger roots in proposals", 1)
		return nil
	})
}

type rootActivated struct {
	unchecked
	event *swap.RootActivated
}

// after makes the root the live one. An alarm about a root that became live is a problem, whatever
// a later correction says.
func (c *rootActivated) after(r *replay, x *examined) error {
	alarm, err := r.placeEvent(x, c.event.LogPosition, x.entry.Body)
	switch {
	case err != nil:
		return err
	case alarm != "":
		return errors.New(alarm)
	}
	return r.activate(c.event)
}

type rootCancelled struct {
	unchecked
	event *swap.RootCancelled
}

func (c *rootCancelled) after(r *replay, x *examined) error {
	return r.onEvent(x, c.event.LogPosition, x.entry.Body, func() error { return nil })
}

type payoutSeen struct {
	unchecked
	event *swap.PayoutSeen
}

func (c *payoutSeen) after(r *replay, x *examined) error {
	r.report.add("payments", 1)
	return r.onEvent(x, c.event.LogPosition, x.entry.Body, func() error { return r.payments.book(c.event) })
}

type distributorSeen struct {
	unchecked
	event *swap.DistributorSeen
}

func (c *distributorSeen) after(r *replay, x *examined) error {
	return r.onEvent(x, c.event.LogPosition, x.entry.Body, func() error { return r.payments.change(c.event) })
}

type chainDiffers struct {
	unchecked
	event *swap.ChainDiffers
}

func (c *chainDiffers) after(r *replay, x *examined) error {
	r.alarm(x, "the operator's own comparison found that "+c.event.First.String())
	return nil
}
