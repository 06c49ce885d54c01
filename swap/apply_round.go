package swap

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func (e *ClaimRefused) apply(a *applier) error {
	entitled, err := Entitled(a, a.m.Terms, e.Account)
	if err != nil {
		return err
	}
	if !entitled {
		return errors.New("an account without stake or rewards leaves no entry")
	}
	if _, err := a.RefusedClaim(e.Digest()); !errors.Is(err, ErrNotFound) {
		return err // nil: refused before, as ledgers may say that were written before this was remembered
	}
	return a.SetRefusedClaim(e.Digest(), a.seq)
}

// Digest names a refused claim, so that whoever sends it again leaves no second entry.
func (e *ClaimRefused) Digest() Hash {
	return Digest([]byte(e.Oxen + "\n" + e.Text + "\n" + e.Signature + "\n" + string(e.Reason)))
}

func (e *ClaimChecked) apply(a *applier) error {
	if e.Claim >= a.seq {
		return fmt.Errorf("claim %d does not exist yet", e.Claim)
	}
	return e.Code.valid()
}

func (e *RoundBuilt) apply(a *applier) error {
	rounds, err := a.Rounds()
	if err != nil {
		return err
	}
	last := uint64(0)
	for _, r := range rounds {
		if r.Status.Open() {
			return fmt.Errorf("round %d is still %s: finish or abandon it first", r.Round, r.Status)
		}
		last = r.Round
	}
	if e.Round != last+1 {
		return fmt.Errorf("round %d: expected %d", e.Round, last+1)
	}
	if e.Cutoff == 0 || e.Cutoff > a.seq {
		return fmt.Errorf("cut-off %d: expected 1 to %d entries", e.Cutoff, a.seq)
	}
	if a.m.RulesInForce() != Rules1 {
		if age, err := CutoffAge(a, e.Cutoff, a.seq, a.at); err != nil {
			return err
		} else if age > MaxCutoffAge {
			return &StaleCutoffError{e.Cutoff, age}
		}
	}
	list, err := e.list(a.att)
	if err != nil {
		return err
	}
	var sum Sesh
	for _, l := range list {
		if sum, err = add(sum, l.Amount, "allocations"); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return errors.New("the allocation list is empty")
	}
	if uint64(len(list)) != e.Lines || sum != e.Amount {
		return fmt.Errorf("the list has %d lines and %s, the entry says %d and %s", len(list), sum, e.Lines, e.Amount)
	}
	if err := a.SetRound(Round{RoundBuilt: *e, Status: BuiltRound, Entry: a.seq}); err != nil {
		return err
	}
	return a.SetAllocations(e.Round, list)
}

// MaxCutoffAge is how much older than its round.built the first entry may be that a round leaves
// out, under Rules2. Otherwise whoever builds rounds could choose which claims come too late.
const MaxCutoffAge = 10 * time.Minute

// StaleCutoffError says that a round leaves out an entry that is too old to be left out.
type StaleCutoffError struct {
	Cutoff uint64
	Age    time.Duration
}

func (e *StaleCutoffError) Error() string {
	return fmt.Sprintf("cut-off %d: entry %d was recorded %s before the round and is not in it, at most %s may lie between: build the round again",
		e.Cutoff, e.Cutoff, e.Age.Round(time.Second), MaxCutoffAge)
}

// CutoffAge is how long before a round the first entry was recorded that it leaves out: 0 if it
// leaves out none. seq is that of the round's entry, and at its time.
func CutoffAge(t Tables, cutoff, seq uint64, at time.Time) (time.Duration, error) {
	if cutoff >= seq {
		return 0, nil
	}
	first, err := t.EntryTime(cutoff)
	if err != nil {
		return 0, fmt.Errorf("the time of entry %d: %w", cutoff, err)
	}
	return at.Sub(first), nil
}

// list is the entry's allocation list.
func (e *RoundBuilt) list(att Attachments) ([]Allocation, error) {
	if d, ok := att.(Decoded); ok {
		if list, ok := d.Allocations(e.Allocations); ok {
			return list, nil
		}
	}
	raw, err := att.Attachment(e.Allocations)
	if err != nil {
		return nil, err
	}
	return ParseAllocations(raw)
}

func (e *RoundApproved) apply(a *applier) error {
	r, err := a.Round(e.Round)
	if err != nil {
		return fmt.Errorf("round %d: %w", e.Round, err)
	}
	// A published round may need one more by limits that were lowered since, or for an operator who
	// is none any more.
	has, needs, err := Approvals(a, r, a.at)
	if err != nil {
		return err
	}
	if r.Status != BuiltRound && (!r.Status.Published() || len(has) >= needs) {
		return fmt.Errorf("round %d is %s already", e.Round, r.Status)
	}
	signer, err := OpenApproval(a.m.Config.Operators, e.Note, ApprovalText(a.m.Terms.Origin(), &r.RoundBuilt))
	if err != nil {
		return err
	}
	if slices.Contains(r.Approvals, signer) {
		return fmt.Errorf("%s has approved round %d already: the second approval must be another operator's", signer, e.Round)
	}
	r.Approvals, r.Needed = append(has, signer), needs
	if r.Status == BuiltRound && len(r.Approvals) >= needs {
		r.Status, r.Approved, r.Day = ApprovedRound, a.seq, day(a.at)
	}
	return a.SetRound(r)
}

func day(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// Approvals are the operators in force who have approved a round, and how many are needed by the
// limits in force: 2 for a round above a limit per recipient, per round, or per day with the rounds
// approved on the day before it, and 1 for others. The day is that of its approval; at is for a
// round that is not approved yet.
func Approvals(t Tables, r Round, at time.Time) (by []string, needed int, err error) {
	m, err := t.Migration()
	if err != nil {
		return nil, 0, err
	}
	rounds, err := t.Rounds()
	if err != nil {
		return nil, 0, err
	}
	on := day(at)
	if r.Approved > 0 {
		on = r.Day
	}
	today := r.Amount
	for _, other := range rounds {
		before := r.Approved == 0 || other.Approved < r.Approved
		if before && other.Status.Published() && other.Round != r.Round && other.Day.Equal(on) {
			if today, err = add(today, other.Amount, "amounts of the day"); err != nil {
				return nil, 0, err
			}
		}
	}
	// Who is no operator any more has approved nothing.
	by = slices.DeleteFunc(slices.Clone(r.Approvals), func(name string) bool {
		return !slices.ContainsFunc(m.Config.Operators, func(key string) bool { return strings.HasPrefix(key, name+"+") })
	})
	if limits := m.Config.Limits; r.Largest > limits.Recipient || r.Amount > limits.Round || today > limits.Day {
		return by, 2, nil
	}
	return by, 1, nil
}

func (e *RoundAbandoned) apply(a *applier) error {
	r, err := a.Round(e.Round)
	if err != nil {
		return fmt.Errorf("round %d: %w", e.Round, err)
	}
	if r.Status != BuiltRound && r.Status != ApprovedRound {
		return fmt.Errorf("round %d is %s: only a round whose proposal was never signed can be abandoned", e.Round, r.Status)
	}
	r.Status = AbandonedRound
	return a.SetRound(r)
}

func (e *Correction) apply(a *applier) error {
	if e.Entry >= a.seq {
		return fmt.Errorf("entry %d does not exist yet", e.Entry)
	}
	if _, ok := a.m.Alarms[e.Entry]; ok {
		a.m.Alarms = maps.Clone(a.m.Alarms)
		delete(a.m.Alarms, e.Entry)
		return a.SetMigration(a.m)
	}
	return nil
}
