package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// TestRecordedCoins judges the wallets' real proofs with what real daemons said when the proofs
// were made, and compares what is owed for coins with what an independent program computed.
func TestRecordedCoins(t *testing.T) {
	var expected struct {
		Accounts map[string]map[string]swap.Sesh `json:"accounts"`
	}
	if err := json.Unmarshal(readFile(t, "migration/expected.json"), &expected); err != nil {
		t.Fatal(err)
	}
	recorded, world := readCoins(t), worlds(t)
	s := recordedScene(t)
	claims := map[string]Incoming{}
	for _, w := range recordedClaims(t) {
		c, err := swap.VerifyClaim(s.terms, w.Address, w.Texts[2].Text, w.Texts[2].Signature)
		if err != nil {
			t.Fatal(err)
		}
		claims[w.Wallet] = Incoming{c, swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNothing, Confirmed: false}}
	}

	s.take(world[0])
	recorded.on(s, "world1")
	pending := 0
	for _, p := range recorded.Proofs["world1"] {
		in := HandIn{Proof: p.Proof}
		claim := claims[p.Wallet]
		if claim.Claim.Text != p.Text || swap.ProofMessage(p.Text) != p.Message {
			t.Fatalf("%s proved for %s", p.Wallet, p.Message)
		}
		submitted, err := SubmitClaim(context.Background(), s, claim)
		var refusal *swap.Refusal
		switch {
		case err == nil:
			in.Claim = submitted.Claim.Entry
		case errors.As(err, &refusal) && refusal.Reason == swap.ReasonNotEntitled: // nothing of the wallet is staked yet
			in.Pending = &claim
			pending++
		default:
			t.Fatal(err)
		}
		j := s.accept(in)
		if j.Proof.Total+j.Proof.Staked != p.Balance || uint64(j.Proof.Total) != j.Report.Total || j.Err != nil {
			t.Errorf("%s: %s counted and %s staked of a balance of %s; %v", p.Wallet, j.Proof.Total, j.Proof.Staked, p.Balance, j.Err)
		}
		balances, err := s.tables.AccountBalances(claim.Claim.Account)
		if err != nil {
			t.Fatal(err)
		}
		staked := swap.Oxen(0)
		for _, b := range balances {
			staked += b.Staked
		}
		if j.Proof.Staked != staked {
			t.Errorf("%s: %s staked in the proof, %s in the snapshot", p.Wallet, j.Proof.Staked, staked)
		}
		if in.Pending != nil != (j.Claim != nil) {
			t.Errorf("%s: a claim of its own: %+v", p.Wallet, j.Claim)
		}
	}
	if pending != 1 {
		t.Errorf("%d wallets without stake or rewards", pending)
	}
	if len(s.owed()) != 0 {
		t.Error("coins are owed before the snapshot is final")
	}
	s.finalize(240)

	// Later proofs show later outputs, which do not count.
	recorded.on(s, "world3")
	s.take(world[1])
	s.finalize(250)
	for _, p := range recorded.Proofs["world3"] {
		claim, err := s.tables.LatestClaim(claims[p.Wallet].Claim.Account)
		if err != nil {
			t.Fatal(err)
		}
		j := s.judge(s.receive(HandIn{Claim: claim.Entry, Proof: p.Proof}).Received)
		if j.Proof.Status != swap.RefusedProof || j.Proof.Check != swap.CheckNothing || !j.Report.Good() {
			t.Errorf("%s in world 3: %s %s %v", p.Wallet, j.Proof.Status, j.Proof.Check, j.Report.Refusal)
		}
	}

	owed := s.owed()
	want := 0
	for address, programmes := range expected.Accounts {
		a, err := swap.ParseOxen(s.terms, address)
		if err != nil {
			t.Fatal(err)
		}
		if got := owed[swap.AccountOf(a)].Owed; got != programmes["coins"] {
			t.Errorf("%s is owed %s, expected %s", address, got, programmes["coins"])
		}
		if programmes["coins"] > 0 {
			want++
		}
	}
	if len(owed) != want || want != 8 {
		t.Errorf("%d accounts are owed something, expected %d", len(owed), want)
	}
	files := s.build()
	for _, p := range files.Event.Programmes {
		if p.Programme == "coins" && (p.Accounts != 8 || p.Unclaimed != 0 || p.Amount != p.Owed || p.Conserved() != nil) {
			t.Errorf("the coins programme: got %+v, want 8 accounts and all that is owed given", p)
		}
	}
	again, err := swap.BuildRound(s.rebuilt(int(files.Event.Cutoff)), files.Event.Cutoff)
	if err != nil || !reflect.DeepEqual(again.Event, files.Event) || !bytes.Equal(again.Allocations, files.Allocations) || !bytes.Equal(again.Leaves, files.Leaves) {
		t.Errorf("the same entries give another round: %v", err)
	}
	judgedAgain(t, s)
}

// judgedAgain judges every proof of a ledger again, from the entries before and the evidence in the
// attachments.
func judgedAgain(t *testing.T, s *coinScene) {
	t.Helper()
	verdicts := 0
	tables := &swap.Memory{}
	for i, data := range s.log {
		entry, err := ledger.ParseEntry(data)
		if err != nil {
			t.Fatal(err)
		}
		event, err := swap.DecodeEvent(entry.Kind, entry.Body)
		if err != nil {
			t.Fatal(err)
		}
		var received uint64
		var h swap.Hash
		var daemons []string
		switch e := event.(type) {
		case *swap.ProofAccepted:
			received, h, daemons = e.Received, e.Evidence, e.Daemons
		case *swap.ProofRefused:
			received, h, daemons = e.Received, e.Evidence, e.Daemons
		}
		if daemons != nil {
			verdicts++
			evidence, err := swap.ParseEvidence(s.files[h])
			if err != nil {
				t.Fatal(err)
			}
			evidence.Counted = nil
			m, err := tables.Migration()
			if err != nil {
				t.Fatal(err)
			}
			again, _, err := swap.JudgeProof(context.Background(), tables, s.files, m, received, daemons, evidence)
			if err != nil || !reflect.DeepEqual(again.Event, event) || swap.Digest(again.Attachments[0]) != h {
				t.Errorf("entry %d: judged again it is %+v, %v", i, again.Event, err)
			}
		}
		if err := swap.Apply(tables, s.files, entry); err != nil {
			t.Fatal(err)
		}
	}
	if verdicts == 0 {
		t.Error("no proof was judged")
	}
}

func recordedScene(t *testing.T) *coinScene {
	s := newScene(t)
	s.testLedger = newLedger(t, recordedTerms(t))
	return s
}

// TestRecordedLateProof: a proof that comes when some of its outputs are spent shows only the
// others.
func TestRecordedLateProof(t *testing.T) {
	recorded := readCoins(t)
	s := recordedScene(t)
	s.take(worlds(t)[0])
	recorded.on(s, "world3")
	late := 0
	for i, w := range recordedClaims(t) {
		p := recorded.Proofs["world1"][i]
		c, err := swap.VerifyClaim(s.terms, w.Address, w.Texts[2].Text, w.Texts[2].Signature)
		if err != nil || p.Wallet != w.Wallet {
			t.Fatal(p.Wallet, err)
		}
		j := s.judge(s.receive(HandIn{Pending: &Incoming{c, swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNothing, Confirmed: false}}, Proof: p.Proof}).Received)
		var spent, all swap.Oxen
		for _, o := range j.Report.Outputs {
			all += swap.Oxen(o.Amount)
			if s.spent[swap.Hash(o.KeyImage)] != 0 {
				spent += swap.Oxen(o.Amount)
			}
		}
		if all != p.Balance || j.Proof.Total+j.Proof.Staked+spent != all {
			t.Errorf("%s: %s counted, %s staked, %s spent, in all %s of %s", p.Wallet, j.Proof.Total, j.Proof.Staked, spent, all, p.Balance)
		}
		if spent > 0 {
			late++
		}
	}
	if late == 0 {
		t.Error("nobody has spent anything")
	}
	judgedAgain(t, s)
}
