//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// child is a server in a process of its own.
type child struct {
	address string
	command *exec.Cmd
	words   string // file of what it says
	ended   chan error
}

// start runs a server that is to listen on an address, until the path is answered with 200.
func start(dir, address, path string, command ...string) (*child, error) {
	c := &child{address: address, command: exec.Command(command[0], command[1:]...), words: filepath.Join(dir, filepath.Base(command[0])+".words"), ended: make(chan error, 1)}
	words, err := os.Create(c.words)
	if err != nil {
		return nil, err
	}
	defer words.Close()
	c.command.Stdout, c.command.Stderr, c.command.Dir = words, words, dir
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	go func() { c.ended <- c.command.Wait() }()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-c.ended:
			return nil, fmt.Errorf("%s ended: %v: %s", command[0], err, c.said())
		default:
		}
		if _, err := fetch(address, path); err == nil {
			return c, nil
		}
	}
	c.command.Process.Kill()
	return nil, fmt.Errorf("%s does not answer %s: %s", command[0], path, c.said())
}

// fetch asks for a path once.
func fetch(address, path string) (body string, err error) {
	l, err := newLoop(address, 1)
	if err != nil {
		return "", err
	}
	defer l.close()
	status := 0
	o := l.run(traffic{
		rest: 5 * time.Second,
		next: func(b []byte, i int) []byte {
			if i > 0 {
				return nil
			}
			return appendGet(b, path)
		},
		done: func(_ int, a *answer, _ time.Duration) { status, body = a.status, string(a.body) },
	})
	if err := o.err(); err != nil {
		return "", err
	}
	if status != 200 {
		return "", fmt.Errorf("%s: %d: %s", path, status, body)
	}
	return body, nil
}

// said is the end of what it said.
func (c *child) said() string {
	text, err := os.ReadFile(c.words)
	if err != nil {
		return err.Error()
	}
	return string(text[max(len(text)-2000, 0):])
}

// stop ends it as an operator would, and says so when it did not end well.
func (c *child) stop() error {
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s is gone: %w: %s", c.command.Path, <-c.ended, c.said())
	}
	select {
	case err := <-c.ended:
		if err != nil {
			return fmt.Errorf("%s ended: %w: %s", c.command.Path, err, c.said())
		}
		return nil
	case <-time.After(time.Minute):
		c.command.Process.Kill()
		return errors.New(c.command.Path + " does not end")
	}
}

// used is the processor time that it has used (proc(5), stat: utime and stime in ticks of 10 ms).
func (c *child) used() time.Duration { return processTime(c.command.Process.Pid) }

func processTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	ticks := 0
	for _, i := range []int{11, 12} {
		n, _ := strconv.Atoi(fields[i])
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// busyTime is what all programs have used of all cores (proc(5), stat).
func busyTime() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	ticks := 0
	for i, field := range strings.Fields(line)[1:] {
		if n, err := strconv.Atoi(field); err == nil && i != 3 && i != 4 && i < 8 { // neither idle nor waiting for a disk; guests are counted as users
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peak is the most memory that it has had, in bytes (proc(5), status: VmHWM).
func (c *child) peak() (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, ok := strings.Cut(string(text), "VmHWM:")
	if !ok {
		return 0, errors.New("the system does not say how much memory a process had")
	}
	line, _, _ := strings.Cut(after, "kB")
	n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
	return n << 10, err
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
