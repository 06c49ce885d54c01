package audit

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// testLog is a ledger in memory. Every entry passes through its bytes and swap.Apply, as in a real
// one.
type testLog struct {
	tb     testing.TB
	terms  *swap.Terms
	now    time.Time
	tables swap.Memory
	files  map[ledger.Digest][]byte
	stored *sync.Map // compressed attachments by digest; shared with copies of the log
	lines  [][]byte
	vkey   string // the first key
	signer note.Signer
	later  []logtest.NextKey // only plain exports know of these
	people map[string]note.Signer
	chain  *testChain
}

// entropy gives the same keys on every run.
type entropy struct{ crypto.KeccakState }

func newEntropy(seed string) io.Reader {
	k := crypto.NewKeccakState()
	k.Write([]byte(seed))
	return entropy{k}
}

func newTestKey(tb testing.TB, name string) (note.Signer, string) {
	tb.Helper()
	secret, public, err := ledger.NewKey(newEntropy(name), name)
	must(tb, err)
	signer, err := ledger.NewSigner(secret)
	must(tb, err)
	return signer, public
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func readTestdata(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	must(tb, err)
	return data
}

func testTerms(tb testing.TB) *swap.Terms {
	tb.Helper()
	terms, err := swap.ParseTerms(readTestdata(tb, "terms.json"))
	must(tb, err)
	return terms
}

func newTestLog(tb testing.TB, terms *swap.Terms) *testLog {
	tb.Helper()
	l := &testLog{
		tb: tb, terms: terms, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), files: map[ledger.Digest][]byte{}, stored: &sync.Map{},
		people: map[string]note.Signer{},
	}
	l.signer, l.vkey = newTestKey(tb, terms.Origin())
	l.chain = newTestChain(tb, l)
	return l
}

// person makes an operator's key.
func (l *testLog) person(name string) (vkey string) {
	l.people[name], vkey = newTestKey(l.tb, name)
	return vkey
}

func (l *testLog) sign(name, text string) string {
	l.tb.Helper()
	signed, err := ledger.SignNote(text, l.people[name])
	must(l.tb, err)
	return string(signed)
}

// Attachment implements swap.Attachments.
func (l *testLog) Attachment(h swap.Hash) ([]byte, error) {
	data, ok := l.files[ledger.Digest(h)]
	if !ok {
		return nil, swap.ErrAttachment
	}
	return data, nil
}

// add appends an event and returns its number.
func (l *testLog) add(event swap.Event, attachments ...[]byte) uint64 {
	l.tb.Helper()
	for _, data := range attachments {
		l.files[ledger.DigestOf(data)] = data
	}
	seq := uint64(len(l.lines))
	l.now = l.now.Add(time.Second)
	if err := swap.ApplyEvent(&l.tables, l, seq, l.now, event); err != nil {
		l.tb.Fatalf("entry %d: %v", seq, err)
	}
	l.lines = append(l.lines, formatEntry(l.tb, seq, l.now, event))
	return seq
}

func (l *testLog) record(r swap.Record, err error) uint64 {
	l.tb.Helper()
	must(l.tb, err)
	must(l.tb, r.Check())
	return l.add(r.Event, r.Attachments...)
}

func formatEntry(tb testing.TB, seq uint64, at time.Time, event swap.Event) []byte {
	tb.Helper()
	body, err := ledger.MarshalBody(event)
	must(tb, err)
	line, err := ledger.FormatEntry(ledger.Entry{Seq: seq, Time: at, Kind: event.Kind(), Body: body})
	must(tb, err)
	return line
}

func (l *testLog) migration() swap.Migration {
	l.tb.Helper()
	m, err := l.tables.Migration()
	must(l.tb, err)
	return m
}

// open appends migration.opened and config.set: three daemons, of which two must agree, and two
// operators.
func (l *testLog) open() {
	ann := l.person("ann")
	l.add(&swap.MigrationOpened{
		Migration: l.terms.ID(), Terms: swap.Digest(l.terms.Canonical()), Software: "test", LedgerKey: l.vkey, Operators: []string{ann},
	}, l.terms.Canonical())
	l.configure(1e11)
}

// latestRules moves the log to the latest rules.
func (l *testLog) latestRules() {
	text := swap.RulesText(l.terms.Origin(), swap.LatestRules)
	l.add(&swap.RulesSet{Rules: swap.LatestRules, Notes: []string{l.sign("ann", text), l.sign("ben", text)}})
}

func (l *testLog) configure(limit swap.Sesh) {
	l.add(&swap.ConfigSet{Config: swap.Config{
		Operators: []string{l.person("ann"), l.person("ben")}, Quorum: 2, Daemons: 3,
		Limits: swap.Limits{Recipient: limit, Round: limit * 10, Day: limit * 10},
		Rails:  swap.Rails{Transaction: 1e15, Day: 1e15, GasPrice: 1e12, Batch: 3},
	}, By: "ann"})
}

// rotate hands the log over to another key.
func (l *testLog) rotate() {
	l.tb.Helper()
	old, present := l.migration().LedgerKey, l.signer
	if n := len(l.later); n > 0 {
		present = l.later[n-1].Signer
	}
	secret, vkey, err := ledger.NewKey(newEntropy(old), l.terms.Origin())
	must(l.tb, err)
	next, err := ledger.NewSigner(secret)
	must(l.tb, err)
	signed, err := ledger.SignRotation(ledger.Rotation{Origin: l.terms.Origin(), Entry: int64(len(l.lines)), Old: old, New: vkey}, present)
	must(l.tb, err)
	l.later = append(slices.Clip(l.later), logtest.NextKey{Signer: next, Rotation: signed})
	l.add(&swap.KeyRotated{Key: vkey, Note: string(signed)})
}

// handedOver are the keys that the entries lead to, as far as they are in order.
func (l *testLog) handedOver(events []swap.Event) (out []logtest.NextKey) {
	key := mustVerifier(l.tb, l.vkey)
	var signed [][]byte
	for _, e := range events {
		r, ok := e.(*swap.KeyRotated)
		if !ok {
			continue
		}
		i := slices.IndexFunc(l.later, func(n logtest.NextKey) bool { return string(n.Rotation) == r.Note })
		if i < 0 {
			continue
		}
		if _, err := ledger.NewKeys(key, append(slices.Clip(signed), l.later[i].Rotation)...); err == nil {
			signed, out = append(signed, l.later[i].Rotation), append(out, l.later[i])
		}
	}
	return out
}

// export writes the log as an export and returns its folder.
func (l *testLog) export(withhold ...swap.Hash) string {
	l.tb.Helper()
	dir := l.tb.TempDir()
	l.exportTo(dir, withhold...)
	return dir
}

func (l *testLog) exportTo(dir string, withhold ...swap.Hash) {
	l.tb.Helper()
	key, err := ledger.NewVerifier(l.vkey)
	must(l.tb, err)
	source := &testSource{l: l}
	for _, line := range l.lines {
		must(l.tb, source.Append(ledger.RecordHash(line)))
	}
	_, err = ledger.WriteExport(l.tb.Context(), dir, source, ledger.ExportConfig{
		Checkpoint: l.checkpoint(len(l.lines)), Signer: l.signer, Key: key,
		Withhold: func(d ledger.Digest) bool { return slices.Contains(withhold, swap.Hash(d)) },
	})
	must(l.tb, err)
}

func (l *testLog) checkpoint(size int) []byte {
	l.tb.Helper()
	var f ledger.Frontier
	for _, line := range l.lines[:size] {
		f.Append(ledger.RecordHash(line))
	}
	signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.terms.Origin(), Tree: f.Tree()}, l.signer)
	must(l.tb, err)
	return signed
}

// ledgerRoot is the root of the first size entries.
func (l *testLog) ledgerRoot(size uint64) swap.Hash {
	var f ledger.Frontier
	for _, line := range l.lines[:size] {
		f.Append(ledger.RecordHash(line))
	}
	return swap.Hash(f.Tree().Hash)
}

// testSource is a ledger.Source.
type testSource struct {
	ledger.Hashes
	l *testLog
}

func (s *testSource) Records(_ context.Context, lo, hi int64) ([][]byte, error) {
	return s.l.lines[lo:hi], nil
}

func (s *testSource) Attachments(_ context.Context, size int64) ([]ledger.Digest, error) {
	var out []ledger.Digest
	for _, line := range s.l.lines[:size] {
		e, err := ledger.ParseEntry(line)
		if err != nil {
			return nil, err
		}
		event, err := swap.DecodeEvent(e.Kind, e.Body)
		if err != nil {
			continue // an entry that a test broke
		}
		for _, h := range event.Attachments() {
			out = append(out, ledger.Digest(h))
		}
	}
	return out, nil
}

func (s *testSource) OpenAttachment(_ context.Context, d ledger.Digest) (io.ReadCloser, error) {
	data, ok := s.l.files[d]
	if !ok {
		return nil, fmt.Errorf("attachment %s: %w", d, os.ErrNotExist)
	}
	if known, ok := s.l.stored.Load(d); ok {
		return io.NopCloser(bytes.NewReader(known.([]byte))), nil
	}
	stored, err := ledger.CompressAttachment(data)
	s.l.stored.Store(d, stored)
	return io.NopCloser(bytes.NewReader(stored)), err
}

// options are those of an anchored audit.
func (l *testLog) options() Options {
	return Options{Key: l.vkey, Migration: l.terms.ID(), Rules: l.migration().RulesInForce(), CodeHash: l.chain.codeHash}
}

// audit replays the export in a folder.
func (l *testLog) audit(dir string, o Options) *Report {
	l.tb.Helper()
	r, err := Replay(context.Background(), os.DirFS(dir), o)
	must(l.tb, err)
	return r
}

func addressOfKey(k *ecdsa.PrivateKey) swap.EVMAddress {
	return swap.EVMAddress(crypto.PubkeyToAddress(k.PublicKey))
}

func evmKey(tb testing.TB, name string) *ecdsa.PrivateKey {
	tb.Helper()
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	must(tb, err)
	return k
}

func evmAddress(name string) swap.EVMAddress {
	return swap.EVMAddress(common.BytesToAddress(crypto.Keccak256([]byte(name))[:20]))
}
