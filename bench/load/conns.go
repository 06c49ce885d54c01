//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ipBindAddressNoPort leaves the choice of the port to connect(2), which knows the other end
// (ip(7)).
const ipBindAddressNoPort = 24

// comeAgain is when a connection is opened again that was turned away with a Retry-After, which is
// at least that.
const comeAgain = time.Second

// newLoop opens connections to an address, all at once, and waits until the server has taken them
// or turned them away.
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

// prepare opens connections again when they are needed: all that may come again, and those that are
// shut when no other is idle.
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
			// Edge-triggered, so that nothing has to be changed between connecting, sending and
			// receiving.
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
