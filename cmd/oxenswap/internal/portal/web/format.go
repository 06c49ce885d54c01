package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// T is a text of the catalogue.
func (v *view) T(key string, pairs ...any) (template.HTML, error) { return v.Text(key, pairs...) }

// With is the view for a part of a page.
func (v *view) With(page any) *view {
	part := *v
	part.Page = page
	return &part
}

// Coins are a sum of either coin in whole coins and without the unit: grouped by thousands, without
// zeros at the end, with the language's decimal mark.
func (v *view) Coins(a interface{ Coins() string }) (string, error) {
	return v.decimal(a.Coins())
}

// decimal groups a decimal number and leaves out zeros at its end.
func (v *view) decimal(number string) (string, error) {
	whole, rest, _ := strings.Cut(number, ".")
	if rest = strings.TrimRight(rest, "0"); rest == "" {
		return group(whole), nil
	}
	mark, err := v.Text("number.decimal")
	return group(whole) + string(mark) + rest, err
}

// Count is a number, grouped by thousands.
func (v *view) Count(n any) string { return group(fmt.Sprint(n)) }

// group sets narrow spaces, which are no decimal mark in any language.
func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

// Time is an instant in UTC, to which the script adds the reader's time.
func (v *view) Time(t time.Time) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s UTC</time>`, t.UTC().Format(time.RFC3339), t.UTC().Format("2006-01-02 15:04")))
}

// Day is a day in UTC.
func (v *view) Day(t time.Time) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime="%[1]s">%[1]s</time>`, t.UTC().Format(time.DateOnly)))
}

// Entry links to an entry of the ledger.
func (v *view) Entry(seq uint64) (template.HTML, error) {
	words, err := v.Text("word.entry", "number", seq)
	return template.HTML(`<a href="`+template.HTMLEscapeString(v.Link("/ledger-log/"+strconv.FormatUint(seq, 10)))+`">`) + words + "</a>", err
}

// Duration is a time of whole hours or minutes in words.
func (v *view) Duration(seconds uint64) (template.HTML, error) {
	if seconds%3600 == 0 {
		return v.Text("word.hours", "n", seconds/3600)
	}
	return v.Text("word.minutes", "n", (seconds+59)/60)
}

// Short is the first characters of a hash.
func (v *view) Short(h fmt.Stringer) string { return cut(h.String(), 12) }

// printable replaces what cannot be seen, or turns the direction of what can, by a mark, and cuts
// what is too long.
func printable(s string, most int) string {
	var out strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > most {
			return out.String() + "…"
		}
		if r == '\n' || r == '\t' || r == '\r' {
			r = ' '
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '\uFFFD'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// cut is at most n bytes of a string.
func cut(s string, n int) string { return s[:min(n, len(s))] }

// printableLines is what can be seen of a text of some lines.
func printableLines(s string) string {
	lines := strings.Split(cut(s, maxSmall), "\n")
	for i, l := range lines {
		lines[i] = printable(strings.TrimRight(l, "\r"), maxSmall)
	}
	return strings.Join(lines, "\n")
}
