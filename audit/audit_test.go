package audit

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// TestClean: a whole migration holds, and every kind of check was made.
func TestClean(t *testing.T) {
	l := migrated(t, nil)
	o := l.options()
	o.Chain = l.chain.dial
	var steps []uint64
	o.Progress = func(done, total uint64) {
		if total != uint64(len(l.lines)) {
			t.Errorf("%d entries in all, there are %d", total, len(l.lines))
		}
		steps = append(steps, done)
	}
	r := l.audit(l.export(), o)
	if !r.OK() || len(r.Problems) > 0 {
		t.Fatalf("problems: %v", r.Problems)
	}
	if len(steps) == 0 || steps[len(steps)-1] != uint64(len(l.lines)) {
		t.Errorf("progress was told %v", steps)
	}
	counts := map[string]uint64{}
	for _, c := range r.Checked {
		counts[c.What] = c.N
	}
	for what, n := range map[string]uint64{
		"entries applied": uint64(len(l.lines)), countClaims: 11, countLegacy: 4, countRaw: 17, "snapshots from raw answers": 4,
		countOwners: 6, countJudged: 5, countOutputs: 17, countImages: 4, countAnswers: 17, "rounds rebuilt": 4, "operators' signed notes": 5, "payments": 15, "ledger roots in proposals": 3,
		"events compared with the chain": 28, "settings of the distributor on chain": 7, "recipients' claimed amounts on chain": 9,
	} {
		if counts[what] != n {
			t.Errorf("%s: %d, want %d", what, counts[what], n)
		}
	}
	for _, c := range []Count{{uncheckedDaemons, 5}, {uncheckedQueue, 1}} {
		if !slices.Contains(r.NotChecked, c) {
			t.Errorf("%v is missing in %v", c, r.NotChecked)
		}
	}
	// As an independent implementation computed it from the same recordings, without what was never
	// claimed or proved.
	given := map[string]swap.Sesh{"stake": 269_999999999, "rewards": 106_676756999, "bonus": 299_999999996, "coins": 281_309466855}
	for _, p := range r.Programmes {
		if p.Given != given[p.Name] {
			t.Errorf("%s gave %s, want %s", p.Name, p.Given, given[p.Name])
		}
	}
	if want := given["stake"] + given["rewards"] + given["bonus"] + given["coins"]; r.Paid != want {
		t.Errorf("%s were paid, want %s", r.Paid, want)
	}
	var text strings.Builder
	must(t, r.WriteText(&text))
	if !strings.HasSuffix(text.String(), "\naudit: every entry holds\n") {
		t.Errorf("the report ends otherwise:\n%s", text.String())
	}
}

// TestAnchors: what only an anchor can show, and that without one nothing is shown.
func TestAnchors(t *testing.T) {
	l := migrated(t, nil)
	dir := l.export()
	_, stranger := newTestKey(t, l.terms.Origin())
	_, other := newTestKey(t, "another.example/1166f61c0c9abbf6")
	witness, witnessKey := newTestWitness(t)
	now := l.checkpoint(len(l.lines))
	cosigned := filepath.Join(t.TempDir(), "cosigned")
	must(t, os.CopyFS(cosigned, os.DirFS(dir)))
	cosign(t, l, cosigned, witness)
	rewritten := l.changed(func(_ *testLog, events []swap.Event) []swap.Event {
		events[len(events)-1].(*swap.Correction).Note = "something else" // behind the last proposal, which names the log
		return events
	})
	if stranger != l.vkey {
		t.Fatal("the test's keys are not reproducible")
	}
	for _, c := range []struct {
		name     string
		dir      string
		change   func(*Options)
		ok       bool
		holds    bool
		contains string
	}{
		{"key and migration", dir, func(*Options) {}, true, true, ""},
		{"no key", dir, func(o *Options) { o.Key = "" }, false, true, "nothing shows that it is the real one"},
		{"no migration", dir, func(o *Options) { o.Migration = "" }, false, true, "nothing shows that it is the real one"},
		{"another key", dir, func(o *Options) { o.Key = other }, false, false, "entry 0 (migration.opened): the log was opened for the ledger key"},
		{"another migration", dir, func(o *Options) { o.Migration = "0011223344556677" }, false, false, "entry 0 (migration.opened): it opens migration"},
		{"an earlier checkpoint", dir, func(o *Options) { o.Since = l.checkpoint(50) }, true, true, ""},
		{"the present checkpoint", dir, func(o *Options) { o.Since = now }, true, true, ""},
		{"a rewritten log", rewritten.export(), func(*Options) {}, true, true, ""},
		{"a rewritten log against a checkpoint", rewritten.export(), func(o *Options) { o.Since = now }, false, false, "since: the first"},
		{"a log that has shrunk", (&testLog{tb: t, terms: l.terms, lines: l.lines[:60], files: l.files, stored: l.stored, vkey: l.vkey, signer: l.signer}).export(),
			func(o *Options) { o.Since = now }, false, false, "it has shrunk"},
		{"a checkpoint of nobody", dir, func(o *Options) { o.Since = []byte("x\n") }, false, false, "since: "},
		{"no cosignature", dir, func(o *Options) { o.Witnesses = []string{witnessKey} }, false, false, "has not cosigned it"},
		{"a cosignature", cosigned, func(o *Options) { o.Witnesses = []string{witnessKey} }, true, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := l.options()
			c.change(&o)
			r := l.audit(c.dir, o)
			if r.OK() != c.ok || r.Holds != c.holds {
				t.Errorf("ok %v, holds %v, want %v, %v: %v", r.OK(), r.Holds, c.ok, c.holds, r.Problems)
			}
			if !strings.Contains(r.Verdict(), c.contains) {
				t.Errorf("the verdict is %q, want %q in it", r.Verdict(), c.contains)
			}
		})
	}
	for _, o := range []Options{{Key: "x"}, {Witnesses: []string{"x"}}, {Witnesses: []string{witnessKey, witnessKey}}} {
		if _, err := Replay(context.Background(), os.DirFS(dir), o); err == nil {
			t.Errorf("options %+v: got no error, want one", o)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Replay(ctx, os.DirFS(dir), l.options()); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// TestSigned: entries that are well signed and wrong in themselves.
func TestSigned(t *testing.T) {
	l := migrated(t, nil)
	for _, c := range []struct {
		name string
		line int
		old  string
		new  string
		want string
	}{
		{"another number", 40, `"seq":40,`, `"seq":41,`, "it says that it is entry 41"},
		{"an earlier time", 40, `T12:00:41Z`, `T12:00:39Z`, "lies before that of the entry before it"},
		{"an unknown kind", 40, `"kind":"`, `"kind":"un`, "unknown kind"},
		{"an unknown key", 40, `"body":{`, `"body":{"aaa":1,`, "unknown key"},
		{"no entry at all", 40, `{"v":1`, `{"v":2`, "this version of the format is not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := *l
			forged.lines = slices.Clone(l.lines)
			forged.lines[c.line] = bytes.Replace(l.lines[c.line], []byte(c.old), []byte(c.new), 1)
			if bytes.Equal(forged.lines[c.line], l.lines[c.line]) {
				t.Fatalf("nothing changed in %s", l.lines[c.line])
			}
			r := exportAnything(t, &forged)
			if firstEntry(r) != "40" || !strings.Contains(r.Problems[0].What, c.want) {
				t.Errorf("%v, want %q of entry 40", r.Problems, c.want)
			}
		})
	}
	t.Run("an entry left out", func(t *testing.T) {
		at := l.find("payout.seen", 1)
		forged := l.changed(func(_ *testLog, events []swap.Event) []swap.Event { return slices.Delete(events, int(at), int(at)+1) })
		r := forged.audit(forged.export(), l.options())
		if r.OK() || *r.Problems[0].Entry < at {
			t.Errorf("a payment is missing: %v", r.Problems)
		}
	})
}

// exportAnything exports lines that may be no entries, and audits them.
func exportAnything(t *testing.T, l *testLog) *Report {
	t.Helper()
	dir := t.TempDir()
	source := &anySource{testSource{l: l}}
	for _, line := range l.lines {
		must(t, source.Append(ledger.RecordHash(line)))
	}
	_, err := ledger.WriteExport(t.Context(), dir, source, ledger.ExportConfig{
		Checkpoint: l.checkpoint(len(l.lines)), Signer: l.signer, Key: mustVerifier(t, l.vkey), Withhold: ledger.WithholdNothing,
	})
	must(t, err)
	return l.audit(dir, l.options())
}

// anySource exports all attachments, whatever the entries say.
type anySource struct{ testSource }

func (s *anySource) Attachments(_ context.Context, _ int64) ([]ledger.Digest, error) {
	return slices.Collect(maps.Keys(s.l.files)), nil
}

// TestRails: payments signed above the rails in force.
func TestRails(t *testing.T) {
	const first, second = 96_406537500, 84_294000000 // what the two batches move
	for _, c := range []struct {
		name  string
		rails swap.Rails
		n     int // of the push transactions, the first wrong one; -1: none
		want  string
	}{
		{"just enough", swap.Rails{Transaction: first, Day: first + second, GasPrice: 1e12, Batch: 3}, -1, ""},
		{"a transaction", swap.Rails{Transaction: first - 1, Day: first + second, GasPrice: 1e12, Batch: 3}, 0, "the rail for one transaction is"},
		{"a day", swap.Rails{Transaction: first, Day: first + second - 1, GasPrice: 1e12, Batch: 3}, 1, "were signed on one day, the rail is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := unpaid(t)
			config := l.migration().Config
			config.Rails = c.rails
			l.add(&swap.ConfigSet{Config: config, By: "ann"})
			l.chain.push(1, 1)
			r := l.audit(l.export(), l.options())
			if c.n < 0 {
				if !r.OK() {
					t.Errorf("problems: %v", r.Problems)
				}
				return
			}
			at := l.find("push.planned", 0)
			for n := 0; n <= c.n; n++ {
				for at++; l.decoded()[at].Kind() != "tx.signed"; at++ {
				}
			}
			if firstEntry(r) != fmt.Sprint(at) || !strings.Contains(r.Problems[0].What, c.want) {
				t.Errorf("want %q of entry %d, got %v", c.want, at, r.Problems)
			}
		})
	}
}

// TestProblems: the lowest entries are listed, in order, whatever the order in which they are
// found; the rest is counted.
func TestProblems(t *testing.T) {
	r := newReport()
	r.global("chain", fmt.Errorf("no\x1b[2J\u202eanswer\nat all"))
	if got := r.Problems[0].String(); got != "chain: no?[2J?answer; at all" {
		t.Errorf("a hostile text becomes %q", got)
	}
	for i := range uint64(40) {
		r.entry((i*7)%40, "correction", strings.Repeat("x", 2*maxWhat))
	}
	r.finish()
	if r.Holds || len(r.Problems) != MaxProblems || r.More != 41-MaxProblems {
		t.Fatalf("%d problems and %d more", len(r.Problems), r.More)
	}
	for i, p := range r.Problems {
		if *p.Entry != uint64(i) || len(p.What) > maxWhat+3 {
			t.Errorf("problem %d is of entry %d, in %d bytes", i, *p.Entry, len(p.What))
		}
	}
	var text strings.Builder
	must(t, r.WriteText(&text))
	if !strings.Contains(text.String(), "  and 16 more\naudit: entry 0 (correction): xxx") {
		t.Errorf("the report says:\n%s", text.String())
	}
}

// TestOrdered: results come in order, and nothing goes on after an early end.
func TestOrdered(t *testing.T) {
	var got []uint64
	must(t, ordered(context.Background(), 1000, func(n uint64) uint64 { return n * n }, func(n uint64) bool {
		got = append(got, n)
		return true
	}))
	for i, n := range got {
		if n != uint64(i*i) {
			t.Fatalf("result %d is %d", i, n)
		}
	}
	taken := 0
	must(t, ordered(context.Background(), 1000, func(n uint64) uint64 { return n }, func(uint64) bool { taken++; return taken < 10 }))
	if len(got) != 1000 || taken != 10 {
		t.Errorf("%d and %d results", len(got), taken)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := ordered(ctx, 1000, func(n uint64) uint64 { return n }, func(n uint64) bool {
		if n == 5 {
			cancel()
		}
		return true
	})
	if err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// FuzzPlanRow: what parses is written back to the same bytes.
func FuzzPlanRow(f *testing.F) {
	f.Add("0,0x4Cd25BAf930c80eB6EE4578F05daBe7C493bd2d8,136026405000\n")
	f.Add("12,0x0000000000000000000000000000000000000000,0\n")
	f.Add("01,0x4Cd25BAf930c80eB6EE4578F05daBe7C493bd2d8,1\n")
	f.Add("0,0x4cd25baf930c80eb6ee4578f05dabe7c493bd2d8,1")
	f.Fuzz(func(t *testing.T, line string) {
		row, err := parsePlanRow(line)
		if err != nil {
			return
		}
		if again := fmt.Sprintf("%d,%s,%d\n", row.batch, row.recipient, row.cumulative); again != line {
			t.Errorf("%q was read as %q", line, again)
		}
	})
}

// TestCalls: the functions that are decoded are those of the contracts.
func TestCalls(t *testing.T) {
	calls, err := knownCalls()
	must(t, err)
	distributor, token := contracts.Distributor().ABI, contracts.TestToken().ABI
	for name, m := range calls.Methods {
		var theirs abi.Method
		var ok bool
		if theirs, ok = distributor.Methods[name]; !ok {
			theirs, ok = token.Methods[name]
		}
		if !ok || !bytes.Equal(theirs.ID, m.ID) {
			t.Errorf("%s: the contracts have %s", m.Sig, theirs.Sig)
		}
	}
	var words int
	for _, in := range distributor.Constructor.Inputs {
		words += len(in.Type.TupleElems)
	}
	if words != settingsWords {
		t.Errorf("the constructor takes %d words, not %d", words, settingsWords)
	}
}
