package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/audit/diff"
	"oxenswap/audit/follow"
	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// forgery rewrites the log from an entry on; want is the first entry that is another one then.
type forgery struct {
	name string
	make func(events []swap.Event, at int) []swap.Event
	want func(at int) int
}

var forgeries = []forgery{
	{"deleted", func(e []swap.Event, at int) []swap.Event { return slices.Delete(e, at, at+1) }, func(at int) int { return at }},
	{"swapped", func(e []swap.Event, at int) []swap.Event { e[at], e[at+1] = e[at+1], e[at]; return e }, func(at int) int { return at }},
	{"repeated", func(e []swap.Event, at int) []swap.Event { return slices.Insert(e, at, e[at]) }, func(at int) int { return at + 1 }},
	{"truncated", func(e []swap.Event, at int) []swap.Event { return e[:at] }, func(at int) int { return at }},
}

// candidates are the entries of each kind that a forgery is tried on: the first and the last that
// is no twin of its neighbour and has one behind it.
func candidates(l *testLog) map[string][]int {
	events := l.decoded()
	twin := func(a, b int) bool {
		x, errA := ledger.MarshalBody(events[a])
		y, errB := ledger.MarshalBody(events[b])
		must(l.tb, errA)
		must(l.tb, errB)
		return events[a].Kind() == events[b].Kind() && string(x) == string(y)
	}
	out := map[string][]int{}
	for i := range len(events) - 1 {
		if twin(i, i+1) {
			continue
		}
		k := events[i].Kind()
		if len(out[k]) == 2 {
			out[k] = out[k][:1]
		}
		out[k] = append(out[k], i)
	}
	return out
}

// TestForgedHistory: a log that was rewritten from any kind of entry on and signed again with the
// real key. The replay finds most of these by itself; whatever it finds or not, every anchor shows
// the forgery, and those that are about entries name the first that is another one.
func TestForgedHistory(t *testing.T) {
	l := large(t)
	witness, witnessKey := newTestWitness(t)
	honest := l.plain()
	export := honest.Export(witness)
	now := honest.Checkpoint()
	o := l.options()
	o.Witnesses = []string{witnessKey}
	o.Since = now
	o.Chain = l.chain.dial
	if r := replayed(t, export, o); !r.OK() || len(r.Anchors.Witnesses) != 1 || r.Anchors.Since != uint64(len(l.lines)) || !r.Anchors.Chain {
		t.Fatalf("the honest log: %v", r.Problems)
	}
	real, err := ledger.OpenExport(export, honest.Key)
	must(t, err)
	tried, alone := make(chan bool, 1000), make(chan bool, 1000)
	t.Run("forgeries", func(t *testing.T) {
		for kind, list := range candidates(l) {
			for _, f := range forgeries {
				at := list[len(list)-1]
				if f.name == "repeated" || f.name == "swapped" {
					at = list[0]
				}
				t.Run(kind+"/"+f.name, func(t *testing.T) {
					if at == 0 && f.name == "truncated" {
						return // a log of nothing: TestNothing
					}
					t.Parallel()
					tried <- true
					if forgedHistory(t, l, honest, real, f, at) {
						alone <- true
					}
				})
			}
		}
	})
	if len(tried) < 4*len(swap.Kinds())-1 {
		t.Errorf("only %d forgeries were tried", len(tried))
	}
	t.Logf("%d forgeries; %d show without an anchor", len(tried), len(alone))
}

// forgedHistory says whether the replay alone found the forgery.
func forgedHistory(t *testing.T, l *testLog, honest *logtest.Log, real *ledger.Export, f forgery, at int) bool {
	forged := l.changed(func(_ *testLog, events []swap.Event) []swap.Event { return f.make(events, at) })
	want := f.want(at)
	files := forged.inMemory()

	bare := l.options()
	r := replayed(t, files, bare)
	if !r.OK() && r.Problems[0].Entry != nil && *r.Problems[0].Entry < uint64(at) {
		// A deed that should have followed is missed where it was announced; nothing before it may
		// be named.
		if k := r.Problems[0].Kind; k != "proof.accepted" && k != "chain.differs" {
			t.Errorf("entry %d is named, before %d: %v", *r.Problems[0].Entry, at, r.Problems[0])
		}
	}

	if r.OK() {
		hidden(t, l, honest, files, want)
	}
	x, err := ledger.OpenExport(files, honest.Key)
	must(t, err)
	d, err := diff.Compare(t.Context(), real, x)
	must(t, err)
	if first := firstOf(d); first != int64(want) {
		t.Errorf("the difference to the honest export is named as entry %d, not %d", first, want)
	}
	receiptShows(t, honest, files, uint64(want))
	return !r.OK()
}

// hidden holds a forgery that agrees with itself against each anchor alone.
func hidden(t *testing.T, l *testLog, honest *logtest.Log, files fstest.MapFS, want int) {
	t.Helper()
	since, cosigned, chain := l.options(), l.options(), l.options()
	since.Since = honest.Checkpoint()
	if r := replayed(t, files, since); r.OK() || r.Problems[0].Kind != "since" {
		t.Errorf("it shows not against an earlier checkpoint: %v", r.Problems)
	}
	_, witness := newTestWitness(t)
	cosigned.Witnesses = []string{witness}
	if r := replayed(t, files, cosigned); r.OK() || r.Problems[0].Kind != "checkpoint" {
		t.Errorf("it shows not by the missing cosignature: %v", r.Problems)
	}
	// Before it names its distributor, a log has nothing to compare on chain.
	chain.Chain = l.chain.dial
	if r := replayed(t, files, chain); r.OK() && want > int(l.find("distributor.deployed", 0)) && want < int(lastProposed(l)) {
		t.Error("it shows not against the ledger root on chain")
	}
}

// lastProposed is the size of the log that the chain names last.
func lastProposed(l *testLog) (size uint64) {
	for _, e := range l.decoded() {
		if p, ok := e.(*swap.RootProposed); ok {
			size = p.LedgerSize
		}
	}
	return size
}

// firstOf is the first entry that only one of the logs has.
func firstOf(d *diff.Report) int64 {
	if d.First != nil {
		return *d.First
	}
	return min(d.A.Entries, d.B.Entries)
}

// receiptShows holds the forged log against the receipt of the entry that is gone from its place.
func receiptShows(t *testing.T, honest *logtest.Log, forged fstest.MapFS, entry uint64) {
	t.Helper()
	receipt, err := follow.CheckReceipt(honest.Receipt(entry), honest.Keys())
	must(t, err)
	log, err := follow.Open(forged, honest.Key)
	must(t, err)
	err = receipt.CheckLog(log)
	if err == nil {
		t.Errorf("it shows not against the receipt of entry %d", entry)
		return
	}
	if int64(entry) < log.N {
		if !strings.HasPrefix(err.Error(), fmt.Sprintf("entry %d in the log is another one now: ", entry)) {
			t.Errorf("the receipt of entry %d says %q", entry, err)
		}
	}
}

// TestConsistentForgery: one atomic unit more for one account, and everything after it built,
// approved, proposed and paid accordingly with the real keys. Only computing the round again shows
// it, and the chain that really is.
func TestConsistentForgery(t *testing.T) {
	honest := migrated(t, nil)
	rounds := 0
	forged := migrated(t, func(f *swap.RoundFiles) {
		if rounds++; rounds == 2 {
			oneMore(f)
		}
	})
	at := honest.find("round.built", 1)
	o := forged.options()
	o.Chain = forged.chain.dial // on which it is what happened
	r := replayed(t, forged.inMemory(), o)
	if r.OK() || firstEntry(r) != fmt.Sprint(at) {
		t.Fatalf("replayed: %v", r.Problems)
	}
	if !strings.Contains(r.Problems[0].What, "allocation list, line 2: recomputed") {
		t.Errorf("it says %q", r.Problems[0].What)
	}
	for _, p := range r.Problems {
		if p.Kind != "round.built" {
			t.Errorf("the forged log contradicts itself: %s", p)
		}
	}
	o.Chain = honest.chain.dial
	if r := replayed(t, forged.inMemory(), o); !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Kind == "root.proposed" }) {
		t.Errorf("the real chain does not show it: %v", r.Problems)
	}
	receiptShows(t, honest.plain(), forged.inMemory(), at)
}

// TestForgedCheckpoint: a checkpoint that the entries do not lead to, whoever signed it.
func TestForgedCheckpoint(t *testing.T) {
	l := large(t)
	plain := l.plain()
	tree := plain.Hashes()
	root, err := ledger.TreeHash(int64(len(l.lines)), tree)
	must(t, err)
	secret, _, err := ledger.NewKey(newEntropy("stranger"), l.terms.Origin())
	must(t, err)
	stranger, err := ledger.NewSigner(secret)
	must(t, err)
	for _, c := range []struct {
		name string
		tree tlog.Tree
		by   note.Signer
	}{
		{"another root", tlog.Tree{N: int64(len(l.lines)), Hash: tlog.Hash{1}}, plain.Signer},
		{"fewer entries", tlog.Tree{N: int64(len(l.lines)) - 1, Hash: root}, plain.Signer},
		{"more entries", tlog.Tree{N: int64(len(l.lines)) + 1, Hash: root}, plain.Signer},
		{"another key of that name", tlog.Tree{N: int64(len(l.lines)), Hash: root}, stranger},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := plain.Export()
			signed, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: l.terms.Origin(), Tree: c.tree}, c.by)
			must(t, err)
			files["checkpoint"] = &fstest.MapFile{Data: signed}
			if c.tree.N == int64(len(l.lines)) {
				plain.Sign(files) // the manifest at least is in order
			}
			r := replayed(t, files, l.options())
			if r.OK() || r.Problems[0].Entry != nil || r.Problems[0].Kind != "checkpoint" && r.Problems[0].Kind != "export" {
				t.Errorf("problems: %v", r.Problems)
			}
			if log, err := follow.Open(files, plain.Key); err == nil {
				_, err = log.Bundle(0)
				if err == nil {
					t.Error("it passes where only tiles are read")
				}
			}
		})
	}
}

// TestNothing: the log ends before its first entry.
func TestNothing(t *testing.T) {
	l := large(t)
	empty := l.plain().Cut(0)
	empty.Files = nil
	files := empty.Export()
	if r := replayed(t, files, l.options()); r.OK() || r.Problems[0].What != "the log has no entry" {
		t.Errorf("problems: %v", r.Problems)
	}
	receiptShows(t, l.plain(), files, 0)
}
