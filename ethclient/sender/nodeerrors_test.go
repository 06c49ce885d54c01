package sender_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/txpool"
	"github.com/ethereum/go-ethereum/core/txpool/legacypool"

	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/state"
)

// said is an error that a node answered with.
type said string

func (s said) Error() string { return string(s) }

// ErrorCode implements rpc.Error.
func (s said) ErrorCode() int { return -32000 }

// TestClassify takes go-ethereum's own errors where it has them, and other clients' words as they
// say them.
func TestClassify(t *testing.T) {
	of := func(err error, rest string) error { return said(err.Error() + rest) }
	for _, c := range []struct {
		err  error
		want state.Answer
	}{
		{nil, state.Holds},
		{errors.New("already known"), state.Silent}, // not from the node: a page of a proxy can say anything
		{context.DeadlineExceeded, state.Silent},
		{fmt.Errorf("post: %w", said("already known")), state.Holds},
		{of(context.DeadlineExceeded, ""), state.Silent},
		{said("something new"), state.Declined},
		{of(txpool.ErrAlreadyKnown, ""), state.Holds},
		{of(txpool.ErrReplaceUnderpriced, ""), state.Dearer},
		{of(txpool.ErrUnderpriced, ""), state.Cheap},
		{of(txpool.ErrTxGasPriceTooLow, ": gas tip cap 0, minimum needed 1"), state.Cheap},
		{of(txpool.ErrGasLimit, ""), state.Never},
		{of(txpool.ErrOversizedData, ": transaction size 131073, limit 131072"), state.Never},
		{of(txpool.ErrAccountLimitExceeded, ": pooled 16 txs"), state.Busy},
		{of(legacypool.ErrTxPoolOverflow, ""), state.Busy},
		{of(legacypool.ErrFutureReplacePending, ""), state.Dearer},
		{of(core.ErrNonceTooLow, ": next nonce 8, tx nonce 7"), state.NonceUsed},
		{of(core.ErrNonceTooHigh, ": address 0x12, tx: 9 state: 7"), state.GapBefore},
		{of(core.ErrFeeCapTooLow, ": address 0x12, maxFeePerGas: 1, baseFee: 2"), state.Cheap},
		{of(core.ErrInsufficientFunds, ": balance 1, tx cost 2, overshot 1"), state.Broke},
		{of(core.ErrIntrinsicGas, ": gas 1, minimum needed 21000"), state.Never},
		{of(core.ErrGasLimitTooHigh, " (cap: 16777216, tx: 32000000)"), state.Never},
		{of(core.ErrGasLimitReached, ""), state.Busy},
		{said("Tx: [0x12] already Imported"), state.Holds},
		{said("Tx: [0x12] insufficient gas price to replace existing transaction"), state.Dearer},
		{said("Insufficient funds for gas * price + value"), state.Broke},
		{said("execution reverted"), state.Never},
		{said("sequencer temporarily not available"), state.Busy},
		{said("INTERNAL_ERROR: could not replace existing tx"), state.Dearer},
		{said("existing txn with same hash"), state.Holds},
		{said("pending sub-pool is full"), state.Busy},
		{said("fee too low"), state.Cheap},
		{said("AlreadyKnown"), state.Holds},
		{said("OldNonce, current nonce: 8, nonce of rejected tx: 7"), state.NonceUsed},
		{said("FeeTooLow"), state.Cheap},
	} {
		if got := sender.Classify(c.err); got != c.want {
			t.Errorf("%v: %s, expected %s", c.err, got, c.want)
		}
	}
}
