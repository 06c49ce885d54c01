package oxenrpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// maxExcerpt bounds what an error quotes of an answer, in bytes.
const maxExcerpt = 160

// An Error is a call that gave no usable answer. Its text says which daemon and which call, why,
// what came back and what to do. errors.Is(err, wire.ErrBusy) tells a daemon that is not
// synchronised.
type Error struct {
	Daemon  string // its name
	Call    string // the method
	Excerpt string // the start of what came back, printable; empty if nothing came
	Err     error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("daemon %q: %s: %v", e.Daemon, e.Call, e.Err)
	if e.Excerpt != "" {
		text += fmt.Sprintf(" (answer: %s)", e.Excerpt)
	}
	if advice := e.advice(); advice != "" {
		text += ": " + advice
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Failure implements what swap.FailureOf asks for.
func (e *Error) Failure() swap.Failure {
	var (
		status    *HTTPError
		rpc       *wire.RPCError
		transport *url.Error
		network   net.Error
	)
	switch {
	case errors.Is(e.Err, wire.ErrBusy):
		return swap.FailureBusy
	case errors.Is(e.Err, wire.ErrMoved):
		return swap.FailureMoved
	case errors.As(e.Err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden):
		return swap.FailureLogin
	case errors.As(e.Err, &status):
		return swap.FailureStatus
	case errors.As(e.Err, &rpc):
		return swap.FailureRefused
	case errors.Is(e.Err, context.Canceled):
		return swap.FailureOther
	case errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &network) && network.Timeout():
		return swap.FailureTimeout
	case errors.As(e.Err, &transport), errors.As(e.Err, &network), errors.Is(e.Err, errBroken):
		return swap.FailureUnreachable
	}
	return swap.FailureMalformed
}

// An HTTPError is an answer with an HTTP status other than 200.
type HTTPError struct{ Status int }

func (e *HTTPError) Error() string {
	return fmt.Sprintf("HTTP status %d %s", e.Status, http.StatusText(e.Status))
}

// advice says what the operator can do.
func (e *Error) advice() string {
	var (
		status *HTTPError
		rpc    *wire.RPCError
		format *wire.FormatError
	)
	switch {
	case errors.Is(e.Err, wire.ErrBusy):
		return "wait until oxend has caught up with its network (oxend status)"
	case errors.Is(e.Err, wire.ErrMoved):
		return "ask again"
	case errors.As(e.Err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden):
		return "give oxend's --rpc-login as user:password in the URL of the configuration"
	case errors.As(e.Err, &status) && status.Status == http.StatusNotFound:
		return "check that the URL in the configuration is that of oxend's RPC"
	case errors.As(e.Err, &status):
		return "look into oxend's log"
	case errors.As(e.Err, &rpc) && rpc.Code == wire.CodeForbidden:
		return "use oxend's --rpc-admin port, not its --rpc-public one"
	case errors.As(e.Err, &rpc) && rpc.Code == wire.CodeMethodNotFound:
		return "use an oxend of release 10 or 11"
	case errors.As(e.Err, &rpc):
		return "look into oxend's log"
	case errors.As(e.Err, &format):
		return "check that the URL in the configuration is that of an oxend of release 10 or 11"
	case errors.Is(e.Err, context.Canceled):
		return ""
	case errors.Is(e.Err, context.DeadlineExceeded):
		return "check that oxend answers; it may be overloaded or far away"
	}
	var transport *url.Error
	if errors.As(e.Err, &transport) {
		return "check that oxend runs and that the URL in the configuration is right"
	}
	return ""
}

func (c *Client) error(call string, body []byte, err error) *Error {
	return &Error{Daemon: c.name, Call: call, Excerpt: excerpt(body), Err: err}
}

// excerpt gives the start of an answer on one line.
func excerpt(body []byte) string {
	cut := len(body) > maxExcerpt
	if cut {
		body = body[:maxExcerpt]
	}
	text := strings.ToValidUTF8(string(body), "?")
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, text)
	if cut {
		text += "..."
	}
	return text
}
