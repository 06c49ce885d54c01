package ethclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	geth "github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
)

// Limits bound what one request may cost. Zero values are refused.
type Limits struct {
	Timeout time.Duration // of one request with all its tries
	Body    int64         // bytes of one answer
	Tries   int           // of a read that fails on the way or that the node is too busy for; sending is tried once
	Pause   time.Duration // before the second try; doubles with each further one
}

// DefaultLimits are enough for 10,000 events an answer and for a node that restarts.
func DefaultLimits() Limits {
	return Limits{Timeout: 30 * time.Second, Body: 32 << 20, Tries: 4, Pause: 250 * time.Millisecond}
}

func (l Limits) check() error {
	if l.Timeout <= 0 || l.Body <= 0 || l.Tries <= 0 || l.Pause <= 0 {
		return fmt.Errorf("connecting to a node: limits %+v: each must be above zero", l)
	}
	return nil
}

// Connect returns go-ethereum's client of a node, over http or https, whose every new connection
// proves the chain id before an answer that came over it is used. A node of another chain is a
// *ChainError, at once or whenever the address begins to lead to one.
//
// A URL often holds a key: messages name only its host. Redirections are not followed.
func Connect(ctx context.Context, rawURL string, chainID uint64, l Limits) (*geth.Client, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	target, err := url.Parse(rawURL)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return nil, errors.New("RPC URL: expected http:// or https:// and a host")
	}
	name := nodeName(rawURL)
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{Timeout: l.Timeout, KeepAlive: keepAlive}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &connection{Conn: c}, nil
	}
	shown := &url.URL{Scheme: target.Scheme, Host: target.Host}
	client, err := rpc.DialOptions(ctx, shown.String(), rpc.WithHTTPClient(&http.Client{
		Transport:     &transport{base: base, target: target, name: name, chainID: chainID, limits: l},
		Timeout:       l.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", name, err)
	}
	c := geth.NewClient(client)
	if err := proveChain(ctx, Node{name, c}, chainID); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Dial connects to every URL and returns a reader over them all.
func Dial(ctx context.Context, o Options, l Limits, urls ...string) (*Reader, error) {
	var nodes []Node
	for _, u := range urls {
		c, err := Connect(ctx, u, o.ChainID, l)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, Node{nodeName(u), c})
	}
	return New(ctx, o, nodes...)
}

// nodeName is what messages call a node: its host and port.
func nodeName(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "?"
	}
	return u.Host
}

// keepAlive finds out about dead connections.
const keepAlive = 15 * time.Second

// connection remembers that it leads to the right chain.
type connection struct {
	net.Conn
	proved atomic.Bool
}

// transport sends JSON-RPC requests to one URL that no error message shows.
type transport struct {
	base    http.RoundTripper
	target  *url.URL
	name    string
	chainID uint64
	limits  Limits
}

// RoundTrip repeats reads that fail, and returns an answer only when the connection it came over
// has proved its chain.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	tries := t.limits.Tries
	if bytes.Contains(body, []byte(`"eth_sendRawTransaction`)) {
		tries = 1
	}
	pause := t.limits.Pause
	for try := 1; ; try++ {
		response, err := t.once(r.Context(), r.Header, body)
		if try == tries || !passing(response, err) {
			return response, err
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
			pause *= 2
		case <-r.Context().Done():
			wait.Stop()
			return response, errors.Join(err, r.Context().Err())
		}
	}
}

// passing tells whether a failure may pass by itself.
func passing(r *http.Response, err error) bool {
	if err != nil {
		return !errors.As(err, new(*ChainError)) && !errors.Is(err, errTooLong)
	}
	switch r.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// once sends one request. Unless the connection that it went over has proved its chain, the chain
// id is asked for before the answer is returned: over the same connection, or over a new one if the
// node has ended that.
func (t *transport) once(ctx context.Context, header http.Header, body []byte) (*http.Response, error) {
	response, over, err := t.send(ctx, header, body)
	if err != nil || (over != nil && over.proved.Load()) {
		return response, err
	}
	answer, over, err := t.send(ctx, header, []byte(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}`))
	if err != nil {
		return nil, fmt.Errorf("node %s: chain id of a new connection: %w", t.name, err)
	}
	var said struct {
		Result string `json:"result"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("node %s: chain id of a new connection: HTTP status %d, no answer to eth_chainId",
			t.name, answer.StatusCode)
	}
	if want := fmt.Sprintf("0x%x", t.chainID); said.Result != want {
		return nil, &ChainError{Node: t.name, Got: fmt.Sprintf("%.40q", said.Result), Want: t.chainID}
	}
	if over != nil {
		over.proved.Store(true)
	}
	return response, nil
}

// errTooLong is an answer above the limit.
var errTooLong = errors.New("the answer is too long: ask for fewer blocks")

// send sends one request and reads the whole answer, so that its connection is free for the next.
// It says which one that was.
func (t *transport) send(ctx context.Context, header http.Header, body []byte) (response *http.Response, over *connection, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		c := info.Conn
		if secure, ok := c.(*tls.Conn); ok {
			c = secure.NetConn()
		}
		over, _ = c.(*connection)
	}})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, errors.New("the RPC URL cannot be used")
	}
	request.Header = header.Clone()
	if user := t.target.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	response, err = t.base.RoundTrip(request)
	if err != nil {
		return nil, over, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, t.limits.Body+1))
	if err != nil {
		return nil, over, err
	}
	if int64(len(data)) > t.limits.Body {
		return nil, over, fmt.Errorf("%w (limit %d bytes)", errTooLong, t.limits.Body)
	}
	response.Body = io.NopCloser(bytes.NewReader(data))
	return response, over, nil
}
