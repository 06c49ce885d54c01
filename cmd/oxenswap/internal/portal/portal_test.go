package portal_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"oxenswap/cmd/oxenswap/internal/portal"
	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/cmd/oxenswap/internal/portal/guard"
	"oxenswap/cmd/oxenswap/internal/portal/web"
)

func open(t *testing.T, w *desktest.World, change ...func(*portal.Config)) *portal.Portal {
	t.Helper()
	p, err := portal.New(t.Context(), config(w, change...))
	w.Must(err)
	return p
}

func config(w *desktest.World, change ...func(*portal.Config)) portal.Config {
	many := bucket.Rate{PerSecond: 1e6, Burst: 1e6}
	c := portal.Config{
		Desk:   desk.Config{Log: w, Now: w.Now, Limits: desk.DefaultLimits()},
		Guard:  guard.Config{Requests: many, Posts: many, InFlight: 100, Posting: 100},
		Memory: 1 << 22,
		Pages: func(d *desk.Desk) (portal.Pages, error) {
			return web.New(d, web.Options{Now: w.Now})
		},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

// bad is a request that must be refused, each with one of these statuses.
type bad struct {
	name    string
	request string // what goes over the wire; a lone \n stands for \r\n
	status  []int
}

func post(path, kind, body string, headers ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\nHost: h\nContent-Type: %s\nContent-Length: %d\n%s\n%s", path, kind, len(body), strings.Join(append(headers, ""), "\n"), body)
}

func get(path string, headers ...string) string {
	return fmt.Sprintf("GET %s HTTP/1.1\nHost: h\n%s\n", path, strings.Join(append(headers, ""), "\n"))
}

func badRequests(w *desktest.World) []bad {
	const api, js = "/api/v1", "application/json"
	good := w.Text(w.Address(), 1)
	signature := w.Sign(w.Wallets[0], good)
	claim := func(oxen, text, signature string) string {
		data, _ := json.Marshal(map[string]string{"oxen": oxen, "text": text, "signature": signature})
		return post(api+"/claims", js, string(data))
	}
	long := strings.Repeat("a", 1<<20)
	rows := []bad{
		// What is no HTTP, or HTTP that nobody of good will speaks.
		{"garbage", "\x00\x01\x02\n\n", []int{400}},
		{"no version", "GET /\n\n", []int{400}},
		{"an old version", "GET / HTTP/0.9\nHost: h\n\n", []int{400, 505}},
		{"a future version", "GET / HTTP/3.7\nHost: h\n\n", []int{400, 505}},
		{"no host", "GET / HTTP/1.1\n\n", []int{400}},
		{"two hosts", "GET / HTTP/1.1\nHost: a\nHost: b\n\n", []int{400}},
		{"a host with a space", "GET / HTTP/1.1\nHost: a b\n\n", []int{400}},
		{"a header with a space before the colon", "GET / HTTP/1.1\nHost: h\nX : y\n\n", []int{400}},
		{"a header with NUL", "GET / HTTP/1.1\nHost: h\nX: a\x00b\n\n", []int{400}},
		{"a folded header", "GET / HTTP/1.1\nHost: h\nX: a\n  b: c\n\n", []int{400, 200}},
		{"two lengths", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Type: application/json\nContent-Length: 2\nContent-Length: 3\n\n{} ", []int{400}},
		{"a negative length", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Length: -1\n\n", []int{400}},
		{"a length that is no number", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Length: x\n\n", []int{400}},
		{"length and chunks", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Type: application/json\nContent-Length: 2\nTransfer-Encoding: chunked\n\n0\n\n", []int{400}},
		{"an unknown transfer encoding", "POST /api/v1/claims HTTP/1.1\nHost: h\nTransfer-Encoding: gzip\n\n", []int{400, 501}},
		{"a bad chunk", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Type: application/json\nTransfer-Encoding: chunked\n\nzz\n{}\n0\n\n", []int{400}},
		{"headers of 64 kB", get("/", "X: "+long[:1<<16]), []int{431}},
		{"headers of 64 kB to the API", get(api+"/migration", "X: "+long[:1<<16]), []int{431}},
		{"a thousand headers", get(api+"/migration", strings.Split(strings.Repeat("X: y\n", 1000), "\n")[:1000]...), []int{431}},
		{"seventy headers", get(api+"/migration", numbered("X-%d: y", 70)...), []int{431}},
		{"an upgrade", get(api+"/migration", "Connection: Upgrade", "Upgrade: websocket"), []int{400}},
		{"a body with GET", "GET /api/v1/migration HTTP/1.1\nHost: h\nContent-Length: 2\n\n{}", []int{400}},
		{"an absolute address of another scheme", "GET gopher://x/ HTTP/1.1\nHost: h\n\n", []int{200, 400, 404}},
		{"a proxy's CONNECT", "CONNECT example.org:443 HTTP/1.1\nHost: example.org:443\n\n", []int{405}},
		{"TRACE", "TRACE / HTTP/1.1\nHost: h\n\n", []int{405}},
		{"a method of nobody", "BREW /api/v1/claims HTTP/1.1\nHost: h\n\n", []int{405}},
		{"a method with odd letters", "G\"ET / HTTP/1.1\nHost: h\n\n", []int{400}},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\nHost: h\n\n", []int{405, 200}},
		{"an expectation", post(api+"/claims", js, "{}", "Expect: something"), []int{417}},

		// Paths.
		{"a path with NUL", get("/%00"), []int{400}},
		{"a path with a line break", get("/a%0d%0aSet-Cookie:%20x=y"), []int{400}},
		{"a path with a backslash", get("/..%5c..%5cetc"), []int{400}},
		{"a path that is no UTF-8", get("/%ff%fe"), []int{400}},
		{"a bad escape", get("/%zz"), []int{400}},
		{"a climbing path", get("/../../etc/passwd"), []int{301, 307, 308, 404}},
		{"an escaped climbing path", get("/%2e%2e/%2e%2e/etc/passwd"), []int{301, 307, 308, 404}},
		{"a climbing path in the API", get(api + "/rounds/../../../etc/passwd"), []int{301, 307, 308, 404}},
		{"a climbing asset", get("/assets/..%2f..%2fportal.go"), []int{301, 307, 308, 400, 404}},
		{"a path of 3 kB", get("/" + long[:3000]), []int{414}},
		{"a query of 3 kB", get(api + "/migration?a=" + long[:3000]), []int{414}},
		{"a path of 1 MB", get("/" + long), []int{431}},
		{"HTML in the path", get("/%3Cscript%3Ealert(1)%3C/script%3E"), []int{404}},
		{"SQL in the path", get(api + "/accounts/'%20OR%201=1--"), []int{422}},
		{"right-to-left marks", get(api + "/accounts/%E2%80%AEabc"), []int{422}},
		{"nothing there", get(api + "/nothing"), []int{404}},
		{"another version of the API", get("/api/v2/migration"), []int{404}},
		{"the API's root", get("/api/"), []int{404}},
		{"a slash too many", get(api + "/migration/"), []int{404}},
		{"two slashes", get("//api//v1//migration"), []int{301, 307, 308, 404}},
		{"GET of what is posted", get(api + "/claims"), []int{405}},
		{"POST of what is read", post(api+"/migration", js, "{}"), []int{405}},
		{"DELETE of a claim", "DELETE /api/v1/claims/1 HTTP/1.1\nHost: h\n\n", []int{405}},
		{"PUT of a claim", "PUT /api/v1/claims/1 HTTP/1.1\nHost: h\nContent-Length: 0\n\n", []int{405}},
		{"PATCH of a page", "PATCH / HTTP/1.1\nHost: h\nContent-Length: 0\n\n", []int{405}},

		// Values in paths and queries.
		{"an entry that is no number", get(api + "/claims/one"), []int{400}},
		{"an entry with a sign", get(api + "/claims/+1"), []int{400}},
		{"a negative entry", get(api + "/claims/-1"), []int{400}},
		{"an entry with a zero before", get(api + "/claims/01"), []int{400}},
		{"an entry in hex", get(api + "/claims/0x1"), []int{400}},
		{"an entry of 2^64", get(api + "/claims/18446744073709551616"), []int{400}},
		{"an entry of 2^53", get(api + "/claims/9007199254740992"), []int{400}},
		{"an entry with a space", get(api + "/claims/1%20"), []int{400}},
		{"an entry of the future", get(api + "/claims/9007199254740991"), []int{404}},
		{"a receipt of no claim", get(api + "/claims/0/receipt"), []int{404}},
		{"a receipt with a name to break out", get(api + "/claims/1%22%0d%0aX:y/receipt"), []int{400}},
		{"a round that is no number", get(api + "/rounds/x"), []int{400}},
		{"round 0", get(api + "/rounds/0"), []int{404}},
		{"a round of the future", get(api + "/rounds/7"), []int{404}},
		{"allocations of no round", get(api + "/rounds/7/allocations"), []int{404}},
		{"CSV of no round", get(api + "/rounds/7/allocations?format=csv"), []int{404}},
		{"allocations in another format", get(api + "/rounds/7/allocations?format=xml"), []int{400}},
		{"allocations without limit", get(api + "/rounds/7/allocations?limit=0"), []int{400}},
		{"too many allocations", get(api + "/rounds/7/allocations?limit=1001"), []int{400}},
		{"allocations after what is no account", get(api + "/rounds/7/allocations?after=" + long[:200]), []int{400}},
		{"CSV from the middle", get(api + "/rounds/7/allocations?format=csv&limit=3"), []int{400}},
		{"a recipient without checksum", get(api + "/rounds/1/proofs/0x00000000000000000000000000000000000000ab"), []int{400, 404}},
		{"a recipient in lower case", get(api + "/rounds/1/proofs/0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb"), []int{400}},
		{"a recipient that is none", get(api + "/rounds/1/proofs/0x12"), []int{400}},
		{"a recipient by name", get(api + "/rounds/1/proofs/vitalik.eth"), []int{400}},
		{"an unknown parameter", get(api + "/migration?x=1"), []int{400}},
		{"a parameter twice", get(api + "/entries?limit=1&limit=2"), []int{400}},
		{"a malformed query", get(api + "/entries?limit=%zz"), []int{400}},
		{"semicolons in the query", get(api + "/entries?limit=1;from=2"), []int{400}},
		{"no entries", get(api + "/entries?limit=0"), []int{400}},
		{"too many entries", get(api + "/entries?limit=257"), []int{400}},
		{"entries from nowhere", get(api + "/entries?from=-1"), []int{400}},
		{"progress in another format", get(api + "/progress?format=pdf"), []int{400}},
		{"an address of 1 kB", get(api + "/accounts/" + long[:1000]), []int{400}},
		{"no address", get(api + "/accounts/"), []int{404}},
		{"an address of another coin", get(api + "/accounts/4AdUndXHHZ6cfufTMvppY6JwXNouMBzSkbLYfpAV5Usx3skxNgYeYTRj5UzqtReoS44qo9mtmXCqY45DJ852K5Jv2684Rge"), []int{422}},
		{"an address with one letter changed", get(api + "/accounts/" + changed(w.Oxen(0))), []int{422}},
		{"a subaddress", get(api + "/accounts/" + w.Wallets[0].Subaddress(1, 1).String()), []int{422}},

		// Bodies.
		{"no body", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Type: application/json\nContent-Length: 0\n\n", []int{400}},
		{"no media type", "POST /api/v1/claims HTTP/1.1\nHost: h\nContent-Length: 2\n\n{}", []int{415}},
		{"a form to the API", post(api+"/claims", "application/x-www-form-urlencoded", "oxen=x"), []int{415}},
		{"plain text to the API", post(api+"/claims", "text/plain", "{}"), []int{415}},
		{"a compressed body", post(api+"/claims", js, "{}", "Content-Encoding: gzip"), []int{415}},
		{"a list", post(api+"/claims", js, "[]"), []int{400}},
		{"null", post(api+"/claims", js, "null"), []int{400}},
		{"a number", post(api+"/claims", js, "1"), []int{400}},
		{"half an object", post(api+"/claims", js, `{"oxen":`), []int{400}},
		{"two objects", post(api+"/claims", js, `{}{}`), []int{400}},
		{"an unknown key", post(api+"/claims", js, `{"admin":true}`), []int{400}},
		{"a number for a string", post(api+"/claims", js, `{"oxen":1}`), []int{400}},
		{"a string for a number", post(api+"/proofs", js, `{"claim":"1","proof":""}`), []int{400}},
		{"a negative number", post(api+"/proofs", js, `{"claim":-1,"proof":""}`), []int{400}},
		{"a fraction", post(api+"/proofs", js, `{"claim":1.5,"proof":""}`), []int{400}},
		{"no UTF-8", post(api+"/claims", js, "{\"oxen\":\"\xff\"}"), []int{400}},
		{"deep nesting", post(api+"/claims", js, strings.Repeat(`{"a":`, 3000)+"1"+strings.Repeat("}", 3000)), []int{400, 413}},
		{"an empty object", post(api+"/claims", js, "{}"), []int{422}},
		{"NUL in a claim", claim(w.Oxen(0), "a\x00b", signature), []int{422}},
		{"HTML in a claim", claim("<script>alert(1)</script>", good, signature), []int{422}},
		{"HTML as text", claim(w.Oxen(0), "<img src=x onerror=alert(1)>", signature), []int{422}},
		{"SQL in a claim", claim("'; DROP TABLE claims; --", good, signature), []int{422}},
		{"1 MB in a claim", claim(w.Oxen(0), long, signature), []int{422}},
		{"right-to-left marks in a claim", claim(w.Oxen(0), "\u202e"+good, signature), []int{422}},
		{"another's signature", claim(w.Oxen(1), good, signature), []int{422}},
		{"a signature cut short", claim(w.Oxen(0), good, signature[:90]), []int{422}},
		{"a claim with two spaces", claim(w.Oxen(0), strings.Replace(good, " to ", "  to ", 1), signature), []int{422}},
		{"an account without stake", claim(w.Wallet().Address().String(), good, signature), []int{422}},
		{"a body above the limit", post(api+"/claim-texts", js, `{"oxen":"`+long+`"}`), []int{413}},
		{"a proof above the limit", fmt.Sprintf("POST %s/proofs HTTP/1.1\nHost: h\nContent-Type: %s\nContent-Length: %d\n\n", api, js, 9<<20), []int{413}},
		{"a proof that is none", post(api+"/proofs", js, `{"claim":1,"proof":"`+long+`"}`), []int{422}},
		{"a recipient to sign for that is none", post(api+"/claim-texts", js, `{"oxen":"`+w.Oxen(0)+`","to":"<b>"}`), []int{422}},
		{"the zero address", post(api+"/claim-texts", js, `{"oxen":"`+w.Oxen(0)+`","to":"0x0000000000000000000000000000000000000000"}`), []int{422}},
		{"a number above all", post(api+"/claim-texts", js, `{"oxen":"`+w.Oxen(0)+`","to":"`+w.Address().String()+`","sequence":1000000}`), []int{422}},
		{"a number above 32 bits", post(api+"/claim-texts", js, `{"oxen":"x","to":"y","sequence":4294967296}`), []int{400}},
		{"an Idempotency-Key with spaces", post(api+"/claims", js, "{}", "Idempotency-Key: a b"), []int{400}},
		{"two Idempotency-Keys", post(api+"/claims", js, "{}", "Idempotency-Key: a", "Idempotency-Key: b"), []int{400}},
		{"a long Idempotency-Key", post(api+"/claims", js, "{}", "Idempotency-Key: "+long[:200]), []int{400}},
		{"a query with POST", post(api+"/claims?x=y", js, "{}"), []int{400}},

		// Pages.
		{"a page that is not there", get("/wp-login.php"), []int{404}},
		{"a dot file", get("/.git/config"), []int{404}},
		{"the status of what is no number", get("/claims/abc"), []int{400, 404}},
		{"a page's form of another type", post("/claim", "application/json", "{}"), []int{400, 415}},
		{"a page's form of 1 MB", post("/verify", "application/x-www-form-urlencoded", "message="+long), []int{200, 400, 413}},
	}
	return rows
}

func numbered(format string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}

// changed is an address with one letter changed.
func changed(oxen string) string {
	b := []byte(oxen)
	if b[50]++; b[50] > 'z' || !strings.ContainsRune("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", rune(b[50])) {
		b[50] = '2'
	}
	if string(b) == oxen {
		b[50] = '3'
	}
	return string(b)
}

// TestBadRequests sends what should not be sent, as bytes. Each is refused with a status that says
// why, without an entry in the ledger, without echoing what could run, and the server lives on.
func TestBadRequests(t *testing.T) {
	w := desktest.New(t, 2)
	w.Take(desktest.Named)
	p := open(t, w)
	server := httptest.NewUnstartedServer(p)
	server.Config.MaxHeaderBytes = 16 << 10
	server.Config.ReadHeaderTimeout = 5 * time.Second
	server.Start()
	defer server.Close()
	before, err := w.Size(t.Context())
	w.Must(err)
	rows := badRequests(w)
	if len(rows) < 100 {
		t.Fatalf("only %d requests", len(rows))
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c, err := net.Dial("tcp", server.Listener.Addr().String())
			w.Must(err)
			defer c.Close()
			w.Must(c.SetDeadline(time.Now().Add(20 * time.Second)))
			head, body, _ := strings.Cut(row.request, "\n\n")
			go io.WriteString(c, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+strings.ReplaceAll(body, "\n", "\r\n"))
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(row.status, answer.StatusCode) {
				t.Errorf("%d, expected one of %d: %.300s", answer.StatusCode, row.status, said)
			}
			if len(answer.Cookies()) > 0 || bytes.Contains(said, []byte("<script>alert")) || bytes.Contains(said, []byte("<img src=x")) {
				t.Errorf("it answers with a cookie or with what was sent: %.300s", said)
			}
			if kind := answer.Header.Get("Content-Type"); strings.HasPrefix(kind, "application/problem+json") {
				var problem struct{ Type, Title, Detail string }
				if err := json.Unmarshal(said, &problem); err != nil || problem.Type == "" || problem.Title == "" || problem.Detail == "" || len(said) > 2000 {
					t.Errorf("%v: %.3000s", err, said)
				}
			}
		})
	}
	after, err := w.Size(t.Context())
	w.Must(err)
	if after != before {
		t.Errorf("%d entries in the ledger", after-before)
	}
	r, err := http.Get(server.URL + "/api/v1/migration")
	w.Must(err)
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
}

// TestPanic: a panic ends one connection only.
func TestPanic(t *testing.T) {
	w := desktest.New(t, 1)
	p := open(t, w, func(c *portal.Config) {
		c.Pages = func(*desk.Desk) (portal.Pages, error) { return fragile{}, nil }
	})
	server := httptest.NewServer(p)
	defer server.Close()
	if r, err := http.Get(server.URL + "/"); err == nil {
		r.Body.Close()
		t.Error("a panic is answered")
	}
	r, err := http.Get(server.URL + "/api/v1/rounds")
	w.Must(err)
	r.Body.Close()
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
}

type fragile struct{ portal.Pages }

func (fragile) ServeHTTP(http.ResponseWriter, *http.Request) { panic("of a page") }
