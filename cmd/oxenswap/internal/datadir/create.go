package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/fail"
)

// Created is a data directory that was just made.
type Created struct {
	Path      string
	LedgerKey string // verifier key in note form
}

// Create makes the data directory of a migration from its terms and the text of its first
// configuration. It makes everything beside it and puts it in place by one rename, so a directory
// is either whole or not there. The first entry records software as the program that made it.
func (o Options) Create(ctx context.Context, terms *swap.Terms, config []byte, software string) (*Created, error) {
	if err := o.CheckClock(terms); err != nil {
		return nil, err
	}
	parsed, err := ParseConfig(config)
	if err != nil {
		return nil, err
	}
	inForce, err := parsed.InForce(terms)
	if err != nil {
		return nil, err
	}
	if err := refuseFull(o.Path); err != nil {
		return nil, err
	}
	dir := filepath.Clean(o.Path)
	draft := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".oxenswap-init")
	release, err := takeDraft(draft)
	if err != nil {
		return nil, err
	}
	defer release()
	vkey, err := NewKey(filepath.Join(draft, KeyFile), terms.Origin())
	if err != nil {
		return nil, err
	}
	key, err := ReadKey(filepath.Join(draft, KeyFile))
	if err != nil {
		return nil, err
	}
	if err := WriteNew(filepath.Join(draft, ConfigFile), config, 0o644); err != nil {
		return nil, err
	}
	if err := WriteNew(filepath.Join(draft, termsFile), terms.Canonical(), 0o644); err != nil {
		return nil, err
	}
	s, err := store.Create(ctx, draft, store.Options{Signer: key, Clock: o.Now()}, []swap.Record{
		{Event: &swap.MigrationOpened{
			Migration: terms.ID(), Terms: swap.Digest(terms.Canonical()), Software: software, LedgerKey: vkey, Operators: parsed.Operators, Rules: swap.LatestRules,
		}, Attachments: [][]byte{terms.Canonical()}},
		{Event: &swap.ConfigSet{Config: inForce, By: Person()}},
	})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	if err := fail.Do("init rename", func() error { return os.Rename(draft, dir) }); err != nil {
		return nil, err
	}
	if err := fail.Do("init directory", func() error { return SyncDir(filepath.Dir(dir)) }); err != nil {
		return nil, err
	}
	return &Created{dir, vkey}, nil
}

// takeDraft makes a folder, or empties what a crash left of it, and keeps every other process out
// until release.
func takeDraft(draft string) (release func() error, err error) {
	if err := os.MkdirAll(draft, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Open(draft)
	if err != nil {
		return nil, err
	}
	taken := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	opened, err := f.Stat()
	now, gone := os.Stat(draft)
	switch {
	case taken != nil || gone != nil || err == nil && !os.SameFile(opened, now):
		err = errors.New("another process is making this data directory, or has just made it: let that one end first")
	case err == nil:
		var names []os.DirEntry
		names, err = os.ReadDir(draft)
		for _, n := range names {
			err = errors.Join(err, os.RemoveAll(filepath.Join(draft, n.Name())))
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

// refuseFull refuses a directory that holds anything.
func refuseFull(dir string) error {
	names, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(names) > 0:
		return fmt.Errorf("%s holds %s already: name a directory that is empty or does not exist", dir, names[0].Name())
	}
	return nil
}
