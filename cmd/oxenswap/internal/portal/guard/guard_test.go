package guard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"oxenswap/cmd/oxenswap/internal/portal/bucket"
)

func newGuard(t *testing.T, c Config, next http.HandlerFunc) *Guard {
	t.Helper()
	if c.Requests.Burst == 0 {
		c.Requests = bucket.Rate{PerSecond: 1000, Burst: 1000}
	}
	if c.Posts.Burst == 0 {
		c.Posts = c.Requests
	}
	if c.InFlight == 0 {
		c.InFlight = 10
	}
	c.Posting = c.InFlight
	g, err := New(c, next)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestClient(t *testing.T) {
	g := newGuard(t, Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}, nil)
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:999", nil, "192.0.2.1"},
		{"192.0.2.1:999", []string{"198.51.100.7"}, "192.0.2.1"}, // not a proxy: what it says counts for nothing
		{"10.0.0.1:999", []string{"198.51.100.7"}, "198.51.100.7"},
		{"10.0.0.1:999", []string{"203.0.113.5, 198.51.100.7"}, "198.51.100.7"}, // who comes first was written by the client
		{"10.0.0.1:999", []string{"203.0.113.5", "198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		{"10.0.0.1:999", []string{"10.0.0.3", "10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:999", []string{"unknown"}, "10.0.0.1"},
		{"10.0.0.1:999", []string{"198.51.100.7, <script>"}, "10.0.0.1"},
		{"10.0.0.1:999", []string{""}, "10.0.0.1"},
		{"[::ffff:10.0.0.1]:999", []string{"198.51.100.7"}, "198.51.100.7"},
		{"[2001:db8:1:2:3:4:5:6]:999", nil, "2001:db8:1:2::/64"},
		{"[2001:db8:1:2::9]:999", nil, "2001:db8:1:2::/64"},
		{"[fd00::1]:999", []string{"2001:db8::5"}, "2001:db8::/64"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := g.client(r); got != c.want {
			t.Errorf("%s, forwarded for %q: %s, expected %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

func ask(g http.Handler, method, peer string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/v1/x", nil)
	r.RemoteAddr = peer
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func TestBuckets(t *testing.T) {
	g := newGuard(t, Config{Requests: bucket.Rate{PerSecond: 0.001, Burst: 5}, Posts: bucket.Rate{PerSecond: 0.001, Burst: 2}}, func(http.ResponseWriter, *http.Request) {})
	status := func(method, peer string) int { return ask(g, method, peer).Code }
	for i, want := range []int{200, 200, 429} {
		if got := status(http.MethodPost, "192.0.2.1:1"); got != want {
			t.Errorf("post %d: %d, expected %d", i, got, want)
		}
	}
	for i, want := range []int{200, 200, 429} {
		w := ask(g, http.MethodGet, "192.0.2.1:2")
		if w.Code != want || (want == 429) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("request %d: %d, expected %d", i, w.Code, want)
		}
	}
	if got := status(http.MethodGet, "192.0.2.2:1"); got != 200 {
		t.Errorf("another client: %d", got)
	}
}

// TestInFlight: beyond the bound it is refused at once, and places come free again, also after a
// panic.
func TestInFlight(t *testing.T) {
	enter, leave := make(chan bool), make(chan bool)
	g := newGuard(t, Config{InFlight: 2}, func(http.ResponseWriter, *http.Request) {
		enter <- true
		if <-leave {
			panic(http.ErrAbortHandler)
		}
	})
	done := make(chan bool)
	for range 2 {
		go func() {
			defer func() { recover(); done <- true }()
			ask(g, http.MethodGet, "192.0.2.1:1")
		}()
		<-enter
	}
	if w := ask(g, http.MethodGet, "192.0.2.1:1"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the third at one time: %d", w.Code)
	}
	leave <- true
	leave <- false
	<-done
	<-done
	go func() { <-enter; leave <- false }()
	if w := ask(g, http.MethodGet, "192.0.2.1:1"); w.Code != 200 {
		t.Errorf("after the others left: %d", w.Code)
	}
}

func TestHeaders(t *testing.T) {
	g := newGuard(t, Config{HSTS: time.Hour}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		h := ask(g, method, "192.0.2.1:1").Header()
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(method, "/page", nil))
		for name, data := range map[string]bool{
			"Content-Security-Policy": true, "X-Content-Type-Options": true, "Strict-Transport-Security": true,
			"X-Frame-Options": false, "Referrer-Policy": false, "Permissions-Policy": false, "Cross-Origin-Opener-Policy": false,
		} {
			if data && h.Get(name) == "" || w.Header().Get(name) == "" {
				t.Errorf("%s: %s is missing", method, name)
			}
		}
		if h.Get("Set-Cookie") != "" {
			t.Error("a cookie")
		}
	}
}

func TestZeroLimits(t *testing.T) {
	one := bucket.Rate{PerSecond: 1, Burst: 1}
	for _, c := range []Config{{}, {Requests: one, Posts: one}, {Requests: one, InFlight: 1}, {Posts: one, InFlight: 1, Posting: 1}, {Requests: one, Posts: one, InFlight: 1}} {
		if _, err := New(c, nil); err == nil {
			t.Errorf("config %+v: got no error, want one", c)
		}
	}
}

// TestRefusedBody: a connection is of use again after a small body that was refused, and not after
// one that would take long.
func TestRefusedBody(t *testing.T) {
	g := newGuard(t, Config{Posts: bucket.Rate{PerSecond: 0.001, Burst: 1}}, func(http.ResponseWriter, *http.Request) {})
	for _, test := range []struct {
		length int64
		status int
		closes bool
	}{{100, 200, false}, {100, 429, false}, {1 << 20, 429, true}, {-1, 429, true}} {
		r := httptest.NewRequest(http.MethodPost, "/claim", strings.NewReader("a"))
		r.ContentLength = test.length
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != test.status || (w.Header().Get("Connection") == "close") != test.closes {
			t.Errorf("%d bytes: %d, %v", test.length, w.Code, w.Header())
		}
	}
}

// TestSecretsInAddresses: a private key or seed words in an address get no further, and the
// ledger's files, which digests name, do.
func TestSecretsInAddresses(t *testing.T) {
	passed := 0
	g := newGuard(t, Config{}, func(http.ResponseWriter, *http.Request) { passed++ })
	raw := strings.Repeat("4f", 32)
	words := strings.Repeat("beer rudely snake ", 5)
	for target, want := range map[string]int{
		"/api/v1/accounts/" + raw:                                   http.StatusUnprocessableEntity,
		"/api/v1/accounts/" + url.PathEscape(words):                 http.StatusUnprocessableEntity,
		"/lookup?oxen=" + url.QueryEscape(words):                    http.StatusUnprocessableEntity,
		"/lookup?oxen=0x" + raw:                                     http.StatusUnprocessableEntity,
		"/ledger/attachments/" + raw:                                http.StatusOK,
		"/api/v1/accounts/" + strings.Repeat("LAFB8B12pvAgwhCD", 6): http.StatusOK,
	} {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
		if strings.Contains(w.Body.String(), raw) || strings.Contains(w.Body.String(), "rudely") {
			t.Errorf("%s: the answer repeats it: %s", target, w.Body)
		}
	}
	if passed != 2 {
		t.Errorf("requests let through: got %d, want 2", passed)
	}
}
