package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"oxenswap/swap/ledger"
)

// Entry is one entry of the ledger.
type Entry struct {
	Seq  uint64          `json:"seq"`
	Time time.Time       `json:"time"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// MostEntries is the most entries of one answer.
const MostEntries = 256

// Entries are at most n entries from a number on. from == Latest: the last n.
func (d *Desk) Entries(ctx context.Context, from uint64, n int) ([]Entry, error) {
	if n < 1 || n > MostEntries {
		return nil, fmt.Errorf("%d entries: 1 to %d are given at one time", n, MostEntries)
	}
	size, err := d.log.Size(ctx)
	if err != nil {
		return nil, err
	}
	if from == Latest {
		from = size - min(uint64(n), size)
	}
	out := []Entry{}
	if from >= size {
		return out, nil
	}
	list, err := d.log.Records(ctx, int64(from), int64(min(from+uint64(n), size)))
	if err != nil {
		return nil, err
	}
	for _, raw := range list {
		e, err := ledger.ParseEntry(raw)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry(e))
	}
	return out, nil
}

// Latest stands for the last entries.
const Latest = ^uint64(0)

// Checkpoint is the last signed size and root of the ledger.
type Checkpoint struct {
	Origin string `json:"origin"`
	Size   uint64 `json:"size"`
	Root   string `json:"root"` // base64, as in the note
	Note   string `json:"note"` // as signed
}

// Checkpoint answers the last checkpoint.
func (d *Desk) Checkpoint() (*Checkpoint, error) {
	signed, err := d.log.Checkpoint()
	if err != nil {
		return nil, err
	}
	c, _, err := d.log.Keys().OpenCheckpoint(signed)
	if err != nil {
		return nil, err
	}
	return &Checkpoint{c.Origin, uint64(c.N), c.Hash.String(), string(signed)}, nil
}
