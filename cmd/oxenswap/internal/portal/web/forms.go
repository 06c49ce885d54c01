package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"oxenswap/cmd/internal/secret"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap/ledger"
)

const (
	maxSmall = 64 << 10                 // of a form without a proof of coins, in bytes
	maxLarge = desk.MaxProof + maxSmall // of one with a proof
	maxField = 4 << 10                  // of a field of a form with a proof
)

// unreadable says that a form cannot be read.
func unreadable(err error) error {
	if p := problem.Of(err); p.Code == problem.TooLarge {
		return p
	}
	return problem.New(problem.Malformed, http.StatusBadRequest, "the form cannot be read: %v", err)
}

// tooLarge says that a form or a field of it has too many bytes.
func tooLarge(most int64) error {
	return problem.New(problem.TooLarge, http.StatusRequestEntityTooLarge, "at most %d bytes are read", most)
}

// form are the fields of a request. A proof of coins comes as text or as a file; both are the field
// "proof". A private key or seed words in any field are refused before anything of the form is
// shown again.
func (s *Site) form(r *http.Request) (url.Values, error) {
	fields, err := s.readForm(r)
	if err != nil {
		return nil, err
	}
	for name, values := range fields {
		for _, value := range values {
			if len(value) > maxSmall { // a proof
				continue
			}
			if err := secret.CheckStrict("what is in the field "+printable(name, 20), value); err != nil {
				return nil, err
			}
		}
	}
	return fields, nil
}

func (s *Site) readForm(r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		return r.URL.Query(), nil
	}
	if r.ContentLength < 0 || r.ContentLength > maxSmall {
		select {
		case s.uploads <- struct{}{}:
			defer func() { <-s.uploads }()
		default:
			return nil, &desk.RetryLater{Reason: desk.RetryBusy, After: 5 * time.Second}
		}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case kind == "multipart/form-data":
		return readParts(r)
	case kind != "application/x-www-form-urlencoded":
		return nil, unreadable(errors.New("its kind is " + kind))
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxSmall+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(data) > maxSmall:
		return nil, tooLarge(maxSmall)
	}
	fields, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, unreadable(err)
	}
	return fields, nil
}

// mostParts is the most fields of a form.
const mostParts = 20

func readParts(r *http.Request) (url.Values, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, unreadable(err)
	}
	fields := url.Values{}
	for range mostParts {
		part, err := parts.NextPart()
		if err == io.EOF {
			return fields, nil
		} else if err != nil {
			return nil, unreadable(err)
		}
		name, most := part.FormName(), int64(maxField)
		switch name {
		case "proof":
			most = desk.MaxProof
		case "receipt":
			most = ledger.MaxReceiptSize
		}
		data, err := io.ReadAll(io.LimitReader(part, most+1))
		switch {
		case err != nil:
			return nil, unreadable(err)
		case int64(len(data)) > most:
			return nil, tooLarge(most)
		}
		if value := string(data); strings.TrimSpace(value) != "" || fields.Get(name) == "" {
			fields.Set(name, value)
		}
	}
	return nil, unreadable(errors.New("it has too many fields"))
}

// number is the number in a request's path.
func number(r *http.Request, name, what string) (uint64, error) {
	text := r.PathValue(name)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, &desk.NotFoundError{What: what + " " + printable(text, 40)}
	}
	return n, nil
}

// lines ends lines as they were before a browser sent them: in forms it ends them with a carriage
// return, too.
func lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
