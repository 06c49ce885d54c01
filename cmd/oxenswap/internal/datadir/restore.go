package datadir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"oxenswap/store"
)

// databaseFile and termsFile are names in a data directory.
const (
	databaseFile = "ledger.db"
	termsFile    = "terms.json"
)

// Backup is what a data directory is restored from.
type Backup struct {
	Database    string // a file that `store.Reader.Backup` or a replicator wrote
	Key, Config *Copy  // nil: the directory has its own
	Checkpoint  []byte // the newest one that is known; nil: none
}

// Copy is a kept copy of one of the directory's files.
type Copy struct {
	From string // its path, for errors
	Data []byte
}

// A MissingCopyError says that the data directory lacks a file of which no copy was given.
type MissingCopyError struct{ Path string }

func (e *MissingCopyError) Error() string { return e.Path + " is missing" }

// A CopyDiffersError says that a file of the data directory differs from the copy that was given.
type CopyDiffersError struct{ Path, From string }

func (e *CopyDiffersError) Error() string {
	return fmt.Sprintf("%s is there already and differs from %s", e.Path, e.From)
}

// Restored is a data directory that was restored.
type Restored struct {
	store.Verified
	File string // its database
}

// Restore makes the data directory from a backup. The directory must hold no database; the files
// that it has are used. A backup that lacks entries that are known to exist is refused. Where no
// database comes to be, what Restore has put there is removed again.
func (o Options) Restore(ctx context.Context, b Backup) (*Restored, error) {
	if err := CheckModes(o.Path); err != nil {
		return nil, err
	}
	made, err := o.placeCopies(b)
	var out *Restored
	if err == nil {
		out, err = o.restore(ctx, b)
	}
	if err != nil {
		if _, missing := os.Stat(filepath.Join(o.Path, databaseFile)); errors.Is(missing, os.ErrNotExist) {
			for _, path := range made {
				err = errors.Join(err, os.Remove(path))
			}
		}
		return nil, err
	}
	return out, nil
}

// placeCopies puts the key and the configuration in place and returns what it has made, in the
// order to remove it.
func (o Options) placeCopies(b Backup) (made []string, err error) {
	if _, err := os.Stat(o.Path); errors.Is(err, os.ErrNotExist) {
		if err := os.Mkdir(o.Path, 0o700); err != nil {
			return nil, err
		}
		made = []string{o.Path}
	}
	for _, f := range []struct {
		name string
		copy *Copy
		mode os.FileMode
	}{{KeyFile, b.Key, 0o600}, {ConfigFile, b.Config, 0o600}} {
		to := filepath.Join(o.Path, f.name)
		present, err := os.ReadFile(to)
		exists := err == nil
		switch {
		case !exists && !errors.Is(err, os.ErrNotExist):
			return made, err
		case exists && (f.copy == nil || bytes.Equal(present, f.copy.Data)): // equal: an interrupted restore left it
			continue
		case exists:
			return made, &CopyDiffersError{to, f.copy.From}
		case f.copy == nil:
			return made, &MissingCopyError{to}
		}
		if err := WriteNew(to, f.copy.Data, f.mode); err != nil {
			return made, err
		}
		made = append([]string{to}, made...)
	}
	return made, nil
}

func (o Options) restore(ctx context.Context, b Backup) (*Restored, error) {
	if _, err := ReadConfig(o.Path); err != nil {
		return nil, err
	}
	key, err := ReadKey(filepath.Join(o.Path, KeyFile))
	if err != nil {
		return nil, err
	}
	v, err := store.Restore(ctx, o.Path, b.Database, b.Checkpoint, store.Options{Signer: key, Clock: o.Now()})
	if err != nil {
		return nil, err
	}
	if err := o.writeTerms(ctx); err != nil {
		return nil, fmt.Errorf("%s was restored, but: %w", o.Path, err)
	}
	return &Restored{v, filepath.Join(o.Path, databaseFile)}, nil
}

// writeTerms writes the terms of a restored database beside it, unless they are there.
func (o Options) writeTerms(ctx context.Context) error {
	path := filepath.Join(o.Path, termsFile)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	d, err := o.OpenReading(ctx)
	if err != nil {
		return err
	}
	return errors.Join(WriteNew(path, d.Terms().Canonical(), 0o600), d.Close())
}
