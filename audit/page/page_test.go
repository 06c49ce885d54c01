package page

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"oxenswap/audit"
	"oxenswap/swap"
)

var made = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// report is one with something in every part; words stands wherever a log's own words can.
func report(words string, problems int) *audit.Report {
	r := &audit.Report{
		Origin: "claim.example/" + words, Migration: words, Entries: 123_456, Root: "6W2yfqQ5+Qm4eTxkI5y7VdNNRr6Ck9o+BEm8Uu7yDjI=",
		Anchors: audit.Anchors{Key: true, Migration: true, Witnesses: []string{words}, Chain: true}, Holds: problems == 0, Anchored: true,
		Checked: []audit.Count{{What: "claim signatures", N: 12345}, {What: words, N: 0}}, NotChecked: []audit.Count{{What: words, N: 3}},
		Paid: 700_500000001,
	}
	for i := range problems {
		seq := uint64(i)
		r.Problems = append(r.Problems, audit.Problem{Entry: &seq, Kind: words, What: words})
	}
	if problems > 0 {
		r.Problems = append(r.Problems, audit.Problem{Kind: words, What: words})
		r.More = 2
	}
	r.Corrected = r.Problems
	for i, kind := range []swap.Kind{"convert-stake", "convert-rewards", "share", "coins"} {
		name := []string{"stake", "rewards", words, "coins"}[i]
		r.Programmes = append(r.Programmes, audit.Programme{Name: name, Kind: kind, Cap: 1e15, Owed: swap.Sesh(3e14 * (i + 1)), Given: swap.Sesh(2e14 * (i + 1)), Unclaimed: swap.Sesh(1e14 * (i + 1))})
	}
	for n := range uint64(14) {
		x := audit.Round{
			Round: n + 1, Status: swap.ActiveRound, Entry: 100 * n, Recipients: 10 * n, Amount: swap.Sesh(1e14 + 3e13*(n%5)), Total: swap.Sesh(1e14 * (n + 1)),
			Approvals: []string{words}, Approved: "2026-11-22", Payments: n, Paid: swap.Sesh(9e13 + 1e13*(n%3)),
		}
		if n == 3 {
			x.Status = swap.CancelledRound
		}
		x.Programmes = []audit.RoundProgramme{{
			Programme: words, Accounts: 4, Owed: 1234567, Remainders: swap.NewQuantity(9), Den: swap.NewQuantity(21), Conserved: n != 5, Before: 1000000, Amount: 234567, Stopped: n == 6,
		}}
		r.Rounds = append(r.Rounds, x)
	}
	return r
}

func write(t *testing.T, r *audit.Report) string {
	t.Helper()
	var out strings.Builder
	if err := Write(&out, r, "oxenaudit 0.1.0", made); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPage: it says what the report says, and is whole without anything else.
func TestPage(t *testing.T) {
	page := write(t, report("bonus", 0))
	for _, want := range []string{
		"Every entry holds.", "123\u202f456 entries", "12\u202f345", "oxenaudit 0.1.0", "22 November 2026, 12:00 UTC", "convert-stake",
		"2\u202f000\u202f000<", // given by all programmes
		"700.500000001", "1\u202f999\u202f299.499999999", "1\u202f234\u202f567 &#43; 3/7", "(stopped at its cap)", "<strong>no</strong>",
		"held against", "ledger key, migration id", "cancelled", "The last 12 of 13.",
	} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("%q is missing", want)
		}
	}
	if n := strings.Count(page, "<svg "); n != 2 {
		t.Errorf("%d charts", n)
	}
	selfContained(t, page)

	page = write(t, report("bonus", 3))
	if !strings.Contains(page, "Something is wrong.") || !strings.Contains(page, "entry 0 (bonus): bonus") || !strings.Contains(page, "And 2 more.") || strings.Contains(page, "Every entry holds") {
		t.Error("problems are not told")
	}
	r := report("bonus", 0)
	r.Anchored = false
	if page = write(t, r); !strings.Contains(page, "Not anchored.") || strings.Contains(page, "Every entry holds") {
		t.Error("a missing anchor is not told")
	}
	seq := uint64(0)
	page = write(t, &audit.Report{Problems: []audit.Problem{{Entry: &seq, Kind: "manifest", What: "it is gone"}}})
	if !strings.Contains(page, "an export that could not be opened") || !strings.Contains(page, "it is gone") || strings.Contains(page, "<svg") {
		t.Error("an export without anything makes another page")
	}
}

// selfContained refuses scripts, references to anything outside, and elements that are not closed.
func selfContained(t *testing.T, page string) {
	t.Helper()
	if bad := regexp.MustCompile(`(?i)<(script|link|iframe|object|embed|img|base|form|a)\b|\bon[a-z]+\s*=|javascript:|https?:|//|url\(|@import|xlink`).FindString(page); bad != "" {
		t.Errorf("the page has %q", bad)
	}
	known := []string{
		"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "strong", "dl", "dt", "dd", "code", "table", "thead", "tbody",
		"tfoot", "tr", "th", "td", "figure", "figcaption", "svg", "path", "text",
	}
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Strict, dec.AutoClose, dec.Entity = false, []string{"meta"}, xml.HTMLEntity
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("it is no well-formed page: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && !slices.Contains(known, e.Name.Local) {
			t.Errorf("it has an element <%s>", e.Name.Local)
		}
	}
}

// TestHostile: whatever a log says stays text.
func TestHostile(t *testing.T) {
	for _, words := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title></style></svg><b>`, `{{.R.Root}}`, "a\x00\x1b[2J\u202eb\nc", `&lt;b&gt;`, `' style='x`, `]]><x/>`, strings.Repeat("<x>", 200),
	} {
		page := write(t, report(words, 2))
		for _, bad := range []string{"<script", "<img", "</svg><b>", "<x", "\x00", "\x1b", "\u202e", "6W2yfqQ5+Qm4eTxkI5y7VdNNRr6Ck9o+BEm8Uu7yDjI=/"} {
			if strings.Contains(page, bad) {
				t.Errorf("%q brings %q into the page", words, bad)
			}
		}
		escaped := strings.Map(func(c rune) rune {
			if c == '\n' || c == '"' {
				return -1
			}
			return c
		}, page)
		if words == `&lt;b&gt;` && !strings.Contains(escaped, "&amp;lt;b&amp;gt;") {
			t.Error("what was written as an entity is shown as another character")
		}
	}
}

// TestGroups: amounts are read by people.
func TestGroups(t *testing.T) {
	for a, want := range map[swap.Sesh]string{0: "0", 1: "0.000000001", 999_999999999: "999.999999999", 1000_000000000: "1\u202f000", 18446744073709551615: "18\u202f446\u202f744\u202f073.709551615"} {
		if got := coins(a); got != want {
			t.Errorf("%d: %s, want %s", a, got, want)
		}
	}
	if got := count(999) + " " + count(1000) + " " + count(1234567); got != "999 1\u202f000 1\u202f234\u202f567" {
		t.Errorf("counts 999, 1000, 1234567: %q, want thin spaces between thousands", got)
	}
}
