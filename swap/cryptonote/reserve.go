package cryptonote

import (
	"math"
	"strconv"
)

// A Check is one of the things that a reserve proof is checked for. Rules say in which order they
// are made: Rules1 in the order of the constants. The failure of a check refuses the whole proof,
// except that an output is left uncounted by CheckBlock, CheckSpent, CheckStake, by CheckDuplicates
// if an earlier proof was counted for it, and under Rules2 by CheckTxKey if there are too many keys
// and by CheckAmount if the amount is zero.
//
// Two things are left to the caller: that the message is the one that the proof has to name, and
// that the key images of counted outputs become Used in the same step in which the proof is
// accepted.
type Check uint8

// Oxen's own verifier (wallet2::check_reserve_proof) knows nothing of duplicates, torsion, second
// transaction keys, commitments, heights and stakes, and refuses every proof by its first letters
// since release 8.1.0.
const (
	// CheckFormat: text and archive have the form that wallets give them, and the address is not a
	// subaddress.
	CheckFormat Check = iota + 1
	// CheckDuplicates: no key image, output or one-time key comes twice in the proof. (One-time
	// keys are compared once their transactions are known.)
	CheckDuplicates
	// CheckPoints: the address's keys, key images, shared secrets and spend keys are points of
	// prime order in their canonical encoding.
	CheckPoints
	// CheckTransaction: the bytes of the transaction hash to its id.
	CheckTransaction
	// CheckBlock: the transaction is in a block at or below the snapshot.
	CheckBlock
	// CheckOutput: the transaction has the output.
	CheckOutput
	// CheckTxKey: the transaction has a public key on the curve for the output.
	CheckTxKey
	// CheckSharedSecret: the shared secret is the address's secret view key times one of these
	// keys, for this message and these key images.
	CheckSharedSecret
	// CheckKeyImage: the key image is the one-time key's.
	CheckKeyImage
	// CheckOwner: the one-time key belongs to one of the proof's spend keys.
	CheckOwner
	// CheckAmount: the amount is clear, or the commitment opens to it.
	CheckAmount
	// CheckSpent: the key image is unspent, in blocks and in the pool.
	CheckSpent
	// CheckStake: the stake programme does not count the output.
	CheckStake
	// CheckSignatures: all spend keys have signed the message and the key images, and the address's
	// is one of them.
	CheckSignatures
	// CheckSum: the sum of what counts is below 2^64.
	CheckSum
)

var checkNames = [...]string{
	CheckFormat: "format", CheckDuplicates: "duplicates", CheckPoints: "points", CheckTransaction: "transaction",
	CheckBlock: "block", CheckOutput: "output", CheckTxKey: "transaction key", CheckSharedSecret: "shared secret",
	CheckKeyImage: "key image", CheckOwner: "owner", CheckAmount: "amount", CheckSpent: "spent", CheckStake: "stake",
	CheckSignatures: "signatures", CheckSum: "sum",
}

// String gives the check's name, and "" for none.
func (c Check) String() string {
	if int(c) >= len(checkNames) {
		return "check " + strconv.Itoa(int(c))
	}
	return checkNames[c]
}

// Rules are a version of what Verify decides. A verdict that was recorded is made again under the
// rules that were in force then. The zero value is none.
type Rules uint8

const (
	// Rules1 make one check of all outputs before the next check, in the order of the constants of
	// Check, and report the first check that fails with the first output that it refuses. Every
	// public key of a transaction is tried for each of its outputs, and an amount of zero counts.
	Rules1 Rules = iota + 1
	// Rules2 make the cheap checks of the whole proof first, among them the signature of the
	// address's own key, and then output by output every check, CheckKeyImage before those that
	// take keys of the transaction. They report the first output that is refused, with its first
	// check. At most 16 public keys are tried for an output: if it fits none of them and there are
	// more, it does not count (ErrTooManyTxKeys), nor does an amount of zero (ErrZeroAmount).
	//
	// Oxen writes at most 3: the transaction's own key, the one that construct_miner_tx adds for
	// the block's winner, and one an output in ExtraAdditionalKeys. A transaction of before
	// Monero's wallet put its extra in order has one more for each signature that was thrown away.
	// The keys are tried in the order in which the wallet does (wallet2, process_new_transaction):
	// those in ExtraPublicKey fields, then the additional ones. A sender can write thousands, and
	// the stock wallet proves such an output with the others: hence it does not refuse the proof.
	Rules2
)

// maxTriedKeys is the number of keys that Rules2 try for an output.
const maxTriedKeys = 16

// SpentStatus says whether a key image was seen in a transaction, as of when a daemon was asked.
// The numbers are oxend's.
type SpentStatus uint8

// The statuses of is_key_image_spent.
const (
	Unspent     SpentStatus = 0
	Spent       SpentStatus = 1 // in a block
	SpentInPool SpentStatus = 2
)

// A RecordedTransaction is what a daemon says about a transaction. Its bytes are proved by its
// hash; height and pool are the daemon's word.
type RecordedTransaction struct {
	Bytes        []byte
	Pruned       bool     // Bytes are prefix and RingCT base
	PrunableHash [32]byte // if Pruned
	Height       uint64   // of its block
	InPool       bool     // it has no block
}

// AnyHeight as a snapshot height leaves no output out.
const AnyHeight = math.MaxUint64

// ReserveEvidence is all that a verification depends on besides the proof, its address and its
// message. Verify changes nothing in it.
type ReserveEvidence struct {
	// Rules must be set: those in force when the proof is judged.
	Rules Rules
	// SnapshotHeight is that of the migration's snapshot; newer outputs do not count. It must be
	// set: AnyHeight says that there is none.
	SnapshotHeight uint64
	// Transactions are those that the proof names; one that no daemon has is left out.
	Transactions map[TxID]RecordedTransaction
	// Spent has a status for every key image of the proof.
	Spent map[KeyImage]SpentStatus
	// Staked are the key images of stakes that the stake programme counts, under Rules1.
	Staked map[KeyImage]bool
	// StakedCoins are the coins in such stakes, under Rules2: a stake's key image need not be that
	// of its coin, for consensus takes one with a torsion component.
	StakedCoins map[Coin]bool
	// Locked are those of stakes that it does not count: of nodes that were not funded, and of
	// deregistered ones. Their outputs count here.
	Locked map[KeyImage]bool
	// Used are the key images that earlier proofs were counted for.
	Used map[KeyImage]bool
	// UsedKey reports whether an earlier proof was counted for a one-time key. nil: for none. It is
	// asked once for each output that is good.
	UsedKey func(PublicKey) bool
	// Workers is the number of goroutines, 0 for one a processor. The result does not depend on it.
	Workers int
}

// A Coin is an output as stakes name it. Two outputs with one one-time key and different amounts
// are different coins.
type Coin struct {
	Key    PublicKey // the one-time key
	Amount uint64    // atomic OXEN
}

// An OutputReport is the verdict on one output of a proof.
type OutputReport struct {
	TxID     TxID
	Index    uint64
	KeyImage KeyImage
	Height   uint64 // of its block; 0 if InPool or not known
	InPool   bool

	// Known only after CheckOutput, CheckOwner and CheckAmount.
	Key      PublicKey // the one-time key
	SpendKey PublicKey // of the (sub)address that received it
	Amount   uint64    // atomic OXEN

	Counted bool
	Locked  bool   // counted, though locked in a stake
	Check   Check  // that left it uncounted or refused it
	Reason  Reason // why; "" if counted or not judged, as the proof was refused for another
}

// Verdict is a line for people.
func (o OutputReport) Verdict() string {
	switch {
	case o.Counted && o.Locked:
		return "counted, locked in a stake"
	case o.Counted:
		return "counted"
	case o.Reason != "":
		return string(o.Reason)
	}
	return "not judged"
}

// A ReserveReport is the result of a verification.
type ReserveReport struct {
	Outputs []OutputReport // in the proof's order
	Total   uint64         // atomic OXEN that count; 0 if refused
	Check   Check          // the first that failed; 0 if none
	Refusal error          // why, wrapping a Reason; nil if the proof is good

	judged bool // so that the zero report is not a good one
}

// Good reports whether the proof is accepted. It may be so and count nothing.
func (r ReserveReport) Good() bool { return r.judged && r.Refusal == nil }

// Counted gives the key images of the outputs that count, in the proof's order. Whoever accepts the
// proof records them as used together with the acceptance.
func (r ReserveReport) Counted() (images []KeyImage) {
	for i := range r.Outputs {
		if r.Outputs[i].Counted {
			images = append(images, r.Outputs[i].KeyImage)
		}
	}
	return images
}
