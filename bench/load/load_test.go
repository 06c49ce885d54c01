//go:build linux

package main

import (
	"testing"
	"time"
)

func TestParseAnswer(t *testing.T) {
	const whole = "HTTP/1.1 201 Created\r\nDate: x\r\nLocation: /a/7\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
	for n := range len(whole) {
		if _, size, err := parseAnswer([]byte(whole[:n])); size != 0 || err != nil {
			t.Fatalf("%d bytes: size %d, %v", n, size, err)
		}
	}
	a, size, err := parseAnswer([]byte(whole))
	if err != nil || size != len(whole) || a.status != 201 || string(a.location) != "/a/7" || !a.retryAfter || !a.closes || string(a.body) != "abc" {
		t.Errorf("the answer: got %+v of %d bytes, %v, want 201 at /a/7, closing", a, size, err)
	}
	for _, bad := range []string{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "x\r\n\r\n"} {
		if _, _, err := parseAnswer([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestLatencies(t *testing.T) {
	var l latencies
	for i := range 100_000 {
		l.add(time.Duration(i) * time.Microsecond)
	}
	for _, share := range []float64{0, 0.01, 0.5, 0.99, 1} {
		exact := time.Duration(share*100_000) * time.Microsecond
		if got := l.quantile(share); got < exact || got > exact+exact/31+2*time.Microsecond {
			t.Errorf("quantile %v is %v, not %v", share, got, exact)
		}
	}
	l.add(1e6 * time.Hour)
	if got := l.quantile(1); got < time.Hour {
		t.Errorf("the longest is %v", got)
	}
}
