package sender

import (
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

// Offer, Outbid and Settings let the tests look at what is decided before anything is signed.
func Offer(now ethclient.Fees, ceiling swap.Wei) (state.Fees, error) {
	return offer(now, ceiling)
}

func Outbid(old *types.Transaction, now ethclient.Fees, ceiling swap.Wei) (state.Fees, error) {
	return outbid(state.Ethereum(), old, now, ceiling)
}

func Settings(d Deployment, m swap.Migration) (ethclient.Settings, error) { return d.settings(m) }

func GasLimit(p state.Profile, estimate uint64) (uint64, error) { return gasLimit(p, estimate) }

func Classify(err error) state.Answer { return classify(err) }

func MustBeDevelopment(m swap.Migration) error {
	return (&operation{m: m}).mustBeDevelopment("transfer 5")
}

func Wei(n uint64) *big.Int { return swap.Wei(n).Int() }
