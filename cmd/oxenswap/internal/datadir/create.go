package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

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
// configuration. Everything is made beside it and put in place by one rename, so a directory is
// either whole or not there. software is what the first entry records as the program that made it.
func (o Options) Create(ctx context.Context, terms *swap.Terms, config []byte, software string) (_ *Created, err error) {
	if err := o.CheckClock(terms); err != nil {
		return nil, err
	}
	if unpaid := terms.Unpaid(); len(unpaid) > 0 {
		return nil, fmt.Errorf("nothing can be paid from %s: leave out programmes of the kinds %s and %s",
			strings.Join(unpaid, ", "), swap.Grant, swap.ConvertDeposits)
	}
	parsed, err := ParseConfig(config)
	if err != nil {
		return nil, err
	}
	inForce, err := parsed.InForce(terms)
	if err != nil {
		return nil, err
	}
	dir := filepath.Clean(o.Path)
	if err := errors.Join(refuseShared(filepath.Dir(dir)), refuseExisting(dir)); err != nil {
		return nil, err
	}
	draft, release, err := newDraft(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	vkey, err := NewKey(filepath.Join(draft, KeyFile), terms.Origin())
	if err != nil {
		return nil, err
	}
	key, err := ReadKey(filepath.Join(draft, KeyFile))
	if err != nil {
		return nil, err
	}
	if err := WriteNew(filepath.Join(draft, ConfigFile), config, 0o600); err != nil {
		return nil, err
	}
	if err := WriteNew(filepath.Join(draft, "terms.json"), terms.Canonical(), 0o600); err != nil {
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
