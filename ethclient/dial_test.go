package ethclient_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient"
)

// fakeNode answers eth_chainId and eth_blockNumber, and counts.
type fakeNode struct {
	mu      sync.Mutex
	chain   string
	status  []int // answered before anything else, one per request other than eth_chainId
	close   bool  // end each connection after its answer
	answer  string
	methods []string
	paths   []string
	users   []string
}

func (f *fakeNode) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var q struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.methods = append(f.methods, q.Method)
	f.paths = append(f.paths, r.URL.String())
	user, password, _ := r.BasicAuth()
	f.users = append(f.users, user+":"+password)
	if f.close {
		w.Header().Set("Connection", "close")
	}
	result := `"` + f.chain + `"`
	if q.Method != "eth_chainId" {
		if len(f.status) > 0 {
			status := f.status[0]
			f.status = f.status[1:]
			http.Error(w, "later", status)
			return
		}
		if result = f.answer; result == "" {
			result = `"0x10"`
		}
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, q.ID, result)
}

func (f *fakeNode) count(method string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.methods {
		if m == method {
			n++
		}
	}
	return n
}

func (f *fakeNode) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func serve(t *testing.T, f *fakeNode) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s
}

func quick() ethclient.Limits {
	return ethclient.Limits{Timeout: 5 * time.Second, Body: 1 << 16, Tries: 3, Pause: time.Millisecond}
}

func TestDial(t *testing.T) {
	w := newWorld(t)
	r, err := ethclient.Dial(t.Context(), ethclient.Options{ChainID: chainID}, ethclient.DefaultLimits(), w.url, w.url)
	w.must(err)
	w.must(r.Agree(t.Context()))
	if _, err := r.CheckDistributor(t.Context(), w.addr, w.settings()); err != nil {
		t.Error(err)
	}
	var wrong *ethclient.ChainError
	if _, err := ethclient.Dial(t.Context(), ethclient.Options{ChainID: 42161}, ethclient.DefaultLimits(), w.url); !errors.As(err, &wrong) || wrong.Want != 42161 {
		t.Errorf("another chain: %v", err)
	}
}

func TestEveryNewConnectionProvesItsChain(t *testing.T) {
	f := &fakeNode{chain: "0x539"}
	s := serve(t, f)
	c, err := ethclient.Connect(t.Context(), s.URL, chainID, quick())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 5 {
		if n, err := c.BlockNumber(t.Context()); err != nil || n != 16 {
			t.Fatal(n, err)
		}
	}
	if n := f.count("eth_chainId"); n != 2 { // the question itself, and the proof of the connection it came over
		t.Errorf("asked for the chain id %d times over one connection", n)
	}

	// The connection is lost, and the name now leads to another chain.
	s.CloseClientConnections()
	f.set(func() { f.chain = "0x1" })
	var wrong *ethclient.ChainError
	if _, err := c.BlockNumber(t.Context()); !errors.As(err, &wrong) {
		t.Errorf("an answer from another chain: %v", err)
	}
	if _, err := c.BlockNumber(t.Context()); !errors.As(err, &wrong) {
		t.Errorf("a second answer over the same connection: %v", err)
	}
	f.set(func() { f.chain = "0x539" })
	if n, err := c.BlockNumber(t.Context()); err != nil || n != 16 {
		t.Errorf("after the name leads to the right chain again: %d, %v", n, err)
	}
}

func TestProofOverTLS(t *testing.T) {
	f := &fakeNode{chain: "0x539"}
	s := httptest.NewUnstartedServer(f)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots)
	c, err := ethclient.Connect(t.Context(), s.URL, chainID, quick())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if _, err := c.BlockNumber(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.count("eth_chainId"); n != 2 {
		t.Errorf("asked for the chain id %d times over one connection", n)
	}
}

func TestConnectionsThatEndEachTime(t *testing.T) {
	f := &fakeNode{chain: "0x539", close: true}
	s := serve(t, f)
	c, err := ethclient.Connect(t.Context(), s.URL, chainID, quick())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before := f.count("eth_chainId")
	if _, err := c.BlockNumber(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := f.count("eth_chainId") - before; n != 1 {
		t.Errorf("%d proofs for one new connection", n)
	}
}

func TestReadsAreRepeated(t *testing.T) {
	f := &fakeNode{chain: "0x539"}
	s := serve(t, f)
	c, err := ethclient.Connect(t.Context(), s.URL, chainID, quick())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f.set(func() { f.status = []int{429, 503} })
	if n, err := c.BlockNumber(t.Context()); err != nil || n != 16 {
		t.Errorf("after two busy answers: %d, %v", n, err)
	}
	f.set(func() { f.status = []int{502, 502, 502, 502} })
	if _, err := c.BlockNumber(t.Context()); err == nil {
		t.Error("three tries did not end")
	}
	if n := f.count("eth_blockNumber"); n != 6 {
		t.Errorf("%d requests, want 3 and 3", n)
	}
	f.set(func() { f.status = []int{400} })
	if _, err := c.BlockNumber(t.Context()); err == nil {
		t.Error("a refusal was repeated")
	}
	// Sending is tried once: whether it arrived is not for this layer to decide.
	f.set(func() { f.status = []int{503} })
	tx := types.NewTx(&types.DynamicFeeTx{})
	if err := c.SendTransaction(t.Context(), tx); err == nil || f.count("eth_sendRawTransaction") != 1 {
		t.Errorf("sent %d times: %v", f.count("eth_sendRawTransaction"), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.BlockNumber(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestConnectBounds(t *testing.T) {
	f := &fakeNode{chain: "0x539", answer: `"0x` + strings.Repeat("0", 1<<17) + `"`}
	s := serve(t, f)
	c, err := ethclient.Connect(t.Context(), s.URL, chainID, quick())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.BlockNumber(t.Context()); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a long answer: %v", err)
	}
	if n := f.count("eth_blockNumber"); n != 1 {
		t.Errorf("a long answer was asked for %d times", n)
	}

	stuck := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(stuck) })
	l := quick()
	l.Timeout, l.Tries = 50*time.Millisecond, 1
	if _, err := ethclient.Connect(t.Context(), slow.URL, chainID, l); err == nil {
		t.Error("a node that never answers")
	}

	for name, change := range map[string]func(*ethclient.Limits){
		"time-out": func(l *ethclient.Limits) { l.Timeout = 0 }, "body": func(l *ethclient.Limits) { l.Body = 0 },
		"tries": func(l *ethclient.Limits) { l.Tries = 0 }, "pause": func(l *ethclient.Limits) { l.Pause = 0 },
	} {
		l := quick()
		change(&l)
		if _, err := ethclient.Connect(t.Context(), s.URL, chainID, l); err == nil {
			t.Errorf("no %s was accepted", name)
		}
	}
	for _, u := range []string{"", "127.0.0.1:8545", "ws://host", "/tmp/geth.ipc", "http://", "http://a b/"} {
		if _, err := ethclient.Connect(t.Context(), u, chainID, quick()); err == nil || !strings.Contains(err.Error(), "RPC URL") {
			t.Errorf("connecting to %q: error %v, want one about the RPC URL", u, err)
		}
	}
}

func TestRedirectionsAreNotFollowed(t *testing.T) {
	f := &fakeNode{chain: "0x539"}
	s := serve(t, f)
	other := httptest.NewServer(http.RedirectHandler(s.URL, http.StatusTemporaryRedirect))
	t.Cleanup(other.Close)
	if _, err := ethclient.Connect(t.Context(), other.URL, chainID, quick()); err == nil || len(f.methods) != 0 {
		t.Errorf("followed: %v, %v", f.methods, err)
	}
}

// TestMessagesHideTheURL holds a key in every part of the URL that may have one.
func TestMessagesHideTheURL(t *testing.T) {
	f := &fakeNode{chain: "0x539"}
	s := serve(t, f)
	secret := strings.Replace(s.URL, "http://", "http://user:hunter2@", 1) + "/v2/hunter2?key=hunter2"
	c, err := ethclient.Connect(t.Context(), secret, chainID, quick())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if f.paths[0] != "/v2/hunter2?key=hunter2" || f.users[0] != "user:hunter2" {
		t.Errorf("asked %q as %q", f.paths[0], f.users[0])
	}
	var errs []error
	f.set(func() { f.status = []int{500} })
	_, err = c.BlockNumber(t.Context())
	errs = append(errs, err)
	f.set(func() { f.chain = "0x1" })
	_, err = ethclient.Connect(t.Context(), secret, chainID, quick())
	errs = append(errs, err)
	s.Close()
	_, err = c.BlockNumber(t.Context())
	errs = append(errs, err)
	_, err = ethclient.Connect(t.Context(), "http://user:hunter2@127.0.0.1:1/hunter2\x7f", chainID, quick())
	errs = append(errs, err)
	for i, err := range errs {
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %d: %v", i, err)
		}
	}
}
