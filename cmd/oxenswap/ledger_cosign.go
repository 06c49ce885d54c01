package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
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

func (w *world) headOf(signed []byte) (*headView, error) {
	witnesses, err := w.config.witnesses()
	if err != nil {
		return nil, err
	}
	cp, cosignatures, err := w.Keys().OpenCheckpoint(signed, witnesses...)
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
func (w *world) head() (*headView, error) {
	signed, err := w.Checkpoint()
	if err != nil {
		return nil, err
	}
	head, err := w.headOf(signed)
	if err != nil {
		return nil, err
	}
	cosigned, err := w.Cosigned()
	if err != nil || cosigned == nil || string(cosigned) == head.Note {
		return head, err
	}
	head.Cosigned, err = w.headOf(cosigned)
	return head, err
}

func (v *headView) print(out io.Writer) {
	fmt.Fprint(out, v.Note)
	for _, c := range v.Cosignatures {
		fmt.Fprintf(out, "\ncosigned by %s at %s\n", c.Witness, formatTime(c.Time))
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
			return a.with(c.Context(), a.read, func(w *world) error {
				head, err := w.head()
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
		Short: "Keep what a witness has sent for the present checkpoint: its signature lines, or the checkpoint with them",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			sent, err := a.readLimited(file, ledger.MaxCheckpointSize)
			if err != nil {
				return err
			}
			return a.with(c.Context(), a.read, func(w *world) error {
				witnesses, err := w.config.witnesses()
				if err != nil {
					return err
				}
				if len(witnesses) == 0 {
					return fmt.Errorf("%s names no witnesses: add the keys of those whom auditors are to trust to witnesses = [...]", configFile)
				}
				signed, added, err := w.AddCosignatures(sent, witnesses...)
				if err != nil {
					return err
				}
				head, err := w.headOf(signed)
				if err != nil {
					return err
				}
				for _, c := range added {
					a.say("%s has cosigned %d entries at %s", c.Name, head.Size, formatTime(c.Time))
				}
				return a.print(head, head.print)
			})
		},
	}
	c.Flags().StringVar(&file, "add", "", "file that the witness has sent, - for standard input")
	return cli.Require(c, "add")
}

// witnesses reads the keys of the configured witnesses.
func (c *config) witnesses() ([]*ledger.Witness, error) {
	var out []*ledger.Witness
	names := map[string]bool{}
	for _, vkey := range c.Witnesses {
		w, err := ledger.NewWitness(vkey)
		if err != nil {
			return nil, fmt.Errorf("witnesses: %w", err)
		}
		if names[w.Name()] {
			return nil, fmt.Errorf("witnesses: two keys have the name %s", w.Name())
		}
		names[w.Name()] = true
		out = append(out, w)
	}
	return out, nil
}

// errNotCosigned is what `ledger export --cosigned` says before the first cosignature.
var errNotCosigned = errors.New("no checkpoint has been cosigned: send `oxenswap ledger head` to a witness and add what comes back with `oxenswap ledger cosign --add FILE`")
