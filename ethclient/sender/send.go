package sender

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

const (
	// firstLook and longestLook bound the time between two looks at the chain, which grows while nothing happens.
	// Arbitrum makes a block every quarter of a second, Ethereum every twelve.
	firstLook, longestLook = 100 * time.Millisecond, 8 * time.Second
	// sendAgain is how long bytes that are in no block are left alone before they are sent again.
	sendAgain = 15 * time.Second
	// maxTrouble is how many looks in a row may fail before a person is told. Nothing is lost by stopping.
	maxTrouble = 10
	// maxRefused is how many times in a row a node may refuse the bytes before a person is told.
	maxRefused = 10
	// foreignLooks is how many looks must agree that a nonce went to a transaction that is not ours: a node's index of
	// transactions may be a moment behind its blocks.
	foreignLooks = 3
)

// call is what an intent is to do, before it has a nonce and fees.
type call struct {
	swap.Intent
	to     *common.Address // nil: create a contract
	data   []byte
	amount swap.Amount // atomic SESH that it moves, at most
}

// submit signs the first attempt of an intent, stores it and sends it. Everything that can be refused is refused before
// the signature; from the signature on, only the chain decides. The error of sending is not returned.
func (s *Sender) submit(ctx context.Context, m swap.Migration, signer signer.Signer, c call) error {
	from := signer.Address()
	estimate, err := s.node.EstimateGas(ctx, ethereum.CallMsg{From: from, To: c.to, Data: c.data})
	if err != nil {
		return fmt.Errorf("%s would fail: %w", describe(c.Intent), explain(err))
	}
	gas, err := gasLimit(estimate)
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
	return s.signAndSend(ctx, m, signer, c, 1, &types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(m.Terms.Token.ChainID), Nonce: nonce, To: c.to, Data: c.data, Gas: gas, GasFeeCap: fees.Cap, GasTipCap: fees.Tip,
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

// signAndSend is the step at which a nonce is claimed: it stores the signed bytes and only then sends them.
func (s *Sender) signAndSend(ctx context.Context, m swap.Migration, key signer.Signer, c call, attempt uint64, body *types.DynamicFeeTx) error {
	from := key.Address()
	cost := new(big.Int).Mul(body.GasFeeCap, new(big.Int).SetUint64(body.Gas))
	balance, err := s.chain.GasMoney(ctx, swap.EVMAddress(from))
	if err != nil {
		return err
	}
	if balance.Cmp(cost) < 0 {
		return fmt.Errorf("%s has %s wei for gas, %s may cost %s: send it at least %s more", from, balance, describe(c.Intent), cost, new(big.Int).Sub(cost, balance))
	}
	tx, err := signer.Sign(ctx, key, types.NewTx(body), body.ChainID)
	if err != nil {
		return err
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		return err
	}
	if len(raw) > maxTxBytes {
		return fmt.Errorf("%s has %d bytes, and a transaction at most %d: lower rails.batch", describe(c.Intent), len(raw), maxTxBytes)
	}
	event := &swap.TxSigned{
		Intent: c.Intent, Attempt: attempt, ChainID: m.Terms.Token.ChainID, Sender: swap.EVMAddress(from), Nonce: tx.Nonce(),
		Hash: swap.Hash(tx.Hash()), Raw: swap.Digest(raw), Amount: c.amount, GasFee: swap.Amount(tx.GasFeeCap().Uint64()),
	}
	var hit error
	if _, err := s.ledger.Update(ctx, func(t swap.Tables, at time.Time) ([]swap.Record, error) {
		m, err := t.Migration()
		if err != nil {
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
	s.progress(Step{Intent: c.Intent, Stage: StageSigned, Hash: event.Hash})
	s.broadcast(ctx, c.Intent, tx)
	return nil
}

// broadcast sends signed bytes once. It reports false when the node refused them for a reason that a person should hear if
// it lasts; whether the transaction gets into a block is seen from receipts alone.
func (s *Sender) broadcast(ctx context.Context, intent swap.Intent, tx *types.Transaction) bool {
	err := s.node.SendTransaction(ctx, tx)
	step := Step{Intent: intent, Stage: StageSent, Hash: swap.Hash(tx.Hash())}
	if err != nil && !knownAlready(err) {
		step.Stage, step.Note = StageRefused, err.Error()
	}
	s.progress(step)
	return step.Stage == StageSent
}

// knownAlready recognises the answers of go-ethereum, anvil and nitro to bytes that they have or had. It only spares a
// person a warning.
func knownAlready(err error) bool {
	text := strings.ToLower(err.Error())
	for _, known := range []string{"already known", "already imported", "known transaction", "nonce too low"} {
		if strings.Contains(text, known) {
			return true
		}
	}
	return false
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
		return nil, fmt.Errorf("the bytes stored for transaction 0x%s are those of %s: run `oxenswap ledger verify`", a.Hash, tx.Hash())
	}
	return tx, nil
}

// replace signs another attempt of an intent whose last one can no longer be included, with the same nonce and contents.
func (s *Sender) replace(ctx context.Context, m swap.Migration, signer signer.Signer, last swap.Attempt) error {
	if signer == nil || swap.EVMAddress(signer.Address()) != last.Sender {
		return fmt.Errorf("%s offers %s wei per gas, less than the base fee now, and this command has no key of %s to offer more: run the command that sent it again, or wait",
			describe(last.Intent), last.GasFee, last.Sender)
	}
	old, err := s.signedBytes(last)
	if err != nil {
		return err
	}
	now, err := s.chain.Fees(ctx)
	if err != nil {
		return err
	}
	fees, err := outbid(old, now, m.Config.Rails.GasPrice)
	if err != nil {
		return s.stopAtRail(ctx, last.Intent, err)
	}
	c := call{Intent: last.Intent, to: old.To(), data: old.Data(), amount: last.Amount}
	return s.signAndSend(ctx, m, signer, c, last.TxSigned.Attempt+1, &types.DynamicFeeTx{
		ChainID: old.ChainId(), Nonce: old.Nonce(), To: old.To(), Data: old.Data(), Gas: old.Gas(), GasFeeCap: fees.Cap, GasTipCap: fees.Tip,
	})
}

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
