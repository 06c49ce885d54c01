package web

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap"
)

// errorText is an error as a page shows it: what is wrong, what to do, and the technical detail in
// English.
type errorText struct {
	What, Do string // keys of the catalogue
	Detail   string
	Entry    uint64 // of the claim that was recorded all the same; 0: none
	*problem.Problem
}

// Message says what is wrong, in the language of the page.
func (t errorText) Message(v *view) (template.HTML, error) { return v.Text(t.What) }

// maxDetail is how much of an error's detail is shown, in characters.
const maxDetail = 600

// explain puts an error into words.
func explain(err error) errorText {
	p := problem.Of(err)
	t := errorText{Detail: printable(p.Detail, maxDetail), Problem: p}
	if reason, ok := strings.CutPrefix(string(p.Code), "claim-"); ok {
		t.What, t.Do = "refusal."+reason, "remedy."+reason
		return t
	}
	switch p.Code {
	case problem.Proof:
		t.What, t.Do = "check.refused", remedyOf(p.Check)
		t.Detail = printable(p.Check, maxDetail) + ": " + t.Detail
	case problem.RateLimited, problem.Busy, problem.Queue, problem.Chain, problem.Start:
		t.What, t.Do, t.Detail = "later."+string(p.Code), "later.do", ""
	case problem.NotFound:
		t.What, t.Do = "problem.missing", "problem.missing-do"
	case problem.TooLarge:
		t.What, t.Do = "problem.large", "problem.large-do"
	case problem.Secret:
		t.What, t.Do, t.Detail = "problem.secret", "problem.secret-do", ""
	case problem.Internal:
		t.What, t.Do, t.Detail = "problem.internal", "problem.internal-do", ""
	default:
		t.What, t.Do = "problem.form", "problem.form-do"
	}
	return t
}

// remedyOf is the key of what to do about a proof that a check refused.
func remedyOf(check string) string {
	switch check {
	case "format", "duplicates", "points":
		return "check.copy"
	case swap.CheckProgramme:
		return "check.programme"
	case swap.CheckClaim:
		return "check.claim"
	case swap.CheckNothing:
		return "check.nothing"
	case swap.CheckLeast:
		return "check.least"
	}
	return "check.again"
}

// problemPage answers an error with a page.
func (s *Site) problemPage(r *http.Request, err error) answer {
	t := explain(err)
	if t.Problem.Err != nil {
		s.zap.Error("answering", zap.String("path", r.URL.Path), zap.Error(t.Problem.Err))
	}
	return answer{page: "problem", data: t, status: t.Status, after: t.RetryAfter}
}

func (s *Site) missing(*http.Request, *view) (answer, error) {
	return answer{}, &desk.NotFoundError{What: "page here"}
}

// refusals are pages for those who are not let in, made once: they must cost nothing when there are
// many.
type refusals struct {
	mu   sync.Mutex
	of   *desk.Migration
	made map[[2]string][]byte // by code and language
}

// Refuse answers with a page about a problem that was noticed before the request came here.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	v, err := s.view(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	body, err := s.refusals.get(v, p, func() ([]byte, error) {
		v.Path, v.Asked = "/", false
		return s.render(v, "problem", explain(p))
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	h := w.Header()
	s.assets.setSafety(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	w.Write(body)
}

func (f *refusals) get(v *view, p *problem.Problem, render func() ([]byte, error)) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of != v.Migration {
		f.of, f.made = v.Migration, map[[2]string][]byte{}
	}
	key := [2]string{string(p.Code), v.Code}
	if body, ok := f.made[key]; ok {
		return body, nil
	}
	body, err := render()
	if err == nil {
		f.made[key] = body
	}
	return body, err
}
