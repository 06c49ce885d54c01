package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/rogpeppe/go-internal/testscript"

	"oxenswap/ethclient/chaintest"
	"oxenswap/ethclient/contracts"
	"oxenswap/oxenrpc/oxentest"
)

// ownersKey creates the token of the recorded terms with its first transaction.
const ownersKey = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

// chainStart is ahead of every clock, so that the chain's time does not depend on when the test
// runs.
const chainStart = 2_000_000_000

// testChain is a development chain with a real port. What is sent is final at once: the simulated
// chain calls a block final at every 32nd block.
type testChain struct {
	sim   *simulated.Backend
	url   string
	token common.Address
	lock  *os.File                    // held for a script
	hide  atomic.Pointer[common.Hash] // the first log with this topic is left out of answers; nil: none
}

func newTestChain() (*testChain, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	var rich []common.Address
	for _, k := range testKeys() {
		rich = append(rich, k.Address)
	}
	c := &testChain{sim: chaintest.New(chainStart, rich, chaintest.HTTP(port))}
	node := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	proxy := httputil.NewSingleHostReverseProxy(node)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		if topic := c.hide.Load(); topic != nil && bytes.Contains(body, []byte("eth_getLogs")) {
			r.Header.Del("Accept-Encoding")
			answer := httptest.NewRecorder()
			proxy.ServeHTTP(answer, r)
			w.Header().Set("Content-Type", "application/json")
			w.Write(hideFirst(answer.Body.Bytes(), *topic))
			return
		}
		proxy.ServeHTTP(w, r)
		if bytes.Contains(body, []byte("eth_sendRawTransaction")) {
			c.settle()
		}
	}))
	c.url = server.URL
	return c, func() { server.Close(); c.sim.Close() }, c.createToken()
}

// hideFirst leaves the first log with a topic out of an answer.
func hideFirst(answer []byte, topic common.Hash) []byte {
	var whole struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Result  []types.Log     `json:"result"`
	}
	if err := json.Unmarshal(answer, &whole); err != nil {
		return answer
	}
	if i := slices.IndexFunc(whole.Result, func(l types.Log) bool { return l.Topics[0] == topic }); i >= 0 {
		whole.Result = slices.Delete(whole.Result, i, i+1)
	}
	rest, err := json.Marshal(whole)
	if err != nil {
		return answer
	}
	return rest
}

// settle makes blocks until the next is final that holds what was sent.
func (c *testChain) settle() {
	for range 64 {
		c.sim.Commit()
	}
}

// testKeys are the owner's, the publisher's and the guardian's.
func testKeys() []*keystore.Key {
	var out []*keystore.Key
	for _, text := range []string{ownersKey, strings.Repeat("11", 32), strings.Repeat("22", 32)} {
		k, err := crypto.HexToECDSA(text)
		if err != nil {
			panic(err)
		}
		out = append(out, &keystore.Key{Address: crypto.PubkeyToAddress(k.PublicKey), PrivateKey: k})
	}
	return out
}

func (c *testChain) createToken() error {
	token := contracts.TestToken()
	arguments, err := token.ABI.Pack("", big.NewInt(1e18))
	if err != nil {
		return err
	}
	tx, err := types.SignNewTx(testKeys()[0].PrivateKey, types.LatestSignerForChainID(big.NewInt(1337)), &types.DynamicFeeTx{
		ChainID: big.NewInt(1337), Gas: 5_000_000, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e10),
		Data: append(append([]byte(nil), token.Bytecode...), arguments...),
	})
	if err != nil {
		return err
	}
	c.token = crypto.CreateAddress(testKeys()[0].Address, tx.Nonce())
	err = c.sim.Client().SendTransaction(context.Background(), tx)
	c.settle()
	return err
}

// TestChainScript runs the chain commands as a person types them, on a chain at $CHAIN and two
// daemons. `pass SECONDS` lets time go by on the chain; `hide EVENT` makes the node lose one of the
// distributor's events, and `hide nothing` ends that.
func TestChainScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/chain",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			chain, stop, err := newTestChain()
			if err != nil {
				return err
			}
			e.Defer(stop)
			e.Values["chain"] = chain
			e.Setenv("CHAIN", chain.url)
			for i, role := range []string{"owner", "publisher", "guardian"} {
				if err := writeTestKey(filepath.Join(e.WorkDir, role+".json"), testKeys()[i]); err != nil {
					return err
				}
				e.Setenv(strings.ToUpper(role), testKeys()[i].Address.Hex())
			}
			signer, err := newExternalSigner(testKeys()[1].PrivateKey)
			if err != nil {
				return err
			}
			clef := httptest.NewServer(signer)
			e.Defer(clef.Close)
			e.Setenv("SIGNER", strings.TrimPrefix(clef.URL, "http://"))
			daemons := map[string]*oxentest.Daemon{}
			for _, name := range []string{"a", "b"} {
				s, err := worldState(1, name)
				if err != nil {
					return err
				}
				daemons[name] = oxentest.NewDaemon(s)
				server := httptest.NewServer(daemons[name])
				e.Defer(server.Close)
				e.Setenv("DAEMON_"+strings.ToUpper(name), server.URL)
			}
			e.Values["daemons"] = daemons
			demo, err := filepath.Abs("../../demo")
			e.Setenv("DEMO", demo)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"world":   showWorld,
			"pass":    passTime,
			"hide":    hideLogs,
			"sign":    signExport,
			"gift":    gift,
			"hold":    holdLock,
			"release": releaseLock,
		},
	})
}

func writeTestKey(path string, k *keystore.Key) error {
	encrypted, err := keystore.EncryptKey(k, "secret", 2, 1)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, encrypted, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".password", []byte("secret\n"), 0o600)
}

func passTime(ts *testscript.TestScript, _ bool, args []string) {
	seconds, err := strconv.Atoi(args[0])
	ts.Check(err)
	chain := ts.Value("chain").(*testChain)
	chain.sim.Rollback() // the pool forgets mined transactions in the background; AdjustTime refuses until then
	ts.Check(chain.sim.AdjustTime(time.Duration(seconds) * time.Second))
	chain.settle()
}

func hideLogs(ts *testscript.TestScript, _ bool, args []string) {
	chain := ts.Value("chain").(*testChain)
	if args[0] == "nothing" {
		chain.hide.Store(nil)
		return
	}
	event, ok := contracts.Distributor().ABI.Events[args[0]]
	if !ok {
		ts.Fatalf("no event %q", args[0])
	}
	chain.hide.Store(&event.ID)
}
