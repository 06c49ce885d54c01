// Package page writes the report of an audit as one HTML file for people who decide: no script,
// nothing from elsewhere, the charts within it. What a log says is hostile: html/template escapes
// it, and of a chart only shapes and text get through.
package page

import (
	_ "embed"
	"html/template"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"oxenswap/audit"
	"oxenswap/swap"
)

//go:embed page.html
var source string

// Write writes the report as HTML. program and made say which version wrote it and when.
func Write(w io.Writer, r *audit.Report, program string, made time.Time) error {
	page, err := template.New("page").Funcs(template.FuncMap{
		"coins": coins, "count": count, "clean": audit.Printable, "date": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
		"exact": exact, "atomic": func(a swap.Sesh) string { return count(uint64(a)) },
	}).Parse(source)
	if err != nil {
		return err
	}
	figures, err := figures(r)
	if err != nil {
		return err
	}
	return page.Execute(w, map[string]any{
		"R": r, "Program": program, "Made": made, "Figures": figures, "Sums": sumUp(r), "Rounds": published(r),
	})
}

// sums are those over all programmes, in atomic SESH.
type sums struct {
	Cap, Owed, Given, Unclaimed swap.Sesh
	Paid, Due                   swap.Sesh // paid, and given but not paid yet
}

func sumUp(r *audit.Report) (s sums) {
	for _, p := range r.Programmes {
		s.Cap += p.Cap
		s.Owed += p.Owed
		s.Given += p.Given
		s.Unclaimed += p.Unclaimed
	}
	s.Paid = r.Paid
	s.Due = s.Given - min(s.Given, s.Paid)
	return s
}

// published are the rounds whose roots were put on chain.
func published(r *audit.Report) (out []audit.Round) {
	for _, x := range r.Rounds {
		if x.Status.Published() {
			out = append(out, x)
		}
	}
	return out
}

// coins groups the whole SESH of an amount by thousands, and leaves out a fraction of nothing.
func coins(a swap.Sesh) string {
	whole, rest, _ := strings.Cut(a.Coins(), ".")
	if strings.Trim(rest, "0") == "" {
		return group(whole)
	}
	return group(whole) + "." + rest
}

func count(n uint64) string { return group(strconv.FormatUint(n, 10)) }

func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

// exact writes what a programme's shares come to before rounding, in atomic SESH.
func exact(p audit.RoundProgramme) string {
	if p.Remainders.Int().IsZero() || p.Den.Int().IsZero() {
		return count(uint64(p.Owed))
	}
	rest := new(big.Rat).SetFrac(p.Remainders.Int().ToBig(), p.Den.Int().ToBig())
	return count(uint64(p.Owed)) + " + " + rest.RatString()
}
