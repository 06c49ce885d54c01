package cryptonote

import (
	"context"
	"fmt"
)

// An OutputVerifier checks single outputs of one proof, in any order, as ReserveProof.Verify does
// under Rules2: for whoever has to know whether a proof shows any coins before it is worth keeping.
// It may be used from many goroutines.
type OutputVerifier struct{ v *verification }

// OutputVerifier makes the cheap checks of the whole proof: its form, that no key image or output
// comes twice, the address's keys, and the signature of the address's own key. Its error is the
// refusal, wrapping a Reason.
func (p *ReserveProof) OutputVerifier(address Address, message []byte) (*OutputVerifier, error) {
	v := newVerification(context.Background(), p, address, ReserveEvidence{Rules: Rules2, Workers: 1})
	if v.checkForm() && v.checkKeys() {
		v.prefix = p.prefixHash(v.address, message)
		_ = v.checkOwnKey() && v.checkOwnSignature()
	}
	if v.report.Refusal != nil {
		return nil, v.report.Refusal
	}
	return &OutputVerifier{v}, nil
}

// Verify checks output i of the proof, counted from 0, against its transaction: it exists, the key
// image is its one-time key's, the shared secret is the address's, the key belongs to a spend key
// of the proof, and the amount opens. At most 16 keys of the transaction are tried.
//
// The error is a refusal, which wraps a Reason and refuses the whole proof, or says that ctx was
// done. Without one the report has block, one-time key and amount; a Reason in it says that the
// output does not count. Counted is never set: whether the output is spent, staked or newer than a
// snapshot is not asked, nor whether another output of the proof has the same one-time key.
func (o *OutputVerifier) Verify(ctx context.Context, i int, transactions map[TxID]RecordedTransaction) (OutputReport, error) {
	if i < 0 || i >= len(o.v.proof.Outputs) {
		return OutputReport{}, fmt.Errorf("%w: output %d of %d", errEvidence, i, len(o.v.proof.Outputs))
	}
	one := *o.v
	one.ctx, one.err = ctx, nil
	one.proof = &ReserveProof{Outputs: o.v.proof.Outputs[i : i+1]}
	one.evidence = &ReserveEvidence{Rules: Rules2, Transactions: transactions}
	one.outputs = make([]outputState, 1)
	one.report = ReserveReport{Outputs: []OutputReport{o.v.report.Outputs[i]}}
	one.txs, one.ids = nil, nil
	one.findTransactions()

	report := &one.report.Outputs[0]
	switch _, f := one.firstFailure(1, one.checkOutput); {
	case one.err != nil:
		return OutputReport{}, one.err
	case f != nil:
		one.mark(0, f)
		one.refuse("output ", i, f)
		return *report, one.report.Refusal
	case report.Reason == "" && report.Amount == 0:
		report.Check, report.Reason = CheckAmount, ErrZeroAmount
	}
	return *report, nil
}
