package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"oxenswap/cmd/internal/secret"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap/ledger"
)

// The most bytes of a body.
const (
	smallBody   = 16 << 10
	largeBody   = desk.MaxProof + smallBody
	receiptBody = ledger.MaxReceiptSize + smallBody
)

// outcome is the answer to something that was done.
type outcome struct {
	status   int
	location string // below Prefix; "": none
	value    any
}

// post reads a body, does what it asks for, once for each Idempotency-Key, and answers.
func (a *API) post(
	w http.ResponseWriter, r *http.Request, limit int64, do func(*API, context.Context, []byte) (*outcome, error),
) error {
	if _, err := query(r); err != nil {
		return err
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return problem.New(problem.MediaType, http.StatusUnsupportedMediaType, "the body is %.60q: expected application/json", r.Header.Get("Content-Type"))
	}
	body, release, err := a.read(w, r, limit)
	if err != nil {
		return err
	}
	defer release()
	return a.keys.once(w, r, body, func(ctx context.Context) (*stored, error) {
		out, err := do(a, ctx, body)
		if err != nil {
			return nil, err
		}
		answer := &stored{status: out.status}
		if out.location != "" {
			answer.location = Prefix + out.location
		}
		answer.body, err = encode(out.value)
		return answer, err
	})
}

// acquire takes one of the places for what takes much memory or time.
func (a *API) acquire() (release func(), err error) {
	select {
	case a.large <- struct{}{}:
		return func() { <-a.large }, nil
	default:
		return nil, problem.Later(problem.Busy, http.StatusServiceUnavailable, 5*time.Second, "too many large requests are being served: try again in some seconds")
	}
}

// read reads a body. One that is large needs a place, for few of them fit into memory.
func (a *API) read(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), err error) {
	release = func() {}
	if r.ContentLength > limit {
		return nil, release, &http.MaxBytesError{Limit: limit}
	}
	in := http.MaxBytesReader(w, r.Body, limit)
	body, err = io.ReadAll(io.LimitReader(in, min(limit, smallBody)))
	if err == nil && len(body) == smallBody {
		// A server that has no read time for a large body gives it more; others bound it
		// themselves.
		_ = http.NewResponseController(w).SetReadDeadline(slow(limit))
		_ = http.NewResponseController(w).SetWriteDeadline(slow(2 * limit))
		if release, err = a.acquire(); err != nil {
			return nil, func() {}, err
		}
		var rest bytes.Buffer
		if r.ContentLength > smallBody {
			rest.Grow(int(r.ContentLength))
		}
		rest.Write(body)
		_, err = rest.ReadFrom(in)
		body = rest.Bytes()
	}
	if err != nil {
		release()
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, func() {}, err
		}
		return nil, func() {}, problem.New(problem.Malformed, http.StatusBadRequest, "the body broke off")
	}
	return body, release, nil
}

// decode reads one JSON object with known keys only.
func decode(body []byte, to any) error {
	bad := func(format string, args ...any) error {
		return problem.New(problem.Malformed, http.StatusBadRequest, "the body is not the JSON object that is described: "+format, args...)
	}
	if !utf8.Valid(body) {
		return bad("it is not UTF-8")
	}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return bad("it does not begin with {")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		words := err.Error()
		if quoted, unknown := strings.CutPrefix(words, "json: unknown field "); unknown {
			if name, err := strconv.Unquote(quoted); err == nil {
				if err := secret.CheckStrict("a field's name", name); err != nil {
					return err
				}
			}
		}
		return bad("%.200s", words)
	}
	if _, err := dec.Token(); err != io.EOF {
		return bad("something follows it")
	}
	return checkSecrets(reflect.ValueOf(to).Elem())
}

// checkSecrets refuses a body with a private key or seed words in any of its texts, before they are
// shown or kept.
func checkSecrets(body reflect.Value) error {
	for field, value := range body.Fields() {
		if value.Kind() != reflect.String || value.Len() > smallBody { // a proof
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if err := secret.CheckStrict(name, value.String()); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) draft(ctx context.Context, body []byte) (*outcome, error) {
	var in desk.DraftRequest
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	out, err := a.desk.Draft(ctx, in)
	return &outcome{status: http.StatusOK, value: out}, err
}

func (a *API) submit(ctx context.Context, body []byte) (*outcome, error) {
	var in desk.Submission
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	done, err := a.desk.Submit(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &outcome{status: http.StatusCreated, value: done}
	switch {
	case done.Entry > 0:
		out.location = "/claims/" + strconv.FormatUint(done.Entry, 10)
		if done.Again {
			out.status = http.StatusOK
		}
	case done.Proof != nil:
		out.location, out.status = "/proofs/"+strconv.FormatUint(done.Proof.Entry, 10), http.StatusAccepted
	}
	return out, nil
}

func (a *API) prove(ctx context.Context, body []byte) (*outcome, error) {
	var in desk.Proving
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	p, err := a.desk.Prove(ctx, in)
	if err != nil {
		return nil, err
	}
	return &outcome{status: http.StatusAccepted, location: fmt.Sprintf("/proofs/%d", p.Entry), value: p}, nil
}

func (a *API) verifySignature(ctx context.Context, body []byte) (*outcome, error) {
	var in desk.SignatureCheck
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	out, err := a.desk.VerifySignature(ctx, in)
	return &outcome{status: http.StatusOK, value: out}, err
}

func (a *API) verifyReceipt(ctx context.Context, body []byte) (*outcome, error) {
	var in struct {
		Receipt string `json:"receipt"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	out, err := a.desk.VerifyReceipt(ctx, []byte(in.Receipt))
	return &outcome{status: http.StatusOK, value: out}, err
}
