//go:build linux

package main

import (
	"bytes"
	"errors"
	"strconv"
)

// answer is what came back to a request. Its slices are good until the next one is read.
type answer struct {
	status     int
	retryAfter bool
	closes     bool   // the server will take nothing more on this connection
	location   []byte // nil: none
	head, body []byte // head from the status line to the empty line
}

// refuses reports whether it says that something may be asked again later.
func (a *answer) refuses() bool { return (a.status == 429 || a.status == 503) && a.retryAfter }

var errAnswer = errors.New("the answer is no HTTP/1.1 with a Content-Length")

// parseAnswer reads the answer at the beginning of b. size 0: more has to come.
func parseAnswer(b []byte) (a answer, size int, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return a, 0, nil
	}
	a.head = b[:end+2]
	line, rest, _ := cutLine(a.head)
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return a, 0, errAnswer
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, 0, errAnswer
	}
	length := -1
	for len(rest) > 0 {
		line, rest, _ = cutLine(rest)
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return a, 0, errAnswer
			}
		case "Retry-After":
			a.retryAfter = true
		case "Location":
			a.location = value
		case "Connection":
			a.closes = string(value) == "close"
		}
	}
	if length < 0 {
		return a, 0, errAnswer
	}
	if size = end + 4 + length; len(b) < size {
		return a, 0, nil
	}
	a.body = b[end+4 : size]
	return a, size, nil
}

// cutLine cuts the first line off.
func cutLine(head []byte) (line, rest []byte, found bool) { return bytes.Cut(head, []byte("\r\n")) }
