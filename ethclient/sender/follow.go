package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

// ErrReverted is wrapped by the error about a transaction that failed in a final block.
var ErrReverted = errors.New("failed in its block and changed nothing")

// ErrForeignNonce is wrapped by the error about a nonce that another program or wallet has used.
var ErrForeignNonce = errors.New("its nonce was used by a transaction that this ledger did not sign: something else holds this key; find out what before you run the command again")

// observe asks the chain about the attempts of intents. Blocks and nonces are read before receipts, so that a nonce that
// is used in a final block must have a receipt somewhere.
func (s *Sender) observe(ctx context.Context, lists [][]swap.Attempt) ([]Observation, error) {
	final, err := s.chain.Finalized(ctx)
	if err != nil {
		return nil, err
	}
	head, err := s.chain.Head(ctx)
	if err != nil {
		return nil, err
	}
	latest := map[swap.EVMAddress]uint64{}
	for _, list := range lists {
		from := list[0].Sender
		if _, ok := latest[from]; !ok {
			if latest[from], err = s.nonce(ctx, from, nil); err != nil {
				return nil, err
			}
		}
	}
	out := make([]Observation, len(lists))
	for i, list := range lists {
		o := Observation{Latest: latest[list[0].Sender], FinalBlock: final.Number, BaseFee: head.BaseFee}
		found := false
		for _, a := range list {
			r, err := s.chain.Receipt(ctx, a.Hash)
			if err != nil {
				return nil, err
			}
			found = found || r != nil
			o.Attempts = append(o.Attempts, Seen{a, r})
		}
		if !found && o.Latest > list[0].Nonce { // seldom, and many nodes keep little state of final blocks
			if o.Final, err = s.nonce(ctx, list[0].Sender, new(big.Int).SetUint64(final.Number)); err != nil {
				return nil, err
			}
		}
		out[i] = o
	}
	return out, nil
}

// nonce is an account's number of transactions as of a block; nil is the newest one.
func (s *Sender) nonce(ctx context.Context, account swap.EVMAddress, block *big.Int) (uint64, error) {
	n, err := s.node.NonceAt(ctx, common.Address(account), block)
	if err != nil {
		return 0, fmt.Errorf("nonce of %s: %w", account, err)
	}
	return n, nil
}

// record writes what became of attempts, and nothing that the ledger says already.
func (s *Sender) record(ctx context.Context, events []swap.Event) error {
	if len(events) == 0 {
		return nil
	}
	_, err := s.ledger.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		var out []swap.Record
		for _, e := range events {
			var hash swap.Hash
			from := open
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
type depth bool

const (
	untilMined depth = false
	untilFinal depth = true
)

// chase follows intents until each has ended or is as deep in the chain as asked.
type chase struct {
	*Sender
	m      swap.Migration
	signer signer.Signer // for replacements; may be nil
	until  depth

	sent    map[swap.Hash]time.Duration // how long ago bytes were sent last, by the waiting done here
	refused map[swap.Intent]int
	foreign map[swap.Intent]int
}

// follow waits for intents. The error is about the first, in their order, that did not succeed.
func (s *Sender) follow(ctx context.Context, m swap.Migration, signer signer.Signer, until depth, intents ...swap.Intent) error {
	c := &chase{
		Sender: s, m: m, signer: signer, until: until, sent: map[swap.Hash]time.Duration{},
		refused: map[swap.Intent]int{}, foreign: map[swap.Intent]int{},
	}
	var first error
	trouble, pause := 0, firstLook
	for len(intents) > 0 {
		left, news, err := c.look(ctx, intents, &first)
		switch {
		case err == nil:
			trouble = 0
		case ctx.Err() != nil || errors.As(err, new(fatal)):
			return errors.Join(first, err)
		case trouble == maxTrouble:
			return fmt.Errorf("the chain could not be asked %d times in a row, the last time: %w; nothing is lost: run the command again", trouble+1, err)
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
			return fmt.Errorf("stopped while waiting for %s: nothing is lost, run the command again: %w", describe(intents[0]), err)
		}
		for hash := range c.sent {
			c.sent[hash] += pause
		}
	}
	return first
}

// fatal is an error after which looking again does not help.
type fatal struct{ error }

func (e fatal) Unwrap() error { return e.error }

// look looks once at all intents and returns those that are not settled yet.
func (c *chase) look(ctx context.Context, intents []swap.Intent, first *error) (left []swap.Intent, news bool, err error) {
	lists, err := c.attempts(ctx, intents)
	if err != nil {
		return intents, false, fatal{err}
	}
	var asked []swap.Intent
	var about [][]swap.Attempt
	for i, list := range lists {
		if !slices.ContainsFunc(list, func(a swap.Attempt) bool { return a.Status == swap.FinalizedAttempt }) {
			asked, about = append(asked, intents[i]), append(about, list)
		}
	}
	if len(asked) == 0 {
		return nil, false, nil
	}
	observed, err := c.observe(ctx, about)
	if err != nil {
		return asked, false, err
	}
	for i, o := range observed {
		intent, d := asked[i], Decide(o)
		at := o.Attempts[d.Attempt]
		if d.Action == Foreign {
			if c.foreign[intent]++; c.foreign[intent] < foreignLooks {
				left = append(left, intent)
				continue
			}
		}
		if err := c.record(ctx, d.Events); err != nil {
			return asked, false, fatal{err}
		}
		news = news || len(d.Events) > 0
		if d.Mined && c.told[intent] != at.Receipt.BlockHash {
			c.told[intent] = at.Receipt.BlockHash
			c.progress(Step{Intent: intent, Stage: StageMined, Hash: at.Hash, Block: at.Receipt.Block})
		}
		switch d.Action {
		case Finished:
			c.progress(Step{Intent: intent, Stage: StageFinal, Hash: at.Hash, Block: at.Receipt.Block})
			continue
		case Reverted:
			keep(first, fmt.Errorf("%s: transaction 0x%s in block %d %w", describe(intent), at.Hash, at.Receipt.Block, ErrReverted))
			continue
		case Foreign:
			keep(first, fmt.Errorf("%s, nonce %d of %s: %w", describe(intent), at.Nonce, at.Sender, ErrForeignNonce))
			continue
		case Wait:
			if d.Mined && at.Receipt.Success && c.until == untilMined {
				continue
			}
			c.progress(Step{Intent: intent, Stage: StageWaiting, Hash: at.Hash, Block: o.FinalBlock})
		case Send:
			if err := c.send(ctx, intent, o); err != nil {
				return asked, news, err
			}
		case Replace:
			if err := c.replace(ctx, c.m, c.signer, at.Attempt); err != nil {
				return asked, news, fatal{err}
			}
			news = true
		}
		left = append(left, intent)
	}
	return left, news, nil
}

func keep(first *error, err error) {
	if *first == nil {
		*first = err
	}
}

// send sends every attempt of an intent again whose bytes were not sent for a while: any of them may win.
func (c *chase) send(ctx context.Context, intent swap.Intent, o Observation) error {
	for _, a := range o.Attempts {
		if ago, ok := c.sent[a.Hash]; ok && ago < sendAgain && c.refused[intent] == 0 {
			continue
		}
		tx, err := c.signedBytes(a.Attempt)
		if err != nil {
			return fatal{err}
		}
		c.sent[a.Hash] = 0
		if c.broadcast(ctx, intent, tx) {
			c.refused[intent] = 0
		} else if c.refused[intent]++; c.refused[intent] > maxRefused {
			return fatal{fmt.Errorf("the node keeps refusing %s (transaction 0x%s), and it is in no block; the bytes are kept: run the command again when what the node says is mended", describe(intent), a.Hash)}
		}
	}
	return nil
}

// settle looks once at every attempt that may still do something and records what the chain says. It sends nothing and
// waits for nothing.
func (s *Sender) settle(ctx context.Context) error {
	var intents []swap.Intent
	if err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		intents, err = openIntents(t, nil)
		return err
	}); err != nil || len(intents) == 0 {
		return err
	}
	lists, err := s.attempts(ctx, intents)
	if err != nil {
		return err
	}
	observed, err := s.observe(ctx, lists)
	if err != nil {
		return err
	}
	var events []swap.Event
	for _, o := range observed {
		if d := Decide(o); d.Action != Foreign { // follow looks more than once before it says so
			events = append(events, d.Events...)
		}
	}
	return s.record(ctx, events)
}
