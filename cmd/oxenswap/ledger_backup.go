package main

import (
	"errors"
	"fmt"
	"io"
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

FILE appears when all is written and verified. The next backup into FILE removes what a crash has left in FILE.partial.`,
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
		Short: "Make a data directory from a backup that lacks no known entry",
		Long: `Make a data directory from a backup, or from what a replicator has restored. The directory (--dir) must hold no database. The
command uses the ledger key, configuration and last checkpoint that the directory has, and otherwise those given.

A backup that is older than the checkpoint lacks entries that the service has confirmed. The command refuses it, because to go
on would sign a second history. Give the newest checkpoint that you can find: the lost directory's, the published one, or that
of someone who holds a receipt.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b := datadir.Backup{Database: args[0]}
			options, err := a.options()
			if err != nil {
				return err
			}
			if b.Key, err = a.keptCopy(key, 1<<12); err != nil {
				return err
			}
			if b.Config, err = a.keptCopy(conf, 1<<20); err != nil {
				return err
			}
			if checkpoint != "" {
				if b.Checkpoint, err = a.readLimited(checkpoint, ledger.MaxCheckpointSize); err != nil {
					return err
				}
			}
			made, err := options.Restore(c.Context(), b)
			if err != nil {
				return restoreHint(err)
			}
			a.say("restored: compare the number of entries with what was published last, then start the service")
			view := copyView{made.Entries, made.Attachments, made.Root.String(), made.File}
			return a.print(view, view.print)
		},
	}
	flags := c.Flags()
	flags.StringVar(&checkpoint, "checkpoint", "", "the newest checkpoint that is known")
	flags.StringVar(&key, "key", "", "the ledger's secret key, from its safe place, where the directory has none")
	flags.StringVar(&conf, "config", "", "the configuration, where the directory has none")
	return c
}

// keptCopy reads a copy of one of the data directory's files; nil where none is given.
func (a *app) keptCopy(path string, limit int64) (*datadir.Copy, error) {
	if path == "" {
		return nil, nil
	}
	data, err := a.readLimited(path, limit)
	return &datadir.Copy{From: path, Data: data}, err
}

// restoreHint adds the flag that helps with a file of the data directory.
func restoreHint(err error) error {
	flag := func(path string) string {
		if filepath.Base(path) == datadir.KeyFile {
			return "--key"
		}
		return "--config"
	}
	var missing *datadir.MissingCopyError
	var differs *datadir.CopyDiffersError
	switch {
	case errors.As(err, &missing):
		return fmt.Errorf("%w: give the kept copy with %s", err, flag(missing.Path))
	case errors.As(err, &differs):
		return fmt.Errorf("%w: leave %s out, or move it", err, flag(differs.Path))
	}
	return err
}

func (a *app) ledgerRebuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Rebuild the projections from the entries, and say whether they differed",
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
