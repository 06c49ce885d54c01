package oxentest

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"

	"oxenswap/oxenrpc/wire"
)

// A Daemon answers like an oxend over HTTP, from a State. It is an http.Handler; all of its methods
// may be called while it serves.
type Daemon struct {
	mu        sync.Mutex
	state     *State
	release   int
	shuffle   *rand.Rand
	intercept []Intercept
	counts    map[string]int
	user      string
	password  string
	killed    bool
}

// NewDaemon gives a daemon of release 10 that answers from s.
func NewDaemon(s *State) *Daemon {
	return &Daemon{state: s, release: 10, counts: map[string]int{}}
}

// Play makes the daemon answer from another state from now on: a block arrived, or the chain was
// reorganised.
func (d *Daemon) Play(s *State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state = s
}

// SetRelease makes the daemon speak as release 10 or 11. Its get_info keeps the recorded version
// unless edited.
func (d *Daemon) SetRelease(release int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release = release
}

// Shuffle makes the daemon list service nodes and rewards in another order each time, as real ones
// do with nodes.
func (d *Daemon) Shuffle(seed uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shuffle = rand.New(rand.NewPCG(seed, seed))
}

// RequireLogin makes the daemon ask for HTTP basic authentication, as with oxend's --rpc-login.
func (d *Daemon) RequireLogin(user, password string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.user, d.password = user, password
}

// Intercept adds a hook that sees every answer before it is sent, after those added before it.
func (d *Daemon) Intercept(i Intercept) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.intercept = append(d.intercept, i)
}

// Behave removes all hooks.
func (d *Daemon) Behave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.intercept = nil
}

// Calls says how often a method was called.
func (d *Daemon) Calls(method string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts[method]
}

// Killed says whether a request came that ends a real oxend: one whose method is not a string.
func (d *Daemon) Killed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.killed
}

// ServeHTTP implements http.Handler.
func (d *Daemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return
	}
	if !d.authorised(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="oxend rpc", charset="UTF-8"`)
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/json_rpc" {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	reply := d.reply(body)
	w.Header().Set("Server", "oxend/10.6.0-99f5d6e17 fakenet")
	reply.send(w, r)
}

func (d *Daemon) authorised(r *http.Request) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	user, password, _ := r.BasicAuth()
	return d.user == "" || user == d.user && password == d.password
}

// reply builds the answer to a request and lets the hooks change it.
func (d *Daemon) reply(body []byte) *Reply {
	var call struct {
		ID     json.RawMessage `json:"id"`
		Method json.RawMessage `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&call); err != nil {
		return failureReply(json.RawMessage("0"), rpcFailure{-32700, "Parse error"})
	}
	id := call.ID
	if len(id) == 0 || string(id) == "null" {
		id = json.RawMessage(`""`)
	}
	if len(call.Method) == 0 {
		return failureReply(id, rpcFailure{-32600, "Invalid Request"})
	}
	method, err := strconv.Unquote(string(call.Method))
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil || d.killed {
		d.killed = true
		return &Reply{Drop: true}
	}
	d.counts[method]++
	reply := &Reply{Status: http.StatusOK, Method: method, N: d.counts[method]}
	json.Unmarshal(call.Params, &reply.Params)
	result, failure := d.state.answer(method, call.Params, d.release, d.shuffle)
	if failure != nil && failure.Code != wire.CodeMethodNotFound {
		id = json.RawMessage("0") // as oxend does on errors of handlers
	}
	reply.Body = envelope(id, result, failure)
	hooks := d.intercept
	d.mu.Unlock() // a hook may call the daemon's methods
	for _, hook := range hooks {
		hook(reply)
	}
	d.mu.Lock()
	return reply
}

func failureReply(id json.RawMessage, f rpcFailure) *Reply {
	return &Reply{Status: http.StatusOK, Body: envelope(id, nil, &f)}
}
