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

// logEnd is where the log ends.
type logEnd struct {
	size uint64 // entries
	last time.Time
	edge ledger.Frontier // of the tree of size entries
}

func (e logEnd) clone() logEnd {
	e.edge = e.edge.Clone()
	return e
}

// batch is the transaction under way, from prepare to publish.
type batch struct {
	logEnd
	tx         *writeTx
	tables     *writableTables
	hashes     []tlog.Hash // of the tree, to be written at the end of prepare
	checkpoint []byte      // nil: there is nothing to sign
	clock      func() time.Time
	savepoints bool // each update gets one

	signers  []note.Signer // of the checkpoint: the ledger's key and, where that is new, the one before it
	rotating bool          // a new key comes into force
	keys     *ledger.Keys  // if so: all that there are then
}

// errSpoiled says that an update failed after it had written, without a savepoint to go back to.
var errSpoiled = errors.New("the transaction has to be begun again")

// prepareUpdate prepares one update and leaves its error in it. It returns an error only when the
// batch as a whole cannot go on.
func (b *batch) prepareUpdate(u *update) error {
	if !b.savepoints {
		b.tables.changed = false
		if !u.run(b) && b.tables.changed {
			return errSpoiled
		}
		return nil
	}
	before, hashes := b.logEnd.clone(), len(b.hashes)
	if err := b.savepoint("SAVEPOINT one"); err != nil {
		return err
	}
	if u.run(b) {
		return b.savepoint("RELEASE one")
	}
	b.logEnd, b.hashes, b.tables.migration = before, b.hashes[:hashes], nil
	b.tables.forgetAccounts()
	if err := b.savepoint("ROLLBACK TO one; RELEASE one"); err != nil {
		// SQLite gives up a whole transaction when the disk is full or fails.
		return errors.Join(u.err, err)
	}
	return nil
}

func (b *batch) savepoint(statement string) error {
	_, err := b.tx.ExecContext(context.Background(), statement)
	return err
}

// run calls prepare, keeps its error or panic, and reports whether there was none.
func (u *update) run(b *batch) (ok bool) {
	defer func() {
		u.panicked = recover()
		ok = u.err == nil && u.panicked == nil
	}()
	u.err = u.prepare(b)
	return
}

// now returns the time of the next entries: whole seconds, never before the last entry.
func (b *batch) now() (time.Time, error) {
	now := b.clock().UTC().Truncate(time.Second)
	if now.After(b.last) {
		return now, nil
	}
	if b.last.Sub(now) > maxStep {
		return now, fmt.Errorf("the clock says %s, and the last entry was written at %s: set the clock",
			now.Format(time.RFC3339), b.last.Format(time.RFC3339))
	}
	return b.last, nil
}

// append writes records as the next entries and applies them.
func (b *batch) append(records []swap.Record, at time.Time) ([]ledger.Entry, error) {
	entries := make([]ledger.Entry, 0, len(records))
	for _, r := range records {
		if err := r.Check(); err != nil {
			return nil, err
		}
		if _, ok := r.Event.(*swap.KeyRotated); ok && !b.rotating {
			return nil, errors.New("a new key has to sign from its entry on: only a rotation records it")
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
		// What is applied is what was written, decoded again as replay will, and not the event in
		// memory.
		attachments := carriedFirst{carried, b.tables}
		if err := fail.Do("store apply", func() error { return swap.Apply(b.tables, attachments, e) }); err != nil {
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
