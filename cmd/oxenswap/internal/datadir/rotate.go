package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/store"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// A rotation of the ledger's key has these steps. Wherever it is interrupted, the same call
// finishes it:
//
//  1. the next key is written beside the present one, as ledger.key.next: once its entry is
//     recorded, nothing can be appended without it;
//  2. key.rotated, signed by the present key, is recorded; from then on the next key signs;
//  3. the present key gets the name ledger.key.until-ENTRY, and a rename puts the next one in its
//     place.

// nextKeyFile holds the next key from before its entry is recorded until it is in its place.
const nextKeyFile = KeyFile + ".next"

// ErrSameKey refuses to replace the ledger's key by itself.
var ErrSameKey = errors.New("this is the ledger's key already")

// Rotation is a change of the ledger's key.
type Rotation struct {
	Entry    int64
	New, Old string // verifier keys
	Kept     string // where the former secret key is kept; "": nowhere here
}

// Rotate hands the ledger over to the key in a file. No service may run.
func (o Options) Rotate(ctx context.Context, keyFile string) (_ *Rotation, err error) {
	next, skey, err := readSecret(keyFile)
	if err != nil {
		return nil, err
	}
	vkey, err := ledger.VerifierKey(skey)
	if err != nil {
		return nil, err
	}
	d, err := o.openEither(ctx, next)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.rotate(ctx, next, skey, vkey)
}

// openEither opens the data directory with the present key or, if its entry is recorded already,
// with the next one.
func (o Options) openEither(ctx context.Context, next note.Signer) (*Dir, error) {
	d, err := o.OpenAlone(ctx)
	if !errors.As(err, new(*store.KeyError)) {
		return d, err
	}
	d, errNext := o.openWith(ctx, next)
	if errors.As(errNext, new(*store.KeyError)) {
		return nil, err
	}
	return d, errNext
}

func (d *Dir) rotate(ctx context.Context, next note.Signer, skey, vkey string) (*Rotation, error) {
	if d.Key().KeyHash() != next.KeyHash() {
		made, err := d.keepNext(skey)
		if err != nil {
			return nil, err
		}
		if _, err := d.Writer.Rotate(ctx, next, vkey); err != nil {
			if made && !errors.Is(err, store.ErrStopped) { // nothing was recorded
				err = errors.Join(err, os.Remove(filepath.Join(d.Path, nextKeyFile)))
			}
			return nil, err
		}
	}
	list := d.Keys().Rotations()
	if len(list) == 0 {
		return nil, ErrSameKey
	}
	last := list[len(list)-1]
	former := filepath.Join(d.Path, fmt.Sprintf("%s.until-%d", KeyFile, last.Entry))
	if err := d.placeNext(next, skey, former); err != nil {
		return nil, fmt.Errorf("entry %d has put the key into force, but not its file in place: run the command again: %w",
			last.Entry, err)
	}
	out := &Rotation{Entry: last.Entry, New: last.New, Old: last.Old}
	if _, err := os.Stat(former); err == nil {
		out.Kept = former
	}
	return out, nil
}

// keepNext writes the next key beside the present one, unless it is there.
func (d *Dir) keepNext(skey string) (made bool, err error) {
	path := filepath.Join(d.Path, nextKeyFile)
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	text := strings.TrimSpace(string(kept))
	if there := err == nil; there && text != skey {
		if _, err := ledger.NewSigner(text); err == nil {
			return false, fmt.Errorf("%s holds another key, of a rotation that was interrupted before its entry: remove it, or rotate to that one", path)
		}
		if err := os.Remove(path); err != nil { // half written
			return false, err
		}
	}
	if text != skey {
		if err := WriteNew(path, []byte(skey+"\n"), 0o600); err != nil {
			return false, err
		}
		made = true
	}
	return made, fail.Do("next key directory", func() error { return SyncDir(d.Path) })
}

// placeNext puts the key in force in its place and keeps the former one under another name.
func (d *Dir) placeNext(next note.Signer, skey, former string) error {
	path := filepath.Join(d.Path, KeyFile)
	present, err := ReadKey(path)
	if err != nil {
		return err
	}
	if present.KeyHash() != next.KeyHash() {
		if _, err := d.keepNext(skey); err != nil {
			return err
		}
		if err := os.Link(path, former); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := fail.Do("key rename", func() error { return os.Rename(filepath.Join(d.Path, nextKeyFile), path) }); err != nil {
			return err
		}
	}
	return fail.Do("key directory", func() error { return SyncDir(d.Path) })
}
