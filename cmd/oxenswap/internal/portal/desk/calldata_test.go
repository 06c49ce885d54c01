package desk

import (
	"encoding/hex"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// TestCalldata compares it with what go-ethereum's ABI encoder makes.
func TestCalldata(t *testing.T) {
	to := swap.EVMAddress{0: 0xab, 19: 0xcd}
	for _, n := range []int{0, 1, 17} {
		path, words := make([]common.Hash, n), make([][32]byte, n)
		for i := range path {
			path[i] = common.Hash{byte(i), 31: 7}
			words[i] = path[i]
		}
		amount := uint256.NewInt(123456789012345)
		want, err := contracts.Distributor().ABI.Pack("claim", common.Address(to), amount.ToBig(), words)
		if err != nil {
			t.Fatal(err)
		}
		c := Collect{Recipient: to, Cumulative: swap.Sesh(amount.Uint64()), Proof: path}
		if got := c.Calldata(); got != "0x"+hex.EncodeToString(want) {
			t.Errorf("%d hashes: %s, expected %x", n, got, want)
		}
	}
}
