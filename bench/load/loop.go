//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// loop sends requests over many connections from one thread, with system calls and nothing else, as it shares the cores with
// what it measures. Each connection comes from a loopback address of its own, so that ports last.
type loop struct {
	to     syscall.SockaddrInet4
	poll   int
	conns  []*conn
	idle   []*conn // the last used one last
	shut   []*conn // which the server closed while they were idle, until they are needed
	away   []*conn // which the server turned away, until it says that they may come again, the first one first
	in     []byte
	events []syscall.EpollEvent

	// Of the traffic that is sent now.
	t     *traffic
	o     *outcome
	start time.Time
}

// conn is a connection with at most one request on its way.
type conn struct {
	index   int32
	age     int32 // raised whenever it is opened again: older events are not its own
	fd      int
	state   connState
	number  int       // of its request
	since   time.Time // when the request was due
	again   time.Time // when it may be opened again, if it was turned away
	request []byte
	unsent  []byte // the rest of the request
	got     []byte // the beginning of an answer
}

type connState uint8

const (
	connecting connState = iota
	waiting              // for a request
	asking
	closed // it is not open: shut, turned away, or it could not be opened
)

// traffic is what a loop sends.
type traffic struct {
	rate  float64       // requests a second at their due times, from which latencies count. 0: the next one follows each answer
	lasts time.Duration // for how long requests are due. 0: until next has no more
	rest  time.Duration // how long after that answers are waited for
	// next appends request i to b. nil: there are no more, and the traffic ends.
	next func(b []byte, i int) []byte
	// done hears of each answer. It may be nil.
	done func(i int, a *answer, took time.Duration)
}

// outcome is what came of traffic.
type outcome struct {
	sent     int
	answered int // of them in time: before the last request was due
	late     int // and later
	broken   int // their connection broke
	missing  int // no answer came
	unsent   int // due, but all connections were busy until the end
	garbled  int // no HTTP
	reopened int // connections
	away     int // connections that were turned away before they asked for anything
	took     time.Duration
}

func (o outcome) perSecond() float64 { return float64(o.answered) / o.took.Seconds() }

// err says what should not have happened.
func (o outcome) err() error {
	if o.broken+o.missing+o.garbled > 0 {
		return fmt.Errorf("of %d requests %d were broken off, %d not answered, %d answered in no HTTP", o.sent, o.broken, o.missing, o.garbled)
	}
	return nil
}

// ipBindAddressNoPort leaves the choice of the port to connect(2), which knows the other end (ip(7)).
const ipBindAddressNoPort = 24

const (
	// goOn is for how long after the end a request is sent that was due before it.
	goOn = 500 * time.Millisecond
	// comeAgain is when a connection is opened again that was turned away with a Retry-After, which is at least that.
	comeAgain = time.Second
)

// newLoop opens connections to an address, all at once, and waits until the server has taken them or turned them away.
func newLoop(address string, connections int) (*loop, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	l := &loop{to: syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}, in: make([]byte, 1<<18), events: make([]syscall.EpollEvent, 16384)}
	if l.poll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	return l, l.grow(connections)
}

// grow opens more connections, all at once.
func (l *loop) grow(connections int) error {
	for len(l.conns) < connections {
		c := &conn{index: int32(len(l.conns))}
		l.conns = append(l.conns, c)
		if err := l.connect(c); err != nil {
			return fmt.Errorf("opening %d connections: %w: raise `ulimit -n`", connections, err)
		}
	}
	if l.settle(); l.open() < len(l.conns) {
		return fmt.Errorf("%d of %d connections were not taken within 30 s", len(l.conns)-l.open(), len(l.conns))
	}
	return nil
}

// open is how many connections are not on their way.
func (l *loop) open() int { return len(l.idle) + len(l.shut) + len(l.away) }

// settle waits until all connections are taken, at most 30 s.
func (l *loop) settle() {
	l.wait(0)
	for deadline := time.Now().Add(30 * time.Second); l.open() < len(l.conns) && time.Now().Before(deadline); {
		l.wait(10)
	}
}

func (l *loop) close() {
	for _, c := range l.conns {
		if c.state != closed {
			syscall.Close(c.fd)
		}
	}
	syscall.Close(l.poll)
}

// prepare opens connections again when they are needed: all that may come again, and those that are shut when no other
// is idle.
func (l *loop) prepare(now time.Time) {
	for len(l.away) > 0 && now.After(l.away[0].again) {
		l.reopen(l.away[0])
		l.away = l.away[1:]
	}
	if len(l.idle) == 0 {
		for _, c := range l.shut {
			l.reopen(c)
		}
		l.shut = l.shut[:0]
	}
}

func (l *loop) connect(c *conn) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		c.state = closed
		return err
	}
	c.fd, c.age, c.state, c.got = fd, c.age+1, connecting, c.got[:0]
	from := syscall.SockaddrInet4{Addr: [4]byte{127, 1, byte(c.index >> 8), byte(c.index)}}
	err = errors.Join(
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1),
		syscall.Bind(fd, &from),
		syscall.EpollCtl(l.poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{
			// Edge-triggered, so that nothing has to be changed between connecting, sending and receiving.
			Events: syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | 1<<31, Fd: c.index, Pad: c.age,
		}),
	)
	if err == nil {
		if err = syscall.Connect(fd, &l.to); err == syscall.EINPROGRESS {
			err = nil
		}
	}
	if err != nil {
		syscall.Close(fd)
		c.state = closed
	}
	return err
}

// reopen opens a connection again that is of no more use.
func (l *loop) reopen(c *conn) {
	l.drop(c)
	if l.o != nil {
		l.o.reopened++
	}
	// What cannot be opened is missed by the traffic, and shows there.
	_ = l.connect(c)
}

// drop closes a connection.
func (l *loop) drop(c *conn) {
	if c.state == waiting {
		i := slices.Index(l.idle, c)
		l.idle = slices.Delete(l.idle, i, i+1)
	}
	if c.state != closed {
		syscall.Close(c.fd)
	}
	c.state = closed
	c.age++
}

// leave closes a connection that was turned away, until it may come again.
func (l *loop) leave(c *conn) {
	l.drop(c)
	c.again = time.Now().Add(comeAgain)
	l.away = append(l.away, c)
}

// run sends traffic and returns when it is answered.
func (l *loop) run(t traffic) outcome {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	o := outcome{}
	l.settle()
	l.t, l.o, l.start = &t, &o, time.Now()
	defer func() { l.t, l.o = nil, nil }()
	end := l.start.Add(t.lasts) // of sending; without a duration it is known when next has no more
	for more := true; ; {
		now := time.Now()
		if more = more && (t.lasts == 0 || now.Before(end.Add(goOn))); more {
			l.prepare(now)
		}
		for more && len(l.idle) > 0 {
			at := now
			if t.rate > 0 {
				at = l.due(o.sent)
			}
			if at.After(now) {
				break
			}
			if t.lasts > 0 && !at.Before(end) || !l.ask(at) {
				more = false
				if t.lasts == 0 {
					end = now
				}
			}
		}
		busy := o.sent - o.answered - o.late - o.broken - o.garbled
		if !more && busy == 0 || (!more || t.lasts > 0) && now.After(end.Add(t.rest)) {
			o.missing = busy
			break
		}
		timeout := 10
		if more && t.rate > 0 && len(l.idle) > 0 {
			timeout = int(max(l.due(o.sent).Sub(now).Round(time.Millisecond).Milliseconds(), 1))
		}
		l.wait(min(timeout, 10))
	}
	o.took = end.Sub(l.start)
	if t.rate > 0 && t.lasts > 0 {
		o.unsent = max(int(t.rate*t.lasts.Seconds())-o.sent, 0)
	}
	// An answer that is still on its way would be taken for that to a later request.
	for _, c := range l.conns {
		if c.state == asking {
			l.drop(c)
			l.shut = append(l.shut, c)
		}
	}
	return o
}

// due is when a request has to be sent.
func (l *loop) due(number int) time.Time {
	return l.start.Add(time.Duration(float64(number) / l.t.rate * float64(time.Second)))
}

// ask sends the next request over an idle connection. It returns false when there is no more.
func (l *loop) ask(due time.Time) bool {
	c := l.idle[len(l.idle)-1]
	if c.request = l.t.next(c.request[:0], l.o.sent); len(c.request) == 0 {
		return false
	}
	l.idle = l.idle[:len(l.idle)-1]
	c.state, c.number, c.since, c.unsent = asking, l.o.sent, due, c.request
	l.o.sent++
	l.send(c)
	return true
}

// wait handles what happens within some milliseconds.
func (l *loop) wait(milliseconds int) {
	n, err := syscall.EpollWait(l.poll, l.events, milliseconds)
	if err != nil {
		return // EINTR
	}
	for _, e := range l.events[:n] {
		c := l.conns[e.Fd]
		if c.age == e.Pad {
			l.handle(c, e.Events)
		}
	}
}

func (l *loop) handle(c *conn, events uint32) {
	if c.state == connecting && events&(syscall.EPOLLOUT|syscall.EPOLLERR|syscall.EPOLLHUP) != 0 {
		if code, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || code != 0 {
			l.reopen(c)
			return
		}
		l.release(c)
	}
	if c.state == asking && len(c.unsent) > 0 && events&syscall.EPOLLOUT != 0 {
		l.send(c)
	}
	if events&(syscall.EPOLLIN|syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 && c.state != closed {
		l.receive(c)
	}
}

func (l *loop) release(c *conn) {
	c.state = waiting
	l.idle = append(l.idle, c)
}

func (l *loop) send(c *conn) {
	n, err := syscall.Write(c.fd, c.unsent)
	switch {
	case err == syscall.EAGAIN:
	case err != nil:
		// An answer may have come before the connection was closed.
		c.unsent = nil
		l.receive(c)
	default:
		c.unsent = c.unsent[n:]
	}
}

func (l *loop) receive(c *conn) {
	n, err := syscall.Read(c.fd, l.in)
	if err == syscall.EAGAIN {
		return
	}
	if err != nil || n == 0 {
		if c.state == waiting {
			l.drop(c)
			l.shut = append(l.shut, c)
			return
		}
		if c.state == asking {
			l.o.broken++
		}
		l.reopen(c)
		return
	}
	got := l.in[:n]
	if len(c.got) > 0 {
		c.got = append(c.got, got...)
		got = c.got
	}
	a, size, err := parseAnswer(got)
	if err == nil && size == len(got) && c.state == waiting && a.refuses() {
		if l.o != nil {
			l.o.away++
		}
		l.leave(c)
		return
	}
	if err != nil || size > 0 && (c.state != asking || size != len(got)) {
		if c.state == asking {
			l.o.garbled++
		}
		l.reopen(c)
		return
	}
	if size == 0 {
		if len(c.got) == 0 {
			c.got = append(c.got, got...)
		}
		if n == len(l.in) {
			l.receive(c)
		}
		return
	}
	now := time.Now()
	if l.t.lasts > 0 && now.Sub(l.start) > l.t.lasts {
		l.o.late++
	} else {
		l.o.answered++
	}
	if l.t.done != nil {
		l.t.done(c.number, &a, now.Sub(c.since))
	}
	c.got = c.got[:0]
	switch {
	case a.closes && a.refuses():
		l.leave(c)
	case a.closes:
		l.reopen(c)
	default:
		l.release(c)
	}
}
