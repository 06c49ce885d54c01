package sender_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/state"
	"oxenswap/swap"
)

func TestFees(t *testing.T) {
	now := func(base, tip uint64) ethclient.Fees {
		return ethclient.Fees{Base: sender.Wei(base), Tip: sender.Wei(tip), Cap: sender.Wei(2*base + tip)}
	}
	old := types.NewTx(&types.DynamicFeeTx{GasFeeCap: sender.Wei(1001), GasTipCap: sender.Wei(11), To: &common.Address{}})
	for _, c := range []struct {
		name     string
		outbid   bool
		now      ethclient.Fees
		ceiling  swap.Wei
		cap, tip uint64 // 0: refused
	}{
		{"as suggested", false, now(100, 7), 1000, 207, 7},
		{"up to the ceiling", false, now(600, 7), 1000, 1000, 7},
		{"at the ceiling", false, now(993, 7), 1000, 1000, 7},
		{"above it", false, now(994, 7), 1000, 0, 0},
		{"a tenth more, rounded up", true, now(100, 7), 5000, 1102, 13},
		{"more than a tenth", true, now(1000, 20), 5000, 2020, 20},
		{"a tenth more would be above the ceiling", true, now(100, 7), 1101, 0, 0},
		{"between a tenth more and the ceiling", true, now(1000, 20), 1500, 1500, 20},
	} {
		f, err := sender.Offer(c.now, c.ceiling)
		if c.outbid {
			f, err = sender.Outbid(old, c.now, c.ceiling)
		}
		if (err != nil) != (c.cap == 0) || err == nil && (f.Cap.Uint64() != c.cap || f.Tip.Uint64() != c.tip) {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
		if err != nil {
			want(t, err, "rails.gas_price", "wei per gas")
		}
	}
	for _, c := range []struct {
		profile         state.Profile
		estimate, limit uint64
	}{
		{state.Arbitrum(), 100, 120}, {state.Arbitrum(), 30_000_000, 32_000_000}, {state.Arbitrum(), 32_000_000, 32_000_000},
		{state.Arbitrum(), 32_000_001, 0}, {state.Arbitrum(), 1 << 62, 0},
		{state.Ethereum(), 100, 120}, {state.Ethereum(), 16_000_000, 16_777_216}, {state.Ethereum(), 16_777_216, 16_777_216},
		{state.Ethereum(), 16_777_217, 0},
	} {
		if got, err := sender.GasLimit(c.profile, c.estimate); got != c.limit || (err != nil) != (c.limit == 0) {
			t.Errorf("limit for %d on %s: %d, %v", c.estimate, c.profile.Name, got, err)
		}
	}
}

// TestRealMoney holds the rules that development chains are spared.
func TestRealMoney(t *testing.T) {
	real := swap.Migration{Terms: testTerms(t, common.HexToAddress("0x10Ea9E5303670331Bdddfa66A4cEA47dae4fcF3b"), 42161)}
	real.Closes = real.Terms.Closes
	d := sender.Deployment{Roles: sender.Roles{Owner: holder(1), Publisher: holder(2), Guardian: holder(3)}, ActivationDelay: sender.DefaultDelay - 1}
	_, err := sender.Settings(d, real)
	want(t, err, "86399 seconds", "at least 86400")
	d.ActivationDelay++
	if _, err := sender.Settings(d, real); err != nil {
		t.Error(err)
	}
	want(t, sender.MustBeDevelopment(real), "chain 42161", "owner's own wallet")
}
