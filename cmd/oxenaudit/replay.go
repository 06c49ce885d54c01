package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"oxenswap/audit"
	"oxenswap/audit/page"
	"oxenswap/cmd/internal/cli"
	"oxenswap/swap/ledger"
)

func newReplay(stdout, stderr io.Writer) *cobra.Command {
	var o audit.Options
	var since, html, seen string
	var rpc []string
	var oxen oxenFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "replay EXPORT --key VKEY --migration ID",
		Short: "Recompute everything in an export: a folder, or an http(s) URL",
		Long: `Recompute everything in an export (a folder, or an http or https URL) from nothing: files, tree and signatures, each
claim, each snapshot from the daemons' raw answers, each proof of coins, each round byte for byte, each transaction and
payment, and with --rpc the chain. It names the first entry that is wrong and why.

The public export leaves out what proofs of coins show of their owners. Ask the operator for the full one, or accept with
--public that these proofs are not checked; the report says how many they are.

With --daemon it asks an oxend of your own for the block of every snapshot, for every transaction of a counted proof, and for
the transaction that made each stake: in the blocks from the service node's registration on, at most --search-blocks, unless
the log names it. --state keeps what was found, so that the next audit only verifies it, and an interrupted search goes on.
With --observed it compares the snapshots with those that "oxenaudit observe" took for you.

The ledger's key and the migration id must come from elsewhere than the export: without both of them it can only be found
to agree with itself, and the exit code is 1.`,
		Args: cli.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkAnchors(o); err != nil {
				return err
			}
			if since != "" {
				var err error
				if o.Since, err = readBounded(since, ledger.MaxCheckpointSize); err != nil {
					return fmt.Errorf("--since: %w", err)
				}
			}
			if c.Flags().Changed("rpc") {
				dial, err := dialer(rpc)
				if err != nil {
					return err
				}
				o.Chain = func(ctx context.Context, chainID uint64) (audit.Chain, error) { return dial(ctx, chainID) }
			}
			if err := oxen.open(&o.Oxen, stderr); err != nil {
				return err
			}
			if seen != "" {
				if _, err := os.Stat(seen); err != nil {
					return fmt.Errorf("--observed: %w", err)
				}
				o.Observed = os.DirFS(seen)
			}
			o.CodeHash = codeHash
			export, done, err := openExport(c.Context(), args[0])
			if err != nil {
				return err
			}
			defer done()
			if show := bars(stderr); show != nil {
				o.Progress = func(done, total uint64) { show("entries", done, total) }
			}
			return replay(c.Context(), export, o, asJSON, html, stdout)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Key, "key", "", "the ledger's verifier key, as its portal or `oxenswap init` printed it; any of them, if it had several")
	f.StringVar(&o.Migration, "migration", "", "the migration id: 16 hex digits, as every holder signed it")
	f.StringArrayVar(&o.Witnesses, "witness", nil, "verifier key of a witness that must have cosigned the checkpoint (repeatable)")
	f.StringVar(&since, "since", "", "file with an earlier checkpoint, which the log must still begin with")
	f.StringArrayVar(&rpc, "rpc", nil, "URL of an RPC of the token's chain, to compare it with the log (repeat for nodes that must agree)")
	f.IntVar((*int)(&o.Rules), "rules", 0, "accept a log that is under these older rules, such as 1 for logs that name none")
	oxen.flags(c)
	f.StringVar(&seen, "observed", "", "folder of observations that `oxenaudit observe` made, to compare the snapshots with")
	f.BoolVar(&o.Public, "public", false, "accept that proofs of coins are left out of the export, and say how many could not be checked")
	f.StringVar(&html, "html", "", "file to write the report to as one HTML page, for people who decide")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

var migrationID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// checkAnchors refuses options that no export could satisfy.
func checkAnchors(o audit.Options) error {
	if o.Key != "" {
		if _, err := ledger.NewVerifier(o.Key); err != nil {
			return cli.Usage("--key: %w", err)
		}
	}
	if o.Migration != "" && !migrationID.MatchString(o.Migration) {
		return cli.Usage("--migration: %q is no migration id: expected 16 lower-case hex digits", o.Migration)
	}
	for _, w := range o.Witnesses {
		if _, err := ledger.NewWitness(w); err != nil {
			return cli.Usage("--witness: %w", err)
		}
	}
	return nil
}

// bars shows progress on a terminal, one bar for each thing that is done after the other. It is nil
// elsewhere.
func bars(stderr io.Writer) func(what string, done, total uint64) {
	f, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var b *progressbar.ProgressBar
	var now string
	return func(what string, done, total uint64) {
		if b == nil || what != now {
			now = what
			b = progressbar.NewOptions64(int64(total), progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		}
		b.Set64(int64(done)) // a terminal that cannot be written to costs the picture only
	}
}

// replay prints the report; the answer is yes only if all holds and was anchored.
func replay(ctx context.Context, export fs.FS, o audit.Options, asJSON bool, html string, stdout io.Writer) error {
	report, err := audit.Replay(ctx, export, o)
	if err != nil {
		return err
	}
	if html != "" {
		if err := writePage(html, report); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	if asJSON {
		err = cli.WriteJSON(stdout, report)
	} else {
		err = report.WriteText(stdout)
	}
	return answered(err, report.OK())
}

// writePage writes the report as a page, which replaces an earlier one as a whole.
func writePage(path string, report *audit.Report) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".oxenaudit-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = page.Write(f, report, cli.Version("oxenaudit"), time.Now())
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
