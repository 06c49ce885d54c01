package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// What can be counted of proofs of coins. Blocks of outputs and whether they were spent are all that a judgement takes
// from daemons unproved: transactions are held against their hashes.
const (
	countOwners      = "owners' signatures of proofs"
	countJudged      = "proofs judged again"
	countOutputs     = "outputs verified"
	countImages      = "key images unique"
	uncheckedProofs  = "proofs that are withheld from a public export"
	uncheckedDaemons = "proofs for which daemons' word stands: blocks of outputs, and whether they were spent"
	uncheckedQueue   = "proofs that wait to be judged"
)

// proofs is what judging proofs takes besides the tables. Neither proofs nor evidence are kept.
type proofs struct {
	snapshot oneAttachment
	hidden   bool          // key images were counted that the export withholds: what else counts is not known
	follows  *pendingClaim // must be the next entry
}

// pendingClaim is a claim that came with a proof which was accepted.
type pendingClaim struct {
	claim  *swap.ClaimAccepted
	judged uint64 // the proof.accepted
}

// oneAttachment keeps one attachment: the snapshot that proof after proof is judged for.
type oneAttachment struct {
	swap.Attachments
	digest swap.Hash
	data   []byte
}

func (o *oneAttachment) keep(h swap.Hash) (err error) {
	if o.data != nil && o.digest == h {
		return nil
	}
	o.digest = h
	o.data, err = o.Attachments.Attachment(h)
	return err
}

// Attachment implements swap.Attachments.
func (o *oneAttachment) Attachment(h swap.Hash) ([]byte, error) {
	if o.data != nil && o.digest == h {
		return o.data, nil
	}
	return o.Attachments.Attachment(h)
}

// checkPending decides again whether a claim may come with a proof: only an account's lack of stake is no reason against
// it. It runs before the entry is applied.
func (r *replay) checkPending(e *swap.ProofReceived, c swap.Claim, x *examined) error {
	err := r.admit(e.Pending, c, x)
	var refusal *swap.Refusal
	if errors.As(err, &refusal) && refusal.Reason == swap.ReasonNotEntitled {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("the claim that comes with it: %w", err)
	}
	return nil
}

func (r *replay) admit(e *swap.ClaimAccepted, c swap.Claim, x *examined) error {
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	if err := swap.AdmitClaim(&r.tables, m, c, x.entry.Time); err != nil {
		return err
	}
	return e.Code.Check(e.Recipient)
}

// checkOwner verifies that the account itself has signed the proof, for the text of its claim. It runs after the entry is
// applied.
func (r *replay) checkOwner(e *swap.ProofReceived, x *examined) error {
	if !x.complete {
		return nil
	}
	text, err := r.att.Attachment(e.Proof)
	if err != nil {
		return err
	}
	proof, err := cryptonote.ParseReserveProof(string(text))
	if err != nil {
		return err
	}
	if n := uint64(len(proof.Outputs)); n != e.Outputs {
		return fmt.Errorf("its proof has %d outputs, the entry says %d", n, e.Outputs)
	}
	p, err := r.tables.Proof(x.entry.Seq)
	if err != nil {
		return err
	}
	address, err := swap.ParseOxen(r.terms, e.Oxen)
	if err != nil {
		return err
	}
	if err := proof.VerifyOwner(address, []byte(swap.ProofMessage(p.Text))); err != nil {
		return fmt.Errorf("its proof: %w", err)
	}
	r.report.add(countOwners, 1)
	return nil
}

// judge decides again what came of a proof, with the tables as they were before the entry.
func (r *replay) judge(ctx context.Context, received uint64, daemons []string, evidence swap.Hash, x *examined) error {
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	if len(daemons) > m.Config.Daemons {
		return fmt.Errorf("%d daemons gave the same evidence, %d are configured", len(daemons), m.Config.Daemons)
	}
	for i := 1; i < len(daemons); i++ {
		if daemons[i-1] >= daemons[i] {
			return errors.New("the daemons are not in the order of their names, each once")
		}
	}
	_, accepted := x.event.(*swap.ProofAccepted)
	again, err := r.judgeAgain(ctx, m, received, daemons, evidence)
	switch {
	case errors.Is(err, swap.ErrNone):
		return nil // applying the entry says so
	case errors.Is(err, swap.ErrWithheld):
		r.report.notChecked(uncheckedProofs, 1)
		r.proofs.hidden = r.proofs.hidden || accepted && !x.complete
		return nil
	case errors.Is(err, swap.ErrAttachment) && !x.complete:
		return nil // was reported already
	case err != nil:
		return err
	}
	r.report.add(countJudged, 1)
	r.report.notChecked(uncheckedDaemons, 1)
	return r.sameJudgement(x, evidence, again)
}

// judgeAgain gives the record that should follow the evidence.
func (r *replay) judgeAgain(ctx context.Context, m swap.Migration, received uint64, daemons []string, evidence swap.Hash) (swap.Record, error) {
	if r.proofs.hidden {
		return swap.Record{}, swap.ErrWithheld
	}
	p, err := r.tables.Proof(received)
	if err != nil {
		return swap.Record{}, err
	}
	raw, err := r.att.Attachment(evidence)
	if err != nil {
		return swap.Record{}, err
	}
	parsed, err := swap.ParseEvidence(raw)
	if err != nil {
		return swap.Record{}, err
	}
	parsed.Counted = nil
	if s, err := r.tables.Snapshot(p.Height); err == nil {
		if err := r.proofs.snapshot.keep(s.Digest); err != nil {
			return swap.Record{}, err
		}
	}
	record, report, err := swap.JudgeProof(ctx, &r.tables, &r.proofs.snapshot, m, received, daemons, parsed)
	if err == nil && report.Good() {
		r.report.add(countOutputs, uint64(len(report.Outputs)))
	}
	return record, err
}

// sameJudgement compares an entry with the one that judging again gives: byte for byte, but for the words of a refusal.
func (r *replay) sameJudgement(x *examined, evidence swap.Hash, again swap.Record) error {
	switch event := again.Event.(type) {
	case *swap.ProofAccepted:
		if _, ok := x.event.(*swap.ProofAccepted); !ok {
			return fmt.Errorf("judged again it is accepted: %d outputs count, %s", event.Counted, event.Total)
		}
		if evidence != event.Evidence {
			return r.compareCounted(evidence, again.Attachments[0])
		}
	case *swap.ProofRefused:
		refused, ok := x.event.(*swap.ProofRefused)
		if !ok {
			return fmt.Errorf("judged again it is refused: %s: %s", event.Check, event.Detail)
		}
		event.Detail = refused.Detail // words for people, which a later release may choose otherwise
		if evidence != event.Evidence {
			return r.compareCounted(evidence, again.Attachments[0])
		}
	}
	got, err := ledger.MarshalBody(x.event)
	if err != nil {
		return err
	}
	want, err := ledger.MarshalBody(again.Event)
	if err != nil {
		return err
	}
	if bytes.Equal(got, want) {
		return nil
	}
	says, gives := difference(got, want)
	return fmt.Errorf("it says %q where judging again gives %q", says, gives)
}

// compareCounted names the first key image for which evidence differs from what judging made of the same evidence.
func (r *replay) compareCounted(digest swap.Hash, want []byte) error {
	raw, err := r.att.Attachment(digest)
	if err != nil {
		return err
	}
	got, err := swap.ParseEvidence(raw)
	if err != nil {
		return err
	}
	again, err := swap.ParseEvidence(want)
	if err != nil {
		return err
	}
	for _, image := range got.Counted {
		if !slices.Contains(again.Counted, image) {
			return fmt.Errorf("its evidence counts key image %s, which does not count", image)
		}
	}
	for _, image := range again.Counted {
		if !slices.Contains(got.Counted, image) {
			return fmt.Errorf("its evidence leaves out key image %s, which counts", image)
		}
	}
	return fmt.Errorf("its evidence is %s, judged again %s", digest, swap.Digest(want))
}

// expectPending says which claim must follow an accepted proof: the one that came with it, if it is still acceptable. It
// runs after the entry is applied.
func (r *replay) expectPending(e *swap.ProofAccepted, x *examined) error {
	if x.complete {
		r.report.add(countImages, e.Counted)
	}
	p, err := r.tables.Proof(e.Received)
	if err != nil || p.Pending == nil {
		return err
	}
	c, err := swap.VerifyClaim(r.terms, p.Pending.Oxen, p.Pending.Text, p.Pending.Signature)
	if err != nil {
		return nil // was reported when the proof was received
	}
	var refusal *swap.Refusal
	switch err := r.admit(p.Pending, c, x); {
	case err == nil:
		r.proofs.follows = &pendingClaim{p.Pending, x.entry.Seq}
	case !errors.As(err, &refusal):
		return err
	}
	return nil
}

// checkFollows refuses anything but the claim of a proof that was just accepted.
func (r *replay) checkFollows(event swap.Event) error {
	p := r.proofs.follows
	r.proofs.follows = nil
	if p == nil {
		return nil
	}
	if c, ok := event.(*swap.ClaimAccepted); ok && *c == *p.claim {
		return nil
	}
	return fmt.Errorf("the claim that came with the proof which entry %d accepts should be here", p.judged)
}

// endProofs reports what the log leaves open.
func (r *replay) endProofs() error {
	if p := r.proofs.follows; p != nil {
		r.report.entry(p.judged, (*swap.ProofAccepted)(nil).Kind(), "the claim that came with the proof should follow")
	}
	waiting := uint64(0)
	if err := r.tables.Proofs(func(p swap.Proof) error {
		if p.Status == swap.ReceivedProof {
			waiting++
		}
		return nil
	}); err != nil {
		return err
	}
	if waiting > 0 {
		r.report.notChecked(uncheckedQueue, waiting)
	}
	return nil
}
