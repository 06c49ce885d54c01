package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxendemo/internal/devchain"
)

func chainCommand() *cobra.Command {
	var listen, start string
	var depth uint64
	var every time.Duration
	c := &cobra.Command{
		Use:   "chain [--listen HOST:PORT] [--time T] [--block-time D] [--depth N]",
		Short: "Run a development chain with a real RPC port",
		Long: fmt.Sprintf(`Runs an Ethereum node without peers, chain id %d, by the rules of Prague, blocks of 32 million gas. The first ten
accounts of the well-known development mnemonic are funded ("oxendemo chain accounts"). Nothing is kept when it stops.

A block comes with each transaction, and --depth empty ones after it, so that what was sent is final at once; with
--block-time D blocks come every D instead. Each block is at least a second later than the one before on the chain's
clock, which starts at --time (or now) and can be moved with "oxendemo chain advance" or evm_increaseTime and evm_mine.

Prints the URL on which it listens and runs until SIGTERM.`, devchain.ChainID),
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config := devchain.Config{Listen: listen, Depth: depth, BlockEvery: every}
			if every < 0 {
				return cli.Usage("--block-time is negative")
			}
			if start != "" {
				t, err := time.Parse(time.RFC3339, start)
				if err != nil || t.Unix() < 0 {
					return cli.Usage("--time %q: expected a time such as 2026-11-22T00:00:00Z", start)
				}
				config.Start = t
			}
			chain, err := devchain.Start(config)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), chain.URL())
			<-c.Context().Done()
			return chain.Close()
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	c.Flags().StringVar(&start, "time", "", "time of the first block, such as 2026-11-22T00:00:00Z (default: now)")
	c.Flags().DurationVar(&every, "block-time", 0, "make a block every so often, such as 250ms, instead of with each transaction")
	c.Flags().Uint64Var(&depth, "depth", 2, "how many blocks below the head are not final yet")
	c.AddCommand(accountsCommand(), advanceCommand())
	return c
}

func accountsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "accounts [--json]",
		Short: "List the funded accounts and their keys, which everybody knows",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			type account struct {
				Index   int    `json:"index"`
				Address string `json:"address"`
				Key     string `json:"key"`
			}
			var list []account
			for i, a := range devchain.Accounts() {
				list = append(list, account{i, a.Address.Hex(), hexutil.Encode(crypto.FromECDSA(a.Key))})
			}
			if asJSON {
				out := json.NewEncoder(c.OutOrStdout())
				out.SetIndent("", "  ")
				return out.Encode(list)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "INDEX\tADDRESS\tKEY")
			for _, a := range list {
				fmt.Fprintf(w, "%d\t%s\t%s\n", a.Index, a.Address, a.Key)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

func advanceCommand() *cobra.Command {
	var url string
	var seconds, blocks uint64
	c := &cobra.Command{
		Use:   "advance --rpc URL [--seconds N] [--blocks N]",
		Short: "Move a development chain's clock forward and make blocks",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := rpc.DialContext(c.Context(), url)
			if err != nil {
				return err
			}
			defer client.Close()
			var total uint64
			if err := client.CallContext(c.Context(), &total, "evm_increaseTime", seconds); err != nil {
				return fmt.Errorf("moving the clock of %s: %w (is it an `oxendemo chain`?)", url, err)
			}
			var ignored string
			if err := client.CallContext(c.Context(), &ignored, "evm_mine", blocks); err != nil {
				return fmt.Errorf("making blocks at %s: %w", url, err)
			}
			var head struct {
				Number    hexutil.Uint64 `json:"number"`
				Timestamp hexutil.Uint64 `json:"timestamp"`
			}
			if err := client.CallContext(c.Context(), &head, "eth_getBlockByNumber", "latest", false); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "block %d at %s\n", head.Number, time.Unix(int64(head.Timestamp), 0).UTC().Format(time.RFC3339))
			return nil
		},
	}
	c.Flags().StringVar(&url, "rpc", "", "the chain's RPC")
	c.Flags().Uint64Var(&seconds, "seconds", 0, "how far to move the clock")
	c.Flags().Uint64Var(&blocks, "blocks", 3, "how many blocks to make then; the default makes the move final with --depth 2")
	return cli.Require(c, "rpc")
}
