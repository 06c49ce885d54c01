package cryptonote

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"filippo.io/edwards25519"
)

// A Check is one of the things that a reserve proof is checked for, in the
// order in which they are checked. The failure of a check refuses the whole
// proof, except that an output is left uncounted by CheckBlock, CheckSpent,
// CheckStake, and by CheckDuplicates if an earlier proof was counted for it.
//
// Two things are left to the caller: that the message is the one that the proof
// has to name, and that the key images of counted outputs become Used in the
// same step in which the proof is accepted.
type Check uint8

// Oxen's own verifier (wallet2::check_reserve_proof) knows nothing of
// duplicates, torsion, second transaction keys, commitments, heights and
// stakes, and refuses every proof by its first letters since release 8.1.0.
const (
	// CheckFormat: text and archive have the form that wallets give them, and
	// the address is not a subaddress.
	CheckFormat Check = iota + 1
	// CheckDuplicates: no key image, output or one-time key comes twice in the
	// proof. (One-time keys are compared once their transactions are known.)
	CheckDuplicates
	// CheckPoints: the address's keys, key images, shared secrets and spend
	// keys are points of prime order in their canonical encoding.
	CheckPoints
	// CheckTransaction: the bytes of the transaction hash to its id.
	CheckTransaction
	// CheckBlock: the transaction is in a block at or below the snapshot.
	CheckBlock
	// CheckOutput: the transaction has the output.
	CheckOutput
	// CheckTxKey: the transaction has a public key on the curve for the output.
	CheckTxKey
	// CheckSharedSecret: the shared secret is the address's secret view key
	// times one of these keys, for this message and these key images.
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
	// CheckSignatures: all spend keys have signed the message and the key
	// images, and the address's is one of them.
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

// SpentStatus says whether a key image was seen in a transaction, as of when a
// daemon was asked. The numbers are oxend's.
type SpentStatus uint8

// The statuses of is_key_image_spent.
const (
	Unspent     SpentStatus = 0
	Spent       SpentStatus = 1 // in a block
	SpentInPool SpentStatus = 2
)

// A RecordedTransaction is what a daemon says about a transaction. Its bytes
// are proved by its hash; height and pool are the daemon's word.
type RecordedTransaction struct {
	Bytes        []byte
	Pruned       bool     // Bytes are prefix and RingCT base
	PrunableHash [32]byte // if Pruned
	Height       uint64   // of its block
	InPool       bool     // it has no block
}

// AnyHeight as a snapshot height leaves no output out.
const AnyHeight = math.MaxUint64

// ReserveEvidence is all that a verification depends on besides the proof, its
// address and its message. Verify changes nothing in it.
type ReserveEvidence struct {
	// SnapshotHeight is that of the migration's snapshot; newer outputs do not
	// count. It must be set: AnyHeight says that there is none.
	SnapshotHeight uint64
	// Transactions are those that the proof names; one that no daemon has is
	// left out.
	Transactions map[TxID]RecordedTransaction
	// Spent has a status for every key image of the proof.
	Spent map[KeyImage]SpentStatus
	// Staked are the key images of stakes that the stake programme counts.
	Staked map[KeyImage]bool
	// Locked are those of stakes that it does not count: of nodes that were
	// not funded, and of deregistered ones. Their outputs count here.
	Locked map[KeyImage]bool
	// Used are the key images that earlier proofs were counted for.
	Used map[KeyImage]bool
	// Workers is the number of goroutines, 0 for one a processor. The result
	// does not depend on it.
	Workers int
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

// Counted gives the key images of the outputs that count, in the proof's order.
// Whoever accepts the proof records them as used together with the acceptance.
func (r ReserveReport) Counted() (images []KeyImage) {
	for i := range r.Outputs {
		if r.Outputs[i].Counted {
			images = append(images, r.Outputs[i].KeyImage)
		}
	}
	return images
}

// errEvidence is what Verify's error wraps: not the proof is at fault.
var errEvidence = errors.New("verify reserve proof")

// Verify checks that the proof was made by the holder of the address for
// exactly this message, and says what it shows. An integrated address stands
// for its standard address. It is a pure function: the same input gives the
// same report on any machine. The error says what evidence is missing; a bad
// proof is not an error but a report with a Refusal.
func (p *ReserveProof) Verify(address Address, message []byte, evidence ReserveEvidence) (ReserveReport, error) {
	if evidence.SnapshotHeight == 0 {
		return ReserveReport{}, fmt.Errorf("%w: no snapshot height: set it, or AnyHeight", errEvidence)
	}
	v := verification{proof: p, address: address.Standard(), evidence: &evidence, workers: evidence.Workers}
	if v.workers <= 0 {
		v.workers = runtime.GOMAXPROCS(0)
	}
	v.report.Outputs = make([]OutputReport, len(p.Outputs))
	v.outputs = make([]outputState, len(p.Outputs))
	for i := range p.Outputs {
		o := &p.Outputs[i]
		v.report.Outputs[i] = OutputReport{TxID: o.TxID, Index: o.Index, KeyImage: o.KeyImage}
	}
	if v.checkForm() && v.checkKeys() {
		v.prefix = p.prefixHash(v.address, message)
		_ = v.eachOutput(v.checkImage) && v.eachSpendKey(v.checkSpendKey) &&
			v.checkTransactions() && v.checkOneTimeKeys() &&
			v.eachOutput(v.checkSharedSecret) && v.eachOutput(v.checkKeyImage) && v.eachOutput(v.checkOwner) && v.eachOutput(v.checkAmount) &&
			v.checkSpent() && v.checkOwnKey() && v.eachSpendKey(v.checkSignature) && v.count()
	}
	if v.err != nil {
		return ReserveReport{}, v.err
	}
	v.report.judged = true
	return v.report, nil
}

// VerifyOwner checks only that the address's spend key has signed the message
// and the proof's key images: one signature, for whoever receives proofs and
// judges them later. Reasons: ErrSubaddress, ErrNoOwner, those of Verify for a
// signature.
func (p *ReserveProof) VerifyOwner(address Address, message []byte) error {
	address = address.Standard()
	if address.Kind != Standard {
		return refuse("address", ErrSubaddress)
	}
	for i := range p.SpendKeys {
		if k := &p.SpendKeys[i]; k.Key == address.Spend {
			point, err := k.Key.point("spend key")
			if err != nil {
				return err
			}
			return k.verify(point, p.prefixHash(address, message))
		}
	}
	return refuse("reserve proof", ErrNoOwner)
}

// prefixHash is what all but the key image signatures sign.
func (p *ReserveProof) prefixHash(address Address, message []byte) [32]byte {
	images := make([]byte, 0, 32*len(p.Outputs))
	for i := range p.Outputs {
		images = append(images, p.Outputs[i].KeyImage[:]...)
	}
	return Keccak256(message, address.Spend[:], address.View[:], images)
}

func (k *SpendKeySignature) verify(point *edwards25519.Point, hash [32]byte) error {
	c, r, err := k.Signature.scalars()
	if err == nil {
		err = verifyHash(k.Key, point, hash, c, r)
	}
	if err != nil {
		return renamed("spend key signature", err)
	}
	return nil
}

// reject ends the verification.
func (v *verification) reject(check Check, err error) bool {
	v.report.Check, v.report.Refusal = check, err
	return false
}

// A failure is why an output or a spend key is refused.
type failure struct {
	check Check
	err   error
}

func failed(check Check, err error) *failure {
	if err == nil {
		return nil
	}
	return &failure{check, err}
}

// eachOutput makes a check of all outputs and refuses the proof for the first
// that fails.
func (v *verification) eachOutput(check func(i int) *failure) bool {
	failures := make([]*failure, len(v.outputs))
	v.parallel(len(v.outputs), func(i int) { failures[i] = check(i) })
	for i, f := range failures {
		if f != nil {
			v.report.Outputs[i].Check, v.report.Outputs[i].Reason = f.check, ReasonOf(f.err)
		}
	}
	return v.refuseFirst("output ", failures)
}

func (v *verification) eachSpendKey(check func(i int) *failure) bool {
	failures := make([]*failure, len(v.proof.SpendKeys))
	v.parallel(len(failures), func(i int) { failures[i] = check(i) })
	return v.refuseFirst("spend key ", failures)
}

// refuseFirst refuses the proof for the first failure of the first check that
// has one.
func (v *verification) refuseFirst(what string, failures []*failure) bool {
	first := -1
	for i, f := range failures {
		if f != nil && (first < 0 || f.check < failures[first].check) {
			first = i
		}
	}
	if first < 0 {
		return true
	}
	err := failures[first].err
	var e *Error
	if errors.As(err, &e) {
		err = &Error{What: e.What, Reason: e.Reason, Where: what + strconv.Itoa(first+1) + " of the proof"}
	}
	return v.reject(failures[first].check, err)
}

// parallel runs n things with the workers.
func (v *verification) parallel(n int, run func(i int)) {
	if v.workers == 1 || n < 2 {
		for i := range n {
			run(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(v.workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				run(i)
			}
		})
	}
	wg.Wait()
}
