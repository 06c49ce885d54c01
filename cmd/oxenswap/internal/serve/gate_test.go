package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
)

// behindGate serves a handler behind a gate until the test ends.
func behindGate(t *testing.T, most int, least time.Duration, p timeouts, h http.HandlerFunc) (*gate, func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(l, most, least)
	server := newServer(h, p, zap.NewNop())
	server.ConnState = g.state
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(g) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return g, func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(20 * time.Second)) // the test's own end, if nothing happens
		return c
	}
}

func get(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
}

func answerOf(t *testing.T, c net.Conn) *http.Response {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGate fills a server with connections at work, and then with idle ones.
func TestGate(t *testing.T) {
	working, release := make(chan struct{}), make(chan struct{})
	g, dial := behindGate(t, 2, 0, defaultTimeouts(), func(http.ResponseWriter, *http.Request) {
		working <- struct{}{}
		<-release
	})
	first, second := dial(), dial()
	for _, c := range []net.Conn{first, second} {
		get(t, c)
		<-working
	}
	third := dial()
	if r := answerOf(t, third); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !r.Close {
		t.Errorf("a connection too many: got %s, %v, want 503 with Retry-After and close", r.Status, r.Header)
	}
	release <- struct{}{}
	release <- struct{}{}
	answerOf(t, first)
	answerOf(t, second)
	// An answer can be read before the server knows that its connection is idle.
	for idle := 0; idle < 2; {
		g.mu.Lock()
		idle = g.idle.Len()
		g.mu.Unlock()
	}
	fourth := dial()
	get(t, fourth)
	<-working
	release <- struct{}{}
	if r := answerOf(t, fourth); r.StatusCode != http.StatusOK {
		t.Errorf("a new connection while others are idle: got %s, want 200", r.Status)
	}
	closed := make(chan net.Conn, 2)
	for _, c := range []net.Conn{first, second} {
		go func() {
			if _, err := c.Read(make([]byte, 1)); err == io.EOF {
				closed <- c
			}
		}()
	}
	<-closed
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open > 2 {
		t.Errorf("open connections: got %d, want at most 2", g.open)
	}
}

// TestGateUnread keeps a connection whose request the server has not read yet.
func TestGateUnread(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := newGate(l, 2, 0)
	var conns []*gateConn
	accept := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		taken, err := g.Accept()
		if err != nil {
			t.Fatal(err)
		}
		g.state(taken, http.StateNew)
		conns = append(conns, taken.(*gateConn))
		return c
	}
	asking, silent := accept(), accept()
	defer asking.Close()
	defer silent.Close()
	get(t, asking)
	for !conns[0].unread() {
	}
	defer accept().Close()
	if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the silent connection keeps its place: %v", err)
	}
	if _, err := conns[0].Read(make([]byte, 1)); err != nil {
		t.Errorf("the one that asked lost its place: %v", err)
	}
}

// TestGateRush opens many more connections at once than there are places for.
func TestGateRush(t *testing.T) {
	g, dial := behindGate(t, 20, time.Hour, defaultTimeouts(), func(http.ResponseWriter, *http.Request) {})
	var group sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 400 {
		c := dial() // and it stays
		group.Go(func() {
			// The words of who is turned away can be there before the question is.
			_, asked := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Errorf("no answer: %v, asked: %v", err, asked)
			case r.StatusCode == http.StatusOK || r.StatusCode == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != "":
				statuses[r.StatusCode]++
			default:
				t.Errorf("answer at the gate: got %s, %v, want 200, or 503 with Retry-After", r.Status, r.Header)
			}
		})
	}
	group.Wait()
	// None has been idle for long, so the first ones keep their places.
	g.mu.Lock()
	defer g.mu.Unlock()
	if statuses[http.StatusOK] != 20 || g.open != 20 {
		t.Errorf("answers: %v, %d open", statuses, g.open)
	}
}

// TestTimeouts lets clients send and take slowly.
func TestTimeouts(t *testing.T) {
	const little = 50 * time.Millisecond
	usual := defaultTimeouts()
	for _, test := range []struct {
		name, sends string
		timeouts    timeouts
	}{
		{"nothing", "", timeouts{little, usual.read, usual.write, usual.idle}},
		{"half a header", "GET / HTTP/1.1\r\nHos", timeouts{little, usual.read, usual.write, usual.idle}},
		{"half a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", timeouts{usual.header, little, usual.write, usual.idle}},
		{"no next request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", timeouts{usual.header, usual.read, usual.write, little}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, dial := behindGate(t, 1, leastIdle, test.timeouts, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
			c := dial()
			if _, err := io.WriteString(c, test.sends); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Errorf("the server did not end the connection: %v", err)
			}
		})
	}
	t.Run("takes no answer", func(t *testing.T) {
		ended := make(chan error, 1)
		_, dial := behindGate(t, 1, leastIdle, timeouts{usual.header, usual.read, little, usual.idle}, func(w http.ResponseWriter, _ *http.Request) {
			part := strings.Repeat("a", 1<<20)
			for {
				if _, err := io.WriteString(w, part); err != nil {
					ended <- err
					return
				}
			}
		})
		get(t, dial())
		if err := <-ended; !strings.Contains(fmt.Sprint(err), "timeout") {
			t.Errorf("the answer ended with: %v", err)
		}
	})
}

func TestPlacesFor(t *testing.T) {
	if n, err := placesFor(10); n != 10 || err != nil {
		t.Errorf("places for 10 connections: got %d, %v, want 10", n, err)
	}
	if n, err := placesFor(1 << 40); n >= 1<<40 || n < 1 || err != nil {
		t.Errorf("places for 2^40 connections: got %d, %v, want from 1 to fewer than 2^40", n, err)
	}
}
