package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap/ledger"
)

// headView is what `ledger head` and `ledger cosign` print.
type headView struct {
	Origin       string            `json:"origin"`
	Size         int64             `json:"size"` // entries
	Root         string            `json:"root"`
	Cosignatures []cosignatureView `json:"cosignatures"`
	Note         string            `json:"note"`
	// Cosigned is the last checkpoint with cosignatures, when that is an earlier one.
	Cosigned *headView `json:"cosigned,omitempty"`
}

type cosignatureView struct {
	Witness string    `json:"witness"`
	Time    time.Time `json:"time"`
}

func headOf(d *datadir.Dir, signed []byte) (*headView, error) {
	witnesses, err := d.Config.WitnessKeys()
	if err != nil {
		return nil, err
	}
	cp, cosignatures, err := d.Keys().OpenCheckpoint(signed, witnesses...)
	if err != nil {
		return nil, err
	}
	v := &headView{Origin: cp.Origin, Size: cp.N, Root: cp.Hash.String(), Cosignatures: []cosignatureView{}, Note: string(signed)}
	for _, c := range cosignatures {
		v.Cosignatures = append(v.Cosignatures, cosignatureView{c.Name, c.Time})
	}
	return v, nil
}

// head is the last checkpoint and, when it has no cosignatures yet, the last one that has.
func head(d *datadir.Dir) (*headView, error) {
	signed, err := d.Checkpoint()
	if err != nil {
		return nil, err
	}
	head, err := headOf(d, signed)
	if err != nil {
		return nil, err
	}
	cosigned, err := d.Cosigned()
	if err != nil || cosigned == nil || string(cosigned) == head.Note {
		return head, err
	}
	head.Cosigned, err = headOf(d, cosigned)
	return head, err
}

func (v *headView) print(out io.Writer) {
	fmt.Fprint(out, v.Note)
	for _, c := range v.Cosignatures {
		fmt.Fprintf(out, "\ncosigned by %s at %s\n", c.Witness, datadir.FormatTime(c.Time))
	}
	if v.Cosigned != nil {
		fmt.Fprintf(out, "\nThe last cosigned checkpoint is of %d entries:\n\n", v.Cosigned.Size)
		v.Cosigned.print(out)
	}
}

func (a *app) ledgerHeadCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "head",
		Short: "Print the signed checkpoint, with the cosignatures of witnesses",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				head, err := head(d)
				if err != nil {
					return err
				}
				return a.print(head, head.print)
			})
		},
	}
}

func (a *app) ledgerCosignCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "cosign --add FILE",
		Short: "Add a witness's cosignature of the present checkpoint: its signature lines, or the checkpoint with them",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			sent, err := a.readLimited(file, ledger.MaxCheckpointSize)
			if err != nil {
				return err
			}
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				witnesses, err := d.Config.WitnessKeys()
				if err != nil {
					return err
				}
				if len(witnesses) == 0 {
					return fmt.Errorf("%s names no witnesses: add the keys of witnesses that auditors should trust to witnesses = [...]",
						datadir.ConfigFile)
				}
				signed, added, err := d.AddCosignatures(sent, witnesses...)
				if err != nil {
					return err
				}
				head, err := headOf(d, signed)
				if err != nil {
					return err
				}
				for _, c := range added {
					a.say("%s has cosigned %d entries at %s", c.Name, head.Size, datadir.FormatTime(c.Time))
				}
				return a.print(head, head.print)
			})
		},
	}
	c.Flags().StringVar(&file, "add", "", "file that the witness has sent, - for standard input")
	return cli.Require(c, "add")
}

// errNotCosigned is what `ledger export --cosigned` says before the first cosignature.
var errNotCosigned = errors.New("no checkpoint has been cosigned: send `oxenswap ledger head` to a witness " +
	"and add the answer with `oxenswap ledger cosign --add FILE`")
