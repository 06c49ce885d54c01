package swap

import (
	"errors"
	"fmt"
	"time"
)

func (e *ProofReceived) apply(a *applier) error {
	programme, ok := a.m.Terms.CoinsProgramme()
	if !ok {
		return errors.New("the terms convert no coins by proof")
	}
	if err := programme.open(a.m, a.at); err != nil {
		return err
	}
	snapshot, err := CoinsSnapshot(a, a.m)
	if err != nil {
		return err
	}
	if snapshot.Height != e.Height {
		return fmt.Errorf("proofs are judged for the snapshot of height %d, not %d", snapshot.Height, e.Height)
	}
	if (e.Claim == nil) == (e.Pending == nil) {
		return errors.New("expected either the entry of a claim or a claim that comes with the proof")
	}
	p := Proof{ProofReceived: *e, Received: a.seq, At: a.at, Status: ReceivedProof}
	if e.Pending != nil {
		c, err := e.Pending.Claim(a.m.Terms)
		if err != nil {
			return err
		}
		if c.Account != e.Account || c.Oxen != e.Oxen || c.Sequence == 0 {
			return errors.New("the claim that comes with the proof is another account's")
		}
		p.Text = c.Text
	} else {
		c, err := a.ClaimAt(*e.Claim)
		if err != nil {
			return fmt.Errorf("claim of entry %d: %w", *e.Claim, err)
		}
		if c.Account != e.Account || c.Oxen != e.Oxen || c.Sequence == 0 {
			return fmt.Errorf("entry %d is no numbered claim of this account", *e.Claim)
		}
		p.Text = c.Text
	}
	if other, err := a.HandedIn(e.Account, e.Proof); err == nil && other.Status != FreedProof {
		return fmt.Errorf("the same proof is entry %d already", other.Received)
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := a.present(e.Proof); err != nil {
		return err
	}
	return a.SetProof(p)
}

// open refuses what comes before the programme opens or after it closes. A later closing of the
// migration moves that of the programmes that close with it.
func (p *Programme) open(m Migration, at time.Time) error {
	closes := p.Closes
	if closes.Equal(m.Terms.Closes) {
		closes = m.Closes
	}
	switch {
	case at.Before(p.Opens):
		return RefuseProof(CheckProgramme, "%s opens at %s", p.Name, p.Opens.Format(time.RFC3339))
	case at.After(closes):
		return RefuseProof(CheckProgramme, "%s closed at %s", p.Name, closes.Format(time.RFC3339))
	}
	return nil
}

// present refuses an attachment that is missing; one that is withheld is there for others.
func (a *applier) present(h Hash) error {
	if _, err := a.att.Attachment(h); err != nil && !errors.Is(err, ErrWithheld) {
		return err
	}
	return nil
}

// judged returns the proof that an entry is about, which must not be judged yet.
func (a *applier) judged(received uint64, account Account) (Proof, error) {
	p, err := a.Proof(received)
	if err != nil {
		return p, fmt.Errorf("proof.received %d: %w", received, err)
	}
	if p.Account != account {
		return p, fmt.Errorf("the proof of entry %d is another account's", received)
	}
	if p.Status != ReceivedProof {
		return p, fmt.Errorf("the proof of entry %d is %s already (entry %d)", received, p.Status, p.Judged)
	}
	p.Judged = a.seq
	return p, nil
}

func (e *ProofAccepted) apply(a *applier) error {
	p, err := a.judged(e.Received, e.Account)
	if err != nil {
		return err
	}
	s, err := a.Snapshot(e.Height)
	if err != nil {
		return fmt.Errorf("snapshot of height %d: %w", e.Height, err)
	}
	if e.Height != p.Height || s.Status == DiscardedSnapshot || s.Digest != e.Snapshot {
		return errors.New("it was judged for another snapshot")
	}
	left := uint64(0)
	for _, n := range e.LeftOut {
		left += n
	}
	if e.Counted == 0 || e.Counted > p.Outputs || left != p.Outputs-e.Counted {
		return fmt.Errorf("%d outputs count and %d do not, of %d", e.Counted, left, p.Outputs)
	}
	if err := a.quorumOf(e.Daemons); err != nil {
		return err
	}
	switch raw, err := a.att.Attachment(e.Evidence); {
	case errors.Is(err, ErrWithheld):
	case err != nil:
		return err
	default:
		evidence, err := ParseEvidence(raw)
		if err != nil {
			return err
		}
		if uint64(len(evidence.Counted)) != e.Counted {
			return fmt.Errorf("%d outputs count, the evidence says %d", e.Counted, len(evidence.Counted))
		}
		if err := a.SetKeyImages(e.Received, evidence.Counted); err != nil {
			return err
		}
	}
	p.Status, p.Counted, p.Total, p.Staked = AcceptedProof, e.Counted, e.Total, e.Staked
	return a.SetProof(p)
}

// quorumOf refuses a decision about coins for which too few daemons speak, or one twice.
func (a *applier) quorumOf(daemons []string) error {
	var reports []DaemonReport
	for _, d := range daemons {
		reports = append(reports, DaemonReport{Daemon: d, Agrees: true})
	}
	return a.quorum(reports)
}

func (e *ProofRefused) apply(a *applier) error {
	p, err := a.judged(e.Received, e.Account)
	if err != nil {
		return err
	}
	if err := a.quorumOf(e.Daemons); err != nil {
		return err
	}
	if err := a.present(e.Evidence); err != nil {
		return err
	}
	p.Status, p.Check = RefusedProof, e.Check
	return a.SetProof(p)
}

// free ends proofs that are judged or to be judged for a snapshot that does not count, and frees
// their key images.
func (a *applier) free(which func(Proof) bool) error {
	var proofs []Proof
	if err := a.Proofs(func(p Proof) error {
		if which(p) && (p.Status == AcceptedProof || p.Status == ReceivedProof) {
			proofs = append(proofs, p)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, p := range proofs {
		p.Status, p.Judged = FreedProof, a.seq
		if err := a.SetProof(p); err != nil {
			return err
		}
		if err := a.FreeKeyImages(p.Received); err != nil {
			return err
		}
	}
	return nil
}
