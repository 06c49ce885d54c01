package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// keyRotated compares an entry that changes the ledger's key with the file from which readers learn
// of it. swap.Apply verifies that the key in force has signed it.
type keyRotated struct {
	unchecked
	event *swap.KeyRotated
}

func (c *keyRotated) before(_ context.Context, r *replay, _ *examined) error {
	r.keys = append(r.keys, c.event.Key)
	n, files := len(r.keys), r.export.Rotations()
	switch {
	case n > len(files):
		return fmt.Errorf("%s, from which readers learn of it, is not in the export", ledger.RotationPath(n))
	case string(files[n-1]) != c.event.Note:
		return fmt.Errorf("%s is not its note", ledger.RotationPath(n))
	}
	r.report.add("changes of the ledger's key", 1)
	return nil
}

// checkKeys looks for the given key among those that the entries name, and for rotations that no
// entry records.
func (r *replay) checkKeys(first opening) {
	if given := r.options.Key; given != "" && given != first.event.LedgerKey && !slices.Contains(r.keys, given) {
		r.report.entry(0, first.event.Kind(), fmt.Sprintf("the log was opened for the ledger key %s, not for %s",
			first.event.LedgerKey, given))
	}
	if r.broken {
		return
	}
	for _, f := range r.export.Manifest().Files {
		if n, ok := ledger.ParseRotationPath(f.Path); ok && n > len(r.keys) {
			r.report.global(f.Path, errors.New("no entry has changed the ledger's key so often"))
		}
	}
}
