package swap

import (
	"context"
	"time"

	"oxenswap/swap/ledger"
)

// Ledger is the log and its projections. Both methods may be called from many goroutines.
type Ledger interface {
	// View runs read on tables that hold exactly the first size entries.
	View(ctx context.Context, read func(t Tables, size uint64) error) error
	// Update runs decide alone among writers, on tables that hold everything, and appends the
	// records that it returns, all or none, with the given time. It returns when they are durable
	// and a signed checkpoint that covers them is on disk. An error of decide, or of applying a
	// record, leaves the ledger as it was and comes back as it is. decide may be run more than once
	// and must not wait for anything outside.
	Update(ctx context.Context, decide func(t Tables, at time.Time) ([]Record, error)) ([]ledger.Entry, error)
}
