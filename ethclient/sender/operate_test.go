package sender_test

import (
	"bytes"
	"context"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

func TestCancel(t *testing.T) {
	w := fundedWorld(t, 5000)
	must(t, w.propose(1)(t.Context(), w.sender()))
	w.refused(func(ctx context.Context, s *sender.Sender) error { return s.Cancel(ctx, w.publisher, 1) }, nil, "guardian")
	w.refused(func(ctx context.Context, s *sender.Sender) error { return s.Cancel(ctx, w.guardian, 7) }, nil, "no round 7")
	for range 2 {
		must(t, w.sender().Cancel(t.Context(), w.guardian, 1))
	}
	if r := w.round(1); r.Status != swap.CancelledRound {
		t.Errorf("round 1 is %s", r.Status)
	}
	if n := w.count("root.cancelled"); n != 1 {
		t.Errorf("%d cancellations", n)
	}
	w.refused(w.propose(1), nil, "round 1 is cancelled")
}

func TestPause(t *testing.T) {
	w := liveWorld(t, 5000)
	for range 2 {
		must(t, w.sender().Pause(t.Context(), w.guardian))
		w.refused(w.push(1), nil, "paused")
		must(t, w.sender().Pause(t.Context(), w.guardian))
		must(t, w.sender().Unpause(t.Context(), w.owner))
		must(t, w.sender().Unpause(t.Context(), w.owner))
	}
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
	for kind, n := range map[string]int{"payout.seen": 1, "tx.signed": 4 + 4 + 1} {
		if got := w.count(kind); got != n {
			t.Errorf("%d entries %s, expected %d", got, kind, n)
		}
	}
	want(t, w.sender().Pause(t.Context(), w.publisher), "guardian")
}

// TestAlarm has the publisher's key propose a root that the ledger did not build: everything stops
// but the means to stop it.
func TestAlarm(t *testing.T) {
	w := newWorld(t)
	d := w.deploy()
	w.approve(5000)
	w.publish(1)
	w.approve(5000)
	at := common.Address(d.Address)
	abi := bindings.NewSessionTokenDistributor()
	w.sendRaw(t, w.publisher, &at, abi.PackPropose(9, [32]byte{1}, big.NewInt(5000), 1, [32]byte{2}))
	for range deep {
		w.sim.Commit()
	}
	err := w.refused(w.push(1), []string{"root.proposed"}, "entry", "did not build", "correction")
	if !errors.Is(err, sender.ErrAlarm) {
		t.Errorf("push after a foreign proposal: error %v, want %v", err, sender.ErrAlarm)
	}
	w.refused(w.propose(2), nil, "did not build")
	must(t, w.sender().Pause(t.Context(), w.guardian))
	want(t, w.sender().Unpause(t.Context(), w.owner), "did not build")
	must(t, w.sender().Cancel(t.Context(), w.guardian, 9))
	m, err := w.sender().Sync(t.Context())
	must(t, err)
	for entry := range m.Alarms {
		w.append(swap.Record{Event: &swap.Correction{Entry: entry, Note: "the key was lent out", By: "ada"}})
	}
	must(t, w.sender().Unpause(t.Context(), w.owner))
	must(t, w.push(1)(t.Context(), w.sender()))
}

func TestRails(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.approve(3000, 5000, 7000, 9000, 11000)
	rails := testRails
	rails.GasPrice = 1
	w.setRails(rails)
	w.refused(func(ctx context.Context, s *sender.Sender) error {
		_, err := s.Fund(ctx, w.owner, 1, 0)
		return err
	}, []string{"rail.hit"}, "rails.gas_price is 1 wei per gas")
	w.setRails(testRails)
	w.publish(1)

	rails = testRails
	rails.Transaction = 10000
	w.setRails(rails)
	w.refused(w.push(1), []string{"rail.hit"}, "rails.transaction is 10000 atomic SESH")

	rails = testRails
	rails.Day = 34999
	w.setRails(rails)
	err := w.push(1)(t.Context(), w.sender())
	want(t, err, "batch 1 of push plan 1", "rails.day is 34999", "this needs 35000")
	if n := w.count("tx.signed"); n != 5 { // deploy, fund, propose, activate, and the first batch
		t.Errorf("%d transactions signed", n)
	}
	w.refused(w.push(1), nil, "rails.day is 34999") // the same stop makes no second entry
	w.now = w.now.Add(24 * time.Hour)
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
	if n := w.count("push.planned"); n != 1 {
		t.Errorf("%d plans", n)
	}
}

// TestHolderClaims lets a holder claim between the plan and its batch.
func TestHolderClaims(t *testing.T) {
	w := newWorld(t)
	d := w.deploy()
	w.approve(3000, 5000, 7000, 9000)
	w.publish(1)
	// The process dies after the plan is written.
	w.interruptedPush(1, 1)
	tree := w.treeOf(1)
	for i := range 4 {
		p, err := tree.ProofOf(common.Address(holder(i)))
		must(t, err)
		path := make([][32]byte, len(p.Path))
		for i, h := range p.Path {
			path[i] = h
		}
		at := common.Address(d.Address)
		w.sendRaw(t, w.stranger, &at, bindings.NewSessionTokenDistributor().PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), path))
		if i == 1 { // the first two are final, the others are not
			w.sim.Commit()
			w.sim.Commit()
		}
	}
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
}

func (w *world) interruptedPush(round uint64, write int) {
	w.t.Helper()
	s := w.sender()
	w.faults.arm(write, true, false)
	if err := w.push(round)(w.t.Context(), s); !errors.Is(err, errCrash) {
		w.t.Fatalf("no crash: %v", err)
	}
	w.faults.arm(0, false, false)
}

func TestDryRun(t *testing.T) {
	w := liveWorld(t, 3000, 5000, 7000, 9000, 10)
	before := len(w.log)
	p, err := w.sender().Push(t.Context(), w.publisher, 1, true)
	must(t, err)
	if len(w.log) != before {
		t.Errorf("%d entries were appended", len(w.log)-before)
	}
	if len(p.Batches) != 2 || p.Batches[0].Gas < 100_000 || p.Batches[1].Amount == 0 || p.Cost.Sign() <= 0 || p.TooSmall != 1 || p.Amount != 24000 {
		t.Errorf("the rehearsal: got %+v, want 2 batches of 24000, 1 too small", p)
	}
	must(t, w.push(1)(t.Context(), w.sender()))
	if p, err = w.sender().Push(t.Context(), w.publisher, 1, true); err != nil || len(p.Batches) != 0 || p.Paid != 4 {
		t.Errorf("the rehearsal after the push: got %+v, %v, want 4 paid and no batch", p, err)
	}
}

// TestActivationNear signs no batch whose proof the next activation may make worthless.
func TestActivationNear(t *testing.T) {
	w := liveWorld(t, 3000)
	w.approve(0, 5000)
	_, err := w.sender().Fund(t.Context(), w.owner, 2, 0)
	must(t, err)
	must(t, w.propose(2)(t.Context(), w.sender()))
	err = w.push(1)(t.Context(), w.sender())
	want(t, err, "round 2 can be activated from", "activate it and push that one")
	w.pass(delay)
	_, err = w.sender().Activate(t.Context(), w.publisher, 2)
	must(t, err)
	w.refused(w.push(1), nil, "round 1")
	must(t, w.push(2)(t.Context(), w.sender()))
	w.check()
}

// TestForeignNonce has another program use the nonce with the same key.
func TestForeignNonce(t *testing.T) {
	w := fundedWorld(t, 5000)
	w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
		to := w.stranger.Address()
		other, err := w.publisher.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
			ChainID: tx.ChainId(), Nonce: tx.Nonce(), To: &to, Gas: 21000, GasFeeCap: tx.GasFeeCap(), GasTipCap: tx.GasTipCap(),
		}), tx.ChainId())
		must(t, err)
		w.chain.Client.SendTransaction(ctx, other)
		return errors.New("connection reset by peer")
	}
	err := w.propose(1)(t.Context(), w.sender())
	if !errors.Is(err, sender.ErrForeignNonce) {
		t.Fatal(err)
	}
	w.chain.onSend = nil
	if r := w.round(1); r.Status != swap.CancelledRound {
		t.Errorf("round 1 is %s", r.Status)
	}
	w.refused(w.propose(1), nil, "round 1 is cancelled")
}

// TestReplacement raises the base fee above what was offered, while the bytes are lost on their
// way.
func TestReplacement(t *testing.T) {
	w := fundedWorld(t, 5000)

	head, err := w.sim.Client().HeaderByNumber(t.Context(), nil)
	must(t, err)
	tip, err := w.sim.Client().SuggestGasTipCap(t.Context())
	must(t, err)
	low := testRails
	low.GasPrice = swap.Wei(new(big.Int).Add(head.BaseFee, tip).Uint64() + 1_000_000)
	w.setRails(low)
	w.chain.onSend = func(context.Context, *types.Transaction) error { return errors.New("i/o timeout") }
	err = w.propose(1)(t.Context(), w.sender())
	want(t, err, "keeps refusing", "the bytes are kept")
	first := w.attempts(swap.Intent{Purpose: swap.PurposePropose, Round: 1, Plan: 1})
	for w.baseFee() <= uint64(first[0].GasFee) {
		w.burnBlock()
	}
	// More is offered only as far as the rail allows.
	want(t, w.propose(1)(t.Context(), w.sender()), "rails.gas_price")
	w.setRails(testRails)
	w.chain.onSend = nil
	must(t, w.propose(1)(t.Context(), w.sender()))
	both := w.attempts(first[0].Intent)
	if len(both) != 2 || both[0].Nonce != both[1].Nonce || both[0].Status != swap.FailedAttempt || both[1].Status != swap.FinalizedAttempt {
		t.Errorf("the attempts: got %+v, want a failed and a final one with one nonce", both)
	}
	if r := w.round(1); r.Status != swap.ProposedRound {
		t.Errorf("round 1 is %s", r.Status)
	}
	w.consistent()
}

func (w *world) attempts(i swap.Intent) []swap.Attempt {
	w.t.Helper()
	list, err := w.tables.Attempts(i)
	must(w.t, err)
	if len(list) == 0 {
		w.t.Fatalf("intent %+v: got no attempt, want one", i)
	}
	return list
}

func (w *world) baseFee() uint64 {
	w.t.Helper()
	h, err := w.sim.Client().HeaderByNumber(w.t.Context(), nil)
	must(w.t, err)
	return h.BaseFee.Uint64()
}

// burnBlock makes a block that is nearly full, so that the base fee rises by an eighth.
func (w *world) burnBlock() {
	w.t.Helper()
	ctx := w.t.Context()
	nonce, err := w.sim.Client().NonceAt(ctx, w.stranger.Address(), nil)
	must(w.t, err)
	tx, err := w.stranger.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, Data: []byte{0xfe}, // INVALID takes all gas
		Gas: 16_700_000, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(50e9),
	}), big.NewInt(chainID))
	must(w.t, err)
	must(w.t, w.sim.Client().SendTransaction(ctx, tx))
	w.sim.Commit()
}

// TestReorganised takes the block of a proposal off the chain before it is final: the proposal is
// sent again, and only its place on the chain that stays is recorded as final.
func TestReorganised(t *testing.T) {
	w := fundedWorld(t, 5000)
	s, forks := w.sender(), 0
	w.wait = func() {
		mined := len(w.steps) > 0 && w.steps[len(w.steps)-1].Stage == sender.StageWaiting
		if !mined || forks == 3 {
			w.sim.Commit()
			return
		}
		forks++
		head, err := w.sim.Client().HeaderByNumber(t.Context(), nil)
		must(t, err)
		w.sim.Rollback()
		must(t, w.sim.Fork(head.ParentHash))
		w.sim.Rollback()
		for range 2 {
			w.sim.Commit()
		}
	}
	must(t, w.propose(1)(t.Context(), s))
	if forks != 3 {
		t.Fatalf("the chain was reorganised %d times", forks)
	}
	var blocks []uint64
	for _, step := range w.steps {
		if step.Stage == sender.StageMined {
			blocks = append(blocks, step.Block)
		}
	}
	if len(blocks) < 2 {
		t.Errorf("in blocks %v: it never lost its block", blocks)
	}
	list := w.attempts(swap.Intent{Purpose: swap.PurposePropose, Round: 1, Plan: 1})
	event, _, err := w.Event(t.Context(), list[0].Last)
	must(t, err)
	final := event.(*swap.TxFinalized)
	h, err := w.sim.Client().HeaderByNumber(t.Context(), new(big.Int).SetUint64(final.Block))
	must(t, err)
	if len(list) != 1 || swap.Hash(h.Hash()) != final.BlockHash || w.round(1).Status != swap.ProposedRound {
		t.Errorf("%d attempts, final in block %d with hash %s", len(list), final.Block, final.BlockHash)
	}
	w.consistent()
}

// TestDeployment refuses unsafe settings.
func TestDeployment(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		spoil func(d *sender.Deployment)
		words string
	}{
		{func(d *sender.Deployment) { d.Guardian = d.Owner }, "is also the owner"},
		{func(d *sender.Deployment) { d.Publisher = swap.EVMAddress{} }, "zero address"},
		{func(d *sender.Deployment) { d.Owner = swap.EVMAddress(w.token) }, "token"},
		{func(d *sender.Deployment) { d.ClosesAt = 2208988800 + 89*24*3600 }, "less than 90 days"},
		{func(d *sender.Deployment) { d.ActivationDelay = 91 * 24 * 3600 }, "DelayOutOfRange"},
	} {
		d := w.deployment()
		c.spoil(&d)
		w.refused(func(ctx context.Context, s *sender.Sender) error {
			_, err := s.Deploy(ctx, w.publisher, d)
			return err
		}, nil, c.words)
	}
	poor := newKey("poor")
	_, err := w.sender().Deploy(t.Context(), poor, w.deployment())
	want(t, err, "0 wei for gas", "send it at least")
	d := w.deployment()
	d.ActivationDelay = 0
	got, err := w.sender().Deploy(t.Context(), w.stranger, d)
	must(t, err)
	if got.ActivationDelay != sender.DefaultDelay || got.ClosesAt != 2208988800+90*24*3600 || got.Token != swap.EVMAddress(w.token) {
		t.Errorf("the distributor: got %+v, want the default delay and the terms' end", got)
	}
	if n := w.count("distributor.seen"); n == 0 {
		t.Error("the events of the deployment are not recorded")
	}
	if !bytes.Equal(got.Owner[:], w.owner.Address().Bytes()) {
		t.Errorf("owner %s", got.Owner)
	}
}
