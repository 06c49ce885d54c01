package serve

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// mostConnections is how many connections are open at one time. Each takes some 30 kB, and
	// those with a request at the same moment share the processors.
	mostConnections = 4096
	// spareFiles is how many files the program needs besides its connections: the ledger's, those
	// of its answers, and connections to daemons and chains.
	spareFiles = 512
	// mostRefusals is how many refused connections get a clean close at one time, each for at most
	// refuseTime. Further ones get a short answer and are closed at once.
	mostRefusals = 256
	refuseTime   = time.Second
	// leastIdle is how long a connection must have been idle before it can lose its place.
	leastIdle = time.Second
)

// tooMany is the answer on a connection that gets no place.
const tooMany = "HTTP/1.1 503 Service Unavailable\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 52\r\nRetry-After: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" +
	"too many connections are open: try again in seconds\n"

// gate bounds the open connections of a server. When no place is free, a new connection takes that
// of the connection that has been idle longest. When none has been idle for long enough, the gate
// refuses the new connection with tooMany.
type gate struct {
	net.Listener
	most     int
	least    time.Duration // that a connection must have been idle to lose its place
	refusals chan struct{} // holds one element for each connection that is being refused

	mu   sync.Mutex
	open int
	idle list.List // of *gateConn that wait for a request, the longest idle first
}

// gateConn is a connection with a place.
type gateConn struct {
	*net.TCPConn
	gate *gate
	once sync.Once
	at   *list.Element // in idle; nil: a request is being read or answered
	idle time.Time     // when it became idle
}

// newGate returns a gate before a listener on TCP. The server must call its state.
func newGate(l net.Listener, most int, least time.Duration) *gate {
	return &gate{Listener: l, most: most, least: least, refusals: make(chan struct{}, mostRefusals)}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn, ok := c.(*net.TCPConn)
		if !ok {
			return nil, errors.Join(errors.New("a connection is not one of TCP"), c.Close())
		}
		if g.enter() {
			return &gateConn{TCPConn: conn, gate: g}, nil
		}
		select {
		case g.refusals <- struct{}{}:
			go func() {
				defer func() { <-g.refusals }()
				refuse(conn)
			}()
		default:
			// The socket's buffer is empty, so this does not block.
			io.Copy(conn, strings.NewReader(tooMany))
			conn.Close()
		}
	}
}

// enter takes a place, if necessary that of an idle connection.
func (g *gate) enter() bool {
	g.mu.Lock()
	if g.open < g.most {
		g.open++
		g.mu.Unlock()
		return true
	}
	idlest := g.takeIdle()
	if idlest == nil {
		g.mu.Unlock()
		return false
	}
	g.open++
	g.mu.Unlock()
	idlest.Close()
	return true
}

// takeIdle removes the connection that has been idle longest from the list and returns it. nil:
// none has been idle for long enough.
func (g *gate) takeIdle() *gateConn {
	for e := g.idle.Front(); e != nil; e = g.idle.Front() {
		c := e.Value.(*gateConn)
		if time.Since(c.idle) < g.least {
			return nil
		}
		g.idle.Remove(e)
		c.at = nil
		if !c.unread() {
			return c
		}
		// A request has arrived that a busy server has not read yet: the connection stays.
	}
	return nil
}

// unread reports whether data has arrived that the server has not read.
func (c *gateConn) unread() bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		n, _, _ = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err == nil && n > 0
}

// state follows which connections wait for a request; it is the server's ConnState.
func (g *gate) state(c net.Conn, s http.ConnState) {
	conn, ok := c.(*gateConn)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if conn.at != nil {
		g.idle.Remove(conn.at)
		conn.at = nil
	}
	if s == http.StateNew || s == http.StateIdle {
		conn.at, conn.idle = g.idle.PushBack(conn), time.Now()
	}
}

// Close implements net.Conn.
func (c *gateConn) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		c.gate.open--
	})
	return c.TCPConn.Close()
}

// refuse answers with tooMany and waits until the client closes. If this side closed at once, data
// that the client still sends would cause a reset, and the client would lose the answer.
func refuse(c *net.TCPConn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(refuseTime))
	if _, err := io.Copy(c, strings.NewReader(tooMany)); err != nil {
		return
	}
	if c.CloseWrite() == nil {
		io.Copy(io.Discard, io.LimitReader(c, 1<<20))
	}
}

// placesFor returns how many of the wanted connections the limit of open files allows. Go has
// raised this program's limit as far as the system permits.
func placesFor(connections int) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("ask for the limit of open files: %w", err)
	}
	const leastFiles = 2 * spareFiles
	if limit.Cur < leastFiles {
		return 0, fmt.Errorf("this program may open %d files and needs at least %d: raise the limit (`ulimit -Hn`, LimitNOFILE of the service)",
			limit.Cur, leastFiles)
	}
	return int(min(uint64(connections), uint64(limit.Cur)-spareFiles-mostRefusals)), nil
}
