package main

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
	// mostConnections is how many connections are open at one time. Each takes some 20 kB.
	mostConnections = 8192
	// spareFiles is how many files the program needs beside its connections: the ledger's, those of its answers, and
	// connections to daemons and chains.
	spareFiles = 512
	// refusing is how many connections are being turned away at one time, each for at most refuseTime.
	refusing   = 512
	refuseTime = time.Second
	// leastIdle is how long a connection must have been idle before its place is given away: on a busy machine, what seems
	// idle may have sent its next request already.
	leastIdle = 10 * time.Second
)

// turnedAway is what a connection hears that finds no place.
const turnedAway = "HTTP/1.1 503 Service Unavailable\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 52\r\nRetry-After: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" +
	"too many connections are open: try again in seconds\n"

// gate bounds the open connections of a server. When there is no place left, a new connection gets that of the one which
// has waited longest for its next request; when none has waited long, it is told to come again.
type gate struct {
	net.Listener
	most  int
	least time.Duration // for which a connection is idle before its place is given away
	leave chan struct{} // one for each connection that is being turned away

	mu   sync.Mutex
	open int
	idle list.List // of *guest, which waits longest first
}

// guest is a connection with a place.
type guest struct {
	*net.TCPConn
	gate *gate
	once sync.Once
	at   *list.Element // in idle; nil: it is at work
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
		g.leave <- struct{}{}
		go func() {
			defer func() { <-g.leave }()
			turnAway(conn)
		}()
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
	first := g.idle.Front()
	if first == nil || time.Since(first.Value.(*guest).idle) < g.least {
		g.mu.Unlock()
		return false
	}
	left := g.idle.Remove(first).(*guest)
	left.at = nil
	g.open++
	g.mu.Unlock()
	left.Close()
	return true
}

// state follows which connections are idle; it is the server's ConnState.
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
	if s == http.StateIdle {
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

// turnAway tells a connection to come again and waits until it is gone: closed at once, what it sends would be answered with
// a reset, and the words lost.
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

// placesFor is how many of some connections there are files for. Go has raised this program's limit of open files as far as
// the system lets it.
func placesFor(connections int) (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("ask for the limit of open files: %w", err)
	}
	if limit.Cur < 2*spareFiles {
		return 0, fmt.Errorf("this program may open %d files and needs at least %d: raise the limit (`ulimit -Hn`, LimitNOFILE of the service)", limit.Cur, 2*spareFiles)
	}
	return int(min(uint64(connections), uint64(limit.Cur)-spareFiles)), nil
}
