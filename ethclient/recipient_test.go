package ethclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap"
)

// TestRecipientReader reads the code of an empty address, a contract, a wallet with a delegation,
// and through a node of another chain.
func TestRecipientReader(t *testing.T) {
	delegated := common.HexToAddress("0xde1e6a7ed")
	code := map[common.Address]string{
		common.HexToAddress("0xc0de"): "0x6001", delegated: "0xef0100" + strings.Repeat("ab", 20),
		common.HexToAddress("0xc1de"): "0xef0100" + strings.Repeat("ab", 19),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID     json.RawMessage   `json:"id"`
			Method string            `json:"method"`
			Params []json.RawMessage `json:"params"`
		}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			t.Error(err)
		}
		result := "0x1"
		if call.Method == "eth_getCode" {
			var at common.Address
			if err := json.Unmarshal(call.Params[0], &at); err != nil {
				t.Error(err)
			}
			result = "0x" + strings.TrimPrefix(code[at], "0x")
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%q}`, call.ID, result)
	}))
	defer server.Close()
	reader := NewRecipientReader(server.URL, "", 0)
	defer reader.Close()
	for at, want := range map[string]swap.Seen{"0x1234": swap.SeenNothing, "0xc0de": swap.SeenCode, "0xc1de": swap.SeenCode, "0xde1e6a7ed": swap.SeenDelegation} {
		got, err := reader.Read(t.Context(), swap.EVMAddress(common.HexToAddress(at)))
		if got.Ethereum != want || got.Target != swap.SeenNotChecked || err != nil {
			t.Errorf("code at %s: got %+v, %v; want %s", at, got, err, want)
		}
	}
	other := NewRecipientReader("", server.URL, 42161)
	defer other.Close()
	if _, err := other.Read(t.Context(), swap.EVMAddress{}); err == nil || !strings.Contains(err.Error(), "42161") {
		t.Errorf("through a node of another chain: %v", err)
	}
}
