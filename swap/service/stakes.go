package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/chaincheck"
	"oxenswap/swap/cryptonote"
)

// Bounds of looking for stakes. A search is made in short pieces, one call at a time, so that the
// daemons have time for what is urgent.
const (
	searchBlocks = 50_000 // of one node, from its registration on
	searchSteps  = 16     // of one call of FindStakes: 4,096 blocks at most
)

// FindStakes looks for the transactions that made the stakes of the lowest final snapshot without
// evidence, and records them when the search has come to its end. It is called again and again:
// kept is what earlier calls have found out. recorded is nil while there is more to search, or if no
// snapshot needs it. What is recorded proves nothing: an auditor looks it up.
func FindStakes(
	ctx context.Context, l swap.Ledger, att swap.Attachments, daemons []chaincheck.Daemon, kept *chaincheck.State,
) (recorded *swap.SnapshotEvidence, err error) {
	m, s, err := needsEvidence(ctx, l)
	if err != nil || s == nil {
		return nil, err
	}
	raw, err := att.Attachment(s.Digest)
	if err != nil {
		return nil, err
	}
	content, err := swap.ParseContent(raw)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i := range daemons {
		// Each daemon in its turn gives the blocks, until one can.
		order := slices.Concat(daemons[i:], daemons[:i])
		e, data, err := searchStakes(ctx, m, order, &content, kept)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			errs = append(errs, err)
			continue
		case e == nil:
			return nil, nil
		}
		return recordEvidence(ctx, l, e, data)
	}
	return nil, fmt.Errorf("stakes of height %d: %w", s.Height, errors.Join(errs...))
}

// needsEvidence is the lowest final snapshot whose stakes' transactions are not named; nil: none.
func needsEvidence(ctx context.Context, l swap.Ledger) (m swap.Migration, s *swap.Snapshot, err error) {
	err = l.View(ctx, func(t swap.Tables, _ uint64) error {
		if m, err = t.Migration(); err != nil {
			return err
		}
		all, err := t.Snapshots()
		for i := range all {
			if _, named := m.Evidence[all[i].Height]; all[i].Status == swap.FinalSnapshot && !named {
				s = &all[i]
				break
			}
		}
		return err
	})
	return m, s, err
}

// searchStakes makes a piece of the search. The event is nil if there is more to search.
func searchStakes(
	ctx context.Context, m swap.Migration, daemons []chaincheck.Daemon, content *swap.Content, kept *chaincheck.State,
) (*swap.SnapshotEvidence, []byte, error) {
	network, err := cryptonote.ParseNetwork(m.Terms.Oxen.Network)
	if err != nil {
		return nil, nil, err
	}
	search := chaincheck.NewSearch(&chaincheck.Chain{Network: network, Daemons: daemons, Agree: m.Config.Quorum}, searchBlocks)
	search.Add(content)
	if _, err := search.Check(ctx, kept.Found); err != nil {
		return nil, nil, err
	}
	search.Skip(*kept)
	done := false
	for n := 0; n < searchSteps && !done && err == nil; n++ {
		done, err = search.Step(ctx)
	}
	*kept = merge(*kept, search.State())
	if err != nil || !done {
		return nil, nil, err
	}
	found := search.Found()
	data, err := swap.StakeEvidence{Stakes: found}.Encode()
	return &swap.SnapshotEvidence{
		Height: content.Height, BlockHash: content.BlockHash, Stakes: swap.Digest(data),
		Found: uint64(len(found)), Missing: uint64(search.Len() - len(found)),
	}, data, err
}

// merge keeps the places that earlier searches have found: the next snapshot has most of them, too.
func merge(earlier, now chaincheck.State) chaincheck.State {
	now.Found = append(now.Found, earlier.Found...)
	swap.SortFound(now.Found)
	now.Found = slices.CompactFunc(now.Found, func(a, b swap.FoundStake) bool {
		return bytes.Equal(a.Transaction[:], b.Transaction[:]) && a.Output == b.Output
	})
	return now
}

func recordEvidence(ctx context.Context, l swap.Ledger, e *swap.SnapshotEvidence, data []byte) (recorded *swap.SnapshotEvidence, err error) {
	_, err = l.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) {
		recorded = nil
		m, err := t.Migration()
		if err != nil {
			return nil, err
		}
		if _, named := m.Evidence[e.Height]; named { // another process was faster
			return nil, nil
		}
		recorded = e
		return []swap.Record{{Event: e, Attachments: [][]byte{data}}}, nil
	})
	return recorded, err
}
