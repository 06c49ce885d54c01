package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

var (
	// ErrReverted is wrapped by the error about a transaction that failed in a final block.
	ErrReverted = errors.New("failed in its block and changed nothing")
	// ErrFilled is wrapped by the error about an intent whose nonce was filled with a no-op.
	ErrFilled = errors.New("its nonce was filled with a no-op, because it was not wanted or would have failed: if it is still wanted, run the command again")
	// ErrForeignNonce is wrapped by the error about a nonce that another program or wallet has
	// used.
	ErrForeignNonce = errors.New("its nonce was used by a transaction that this ledger did not sign: something else holds this key; find out what before you run the command again")
)

// notDone reports whether an error says no more than that intents have ended without being carried
// out, all of them for good.
func notDone(err error) bool { return errors.Is(err, ErrReverted) || errors.Is(err, ErrFilled) }

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
		e.err = fmt.Errorf("the node keeps refusing it, and it is in no block: %s; the bytes are kept: mend what the node says, or configure another node, and run the command again", w.words)
	case state.NoFunds:
		e.err = fmt.Errorf("the node says that %s cannot pay for its gas: %s; send it what is missing and run the command again", last.Sender, w.words)
	case state.NonceGap:
		e.err = fmt.Errorf("it has nonce %d, %s has used %d so far, and nothing of this ledger has the next one: another wallet's transaction was dropped; send a transfer of nothing with nonce %d from that key, and run the command again",
			last.Nonce, last.Sender, o.Latest, o.Latest)
	case state.NotIncluded:
		e.err = fmt.Errorf("it has waited for %s, pays enough, and is in no block: look whether the chain works, ask another node, and run the command again", w.same)
	case state.NotFinal:
		e.err = fmt.Errorf("its block has not become final within %s: look whether the chain works, ask another node, and run the command again", w.same)
	case state.NotKnown:
		e.err = fmt.Errorf("the node cannot say whether it is in a block: let it finish its index, or configure another node, and run the command again")
	default:
		e.err = fmt.Errorf("it was looked at %d times and has not ended: ask another node, and run the command again", w.looks)
	}
	return true, false, fatal{e}
}
