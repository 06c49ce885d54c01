package sender

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// gasNum / gasDen is the margin over an estimate, which on Arbitrum includes the moving price of L1
// data.
const gasNum, gasDen = 6, 5

// offer is what a transaction offers: what the chain suggests now, but never above the ceiling. A
// price of now above the ceiling is a *railError.
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
	return &railError{"gas_price", swap.RailValue(ceiling), asked}
}

// gasLimit is an estimate with its margin.
func gasLimit(p state.Profile, estimate uint64) (uint64, error) {
	if estimate > p.MaxGas {
		return 0, fmt.Errorf("it would use %d gas, and a transaction takes at most %d: lower rails.batch", estimate, p.MaxGas)
	}
	return min(estimate*gasNum/gasDen, p.MaxGas), nil
}
