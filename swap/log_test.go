package swap

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

// testingT is what tests, benchmarks, fuzz targets and rapid share.
type testingT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A testLedger is a Ledger in memory. What is appended passes through the bytes of an entry, as in
// a real one.
type testLedger struct {
	t      testingT
	terms  *Terms
	tables *Memory
	files  AttachmentMap
	log    [][]byte
	now    time.Time
	secret map[string]string // operators' secret keys, by name
}

var _ Ledger = (*testLedger)(nil)

// startOfTests is within the opening times of all terms used here.
var startOfTests = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

// newLedger opens a migration with two daemons that must agree and two operators, ann and ben.
func newLedger(t testingT, terms *Terms) *testLedger {
	t.Helper()
	l := emptyLedger(t, terms)
	opened := MigrationOpened{Migration: terms.ID(), Terms: Digest(terms.Canonical()), Software: "test", LedgerKey: l.key(terms.Origin()), Operators: []string{l.key("ann")}}
	l.must(&opened, terms.Canonical())
	l.must(&ConfigSet{Config: Config{
		Operators: []string{opened.Operators[0], l.key("ben")}, Quorum: 2, Daemons: 2,
		Limits: Limits{Recipient: 1e15, Round: 1e15, Day: 1e15},
		Rails:  Rails{Transaction: 1e15, Day: 1e15, GasPrice: 1e10, Batch: 200},
	}, By: "ann"})
	return l
}

func emptyLedger(t testingT, terms *Terms) *testLedger {
	return &testLedger{t: t, terms: terms, tables: &Memory{}, files: AttachmentMap{}, now: startOfTests, secret: map[string]string{}}
}

// key makes a key pair and returns its public part.
func (l *testLedger) key(name string) string {
	l.t.Helper()
	secret, public, err := ledger.NewKey(rand.Reader, name)
	if err != nil {
		l.t.Fatalf("ledger.NewKey: %v", err)
	}
	l.secret[name] = secret
	return public
}

// renamed is the verifier key of a public key under another name.
func (l *testLedger) renamed(name string, public ed25519.PublicKey) string {
	l.t.Helper()
	key, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		l.t.Fatalf("note.NewEd25519VerifierKey: %v", err)
	}
	return key
}

// sign returns an operator's note.
func (l *testLedger) sign(operator, text string) string {
	l.t.Helper()
	signer, err := ledger.NewSigner(l.secret[operator])
	if err != nil {
		l.t.Fatalf("ledger.NewSigner: %v", err)
	}
	signed, err := ledger.SignNote(text, signer)
	if err != nil {
		l.t.Fatalf("ledger.SignNote: %v", err)
	}
	return string(signed)
}

func (l *testLedger) append(r Record) (ledger.Entry, error) {
	if err := r.Check(); err != nil {
		return ledger.Entry{}, err
	}
	files := AttachmentMap{}
	for _, data := range r.Attachments {
		files[Digest(data)] = data
	}
	for _, h := range r.Event.Attachments() {
		if data, ok := l.files[h]; ok {
			files[h] = data
		}
	}
	body, err := ledger.MarshalBody(r.Event)
	if err != nil {
		return ledger.Entry{}, err
	}
	data, err := ledger.FormatEntry(ledger.Entry{Seq: uint64(len(l.log)), Time: l.now, Kind: r.Event.Kind(), Body: body})
	if err != nil {
		return ledger.Entry{}, err
	}
	e, err := ledger.ParseEntry(data)
	if err != nil {
		return e, err
	}
	if err := Apply(l.tables, files, e); err != nil {
		return e, err
	}
	for h, data := range files {
		l.files[h] = data
	}
	l.log = append(l.log, data)
	return e, nil
}

// try appends an event; a refusal must leave the tables as they were.
func (l *testLedger) try(event Event, attachments ...[]byte) error {
	l.t.Helper()
	_, err := l.append(Record{event, attachments})
	if err != nil && !reflect.DeepEqual(l.tables, l.rebuilt(len(l.log))) {
		l.t.Fatalf("%s was refused (%v) and changed the tables all the same", event.Kind(), err)
	}
	return err
}

// must appends an event and returns its entry's number.
func (l *testLedger) must(event Event, attachments ...[]byte) uint64 {
	l.t.Helper()
	return l.mustRecord(Record{event, attachments})
}

func (l *testLedger) mustRecord(r Record) uint64 {
	l.t.Helper()
	e, err := l.append(r)
	if err != nil {
		l.t.Fatalf("entry %d: %v", len(l.log), err)
	}
	return e.Seq
}

// rebuilt applies the first n entries to empty tables.
func (l *testLedger) rebuilt(n int) *Memory {
	l.t.Helper()
	tables := &Memory{}
	for _, data := range l.log[:n] {
		e, err := ledger.ParseEntry(data)
		if err == nil {
			err = Apply(tables, l.files, e)
		}
		if err != nil {
			l.t.Fatalf("rebuild, entry %d: %v", e.Seq, err)
		}
	}
	return tables
}

// View implements Ledger.
func (l *testLedger) View(_ context.Context, read func(Tables, uint64) error) error {
	return read(l.tables, uint64(len(l.log)))
}

// Update implements Ledger.
func (l *testLedger) Update(_ context.Context, decide func(Tables, time.Time) ([]Record, error)) ([]ledger.Entry, error) {
	records, err := decide(l.tables, l.now)
	if err != nil {
		return nil, err
	}
	before := len(l.log)
	var entries []ledger.Entry
	for _, r := range records {
		e, err := l.append(r)
		if err != nil {
			l.log, l.tables = l.log[:before], l.rebuilt(before)
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (l *testLedger) migration() Migration {
	l.t.Helper()
	m, err := l.tables.Migration()
	if err != nil {
		l.t.Fatalf("Migration: %v", err)
	}
	return m
}

func (l *testLedger) round(number uint64) Round {
	l.t.Helper()
	r, err := l.tables.Round(number)
	if err != nil {
		l.t.Fatalf("round %d: %v", number, err)
	}
	return r
}

// take records a snapshot on which two daemons agree.
func (l *testLedger) take(c Content) {
	l.t.Helper()
	r, err := AgreeOnSnapshot(l.terms, l.migration().RulesInForce(), 2, []ObservationAnswer{
		{Daemon: "a", Observation: observation(l.terms, "a", c)},
		{Daemon: "b", Observation: observation(l.terms, "b", c)},
	})
	if err != nil {
		l.t.Fatalf("take %d: %v", c.Height, err)
	}
	l.mustRecord(r)
}

func observation(terms *Terms, daemon string, c Content) *Observation {
	return &Observation{
		Daemon: daemon, Version: "10.6.0", Genesis: terms.Oxen.Genesis, Network: terms.Oxen.Network, Content: c,
		Raw: []RawAnswer{{"get_info", []byte(daemon + " at " + c.BlockHash.String())}},
	}
}

// finalize decides on the snapshot of a height with two daemons whose top block is deep enough
// above it.
func (l *testLedger) finalize(height uint64) {
	l.t.Helper()
	s, err := l.tables.Snapshot(height)
	if err != nil {
		l.t.Fatalf("snapshot %d: %v", height, err)
	}
	var saw []BlockAnswer
	for _, daemon := range []string{"a", "b"} {
		saw = append(saw, BlockAnswer{Daemon: daemon, Block: &BlockStatus{
			Daemon: daemon, Genesis: l.terms.Oxen.Genesis, Network: l.terms.Oxen.Network,
			Top: height + l.terms.Oxen.FinalityDepth, ImmutableHeight: height, BlockHash: s.BlockHash,
		}})
	}
	r, err := DecideSnapshot(l.terms, 2, s, saw)
	if err != nil {
		l.t.Fatalf("finalize %d: %v", height, err)
	}
	l.mustRecord(r)
}

// claim records a claim of the holder with a number, whose signature nobody looks at.
func (l *testLedger) claim(holder int, to EVMAddress, sequence uint32) uint64 {
	l.t.Helper()
	return l.must(testClaim(l.terms, holder, to, sequence))
}

func testClaim(terms *Terms, holder int, to EVMAddress, sequence uint32) *ClaimAccepted {
	text := ClaimText{Migration: terms.ID(), Recipient: to, Sequence: sequence, Until: terms.Closes.Truncate(24 * time.Hour)}
	return &ClaimAccepted{
		Text: text.String(), Signature: "SigV1", Oxen: testAddress(holder), Account: testAccount(holder), Recipient: to,
		Sequence: sequence, Code: RecipientCode{Ethereum: SeenNotChecked, Target: SeenNothing},
	}
}

// build appends the next round.
func (l *testLedger) build() *RoundFiles {
	l.t.Helper()
	files, err := BuildRound(l.tables, uint64(len(l.log)))
	if err != nil {
		l.t.Fatalf("build a round: %v", err)
	}
	l.mustRecord(files.Record())
	return files
}

// approval is an operator's approval of a round that is built.
func (l *testLedger) approval(round uint64, operator string) *RoundApproved {
	l.t.Helper()
	r := l.round(round)
	return &RoundApproved{Round: round, Note: l.sign(operator, ApprovalText(l.terms.Origin(), &r.RoundBuilt))}
}

// testAddress is the Oxen address of the holder with a number.
func testAddress(holder int) string { return addressOf(holder, "view") }

// addressOf is an address of a holder under one of several view keys.
func addressOf(holder int, view string) string {
	return cryptonote.Address{
		Network: cryptonote.Mainnet, Kind: cryptonote.Standard,
		Spend: cryptonote.PublicKey(testHash("spend", holder)), View: cryptonote.PublicKey(testHash(view, holder)),
	}.String()
}

func testAccount(holder int) Account { return Account(testHash("spend", holder).String()) }

func testHash(what string, n int) Hash { return Digest(fmt.Appendf(nil, "%s %d", what, n)) }

// testRecipient is an address on the token's chain.
func testRecipient(n int) EVMAddress {
	h := testHash("recipient", n)
	return EVMAddress(h[:20])
}

// holding is what one holder has in a snapshot.
type holding struct {
	holder          int
	staked, rewards Oxen
}

// testContent is a snapshot's content in normal form: a funded node with every holder's stake, and
// their rewards.
func testContent(t testingT, height uint64, holdings ...holding) Content {
	t.Helper()
	c := Content{Height: height, BlockHash: testHash("block", int(height)), HardFork: 19, Nodes: []Node{{Key: testHash("node", 1), Operator: testAddress(0), Funded: true, Active: true}}}
	for _, h := range holdings {
		if h.staked > 0 {
			c.Nodes[0].Contributors = append(c.Nodes[0].Contributors, Contributor{
				Address: testAddress(h.holder),
				Locked:  []Locked{{KeyImage: testHash("key image", h.holder), OneTime: testHash("output", h.holder), Amount: h.staked}},
			})
		}
		if h.rewards > 0 {
			c.Rewards = append(c.Rewards, Reward{testAddress(h.holder), h.rewards})
		}
	}
	if err := c.Normalise(); err != nil {
		t.Fatalf("Normalise: %v", err)
	}
	return c
}

// readTOML is the tree of a TOML text.
func readTOML(t testingT, text string) map[string]any {
	t.Helper()
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		t.Fatalf("toml.Decode: %v", err)
	}
	return tree
}

func mustTerms(t testingT, text string) *Terms {
	t.Helper()
	terms, err := TermsFromTree(readTOML(t, text))
	if err != nil {
		t.Fatalf("TermsFromTree: %v", err)
	}
	return terms
}

// testTerms are terms of a fakechain with the given programmes, as TOML.
func testTerms(t testingT, programmes string) *Terms {
	t.Helper()
	return mustTerms(t, testHeader+programmes)
}

const testHeader = `
version = 1
name = "test"
portal = "claim.example"
opens = "2026-01-01T00:00:00Z"
closes = "2027-12-31T23:59:59Z"
legacy_claims = true
[oxen]
network = "fakechain"
genesis = "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"
finality_depth = 10
[token]
chain_id = 1337
address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
symbol = "SESH"
decimals = 9
`

// testProgrammes are two conversions at height 100 and points at 100, 110 and 120.
const testProgrammes = `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
ratio = "54/100"
cap = "1000000000000"
[[programme]]
name = "rewards"
kind = "convert-rewards"
snapshot_height = 100
ratio = "2/3"
cap = "1000000000000"
[[programme]]
name = "bonus"
kind = "share-points"
from_height = 100
to_height = 120
every = 10
cap = "300000000000"
`

// readFile reads from testdata.
func readFile(t testingT, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatalf("os.ReadFile: %v", err)
	}
	return bytes.Clone(data)
}

// coinProgrammes are a conversion of stakes and one of coins, both at height 100.
const coinProgrammes = `
[[programme]]
name = "stake"
kind = "convert-stake"
snapshot_height = 100
snapshot_window = 10
ratio = "54/100"
cap = "1000000000000"
[[programme]]
name = "coins"
kind = "convert-coins"
snapshot_height = 100
snapshot_window = 10
ratio = "54/100"
cap = "1000000000000"
min_coins = "1000"
steps = [{ from = "2026-12-01T00:00:00Z", factor = "7/10" }, { from = "2027-01-01T00:00:00Z", factor = "1/3" }]
`

var bothDaemons = []string{"a", "b"}

// date is midnight UTC of a day.
func date(t testingT, day string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatalf("time.Parse: %v", err)
	}
	return d
}
