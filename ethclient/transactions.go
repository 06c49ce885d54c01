package ethclient

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/swap"
)

// Receipt returns where a transaction is, on a chain that the first node still has, or nil if no block holds it. Any
// other answer, such as that the node is still indexing, is an error: nothing follows from it.
func (r *Reader) Receipt(ctx context.Context, hash swap.Hash) (*swap.Inclusion, error) {
	receipt, err := r.first().TransactionReceipt(ctx, common.Hash(hash))
	if errors.Is(err, ethereum.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("receipt of transaction 0x%s: %w", hash, err)
	}
	if receipt.TxHash != common.Hash(hash) || receipt.BlockNumber == nil || !receipt.BlockNumber.IsUint64() {
		return nil, fmt.Errorf("receipt of transaction 0x%s: it is of %s in block %v: %w", hash, receipt.TxHash, receipt.BlockNumber, ErrMalformed)
	}
	block, err := r.first().block(ctx, receipt.BlockNumber)
	if err != nil {
		return nil, err
	}
	if block.Hash != receipt.BlockHash {
		return nil, fmt.Errorf("receipt of transaction 0x%s: block %d: %w", hash, block.Number, ErrReorganised)
	}
	fee := new(big.Int)
	if receipt.EffectiveGasPrice != nil {
		fee.Mul(receipt.EffectiveGasPrice, number(receipt.GasUsed))
	}
	paid, err := amount(fee)
	if err != nil {
		return nil, fmt.Errorf("fee of transaction 0x%s: %w", hash, err)
	}
	return &swap.Inclusion{
		Hash: hash, Block: block.Number, BlockHash: swap.Hash(block.Hash),
		Success: receipt.Status == types.ReceiptStatusSuccessful, GasUsed: receipt.GasUsed, Fee: paid,
	}, nil
}

// arbitrum are Arbitrum One, its Sepolia test chain and Nova: they have no mempool in which a tip would buy anything.
func arbitrum(chainID uint64) bool {
	return chainID == 42161 || chainID == 421614 || chainID == 42170
}

// Fees are what a transaction may offer now, in wei per gas.
type Fees struct{ Base, Cap, Tip *big.Int }

// Fees suggests twice the base fee of the newest block, so that several full blocks in a row do not price a transaction
// out, and the tip that the node suggests; none on Arbitrum.
func (r *Reader) Fees(ctx context.Context) (Fees, error) {
	head, err := r.Head(ctx)
	if err != nil {
		return Fees{}, err
	}
	if head.BaseFee == nil {
		return Fees{}, fmt.Errorf("block %d has no base fee: the chain is older than EIP-1559", head.Number)
	}
	tip := new(big.Int)
	if !arbitrum(r.o.ChainID) {
		if tip, err = r.first().SuggestGasTipCap(ctx); err != nil {
			return Fees{}, fmt.Errorf("node %s: tip: %w", r.first().Name, err)
		}
	}
	limit := new(big.Int).Lsh(head.BaseFee, 1)
	return Fees{Base: head.BaseFee, Cap: limit.Add(limit, tip), Tip: tip}, nil
}

// GasMoney is what an account holds of the chain's coin, in wei, at the newest block.
func (r *Reader) GasMoney(ctx context.Context, account swap.EVMAddress) (*big.Int, error) {
	wei, err := r.first().BalanceAt(ctx, common.Address(account), nil)
	if err != nil {
		return nil, fmt.Errorf("node %s: balance of %s: %w", r.first().Name, account, err)
	}
	return wei, nil
}

// HasCode reports whether there is a contract at an address, at the newest block.
func (r *Reader) HasCode(ctx context.Context, account swap.EVMAddress) (bool, error) {
	code, err := r.first().CodeAt(ctx, common.Address(account), nil)
	if err != nil {
		return false, fmt.Errorf("node %s: code of %s: %w", r.first().Name, account, err)
	}
	return len(code) > 0, nil
}

// amount is an atomic amount that fits what the ledger can hold.
func amount(n *big.Int) (swap.Amount, error) {
	if n == nil || !n.IsUint64() {
		return 0, fmt.Errorf("%v is not below 2^64: %w", n, ErrMalformed)
	}
	return swap.Amount(n.Uint64()), nil
}
