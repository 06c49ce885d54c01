package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient"
	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
	"oxenswap/swap/fail"
)

// call is what an intent is to do, before it has a nonce and fees.
type call struct {
	swap.Intent
	to     *common.Address // nil: create a contract
	data   []byte
	amount swap.Sesh // atomic SESH that it moves, at most
	noop   bool      // it only fills the nonce of earlier attempts
	note   string    // why
}

// submit signs the first attempt of an intent, stores it and sends it. Everything that can be
// refused is refused before the signature; from the signature on, only the chain decides. The error
// of sending is not returned.
func (s *Sender) submit(ctx context.Context, m swap.Migration, key signer.Signer, c call) error {
	from := key.Address()
	estimate, err := s.node.EstimateGas(ctx, ethereum.CallMsg{From: from, To: c.to, Data: c.data})
	if err != nil {
		return fmt.Errorf("%s would fail: %w", describe(c.Intent), explain(err))
	}
	gas, err := gasLimit(s.profile(), estimate)
	if err != nil {
		return fmt.Errorf("%s: %w", describe(c.Intent), err)
	}
	now, err := s.chain.Fees(ctx)
	if err != nil {
		return err
	}
	fees, err := offer(now, m.Config.Rails.GasPrice)
	if err != nil {
		return s.stopAtRail(ctx, c.Intent, err)
	}
	nonce, err := s.nonce(ctx, swap.EVMAddress(from), nil)
	if err != nil {
		return err
	}
	if err := s.ledger.View(ctx, func(t swap.Tables, _ uint64) error {
		nonce, err = nextNonce(t, m, from, nonce)
		return err
	}); err != nil {
		return err
	}
	return s.signAndSend(ctx, m, key, c, 1, &types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(m.Terms.Token.ChainID), Nonce: nonce, To: c.to, Data: c.data,
		Gas: gas, GasFeeCap: fees.Cap, GasTipCap: fees.Tip,
	})
}

// nextNonce is the first number that neither the chain nor any attempt of the ledger has used.
func nextNonce(t swap.Tables, m swap.Migration, from common.Address, latest uint64) (uint64, error) {
	err := t.AllAttempts(func(a swap.Attempt) error {
		if a.ChainID == m.Terms.Token.ChainID && a.Sender == swap.EVMAddress(from) {
			latest = max(latest, a.Nonce+1)
		}
		return nil
	})
	return latest, err
}

// signAndSend is the step at which a nonce is claimed: it stores the signed bytes and only then
// sends them.
func (s *Sender) signAndSend(
	ctx context.Context, m swap.Migration, key signer.Signer, c call, attempt uint64, body *types.DynamicFeeTx,
) error {
	from := key.Address()
	cost := new(big.Int).Mul(body.GasFeeCap, new(big.Int).SetUint64(body.Gas))
	balance, err := s.chain.GasMoney(ctx, swap.EVMAddress(from))
	if err != nil {
		return err
	}
	if balance.Cmp(cost) < 0 {
		return fmt.Errorf("%s has %s wei for gas, %s may cost %s: send it at least %s more",
			from, balance, describe(c.Intent), cost, new(big.Int).Sub(cost, balance))
	}
	var tx *types.Transaction
	if err := fail.Do("send sign", func() (err error) {
		tx, err = signer.Sign(ctx, key, types.NewTx(body), body.ChainID)
		return err
	}); err != nil {
		return err
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		return err
	}
	if most := s.profile().MaxBytes; len(raw) > most {
		return fmt.Errorf("%s has %d bytes, and a transaction at most %d: lower rails.batch",
			describe(c.Intent), len(raw), most)
	}
	event := &swap.TxSigned{
		Intent: c.Intent, Attempt: attempt, ChainID: m.Terms.Token.ChainID, Sender: swap.EVMAddress(from), Nonce: tx.Nonce(),
		Hash: swap.Hash(tx.Hash()), Raw: swap.Digest(raw), Amount: c.amount, GasFee: swap.Wei(tx.GasFeeCap().Uint64()),
		Noop: c.noop,
	}
	var hit error
	if _, err := s.ledger.Update(ctx, func(t swap.Tables, at time.Time) ([]swap.Record, error) {
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		if err := mayClaim(t, event); err != nil {
			return nil, err
		}
		today, err := signedOn(t, at)
		if err != nil {
			return nil, err
		}
		if hit = checkPayment(m.Config.Rails, event, today); hit != nil {
			return stopped(m, railHit(c.Intent, hit)), nil
		}
		return []swap.Record{{Event: event, Attachments: [][]byte{raw}}}, nil
	}); err != nil {
		return fmt.Errorf("recording %s: %w", describe(c.Intent), err)
	}
	if hit != nil {
		return fmt.Errorf("%s: %w", describe(c.Intent), hit)
	}
	s.progress(Step{Intent: c.Intent, Stage: StageSigned, Hash: event.Hash, Note: c.note})
	s.watching[c.Intent] = &watched{looks: s.watch(c.Intent).looks}
	s.broadcast(ctx, c.Intent, tx)
	return nil
}

// mayClaim refuses a nonce that another intent has, and another nonce for an intent that has one.
// It runs in the transaction that stores the attempt.
func mayClaim(t swap.Tables, e *swap.TxSigned) error {
	earlier, err := t.Attempts(e.Intent)
	if err != nil {
		return err
	}
	if e.Attempt != uint64(len(earlier))+1 {
		return fmt.Errorf("%s has %d attempts already: another process sends with this ledger; end it, and run the command again",
			describe(e.Intent), len(earlier))
	}
	for _, a := range earlier {
		if a.Nonce != e.Nonce || a.Sender != e.Sender {
			return fmt.Errorf("%s has nonce %d of %s for good, not nonce %d of %s",
				describe(e.Intent), a.Nonce, a.Sender, e.Nonce, e.Sender)
		}
	}
	users, err := t.NonceAttempts(e.ChainID, e.Sender, e.Nonce)
	if err != nil {
		return err
	}
	for _, a := range users {
		if a.Intent != e.Intent {
			return fmt.Errorf("nonce %d of %s went to %s meanwhile: run the command again",
				e.Nonce, e.Sender, describe(a.Intent))
		}
	}
	return nil
}

// broadcast sends signed bytes once to every node; one that takes them is enough. What they say is
// remembered for the next look, which sees from receipts alone whether the transaction is in a
// block.
func (s *Sender) broadcast(ctx context.Context, intent swap.Intent, tx *types.Transaction) {
	nodes := append([]Node{s.node}, s.o.Others...)
	said := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { said[i] = fail.Do("send broadcast", func() error { return n.SendTransaction(ctx, tx) }) })
	}
	all.Wait()
	answers := make([]state.Answer, len(said))
	for i, err := range said {
		answers[i] = classify(err)
	}
	answer, refusals := state.Strongest(answers...), ""
	step := Step{Intent: intent, Stage: StageSent, Hash: swap.Hash(tx.Hash())}
	if answer != state.Holds && answer != state.NonceUsed {
		refusals = strings.ReplaceAll(errors.Join(said...).Error(), "\n", "; ")
		step.Stage, step.Note = StageRefused, refusals
	}
	s.watch(intent).send(answer, refusals)
	s.progress(step)
}

// signedBytes reads an attempt's transaction back from the ledger.
func (s *Sender) signedBytes(a swap.Attempt) (*types.Transaction, error) {
	raw, err := s.ledger.Attachment(a.Raw)
	if err != nil {
		return nil, fmt.Errorf("signed bytes of transaction 0x%s: %w", a.Hash, err)
	}
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(raw); err != nil {
		return nil, fmt.Errorf("signed bytes of transaction 0x%s: %w", a.Hash, err)
	}
	if swap.Hash(tx.Hash()) != a.Hash {
		return nil, fmt.Errorf("%w: the bytes stored for transaction 0x%s are those of %s", ErrDamaged, a.Hash, tx.Hash())
	}
	return tx, nil
}

// replace signs another attempt of an intent with the same nonce: the same call at a higher price,
// or a no-op.
func (s *Sender) replace(
	ctx context.Context, m swap.Migration, key signer.Signer, last swap.Attempt, noop bool, why string,
) error {
	old, err := s.signedBytes(last)
	if err != nil {
		return err
	}
	now, err := s.chain.Fees(ctx)
	if err != nil {
		return err
	}
	fees, err := outbid(s.profile(), old, now, m.Config.Rails.GasPrice)
	if err != nil {
		return s.stopAtRail(ctx, last.Intent, err)
	}
	c := call{Intent: last.Intent, to: old.To(), data: old.Data(), amount: last.Amount}
	gas := old.Gas()
	if noop {
		self := key.Address()
		c = call{Intent: last.Intent, to: &self, noop: true, note: "a no-op: " + why}
		gas = 0
	}
	// The earlier estimate may be too low by now: on Arbitrum, gas pays for L1 data.
	estimate, err := s.node.EstimateGas(ctx, ethereum.CallMsg{From: key.Address(), To: c.to, Data: c.data})
	if err == nil {
		estimate, err = gasLimit(s.profile(), estimate)
	}
	if err != nil && noop {
		return fmt.Errorf("%s: gas of a no-op: %w", describe(last.Intent), err)
	} else if err == nil {
		gas = max(gas, estimate)
	}
	return s.signAndSend(ctx, m, key, c, last.TxSigned.Attempt+1, &types.DynamicFeeTx{
		ChainID: old.ChainId(), Nonce: old.Nonce(), To: c.to, Data: c.data,
		Gas: gas, GasFeeCap: fees.Cap, GasTipCap: fees.Tip,
	})
}

// gasNum / gasDen is the margin over an estimate, which on Arbitrum includes the moving price of L1
// data.
const gasNum, gasDen = 6, 5

// offer is what a transaction offers: what the chain suggests now, but never above the ceiling. A
// price of now above the ceiling is a *RailError.
func offer(now ethclient.Fees, ceiling swap.Wei) (state.Fees, error) {
	f, least, ok := state.Offer(state.Fees(now), ceiling)
	return f, atCeiling(least, ceiling, ok)
}

// outbid is an offer for another attempt with the nonce of an earlier transaction.
func outbid(p state.Profile, old *types.Transaction, now ethclient.Fees, ceiling swap.Wei) (state.Fees, error) {
	f, least, ok := p.Outbid(old.GasFeeCap(), old.GasTipCap(), state.Fees(now), ceiling)
	return f, atCeiling(least, ceiling, ok)
}

func atCeiling(least *big.Int, ceiling swap.Wei, ok bool) error {
	if ok {
		return nil
	}
	asked := ^swap.RailValue(0)
	if least.IsUint64() {
		asked = swap.RailValue(least.Uint64())
	}
	return &RailError{"gas_price", swap.RailValue(ceiling), asked}
}

// gasLimit is an estimate with its margin.
func gasLimit(p state.Profile, estimate uint64) (uint64, error) {
	if estimate > p.MaxGas {
		return 0, fmt.Errorf("it would use %d gas, and a transaction takes at most %d: lower rails.batch", estimate, p.MaxGas)
	}
	return min(estimate*gasNum/gasDen, p.MaxGas), nil
}

func (s *Sender) profile() state.Profile { return state.ProfileOf(s.chain.ChainID()) }

// describe names an intent for a person.
func describe(i swap.Intent) string {
	switch {
	case i.Purpose == swap.PurposePush:
		return fmt.Sprintf("batch %d of push plan %d of round %d", i.Batch, i.Plan, i.Round)
	case i.Round > 0:
		return fmt.Sprintf("the transaction to %s round %d", i.Purpose, i.Round)
	}
	return "the transaction to " + i.Purpose
}

// explain adds the distributor's own error to that of a call that would revert.
func explain(err error) error {
	var data rpc.DataError
	if !errors.As(err, &data) {
		return err
	}
	text, _ := data.ErrorData().(string)
	raw, decodeErr := hexutil.Decode(text)
	if decodeErr != nil || len(raw) < 4 {
		return err
	}
	for _, e := range contracts.Distributor().ABI.Errors {
		if [4]byte(e.ID[:4]) != [4]byte(raw[:4]) {
			continue
		}
		if args, unpackErr := e.Inputs.Unpack(raw[4:]); unpackErr == nil {
			return fmt.Errorf("the contract says %s%v: %w", e.Name, args, err)
		}
	}
	return err
}
