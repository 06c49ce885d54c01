package swap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oxenswap/swap/ledger"
)

// mainnetTerms are terms off a fakechain.
func mainnetTerms(t testingT) *Terms {
	t.Helper()
	return mustTerms(t, strings.Replace(testHeader, "fakechain", "mainnet", 1)+testProgrammes)
}

// answersOf are the answers of daemons a, b, c, ... with one content each.
func answersOf(terms *Terms, contents ...Content) []ObservationAnswer {
	var out []ObservationAnswer
	for i, c := range contents {
		name := string(rune('a' + i))
		out = append(out, ObservationAnswer{Daemon: name, Observation: observation(terms, name, c)})
	}
	return out
}

func TestAgreeOnSnapshot(t *testing.T) {
	terms := testTerms(t, testProgrammes)
	x := testContent(t, 100, holding{1, 50, 5}, holding{2, 70, 0})
	changed := func(change func(*Content)) Content {
		c := shuffled(x)
		change(&c)
		if err := c.Normalise(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	y := changed(func(c *Content) { c.Rewards[0].Amount++ })
	fails := func(daemon, why string) ObservationAnswer {
		return ObservationAnswer{Daemon: daemon, Err: errors.New(why)}
	}
	elsewhere := func(change func(*Observation)) ObservationAnswer {
		o := observation(terms, "c", x)
		change(o)
		return ObservationAnswer{Daemon: "c", Observation: o}
	}
	for _, c := range []struct {
		name    string
		answers []ObservationAnswer
		quorum  int
		agree   string // daemons
		differs string // what the last daemon is said to differ in
		err     string
	}{
		{name: "all agree", answers: answersOf(terms, x, x, x), quorum: 3, agree: "abc"},
		{name: "one on a fakechain", answers: answersOf(terms, x), quorum: 1, agree: "a"},
		{name: "other rewards", answers: answersOf(terms, x, x, y), quorum: 2, agree: "ab", differs: "says otherwise of the accrued rewards"},
		{name: "another block", answers: answersOf(terms, x, x, changed(func(c *Content) { c.BlockHash[0]++ })), quorum: 2, agree: "ab", differs: "answers for height 100, block "},
		{name: "another height", answers: answersOf(terms, x, x, changed(func(c *Content) { c.Height++ })), quorum: 2, agree: "ab", differs: "answers for height 101, block "},
		{name: "another hard fork", answers: answersOf(terms, x, x, changed(func(c *Content) { c.HardFork++ })), quorum: 2, agree: "ab", differs: "says hard fork 20"},
		{name: "another state of a node", answers: answersOf(terms, x, x, changed(func(c *Content) { c.Nodes[0].Active = false })), quorum: 2, agree: "ab", differs: "says otherwise of service node " + x.Nodes[0].Key.String()},
		{name: "another node", answers: answersOf(terms, x, x, changed(func(c *Content) { c.Nodes[0].Key = testHash("node", 2) })), quorum: 2, agree: "ab", differs: "has other service nodes, from " + testHash("node", 2).String()},
		{name: "one node less", answers: answersOf(terms, x, x, changed(func(c *Content) { c.Nodes = nil })), quorum: 2, agree: "ab", differs: "has 0 service nodes instead of 1"},
		{name: "another blacklist", answers: answersOf(terms, x, x, changed(func(c *Content) { c.Blacklist = []BlacklistedStake{{Amount: 1}} })), quorum: 2, agree: "ab", differs: "says otherwise of the blacklisted"},
		{name: "one fails", answers: append(answersOf(terms, x, x), fails("c", "BUSY")), quorum: 2, agree: "ab", differs: "failed"},
		{name: "one says nothing", answers: append(answersOf(terms, x, x), ObservationAnswer{Daemon: "c"}), quorum: 2, agree: "ab", differs: "gave no answer"},
		{name: "one is on another network", answers: append(answersOf(terms, x, x), elsewhere(func(o *Observation) { o.Network = "testnet" })), quorum: 2, agree: "ab", differs: "another network"},
		{name: "one has another genesis", answers: append(answersOf(terms, x, x), elsewhere(func(o *Observation) { o.Genesis[0]++ })), quorum: 2, agree: "ab", differs: "another genesis"},
		{name: "a majority of three to two", answers: answersOf(terms, y, x, x, y, x), quorum: 3, agree: "bce"},
		{name: "one too few", answers: answersOf(terms, x, x, y), quorum: 3, err: "3 must name the same block and content: a: height 100"},
		{name: "a tie", answers: answersOf(terms, x, x, y, y), quorum: 3, err: "too few daemons agree"},
		{name: "a tie of three", answers: answersOf(terms, x, y, changed(func(c *Content) { c.Height++ })), quorum: 2, err: "too few daemons agree"},
		{name: "the others are on another network", answers: append(answersOf(terms, x), elsewhere(func(o *Observation) { o.Network = "mainnet" })), quorum: 2, err: `c: is on "mainnet"`},
		{name: "all fail", answers: []ObservationAnswer{fails("a", "BUSY"), fails("b", "connection refused")}, quorum: 2, err: "a: BUSY; b: connection refused"},
		{name: "nobody", quorum: 1, err: "too few daemons agree"},
		{name: "no quorum set", answers: answersOf(terms, x), quorum: 0, err: "no quorum is set"},
		{name: "one answers for two", answers: append(answersOf(terms, x), answersOf(terms, x)...), quorum: 2, err: "daemon a answered twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := AgreeOnSnapshot(terms, Rules1, c.quorum, c.answers)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v", err)
				}
				if c.quorum > 0 && !strings.Contains(c.err, "twice") && !errors.Is(err, ErrNoQuorum) {
					t.Errorf("not ErrNoQuorum: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e := r.Event.(*SnapshotTaken)
			agree := ""
			for _, d := range e.Daemons {
				if d.Agrees {
					agree += d.Daemon
				}
				if d.Agrees == (d.Differs != "") {
					t.Errorf("daemon %s agrees: %v, differs: %q", d.Daemon, d.Agrees, d.Differs)
				}
			}
			last := e.Daemons[len(e.Daemons)-1]
			if agree != c.agree || !strings.Contains(last.Differs, c.differs) {
				t.Errorf("%q agree, the last one differs in %q", agree, last.Differs)
			}
			if len(e.Daemons) != len(c.answers) || e.Quorum != c.quorum || e.Height != 100 || e.BlockHash != x.BlockHash || e.HardFork != 19 {
				t.Errorf("entry %+v", e)
			}
			if err := r.Check(); err != nil || len(r.Attachments) != len(e.Attachments()) {
				t.Errorf("%d attachments for %d names (%v)", len(r.Attachments), len(e.Attachments()), err)
			}
		})
	}
}

// TestWhatDaemonsSayFitsAnEntry: whatever text a daemon sends, the snapshot of the others can be
// recorded.
func TestWhatDaemonsSayFitsAnEntry(t *testing.T) {
	terms := testTerms(t, testProgrammes)
	c := testContent(t, 100, holding{1, 50, 5})
	for _, said := range []string{"\xff\xfe", "a\x00b\x1b[31m\n", strings.Repeat("\x01", 70000), strings.Repeat("é", 300), strings.Repeat("\u2028", 30000), strings.Repeat(`"\`, 40000)} {
		answers := answersOf(terms, c, c)
		for i := range 20 {
			answers = append(answers, ObservationAnswer{Daemon: fmt.Sprint("hostile ", i), Err: errors.New(said)})
		}
		answers[0].Observation.Version = said
		r, err := AgreeOnSnapshot(terms, Rules1, 2, answers)
		if err != nil {
			t.Fatal(err)
		}
		l := newLedger(t, terms)
		if err := l.try(r.Event, r.Attachments...); err != nil {
			t.Errorf("%.20q: %v", said, err)
		}
		body, err := ledger.MarshalBody(r.Event)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), `\u0000`) || strings.Contains(string(body), `\u001b`) {
			t.Errorf("%.20q: control characters in the entry", said)
		}
	}
}

// TestAgreementDoesNotDependOnOrder: neither the order of the answers nor that of their lists
// changes the entry.
func TestAgreementDoesNotDependOnOrder(t *testing.T) {
	terms := testTerms(t, testProgrammes)
	rapid.Check(t, func(t *rapid.T) {
		contents := []Content{drawContent(t, 100), drawContent(t, 100), drawContent(t, 101)}
		var answers []ObservationAnswer
		for i := range rapid.IntRange(1, 7).Draw(t, "daemons") {
			name := string(rune('a' + i))
			a := ObservationAnswer{Daemon: name, Err: errors.New("BUSY")}
			if pick := rapid.IntRange(0, 3).Draw(t, "answer"); pick < 3 {
				a = ObservationAnswer{Daemon: name, Observation: observation(terms, name, contents[pick])}
			}
			answers = append(answers, a)
		}
		quorum := rapid.IntRange(1, 4).Draw(t, "quorum")
		first, err1 := AgreeOnSnapshot(terms, Rules1, quorum, answers)
		again, err2 := AgreeOnSnapshot(terms, Rules1, quorum, rapid.Permutation(answers).Draw(t, "order"))
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("%v, and in another order %v", err1, err2)
		}
		if err1 == nil {
			if diff := cmp.Diff(first.Event, again.Event); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestDecideSnapshot(t *testing.T) {
	fake, main := testTerms(t, testProgrammes), mainnetTerms(t)
	s := Snapshot{Height: 100, BlockHash: testHash("block", 100), Status: TakenSnapshot}
	other, third := testHash("block", 1), testHash("block", 2)
	sees := func(terms *Terms, top, immutable uint64, block Hash) func(name string) BlockAnswer {
		return func(name string) BlockAnswer {
			return BlockAnswer{Daemon: name, Block: &BlockStatus{
				Daemon: name, Network: terms.Oxen.Network, Genesis: terms.Oxen.Genesis, Top: top, ImmutableHeight: immutable, BlockHash: block,
				Raw: []RawAnswer{{"get_block_header_by_height", []byte(name)}},
			}}
		}
	}
	fails := func(why string) func(string) BlockAnswer {
		return func(name string) BlockAnswer { return BlockAnswer{Daemon: name, Err: errors.New(why)} }
	}
	deep, shallow := sees(fake, 110, 0, s.BlockHash), sees(fake, 109, 0, s.BlockHash)
	fixed, open := sees(main, 200, 100, s.BlockHash), sees(main, 200, 99, s.BlockHash)
	for _, c := range []struct {
		name   string
		terms  *Terms
		quorum int
		saw    []func(string) BlockAnswer
		want   string // kind of the entry; "" for not yet
		agree  string
		says   string // of the last daemon, or of the error
	}{
		{"deep enough on a fakechain", fake, 2, []func(string) BlockAnswer{deep, deep}, "snapshot.finalized", "ab", ""},
		{"one block short of it", fake, 2, []func(string) BlockAnswer{deep, shallow}, "", "", "b: its top is 109, final from 110 on"},
		{"one of three is behind", fake, 2, []func(string) BlockAnswer{deep, deep, shallow}, "snapshot.finalized", "ab", "its top is 109"},
		{"immutable", main, 2, []func(string) BlockAnswer{fixed, fixed}, "snapshot.finalized", "ab", ""},
		{"immutable one block below", main, 2, []func(string) BlockAnswer{fixed, open}, "", "", "b: holds immutable only up to 99"},
		{"immutable height 0 is not final off a fakechain", main, 2, []func(string) BlockAnswer{sees(main, 1e6, 0, s.BlockHash), sees(main, 1e6, 0, s.BlockHash)}, "", "", "holds immutable only up to 0"},
		{"depth alone is not final off a fakechain", main, 1, []func(string) BlockAnswer{sees(main, 1e6, 99, s.BlockHash)}, "", "", "up to 99"},
		{"one dissents", main, 2, []func(string) BlockAnswer{fixed, fixed, sees(main, 200, 100, other)}, "snapshot.finalized", "ab", "has block " + other.String()},
		{"a quorum has another block", main, 2, []func(string) BlockAnswer{sees(main, 200, 100, other), sees(main, 200, 0, other), fixed}, "snapshot.discarded", "ab", ""},
		{"too few have another block", main, 2, []func(string) BlockAnswer{fixed, sees(main, 200, 100, other)}, "", "", "has block " + other.String()},
		{"they have two other blocks", main, 2, []func(string) BlockAnswer{sees(main, 200, 100, other), sees(main, 200, 100, third)}, "", "", "has block"},
		{"no block there any more", main, 1, []func(string) BlockAnswer{sees(main, 99, 90, Hash{})}, "", "", "has no block at height 100: its top is 99"},
		{"another network", fake, 1, []func(string) BlockAnswer{sees(main, 200, 200, s.BlockHash)}, "", "", "is on \"mainnet\", the terms name fakechain"},
		{"another network dissents", fake, 1, []func(string) BlockAnswer{sees(main, 200, 200, other)}, "", "", "is on \"mainnet\""},
		{"one fails", main, 2, []func(string) BlockAnswer{fixed, fails("timeout"), fixed}, "snapshot.finalized", "ac", ""},
		{"all fail", main, 2, []func(string) BlockAnswer{fails("timeout"), fails("refused")}, "", "", "a: timeout; b: refused"},
		{"one says nothing", main, 1, []func(string) BlockAnswer{func(name string) BlockAnswer { return BlockAnswer{Daemon: name} }}, "", "", "gave no answer"},
		{"nobody", main, 1, nil, "", "", "not final yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var saw []BlockAnswer
			for i, f := range c.saw {
				saw = append(saw, f(string(rune('a'+i))))
			}
			r, err := DecideSnapshot(c.terms, c.quorum, s, saw)
			if c.want == "" {
				if !errors.Is(err, ErrNotYet) || !strings.Contains(err.Error(), c.says) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var reports []DaemonReport
			switch e := r.Event.(type) {
			case *SnapshotFinalized:
				reports = e.Daemons
			case *SnapshotDiscarded:
				reports = e.Daemons
				if e.Now != other || e.BlockHash != s.BlockHash {
					t.Errorf("discarded for %s", e.Now)
				}
			}
			agree := ""
			for _, d := range reports {
				if d.Agrees {
					agree += d.Daemon
				}
			}
			if r.Event.Kind() != c.want || agree != c.agree || !strings.Contains(reports[len(reports)-1].Differs, c.says) {
				t.Errorf("%s, %q agree: %+v", r.Event.Kind(), agree, reports)
			}
			if err := r.Check(); err != nil {
				t.Error(err)
			}
			// The order in which daemons answer changes nothing.
			slices.Reverse(saw)
			again, err := DecideSnapshot(c.terms, c.quorum, s, saw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.Event, again.Event); diff != "" {
				t.Error(diff)
			}
		})
	}

	genesis := Snapshot{Status: TakenSnapshot, BlockHash: s.BlockHash}
	if _, err := DecideSnapshot(main, 1, genesis, []BlockAnswer{sees(main, 100, 0, s.BlockHash)("a")}); !errors.Is(err, ErrNotYet) {
		t.Errorf("immutable height 0 made the genesis final: %v", err)
	}
	if _, err := DecideSnapshot(fake, 0, s, nil); err == nil || !strings.Contains(err.Error(), "no quorum is set") {
		t.Errorf("without a quorum: %v", err)
	}
	if _, err := DecideSnapshot(fake, 2, s, []BlockAnswer{deep("a"), deep("a")}); err == nil || !strings.Contains(err.Error(), "daemon a answered twice") {
		t.Errorf("one daemon for two: %v", err)
	}
}
