// Package service is what people do in a migration: take a snapshot and make it final, submit
// claims, hand in and judge proofs of coins, build rounds, see what was paid. Each act has its one
// home here, whoever does it: a command, a schedule, the portal, a test.
//
// Package swap has the rules, the formats and the state; an act asks daemons, lets swap decide, and
// appends what follows to a swap.Ledger. Acts may be repeated: what was recorded before is answered
// as it was.
package service

import (
	"context"
	"sync"

	"oxenswap/swap"
)

// queryAll asks every daemon at once and returns the answers in the daemons' order.
func queryAll[D, T any](daemons []D, query func(D) T) []T {
	out := make([]T, len(daemons))
	var group sync.WaitGroup
	for i, d := range daemons {
		group.Go(func() { out[i] = query(d) })
	}
	group.Wait()
	return out
}

// migration is what is known of the migration now.
func migration(ctx context.Context, l swap.Ledger) (m swap.Migration, err error) {
	err = l.View(ctx, func(t swap.Tables, _ uint64) error {
		m, err = t.Migration()
		return err
	})
	return m, err
}
