package parallel_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"oxenswap/cmd/oxenswap/internal/parallel"
)

// TestInOrder gives early items the most work and expects the results in order, until one is
// refused.
func TestInOrder(t *testing.T) {
	items := make([]int, 500)
	for i := range items {
		items[i] = i
	}
	square := func(i int) int {
		time.Sleep(time.Duration(len(items)-i) * time.Microsecond)
		return i * i
	}
	refused := errors.New("refused")
	for _, last := range []int{len(items) - 1, 123} {
		var got, want []int
		err := parallel.InOrder(slices.Values(items), square, func(i, squared int) error {
			got = append(got, squared)
			if i == last {
				return refused
			}
			return nil
		})
		for i := range last + 1 {
			want = append(want, i*i)
		}
		if !errors.Is(err, refused) || !slices.Equal(got, want) {
			t.Errorf("squares up to %d: got %v, %v, want %v, %v", last, got, err, want, refused)
		}
	}
}
