package audit

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// testLog is a ledger in memory. Every entry passes through its bytes and swap.Apply, as in a real one.
type testLog struct {
	tb     testing.TB
	terms  *swap.Terms
	now    time.Time
	tables swap.Memory
	files  map[ledger.Digest][]byte
	lines  [][]byte
	vkey   string
	signer note.Signer
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
		tb: tb, terms: terms, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), files: map[ledger.Digest][]byte{},
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

// open appends migration.opened and config.set: three daemons, of which two must agree, and two operators.
func (l *testLog) open() {
	ann := l.person("ann")
	l.add(&swap.MigrationOpened{
		Migration: l.terms.ID(), Terms: swap.Digest(l.terms.Canonical()), Software: "test", LedgerKey: l.vkey, Operators: []string{ann},
	}, l.terms.Canonical())
	l.configure(1e11)
}

func (l *testLog) configure(limit swap.Amount) {
	l.add(&swap.ConfigSet{Config: swap.Config{
		Operators: []string{l.person("ann"), l.person("ben")}, Quorum: 2, Daemons: 3,
		Limits: swap.Limits{Recipient: limit, Round: limit * 10, Day: limit * 10},
		Rails:  swap.Rails{Transaction: 1e15, Day: 1e15, GasPrice: 1e12, Batch: 3},
	}, By: "ann"})
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
	_, err = ledger.WriteExport(dir, source, ledger.ExportConfig{
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

func (s *testSource) Records(lo, hi int64) ([][]byte, error) { return s.l.lines[lo:hi], nil }

func (s *testSource) Attachments(size int64) ([]ledger.Digest, error) {
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

func (s *testSource) OpenAttachment(d ledger.Digest) (io.ReadCloser, error) {
	data, ok := s.l.files[d]
	if !ok {
		return nil, fmt.Errorf("attachment %s: %w", d, os.ErrNotExist)
	}
	stored, err := ledger.CompressAttachment(data)
	return io.NopCloser(bytes.NewReader(stored)), err
}

// options are those of an anchored audit.
func (l *testLog) options() Options {
	return Options{Key: l.vkey, Migration: l.terms.ID(), CodeHash: l.chain.codeHash}
}

// audit replays the export in a folder.
func (l *testLog) audit(dir string, o Options) *Report {
	l.tb.Helper()
	r, err := Replay(context.Background(), os.DirFS(dir), o)
	must(l.tb, err)
	return r
}

// world is what two daemons answered at one height of a recorded network.
type world struct {
	Height  uint64 `json:"height"`
	Daemons map[string][]struct {
		Call string          `json:"call"`
		Body json.RawMessage `json:"body"`
	} `json:"daemons"`
}

func loadWorld(tb testing.TB, n int) *world {
	tb.Helper()
	var w world
	must(tb, json.Unmarshal(readTestdata(tb, fmt.Sprintf("world%d.json", n)), &w))
	return &w
}

func (w *world) answer(daemon, call string) []byte {
	for _, c := range w.Daemons[daemon] {
		if c.Call == call {
			return c.Body
		}
	}
	return nil
}

func (w *world) header(daemon string, height uint64) []byte {
	return w.answer(daemon, fmt.Sprintf("%s.%d", wire.CallHeader, height))
}

// tip are the answers that every set begins with. get_last_block_header answers as the header of the top block does.
func (w *world) tip(daemon string) []swap.RawAnswer {
	return []swap.RawAnswer{
		{Call: wire.CallLastHeader, Body: w.header(daemon, w.Height)},
		{Call: wire.CallInfo, Body: w.answer(daemon, wire.CallInfo)},
		{Call: wire.CallGenesis, Body: w.answer(daemon, wire.CallGenesis)},
	}
}

func (w *world) observation(tb testing.TB, daemon string) *swap.Observation {
	tb.Helper()
	raw := w.tip(daemon)
	for _, call := range []string{wire.CallServiceNodes, wire.CallRewards10, wire.CallBlacklist, wire.CallPoll} {
		raw = append(raw, swap.RawAnswer{Call: call, Body: w.answer(daemon, call)})
	}
	o, err := wire.Observation(raw)
	must(tb, err)
	return &o
}

func (w *world) sighting(tb testing.TB, daemon string, height uint64) *swap.Sighting {
	tb.Helper()
	s, err := wire.Sighting(append(w.tip(daemon), swap.RawAnswer{Call: wire.CallHeader, Body: w.header(daemon, height)}), height)
	must(tb, err)
	return &s
}

// replaced is a world in which one daemon's answer to a call says something else.
func (w *world) replaced(daemon, call, old, new string) *world {
	out := &world{Height: w.Height, Daemons: map[string][]struct {
		Call string          `json:"call"`
		Body json.RawMessage `json:"body"`
	}{}}
	for d, calls := range w.Daemons {
		out.Daemons[d] = slices.Clone(calls)
		for i, c := range calls {
			if d == daemon && c.Call == call {
				out.Daemons[d][i].Body = bytes.ReplaceAll(c.Body, []byte(old), []byte(new))
			}
		}
	}
	return out
}

// take records a snapshot on which a and b agree; third is what c answers, if anything.
func (l *testLog) take(w *world, third *swap.Observation) uint64 {
	l.tb.Helper()
	answers := []swap.Answered{{Daemon: "a", Observation: w.observation(l.tb, "a")}, {Daemon: "b", Observation: w.observation(l.tb, "b")}, {Daemon: "c", Observation: third}}
	if third == nil {
		answers[2].Err = errors.New("get_info: time-out")
	}
	return l.record(swap.AgreeOnSnapshot(l.terms, 2, answers))
}

// decide records what two daemons of a world make of a snapshot.
func (l *testLog) decide(w *world, height uint64) uint64 {
	l.tb.Helper()
	s, err := l.tables.Snapshot(height)
	must(l.tb, err)
	return l.record(swap.DecideSnapshot(l.terms, 2, s, []swap.Saw{
		{Daemon: "a", Sighting: w.sighting(l.tb, "a", height)}, {Daemon: "b", Sighting: w.sighting(l.tb, "b", height)},
		{Daemon: "c", Err: errors.New("get_info: time-out")},
	}))
}

// wallet is a recorded wallet with claims that it signed.
type wallet struct {
	Name    string          `json:"wallet"`
	Address string          `json:"address"`
	Second  swap.EVMAddress `json:"second_recipient"`
	Spend   string          `json:"spend_key"`
	Texts   []struct {
		Text      string `json:"text"`
		Signature string `json:"signature"`
	} `json:"texts"` // legacy, legacy in lower case, claim #1, claim #2
}

func loadWallets(tb testing.TB) []wallet {
	tb.Helper()
	var list []wallet
	must(tb, json.Unmarshal(readTestdata(tb, "wallets.json"), &list))
	return list
}

var notChecked = swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked}

func accepted(c swap.Claim, code swap.RecipientCode) *swap.ClaimAccepted {
	return &swap.ClaimAccepted{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
		Sequence: c.Sequence, Integrated: c.Integrated, Code: code,
	}
}

// claim records the wallet's recorded claim with a number.
func (l *testLog) claim(w wallet, sequence int) uint64 {
	l.tb.Helper()
	t := w.Texts[1+sequence]
	c, err := swap.VerifyClaim(l.terms, w.Address, t.Text, t.Signature)
	must(l.tb, err)
	return l.add(accepted(c, notChecked))
}

// signClaim makes a claim that the wallet never signed on tape.
func (l *testLog) signClaim(w wallet, to swap.EVMAddress, sequence uint32) swap.Claim {
	l.tb.Helper()
	key, err := cryptonote.ParseSecretKey(w.Spend)
	must(l.tb, err)
	text := swap.ClaimText{Migration: l.terms.ID(), Recipient: to, Sequence: sequence, Until: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC)}.String()
	sig, err := cryptonote.Sign(key, []byte(text), newEntropy(text))
	must(l.tb, err)
	c, err := swap.VerifyClaim(l.terms, w.Address, text, sig.String())
	must(l.tb, err)
	return c
}

// legacy records a legacy file and the claims that it wins.
func (l *testLog) legacy(lines ...string) {
	l.tb.Helper()
	file := []byte(strings.Join(lines, "\n") + "\n")
	var verified []swap.LegacyLine
	for _, line := range swap.SplitLines(file) {
		verified = append(verified, swap.VerifyLegacyLine(l.terms, line))
	}
	event, taken, err := swap.ImportLegacy(&l.tables, l.migration(), file, verified, l.now)
	must(l.tb, err)
	l.add(&event, file)
	for _, c := range taken {
		l.add(accepted(c, notChecked))
	}
}

func legacyLine(w wallet, text int) string {
	return fmt.Sprintf(`{"oxen":%q,"text":%q,"signature":%q}`, w.Address, w.Texts[text].Text, w.Texts[text].Signature)
}

// build records the next round; alter may change what is built before it becomes an entry.
func (l *testLog) build(alter func(*swap.RoundFiles)) *swap.RoundFiles {
	l.tb.Helper()
	files, err := swap.BuildRound(&l.tables, uint64(len(l.lines)))
	must(l.tb, err)
	if alter != nil {
		alter(files)
	}
	l.record(files.Record(), nil)
	return files
}

func (l *testLog) approve(number uint64, who string) uint64 {
	l.tb.Helper()
	r, err := l.tables.Round(number)
	must(l.tb, err)
	return l.add(&swap.RoundApproved{Round: number, Note: l.sign(who, swap.ApprovalText(l.terms.Origin(), &r.RoundBuilt))})
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
