// Package publish writes the ledger as static files that anyone can check: the log, and the claim
// proofs of published rounds.
package publish

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/portal/shards"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
	"oxenswap/swap/service"
)

// Stats are what became of one export.
type Stats struct {
	Size     int64 `json:"size"`     // entries
	Files    int   `json:"files"`    // in the folder, besides the manifest
	Written  int   `json:"written"`  // new or changed ones
	Withheld int   `json:"withheld"` // attachments left out
}

// Exporter writes the log as static files and keeps them up to date.
type Exporter struct {
	Dir    *datadir.Dir
	Signer note.Signer
	Full   bool // includes attachments that are withheld from the public

	// Attachments that the first size entries withhold from the public. Later entries only add to
	// it.
	private map[swap.Hash]bool
	size    uint64
}

// Export brings the folder up to the signed checkpoint.
func (e *Exporter) Export(ctx context.Context, dir string, signed []byte) (Stats, error) {
	cp, _, err := e.Dir.Keys().OpenCheckpoint(signed)
	if err != nil {
		return Stats{}, err
	}
	withhold := ledger.WithholdNothing
	if !e.Full {
		if err := e.readPrivate(ctx, uint64(cp.N)); err != nil {
			return Stats{}, err
		}
		withhold = func(d ledger.Digest) bool { return e.private[swap.Hash(d)] }
	}
	stats, err := ledger.WriteExport(ctx, dir, e.Dir.Reader, ledger.ExportConfig{
		Checkpoint: signed, Signer: e.Signer, Key: e.Dir.Key(), Rotations: e.Dir.Keys().Signed(), Withhold: withhold, OwnerOnly: e.Full,
	})
	return Stats{cp.N, stats.Files, stats.Written, stats.Withheld}, err
}

// Shards adds the claim proofs of published rounds to the folder. The manifest does not list them:
// each proof can be checked on its own.
func (e *Exporter) Shards(ctx context.Context, dir string) error {
	var rounds []swap.Round
	if err := e.Dir.View(ctx, func(t swap.Tables, _ uint64) (err error) {
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
		tree, err := service.ClaimTree(e.Dir, e.Dir.Terms(), r)
		if err != nil {
			return err
		}
		if err := shards.Write(dir, &r.RoundBuilt, tree, e.Full); err != nil {
			return fmt.Errorf("writing the proofs of round %d: %w", r.Round, err)
		}
	}
	return nil
}

func (e *Exporter) readPrivate(ctx context.Context, size uint64) error {
	if e.private == nil {
		e.private = map[swap.Hash]bool{}
	}
	return e.Dir.Entries(ctx, e.size, size, func(stored store.Stored) error {
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
