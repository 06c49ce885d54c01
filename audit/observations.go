package audit

import (
	"fmt"
	"io/fs"

	"oxenswap/audit/observed"
	"oxenswap/swap"
)

// What is counted of an auditor's own observations.
const (
	countObserved      = "snapshots as you observed them yourself"
	uncheckedUnseen    = "snapshots at heights that you did not observe"
	uncheckedUnsettled = "snapshots that you observed in another block, which was not final when you last looked"
)

type snapshotMissed struct {
	unchecked
	event *swap.SnapshotMissed
}

// alone decides again, from the raw answers alone, that the height was missed.
func (c *snapshotMissed) alone(ex *examiner, x *examined) {
	if len(c.event.Daemons) == 0 {
		x.count(uncheckedMissing, 1)
		return
	}
	if !x.complete {
		return
	}
	agree := 0
	for _, d := range c.event.Daemons {
		if d.Agrees {
			agree++
		}
	}
	record, err := swap.MissSnapshot(ex.terms, max(agree, 1), c.event.Height, readSightings(ex, x, 0, c.event.Daemons))
	if err != nil {
		x.wrong("from the raw answers: %v", err)
		return
	}
	compareReports(x, c.event.Daemons, record.Event.(*swap.SnapshotMissed).Daemons)
}

func (c *snapshotMissed) after(r *replay, x *examined) error {
	r.missed = append(r.missed, missedHeight{x.entry.Seq, c.event.Height})
	return nil
}

// missedHeight is a snapshot.missed.
type missedHeight struct{ entry, height uint64 }

// compareObserved compares the log's snapshots with what the auditor observed.
func (r *replay) compareObserved(dir fs.FS) error {
	list, err := observed.List(dir)
	if err != nil {
		r.report.global("observed", err)
		return nil
	}
	byHeight := map[uint64]observed.About{}
	for _, a := range list {
		byHeight[a.Height] = a
	}
	snapshots, err := r.tables.Snapshots()
	if err != nil {
		return err
	}
	for _, s := range snapshots {
		if s.Status == swap.DiscardedSnapshot {
			continue
		}
		a, there := byHeight[s.Height]
		if !there {
			r.report.notChecked(uncheckedUnseen, 1)
			continue
		}
		if err := r.compareOne(dir, s, a); err != nil {
			return err
		}
	}
	for _, m := range r.missed {
		for _, a := range list {
			if m.height <= a.Height && a.Height <= r.terms.Window(m.height) {
				r.report.entry(m.entry, (*swap.SnapshotMissed)(nil).Kind(), fmt.Sprintf("you observed height %d yourself (block %s, content %s): it could have been taken", a.Height, a.BlockHash, a.Content))
				break
			}
		}
	}
	return nil
}

func (r *replay) compareOne(dir fs.FS, s swap.Snapshot, a observed.About) error {
	kind := (*swap.SnapshotTaken)(nil).Kind()
	own, err := observed.Read(dir, a)
	switch {
	case err != nil:
		r.report.global("observed", err)
		return nil
	case own.Genesis != r.terms.Oxen.Genesis:
		r.report.global("observed", fmt.Errorf("height %d was observed on another network, whose genesis block is %s", a.Height, own.Genesis))
		return nil
	case a.BlockHash != s.BlockHash && !a.Final:
		r.report.notChecked(uncheckedUnsettled, 1)
		return nil
	case a.Content == s.Digest:
		r.report.add(countObserved, 1)
		return nil
	}
	content, err := r.content(s.Height)
	if err != nil {
		return err
	}
	r.report.entry(s.Taken, kind, fmt.Sprintf("height %d: %s", s.Height, observed.Difference(content, &own.Content)))
	return nil
}
