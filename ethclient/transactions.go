package ethclient

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap"
)

// arbitrum are Arbitrum One, its Sepolia test chain and Nova: they have no mempool in which a tip
// would buy anything.
func arbitrum(chainID uint64) bool {
	return chainID == 42161 || chainID == 421614 || chainID == 42170
}

// Fees are what a transaction may offer now, in wei per gas.
type Fees struct{ Base, Cap, Tip *big.Int }

// Fees suggests twice the base fee of the newest block, so that several full blocks in a row do not
// price a transaction out, and the tip that the node suggests; none on Arbitrum.
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

// amount is a sum that fits what the ledger can hold.
func amount[N swap.Sesh | swap.Wei](n *big.Int) (N, error) {
	if n == nil || !n.IsUint64() {
		return 0, fmt.Errorf("%v is not below 2^64: %w", n, ErrMalformed)
	}
	return N(n.Uint64()), nil
}
