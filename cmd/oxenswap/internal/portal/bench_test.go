package portal_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"oxenswap/cmd/oxenswap/internal/portal"
	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
)

// benched are a portal with a live round and as many accounts as asked for, and what is asked of
// it.
type benched struct {
	*desktest.World
	portal                 *portal.Portal
	accounts, claims, tree []string // paths
}

func benchWorld(b *testing.B, holders int) *benched {
	b.Helper()
	w := desktest.New(b, holders)
	for _, h := range []uint64{desktest.Named, desktest.Last} {
		w.Take(h)
		w.Finalize(h)
	}
	out := &benched{World: w}
	p, err := portal.New(b.Context(), config(w, func(c *portal.Config) {
		c.Memory = 128 << 20
		c.Guard.InFlight, c.Guard.Posting = 4096, 4096
		c.Desk.Limits.Claims, c.Desk.Limits.Account = 4096, bucket.Rate{PerSecond: 1e6, Burst: 1e6}
	}))
	w.Must(err)
	out.portal = p
	return out
}

// ask sends requests over connections of their own and reads whole answers, with as little work as
// possible.
func ask(b *testing.B, address string, status string, next func() []byte) {
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	defer func() { b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op") }()
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial("tcp", address)
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		in := bufio.NewReaderSize(c, 16<<10)
		for pb.Next() {
			if _, err := c.Write(next()); err != nil {
				b.Error(err)
				return
			}
			if got, err := readAnswer(in); err != nil || got != status {
				b.Errorf("answer: got %s, %v, want %s", got, err, status)
				return
			}
		}
	})
}

// processorTime is what this process has used, clients included. It says more than the clock on a
// machine that others use.
func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func readAnswer(in *bufio.Reader) (status string, err error) {
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return status, err
		}
		switch {
		case status == "":
			status = string(line[9:12])
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[16:]))); err != nil {
				return status, err
			}
		case len(line) <= 2:
			_, err := in.Discard(length)
			return status, err
		}
	}
}

// BenchmarkLookups compares look-ups with a bare handler that writes the same number of bytes.
func BenchmarkLookups(b *testing.B) {
	w := benchWorld(b, 400)
	var submitted []string
	for i := range w.Wallets {
		to := w.Address()
		done := httptest.NewRecorder()
		text := w.Text(to, 1)
		r := httptest.NewRequest(http.MethodPost, "/api/v1/claims", strings.NewReader(fmt.Sprintf(`{"oxen":%q,"text":%q,"signature":%q}`, w.Oxen(i), text, w.Sign(w.Wallets[i], text))))
		r.Header.Set("Content-Type", "application/json")
		w.portal.ServeHTTP(done, r)
		if done.Code != http.StatusCreated {
			b.Fatal(done.Body)
		}
		submitted = append(submitted, done.Header().Get("Location"))
		w.accounts = append(w.accounts, "/api/v1/accounts/"+w.Oxen(i))
		w.tree = append(w.tree, "/api/v1/rounds/1/proofs/"+to.String())
	}
	w.claims = submitted
	w.Deploy()
	w.Carry()
	size := func(path string) int {
		done := httptest.NewRecorder()
		w.portal.ServeHTTP(done, httptest.NewRequest(http.MethodGet, path, nil))
		if done.Code != http.StatusOK {
			b.Fatal(done.Body)
		}
		return done.Body.Len()
	}
	portal := httptest.NewServer(w.portal)
	defer portal.Close()
	for name, paths := range map[string][]string{"entitlement": w.accounts, "status": w.claims, "proof": w.tree} {
		var requests [][]byte
		for _, path := range paths {
			size(path)
			requests = append(requests, fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path))
		}
		body := make([]byte, size(paths[0]))
		bare := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Content-Type", "application/json")
			out.Header().Set("Content-Length", strconv.Itoa(len(body)))
			out.Write(body)
		}))
		var n atomic.Int64
		next := func() []byte { return requests[int(n.Add(1))%len(requests)] }
		b.Run(name+"/bare", func(b *testing.B) { ask(b, bare.Listener.Addr().String(), "200", next) })
		b.Run(name+"/portal", func(b *testing.B) { ask(b, portal.Listener.Addr().String(), "200", next) })
		bare.Close()
	}
}

// BenchmarkClaims is claims that are recorded, each answered when its checkpoint is on disk.
func BenchmarkClaims(b *testing.B) {
	w := benchWorld(b, 2000)
	server := httptest.NewServer(w.portal)
	defer server.Close()
	sequence := make([]uint32, len(w.Wallets))
	requests := make(chan []byte, b.N)
	for i := range b.N {
		at := i % len(w.Wallets)
		sequence[at]++
		text := w.Text(w.Address(), sequence[at])
		body := fmt.Sprintf(`{"oxen":%q,"text":%q,"signature":%q}`, w.Oxen(at), text, w.Sign(w.Wallets[at], text))
		requests <- fmt.Appendf(nil, "POST /api/v1/claims HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	b.SetParallelism(32)
	ask(b, server.Listener.Addr().String(), "201", func() []byte { return <-requests })
}

// BenchmarkGarbage is claims that are refused.
func BenchmarkGarbage(b *testing.B) {
	w := benchWorld(b, 20)
	w.Must(w.portal.Follow(b.Context()))
	server := httptest.NewServer(w.portal)
	defer server.Close()
	good, stranger := w.Text(w.Address(), 1), w.Wallet()
	for name, c := range map[string]struct{ oxen, text, signature string }{
		"malformed":       {w.Oxen(0), "SESH claim", "SigV1"},
		"unknown account": {stranger.Address().String(), good, w.Sign(stranger, good)},
		"wrong signature": {w.Oxen(0), good, w.Sign(w.Wallets[1], good)},
	} {
		body := fmt.Sprintf(`{"oxen":%q,"text":%q,"signature":%q}`, c.oxen, c.text, c.signature)
		request := fmt.Appendf(nil, "POST /api/v1/claims HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(16)
			ask(b, server.Listener.Addr().String(), "422", func() []byte { return request })
		})
	}
}
