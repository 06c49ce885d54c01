package audit

import (
	"strings"
	"testing"

	"oxenswap/swap"
)

// TestProposedElsewhere is about a proposal that the log holds no transaction for, because a Safe
// sent it: it counts like any other, unless it was made for another log.
func TestProposedElsewhere(t *testing.T) {
	other := swap.Hash{1}
	for _, c := range []struct {
		name, says string
		root       *swap.Hash // told to the distributor; nil: the log's own
		own        func(swap.Hash) *swap.Hash
		corrected  bool
	}{
		{"as approved", "", nil, nil, false},
		{"for another log", "for a ledger with root 0x01", &other, func(h swap.Hash) *swap.Hash { return &h }, false},
		{"for another log, answered", "", &other, func(h swap.Hash) *swap.Hash { return &h }, true},
		{"for another log, kept quiet", "the log was rewritten", &other, nil, false},
		{"for another log than is said", "which had", &other, func(swap.Hash) *swap.Hash { return &swap.Hash{2} }, true},
		{"for this log, though another is said", "which had", nil, func(h swap.Hash) *swap.Hash { return &h }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := approved(t)
			chain := l.chain
			r, err := l.tables.Round(1)
			must(t, err)
			root := l.ledgerRoot(r.Approved + 1)
			e := swap.RootProposed{Round: 1, Root: r.Root, Total: r.Total, LedgerSize: r.Approved + 1, LedgerRoot: root, LiveAt: 1}
			if c.root != nil {
				e.LedgerRoot = *c.root
			}
			chain.block, chain.logIndex = chain.block+1, 0
			e.LogPosition = chain.at(swap.Hash{7})
			onChain := e
			chain.events = append(chain.events, &onChain)
			if c.own != nil {
				e.OwnRoot = c.own(root)
			}
			entry := l.add(&e)
			if c.corrected {
				l.add(&swap.Correction{Entry: entry, Note: "found and answered", By: "ann"})
			}
			report := l.audit(l.export(), l.options())
			var text strings.Builder
			must(t, report.WriteText(&text))
			if report.OK() != (c.says == "") || !strings.Contains(text.String(), c.says) {
				t.Errorf("%v, expected %q", report.Problems, c.says)
			}
		})
	}
}

// approved is a migration with a funded distributor and an approved round.
func approved(tb testing.TB) *testLog {
	tb.Helper()
	l := newTestLog(tb, testTerms(tb))
	l.open()
	l.take(loadRecording(tb, 1), nil)
	for _, w := range loadWallets(tb)[:4] {
		l.claim(w, 1)
	}
	l.decide(loadRecording(tb, 2), 240)
	l.configure(1e15)
	l.build(nil)
	l.approve(1, "ann")
	l.chain.deploy()
	l.chain.fund(1e12, 1)
	return l
}
