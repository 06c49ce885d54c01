package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
)

// app is what the commands share.
type app struct {
	dir            string
	json           bool
	clock          string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// options say how to open the data directory.
func (a *app) options() (datadir.Options, error) {
	o := datadir.Options{Path: a.dir, Warn: a.say}
	if a.clock != "" {
		at, err := time.Parse(time.RFC3339, a.clock)
		if err != nil {
			return o, cli.Usage("--clock %q is not a time such as 2026-11-22T12:00:00Z", a.clock)
		}
		o.Clock = at
	}
	return o, nil
}

// opener opens the data directory.
type opener func(context.Context) (*datadir.Dir, error)

// open opens it for writing, through a running service if there is one.
func (a *app) open(ctx context.Context) (*datadir.Dir, error) {
	return a.opened(ctx, datadir.Options.Open)
}

// openAlone opens it for writing as its only writer.
func (a *app) openAlone(ctx context.Context) (*datadir.Dir, error) {
	return a.opened(ctx, datadir.Options.OpenAlone)
}

// openReading opens it for reading, also while a writer runs.
func (a *app) openReading(ctx context.Context) (*datadir.Dir, error) {
	return a.opened(ctx, datadir.Options.OpenReading)
}

func (a *app) opened(
	ctx context.Context, open func(datadir.Options, context.Context) (*datadir.Dir, error),
) (*datadir.Dir, error) {
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	d, err := open(o, ctx)
	return d, asUsage(err)
}

// with runs a function on the data directory and closes it.
func (a *app) with(ctx context.Context, open opener, f func(*datadir.Dir) error) error {
	d, err := open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(d), d.Close())
}

// print writes data: as JSON with --json, otherwise with text.
func (a *app) print(data any, text func(w io.Writer)) error {
	if a.json {
		return cli.WriteJSON(a.stdout, data)
	}
	tw := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	text(tw)
	return tw.Flush()
}

// printVerdict is print for an answer that is yes or no: cli.ErrNo if it is no.
func (a *app) printVerdict(data any, good bool, text func(w io.Writer)) error {
	if err := a.print(data, text); err != nil {
		return err
	}
	if !good {
		return cli.ErrNo
	}
	return nil
}

// listCommand is a command without arguments that prints what read finds in the ledger.
func listCommand[V any](
	a *app, use, short string, read func(t swap.Tables) ([]V, error), text func(w io.Writer, d *datadir.Dir, list []V),
) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), a.openReading, func(d *datadir.Dir) error {
				var list []V
				if err := d.View(c.Context(), func(t swap.Tables, _ uint64) (err error) {
					list, err = read(t)
					return err
				}); err != nil {
					return err
				}
				return a.print(list, func(w io.Writer) { text(w, d, list) })
			})
		},
	}
}

// views maps a list to what commands print; never nil, so that JSON has an array.
func views[T, V any](list []T, err error, view func(T) V) ([]V, error) {
	out := make([]V, len(list))
	for i := range list {
		out[i] = view(list[i])
	}
	return out, err
}

// say writes words for a person.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// openInput opens a file, or standard input for "-".
func (a *app) openInput(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(a.stdin), nil
	}
	return os.Open(path)
}

// readLimited reads a file, or standard input for "-", of at most limit bytes.
func (a *app) readLimited(path string, limit int64) ([]byte, error) {
	in, err := a.openInput(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
