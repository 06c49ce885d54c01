package main

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"oxenswap/cmd/oxenswap/internal/datadir"
)

func TestKeyConfig(t *testing.T) {
	const address = `address = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"`
	schedule := "\n[schedule]\ntake = \"@every 20s\"\nfinalize = \"*/5 * * * *\"\n"
	for _, c := range []struct{ name, text, says string }{
		{"nothing", ``, ""},
		{"an address alone", address, ""},
		{"a keystore", "keystore = \"a.json\"\npassword_file = \"a.password\"", ""},
		{"a keystore without its password", address + "\nkeystore = \"a.json\"", "go together"},
		{"a password without its keystore", address + "\npassword_file = \"a.password\"", "go together"},
		{"a socket", address + "\nexternal = \"/run/clef/clef.ipc\"", ""},
		{"a socket beside the configuration", address + "\nexternal = \"clef.ipc\"", ""},
		{"a URL", address + "\nexternal = \"https://signer.example:8550/\"", ""},
		{"no URL", address + "\nexternal = \"ws://operator:hunter2@signer.example\"", "such as http://"},
		{"a socket without an address", "external = \"clef.ipc\"", "which of the signer's accounts"},
		{"a mistyped address", "address = \"0x19e7E376E7C213B7E7e7e46cc70A5dD086DAff2A\"\nexternal = \"clef.ipc\"", "EIP-55"},
		{"both", address + "\nkeystore = \"a.json\"\npassword_file = \"a.password\"\nexternal = \"clef.ipc\"", "one of the two ways"},
		{"both, by half", address + "\npassword_file = \"a.password\"\nexternal = \"clef.ipc\"", "one of the two ways"},
		{"an unknown word", address + "\nexternal_signer = \"clef.ipc\"", "unknown key"},
	} {
		for _, role := range []string{"owner", "publisher", "guardian"} {
			_, err := datadir.ParseConfig([]byte("[chain." + role + "]\n" + c.text + schedule))
			switch {
			case c.says == "" && err != nil, c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%s: %v, expected %q", c.name, err, c.says)
			case err != nil && !strings.Contains(err.Error(), "chain."+role):
				t.Errorf("%s: %v does not name the role", c.name, err)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("%s: %v gives a password away", c.name, err)
			}
		}
	}
}

// externalSigner speaks Clef's protocol for one key. It takes no call with a recipient, so that a
// creation is signed and everything after it is denied.
type externalSigner struct{ key *ecdsa.PrivateKey }

// newExternalSigner serves it to whoever has the password.
func newExternalSigner(key *ecdsa.PrivateKey) (http.Handler, error) {
	server := rpc.NewServer()
	if err := server.RegisterName("account", externalSigner{key}); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "hunter2" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		server.ServeHTTP(w, r)
	}), nil
}

func (externalSigner) Version(context.Context) (string, error) { return "6.1.0", nil }

func (s externalSigner) List(context.Context) ([]common.Address, error) {
	return []common.Address{crypto.PubkeyToAddress(s.key.PublicKey)}, nil
}

func (s externalSigner) SignTransaction(_ context.Context, args apitypes.SendTxArgs, _ *string) (map[string]any, error) {
	if args.To != nil {
		return nil, errors.New("request denied")
	}
	tx, err := args.ToTransaction()
	if err != nil {
		return nil, err
	}
	signed, err := types.SignTx(tx, types.LatestSignerForChainID((*big.Int)(args.ChainID)), s.key)
	return map[string]any{"tx": signed}, err
}
