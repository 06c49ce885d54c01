package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"oxenswap/ethclient/sender/signer"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

const (
	// firstLook and longestLook bound the time between two looks at the chain, which grows while
	// nothing happens. Arbitrum makes a block every quarter of a second, Ethereum every twelve.
	firstLook, longestLook = 100 * time.Millisecond, 8 * time.Second
	// maxTrouble is how many looks in a row may fail before the command stops with an error.
	// Nothing is lost by stopping.
	maxTrouble = 10
)

// record writes what became of attempts, and nothing that the ledger says already.
func (s *Sender) record(ctx context.Context, events []swap.Event) error {
	if len(events) == 0 {
		return nil
	}
	_, err := s.ledger.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		var out []swap.Record
		for _, e := range events {
			var hash swap.Hash
			from := state.Open
			switch e := e.(type) {
			case *swap.TxMined:
				hash, from = e.Hash, func(s swap.AttemptStatus) bool { return s == swap.SignedAttempt }
			case *swap.TxFinalized:
				hash = e.Hash
			case *swap.TxFailed:
				hash = e.Hash
			}
			a, err := t.Attempt(hash)
			if err != nil {
				return nil, fmt.Errorf("transaction 0x%s: %w", hash, err)
			}
			if from(a.Status) {
				out = append(out, swap.Record{Event: e})
			}
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("recording what became of transactions: %w", err)
	}
	return nil
}

// depth is how far transactions are followed.
type depth int

const (
	untilIncluded depth = iota // in a block, whatever it did there: the nonce is used
	untilMined                 // carried out in a block; a failure must be final
	untilFinal
)

// chase follows intents until each has ended or is as deep in the chain as asked.
type chase struct {
	*Sender
	m       swap.Migration
	key     signer.Signer // for further attempts; may be nil
	until   depth
	helpers map[swap.Intent]bool // followed only because something behind them waits
	first   error                // about the first intent that did not succeed
}

// follow waits for intents. The error is about the first, in their order, that did not succeed.
func (s *Sender) follow(ctx context.Context, m swap.Migration, key signer.Signer, until depth, intents ...swap.Intent) error {
	c := &chase{Sender: s, m: m, key: key, until: until, helpers: map[swap.Intent]bool{}}
	for _, i := range intents {
		w := s.watch(i)
		w.looks, w.still, w.same, w.fingerprint = 0, 0, 0, ""
	}
	trouble, pause := 0, firstLook
	for len(intents) > 0 {
		left, news, err := c.look(ctx, intents)
		switch {
		case err == nil:
			trouble = 0
		case ctx.Err() != nil || errors.As(err, new(fatal)):
			return errors.Join(c.first, err)
		case trouble == maxTrouble:
			return fmt.Errorf("the chain could not be asked %d times in a row, the last time: %w; "+
				"nothing is lost: run the command again", trouble+1, err)
		default:
			trouble++
			s.progress(Step{Intent: intents[0], Stage: StageTrouble, Note: err.Error()})
		}
		if intents = left; len(intents) == 0 {
			break
		}
		if pause = min(pause*3/2, longestLook); news {
			pause = firstLook
		}
		if err := s.o.Sleep(ctx, pause); err != nil {
			return fmt.Errorf("stopped while waiting for %s: nothing is lost, run the command again: %w",
				describe(intents[0]), err)
		}
		for _, i := range intents {
			s.watch(i).pass(pause)
		}
	}
	return c.first
}

// fatal is an error after which looking again does not help.
type fatal struct{ error }

func (e fatal) Unwrap() error { return e.error }

// look looks once at all intents and returns those that are not settled yet.
func (c *chase) look(ctx context.Context, intents []swap.Intent) (left []swap.Intent, news bool, err error) {
	lists, err := c.attempts(ctx, intents)
	if err != nil {
		return intents, false, fatal{err}
	}
	var asked []swap.Intent
	var about [][]swap.Attempt
	for i, list := range lists {
		if slices.ContainsFunc(list, func(a swap.Attempt) bool { return a.Status == swap.FinalizedAttempt }) {
			continue
		}
		if len(list) > 0 {
			asked, about = append(asked, intents[i]), append(about, list)
		}
	}
	if len(asked) == 0 {
		return nil, false, nil
	}
	observed, err := c.observe(ctx, c.m, about)
	if err != nil {
		return asked, false, err
	}
	c.pools(ctx, asked, observed)
	ahead := false
	for i := range observed {
		more, changed, err := c.step(ctx, asked[i], &observed[i])
		if err != nil {
			return asked, news, err
		}
		st, _ := observed[i].State()
		news, ahead = news || changed, ahead || st == state.Ahead
		if more {
			left = append(left, asked[i])
		} else {
			delete(c.watching, asked[i])
		}
	}
	if ahead {
		left, err = c.before(ctx, left)
	}
	return left, news, err
}

// step does what is to be done about one intent. It reports whether the intent must be looked at
// again, and whether anything is new.
func (c *chase) step(ctx context.Context, intent swap.Intent, o *state.Observation) (more, news bool, err error) {
	if err := c.complete(ctx, intent, o); err != nil {
		return true, false, err
	}
	d := state.Decide(*o)
	at := o.Attempts[d.Attempt]
	if c.records(intent) {
		if intent.Purpose == swap.PurposePropose && (d.Action == state.Reverted || d.Action == state.Stop) {
			// Somebody else's proposal explains why ours failed, and comes first in the ledger.
			if err := c.sync(ctx); err != nil {
				return true, false, err
			}
		}
		if err := c.record(ctx, d.Events); err != nil {
			return true, false, fatal{err}
		}
		news = len(d.Events) > 0
	}
	if d.Included() && c.reported[intent] != at.Receipt.BlockHash {
		c.reported[intent] = at.Receipt.BlockHash
		c.progress(Step{Intent: intent, Stage: StageMined, Hash: at.Hash, Block: at.Receipt.Block})
	}
	switch d.Action {
	case state.Finished:
		c.progress(Step{Intent: intent, Stage: StageFinal, Hash: at.Hash, Block: at.Receipt.Block})
		return false, news, nil
	case state.Reverted:
		c.failed(intent, fmt.Errorf("%s: transaction 0x%s in block %d %w",
			describe(intent), at.Hash, at.Receipt.Block, ErrReverted))
		return false, news, nil
	case state.Filled:
		c.failed(intent, fmt.Errorf("%s: transaction 0x%s in block %d: %w",
			describe(intent), at.Hash, at.Receipt.Block, ErrFilled))
		return false, news, nil
	case state.Stop:
		return c.stop(ctx, intent, o, d)
	case state.Wait:
		until := c.until
		if c.helpers[intent] {
			until = untilIncluded
		}
		if d.State == state.Mined && (until == untilIncluded || until == untilMined && at.Receipt.Success && !at.Noop) {
			return false, news, nil
		}
		if d.State != state.Next && d.State != state.Ahead {
			c.progress(Step{Intent: intent, Stage: StageWaiting, Hash: at.Hash, Block: o.FinalBlock})
		}
	case state.Resend:
		tx, err := c.signedBytes(at.Attempt)
		if err != nil {
			return true, news, fatal{err}
		}
		c.broadcast(ctx, intent, tx)
	case state.Bump, state.Fill:
		if err := c.again(ctx, intent, o, d.Action == state.Fill || at.Noop); err != nil {
			return true, news, fatal{err}
		}
		news = true
	}
	return true, news, nil
}

// stop ends the work on an intent with the error about its reason.
func (c *chase) stop(ctx context.Context, intent swap.Intent, o *state.Observation, d state.Decision) (more, news bool, err error) {
	last := o.Attempts[len(o.Attempts)-1]
	e := &StopError{Intent: intent, Hash: last.Hash, Reason: d.Reason}
	w := c.watch(intent)
	switch d.Reason {
	case state.ForeignNonce:
		e.err = fmt.Errorf("nonce %d of %s: %w", last.Nonce, last.Sender, ErrForeignNonce)
		if d.State == state.Taken {
			c.failed(intent, e)
			return false, len(d.Events) > 0, nil
		}
	case state.Ceiling:
		_, least, _ := o.Profile.Outbid(last.GasFee.Int(), new(big.Int), o.Fees, o.Ceiling)
		return true, false, fatal{c.stopAtRail(ctx, intent, atCeiling(least, o.Ceiling, false))}
	case state.NodeRefuses:
		e.err = fmt.Errorf("the node keeps refusing it, and it is in no block: %s; the bytes are kept: "+
			"fix what the node says, or configure another node, and run the command again", w.refusals)
	case state.NoFunds:
		e.err = fmt.Errorf("the node says that %s cannot pay for its gas: %s; send it what is missing and run the command again",
			last.Sender, w.refusals)
	case state.NonceGap:
		e.err = fmt.Errorf("it has nonce %d, %s has used %d so far, and nothing of this ledger has the next one: "+
			"another wallet's transaction was dropped; send a transfer of nothing with nonce %d from that key, "+
			"and run the command again",
			last.Nonce, last.Sender, o.Latest, o.Latest)
	case state.NotIncluded:
		e.err = fmt.Errorf("it has waited for %s, pays enough, and is in no block: check that the chain works, "+
			"ask another node, and run the command again", w.same)
	case state.NotFinal:
		e.err = fmt.Errorf("its block has not become final within %s: check that the chain works, "+
			"ask another node, and run the command again", w.same)
	case state.NotKnown:
		e.err = errors.New("the node cannot say whether it is in a block: let it finish its index, " +
			"or configure another node, and run the command again")
	default:
		e.err = fmt.Errorf("it was looked at %d times and has not ended: ask another node, and run the command again",
			w.looks)
	}
	return true, false, fatal{e}
}

// failed keeps the first error. What is followed only because something waits behind it belongs to
// another command.
func (c *chase) failed(intent swap.Intent, err error) {
	if c.first == nil && !c.helpers[intent] {
		c.first = err
	}
}

// again signs another attempt of an intent: the same call at a higher price, or a no-op.
func (c *chase) again(ctx context.Context, intent swap.Intent, o *state.Observation, noop bool) error {
	last := o.Attempts[len(o.Attempts)-1].Attempt
	why := o.Unwanted
	if noop && why == "" {
		why = c.watch(intent).refusals
	}
	if c.key == nil || swap.EVMAddress(c.key.Address()) != last.Sender {
		need := fmt.Sprintf("offers %s per gas and must offer more", last.GasFee)
		if noop {
			need = "must be replaced by a no-op: " + why
		}
		return fmt.Errorf("%s %s, and this command has no key of %s: run the command that sent it again",
			describe(intent), need, last.Sender)
	}
	return c.replace(ctx, c.m, c.key, last, noop, why)
}

// before adds to intents those of the same senders that have earlier nonces and are still open:
// without them in a block, nothing behind them gets into one. A reorganisation can take them back
// after they were followed.
func (c *chase) before(ctx context.Context, left []swap.Intent) ([]swap.Intent, error) {
	waiting := map[swap.Intent]bool{}
	for _, i := range left {
		waiting[i] = true
	}
	lists, err := c.attempts(ctx, left)
	if err != nil {
		return left, fatal{err}
	}
	highest := map[swap.EVMAddress]uint64{}
	for _, list := range lists {
		highest[list[0].Sender] = max(highest[list[0].Sender], list[0].Nonce)
	}
	var earlier []swap.Intent
	if err := c.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		earlier = nil
		added := map[swap.Intent]bool{}
		return t.AllAttempts(func(a swap.Attempt) error {
			last, ok := highest[a.Sender]
			if ok && a.Nonce < last && state.Open(a.Status) && !waiting[a.Intent] && !added[a.Intent] {
				earlier, added[a.Intent] = append(earlier, a.Intent), true
			}
			return nil
		})
	}); err != nil {
		return left, fatal{err}
	}
	for _, i := range earlier {
		c.helpers[i] = true
	}
	return append(earlier, left...), nil
}

// settle looks once at every attempt that may still do something and records what the chain says.
// It sends nothing and waits for nothing.
func (s *Sender) settle(ctx context.Context) error {
	var intents []swap.Intent
	var m swap.Migration
	if err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		if m, err = t.Migration(); err == nil {
			intents, err = openIntents(t, nil)
		}
		return err
	}); err != nil || len(intents) == 0 {
		return err
	}
	lists, err := s.attempts(ctx, intents)
	if err != nil {
		return err
	}
	observed, err := s.observe(ctx, m, lists)
	if err != nil {
		return err
	}
	var events []swap.Event
	for _, o := range observed {
		if st, _ := o.State(); st != state.Taken { // follow looks more than once before it says so
			o.Sent = true
			d := state.Decide(o)
			events = append(events, d.Events...)
		}
	}
	return s.record(ctx, events)
}
