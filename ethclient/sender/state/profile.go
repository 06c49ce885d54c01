package state

import (
	"math/big"
	"slices"

	"oxenswap/swap"
)

// Profile is what a kind of chain does with transactions.
type Profile struct {
	Name string
	// Replaces says that transactions wait in a pool, where one that offers more takes the place of
	// another with its nonce. Without a pool a transaction is taken at once or never, and one whose
	// nonce is not the next is refused.
	Replaces bool
	MaxBytes int    // of a signed transaction
	MaxGas   uint64 // of a transaction
}

// Arbitrum has a sequencer and no pool: a nonce that is ahead waits about a second and is refused
// then, and a tip buys nothing. A time-out says nothing about what became of the bytes. The
// sequencer takes 95,000 bytes and 32M gas.
func Arbitrum() Profile { return Profile{Name: "arbitrum", MaxBytes: 95_000, MaxGas: 32_000_000} }

// Ethereum has pools like go-ethereum's: a replacement offers a tenth more in both caps, and a
// transaction has at most 131,072 bytes (txMaxSize of core/txpool/legacypool) and a gas limit of
// 2^24 (EIP-7825).
func Ethereum() Profile {
	return Profile{Name: "ethereum", Replaces: true, MaxBytes: 131_072, MaxGas: 1 << 24}
}

// ProfileOf is the profile of a chain: Arbitrum for Arbitrum One, Nova and Arbitrum Sepolia,
// Ethereum for all others, such as development chains.
func ProfileOf(chainID uint64) Profile {
	if slices.Contains([]uint64{42161, 42170, 421614}, chainID) {
		return Arbitrum()
	}
	return Ethereum()
}

// Fees are what a transaction offers, or what the chain asks for, in wei per gas.
type Fees struct{ Base, Cap, Tip *big.Int }

const (
	// bumpNum / bumpDen is what a replacement offers at least: go-ethereum's pool asks for a tenth
	// more of both caps (PriceBump of core/txpool/legacypool), erigon and nethermind too.
	bumpNum, bumpDen = 11, 10
)

// Offer is what a first attempt offers: what the chain suggests now, but never above the ceiling.
// ok is false if the price of now is above it; least is then what it would take.
func Offer(now Fees, ceiling swap.Wei) (f Fees, least *big.Int, ok bool) {
	return under(now, new(big.Int).Add(now.Base, now.Tip), ceiling)
}

// Outbid is an offer for another attempt with the nonce of an old one: at least a tenth more in
// both caps where pools replace.
func (p Profile) Outbid(oldCap, oldTip *big.Int, now Fees, ceiling swap.Wei) (f Fees, least *big.Int, ok bool) {
	if !p.Replaces {
		return Offer(now, ceiling)
	}
	leastCap, leastTip := more(oldCap), more(oldTip)
	f = Fees{Base: now.Base, Cap: larger(now.Cap, leastCap), Tip: larger(now.Tip, leastTip)}
	return under(f, larger(new(big.Int).Add(f.Base, f.Tip), leastCap), ceiling)
}

// under lowers the cap to the ceiling, unless not even least is under it.
func under(f Fees, least *big.Int, ceiling swap.Wei) (Fees, *big.Int, bool) {
	most := ceiling.Int()
	if least.Cmp(most) > 0 {
		return Fees{}, least, false
	}
	if f.Cap.Cmp(most) > 0 {
		f.Cap = most
	}
	return f, least, true
}

// more is n and a tenth, rounded up.
func more(n *big.Int) *big.Int {
	out := new(big.Int).Mul(n, big.NewInt(bumpNum))
	return out.Div(out.Add(out, big.NewInt(bumpDen-1)), big.NewInt(bumpDen))
}

func larger(a, b *big.Int) *big.Int {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}
