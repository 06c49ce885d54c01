package sender

import (
	"errors"
	"strings"

	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient/sender/state"
)

// refusal is a part of what a client says when it does not take signed bytes, in lower case, and
// what that means.
type refusal struct {
	client string
	text   string
	answer state.Answer
}

// refusals are looked through in order, so the longer texts come before those that they contain.
// The same words serve several clients: go-ethereum's are repeated by nitro, which is built on it,
// and by most others. Such an answer only ever shortens a wait (package state); it never says that
// something is in a block, and other words mean no more than "declined".
func refusals() []refusal {
	return []refusal{
		// A client that waits for the transaction, as nitro does for its sequencer and
		// eth_sendRawTransactionSync everywhere, may stop waiting while it goes on.
		{"nitro, and proxies", "context deadline exceeded", state.Silent},
		{"nitro, and proxies", "context canceled", state.Silent},
		{"anvil", "wasn't confirmed within", state.Silent},
		{"proxies", "timeout", state.Silent},
		{"proxies", "timed out", state.Silent},

		// core/txpool/errors.go and core/error.go of go-ethereum 1.17.10
		{"go-ethereum", "already known", state.Holds},
		{"go-ethereum before 1.9.14", "known transaction", state.Holds},
		{"go-ethereum", "replacement transaction underpriced", state.Dearer},
		{"go-ethereum", "future transaction tries to replace pending", state.Dearer},
		{"go-ethereum", "nonce too low", state.NonceUsed},
		{"go-ethereum", "nonce too high", state.GapBefore},
		{"go-ethereum", "gapped-nonce tx from delegated accounts", state.GapBefore},
		{"go-ethereum", "max fee per gas less than block base fee", state.Cheap},
		{"go-ethereum", "transaction gas price below minimum", state.Cheap},
		{"go-ethereum", "transaction underpriced", state.Cheap},
		{"go-ethereum", "insufficient funds", state.Broke},
		{"go-ethereum", "txpool is full", state.Busy},
		{"go-ethereum", "out of capacity", state.Busy},
		{"go-ethereum", "account limit exceeded", state.Busy},
		{"go-ethereum", "address already reserved", state.Busy},
		{"go-ethereum", "in-flight transaction limit reached", state.Busy},
		{"go-ethereum", "intrinsic gas too low", state.Never},
		{"go-ethereum", "insufficient gas for floor data gas cost", state.Never},
		{"go-ethereum", "gas limit too high", state.Never},
		{"go-ethereum", "exceeds block gas limit", state.Never},
		{"go-ethereum", "oversized data", state.Never},
		{"go-ethereum", "max initcode size exceeded", state.Never},
		{"go-ethereum", "invalid sender", state.Never},
		{"go-ethereum", "exceeds the configured cap", state.Never}, // --rpc.txfeecap of this node

		// crates/anvil/src/eth/error.rs of foundry 1.7
		{"anvil", "already imported", state.Holds},
		{"anvil", "insufficient gas price to replace existing transaction", state.Dearer},
		{"anvil", "gas limit is greater than the block gas limit", state.Never},
		{"anvil", "intrinsic gas too high", state.Never},

		// execution/gethexec of nitro. The sequencer does not take what would fail right away.
		{"nitro", "execution reverted", state.Never},
		{"nitro", "please retry transaction", state.Busy},
		{"nitro", "sequencer temporarily not available", state.Busy},
		{"nitro", "currently not accepting transactions", state.Busy},
		{"nitro", "gas limit reached", state.Busy},
		{"nitro", "not on the whitelist", state.Declined},

		// txnprovider/txpool/txpoolcfg of erigon 3
		{"erigon", "existing txn with same hash", state.Holds},
		{"erigon", "existing tx with same hash", state.Holds},
		{"erigon", "could not replace existing tx", state.Dearer},
		{"erigon", "sub-pool is full", state.Busy},
		{"erigon", "spammer", state.Busy},
		{"erigon", "fee too low", state.Cheap},
		{"erigon", "underpriced", state.Cheap},
		{"erigon", "intrinsicgas", state.Never},
		{"erigon", "rlptoolong", state.Never},
		{"erigon", "initcode too large", state.Never},
		{"erigon", "gas limit is too high", state.Never},

		// Nethermind.TxPool/AcceptTxResult.cs, whose names were the messages until they became
		// go-ethereum's
		{"nethermind", "alreadyknown", state.Holds},
		{"nethermind", "replacementnotallowed", state.Dearer},
		{"nethermind", "oldnonce", state.NonceUsed},
		{"nethermind", "noncegap", state.GapBefore},
		{"nethermind", "noncetoofarinfuture", state.GapBefore},
		{"nethermind", "feetoolow", state.Cheap},
		{"nethermind", "insufficientfunds", state.Broke},
		{"nethermind", "gaslimitexceeded", state.Never},
		{"nethermind", "maxtxsizeexceeded", state.Never},
		{"nethermind", "syncing", state.Busy},
	}
}

// classify is what an answer to signed bytes means. Without an answer from the node itself, they
// may have arrived or not.
func classify(err error) state.Answer {
	if err == nil {
		return state.Holds
	}
	var said rpc.Error
	if !errors.As(err, &said) {
		return state.Silent
	}
	text := strings.ToLower(err.Error())
	for _, r := range refusals() {
		if strings.Contains(text, r.text) {
			return r.answer
		}
	}
	return state.Declined
}

// reverts reports whether the answer to an estimate is that the call would fail, and not that the
// node could not say.
func reverts(err error) bool {
	var said rpc.Error
	if !errors.As(err, &said) {
		return false
	}
	const executionReverted = 3 // the code that go-ethereum gives it
	return said.ErrorCode() == executionReverted || strings.Contains(strings.ToLower(err.Error()), "revert")
}
