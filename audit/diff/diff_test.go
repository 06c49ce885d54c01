package diff

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

func grown(tb testing.TB, n int) *logtest.Log {
	tb.Helper()
	l := logtest.New(tb, "claim.example/1166f61c0c9abbf6")
	for i := range n {
		l.Add(&swap.Correction{Entry: uint64(i), Note: fmt.Sprint("note ", i), By: "ann"})
	}
	return l
}

// renumbered is the log with other events from the n-th entry on.
func renumbered(l *logtest.Log, n int, change func(later []swap.Event) []swap.Event) *logtest.Log {
	l.TB.Helper()
	var later []swap.Event
	for _, line := range l.Lines[n:] {
		e, err := ledger.ParseEntry(line)
		must(l.TB, err)
		event, err := swap.DecodeEvent(e.Kind, e.Body)
		must(l.TB, err)
		later = append(later, event)
	}
	out := l.Cut(n)
	for _, e := range change(later) {
		out.Add(e)
	}
	return out
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func compare(tb testing.TB, a, b fstest.MapFS) *Report {
	tb.Helper()
	x, err := ledger.OpenUnverifiedExport(a)
	must(tb, err)
	y, err := ledger.OpenUnverifiedExport(b)
	must(tb, err)
	r, err := Compare(tb.Context(), x, y)
	must(tb, err)
	return r
}

// words sums a report up.
func words(r *Report) string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.Same {
		say("same")
	}
	if r.First != nil {
		say("first %d", *r.First)
	}
	for _, c := range r.Changed.List {
		say("changed %d", c.Entry)
		for _, f := range c.Fields {
			value := func(s *string) string {
				if s == nil {
					return "-"
				}
				return *s
			}
			say("%s %s>%s", f.Path, value(f.A), value(f.B))
		}
	}
	for _, e := range r.OnlyA.List {
		say("A %d", e.Entry)
	}
	for _, e := range r.OnlyB.List {
		say("B %d", e.Entry)
	}
	if r.Moved > 0 {
		say("moved %d", r.Moved)
	}
	for _, f := range r.Files.List {
		say("%s %s", f.Path[:4], f.How)
	}
	return strings.Join(out, "; ")
}

// TestCompare: what was changed, put in, left out, swapped and repeated is named, and nothing else.
func TestCompare(t *testing.T) {
	l := grown(t, 600)
	extra := &swap.RailHit{Rail: "gas price", Limit: 1, Asked: 2}
	for _, c := range []struct {
		name string
		n    int
		b    func(later []swap.Event) []swap.Event
		want string
	}{
		{"nothing", 600, func(e []swap.Event) []swap.Event { return e }, "same"},
		{"more", 600, func([]swap.Event) []swap.Event { return []swap.Event{extra} }, "B 600"},
		{"fewer", 598, func([]swap.Event) []swap.Event { return nil }, "A 598; A 599"},
		{"a field", 300, func(e []swap.Event) []swap.Event { e[0].(*swap.Correction).Note = "x"; return e }, "first 300; changed 300; note note 300>x; tile differs; tile differs; tile differs"},
		{"a new field", 599, func(e []swap.Event) []swap.Event { e[0].(*swap.Correction).Evidence = &swap.Hash{}; return e },
			"first 599; changed 599; evidence ->" + strings.Repeat("0", 64) + "; tile differs; tile differs"},
		{"another kind", 599, func(e []swap.Event) []swap.Event { return []swap.Event{extra} }, "first 599; A 599; B 599; tile differs; tile differs"},
		{"put in", 590, func(e []swap.Event) []swap.Event { return slices.Insert(e, 0, swap.Event(extra)) }, "first 590; B 590; moved 10"},
		{"left out", 590, func(e []swap.Event) []swap.Event { return e[1:] }, "first 590; A 590; moved 9"},
		{"repeated", 590, func(e []swap.Event) []swap.Event { return slices.Insert(e, 0, e[0]) }, "first 591; B 591; moved 9"},
		{"swapped", 590, func(e []swap.Event) []swap.Event { e[0], e[5] = e[5], e[0]; return e }, "first 590; moved 2; tile differs; tile differs"},
	} {
		r := compare(t, l.Export(), renumbered(l, c.n, c.b).Export())
		if got := words(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	later := l.Fork()
	later.Lines[599] = bytes.Replace(l.Lines[599], []byte("12:09:59Z"), []byte("12:10:59Z"), 1)
	if got := words(compare(t, l.Export(), later.Export())); !strings.HasPrefix(got, "first 599; changed 599; time 2026-11-22T12:09:59Z>2026-11-22T12:10:59Z; tile") {
		t.Errorf("a time: %q", got)
	}
	other := l.Fork()
	other.Lines = nil
	for range 600 {
		other.Add(extra)
	}
	if r := compare(t, l.Export(), other.Export()); r.OnlyA.N != 600 || r.OnlyB.N != 600 || len(r.OnlyA.List) != MaxListed || r.Moved != 0 {
		t.Errorf("nothing in common: %d and %d, %d moved", r.OnlyA.N, r.OnlyB.N, r.Moved)
	}
}

// TestFiles: attachments that one export lacks or withholds.
func TestFiles(t *testing.T) {
	l := grown(t, 3)
	evidence := []byte("evidence")
	digest := swap.Digest(evidence)
	l.Add(&swap.Correction{Entry: 1, Note: "x", By: "ann", Evidence: &digest}, evidence)
	full := l.Export()
	bare := fstest.MapFS(maps.Clone(full))
	delete(bare, ledger.AttachmentPath(ledger.Digest(digest)))
	l.Sign(bare)
	if got := words(compare(t, full, bare)); got != "atta only in A" {
		t.Errorf("left out: %q", got)
	}
	if got := words(compare(t, bare, full)); got != "atta only in B" {
		t.Errorf("put in: %q", got)
	}
	withheld := fstest.MapFS(maps.Clone(bare))
	l.Sign(withheld, ledger.Digest(digest))
	if got := words(compare(t, full, withheld)); got != "atta withheld from B" {
		t.Errorf("withheld: %q", got)
	}
	if got := words(compare(t, withheld, full)); got != "atta withheld from A" {
		t.Errorf("withheld: %q", got)
	}
}

// TestFields: every value of a body has a path.
func TestFields(t *testing.T) {
	got, err := Fields([]byte(`{"b":[1,{"c":"x"},[]],"a":null,"d":{},"e":true,"f":12345678901234567890}`))
	must(t, err)
	want := []Field{{"a", "null"}, {"b[0]", "1"}, {"b[1].c", "x"}, {"b[2]", "[]"}, {"d", "{}"}, {"e", "true"}, {"f", "12345678901234567890"}}
	if !slices.Equal(got, want) {
		t.Errorf("fields: %v, want %v", got, want)
	}
	if _, err := Fields([]byte("{")); err == nil {
		t.Error("half a body was taken")
	}
}
