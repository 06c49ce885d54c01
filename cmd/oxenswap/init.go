package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/swap"
)

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
			list, err := parseDaemons(daemons)
			if err != nil {
				return err
			}
			roles, err := chain.config()
			if err != nil {
				return err
			}
			text, err := datadir.NewConfig(terms, operators, list, roles)
			if err != nil {
				return err
			}
			options, err := a.options()
			if err != nil {
				return err
			}
			made, err := options.Create(c.Context(), terms, text, cli.Version("oxenswap"))
			if err != nil {
				return err
			}
			a.say("made %s: read %s, then keep a copy of %s in a safe place",
				made.Path, filepath.Join(made.Path, datadir.ConfigFile), filepath.Join(made.Path, datadir.KeyFile))
			return a.print(map[string]string{"migration": terms.ID(), "ledger_key": made.LedgerKey, "dir": made.Path},
				func(w io.Writer) {
					fmt.Fprintf(w, "migration\t%s\nledger key\t%s\n", terms.ID(), made.LedgerKey)
				})
		},
	}
	flags := c.Flags()
	flags.StringVar(&termsFile, "terms", "", "the migration's terms, TOML or canonical JSON")
	flags.StringArrayVar(&operators, "operator", nil, "verifier key of an operator (repeat for more)")
	flags.StringArrayVar(&daemons, "daemon", nil, "an Oxen daemon as NAME=URL (repeat for more)")
	flags.StringArrayVar(&chain.rpc, "rpc", nil, "JSON-RPC URL of the token's chain")
	flags.StringVar(&chain.owner, "owner", "",
		"the distributor's owner: an address, or a keystore file, with its password in FILE.password")
	flags.StringVar(&chain.publisher, "publisher", "", "the distributor's publisher, likewise")
	flags.StringVar(&chain.guardian, "guardian", "", "the distributor's guardian, likewise")
	return cli.Require(c, "terms", "operator")
}

// chainFlags are the flags about the chain; each role is an address or a keystore file.
type chainFlags struct {
	rpc                        []string
	owner, publisher, guardian string
}

func (f chainFlags) config() (datadir.ChainConfig, error) {
	c := datadir.ChainConfig{RPC: f.rpc}
	if err := datadir.DistinctNodes(f.rpc); err != nil {
		return c, cli.Usage("--rpc: %v", err)
	}
	for _, role := range []struct {
		flag, value string
		to          *datadir.KeyConfig
	}{{"owner", f.owner, &c.Owner}, {"publisher", f.publisher, &c.Publisher}, {"guardian", f.guardian, &c.Guardian}} {
		if role.value == "" {
			continue
		}
		if a, err := swap.ParseEIP55(role.value); err == nil {
			role.to.Address = a.Hex()
			continue
		}
		text, err := os.ReadFile(role.value)
		if err != nil {
			return c, cli.Usage("--%s %q is neither a checksummed address nor a keystore file: %v", role.flag, role.value, err)
		}
		var key struct {
			Address string `json:"address"`
		}
		if err := json.Unmarshal(text, &key); err != nil || !common.IsHexAddress(key.Address) {
			return c, cli.Usage("--%s: %s is not a keystore file", role.flag, role.value)
		}
		path, err := filepath.Abs(role.value)
		if err != nil {
			return c, err
		}
		role.to.Address = common.HexToAddress(key.Address).Hex()
		role.to.Keystore = path
		role.to.PasswordFile = path + ".password"
	}
	return c, nil
}

func parseDaemons(args []string) ([]datadir.DaemonConfig, error) {
	var out []datadir.DaemonConfig
	for _, arg := range args {
		name, url, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, cli.Usage("--daemon %q: expected NAME=URL, such as a=http://127.0.0.1:22023", arg)
		}
		if err := datadir.CheckURL(url); err != nil {
			return nil, cli.Usage("--daemon %s: %v", name, err)
		}
		out = append(out, datadir.DaemonConfig{Name: name, URL: url})
	}
	if err := datadir.DistinctDaemons(out); err != nil {
		return nil, cli.Usage("--daemon: %v", err)
	}
	return out, nil
}

// operatorCommand has what an operator does alone, away from the data directory.
func (a *app) operatorCommand() *cobra.Command {
	var out string
	keygen := &cobra.Command{
		Use:   "keygen NAME --out FILE",
		Short: "Make an operator's key: the secret half into FILE, the verifier key to stdout",
		Args:  cli.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			vkey, err := datadir.NewKey(out, args[0])
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
