package main

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"

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

// export writes the log as static files.
func (w *world) export(ctx context.Context, dir string, signer note.Signer, full bool) (exportStats, error) {
	signed, err := w.Checkpoint()
	if err != nil {
		return exportStats{}, err
	}
	cp, _, err := ledger.OpenCheckpoint(signed, w.Key())
	if err != nil {
		return exportStats{}, err
	}
	withhold := ledger.WithholdNothing
	if !full {
		private, err := w.private(ctx, uint64(cp.N))
		if err != nil {
			return exportStats{}, err
		}
		withhold = func(d ledger.Digest) bool { return private[swap.Hash(d)] }
	}
	stats, err := ledger.WriteExport(dir, w.Reader, ledger.ExportConfig{Checkpoint: signed, Signer: signer, Key: w.Key(), Withhold: withhold})
	return exportStats{cp.N, stats.Files, stats.Written, stats.Withheld}, err
}

// private are the attachments that the first size entries keep from the public.
func (w *world) private(ctx context.Context, size uint64) (map[swap.Hash]bool, error) {
	private := map[swap.Hash]bool{}
	err := w.Entries(ctx, 0, size, func(e store.Stored) error {
		event, err := swap.DecodeEvent(e.Kind, e.Body)
		if err != nil {
			return fmt.Errorf("entry %d: %w", e.Seq, err)
		}
		for _, h := range swap.Private(event) {
			private[h] = true
		}
		return nil
	})
	return private, err
}
