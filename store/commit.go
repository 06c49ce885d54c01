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

// # The commit pipeline
//
// An update is answered when its entries, and a signed checkpoint over them, are durable. A sync of
// the disk takes longer than everything else that an update needs, so updates share it: one
// goroutine takes those that wait as a batch and leads the batch through four stages.
//
//  1. collect: the updates that wait become one batch.
//  2. prepare: one transaction begins, with SQLite's write lock. In it, the updates decide one
//     after the other. The entries and attachments of each are written, and swap.Apply changes the
//     projections, run on the bytes as written. At the end, the new hashes of the tree are written
//     and the checkpoint over all entries is signed.
//  3. sync: COMMIT makes the transaction durable. Meanwhile the checkpoint becomes durable under
//     another name.
//  4. publish: the store goes on from the new end of the log, and the checkpoint takes its name.
//     Only then are the updates answered. Each caller notifies the watcher and returns.
//
// A batch has one commit point, which is COMMIT. Entries, hashes and projections pass it together,
// so no crash leaves an entry without what it changes. The checkpoint is a file of its own and
// cannot pass it with them; it takes its name afterwards. The other order would be wrong: a
// database without entries that the checkpoint covers looks like an older copy, which Open refuses.
// Entries that the checkpoint does not cover are merely unsigned: no caller has an answer yet, and
// Open signs them.
//
// What a failure leaves:
//
//   - An update fails or panics in prepare: it leaves nothing, and the other updates of the batch
//     go on.
//   - Prepare fails otherwise: the transaction is undone. All updates of the batch fail with
//     "nothing was recorded", and the store goes on.
//   - Sync or publish fails: nobody can know what is on disk. The store stops and answers
//     everything with ErrStopped until it is opened again. Open goes by what it finds: the whole
//     batch or nothing of it.
//   - The process dies: before COMMIT is durable, nothing is left; after it, the whole batch is,
//     and Open signs it. Updates that were answered are in the database and under the checkpoint.
//
// Who waits for whom: a caller waits for its own batch, and a batch for the one before it. Nobody
// else waits: readers see the last committed state, and the mover works beside the pipeline. Two
// kinds of update get a batch of their own. A guest decides on what it reads in the database
// itself, so everything before it must be committed and nothing may be written meanwhile. A new key
// signs from the batch of its entry on.

const (
	// maxBatch is the most updates in one batch, so that none waits long for the others.
	maxBatch = 256
	// maxStep is how far the clock may step back while the store is open: the entries meanwhile get
	// the last one's time.
	maxStep = 2 * time.Minute
)

// update is a change of the ledger on its way through the pipeline.
type update struct {
	prepare  func(*batch) error
	err      error
	panicked any
	done     chan struct{} // closed when the update is published or has failed
}

func newUpdate(prepare func(*batch) error) *update {
	return &update{prepare: prepare, done: make(chan struct{})}
}

// result returns the error of an update that is done. A panic goes on in the goroutine that wanted
// the update.
func (u *update) result() error {
	if u.panicked != nil {
		panic(u.panicked)
	}
	return u.err
}

// commit sends an update through the pipeline, by one of the store's two queues, and returns when
// it is published or has failed. Until prepare is called, the end of ctx withdraws the update; from
// then on it has no effect.
func (s *Store) commit(ctx context.Context, queue chan<- *update, prepare func(*batch) error) error {
	if err := s.stopped(); err != nil {
		return err
	}
	u := newUpdate(func(b *batch) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return prepare(b)
	})
	select {
	case queue <- u:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return ErrClosed
	}
	<-u.done
	return u.result()
}

// commitFirst sends an update through the pipeline before its goroutine has started.
func (s *Store) commitFirst(prepare func(*batch) error) error {
	u := newUpdate(prepare)
	if err := s.commitBatch([]*update{u}); err != nil {
		return err
	}
	return u.result()
}

// commitAll commits batches until the store is closed.
func (s *Store) commitAll() {
	defer close(s.ended)
	for {
		select {
		case u := <-s.shared:
			updates := s.collect(u)
			start := time.Now()
			s.commitBatch(updates) // the updates have its error
			s.batchSize, s.batchTime = len(updates), time.Since(start)
		case u := <-s.exclusive:
			s.commitBatch([]*update{u})
		case <-s.closing:
			return
		}
	}
}

// collect returns an update together with those that wait behind it. When the last batch held
// several, as many are likely to come back: it gives them an eighth of the time that their batch
// took, which is less than a batch for the first of them alone would cost the others.
func (s *Store) collect(first *update) []*update {
	updates := []*update{first}
	var late <-chan time.Time
	for len(updates) < maxBatch {
		select {
		case u := <-s.shared:
			updates = append(updates, u)
			continue
		default:
		}
		if len(updates) >= s.batchSize {
			break
		}
		if late == nil {
			late = time.After(s.batchTime / 8)
		}
		select {
		case u := <-s.shared:
			updates = append(updates, u)
		case <-late:
			return updates
		}
	}
	return updates
}

// commitBatch leads a batch through the stages after collect and ends its updates. The error is the
// whole batch's: none of its updates had an effect, unless the error wraps ErrStopped. Errors of
// single updates are left in them.
//
// A savepoint for each update takes SQLite a tenth of the time of a claim, and few updates fail
// once they have written something. So updates get savepoints only in a second try, after one of
// them has spoiled the first.
func (s *Store) commitBatch(updates []*update) error {
	err := s.tryBatch(updates, false)
	if errors.Is(err, errSpoiled) {
		err = s.tryBatch(updates, true)
	}
	for _, u := range updates {
		if err != nil {
			u.err = err
		}
		close(u.done)
	}
	return err
}

func (s *Store) tryBatch(updates []*update, savepoints bool) error {
	if err := s.stopped(); err != nil {
		return err
	}
	b, err := s.prepare(updates, savepoints)
	if err != nil {
		return fmt.Errorf("nothing was recorded: %w", err)
	}
	if err := s.sync(b); err != nil {
		return s.stop(err)
	}
	if err := s.publish(b); err != nil {
		return s.stop(err)
	}
	return nil
}

// prepare does everything in a transaction that can be done before its COMMIT. If it fails, the
// transaction is undone.
func (s *Store) prepare(updates []*update, savepoints bool) (_ *batch, err error) {
	var tx *writeTx
	defer func() {
		if err != nil && tx != nil {
			tx.end()
		}
	}()
	if err := fail.Do("store begin", func() (err error) { tx, err = beginWrite(s.write); return err }); err != nil {
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	b := &batch{
		tx: tx, tables: newWritableTables(tx, s.terms), logEnd: s.logEnd.clone(), clock: s.clock, savepoints: savepoints,
		signers: []note.Signer{s.signer},
	}
	b.tables.migration = s.migration
	for _, u := range updates {
		if err := b.prepareUpdate(u); err != nil {
			return nil, err
		}
	}
	if err := fail.Do("store hashes", func() error {
		return b.tables.appendHashes(tlog.StoredHashCount(int64(s.size)), b.hashes)
	}); err != nil {
		return nil, err
	}
	if b.size == s.signed {
		return b, nil
	}
	c := ledger.Checkpoint{Origin: s.signer.Name(), Tree: b.edge.Tree()}
	err = fail.Do("store sign", func() (err error) {
		b.checkpoint, err = ledger.SignCheckpoint(c, b.signers...)
		return err
	})
	return b, err
}

// sync makes the transaction and the draft of the checkpoint durable, both at the same time.
func (s *Store) sync(b *batch) error {
	defer b.tx.end()
	draft := make(chan error, 1)
	go func() {
		if b.checkpoint == nil {
			draft <- nil
			return
		}
		draft <- writeDraft(s.dir, checkpointFile, b.checkpoint)
	}()
	err := fail.Do("store commit", b.tx.commit)
	draftErr := <-draft
	if err != nil {
		return fmt.Errorf("could not commit: %w", err)
	}
	if draftErr != nil {
		return fmt.Errorf("could not write the checkpoint: %w", draftErr)
	}
	return nil
}

// publish goes on from the batch's end of the log and gives the checkpoint its name.
func (s *Store) publish(b *batch) error {
	s.mover.committed()
	s.logEnd, s.migration = b.logEnd, b.tables.migration
	if b.rotating {
		s.signer = b.signers[0]
		s.keys.Store(b.keys)
	}
	if b.checkpoint == nil {
		return nil
	}
	if err := publishDraft(s.dir, checkpointFile); err != nil {
		return fmt.Errorf("could not write the checkpoint: %w", err)
	}
	s.signed = b.size
	return nil
}

// stop makes the store refuse everything from now on.
func (s *Store) stop(cause error) error {
	err := fmt.Errorf("%w: %w: whether the last entries were recorded is known only when the program starts again. "+
		"Make room on the disk or replace it, then start again", ErrStopped, cause)
	s.fatal.Store(&err)
	return err
}

// Update implements swap.Ledger.
func (s *Store) Update(
	ctx context.Context, decide func(t swap.Tables, at time.Time) ([]swap.Record, error),
) ([]ledger.Entry, error) {
	return s.append(ctx, s.shared, decide)
}

// append commits what decide returns as the next entries, and notifies the watcher.
func (s *Store) append(
	ctx context.Context, queue chan<- *update, decide func(t swap.Tables, at time.Time) ([]swap.Record, error),
) ([]ledger.Entry, error) {
	var entries []ledger.Entry
	if err := s.commit(ctx, queue, func(b *batch) error {
		at, err := b.now()
		if err != nil {
			return err
		}
		records, err := decide(&b.tables.tables, at)
		if err != nil {
			return err
		}
		entries, err = b.append(records, at)
		return err
	}); err != nil {
		return nil, err
	}
	if watch := s.watch.Load(); watch != nil && len(entries) > 0 {
		(*watch)(entries)
	}
	return entries, nil
}

// Watch makes the store call a function with the entries of every update, its own and its guests',
// after they are durable and before whoever appended them is answered. It is called by several
// goroutines at one time.
func (s *Store) Watch(f func([]ledger.Entry)) { s.watch.Store(&f) }
