package audit

import (
	"maps"
	"slices"
	"testing"

	"oxenswap/swap"
)

// TestCheckers: every kind of entry that can be in a log has a checker, and there is none for other
// kinds.
func TestCheckers(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(checkers)), swap.Kinds(); !slices.Equal(got, want) {
		t.Errorf("the kinds of entries with a checker: got %q, want %q", got, want)
	}
}
