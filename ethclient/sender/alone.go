package sender

import (
	"context"
	"fmt"

	"oxenswap/swap"
)

// stops reports whether a purpose is to stop the distributor: pausing it, or cancelling a root. Neither pays anybody, and a
// guardian must be able to do both in an emergency.
func stops(purpose string) bool { return purpose == swap.PurposePause || purpose == swap.PurposeCancel }

// goAlone lets an operation that stops the distributor go on where the nodes disagree, some are silent, or what they say does
// not fit the ledger. From then on one node is believed, for the nonce and the fees and for what became of the transaction,
// which all nodes still get. A lie can make it come to nothing, never do anything else. Nothing else of what that node says is
// recorded, and the transaction is followed until it is in a block: once the nodes agree, the next command sees the rest.
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
	op.progress(Step{Intent: swap.Intent{Purpose: purpose}, Stage: StageAlone, Note: fmt.Sprintf("only node %s is believed from here on, because %v", reader.Name(), why)})
	_, err = op.identify(ctx, false)
	return err
}

// records reports whether what the chain says of an intent goes into the ledger. A node that is believed alone is so only about
// what stops the distributor.
func (s *Sender) records(intent swap.Intent) bool { return !s.alone || stops(intent.Purpose) }
