package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// What is counted of proofs of coins. A judgement takes from daemons without proof only the blocks
// of outputs and whether they were spent: transactions are compared with their hashes.
const (
	countOwners      = "owners' signatures of proofs"
	countJudged      = "proofs judged again"
	countOutputs     = "outputs verified"
	countImages      = "key images unique"
	uncheckedProofs  = "proofs that are withheld from a public export"
	uncheckedDaemons = "proofs for which daemons' word stands: blocks of outputs, and whether they were spent"
	uncheckedQueue   = "proofs that wait to be judged"
)

// proofs is what judging proofs needs besides the tables. Neither proofs nor evidence are kept.
type proofs struct {
	snapshot oneAttachment
	hidden   bool          // the export withholds key images that count: what else counts is not known
	next     *pendingClaim // must be the next entry; nil: any entry may be
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

type proofReceived struct {
	event *swap.ProofReceived
	claim *swap.Claim // that came with the proof; nil: none, or it is not signed well
}

func (c *proofReceived) alone(ex *examiner, x *examined) {
	if p := c.event.Pending; p != nil {
		c.claim = ex.verify(x, swap.Claim{
			Text: p.Text, Signature: p.Signature, Oxen: p.Oxen, Account: p.Account, Recipient: p.Recipient,
			Sequence: p.Sequence,
		})
	}
}

// before decides again whether the claim may come with a proof: only an account's lack of stake is
// no reason against it.
func (c *proofReceived) before(_ context.Context, r *replay, x *examined) error {
	if c.claim == nil {
		return nil
	}
	err := r.admit(c.event.Pending, *c.claim, x.entry.Time)
	var refusal *swap.Refusal
	if errors.As(err, &refusal) && refusal.Reason == swap.ReasonNotEntitled {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("the claim that comes with it: %w", err)
	}
	return nil
}

func (r *replay) admit(e *swap.ClaimAccepted, c swap.Claim, received time.Time) error {
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	if err := swap.AdmitClaim(&r.tables, m, c, received); err != nil {
		return err
	}
	return m.CheckCode(e.Code, e.Recipient)
}

// after verifies that the account itself has signed the proof, for the text of its claim.
func (c *proofReceived) after(r *replay, x *examined) error {
	if !x.complete {
		return nil
	}
	e := c.event
	text, err := r.attachments.Attachment(e.Proof)
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

type proofAccepted struct {
	unchecked
	event *swap.ProofAccepted
}

func (c *proofAccepted) before(ctx context.Context, r *replay, x *examined) error {
	e := c.event
	record, err := r.judge(ctx, x, judgement{e.Received, x.entry.Seq, e.Daemons, e.Evidence, true})
	if record == nil {
		return err
	}
	switch again := record.Event.(type) {
	case *swap.ProofRefused:
		return fmt.Errorf("judged again it is refused: %s: %s", again.Check, again.Detail)
	case *swap.ProofAccepted:
		if e.Evidence != again.Evidence {
			return r.compareCounted(e.Evidence, record.Attachments[0])
		}
	}
	return compareJudgement(e, record.Event)
}

// after says which claim must follow the accepted proof: the one that came with it, if it is still
// acceptable.
func (c *proofAccepted) after(r *replay, x *examined) error {
	if x.complete {
		r.report.add(countImages, c.event.Counted)
	}
	p, err := r.tables.Proof(c.event.Received)
	if err != nil || p.Pending == nil {
		return err
	}
	claim, err := swap.VerifyClaim(r.terms, p.Pending.Oxen, p.Pending.Text, p.Pending.Signature)
	if err != nil {
		return nil // was reported when the proof was received
	}
	var refusal *swap.Refusal
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	switch err := r.admit(p.Pending, claim, p.ClaimReceived(m.RulesInForce(), x.entry.Time)); {
	case err == nil:
		r.proofs.next = &pendingClaim{p.Pending, x.entry.Seq}
	case !errors.As(err, &refusal):
		return err
	}
	return nil
}

type proofRefused struct {
	unchecked
	event *swap.ProofRefused
}

func (c *proofRefused) before(ctx context.Context, r *replay, x *examined) error {
	e := c.event
	record, err := r.judge(ctx, x, judgement{e.Received, x.entry.Seq, e.Daemons, e.Evidence, false})
	if record == nil {
		return err
	}
	switch again := record.Event.(type) {
	case *swap.ProofAccepted:
		return fmt.Errorf("judged again it is accepted: %d outputs count, %s", again.Counted, again.Total)
	case *swap.ProofRefused:
		again.Detail = e.Detail // text for people, which a later release may word otherwise
		if e.Evidence != again.Evidence {
			return r.compareCounted(e.Evidence, record.Attachments[0])
		}
	}
	return compareJudgement(e, record.Event)
}

// judgement is what an entry says that a proof was judged by.
type judgement struct {
	received uint64 // the proof.received
	entry    uint64
	daemons  []string
	evidence swap.Hash
	accepted bool // its key images count
}

// judge decides again what came of a proof, with the tables as they were before the entry, and
// gives the record that should follow. It is nil if there is none to compare with: the error says
// why, or it was reported already.
func (r *replay) judge(ctx context.Context, x *examined, j judgement) (*swap.Record, error) {
	m, err := r.tables.Migration()
	if err != nil {
		return nil, err
	}
	if len(j.daemons) > m.Config.Daemons {
		return nil, fmt.Errorf("%d daemons gave the same evidence, %d are configured", len(j.daemons), m.Config.Daemons)
	}
	for i := 1; i < len(j.daemons); i++ {
		if j.daemons[i-1] >= j.daemons[i] {
			return nil, errors.New("the daemons are not in the order of their names, each once")
		}
	}
	record, err := r.judgeAgain(ctx, m, j)
	switch {
	case errors.Is(err, swap.ErrNotFound):
		return nil, nil // applying the entry says so
	case errors.Is(err, swap.ErrWithheld):
		r.report.notChecked(uncheckedProofs, 1)
		r.proofs.hidden = r.proofs.hidden || j.accepted && !x.complete
		return nil, nil
	case errors.Is(err, swap.ErrAttachment) && !x.complete:
		return nil, nil // was reported already
	case err != nil:
		return nil, err
	}
	r.report.add(countJudged, 1)
	if len(r.options.Oxen.Daemons) == 0 {
		r.report.notChecked(uncheckedDaemons, 1)
	} else {
		r.report.notChecked(uncheckedSpent, 1)
	}
	return &record, nil
}

// judgeAgain gives the record that should follow the evidence.
func (r *replay) judgeAgain(ctx context.Context, m swap.Migration, j judgement) (swap.Record, error) {
	if r.proofs.hidden {
		return swap.Record{}, swap.ErrWithheld
	}
	p, err := r.tables.Proof(j.received)
	if err != nil {
		return swap.Record{}, err
	}
	raw, err := r.attachments.Attachment(j.evidence)
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
	record, report, err := swap.JudgeProof(ctx, &r.tables, &r.proofs.snapshot, m, j.received, j.daemons, parsed)
	if err == nil && report.Good() {
		r.report.add(countOutputs, uint64(len(report.Outputs)))
		if j.accepted {
			r.keepMined(j.received, j.entry, &report)
		}
	}
	return record, err
}

// compareJudgement compares an entry, byte for byte, with the one that judging again gives.
func compareJudgement(event, again swap.Event) error {
	got, err := ledger.MarshalBody(event)
	if err != nil {
		return err
	}
	want, err := ledger.MarshalBody(again)
	if err != nil {
		return err
	}
	if bytes.Equal(got, want) {
		return nil
	}
	says, gives := difference(got, want)
	return fmt.Errorf("it says %q where judging again gives %q", says, gives)
}

// compareCounted names the first key image for which evidence differs from what judging made of the
// same evidence.
func (r *replay) compareCounted(digest swap.Hash, want []byte) error {
	raw, err := r.attachments.Attachment(digest)
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

// checkNext refuses anything but the claim of a proof that was just accepted.
func (r *replay) checkNext(x *examined) error {
	p := r.proofs.next
	r.proofs.next = nil
	if p == nil {
		return nil
	}
	if x.claim != nil && *x.claim == *p.claim {
		return nil
	}
	return fmt.Errorf("the claim that came with the proof which entry %d accepts should be here", p.judged)
}

// endProofs reports what the log leaves open.
func (r *replay) endProofs() error {
	if p := r.proofs.next; p != nil {
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
