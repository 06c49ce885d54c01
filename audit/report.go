package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"oxenswap/swap"
)

// MaxProblems is how many problems a report lists: those of the lowest entries.
const MaxProblems = 25

// maxWhat bounds the text of one problem, in bytes.
const maxWhat = 1000

// Report is the outcome of an audit. Its JSON is stable: keys are only added.
type Report struct {
	Origin    string     `json:"origin"`
	Migration string     `json:"migration"`
	Entries   uint64     `json:"entries"`
	Root      string     `json:"root"` // of the tree, in base64 as in the checkpoint
	Anchors   Anchors    `json:"anchors"`
	Rules     swap.Rules `json:"rules"` // in force at the end of the log
	// Later is what later rules would refuse or leave out, of a log that is under earlier ones.
	Later []Problem `json:"later_rules,omitempty"`

	Holds      bool        `json:"holds"`    // no problem was found
	Anchored   bool        `json:"anchored"` // by key and migration
	Problems   []Problem   `json:"problems"` // by entry; those of no entry last
	More       uint64      `json:"more"`     // problems beyond the listed ones
	Checked    []Count     `json:"checked"`
	NotChecked []Count     `json:"not_checked"`
	Corrected  []Problem   `json:"corrected"` // differences between chain and log that a correction entry answers
	Programmes []Programme `json:"programmes"`
	Rounds     []Round     `json:"rounds"` // by number
	Paid       swap.Sesh   `json:"paid"`   // atomic SESH in the log's payments
	Oxen       *OxenChecks `json:"oxen"`   // null: the Oxen chain was not asked
}

// Anchors are what the export was compared with.
type Anchors struct {
	Key       bool     `json:"key"`
	Migration bool     `json:"migration"`
	Since     uint64   `json:"since"` // entries of the earlier checkpoint; 0: none
	Witnesses []string `json:"witnesses"`
	Chain     bool     `json:"chain"`
}

// Problem is one thing that is wrong.
type Problem struct {
	Entry *uint64 `json:"entry"` // nil: of no single entry
	Kind  string  `json:"kind"`  // of the entry; or the file, "chain", "since" and the like
	What  string  `json:"what"`
}

// String names the entry first, such as "entry 12 (claim.accepted): ...".
func (p Problem) String() string {
	if p.Entry == nil {
		return p.Kind + ": " + p.What
	}
	return fmt.Sprintf("entry %d (%s): %s", *p.Entry, p.Kind, p.What)
}

// Count is how many of something were checked, or were not; 0 where there is nothing to count.
type Count struct {
	What string `json:"what"`
	N    uint64 `json:"n"`
}

// Programme sums up one programme over all published rounds, in atomic SESH.
type Programme struct {
	Name      string    `json:"name"`
	Kind      swap.Kind `json:"kind"`
	Cap       swap.Sesh `json:"cap"`
	Owed      swap.Sesh `json:"owed"`      // to everybody, when the last round was built
	Given     swap.Sesh `json:"given"`     // by published rounds
	Unclaimed swap.Sesh `json:"unclaimed"` // owed to accounts without a claim, at that time
}

func newReport() *Report {
	return &Report{
		Anchors: Anchors{Witnesses: []string{}}, Problems: []Problem{}, Checked: []Count{}, NotChecked: []Count{},
		Corrected: []Problem{}, Programmes: []Programme{}, Rounds: []Round{},
	}
}

// OK reports whether everything holds and was anchored: the one answer that a program's exit code
// gives.
func (r *Report) OK() bool { return r.Holds && r.Anchored }

func (r *Report) finish() {
	r.Holds = len(r.Problems) == 0
	r.Anchored = r.Anchors.Key && r.Anchors.Migration
}

// entry records what is wrong with an entry.
func (r *Report) entry(seq uint64, kind, what string) {
	r.problem(Problem{Entry: &seq, Kind: kind, What: strings.TrimPrefix(what, kind+": ")})
}

// global records what is wrong with no single entry.
func (r *Report) global(kind string, err error) {
	r.problem(Problem{Kind: kind, What: err.Error()})
}

func (r *Report) problem(p Problem) {
	p.What = Printable(p.What)
	if len(p.What) > maxWhat {
		p.What = strings.ToValidUTF8(p.What[:maxWhat], "") + "..."
	}
	at, _ := slices.BinarySearchFunc(r.Problems, p, func(a, b Problem) int {
		return cmp.Or(compareEntries(a.Entry, b.Entry), -1) // behind those of the same entry
	})
	r.Problems = slices.Insert(r.Problems, at, p)
	if len(r.Problems) > MaxProblems {
		r.Problems = r.Problems[:MaxProblems]
		r.More++
	}
}

// Printable keeps what a log says from steering a terminal or breaking lines.
func Printable(s string) string {
	s = strings.ReplaceAll(s, "\n", "; ")
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, s)
}

// compareEntries puts what is of no entry last.
func compareEntries(a, b *uint64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*a, *b)
}

// add counts what was checked.
func (r *Report) add(what string, n uint64) {
	if n > 0 {
		addCount(&r.Checked, what, n)
	}
}

func (r *Report) notChecked(what string, n uint64) { addCount(&r.NotChecked, what, n) }

// addCount keeps the order in which things were first counted.
func addCount(list *[]Count, what string, n uint64) {
	i := slices.IndexFunc(*list, func(c Count) bool { return c.What == what })
	if i < 0 {
		*list = append(*list, Count{What: what})
		i = len(*list) - 1
	}
	(*list)[i].N += n
}

// WriteText writes the report for people. Its last line begins with "audit: " and gives the
// verdict.
func (r *Report) WriteText(w io.Writer) error {
	out := &strings.Builder{}
	if r.Origin != "" {
		fmt.Fprintf(out, "%s, %d entries, root %s\n", Printable(r.Origin), r.Entries, r.Root)
		fmt.Fprintf(out, "anchors: %s\n", r.Anchors)
	}
	if r.Oxen != nil {
		fmt.Fprintf(out, "oxen: %s\n", r.Oxen)
	}
	writeCounts(out, "checked", r.Checked)
	writeCounts(out, "not checked", r.NotChecked)
	if len(r.Programmes) > 0 {
		fmt.Fprintln(out)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "SESH\towed\tgiven\tunclaimed\tcap\t")
		for _, p := range r.Programmes {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n",
				p.Name, p.Owed.Coins(), p.Given.Coins(), p.Unclaimed.Coins(), p.Cap.Coins())
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out, "paid: %s\n", r.Paid)
	}
	if err := writeRounds(out, r.Rounds); err != nil {
		return err
	}
	for _, p := range r.Later {
		fmt.Fprintf(out, "under rules %d: %s\n", swap.LatestRules, p)
	}
	for _, p := range r.Corrected {
		fmt.Fprintf(out, "corrected: %s\n", p)
	}
	if len(r.Problems) > 1 {
		fmt.Fprintln(out)
		fmt.Fprintln(out, "also wrong, perhaps because of the first:")
		for _, p := range r.Problems[1:] {
			fmt.Fprintf(out, "  %s\n", p)
		}
		if r.More > 0 {
			fmt.Fprintf(out, "  and %d more\n", r.More)
		}
	}
	fmt.Fprintf(out, "audit: %s\n", r.Verdict())
	_, err := io.WriteString(w, out.String())
	return err
}

// Verdict says in one sentence whether everything holds, or what is wrong first.
func (r *Report) Verdict() string {
	switch {
	case !r.Holds:
		return r.Problems[0].String()
	case !r.Anchored:
		return "the export agrees with itself, and nothing shows that it is the real one: give the ledger's key and the migration id"
	}
	return "every entry holds"
}

// writeCounts writes one count a line; 0 stands for what cannot be counted.
func writeCounts(w io.Writer, title string, counts []Count) {
	for _, c := range counts {
		n := ""
		if c.N > 0 {
			n = fmt.Sprint(c.N)
		}
		fmt.Fprintf(w, "%-12s %9s  %s\n", title, n, c.What)
		title = ""
	}
}

// String says in words what was asked.
func (o *OxenChecks) String() string {
	return fmt.Sprintf("%d calls to %s in %.1f s", o.Calls, Printable(strings.Join(o.Daemons, ", ")), o.Seconds)
}

// String lists the anchors in words.
func (a Anchors) String() string {
	var parts []string
	for _, p := range []struct {
		there bool
		words string
	}{
		{a.Key, "ledger key"}, {a.Migration, "migration id"}, {a.Since > 0, fmt.Sprintf("checkpoint of %d entries", a.Since)},
		{len(a.Witnesses) > 0, "witnesses " + strings.Join(a.Witnesses, ", ")}, {a.Chain, "chain"},
	} {
		if p.there {
			parts = append(parts, p.words)
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
