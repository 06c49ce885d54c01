package sender_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/node"

	"oxenswap/ethclient"
	"oxenswap/ethclient/sender"
	"oxenswap/swap"
)

// counter counts what passes to a node's RPC port: requests, and the calls in them.
type counter struct {
	http.Handler
	mu       sync.Mutex
	requests int
	calls    map[string]int
	longest  int // calls in one request
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	type call struct{ Method string }
	var many []call
	if json.Unmarshal(body, &many) != nil {
		many = make([]call, 1)
		_ = json.Unmarshal(body, &many[0])
	}
	c.mu.Lock()
	c.requests++
	c.longest = max(c.longest, len(many))
	for _, m := range many {
		c.calls[m.Method]++
	}
	c.mu.Unlock()
	c.Handler.ServeHTTP(w, r)
}

// TestRestart begins with 10,000 transactions that were signed, half of them in blocks, half of
// them never sent: to know how far each of them got takes at most two requests for a hundred.
func TestRestart(t *testing.T) {
	const intents = 10_000
	ctx := t.Context()
	port := freePort(t)
	w := newWorld(t, func(n *node.Config, _ *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort, n.HTTPModules = "127.0.0.1", port, []string{"eth"}
	})
	records := make([]swap.Record, 0, intents)
	head, err := w.sim.Client().HeaderByNumber(ctx, nil)
	must(t, err)
	fee := new(big.Int).Add(new(big.Int).Mul(head.BaseFee, big.NewInt(100)), big.NewInt(1e9))
	self := w.publisher.Address()
	for n := range uint64(intents) {
		tx, err := w.publisher.SignTx(ctx, types.NewTx(&types.DynamicFeeTx{
			ChainID: big.NewInt(chainID), Nonce: n, To: &self, Data: []byte{1}, Gas: 30_000, GasFeeCap: fee, GasTipCap: big.NewInt(1e9),
		}), big.NewInt(chainID))
		must(t, err)
		raw, err := tx.MarshalBinary()
		must(t, err)
		records = append(records, swap.Record{Event: &swap.TxSigned{
			Intent: swap.Intent{Purpose: swap.PurposeFund, Plan: n + 1}, Attempt: 1, ChainID: chainID, Sender: swap.EVMAddress(self), Nonce: n,
			Hash: swap.Hash(tx.Hash()), Raw: swap.Digest(raw), GasFee: swap.Wei(fee.Uint64()),
		}, Attachments: [][]byte{raw}})
		if n < intents/2 {
			must(t, w.sim.Client().SendTransaction(ctx, tx))
			w.sim.Commit() // a block for each
		}
	}
	w.append(records...)
	last := records[intents/2-1].Event.(*swap.TxSigned).Hash
	if _, err := w.chain.receipt(ctx, [32]byte(last)); err != nil {
		t.Fatal(err)
	}

	target := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	c := &counter{Handler: httputil.NewSingleHostReverseProxy(target), calls: map[string]int{}}
	server := httptest.NewServer(c)
	defer server.Close()
	limits := ethclient.DefaultLimits()
	client, err := ethclient.Connect(ctx, server.URL, chainID, limits)
	must(t, err)
	defer client.Close()
	reader, err := ethclient.New(ctx, ethclient.Options{ChainID: chainID}, w.node(client))
	must(t, err)
	s := sender.New(reader, client, w.memoryLedger, sender.Options{})
	begin := time.Now()
	_, err = s.Sync(ctx)
	must(t, err)
	took := time.Since(begin)

	got := map[swap.AttemptStatus]int{}
	must(t, w.tables.AllAttempts(func(a swap.Attempt) error { got[a.Status]++; return nil }))
	final := intents/2 - deep
	if got[swap.FinalizedAttempt] != final || got[swap.MinedAttempt] != deep || got[swap.SignedAttempt] != intents/2 {
		t.Errorf("attempts by status: %v, want %d final, %d mined, %d signed", got, final, deep, intents/2)
	}
	if most := 2 * intents / 100; c.requests > most {
		t.Errorf("%d requests for %d intents, at most %d: %v", c.requests, intents, most, c.calls)
	}
	t.Logf("%d open intents: %d requests (the longest with %d calls), %s; calls: %v", intents, c.requests, c.longest, took.Round(time.Millisecond), c.calls)
}

// freePort is a TCP port that nobody listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
