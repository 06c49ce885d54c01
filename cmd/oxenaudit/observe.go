package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"oxenswap/audit/observed"
	"oxenswap/cmd/internal/cli"
	"oxenswap/swap"
)

// maxTerms bounds a file of terms, in bytes.
const maxTerms = 1 << 20

func newObserve(stdout io.Writer) *cobra.Command {
	var urls []string
	var terms string
	var interval time.Duration
	var once bool
	w := &observer{out: stdout}
	c := &cobra.Command{
		Use:   "observe --daemon URL --terms FILE DIR",
		Short: "Take the snapshots that the terms name for yourself, to compare the ledger's with them later",
		Long: `Asks an oxend of your own, again and again, for its top block, and keeps in DIR what it answers at each height at which the
terms let a snapshot be taken: stakes, accrued rewards and blacklisted key images, read as the service reads them. An
observation whose block becomes final is marked so, one whose block is replaced is put aside.

"oxenaudit replay --observed DIR" then compares the ledger's snapshots with them, and contradicts a height that the ledger
says was missed. Nobody can ask a daemon for a past height, so it has to run when the heights pass. It ends when the last
height is final. With --once it looks once, for cron, and also takes a top block that a programme reads without naming it.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if interval < minInterval {
				return cli.Usage("--interval: at least %v", minInterval)
			}
			if len(urls) != 1 {
				return cli.Usage("--daemon: expected one URL; observe with another daemon into another folder")
			}
			clients, err := daemons(urls)
			if err != nil {
				return err
			}
			data, err := readBounded(terms, maxTerms)
			if err != nil {
				return fmt.Errorf("--terms: %w", err)
			}
			if w.terms, err = parseTerms(data); err != nil {
				return fmt.Errorf("--terms: %w", err)
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			w.daemon, w.dir = clients[0], args[0]
			if w.once = once; once {
				_, err := w.look(c.Context())
				return err
			}
			return w.run(c.Context(), interval, c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringArrayVar(&urls, "daemon", nil, "URL of an oxend of your own")
	f.StringVar(&terms, "terms", "", "file with the published terms")
	f.DurationVar(&interval, "interval", 20*time.Second, "time between two looks; a block comes every two minutes")
	f.BoolVar(&once, "once", false, "look once and end")
	return cli.Require(c, "daemon", "terms")
}

// parseTerms reads terms as they are published: the TOML document that people read, or its canonical
// JSON.
func parseTerms(data []byte) (*swap.Terms, error) {
	if bytes.HasPrefix(data, []byte("{")) {
		return swap.ParseTerms(data)
	}
	var tree map[string]any
	if _, err := toml.Decode(string(data), &tree); err != nil {
		return nil, err
	}
	return swap.TermsFromTree(tree)
}

// observer takes snapshots for an auditor.
type observer struct {
	terms  *swap.Terms
	daemon swap.Daemon
	dir    string
	once   bool // somebody asked for the top block as it is
	out    io.Writer
}

// run looks until all heights have passed and are final. A look that fails is reported and repeated.
func (w *observer) run(ctx context.Context, interval time.Duration, words io.Writer) error {
	for {
		done, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			fmt.Fprintln(words, "oxenaudit:", err)
		case done:
			return nil
		}
		timer := time.NewTimer(interval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// look observes the top block if a snapshot may be taken of it, and looks after earlier observations.
// done says that nothing is left to do.
func (w *observer) look(ctx context.Context) (done bool, err error) {
	status, err := w.daemon.BlockAt(ctx, 0)
	if err != nil {
		return false, err
	}
	if status.Genesis != w.terms.Oxen.Genesis || status.Network != w.terms.Oxen.Network {
		return false, fmt.Errorf("daemon %s is on %s with the genesis block %s: the terms name %s, %s",
			w.daemon.Name(), status.Network, status.Genesis, w.terms.Oxen.Network, w.terms.Oxen.Genesis)
	}
	list, err := observed.List(os.DirFS(w.dir))
	if err != nil {
		return false, err
	}
	settled, err := w.settle(ctx, list)
	if err != nil {
		return false, err
	}
	if !w.due(status.Top) {
		return settled && w.passed(status.Top), nil
	}
	if slices.ContainsFunc(list, func(a observed.About) bool { return a.Height == status.Top }) {
		return false, nil
	}
	o, err := w.daemon.Observe(ctx)
	if err != nil {
		return false, err
	}
	if !w.due(o.Content.Height) {
		return false, nil // a block came, and the window is over
	}
	about, err := observed.Write(w.dir, o, time.Now())
	if errors.Is(err, os.ErrExist) {
		return false, nil // of a block that was replaced meanwhile, which the next look puts aside
	}
	if err != nil {
		return false, err
	}
	_, err = fmt.Fprintf(w.out, "height %d: block %s, content %s\n", about.Height, about.BlockHash, about.Content)
	return false, err
}

// settle asks what became of the blocks of observations, and reports whether all are final.
func (w *observer) settle(ctx context.Context, list []observed.About) (settled bool, err error) {
	settled = true
	for _, a := range list {
		if a.Final {
			continue
		}
		status, err := w.daemon.BlockAt(ctx, a.Height)
		if err != nil {
			return false, err
		}
		record, err := swap.DecideSnapshot(w.terms, 1, swap.Snapshot{Height: a.Height, BlockHash: a.BlockHash}, []swap.BlockAnswer{{Daemon: w.daemon.Name(), Block: &status}})
		if errors.Is(err, swap.ErrNotYet) {
			settled = false
			continue
		}
		if err != nil {
			return false, err
		}
		word := "final"
		if _, ok := record.Event.(*swap.SnapshotFinalized); ok {
			err = observed.Finalize(w.dir, a)
		} else {
			word, err = "put aside: its block was replaced", observed.Orphan(w.dir, a)
		}
		if err != nil {
			return false, err
		}
		if _, err := fmt.Fprintf(w.out, "height %d: %s\n", a.Height, word); err != nil {
			return false, err
		}
	}
	return settled, nil
}

// due reports whether a snapshot may be taken of a height.
func (w *observer) due(height uint64) bool {
	return w.once && w.terms.Reads(height) || slices.ContainsFunc(w.terms.Heights(), func(h uint64) bool { return h <= height && height <= w.terms.Window(h) })
}

// passed reports whether no height that is due lies above the top block.
func (w *observer) passed(top uint64) bool {
	return !slices.ContainsFunc(w.terms.Heights(), func(h uint64) bool { return top < w.terms.Window(h) })
}
