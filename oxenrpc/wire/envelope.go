// Package wire decodes the answers of oxend, the Oxen daemon, strictly: bytes in, types out, no
// I/O. The client (package oxenrpc) uses it on what arrives, the auditor on the answers that an
// export holds.
//
// The format is oxend 10.6.0's JSON-RPC 2.0 (src/rpc/core_rpc_server_commands_defs.h in oxen-core),
// with the names that release 11 changed. Rules that hold for every answer:
//
//   - HTTP carries errors with status 200. An answer has either an error object, whose id is 0 whatever was asked, or a
//     result with a status; any status but "OK" is a failure, and "BUSY" means that the daemon is not synchronised.
//   - Empty lists, zeros and false are often left out.
//   - Amounts are integers of atomic units up to 2^64-1, beyond what a float64 holds.
//   - Fields that are not used here are tolerated whatever they hold, as long as they are JSON.
package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxBody bounds one answer, in bytes. The largest, all service nodes of the main network, takes
// about 10 MB.
const MaxBody = 64 << 20

// maxMessage bounds what is kept of the daemon's own words about a failure, in bytes.
const maxMessage = 300

// ID is the id of every request: a daemon answers a call with the id that it was sent.
const ID = "0"

// Error codes of JSON-RPC 2.0 and of oxend (src/rpc/core_rpc_server_error_codes.h).
const (
	CodeParse          = -32700
	CodeMethodNotFound = -32601
	CodeTooBigHeight   = -2
	CodeCoreBusy       = -9
	CodeForbidden      = 403
)

// ErrBusy is matched (errors.Is) by the ways in which a daemon says that it is not synchronised
// with its network.
var ErrBusy = errors.New("the daemon is not synchronised")

// An RPCError is an answer with an error object.
type RPCError struct {
	Code    int32
	Message string // at most maxMessage bytes, printable
}

func (e *RPCError) Error() string { return fmt.Sprintf("error %d: %s", e.Code, e.Message) }

// Is reports whether target is ErrBusy and the code says so.
func (e *RPCError) Is(target error) bool { return target == ErrBusy && e.Code == CodeCoreBusy }

// A StatusError is an answer whose status is not "OK".
type StatusError struct {
	Status string // at most maxMessage bytes, printable
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %q", e.Status) }

// Is reports whether target is ErrBusy and the status says so.
func (e *StatusError) Is(target error) bool { return target == ErrBusy && e.Status == "BUSY" }

// parse reads an answer and hands each field of its result to field, as reader.object does. It
// fails with an *RPCError, a *StatusError or a *FormatError.
func parse(body []byte, field func(r *reader, name []byte) (used bool)) error {
	start, err := result(body)
	if err != nil {
		return err
	}
	r := &reader{data: body, pos: start}
	r.object(func(name []byte) bool { return field(r, name) })
	if r.err != nil {
		r.within("result")
		return r.err
	}
	return nil
}

// result checks the envelope and returns where the result starts. The status is read before
// anything else of the result because a daemon that is busy fills the rest with zeros and empty
// strings.
func result(body []byte) (start int, err error) {
	if len(body) > MaxBody {
		return 0, &FormatError{Problem: fmt.Sprintf("longer than %d bytes", MaxBody)}
	}
	if !utf8.Valid(body) {
		return 0, &FormatError{Problem: "not UTF-8"}
	}
	var (
		r         = &reader{data: body}
		version   string
		id        []byte
		failure   *RPCError
		status    []byte
		untrusted bool
	)
	start = -1
	r.object(func(name []byte) bool {
		switch string(name) {
		case "jsonrpc":
			version = r.word()
		case "id":
			if r.peek() == '"' {
				id = r.text()
			} else {
				r.skip()
			}
		case "error":
			failure = r.failure()
		case "result":
			r.peek()
			start = r.pos
			r.object(func(name []byte) bool {
				switch string(name) {
				case "status":
					status = r.text()
				case "untrusted":
					untrusted = r.boolean()
				default:
					return false
				}
				return true
			})
		default:
			return false
		}
		return true
	})
	if r.err == nil && r.peek() != 0 || r.pos < len(body) {
		r.fail("expected the end of the answer, found %s", r.found())
	}
	switch {
	case r.err != nil:
		r.err.Where = strings.TrimPrefix(r.err.Where, ".")
		return 0, r.err
	case version != "2.0":
		return 0, &FormatError{Where: "jsonrpc", Problem: `expected "2.0"`}
	case failure != nil && start >= 0:
		return 0, &FormatError{Problem: "both a result and an error"}
	case failure != nil:
		return 0, failure
	case start < 0:
		return 0, &FormatError{Problem: "neither a result nor an error"}
	case string(id) != ID:
		return 0, &FormatError{Where: "id", Problem: fmt.Sprintf("expected %q, found %.40q", ID, id)}
	case status == nil:
		return 0, &FormatError{Where: "result.status", Problem: "missing"}
	case string(status) != "OK":
		return 0, &StatusError{Status: printable(status, maxMessage)}
	case untrusted:
		return 0, &FormatError{Where: "result.untrusted", Problem: "the daemon passed the question on to a bootstrap daemon; " +
			"run it without --bootstrap-daemon-address"}
	}
	return start, nil
}

// failure reads the error object.
func (r *reader) failure() *RPCError {
	e := new(RPCError)
	r.object(func(name []byte) bool {
		switch string(name) {
		case "code":
			e.Code = r.signed32()
		case "message":
			e.Message = printable(r.text(), maxMessage)
		default:
			return false
		}
		return true
	})
	return e
}
