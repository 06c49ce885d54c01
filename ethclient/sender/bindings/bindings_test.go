package bindings_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/contracts"
	"oxenswap/ethclient/sender/bindings"
)

// TestBindingsFitTheArtifacts notices bindings that were made from other artifacts than the
// committed ones.
func TestBindingsFitTheArtifacts(t *testing.T) {
	for _, c := range []struct {
		meta     *bind.MetaData
		artifact *contracts.Artifact
	}{
		{&bindings.SessionTokenDistributorMetaData, contracts.Distributor()},
		{&bindings.TestTokenMetaData, contracts.TestToken()},
	} {
		got, err := c.meta.ParseABI()
		if err != nil {
			t.Fatal(err)
		}
		// abigen leaves out all spaces, those in "struct S" too.
		want, err := abi.JSON(strings.NewReader(strings.ReplaceAll(string(c.artifact.ABIJSON), " ", "")))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: the ABI is another one: run ethclient/contracts/build.sh", c.artifact.Name)
		}
		if c.meta.Bin != "0x"+common.Bytes2Hex(c.artifact.Bytecode) {
			t.Errorf("%s: the bytecode is another one: run ethclient/contracts/build.sh", c.artifact.Name)
		}
	}
}
