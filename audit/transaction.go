package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/merkle"
)

// callsJSON has the functions of SessionTokenDistributor and ERC-20 that a transaction of the
// ledger may call.
const callsJSON = `[
{"type":"function","name":"propose","inputs":[{"name":"round","type":"uint64"},{"name":"newRoot","type":"bytes32"},{"name":"total","type":"uint256"},{"name":"ledgerSize","type":"uint64"},{"name":"ledgerRoot","type":"bytes32"}]},
{"type":"function","name":"activate","inputs":[]},
{"type":"function","name":"cancel","inputs":[]},
{"type":"function","name":"pause","inputs":[]},
{"type":"function","name":"unpause","inputs":[]},
{"type":"function","name":"claim","inputs":[{"name":"account","type":"address"},{"name":"cumulative","type":"uint256"},{"name":"proof","type":"bytes32[]"}]},
{"type":"function","name":"claimBatch","inputs":[{"name":"accounts","type":"address[]"},{"name":"cumulatives","type":"uint256[]"},{"name":"proof","type":"bytes32[]"},{"name":"proofFlags","type":"bool[]"}]},
{"type":"function","name":"transfer","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"}]}
]`

// settingsWords is the number of 32-byte words of the distributor's constructor argument.
const settingsWords = 8

// call is a decoded transaction.
type call struct {
	to     *common.Address // nil: it creates a contract
	data   []byte
	sender swap.EVMAddress
	nonce  uint64
	method string // "" if it is none of the known functions
	args   []any
}

type txSigned struct {
	event *swap.TxSigned
	call  *call // nil: the raw transaction is missing or malformed
}

// alone decodes the raw transaction and compares it with its entry.
func (c *txSigned) alone(ex *examiner, x *examined) {
	if !x.complete {
		return
	}
	event := c.event
	raw := ex.read(x, event.Raw)
	if raw == nil {
		return
	}
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		x.wrong("raw transaction: %v", err)
		return
	}
	id := new(big.Int).SetUint64(event.ChainID)
	sender, err := types.Sender(types.LatestSignerForChainID(id), &tx)
	switch {
	case err != nil:
		x.wrong("raw transaction: sender: %v", err)
		return
	case swap.Hash(tx.Hash()) != event.Hash:
		x.wrong("the raw transaction has hash 0x%s", swap.Hash(tx.Hash()))
	case tx.ChainId().Cmp(id) != 0:
		x.wrong("the raw transaction is for chain %s", tx.ChainId())
	case swap.EVMAddress(sender) != event.Sender:
		x.wrong("the raw transaction is signed by %s", sender)
	case tx.Nonce() != event.Nonce:
		x.wrong("the raw transaction has nonce %d", tx.Nonce())
	case tx.GasFeeCap().Cmp(event.GasFee.Int()) != 0:
		x.wrong("the raw transaction pays up to %s wei per gas", tx.GasFeeCap())
	case tx.Type() != types.DynamicFeeTxType:
		x.wrong("the raw transaction is of type %d, expected %d", tx.Type(), types.DynamicFeeTxType)
	case tx.Value().Sign() != 0:
		x.wrong("the raw transaction sends %s wei", tx.Value())
	}
	x.count(countRaw, 1)
	c.call = &call{to: tx.To(), data: tx.Data(), sender: swap.EVMAddress(sender), nonce: tx.Nonce()}
	if c.call.to != nil {
		c.call.decode(ex.calls)
	}
}

// deployment is a transaction that creates a distributor, with the closing of the terms as it was
// when it was signed.
type deployment struct {
	*call
	termsCloseAt uint64 // Unix seconds
}

// decode recognises one of the known functions, in the one encoding that its arguments have.
func (c *call) decode(known abi.ABI) {
	method, err := known.MethodById(c.data)
	if err != nil {
		return
	}
	args, err := method.Inputs.Unpack(c.data[4:])
	if err != nil {
		return
	}
	if again, err := method.Inputs.Pack(args...); err != nil || !bytes.Equal(again, c.data[4:]) {
		return
	}
	c.method, c.args = method.Name, args
}

// noop reports whether the transaction does nothing but use its nonce.
func (c *call) noop() bool {
	return c.to != nil && swap.EVMAddress(*c.to) == c.sender && len(c.data) == 0
}

// pushed is the sum of the push transactions signed on one day (UTC), each intent once.
type pushed struct {
	day time.Time
	sum swap.Sesh
}

// before checks a transaction against the rails in force: they bound the price of gas of every
// transaction, and the amounts of payments to holders.
func (c *txSigned) before(_ context.Context, r *replay, x *examined) error {
	e := c.event
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	rails := m.Config.Rails
	if e.GasFee > rails.GasPrice {
		return fmt.Errorf("it pays up to %s per gas, the rail is %s", e.GasFee, rails.GasPrice)
	}
	if e.Purpose != swap.PurposePush || e.Attempt > 1 {
		return nil
	}
	if day := x.entry.Time.UTC().Truncate(24 * time.Hour); !day.Equal(r.pushed.day) {
		r.pushed = pushed{day: day}
	}
	r.pushed.sum += min(e.Amount, ^r.pushed.sum)
	switch {
	case e.Amount > rails.Transaction:
		return fmt.Errorf("it moves %s, the rail for one transaction is %s", e.Amount, rails.Transaction)
	case r.pushed.sum > rails.Day:
		return fmt.Errorf("with it %s were signed on one day, the rail is %s", r.pushed.sum, rails.Day)
	}
	return nil
}

func (c *txSigned) after(r *replay, _ *examined) error {
	if c.call == nil {
		return nil
	}
	return r.checkPurpose(c.event, c.call)
}

// checkPurpose compares a transaction with what it was signed for.
func (r *replay) checkPurpose(e *swap.TxSigned, c *call) error {
	switch {
	case e.Noop && !c.noop():
		return fmt.Errorf("it is called a no-op, and is no transfer of nothing from %s to itself", e.Sender)
	case e.Noop:
		return nil
	case c.noop():
		return fmt.Errorf("it does nothing, instead of what it was signed for (%s)", e.Purpose)
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	if e.Purpose == swap.PurposeDeploy {
		if c.to != nil {
			return fmt.Errorf("it calls %s instead of creating the distributor", c.to)
		}
		r.deploys[e.Hash] = deployment{c, uint64(m.Closes.Unix())}
		return nil
	}
	if m.Distributor == nil {
		return fmt.Errorf("%s before the distributor was deployed", e.Purpose)
	}
	to, method := m.Distributor.Address, e.Purpose
	switch e.Purpose {
	case swap.PurposeFund:
		to, method = m.Distributor.Token, "transfer"
	case swap.PurposePush:
		method = "claimBatch"
		if c.method == "claim" {
			method = c.method
		}
	case swap.PurposePropose, swap.PurposeActivate, swap.PurposeCancel, swap.PurposePause, swap.PurposeUnpause:
	default:
		r.report.notChecked("what transactions are for whose purpose this program does not know", 1)
		return nil
	}
	if c.to == nil || swap.EVMAddress(*c.to) != to {
		return fmt.Errorf("to %s it must go to %s", e.Purpose, to)
	}
	if c.method != method {
		return fmt.Errorf("to %s it must call %s, its data begin with 0x%s",
			e.Purpose, method, hex.EncodeToString(c.data[:min(len(c.data), 4)]))
	}
	switch e.Purpose {
	case swap.PurposeFund:
		if got := swap.EVMAddress(c.args[0].(common.Address)); got != m.Distributor.Address {
			return fmt.Errorf("it funds %s instead of the distributor", got)
		}
		if got := c.args[1].(*big.Int); got.Cmp(e.Amount.Int()) != 0 {
			return fmt.Errorf("it moves %d atomic SESH, the entry says %d", got, e.Amount)
		}
	case swap.PurposePropose:
		return r.checkProposal(e.Round, c.args)
	case swap.PurposePush:
		return r.checkPush(e, c)
	}
	return nil
}

// checkProposal compares the arguments of propose with the round and the log at its approval.
func (r *replay) checkProposal(number uint64, args []any) error {
	round, err := r.tables.Round(number)
	if err != nil {
		return fmt.Errorf("round %d: %w", number, err)
	}
	size := round.Approved + 1
	root, err := r.rootAt(size)
	if err != nil {
		return err
	}
	for _, p := range []struct{ name, got, want string }{
		{"round", fmt.Sprint(args[0]), fmt.Sprint(number)},
		{"root", swap.Hash(args[1].([32]byte)).String(), round.Root.String()},
		{"total", fmt.Sprint(args[2]), fmt.Sprint(uint64(round.Total))},
		{"ledger size", fmt.Sprint(args[3]), fmt.Sprint(size)},
		{"ledger root", swap.Hash(args[4].([32]byte)).String(), root.String()},
	} {
		if p.got != p.want {
			return fmt.Errorf("it proposes %s %s instead of %s", p.name, p.got, p.want)
		}
	}
	return nil
}

// rootAt is the root of the first size entries.
func (r *replay) rootAt(size uint64) (swap.Hash, error) {
	if size == 0 || size > r.done {
		return swap.Hash{}, fmt.Errorf("the log did not have %d entries yet", size)
	}
	root, err := ledger.TreeHash(int64(size), r.export)
	return swap.Hash(root), err
}

// checkPush compares a push transaction with its batch of the plan, and its proof with the root.
func (r *replay) checkPush(e *swap.TxSigned, c *call) error {
	p := r.plan
	if p == nil || p.round != e.Round || p.number != e.Plan {
		return fmt.Errorf("plan %d of round %d is not known", e.Plan, e.Round)
	}
	rows := p.batch(e.Batch)
	if len(rows) == 0 {
		return fmt.Errorf("the plan has no batch %d", e.Batch)
	}
	// A transaction may pass over who was paid since the plan was made, and nothing else.
	var leaves []merkle.Leaf
	pays := func(account common.Address, cumulative *big.Int) error {
		i := slices.IndexFunc(rows, func(r planRow) bool { return common.Address(r.recipient) == account })
		if i < 0 || cumulative.Cmp(rows[i].cumulative.Int()) != 0 {
			return fmt.Errorf("it pays %s in all to %s, which is not what is left of batch %d of the plan",
				cumulative, account, e.Batch)
		}
		leaves = append(leaves, merkle.Leaf{Account: account, Amount: *uint256.NewInt(uint64(rows[i].cumulative))})
		rows = rows[i+1:]
		return nil
	}
	most := p.due(e.Batch)
	proves := false
	if c.method == "claim" {
		if err := pays(c.args[0].(common.Address), c.args[1].(*big.Int)); err != nil {
			return err
		}
		proves = merkle.Verify(common.Hash(p.root), leaves[0], hashes(c.args[2]))
	} else {
		accounts, amounts := c.args[0].([]common.Address), c.args[1].([]*big.Int)
		if len(accounts) != len(amounts) {
			return fmt.Errorf("it pays %d amounts to %d recipients", len(amounts), len(accounts))
		}
		for i, a := range accounts {
			if err := pays(a, amounts[i]); err != nil {
				return err
			}
		}
		proves = merkle.VerifyMulti(common.Hash(p.root), leaves, hashes(c.args[2]), c.args[3].([]bool))
	}
	if !proves {
		return fmt.Errorf("its proof does not lead to the live root 0x%s", p.root)
	}
	if e.Amount > most {
		return fmt.Errorf("it says that it moves %s, the plan's batch comes to %s", e.Amount, most)
	}
	return nil
}

func hashes(arg any) []common.Hash {
	list := arg.([][32]byte)
	out := make([]common.Hash, len(list))
	for i, h := range list {
		out[i] = h
	}
	return out
}

type distributorDeployed struct {
	unchecked
	event *swap.DistributorDeployed
}

func (c *distributorDeployed) before(_ context.Context, r *replay, x *examined) error {
	e := c.event
	r.deployed = x.entry.Seq
	r.payments.settings = settings{e.Owner, e.Publisher, e.Guardian, e.ClosesAt}
	return r.checkDeployment(e)
}

// checkDeployment compares the distributor with the transaction that created it and with the terms.
func (r *replay) checkDeployment(e *swap.DistributorDeployed) error {
	c, ok := r.deploys[e.Tx]
	if !ok {
		return fmt.Errorf("no deployment was signed with hash 0x%s", e.Tx)
	}
	if created := swap.EVMAddress(crypto.CreateAddress(common.Address(c.sender), c.nonce)); created != e.Address {
		return fmt.Errorf("its transaction creates %s", created)
	}
	if len(c.data) < settingsWords*32 {
		return fmt.Errorf("its transaction has no settings")
	}
	words := c.data[len(c.data)-settingsWords*32:]
	word := func(i int) []byte { return words[32*i : 32*i+32] }
	id, err := hex.DecodeString(r.terms.ID())
	if err != nil {
		return err
	}
	for i, s := range []struct {
		name string
		want []byte
	}{
		{"token", common.LeftPadBytes(e.Token[:], 32)},
		{"owner", common.LeftPadBytes(e.Owner[:], 32)},
		{"publisher", common.LeftPadBytes(e.Publisher[:], 32)},
		{"guardian", common.LeftPadBytes(e.Guardian[:], 32)},
		{"activation delay", number32(e.ActivationDelay)},
		{"closing of the terms", number32(c.termsCloseAt)},
		{"closing of claims", number32(e.ClosesAt)},
		{"migration id", common.RightPadBytes(id, 32)},
	} {
		if !bytes.Equal(word(i), s.want) {
			return fmt.Errorf("its transaction was signed with the %s 0x%x instead of 0x%x", s.name, word(i), s.want)
		}
	}
	if r.options.CodeHash == nil {
		r.report.notChecked("the distributor's code against its sources", 1)
		return nil
	}
	want, err := r.options.CodeHash(e.Distributor, c.termsCloseAt, r.terms.ID())
	if err != nil {
		return err
	}
	if e.CodeHash != want {
		return fmt.Errorf("code hash 0x%s: by the sources it is 0x%s", e.CodeHash, want)
	}
	r.report.add("distributors' code against the sources", 1)
	return nil
}

func number32(n uint64) []byte {
	return common.LeftPadBytes(binary.BigEndian.AppendUint64(nil, n), 32)
}

// knownCalls parses callsJSON.
func knownCalls() (abi.ABI, error) { return abi.JSON(strings.NewReader(callsJSON)) }
