package sender

import (
	"context"
	"errors"
	"fmt"

	"oxenswap/ethclient/sender/signer"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// Pause stops claims and activation. The guardian signs.
func (s *Sender) Pause(ctx context.Context, key signer.Signer) error {
	return s.setPaused(ctx, key, swap.PurposePause, true)
}

// Unpause lets them go on. Only on a development chain: elsewhere the owner's acts are signed with
// the owner's own wallet, the error says so, and key may be nil.
func (s *Sender) Unpause(ctx context.Context, key signer.Signer) error {
	return s.setPaused(ctx, key, swap.PurposeUnpause, false)
}

func (s *Sender) setPaused(ctx context.Context, key signer.Signer, purpose string, want bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.newOperation(ctx, key, purpose)
	if err != nil {
		return err
	}
	if op.m.Distributor == nil {
		return ErrNoDistributor
	}
	last, err := op.newest(ctx, purpose, 0)
	if err != nil {
		return err
	}
	if op.state.Paused == want && !(last.found && state.Open(last.status)) {
		return nil
	}
	sent := op.carry(ctx, purpose, 0, func(context.Context) (call, error) {
		if want {
			return call{to: &op.at, data: distributorABI.PackPause()}, op.mustBe("guardian", op.state.Guardian)
		}
		if err := op.mustBeDevelopment("unpause it"); err != nil {
			return call{}, err
		}
		return call{to: &op.at, data: distributorABI.PackUnpause()}, op.mustBe("owner", op.state.Owner)
	})
	if err := errors.Join(op.end(ctx), op.refresh(ctx)); err != nil && !errors.Is(err, ErrAlarm) {
		return errors.Join(sent, err)
	}
	if op.state.Paused == want {
		return nil
	}
	if sent == nil {
		sent = ErrOvertaken
	}
	return sent
}

// stops reports whether a purpose is to stop the distributor: pausing it, or cancelling a root.
// Neither pays anybody, and a guardian must be able to do both in an emergency.
func stops(purpose string) bool { return purpose == swap.PurposePause || purpose == swap.PurposeCancel }

// goAlone lets an operation that stops the distributor go on where the nodes disagree, some are
// silent, or what they say does not fit the ledger. From then on one node is believed, for the
// nonce and the fees and for what became of the transaction, which all nodes still get. A lie can
// make it come to nothing, never do anything else. Nothing else of what that node says is recorded,
// and the transaction is followed until it is in a block: once the nodes agree, the next command
// sees the rest.
func (op *operation) goAlone(ctx context.Context, purpose string, why error) error {
	reader, index, err := op.chain.Newest(ctx)
	if err != nil {
		return fmt.Errorf("no node answers: %w", err)
	}
	nodes := append([]Node{op.node}, op.o.Others...)
	nodes[0], nodes[index] = nodes[index], nodes[0]
	o := op.o
	o.Others, o.Missing = nodes[1:], nil
	s := New(reader, nodes[0], op.ledger, o)
	s.alone = true
	op.Sender = s
	op.progress(Step{
		Intent: swap.Intent{Purpose: purpose}, Stage: StageAlone,
		Note: fmt.Sprintf("only node %s is believed from here on, because %v", reader.Name(), why),
	})
	_, err = op.identify(ctx, false)
	return err
}

// records reports whether what the chain says of an intent goes into the ledger. A node that is
// believed alone is so only about what stops the distributor.
func (s *Sender) records(intent swap.Intent) bool { return !s.alone || stops(intent.Purpose) }
