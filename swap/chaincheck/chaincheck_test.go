package chaincheck

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// chain is a chain in memory, which answers as a daemon.
type chain struct {
	t       testing.TB
	entropy io.Reader
	blocks  map[uint64][]*cryptonote.Transaction
	top     uint64
	asked   []uint64 // heights of Block
	fail    func(height uint64) error
}

func newChain(t testing.TB, top uint64) *chain {
	return &chain{t: t, entropy: rand.NewChaCha8(sha256.Sum256([]byte(t.Name()))), blocks: map[uint64][]*cryptonote.Transaction{}, top: top}
}

func (c *chain) wallet(n int) *cryptonote.Wallet {
	c.t.Helper()
	w, err := cryptonote.NewWallet(cryptonote.Mainnet, rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "wallet %d", n))))
	if err != nil {
		c.t.Fatal(err)
	}
	return w
}

func nodeKey(n int) cryptonote.PublicKey { return sha256.Sum256(fmt.Appendf(nil, "node %d", n)) }

// stake puts a wallet's stake into a block and gives what a snapshot says of it.
func (c *chain) stake(height uint64, wallet int, plan cryptonote.StakePlan) swap.Contributor {
	c.t.Helper()
	w := c.wallet(wallet)
	tx, err := w.MakeStake(plan, c.entropy)
	if err != nil {
		c.t.Fatal(err)
	}
	c.blocks[height] = append(c.blocks[height], tx)
	stake, err := tx.Stake(context.Background(), cryptonote.Mainnet)
	if err != nil || len(stake.Locked) != len(plan.Amounts) {
		c.t.Fatalf("the stake locks %+v, %v: want %v", stake, err, plan.Amounts)
	}
	out := swap.Contributor{Address: w.Address().String()}
	for _, l := range stake.Locked {
		out.Locked = append(out.Locked, swap.Locked{KeyImage: swap.Hash(l.KeyImage), OneTime: swap.Hash(l.Key), Amount: swap.Oxen(l.Amount)})
	}
	return out
}

func (c *chain) block(height uint64) *cryptonote.Block {
	var ids []cryptonote.TxID
	for _, tx := range c.blocks[height] {
		ids = append(ids, tx.Hash())
	}
	b, err := cryptonote.NewBlock(19, height, height, cryptonote.BlockID{}, ids)
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func (c *chain) Name() string { return "memory" }

func (c *chain) BlockHash(_ context.Context, height uint64) (swap.Hash, error) {
	if height > c.top {
		return swap.Hash{}, swap.ErrNoBlock
	}
	return swap.Hash(c.block(height).ID()), nil
}

func (c *chain) Block(_ context.Context, height uint64) (swap.Hash, []byte, error) {
	c.asked = append(c.asked, height)
	if height > c.top {
		return swap.Hash{}, nil, swap.ErrNoBlock
	}
	if c.fail != nil {
		if err := c.fail(height); err != nil {
			return swap.Hash{}, nil, err
		}
	}
	b := c.block(height)
	blob, err := b.MarshalBinary()
	return swap.Hash(b.ID()), blob, err
}

func (c *chain) Transactions(_ context.Context, ids []swap.Hash) (out []swap.CoinTransaction, err error) {
	for height, list := range c.blocks {
		for _, tx := range list {
			if id := swap.Hash(tx.Hash()); slices.Contains(ids, id) {
				raw, err := tx.MarshalBinary()
				if err != nil {
					return nil, err
				}
				out = append(out, swap.CoinTransaction{ID: id, Height: height, Bytes: hex.EncodeToString(raw)})
			}
		}
	}
	return out, nil
}

func (c *chain) search(blocks uint64, contents ...*swap.Content) *Search {
	s := NewSearch(&Chain{Network: cryptonote.Mainnet, Daemons: []Daemon{c}}, blocks)
	for _, content := range contents {
		s.Add(content)
	}
	return s
}

func (c *chain) run(s *Search) *Search {
	c.t.Helper()
	if err := s.Run(context.Background(), nil); err != nil {
		c.t.Fatal(err)
	}
	return s
}

func content(height uint64, nodes ...swap.Node) *swap.Content {
	return &swap.Content{Height: height, HardFork: 19, Nodes: nodes}
}

func funded(n int, registered uint64, contributors ...swap.Contributor) swap.Node {
	return swap.Node{Key: swap.Hash(nodeKey(n)), RegistrationHeight: registered, Funded: true, Contributors: contributors}
}

// TestSearch: each way in which a stake can stand on the chain, and each in which it does not.
func TestSearch(t *testing.T) {
	const oxen = 1e9
	for _, c := range []struct {
		name    string
		content func(c *chain) *swap.Content
		missing int
	}{
		{"in the registration", func(c *chain) *swap.Content {
			return content(400, funded(1, 100, c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{15 * oxen}})))
		}, 0},
		{"later, by several", func(c *chain) *swap.Content {
			return content(400, funded(1, 100,
				c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{5 * oxen}}),
				c.stake(101, 2, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{5 * oxen}}),
				c.stake(399, 3, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{5 * oxen}})))
		}, 0},
		{"several outputs of one transaction", func(c *chain) *swap.Content {
			return content(400, funded(1, 100, c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{1, 2, 3, 3}})))
		}, 0},
		{"an image with torsion", func(c *chain) *swap.Content {
			return content(400, funded(1, 100, c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{15 * oxen}, Torsion: 4})))
		}, 0},
		{"in the snapshot's own block", func(c *chain) *swap.Content {
			return content(400, funded(1, 100, c.stake(400, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})))
		}, 0},
		{"a node that is not funded", func(c *chain) *swap.Content {
			n := funded(1, 100, swap.Contributor{Address: "L", Locked: []swap.Locked{{Amount: 5}}})
			n.Funded = false
			return content(400, n)
		}, 0},
		{"after the snapshot", func(c *chain) *swap.Content {
			return content(399, funded(1, 100, c.stake(400, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})))
		}, 1},
		{"before the registration", func(c *chain) *swap.Content {
			return content(400, funded(1, 100, c.stake(99, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})))
		}, 1},
		{"in another node", func(c *chain) *swap.Content {
			return content(400, funded(2, 100, c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})))
		}, 1},
		{"15 made 915", func(c *chain) *swap.Content {
			k := c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})
			k.Locked[0].Amount = 915 * oxen
			return content(400, funded(1, 100, k))
		}, 1},
		{"another contributor", func(c *chain) *swap.Content {
			k := c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})
			k.Address = c.wallet(2).Address().String()
			return content(400, funded(1, 100, k))
		}, 1},
		{"another key image", func(c *chain) *swap.Content {
			k := c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})
			k.Locked[0].KeyImage[0]++
			return content(400, funded(1, 100, k))
		}, 1},
		{"one output listed twice", func(c *chain) *swap.Content {
			k := c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{15 * oxen}})
			k.Locked = append(k.Locked, k.Locked[0])
			return content(400, funded(1, 100, k))
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := newChain(t, 1000)
			content := c.content(chain)
			total := 0
			Counted(content, func(*swap.Node, Stake) { total++ })
			s := chain.run(chain.search(0, content))
			if got := s.Missing(); len(got) != c.missing || len(s.Found()) != total-c.missing {
				t.Errorf("missing %v, found %d of %d: want %d missing", got, len(s.Found()), total, c.missing)
			}
			if slices.Sort(chain.asked); len(slices.Compact(slices.Clone(chain.asked))) != len(chain.asked) {
				t.Errorf("blocks were asked for twice: %v", chain.asked)
			}
			if again, err := chain.search(0, content).Check(context.Background(), s.Found()); err != nil || len(again) > 0 {
				t.Errorf("checked again: wrong %v, %v", again, err)
			}
		})
	}
}

// TestSnapshots: a stake that two snapshots list is looked for once, and no higher than the lower.
func TestSnapshots(t *testing.T) {
	c := newChain(t, 1000)
	k := c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{5}})
	later := c.stake(350, 2, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{7}})
	s := c.run(c.search(0, content(400, funded(1, 100, k, later)), content(300, funded(1, 100, k)), content(300, funded(1, 100, later))))
	if s.Len() != 2 || len(s.Missing()) != 1 || s.Missing()[0].Amount != 7 {
		t.Errorf("%d stakes, missing %v: want the one of 7, which a snapshot lists before it was made", s.Len(), s.Missing())
	}
}

// TestBound: no block above the bound is asked for.
func TestBound(t *testing.T) {
	c := newChain(t, 1000)
	k := c.stake(149, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{5}})
	at := content(400, funded(1, 100, k))
	if s := c.run(c.search(49, at)); len(s.Missing()) != 1 || slices.Max(c.asked) != 148 {
		t.Errorf("missing %v, asked up to %d: want 148", s.Missing(), slices.Max(c.asked))
	}
	if s := c.run(c.search(50, at)); len(s.Missing()) != 0 {
		t.Errorf("missing %v", s.Missing())
	}
}

// TestResume: a search that broke off goes on where it was, from its file.
func TestResume(t *testing.T) {
	c := newChain(t, 1000)
	at := content(900, funded(1, 100,
		c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{5}}),
		c.stake(700, 2, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{7}})))
	file := filepath.Join(t.TempDir(), "state")
	broken := errors.New("the daemon went away")
	c.fail = func(height uint64) error {
		if height > 500 {
			return broken
		}
		return nil
	}
	s := c.search(0, at)
	err := s.Run(context.Background(), func() error { return s.State().WriteState(file) })
	if !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	state, err := ReadState(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Found) != 1 || len(state.Searched) != 1 || state.Searched[0].Next < 400 || !reflect.DeepEqual(state, s.State()) {
		t.Fatalf("kept %+v", state)
	}
	c.fail, c.asked = nil, nil
	s = c.search(0, at)
	if wrong, err := s.Check(context.Background(), state.Found); err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	s.Skip(state)
	if c.run(s); len(s.Missing()) != 0 || len(c.asked) > 400 || slices.ContainsFunc(c.asked[1:], func(h uint64) bool { return h < state.Searched[0].Next }) {
		t.Errorf("missing %v, asked for %d blocks from %d on", s.Missing(), len(c.asked), slices.Min(c.asked[1:]))
	}
	if _, err := ReadState(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("no file yet: %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(broken)
	if err := c.search(0, at).Run(ctx, nil); !errors.Is(err, broken) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestAgree: what is found counts only in a block that enough daemons name.
func TestAgree(t *testing.T) {
	a, b := newChain(t, 1000), newChain(t, 1000)
	k := a.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Registers: true, Amounts: []uint64{5}})
	at := content(400, funded(1, 100, k))
	for agree, want := range map[int]string{0: "too few daemons", 1: "", 2: "too few daemons"} {
		s := NewSearch(&Chain{Network: cryptonote.Mainnet, Daemons: []Daemon{a, b}, Agree: agree}, 0)
		s.Add(at)
		if err := s.Run(context.Background(), nil); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d must agree: %v, want %q", agree, err, want)
		}
	}
	b.blocks = a.blocks
	s := NewSearch(&Chain{Network: cryptonote.Mainnet, Daemons: []Daemon{a, b}}, 0)
	s.Add(at)
	if err := s.Run(context.Background(), nil); err != nil || len(s.Found()) != 1 {
		t.Errorf("both have it: %v", err)
	}
}

// TestFind: transactions in their blocks, in others and in none.
func TestFind(t *testing.T) {
	c := newChain(t, 1000)
	c.stake(100, 1, cryptonote.StakePlan{Node: nodeKey(1), Amounts: []uint64{5}})
	there := Mined{swap.Hash(c.blocks[100][0].Hash()), 100}
	miner := Mined{swap.Hash(c.block(200).Miner.Hash()), 200}
	elsewhere, nowhere := Mined{there.Transaction, 101}, Mined{swap.Hash{1}, 100}
	chain := &Chain{Network: cryptonote.Mainnet, Daemons: []Daemon{c}, Parallel: 3}
	missing, err := chain.Find(context.Background(), []Mined{nowhere, miner, elsewhere, there}, nil)
	if err != nil || !slices.Equal(missing, []Mined{nowhere, elsewhere}) {
		t.Errorf("missing %v, %v", missing, err)
	}
	if _, err := chain.Find(context.Background(), []Mined{{there.Transaction, 1001}}, nil); !errors.Is(err, swap.ErrNoBlock) {
		t.Errorf("above the chain: %v", err)
	}
}
