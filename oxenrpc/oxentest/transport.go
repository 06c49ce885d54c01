package oxentest

import (
	"errors"
	"io"
	"net/http"
)

// Transport carries requests to a handler without a network, so that a test can run in a
// testing/synctest bubble, whose clock does not wait. An answer that the handler breaks off
// (http.ErrAbortHandler) breaks off for the caller too.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ handler http.Handler }

// errBroken stands for the ways in which a connection breaks.
var errBroken = errors.New("connection reset by peer")

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, answer := io.Pipe()
	w := &memoryWriter{header: http.Header{}, status: make(chan int, 1), body: answer}
	go func() {
		defer func() {
			if p := recover(); p != nil {
				if p != http.ErrAbortHandler {
					panic(p)
				}
				answer.CloseWithError(errBroken)
				close(w.status)
				return
			}
			w.WriteHeader(http.StatusOK)
			answer.Close()
		}()
		t.handler.ServeHTTP(w, r)
	}()
	select {
	case <-r.Context().Done():
		body.CloseWithError(r.Context().Err())
		return nil, r.Context().Err()
	case status, ok := <-w.status:
		if !ok {
			return nil, errBroken
		}
		return &http.Response{StatusCode: status, Header: w.header, Body: body, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}, nil
	}
}

// memoryWriter hands an answer on as it is written.
type memoryWriter struct {
	header http.Header
	status chan int
	sent   bool
	body   *io.PipeWriter
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if !w.sent {
		w.sent = true
		w.status <- status
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}
