package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/fail"
)

// initCommand makes a data directory. Everything is made beside it and put in place by one rename, so a directory is
// either whole or not there.
func (a *app) initCommand() *cobra.Command {
	var termsFile string
	var operators, daemons []string
	chain := chainFlags{}
	c := &cobra.Command{
		Use:   "init --terms FILE --operator VKEY...",
		Short: "Make the data directory of a migration: configuration, ledger key, ledger",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			terms, err := a.readTerms(termsFile)
			if err != nil {
				return err
			}
			if err := a.checkClock(&world{migration: swap.Migration{Terms: terms}}); err != nil {
				return err
			}
			list, err := parseDaemons(daemons)
			if err != nil {
				return err
			}
			text, err := newConfig(terms, operators, list, chain)
			if err != nil {
				return err
			}
			return a.initialise(c, terms, text)
		},
	}
	flags := c.Flags()
	flags.StringVar(&termsFile, "terms", "", "the migration's terms, TOML or canonical JSON")
	flags.StringArrayVar(&operators, "operator", nil, "verifier key of an operator (repeat for more)")
	flags.StringArrayVar(&daemons, "daemon", nil, "an Oxen daemon as NAME=URL (repeat for more)")
	flags.StringArrayVar(&chain.rpc, "rpc", nil, "JSON-RPC URL of the token's chain")
	flags.StringVar(&chain.owner, "owner", "", "the distributor's owner: an address, or a keystore file, with its password in FILE.password")
	flags.StringVar(&chain.publisher, "publisher", "", "the distributor's publisher, likewise")
	flags.StringVar(&chain.guardian, "guardian", "", "the distributor's guardian, likewise")
	return cli.Require(c, "terms", "operator")
}

func parseDaemons(args []string) ([]daemonConfig, error) {
	var out []daemonConfig
	for _, arg := range args {
		name, url, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, cli.Usage("--daemon %q: expected NAME=URL, such as a=http://127.0.0.1:22023", arg)
		}
		if err := checkURL(url); err != nil {
			return nil, cli.Usage("--daemon %s: %v", name, err)
		}
		out = append(out, daemonConfig{name, url})
	}
	return out, nil
}

func (a *app) initialise(c *cobra.Command, terms *swap.Terms, text []byte) error {
	parsed, err := parseConfig(text)
	if err != nil {
		return err
	}
	inForce, err := parsed.inForce(terms)
	if err != nil {
		return err
	}
	if err := refuseFull(a.dir); err != nil {
		return err
	}
	dir := filepath.Clean(a.dir)
	draft := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".oxenswap-init")
	release, err := takeDraft(draft)
	if err != nil {
		return err
	}
	defer release()
	vkey, err := newKey(filepath.Join(draft, keyFile), terms.Origin())
	if err != nil {
		return err
	}
	signer, err := readKey(filepath.Join(draft, keyFile))
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	if err := writeNew(filepath.Join(draft, configFile), text, 0o644); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(draft, "terms.json"), terms.Canonical(), 0o644); err != nil {
		return err
	}
	s, err := store.Create(c.Context(), draft, store.Options{Signer: signer, Clock: now}, []swap.Record{
		{Event: &swap.MigrationOpened{
			Migration: terms.ID(), Terms: swap.Digest(terms.Canonical()), Software: version, LedgerKey: vkey, Operators: parsed.Operators,
		}, Attachments: [][]byte{terms.Canonical()}},
		{Event: &swap.ConfigSet{Config: inForce, By: whoami()}},
	})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := fail.Do("init rename", func() error { return os.Rename(draft, dir) }); err != nil {
		return err
	}
	if err := fail.Do("init directory", func() error { return syncDir(filepath.Dir(dir)) }); err != nil {
		return err
	}
	a.say("made %s: read %s, then keep a copy of %s in a safe place", dir, filepath.Join(dir, configFile), filepath.Join(dir, keyFile))
	return a.print(map[string]string{"migration": terms.ID(), "ledger_key": vkey, "dir": dir}, func(w io.Writer) {
		fmt.Fprintf(w, "migration\t%s\nledger key\t%s\n", terms.ID(), vkey)
	})
}

// takeDraft makes a folder, or empties what a crash left of it, and keeps every other process out until release.
func takeDraft(draft string) (release func() error, err error) {
	if err := os.MkdirAll(draft, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Open(draft)
	if err != nil {
		return nil, err
	}
	taken := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	opened, err := f.Stat()
	now, gone := os.Stat(draft)
	switch {
	case taken != nil || gone != nil || err == nil && !os.SameFile(opened, now):
		err = errors.New("another process is making this data directory, or has just made it: let that one end first")
	case err == nil:
		var names []os.DirEntry
		names, err = os.ReadDir(draft)
		for _, n := range names {
			err = errors.Join(err, os.RemoveAll(filepath.Join(draft, n.Name())))
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

// refuseFull refuses a directory that holds anything.
func refuseFull(dir string) error {
	names, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(names) > 0:
		return fmt.Errorf("%s holds %s already: name a directory that is empty or does not exist", dir, names[0].Name())
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// operatorCommand has what an operator does alone, away from the data directory.
func (a *app) operatorCommand() *cobra.Command {
	var out string
	keygen := &cobra.Command{
		Use:   "keygen NAME --out FILE",
		Short: "Make an operator's key: the secret half into FILE, the verifier key to stdout",
		Args:  cli.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			vkey, err := newKey(out, args[0])
			if err != nil {
				return fmt.Errorf("making the key of operator %s: %w", args[0], err)
			}
			a.say("wrote the secret key to %s: it approves payments, keep it away from the data directory", out)
			return a.print(map[string]string{"operator": args[0], "verifier_key": vkey}, func(w io.Writer) { fmt.Fprintln(w, vkey) })
		},
	}
	keygen.Flags().StringVar(&out, "out", "", "file for the secret key; it must not exist")
	return cli.Group("operator", "Operators' keys", cli.Require(keygen, "out"))
}

// formatTime is how times are shown.
func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
