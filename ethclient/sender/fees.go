package sender

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/swap"
)

// Arbitrum One has no mempool in which a tip would buy anything: the sequencer takes transactions as they come.
const arbitrumOne = 42161

const (
	// replaceNum / replaceDen is what a replacement must offer at least: go-ethereum's pool asks for 10 % more of both caps.
	replaceNum, replaceDen = 11, 10
	// gasNum / gasDen is the margin over an estimate, which on Arbitrum includes the moving price of L1 data.
	gasNum, gasDen = 6, 5
	// maxGas is the most that Arbitrum One takes in one transaction.
	maxGas = 32_000_000
	// maxTxBytes is the most that Arbitrum's sequencer takes; go-ethereum's pool takes more (131,072).
	maxTxBytes = 95_000
)

// Fees are what a transaction offers per gas, in wei.
type Fees struct{ Cap, Tip *big.Int }

// railError says at which rail sending stops. It becomes a rail.hit entry.
type railError struct {
	Rail         string
	Limit, Asked swap.Amount
	unit         string
}

func (e *railError) Error() string {
	return fmt.Sprintf("rails.%s is %s %s, this needs %s: nothing was sent; a person must look, and then may raise the rail in the configuration", e.Rail, e.Limit, e.unit, e.Asked)
}

// offer is twice the base fee and the tip, so that six full blocks in a row do not price the transaction out, but never
// above the ceiling. A price of now above the ceiling is a *railError.
func offer(base, tip *big.Int, ceiling swap.Amount) (Fees, error) {
	f := Fees{Cap: new(big.Int).Lsh(base, 1), Tip: tip}
	f.Cap.Add(f.Cap, tip)
	return f.under(new(big.Int).Add(base, tip), ceiling)
}

// outbid is an offer that replaces an earlier transaction with the same nonce.
func outbid(old *types.Transaction, base, tip *big.Int, ceiling swap.Amount) (Fees, error) {
	f, err := offer(base, tip, ceiling)
	if err != nil {
		return f, err
	}
	least := Fees{more(old.GasFeeCap()), more(old.GasTipCap())}
	if f.Cap.Cmp(least.Cap) < 0 {
		f.Cap = least.Cap
	}
	if f.Tip.Cmp(least.Tip) < 0 {
		f.Tip = least.Tip
	}
	return f.under(least.Cap, ceiling)
}

// more is n and a tenth, rounded up.
func more(n *big.Int) *big.Int {
	out := new(big.Int).Mul(n, big.NewInt(replaceNum))
	return out.Div(out.Add(out, big.NewInt(replaceDen-1)), big.NewInt(replaceDen))
}

// under lowers the cap to the ceiling, or refuses if not even least is under it.
func (f Fees) under(least *big.Int, ceiling swap.Amount) (Fees, error) {
	most := wei(ceiling)
	if least.Cmp(most) > 0 {
		asked := ^swap.Amount(0)
		if least.IsUint64() {
			asked = swap.Amount(least.Uint64())
		}
		return f, &railError{"gas_price", ceiling, asked, "wei per gas"}
	}
	if f.Cap.Cmp(most) > 0 {
		f.Cap = most
	}
	return f, nil
}

// gasLimit is an estimate with its margin.
func gasLimit(estimate uint64) (uint64, error) {
	limit := estimate * gasNum / gasDen
	if estimate > maxGas {
		return 0, fmt.Errorf("it would use %d gas, and a transaction takes at most %d: lower rails.batch", estimate, maxGas)
	}
	return min(limit, maxGas), nil
}
