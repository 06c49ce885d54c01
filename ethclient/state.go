package ethclient

import (
	"bytes"
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// Root is a root of the claim tree on chain.
type Root struct {
	Round uint64 // 0: none
	Root  swap.Hash
	Total swap.Sesh // atomic SESH, all rounds so far
}

// State is a distributor as it stands at one block. Amounts are in atomic SESH, times in Unix
// seconds.
type State struct {
	Block      uint64
	CodeHash   swap.Hash            // Keccak-256 of the deployed code
	Immutables contracts.Immutables // what the code was deployed with

	Owner, PendingOwner, Publisher, Guardian swap.EVMAddress

	Live         Root
	Pending      Root
	ActivatesAt  uint64 // of the pending root; 0: none is pending
	LastProposed uint64 // the highest round number ever proposed
	TotalClaimed swap.Sesh
	Balance      swap.Sesh // of the token

	ClosesAt uint64 // while paused, the pause so far comes on top
	Paused   bool
	PausedAt uint64 // 0: not paused
}

// Covers tells whether a root with this total could be proposed: the distributor must hold what is
// not paid yet. If not, the error is an *UnderfundedError.
func (s *State) Covers(total swap.Sesh) error {
	if s.Balance < total && s.TotalClaimed < total-s.Balance {
		return &UnderfundedError{Need: total, Balance: s.Balance, Claimed: s.TotalClaimed}
	}
	return nil
}

// Distributor reads everything there is to know of the distributor at an address, as of a block;
// nil is the newest one. Other code at the address is a *CodeError, none a *NoCodeError.
func (r *Reader) Distributor(ctx context.Context, address swap.EVMAddress, block *big.Int) (*State, error) {
	if block == nil {
		head, err := r.Head(ctx)
		if err != nil {
			return nil, err
		}
		block = number(head.Number)
	}
	return r.state(ctx, r.first(), address, block)
}

func (r *Reader) state(ctx context.Context, n Node, address swap.EVMAddress, block *big.Int) (*State, error) {
	code, err := n.code(ctx, "distributor", address, block)
	if err != nil {
		return nil, err
	}
	immutables, err := contracts.ReadImmutables(code)
	if err != nil {
		return nil, &CodeError{address, err}
	}
	s := &State{Block: block.Uint64(), CodeHash: swap.Hash(crypto.Keccak256Hash(code)), Immutables: immutables}
	d := &view{node: n, abi: &r.distributor.ABI, at: address, block: block}
	for method, to := range map[string]*swap.EVMAddress{
		"owner": &s.Owner, "pendingOwner": &s.PendingOwner, "publisher": &s.Publisher, "guardian": &s.Guardian,
	} {
		*to = swap.EVMAddress(get[common.Address](d.call(ctx, method), 0))
	}
	live, pending := d.call(ctx, "live"), d.call(ctx, "pending")
	s.Live = Root{get[uint64](live, 0), swap.Hash(get[[32]byte](live, 1)), d.amount(live, 2)}
	s.Pending = Root{get[uint64](pending, 0), swap.Hash(get[[32]byte](pending, 1)), d.amount(pending, 2)}
	s.ActivatesAt = get[uint64](pending, 3)
	s.LastProposed = get[uint64](d.call(ctx, "lastProposed"), 0)
	s.TotalClaimed = d.amount(d.call(ctx, "totalClaimed"), 0)
	s.ClosesAt = get[uint64](d.call(ctx, "closesAt"), 0)
	s.Paused = get[bool](d.call(ctx, "paused"), 0)
	s.PausedAt = get[uint64](d.call(ctx, "pausedAt"), 0)
	if d.err == nil {
		t := &view{node: n, abi: &r.token.ABI, at: swap.EVMAddress(immutables.Token), block: block}
		s.Balance = t.amount(t.call(ctx, "balanceOf", common.Address(address)), 0)
		d.err = t.err
	}
	if d.err != nil {
		return nil, d.err
	}
	return s, nil
}

// TokenBalance is what an account holds of a token, in atomic units, as of a block; nil is the
// newest one.
func (r *Reader) TokenBalance(ctx context.Context, token, account swap.EVMAddress, block *big.Int) (swap.Sesh, error) {
	t := &view{node: r.first(), abi: &r.token.ABI, at: token, block: block}
	balance := t.amount(t.call(ctx, "balanceOf", common.Address(account)), 0)
	return balance, t.err
}

// claimedBatch is how many accounts one request asks about.
const claimedBatch = 200

// Claimed is what the distributor has paid to each of the recipients, as of a block, in atomic
// SESH.
func (r *Reader) Claimed(ctx context.Context, address swap.EVMAddress, recipients []swap.EVMAddress, block uint64) ([]swap.Sesh, error) {
	out := make([]swap.Sesh, 0, len(recipients))
	for len(recipients) > 0 {
		part := recipients[:min(claimedBatch, len(recipients))]
		recipients = recipients[len(part):]
		amounts, err := r.claimed(ctx, address, part, block)
		if err != nil {
			return nil, fmt.Errorf("claimed amounts of distributor %s in block %d: %w", address, block, err)
		}
		out = append(out, amounts...)
	}
	return out, nil
}

// claimed asks in one request where the node is reached by JSON-RPC, else one by one.
func (r *Reader) claimed(ctx context.Context, address swap.EVMAddress, recipients []swap.EVMAddress, block uint64) ([]swap.Sesh, error) {
	d := &view{node: r.first(), abi: &r.distributor.ABI, at: address, block: number(block)}
	out := make([]swap.Sesh, len(recipients))
	client := remote(r.first())
	if client == nil {
		for i, to := range recipients {
			out[i] = d.amount(d.call(ctx, "claimed", common.Address(to)), 0)
		}
		return out, d.err
	}
	answers := make([]hexutil.Bytes, len(recipients))
	batch := make([]rpc.BatchElem, len(recipients))
	for i, to := range recipients {
		data, err := r.distributor.ABI.Pack("claimed", common.Address(to))
		if err != nil {
			return nil, err
		}
		call := map[string]any{"to": common.Address(address), "data": hexutil.Bytes(data)}
		batch[i] = rpc.BatchElem{Method: "eth_call", Args: []any{call, fmt.Sprintf("0x%x", block)}, Result: &answers[i]}
	}
	if err := client.BatchCallContext(ctx, batch); err != nil {
		return nil, err
	}
	for i := range batch {
		if batch[i].Error != nil {
			return nil, batch[i].Error
		}
		out[i] = d.amount(d.unpack("claimed", answers[i]), 0)
	}
	return out, d.err
}

// code reads the code at an address; none is a *NoCodeError.
func (n Node) code(ctx context.Context, what string, address swap.EVMAddress, block *big.Int) ([]byte, error) {
	code, err := n.CodeAt(ctx, common.Address(address), block)
	if err != nil {
		return nil, fmt.Errorf("node %s: code of %s %s: %w", n.Name, what, address, err)
	}
	if len(code) == 0 {
		return nil, &NoCodeError{what, address}
	}
	return code, nil
}

// view calls the getters of one contract at one block. After the first failure it calls nothing
// more.
type view struct {
	node  Node
	abi   *abi.ABI
	at    swap.EVMAddress
	block *big.Int
	err   error
}

func (v *view) call(ctx context.Context, method string, args ...any) []any {
	if v.err != nil {
		return nil
	}
	data, err := v.abi.Pack(method, args...)
	if err != nil {
		v.err = err
		return nil
	}
	to := common.Address(v.at)
	answer, err := v.node.CallContract(ctx, ethereum.CallMsg{To: &to, Data: data}, v.block)
	if err != nil {
		v.err = fmt.Errorf("node %s: %s of %s: %w", v.node.Name, method, v.at, err)
		return nil
	}
	return v.unpack(method, answer)
}

// unpack takes an answer only in the encoding that a contract of ours gives.
func (v *view) unpack(method string, answer []byte) []any {
	if v.err != nil {
		return nil
	}
	m := v.abi.Methods[method]
	values, err := m.Outputs.Unpack(answer)
	if err == nil {
		var again []byte
		if again, err = m.Outputs.Pack(values...); err == nil && bytes.Equal(again, answer) {
			return values
		}
	}
	v.err = fmt.Errorf("node %s: %s of %s: %d bytes: %w", v.node.Name, method, v.at, len(answer), ErrMalformed)
	return nil
}

func (v *view) amount(values []any, i int) swap.Sesh {
	if v.err != nil {
		return 0
	}
	a, err := amount[swap.Sesh](get[*big.Int](values, i))
	if err != nil {
		v.err = fmt.Errorf("node %s: contract %s: %w", v.node.Name, v.at, err)
	}
	return a
}

// get is the i-th value of an unpacked answer, zero after a failure.
func get[T any](values []any, i int) (v T) {
	if i < len(values) {
		v, _ = values[i].(T)
	}
	return v
}
