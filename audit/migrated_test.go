package audit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

// migrated is a whole small migration: every kind of entry, four recordings, four rounds of which
// one was abandoned and one cancelled, everything paid. alter may change each round before it
// becomes an entry.
func migrated(tb testing.TB, alter func(*swap.RoundFiles)) *testLog {
	tb.Helper()
	return migratedWith(tb, alter, func(*testLog) {})
}

// migratedWith lets more entries come after the first payments.
func migratedWith(tb testing.TB, alter func(*swap.RoundFiles), more func(*testLog)) *testLog {
	tb.Helper()
	l := newTestLog(tb, testTerms(tb))
	recordings := []*recording{nil, loadRecording(tb, 1), loadRecording(tb, 2), loadRecording(tb, 3), loadRecording(tb, 4)}
	wallets := loadWallets(tb)
	c := l.chain

	l.open()
	l.take(recordings[1], nil)
	l.legacy(legacyLine(wallets[0], 0), legacyLine(wallets[1], 0), `{"oxen":"L","text":"x","signature":"y"}`, legacyLine(wallets[1], 1))
	first := l.claim(wallets[2], 1)
	for _, w := range wallets[3:6] {
		l.claim(w, 1)
	}
	l.proveCoins(wallets)
	lied := recordings[2].replaced("a", "get_accrued_batched_earnings", `"amounts":[`, `"amounts":[1`)
	l.take(recordings[2], lied.observation(tb, "a"))
	l.decide(recordings[2], 240)
	again := l.signClaim(wallets[2], evmAddress("another recipient"), 1)
	l.add(&swap.ClaimRefused{
		Text: again.Text, Signature: again.Signature, Oxen: again.Oxen, Account: again.Account, Recipient: again.Recipient,
		Sequence: 1, Reason: swap.ReasonAlreadyUsed, Detail: "#1 is not above the account's #1",
	})
	l.add(&swap.ClaimChecked{Claim: first, Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenCode}})

	// Stake and rewards.
	l.build(alter)
	l.add(&swap.RoundAbandoned{Round: 1, Reason: "wrong limits", By: "ann"})
	l.build(alter)
	l.approve(2, "ann")
	l.approve(2, "ben")
	c.deploy()
	c.fund(1e12, 1)
	c.propose(2)
	c.activate()
	c.claimed(c.tree(2).Leaf(1))
	c.push(2, 1)
	l.add(&swap.RailHit{Intent: swap.Intent{Purpose: swap.PurposePush, Round: 2, Plan: 1}, Rail: "gas price", Limit: 1e12, Asked: 2e12})
	more(l)

	// A recipient changes, two more wallets come, the bonus becomes final.
	l.claim(wallets[3], 2)
	l.claim(wallets[7], 1)
	l.take(recordings[3], nil)
	other := recordings[4]
	for _, d := range []string{"a", "b"} {
		other = other.replaced(d, "get_block_header_by_height.262", recordings[3].observation(tb, d).Content.BlockHash.String(), swap.Digest([]byte("fork")).String())
	}
	l.decide(other, 262)
	l.add(&swap.SnapshotMissed{Height: 262, Reason: "no daemon has the block at its tip any more"})
	l.take(recordings[3], nil)
	l.decide(recordings[3], 250)
	l.decide(recordings[4], 262)
	closes := l.terms.Closes.Add(24 * time.Hour)
	l.add(&swap.TermsExtended{Closes: closes, Note: l.sign("ben", swap.ExtensionText(l.terms, closes))})
	l.latestRules()
	l.configure(1e15)
	l.build(alter)
	l.approve(3, "ben")
	c.propose(3)
	c.cancel()
	c.giveUp(swap.Intent{Purpose: swap.PurposeCancel, Round: 3, Plan: 2}, &c.d.Address, pack(tb, "cancel"))
	l.build(alter)
	l.approve(4, "ann")
	c.propose(4)
	c.activate()
	c.push(4, 1)
	c.state.Guardian = evmAddress("second guardian")
	c.seen("GuardianChanged", map[string]string{"previous": c.d.Guardian.String(), "guardian": c.state.Guardian.String()})
	c.state.ClosesAt++
	c.seen("ClosesAtMoved", map[string]string{"previous": fmt.Sprint(c.d.ClosesAt), "closesAt": fmt.Sprint(c.state.ClosesAt)})
	c.seen("Paused", map[string]string{"by": evmAddress("guardian").String()})
	places, err := recordedStakes()
	must(tb, err)
	l.name(240, places, 0)
	evidence := []byte("a telephone call with ann")
	digest := swap.Digest(evidence)
	l.add(&swap.Correction{Entry: first, Note: "the holder asked whether this was theirs: it was", By: "ann", Evidence: &digest}, evidence)
	return l
}

// oneMore gives one account one atomic unit more, from a source that is larger by as much as that
// takes, and makes the rest of the round follow from it.
func oneMore(f *swap.RoundFiles) {
	line := &f.List[1]
	part := &line.Parts[0]
	num, den, source := part.Num.Int().Uint64(), part.Den.Int().Uint64(), part.Source.Int().Uint64()
	more := ((uint64(line.Owed)+1)*den+num-1)/num - source
	remainder := (source + more) * num % den
	totals := &f.Event.Programmes[slices.IndexFunc(f.Event.Programmes, func(t swap.ProgrammeTotals) bool { return t.Programme == line.Programme })]
	totals.Remainders = swap.NewQuantity(totals.Remainders.Int().Uint64() - line.Remainder.Int().Uint64() + remainder)
	totals.Sources[0].Source = swap.NewQuantity(totals.Sources[0].Source.Int().Uint64() + more)
	totals.Amount++
	totals.Owed++
	part.Source, line.Remainder = swap.NewQuantity(source+more), swap.NewQuantity(remainder)
	line.Amount++
	line.Owed++
	f.Event.Amount++
	f.Event.Total++
	list, err := swap.FormatAllocations(f.List)
	if err != nil {
		panic(err)
	}
	f.Allocations, f.Event.Allocations = list, swap.Digest(list)
	leaves, err := merkle.ReadCSV(bytes.NewReader(f.Leaves))
	if err != nil {
		panic(err)
	}
	f.Leaves = nil
	for i := range leaves {
		if leaves[i].Account == common.Address(line.Recipient) {
			leaves[i].Amount.AddUint64(&leaves[i].Amount, 1)
		}
		f.Leaves = fmt.Appendf(f.Leaves, "%s,%s\n", leaves[i].Account, leaves[i].Amount.Dec())
	}
	f.Event.Leaves = swap.Digest(f.Leaves)
	tree, err := merkle.Build(leaves, uint256.NewInt(1e18))
	if err != nil {
		panic(err)
	}
	f.Event.Root = swap.Hash(tree.Root())
}

// decoded are the events of a log.
func (l *testLog) decoded() []swap.Event {
	l.tb.Helper()
	out := make([]swap.Event, len(l.lines))
	for i, line := range l.lines {
		e, err := ledger.ParseEntry(line)
		must(l.tb, err)
		out[i], err = swap.DecodeEvent(e.Kind, e.Body)
		must(l.tb, err)
	}
	return out
}

// find is the number of the n-th entry of a kind, from 0.
func (l *testLog) find(kind string, n int) uint64 {
	l.tb.Helper()
	for i, line := range l.lines {
		e, err := ledger.ParseEntry(line)
		must(l.tb, err)
		if e.Kind == kind {
			if n--; n < 0 {
				return uint64(i)
			}
		}
	}
	l.tb.Fatalf("the log has too few %s", kind)
	return 0
}

// changed is a copy of the log in which the events were changed and everything after signed again
// with the real key.
func (l *testLog) changed(change func(forged *testLog, events []swap.Event) []swap.Event) *testLog {
	l.tb.Helper()
	forged := *l
	forged.files = maps.Clone(l.files)
	events := change(&forged, l.decoded())
	forged.lines = nil
	var at time.Time
	for i, e := range events {
		if i < len(l.lines) {
			old, err := ledger.ParseEntry(l.lines[i])
			must(l.tb, err)
			at = old.Time
		}
		forged.lines = append(forged.lines, formatEntry(l.tb, uint64(i), at, e))
	}
	return &forged
}

// attach adds an attachment and returns its digest.
func (l *testLog) attach(data []byte) swap.Hash {
	l.files[ledger.DigestOf(data)] = data
	return swap.Digest(data)
}

func firstEntry(r *Report) string {
	if len(r.Problems) == 0 {
		return "none"
	}
	if r.Problems[0].Entry == nil {
		return r.Problems[0].Kind
	}
	return fmt.Sprint(*r.Problems[0].Entry)
}
