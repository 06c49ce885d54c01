package audit

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// TestChain: what differs between log and chain is found and named.
func TestChain(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testLog) *testLog // nil: as it is
		chain  func(l *testLog, c *testChain)
		want   func(l *testLog) string
	}{
		{"nothing", nil, func(*testLog, *testChain) {}, nil},
		{"other code", nil, func(_ *testLog, c *testChain) { c.state.CodeHash[0]++ }, entry("distributor.deployed", 0, "code hash")},
		{"another token", nil, func(_ *testLog, c *testChain) { c.state.Token[0]++ }, entry("distributor.deployed", 0, "token")},
		{"a shorter delay", nil, func(_ *testLog, c *testChain) { c.state.ActivationDelay-- }, entry("distributor.deployed", 0, "activation delay")},
		{"an earlier closing", nil, func(_ *testLog, c *testChain) { c.state.ClosesAt-- }, entry("distributor.deployed", 0, "closing time")},
		{"a guardian that the log does not know", nil, func(_ *testLog, c *testChain) { c.state.Guardian = evmAddress("thief") }, entry("distributor.deployed", 0, "guardian")},
		{"another chain", nil, func(_ *testLog, c *testChain) { c.fail = errors.New("it is on chain 1") }, global("chain: it is on chain 1")},
		{"a later activation", nil, func(_ *testLog, c *testChain) {
			for i, e := range c.events {
				if p, ok := e.(*swap.RootProposed); ok {
					later := *p
					later.LiveAt++
					c.events[i] = &later
					return
				}
			}
		}, entry("root.proposed", 0, "on chain it is")},
		{"an event that is not on chain", nil, func(_ *testLog, c *testChain) { c.events = slices.Delete(c.events, 9, 10) }, entry("payout.seen", 3, "the chain has no such event")},
		{"the last payment left out of the log", func(l *testLog) *testLog {
			n := 0
			return l.changed(func(_ *testLog, events []swap.Event) []swap.Event {
				return slices.DeleteFunc(events, func(e swap.Event) bool {
					if e.Kind() == "payout.seen" {
						n++
					}
					return e.Kind() == "payout.seen" && n == 14
				})
			})
		}, func(*testLog, *testChain) {}, global("chain: payout.seen in block")},
		{"a payment that the log does not know", nil, func(_ *testLog, c *testChain) {
			c.block++
			c.events = append(c.events, &swap.PayoutSeen{Recipient: evmAddress("thief"), Amount: 5, Cumulative: 5, Round: 4, LogPosition: c.at(swap.Hash{1})})
		}, global("chain: payout.seen in block")},
		{"claimed amounts", nil, func(l *testLog, c *testChain) { c.paid[evmAddress("nobody")] = 1; c.paid[firstPaid(l)]++ }, global("chain: claimed(")},
		{"the sum of what was claimed", nil, func(_ *testLog, c *testChain) { c.state.TotalClaimed-- }, global("chain: the distributor has paid")},
		{"too little money", nil, func(_ *testLog, c *testChain) { c.state.LiveTotal += 1e13 }, global("chain: the live root is")},
		{"another live root", nil, func(_ *testLog, c *testChain) { c.state.LiveRoot[0]++ }, global("chain: the live root is")},
		{"an RPC that fails", nil, func(_ *testLog, c *testChain) { c.fail = errors.New("connection refused") }, global("chain: connection refused")},
		{"an RPC that is behind", nil, func(_ *testLog, c *testChain) { c.block -= 5 }, global("chain: its newest final block is")},
		{"no distributor there", nil, func(_ *testLog, c *testChain) { c.d.Address[0]++ }, global("chain: distributor")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := migrated(t, nil)
			chain := l.chain
			c.chain(l, chain)
			audited := l
			if c.change != nil {
				audited = c.change(l)
			}
			o := l.options()
			o.Chain = chain.dial
			r := audited.audit(audited.export(), o)
			if c.want == nil {
				if !r.OK() || !r.Anchors.Chain {
					t.Errorf("problems: %v", r.Problems)
				}
				return
			}
			if want := c.want(l); !slices.ContainsFunc(r.Problems, func(p Problem) bool { return strings.HasPrefix(p.String(), want) }) || r.OK() {
				t.Errorf("want %q, got %v", want, r.Problems)
			}
		})
	}
}

// entry expects a problem of the n-th entry of a kind.
func entry(kind string, n int, what string) func(*testLog) string {
	return func(l *testLog) string {
		p := Problem{Kind: kind, What: ""}
		at := l.find(kind, n)
		p.Entry = &at
		if kind == "distributor.deployed" {
			return p.String() + "on chain its " + what
		}
		return p.String() + what
	}
}

func global(prefix string) func(*testLog) string {
	return func(*testLog) string { return prefix }
}

func firstPaid(l *testLog) swap.EVMAddress {
	return l.decoded()[l.find("payout.seen", 0)].(*swap.PayoutSeen).Recipient
}

// TestTooLittle: the balance must cover what the live root still owes, until the rest was swept.
func TestTooLittle(t *testing.T) {
	for _, swept := range []bool{false, true} {
		l := unpaid(t)
		l.chain.state.Balance = 1
		if swept {
			l.chain.seen("Swept", map[string]string{"to": evmAddress("owner").String()})
		}
		o := l.options()
		o.Chain = l.chain.dial
		r := l.audit(l.export(), o)
		if found := strings.HasPrefix(r.Verdict(), "chain: the distributor holds 0.000000001 SESH and still owes"); found == swept || r.OK() != swept {
			t.Errorf("swept %v: %q", swept, r.Verdict())
		}
	}
}

// unpaid is a log that ends with the first activation.
func unpaid(tb testing.TB) *testLog {
	tb.Helper()
	l := approved(tb)
	l.chain.propose(1)
	l.chain.activate()
	return l
}

// TestNewer: on a real chain an event may be newer than the export, within bounds.
func TestNewer(t *testing.T) {
	l := unpaid(t)
	real := *l.terms
	real.Token.ChainID = 42161
	for _, c := range []struct {
		name  string
		terms *swap.Terms
		block uint64
		age   time.Duration
		want  bool
	}{
		{"just now", &real, 50, 0, true},
		{"before it was final", &real, 50, newerGrace - time.Second, true},
		{"long before the export", &real, 50, newerGrace + time.Second, false},
		{"before what the log holds", &real, 40, 0, false},
		{"on a development chain", l.terms, 50, 0, false},
	} {
		l.chain.age = c.age
		r := &replay{terms: c.terms, last: l.now}
		if got, err := r.newer(t.Context(), l.chain, c.block, 40); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

// TestAlarms: what the chain did without the log is wrong until a person has answered it, and for
// ever if it became live.
func TestAlarms(t *testing.T) {
	foreign := func(l *testLog) (proposed, cancelled uint64) {
		c := l.chain
		c.block, c.logIndex = c.block+1, 0
		proposed = c.see(&swap.RootProposed{Round: 9, Root: swap.Hash{9}, Total: 1e15, LedgerSize: 1, LiveAt: 1, LogPosition: c.at(swap.Hash{7})})
		return proposed, c.see(&swap.RootCancelled{Round: 9, Root: swap.Hash{9}, LogPosition: c.at(swap.Hash{8})})
	}
	correct := func(l *testLog, entry uint64) {
		l.add(&swap.Correction{Entry: entry, Note: "the publisher's key was stolen; the guardian cancelled", By: "ann"})
	}
	t.Run("open", func(t *testing.T) {
		l := unpaid(t)
		proposed, cancelled := foreign(l)
		correct(l, cancelled)
		r := l.audit(l.export(), l.options())
		if r.OK() || *r.Problems[0].Entry != proposed || len(r.Problems) != 1 || len(r.Corrected) != 1 {
			t.Errorf("problems %v, corrected %v", r.Problems, r.Corrected)
		}
	})
	t.Run("answered", func(t *testing.T) {
		l := unpaid(t)
		proposed, cancelled := foreign(l)
		correct(l, proposed)
		correct(l, cancelled)
		r := l.audit(l.export(), l.options())
		var text strings.Builder
		must(t, r.WriteText(&text))
		if !r.OK() || len(r.Corrected) != 2 || !strings.Contains(text.String(), "corrected: entry ") {
			t.Errorf("problems %v, corrected %v\n%s", r.Problems, r.Corrected, text.String())
		}
	})
	t.Run("live", func(t *testing.T) {
		l := unpaid(t)
		c := l.chain
		proposed, _ := foreign(l)
		live := c.see(&swap.RootActivated{Round: 9, Root: swap.Hash{9}, LogPosition: c.at(swap.Hash{7})})
		for _, e := range []uint64{proposed, proposed + 1, live} {
			correct(l, e)
		}
		r := l.audit(l.export(), l.options())
		if r.OK() || *r.Problems[0].Entry != live {
			t.Errorf("problems %v", r.Problems)
		}
	})
}

// TestDiffers: differences that the operator's own comparison found are wrong until a person has
// answered them.
func TestDiffers(t *testing.T) {
	l := unpaid(t)
	record, err := swap.NewChainDiffers(l.chain.block, swap.Hash{1}, []swap.Difference{{What: "claimed", About: "0x1", Chain: "5", Ledger: "0"}})
	must(t, err)
	entry := l.add(record.Event, record.Attachments...)
	if r := l.audit(l.export(), l.options()); r.OK() || len(r.Problems) != 1 || *r.Problems[0].Entry != entry || !strings.Contains(r.Problems[0].What, "claimed of 0x1") {
		t.Errorf("problems %v", r.Problems)
	}
	l.add(&swap.Correction{Entry: entry, Note: "the node had lost its index", By: "ann"})
	if r := l.audit(l.export(), l.options()); !r.OK() || len(r.Corrected) != 1 {
		t.Errorf("problems %v, corrected %v", r.Problems, r.Corrected)
	}
}

// newTestWitness makes a witness key and its verifier key.
func newTestWitness(t *testing.T) (note.Signer, string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(newEntropy("witness"))
	must(t, err)
	signer, err := torchwood.NewCosignatureSigner("witness.example", key)
	must(t, err)
	return signer, signer.Verifier().String()
}

// cosign adds the witness's signature to the checkpoint of an export and lists the file again.
func cosign(t *testing.T, l *testLog, dir string, witness note.Signer) {
	t.Helper()
	m := memory(t, dir)
	n, err := note.Open(m["checkpoint"].Data, note.VerifierList(mustVerifier(t, l.vkey)))
	must(t, err)
	both, err := note.Sign(n, witness)
	must(t, err)
	listed, err := note.Open(m["manifest"].Data, note.VerifierList(mustVerifier(t, l.vkey)))
	must(t, err)
	manifest, err := ledger.ParseManifest(listed.Text)
	must(t, err)
	manifest.Checkpoint = both
	for i, f := range manifest.Files {
		if f.Path == "checkpoint" {
			manifest.Files[i] = ledger.File{Path: f.Path, Size: int64(len(both)), SHA256: ledger.DigestOf(both)}
		}
	}
	text, err := ledger.FormatManifest(manifest)
	must(t, err)
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "checkpoint"), both, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "manifest"), signed, 0o644))
}
