package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap"
)

// claimPage is the claim in its steps, as far as it is.
type claimPage struct {
	Oxen, To, Until, Sequence string // typed
	Problem                   *errorText
	Spelling                  *desk.SpellingError
	Typed                     string // recipient that is spelt otherwise, as it was typed
	Draft                     *desk.Draft
	Signature                 string // typed
	Line                      string // that was signed elsewhere
	Proof                     bool   // a proof of coins was handed in with what was refused
	Confirm                   bool   // the refusal is about a contract on the other chain
	Coins                     bool   // there is a programme for coins
}

func (s *Site) claim(r *http.Request, v *view) (answer, error) {
	fields, err := s.form(r)
	if err != nil {
		return answer{}, err
	}
	page := claimPage{
		Oxen: printable(strings.TrimSpace(fields.Get("oxen")), maxTyped), To: printable(strings.TrimSpace(fields.Get("to")), maxTyped),
		Until: printable(fields.Get("until"), 20), Sequence: printable(fields.Get("sequence"), 20), Coins: v.coins(),
	}
	switch {
	case r.Method == http.MethodPost && fields.Get("step") == "submit":
		return s.submit(r, v, fields, page)
	case r.Method == http.MethodPost && fields.Get("step") == "draft":
		if err := s.draft(r, fields, &page); err != nil && page.refused(err) == nil {
			return answer{}, err
		}
	}
	return page.answer(), nil
}

// coins reports whether coins can be proved.
func (v *view) coins() bool {
	for _, p := range v.Migration.Programmes {
		if p.Kind == swap.ConvertCoins {
			return true
		}
	}
	return false
}

func (page claimPage) answer() answer {
	a := answer{page: "claim", data: page}
	if page.Problem != nil {
		a.status, a.after = page.Problem.Status, page.Problem.RetryAfter
	} else if page.Spelling != nil {
		a.status = http.StatusUnprocessableEntity
	}
	return a
}

// refused puts an error into the page, if it is one about what was typed, or one that passes.
func (page *claimPage) refused(err error) *errorText {
	t := explain(err)
	if t.Code == problem.Internal || t.Code == problem.NotFound {
		return nil
	}
	page.Problem = &t
	page.Confirm = t.What == "refusal."+string(swap.ReasonContract)
	return &t
}

// draft makes the line to sign.
func (s *Site) draft(r *http.Request, fields url.Values, page *claimPage) error {
	to := strings.TrimSpace(fields.Get("to"))
	request := desk.DraftRequest{Oxen: fields.Get("oxen"), To: to, Until: fields.Get("until"), Repair: fields.Get("repair") == "yes"}
	if text := strings.TrimPrefix(fields.Get("sequence"), "#"); text != "" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return &swap.Refusal{Reason: swap.ReasonText, Detail: fmt.Sprintf("%.20q is no number of a claim", text)}
		}
		request.Sequence = uint32(n)
	}
	draft, err := s.desk.Draft(r.Context(), request)
	var spelling *desk.SpellingError
	if errors.As(err, &spelling) {
		// A wallet gives its address without capitals, and nobody has typed it.
		if fromWallet := fields.Get("wallet"); spelling.Plain && strings.EqualFold(fromWallet, to) {
			request.Repair = true
			draft, err = s.desk.Draft(r.Context(), request)
		} else {
			page.Spelling, page.Typed = spelling, page.To
			return nil
		}
	}
	page.Draft = draft
	return err
}

// submit takes a claim, and shows its page when it is recorded.
func (s *Site) submit(r *http.Request, v *view, fields url.Values, page claimPage) (answer, error) {
	text := strings.TrimSpace(fields.Get("text"))
	done, err := s.desk.Submit(r.Context(), desk.Submission{
		Oxen: fields.Get("oxen"), Text: text, Signature: fields.Get("signature"),
		ConfirmContract: fields.Get("confirm") == "yes", Proof: fields.Get("proof"),
	})
	if err == nil {
		return answer{to: v.doneURL(done)}, nil
	}
	p := page.refused(err)
	if p == nil {
		return answer{}, err
	}
	if done != nil {
		p.Entry = done.Entry
	}
	page.Signature, page.Proof = printable(fields.Get("signature"), maxTyped), fields.Get("proof") != ""
	page.Line = printable(text, maxTyped)
	// The steps before are shown again as they were. If that cannot be, the line is what is wrong.
	if words, bad := swap.ParseClaimText(text); bad == nil {
		if page.Draft, err = s.desk.Draft(r.Context(), desk.DraftRequest{
			Oxen: fields.Get("oxen"), To: words.Recipient.String(), Sequence: words.Sequence, Until: words.Until.Format(time.DateOnly),
		}); err != nil || page.Draft.Text != text {
			page.Draft = nil
		}
		page.To = words.Recipient.String()
	}
	return page.answer(), nil
}

// doneURL is the page that says what became of a claim.
func (v *view) doneURL(done *desk.Submitted) string {
	to, query := "", url.Values{"new": {"1"}}
	switch {
	case done.Proof != nil:
		to = "/proofs/" + fmt.Sprint(done.Proof.Entry)
	default:
		to = "/claims/" + fmt.Sprint(done.Entry)
		if done.Again {
			query.Set("new", "again")
		}
	}
	return to + "?" + v.query(query)
}

// query encodes a query with the language, if it was asked for.
func (v *view) query(q url.Values) string {
	if v.Asked {
		q.Set("lang", v.Code)
	}
	return q.Encode()
}
