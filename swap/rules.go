package swap

import (
	"errors"
	"fmt"
)

// Rules is the version of the rules under which a log is applied. An older log keeps its own: what
// it has decided stays decided. A log moves to later rules by rules.set, never back.
type Rules int

const (
	// Rules1 are those of logs whose migration.opened names none. Stakes are matched with coins by
	// key image, and nobody looks at the points of a stake.
	Rules1 Rules = 1
	// Rules2 check what strangers can put on chain, and who may change what.
	//
	//   - A stake counts only if its key image and its one-time key are points of prime order. What
	//     does not count stays in the snapshot and owes nothing. An image that is locked twice
	//     stops no snapshot: each locks an output of its own.
	//   - A coin is a counted stake's only if one-time key and amount agree; coins are unique by
	//     one-time key; an amount of 0 never counts. Proofs are judged by cryptonote.Rules2.
	//   - The time of receipt decides every date of a claim that comes with a proof of coins.
	//   - The first entry that a round leaves out is at most MaxCutoffAge older than the round.
	Rules2 Rules = 2
	// LatestRules are those of new logs.
	LatestRules = Rules2
)

// inForce reads the rules of a stored migration: logs of before there was a choice say nothing.
func (r Rules) inForce() Rules { return max(r, Rules1) }

// check refuses rules that this software does not know.
func (r Rules) check() error {
	if r != Rules1 && r != Rules2 {
		return fmt.Errorf("rules %d: this software knows %d to %d", r, Rules1, LatestRules)
	}
	return nil
}

// RulesSet moves a log to later rules.
type RulesSet struct {
	Rules Rules    `json:"rules"`
	Notes []string `json:"notes"` // of two operators in force, over RulesText
}

// RulesText is what an operator signs to move a log to later rules.
func RulesText(origin string, r Rules) string {
	return fmt.Sprintf("oxenswap change of the rules\n%s\nrules %d\n", origin, r)
}

// Kind implements Event.
func (*RulesSet) Kind() string { return "rules.set" }

// Attachments implements Event.
func (*RulesSet) Attachments() []Hash { return nil }

func (e *RulesSet) apply(a *applier) error {
	if err := e.Rules.check(); err != nil {
		return err
	}
	if e.Rules <= a.m.RulesInForce() {
		return fmt.Errorf("rules %d: the log is under rules %d, and rules never go back", e.Rules, a.m.RulesInForce())
	}
	if err := twoNotes(a.m.Config.Operators, e.Notes, RulesText(a.m.Terms.Origin(), e.Rules)); err != nil {
		return err
	}
	a.m.Rules = e.Rules
	return a.SetMigration(a.m)
}

// twoNotes checks that two operators have each signed a text.
func twoNotes(operators, notes []string, text string) error {
	if len(notes) != 2 {
		return fmt.Errorf("%d notes: two operators in force must sign", len(notes))
	}
	first, err := OpenApproval(operators, notes[0], text)
	if err != nil {
		return err
	}
	second, err := OpenApproval(operators, notes[1], text)
	if err != nil {
		return err
	}
	if first == second {
		return errors.New("both notes are " + first + "'s: the second must be another operator's")
	}
	return nil
}

// RulesInForce are the rules under which the next entry is applied.
func (m Migration) RulesInForce() Rules { return m.Rules.inForce() }
