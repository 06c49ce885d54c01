package swap

import (
	"errors"
	"fmt"
	"maps"
)

// minClaimingTime is how long, in seconds, the distributor stays open after the terms' closing, at
// least: 90 days.
const minClaimingTime = 90 * 24 * 60 * 60

func (e *DistributorDeployed) apply(a *applier) error {
	switch {
	case a.m.Distributor != nil:
		return fmt.Errorf("%s is the migration's distributor: a second one would pay everybody again", a.m.Distributor.Address)
	case e.ChainID != a.m.Terms.Token.ChainID:
		return fmt.Errorf("chain id %d: the terms' token is on %d", e.ChainID, a.m.Terms.Token.ChainID)
	case e.Token != EVMAddress(a.m.Terms.Token.Address):
		return fmt.Errorf("it pays %s: the terms' token is %s", e.Token, a.m.Terms.Token.Address)
	case e.ClosesAt < uint64(a.m.Closes.Unix())+minClaimingTime:
		return errors.New("it closes sooner than 90 days after the terms' closing")
	}
	d := e.Distributor
	a.m.Distributor = &d
	return a.SetMigration(a.m)
}

func (e *PushPlanned) apply(a *applier) error {
	r, err := a.Round(e.Round)
	if err != nil {
		return fmt.Errorf("round %d: %w", e.Round, err)
	}
	if r.Root != e.Root {
		return fmt.Errorf("round %d has another root", e.Round)
	}
	if err := a.live(r); err != nil {
		return err
	}
	last := a.m.Plans[e.Round].Number
	if e.Plan != last+1 {
		return fmt.Errorf("plan %d: expected %d", e.Plan, last+1)
	}
	open := false
	if err := a.AllAttempts(func(t Attempt) error {
		open = open || t.Purpose == PurposePush && (t.Status == SignedAttempt || t.Status == MinedAttempt)
		return nil
	}); err != nil {
		return err
	}
	if open {
		return errors.New("transactions of an earlier plan are not final yet")
	}
	if _, err := a.att.Attachment(e.List); err != nil {
		return err
	}
	a.m.Plans = maps.Clone(a.m.Plans)
	if a.m.Plans == nil {
		a.m.Plans = map[uint64]LastPlan{}
	}
	a.m.Plans[e.Round] = LastPlan{e.Plan, e.List}
	a.m.Rails = a.m.Rails.without(func(i Intent) bool { return i.Purpose == PurposePush && i.Round == e.Round })
	return a.SetMigration(a.m)
}

// live refuses a round whose root is not the one that can be claimed on chain: the last one that
// was activated.
func (a *applier) live(r Round) error {
	rounds, err := a.Rounds()
	if err != nil {
		return err
	}
	last := uint64(0)
	for _, other := range rounds {
		if other.Status == ActiveRound {
			last = other.Round
		}
	}
	if last != r.Round {
		return fmt.Errorf("round %d is %s, and round %d is live: only the root that is live on chain is pushed", r.Round, r.Status, last)
	}
	return nil
}

// The purposes of intents.
const (
	PurposeDeploy   = "deploy"
	PurposeFund     = "fund"
	PurposePropose  = "propose"
	PurposeActivate = "activate"
	PurposeCancel   = "cancel"
	PurposePause    = "pause"
	PurposeUnpause  = "unpause"
	PurposePush     = "push"
)

// ErrAlarm refuses a transaction while an alarm is open.
var ErrAlarm = errors.New("the chain differs from the ledger: nothing is sent until a person has looked at it")

func (e *TxSigned) apply(a *applier) error {
	if _, err := a.att.Attachment(e.Raw); err != nil {
		return err
	}
	if e.ChainID != a.m.Terms.Token.ChainID {
		return fmt.Errorf("chain id %d: the terms' token is on %d", e.ChainID, a.m.Terms.Token.ChainID)
	}
	// Whatever the chain says, stopping it must be possible at once; a no-op stops what has its
	// nonce.
	if len(a.m.Alarms) > 0 && e.Purpose != PurposePause && e.Purpose != PurposeCancel && !e.Noop {
		return ErrAlarm
	}
	if t, err := a.Attempt(e.Hash); err == nil {
		return fmt.Errorf("transaction %s is entry %d already", e.Hash, t.Entry)
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	earlier, err := a.Attempts(e.Intent)
	if err != nil {
		return err
	}
	if e.Attempt != uint64(len(earlier))+1 {
		return fmt.Errorf("attempt %d: expected %d", e.Attempt, len(earlier)+1)
	}
	for _, t := range earlier {
		if t.Nonce != e.Nonce || t.Sender != e.Sender {
			return fmt.Errorf("nonce %d of %s: earlier attempts of this intent have nonce %d of %s", e.Nonce, e.Sender, t.Nonce, t.Sender)
		}
		if t.Status == FinalizedAttempt || t.Status == FailedAttempt {
			return fmt.Errorf("attempt %d is %s: its nonce is used for good", t.Attempt, t.Status)
		}
		if t.Noop && !e.Noop {
			return fmt.Errorf("attempt %d is a no-op: the intent was given up", t.Attempt)
		}
	}
	users, err := a.NonceAttempts(e.ChainID, e.Sender, e.Nonce)
	if err != nil {
		return err
	}
	for _, t := range users {
		if t.Intent != e.Intent {
			return fmt.Errorf("nonce %d of %s belongs to another intent (%s, entry %d)", e.Nonce, e.Sender, t.Purpose, t.Entry)
		}
	}
	switch {
	case e.Noop:
		if len(earlier) == 0 || e.Amount != 0 {
			return errors.New("a no-op moves nothing and fills the nonce of an earlier attempt")
		}
	case e.Purpose == PurposePropose:
		r, err := a.Round(e.Round)
		if err != nil {
			return fmt.Errorf("round %d: %w", e.Round, err)
		}
		if r.Status != ApprovedRound && !(r.Status == ProposedRound && len(earlier) > 0) {
			return fmt.Errorf("round %d is %s: only an approved one is proposed", e.Round, r.Status)
		}
		r.Status = ProposedRound
		if err := a.SetRound(r); err != nil {
			return err
		}
	case e.Purpose == PurposePush:
		if a.m.Plans[e.Round].Number != e.Plan {
			return fmt.Errorf("plan %d of round %d is not the last one", e.Plan, e.Round)
		}
		if len(earlier) > 0 {
			break // its nonce must be filled, even if the root has been replaced since
		}
		r, err := a.Round(e.Round)
		if err != nil {
			return fmt.Errorf("round %d: %w", e.Round, err)
		}
		if err := a.live(r); err != nil {
			return err
		}
	}
	if err := a.passedRails(e.Intent); err != nil {
		return err
	}
	return a.SetAttempt(Attempt{TxSigned: *e, Status: SignedAttempt, Entry: a.seq, At: a.at, Last: a.seq})
}

func (a *applier) advance(hash Hash, status AttemptStatus) error {
	t, err := a.Attempt(hash)
	if err != nil {
		return fmt.Errorf("transaction %s: %w", hash, err)
	}
	if t.Status == FinalizedAttempt || t.Status == FailedAttempt {
		return fmt.Errorf("transaction %s is %s already", hash, t.Status)
	}
	t.Status, t.Last = status, a.seq
	return a.SetAttempt(t)
}

func (e *TxMined) apply(a *applier) error { return a.advance(e.Hash, MinedAttempt) }

func (e *TxFinalized) apply(a *applier) error {
	if !e.Success {
		return errors.New("it failed in its block")
	}
	t, err := a.Attempt(e.Hash)
	if err != nil {
		return fmt.Errorf("transaction %s: %w", e.Hash, err)
	}
	if !t.Noop {
		return a.advance(e.Hash, FinalizedAttempt)
	}
	if err := a.advance(e.Hash, FailedAttempt); err != nil {
		return err
	}
	return a.giveUp(t.Intent)
}

// giveUp ends an intent whose nonce a no-op has filled in a final block: no attempt of it can do
// anything any more, and a round whose proposal it was can be proposed again.
func (a *applier) giveUp(intent Intent) error {
	attempts, err := a.Attempts(intent)
	if err != nil {
		return err
	}
	for _, t := range attempts {
		if t.Status == SignedAttempt || t.Status == MinedAttempt {
			if err := a.advance(t.Hash, FailedAttempt); err != nil {
				return err
			}
		}
	}
	if intent.Purpose != PurposePropose {
		return nil
	}
	return a.unsent(intent.Round, ApprovedRound)
}

func (e *TxFailed) apply(a *applier) error {
	t, err := a.Attempt(e.Hash)
	if err != nil {
		return fmt.Errorf("transaction %s: %w", e.Hash, err)
	}
	if err := a.advance(e.Hash, FailedAttempt); err != nil {
		return err
	}
	if t.Purpose != PurposePropose {
		return nil
	}
	attempts, err := a.Attempts(t.Intent)
	if err != nil {
		return err
	}
	for _, other := range attempts {
		if other.Status != FailedAttempt {
			return nil
		}
	}
	return a.unsent(t.Round, CancelledRound)
}

// unsent gives a round whose own proposal has come to nothing another status, unless its root was
// proposed on chain all the same: somebody else with the publisher's key may have been first.
func (a *applier) unsent(number uint64, to RoundStatus) error {
	r, err := a.Round(number)
	if err != nil {
		return fmt.Errorf("round %d: %w", number, err)
	}
	if r.Status != ProposedRound || r.Proposed != 0 {
		return nil
	}
	r.Status = to
	return a.SetRound(r)
}

// alarm records that the chain says what this ledger did not cause. The entry stands; nothing is
// sent until a person has written a correction about it.
func (a *applier) alarm(format string, args ...any) error {
	a.m.Alarms = maps.Clone(a.m.Alarms)
	if a.m.Alarms == nil {
		a.m.Alarms = map[uint64]string{}
	}
	a.m.Alarms[a.seq] = fmt.Sprintf(format, args...)
	return a.SetMigration(a.m)
}

// known returns the round of an event of the distributor, or raises the alarm when the ledger knows
// no such root.
func (a *applier) known(number uint64, root Hash, at LogPosition) (Round, bool, error) {
	if err := a.seen(at); err != nil {
		return Round{}, false, err
	}
	r, err := a.Round(number)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return r, false, err
	}
	if err != nil || r.Root != root {
		return r, false, a.alarm("the distributor names root 0x%s for round %d, which this ledger did not build", root, number)
	}
	return r, true, nil
}

func (e *RootProposed) apply(a *applier) error {
	r, ok, err := a.known(e.Round, e.Root, e.LogPosition)
	if err != nil || !ok {
		return err
	}
	// Our own proposal may have failed because this one was first, and be recorded before it.
	late := false
	if r.Status == CancelledRound && r.Proposed == 0 {
		_, err := a.Round(e.Round + 1)
		if late = errors.Is(err, ErrNotFound); err != nil && !late {
			return err
		}
	}
	switch {
	case r.Status != ApprovedRound && r.Status != ProposedRound && !late:
		return a.alarm("round %d was proposed on chain while it was %s", e.Round, r.Status)
	case r.Total != e.Total:
		return a.alarm("round %d was proposed on chain with total %d instead of %d", e.Round, e.Total, r.Total)
	case e.LedgerSize != r.Approved+1:
		return a.alarm("round %d was proposed on chain for ledger size %d instead of %d", e.Round, e.LedgerSize, r.Approved+1)
	case e.OwnRoot != nil:
		return a.alarm("round %d was proposed on chain for a ledger with root 0x%s at size %d, this one has 0x%s", e.Round, e.LedgerRoot, e.LedgerSize, e.OwnRoot)
	}
	r.Status, r.Proposed = ProposedRound, a.seq
	return a.SetRound(r)
}

func (e *RootActivated) apply(a *applier) error {
	r, ok, err := a.known(e.Round, e.Root, e.LogPosition)
	if err != nil || !ok {
		return err
	}
	if r.Status != ProposedRound {
		return a.alarm("round %d was activated on chain while it was %s", e.Round, r.Status)
	}
	r.Status = ActiveRound
	return a.SetRound(r)
}

func (e *RootCancelled) apply(a *applier) error {
	r, ok, err := a.known(e.Round, e.Root, e.LogPosition)
	if err != nil || !ok {
		return err
	}
	if r.Status != ProposedRound {
		return a.alarm("round %d was cancelled on chain while it was %s", e.Round, r.Status)
	}
	r.Status = CancelledRound
	return a.SetRound(r)
}

func (e *PayoutSeen) apply(a *applier) error {
	if err := a.seen(e.LogPosition); err != nil {
		return err
	}
	return a.SetPayout(Payout{PayoutSeen: *e, Entry: a.seq})
}

func (e *DistributorSeen) apply(a *applier) error { return a.seen(e.LogPosition) }

// seen refuses an event of the distributor that is recorded already.
func (a *applier) seen(p LogPosition) error {
	if a.m.Distributor == nil {
		return errors.New("there is no distributor yet")
	}
	entry, err := a.SeenLog(p.Tx, p.LogIndex)
	switch {
	case err == nil:
		return fmt.Errorf("log %d of transaction %s is entry %d already", p.LogIndex, p.Tx, entry)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return a.SetSeenLog(p, a.seq)
}
