package faulttest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

const (
	// deepest is the longest reorganisation: final blocks lie below it.
	deepest = 64
	// patientLooks is how often a sender may look at the chain before one operation ends.
	patientLooks = 400
)

// aftermath is what becomes of the transactions in the blocks that a reorganisation replaces.
type aftermath string

const (
	dropped  aftermath = "dropped"  // no node has them any more
	delayed  aftermath = "delayed"  // they come back into the pool a few blocks later
	included aftermath = "included" // the new blocks have them, in another block
)

// reorganisation comes while an operation waits.
type reorganisation struct {
	depth int
	after aftermath
	mined int // how many of the operation's transactions are in blocks by then
	cache int // for how many looks after it answers still come from before it
}

func (r reorganisation) String() string {
	return fmt.Sprintf("%d blocks, %s, after %d transactions, %d looks late", r.depth, r.after, r.mined, r.cache)
}

// TestReorganisations replaces 1 to 64 blocks while a round is proposed and pushed. Final blocks
// are never among them.
func TestReorganisations(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		var list []reorganisation
		for d := 1; d <= deepest; d++ {
			if !long() && !slices.Contains([]int{1, 17, deepest}, d) {
				continue
			}
			for i, after := range []aftermath{dropped, delayed, included} {
				list = append(list, reorganisation{d, after, 1 + (d+i)%3, (d + i) % 2 * 3})
			}
		}
		w := newWorld(t, make, deepest/2+1, len(list))
		for i, r := range list {
			if w.chain.aged() {
				w.audited()
				w = newWorld(t, make, deepest/2+1, len(list)-i)
			}
			round := w.approve()
			first := r
			first.mined = 1
			w.reorganised(round, w.propose(), first)
			w.wait = nil
			w.chain.pass(delay)
			w.run(round, w.activate())
			w.reorganised(round, w.push(), r)
			w.check()
			w.undisturbed(round)
			if t.Failed() {
				t.Fatalf("round %d: %v", round, r)
			}
		}
		w.audited()
	})
}

// reorganised carries out an operation, and the reorganisation in it.
func (w *world) reorganised(round uint64, op operation, r reorganisation) {
	w.t.Helper()
	before := len(w.proxy.transactions())
	looks, done, due := 0, false, -1
	memory := newRemembering()
	w.proxy.show(memory)
	w.wait = func() {
		switch looks++; {
		case looks == patientLooks:
			w.t.Errorf("%s: %v: no end in sight after %d looks, the last step is %+v",
				op.name, r, looks, w.steps[len(w.steps)-1])
			w.die()
		case !done && w.mined() >= r.mined:
			done = true
			var again [][]byte
			for _, raw := range w.proxy.transactions()[before:] {
				if w.isMined(raw) && !slices.ContainsFunc(again, func(other []byte) bool { return slices.Equal(raw, other) }) {
					again = append(again, raw)
				}
			}
			switch r.after {
			case dropped:
				w.chain.reorganise(r.depth)
			case delayed:
				w.chain.reorganise(r.depth)
				due = looks + 4
				w.later = again
			case included:
				w.chain.reorganise(r.depth, again...)
			}
			w.proxy.show(oldFork{memory})
		case looks == due:
			for _, raw := range w.later {
				resend(w.t, w.chain, raw)
			}
		}
		if done && r.cache >= 0 {
			if r.cache--; r.cache < 0 {
				w.proxy.show(nil)
			}
		}
		w.soon()
	}
	w.run(round, op)
	if !done {
		w.t.Errorf("%s: %v: it never came", op.name, r)
	}
	w.wait = nil
	w.proxy.show(nil)
}

// mined is how many transactions of the present process were seen in blocks.
func (w *world) mined() int {
	seen := map[swap.Intent]bool{}
	for _, s := range w.steps {
		if s.Stage == sender.StageMined {
			seen[s.Intent] = true
		}
	}
	return len(seen)
}

func (w *world) isMined(raw []byte) bool {
	w.t.Helper()
	tx := new(types.Transaction)
	must(w.t, tx.UnmarshalBinary(raw))
	_, err := receipt(w.t.Context(), w.chain, tx.Hash())
	return err == nil
}

// TestForkBetweenNodes has the second node leave for another fork in the middle of a push, and come
// back. Meanwhile nothing is signed.
func TestForkBetweenNodes(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		w := newWorld(t, make, 1, 1)
		second := w.secondNode()
		round := w.approve()
		w.publish(round)
		forked, looks := false, 0
		w.stepped = func(s sender.Step) {
			switch {
			case s.Stage == sender.StageSigned && forked && looks < 6:
				t.Errorf("batch %d was signed while the nodes were on two forks", s.Batch)
			case s.Stage == sender.StageSent && !forked:
				head, err := w.chain.client().BlockNumber(t.Context())
				must(t, err)
				forked = true
				second.show(forging(head))
			}
		}
		w.wait = func() {
			if forked {
				looks++
			}
			if looks == 6 {
				second.show(nil)
			}
			w.chain.mine(1)
		}
		p := w.start()
		err := w.push().run(p.ctx, p.sender, round)
		w.stop(p)
		if disagree := new(ethclient.DisagreeError); err != nil && !errors.As(err, &disagree) {
			t.Errorf("push during a reorganisation: error %v, want none or a disagreement of nodes", err)
		}
		second.show(nil)
		looks = 6
		w.run(round, w.push())
		w.check()
		w.undisturbed(round)
		w.audited()
	})
}
