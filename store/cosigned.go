package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"oxenswap/swap/ledger"
)

// cosignedFile holds the last checkpoint that witnesses have cosigned, with their signatures. The
// writer does not touch it, so that it can be replaced while one runs. Losing it loses
// cosignatures, which witnesses can give again.
const cosignedFile = "cosigned"

// Cosigned returns the last checkpoint that witnesses have cosigned, with their signatures, or nil
// when there is none.
func (r *Reader) Cosigned() ([]byte, error) {
	if err := r.stopped(); err != nil {
		return nil, err
	}
	return readCosigned(r.dir, r.Keys())
}

func readCosigned(dir string, keys *ledger.Keys) ([]byte, error) {
	msg, _, err := readSigned(filepath.Join(dir, cosignedFile), keys)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the file only holds witnesses' signatures, remove it and add them again", err)
	}
	return msg, nil
}

// withCosignatures returns a checkpoint with the cosignatures that were kept for it.
func withCosignatures(checkpoint, cosigned []byte) []byte {
	// The ledger signs a checkpoint in one way only, so its own note is the beginning of one with
	// cosignatures.
	if bytes.HasPrefix(cosigned, checkpoint) {
		return cosigned
	}
	return checkpoint
}

// AddCosignatures keeps what a witness has sent for the last checkpoint: signature lines, or the
// checkpoint with them. What is for an older or for another checkpoint, or of none of the
// witnesses, is refused. It works beside a running writer, and returns the checkpoint with all of
// its cosignatures, and those that were sent.
func (r *Reader) AddCosignatures(sent []byte, witnesses ...*ledger.Witness) ([]byte, []ledger.Cosignature, error) {
	d, err := os.Open(r.dir)
	if err != nil {
		return nil, nil, err
	}
	defer d.Close()
	// One at a time, or one of two witnesses' would be lost.
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		return nil, nil, fmt.Errorf("lock %s: %w", r.dir, err)
	}
	checkpoint, err := r.Checkpoint()
	if err != nil {
		return nil, nil, err
	}
	out, added, err := ledger.AddCosignatures(checkpoint, sent, r.Key(), witnesses...)
	if err != nil || bytes.Equal(out, checkpoint) {
		return out, added, err
	}
	return out, added, replaceFile(r.dir, cosignedFile, out)
}
