package faulttest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// TestPoolEmptied has the node forget what it was sent, again and again.
func TestPoolEmptied(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		w := newWorld(t, make, 1, 1)
		round := w.approve()
		looks := 0
		w.wait = func() {
			if looks++; looks%3 != 0 {
				w.chain.forget()
			}
			w.chain.mine(1)
		}
		w.run(round, w.propose())
		w.chain.pass(delay)
		w.run(round, w.activate(), w.push())
		w.check()
		w.undisturbed(round)
		w.audited()
	})
}

// TestBaseFee raises the base fee to twenty times what it was, when the signed bytes have not
// reached a block: they never can. The next attempt has their nonce, and is the only one that pays.
func TestBaseFee(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprintf("kept in the pool=%t", kept), func(t *testing.T) {
				w := newWorld(t, make, 1, 1)
				w.chain.raise(500) // above every tip
				round := w.approve()
				w.publish(round)
				raised := 0
				w.wait = func() {
					if raised == 0 && len(w.steps) > 0 && w.steps[len(w.steps)-1].Stage == sender.StageSent {
						raised++
						if !kept {
							w.chain.forget()
						}
						w.chain.raise(20)
						return
					}
					w.chain.mine(1)
				}
				w.run(round, w.push())
				w.check()
				attempts := 0
				for intent, list := range w.signed(round) {
					if intent.Purpose == swap.PurposePush {
						attempts += len(list)
					}
				}
				if raised == 0 || attempts < 3+raised {
					t.Errorf("the base fee was raised %d times, and there were %d attempts", raised, attempts)
				}
				w.audited()
			})
		}
	})
}

// TestForeignNonce has another wallet with the same key use the nonce of a signed transaction. The
// sender stops; run again, it goes on with another nonce.
func TestForeignNonce(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		for _, op := range []string{"propose", "push"} {
			t.Run(op, func(t *testing.T) {
				w := newWorld(t, make, 1, 2)
				round := w.approve()
				run := w.propose()
				if op == "push" {
					w.publish(round)
					run = w.push()
				}
				w.proxy.swallow(true)
				used := false
				w.wait = func() {
					if !used {
						used = true
						w.proxy.swallow(false)
						w.sendRaw(t, w.publisher, (*common.Address)(&common.Address{1}), nil)
					}
					w.chain.mine(1)
				}
				p := w.start()
				err := run.run(p.ctx, p.sender, round)
				if !errors.Is(err, sender.ErrForeignNonce) {
					t.Fatalf("foreign nonce: error %v, want %v", err, sender.ErrForeignNonce)
				}
				w.stop(p)
				w.wait = nil
				if op == "propose" {
					round = w.approve() // what was not proposed is part of the next round
					w.publish(round)
				}
				w.run(round, w.push())
				w.check()
				w.audited()
			})
		}
	})
}

// TestHoldersClaim has holders claim by themselves while they are pushed to: between the signature
// of a batch and its sending, or in the block that could carry it.
func TestHoldersClaim(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		w := newWorld(t, make, 1, 2)
		for _, before := range []bool{true, false} {
			round := w.approve()
			w.publish(round)
			tree, claimed := w.treeOf(round), 0
			p := w.start()
			w.wait = func() {
				if !before && claimed < 4 {
					claimed += w.claimOne(tree)
				}
				w.chain.mine(1)
			}
			w.stepped = func(s sender.Step) {
				if before && s.Stage == sender.StageSigned {
					claimed += w.claimOne(tree)
					w.chain.mine(1)
				}
			}
			must(t, w.push().run(p.ctx, p.sender, round))
			w.stop(p)
			w.wait, w.stepped = nil, nil
			if claimed == 0 {
				t.Errorf("%d holders claimed", claimed)
			}
			w.check()
			w.undisturbed(round)
		}
		w.audited()
	})
}

// claimOne leaves a claim in the pool for one recipient who is not paid yet, the last by hash, and
// reports how many there were. A batch that is in the pool already may come first; then the claim
// fails.
func (w *world) claimOne(tree *merkle.Tree) int {
	w.t.Helper()
	has := w.balances()
	for rank := tree.Len() - 1; rank >= 0; rank-- {
		p := tree.Proof(tree.ByHash(rank))
		if has[swap.EVMAddress(p.Leaf.Account)] == swap.Sesh(p.Leaf.Amount.Uint64()) {
			continue
		}
		path := make([][32]byte, len(p.Path))
		for i, h := range p.Path {
			path[i] = h
		}
		data := bindings.NewSessionTokenDistributor().PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), path)
		if w.chain.client().SendTransaction(w.t.Context(), w.signRaw(w.t, w.stranger, &w.at, data)) != nil {
			return 0 // an earlier one is still in the pool
		}
		return 1
	}
	return 0
}

// treeOf is the claim tree of a round.
func (w *world) treeOf(number uint64) *merkle.Tree {
	w.t.Helper()
	var r swap.Round
	w.view(func(t swap.Tables, _ uint64) (err error) {
		r, err = t.Round(number)
		return err
	})
	leaves, err := w.store.Attachment(r.Leaves)
	must(w.t, err)
	tree, err := merkle.BuildCSV(bytes.NewReader(leaves), merkle.MaxTotal())
	must(w.t, err)
	return tree
}

// secondNode puts another node beside the first, with a view of its own.
func (w *world) secondNode() *proxy {
	w.t.Helper()
	p := newProxy(w.t, w.chain.url(), "", w.chain.final())
	w.urls = append(w.urls, p.server.URL)
	return p
}

// TestSecondNode has two nodes that should say the same. One that is behind only slows the sender
// down; while one says something else of what must be the same, nothing is signed.
func TestSecondNode(t *testing.T) {
	onEach(t, func(t *testing.T, make maker) {
		w := newWorld(t, make, 1, 1)
		second := w.secondNode()
		round := w.approve()
		w.publish(round)
		head, err := w.chain.client().BlockNumber(t.Context())
		must(t, err)
		for _, c := range []struct {
			name string
			view view
			says string
		}{
			{"another head", forging(head - 1), "disagree about block"},
			{"another final block", forging(head - 3), "disagree about block"},
			{"another chain since long", forging(1), "disagree about block"},
			{"no events", silent("eth_getLogs"), "disagree about the events"},
		} {
			second.show(c.view)
			before := w.size()
			p := w.start()
			err := w.push().run(p.ctx, p.sender, round)
			if disagree := new(ethclient.DisagreeError); !errors.As(err, &disagree) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: error %v, want a disagreement about %q", c.name, err, c.says)
			}
			w.stop(p)
			if w.size() != before {
				t.Errorf("%s: entries were appended", c.name)
			}
		}
		second.show(lagging(2))
		w.run(round, w.push())
		second.show(nil)
		w.check()
		w.undisturbed(round)
		w.audited()
	})
}
