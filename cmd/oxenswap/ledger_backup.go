package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/store"
	"oxenswap/swap/ledger"
)

// copyView is what `ledger backup` and `ledger restore` print.
type copyView struct {
	Entries     uint64 `json:"entries"`
	Attachments uint64 `json:"attachments"`
	Root        string `json:"root"`
	File        string `json:"file"`
}

func (v copyView) print(out io.Writer) {
	fmt.Fprintf(out, "%s\t%d entries, %d attachments, verified\nroot\t%s\n", v.File, v.Entries, v.Attachments, v.Root)
}

func (a *app) ledgerBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a verified copy of the database into a new file, also while the service runs",
		Long: `Write a verified copy of the database into a new file, also while the service runs. FILE.checkpoint, beside it, is a
checkpoint that the copy covers. The copy holds neither the configuration nor the ledger key.

FILE appears when all is written and verified. What a crash leaves in FILE.partial is removed by the next backup into FILE.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				v, err := d.Backup(c.Context(), args[0])
				if err != nil {
					return err
				}
				view := copyView{v.Entries, v.Attachments, v.Root.String(), args[0]}
				return a.print(view, view.print)
			})
		},
	}
}

func (a *app) ledgerRestoreCommand() *cobra.Command {
	var checkpoint, key, conf string
	c := &cobra.Command{
		Use:   "restore FILE [--checkpoint FILE] [--key FILE] [--config FILE]",
		Short: "Make a data directory from a backup, unless entries are known that the backup lacks",
		Long: `Make a data directory from a backup, or from what a replicator has restored. The directory (--dir) must hold no database. Its
ledger key, configuration and last checkpoint are used where they are there already, and otherwise given.

A backup that is older than the checkpoint lacks entries that were answered: it is refused, because going on would sign a second
history. Give the newest checkpoint that can be found: the lost directory's, the published one, or a receipt holder's.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			made, err := a.prepareRestore(key, conf)
			if err == nil {
				err = a.restore(c, args[0], checkpoint)
			}
			if _, none := os.Stat(filepath.Join(a.dir, "ledger.db")); err != nil && errors.Is(none, os.ErrNotExist) {
				for _, path := range made { // what was not there before
					err = errors.Join(err, os.Remove(path))
				}
			}
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&checkpoint, "checkpoint", "", "the newest checkpoint that is known")
	flags.StringVar(&key, "key", "", "the ledger's secret key, from its safe place, where the directory has none")
	flags.StringVar(&conf, "config", "", "the configuration, where the directory has none")
	return c
}

// prepareRestore puts key and configuration in their place and returns what it has made, in the
// order to remove it.
func (a *app) prepareRestore(key, conf string) (made []string, err error) {
	if _, err := os.Stat(a.dir); errors.Is(err, os.ErrNotExist) {
		if err := os.Mkdir(a.dir, 0o700); err != nil {
			return nil, err
		}
		made = []string{a.dir}
	}
	for _, f := range []struct {
		name, flag, from string
		mode             os.FileMode
		limit            int64
	}{{datadir.KeyFile, "key", key, 0o600, 1 << 12}, {datadir.ConfigFile, "config", conf, 0o644, 1 << 20}} {
		to := filepath.Join(a.dir, f.name)
		here, err := os.ReadFile(to)
		there := err == nil
		switch {
		case !there && !errors.Is(err, os.ErrNotExist):
			return made, err
		case there && f.from == "":
			continue
		case f.from == "":
			return made, fmt.Errorf("%s is missing: give the kept copy with --%s", to, f.flag)
		}
		data, err := a.readLimited(f.from, f.limit)
		switch {
		case err != nil:
			return made, err
		case there && bytes.Equal(here, data): // of a restore that was cut short
			continue
		case there:
			return made, fmt.Errorf("%s is there already and differs from %s: leave --%s away, or move it", to, f.from, f.flag)
		}
		if err := datadir.WriteNew(to, data, f.mode); err != nil {
			return made, err
		}
		made = append([]string{to}, made...)
	}
	return made, nil
}

func (a *app) restore(c *cobra.Command, backup, checkpoint string) error {
	if _, err := datadir.ReadConfig(a.dir); err != nil {
		return err
	}
	signer, err := datadir.ReadKey(filepath.Join(a.dir, datadir.KeyFile))
	if err != nil {
		return err
	}
	options, err := a.options()
	if err != nil {
		return err
	}
	var newest []byte
	if checkpoint != "" {
		if newest, err = a.readLimited(checkpoint, ledger.MaxCheckpointSize); err != nil {
			return err
		}
	}
	v, err := store.Restore(c.Context(), a.dir, backup, newest, store.Options{Signer: signer, Clock: options.Now()})
	if err != nil {
		return err
	}
	err = a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
		path := filepath.Join(a.dir, "terms.json")
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return datadir.WriteNew(path, d.Terms().Canonical(), 0o644)
	})
	if err != nil {
		return fmt.Errorf("%s was restored, but: %w", a.dir, err)
	}
	a.say("restored: compare the number of entries with what was published last, then start the service")
	view := copyView{v.Entries, v.Attachments, v.Root.String(), filepath.Join(a.dir, "ledger.db")}
	return a.print(view, view.print)
}

// ledgerRebuildCommand throws the projections away and says whether they were right.
func (a *app) ledgerRebuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Make the projections anew from the entries, and say whether they differed",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openAlone, func(d *datadir.Dir) error {
				_, before := d.Verify(c.Context())
				if before != nil && !errors.Is(before, store.ErrProjections) {
					return before
				}
				if err := d.Writer.Rebuild(c.Context()); err != nil {
					return err
				}
				v, err := d.Verify(c.Context())
				if err != nil {
					return err
				}
				return a.print(map[string]any{"entries": v.Entries, "differed": before != nil}, func(out io.Writer) {
					if before == nil {
						fmt.Fprintf(out, "%d entries: the projections were what they add up to, byte for byte\n", v.Entries)
						return
					}
					fmt.Fprintf(out, "%d entries: the projections are right again\nbefore\t%v\n", v.Entries, before)
				})
			})
		},
	}
}
