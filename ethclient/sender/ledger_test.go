package sender_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// memoryLedger is a ledger in memory: the bytes of its entries, their tree, and the tables that
// follow from them.
type memoryLedger struct {
	t      *testing.T
	terms  *swap.Terms
	now    time.Time
	secret string // of the one operator

	mu     sync.Mutex
	log    [][]byte
	hashes ledger.Hashes
	files  swap.AttachmentMap
	tables *swap.Memory
}

var operatorLimits = swap.Limits{Recipient: 1e15, Round: 1e15, Day: 1e15}

func newLedger(t *testing.T, terms *swap.Terms, rails swap.Rails, now time.Time) *memoryLedger {
	t.Helper()
	l := &memoryLedger{t: t, terms: terms, now: now, files: swap.AttachmentMap{}, tables: &swap.Memory{}}
	_, key, err := ledger.NewKey(rand.Reader, terms.Origin())
	must(t, err)
	secret, operator, err := ledger.NewKey(rand.Reader, "ada")
	must(t, err)
	l.secret = secret
	l.append(swap.Record{Event: &swap.MigrationOpened{
		Migration: terms.ID(), Terms: swap.Digest(terms.Canonical()), Software: "test", LedgerKey: key, Operators: []string{operator},
	}, Attachments: [][]byte{terms.Canonical()}})
	l.setRails(rails)
	return l
}

// setRails puts other rails into force.
func (l *memoryLedger) setRails(rails swap.Rails) {
	l.t.Helper()
	m, err := l.tables.Migration()
	must(l.t, err)
	l.append(swap.Record{Event: &swap.ConfigSet{By: "ada", Config: swap.Config{
		Operators: m.Config.Operators, Quorum: 1, Daemons: 1, Limits: operatorLimits, Rails: rails,
	}}})
}

func (l *memoryLedger) append(records ...swap.Record) {
	l.t.Helper()
	_, err := l.Update(context.Background(), func(swap.Tables, time.Time) ([]swap.Record, error) { return records, nil })
	must(l.t, err)
}

// View implements swap.Ledger.
func (l *memoryLedger) View(_ context.Context, read func(swap.Tables, uint64) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return read(l.tables, uint64(len(l.log)))
}

// Update implements swap.Ledger. What is appended passes through the bytes of an entry, as in a
// real ledger.
func (l *memoryLedger) Update(_ context.Context, decide func(swap.Tables, time.Time) ([]swap.Record, error)) ([]ledger.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	records, err := decide(l.tables, l.now)
	if err != nil {
		return nil, err
	}
	before := len(l.log)
	var out []ledger.Entry
	for _, r := range records {
		e, data, err := l.apply(r)
		if err != nil {
			l.log, l.tables = l.log[:before], l.rebuilt(before)
			return nil, err
		}
		l.log, out = append(l.log, data), append(out, e)
	}
	for _, data := range l.log[before:] {
		must(l.t, l.hashes.Append(ledger.RecordHash(data)))
	}
	return out, nil
}

func (l *memoryLedger) apply(r swap.Record) (e ledger.Entry, data []byte, err error) {
	if err := r.Check(); err != nil {
		return e, nil, err
	}
	for _, a := range r.Attachments {
		l.files[swap.Digest(a)] = a
	}
	body, err := ledger.MarshalBody(r.Event)
	if err != nil {
		return e, nil, err
	}
	if data, err = ledger.FormatEntry(ledger.Entry{Seq: uint64(len(l.log)), Time: l.now, Kind: r.Event.Kind(), Body: body}); err != nil {
		return e, nil, err
	}
	if e, err = ledger.ParseEntry(data); err != nil {
		return e, nil, err
	}
	return e, data, swap.Apply(l.tables, l.files, e)
}

// rebuilt applies the first n entries to empty tables.
func (l *memoryLedger) rebuilt(n int) *swap.Memory {
	l.t.Helper()
	tables := &swap.Memory{}
	for _, data := range l.log[:n] {
		e, err := ledger.ParseEntry(data)
		must(l.t, err)
		must(l.t, swap.Apply(tables, l.files, e))
	}
	return tables
}

// Attachment implements swap.Attachments.
func (l *memoryLedger) Attachment(h swap.Hash) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.files.Attachment(h)
}

// RootAt implements sender.Ledger.
func (l *memoryLedger) RootAt(_ context.Context, size uint64) (tlog.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return ledger.TreeHash(int64(size), l.hashes)
}

// Event implements sender.Ledger.
func (l *memoryLedger) Event(_ context.Context, seq uint64) (swap.Event, time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq >= uint64(len(l.log)) {
		return nil, time.Time{}, fmt.Errorf("entry %d: %w", seq, swap.ErrNotFound)
	}
	e, err := ledger.ParseEntry(l.log[seq])
	if err != nil {
		return nil, time.Time{}, err
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	return event, e.Time, err
}

// kinds counts the entries of a kind.
func (l *memoryLedger) count(kind string) (n int) {
	for seq := range l.log {
		event, _, err := l.Event(context.Background(), uint64(seq))
		must(l.t, err)
		if event.Kind() == kind {
			n++
		}
	}
	return n
}

func (l *memoryLedger) round(number uint64) swap.Round {
	l.t.Helper()
	r, err := l.tables.Round(number)
	must(l.t, err)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
