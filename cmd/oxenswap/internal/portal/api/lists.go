package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap"
)

// The sizes of pages of an allocation list, in lines.
const (
	usualPage = 100
	mostPage  = 1000
)

// allocations gives a page of a round's list as JSON, or all of it as CSV.
func (a *API) allocations(w http.ResponseWriter, r *http.Request) error {
	n, err := number("round", r.PathValue("round"))
	if err != nil {
		return err
	}
	q, err := query(r, "after", "limit", "format")
	if err != nil {
		return err
	}
	switch q["format"] {
	case "", "json":
	case "csv":
		if len(q) > 1 {
			return problem.New(problem.Malformed, http.StatusBadRequest, "the CSV file has all lines: leave after and limit out")
		}
		return a.allocationFile(w, r, n)
	default:
		return problem.New(problem.Malformed, http.StatusBadRequest, "format %.40q: expected json or csv", q["format"])
	}
	limit := uint64(usualPage)
	if text, ok := q["limit"]; ok {
		if limit, err = number("limit", text); err != nil || limit < 1 || limit > mostPage {
			return problem.New(problem.Malformed, http.StatusBadRequest, "limit %.40q: 1 to %d lines are given at one time", text, mostPage)
		}
	}
	after := q["after"]
	if len(after) > 128 {
		return problem.New(problem.Malformed, http.StatusBadRequest, "after is no account")
	}
	key := "allocations/" + r.PathValue("round") + "/" + strconv.FormatUint(limit, 10) + "/" + after
	return a.send(w, r, key, func(ctx context.Context) (content, error) {
		page, err := a.desk.Allocations(ctx, n, swap.Account(after), int(limit))
		basis := desk.Always()
		return content{value: page, control: immutable, basis: &basis}, err
	})
}

// allocationFile writes a whole list, page by page.
func (a *API) allocationFile(w http.ResponseWriter, r *http.Request, n uint64) error {
	round, err := a.desk.Round(r.Context(), n)
	if err != nil {
		return err
	}
	h := w.Header()
	etag := `"` + round.RoundBuilt.Allocations.String()[:24] + `-csv"`
	h["Etag"], h["Cache-Control"] = []string{etag}, immutable
	if matches(r, etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	release, err := a.acquire()
	if err != nil {
		return err
	}
	defer release()
	file := startFile(w, r, "round-"+r.PathValue("round")+"-allocations.csv")
	file.row("account", "programme", "recipient", "claim", "owed", "remainder", "den", "before", "amount")
	for after := swap.Account(""); file.err == nil; {
		page, err := a.desk.Allocations(r.Context(), n, after, mostPage)
		if err != nil {
			panic(http.ErrAbortHandler) // it has begun: only a broken connection says that it is not whole
		}
		for i := range page.Lines {
			l := &page.Lines[i]
			file.row(string(l.Account), l.Programme, l.Recipient.String(), strconv.FormatUint(l.Claim, 10),
				atomic(l.Owed), l.Remainder.String(), l.Den.String(), atomic(l.Before), atomic(l.Amount))
		}
		file.flush()
		if after = page.Next; after == "" {
			return nil
		}
	}
	return nil
}

func (a *API) progress(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "format")
	if err != nil {
		return err
	}
	switch q["format"] {
	case "", "json":
		return a.send(w, r, "progress", func(ctx context.Context) (content, error) {
			p, err := a.desk.Progress(ctx)
			return content{value: p}, err
		})
	case "csv":
	default:
		return problem.New(problem.Malformed, http.StatusBadRequest, "format %.40q: expected json or csv", q["format"])
	}
	p, err := a.desk.Progress(r.Context())
	if err != nil {
		return err
	}
	w.Header()["Cache-Control"] = asked
	file := startFile(w, r, "progress.csv")
	file.row("day", "programme", "owed", "claimed", "given", "paid")
	for _, d := range p.Days {
		for i, s := range d.Sums {
			file.row(d.Day.Format(time.DateOnly), p.Programmes[i].Programme, atomic(s.Owed), atomic(s.Claimed), atomic(s.Given), atomic(s.Paid))
		}
	}
	file.flush()
	return nil
}

// atomic writes a sum as a machine reads it, in atomic units.
func atomic(s swap.Sesh) string { return strconv.FormatUint(uint64(s), 10) }

// file is a CSV file on its way. Its fields are digits, names of programmes and addresses: none
// begins like a formula.
type file struct {
	*csv.Writer
	control *http.ResponseController
	silent  bool // only the headers are asked for
	err     error
}

func startFile(w http.ResponseWriter, r *http.Request, name string) *file {
	w.Header()["Content-Type"] = csvKind
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return &file{Writer: csv.NewWriter(w), control: http.NewResponseController(w), silent: r.Method == http.MethodHead}
}

func (f *file) row(fields ...string) {
	if f.err == nil && !f.silent {
		f.err = f.Write(fields)
	}
}

// flush sends what there is, and ends early with who only asked for the headers.
func (f *file) flush() {
	// Not every ResponseWriter has deadlines; the server's has.
	_ = f.control.SetWriteDeadline(slow(0))
	f.Flush()
	if f.err == nil {
		f.err = f.Error()
	}
	if f.silent {
		f.err = http.ErrBodyNotAllowed
	}
}
