// Package problem describes errors to clients as RFC 9457 specifies: a JSON object with a type that
// never changes, even when the texts do. Types are
//
//	urn:oxenswap:problem:<code>
//
// The codes are those below, claim-<reason> for the reasons of swap.Refusal, and proof-refused,
// whose check says more.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"oxenswap/cmd/internal/secret"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
)

// Code is the end of a problem's type.
type Code string

// The codes that are not those of a claim's refusal.
const (
	Malformed   Code = "malformed"          // the request is not what the API document describes
	NotFound    Code = "not-found"          // nothing of that name or number exists
	Method      Code = "method"             // not with this method
	TooLarge    Code = "too-large"          // the body or the address
	MediaType   Code = "media-type"         // the body is of another type
	Spelling    Code = "recipient-spelling" // a recipient without its EIP-55 checksum; suggestion is the right spelling
	Proof       Code = "proof-refused"      // check says which check failed
	KeyReused   Code = "key-reused"         // the Idempotency-Key came with another body before
	RateLimited Code = "rate-limited"       // too many requests of one client or about one account
	Busy        Code = "busy"               // too many requests in all
	Queue       Code = "queue"              // too many proofs of coins wait
	Chain       Code = "chain"              // the code at the recipient could not be read
	Start       Code = "start"              // the ledger is still being read
	Secret      Code = "secret"             // a private key or seed words where none belong; never repeated
	Internal    Code = "internal"           // something is wrong here
)

// claim is the code for a claim that is refused for a reason.
func claim(r swap.Reason) Code { return Code("claim-" + r) }

// Problem is the answer to a request that failed.
type Problem struct {
	Type       string           `json:"type"`
	Title      string           `json:"title"`
	Status     int              `json:"status"`
	Detail     string           `json:"detail"`
	Check      string           `json:"check,omitempty"`      // of a proof
	Suggestion *swap.EVMAddress `json:"suggestion,omitempty"` // the right spelling of a recipient
	Plain      bool             `json:"plain,omitempty"`      // it was typed without any checksum, so it need not be mistyped
	RetryAfter int              `json:"retry_after,omitempty"`

	Code Code  `json:"-"`
	Err  error `json:"-"` // for the log; nil: not an error of this server
}

// New is a problem of a code.
func New(code Code, status int, format string, args ...any) *Problem {
	return &Problem{Type: "urn:oxenswap:problem:" + string(code), Title: title(code), Status: status, Detail: fmt.Sprintf(format, args...), Code: code}
}

// Later is a temporary problem.
func Later(code Code, status int, after time.Duration, format string, args ...any) *Problem {
	p := New(code, status, format, args...)
	p.RetryAfter = int(max(math.Ceil(after.Seconds()), 1))
	return p
}

func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

func title(c Code) string {
	switch c {
	case Malformed:
		return "The request is malformed"
	case NotFound:
		return "There is no such thing"
	case Method:
		return "This cannot be done with this method"
	case TooLarge:
		return "The request is too large"
	case MediaType:
		return "The body is of a type that is not taken"
	case Spelling:
		return "The recipient is not spelt with its checksum"
	case Proof:
		return "The proof of coins is refused"
	case KeyReused:
		return "The Idempotency-Key was used for something else"
	case RateLimited:
		return "Too many requests"
	case Secret:
		return "This looks like a secret"
	case Busy, Queue, Chain, Start:
		return "This cannot be done now"
	case Internal:
		return "Something is wrong here"
	}
	return "The claim is refused"
}

// Of makes a problem of any error.
func Of(err error) *Problem {
	var own *Problem
	var refused *swap.Refusal
	var proof *swap.ProofRefusal
	var spelling *desk.SpellingError
	var none *desk.NotFoundError
	var later *desk.RetryLater
	var large *http.MaxBytesError
	var exposed *secret.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		status := http.StatusUnprocessableEntity
		if refused.Reason == swap.ReasonAlreadyUsed {
			status = http.StatusConflict
		}
		return New(claim(refused.Reason), status, "%s", refused.Detail)
	case errors.As(err, &proof):
		p := New(Proof, http.StatusUnprocessableEntity, "%s", proof.Detail)
		p.Check = proof.Check
		return p
	case errors.As(err, &spelling):
		p := New(Spelling, http.StatusUnprocessableEntity, "%s", spelling.Error())
		p.Suggestion, p.Plain = &spelling.Right, spelling.Plain
		return p
	case errors.As(err, &none):
		return New(NotFound, http.StatusNotFound, "%s", none.Error())
	case errors.As(err, &later):
		p := Later(map[desk.RetryReason]Code{
			desk.RetryBusy: Busy, desk.RetryQueue: Queue, desk.RetryChain: Chain, desk.RetryStart: Start, desk.RetryRate: RateLimited,
		}[later.Reason], http.StatusServiceUnavailable, later.After, "%s", later.Message())
		if later.Reason == desk.RetryRate {
			p.Status = http.StatusTooManyRequests
		}
		p.Err = later.Err
		return p
	case errors.As(err, &exposed):
		return New(Secret, http.StatusUnprocessableEntity, "%s", exposed.Error())
	case errors.As(err, &large):
		return New(TooLarge, http.StatusRequestEntityTooLarge, "the body has more than %d bytes", large.Limit)
	}
	p := New(Internal, http.StatusInternalServerError, "this is not your fault: try again later, and report it if it stays")
	p.Err = err
	return p
}

// Write answers with a problem.
func Write(w http.ResponseWriter, p *Problem) {
	// It holds strings and numbers only.
	body, _ := json.Marshal(p)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("Etag")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	w.Write(body)
}
