package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// treeCommand works on claim trees alone: it needs no data directory.
func (a *app) treeCommand() *cobra.Command {
	var limit string
	sub := func(use, short string, args int, run func(c *cobra.Command, tree *merkle.Tree, args []string) error) *cobra.Command {
		var csv string
		c := &cobra.Command{
			Use: use, Short: short,
			Args: cli.ExactArgs(args),
			RunE: func(c *cobra.Command, args []string) error {
				tree, err := a.readTree(csv, limit)
				if err != nil {
					return err
				}
				return run(c, tree, args)
			},
		}
		c.Flags().StringVar(&csv, "csv", "", "file of lines address,amount (atomic units, cumulative); - for standard input")
		c.Flags().StringVar(&limit, "limit", "", "refuse a tree whose amounts add up to more (default: 2^256-1)")
		return cli.Require(c, "csv")
	}
	root := sub("root --csv FILE", "Print the root of a tree", 0,
		func(_ *cobra.Command, t *merkle.Tree, _ []string) error {
			return a.print(map[string]any{"root": t.Root(), "leaves": t.Len(), "total": t.Total().Dec()}, func(w io.Writer) { fmt.Fprintln(w, t.Root().Hex()) })
		})
	var account string
	proof := sub("proof --csv FILE --account 0x..", "Print the proof of one account", 0,
		func(_ *cobra.Command, t *merkle.Tree, _ []string) error {
			at, err := swap.ParseEIP55(account)
			if err != nil {
				return err
			}
			p, err := t.ProofOf(at)
			if err != nil {
				return err
			}
			return a.printRaw(p.Format())
		})
	proof.Flags().StringVar(&account, "account", "", "the account, checksummed")
	cli.Require(proof, "account")
	var accounts []string
	multi := sub("multiproof --csv FILE --account 0x.. --account 0x..", "Print one proof of several accounts", 0,
		func(_ *cobra.Command, t *merkle.Tree, _ []string) error {
			var at []int
			for _, text := range accounts {
				address, err := swap.ParseEIP55(text)
				if err != nil {
					return err
				}
				i, ok := t.Index(address)
				if !ok {
					return fmt.Errorf("%s has no leaf in the tree", address.Hex())
				}
				at = append(at, i)
			}
			p, err := t.MultiProof(at)
			if err != nil {
				return err
			}
			return a.printRaw(p.Format())
		})
	multi.Flags().StringArrayVar(&accounts, "account", nil, "an account, checksummed (repeat for more)")
	cli.Require(multi, "account")
	dump := sub("dump --csv FILE", "Print the tree in the form of npm's @openzeppelin/merkle-tree", 0,
		func(_ *cobra.Command, t *merkle.Tree, _ []string) error {
			var buf bytes.Buffer
			if err := t.Dump(&buf); err != nil {
				return err
			}
			return a.printRaw(buf.Bytes())
		})
	return cli.Group("tree", "Claim trees from lists of recipients", root, proof, multi, dump, a.treeCheckCommand())
}

func (a *app) treeCheckCommand() *cobra.Command {
	var root string
	c := &cobra.Command{
		Use:   "check PROOF.json",
		Short: "Check a proof or multiproof file; exits 1 when it does not hold",
		Args:  cli.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := a.readLimited(args[0], 64<<20)
			if err != nil {
				return err
			}
			p, err := merkle.ParseProof(data)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			err = p.Check()
			if root != "" && err == nil {
				if want, got := common.HexToHash(root), proofRoot(p); want != got {
					err = fmt.Errorf("the proof is of root %s, not of %s", got.Hex(), want.Hex())
				}
			}
			verdict := map[string]any{"good": err == nil, "root": proofRoot(p)}
			if err != nil {
				verdict["reason"] = err.Error()
			}
			return a.printVerdict(verdict, err == nil, func(w io.Writer) {
				if err == nil {
					fmt.Fprintf(w, "good: proves its leaves under root %s\n", proofRoot(p).Hex())
				} else {
					fmt.Fprintf(w, "bad: %v\n", err)
				}
			})
		},
	}
	c.Flags().StringVar(&root, "root", "", "the root that the proof must be of, such as the live one on chain")
	return c
}

func proofRoot(p merkle.Checker) common.Hash {
	switch p := p.(type) {
	case *merkle.Proof:
		return p.Root
	case *merkle.MultiProof:
		return p.Root
	}
	return common.Hash{}
}

func (a *app) readTree(path, limit string) (*merkle.Tree, error) {
	most := merkle.MaxTotal()
	if limit != "" {
		var err error
		if most, err = uint256.FromDecimal(limit); err != nil {
			return nil, cli.Usage("--limit %q is not a decimal number: %v", limit, err)
		}
	}
	in, err := a.openInput(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	t, err := merkle.BuildCSV(in, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// printRaw writes data that is JSON already, ending in one newline.
func (a *app) printRaw(data []byte) error {
	_, err := a.stdout.Write(append(bytes.TrimRight(data, "\n"), '\n'))
	return err
}
