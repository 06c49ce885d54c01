package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// snapshotTaken decides again, from the raw answers alone, what the daemons agreed on.
type snapshotTaken struct {
	unchecked
	event     *swap.SnapshotTaken
	uncounted []swap.Uncounted // what later rules leave out
}

func (c *snapshotTaken) alone(ex *examiner, x *examined) {
	if !x.complete {
		return
	}
	event := c.event
	answers := make([]swap.ObservationAnswer, len(event.Daemons))
	readAnswers(ex, x, event.Daemons, wire.Observation, func(i int, o *swap.Observation, err error) {
		answers[i] = swap.ObservationAnswer{Daemon: event.Daemons[i].Daemon, Observation: o, Err: err}
	})
	rules := ex.rules.at(x.entry.Seq)
	record, balances, err := swap.AgreedBalances(ex.terms, rules, event.Quorum, answers)
	if err != nil {
		x.wrong("from the raw answers: %v", err)
		return
	}
	if rules == swap.Rules1 {
		c.uncounted = uncountedStakes(record)
	}
	again := record.Event.(*swap.SnapshotTaken)
	switch {
	case again.Height != event.Height || again.BlockHash != event.BlockHash || again.HardFork != event.HardFork:
		x.wrong("the raw answers are of block %d %s, hard fork %d", again.Height, again.BlockHash, again.HardFork)
	case again.Content != event.Content:
		x.wrong("the raw answers give the content %s, the entry names %s", again.Content, event.Content)
	case again.Totals != event.Totals:
		x.wrong("the raw answers give other totals: %+v", again.Totals)
	case ex.read(x, event.Content) != nil:
		x.decoded = decoded{Attachments: ex.attachments, digest: event.Content, balances: balances, rules: rules}
	}
	compareReports(x, event.Daemons, again.Daemons)
}

func (c *snapshotTaken) before(_ context.Context, r *replay, x *examined) error {
	for _, u := range c.uncounted {
		what := fmt.Sprintf("%s staked by %s in node %s count for nothing: %s", u.Amount, u.Address, u.Node, u.Reason)
		r.report.Later = append(r.report.Later, Problem{Entry: &x.entry.Seq, Kind: c.event.Kind(), What: what})
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	r.report.add("snapshots from raw answers", 1)
	if len(c.event.Daemons) > m.Config.Daemons {
		return fmt.Errorf("%d daemons answered, %d are configured: the quorum of %d is no majority of them",
			len(c.event.Daemons), m.Config.Daemons, m.Config.Quorum)
	}
	return nil
}

type snapshotFinalized struct {
	unchecked
	event     *swap.SnapshotFinalized
	sightings []swap.BlockAnswer // nil: some answers are missing
}

func (c *snapshotFinalized) alone(ex *examiner, x *examined) {
	if x.complete {
		c.sightings = readSightings(ex, x, c.event.Height, c.event.Daemons)
	}
}

func (c *snapshotFinalized) before(_ context.Context, r *replay, x *examined) error {
	if c.sightings == nil {
		return nil
	}
	decided, err := r.decideSnapshot(c.event.Height, c.sightings)
	if err != nil {
		return err
	}
	again, ok := decided.(*swap.SnapshotFinalized)
	if !ok {
		return fmt.Errorf("by the raw answers it is %s", decided.Kind())
	}
	compareReports(x, c.event.Daemons, again.Daemons)
	return nil
}

type snapshotDiscarded struct {
	unchecked
	event     *swap.SnapshotDiscarded
	sightings []swap.BlockAnswer // nil: some answers are missing
}

func (c *snapshotDiscarded) alone(ex *examiner, x *examined) {
	if x.complete {
		c.sightings = readSightings(ex, x, c.event.Height, c.event.Daemons)
	}
}

func (c *snapshotDiscarded) before(_ context.Context, r *replay, x *examined) error {
	if c.sightings == nil {
		return nil
	}
	decided, err := r.decideSnapshot(c.event.Height, c.sightings)
	if err != nil {
		return err
	}
	again, ok := decided.(*swap.SnapshotDiscarded)
	switch {
	case !ok:
		return fmt.Errorf("by the raw answers it is %s", decided.Kind())
	case again.Now != c.event.Now:
		return fmt.Errorf("the chain has block %s there now, the entry says %s", again.Now, c.event.Now)
	}
	compareReports(x, c.event.Daemons, again.Daemons)
	return nil
}

// decideSnapshot decides again, from the raw answers and the quorum in force, what became of a
// snapshot.
func (r *replay) decideSnapshot(height uint64, sightings []swap.BlockAnswer) (swap.Event, error) {
	m, err := r.tables.Migration()
	if err != nil {
		return nil, err
	}
	s, err := r.tables.Snapshot(height)
	if err != nil {
		return nil, fmt.Errorf("snapshot of height %d: %w", height, err)
	}
	record, err := swap.DecideSnapshot(r.terms, m.Config.Quorum, s, sightings)
	if err != nil {
		return nil, fmt.Errorf("from the raw answers: %w", err)
	}
	return record.Event, nil
}

// readSightings reads what each daemon said about the block of a snapshot. It never gives nil.
func readSightings(ex *examiner, x *examined, height uint64, reports []swap.DaemonReport) []swap.BlockAnswer {
	sightings := make([]swap.BlockAnswer, len(reports))
	parse := func(raw []swap.RawAnswer) (swap.BlockStatus, error) { return wire.BlockStatus(raw, height) }
	readAnswers(ex, x, reports, parse, func(i int, s *swap.BlockStatus, err error) {
		sightings[i] = swap.BlockAnswer{Daemon: reports[i].Daemon, Block: s, Err: err}
	})
	return sightings
}

// readAnswers reads what each daemon answered and gives it to got, one daemon after the other:
// parsed, or why there is nothing. A daemon that agrees must have given answers that can be parsed.
func readAnswers[T any](
	ex *examiner, x *examined, reports []swap.DaemonReport,
	parse func([]swap.RawAnswer) (T, error), got func(i int, parsed *T, err error),
) {
	readings := make([]struct {
		raw    []swap.RawAnswer
		parsed T
		err    error
	}, len(reports))
	bodies := map[swap.Hash][]byte{}
	var parsing sync.WaitGroup
	for i, d := range reports {
		if len(d.Answers) == 0 {
			continue
		}
		if readings[i].raw = ex.rawAnswers(x, d, bodies); readings[i].raw != nil {
			parsing.Go(func() { readings[i].parsed, readings[i].err = parse(readings[i].raw) })
		}
	}
	parsing.Wait()
	for i, d := range reports {
		if (d.Differs == "") != d.Agrees {
			x.wrong("daemon %s: it agrees and differs, or does neither", d.Daemon)
		}
		if len(d.Answers) == 0 {
			if d.Agrees {
				x.wrong("daemon %s agrees without an answer", d.Daemon)
			}
			x.count(uncheckedSilent, 1)
			got(i, nil, errors.New(d.Differs))
			continue
		}
		switch r := &readings[i]; {
		case r.raw == nil:
			got(i, nil, errors.New("its answers are missing"))
		case r.err != nil:
			if d.Agrees {
				x.wrong("daemon %s: %v", d.Daemon, r.err)
			}
			got(i, nil, r.err)
		default:
			x.count(countAnswers, 1)
			got(i, &r.parsed, nil)
		}
	}
}

// rawAnswers reads the answers of one daemon. It gives nil, after noting what is wrong, if any is
// missing. Answers that daemons share are read once, into bodies.
func (ex *examiner) rawAnswers(x *examined, d swap.DaemonReport, bodies map[swap.Hash][]byte) []swap.RawAnswer {
	var raw []swap.RawAnswer
	for _, a := range d.Answers {
		body := bodies[a.Body]
		if body == nil {
			if body = ex.read(x, a.Body); body == nil {
				return nil
			}
			bodies[a.Body] = body
		}
		raw = append(raw, swap.RawAnswer{Call: a.Call, Body: body})
	}
	return raw
}

// compareReports compares who agreed. The text about a difference is for people and may change with
// the software.
func compareReports(x *examined, reports, again []swap.DaemonReport) {
	for i, d := range reports {
		switch r := again[i]; {
		case r.Daemon != d.Daemon:
			x.wrong("the daemons are not in the order of their names")
			return
		case r.Agrees != d.Agrees:
			word := "agrees"
			if d.Agrees {
				word = "differs (" + r.Differs + ")"
			}
			x.wrong("daemon %s %s by its raw answers", d.Daemon, word)
		case r.Version != "" && r.Version != d.Version:
			x.wrong("daemon %s is version %s by its raw answers, the entry says %q", d.Daemon, r.Version, d.Version)
		}
	}
}

// uncountedStakes are the stakes in the content of a take that only later rules leave out.
func uncountedStakes(take swap.Record) []swap.Uncounted {
	content, err := swap.ParseContent(take.Attachments[0])
	if err != nil {
		return nil // it was encoded just now
	}
	return content.UncountedStakes()
}
