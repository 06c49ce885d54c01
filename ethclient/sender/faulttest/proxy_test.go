package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fault is what becomes of one HTTP request to a node.
type fault string

const (
	refused fault = "error, not sent" // the node is not asked
	failed  fault = "error, but sent" // the node does what it is asked, and the answer is an error
	timeout fault = "time-out"        // the node does what it is asked, and no answer comes
	stale   fault = "stale answer"    // the answer is that of a node some blocks behind; what is sent arrives
	empty   fault = "empty answer"    // the node does what it is asked, and the answer is nothing, with status 200
	other   fault = "wrong chain"     // the next new connection leads to a node of another chain
	lost    fault = "lost connection" // the node does what it is asked, and the connection ends in the middle of the answer
)

func allFaults() []fault { return []fault{refused, failed, timeout, stale, empty, other, lost} }

// behind is how many blocks a stale answer is behind.
const behind = 3

// question is one call of JSON-RPC.
type question struct {
	Version string            `json:"jsonrpc"`
	ID      json.RawMessage   `json:"id"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
}

// answer is its answer: a result or an error.
type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// proxy stands between the sender and a node, and decides what becomes of the requests.
type proxy struct {
	t       *testing.T
	node    string // URL
	foreign string // URL of a node of another chain
	server  *httptest.Server
	client  *http.Client

	mu     sync.Mutex
	final  int    // blocks above a final one, instead of what the node says; negative: the node says it
	asked  []step // since it was armed
	at     int    // the request that the fault hits, from 1; 0: none
	fault  fault
	hit    func() // called when it hits
	came   bool
	chance func() fault // may let any request meet a fault
	view   view         // what is made of every answer
	sent   [][]byte     // signed transactions that the node was given
	noSend bool         // transactions are swallowed: the answer is their hash
}

// connection is what the proxy knows of one of its connections.
type connection struct {
	used   bool // for a request already
	astray bool // leads to the other chain
}

type connectionKey struct{}

// step names a request: its methods, and for reads of blocks which.
type step string

// view changes what a node says. ok is false for a question that is to be asked as it is.
type view interface {
	answer(ask func(question) (answer, error), q question) (a answer, ok bool, err error)
}

func newProxy(t *testing.T, node, foreign string, final int) *proxy {
	t.Helper()
	p := &proxy{t: t, node: node, foreign: foreign, final: final}
	p.client = &http.Client{Transport: &http.Transport{DisableCompression: true}}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connectionKey{}, &connection{})
	}
	p.server.Start()
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
		p.client.CloseIdleConnections()
	})
	return p
}

// arm makes the n-th request from now on meet a fault. 0 only counts.
func (p *proxy) arm(n int, f fault, hit func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.at, p.fault, p.hit, p.came = nil, n, f, hit, false
}

// disarm ends that, and tells which requests came and whether one of them met the fault.
func (p *proxy) disarm() ([]step, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.hit = 0, nil
	return p.asked, p.came
}

// show makes every answer that of a view; nil is the node's own.
func (p *proxy) show(v view) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view = v
}

// storm lets requests meet faults by chance; nil ends that.
func (p *proxy) storm(chance func() fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chance = chance
}

// swallow drops transactions on the way to the node and says that it took them.
func (p *proxy) swallow(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noSend = on
}

// transactions are the signed bytes that the node was given so far.
func (p *proxy) transactions() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][]byte(nil), p.sent...)
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	questions, batch, err := parse(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	meets, astray, v := p.meet(w, r, questions)
	target := p.node
	if astray {
		target, v = p.foreign, nil
	}
	if meets == stale {
		v = lagging(behind)
	}
	var answers []answer
	for _, q := range questions {
		if meets == refused {
			answers = append(answers, failure(q, "upstream is not available"))
			continue
		}
		a, err := p.ask(r.Context(), target, v, q)
		if err != nil {
			a = failure(q, err.Error())
		}
		if meets == failed {
			a = failure(q, "upstream failed")
		}
		answers = append(answers, a)
	}
	var out []byte
	if out, err = json.Marshal(answers); err == nil && !batch {
		out, err = json.Marshal(answers[0])
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch meets {
	case timeout:
		<-r.Context().Done()
	case empty:
		w.WriteHeader(http.StatusOK)
	case lost:
		p.cut(w, out)
	default:
		w.Write(out)
	}
}

// meet counts a request, and says which fault it meets, whether it leads to the other chain, and
// what is made of the answer.
func (p *proxy) meet(w http.ResponseWriter, r *http.Request, questions []question) (meets fault, astray bool, v view) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := r.Context().Value(connectionKey{}).(*connection)
	p.asked = append(p.asked, name(questions))
	n := len(p.asked)
	if p.at > 0 && !p.came && (n == p.at && p.fault != other || n >= p.at && p.fault == other && !c.used) {
		meets, p.came = p.fault, true
		c.astray = p.fault == other
		if p.hit != nil {
			p.hit()
		}
	}
	if p.chance != nil && !c.astray {
		if meets = p.chance(); meets == other {
			if c.astray = !c.used; c.used {
				meets = ""
				w.Header().Set("Connection", "close") // perhaps the next one
			}
		}
	}
	// Before and after the connection that goes astray, none stays open.
	if p.at > 0 && p.fault == other && n+1 >= p.at && !p.came || c.astray && c.used {
		w.Header().Set("Connection", "close")
	}
	c.used = true
	return meets, c.astray, p.view
}

// cut sends half of an answer and ends the connection.
func (p *proxy) cut(w http.ResponseWriter, out []byte) {
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		p.t.Errorf("cutting a connection: %v", err)
		return
	}
	defer conn.Close()
	fmt.Fprintf(buf, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(out), out[:len(out)/2])
	buf.Flush()
	if c, ok := conn.(*net.TCPConn); ok {
		c.SetLinger(0)
	}
}

// ask puts one question to a node, through a view.
func (p *proxy) ask(ctx context.Context, target string, v view, q question) (answer, error) {
	ask := func(q question) (answer, error) { return post(ctx, p.client, target, q) }
	if target == p.node {
		ask = func(q question) (answer, error) {
			q, err := p.finalised(ctx, q)
			if err != nil {
				return answer{}, err
			}
			return post(ctx, p.client, target, q)
		}
		if raw, ok := sending(q); ok {
			p.mu.Lock()
			p.sent = append(p.sent, raw)
			swallowed := p.noSend
			p.mu.Unlock()
			if swallowed {
				return result(q, hashOf(raw)), nil
			}
		}
	}
	if v != nil {
		if a, ok, err := v.answer(ask, q); ok || err != nil {
			return a, err
		}
	}
	return ask(q)
}

// finalised puts a number in the place of the final block.
func (p *proxy) finalised(ctx context.Context, q question) (question, error) {
	i := blockParam(q)
	if p.final < 0 || i < 0 || i >= len(q.Params) || string(q.Params[i]) != `"finalized"` {
		return q, nil
	}
	head, err := headOf(func(q question) (answer, error) { return post(ctx, p.client, p.node, q) })
	if err != nil {
		return q, err
	}
	return atBlock(q, head-min(head, uint64(p.final))), nil
}

func parse(body []byte) (list []question, batch bool, err error) {
	if batch = bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")); batch {
		err = json.Unmarshal(body, &list)
		return list, true, err
	}
	list = make([]question, 1)
	err = json.Unmarshal(body, &list[0])
	return list, false, err
}

// name tells requests apart that mean different things.
func name(list []question) step {
	q := list[0]
	out := strings.TrimPrefix(q.Method, "eth_")
	if i := blockParam(q); i >= 0 && i < len(q.Params) {
		if at := strings.Trim(string(q.Params[i]), `"`); strings.HasPrefix(at, "0x") {
			out += " numbered"
		} else {
			out += " " + at
		}
	}
	if len(list) > 1 {
		out += " and others"
	}
	return step(out)
}

// blockParam is which parameter of a call names a block; -1: none.
func blockParam(q question) int {
	switch q.Method {
	case "eth_getBlockByNumber":
		return 0
	case "eth_getTransactionCount", "eth_getBalance", "eth_getCode", "eth_call", "eth_estimateGas":
		return 1
	}
	return -1
}

// atBlock is a question about a block with a number.
func atBlock(q question, number uint64) question {
	i := blockParam(q)
	params := append([]json.RawMessage(nil), q.Params...)
	for len(params) <= i {
		params = append(params, nil)
	}
	params[i] = quoted(number)
	q.Params = params
	return q
}

func quoted(n uint64) json.RawMessage {
	return json.RawMessage(`"0x` + strconv.FormatUint(n, 16) + `"`)
}

func unquoted(raw json.RawMessage) (uint64, error) {
	return strconv.ParseUint(strings.Trim(string(raw), `"`), 0, 64)
}

func headOf(ask func(question) (answer, error)) (uint64, error) {
	a, err := ask(question{Version: "2.0", ID: json.RawMessage("1"), Method: "eth_blockNumber", Params: []json.RawMessage{}})
	if err != nil {
		return 0, err
	}
	return unquoted(a.Result)
}

func failure(q question, why string) answer {
	text, _ := json.Marshal(map[string]any{"code": -32000, "message": why})
	return answer{Version: "2.0", ID: q.ID, Error: text}
}

func result(q question, v json.RawMessage) answer {
	return answer{Version: "2.0", ID: q.ID, Result: v}
}

// post asks a node one question.
func post(ctx context.Context, c *http.Client, target string, q question) (a answer, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := c.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%s: %.200q: %w", q.Method, data, err)
	}
	return a, nil
}
