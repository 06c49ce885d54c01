package audit

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// testChain is what stands on chain for a test log: the distributor's events and state. It
// implements Chain.
type testChain struct {
	tb        testing.TB
	l         *testLog
	publisher *ecdsa.PrivateKey
	nonces    map[swap.EVMAddress]uint64
	block     uint64
	logIndex  uint64
	d         swap.Distributor
	state     ChainState
	events    []swap.Event
	paid      map[swap.EVMAddress]swap.Sesh
	pending   swap.RootProposed
	age       time.Duration // of its blocks, before the log's last entry
	fail      error
}

func newTestChain(tb testing.TB, l *testLog) *testChain {
	return &testChain{
		tb: tb, l: l, publisher: evmKey(tb, "publisher"), nonces: map[swap.EVMAddress]uint64{}, block: 100,
		paid: map[swap.EVMAddress]swap.Sesh{},
	}
}

func (c *testChain) dial(_ context.Context, chainID uint64) (Chain, error) {
	if chainID != 1337 {
		return nil, errors.New("another chain")
	}
	return c, nil
}

func (c *testChain) Final(context.Context) (uint64, error) { return c.block, c.fail }

func (c *testChain) BlockTime(context.Context, uint64) (time.Time, error) {
	return c.l.now.Add(-c.age), nil
}

func (c *testChain) Distributor(_ context.Context, a swap.EVMAddress, _ uint64) (ChainState, error) {
	if a != c.d.Address {
		return ChainState{}, errors.New("no code")
	}
	return c.state, nil
}

func (c *testChain) Events(_ context.Context, _ swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error {
	for _, e := range c.events {
		seen, err := swap.AsChainEvent(e)
		if err != nil {
			return err
		}
		if at := seen.Position(); at.Block < from || at.Block > to {
			continue
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

func (c *testChain) Claimed(_ context.Context, _ swap.EVMAddress, to []swap.EVMAddress, _ uint64) ([]swap.Sesh, error) {
	out := make([]swap.Sesh, len(to))
	for i, a := range to {
		out[i] = c.paid[a]
	}
	return out, nil
}

func (c *testChain) codeHash(d swap.Distributor, termsCloseAt uint64, migration string) (swap.Hash, error) {
	return swap.Hash(contracts.CodeHash(contracts.Immutables{
		Token: common.Address(d.Token), ActivationDelay: d.ActivationDelay, TermsCloseAt: termsCloseAt,
		MigrationID: contracts.MigrationID(common.FromHex(migration)),
	})), nil
}

// signed appends tx.signed of the intent with the given target and data.
func (c *testChain) signed(i swap.Intent, attempt uint64, to *swap.EVMAddress, data []byte, amount swap.Sesh) *swap.TxSigned {
	c.tb.Helper()
	sender := addressOfKey(c.publisher)
	if attempt == 1 {
		c.nonces[sender]++
	}
	nonce := c.nonces[sender] - 1
	fee := 1e9 + 1e8*int64(attempt)
	inner := &types.DynamicFeeTx{ChainID: big.NewInt(1337), Nonce: nonce, Gas: 1e6, GasFeeCap: big.NewInt(fee), GasTipCap: new(big.Int), Data: data}
	if to != nil {
		inner.To = (*common.Address)(to)
	}
	tx, err := types.SignNewTx(c.publisher, types.LatestSignerForChainID(big.NewInt(1337)), inner)
	must(c.tb, err)
	raw, err := tx.MarshalBinary()
	must(c.tb, err)
	e := &swap.TxSigned{
		Intent: i, Attempt: attempt, ChainID: 1337, Sender: sender, Nonce: nonce, Hash: swap.Hash(tx.Hash()),
		Raw: swap.Digest(raw), Amount: amount, GasFee: swap.Wei(fee), Noop: to != nil && *to == sender,
	}
	c.l.add(e, raw)
	return e
}

// final appends tx.mined and tx.finalized.
func (c *testChain) final(e *swap.TxSigned) {
	c.tb.Helper()
	c.block, c.logIndex = c.block+1, 0
	in := swap.Inclusion{Hash: e.Hash, Block: c.block, BlockHash: c.blockHash(), Success: true, GasUsed: 50000, Fee: 5e13}
	c.l.add(&swap.TxMined{Inclusion: in})
	c.l.add(&swap.TxFinalized{Inclusion: in})
}

func (c *testChain) blockHash() swap.Hash {
	return swap.Digest(fmt.Appendf(nil, "block %d", c.block))
}

// at is the place of the next event in the present block.
func (c *testChain) at(tx swap.Hash) swap.LogPosition {
	c.logIndex++
	return swap.LogPosition{Tx: tx, Block: c.block, BlockHash: c.blockHash(), LogIndex: c.logIndex - 1}
}

// see puts an event on chain and into the log.
func (c *testChain) see(e swap.Event) uint64 {
	c.tb.Helper()
	c.events = append(c.events, e)
	return c.l.add(e)
}

func pack(tb testing.TB, method string, args ...any) []byte {
	tb.Helper()
	data, err := contracts.Distributor().ABI.Pack(method, args...)
	must(tb, err)
	return data
}

// deploy signs, mines and records the distributor.
func (c *testChain) deploy() {
	c.tb.Helper()
	c.d = swap.Distributor{
		ChainID: 1337, Token: swap.EVMAddress(c.l.terms.Token.Address), Owner: evmAddress("owner"),
		Publisher: addressOfKey(c.publisher), Guardian: evmAddress("guardian"), ActivationDelay: 60,
	}
	closes := uint64(c.l.migration().Closes.Unix())
	c.d.ClosesAt = closes + 90*86400
	settings := struct {
		Token, Owner, Publisher, Guardian       common.Address
		ActivationDelay, TermsCloseAt, ClosesAt uint64
		MigrationId                             [8]byte
	}{
		common.Address(c.d.Token), common.Address(c.d.Owner), common.Address(c.d.Publisher), common.Address(c.d.Guardian),
		60, closes, c.d.ClosesAt, [8]byte(common.FromHex(c.l.terms.ID())),
	}
	args, err := contracts.Distributor().ABI.Pack("", settings)
	must(c.tb, err)
	e := c.signed(swap.Intent{Purpose: swap.PurposeDeploy}, 1, nil, slices.Concat(contracts.Distributor().Bytecode, args), 0)
	c.final(e)
	c.d.Address = swap.EVMAddress(crypto.CreateAddress(common.Address(e.Sender), e.Nonce))
	c.d.CodeHash, err = c.codeHash(c.d, closes, c.l.terms.ID())
	must(c.tb, err)
	c.d.Block = c.block
	c.l.add(&swap.DistributorDeployed{Distributor: c.d, Tx: e.Hash})
	c.state = ChainState{
		CodeHash: c.d.CodeHash, Token: c.d.Token, ActivationDelay: 60, Owner: c.d.Owner, Publisher: c.d.Publisher,
		Guardian: c.d.Guardian, ClosesAt: c.d.ClosesAt,
	}
	for _, e := range []swap.DistributorSeen{
		{Event: "OwnershipTransferred", Fields: map[string]string{"previousOwner": swap.EVMAddress{}.String(), "newOwner": c.d.Owner.String()}},
		{Event: "PublisherChanged", Fields: map[string]string{"previous": swap.EVMAddress{}.String(), "publisher": c.d.Publisher.String()}},
		{Event: "GuardianChanged", Fields: map[string]string{"previous": swap.EVMAddress{}.String(), "guardian": c.d.Guardian.String()}},
		{Event: "ClosesAtMoved", Fields: map[string]string{"previous": "0", "closesAt": fmt.Sprint(c.d.ClosesAt)}},
	} {
		e.LogPosition = c.at(swap.Hash{})
		c.see(&e)
	}
}

func (c *testChain) fund(amount swap.Sesh, number uint64) {
	c.tb.Helper()
	data, err := contracts.TestToken().ABI.Pack("transfer", common.Address(c.d.Address), new(big.Int).SetUint64(uint64(amount)))
	must(c.tb, err)
	c.final(c.signed(swap.Intent{Purpose: swap.PurposeFund, Plan: number}, 1, &c.d.Token, data, amount))
	c.state.Balance += amount
}

// propose signs, mines and records the proposal of an approved round.
func (c *testChain) propose(number uint64) {
	c.tb.Helper()
	r, err := c.l.tables.Round(number)
	must(c.tb, err)
	size := r.Approved + 1
	root := c.l.ledgerRoot(size)
	data := pack(c.tb, "propose", number, [32]byte(r.Root), new(big.Int).SetUint64(uint64(r.Total)), size, [32]byte(root))
	e := c.signed(swap.Intent{Purpose: swap.PurposePropose, Round: number}, 1, &c.d.Address, data, 0)
	c.final(e)
	c.pending = swap.RootProposed{Round: number, Root: r.Root, Total: r.Total, LedgerSize: size, LedgerRoot: root, LiveAt: uint64(c.l.now.Unix()) + 60, LogPosition: c.at(e.Hash)}
	proposed := c.pending
	c.see(&proposed)
}

// giveUp signs something that is not wanted any more, and fills its nonce with a no-op.
func (c *testChain) giveUp(i swap.Intent, to *swap.EVMAddress, data []byte) {
	c.tb.Helper()
	c.signed(i, 1, to, data, 0)
	self := addressOfKey(c.publisher)
	c.final(c.signed(i, 2, &self, nil, 0))
}

// activate needs two attempts: the first one's nonce goes to the second.
func (c *testChain) activate() {
	c.tb.Helper()
	i := swap.Intent{Purpose: swap.PurposeActivate, Round: c.pending.Round}
	data := pack(c.tb, "activate")
	first := c.signed(i, 1, &c.d.Address, data, 0)
	second := c.signed(i, 2, &c.d.Address, data, 0)
	c.final(second)
	c.l.add(&swap.TxFailed{Hash: first.Hash, Reason: "its nonce went to attempt 2"})
	c.see(&swap.RootActivated{Round: c.pending.Round, Root: c.pending.Root, LogPosition: c.at(second.Hash)})
	c.state.LiveRound, c.state.LiveRoot, c.state.LiveTotal = c.pending.Round, c.pending.Root, c.pending.Total
}

func (c *testChain) cancel() {
	c.tb.Helper()
	e := c.signed(swap.Intent{Purpose: swap.PurposeCancel, Round: c.pending.Round}, 1, &c.d.Address, pack(c.tb, "cancel"), 0)
	c.final(e)
	c.see(&swap.RootCancelled{Round: c.pending.Round, Root: c.pending.Root, LogPosition: c.at(e.Hash)})
}

// pay is one payment under the live root, in the present block.
func (c *testChain) pay(tx swap.Hash, to swap.EVMAddress, cumulative swap.Sesh) uint64 {
	c.tb.Helper()
	amount := cumulative - c.paid[to]
	c.paid[to] = cumulative
	c.state.TotalClaimed += amount
	c.state.Balance -= amount
	return c.see(&swap.PayoutSeen{Recipient: to, Amount: amount, Cumulative: cumulative, Round: c.state.LiveRound, LogPosition: c.at(tx)})
}

// claimed is a payment that a holder fetched in a block of its own.
func (c *testChain) claimed(leaf merkle.Leaf) {
	c.tb.Helper()
	c.block, c.logIndex = c.block+1, 0
	c.pay(swap.Digest(fmt.Appendf(nil, "holder's transaction %d", c.block)), swap.EVMAddress(leaf.Account), swap.Sesh(leaf.Amount.Uint64()))
}

// tree is the claim tree of a round of the log.
func (c *testChain) tree(number uint64) *merkle.Tree {
	c.tb.Helper()
	r, err := c.l.tables.Round(number)
	must(c.tb, err)
	data, err := c.l.Attachment(r.Leaves)
	must(c.tb, err)
	tree, err := merkle.BuildCSV(bytes.NewReader(data), merkle.MaxTotal())
	must(c.tb, err)
	return tree
}

// push plans and sends all that is unpaid, three recipients at a time.
func (c *testChain) push(number, plan uint64) {
	c.tb.Helper()
	tree := c.tree(number)
	p := &swap.PushPlanned{Round: number, Plan: plan, Root: swap.Hash(tree.Root())}
	var unpaid []int
	for rank := range tree.Len() {
		l := tree.Leaf(tree.ByHash(rank))
		paid := c.paid[swap.EVMAddress(l.Account)]
		if paid == swap.Sesh(l.Amount.Uint64()) {
			p.Paid++
			continue
		}
		unpaid = append(unpaid, tree.ByHash(rank))
		p.Amount += swap.Sesh(l.Amount.Uint64()) - paid
	}
	p.Recipients = uint64(len(unpaid))
	var list []byte
	batches := slices.Collect(slices.Chunk(unpaid, 3))
	for n, batch := range batches {
		for _, i := range batch {
			l := tree.Leaf(i)
			list = fmt.Appendf(list, "%d,%s,%s\n", n, l.Account, l.Amount.Dec())
		}
	}
	p.Batches, p.List = uint64(len(batches)), swap.Digest(list)
	c.l.add(p, list)
	for n, batch := range batches {
		proof, err := tree.MultiProof(batch)
		must(c.tb, err)
		var accounts []common.Address
		var amounts []*big.Int
		var moves swap.Sesh
		for _, l := range proof.Leaves {
			accounts, amounts = append(accounts, l.Account), append(amounts, l.Amount.ToBig())
			moves += swap.Sesh(l.Amount.Uint64()) - c.paid[swap.EVMAddress(l.Account)]
		}
		path := make([][32]byte, len(proof.Path))
		for i, h := range proof.Path {
			path[i] = h
		}
		data := pack(c.tb, "claimBatch", accounts, amounts, path, proof.Flags)
		e := c.signed(swap.Intent{Purpose: swap.PurposePush, Round: number, Plan: plan, Batch: uint64(n)}, 1, &c.d.Address, data, moves)
		c.final(e)
		for _, l := range proof.Leaves {
			c.pay(e.Hash, swap.EVMAddress(l.Account), swap.Sesh(l.Amount.Uint64()))
		}
	}
}

// seen is another event of the distributor.
func (c *testChain) seen(event string, fields map[string]string) {
	c.tb.Helper()
	c.block, c.logIndex = c.block+1, 0
	c.see(&swap.DistributorSeen{Event: event, Fields: fields, LogPosition: c.at(swap.Digest([]byte(event)))})
}
