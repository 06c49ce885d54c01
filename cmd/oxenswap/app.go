package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
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

// openReading opens it for reading, beside a running writer if there is one.
func (a *app) openReading(ctx context.Context) (*datadir.Dir, error) {
	return a.opened(ctx, datadir.Options.OpenReading)
}

func (a *app) opened(ctx context.Context, open func(datadir.Options, context.Context) (*datadir.Dir, error)) (*datadir.Dir, error) {
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

// say writes words for a person.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// readLimited reads a file, or standard input for "-", of at most limit bytes.
func (a *app) readLimited(path string, limit int64) ([]byte, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
