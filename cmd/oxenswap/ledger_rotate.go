package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"oxenswap/cmd/internal/cli"
	"oxenswap/store"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// nextKeyFile holds the next key within the data directory from before its entry is recorded until it is in its place.
const nextKeyFile = keyFile + ".next"

func (a *app) ledgerKeygenCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "keygen --out FILE",
		Short: "Make a next key for the ledger: the secret half into FILE, the verifier key to stdout",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.read, func(w *world) error {
				vkey, err := newKey(out, w.terms().Origin())
				if err != nil {
					return fmt.Errorf("making the ledger's next key: %w", err)
				}
				a.say("wrote the secret key to %s: keep a copy in a safe place, then `oxenswap ledger rotate %s`", out, out)
				return a.print(map[string]string{"verifier_key": vkey}, func(w io.Writer) { fmt.Fprintln(w, vkey) })
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file for the secret key; it must not exist")
	return cli.Require(c, "out")
}

// rotationView is what `ledger rotate` prints.
type rotationView struct {
	Entry     int64  `json:"entry"`
	LedgerKey string `json:"ledger_key"` // verifier key in force from then on
	Former    string `json:"former_key"`
	File      string `json:"former_file"` // where the former secret key is kept; "": nowhere here
}

func (a *app) ledgerRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate KEYFILE",
		Short: "Change the ledger's key: the present one hands the log over to the one in KEYFILE",
		Long: `Change the ledger's key: an entry, signed by the present key, hands the log over to the one in KEYFILE (ledger keygen makes
one), which signs from then on and takes the place of ` + keyFile + `. The name of the log stays, and so do receipts, checkpoints and
the migration id. The service must be stopped.

What was cut short is finished by the same command. The former key stays beside the new one, for you to destroy.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			next, skey, err := readSecret(args[0])
			if err != nil {
				return err
			}
			vkey, err := ledger.VerifierKey(skey)
			if err != nil {
				return err
			}
			return a.with(c.Context(), a.between(next), func(w *world) error { return a.rotate(c.Context(), w, next, skey, vkey) })
		},
	}
}

// between opens the data directory with the present key or, if its entry is recorded already, with the next one.
func (a *app) between(next note.Signer) func(context.Context) (*world, error) {
	return func(ctx context.Context) (*world, error) {
		w, err := a.own(ctx)
		if !errors.As(err, new(*store.KeyError)) {
			return w, err
		}
		w, errNext := a.ownWith(ctx, next)
		if errors.As(errNext, new(*store.KeyError)) {
			return nil, err
		}
		return w, errNext
	}
}

func (a *app) rotate(ctx context.Context, w *world, next note.Signer, skey, vkey string) error {
	if w.Key().KeyHash() != next.KeyHash() {
		// Once the entry is recorded, the ledger is worth nothing without the key.
		made, err := a.keepNext(skey)
		if err != nil {
			return err
		}
		if _, err := w.writer.Rotate(ctx, next, vkey); err != nil {
			if made && !errors.Is(err, store.ErrStopped) { // nothing was recorded
				err = errors.Join(err, os.Remove(filepath.Join(a.dir, nextKeyFile)))
			}
			return err
		}
	}
	list := w.Keys().Rotations()
	if len(list) == 0 {
		return errors.New("this is the ledger's key already: `oxenswap ledger keygen --out FILE` makes another one")
	}
	last := list[len(list)-1]
	view := rotationView{Entry: last.Entry, LedgerKey: last.New, Former: last.Old}
	former := filepath.Join(a.dir, fmt.Sprintf("%s.until-%d", keyFile, last.Entry))
	if err := a.placeNext(next, skey, former); err != nil {
		return fmt.Errorf("entry %d has put the key into force, but not its file in place: run the command again: %w", last.Entry, err)
	}
	if _, err := os.Stat(former); err == nil {
		view.File = former
		a.say("%s is the former key: destroy it and its copies once the new one is published and kept safe", former)
	}
	a.say("publish the new key where holders and auditors found the former one; earlier receipts and checkpoints stay good")
	return a.print(view, func(out io.Writer) {
		fmt.Fprintf(out, "entry\t%d\nledger key\t%s\nformer\t%s\n", view.Entry, view.LedgerKey, view.Former)
	})
}

// keepNext puts the next key beside the present one, unless it is there.
func (a *app) keepNext(skey string) (made bool, err error) {
	path := filepath.Join(a.dir, nextKeyFile)
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	text := strings.TrimSpace(string(kept))
	if there := err == nil; there && text != skey {
		if _, err := ledger.NewSigner(text); err == nil {
			return false, fmt.Errorf("%s holds another key, of a rotation that was cut short before its entry: remove it, or rotate to that one", path)
		}
		if err := os.Remove(path); err != nil { // half written
			return false, err
		}
	}
	if text != skey {
		if err := writeNew(path, []byte(skey+"\n"), 0o600); err != nil {
			return false, err
		}
		made = true
	}
	return made, fail.Do("next key directory", func() error { return syncDir(a.dir) })
}

// placeNext puts the key in force in its place and keeps the former one under another name.
func (a *app) placeNext(next note.Signer, skey, former string) error {
	path := filepath.Join(a.dir, keyFile)
	present, err := readKey(path)
	if err != nil {
		return err
	}
	if present.KeyHash() != next.KeyHash() {
		if _, err := a.keepNext(skey); err != nil {
			return err
		}
		if err := os.Link(path, former); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := fail.Do("key rename", func() error { return os.Rename(filepath.Join(a.dir, nextKeyFile), path) }); err != nil {
			return err
		}
	}
	return fail.Do("key directory", func() error { return syncDir(a.dir) })
}
