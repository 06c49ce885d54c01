// Package guard stands before everything that the portal serves: the headers that every answer has,
// bounds on what a request may be and how many are served, and token buckets for clients.
package guard

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"oxenswap/cmd/internal/secret"
	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
)

// Config says what is let through. Zero is refused but where it says otherwise.
type Config struct {
	// Proxies are the networks whose X-Forwarded-For is trusted. None: the header is ignored.
	Proxies []netip.Prefix
	// Requests and Posts limit one client: an IPv4 address, or an IPv6 network of 64 bits.
	Requests, Posts bucket.Rate
	// InFlight and Posting are how many requests without and with a body are served at one time.
	// They are separate so that slow uploads do not block readers.
	InFlight, Posting int
	// HSTS is for how long browsers must use https only. 0: no such header.
	HSTS time.Duration
	// Refuse writes a refusal as a page. Paths under /api/ get the problem as JSON. nil: all paths
	// do.
	Refuse func(http.ResponseWriter, *http.Request, *problem.Problem)
}

// Bounds of a request apart from its body. The server bounds the total size of the headers.
const (
	maxTarget  = 2048 // bytes of path and query
	maxHeaders = 64
	maxHops    = 16
	maxUnread  = 16 << 10 // bytes of a refused body
	clients    = 1 << 16  // whose buckets are kept
)

// Guard lets requests through to a handler.
type Guard struct {
	next     http.Handler
	c        Config
	requests *bucket.Set
	posts    *bucket.Set
	places   chan struct{}
	posting  chan struct{}
	pages    http.Header // of every answer
	data     http.Header // of every answer below /api/, which no browser shows as a page
}

// Check refuses settings that are missing.
func (c *Config) Check() error {
	for name, r := range map[string]bucket.Rate{"requests": c.Requests, "posts": c.Posts} {
		if r.PerSecond <= 0 || r.Burst < 1 {
			return fmt.Errorf("portal: the rate of %s is %v: set one above zero", name, r)
		}
	}
	if c.InFlight < 1 || c.Posting < 1 {
		return fmt.Errorf("portal: the limits of requests at one time are %d and %d: set at least 1", c.InFlight, c.Posting)
	}
	return nil
}

// New returns a guard before a handler.
func New(c Config, next http.Handler) (*Guard, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	g := &Guard{
		next: next, c: c, requests: bucket.New(c.Requests, clients), posts: bucket.New(c.Posts, clients), places: make(chan struct{}, c.InFlight), posting: make(chan struct{}, c.Posting),
		pages: http.Header{
			"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
			"X-Content-Type-Options":  {"nosniff"},
			"X-Frame-Options":         {"DENY"},
			"Referrer-Policy":         {"no-referrer"},
			"Permissions-Policy":      {"camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"},
			// Wallets open windows of their own.
			"Cross-Origin-Opener-Policy": {"same-origin-allow-popups"},
		},
		// Few, for writing them takes longer than finding a proof.
		data: http.Header{
			"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
			"X-Content-Type-Options":  {"nosniff"},
		},
	}
	if c.HSTS > 0 {
		for _, h := range []http.Header{g.pages, g.data} {
			h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d; includeSubDomains", int(c.HSTS.Seconds())))
		}
	}
	return g, nil
}

// ServeHTTP implements http.Handler.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, always := w.Header(), g.pages
	if isData(r) {
		always = g.data
	}
	for name, value := range always {
		h[name] = value
	}
	if p := check(r); p != nil {
		g.refuse(w, r, p)
		return
	}
	now := time.Now()
	client := g.client(r)
	wait, ok := g.requests.Take(client, now)
	if ok && r.Method == http.MethodPost {
		wait, ok = g.posts.Take(client, now)
	}
	if !ok {
		g.refuse(w, r, problem.Later(problem.RateLimited, http.StatusTooManyRequests, wait, "too many requests from your network: try again in %s", wait.Round(time.Second)))
		return
	}
	places := g.places
	if r.Method == http.MethodPost {
		places = g.posting
	}
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	default:
		g.refuse(w, r, problem.Later(problem.Busy, http.StatusServiceUnavailable, time.Second, "too many requests are being served: try again in a second"))
		return
	}
	if r.Method == http.MethodPost { // what only reads is the same for everybody
		r = r.WithContext(desk.WithClient(r.Context(), client))
	}
	g.next.ServeHTTP(w, r)
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	// What is left of the body is read before the connection can be used again: not much, for a new
	// one costs more.
	if r.ContentLength < 0 || r.ContentLength > maxUnread {
		w.Header().Set("Connection", "close")
	}
	if g.c.Refuse == nil || isData(r) {
		problem.Write(w, p)
		return
	}
	g.c.Refuse(w, r, p)
}

func isData(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// check refuses what no page and no program of good will asks for.
func check(r *http.Request) *problem.Problem {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if r.ContentLength != 0 {
			return problem.New(problem.Malformed, http.StatusBadRequest, "a body with %s: leave it out", r.Method)
		}
	case http.MethodPost:
	default:
		return problem.New(problem.Method, http.StatusMethodNotAllowed, "only GET, HEAD and POST")
	}
	if len(r.URL.Path)+len(r.URL.RawQuery) > maxTarget {
		return problem.New(problem.TooLarge, http.StatusRequestURITooLong, "path and query have more than %d bytes", maxTarget)
	}
	if err := checkSecrets(r); err != nil {
		return problem.Of(err)
	}
	if !plain(r.URL.Path) {
		return problem.New(problem.Malformed, http.StatusBadRequest, "the path is not printable UTF-8 text")
	}
	headers := 0
	for _, values := range r.Header {
		headers += len(values)
	}
	if headers > maxHeaders {
		return problem.New(problem.TooLarge, http.StatusRequestHeaderFieldsTooLarge, "more than %d headers", maxHeaders)
	}
	if r.Header["Content-Encoding"] != nil {
		return problem.New(problem.MediaType, http.StatusUnsupportedMediaType, "the body is encoded: send it as it is")
	}
	if r.Header["Upgrade"] != nil {
		return problem.New(problem.Malformed, http.StatusBadRequest, "there is nothing to upgrade to")
	}
	return nil
}

// shortestSecret is less than any secret has, so that most requests need no closer look.
const shortestSecret = 40

// checkSecrets refuses a private key or seed words in an address, before it is shown or logged. The
// ledger's files below /ledger/ are named by digests.
func checkSecrets(r *http.Request) error {
	if len(r.URL.Path) > shortestSecret && !strings.HasPrefix(r.URL.Path, "/ledger/") {
		for segment := range strings.SplitSeq(r.URL.Path, "/") {
			if err := secret.CheckStrict("what the address ends with", segment); err != nil {
				return err
			}
		}
	}
	if len(r.URL.RawQuery) > shortestSecret {
		for name, values := range r.URL.Query() {
			for _, value := range append(values, name) {
				if err := secret.CheckStrict("what the address asks for", value); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// plain reports whether a path is UTF-8 without control characters.
func plain(path string) bool {
	ascii := true
	for i := range len(path) {
		switch c := path[i]; {
		case c < ' ' || c == 0x7f || c == '\\':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(path)
}

// client names who asks: the peer, or who a believed proxy says that it asks for.
func (g *Guard) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if len(g.c.Proxies) == 0 {
		return network(host)
	}
	hops := r.Header["X-Forwarded-For"]
	for range maxHops {
		peer, err := netip.ParseAddr(host)
		if err != nil || !g.believed(peer) || len(hops) == 0 {
			break
		}
		// Each proxy appends the address of its client, so the last one is the nearest.
		last := hops[len(hops)-1]
		before, hop, more := cutLast(last)
		if more {
			hops = append(hops[:len(hops)-1:len(hops)-1], before)
		} else {
			hops = hops[:len(hops)-1]
		}
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
	}
	return network(host)
}

func cutLast(list string) (before, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", strings.TrimSpace(list), false
	}
	return list[:i], strings.TrimSpace(list[i+1:]), true
}

func (g *Guard) believed(peer netip.Addr) bool {
	peer = peer.Unmap()
	for _, p := range g.c.Proxies {
		if p.Contains(peer) {
			return true
		}
	}
	return false
}

// network is an IPv4 address, or the 64 bits of an IPv6 address that one household has.
func network(host string) string {
	if strings.IndexByte(host, ':') < 0 {
		return host
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}
