package store

import (
	"context"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Rotate hands the ledger over to its next key, whose public half is vkey: an entry of its own,
// with a note that the present key signs, and from that transaction on the next key signs. The
// checkpoint that covers the entry is signed by both, for those who know the present key only;
// after a crash before it was written, by the next key alone. Whoever opens the ledger later needs
// the next key, so it must be safe before Rotate is called.
func (s *Store) Rotate(ctx context.Context, next note.Signer, vkey string) (ledger.Entry, error) {
	var entries []ledger.Entry
	err := s.commit(ctx, s.exclusive, func(b *batch) (err error) {
		entries, err = b.rotate(s.signer, next, vkey)
		return err
	})
	if err != nil {
		return ledger.Entry{}, err
	}
	return entries[0], nil
}

func (b *batch) rotate(present, next note.Signer, vkey string) ([]ledger.Entry, error) {
	at, err := b.now()
	if err != nil {
		return nil, err
	}
	m, err := b.tables.Migration()
	if err != nil {
		return nil, err
	}
	r := ledger.Rotation{Origin: m.Terms.Origin(), Entry: int64(b.size), Old: m.LedgerKey, New: vkey}
	signed, err := ledger.SignRotation(r, present)
	if err != nil {
		return nil, err
	}
	// What is wrong with the next key must show before anything is written: nobody could take the
	// entry back.
	m.LedgerKey, m.Rotations = vkey, append(m.Rotations, string(signed))
	if b.keys, err = m.Keys(); err != nil {
		return nil, err
	}
	probe := ledger.Checkpoint{Origin: r.Origin}
	probe.N = r.Entry + 1
	msg, err := ledger.SignCheckpoint(probe, next)
	if err != nil {
		return nil, err
	}
	if _, _, err := b.keys.OpenCheckpoint(msg); err != nil {
		return nil, err
	}
	b.rotating = true
	entries, err := b.append([]swap.Record{{Event: &swap.KeyRotated{Key: vkey, Note: string(signed)}}}, at)
	if b.rotating = err == nil; b.rotating {
		b.signers = []note.Signer{next, present}
	}
	return entries, err
}
