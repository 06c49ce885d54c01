package service

import (
	"fmt"
	"testing"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// underRules2 is a scene whose log has moved to Rules2.
func underRules2(t testingT) *coinScene {
	t.Helper()
	s := newScene(t)
	text := swap.RulesText(s.terms.Origin(), swap.Rules2)
	s.must(&swap.RulesSet{Rules: swap.Rules2, Notes: []string{s.sign("ann", text), s.sign("ben", text)}})
	return s
}

// locked is a stake of a wallet's output, with another key image if one is given.
func locked(o cryptonote.OwnedOutput, image ...cryptonote.KeyImage) swap.Locked {
	l := swap.Locked{KeyImage: swap.Hash(o.KeyImage), OneTime: swap.Hash(o.Key), Amount: swap.Oxen(o.Amount)}
	if len(image) > 0 {
		l.KeyImage = swap.Hash(image[0])
	}
	return l
}

// nodes is the content of a block with funded nodes of one contributor each.
func (s *coinScene) nodes(height uint64, contributors ...swap.Contributor) swap.Content {
	s.t.Helper()
	c := swap.Content{Height: height, BlockHash: testHash("block", int(height)), HardFork: 19}
	for i, k := range contributors {
		c.Nodes = append(c.Nodes, swap.Node{Key: testHash("node", i), Operator: testAddress(0), Funded: true, Contributors: []swap.Contributor{k}})
	}
	if err := c.Normalise(); err != nil {
		s.t.Fatalf("normalise: %v", err)
	}
	return c
}

// owes is what the stake programme and the coins of a wallet's account come to.
func (s *coinScene) owes(w *cryptonote.Wallet) (stake, coins swap.Sesh) {
	s.t.Helper()
	m := s.migration()
	for i := range m.Terms.Programmes {
		p := &m.Terms.Programmes[i]
		l, err := swap.Owed(s.tables, m, p)
		if err != nil {
			s.t.Fatalf("owed by %s: %v", p.Name, err)
		}
		for _, o := range l.Owings {
			switch {
			case o.Account != swap.AccountOf(w.Address()):
			case p.Kind == swap.ConvertStake:
				stake = o.Owed
			default:
				coins = o.Owed
			}
		}
	}
	return stake, coins
}

// TestTorsionedStakes: an output that is staked with a key image I + T, for T of every low order, and
// proved with I, is paid once: its stake counts for nothing, its coin in full.
func TestTorsionedStakes(t *testing.T) {
	for n := 1; n < 8; n++ { // T = n times a point of order 8
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := underRules2(t)
			w := s.wallet(1)
			coin := s.mint(w, 10, 5000)[0]
			image := cryptonote.KeyImage(cryptonote.PublicKey(coin.KeyImage).Torsioned(n))
			c := s.nodes(100, swap.Contributor{Address: w.Address().String(), Locked: []swap.Locked{locked(coin, image)}})
			if u := c.UncountedStakes(); len(u) != 1 || u[0].Amount != 5000 || u[0].Reason == "" {
				t.Fatalf("uncounted: got %+v, want the one stake with its reason", u)
			}
			s.take(c)
			in := s.claimOf(w, 1, 1)
			j := s.accept(HandIn{Pending: &in, Proof: s.prove(w, in.Claim.Text, coin)})
			if j.Proof.Counted != 1 || j.Proof.Staked != 0 || j.Proof.Total != 5000 {
				t.Errorf("proof: got %d counted, %s staked, %s in all; want 1, none, the coin", j.Proof.Counted, j.Proof.Staked, j.Proof.Total)
			}
			s.finalize(100)
			if stake, coins := s.owes(w); stake != 0 || coins != 2700 {
				t.Errorf("owed: got %d as stake and %d as coins, want 0 and 2700", stake, coins)
			}
		})
	}
}

// TestSevenTorsionedStakes: seven torsioned images of one output owe nothing together, and the true
// one counts beside them.
func TestSevenTorsionedStakes(t *testing.T) {
	s := underRules2(t)
	w := s.wallet(1)
	coin := s.mint(w, 10, 5000)[0]
	stakes := []swap.Contributor{{Address: w.Address().String(), Locked: []swap.Locked{locked(coin)}}}
	for n := 1; n < 8; n++ {
		image := cryptonote.KeyImage(cryptonote.PublicKey(coin.KeyImage).Torsioned(n))
		stakes = append(stakes, swap.Contributor{Address: w.Address().String(), Locked: []swap.Locked{locked(coin, image)}})
	}
	c := s.nodes(100, stakes...)
	if got := len(c.UncountedStakes()); got != 7 {
		t.Errorf("uncounted stakes: got %d, want 7", got)
	}
	s.take(c)
	s.finalize(100)
	if stake, coins := s.owes(w); stake != 2700 || coins != 0 {
		t.Errorf("owed: got %d as stake and %d as coins, want 2700 and 0", stake, coins)
	}
	snapshot, err := s.tables.Snapshot(100)
	if err != nil {
		t.Fatal(err)
	}
	if got := snapshot.Totals; got.Uncounted != 7 || got.UncountedAmount != 35000 || got.Staked != 5000 || got.Contributions != 8 {
		t.Errorf("totals: got %+v, want 7 uncounted of 35000, 5000 staked, 8 contributions", got)
	}
}

// TestCopiedStake: a stranger stakes an output of their own, with my one-time key, under my published
// key image and signature, in a node that was registered before mine. The snapshot is taken, both
// count for whom they locked, and when my stake is free again my coin counts in full.
func TestCopiedStake(t *testing.T) {
	for name, mine := range map[string]bool{"while mine is locked": true, "when mine is free again": false} {
		t.Run(name, func(t *testing.T) {
			s := underRules2(t)
			me, stranger := s.wallet(1), s.wallet(2)
			coin := s.mint(me, 10, 5000)[0]
			copied := locked(coin)
			copied.Amount = 3
			stakes := []swap.Contributor{{Address: stranger.Address().String(), Locked: []swap.Locked{copied}}}
			if mine {
				stakes = append(stakes, swap.Contributor{Address: me.Address().String(), Locked: []swap.Locked{locked(coin)}})
			}
			c := s.nodes(100, stakes...)
			if got := len(c.Repeated()); mine && got != 2 || !mine && got != 0 {
				t.Errorf("repeated images and keys: got %d", got)
			}
			s.take(c)
			in := s.claimOf(me, 1, 1)
			proof := s.prove(me, in.Claim.Text, coin)
			if mine {
				submitted, err := SubmitClaim(t.Context(), s, in)
				if err != nil {
					t.Fatal(err)
				}
				j := s.judge(s.receive(HandIn{Claim: submitted.Claim.Entry, Proof: proof}).Received)
				if j.Proof.Check != swap.CheckNothing {
					t.Errorf("proof of the staked coin: got %s %s, want refused as nothing", j.Proof.Status, j.Proof.Check)
				}
			} else if j := s.accept(HandIn{Pending: &in, Proof: proof}); j.Proof.Total != 5000 {
				t.Errorf("proof of the free coin: got %s, want all of it", j.Proof.Total)
			}
			s.finalize(100)
			stake, coins := s.owes(me)
			if want := swap.Sesh(2700); stake+coins != want || mine != (stake > 0) {
				t.Errorf("owed to me: got %d as stake and %d as coins, want %d in all", stake, coins, want)
			}
			if stake, _ := s.owes(stranger); stake != 1 {
				t.Errorf("owed to the stranger: got %d, want 1 for the 3 that they locked", stake)
			}
		})
	}
}

// TestCoinsAcrossRules: a coin that was counted under Rules1, by its key image, is not counted again
// under Rules2, by its one-time key.
func TestCoinsAcrossRules(t *testing.T) {
	s := newScene(t)
	w := s.wallet(1)
	coin := s.mint(w, 10, 5000)[0]
	s.take(s.nodes(100))
	in := s.claimOf(w, 1, 1)
	s.accept(HandIn{Pending: &in, Proof: s.prove(w, in.Claim.Text, coin)})
	text := swap.RulesText(s.terms.Origin(), swap.Rules2)
	s.must(&swap.RulesSet{Rules: swap.Rules2, Notes: []string{s.sign("ann", text), s.sign("ben", text)}})
	second := s.claimOf(w, 2, 2)
	submitted, err := SubmitClaim(t.Context(), s, second)
	if err != nil {
		t.Fatal(err)
	}
	other := s.mint(w, 11, 70)[0]
	j := s.accept(HandIn{Claim: submitted.Claim.Entry, Proof: s.prove(w, second.Claim.Text, coin, other)})
	if j.Proof.Counted != 1 || j.Proof.Total != 70 {
		t.Errorf("second proof: got %d outputs of %s, want the new one alone", j.Proof.Counted, j.Proof.Total)
	}
	third := s.claimOf(w, 3, 3)
	if submitted, err = SubmitClaim(t.Context(), s, third); err != nil {
		t.Fatal(err)
	}
	if j := s.judge(s.receive(HandIn{Claim: submitted.Claim.Entry, Proof: s.prove(w, third.Claim.Text, other)}).Received); j.Proof.Check != swap.CheckNothing {
		t.Errorf("third proof: got %s %s, want refused as nothing", j.Proof.Status, j.Proof.Check)
	}
}

// TestRulesNeverGoBack: rules change once, with two operators' notes.
func TestRulesNeverGoBack(t *testing.T) {
	s := underRules2(t)
	for name, e := range map[string]*swap.RulesSet{
		"the same again": {Rules: swap.Rules2}, "back": {Rules: swap.Rules1}, "unknown": {Rules: 3},
	} {
		text := swap.RulesText(s.terms.Origin(), e.Rules)
		e.Notes = []string{s.sign("ann", text), s.sign("ben", text)}
		if err := s.try(e); err == nil {
			t.Errorf("%s: taken, want a refusal", name)
		}
	}
	old := newScene(t)
	text := swap.RulesText(old.terms.Origin(), swap.Rules2)
	for name, notes := range map[string][]string{
		"none": nil, "one": {old.sign("ann", text)}, "one operator twice": {old.sign("ann", text), old.sign("ann", text)},
		"of other rules": {old.sign("ann", text), old.sign("ben", swap.RulesText(old.terms.Origin(), 3))},
	} {
		if err := old.try(&swap.RulesSet{Rules: swap.Rules2, Notes: notes}); err == nil {
			t.Errorf("notes %s: taken, want a refusal", name)
		}
	}
}

// TestReceiptDecides: a claim that comes with a proof is in time if both were received in time, even
// if the daemons answer only after the closing or after the claim's last day.
func TestReceiptDecides(t *testing.T) {
	for name, at := range map[string]func(s *coinScene, until time.Time) (received, judged time.Time){
		"the closing": func(s *coinScene, _ time.Time) (time.Time, time.Time) {
			return s.terms.Closes.Add(-10 * time.Minute), s.terms.Closes.Add(time.Minute)
		},
		"the last day": func(_ *coinScene, until time.Time) (time.Time, time.Time) {
			return until.Add(23*time.Hour + 59*time.Minute), until.Add(25 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := underRules2(t)
			w := s.wallet(1)
			coin := s.mint(w, 10, 5000)[0]
			s.take(s.nodes(100))
			in := s.claimOf(w, 1, 1)
			if name == "the last day" {
				in.Claim.Until = date(t, "2026-12-24")
				text := swap.ClaimText{Migration: s.terms.ID(), Recipient: in.Claim.Recipient, Sequence: 1, Until: in.Claim.Until}
				in.Claim.Text = text.String()
			}
			received, judged := at(s, in.Claim.Until)
			s.now = received
			p := s.receive(HandIn{Pending: &in, Proof: s.prove(w, in.Claim.Text, coin)})
			s.now = judged
			j := s.judge(p.Received)
			if j.Proof.Status != swap.AcceptedProof || j.Claim == nil || j.Err != nil {
				t.Fatalf("judged late: got %s, claim %v, %v; want both accepted", j.Proof.Status, j.Claim, j.Err)
			}
			if _, err := s.tables.LatestClaim(in.Claim.Account); err != nil {
				t.Errorf("the claim in force: %v", err)
			}
			late := s.claimOf(s.wallet(2), 2, 1)
			if name == "the closing" {
				_, _, err := ReceiveProof(t.Context(), s, HandIn{Pending: &late, Proof: s.prove(s.wallet(2), late.Claim.Text, s.mint(s.wallet(2), 10, 5000)...)})
				if err == nil {
					t.Error("a proof received after the closing: taken, want a refusal")
				}
			}
		})
	}
}
