package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/audit/follow"
	"oxenswap/cmd/internal/cli"
	"oxenswap/swap/ledger"
)

// anchors are what an answer is held against: the key, and the witnesses that must have cosigned.
type anchors struct {
	vkey        string
	witnessKeys []string
}

// flags adds --key and --witness to a command.
func (a *anchors) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&a.vkey, "key", "", "the ledger's verifier key, as its portal or `oxenswap init` printed it; any of them, if it had several")
	f.StringArrayVar(&a.witnessKeys, "witness", nil, "verifier key of a witness that must have cosigned every checkpoint (repeatable)")
}

// read gives the keys. Without the ledger's key nothing can be shown.
func (a *anchors) read() (key note.Verifier, witnesses []*ledger.Witness, err error) {
	if a.vkey == "" {
		return nil, nil, cli.Usage("--key is missing: the ledger's verifier key, from another source than the log")
	}
	if key, err = ledger.NewVerifier(a.vkey); err != nil {
		return nil, nil, cli.Usage("--key: %w", err)
	}
	for _, vkey := range a.witnessKeys {
		w, err := ledger.NewWitness(vkey)
		if err != nil {
			return nil, nil, cli.Usage("--witness: %w", err)
		}
		witnesses = append(witnesses, w)
	}
	return key, witnesses, nil
}

func isURL(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

// openExport gives the files of a folder or URL; done frees what that took.
func openExport(ctx context.Context, place string) (export fs.FS, done func(), err error) {
	if isURL(place) {
		w, err := newWebFS(place)
		if err != nil {
			return nil, nil, err
		}
		return w.within(ctx), w.close, nil
	}
	if strings.Contains(place, "://") {
		return nil, nil, cli.Usage("%s: an export is a folder or an http(s) URL", place)
	}
	info, err := os.Stat(place)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		return nil, nil, cli.Usage("%s is a file: give the folder that `oxenswap ledger export` wrote", place)
	}
	return os.DirFS(place), func() {}, nil
}

// state is a log at one of its states: an export, or a checkpoint alone.
type state struct {
	ledger.Checkpoint
	log *follow.Log // nil: a checkpoint alone
}

// openState opens an export, a URL, or a file with a checkpoint. later is a later state of the log,
// whose keys are known; nil: there is none.
func openState(ctx context.Context, place string, key note.Verifier, witnesses []*ledger.Witness, later *state) (s *state, done func(), err error) {
	var rotations [][]byte
	open := func(fsys fs.FS) (*follow.Log, error) { return follow.Open(fsys, key, witnesses...) }
	if later != nil && later.log != nil {
		rotations = later.log.Keys.Signed()
		open = func(fsys fs.FS) (*follow.Log, error) { return follow.OpenEarlier(fsys, key, rotations, witnesses...) }
	}
	if info, errStat := os.Stat(place); errStat == nil && info.Mode().IsRegular() {
		signed, err := readBounded(place, ledger.MaxCheckpointSize)
		if err != nil {
			return nil, nil, err
		}
		keys, err := ledger.NewKeys(key, rotations...)
		if err != nil {
			return nil, nil, err
		}
		c, _, err := follow.OpenCheckpoint(signed, keys, witnesses...)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", place, err)
		}
		return &state{Checkpoint: c}, func() {}, nil
	}
	fsys, done, err := openExport(ctx, place)
	if err != nil {
		return nil, nil, err
	}
	l, err := open(fsys)
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("%s: %w", place, err)
	}
	return &state{l.Checkpoint, l}, done, nil
}

// readBounded reads a small file.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s has more than the %d bytes that are possible", path, limit)
	}
	return data, nil
}
