package state_test

import (
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// model is a small chain and the nodes in front of it, as one intent with nonce 7 meets them. Nodes
// may lie about their pools, lag and forget; receipts and nonces are the chain's, if late.
type model struct {
	profile  state.Profile
	ceiling  swap.Wei
	base     uint64
	attempts []swap.Attempt
	tips     []uint64
	arrived  map[int]bool // attempts whose bytes some node ever had
	pool     int          // the attempt that the pool holds; -1: none
	blocks   []block
	final    int // blocks that are final
	unwanted string
	fails    bool
	failing  time.Duration

	answer state.Answer
	sent   bool
	idle   time.Duration
	vain   int
	looks  int
	still  int
	same   time.Duration
	before string

	seen []state.State // in the order of the looks
}

// block is one block: which attempt it has (-1: none), whether that succeeded, and the account's
// nonce after it.
type block struct {
	attempt int
	success bool
	nonce   uint64
}

const foreign = -2

func newModel(t *rapid.T) *model {
	m := &model{
		profile: rapid.SampledFrom([]state.Profile{state.Arbitrum(), state.Ethereum()}).Draw(t, "profile"),
		ceiling: swap.Wei(rapid.Uint64Range(1, 2000).Draw(t, "ceiling")), base: rapid.Uint64Range(1, 500).Draw(t, "base"),
		arrived: map[int]bool{}, pool: -1, blocks: []block{{-1, false, rapid.Uint64Range(5, 7).Draw(t, "nonce")}}, final: 1,
	}
	cap := swap.Wei(rapid.Uint64Range(1, uint64(m.ceiling)).Draw(t, "cap"))
	m.attempts = []swap.Attempt{{TxSigned: swap.TxSigned{Attempt: 1, Nonce: 7, GasFee: cap}, Status: swap.SignedAttempt}}
	m.tips = []uint64{0}
	return m
}

func (m *model) nonce() uint64 { return m.blocks[len(m.blocks)-1].nonce }

func (m *model) fees() state.Fees {
	tip := uint64(0)
	if m.profile.Replaces {
		tip = 3
	}
	return state.Fees{Base: num(m.base), Cap: num(2*m.base + tip), Tip: num(tip)}
}

func num(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// observe is what a look says. A late receipt is not there yet; an unknown one is not answered.
func (m *model) observe(late, unknown bool) state.Observation {
	o := state.Observation{
		Profile: m.profile, Latest: m.nonce(), Final: m.blocks[m.final-1].nonce, FinalBlock: uint64(m.final - 1), Fees: m.fees(),
		Ceiling: m.ceiling, Pool: m.answer, Idle: m.idle, Sent: m.sent, Vain: m.vain, Unwanted: m.unwanted,
		Fails: m.fails, Failing: m.failing,
	}
	for i, a := range m.attempts {
		s := state.Attempt{Attempt: a}
		n := slices.IndexFunc(m.blocks, func(b block) bool { return b.attempt == i })
		switch {
		case unknown:
			s.Unknown = true
		case n >= 0 && !late:
			s.Receipt = &swap.Inclusion{Block: uint64(n), Success: m.blocks[n].success}
		}
		o.Attempts = append(o.Attempts, s)
	}
	now := o.Fingerprint()
	if now == m.before {
		m.still, m.same = m.still+1, m.same+8*time.Second
	} else {
		m.still, m.same = 0, 0
	}
	m.before = now
	o.Looks, o.Still, o.Same = m.looks, m.still, m.same
	m.looks++
	return o
}

// act does what was decided, and holds every rule that an action must obey.
func (m *model) act(t *rapid.T, o state.Observation, d state.Decision, answer state.Answer) {
	last := len(m.attempts) - 1
	m.idle += 8 * time.Second
	if m.failing += 8 * time.Second; !m.fails {
		m.failing = 0
	}
	send := func() {
		m.sent, m.idle, m.answer = true, 0, answer
		if m.vain++; !answer.Vain() {
			m.vain = 0
		}
		if answer == state.Holds || answer == state.Silent || answer == state.Dearer { // and sometimes they lie
			i := len(m.attempts) - 1
			m.arrived[i] = true
			if m.pool < 0 || m.attempts[i].GasFee > m.attempts[m.pool].GasFee {
				m.pool = i
			}
		}
	}
	switch d.Action {
	case state.Resend:
		send()
	case state.Bump, state.Fill:
		if m.nonce() > 7 && d.State != state.Next {
			t.Fatalf("%s although the nonce is used", d.Action)
		}
		offer, least, ok := m.profile.Outbid(m.attempts[last].GasFee.Int(), num(m.tips[last]), o.Fees, m.ceiling)
		if !ok {
			if least.Cmp(m.ceiling.Int()) <= 0 {
				t.Fatalf("refused %s under the ceiling %s", least, m.ceiling)
			}
			m.looks = state.MostLooks // the shell stops at the rail
			return
		}
		if offer.Cap.Cmp(m.ceiling.Int()) > 0 {
			t.Fatalf("offers %s above the ceiling %s", offer.Cap, m.ceiling)
		}
		if least := num((uint64(m.attempts[last].GasFee)*11 + 9) / 10); m.profile.Replaces && offer.Cap.Cmp(least) < 0 {
			t.Fatalf("offers %s to replace %s", offer.Cap, m.attempts[last].GasFee)
		}
		a := swap.Attempt{TxSigned: swap.TxSigned{
			Attempt: uint64(last) + 2, Nonce: o.Nonce(), GasFee: swap.Wei(offer.Cap.Uint64()), Noop: d.Action == state.Fill || m.attempts[last].Noop,
		}, Status: swap.SignedAttempt}
		if d.Action == state.Fill && m.attempts[last].Noop {
			t.Fatal("filled twice")
		}
		if a.Nonce != 7 {
			t.Fatalf("a second nonce %d", a.Nonce)
		}
		m.attempts, m.tips = append(m.attempts, a), append(m.tips, offer.Tip.Uint64())
		m.vain = 0
		send()
	}
}

// record applies the events of a decision as the ledger does, and refuses what the ledger refuses.
func (m *model) record(t *rapid.T, d state.Decision) {
	for _, e := range d.Events {
		index := -1
		set := func(n uint64, s swap.AttemptStatus) {
			index = int(n)
			if !state.Open(m.attempts[index].Status) {
				t.Fatalf("%T about attempt %d, which is %s", e, index+1, m.attempts[index].Status)
			}
			m.attempts[index].Status = s
		}
		switch e := e.(type) {
		case *swap.TxMined:
			set(uint64(d.Attempt), swap.MinedAttempt)
		case *swap.TxFinalized:
			set(uint64(d.Attempt), swap.FinalizedAttempt)
			if m.attempts[d.Attempt].Noop {
				for i := range m.attempts {
					m.attempts[i].Status = swap.FailedAttempt
				}
			}
		case *swap.TxFailed:
			if e.Inclusion != nil {
				set(uint64(d.Attempt), swap.FailedAttempt)
				continue
			}
			for i, a := range m.attempts { // hashes are all zero here: the next open one
				if state.Open(a.Status) && (i != d.Attempt || d.Action == state.Stop) {
					set(uint64(i), swap.FailedAttempt)
					break
				}
			}
		}
	}
}

// block makes a block. An attempt gets into it only if a node has its bytes, it is the next nonce
// and pays the base fee.
func (m *model) block(attempt int, success bool) {
	b := block{-1, success, m.nonce()}
	switch {
	case attempt == foreign && b.nonce <= 7:
		b.nonce++
		if b.nonce == 8 {
			b.attempt = foreign
		}
	case attempt >= 0 && m.arrived[attempt] && b.nonce == 7 && uint64(m.attempts[attempt].GasFee) >= m.base:
		b.attempt, b.nonce = attempt, 8
	}
	m.blocks = append(m.blocks, b)
}

// nature is what happens between two looks while everything may go wrong.
func (m *model) nature(t *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(t, "happenings") {
		switch rapid.IntRange(0, 10).Draw(t, "happening") {
		case 0, 1:
			m.block(rapid.IntRange(0, len(m.attempts)-1).Draw(t, "attempt"), rapid.Bool().Draw(t, "success"))
		case 2:
			m.block(m.pool, true)
		case 3:
			m.block(foreign, true)
		case 4:
			m.blocks = m.blocks[:rapid.IntRange(m.final, len(m.blocks)).Draw(t, "reorganised to")]
		case 5:
			m.final = rapid.IntRange(m.final, len(m.blocks)).Draw(t, "final")
		case 6:
			m.pool = -1
		case 7:
			m.base = max(1, m.base*rapid.Uint64Range(8, 20).Draw(t, "tenths")/10)
		case 8:
			m.unwanted = rapid.SampledFrom([]string{"", "its round is not live any more"}).Draw(t, "unwanted")
		case 9:
			m.answer = rapid.SampledFrom(state.Answers()).Draw(t, "pool")
		case 10:
			m.fails = rapid.Bool().Draw(t, "fails")
		}
	}
}

// TestModel follows one intent through anything that can happen, and then through fair weather.
// Whatever happened: the intent has one nonce, no offer passes the ceiling, done is only what a
// final block has, and it always ends, with a name if it stops.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		storm := rapid.IntRange(0, 60).Draw(t, "storm")
		for step := 0; ; step++ {
			late, unknown := false, false
			answer := state.Holds
			if step < storm {
				m.nature(t)
				late, unknown = rapid.IntRange(0, 4).Draw(t, "late") == 0, rapid.IntRange(0, 9).Draw(t, "unknown") == 0
				answer = rapid.SampledFrom(state.Answers()).Draw(t, "answer")
			} else {
				m.fair()
			}
			o := m.observe(late, unknown)
			d := state.Decide(o)
			m.check(t, o, d)
			m.record(t, d)
			switch d.Action {
			case state.Finished, state.Reverted, state.Filled, state.Stop:
				m.ended(t, d)
				return
			}
			m.act(t, o, d, answer)
			if step > storm+state.MostLooks {
				t.Fatal("it has not ended")
			}
		}
	})
}

// ended holds what the ledger says in the end: at most one attempt is finalized, only if it was
// carried out, and when the intent has ended nothing of it is open.
func (m *model) ended(t *rapid.T, d state.Decision) {
	finalized, open := 0, 0
	for _, a := range m.attempts {
		if a.Status == swap.FinalizedAttempt {
			finalized++
		}
		if state.Open(a.Status) {
			open++
		}
	}
	carriedOut := d.Action == state.Finished
	if finalized > 1 || (finalized == 1) != carriedOut {
		t.Fatalf("%s, and %d attempts are finalized", d.Action, finalized)
	}
	if ends := d.Action != state.Stop || d.State == state.Taken; ends && open > 0 {
		t.Fatalf("%s, and %d attempts are open", d.Action, open)
	}
}

// fair is a chain that works: the earlier nonces come, the pool's transaction gets into a block,
// and blocks become final.
func (m *model) fair() {
	switch {
	case m.nonce() < 7:
		m.block(foreign, true)
	case m.nonce() == 7:
		m.block(m.pool, true)
	default:
		m.block(-1, true)
	}
	m.final = len(m.blocks) - 1
}

// check holds a decision against what is true.
func (m *model) check(t *rapid.T, o state.Observation, d state.Decision) {
	m.seen = append(m.seen, d.State)
	paid, at := false, -1
	for n, b := range m.blocks[:m.final] {
		if b.attempt >= 0 {
			paid, at = b.success && !m.attempts[b.attempt].Noop, n
		}
	}
	switch d.Action {
	case "":
		t.Fatalf("no row for %+v", o)
	case state.Finished:
		if !paid {
			t.Fatalf("finished, and no final block carried it out: %+v", m.blocks)
		}
	case state.Reverted, state.Filled:
		if paid || at < 0 {
			t.Fatalf("%s, and a final block has carried it out or has no attempt: %+v", d.Action, m.blocks)
		}
	case state.Stop:
		if d.Reason == "" {
			t.Fatal("a stop without a name")
		}
		if d.State == state.Taken && o.Final <= 7 {
			t.Fatal("the nonce is not taken")
		}
	case state.Bump, state.Fill, state.Resend:
		if o.Latest > 7 {
			t.Fatalf("%s although the nonce is used", d.Action)
		}
		for _, a := range o.Attempts {
			if a.Receipt != nil || a.Unknown {
				t.Fatalf("%s although an attempt has a receipt, or may have one", d.Action)
			}
		}
		if d.Action == state.Bump && m.unwanted != "" && !m.attempts[len(m.attempts)-1].Noop {
			t.Fatal("offers more for what is not wanted")
		}
	}
	if n := len(d.Events); n > 0 && d.Action != state.Finished && d.Action != state.Reverted && d.Action != state.Filled && d.Action != state.Stop && d.State != state.Mined {
		t.Fatalf("%d events of %s", n, d.Action)
	}
}

// TestEndless goes back and forth without an end: that is noticed too.
func TestEndless(t *testing.T) {
	o := state.Observation{
		Profile: state.Ethereum(), Ceiling: 100, Fees: state.Fees{Base: num(1), Cap: num(2), Tip: num(0)}, Sent: true, Pool: state.Holds, Latest: 7,
		Attempts: []state.Attempt{{Attempt: swap.Attempt{TxSigned: swap.TxSigned{Nonce: 7, GasFee: 50}}}},
	}
	for n := range state.MostLooks {
		o.Looks, o.Latest, o.Attempts[0].Receipt = n, 7, nil
		if n%2 == 1 {
			o.Latest, o.Attempts[0].Receipt = 8, &swap.Inclusion{Block: 1}
		}
		if d := state.Decide(o); d.Action != state.Wait {
			t.Fatalf("look %d: %s", n, d.Action)
		}
	}
	o.Looks = state.MostLooks
	if d := state.Decide(o); d.Action != state.Stop || d.Reason != state.Endless {
		t.Errorf("%s %s", d.Action, d.Reason)
	}
}
