package audit

import (
	"context"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Entries that a large log has beside those of a migrated one.
const (
	moreClaims      = 100
	moreChecks      = 1000
	moreCorrections = 500
	moreRails       = 300
)

// large is a migrated log of more than 2,000 entries, with every kind that there is.
func large(tb testing.TB) *testLog {
	tb.Helper()
	l := migratedWith(tb, nil, func(l *testLog) {
		differs := l.record(swap.NewChainDiffers(l.chain.block, swap.Digest([]byte("block")), []swap.Difference{
			{What: "claimed", About: "0x1", Chain: "5", Ledger: "0"}, {What: "claimed", About: "0x2", Chain: "5", Ledger: "0"},
		}))
		l.add(&swap.Correction{Entry: differs, Note: "the other node was behind", By: "ann"})
		l.rotate()
		wallets := loadWallets(tb)[4:6]
		var claims []uint64
		for i := range moreClaims {
			c := l.signClaim(wallets[i%2], evmAddress(wallets[i%2].Name), uint32(2+i/2))
			claims = append(claims, l.add(accepted(c, notChecked)))
		}
		for i := range moreChecks {
			l.add(&swap.ClaimChecked{Claim: claims[i%len(claims)], Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenNothing}})
			if i < moreCorrections {
				l.add(&swap.Correction{Entry: claims[i%len(claims)], Note: "somebody asked", By: "ann"})
			}
			if i < moreRails {
				l.add(&swap.RailHit{Intent: swap.Intent{Purpose: swap.PurposePush, Round: 2, Plan: 1}, Rail: "gas price", Limit: 1e12, Asked: swap.RailValue(2e12 + i)})
			}
		}
		l.rotate()
	})
	if len(l.lines) < 2000 {
		tb.Fatalf("the log has %d entries", len(l.lines))
	}
	events := l.decoded()
	for _, kind := range swap.Kinds() {
		if !slices.ContainsFunc(events, func(e swap.Event) bool { return e.Kind() == kind }) {
			tb.Fatalf("the log has no %s: let its recording have one", kind)
		}
	}
	return l
}

// plain is the log as it is, for exports in memory, with the attachments that its entries name.
func (l *testLog) plain() *logtest.Log {
	l.tb.Helper()
	out := &logtest.Log{TB: l.tb, Lines: l.lines, Files: map[ledger.Digest][]byte{}, Stored: l.stored, Signer: l.signer, Key: mustVerifier(l.tb, l.vkey), VKey: l.vkey}
	events := l.decoded()
	out.Later = l.handedOver(events)
	for _, e := range events {
		for _, h := range e.Attachments() {
			if data, ok := l.files[ledger.Digest(h)]; ok {
				out.Files[ledger.Digest(h)] = data
			}
		}
	}
	return out
}

// inMemory is an export of the log.
func (l *testLog) inMemory() fstest.MapFS { return l.plain().Export() }

func replayed(tb testing.TB, export fs.FS, o Options) *Report {
	tb.Helper()
	r, err := Replay(context.Background(), export, o)
	must(tb, err)
	return r
}
