package sender_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// lost loses what is sent on its way.
func lost(context.Context, *types.Transaction) error { return errors.New("connection reset by peer") }

// noopIsPlain fails unless the last attempt of an intent is a transfer of nothing to the sender
// itself, with the nonce of all.
func (w *world) noopIsPlain(i swap.Intent) {
	w.t.Helper()
	list := w.attempts(i)
	last := list[len(list)-1]
	raw, err := w.Attachment(last.Raw)
	must(w.t, err)
	tx := new(types.Transaction)
	must(w.t, tx.UnmarshalBinary(raw))
	if !last.Noop || last.Amount != 0 || last.Nonce != list[0].Nonce || tx.Value().Sign() != 0 || len(tx.Data()) != 0 || swap.EVMAddress(*tx.To()) != last.Sender {
		w.t.Errorf("the last attempt: got %+v, want a plain no-op", last)
	}
	for _, a := range list {
		if a.Status != swap.FailedAttempt {
			w.t.Errorf("attempt %d is %s", a.TxSigned.Attempt, a.Status)
		}
	}
	receipt, err := w.chain.receipt(context.Background(), common.Hash(last.Hash))
	if err != nil || receipt.Status != types.ReceiptStatusSuccessful {
		w.t.Errorf("the no-op is in no block: %v, %v", receipt, err)
	}
}

// proposeElsewhere has another tool propose a round's root, such as a Safe that is the publisher
// for a while.
func (w *world) proposeElsewhere(r swap.Round) {
	w.t.Helper()
	safe, abi, at := newKey("safe"), bindings.NewSessionTokenDistributor(), common.Address(w.migration().Distributor.Address)
	size := r.Approved + 1
	root, err := w.RootAt(context.Background(), size)
	must(w.t, err)
	w.fundAccount(safe.Address())
	w.sendRaw(w.t, w.owner, &at, abi.PackSetPublisher(safe.Address()))
	w.sendRaw(w.t, safe, &at, abi.PackPropose(r.Round, r.Root, sender.Wei(uint64(r.Total)), size, root))
	w.sendRaw(w.t, w.owner, &at, abi.PackSetPublisher(w.publisher.Address()))
}

func (l *memoryLedger) migration() swap.Migration {
	l.t.Helper()
	m, err := l.tables.Migration()
	must(l.t, err)
	return m
}

// TestFillReplacedRoot has a batch signed and lost, and its root replaced meanwhile: the nonce is
// filled, the batch is not carried out, and the next round pays everyone.
func TestFillReplacedRoot(t *testing.T) {
	w := liveWorld(t, 3000, 5000, 7000, 9000)
	w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
		w.faults.down = true
		return lost(ctx, tx)
	}
	if err := w.push(1)(t.Context(), w.sender()); !errors.Is(err, errCrash) {
		t.Fatalf("push whose node vanishes: error %v, want %v", err, errCrash)
	}
	w.faults.down, w.chain.onSend = false, nil
	r := w.approve(3000, 5000, 7000, 9000)
	_, err := w.sender().Fund(t.Context(), w.owner, 2, 0)
	must(t, err)
	w.proposeElsewhere(r)
	w.pass(delay)
	_, err = w.sender().Activate(t.Context(), w.stranger, 2)
	must(t, err)
	must(t, w.push(2)(t.Context(), w.sender()))
	w.noopIsPlain(swap.Intent{Purpose: swap.PurposePush, Round: 1, Plan: 1})
	w.check()
}

func (l *memoryLedger) mustAttempts(i swap.Intent) []swap.Attempt {
	l.t.Helper()
	list, err := l.tables.Attempts(i)
	must(l.t, err)
	return list
}

// TestFillWhatWouldFail pauses the distributor while a batch is lost: its call would fail now, so
// that its nonce is filled, and after the pause a new plan pays.
func TestFillWhatWouldFail(t *testing.T) {
	w := newWorld(t)
	d := w.deploy()
	w.approve(3000, 5000, 7000, 9000)
	w.publish(1)
	at := common.Address(d.Address)
	abi := bindings.NewSessionTokenDistributor()
	w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
		w.chain.onSend = nil
		w.sendRaw(t, w.guardian, &at, abi.PackPause())
		return lost(ctx, tx)
	}
	err := w.push(1)(t.Context(), w.sender())
	if !errors.Is(err, sender.ErrFilled) {
		t.Fatalf("push while paused: error %v, want %v", err, sender.ErrFilled)
	}
	batch := swap.Intent{Purpose: swap.PurposePush, Round: 1, Plan: 1}
	w.noopIsPlain(batch)
	if n := w.count("payout.seen"); n != 0 {
		t.Errorf("%d payments", n)
	}
	must(t, w.sender().Unpause(t.Context(), w.owner))
	must(t, w.push(1)(t.Context(), w.sender()))
	w.check()
}

// TestFillWhatNobodyTakes has a node that never takes a proposal's bytes: the nonce is filled, and
// the round can be proposed again once the node is mended.
func TestFillWhatNobodyTakes(t *testing.T) {
	w := fundedWorld(t, 5000)
	w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
		if len(tx.Data()) > 0 {
			return said("oversized data: transaction size 131073, limit 131072")
		}
		return w.chain.Client.SendTransaction(ctx, tx)
	}
	err := w.propose(1)(t.Context(), w.sender())
	want(t, err, "filled with a no-op")
	first := swap.Intent{Purpose: swap.PurposePropose, Round: 1, Plan: 1}
	w.noopIsPlain(first)
	if r := w.round(1); r.Status != swap.ApprovedRound {
		t.Errorf("round 1 is %s", r.Status)
	}
	w.chain.onSend = nil
	must(t, w.propose(1)(t.Context(), w.sender()))
	if a := w.attempts(swap.Intent{Purpose: swap.PurposePropose, Round: 1, Plan: 2}); a[0].Status != swap.FinalizedAttempt {
		t.Errorf("the second proposal is %s", a[0].Status)
	}
	w.check0()
}

// check0 is check without a look at payments.
func (w *world) check0() {
	w.t.Helper()
	w.owed = nil
	w.check()
}

// TestProposedBySafe has another tool propose our root while our own proposal is on its way: the
// round is proposed in the end, and nobody needs to do anything.
func TestProposedBySafe(t *testing.T) {
	for _, c := range []struct {
		name string
		late bool // ours is in a block too, and fails there
	}{{"lost", false}, {"reverted", true}} {
		t.Run(c.name, func(t *testing.T) {
			w := fundedWorld(t, 5000)
			r := w.round(1)
			w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
				w.chain.onSend = nil
				w.proposeElsewhere(r)
				if c.late {
					return w.chain.Client.SendTransaction(ctx, tx)
				}
				return lost(ctx, tx)
			}
			got, err := w.sender().Propose(t.Context(), w.publisher, 1)
			must(t, err)
			if got.Status != swap.ProposedRound || w.round(1).Status != swap.ProposedRound {
				t.Errorf("round 1 is %s", got.Status)
			}
			list := w.attempts(swap.Intent{Purpose: swap.PurposePropose, Round: 1, Plan: 1})
			if list[0].Status != swap.FailedAttempt || (len(list) == 1) != c.late {
				t.Errorf("the attempts: got %+v, want the first failed", list)
			}
			w.pass(delay)
			_, err = w.sender().Activate(t.Context(), w.stranger, 1)
			must(t, err)
			must(t, w.push(1)(t.Context(), w.sender()))
			w.check()
		})
	}
}

// fundAccount gives an account money for gas.
func (w *world) fundAccount(to common.Address) {
	w.t.Helper()
	ctx := context.Background()
	c := w.sim.Client()
	nonce, err := c.NonceAt(ctx, w.stranger.Address(), nil)
	must(w.t, err)
	tx, err := w.stranger.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
		ChainID: sender.Wei(chainID), Nonce: nonce, To: &to, Value: sender.Wei(1e18), Gas: 21000, GasTipCap: sender.Wei(1e9), GasFeeCap: sender.Wei(50e9),
	}), sender.Wei(chainID))
	must(w.t, err)
	must(w.t, c.SendTransaction(ctx, tx))
	w.sim.Commit()
}

// TestStops ends with a name, whatever nodes say for ever.
func TestStops(t *testing.T) {
	for _, c := range []struct {
		name   string
		send   func(w *world, ctx context.Context, tx *types.Transaction) error
		reason state.Reason
		words  string
	}{
		{"refused in unknown words", func(*world, context.Context, *types.Transaction) error { return said("computer says no") }, state.NodeRefuses, "computer says no"},
		{"no answer", func(_ *world, ctx context.Context, tx *types.Transaction) error { return lost(ctx, tx) }, state.NodeRefuses, "connection reset"},
		{"no money", func(*world, context.Context, *types.Transaction) error {
			return said("insufficient funds for gas * price + value")
		}, state.NoFunds, "send it what is missing"},
		{"full for ever", func(*world, context.Context, *types.Transaction) error { return said("txpool is full") }, state.NotIncluded, "check that the chain works"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := fundedWorld(t, 5000)
			w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error { return c.send(w, ctx, tx) }
			err := w.propose(1)(t.Context(), w.sender())
			want(t, err, c.words, "run the command again")
			if stop := (*sender.StopError)(nil); !errors.As(err, &stop) || stop.Reason != c.reason {
				t.Errorf("propose: error %v, want a stop for %s", err, c.reason)
			}
			w.chain.onSend = nil
			must(t, w.propose(1)(t.Context(), w.sender()))
			if list := w.attempts(swap.Intent{Purpose: swap.PurposePropose, Round: 1, Plan: 1}); list[len(list)-1].Status != swap.FinalizedAttempt {
				t.Errorf("the attempts: got %+v, want the last final", list)
			}
		})
	}
}

// deaf is a node that takes no transactions.
type deaf struct{ *faultyChain }

func (deaf) SendTransaction(context.Context, *types.Transaction) error {
	return said("sequencer temporarily not available")
}

// TestEveryNode sends to every node, and one that takes the bytes is enough.
func TestEveryNode(t *testing.T) {
	w := newWorld(t)
	sent := 0
	w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
		sent++
		return w.chain.Client.SendTransaction(ctx, tx)
	}
	s, err := w.over(chainID, deaf{w.chain}, w.chain)
	must(t, err)
	_, err = s.Deploy(t.Context(), w.publisher, w.deployment())
	must(t, err)
	if sent != 1 || slices.ContainsFunc(w.steps, func(s sender.Step) bool { return s.Stage == sender.StageRefused }) {
		t.Errorf("sent %d times, %+v", sent, w.steps)
	}
}

// TestEarlierBatchReorganised takes a batch off the chain while the next one is followed: both get
// into blocks.
func TestEarlierBatchReorganised(t *testing.T) {
	w := liveWorld(t, 3000, 5000, 7000, 9000)
	s, forked := w.sender(), false
	start, err := w.sim.Client().HeaderByNumber(t.Context(), nil)
	must(t, err)
	second := swap.Intent{Purpose: swap.PurposePush, Round: 1, Plan: 1, Batch: 1}
	w.chain.onSend = func(ctx context.Context, tx *types.Transaction) error {
		if !forked && len(w.mustAttempts(second)) > 0 {
			forked = true
			w.sim.Rollback()
			must(t, w.sim.Fork(start.Hash()))
			w.sim.Rollback()
			for range 2 {
				w.sim.Commit()
			}
		}
		return w.chain.Client.SendTransaction(ctx, tx)
	}
	must(t, w.push(1)(t.Context(), s))
	if !forked {
		t.Fatal("the chain was not reorganised")
	}
	w.check()
	for n := range uint64(2) {
		second.Batch = n
		if list := w.attempts(second); len(list) != 1 || list[0].Status != swap.FinalizedAttempt {
			t.Errorf("batch %d: %+v", n, list)
		}
	}
}
