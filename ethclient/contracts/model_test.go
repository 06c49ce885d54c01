package contracts_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/chaintest"
	"oxenswap/swap/merkle"
)

// model is what the distributor's rules come to, written down a second time without regard to gas.
type model struct {
	balance, totalClaimed, liveTotal int64
	live, pending                    *merkle.Tree
	pendingTotal                     int64
	activatesAt, closesAt, pausedAt  uint64
	last                             uint64
	paused, swept                    bool
	claimed                          []int64
}

func (m *model) open(now uint64) bool    { return m.paused || now < m.closesAt }
func (m *model) running(now uint64) bool { return !m.paused && now < m.closesAt }

// pay books the leaves of holders of a tree, and says whether the distributor would.
func (m *model) pay(now uint64, t *merkle.Tree, holders []int, single bool) bool {
	if !m.running(now) || m.live == nil || m.live.Root() != t.Root() {
		return false
	}
	due, sum := map[int]int64{}, int64(0)
	for _, i := range holders {
		n, _ := t.Index(chaintest.Holder(i))
		leaf := t.Leaf(n)
		if owed := int64(leaf.Amount.Uint64()) - m.claimed[i]; owed > 0 {
			due[i] = owed
			sum += owed
		}
	}
	if (single && sum == 0) || m.totalClaimed+sum > m.liveTotal {
		return false
	}
	for i, owed := range due {
		m.claimed[i] += owed
	}
	m.totalClaimed += sum
	m.balance -= sum
	return true
}

// TestRandomLives plays random acts of all roles, at random times, on the contract and on the
// model, and compares what succeeds and what is left after each.
func TestRandomLives(t *testing.T) {
	succeeded := map[string]int{}
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { randomLife(t, rand.New(rand.NewPCG(seed, 1)), succeeded) })
	}
	for _, act := range []string{"propose", "activate", "cancel", "claim", "batch", "pause", "unpause", "move", "sweep"} {
		if succeeded[act] == 0 {
			t.Errorf("no %s succeeded in any life: the test shows nothing about it", act)
		}
	}
	t.Log(succeeded)
}

func randomLife(t *testing.T, r *rand.Rand, succeeded map[string]int) {
	const holders, acts = 5, 100
	w := newWorld(t, 0)
	m := &model{closesAt: closing, claimed: make([]int64, holders)}
	amounts := make([]int64, holders)
	trees := []*merkle.Tree{w.tree(1, 1, 1, 1, 1)}
	pick := func() *merkle.Tree {
		if m.live != nil && r.IntN(4) > 0 {
			return m.live
		}
		return trees[r.IntN(len(trees))]
	}
	for step := range acts {
		now := w.head().Time + 1
		switch r.IntN(12) {
		case 0, 1:
			w.at(now + delay/2 + r.Uint64N(delay))
		case 2:
			if r.IntN(4) == 0 && step > acts*3/4 { // near the end, or past it
				w.at(max(now, m.closesAt-min(m.closesAt, 20)) + r.Uint64N(40))
			}
		}
		now = w.head().Time + 1 // of the block that the act comes into
		var act string
		var from actor
		var data []byte
		var want bool
		switch r.IntN(16) {
		case 0, 1:
			n := r.Int64N(6000)
			w.fund(n)
			m.balance += n
			continue
		case 2, 3, 4:
			for i := range amounts {
				amounts[i] += r.Int64N(300)
			}
			amounts[0] = max(amounts[0], 1)
			tree := w.tree(max(amounts[0], 1), max(amounts[1], 1), max(amounts[2], 1), max(amounts[3], 1), max(amounts[4], 1))
			round, total := m.last+r.Uint64N(3), tree.Total().ToBig().Int64()-r.Int64N(2)*r.Int64N(300)
			total = max(total, 0)
			act, from, data = "propose", w.publisher, w.d.PackPropose(round, tree.Root(), big.NewInt(total), 1, logRoot)
			want = m.open(now) && m.pending == nil && round > m.last && total >= m.liveTotal && total <= m.balance+m.totalClaimed
			if want {
				m.pending, m.pendingTotal, m.activatesAt, m.last = tree, total, now+delay, round
				trees = append(trees, tree)
			}
		case 5, 6, 15:
			act, from, data = "activate", w.stranger, w.d.PackActivate()
			want = m.pending != nil && m.running(now) && now >= m.activatesAt
			if want {
				m.live, m.liveTotal, m.pending = m.pending, m.pendingTotal, nil
			}
		case 7:
			if r.IntN(6) > 0 {
				continue
			}
			act, from, data = "cancel", w.guardian, w.d.PackCancel()
			want = m.pending != nil
			m.pending = nil
		case 8, 13:
			tree, i := pick(), r.IntN(holders)
			act, from, data = "claim", w.stranger, w.claimData(tree, i)
			want = m.pay(now, tree, []int{i}, true)
		case 9, 10, 14:
			tree, some := pick(), r.Perm(holders)[:1+r.IntN(holders)]
			act, from, data = "batch", w.stranger, w.batchData(tree, some...)
			want = m.pay(now, tree, some, false)
		case 11:
			if r.IntN(4) == 0 {
				act, from, data = "pause", w.guardian, w.d.PackPause()
				if want = m.running(now); want {
					m.paused, m.pausedAt = true, now
				}
			} else {
				act, from, data = "unpause", w.owner, w.d.PackUnpause()
				if want = m.paused; want {
					m.paused, m.closesAt = false, m.closesAt+now-m.pausedAt
				}
			}
		case 12:
			if r.IntN(2) == 0 {
				to := m.closesAt + r.Uint64N(100) - 50
				act, from, data = "move", w.owner, w.d.PackMoveClosesAt(to)
				if want = m.running(now) && to > m.closesAt; want {
					m.closesAt = to
				}
			} else {
				act, from, data = "sweep", w.owner, w.d.PackSweep(w.owner.addr)
				if want = !m.paused && now >= m.closesAt; want {
					m.balance, m.swept = 0, true
				}
			}
		}
		got := w.send(from, &w.addr, data).Status == types.ReceiptStatusSuccessful
		if got != want {
			t.Fatalf("%s at %d: succeeded %t, the model says %t: %+v", act, now, got, want, *m)
		}
		if got {
			succeeded[act]++
		}
		w.compare(m)
	}
}

// compare holds the contract's books against the model's, and both against the invariants.
func (w *world) compare(m *model) {
	w.t.Helper()
	w.expect("totalClaimed", fmt.Sprint(m.totalClaimed))
	w.expect("closesAt", fmt.Sprint(m.closesAt))
	w.expect("paused", fmt.Sprint(m.paused))
	w.expect("lastProposed", fmt.Sprint(m.last))
	if got := w.balance(w.addr); got != m.balance {
		w.t.Fatalf("the distributor holds %d, the model says %d", got, m.balance)
	}
	var sum int64
	for i, want := range m.claimed {
		if got := w.balance(chaintest.Holder(i)); got != want {
			w.t.Fatalf("holder %d has %d, the model says %d", i, got, want)
		}
		w.expect("claimed", fmt.Sprint(want), chaintest.Holder(i))
		sum += want
	}
	if sum != m.totalClaimed || m.totalClaimed > m.liveTotal || (!m.swept && m.liveTotal > m.balance+m.totalClaimed) {
		w.t.Fatalf("paid %d of %d announced, holding %d", sum, m.liveTotal, m.balance)
	}
}
