package sender_test

import (
	"context"
	"fmt"
	"testing"

	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

// operation is one command, as a process of its own runs it.
type operation struct {
	name string
	run  func(ctx context.Context, s *sender.Sender) error
}

// operations bring a round from its approval to its payments.
func (w *world) operations(round uint64) []operation {
	return []operation{
		{"fund", func(ctx context.Context, s *sender.Sender) error {
			_, err := s.Fund(ctx, w.owner, round, 0)
			return err
		}},
		{"propose", func(ctx context.Context, s *sender.Sender) error {
			_, err := s.Propose(ctx, w.publisher, round)
			return err
		}},
		{"activate", func(ctx context.Context, s *sender.Sender) error {
			_, err := s.Activate(ctx, w.publisher, round)
			return err
		}},
		{"push", func(ctx context.Context, s *sender.Sender) error {
			_, err := s.Push(ctx, w.publisher, round, false)
			return err
		}},
	}
}

// interrupted runs an operation with a fault at its n-th call, and once more if that stopped it. It
// reports whether the fault came.
func (w *world) interrupted(op operation, n int, late, passes bool) bool {
	w.t.Helper()
	s := w.sender()
	w.faults.arm(n, late, passes)
	err := op.run(w.t.Context(), s)
	came := w.faults.calls >= n
	w.faults.arm(0, false, false)
	if err == nil {
		return came
	}
	if !came {
		w.t.Fatalf("%s, without a fault: %v", op.name, err)
	}
	if err := op.run(w.t.Context(), w.sender()); err != nil {
		w.t.Fatalf("%s, again after a fault at call %d: %v", op.name, n, err)
	}
	return came
}

// TestKilledAnywhere kills every command at every write, before and after the write has its effect,
// and runs it again. The end must be that of a run that nothing disturbed: the same transactions,
// one each, and everyone paid exactly.
func TestKilledAnywhere(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%t", late), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deploy()
			w.interruptRounds(late, false, 1)
		})
	}
}

// TestErrorsAnywhere lets single calls fail once, reads included, before and after they have their
// effect.
func TestErrorsAnywhere(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%t", late), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deploy()
			w.interruptRounds(late, true, 7)
		})
	}
}

// interruptRounds carries out a round for every step-th call that a command makes. With a step
// above 1 it grows on the way: each round leaves more events to compare, and so adds reads.
func (w *world) interruptRounds(late, passes bool, step int) {
	w.t.Helper()
	last := map[string]int{}
	for n, some := 1, true; some; n += step + n*(step-1)/16 {
		r := w.approve(3000, 5000, 7000, 9000, 11000, 13000, 15000)
		some = false
		for _, op := range w.operations(r.Round) {
			if op.name == "activate" {
				w.pass(delay)
			}
			if w.interrupted(op, n, late, passes) {
				some, last[op.name] = true, n
			}
		}
		w.check()
		if w.t.Failed() {
			w.t.Fatalf("with a fault at call %d", n)
		}
		w.checkRound(r.Round)
	}
	w.t.Logf("calls by command: %v", last)
}

// checkRound expects exactly the transactions of an undisturbed run.
func (w *world) checkRound(number uint64) {
	w.t.Helper()
	got := map[swap.Intent]swap.AttemptStatus{}
	must(w.t, w.tables.AllAttempts(func(a swap.Attempt) error {
		if a.Round == number {
			if _, twice := got[a.Intent]; twice {
				w.t.Errorf("intent %+v: got two attempts, want one", a.Intent)
			}
			got[a.Intent] = a.Status
		}
		return nil
	}))
	for _, intent := range []swap.Intent{
		{Purpose: swap.PurposeFund, Round: number, Plan: 1}, {Purpose: swap.PurposePropose, Round: number, Plan: 1},
		{Purpose: swap.PurposeActivate, Round: number, Plan: 1},
		{Purpose: swap.PurposePush, Round: number, Plan: 1}, {Purpose: swap.PurposePush, Round: number, Plan: 1, Batch: 1},
		{Purpose: swap.PurposePush, Round: number, Plan: 1, Batch: 2},
	} {
		if got[intent] != swap.FinalizedAttempt {
			w.t.Errorf("intent %+v: got %q, want it final", intent, got[intent])
		}
		delete(got, intent)
	}
	if len(got) > 0 {
		w.t.Errorf("transactions too many: %v", got)
	}
	if r := w.round(number); r.Status != swap.ActiveRound {
		w.t.Errorf("round %d is %s", number, r.Status)
	}
}

// TestKilledDeployment kills the deployment at every write.
func TestKilledDeployment(t *testing.T) {
	for _, late := range []bool{false, true} {
		for n, came := 1, true; came; n++ {
			w := newWorld(t)
			came = w.interrupted(operation{"deploy", func(ctx context.Context, s *sender.Sender) error {
				_, err := s.Deploy(ctx, w.publisher, w.deployment())
				return err
			}}, n, late, false)
			for kind, want := range map[string]int{"tx.signed": 1, "tx.finalized": 1, "distributor.deployed": 1} {
				if got := w.count(kind); got != want {
					t.Errorf("late %t, fault at write %d: %d entries %s, expected %d", late, n, got, kind, want)
				}
			}
			w.check()
		}
	}
}
