package swap

import (
	"maps"
	"slices"
)

// Kinds are the kinds of entries that this software knows, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(events)) }
