package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"oxenswap/swap"
)

// queryTime bounds one take, or one look at all daemons.
const queryTime = 5 * time.Minute

// HeightError says that the daemons' top block is another one than the height at which a snapshot
// was asked for.
type HeightError struct{ Top, Want uint64 }

func (e *HeightError) Error() string {
	return fmt.Sprintf("the daemons' top block is %d, not %d: a snapshot is taken at the top", e.Top, e.Want)
}

// TakeSnapshot asks all daemons and records the snapshot on which a quorum agrees. A snapshot of
// the same block that was recorded before is returned with again. height is the only one that will
// do; 0: whichever the top is.
func TakeSnapshot(ctx context.Context, l swap.Ledger, daemons []swap.Daemon, height uint64) (taken *swap.SnapshotTaken, again bool, err error) {
	m, err := migration(ctx, l)
	if err != nil {
		return nil, false, err
	}
	record, err := observe(ctx, m, daemons)
	if err != nil {
		return nil, false, err
	}
	taken = record.Event.(*swap.SnapshotTaken)
	if height != 0 && taken.Height != height {
		return nil, false, &HeightError{taken.Height, height}
	}
	_, err = l.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		again = false
		s, err := t.Snapshot(taken.Height)
		switch {
		case err == nil && s.Status != swap.DiscardedSnapshot && s.Digest == taken.Content:
			again = true
			return nil, nil
		case err != nil && !errors.Is(err, swap.ErrNotFound):
			return nil, err
		}
		return []swap.Record{record}, nil
	})
	return taken, again, err
}

func observe(ctx context.Context, m swap.Migration, daemons []swap.Daemon) (swap.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	return swap.AgreeOnSnapshot(m.Terms, m.RulesInForce(), m.Config.Quorum, queryAll(daemons, func(d swap.Daemon) swap.ObservationAnswer {
		o, err := d.Observe(ctx)
		if err != nil {
			return swap.ObservationAnswer{Daemon: d.Name(), Err: err}
		}
		return swap.ObservationAnswer{Daemon: d.Name(), Observation: &o}
	}))
}

// Decided is what became of one taken snapshot.
type Decided struct {
	Height uint64              `json:"height"`
	Status swap.SnapshotStatus `json:"status"`
	Why    string              `json:"why,omitempty"` // it is still only taken
}

// FinalizeSnapshots asks all daemons about every snapshot that is neither final nor discarded, and
// records what they agree on.
func FinalizeSnapshots(ctx context.Context, l swap.Ledger, daemons []swap.Daemon) ([]Decided, error) {
	var m swap.Migration
	var taken []swap.Snapshot
	if err := l.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		if m, err = t.Migration(); err != nil {
			return err
		}
		all, err := t.Snapshots()
		taken = slices.DeleteFunc(all, func(s swap.Snapshot) bool { return s.Status != swap.TakenSnapshot })
		return err
	}); err != nil {
		return nil, err
	}
	out := []Decided{}
	for _, s := range taken {
		d, err := finalizeSnapshot(ctx, l, m, daemons, s)
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func finalizeSnapshot(ctx context.Context, l swap.Ledger, m swap.Migration, daemons []swap.Daemon, s swap.Snapshot) (Decided, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	record, err := swap.DecideSnapshot(m.Terms, m.Config.Quorum, s, queryAll(daemons, func(d swap.Daemon) swap.BlockAnswer {
		status, err := d.BlockAt(ctx, s.Height)
		if err != nil {
			return swap.BlockAnswer{Daemon: d.Name(), Err: err}
		}
		return swap.BlockAnswer{Daemon: d.Name(), Block: &status}
	}))
	if errors.Is(err, swap.ErrNotYet) {
		return Decided{s.Height, s.Status, err.Error()}, nil
	}
	if err != nil {
		return Decided{}, err
	}
	status := swap.FinalSnapshot
	if _, ok := record.Event.(*swap.SnapshotDiscarded); ok {
		status = swap.DiscardedSnapshot
	}
	_, err = l.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		now, err := t.Snapshot(s.Height)
		if err != nil {
			return nil, err
		}
		if now.Status != swap.TakenSnapshot || now.Taken != s.Taken { // another process has decided meanwhile
			status = now.Status
			return nil, nil
		}
		return []swap.Record{record}, nil
	})
	return Decided{Height: s.Height, Status: status}, err
}

// DueSnapshots are the heights that the terms name for which there is neither a snapshot nor a
// record that it was missed.
func DueSnapshots(ctx context.Context, l swap.Ledger) ([]uint64, error) {
	var due []uint64
	err := l.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err := t.Migration()
		if err != nil {
			return err
		}
		snapshots, err := t.Snapshots()
		if err != nil {
			return err
		}
		due = slices.DeleteFunc(m.Terms.Heights(), func(h uint64) bool {
			return slices.Contains(m.Missed, h) || slices.ContainsFunc(snapshots, func(s swap.Snapshot) bool {
				return s.Status != swap.DiscardedSnapshot && h <= s.Height && s.Height <= m.Terms.Window(h)
			})
		})
		return nil
	})
	return due, err
}

// TopBlock is the highest block that a quorum of daemons has.
func TopBlock(ctx context.Context, daemons []swap.Daemon, quorum int) (uint64, error) {
	top, _, err := topBlock(ctx, daemons, quorum)
	return top, err
}

// topBlock is TopBlock with what each daemon answered.
func topBlock(ctx context.Context, daemons []swap.Daemon, quorum int) (uint64, []swap.BlockAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	answers := queryAll(daemons, func(d swap.Daemon) swap.BlockAnswer {
		status, err := d.BlockAt(ctx, 0)
		if err != nil {
			return swap.BlockAnswer{Daemon: d.Name(), Err: err}
		}
		return swap.BlockAnswer{Daemon: d.Name(), Block: &status}
	})
	var tops []uint64
	var errs []error
	for _, a := range answers {
		if a.Err == nil {
			tops = append(tops, a.Block.Top)
		}
		errs = append(errs, a.Err)
	}
	if len(tops) < quorum {
		return 0, nil, fmt.Errorf("%d of %d daemons answer, %d are needed: %w", len(tops), len(daemons), quorum, errors.Join(errs...))
	}
	slices.Sort(tops)
	return tops[len(tops)-quorum], answers, nil
}

// TakeDue takes a snapshot if one is due at the daemons' top block. taken is nil if none is, or if
// it was recorded before.
func TakeDue(ctx context.Context, l swap.Ledger, daemons []swap.Daemon) (taken *swap.SnapshotTaken, err error) {
	due, err := DueSnapshots(ctx, l)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	m, err := migration(ctx, l)
	if err != nil {
		return nil, err
	}
	top, err := TopBlock(ctx, daemons, m.Config.Quorum)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(due, func(h uint64) bool { return h <= top && top <= m.Terms.Window(h) }) {
		return nil, nil
	}
	taken, again, err := TakeSnapshot(ctx, l, daemons, 0)
	if err != nil {
		return nil, fmt.Errorf("at top block %d: %w", top, err)
	}
	if again {
		return nil, nil
	}
	return taken, nil
}

// RecordMissed records the due heights that a quorum of daemons have left behind.
func RecordMissed(ctx context.Context, l swap.Ledger, daemons []swap.Daemon) ([]uint64, error) {
	due, err := DueSnapshots(ctx, l)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	m, err := migration(ctx, l)
	if err != nil {
		return nil, err
	}
	top, answers, err := topBlock(ctx, daemons, m.Config.Quorum)
	if err != nil {
		return nil, err
	}
	missed := slices.DeleteFunc(due, func(h uint64) bool { return top <= m.Terms.Window(h) })
	if len(missed) == 0 {
		return nil, nil
	}
	_, err = l.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		now, err := t.Migration()
		if err != nil {
			return nil, err
		}
		// Another process may have recorded them meanwhile.
		missed = slices.DeleteFunc(missed, func(h uint64) bool { return slices.Contains(now.Missed, h) })
		var records []swap.Record
		for _, h := range missed {
			record, err := swap.MissSnapshot(now.Terms, now.Config.Quorum, h, answers)
			if err != nil {
				return nil, err
			}
			records = append(records, record)
		}
		return records, nil
	})
	return missed, err
}
