package service

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// claimedScene has a snapshot in which wallet 1 has staked one output of 5,000, and a claim of it.
func claimedScene(t testingT) (s *coinScene, w *cryptonote.Wallet, staked []cryptonote.OwnedOutput, claim swap.Claim) {
	t.Helper()
	s = newScene(t)
	w = s.wallet(1)
	staked = s.mint(w, 20, 5000)
	s.take(s.content(100, true, staking{w, staked}))
	submitted, err := SubmitClaim(context.Background(), s, s.claimOf(w, 1, 1))
	if err != nil {
		t.Fatalf("SubmitClaim: %v", err)
	}
	return s, w, staked, submitted.Claim
}

func TestReceiveProof(t *testing.T) {
	s, w, _, claim := claimedScene(t)
	outputs := s.mint(w, 30, 70, 800)
	in := HandIn{Claim: claim.Entry, Proof: s.prove(w, claim.Text, outputs...)}
	p := s.receive(in)
	if p.Received != uint64(len(s.log)-1) || p.Account != claim.Account || p.Outputs != 2 || p.Height != 100 || p.Text != claim.Text || *p.Claim != claim.Entry || p.Pending != nil {
		t.Errorf("the received proof: got %+v, want 2 outputs by height 100 for the claim", p)
	}
	if string(s.files[p.Proof]) != in.Proof {
		t.Error("the proof is not kept")
	}
	again := func(want swap.ProofStatus) {
		t.Helper()
		size := len(s.log)
		got, again, err := ReceiveProof(context.Background(), s, in)
		if err != nil || !again || got.Received != p.Received || got.Status != want || len(s.log) != size {
			t.Errorf("again: %+v, %t, %v", got, again, err)
		}
	}
	again(swap.ReceivedProof)
	s.judge(p.Received)
	again(swap.AcceptedProof)
	s.now = s.terms.Closes.Add(time.Hour) // whoever asks late is told what became of it
	again(swap.AcceptedProof)
	s.now = startOfTests
	s.discard(100)
	_, _, err := ReceiveProof(context.Background(), s, in)
	wantProofRefusal(t, err, swap.CheckProgramme, "is not taken yet")
	s.take(s.content(100, true))
	if freed := s.receive(in); freed.Received == p.Received {
		t.Error("a freed proof cannot be handed in again")
	}

	// A refused proof is not judged again.
	s.spent[swap.Hash(outputs[0].KeyImage)] = cryptonote.Spent
	in.Proof = s.prove(w, claim.Text, outputs[0])
	p = s.receive(in)
	if j := s.judge(p.Received); j.Proof.Check != swap.CheckNothing {
		t.Errorf("an output that was shown before: got %+v, want nothing new to count", j.Proof)
	}
	again(swap.RefusedProof)
}

func TestReceiveProofRefuses(t *testing.T) {
	s, w, _, claim := claimedScene(t)
	stranger := s.wallet(2)
	outputs := s.mint(w, 30, 70)
	good := s.prove(w, claim.Text, outputs...)
	pending := s.claimOf(stranger, 2, 1)
	strange := s.prove(stranger, pending.Claim.Text, s.mint(stranger, 30, 2000)...)
	for _, c := range []struct {
		name  string
		in    HandIn
		check string
		says  string
	}{
		{"no proof", HandIn{Claim: claim.Entry}, "format", "does not start with ReserveProofV1"},
		{"a signature", HandIn{Claim: claim.Entry, Proof: claim.Signature}, "format", "does not start with ReserveProofV1"},
		{"half a proof", HandIn{Claim: claim.Entry, Proof: good[:len("ReserveProofV1")+110]}, "format", "cut off"},
		{"for no claim", HandIn{Claim: 999, Proof: good}, swap.CheckClaim, "entry 999 is no claim: name the entry of the claim"},
		{"for another message", HandIn{Claim: claim.Entry, Proof: s.prove(w, claim.Text+" ", outputs...)}, swap.CheckClaim, "make it with the wallet of " + claim.Oxen + " and exactly the message " + swap.ProofMessage(claim.Text)},
		{"of another wallet", HandIn{Claim: claim.Entry, Proof: strange}, swap.CheckClaim, "make it with the wallet of " + claim.Oxen},
		{"with another wallet's claim", HandIn{Pending: &pending, Proof: good}, swap.CheckClaim, "make it with the wallet of " + pending.Claim.Oxen},
	} {
		t.Run(c.name, func(t *testing.T) {
			size := len(s.log)
			_, _, err := ReceiveProof(context.Background(), s, c.in)
			wantProofRefusal(t, err, c.check, c.says)
			if len(s.log) != size {
				t.Error("it left an entry")
			}
		})
	}

	refused := func(in Incoming, reason swap.Reason, says string) {
		t.Helper()
		size := len(s.log)
		proof := s.prove(stranger, in.Claim.Text, s.mint(stranger, 30, 2000)...)
		_, _, err := ReceiveProof(context.Background(), s, HandIn{Pending: &in, Proof: proof})
		wantRefusal(t, err, reason, says)
		if len(s.log) != size {
			t.Error("it left an entry")
		}
	}
	token := s.claimOf(stranger, 2, 1)
	token = withRecipient(t, s, token, swap.EVMAddress(s.terms.Token.Address))
	refused(token, swap.ReasonRecipient, "is the token")
	contract := s.claimOf(stranger, 2, 1)
	contract.Code = swap.RecipientCode{Ethereum: swap.SeenCode, Target: swap.SeenNothing, Confirmed: false}
	refused(contract, swap.ReasonContract, "confirm that you control this one there")

	for _, c := range []struct {
		at         time.Time
		check, say string
	}{{s.terms.Opens.Add(-time.Second), swap.CheckProgramme, "coins opens at"}, {s.terms.Closes.Add(time.Second), swap.CheckProgramme, "coins closed at"}} {
		s.now = c.at
		_, _, err := ReceiveProof(context.Background(), s, HandIn{Claim: claim.Entry, Proof: good})
		wantProofRefusal(t, err, c.check, c.say)
	}
}

// withRecipient is a claim of the same account for another recipient.
func withRecipient(t *testing.T, s *coinScene, in Incoming, to swap.EVMAddress) Incoming {
	t.Helper()
	text := swap.ClaimText{Migration: s.terms.ID(), Recipient: to, Sequence: in.Claim.Sequence, Until: in.Claim.Until}
	in.Claim.Recipient, in.Claim.Text = to, text.String()
	return in
}

func TestJudgeProof(t *testing.T) {
	s, w, staked, claim := claimedScene(t)
	old := s.mint(w, 30, 1, 20, 300)
	fresh := s.mint(w, 101, 4000)
	s.spent[swap.Hash(old[0].KeyImage)] = cryptonote.Spent
	s.spent[swap.Hash(old[1].KeyImage)] = cryptonote.SpentInPool
	in := HandIn{Claim: claim.Entry, Proof: s.prove(w, claim.Text, old[0], staked[0], old[2], fresh[0], old[1])}
	j := s.accept(in)
	e := lastEvent(t, s.testLedger).(*swap.ProofAccepted)
	if e.Total != 300 || e.Counted != 1 || e.Staked != 5000 || len(e.LeftOut) != 3 || e.LeftOut["spent"] != 2 || e.LeftOut["stake"] != 1 || e.LeftOut["block"] != 1 || e.Account != claim.Account {
		t.Errorf("the event: got %+v, want 300 of one output, 3 left out", e)
	}
	if j.Proof.Total != 300 || j.Proof.Staked != 5000 || j.Report.Total != 300 || j.Claim != nil || j.Err != nil {
		t.Errorf("the judgement: got %+v, want 300, with 5000 staked", j)
	}
	evidence, err := swap.ParseEvidence(s.files[e.Evidence])
	if err != nil || len(evidence.Transactions) != 3 || len(evidence.Images) != 5 || len(evidence.Counted) != 1 || evidence.Counted[0] != swap.Hash(old[2].KeyImage) {
		t.Errorf("the evidence: got %+v, %v, want 3 transactions, 5 images, one counted", evidence, err)
	}
	// Judging it again says what it came to, and adds nothing.
	size := len(s.log)
	if again := s.judge(j.Proof.Received); again.Proof != j.Proof || len(s.log) != size {
		t.Errorf("the proof judged again: got %+v, want %+v and no new entry", again.Proof, j.Proof)
	}

	// A later proof adds what it newly shows: an output in the pool came back.
	s.spent[swap.Hash(old[1].KeyImage)] = cryptonote.Unspent
	in.Proof = s.prove(w, claim.Text, old[2], old[1])
	j = s.accept(in)
	if e := lastEvent(t, s.testLedger).(*swap.ProofAccepted); e.Total != 20 || e.LeftOut["duplicates"] != 1 || e.Staked != 0 {
		t.Errorf("the event of a duplicate: got %+v, want 20, one duplicate left out", e)
	}
	in.Proof = s.prove(w, claim.Text, old[2], old[1])
	if j = s.judge(s.receive(in).Received); j.Proof.Check != swap.CheckNothing {
		t.Errorf("outputs that were all shown before: got %+v, want nothing new to count", j.Proof)
	}

	// A crafted one is refused by the name of the check, and nothing of it counts.
	fresh2 := s.mint(w, 40, 6)
	lie := s.txs[swap.Hash(fresh2[0].TxID)]
	proof := s.prove(w, claim.Text, fresh2...)
	p := s.receive(HandIn{Claim: claim.Entry, Proof: proof})
	lie.Bytes = strings.Replace(lie.Bytes, "06", "07", 1)
	bad := s.evidence(proof)
	bad.Transactions[0].Bytes = lie.Bytes
	j, err = JudgeReceived(context.Background(), s, s.files, p.Received, bothDaemons, bad)
	if err != nil || j.Proof.Status != swap.RefusedProof || j.Proof.Check != "transaction" {
		t.Errorf("a lie about a transaction: got %+v, %v, want it refused by transaction", j.Proof, err)
	}
	if e := lastEvent(t, s.testLedger).(*swap.ProofRefused); !strings.Contains(e.Detail, "transaction") || e.Check != "transaction" {
		t.Errorf("the event of a lie: got %+v, want the check transaction", e)
	}
	if _, err := s.tables.KeyImage(swap.Hash(fresh2[0].KeyImage)); !errors.Is(err, swap.ErrNotFound) {
		t.Errorf("KeyImage: got %v, want %v", err, swap.ErrNotFound)
	}
	judgedAgain(t, s)
}

// TestStakesThatDoNotCount: outputs locked in a node that was not funded, or blacklisted, are the
// coin programme's.
func TestStakesThatDoNotCount(t *testing.T) {
	s := newScene(t)
	w := s.wallet(1)
	locked, black := s.mint(w, 20, 5000), s.mint(w, 21, 600)
	c := s.content(100, false, staking{w, locked})
	c.Blacklist = []swap.BlacklistedStake{{KeyImage: swap.Hash(black[0].KeyImage), UnlockHeight: 900, Amount: 600}}
	if err := c.Normalise(); err != nil {
		t.Fatal(err)
	}
	s.take(c)
	pending := s.claimOf(w, 1, 1)
	j := s.accept(HandIn{Pending: &pending, Proof: s.prove(w, pending.Claim.Text, locked[0], black[0])})
	if j.Proof.Total != 5600 || j.Proof.Staked != 0 || !j.Report.Outputs[0].Locked || !j.Report.Outputs[1].Locked {
		t.Errorf("locked outputs: got %+v, want both locked, 5600, none staked", j.Proof)
	}
}

func TestJudgeProofErrors(t *testing.T) {
	s, w, _, claim := claimedScene(t)
	proof := s.prove(w, claim.Text, s.mint(w, 30, 70)...)
	p := s.receive(HandIn{Claim: claim.Entry, Proof: proof})
	size := len(s.log)
	judge := func(received uint64, files swap.Attachments, e swap.Evidence, daemons []string, says string) {
		t.Helper()
		if j, err := JudgeReceived(context.Background(), s, files, received, daemons, e); err == nil || !strings.Contains(err.Error(), says) || len(s.log) != size {
			t.Errorf("the judgement: got %+v, %v, want an error with %q", j.Proof, err, says)
		}
	}
	good := s.evidence(proof)
	judge(3, s.files, good, bothDaemons, "proof.received 3: none")
	judge(p.Received, swap.AttachmentMap{}, good, bothDaemons, "attachment is missing")
	judge(p.Received, s.files, swap.Evidence{Transactions: good.Transactions}, bothDaemons, "no spent status of key image")
	judge(p.Received, s.files, swap.Evidence{Transactions: append(good.Transactions, good.Transactions...), Images: good.Images}, bothDaemons, "twice")
	judge(p.Received, s.files, good, []string{"a"}, "1 daemons agree: expected 2")
	s.discard(100)
	size++
	judge(p.Received, s.files, good, bothDaemons, "make the proof again when there is a new one")
}

func TestPendingClaims(t *testing.T) {
	s, _, _, _ := claimedScene(t)
	w := s.wallet(2)
	outputs := s.mint(w, 30, 999, 1, 500, 70)
	in := s.claimOf(w, 2, 1)
	prove := func(in Incoming, outputs ...cryptonote.OwnedOutput) swap.Proof {
		return s.receive(HandIn{Pending: &in, Proof: s.prove(w, in.Claim.Text, outputs...)})
	}

	// Without a proof the claim leaves nothing; with one that shows too little, no claim.
	size := len(s.log)
	_, err := SubmitClaim(context.Background(), s, in)
	wantRefusal(t, err, swap.ReasonNotEntitled, "need a proof of coins")
	if len(s.log) != size {
		t.Error("a stranger's claim left an entry")
	}
	j := s.judge(prove(in, outputs[0]).Received)
	if j.Proof.Status != swap.RefusedProof || j.Proof.Check != swap.CheckLeast || j.Claim != nil {
		t.Errorf("less than the least: got %+v, want it refused by the least amount", j.Proof)
	}
	if e := lastEvent(t, s.testLedger).(*swap.ProofRefused); e.Detail != "it shows 0.000000999 OXEN, an account without stake or rewards must show 0.000001000" {
		t.Errorf("the detail: got %q, want both amounts", e.Detail)
	}
	if _, err := s.tables.LatestClaim(in.Claim.Account); !errors.Is(err, swap.ErrNotFound) {
		t.Errorf("it has a claim: %v", err)
	}

	// With exactly enough both are recorded, the claim right after the proof. What was refused
	// before is free to count.
	twice := prove(in, outputs[0], outputs[1], outputs[2])
	j = s.judge(prove(in, outputs[0], outputs[1]).Received)
	if j.Proof.Status != swap.AcceptedProof || j.Claim == nil || j.Claim.Entry != j.Proof.Judged+1 || j.Claim.Text != in.Claim.Text || j.Err != nil {
		t.Fatalf("the proof of a pending claim: got %+v, want it accepted and the claim after it", j)
	}
	if latest, err := s.tables.LatestClaim(in.Claim.Account); err != nil || latest.Entry != j.Claim.Entry {
		t.Errorf("the latest claim: got %+v, %v, want the one accepted with the proof", latest, err)
	}
	// The other proof that came with the same claim finds it accepted, and may show less now.
	other := s.judge(twice.Received)
	if other.Proof.Status != swap.AcceptedProof || other.Proof.Total != 500 || other.Claim == nil || other.Claim.Entry != j.Claim.Entry || other.Err != nil {
		t.Errorf("another proof of the same claim: got %+v, want it accepted, 500, for that claim", other)
	}
	// So does one that comes later.
	later := prove(in, outputs[3])
	if later.Pending != nil || later.Claim == nil || *later.Claim != j.Claim.Entry {
		t.Errorf("a later proof: got %+v, want it received for the accepted claim", later.ProofReceived)
	}
	// A number that was used for another recipient is used.
	changed := withRecipient(t, s, in, testRecipient(7))
	_, _, err = ReceiveProof(context.Background(), s, HandIn{Pending: &changed, Proof: s.prove(w, changed.Claim.Text, outputs[3])})
	wantRefusal(t, err, swap.ReasonAlreadyUsed, "sign the line with #2")

	// Now the account is entitled, and a refused claim leaves one entry only.
	size = len(s.log)
	for range 3 {
		_, err := SubmitClaim(context.Background(), s, changed)
		wantRefusal(t, err, swap.ReasonAlreadyUsed, "")
	}
	if len(s.log) != size+1 || lastEvent(t, s.testLedger).Kind() != "claim.refused" {
		t.Errorf("%d entries", len(s.log)-size)
	}
	changed = withRecipient(t, s, in, testRecipient(8))
	_, err = SubmitClaim(context.Background(), s, changed)
	wantRefusal(t, err, swap.ReasonAlreadyUsed, "")
	if len(s.log) != size+2 {
		t.Error("another refused claim left no entry")
	}
	judgedAgain(t, s)
}

// TestPendingClaimOfAStaker: min_coins is for accounts that have nothing else.
func TestPendingClaimOfAStaker(t *testing.T) {
	s := newScene(t)
	w := s.wallet(1)
	s.take(s.content(100, true, staking{w, s.mint(w, 20, 5000)}))
	in := s.claimOf(w, 1, 1)
	if j := s.accept(HandIn{Pending: &in, Proof: s.prove(w, in.Claim.Text, s.mint(w, 30, 1)...)}); j.Proof.Total != 1 || j.Claim == nil {
		t.Errorf("a proof of 1: got %+v, want it accepted with the claim", j)
	}
}

// TestClaimRefusedMeanwhile: a proof counts although the claim that came with it was overtaken.
func TestClaimRefusedMeanwhile(t *testing.T) {
	s, _, _, _ := claimedScene(t)
	w := s.wallet(2)
	outputs := s.mint(w, 30, 2000, 3000)
	one, two := s.claimOf(w, 1, 1), s.claimOf(w, 2, 2)
	first := s.receive(HandIn{Pending: &one, Proof: s.prove(w, one.Claim.Text, outputs[0])})
	s.accept(HandIn{Pending: &two, Proof: s.prove(w, two.Claim.Text, outputs[1])})
	j := s.judge(first.Received)
	wantRefusal(t, j.Err, swap.ReasonAlreadyUsed, "sign the line with #3")
	if j.Proof.Status != swap.AcceptedProof || j.Proof.Total != 2000 || j.Claim != nil {
		t.Errorf("the proof of a claim that is too late: got %+v, want it accepted, 2000, without the claim", j)
	}
	if latest, err := s.tables.LatestClaim(one.Claim.Account); err != nil || latest.Sequence != 2 {
		t.Errorf("the latest claim: got %+v, %v, want #2", latest, err)
	}
	s.finalize(100)
	if o := s.owed()[one.Claim.Account]; o.Owed != 2700 {
		t.Errorf("what the account is owed: got %+v, want 2700", o)
	}
}
