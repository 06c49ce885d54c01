package contracts_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oxenswap/ethclient/contracts"
)

const review = "../../docs/CONTRACT.md"

// section returns the lines of a section of the review that are rows of its tables, without their
// frame.
func section(t *testing.T, title string) (rows []string) {
	t.Helper()
	data, err := os.ReadFile(review)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(data), "\n## "+title+"\n")
	if !found {
		t.Fatalf("%s has no section %q", review, title)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |\n"))
		}
	}
	return rows[1:] // below the heading
}

// TestReviewNamesEveryFunction holds docs/CONTRACT.md against the ABI: each function has a row in
// the right table, each row is a function, and no cell that must say something is empty.
func TestReviewNamesEveryFunction(t *testing.T) {
	changing, reading := []string{}, []string{}
	for _, m := range contracts.Distributor().ABI.Methods {
		if m.IsConstant() && m.Name != "renounceOwnership" { // which is pure, because it always reverts
			reading = append(reading, m.Sig)
		} else {
			changing = append(changing, m.Sig)
		}
	}
	for title, c := range map[string]struct {
		want   []string
		filled int
	}{
		"Functions that change something": {changing, 4},
		"Functions that only read":        {reading, 2},
	} {
		var got []string
		for _, row := range section(t, title) {
			cells := strings.Split(row, " | ")
			got = append(got, strings.Trim(cells[0], "`"))
			for i := range c.filled {
				if i >= len(cells) || strings.TrimSpace(cells[i]) == "" {
					t.Errorf("%s: column %d says nothing", cells[0], i+1)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, section %q has\n%q\nthe ABI has\n%q", review, title, got, c.want)
		}
	}
}

// TestReviewTellsTheStorage holds the review's table against the layout that the compiler gave.
func TestReviewTellsTheStorage(t *testing.T) {
	want, err := os.ReadFile("testdata/storage.txt")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("^`([A-Za-z_.]+)`")
	var got strings.Builder
	for _, row := range section(t, "Storage") {
		cells := strings.Split(row, " | ")
		m := name.FindStringSubmatch(cells[3])
		if m == nil {
			t.Fatalf("no name in %q", cells[3])
		}
		fmt.Fprintln(&got, cells[0], cells[1], cells[2], m[1])
	}
	if got.String() != string(want) {
		t.Errorf("%s says\n%s\nthe compiler says\n%s", review, got.String(), want)
	}
}
