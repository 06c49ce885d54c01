package chaincheck

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// Stake is a locked contribution that a snapshot lists.
type Stake struct {
	Node    swap.Hash
	Address string // of the contributor
	swap.Locked
}

// String names the stake for people.
func (s Stake) String() string {
	return fmt.Sprintf("%s of %s in service node %s (one-time key %s)", s.Amount, s.Address, s.Node, s.OneTime)
}

// Search looks for the transactions that made stakes. A node is searched upwards from its
// registration until all its stakes are found: a full node takes no more. It is not safe for
// concurrent use.
type Search struct {
	// Blocks is how many blocks, from its registration on, are looked through for a node's stakes.
	Blocks uint64
	// Progress gets how many of the stakes are found. It may be nil.
	Progress func(found, total uint64)

	chain   *Chain
	wanted  []*wanted
	byKey   map[swap.Hash][]*wanted // by one-time key
	used    map[output]bool         // outputs that are some stake's
	seen    bitset                  // heights that were looked through
	windows map[node]uint64         // how many blocks are asked for at once
	found   int
}

type node struct {
	key        swap.Hash
	registered uint64
}

type output struct {
	tx    swap.Hash
	index uint64
}

// wanted is a stake and what is known of it.
type wanted struct {
	Stake
	node node
	to   uint64           // height of the lowest snapshot that lists it
	next uint64           // the lowest height that was not looked through
	at   *swap.FoundStake // nil: not found
}

// NewSearch begins a search. All stakes must be added before it is told anything else.
func NewSearch(chain *Chain, blocks uint64) *Search {
	return &Search{
		Blocks: blocks, chain: chain, byKey: map[swap.Hash][]*wanted{}, used: map[output]bool{}, seen: bitset{}, windows: map[node]uint64{},
	}
}

// Counted visits the locked contributions of funded nodes: those that count as stakes.
func Counted(c *swap.Content, visit func(n *swap.Node, s Stake)) {
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if !n.Funded {
			continue
		}
		for j := range n.Contributors {
			for _, l := range n.Contributors[j].Locked {
				visit(n, Stake{n.Key, n.Contributors[j].Address, l})
			}
		}
	}
}

// Add adds the stakes of a snapshot. One that an earlier snapshot listed too is looked for once; one
// that a snapshot lists twice, twice.
func (s *Search) Add(c *swap.Content) {
	times := map[Stake]int{}
	Counted(c, func(n *swap.Node, k Stake) {
		times[k]++
		at := node{n.Key, n.RegistrationHeight}
		before := 0
		for _, w := range s.byKey[k.OneTime] {
			if w.Stake == k && w.node == at {
				w.to = min(w.to, c.Height)
				before++
			}
		}
		if before < times[k] {
			w := &wanted{Stake: k, node: at, to: c.Height, next: n.RegistrationHeight}
			s.wanted = append(s.wanted, w)
			s.byKey[k.OneTime] = append(s.byKey[k.OneTime], w)
		}
	})
}

// Len is how many stakes were added.
func (s *Search) Len() int { return len(s.wanted) }

// Found are the places that were found, in the order of swap.StakeEvidence.
func (s *Search) Found() (list []swap.FoundStake) {
	for _, w := range s.wanted {
		if w.at != nil {
			list = append(list, *w.at)
		}
	}
	swap.SortFound(list)
	return list
}

// Missing are the stakes that were not found, in the order in which they were added.
func (s *Search) Missing() (list []Stake) {
	for _, w := range s.wanted {
		if w.at == nil {
			list = append(list, w.Stake)
		}
	}
	return list
}

// Check verifies places that somebody names and gives those that hold no stake that is looked for.
// Places that are found already are not looked at again.
func (s *Search) Check(ctx context.Context, places []swap.FoundStake) (wrong []swap.FoundStake, err error) {
	byHeight := map[uint64][]swap.FoundStake{}
	var heights []uint64
	for _, p := range places {
		if s.holds(p) {
			continue
		}
		if !slices.ContainsFunc(s.byKey[p.OneTime], func(w *wanted) bool { return w.node.key == p.Node }) {
			wrong = append(wrong, p)
			continue
		}
		if byHeight[p.Height] == nil {
			heights = append(heights, p.Height)
		}
		byHeight[p.Height] = append(byHeight[p.Height], p)
	}
	slices.Sort(heights)
	for len(heights) > 0 {
		n := min(len(heights), chunk)
		if err := s.look(ctx, heights[:n], func(height uint64, b *cryptonote.Block) (ids []swap.Hash) {
			for _, p := range byHeight[height] {
				if b.Contains(cryptonote.TxID(p.Transaction)) && !slices.Contains(ids, p.Transaction) {
					ids = append(ids, p.Transaction)
				}
			}
			return ids
		}); errors.Is(err, swap.ErrNoBlock) && n > 1 {
			// One of them is above the chain: find out which.
			for _, h := range heights[:n] {
				more, err := s.Check(ctx, byHeight[h])
				if err != nil {
					return nil, err
				}
				wrong = append(wrong, more...)
			}
			heights = heights[n:]
			continue
		} else if err != nil && !errors.Is(err, swap.ErrNoBlock) {
			return nil, err
		}
		for _, h := range heights[:n] {
			for _, p := range byHeight[h] {
				if !s.holds(p) {
					wrong = append(wrong, p)
				}
			}
		}
		heights = heights[n:]
		s.tell()
	}
	return wrong, nil
}

// holds reports whether a place was found to be some stake's.
func (s *Search) holds(p swap.FoundStake) bool {
	return slices.ContainsFunc(s.byKey[p.OneTime], func(w *wanted) bool { return w.at != nil && *w.at == p })
}

// Bounds of one step, in blocks: of one node and of all. A node's first step is its registration
// block, where most of its stakes are; each further one is twice as long.
const (
	widest    = 64
	stepBlock = 256
)

// Step looks through further blocks, some hundred at most, and reports whether the search has come
// to its end: everything is found, or Blocks are looked through for each node that lacks something.
func (s *Search) Step(ctx context.Context) (done bool, err error) {
	heights := s.due()
	if len(heights) == 0 {
		return true, nil
	}
	if err := s.look(ctx, heights, func(_ uint64, b *cryptonote.Block) []swap.Hash { return hashes(b.Transactions) }); err != nil {
		return false, err
	}
	for _, h := range heights {
		s.seen.set(h)
	}
	for _, w := range s.wanted {
		for w.at == nil && w.next <= s.last(w) && s.seen.has(w.next) {
			w.next++
		}
	}
	s.tell()
	return false, nil
}

// Run steps to the end. kept is called now and then; it may be nil.
func (s *Search) Run(ctx context.Context, kept func() error) error {
	for n := 1; ; n++ {
		done, err := s.Step(ctx)
		if kept != nil && (done || err != nil || n%16 == 0) {
			err = errors.Join(err, kept())
		}
		if done || err != nil {
			return err
		}
	}
}

func (s *Search) tell() {
	if s.Progress != nil {
		s.Progress(uint64(s.found), uint64(len(s.wanted)))
	}
}

// last is the highest block that is looked through for a stake.
func (s *Search) last(w *wanted) uint64 {
	if s.Blocks == 0 || w.to-min(w.to, w.node.registered) < s.Blocks {
		return w.to
	}
	return w.node.registered + s.Blocks - 1
}

// due are the next heights to look through, ascending.
func (s *Search) due() (heights []uint64) {
	asked, grown := bitset{}, map[node]bool{}
	for _, w := range s.wanted {
		if w.at != nil || w.next > s.last(w) {
			continue
		}
		if !grown[w.node] {
			grown[w.node] = true
			s.windows[w.node] = min(max(2*s.windows[w.node], 1), widest)
		}
		for h := w.next; h <= s.last(w) && h-w.next < s.windows[w.node]; h++ {
			if asked.has(h) || s.seen.has(h) {
				continue
			}
			asked.set(h)
			if heights = append(heights, h); len(heights) == stepBlock {
				slices.Sort(heights)
				return heights
			}
		}
	}
	slices.Sort(heights)
	return heights
}

// look looks into blocks for stakes, in the transactions that pick chooses of each.
func (s *Search) look(ctx context.Context, heights []uint64, pick func(height uint64, b *cryptonote.Block) []swap.Hash) error {
	blocks, err := s.chain.blocks(ctx, heights)
	if err != nil {
		return err
	}
	var ids []swap.Hash
	picked := make([][]swap.Hash, len(blocks))
	for i, b := range blocks {
		picked[i] = pick(heights[i], b)
		ids = append(ids, picked[i]...)
	}
	transactions, err := s.chain.transactions(ctx, ids)
	if err != nil {
		return err
	}
	for i, b := range blocks {
		confirmed := false
		for _, id := range picked[i] {
			coins, err := s.coins(ctx, id, transactions[id])
			if err != nil {
				return err
			}
			if len(coins) > 0 && !confirmed {
				if err := s.chain.confirm(ctx, heights[i], b.ID()); err != nil {
					return err
				}
				confirmed = true
			}
			for _, c := range coins {
				s.match(c, id, heights[i])
			}
		}
	}
	return nil
}

// coin is an output that a transaction stakes.
type coin struct {
	Stake
	index uint64
}

// coins are what a transaction of a block stakes. Only of those with an output that is looked for,
// so that what strangers put into their own transactions costs nothing.
func (s *Search) coins(ctx context.Context, id swap.Hash, t *cryptonote.Transaction) (out []coin, err error) {
	if !slices.ContainsFunc(t.Outputs, func(o cryptonote.TxOutput) bool { return len(s.byKey[swap.Hash(o.Key)]) > 0 }) {
		return nil, nil
	}
	if hash := t.Hash(); hash != cryptonote.TxID(id) {
		return nil, fmt.Errorf("daemon %q: for transaction %s it gives the bytes of %s", s.chain.Daemons[0].Name(), id, hash)
	}
	stake, err := t.Stake(ctx, s.chain.Network)
	var refused *cryptonote.Error
	if errors.As(err, &refused) {
		return nil, nil // it stakes nothing
	} else if err != nil {
		return nil, err
	}
	address := stake.Contributor.String()
	for _, c := range stake.Locked {
		out = append(out, coin{
			Stake{swap.Hash(stake.Node), address, swap.Locked{KeyImage: swap.Hash(c.KeyImage), OneTime: swap.Hash(c.Key), Amount: swap.Oxen(c.Amount)}}, c.Index,
		})
	}
	return out, nil
}

// match gives an output to the stake that it is.
func (s *Search) match(c coin, id swap.Hash, height uint64) {
	at := output{id, c.index}
	if s.used[at] {
		return
	}
	for _, w := range s.byKey[c.OneTime] {
		if w.at == nil && w.Stake == c.Stake && w.node.registered <= height && height <= w.to {
			w.at = &swap.FoundStake{Node: c.Node, OneTime: c.OneTime, Transaction: id, Output: c.index, Height: height}
			s.used[at] = true
			s.found++
			return
		}
	}
}

func hashes(ids []cryptonote.TxID) []swap.Hash {
	out := make([]swap.Hash, len(ids))
	for i, id := range ids {
		out[i] = swap.Hash(id)
	}
	return out
}

// bitset is a set of heights.
type bitset map[uint64]uint64

func (b bitset) set(n uint64)      { b[n/64] |= 1 << (n % 64) }
func (b bitset) has(n uint64) bool { return b[n/64]&(1<<(n%64)) != 0 }
