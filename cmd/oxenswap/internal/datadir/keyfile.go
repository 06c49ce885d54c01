package datadir

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// KeyFile holds the ledger's signing key, in note form, readable by its owner only.
const KeyFile = "ledger.key"

// ReadKey reads the ledger's signing key and refuses a file that others can read.
func ReadKey(path string) (note.Signer, error) {
	key, _, err := readSecret(path)
	return key, err
}

// readSecret is ReadKey with the text of the key.
func readSecret(path string) (key note.Signer, skey string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", fmt.Errorf("reading the ledger key: %w", err)
	}
	if info.Mode().Perm()&others != 0 {
		return nil, "", &ModeError{Path: path, Mode: info.Mode()}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("reading the ledger key: %w", err)
	}
	skey = strings.TrimSpace(string(text))
	if key, err = ledger.NewSigner(skey); err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return key, skey, nil
}

// NewKey makes an Ed25519 note key and writes the secret half into a file of mode 0600 that did not
// exist before.
func NewKey(path, name string) (vkey string, err error) {
	skey, vkey, err := ledger.NewKey(rand.Reader, name)
	if err != nil {
		return "", err
	}
	return vkey, WriteNew(path, []byte(skey+"\n"), 0o600)
}

// WriteNew writes a file that did not exist before, durably and at once: it is never there in part.
func WriteNew(path string, data []byte, mode os.FileMode) error {
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, os.ErrNotExist) { // of a process that was killed
		return err
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	err = fail.Do("new file", func() error { _, err := f.Write(data); return err })
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	// A link, unlike a rename, replaces nothing.
	return errors.Join(fail.Do("new file name", func() error { return os.Link(draft, path) }), os.Remove(draft), SyncDir(filepath.Dir(path)))
}

// ReplaceFile writes or replaces a file of mode 0644, durably and at once: it is never there in
// part.
func ReplaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the rename there is nothing to remove
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(f.Name(), path), SyncDir(filepath.Dir(path)))
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
