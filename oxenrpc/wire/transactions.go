package wire

import (
	"fmt"

	"oxenswap/swap"
)

// A Transaction is what a daemon says about one transaction. Nothing of it is proved: whoever
// relies on it recomputes the hash from the bytes.
type Transaction struct {
	Hash            swap.Hash
	InPool          bool
	Height          uint64 // of its block; 0 in the pool
	Timestamp       uint64 // of its block, Unix seconds; 0 in the pool
	DoubleSpendSeen bool

	// Blob is the whole transaction, or if Pruned, its prefix and RingCT base. A daemon gives
	// transactions without a prunable part (miner, unlock and state change transactions) in the
	// pruned form.
	Blob         []byte
	Pruned       bool
	PrunableHash swap.Hash // of the prunable part, if Pruned
}

// Transactions is the answer of get_transactions.
type Transactions struct {
	Found  []Transaction
	Missed []swap.Hash // asked and not known to the daemon
}

// ParseTransactions reads an answer of get_transactions, asked without prune and decode_as_json
// (release 10) or with data (release 11). It has nothing in it when the daemon knows the list of
// hashes by another name: txs_hashes in release 10, tx_hashes in release 11.
func ParseTransactions(body []byte) (Transactions, error) {
	var t Transactions
	err := parse(body, func(r *reader, name []byte) bool {
		switch string(name) {
		case "txs":
			r.array(maxTransactions, func(int) { t.Found = append(t.Found, r.transaction()) })
		case "missed_tx":
			r.array(maxTransactions, func(int) { t.Missed = append(t.Missed, r.hash()) })
		default:
			return false
		}
		return true
	})
	return t, err
}

func (r *reader) transaction() Transaction {
	var (
		t                       Transaction
		whole, pruned, prunable []byte
	)
	r.object(func(name []byte) bool {
		switch string(name) {
		case "tx_hash":
			t.Hash = r.hash()
		case "in_pool":
			t.InPool = r.boolean()
		case "block_height":
			t.Height = r.integer()
		case "block_timestamp":
			t.Timestamp = r.integer()
		case "double_spend_seen":
			t.DoubleSpendSeen = r.boolean()
		case "as_hex", "data":
			whole = r.blob()
		case "pruned_as_hex", "pruned":
			pruned = r.blob()
		case "prunable_as_hex", "prunable":
			prunable = r.blob()
		case "prunable_hash":
			t.PrunableHash = r.hash()
		default:
			return false
		}
		return true
	})
	switch {
	case r.err != nil:
		return t
	case t.Hash.IsZero():
		r.fail("tx_hash is missing")
	case t.InPool && (t.Height != 0 || t.Timestamp != 0):
		r.fail("in the pool and in block %d", t.Height)
	}
	switch {
	case len(whole) > 0 && len(pruned)+len(prunable) == 0:
		t.Blob = whole
	case len(whole) == 0 && len(pruned) > 0 && len(prunable) > 0:
		t.Blob = append(pruned, prunable...)
	case len(whole) == 0 && len(pruned) > 0:
		if t.Blob, t.Pruned = pruned, true; t.PrunableHash.IsZero() {
			r.fail("prunable_hash is missing")
		}
	case len(whole) == 0:
		r.fail("the bytes of the transaction are missing")
	default:
		r.fail("the bytes of the transaction come in two forms")
	}
	return t
}

// KeyImageStatus says whether a key image was seen in a transaction, as of now.
type KeyImageStatus uint8

// The daemon's codes.
const (
	Unspent     KeyImageStatus = 0
	SpentInPool KeyImageStatus = 2
	Spent       KeyImageStatus = 1 // in a block
)

func (s KeyImageStatus) String() string {
	switch s {
	case Unspent:
		return "unspent"
	case Spent:
		return "spent in a block"
	case SpentInPool:
		return "spent in the pool"
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// ParseKeyImages reads an answer of is_key_image_spent: one status for each key image asked, in
// that order.
func ParseKeyImages(body []byte) ([]KeyImageStatus, error) {
	var list []KeyImageStatus
	err := parse(body, func(r *reader, name []byte) bool {
		if string(name) != "spent_status" {
			return false
		}
		r.array(maxKeyImages, func(int) {
			s := r.integer()
			if s > uint64(SpentInPool) {
				r.fail("%d is no status of a key image", s)
			}
			list = append(list, KeyImageStatus(s))
		})
		return true
	})
	return list, err
}
