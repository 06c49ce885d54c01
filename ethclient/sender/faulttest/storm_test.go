package faulttest

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/sender"
	"oxenswap/swap/merkle"
)

const (
	// roughEpoch leaves 8 blocks above a final one.
	roughEpoch = 4
	// stormLooks is how often a sender may look at the chain before it is killed.
	stormLooks = 60
	// stormRuns is in how many processes an operation meets bad weather; calmRuns, in how many it
	// must end after that.
	stormRuns, calmRuns = 12, 3
)

// storm is bad weather: everything that can go wrong, in any order and number.
type storm struct {
	*world
	tree    *merkle.Tree // of the round that is pushed; nil: none is
	looks   int
	lag     int  // looks until the node has caught up
	foreign bool // another wallet has used the key during this operation

	mu      sync.Mutex // the proxy draws lots too
	random  *rand.Rand
	over    bool
	happens map[string]int
}

// TestStorm carries out rounds while requests fail, processes die, blocks are replaced, pools are
// emptied, nodes fall behind, holders claim and another wallet has the key, all by chance.
func TestStorm(t *testing.T) {
	seeds, rounds := 1, 5
	if long() {
		seeds, rounds = 20, 40
	}
	onEach(t, func(t *testing.T, make maker) {
		for seed := range seeds {
			s := &storm{random: rand.New(rand.NewPCG(1, uint64(seed))), happens: map[string]int{}}
			for n := range rounds {
				if n == 0 || s.chain.aged() {
					if n > 0 {
						s.audited()
					}
					s.world = newWorld(t, make, roughEpoch, 2*(rounds-n))
					s.limits.Timeout = patience / 2
				}
				s.round()
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			s.audited()
			t.Logf("seed %d: %v", seed, s.happens)
		}
	})
}

// one comes once in n times, and is counted.
func (s *storm) one(n int, what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.random.IntN(n) != 0 {
		return false
	}
	s.happens[what]++
	return true
}

// lot is one of the numbers from 0 to n-1.
func (s *storm) lot(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// calm ends what comes by chance, or lets it begin again.
func (s *storm) calm(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = on
}

// round brings one round to its payments. A root that another wallet kept from being proposed
// becomes part of the next one.
func (s *storm) round() {
	s.t.Helper()
	round := s.approve()
	for !s.carry(round, s.propose()) {
		round = s.approve()
	}
	s.carry(round, s.activate())
	s.tree = s.treeOf(round)
	s.carry(round, s.push())
	s.tree = nil
	s.check()
}

// carry runs an operation in one process after the other, until it is done. It reports false for a
// round that is cancelled, because another wallet has used the nonce of its proposal.
func (s *storm) carry(round uint64, op operation) bool {
	s.t.Helper()
	s.foreign = false
	var last error
	for runs := range stormRuns + calmRuns {
		s.looks = 0
		s.calm(runs >= stormRuns)
		if op.name == "activate" {
			s.chain.pass(delay) // again, as a reorganisation may have taken it back
		}
		s.wait = s.weather
		s.proxy.storm(func() fault {
			if s.one(150, "killed") {
				s.die()
			}
			for _, f := range allFaults() {
				n := 300
				if f == timeout {
					n = 1500
				}
				if s.one(n, string(f)) {
					return f
				}
			}
			return ""
		})
		if runs >= stormRuns {
			s.proxy.show(nil)
		}
		p, err := s.tryStart()
		if err == nil {
			err = op.run(p.ctx, p.sender, round)
			s.stop(p)
		}
		s.wait = nil
		s.proxy.storm(nil)
		switch {
		case err == nil:
			s.proxy.show(nil)
			return true
		case errors.Is(err, sender.ErrAlarm), !s.foreign && errors.Is(err, sender.ErrForeignNonce):
			s.t.Fatalf("%s round %d: %v", op.name, round, err)
		case op.name == "propose" && strings.Contains(err.Error(), "is cancelled"):
			s.proxy.show(nil)
			return false
		}
		last = err
	}
	s.t.Fatalf("%s round %d: after the storm: %v", op.name, round, last)
	return false
}

// weather is what may happen while the sender waits.
func (s *storm) weather() {
	if s.looks++; s.looks == stormLooks && s.one(1, "stuck") {
		s.die()
	}
	if s.lag--; s.lag == 0 {
		s.proxy.show(nil)
	}
	switch {
	case s.one(12, "reorganisation"):
		s.fork()
	case s.one(10, "pool emptied"):
		s.chain.forget()
	case s.one(10, "node behind"):
		s.proxy.show(lagging(1 + s.lot(6)))
		s.lag = 1 + s.lot(6)
	case s.tree != nil && s.one(8, "holder claims"):
		s.claimOne(s.tree)
	case s.one(60, "another wallet"):
		s.foreign = true
		tx := s.signRaw(s.t, s.publisher, &common.Address{1}, nil)
		if err := s.chain.client().SendTransaction(s.t.Context(), tx); err != nil {
			s.one(1, "another wallet was late") // ours is in the pool and offers as much
		}
	case s.one(60, "base fee"):
		if head, err := s.chain.client().HeaderByNumber(s.t.Context(), nil); err == nil && head.BaseFee.Uint64() < 1e9 {
			s.chain.raise(3)
		}
	}
	s.chain.mine(1 + s.lot(3)/2)
}

// fork replaces some of the blocks that are not final; the transactions in them are lost, or come
// again at once.
func (s *storm) fork() {
	s.t.Helper()
	ctx, c := s.t.Context(), s.chain.client()
	head, err := c.BlockNumber(ctx)
	must(s.t, err)
	depth := 1 + s.lot(2*roughEpoch-1)
	var again [][]byte
	if s.lot(3) == 0 {
		for n := head + 1 - uint64(depth); n <= head; n++ {
			block, err := c.BlockByNumber(ctx, new(big.Int).SetUint64(n))
			must(s.t, err)
			for _, tx := range block.Transactions() {
				raw, err := tx.MarshalBinary()
				must(s.t, err)
				again = append(again, raw)
			}
		}
	}
	s.chain.reorganise(depth, again...)
}
