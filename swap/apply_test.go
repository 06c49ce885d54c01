package swap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"oxenswap/swap/ledger"
)

// The stages through which a migration goes in the tests of Apply, each with what it adds.
var stages = []struct {
	name string
	add  func(*testLedger)
}{
	{"open", func(*testLedger) {}},
	{"taken", func(l *testLedger) { l.take(stagedContent(l.t, 100)) }},
	{"final", func(l *testLedger) { l.finalize(100) }},
	{"claimed", func(l *testLedger) { l.claim(1, testRecipient(1), 1); l.claim(2, testRecipient(2), 1) }},
	{"deployed", func(l *testLedger) { l.must(deployed(l.terms)) }},
	{"built", func(l *testLedger) { l.build() }},
	{"approved", func(l *testLedger) { l.must(l.approval(1, "ann")) }},
	{"signed", func(l *testLedger) { l.sendTx(Intent{Purpose: PurposePropose, Round: 1}, 1, 0) }},
	{"proposed", func(l *testLedger) { l.must(l.proposed(1)) }},
	{"active", func(l *testLedger) { l.must(l.activated(1)) }},
	{"planned", func(l *testLedger) { l.must(l.plan(1, 1), []byte("plan 1")) }},
	{"pushed", func(l *testLedger) { l.sendTx(Intent{PurposePush, 1, 1, 0}, 1, 7) }},
}

// staged is a ledger at a stage.
func staged(t testingT, until string) *testLedger {
	t.Helper()
	l := newLedger(t, testTerms(t, testProgrammes))
	for _, s := range stages {
		s.add(l)
		if s.name == until {
			return l
		}
	}
	t.Fatalf("no stage %s", until)
	return nil
}

func stagedContent(t testingT, height uint64) Content {
	return testContent(t, height, holding{1, 100, 30}, holding{2, 70, 0}, holding{3, 9, 9})
}

func deployed(terms *Terms) *DistributorDeployed {
	return &DistributorDeployed{Distributor: Distributor{
		Address: testRecipient(1000), ChainID: terms.Token.ChainID, CodeHash: testHash("code", 1), Token: EVMAddress(terms.Token.Address),
		Owner: testRecipient(1001), Publisher: testRecipient(1002), Guardian: testRecipient(1003), ActivationDelay: 60,
		ClosesAt: uint64(terms.Closes.Unix()) + minClaimingTime, Block: 5,
	}, Tx: testHash("tx", 1)}
}

// tx is a signed transaction and its bytes.
func (l *testLedger) tx(i Intent, attempt, nonce uint64) (*TxSigned, []byte) {
	raw := fmt.Appendf(nil, "%+v attempt %d nonce %d", i, attempt, nonce)
	return &TxSigned{
		Intent: i, Attempt: attempt, ChainID: l.terms.Token.ChainID, Sender: testRecipient(1002), Nonce: nonce,
		Hash: Digest(raw), Raw: Digest(raw), Amount: 1, GasFee: 1,
	}, raw
}

func (l *testLedger) sendTx(i Intent, attempt, nonce uint64) Hash {
	l.t.Helper()
	e, raw := l.tx(i, attempt, nonce)
	l.must(e, raw)
	return e.Hash
}

// at is a new place for an event of the distributor.
func (l *testLedger) at() LogPosition {
	n := len(l.log)
	return LogPosition{Tx: testHash("log", n), Block: uint64(100 + n), BlockHash: testHash("evm block", n), LogIndex: 3}
}

func (l *testLedger) proposed(round uint64) *RootProposed {
	r := l.round(round)
	return &RootProposed{Round: round, Root: r.Root, Total: r.Total, LedgerSize: r.Approved + 1, LedgerRoot: testHash("ledger", 1), LiveAt: 1, LogPosition: l.at()}
}

func (l *testLedger) activated(round uint64) *RootActivated {
	return &RootActivated{Round: round, Root: l.round(round).Root, LogPosition: l.at()}
}

func (l *testLedger) cancelled(round uint64) *RootCancelled {
	return &RootCancelled{Round: round, Root: l.round(round).Root, LogPosition: l.at()}
}

func (l *testLedger) plan(round, plan uint64) *PushPlanned {
	r := l.round(round)
	return &PushPlanned{Round: round, Plan: plan, Root: r.Root, Batches: 1, Recipients: 2, List: Digest(fmt.Appendf(nil, "plan %d", plan)), Amount: r.Amount}
}

// applyCase is one event offered to a ledger at a stage.
type applyCase struct {
	name  string
	stage string
	event func(l *testLedger) (Event, [][]byte)
	err   string // "": accepted
}

// with makes the event of a case that needs neither its ledger nor attachments.
func with(e Event) func(*testLedger) (Event, [][]byte) {
	return func(*testLedger) (Event, [][]byte) { return e, nil }
}

// named makes the entry that names the transaction of one stake at height 100.
func named(block Hash, change func(*SnapshotEvidence)) func(*testLedger) (Event, [][]byte) {
	return func(l *testLedger) (Event, [][]byte) {
		data, err := StakeEvidence{Stakes: []FoundStake{{Node: testHash("node", 1), Transaction: testHash("tx", 1), Height: 9}}}.Encode()
		if err != nil {
			l.t.Fatalf("%v", err)
		}
		e := &SnapshotEvidence{Height: 100, BlockHash: block, Stakes: Digest(data), Found: 1}
		if change != nil {
			change(e)
		}
		return e, [][]byte{data}
	}
}

// TestStakeEvidence: one spelling, and no output twice.
func TestStakeEvidence(t *testing.T) {
	one := FoundStake{Node: testHash("node", 1), OneTime: testHash("key", 1), Transaction: testHash("tx", 1), Output: 1, Height: 9}
	two := one
	two.Output = 2
	data, err := StakeEvidence{Stakes: []FoundStake{two, one}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := ParseStakeEvidence(data)
	if err != nil || !slices.Equal(e.Stakes, []FoundStake{one, two}) {
		t.Errorf("parsed %+v, %v: want them in order", e, err)
	}
	if _, err := (StakeEvidence{Stakes: []FoundStake{one, one}}).Encode(); err == nil || !strings.Contains(err.Error(), "is there twice") {
		t.Errorf("one output twice: %v", err)
	}
	for _, other := range []string{"", "null", `{}`, `{"stakes":null}`, " " + string(data), strings.Replace(string(data), `"output":1`, `"output":01`, 1), strings.Replace(string(data), `"output":1`, `"output":3`, 1)} {
		if _, err := ParseStakeEvidence([]byte(other)); err == nil {
			t.Errorf("%.60q is taken", other)
		}
	}
}

func runApplyCases(t *testing.T, cases []applyCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := staged(t, c.stage)
			event, files := c.event(l)
			err := l.try(event, files...)
			switch {
			case c.err == "" && err != nil:
				t.Error(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestMigrationOpened(t *testing.T) {
	terms := testTerms(t, testProgrammes)
	for _, c := range []struct {
		name   string
		change func(l *testLedger, e *MigrationOpened, att *[][]byte)
		err    string
	}{
		{"good", func(*testLedger, *MigrationOpened, *[][]byte) {}, ""},
		{"no terms", func(_ *testLedger, _ *MigrationOpened, att *[][]byte) { *att = nil }, "attachment is missing"},
		{"bad terms", func(_ *testLedger, e *MigrationOpened, att *[][]byte) {
			*att = [][]byte{[]byte("{}")}
			e.Terms = Digest([]byte("{}"))
		}, "terms: version: missing"},
		{"another id", func(_ *testLedger, e *MigrationOpened, _ *[][]byte) { e.Migration = "1166f61c0c9abbf6" }, "migration 1166f61c0c9abbf6, but its terms are those of " + terms.ID()},
		{"a key of another origin", func(l *testLedger, e *MigrationOpened, _ *[][]byte) {
			e.LedgerKey = l.key("claim.example/1166f61c0c9abbf6")
		}, `the ledger key is named "claim.example/1166f61c0c9abbf6"`},
		{"no key", func(_ *testLedger, e *MigrationOpened, _ *[][]byte) { e.LedgerKey = terms.Origin() }, "ledger key: "},
		{"no operator", func(_ *testLedger, e *MigrationOpened, _ *[][]byte) { e.Operators = nil }, "operators: there is none"},
		{"an operator twice", func(_ *testLedger, e *MigrationOpened, _ *[][]byte) {
			e.Operators = append(e.Operators, e.Operators[0])
		}, "give every key its own"},
		{"an operator under two names", func(l *testLedger, e *MigrationOpened, _ *[][]byte) {
			public, err := ledger.PublicKey(e.Operators[0])
			if err != nil {
				t.Fatal(err)
			}
			e.Operators = append(e.Operators, l.renamed("ben", public))
		}, "the same key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := emptyLedger(t, terms)
			e := &MigrationOpened{Migration: terms.ID(), Terms: Digest(terms.Canonical()), Software: "test", LedgerKey: l.key(terms.Origin()), Operators: []string{l.key("ann")}}
			att := [][]byte{terms.Canonical()}
			c.change(l, e, &att)
			err := l.try(e, att...)
			if c.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v", err)
			}
		})
	}

	l := newLedger(t, terms)
	again := &MigrationOpened{Migration: terms.ID(), Terms: Digest(terms.Canonical()), LedgerKey: l.migration().LedgerKey, Operators: l.migration().Config.Operators}
	if err := l.try(again, terms.Canonical()); err == nil || !strings.Contains(err.Error(), "is entry 0") {
		t.Errorf("opened twice: %v", err)
	}
	if err := emptyLedger(t, terms).try(&Correction{}); err == nil || !strings.Contains(err.Error(), "is entry 0") {
		t.Errorf("something else first: %v", err)
	}
	if err := ApplyEvent(&Memory{}, AttachmentMap{}, 1, startOfTests, &Correction{}); err == nil {
		t.Error("an entry without a migration was accepted")
	}
}

func TestDecodeEvent(t *testing.T) {
	if _, err := DecodeEvent("claim.invented", []byte("{}")); err == nil || !strings.Contains(err.Error(), `unknown kind of entry "claim.invented"`) {
		t.Errorf("DecodeEvent: got %v, want one with %q", err, `unknown kind of entry "claim.invented"`)
	}
	body := []byte(`{"entry":1,"note":"n","by":"b"}`)
	e, err := DecodeEvent("correction", body)
	if err != nil || e.(*Correction).Note != "n" {
		t.Fatalf("the decoded correction: got %+v, %v, want note n", e, err)
	}
	for _, other := range []string{`{"note":"n","entry":1,"by":"b"}`, `{"entry":1,"note":"n"}`, `{"entry":1,"note":"n","by":"b","x":1}`, `{"Entry":1,"note":"n","by":"b"}`, `{"entry":1,"note":"n","by":"b","evidence":null}`} {
		if _, err := DecodeEvent("correction", []byte(other)); err == nil {
			t.Errorf("%s was accepted", other)
		}
	}
}

// TestEveryKindOfEvent: each is registered under its own name and gives the same bytes back.
func TestEveryKindOfEvent(t *testing.T) {
	if len(events) != 34 {
		t.Errorf("kinds of entries: got %d, want 34", len(events))
	}
	ofDistributor := []string{"distributor.seen", "payout.seen", "root.activated", "root.cancelled", "root.proposed"}
	for kind, blank := range events {
		e := blank()
		if e.Kind() != kind {
			t.Errorf("%s is registered as %s", e.Kind(), kind)
		}
		if _, err := AsChainEvent(e); (err == nil) != slices.Contains(ofDistributor, kind) {
			t.Errorf("%s as an event of the distributor: %v", kind, err)
		}
		body, err := ledger.MarshalBody(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeEvent(kind, body); err != nil {
			t.Error(err)
		}
		// Every digest in the body that names an attachment is told.
		if n := strings.Count(string(body), strings.Repeat("0", 64)); len(e.Attachments()) > n {
			t.Errorf("%s names %d attachments in %s", kind, len(e.Attachments()), body)
		}
	}
}

func TestRecordCheck(t *testing.T) {
	file := []byte("evidence")
	h := Digest(file)
	e := &Correction{Entry: 1, Evidence: &h}
	if err := (Record{e, [][]byte{file}}).Check(); err != nil {
		t.Error(err)
	}
	if err := (Record{e, nil}).Check(); err != nil {
		t.Errorf("an attachment that is in the store already: %v", err)
	}
	if err := (Record{e, [][]byte{[]byte("other")}}).Check(); err == nil || !strings.Contains(err.Error(), "without naming it") {
		t.Errorf("Check of an attachment that the event does not name: got %v", err)
	}
}

func TestApplyConfig(t *testing.T) {
	set := func(change func(l *testLedger, c *Config)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e := &ConfigSet{Config: l.migration().Config, By: "ann"}
			e.Operators = slices.Clone(e.Operators)
			change(l, &e.Config)
			return e, nil
		}
	}
	runApplyCases(t, []applyCase{
		{"the same again", "open", set(func(*testLedger, *Config) {}), ""},
		{"quorum 1 on a fakechain", "open", set(func(_ *testLedger, c *Config) { c.Quorum, c.Daemons = 1, 1 }), ""},
		{"quorum 0", "open", set(func(_ *testLedger, c *Config) { c.Quorum = 0 }), "quorum 0: at least 1"},
		{"more than all daemons", "open", set(func(_ *testLedger, c *Config) { c.Quorum = 3 }), "quorum 3 of 2 daemons"},
		{"half of the daemons", "open", set(func(_ *testLedger, c *Config) { c.Daemons = 4 }), "more than half"},
		{"no operators", "open", set(func(_ *testLedger, c *Config) { c.Operators = nil }), "operators: there is none"},
		{"an operator that is no key", "open", set(func(_ *testLedger, c *Config) { c.Operators[1] = "ben" }), "is no public note key"},
		{"no limit per recipient", "open", set(func(_ *testLedger, c *Config) { c.Limits.Recipient = 0 }), "limits.recipient is 0 or missing"},
		{"no limit per round", "open", set(func(_ *testLedger, c *Config) { c.Limits.Round = 0 }), "limits.round"},
		{"no limit per day", "open", set(func(_ *testLedger, c *Config) { c.Limits.Day = 0 }), "limits.day"},
		{"no rail per transaction", "open", set(func(_ *testLedger, c *Config) { c.Rails.Transaction = 0 }), "rails.transaction"},
		{"no rail per day", "open", set(func(_ *testLedger, c *Config) { c.Rails.Day = 0 }), "rails.day"},
		{"no gas price", "open", set(func(_ *testLedger, c *Config) { c.Rails.GasPrice = 0 }), "rails.gas_price"},
		{"no batch size", "open", set(func(_ *testLedger, c *Config) { c.Rails.Batch = 0 }), "rails.batch"},
	})
	c := newLedger(t, testTerms(t, testProgrammes)).migration().Config
	c.Quorum, c.Daemons = 1, 1
	if err := c.Check(mainnetTerms(t)); err == nil || !strings.Contains(err.Error(), "quorum 1: at least 2 daemons must agree") {
		t.Errorf("quorum 1 off a fakechain: %v", err)
	}
}

func TestApplyTermsExtended(t *testing.T) {
	old := testTerms(t, testProgrammes).Closes
	later := old.Add(24 * time.Hour)
	extend := func(closes time.Time, change func(l *testLedger, e *TermsExtended)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			e := &TermsExtended{Closes: closes, Note: l.sign("ann", ExtensionText(l.terms, closes))}
			if change != nil {
				change(l, e)
			}
			return e, nil
		}
	}
	runApplyCases(t, []applyCase{
		{"later", "open", extend(later, nil), ""},
		{"the same", "open", extend(old, nil), "it can only move later"},
		{"earlier", "open", extend(old.Add(-time.Hour), nil), "it can only move later"},
		{"not UTC", "open", extend(later.In(time.FixedZone("", 3600)), nil), "expected whole seconds in UTC"},
		{"a fraction of a second", "open", extend(later.Add(time.Millisecond), nil), "expected whole seconds in UTC"},
		{"a note about another time", "open", extend(later, func(l *testLedger, e *TermsExtended) {
			e.Note = l.sign("ann", ExtensionText(l.terms, later.Add(1))+"x\n")
		}), "about something else"},
		{"a stranger's note", "open", extend(later, func(l *testLedger, e *TermsExtended) {
			l.key("eve")
			e.Note = l.sign("eve", ExtensionText(l.terms, later))
		}), "not signed by an operator in force"},
		{"no note", "open", extend(later, func(_ *testLedger, e *TermsExtended) { e.Note = "" }), "not signed by an operator in force"},
		{"after the closing", "open", func(l *testLedger) (Event, [][]byte) {
			l.now = old.Add(time.Second)
			return &TermsExtended{Closes: later, Note: l.sign("ann", ExtensionText(l.terms, later))}, nil
		}, "the migration has closed"},
	})
	l := staged(t, "open")
	l.must(&TermsExtended{Closes: later, Note: l.sign("ben", ExtensionText(l.terms, later))})
	if m := l.migration(); !m.Closes.Equal(later) || !m.Terms.Closes.Equal(old) {
		t.Errorf("closes at %s, the terms say %s", m.Closes, m.Terms.Closes)
	}
}

func TestApplySnapshots(t *testing.T) {
	taken := func(height uint64, change func(e *SnapshotTaken)) func(*testLedger) (Event, [][]byte) {
		return func(l *testLedger) (Event, [][]byte) {
			c := stagedContent(t, height)
			r, err := AgreeOnSnapshot(l.terms, Rules1, 2, answersOf(l.terms, c, c))
			if err != nil {
				t.Fatal(err)
			}
			e := r.Event.(*SnapshotTaken)
			change(e)
			return e, r.Attachments
		}
	}
	asIs := func(*SnapshotTaken) {}
	both := []DaemonReport{{Daemon: "a", Agrees: true}, {Daemon: "b", Agrees: true}}
	block := testHash("block", 100)
	runApplyCases(t, []applyCase{
		{"take", "open", taken(100, asIs), ""},
		{"take at a height that nothing reads", "open", taken(50, asIs), ""},
		{"take twice", "taken", taken(100, asIs), "height 100 has a snapshot already (entry 2)"},
		{"take after it is final", "final", taken(100, asIs), "height 100 has a snapshot already"},
		{"take with another quorum than is set", "open", taken(100, func(e *SnapshotTaken) { e.Quorum = 1 }), "quorum 1: the one in force is 2"},
		{"take with one daemon", "open", taken(100, func(e *SnapshotTaken) { e.Daemons[1].Agrees = false }), "1 daemons agree: expected 2"},
		{"take with one daemon twice", "open", taken(100, func(e *SnapshotTaken) { e.Daemons[1].Daemon = "a" }), "1 daemons agree: expected 2"},
		{"take with content of another height", "open", taken(100, func(e *SnapshotTaken) { e.Height = 99 }), "of another block"},
		{"take with content of another block", "open", taken(100, func(e *SnapshotTaken) { e.BlockHash = Hash{} }), "of another block"},
		{"take with another hard fork", "open", taken(100, func(e *SnapshotTaken) { e.HardFork++ }), "of another block"},
		{"take with other totals", "open", taken(100, func(e *SnapshotTaken) { e.Totals.Staked++ }), "the totals are not those of the content"},
		{"take without content", "open", func(l *testLedger) (Event, [][]byte) {
			e, att := taken(100, asIs)(l)
			return e, att[1:]
		}, "attachment is missing"},
		{"take with content out of order", "open", func(l *testLedger) (Event, [][]byte) {
			c := stagedContent(t, 100)
			slices.Reverse(c.Nodes[0].Contributors)
			data, err := c.Encode()
			if err != nil {
				t.Fatal(err)
			}
			e, _ := taken(100, func(e *SnapshotTaken) { e.Content = Digest(data) })(l)
			return e, [][]byte{data}
		}, "not in its normal form"},
		{"finalize", "taken", with(&SnapshotFinalized{Height: 100, BlockHash: block, Daemons: both}), ""},
		{"finalize what was not taken", "open", with(&SnapshotFinalized{Height: 100, BlockHash: block, Daemons: both}), "snapshot of height 100: none"},
		{"finalize twice", "final", with(&SnapshotFinalized{Height: 100, BlockHash: block, Daemons: both}), "is final"},
		{"finalize another block", "taken", with(&SnapshotFinalized{Height: 100, Daemons: both}), "is taken, of block"},
		{"finalize without a quorum", "taken", with(&SnapshotFinalized{Height: 100, BlockHash: block, Daemons: both[:1]}), "1 daemons agree"},
		{"discard", "taken", with(&SnapshotDiscarded{Height: 100, BlockHash: block, Now: testHash("block", 1), Daemons: both}), ""},
		{"discard what the chain still has", "taken", with(&SnapshotDiscarded{Height: 100, BlockHash: block, Now: block, Daemons: both}), "still has the snapshot's block"},
		{"discard without a quorum", "taken", with(&SnapshotDiscarded{Height: 100, BlockHash: block, Daemons: both[:1]}), "1 daemons agree"},
		{"discard what is final", "final", with(&SnapshotDiscarded{Height: 100, BlockHash: block, Daemons: both}), "is final"},
		{"missed", "open", with(&SnapshotMissed{Height: 110, Reason: "no power"}), ""},
		{"missed, at a height that nobody named", "open", with(&SnapshotMissed{Height: 105}), "the terms name no snapshot at height 105"},
		{"missed, though it was taken", "taken", with(&SnapshotMissed{Height: 100}), "height 100 has a snapshot"},
		{"missed, with what the daemons said", "open", with(&SnapshotMissed{Height: 110, Reason: "no power", Daemons: both}), ""},
		{"missed, by one daemon", "open", with(&SnapshotMissed{Height: 110, Reason: "no power", Daemons: both[:1]}), "1 daemons agree: expected 2"},
		{"stakes named", "final", named(block, nil), ""},
		{"stakes named before it is final", "taken", named(block, nil), "the snapshot of height 100 is taken"},
		{"stakes of another block", "final", named(testHash("block", 1), nil), "is final, of block"},
		{"stakes without a list", "final", func(l *testLedger) (Event, [][]byte) {
			e, _ := named(block, nil)(l)
			return e, nil
		}, "attachment is missing"},
		{"another number of stakes", "final", named(block, func(e *SnapshotEvidence) { e.Found++ }), "the evidence has 1 stakes, the entry says 2"},
		{"stakes named twice", "final", func(l *testLedger) (Event, [][]byte) {
			e, files := named(block, nil)(l)
			l.must(e, files...)
			return e, files
		}, "have their evidence already"},
		{"missed twice", "open", func(l *testLedger) (Event, [][]byte) {
			l.must(&SnapshotMissed{Height: 110, Reason: "no power"})
			return &SnapshotMissed{Height: 110}, nil
		}, "recorded as missed already"},
		{"take again after it was discarded", "taken", func(l *testLedger) (Event, [][]byte) {
			l.must(&SnapshotDiscarded{Height: 100, BlockHash: block, Now: testHash("block", 1), Daemons: both})
			return taken(100, asIs)(l)
		}, ""},
		{"missed, after it was discarded", "taken", func(l *testLedger) (Event, [][]byte) {
			l.must(&SnapshotDiscarded{Height: 100, BlockHash: block, Now: testHash("block", 1), Daemons: both})
			return &SnapshotMissed{Height: 100, Reason: "reorganised"}, nil
		}, ""},
	})

	// Without a configuration nothing says how many daemons must agree.
	terms := testTerms(t, testProgrammes)
	l := emptyLedger(t, terms)
	l.must(&MigrationOpened{Migration: terms.ID(), Terms: Digest(terms.Canonical()), LedgerKey: l.key(terms.Origin()), Operators: []string{l.key("ann")}}, terms.Canonical())
	e, att := taken(100, func(e *SnapshotTaken) { e.Quorum, e.Daemons = 0, nil })(l)
	if err := l.try(e, att[0]); err == nil || !strings.Contains(err.Error(), "no quorum is set") {
		t.Errorf("without a configuration: %v", err)
	}
}

func TestApplyCorrection(t *testing.T) {
	file := []byte("a letter")
	h := Digest(file)
	runApplyCases(t, []applyCase{
		{"correction", "open", func(*testLedger) (Event, [][]byte) {
			return &Correction{Entry: 1, Note: "the limits were agreed by letter", By: "ann", Evidence: &h}, [][]byte{file}
		}, ""},
		{"correction of what is not there", "open", with(&Correction{Entry: 2}), "entry 2 does not exist yet"},
	})
}
