package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

const (
	// maxBatch is the most updates in one transaction, so that none waits long for the others.
	maxBatch = 256
	// maxStep is how far the clock may step back while the store is open: the entries meanwhile get the last one's time.
	maxStep = 2 * time.Minute
)

// job is something to be done by the goroutine that writes.
type job struct {
	ctx      context.Context
	run      func(*batch) error
	err      error
	panicked any
	done     chan struct{}
}

func newJob(ctx context.Context, run func(*batch) error) *job {
	return &job{ctx: ctx, run: run, done: make(chan struct{})}
}

// Update implements swap.Ledger.
func (s *Store) Update(ctx context.Context, decide func(t swap.Tables, at time.Time) ([]swap.Record, error)) ([]ledger.Entry, error) {
	var entries []ledger.Entry
	err := s.do(ctx, func(b *batch) error {
		at, err := b.now()
		if err != nil {
			return err
		}
		records, err := b.decide(decide, at)
		if err != nil {
			return err
		}
		entries, err = b.append(records, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.tell(entries)
	return entries, nil
}

// Watch makes the store call a function with the entries of every update, its own and its guests', after they are durable and
// before whoever appended them is answered. It is called by several goroutines at one time.
func (s *Store) Watch(f func([]ledger.Entry)) { s.watch.Store(&f) }

func (s *Store) tell(entries []ledger.Entry) {
	if f := s.watch.Load(); f != nil && len(entries) > 0 {
		(*f)(entries)
	}
}

// Rebuild throws the projections away and makes them anew from the entries, in one transaction.
func (s *Store) Rebuild(ctx context.Context) error {
	return s.do(ctx, func(b *batch) error { return b.rebuild(ctx) })
}

func (b *batch) rebuild(ctx context.Context) error {
	b.tables.migration = nil
	for _, p := range projections() {
		if err := b.tables.exec(p.table, "DELETE FROM "+p.table); err != nil {
			return err
		}
	}
	if err := fail.Do("rebuild mark", b.tables.markProjections); err != nil {
		return err
	}
	return replay(ctx, b.tables, b.tables, b.size)
}

// replay applies the first size entries of a log to tables.
func replay(ctx context.Context, log, to *tables, size uint64) error {
	for from := uint64(0); from < size; from += page {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := log.records(from, min(size, from+page))
		if err != nil {
			return err
		}
		for i, raw := range list {
			e, err := parseStored(from+uint64(i), raw)
			if err != nil {
				return err
			}
			if err := swap.Apply(to, log, e.Entry); err != nil {
				return fmt.Errorf("entry %d: %w", e.Seq, err)
			}
		}
	}
	return nil
}

// do hands a job to the goroutine that writes and waits for its end. Once the job has been taken, ctx ends nothing any more.
func (s *Store) do(ctx context.Context, run func(*batch) error) error {
	return s.hand(ctx, s.jobs, run)
}

// doAlone is do for a job that needs a transaction of its own: whatever was written before it is committed.
func (s *Store) doAlone(ctx context.Context, run func(*batch) error) error {
	return s.hand(ctx, s.guests, run)
}

func (s *Store) hand(ctx context.Context, jobs chan<- *job, run func(*batch) error) error {
	if err := s.stopped(); err != nil {
		return err
	}
	j := newJob(ctx, run)
	select {
	case jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return ErrClosed
	}
	<-j.done
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

// alone is do before the goroutine that writes is started.
func (s *Store) alone(ctx context.Context, run func(*batch) error) error {
	j := newJob(ctx, run)
	if err := s.transact([]*job{j}); err != nil {
		return err
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

func (s *Store) run() {
	defer close(s.ended)
	for {
		select {
		case j := <-s.jobs:
			jobs := s.gather(j)
			start := time.Now()
			err := s.transact(jobs)
			s.together, s.took = len(jobs), time.Since(start)
			for _, j := range jobs {
				if err != nil {
					j.err = err
				}
				close(j.done)
			}
		case j := <-s.guests:
			if err := s.transact([]*job{j}); err != nil {
				j.err = err
			}
			close(j.done)
		case <-s.closing:
			return
		}
	}
}

// gather returns a job together with those that wait behind it. When the last transaction answered several, as many are
// likely to come back: it gives them an eighth of the time that their transaction took, which is less than a transaction
// for the first of them alone would cost the others.
func (s *Store) gather(j *job) []*job {
	jobs := []*job{j}
	var late <-chan time.Time
	for len(jobs) < maxBatch {
		select {
		case j := <-s.jobs:
			jobs = append(jobs, j)
			continue
		default:
		}
		if len(jobs) >= s.together {
			break
		}
		if late == nil {
			late = time.After(s.took / 8)
		}
		select {
		case j := <-s.jobs:
			jobs = append(jobs, j)
		case <-late:
			return jobs
		}
	}
	return jobs
}

// transact runs jobs in one transaction and signs what it holds then. Errors of single jobs are left in them; an error that
// is returned concerns all of them, and none of them had an effect unless it wraps ErrStopped.
//
// Savepoints take SQLite a tenth of the time of a claim, and few jobs fail once they have written something: jobs get one
// each only in a second attempt, after one of them has spoiled the first.
func (s *Store) transact(jobs []*job) error {
	err := s.attempt(jobs, false)
	if errors.Is(err, errSpoiled) {
		err = s.attempt(jobs, true)
	}
	return err
}

// errSpoiled says that a job failed after it had written, without a savepoint to go back to.
var errSpoiled = errors.New("the transaction has to be begun again")

func (s *Store) attempt(jobs []*job, savepoints bool) error {
	if err := s.stopped(); err != nil {
		return err
	}
	ctx := context.Background()
	var tx *writing
	if err := fail.Do("store begin", func() (err error) { tx, err = begin(ctx, s.write); return err }); err != nil {
		if tx != nil {
			tx.end(ctx)
		}
		return fmt.Errorf("nothing was recorded: begin a transaction: %w", err)
	}
	defer tx.end(ctx)
	b := &batch{
		tables: &tables{ctx: ctx, tx: tx, terms: s.terms, migration: s.migration},
		size:   s.size, last: s.last, edge: s.edge.Clone(), clock: s.clock, savepoints: savepoints,
		signers: []note.Signer{s.signer},
	}
	for _, j := range jobs {
		if err := b.run(j); err != nil {
			return fmt.Errorf("nothing was recorded: %w", err)
		}
	}
	if err := fail.Do("store hashes", func() error {
		return b.tables.appendHashes(tlog.StoredHashCount(int64(s.size)), b.hashes)
	}); err != nil {
		return fmt.Errorf("nothing was recorded: %w", err)
	}
	var checkpoint []byte
	if b.size > s.signed {
		c := ledger.Checkpoint{Origin: s.signer.Name(), Tree: b.edge.Tree()}
		if err := fail.Do("store sign", func() (err error) { checkpoint, err = ledger.SignCheckpoint(c, b.signers...); return err }); err != nil {
			return fmt.Errorf("nothing was recorded: %w", err)
		}
	}
	// The disk takes the transaction and the checkpoint at the same time. Only the checkpoint's name waits for the transaction.
	draft := make(chan error, 1)
	go func() {
		if checkpoint == nil {
			draft <- nil
			return
		}
		draft <- writeDraft(s.dir, checkpointFile, checkpoint)
	}()
	err := fail.Do("store commit", func() error { return tx.commit(ctx) })
	drafted := <-draft
	if err != nil {
		return s.stop("commit", err)
	}
	s.mover.committed()
	s.size, s.last, s.edge, s.migration = b.size, b.last, b.edge, b.tables.migration
	if b.rotating {
		s.signer = b.signers[0]
		s.keys.Store(b.keys)
	}
	if checkpoint == nil {
		return nil
	}
	if drafted != nil {
		return s.stop("write the checkpoint", drafted)
	}
	if err := publishDraft(s.dir, checkpointFile); err != nil {
		return s.stop("write the checkpoint", err)
	}
	s.signed = b.size
	return nil
}

func (s *Store) stop(what string, cause error) error {
	err := fmt.Errorf("%w: could not %s: %w: whether the last entries were recorded is known only when the program starts again. Make room on the disk or replace it, then start again", ErrStopped, what, cause)
	s.fatal.Store(&err)
	return err
}

// batch is the transaction under way.
type batch struct {
	tables *tables
	size   uint64
	last   time.Time
	edge   ledger.Frontier // of the tree of size entries
	hashes []tlog.Hash     // to be stored before the commit
	clock  func() time.Time

	savepoints bool // each job gets one

	signers  []note.Signer // of the checkpoint: the ledger's key and, where that is new, the one before it
	rotating bool          // a new key comes into force
	keys     *ledger.Keys  // if so: all that there are then
}

// run runs a job. It returns an error only when the transaction as a whole cannot go on.
func (b *batch) run(j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	size, last, hashes := b.size, b.last, len(b.hashes)
	var edge ledger.Frontier
	if b.savepoints {
		edge = b.edge.Clone()
		if err := b.savepoint("SAVEPOINT job"); err != nil {
			return err
		}
	}
	b.tables.changed = false
	b.call(j)
	failed := j.err != nil || j.panicked != nil
	switch {
	case failed && !b.tables.changed && !b.savepoints:
		return nil
	case !b.savepoints && failed:
		return errSpoiled
	case !b.savepoints:
		return nil
	case !failed:
		return b.savepoint("RELEASE job")
	}
	b.size, b.last, b.edge, b.hashes, b.tables.migration = size, last, edge, b.hashes[:hashes], nil
	b.tables.latest.account, b.tables.balances.account = "", ""
	if err := b.savepoint("ROLLBACK TO job; RELEASE job"); err != nil {
		// SQLite gives up a whole transaction when the disk is full or fails.
		return errors.Join(j.err, err)
	}
	return nil
}

func (b *batch) savepoint(statement string) error {
	_, err := b.tables.tx.ExecContext(b.tables.ctx, statement)
	return err
}

func (b *batch) call(j *job) {
	defer func() {
		j.panicked = recover()
		b.tables.frozen = false
	}()
	j.err = j.run(b)
}

// now returns the time of the next entries: whole seconds, never before the last entry.
func (b *batch) now() (time.Time, error) {
	now := b.clock().UTC().Truncate(time.Second)
	if now.After(b.last) {
		return now, nil
	}
	if b.last.Sub(now) > maxStep {
		return now, fmt.Errorf("the clock says %s, and the last entry was written at %s: set the clock", now.Format(time.RFC3339), b.last.Format(time.RFC3339))
	}
	return b.last, nil
}

func (b *batch) decide(decide func(swap.Tables, time.Time) ([]swap.Record, error), at time.Time) ([]swap.Record, error) {
	b.tables.frozen = true
	defer func() { b.tables.frozen = false }()
	return decide(b.tables, at)
}

// append writes records as the next entries and applies them.
func (b *batch) append(records []swap.Record, at time.Time) ([]ledger.Entry, error) {
	entries := make([]ledger.Entry, 0, len(records))
	for _, r := range records {
		if err := r.Check(); err != nil {
			return nil, err
		}
		if _, ok := r.Event.(*swap.KeyRotated); ok && !b.rotating {
			return nil, errors.New("a new key has to sign from its entry on: use `oxenswap ledger rotate`")
		}
		body, err := ledger.MarshalBody(r.Event)
		if err != nil {
			return nil, err
		}
		e := ledger.Entry{Seq: b.size, Time: at, Kind: r.Event.Kind(), Body: body}
		raw, err := ledger.FormatEntry(e)
		if err != nil {
			return nil, err
		}
		if err := fail.Do("store entry", func() error { return b.tables.appendEntry(e.Seq, raw) }); err != nil {
			return nil, err
		}
		carried := swap.AttachmentMap{}
		for _, plain := range r.Attachments {
			if err := fail.Do("store attachment", func() error { return b.tables.putAttachment(e.Seq, plain) }); err != nil {
				return nil, err
			}
			carried[swap.Digest(plain)] = plain
		}
		for _, h := range r.Event.Attachments() {
			if carried[h] == nil {
				if err := b.tables.hasAttachment(h); err != nil {
					return nil, fmt.Errorf("%s: %w", e.Kind, err)
				}
			}
		}
		// What is applied is what was written, decoded again as replay will, and not the event in memory.
		if err := fail.Do("store apply", func() error { return swap.Apply(b.tables, carriedFirst{carried, b.tables}, e) }); err != nil {
			return nil, err
		}
		b.hashes = b.edge.AppendStored(b.hashes, ledger.RecordHash(raw))
		b.size, b.last = b.size+1, at
		entries = append(entries, e)
	}
	return entries, nil
}

// carriedFirst spares attachments that have just been written their way back through the database.
type carriedFirst struct {
	carried swap.AttachmentMap
	stored  swap.Attachments
}

func (a carriedFirst) Attachment(h swap.Hash) ([]byte, error) {
	if _, ok := a.carried[h]; ok {
		return a.carried.Attachment(h)
	}
	return a.stored.Attachment(h)
}
