//go:build !failpoints

package fail

// Do takes a step.
func Do(_ string, act func() error) error { return act() }
