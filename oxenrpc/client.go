// Package oxenrpc asks oxend, the Oxen daemon, over its JSON-RPC (HTTP POST /json_rpc). It is
// transport only: how answers are read is package wire's.
//
// A client only reads. It never passes on JSON that it did not write, for a request whose method is
// not a string ends the daemon (oxend 10.6.0). Every answer is bounded (wire.MaxBody), every try
// has a time-out, and what fails on the way (no connection, a connection that breaks, HTTP 429 and
// 5xx) is tried again with growing pauses. Every error of a call is an *Error.
package oxenrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"oxenswap/oxenrpc/wire"
)

// Config says where a daemon is and how patiently it is asked.
type Config struct {
	Name string // as the operator and the ledger name the daemon, such as "a"; required
	// URL of the daemon's RPC, such as "http://127.0.0.1:22023", with user and password for a
	// daemon that runs with --rpc-login ("http://user:password@host:port"). They are sent as HTTP
	// basic authentication and never printed.
	URL     string
	Timeout time.Duration // of one try; 0: DefaultTimeout
	Tries   int           // of one call; 0: DefaultTries
	// Transport carries the requests; nil: a transport of its own with net/http's defaults.
	Transport http.RoundTripper
}

// Defaults of a Config. All service nodes of the main network are 10 MB, which a remote daemon
// needs some seconds for.
const (
	DefaultTimeout = 60 * time.Second
	DefaultTries   = 4
)

// Pauses between tries: firstPause, twice as long each time, up to longestPause.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 8 * time.Second
)

// A Client asks one daemon. Its methods may be called concurrently.
type Client struct {
	name           string
	endpoint       string // without user and password
	user, password string
	login          bool
	timeout        time.Duration
	tries          int
	http           *http.Client
	calls          atomic.Uint64

	mu     sync.Mutex
	hashes string // the name of get_transactions' list of hashes that this daemon knows; "" until asked
}

// New checks a configuration and gives its client. It does not connect.
func New(c Config) (*Client, error) {
	if c.Name == "" {
		return nil, errors.New("daemon without a name: give it one in the configuration")
	}
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		// The error of url.Parse quotes the URL with its password.
		return nil, fmt.Errorf("daemon %q: the URL is not of the form http://host:port; correct it in the configuration", c.Name)
	}
	if u.Path != "" && u.Path != "/" && u.Path != "/json_rpc" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("daemon %q: the URL goes on after the port; leave out everything from %q on", c.Name, u.Path)
	}
	if c.Timeout < 0 || c.Tries < 0 {
		return nil, fmt.Errorf("daemon %q: negative time-out or tries", c.Name)
	}
	client := &Client{
		name:     c.Name,
		endpoint: u.Scheme + "://" + u.Host + "/json_rpc",
		timeout:  c.Timeout,
		tries:    c.Tries,
		http: &http.Client{
			Transport:     c.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if u.User != nil {
		client.login = true
		client.user = u.User.Username()
		client.password, _ = u.User.Password()
	}
	if client.timeout == 0 {
		client.timeout = DefaultTimeout
	}
	if client.tries == 0 {
		client.tries = DefaultTries
	}
	if c.Transport == nil {
		client.http.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return client, nil
}

// Name is the daemon's name.
func (c *Client) Name() string { return c.name }

// request is a JSON-RPC call.
type request struct {
	Version string `json:"jsonrpc"`
	ID      string `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
}

// call sends a request until an answer with HTTP status 200 comes back, and returns its body.
func (c *Client) call(ctx context.Context, method string, params any) ([]byte, error) {
	sent, err := json.Marshal(request{"2.0", wire.ID, method, params})
	if err != nil {
		return nil, c.error(method, nil, err)
	}
	pause := firstPause
	for try := 1; ; try++ {
		body, retry, err := c.try(ctx, method, sent)
		if err == nil {
			return body, nil
		}
		if !retry || try == c.tries || !wait(ctx, pause) {
			return nil, err
		}
		pause = min(2*pause, longestPause)
	}
}

// wait pauses and reports whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// try sends a request once. retry says whether another try may help.
func (c *Client) try(ctx context.Context, method string, sent []byte) (body []byte, retry bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(sent))
	if err != nil {
		return nil, false, c.error(method, nil, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.login {
		r.SetBasicAuth(c.user, c.password)
	}
	c.calls.Add(1)
	response, err := c.http.Do(r)
	if err != nil {
		return nil, true, c.error(method, nil, err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, wire.MaxBody+1))
	switch {
	case err != nil:
		return nil, true, c.error(method, body, fmt.Errorf("%w after %d bytes: %w", errBroken, len(body), err))
	case len(body) > wire.MaxBody:
		return nil, false, c.error(method, body, fmt.Errorf("the answer is longer than %d bytes", wire.MaxBody))
	case response.StatusCode != http.StatusOK:
		retry = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return nil, retry, c.error(method, body, &HTTPError{response.StatusCode})
	}
	return body, false, nil
}

var errBroken = errors.New("the answer broke off")

// ask calls a method and reads the answer with parse.
func ask[T any](ctx context.Context, c *Client, method string, params any, parse func([]byte) (T, error)) (T, []byte, error) {
	var none T
	body, err := c.call(ctx, method, params)
	if err != nil {
		return none, nil, err
	}
	t, err := parse(body)
	if err != nil {
		return none, nil, c.error(method, body, err)
	}
	return t, body, nil
}
