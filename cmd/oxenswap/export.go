package main

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/cmd/oxenswap/internal/portal/shards"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// exportStats is what `ledger export` prints.
type exportStats struct {
	Size     int64 `json:"size"`     // entries
	Files    int   `json:"files"`    // in the folder, beside the manifest
	Written  int   `json:"written"`  // new or changed ones
	Withheld int   `json:"withheld"` // attachments left out
}

func (s exportStats) print(w io.Writer, dir string) {
	fmt.Fprintf(w, "%d entries in %d files under %s, %d of them new\n", s.Size, s.Files, dir, s.Written)
	if s.Withheld > 0 {
		fmt.Fprintf(w, "%d attachments withheld from the public\n", s.Withheld)
	}
}

// exporter writes the log as static files, again and again.
type exporter struct {
	*world
	signer note.Signer
	full   bool

	// What the first size entries keep from the public. An entry never stops to do so.
	private map[swap.Hash]bool
	size    uint64
}

// export brings the folder up to the signed checkpoint.
func (e *exporter) export(ctx context.Context, dir string, signed []byte) (exportStats, error) {
	cp, _, err := e.Keys().OpenCheckpoint(signed)
	if err != nil {
		return exportStats{}, err
	}
	withhold := ledger.WithholdNothing
	if !e.full {
		if err := e.readPrivate(ctx, uint64(cp.N)); err != nil {
			return exportStats{}, err
		}
		withhold = func(d ledger.Digest) bool { return e.private[swap.Hash(d)] }
	}
	stats, err := ledger.WriteExport(dir, e.Reader, ledger.ExportConfig{
		Checkpoint: signed, Signer: e.signer, Key: e.Key(), Rotations: e.Keys().Signed(), Withhold: withhold,
	})
	return exportStats{cp.N, stats.Files, stats.Written, stats.Withheld}, err
}

// shards adds the claim proofs of published rounds to the folder, beside what the manifest lists: each proves itself.
func (e *exporter) shards(ctx context.Context, dir string) error {
	var rounds []swap.Round
	if err := e.View(ctx, func(t swap.Tables, _ uint64) (err error) {
		rounds, err = t.Rounds()
		return err
	}); err != nil {
		return err
	}
	for _, r := range rounds {
		if !r.Status.Published() {
			continue
		}
		has, err := shards.Has(dir, &r.RoundBuilt)
		if err != nil {
			return err
		}
		if has {
			continue
		}
		tree, err := e.tree(r)
		if err != nil {
			return err
		}
		if err := shards.Write(dir, &r.RoundBuilt, tree); err != nil {
			return fmt.Errorf("writing the proofs of round %d: %w", r.Round, err)
		}
	}
	return nil
}

func (e *exporter) readPrivate(ctx context.Context, size uint64) error {
	if e.private == nil {
		e.private = map[swap.Hash]bool{}
	}
	return e.Entries(ctx, e.size, size, func(stored store.Stored) error {
		event, err := swap.DecodeEvent(stored.Kind, stored.Body)
		if err != nil {
			return fmt.Errorf("entry %d: %w", stored.Seq, err)
		}
		for _, h := range swap.Private(event) {
			e.private[h] = true
		}
		e.size = stored.Seq + 1
		return nil
	})
}
