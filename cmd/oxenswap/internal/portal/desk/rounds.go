package desk

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
	"oxenswap/swap/service"
)

// Round is a round and the evidence of each of its steps.
type Round struct {
	swap.RoundBuilt
	State           State      `json:"state"` // never StatePaid: that is of single recipients
	Entry           uint64     `json:"entry"` // its round.built
	Approvals       []string   `json:"approvals"`
	ApprovalsNeeded int        `json:"approvals_needed"`
	Built           *Evidence  `json:"built"`
	Approved        *Evidence  `json:"approved,omitempty"`
	Proposed        *Evidence  `json:"proposed,omitempty"`
	LiveAt          *time.Time `json:"live_at,omitempty"`
	Activated       *Evidence  `json:"activated,omitempty"`
	Ended           *Evidence  `json:"ended,omitempty"`
	Basis           Basis      `json:"-"`
}

func (d *Desk) viewRound(r swap.Round) Round {
	marks := d.history.round(r.Round)
	return Round{
		RoundBuilt: r.RoundBuilt, State: stateOf(r), Entry: r.Entry, Approvals: append([]string{}, r.Approvals...), ApprovalsNeeded: r.Needed,
		Built: marks.built, Approved: marks.approved(r.Approved), Proposed: marks.proposed, LiveAt: marks.liveAt, Activated: marks.activated, Ended: marks.ended,
	}
}

// Rounds are all rounds, the newest first.
func (d *Desk) Rounds(ctx context.Context) (list []Round, basis Basis, err error) {
	size, err := d.view(ctx, func(t swap.Tables, _ swap.Migration) error {
		rounds, err := t.Rounds()
		list = make([]Round, len(rounds))
		for i, r := range rounds {
			list[len(rounds)-1-i] = d.viewRound(r)
		}
		return err
	})
	return list, Basis{size: size, subject: []uint32{}}, err
}

// Round is one round; a *NotFoundError if there is none with the number.
func (d *Desk) Round(ctx context.Context, number uint64) (*Round, error) {
	var out Round
	size, err := d.view(ctx, func(t swap.Tables, _ swap.Migration) error {
		r, err := t.Round(number)
		out = d.viewRound(r)
		return notFound(err, "round %d", number)
	})
	if err != nil {
		return nil, err
	}
	out.Basis = Basis{size: size, subject: []uint32{}}
	return &out, nil
}

// Page is a part of a round's allocation list, which is in the order of the accounts. It never
// changes.
type Page struct {
	Round uint64            `json:"round"`
	Lines []swap.Allocation `json:"lines"`
	Next  swap.Account      `json:"next,omitempty"` // account after which the next page begins; "": this is the last one
}

// mostLines is the most lines of one account: the terms have no more programmes.
const mostLines = 32

// Allocations are about n lines of a round's allocation list, about accounts after the given one,
// each account's lines together; after "" it begins. A *NotFoundError if there is no such round.
func (d *Desk) Allocations(ctx context.Context, number uint64, after swap.Account, n int) (*Page, error) {
	if _, err := d.Round(ctx, number); err != nil {
		return nil, err
	}
	lines, err := d.log.AllocationPage(ctx, number, after, n+mostLines)
	if err != nil {
		return nil, err
	}
	out := &Page{Round: number, Lines: lines}
	if len(lines) <= n {
		if lines == nil {
			out.Lines = []swap.Allocation{}
		}
		return out, nil
	}
	cut := n
	for cut > 0 && lines[cut-1].Account == lines[cut].Account {
		cut--
	}
	for cut == 0 || cut < len(lines) && lines[cut].Account == lines[cut-1].Account {
		cut++ // one account alone has more than n
	}
	out.Lines = lines[:cut]
	if cut < len(lines) {
		out.Next = lines[cut-1].Account
	}
	return out, nil
}

// AllocationList is a round's whole allocation list, as its entry names it by digest: one JSON
// object a line.
func (d *Desk) AllocationList(ctx context.Context, number uint64) ([]byte, error) {
	r, err := d.Round(ctx, number)
	if err != nil {
		return nil, err
	}
	return d.log.Attachment(r.RoundBuilt.Allocations)
}

// Collect is what anyone needs to collect for a recipient without the service: the arguments of the
// distributor's claim. It never changes once the round is live.
type Collect struct {
	Round       uint64           `json:"round"`
	State       State            `json:"-"`
	Root        common.Hash      `json:"root"` // 0x...
	Recipient   swap.EVMAddress  `json:"recipient"`
	Cumulative  swap.Sesh        `json:"cumulative"` // of all rounds so far
	Proof       []common.Hash    `json:"proof"`
	Distributor *swap.EVMAddress `json:"distributor"` // null: not deployed yet
	ChainID     uint64           `json:"chain_id"`
	Basis       Basis            `json:"-"`
}

// Collect proves what a recipient may collect under a round's root. Only the live one can be
// claimed on chain. A *NotFoundError if the round is not published or has nothing for the
// recipient.
func (d *Desk) Collect(ctx context.Context, number uint64, to swap.EVMAddress) (*Collect, error) {
	tree, state, err := d.tree(ctx, number)
	if err != nil {
		return nil, err
	}
	i, ok := tree.Index(common.Address(to))
	if !ok {
		return nil, &NotFoundError{fmt.Sprintf("amount for %s in round %d", to, number)}
	}
	p := tree.Proof(i)
	out := &Collect{
		Round: number, State: state.state, Root: p.Root, Recipient: to, Cumulative: swap.Sesh(p.Leaf.Amount.Uint64()), Proof: p.Path,
		Distributor: state.distributor, ChainID: d.terms.Token.ChainID, Basis: state.basis,
	}
	return out, nil
}

// Calldata is the call claim(account, cumulative, proof), 0x...: send it to the distributor.
func (c *Collect) Calldata() string { return string(c.AppendCalldata(nil)) }

// AppendCalldata appends Calldata: the selector and, as the contract ABI encodes them, three words,
// of which the third says where the list begins, and the list after its length.
func (c *Collect) AppendCalldata(b []byte) []byte {
	b = append(b, "0x"...)
	b = hex.AppendEncode(b, contracts.Distributor().ABI.Methods["claim"].ID)
	var word [32]byte
	copy(word[12:], c.Recipient[:])
	b = hex.AppendEncode(b, word[:])
	for _, n := range []uint64{uint64(c.Cumulative), 3 * 32, uint64(len(c.Proof))} {
		word = [32]byte{}
		binary.BigEndian.PutUint64(word[24:], n)
		b = hex.AppendEncode(b, word[:])
	}
	for i := range c.Proof {
		b = hex.AppendEncode(b, c.Proof[i][:])
	}
	return b
}

// ProofFile is the proof in the form that `oxenswap tree check` reads.
func (d *Desk) ProofFile(ctx context.Context, number uint64, to swap.EVMAddress) ([]byte, error) {
	tree, _, err := d.tree(ctx, number)
	if err != nil {
		return nil, err
	}
	p, err := tree.ProofOf(common.Address(to))
	if err != nil {
		return nil, &NotFoundError{fmt.Sprintf("amount for %s in round %d", to, number)}
	}
	return p.Format(), nil
}

// roundState is what a proof says beside its tree.
type roundState struct {
	state       State
	distributor *swap.EVMAddress
	basis       Basis
}

// mostTrees is how many claim trees are kept, of 140 bytes a leaf.
const mostTrees = 3

// trees keep the claim trees that were asked for last.
type trees struct {
	mu     sync.Mutex
	trees  []*plantedTree // the last used one first
	states map[uint64]roundState

	planting sync.Mutex // held by who builds one: who asks for many old rounds keeps one processor busy and no more
}

type plantedTree struct {
	round uint64
	once  sync.Once
	tree  *merkle.Tree
	err   error
}

// tree is the claim tree of a published round and where the round stands.
func (d *Desk) tree(ctx context.Context, number uint64) (*merkle.Tree, roundState, error) {
	state, err := d.roundState(ctx, number)
	if err != nil {
		return nil, state, err
	}
	p := d.trees.get(number)
	p.once.Do(func() { p.tree, p.err = d.plant(context.WithoutCancel(ctx), number) })
	if p.err != nil {
		d.trees.drop(p)
	}
	return p.tree, state, p.err
}

func (d *Desk) roundState(ctx context.Context, number uint64) (roundState, error) {
	d.trees.mu.Lock()
	state, ok := d.trees.states[number]
	d.trees.mu.Unlock()
	if ok && d.Holds(&state.basis) {
		return state, nil
	}
	size, err := d.view(ctx, func(t swap.Tables, m swap.Migration) error {
		r, err := t.Round(number)
		if err != nil {
			return notFound(err, "round %d", number)
		}
		if !r.Status.Published() {
			return &NotFoundError{fmt.Sprintf("proof under round %d, which is %s", number, r.Status)}
		}
		state = roundState{state: stateOf(r)}
		if m.Distributor != nil {
			state.distributor = &m.Distributor.Address
		}
		return nil
	})
	if err != nil {
		return state, err
	}
	state.basis = Basis{size: size, subject: []uint32{}}
	d.trees.mu.Lock()
	defer d.trees.mu.Unlock()
	if d.trees.states == nil {
		d.trees.states = map[uint64]roundState{}
	}
	d.trees.states[number] = state // one for each published round
	return state, nil
}

func (t *trees) get(round uint64) *plantedTree {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, p := range t.trees {
		if p.round == round {
			copy(t.trees[1:], t.trees[:i])
			t.trees[0] = p
			return p
		}
	}
	p := &plantedTree{round: round}
	t.trees = append([]*plantedTree{p}, t.trees[:min(len(t.trees), mostTrees-1)]...)
	return p
}

// drop forgets a tree that could not be built, so that it is tried again.
func (t *trees) drop(p *plantedTree) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.trees {
		if t.trees[i] == p {
			t.trees = append(t.trees[:i:i], t.trees[i+1:]...)
			return
		}
	}
}

// plant builds the claim tree of a round from its leaves and holds it against the round's root.
func (d *Desk) plant(ctx context.Context, number uint64) (*merkle.Tree, error) {
	if !d.trees.planting.TryLock() {
		return nil, &RetryLater{Reason: RetryBusy, After: time.Second}
	}
	defer d.trees.planting.Unlock()
	var r swap.Round
	if err := d.log.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		r, err = t.Round(number)
		return err
	}); err != nil {
		return nil, err
	}
	return service.ClaimTree(d.log, d.terms, r)
}
