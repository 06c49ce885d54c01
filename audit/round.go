package audit

import (
	"bytes"
	"errors"
	"fmt"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// rebuiltRound is a round as the tables at its cut-off give it.
type rebuiltRound struct {
	files *swap.RoundFiles
	err   error
	uses  int // rounds of the log with this cut-off that are still to come
}

// rebuild computes the round of the present size of the log, if one was built from it.
func (r *replay) rebuild(uses int) {
	b := &rebuiltRound{uses: uses}
	b.files, b.err = swap.BuildRound(&r.tables, r.done)
	if b.files != nil {
		b.files.Tree = nil // the root is in the event
	}
	r.rebuilt[r.done] = b
}

// checkRound compares a round, byte for byte, with the one rebuilt at its cut-off.
func (r *replay) checkRound(e *swap.RoundBuilt, x *examined) error {
	b := r.rebuilt[e.Cutoff]
	if b == nil {
		return fmt.Errorf("its cut-off %d is not a size that the log had before", e.Cutoff)
	}
	if b.uses--; b.uses == 0 {
		delete(r.rebuilt, e.Cutoff)
	}
	if b.err != nil {
		return fmt.Errorf("rebuilt from the first %d entries: %w", e.Cutoff, b.err)
	}
	r.report.add("rounds rebuilt", 1)
	r.report.add("allocations recomputed", b.files.Event.Lines)
	got, err := ledger.MarshalBody(e)
	if err != nil {
		return err
	}
	want, err := ledger.MarshalBody(&b.files.Event)
	if err != nil {
		return err
	}
	if bytes.Equal(got, want) {
		if x.complete {
			x.ready = decoded{r.att, e.Allocations, nil, b.files.List}
		}
		return nil
	}
	if e.Allocations != b.files.Event.Allocations {
		if err := r.compareLists("allocation list", e.Allocations, b.files.Allocations); err != nil {
			return err
		}
	}
	if e.Leaves != b.files.Event.Leaves {
		if err := r.compareLists("leaves", e.Leaves, b.files.Leaves); err != nil {
			return err
		}
	}
	if e.Root != b.files.Event.Root {
		return fmt.Errorf("the root of its leaves is 0x%s, the entry says 0x%s", b.files.Event.Root, e.Root)
	}
	says, gives := difference(got, want)
	return fmt.Errorf("it says %q where the first %d entries give %q", says, e.Cutoff, gives)
}

// difference cuts out the place where two bodies begin to differ.
func difference(got, want []byte) (says, gives []byte) {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-40)
	return got[from:min(len(got), i+40)], want[from:min(len(want), i+40)]
}

// compareLists names the first line in which a list of the export differs from the recomputed one.
func (r *replay) compareLists(name string, digest swap.Hash, want []byte) error {
	got, err := r.att.Attachment(digest)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for n := 1; ; n++ {
		var a, b []byte
		a, got, _ = bytes.Cut(got, []byte("\n"))
		b, want, _ = bytes.Cut(want, []byte("\n"))
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%s, line %d: recomputed %s; the export has %s", name, n, orNothing(b), orNothing(a))
		}
		if len(got) == 0 && len(want) == 0 {
			return fmt.Errorf("%s: other line ends than recomputed", name)
		}
	}
}

func orNothing(line []byte) []byte {
	if len(line) == 0 {
		return []byte("nothing")
	}
	return line
}

// checkRefused decides a refused claim again. It runs before the entry is applied.
func (r *replay) checkRefused(e *swap.ClaimRefused, c swap.Claim, x *examined) error {
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	var refusal *swap.Refusal
	switch err := swap.AdmitClaim(&r.tables, m, c, x.entry.Time); {
	case err == nil && e.Reason != swap.ReasonContract:
		return fmt.Errorf("it was refused (%s), and nothing speaks against it", e.Reason)
	case err == nil:
		return nil // what was seen at the recipient is beyond any log
	case !errors.As(err, &refusal):
		return err
	case refusal.Reason != e.Reason:
		return fmt.Errorf("it was refused for %q, the reason is %q", e.Reason, refusal.Reason)
	}
	return nil
}

// checkLegacy imports the legacy file again and keeps its winners for the entries that follow.
func (r *replay) checkLegacy(e *swap.LegacyImported, f *legacyFile, x *examined) error {
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	again, taken, err := swap.ImportLegacy(&r.tables, m, f.data, f.lines, x.entry.Time)
	if err != nil {
		return err
	}
	r.legacy = taken
	got, err := ledger.MarshalBody(e)
	if err != nil {
		return err
	}
	want, err := ledger.MarshalBody(&again)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("imported again, the file gives %s", want)
	}
	return nil
}

// checkLegacyClaim compares a legacy claim with the file's next winner.
func (r *replay) checkLegacyClaim(e *swap.ClaimAccepted) error {
	if len(r.legacy) == 0 {
		return errors.New("the legacy file has no such claim")
	}
	c := r.legacy[0]
	r.legacy = r.legacy[1:]
	if c.Oxen != e.Oxen || c.Text != e.Text || c.Signature != e.Signature || c.Recipient != e.Recipient || c.Integrated != e.Integrated {
		return fmt.Errorf("the legacy file's next claim is of %s for %s", c.Oxen, c.Recipient)
	}
	return nil
}

// checkDecision decides again, from the raw answers and the quorum in force, what became of a snapshot. It runs before
// the entry is applied.
func (r *replay) checkDecision(height uint64, reports []swap.DaemonReport, saw []swap.Saw, x *examined) error {
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	s, err := r.tables.Snapshot(height)
	if err != nil {
		return fmt.Errorf("snapshot of height %d: %w", height, err)
	}
	record, err := swap.DecideSnapshot(r.terms, m.Config.Quorum, s, saw)
	if err != nil {
		return fmt.Errorf("from the raw answers: %w", err)
	}
	if record.Event.Kind() != x.entry.Kind {
		return fmt.Errorf("by the raw answers it is %s", record.Event.Kind())
	}
	switch again := record.Event.(type) {
	case *swap.SnapshotFinalized:
		sameReports(x, reports, again.Daemons)
	case *swap.SnapshotDiscarded:
		if now := x.event.(*swap.SnapshotDiscarded).Now; again.Now != now {
			return fmt.Errorf("the chain has block %s there now, the entry says %s", again.Now, now)
		}
		sameReports(x, reports, again.Daemons)
	}
	return nil
}
