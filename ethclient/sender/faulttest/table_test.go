package faulttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// long asks for every request of every operation, where otherwise one of each kind is made to fail.
func long() bool { return os.Getenv("OXENSWAP_LONG") != "" }

// patience is how long a request may take where one is to meet a time-out. Others may then meet one
// as well, on a busy machine.
const patience = 500 * time.Millisecond

// row is one line of the table: which request of each operation meets the fault, from 1; 0: none.
type row struct {
	fault         fault
	restart       bool // the process is killed at the fault, and another one goes on
	propose, push int
}

func (r row) String() string {
	return fmt.Sprintf("%s at request %d of propose and %d of push, restart=%t", r.fault, r.propose, r.push, r.restart)
}

// TestFaults lets a request of propose and one of push fail, each in every way, with and without
// the process being killed at it. The end is that of a run that nothing disturbed: the same
// transactions, one each, and everyone paid exactly.
func TestFaults(t *testing.T) {
	for i, name := range []string{"simulated", "anvil"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			make := makers()[name]
			propose, push := requests(t, make)
			t.Logf("%d requests to propose, %d to push", len(propose), len(push))
			for j, f := range allFaults() {
				t.Run(string(f), func(t *testing.T) {
					t.Parallel()
					rows := all(f, len(propose), len(push))
					if !long() {
						rows = some(f, propose, push, i+j)
					}
					for len(rows) > 0 {
						part := rows[:min(len(rows), 100)]
						rows = rows[len(part):]
						tabulate(t, make, part)
					}
				})
			}
		})
	}
}

// requests are those of each operation, where nothing fails.
func requests(t *testing.T, make maker) (propose, push []step) {
	t.Helper()
	w := newWorld(t, make, 1, 1)
	round := w.approve()
	w.proxy.arm(0, "", nil)
	w.run(round, w.propose())
	propose, _ = w.proxy.disarm()
	w.chain.pass(delay)
	w.run(round, w.activate())
	w.proxy.arm(0, "", nil)
	w.run(round, w.push())
	push, _ = w.proxy.disarm()
	w.check()
	w.undisturbed(round)
	return propose, push
}

// all lets every request fail.
func all(f fault, propose, push int) (out []row) {
	for n := range max(propose, push) {
		r := row{fault: f, push: n + 1}
		if n < propose {
			r.propose = n + 1
		}
		out = append(out, r)
		r.restart = true
		out = append(out, r)
	}
	return out
}

// some lets a request of each kind fail: the first of a kind in propose, one from the middle in
// push. On what is sent and what became of it, money depends; of the other kinds each chain gets a
// quarter with each fault.
func some(f fault, propose, push []step, from int) (out []row) {
	names := slices.Compact(slices.Sorted(slices.Values(slices.Concat(propose, push))))
	for i, name := range names {
		var places []int
		for n, s := range push {
			if s == name {
				places = append(places, n+1)
			}
		}
		r := row{fault: f, propose: slices.Index(propose, name) + 1}
		if len(places) > 0 {
			r.push = places[len(places)/2]
		}
		switch turn := from + i; {
		case name == "sendRawTransaction":
			r.restart = true
			out = append(out, r)
			r.restart = false
			out = append(out, r)
		case name == "getLogs" && f == stale: // a node that is behind leaves events out without saying so
			for n, at := range places {
				out = append(out, row{fault: f, propose: nth(propose, name, n), push: at})
			}
		case strings.HasPrefix(string(name), "getTransaction"):
			r.restart = turn%2 == 0
			out = append(out, r)
		case turn%4 == 0:
			r.restart = turn%8 == 0
			out = append(out, r)
		}
	}
	return out
}

// nth is the place of a step when it comes again, counted from 1; 0: it does not.
func nth(list []step, name step, again int) int {
	for i, s := range list {
		if s == name {
			if again--; again < 0 {
				return i + 1
			}
		}
	}
	return 0
}

// tabulate carries out a round for every row, in one world, which is audited in the end.
func tabulate(t *testing.T, make maker, rows []row) {
	t.Helper()
	w := newWorld(t, make, 1, len(rows))
	for _, r := range rows {
		if r.fault == timeout {
			w.limits.Timeout = patience
		}
		round := w.approve()
		w.disturb(round, w.propose(), r, r.propose)
		w.chain.pass(delay)
		w.disturb(round, w.activate(), r, 0)
		w.disturb(round, w.push(), r, r.push)
		w.limits = unhurried()
		w.check()
		w.undisturbed(round)
		if t.Failed() {
			t.Fatalf("round %d: %v", round, r)
		}
	}
	w.audited()
}

// disturb carries out an operation with a fault at its n-th request, and once more if that stopped
// it.
func (w *world) disturb(round uint64, op operation, r row, n int) {
	w.t.Helper()
	w.proxy.arm(n, r.fault, func() {
		if r.restart {
			w.die()
		}
	})
	p, err := w.tryStart()
	if err == nil {
		err = op.run(p.ctx, p.sender, round)
	}
	_, came := w.proxy.disarm()
	if err != nil && !came && !w.slow(err) {
		w.t.Fatalf("%s, without a fault: %v: %v", op.name, r, err)
	}
	for tries := 1; err != nil || r.restart && came; tries++ {
		if p != nil && (r.restart || p.ctx.Err() != nil) {
			w.stop(p)
			p = nil
		}
		came = false
		if p == nil {
			p = w.start()
		}
		if err = op.run(p.ctx, p.sender, round); err != nil && (tries == 5 || !w.slow(err)) {
			w.t.Fatalf("%s, again: %v: %v", op.name, r, err)
		}
	}
	w.stop(p)
}

// slow tells whether an error may be one of a busy machine, where requests must not take long.
func (w *world) slow(err error) bool {
	return w.limits.Timeout == patience && errors.Is(err, context.DeadlineExceeded)
}
