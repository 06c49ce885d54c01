package ethclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

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
	reader := NewRecipientReader(server.URL, "", 0, swap.EVMAddress{})
	defer reader.Close()
	for at, want := range map[string]swap.Seen{"0x1234": swap.SeenNothing, "0xc0de": swap.SeenCode, "0xc1de": swap.SeenCode, "0xde1e6a7ed": swap.SeenDelegation} {
		got, err := reader.Read(t.Context(), swap.EVMAddress(common.HexToAddress(at)))
		if got.Ethereum != want || got.Target != swap.SeenNotChecked || err != nil {
			t.Errorf("code at %s: got %+v, %v; want %s", at, got, err, want)
		}
	}
	other := NewRecipientReader("", server.URL, 42161, swap.EVMAddress{})
	defer other.Close()
	if _, err := other.Read(t.Context(), swap.EVMAddress{}); err == nil || !strings.Contains(err.Error(), "42161") {
		t.Errorf("through a node of another chain: %v", err)
	}
}

// TestContributionFactory asks stand-ins of both releases of the factory, through a node that
// answers as go-ethereum does.
func TestContributionFactory(t *testing.T) {
	made, other := common.HexToAddress("0xc0de"), common.HexToAddress("0x1234")
	factories := map[common.Address]struct {
		call string // the one it knows
		yes  string // what it answers about made
	}{
		common.HexToAddress("0xf1"): {"owns(address)", "01"},
		common.HexToAddress("0xf2"): {"deployedContracts(address)", "01"},
		common.HexToAddress("0xf3"): {"owns(address)", "02"},
		common.HexToAddress("0xf4"): {"owner()", "01"},
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
		answer := `"result":"0x"`
		switch call.Method {
		case "eth_chainId":
			answer = `"result":"0x7a69"`
		case "eth_call":
			var message struct {
				To    common.Address `json:"to"`
				Input hexutil.Bytes  `json:"input"`
			}
			if err := json.Unmarshal(call.Params[0], &message); err != nil {
				t.Error(err)
			}
			f, ok := factories[message.To]
			switch {
			case ok && !bytes.Equal(message.Input[:4], crypto.Keccak256([]byte(f.call))[:4]):
				answer = `"error":{"code":3,"message":"execution reverted","data":"0x"}`
			case ok && common.BytesToAddress(message.Input[4:]) == made:
				answer = `"result":"0x` + strings.Repeat("00", 31) + f.yes + `"`
			case ok:
				answer = `"result":"0x` + strings.Repeat("00", 32) + `"`
			}
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,%s}`, call.ID, answer)
	}))
	defer server.Close()
	for _, c := range []struct {
		factory string
		about   common.Address
		want    swap.FactoryAnswer
		says    string
	}{
		{"0xf1", made, swap.FactoryYes, ""},
		{"0xf1", other, swap.FactoryNo, ""},
		{"0xf2", made, swap.FactoryYes, ""},
		{"0xf2", other, swap.FactoryNo, ""},
		{"0xf3", made, "", "neither true nor false"},
		{"0xf4", made, "", "reverted"},
		{"0xf5", made, "", "is token.contribution_factory right?"}, // no contract at all
	} {
		reader := NewRecipientReader("", server.URL, 31337, swap.EVMAddress(common.HexToAddress(c.factory)))
		got, err := reader.Read(t.Context(), swap.EVMAddress(c.about))
		reader.Close()
		if got.Factory != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("factory %s about %s: got %q, %v, want %q, %q", c.factory, c.about, got.Factory, err, c.want, c.says)
		}
	}
	for _, c := range []struct {
		url, factory string
		want         swap.FactoryAnswer
	}{{"", "0xf1", swap.FactoryNotAsked}, {server.URL, "0x0", ""}} {
		reader := NewRecipientReader("", c.url, 31337, swap.EVMAddress(common.HexToAddress(c.factory)))
		got, err := reader.Read(t.Context(), swap.EVMAddress(made))
		reader.Close()
		if got.Factory != c.want || err != nil {
			t.Errorf("factory %s through %q: got %q, %v, want %q", c.factory, c.url, got.Factory, err, c.want)
		}
	}
}
