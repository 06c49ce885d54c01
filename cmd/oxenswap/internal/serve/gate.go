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
	// mostConnections is how many connections are open at one time. Each takes some 30 kB, and all
	// that have something to say at one moment wait for each other.
	mostConnections = 4096
	// spareFiles is how many files the program needs beside its connections: the ledger's, those of
	// its answers, and connections to daemons and chains.
	spareFiles = 512
	// refusing is how many connections that are turned away are heard out at one time, each for at
	// most refuseTime.
	refusing   = 256
	refuseTime = time.Second
	// leastIdle is how long a connection must have said nothing before its place is given away.
	leastIdle = time.Second
)

// turnedAway is what a connection hears that finds no place.
const turnedAway = "HTTP/1.1 503 Service Unavailable\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 52\r\nRetry-After: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" +
	"too many connections are open: try again in seconds\n"

// gate bounds the open connections of a server. When there is no place left, a new connection gets
// that of the one which has said nothing for longest; when all have of late, it is told to come
// again.
type gate struct {
	net.Listener
	most  int
	least time.Duration // for which a connection says nothing before its place is given away
	leave chan struct{} // one for each connection that is being turned away

	mu   sync.Mutex
	open int
	idle list.List // of *guest that wait for a request, the longest first
}

// guest is a connection with a place.
type guest struct {
	*net.TCPConn
	gate *gate
	once sync.Once
	at   *list.Element // in idle; nil: it is at work, or heard of soon
	idle time.Time     // since when
}

// newGate returns a gate before a listener on TCP. The server must call its state.
func newGate(l net.Listener, most int, least time.Duration) *gate {
	return &gate{Listener: l, most: most, least: least, leave: make(chan struct{}, refusing)}
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
			return &guest{TCPConn: conn, gate: g}, nil
		}
		select {
		case g.leave <- struct{}{}:
			go func() {
				defer func() { <-g.leave }()
				turnAway(conn)
			}()
		default:
			// Its buffer is empty, so this waits for nobody.
			io.Copy(conn, strings.NewReader(turnedAway))
			conn.Close()
		}
	}
}

// enter takes a place, if need be that of an idle connection.
func (g *gate) enter() bool {
	g.mu.Lock()
	if g.open < g.most {
		g.open++
		g.mu.Unlock()
		return true
	}
	left := g.silent()
	if left == nil {
		g.mu.Unlock()
		return false
	}
	g.open++
	g.mu.Unlock()
	left.Close()
	return true
}

// silent takes the connection that has said nothing for longest off the list. nil: all have said
// something of late.
func (g *gate) silent() *guest {
	for e := g.idle.Front(); e != nil; e = g.idle.Front() {
		c := e.Value.(*guest)
		if time.Since(c.idle) < g.least {
			return nil
		}
		g.idle.Remove(e)
		c.at = nil
		if !c.unread() {
			return c
		}
		// On a busy machine the server has not heard of it yet, and will.
	}
	return nil
}

// unread reports whether a connection has sent something that nobody has read.
func (c *guest) unread() bool {
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
	conn, ok := c.(*guest)
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
func (c *guest) Close() error {
	c.once.Do(func() {
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		c.gate.open--
	})
	return c.TCPConn.Close()
}

// turnAway tells a connection to come again and waits until it is gone: closed at once, what it
// sends would be answered with a reset, and the words lost.
func turnAway(c *net.TCPConn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(refuseTime))
	if _, err := io.Copy(c, strings.NewReader(turnedAway)); err != nil {
		return
	}
	if c.CloseWrite() == nil {
		io.Copy(io.Discard, io.LimitReader(c, 1<<20))
	}
}

// placesFor is how many of some connections there are files for. Go has raised this program's limit
// of open files as far as the system lets it.
func placesFor(connections int) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("ask for the limit of open files: %w", err)
	}
	const leastFiles = 2 * spareFiles
	if limit.Cur < leastFiles {
		return 0, fmt.Errorf("this program may open %d files and needs at least %d: raise the limit (`ulimit -Hn`, LimitNOFILE of the service)", limit.Cur, leastFiles)
	}
	return int(min(uint64(connections), uint64(limit.Cur)-spareFiles-refusing)), nil
}
