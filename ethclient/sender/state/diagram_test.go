package state_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"oxenswap/ethclient/sender/state"
)

//go:generate go test -run TestDiagram -update

var update = flag.Bool("update", false, "rewrite the diagram and the table in docs/SENDING.md")

const (
	document    = "../../../docs/SENDING.md"
	begin, done = "<!-- printed from ethclient/sender/state: go generate ./ethclient/sender/state -->\n", "<!-- end -->\n"
)

// TestDiagram compares what the documentation shows with the table that decides.
func TestDiagram(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	shown, after, ended := strings.Cut(rest, done)
	if !ok || !ended {
		t.Fatalf("%s has no part between %q and %q", document, begin, done)
	}
	if *update {
		if err := os.WriteFile(document, []byte(before+begin+state.Markdown()+done+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != state.Markdown() {
		t.Errorf("%s shows another machine: run `go generate ./ethclient/sender/state` and look at what changed", document)
	}
}

// TestRows: every state ends with a row without a condition, every stop is named, and every state
// is reached by a move.
func TestRows(t *testing.T) {
	last := map[state.State]state.Row{}
	for _, r := range state.Rows() {
		if l, ok := last[r.State]; ok && l.When == "" {
			t.Errorf("%s: %q stands below the row without a condition", r.State, r.When)
		}
		if (r.Action == state.Stop) != (r.Stop != "") || r.Why == "" {
			t.Errorf("%s: %q has no name or no reason", r.State, r.When)
		}
		last[r.State] = r
	}
	for _, s := range []state.State{state.Unknown, state.Ahead, state.Next, state.Used, state.Taken, state.Mined, state.Final} {
		if r, ok := last[s]; !ok || r.When != "" {
			t.Errorf("%s has no last row", s)
		}
		if s != state.Unknown && !slices.ContainsFunc(state.Moves(), func(m state.Move) bool { return m.To == s }) {
			t.Errorf("nothing leads to %s", s)
		}
	}
}
