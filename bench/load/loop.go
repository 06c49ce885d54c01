//go:build linux

package main

import (
	"bytes"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// loop sends requests over many connections from one thread, with system calls and nothing else, as
// it shares the cores with what it measures. Each connection comes from a loopback address of its
// own, so that ports last.
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
	again []repeat
	t     *traffic
	o     *outcome
	start time.Time
}

// conn is a connection with at most one request on its way.
type conn struct {
	index   int32
	tries   int   // how often its request was sent before
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

// repeat is a request that has to be sent again.
type repeat struct {
	number  int
	tries   int
	since   time.Time
	request []byte
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
	// done gets each answer. It may be nil.
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
	repeated int // sent again, as the server closed the connection before it answered anything
	reopened int // connections
	away     int // connections that were turned away before they asked for anything
	took     time.Duration
}

func (o outcome) perSecond() float64 { return float64(o.answered) / o.took.Seconds() }

// err says what should not have happened.
func (o outcome) err() error {
	if o.broken+o.missing+o.garbled > 0 {
		return fmt.Errorf("of %d requests %d were broken off, %d not answered, %d answered in no HTTP",
			o.sent, o.broken, o.missing, o.garbled)
	}
	return nil
}

const (
	// goOn is for how long after the end a request is sent that was due before it.
	goOn = 500 * time.Millisecond
	// maxRepeat is how often a request is sent again whose connection was closed before anything
	// was answered: servers close connections that are idle, and clients repeat what is idempotent
	// (RFC 9110, 9.2.2), as a claim is.
	maxRepeat = 3
)

// run sends traffic and returns when it is answered.
func (l *loop) run(t traffic) outcome {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	o := outcome{}
	l.settle()
	l.again, l.t, l.o, l.start = nil, &t, &o, time.Now()
	defer func() { l.t, l.o = nil, nil }()
	end := l.start.Add(t.lasts) // of sending; without a duration it is known when next has no more
	for more := true; ; {
		now := time.Now()
		for len(l.again) > 0 && len(l.idle) > 0 {
			l.repeat()
		}
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
	c.state, c.number, c.tries, c.since, c.unsent = asking, l.o.sent, 0, due, c.request
	l.o.sent++
	l.send(c)
	return true
}

// repeat sends a request again.
func (l *loop) repeat() {
	c := l.idle[len(l.idle)-1]
	l.idle = l.idle[:len(l.idle)-1]
	r := l.again[0]
	l.again = l.again[1:]
	c.request = append(c.request[:0], r.request...)
	c.state, c.number, c.tries, c.since, c.unsent = asking, r.number, r.tries, r.since, c.request
	l.send(c)
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
		switch {
		case c.state == asking && c.tries < maxRepeat && len(c.got) == 0:
			l.o.repeated++
			l.again = append(l.again, repeat{c.number, c.tries + 1, c.since, bytes.Clone(c.request)})
		case c.state == asking:
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
