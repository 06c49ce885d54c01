package store

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap/ledger"
)

// A KeyError says that a ledger was opened for writing with another key than the one in force.
type KeyError struct {
	Given, InForce string // name and hash
	Since          int64  // the entry that put it into force; 0: it is the first
}

func (e *KeyError) Error() string {
	if e.Since == 0 {
		return fmt.Sprintf("the key %s is not the ledger's, which is %s: configure the right key file. If the given key came after that one, this copy of the ledger is from before its entry", e.Given, e.InForce)
	}
	return fmt.Sprintf("the key %s is not the ledger's, which is %s since entry %d: put that key's file in its place", e.Given, e.InForce, e.Since)
}

func (s *Store) checkSigner() error {
	key := s.Key()
	if s.signer.Name() == key.Name() && s.signer.KeyHash() == key.KeyHash() {
		return nil
	}
	e := &KeyError{Given: keyName(s.signer.Name(), s.signer.KeyHash()), InForce: keyName(key.Name(), key.KeyHash())}
	if list := s.Keys().Rotations(); len(list) > 0 {
		e.Since = list[len(list)-1].Entry
	}
	return e
}

func keyName(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

// checkLog refuses a database that is older than the checkpoint, another one than it signed, or
// whose end does not hold together, and a clock behind the last entry.
func (s *Store) checkLog(t *tables, signed tlog.Tree) error {
	size, err := t.size()
	if err != nil {
		return err
	}
	if size < uint64(signed.N) {
		return fmt.Errorf("the database has %d entries and the checkpoint %d: this is an older copy, and new entries would contradict those that it lacks. Put back the newest copy of %s with its -wal file; never delete the checkpoint. If the missing entries are lost for good, this log must not go on: a new one under another name has to", size, signed.N, databaseFile)
	}
	root, err := ledger.TreeHash(signed.N, t)
	if err != nil {
		return err
	}
	if root != signed.Hash {
		return fmt.Errorf("%w: the first %d entries have the root %v, and the checkpoint signed %v", ErrDamaged, signed.N, root, signed.Hash)
	}
	last, err := t.checkEnd(size)
	if err != nil {
		return err
	}
	if now := s.clock().UTC().Truncate(time.Second); now.Before(last) {
		return fmt.Errorf("the clock says %s, and the last entry was written at %s: set the clock", now.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	s.size, s.signed, s.last = size, uint64(signed.N), last
	s.edge, err = ledger.NewFrontier(int64(size), t)
	return err
}

// checkEnd compares the last entries with their hashes and those with the tree above them, and
// returns the last one's time. Verify compares all of them.
func (t *tables) checkEnd(size uint64) (last time.Time, err error) {
	hashes, err := one(t, "hashes", itself[int64], "SELECT coalesce(max(number) + 1, 0) FROM hashes")
	if err != nil {
		return last, err
	}
	if want := tlog.StoredHashCount(int64(size)); hashes != want {
		return last, fmt.Errorf("%w: the tree has %d hashes instead of %d for %d entries", ErrDamaged, hashes, want, size)
	}
	first := size - min(size, page)
	list, err := t.records(first, size)
	if err != nil {
		return last, err
	}
	for i, raw := range list {
		seq := first + uint64(i)
		e, err := parseStored(seq, raw)
		if err != nil {
			return last, err
		}
		want, err := ledger.StoredHashes(int64(seq), ledger.RecordHash(raw), t)
		if err != nil {
			return last, err
		}
		for j, h := range want {
			got, err := t.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(seq)) + int64(j)})
			if err != nil {
				return last, err
			}
			if got[0] != h {
				return last, fmt.Errorf("%w: entry %d does not have its hash in the tree", ErrDamaged, seq)
			}
		}
		last = e.Time
	}
	return last, nil
}
