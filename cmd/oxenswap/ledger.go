package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/internal/secret"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/cmd/oxenswap/internal/publish"
	"oxenswap/store"
	"oxenswap/swap"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (a *app) ledgerCommand() *cobra.Command {
	return cli.Group("ledger", "The append-only log",
		a.ledgerHeadCommand(), a.ledgerCosignCommand(), a.ledgerTailCommand(), a.ledgerShowCommand(), a.ledgerExportCommand(),
		a.ledgerVerifyCommand(), a.ledgerRebuildCommand(), a.ledgerBackupCommand(), a.ledgerRestoreCommand(),
		a.ledgerCorrectCommand(), a.ledgerKeygenCommand(), a.ledgerRotateCommand())
}

// entryView is an entry as `ledger tail` and `ledger show` print it.
type entryView struct {
	Seq  uint64          `json:"seq"`
	Time time.Time       `json:"time"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

func (a *app) ledgerTailCommand() *cobra.Command {
	var n uint64
	c := &cobra.Command{
		Use:   "tail",
		Short: "Print the last entries",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				size, err := d.Size(c.Context())
				if err != nil {
					return err
				}
				list := []entryView{}
				if err := d.Entries(c.Context(), size-min(n, size), size, func(e store.Stored) error {
					list = append(list, entryView(e.Entry))
					return nil
				}); err != nil {
					return err
				}
				return a.print(list, func(out io.Writer) {
					for _, e := range list {
						fmt.Fprintf(out, "%d\t%s\t%s\t%s\n", e.Seq, datadir.FormatTime(e.Time), e.Kind, cut(string(e.Body), 120))
					}
				})
			})
		},
	}
	c.Flags().Uint64VarP(&n, "lines", "n", 10, "how many")
	return c
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}

func (a *app) ledgerShowCommand() *cobra.Command {
	var attachment string
	c := &cobra.Command{
		Use:   "show ENTRY | --attachment SHA256",
		Short: "Print one entry's exact bytes, or an attachment's",
		Args: func(c *cobra.Command, args []string) error {
			if (attachment == "") != (len(args) == 1) || len(args) > 1 {
				return cli.Usage("expected the number of one entry, or --attachment and a digest")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				if attachment != "" {
					digest, err := swap.ParseHash(attachment)
					if err != nil {
						return cli.Usage("--attachment: %v", err)
					}
					data, err := d.Attachment(digest)
					if err != nil {
						return err
					}
					_, err = a.stdout.Write(data)
					return err
				}
				seq, err := strconv.ParseUint(args[0], 10, 53)
				if err != nil {
					return cli.Usage("%q is not the number of an entry", args[0])
				}
				e, err := d.Entry(c.Context(), seq)
				if err != nil {
					return err
				}
				return a.printRaw(e.Bytes)
			})
		},
	}
	c.Flags().StringVar(&attachment, "attachment", "", "digest of an attachment")
	return c
}

func (a *app) ledgerExportCommand() *cobra.Command {
	var full, public, cosigned bool
	c := &cobra.Command{
		Use:   "export DIR [--public | --full] [--cosigned]",
		Short: "Write the log as static files that anyone can check: checkpoint, tiles, entries, attachments, manifest",
		Args:  cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if full && public {
				return cli.Usage("--public and --full exclude each other")
			}
			key, err := datadir.ReadKey(filepath.Join(a.dir, datadir.KeyFile))
			if err != nil {
				return err
			}
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				signed, err := d.Checkpoint()
				if cosigned {
					signed, err = d.Cosigned()
					if err == nil && signed == nil {
						err = errNotCosigned
					}
				}
				if err != nil {
					return err
				}
				e := publish.Exporter{Dir: d, Signer: key, Full: full}
				stats, err := e.Export(c.Context(), args[0], signed)
				if err != nil {
					return err
				}
				if err := e.Shards(c.Context(), args[0]); err != nil {
					return err
				}
				return a.print(stats, func(out io.Writer) { printExport(out, stats, args[0]) })
			})
		},
	}
	c.Flags().BoolVar(&public, "public", false, "leave out what the ledger withholds from the public (the default)")
	c.Flags().BoolVar(&cosigned, "cosigned", false, "as of the last checkpoint that witnesses have cosigned")
	c.Flags().BoolVar(&full, "full", false, "everything, for auditors")
	return c
}

func (a *app) ledgerVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check the whole database: every entry, hash, attachment and projection",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				v, err := d.Verify(c.Context())
				if err != nil {
					return err
				}
				return a.print(v, func(out io.Writer) {
					fmt.Fprintf(out, "%d entries: bytes, tree, checkpoint, attachments and projections agree\n", v.Entries)
				})
			})
		},
	}
}

func (a *app) ledgerCorrectCommand() *cobra.Command {
	var text, evidence string
	c := &cobra.Command{
		Use:   "correct ENTRY --note TEXT [--evidence FILE]",
		Short: "Write a person's note about an entry; it also ends the alarm that the entry raised",
		Args:  cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			seq, err := strconv.ParseUint(args[0], 10, 53)
			if err != nil {
				return cli.Usage("%q is not the number of an entry", args[0])
			}
			record := swap.Record{}
			event := &swap.Correction{Entry: seq, Note: text, By: datadir.Person()}
			if evidence != "" {
				data, err := a.readLimited(evidence, 64<<20)
				if err != nil {
					return err
				}
				if err := secret.Check(evidence, string(data)); err != nil { // it becomes public
					return err
				}
				digest := swap.Digest(data)
				event.Evidence, record.Attachments = &digest, [][]byte{data}
			}
			record.Event = event
			return a.with(c.Context(), a.open, func(d *datadir.Dir) error {
				entries, err := d.Update(c.Context(), func(swap.Tables, time.Time) ([]swap.Record, error) {
					return []swap.Record{record}, nil
				})
				if err != nil {
					return err
				}
				return a.print(entryView(entries[0]), func(out io.Writer) {
					fmt.Fprintf(out, "noted as entry %d\n", entries[0].Seq)
				})
			})
		},
	}
	c.Flags().StringVar(&text, "note", "", "what happened and what was found")
	c.Flags().StringVar(&evidence, "evidence", "", "file to keep with the note")
	return cli.Require(c, "note")
}

func printExport(w io.Writer, s publish.Stats, dir string) {
	fmt.Fprintf(w, "%d entries in %d files under %s, %d of them new\n", s.Size, s.Files, dir, s.Written)
	if s.Withheld > 0 {
		fmt.Fprintf(w, "%d attachments withheld from the public\n", s.Withheld)
	}
}
