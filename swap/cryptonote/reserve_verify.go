package cryptonote

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"filippo.io/edwards25519"
)

// errEvidence is what Verify's error wraps: not the proof is at fault.
var errEvidence = errors.New("verify reserve proof")

// Verify checks that the proof was made by the holder of the address for exactly this message, and
// says what it shows. An integrated address stands for its standard address. It is a pure function:
// the same input gives the same report on any machine. It stops soon after ctx is done and soon
// after an output refuses the whole proof: those after it are left without verdict. The error says
// what evidence is missing, or that ctx was done; a bad proof is not an error but a report with a
// Refusal.
func (p *ReserveProof) Verify(ctx context.Context, address Address, message []byte, evidence ReserveEvidence) (ReserveReport, error) {
	if evidence.SnapshotHeight == 0 {
		return ReserveReport{}, fmt.Errorf("%w: no snapshot height: set it, or AnyHeight", errEvidence)
	}
	if evidence.Rules != Rules1 && evidence.Rules != Rules2 {
		return ReserveReport{}, fmt.Errorf("%w: unknown rules %d: set Rules1 or Rules2", errEvidence, evidence.Rules)
	}
	v := newVerification(ctx, p, address, evidence)
	if v.checkForm() && v.checkKeys() {
		v.prefix = p.prefixHash(v.address, message)
		if evidence.Rules == Rules1 {
			v.byCheck()
		} else {
			v.byOutput()
		}
	}
	if v.err != nil {
		return ReserveReport{}, v.err
	}
	v.report.judged = true
	return v.report, nil
}

func newVerification(ctx context.Context, p *ReserveProof, address Address, evidence ReserveEvidence) *verification {
	v := &verification{ctx: ctx, proof: p, address: address.Standard(), evidence: &evidence, workers: evidence.Workers}
	if v.workers <= 0 {
		v.workers = runtime.GOMAXPROCS(0)
	}
	v.report.Outputs = make([]OutputReport, len(p.Outputs))
	v.outputs = make([]outputState, len(p.Outputs))
	for i := range p.Outputs {
		o := &p.Outputs[i]
		v.report.Outputs[i] = OutputReport{TxID: o.TxID, Index: o.Index, KeyImage: o.KeyImage}
	}
	return v
}

// byCheck is the order of Rules1.
func (v *verification) byCheck() {
	v.findTransactions()
	_ = v.eachOutput(v.checkImage) && v.eachSpendKey(v.checkSpendKey) &&
		v.locateAll() && v.checkOneTimeKeys() &&
		v.eachOutput(v.checkTxKey) && v.eachOutput(v.checkSharedSecret) && v.eachOutput(v.checkKeyImage) && v.eachOutput(v.checkOwner) && v.eachOutput(v.checkAmount) &&
		v.checkSpent() && v.checkOwnKey() && v.eachSpendKey(v.checkSignature) && v.count()
}

// byOutput is the order of Rules2. The signature of the address's key comes before everything that
// is done for an output, since whoever made no proof has none; the other spend keys come after the
// outputs, as they may be as many.
func (v *verification) byOutput() {
	v.findTransactions()
	_ = v.checkOwnKey() && v.checkOwnSignature() && v.eachOutput(v.checkOutput) && v.checkOneTimeKeys() &&
		v.eachSpendKey(v.checkSpendKey) && v.eachSpendKey(v.checkSignature) && v.checkSpent() && v.count()
}

// checkOutput makes all checks of an output in the order of Rules2: the key image needs no key of
// the transaction, of which there can be several.
func (v *verification) checkOutput(i int) *failure {
	for _, check := range [...]func(i int) *failure{
		v.checkImage, v.locate, v.checkKeyImage, v.checkTxKey, v.checkSharedSecret, v.checkOwner, v.checkAmount,
	} {
		if f := check(i); f != nil || v.outputs[i].leftOut {
			return f
		}
	}
	return nil
}

// locateAll finds the outputs of all transactions, and refuses the proof for the first failure of
// the first check that has one.
func (v *verification) locateAll() bool {
	if !v.parallel(len(v.ids), func(i int) bool { v.txs[v.ids[i]].read(); return true }) {
		return false
	}
	failures := make([]*failure, len(v.outputs))
	for i := range failures {
		if failures[i] = v.locate(i); failures[i] != nil {
			v.mark(i, failures[i])
		}
	}
	return v.refuseFirst("output ", failures)
}

// leave leaves an output uncounted.
func (v *verification) leave(i int, check Check, reason Reason) {
	v.outputs[i].leftOut = true
	v.report.Outputs[i].Check, v.report.Outputs[i].Reason = check, reason
}

// mark shows why an output refuses the proof.
func (v *verification) mark(i int, f *failure) {
	v.report.Outputs[i].Check, v.report.Outputs[i].Reason = f.check, ReasonOf(f.err)
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

// eachOutput checks the outputs and refuses the proof for the first that fails.
func (v *verification) eachOutput(check func(i int) *failure) bool {
	first, f := v.firstFailure(len(v.outputs), check)
	if f == nil {
		return v.err == nil
	}
	v.mark(first, f)
	for i := first + 1; i < len(v.outputs); i++ { // what workers came to there depends on chance
		o := &v.report.Outputs[i]
		*o = OutputReport{TxID: o.TxID, Index: o.Index, KeyImage: o.KeyImage}
	}
	return v.refuse("output ", first, f)
}

func (v *verification) eachSpendKey(check func(i int) *failure) bool {
	first, f := v.firstFailure(len(v.proof.SpendKeys), check)
	if f == nil {
		return v.err == nil
	}
	return v.refuse("spend key ", first, f)
}

// firstFailure checks n things until one fails, and gives the first of them that does, whatever the
// workers: those after it are left alone if none has begun with them yet.
func (v *verification) firstFailure(n int, check func(i int) *failure) (int, *failure) {
	var mu sync.Mutex
	first, failure := n, (*failure)(nil)
	v.parallel(n, func(i int) bool {
		f := check(i)
		if f == nil {
			return true
		}
		mu.Lock()
		defer mu.Unlock()
		if i < first {
			first, failure = i, f
		}
		return false
	})
	if v.err != nil {
		return n, nil
	}
	return first, failure
}

// refuseFirst refuses the proof for the first failure of the first check that has one.
func (v *verification) refuseFirst(what string, failures []*failure) bool {
	first := -1
	for i, f := range failures {
		if f != nil && (first < 0 || f.check < failures[first].check) {
			first = i
		}
	}
	return first < 0 || v.refuse(what, first, failures[first])
}

// refuse refuses the proof for a thing in it.
func (v *verification) refuse(what string, i int, f *failure) bool {
	err := f.err
	var e *Error
	if errors.As(err, &e) {
		err = &Error{What: e.What, Reason: e.Reason, Where: what + strconv.Itoa(i+1) + " of the proof"}
	}
	return v.reject(f.check, err)
}

// parallel runs n things with the workers, in their order, until one says false: all before that
// one are run. It reports whether ctx let it; if not, v.err says so.
func (v *verification) parallel(n int, run func(i int) bool) bool {
	var next, end atomic.Int64
	end.Store(int64(n))
	work := func() {
		for i := next.Add(1) - 1; i < end.Load() && v.ctx.Err() == nil; i = next.Add(1) - 1 {
			if !run(int(i)) {
				for at := end.Load(); i < at && !end.CompareAndSwap(at, i); at = end.Load() {
				}
			}
		}
	}
	if workers := min(v.workers, n); workers < 2 {
		work()
	} else {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(work)
		}
		wg.Wait()
	}
	if v.ctx.Err() != nil {
		v.err = fmt.Errorf("%w: %w", errEvidence, context.Cause(v.ctx))
	}
	return v.err == nil
}

// VerifyOwner checks only that the address's spend key has signed the message and the proof's key
// images: one signature, for whoever receives proofs and judges them later. Reasons: ErrSubaddress,
// ErrNoOwner, those of Verify for a signature.
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
