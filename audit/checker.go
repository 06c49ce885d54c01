package audit

import (
	"context"

	"oxenswap/swap"
)

// checker checks one entry, beside what swap.Apply checks of every entry. Each kind of entry has
// its own, which keeps between the calls what it has read. The calls come in this order; the replay
// stops making the later two at the first bundle that it cannot read. What is wrong is returned, or
// noted in the examined entry.
type checker interface {
	// alone checks what the entry says as far as no other entry is needed, and reads its
	// attachments if all of them are in the export (examined.complete). Entries are examined in
	// parallel, so it must not touch what they share.
	alone(*examiner, *examined)
	// before checks what needs the tables as they were before the entry. Entries come in the order
	// of the log, one at a time.
	before(context.Context, *replay, *examined) error
	// after checks what needs the tables with the entry applied. It is not called if swap.Apply
	// refused the entry.
	after(*replay, *examined) error
}

// unchecked checks nothing. A checker embeds it for the steps that its kind does not need.
type unchecked struct{}

func (unchecked) alone(*examiner, *examined)                       {}
func (unchecked) before(context.Context, *replay, *examined) error { return nil }
func (unchecked) after(*replay, *examined) error                   { return nil }

// checkers makes the checker of an entry, by kind. It must have every kind that swap decodes.
var checkers = newCheckers(
	// swap.Apply checks all that there is to check of these.
	applied[*swap.MigrationOpened](),
	applied[*swap.ConfigSet](),
	applied[*swap.RulesSet](),
	applied[*swap.RoundAbandoned](),
	applied[*swap.TxMined](),
	applied[*swap.TxFinalized](),
	applied[*swap.TxFailed](),

	row(func(*swap.TermsExtended) checker { return signedNote{} }),
	row(func(*swap.RoundApproved) checker { return signedNote{} }),
	row(func(e *swap.KeyRotated) checker { return &keyRotated{event: e} }),
	row(func(e *swap.SnapshotTaken) checker { return &snapshotTaken{event: e} }),
	row(func(e *swap.SnapshotFinalized) checker { return &snapshotFinalized{event: e} }),
	row(func(e *swap.SnapshotDiscarded) checker { return &snapshotDiscarded{event: e} }),
	row(func(e *swap.SnapshotMissed) checker { return &snapshotMissed{event: e} }),
	row(func(e *swap.SnapshotEvidence) checker { return &snapshotEvidence{event: e} }),
	row(func(e *swap.LegacyImported) checker { return &legacyImported{event: e} }),
	row(func(e *swap.ClaimAccepted) checker { return &claimAccepted{event: e} }),
	row(func(e *swap.ClaimRefused) checker { return &claimRefused{event: e} }),
	row(func(e *swap.ClaimChecked) checker { return &claimChecked{event: e} }),
	row(func(e *swap.ProofReceived) checker { return &proofReceived{event: e} }),
	row(func(e *swap.ProofAccepted) checker { return &proofAccepted{event: e} }),
	row(func(e *swap.ProofRefused) checker { return &proofRefused{event: e} }),
	row(func(e *swap.RoundBuilt) checker { return &roundBuilt{event: e} }),
	row(func(e *swap.DistributorDeployed) checker { return &distributorDeployed{event: e} }),
	row(func(e *swap.PushPlanned) checker { return &pushPlanned{event: e} }),
	row(func(e *swap.RailHit) checker { return &railHit{event: e} }),
	row(func(e *swap.TxSigned) checker { return &txSigned{event: e} }),
	row(func(e *swap.RootProposed) checker { return &rootProposed{event: e} }),
	row(func(e *swap.RootActivated) checker { return &rootActivated{event: e} }),
	row(func(e *swap.RootCancelled) checker { return &rootCancelled{event: e} }),
	row(func(e *swap.PayoutSeen) checker { return &payoutSeen{event: e} }),
	row(func(e *swap.DistributorSeen) checker { return &distributorSeen{event: e} }),
	row(func(e *swap.ChainDiffers) checker { return &chainDiffers{event: e} }),
	row(func(e *swap.Correction) checker { return &correction{event: e} }),
)

// checkerRow is a row of the table.
type checkerRow struct {
	kind       string
	newChecker func(swap.Event) checker
}

func newCheckers(rows ...checkerRow) map[string]func(swap.Event) checker {
	table := make(map[string]func(swap.Event) checker, len(rows))
	for _, row := range rows {
		table[row.kind] = row.newChecker
	}
	return table
}

// row gives the row of the kind whose body is E.
func row[E swap.Event](newChecker func(E) checker) checkerRow {
	var body E // nil: a kind's name does not depend on the body
	return checkerRow{body.Kind(), func(e swap.Event) checker { return newChecker(e.(E)) }}
}

// applied is the row of a kind of which nothing is left to check.
func applied[E swap.Event]() checkerRow {
	return row(func(E) checker { return unchecked{} })
}

// signedNote is an entry with an operator's signed note, which swap.Apply verifies.
type signedNote struct{ unchecked }

func (signedNote) after(r *replay, _ *examined) error {
	r.report.add("operators' signed notes", 1)
	return nil
}

type railHit struct {
	unchecked
	event *swap.RailHit
}

func (c *railHit) alone(_ *examiner, x *examined) {
	if c.event.Asked <= c.event.Limit {
		x.wrong("%s asked do not pass the limit %d", c.event.Asked.In(c.event.Rail), c.event.Limit)
	}
}

type correction struct {
	unchecked
	event *swap.Correction
}

func (c *correction) alone(ex *examiner, x *examined) {
	if x.complete && c.event.Evidence != nil {
		ex.read(x, *c.event.Evidence)
	}
}
