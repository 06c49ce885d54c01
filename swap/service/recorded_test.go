package service

import (
	"context"
	"encoding/json"
	"maps"
	"testing"

	"oxenswap/swap"

	"github.com/google/go-cmp/cmp"
)

// TestRecordedMigration carries the recorded network's snapshots and real wallets' claims through
// two rounds, and compares what is owed and given with what an independent program computed.
func TestRecordedMigration(t *testing.T) {
	var expected struct {
		Accounts map[string]map[string]swap.Sesh `json:"accounts"`
	}
	if err := json.Unmarshal(readFile(t, "migration/expected.json"), &expected); err != nil {
		t.Fatal(err)
	}
	world := worlds(t)
	claims := recordedClaims(t)
	l := newLedger(t, recordedTerms(t))
	submit := func(w recordedClaim, text int) {
		t.Helper()
		c, err := swap.VerifyClaim(l.terms, w.Address, w.Texts[text].Text, w.Texts[text].Signature)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := SubmitClaim(context.Background(), l, Incoming{c, swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNothing, Confirmed: false}}); err != nil {
			t.Fatalf("SubmitClaim of %s: got %v, want no error", w.Wallet, err)
		}
	}
	carry := func(round uint64) *swap.RoundFiles {
		t.Helper()
		files := l.build()
		l.must(l.approval(round, "ann"))
		l.sendTx(swap.Intent{Purpose: swap.PurposePropose, Round: round}, 1, round)
		l.must(l.proposed(round))
		l.must(l.activated(round))
		return files
	}

	l.take(world[0])
	l.finalize(240)
	l.take(world[1])
	for _, w := range claims {
		submit(w, 2) // frank has stake in world 2 only
	}
	l.must(deployed(l.terms))
	first := carry(1)
	l.finalize(250)
	l.take(world[2])
	mike := claims[0]
	submit(mike, 3) // another recipient for what is to come
	l.finalize(262)
	second := carry(2)

	// What is owed, by programme and account.
	m := l.migration()
	for _, name := range []string{"stake", "rewards", "bonus"} {
		p, ok := m.Terms.Programme(name)
		if !ok {
			t.Fatal(name)
		}
		got, err := swap.Owed(l.tables, m, p)
		if err != nil {
			t.Fatal(err)
		}
		want := map[swap.Account]swap.Sesh{}
		for address, owed := range expected.Accounts {
			if owed[name] > 0 {
				a, err := swap.ParseOxen(l.terms, address)
				if err != nil {
					t.Fatal(err)
				}
				want[swap.AccountOf(a)] = owed[name]
			}
		}
		owed := map[swap.Account]swap.Sesh{}
		for _, o := range got.Owings {
			owed[o.Account] = o.Owed
		}
		checkOwedTo(t, l.tables, m, got)
		if diff := cmp.Diff(want, owed); diff != "" || len(want) < 7 {
			t.Errorf("%s: %s", name, diff)
		}
	}

	// What was given to each wallet's recipients.
	got := map[swap.EVMAddress]swap.Sesh{}
	if err := l.tables.Cumulative(func(to swap.EVMAddress, sum swap.Sesh) error { got[to] = sum; return nil }); err != nil {
		t.Fatal(err)
	}
	want := map[swap.EVMAddress]swap.Sesh{}
	for _, w := range claims {
		owed := expected.Accounts[w.Address]
		if w.Wallet == mike.Wallet {
			want[w.Recipient], want[w.SecondRecipient] = owed["stake"]+owed["rewards"], owed["bonus"]
			continue
		}
		want[w.Recipient] = owed["stake"] + owed["rewards"] + owed["bonus"]
	}
	maps.DeleteFunc(want, func(_ swap.EVMAddress, sum swap.Sesh) bool { return sum == 0 })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var total swap.Sesh
	for _, sum := range want {
		total += sum
	}
	if second.Event.Total != total || first.Event.Total != first.Event.Amount || first.Event.Total+second.Event.Amount != total {
		t.Errorf("round 1 gives %s, round 2 %s, in all %s", first.Event.Amount, second.Event.Amount, second.Event.Total)
	}
	// The foundation's rewards stay owed: nobody claimed them.
	if unclaimed := first.Event.Programmes[1].Unclaimed; unclaimed != 18809999996 {
		t.Errorf("unclaimed rewards: %s", unclaimed)
	}
	if p := second.Event.Programmes[3]; p.Programme != "coins" || p.Owed != 0 || p.Den != swap.NewQuantity(1000) {
		t.Errorf("coins before any proof: %+v", p)
	}
}
