package faulttest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

// over is a view of what another view shows.
type over struct{ view, below view }

func (o over) answer(ask func(question) (answer, error), q question) (answer, bool, error) {
	below := func(q question) (answer, error) {
		if a, ok, err := o.below.answer(ask, q); ok || err != nil {
			return a, err
		}
		return ask(q)
	}
	a, ok, err := o.view.answer(below, q)
	if !ok && err == nil {
		a, err = below(q)
	}
	return a, true, err
}

// broken is the view of a node that answers nothing.
type broken struct{}

func (broken) answer(func(question) (answer, error), question) (answer, bool, error) {
	return answer{}, false, errors.New("out of order")
}

// TestStopsWhateverNodesSay pauses and cancels while two nodes disagree, whichever comes first in
// the configuration: the guardian's transaction gets into a block, nothing that one node alone says
// of anything else is recorded, and all fits once they agree.
func TestStopsWhateverNodesSay(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		w := newWorld(t, make, 1, 2)
		second := w.secondNode()
		round := w.approve()
		w.run(round, w.propose())
		head, err := w.chain.client().BlockNumber(t.Context())
		must(t, err)
		cancel := operation{"cancel", func(ctx context.Context, s *sender.Sender, round uint64) error {
			return s.Cancel(ctx, w.guardian, round)
		}}
		pause := operation{"pause", func(ctx context.Context, s *sender.Sender, _ uint64) error { return s.Pause(ctx, w.guardian) }}
		for _, c := range []struct {
			name  string
			view  view
			first bool // the node that is wrong comes first
			op    operation
		}{
			{"another final block", forging(head - 3), false, pause},
			{"stopped on another chain", over{forging(head - 3), lagging(1)}, true, pause},
			{"no events", silent("eth_getLogs"), false, pause},
			{"broken", broken{}, false, pause},
			{"broken, first", broken{}, true, pause},
			{"behind on another chain", over{forging(1), lagging(2)}, true, cancel},
		} {
			if c.first {
				slices.Reverse(w.urls)
			}
			before := w.size()
			p := w.start()
			second.show(c.view)
			must(t, c.op.run(p.ctx, p.sender, round))
			if !slices.ContainsFunc(w.steps, func(s sender.Step) bool { return s.Stage == sender.StageAlone }) {
				t.Errorf("%s: no step says that one node is believed", c.name)
			}
			w.stop(p)
			if n := w.size() - before; n != 2 { // it was signed, and it is in a block
				t.Errorf("%s: %d entries were appended", c.name, n)
			}
			r, err := ethclient.Dial(t.Context(), ethclient.Options{ChainID: w.chain.id()}, w.limits, w.proxy.server.URL)
			must(t, err)
			state, err := r.Distributor(t.Context(), swap.EVMAddress(w.at), nil)
			must(t, err)
			if c.op.name == "pause" && !state.Paused || c.op.name == "cancel" && state.Pending.Round != 0 {
				t.Errorf("%s: nothing was stopped: %+v", c.name, state)
			}
			second.show(nil)
			w.run(round, c.op) // it has been done; this time it becomes final
			if c.op.name == "pause" {
				w.run(round, operation{"unpause", func(ctx context.Context, s *sender.Sender, _ uint64) error { return s.Unpause(ctx, w.owner) }})
			}
			if c.first {
				slices.Reverse(w.urls)
			}
		}
		clear(w.owed) // the round was cancelled
		w.check()
		w.audited()
	})
}
