package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
)

func (s *Site) migration(r *http.Request, v *view) (answer, error) {
	return answer{page: "migration"}, nil
}

func (s *Site) rounds(r *http.Request, v *view) (answer, error) {
	list, _, err := s.desk.Rounds(r.Context())
	return answer{page: "rounds", data: list}, err
}

// linesOnPage is how many lines of an allocation list a page shows.
const linesOnPage = 100

// roundPage is a round and a part of its allocation list.
type roundPage struct {
	*desk.Round
	Page  *desk.Page
	After swap.Account // account after which the page begins
}

func (s *Site) round(r *http.Request, v *view) (answer, error) {
	n, err := number(r, "number", "round")
	if err != nil {
		return answer{}, err
	}
	page := roundPage{After: swap.Account(printable(r.URL.Query().Get("after"), 64))}
	if page.Round, err = s.desk.Round(r.Context(), n); err != nil {
		return answer{}, err
	}
	if page.Page, err = s.desk.Allocations(r.Context(), n, page.After, linesOnPage); err != nil {
		return answer{}, err
	}
	return answer{page: "round", data: page}, nil
}

func (s *Site) allocationFile(r *http.Request, v *view) (answer, error) {
	n, err := number(r, "number", "round")
	if err != nil {
		return answer{}, err
	}
	data, err := s.desk.AllocationList(r.Context(), n)
	if err != nil {
		return answer{}, err
	}
	name := "round-" + strconv.FormatUint(n, 10) + "-allocations.json"
	return answer{file: &file{name: name, kind: "application/jsonl", data: data, forever: true}}, nil
}

// entriesOnPage is how many entries of the ledger a page shows.
const entriesOnPage = 50

// entriesPage is a part of the ledger, the newest entry first.
type entriesPage struct {
	Entries      []desk.Entry
	Checkpoint   *desk.Checkpoint
	Older, Newer *uint64 // first entries of the pages before and after
}

func (s *Site) entries(r *http.Request, v *view) (answer, error) {
	page := entriesPage{}
	var err error
	if page.Checkpoint, err = s.desk.Checkpoint(); err != nil {
		return answer{}, err
	}
	from := desk.Latest
	if text := r.URL.Query().Get("from"); text != "" {
		if from, err = strconv.ParseUint(text, 10, 62); err != nil {
			return answer{}, &desk.NotFoundError{What: "entry " + printable(text, 40)}
		}
	}
	list, err := s.desk.Entries(r.Context(), from, entriesOnPage)
	if err != nil {
		return answer{}, err
	}
	if len(list) == 0 {
		return answer{}, &desk.NotFoundError{What: "entry " + strconv.FormatUint(from, 10)}
	}
	for i := range list {
		page.Entries = append(page.Entries, list[len(list)-1-i])
	}
	if first := list[0].Seq; first > 0 {
		older := first - min(first, entriesOnPage)
		page.Older = &older
	}
	if next := list[len(list)-1].Seq + 1; from != desk.Latest && next < page.Checkpoint.Size {
		page.Newer = &next
	}
	return answer{page: "log", data: page}, nil
}

// Peek is the beginning of an entry's body.
func (v *view) Peek(body json.RawMessage) string { return printable(string(body), 160) }

// entryPage is one entry.
type entryPage struct {
	desk.Entry
	Text string // its body, indented
}

func (s *Site) entry(r *http.Request, v *view) (answer, error) {
	n, err := number(r, "entry", "entry")
	if err != nil {
		return answer{}, err
	}
	var list []desk.Entry
	if n != desk.Latest {
		if list, err = s.desk.Entries(r.Context(), n, 1); err != nil {
			return answer{}, err
		}
	}
	if len(list) == 0 {
		return answer{}, &desk.NotFoundError{What: "entry " + strconv.FormatUint(n, 10)}
	}
	var text bytes.Buffer
	if err := json.Indent(&text, list[0].Body, "", "  "); err != nil {
		return answer{}, err
	}
	return answer{page: "entry", data: entryPage{list[0], text.String()}}, nil
}

// verifyPage checks signatures and receipts for anyone.
type verifyPage struct {
	Oxen, Message, Signature, Receipt string // typed
	Sign                              *desk.SignatureVerdict
	Proof                             *desk.ReceiptVerdict
}

func (s *Site) verify(r *http.Request, v *view) (answer, error) {
	fields, err := s.form(r)
	if err != nil {
		return answer{}, err
	}
	page := verifyPage{}
	if r.Method == http.MethodPost && fields.Get("what") == "receipt" {
		text := lines(fields.Get("receipt"))
		page.Receipt = text
		if page.Proof, err = s.desk.VerifyReceipt(r.Context(), []byte(text)); err != nil {
			return answer{}, err
		}
		return page.answer(page.Proof.Good), nil
	}
	page.Oxen, page.Signature = printable(fields.Get("oxen"), maxTyped), printable(fields.Get("signature"), maxTyped)
	page.Message = printable(fields.Get("message"), 2000)
	if r.Method == http.MethodPost {
		if page.Sign, err = s.desk.VerifySignature(r.Context(), desk.SignatureCheck{
			Oxen: fields.Get("oxen"), Message: lines(fields.Get("message")), Signature: fields.Get("signature"),
		}); err != nil {
			return answer{}, err
		}
		return page.answer(page.Sign.Good), nil
	}
	return page.answer(true), nil
}

func (page verifyPage) answer(good bool) answer {
	page.Receipt = printableLines(page.Receipt)
	a := answer{page: "verify", data: page}
	if !good {
		a.status = http.StatusUnprocessableEntity
	}
	return a
}
