package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// coins are recorded proofs with all that a daemon said about their outputs when its tip was at
// height 240.
type coins struct {
	swap.Evidence
	Proofs []struct {
		Wallet  string    `json:"wallet"`
		Proof   string    `json:"proof"`
		Balance swap.Oxen `json:"balance"` // as the wallet itself showed it
	} `json:"proofs"`
}

func loadCoins(tb testing.TB) *coins {
	tb.Helper()
	var c coins
	must(tb, json.Unmarshal(readTestdata(tb, "coins.json"), &c))
	return &c
}

func (c *coins) proof(tb testing.TB, w wallet) string {
	tb.Helper()
	for _, p := range c.Proofs {
		if p.Wallet == w.Name {
			return p.Proof
		}
	}
	tb.Fatalf("no proof of %s", w.Name)
	return ""
}

// about is the evidence that daemons give about a proof; change may alter it.
func (c *coins) about(tb testing.TB, text string, change func(*swap.Evidence)) swap.Evidence {
	tb.Helper()
	p, err := cryptonote.ParseReserveProof(text)
	must(tb, err)
	transactions, images := swap.Asked(p)
	var e swap.Evidence
	for _, t := range c.Transactions {
		if slices.Contains(transactions, t.ID) {
			e.Transactions = append(e.Transactions, t)
		}
	}
	for _, i := range c.Images {
		if slices.Contains(images, i.KeyImage) {
			e.Images = append(e.Images, i)
		}
	}
	if change != nil {
		change(&e)
	}
	return e
}

// receive records a proof of an accepted claim, or of one that comes with it.
func (l *testLog) receive(c swap.Claim, pending *swap.ClaimAccepted, text string) uint64 {
	l.tb.Helper()
	p, err := cryptonote.ParseReserveProof(text)
	must(l.tb, err)
	e := &swap.ProofReceived{Account: c.Account, Oxen: c.Oxen, Pending: pending, Outputs: uint64(len(p.Outputs)), Proof: swap.Digest([]byte(text)), Height: 240}
	if pending == nil {
		e.Claim = &c.Entry
	}
	return l.add(e, []byte(text))
}

// judge records what becomes of a proof.
func (l *testLog) judge(received uint64, evidence swap.Evidence) swap.Event {
	l.tb.Helper()
	record, _, err := swap.JudgeProof(context.Background(), &l.tables, l, l.migration(), received, []string{"a", "b"}, evidence)
	l.record(record, err)
	return record.Event
}

// proveCoins has bob and frank show their coins, the latter with a claim that nothing else entitles
// him to; carol's are spent; bob shows the same coins once more; and somebody who counts outputs
// twice is refused. The last proof waits.
func (l *testLog) proveCoins(wallets []wallet) {
	l.tb.Helper()
	c := loadCoins(l.tb)
	bob, carol, frank := wallets[2], wallets[3], wallets[6]
	claimOf := func(w wallet) swap.Claim {
		address, err := swap.ParseOxen(l.terms, w.Address)
		must(l.tb, err)
		claim, err := l.tables.LatestClaim(swap.AccountOf(address))
		must(l.tb, err)
		return claim
	}
	bobs := l.receive(claimOf(bob), nil, c.proof(l.tb, bob))
	came, err := swap.VerifyClaim(l.terms, frank.Address, frank.Texts[2].Text, frank.Texts[2].Signature)
	must(l.tb, err)
	pending := accepted(came, notChecked)
	franks := l.receive(came, pending, c.proof(l.tb, frank))
	l.judge(bobs, c.about(l.tb, c.proof(l.tb, bob), nil))
	l.judge(franks, c.about(l.tb, c.proof(l.tb, frank), nil))
	l.add(pending)

	carols := l.receive(claimOf(carol), nil, c.proof(l.tb, carol))
	l.judge(carols, c.about(l.tb, c.proof(l.tb, carol), func(e *swap.Evidence) {
		for i := range e.Images {
			e.Images[i].Status = cryptonote.Spent
		}
	}))
	again := l.prove(bob, claimOf(bob), c, 1, "again")
	l.judge(l.receive(claimOf(bob), nil, again), c.about(l.tb, again, nil))
	twice := l.prove(carol, claimOf(carol), c, 2, "twice")
	l.judge(l.receive(claimOf(carol), nil, twice), c.about(l.tb, twice, nil))
	l.receive(claimOf(carol), nil, l.prove(carol, claimOf(carol), c, 1, "waiting"))
}

// prove makes a proof of all outputs that the daemons were asked about and that are the wallet's,
// each a number of times. Other seeds give other proofs of the same.
func (l *testLog) prove(w wallet, claim swap.Claim, c *coins, times int, seed string) string {
	l.tb.Helper()
	key, err := cryptonote.ParseSecretKey(w.Spend)
	must(l.tb, err)
	owner, err := cryptonote.OpenWallet(cryptonote.Fakechain, key)
	must(l.tb, err)
	var owned []cryptonote.OwnedOutput
	for _, t := range c.Transactions {
		for _, o := range owner.Outputs(transaction(l.tb, t)) {
			if slices.ContainsFunc(c.Images, func(i swap.CoinImage) bool { return i.KeyImage == swap.Hash(o.KeyImage) }) {
				owned = append(owned, o)
			}
		}
	}
	if len(owned) == 0 {
		l.tb.Fatalf("%s owns none of the recorded outputs", w.Name)
	}
	p, err := owner.ProveReserve([]byte(swap.ProofMessage(claim.Text)), slices.Repeat(owned, times), newEntropy(seed))
	must(l.tb, err)
	return p.String()
}

// reserve is all of the evidence, for a verification without a ledger.
func (c *coins) reserve(tb testing.TB) cryptonote.ReserveEvidence {
	tb.Helper()
	e := cryptonote.ReserveEvidence{
		Rules:          cryptonote.Rules1,
		SnapshotHeight: 240, Transactions: map[cryptonote.TxID]cryptonote.RecordedTransaction{}, Spent: map[cryptonote.KeyImage]cryptonote.SpentStatus{},
	}
	for _, t := range c.Transactions {
		raw, err := hex.DecodeString(t.Bytes)
		must(tb, err)
		r := cryptonote.RecordedTransaction{Bytes: raw, Height: t.Height}
		if t.PrunableHash != nil {
			r.Pruned, r.PrunableHash = true, *t.PrunableHash
		}
		e.Transactions[cryptonote.TxID(t.ID)] = r
	}
	for _, i := range c.Images {
		e.Spent[cryptonote.KeyImage(i.KeyImage)] = i.Status
	}
	return e
}

func transaction(tb testing.TB, t swap.CoinTransaction) *cryptonote.Transaction {
	tb.Helper()
	raw, err := hex.DecodeString(t.Bytes)
	must(tb, err)
	var tx *cryptonote.Transaction
	if t.PrunableHash != nil {
		tx, err = cryptonote.ParsePrunedTransaction(raw, *t.PrunableHash)
	} else {
		tx, err = cryptonote.ParseTransaction(raw)
	}
	must(tb, err)
	if swap.Hash(tx.Hash()) != t.ID {
		tb.Fatalf("transaction %s has hash %v", t.ID, tx.Hash())
	}
	return tx
}

// TestWithheld: what a public export leaves out of proofs is accepted on demand only, counted, and
// nothing is taken for checked that was not.
func TestWithheld(t *testing.T) {
	l := migrated(t, nil)
	events := l.decoded()
	var private, evidence []swap.Hash
	for _, e := range events {
		private = append(private, swap.Private(e)...)
		if e.Kind() == "proof.accepted" || e.Kind() == "proof.refused" {
			evidence = append(evidence, e.Attachments()...)
		}
	}
	bobs, last := l.find("proof.received", 0), evidence[len(evidence)-1]
	for _, c := range []struct {
		name      string
		withhold  []swap.Hash
		unchecked uint64 // proofs
		first     uint64 // entry with a problem, unless that is accepted
	}{
		{"all", private, 5, bobs},
		{"the texts", slices.DeleteFunc(slices.Clone(private), func(h swap.Hash) bool { return slices.Contains(evidence, h) }), 5, bobs},
		{"the first text", private[:1], 1, bobs},
		{"the first evidence, on which all later judgements depend", evidence[:1], 5, l.find("proof.accepted", 0)},
		{"the last evidence", []swap.Hash{last}, 1, l.find("proof.refused", 2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, o := l.export(c.withhold...), l.options()
			r := l.audit(dir, o)
			want := fmt.Sprintf("entry %d (%s): attachment %s is withheld: ask the operator for the full export, "+
				"or accept with --public", c.first, events[c.first].Kind(), events[c.first].Attachments()[0])
			if r.OK() || !strings.HasPrefix(r.Verdict(), want) {
				t.Errorf("not accepted: %q, want %q", r.Verdict(), want)
			}
			o.Public = true
			r = l.audit(dir, o)
			if !r.OK() {
				t.Fatalf("accepted: %v", r.Problems)
			}
			for _, n := range []Count{{uncheckedProofs, c.unchecked}, {uncheckedHidden, uint64(len(c.withhold))}, {uncheckedQueue, 1}} {
				if !slices.Contains(r.NotChecked, n) {
					t.Errorf("%v is missing in %v", n, r.NotChecked)
				}
			}
			at := slices.IndexFunc(r.Checked, func(n Count) bool { return n.What == countJudged })
			if judged := 5 - c.unchecked; judged > 0 && r.Checked[at].N != judged || judged == 0 && at >= 0 {
				t.Errorf("%d proofs should have been judged again: %v", judged, r.Checked)
			}
		})
	}
	for _, c := range coinTampers { // what the public can still find
		if c.name != "a signature of the claim that came with it" {
			continue
		}
		at := l.find(c.kind, c.n)
		forged := l.changed(func(forged *testLog, events []swap.Event) []swap.Event {
			c.change(t, forged, events, int(at))
			return events
		})
		o := l.options()
		o.Public = true
		if r := forged.audit(forged.export(private...), o); firstEntry(r) != fmt.Sprint(at) {
			t.Errorf("want a problem of entry %d: %v", at, r.Problems)
		}
	}
}

// TestPending: a claim that came with an accepted proof cannot be left out, nor another one put in
// its place.
func TestPending(t *testing.T) {
	l := migrated(t, nil)
	at := l.find("proof.accepted", 1) + 1
	want := fmt.Sprintf("the claim that came with the proof which entry %d accepts should be here", at-1)
	for name, change := range map[string]func(*testLog, []swap.Event) []swap.Event{
		"left out": func(_ *testLog, events []swap.Event) []swap.Event { return slices.Delete(events, int(at), int(at)+1) },
		"another recipient": func(l *testLog, events []swap.Event) []swap.Event {
			events[at] = accepted(l.signClaim(loadWallets(t)[6], evmAddress("thief"), 1), notChecked)
			return events
		},
		"what was seen at the recipient": func(_ *testLog, events []swap.Event) []swap.Event {
			events[at].(*swap.ClaimAccepted).Code.Ethereum = swap.SeenNothing
			return events
		},
	} {
		t.Run(name, func(t *testing.T) {
			forged := l.changed(change)
			r := forged.audit(forged.export(), l.options())
			if r.OK() || *r.Problems[0].Entry != at || r.Problems[0].What != want {
				t.Errorf("want %q of entry %d: %v", want, at, r.Problems)
			}
		})
	}
	shorter := *l
	shorter.lines = l.lines[:at]
	r := shorter.audit(shorter.export(), l.options())
	if r.OK() || *r.Problems[0].Entry != at-1 || r.Problems[0].What != "the claim that came with the proof should follow" {
		t.Errorf("a log that ends too early: %v", r.Problems)
	}
}
