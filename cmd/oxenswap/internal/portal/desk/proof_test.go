package desk_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/swap"
)

// run runs a desk until the test calls stop.
func run(t *testing.T, d *desk.Desk) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// verdict waits until a proof is judged.
func verdict(t *testing.T, d *desk.Desk, entry uint64) *desk.Proof {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		p, err := d.Proof(t.Context(), entry)
		if err != nil {
			t.Fatal(err)
		}
		if p.Status != swap.ReceivedProof {
			return p
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("a proof: got no verdict, want one before the test's deadline")
		}
	}
}

// TestProofs: an account without stake claims with a proof, which outlives a restart, and an
// account with stake adds one.
func TestProofs(t *testing.T) {
	w := desktest.New(t, 1)
	coins := desktest.NewCoins(w)
	withDaemons := func(c *desk.Config) { c.Daemons = coins.Daemons() }
	d := open(t, w, withDaemons)
	poor := w.Wallet()
	to := w.Address()
	s := submission(w, poor, to, 1)
	s.Proof = w.Prove(poor, s.Text, coins.Mint(poor, 200, 60e9, 70e9)...)
	if _, err := d.Submit(t.Context(), s); !errors.As(err, new(*swap.ProofRefusal)) {
		t.Errorf("a proof before the snapshot: got %v, want a ProofRefusal", err)
	}
	w.Take(desktest.Named)
	w.Must(d.Follow(t.Context()))
	plain := s
	plain.Proof = ""
	if _, err := d.Submit(t.Context(), plain); refusal(err) != swap.ReasonNotEntitled {
		t.Errorf("a claim without a proof: got %v, want %s", err, swap.ReasonNotEntitled)
	}
	draft, err := d.Draft(t.Context(), desk.DraftRequest{Oxen: s.Oxen, To: to.String()})
	w.Must(err)
	if !draft.NeedsProof || draft.Message != swap.ProofMessage(s.Text) {
		t.Errorf("the draft of a claim to prove: got %+v, want the message for the proof", draft)
	}
	done, err := d.Submit(t.Context(), s)
	w.Must(err)
	if done.Entry != 0 || done.Proof == nil || done.Proof.Stage != desk.StageWaiting || done.Proof.Place != 1 || done.Proof.Outputs != 2 {
		t.Fatalf("the claim handed in with a proof: got %+v, want its proof of 2 outputs waiting first", done)
	}
	if a := lookup(t, d, s.Oxen); len(a.NextSteps) == 0 || a.NextSteps[0] != desk.NextJudge || len(a.Causes) > 0 {
		t.Errorf("the account while its proof waits: got %+v, want the next step to be judging", a)
	}

	// Another process finds it and judges it.
	again := open(t, w, withDaemons)
	stop := run(t, again)
	p := verdict(t, again, done.Proof.Entry)
	stop()
	if p.Status != swap.AcceptedProof || p.Counted != 2 || p.Total != 130e9 || p.Stage != desk.StageDone || p.Place != 0 {
		t.Errorf("the judged proof: got %+v, want it accepted, 130e9 of 2 outputs", p)
	}
	w.Must(d.Follow(t.Context()))
	a := lookup(t, d, s.Oxen)
	if a.Claim == nil || a.Claim.Recipient != to || !a.Entitled {
		t.Errorf("the account after its proof: got %+v, want its claim, entitled", a)
	}
	w.Finalize(desktest.Named)
	if a := lookup(t, d, s.Oxen); a.Programmes[3].Owed != 130_000_000_000*54/100 {
		t.Errorf("the programme for coins: got %+v, want 54%% of 130e9 owed", a.Programmes[3])
	}
	if _, err := d.Submit(t.Context(), plain); err != nil {
		t.Errorf("the claim alone, once its proof is accepted: got %v, want no error", err)
	}

	// The same coins by another proof, for a claim that is recorded.
	done, err = d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1))
	w.Must(err)
	stop = run(t, d)
	defer stop()
	claim, err := d.Claim(t.Context(), done.Entry)
	w.Must(err)
	received, err := d.Prove(t.Context(), desk.Proving{Claim: done.Entry, Proof: "\n" + w.Prove(w.Wallets[0], claim.Claim.Text, coins.Mint(w.Wallets[0], 300, 5e9)...) + "\n"})
	w.Must(err)
	if p := verdict(t, d, received.Entry); p.Status != swap.RefusedProof || p.Check != swap.CheckNothing || p.Detail == "" {
		t.Errorf("coins from after the snapshot: got %+v, want refused by %s", p, swap.CheckNothing)
	}
	if _, err := d.Prove(t.Context(), desk.Proving{Claim: done.Entry, Proof: s.Proof}); !errors.As(err, new(*swap.ProofRefusal)) {
		t.Errorf("another account's proof: got %v, want a ProofRefusal", err)
	}
}

// TestProofQueueIsBounded: beyond the bound a proof is refused before it is read, and nothing is
// recorded.
func TestProofQueueIsBounded(t *testing.T) {
	w := desktest.New(t, 2)
	d := open(t, w, func(c *desk.Config) { c.Limits.Waiting = 2 })
	w.Take(desktest.Named)
	done, err := d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1))
	w.Must(err)
	text := w.Text(lookup(t, d, w.Oxen(0)).Claim.Recipient, 1)
	for i := range 2 {
		p, err := d.Prove(t.Context(), desk.Proving{Claim: done.Entry, Proof: w.Prove(w.Wallets[0], text)})
		w.Must(err)
		if p.Place != i+1 {
			t.Errorf("place of proof %d in the queue: got %d, want %d", i, p.Place, i+1)
		}
	}
	var later *desk.RetryLater
	if _, err := d.Prove(t.Context(), desk.Proving{Claim: done.Entry, Proof: w.Prove(w.Wallets[0], text)}); !errors.As(err, &later) || later.Reason != desk.RetryQueue {
		t.Errorf("the third proof in a queue of two: got %v, want %s", err, desk.RetryQueue)
	}
}

// TestDaemonsDown: a proof about which the daemons do not agree keeps its place in the ledger and
// is tried again, ever less often.
func TestDaemonsDown(t *testing.T) {
	w := desktest.New(t, 1)
	coins := desktest.NewCoins(w)
	w.Take(desktest.Named)
	var entry uint64
	{
		d := open(t, w)
		done, err := d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1))
		w.Must(err)
		text := w.Text(lookup(t, d, w.Oxen(0)).Claim.Recipient, 1)
		p, err := d.Prove(t.Context(), desk.Proving{Claim: done.Entry, Proof: w.Prove(w.Wallets[0], text, coins.Mint(w.Wallets[0], 200, 5e9)...)})
		w.Must(err)
		entry = p.Entry
	}
	coins.Down(true)
	d := open(t, w, func(c *desk.Config) { c.Daemons = coins.Daemons() })
	stop := run(t, d)
	defer stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		p, err := d.Proof(t.Context(), entry)
		w.Must(err)
		if p.Tries > 0 {
			if p.Stage != desk.StageAgain || p.Place != 1 || p.Status != swap.ReceivedProof {
				t.Errorf("a proof that could not be judged: got %+v, want it waiting to be judged again", p)
			}
			return
		}
	}
}

// TestRecipientLooks: one address is looked at once a minute, however many ask, and a chain that
// does not answer is no refusal.
func TestRecipientLooks(t *testing.T) {
	w := desktest.New(t, 1)
	w.Take(desktest.Named)
	synctest.Test(t, func(t *testing.T) {
		looks, fail := 0, false
		d := &deskWithEyes{t: t, w: w, see: func(ctx context.Context, _ swap.EVMAddress) (swap.RecipientCode, error) {
			looks++
			if fail {
				<-ctx.Done()
				return swap.RecipientCode{}, ctx.Err()
			}
			return swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenDelegation}, nil
		}}
		d.open()
		to := w.Address()
		for range 5 {
			if draft := d.draft(to); draft.Code == nil || draft.Code.Target != swap.SeenDelegation {
				t.Errorf("a draft for a delegated account: got %+v, want a delegation seen", draft)
			}
		}
		time.Sleep(2 * time.Minute) // of the bubble's clock
		d.draft(to)
		if looks != 2 {
			t.Errorf("readings of the code, a cache lifetime later: got %d, want 2", looks)
		}
		fail = true
		if draft := d.draft(w.Address()); draft.Code != nil || draft.NeedsConfirm {
			t.Errorf("a draft when no chain answers: got %+v, want no code seen", draft)
		}
		var later *desk.RetryLater
		if _, err := d.Submit(t.Context(), submission(w, w.Wallets[0], w.Address(), 1)); !errors.As(err, &later) || later.Reason != desk.RetryChain {
			t.Errorf("a claim while the chain does not answer: got %v, want %s", err, desk.RetryChain)
		}
	})
}

// deskWithEyes is a desk for a test whose clock does not wait.
type deskWithEyes struct {
	*desk.Desk
	t   *testing.T
	w   *desktest.World
	see func(context.Context, swap.EVMAddress) (swap.RecipientCode, error)
}

func (d *deskWithEyes) open() {
	d.Desk = open(d.t, d.w, func(c *desk.Config) { c.ReadCode = d.see })
}

func (d *deskWithEyes) draft(to swap.EVMAddress) *desk.Draft {
	d.t.Helper()
	draft, err := d.Draft(d.t.Context(), desk.DraftRequest{Oxen: d.w.Oxen(0), To: to.String()})
	if err != nil {
		d.t.Fatal(err)
	}
	return draft
}
