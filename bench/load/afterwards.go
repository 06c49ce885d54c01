//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"

	"oxenswap/store"
	"oxenswap/swap"
)

// checkLedger holds every acknowledgement against the ledger, and lets the auditor replay an export
// of it.
func (b *bench) checkLedger(ctx context.Context) error {
	w := b.world
	at := map[uint64]int{}
	for i, entry := range w.claims.entries {
		if entry == 0 {
			continue
		}
		if other, twice := at[entry]; twice {
			return fmt.Errorf("claims %d and %d were both acknowledged as entry %d", other, i, entry)
		}
		at[entry] = i
	}
	acknowledged := len(at)
	r, err := store.OpenReader(ctx, w.data())
	if err != nil {
		return err
	}
	defer r.Close()
	size, err := r.Size(ctx)
	if err != nil {
		return err
	}
	unasked := 0
	if err := r.Entries(ctx, 0, size, func(e store.Stored) error {
		event, err := swap.DecodeEvent(e.Kind, e.Body)
		if err != nil {
			return err
		}
		claim, ok := event.(*swap.ClaimAccepted)
		if !ok {
			return nil
		}
		i, ok := at[e.Seq]
		if !ok {
			unasked++ // taken, but its submitter got no answer
			return nil
		}
		if claim.Text == string(w.claims.appendText(nil, i)) && claim.Signature == w.claims.signatures[i] && claim.Oxen == w.claims.holder(i).oxen {
			delete(at, e.Seq)
		}
		return nil
	}); err != nil {
		return err
	}
	b.report.title("afterwards")
	b.report.want("acknowledged claims that are in the ledger as they were handed in", len(at) == 0, "all", "%d of %d", acknowledged-len(at), acknowledged)
	b.report.line("claims in the ledger without an answer", "%d", unasked)
	export := filepath.Join(w.dir, "export")
	if _, err := w.run("ledger", "export", export, "--full"); err != nil {
		return err
	}
	_, err = w.execute(w.auditor, "replay", export, "--key", w.vkey, "--migration", w.claims.migration)
	if err != nil {
		b.report.note("%v", err)
	}
	b.report.want(fmt.Sprintf("oxenaudit replay of the export, %d entries", size), err == nil, "holds", "%s", map[bool]string{true: "holds", false: "does not hold"}[err == nil])
	return nil
}
