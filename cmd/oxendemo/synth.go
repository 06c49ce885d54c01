package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

func synthCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "synth snapshot|claims|messages",
		Short: "Make up large networks, claims and signatures, the same ones for the same seed",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usage("%s needs a subcommand (see `%s --help`)", c.CommandPath(), c.CommandPath())
			}
			return cli.Usage("%s has no subcommand %q (see `%s --help`)", c.CommandPath(), args[0], c.CommandPath())
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(synthSnapshotCommand(), synthClaimsCommand(), synthMessagesCommand())
	return c
}

// synthOutput is what every synth command has.
type synthOutput struct {
	seed    uint64
	network string
	out     string
}

func (o *synthOutput) flags(c *cobra.Command) {
	c.Flags().Uint64Var(&o.seed, "seed", 1, "the same seed gives the same wallets and the same output")
	c.Flags().StringVar(&o.network, "network", "fakechain", "Oxen network of the wallets")
	c.Flags().StringVar(&o.out, "out", "-", "file to write; - is stdout")
}

// open gives the network and where to write.
func (o *synthOutput) open(c *cobra.Command) (cryptonote.Network, io.WriteCloser, error) {
	network, err := cryptonote.ParseNetwork(o.network)
	if err != nil {
		return 0, nil, cli.Usage("%w", err)
	}
	if o.out == "-" {
		return network, nopCloser{c.OutOrStdout()}, nil
	}
	f, err := os.Create(o.out)
	return network, f, err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// synthWallet is wallet i of a seed; the wallets of all commands with one seed are the same.
func synthWallet(network cryptonote.Network, seed uint64, i int) (*cryptonote.Wallet, error) {
	return cryptonote.NewWallet(network, random("wallet", seed, i))
}

// random gives endless bytes that depend on the arguments only.
func random(purpose string, seed uint64, i int) io.Reader {
	var in []byte
	in = binary.BigEndian.AppendUint64(in, seed)
	in = binary.BigEndian.AppendUint64(in, uint64(i))
	return rand.NewChaCha8(sha256.Sum256(append(in, "oxendemo "+purpose...)))
}

func synthSnapshotCommand() *cobra.Command {
	var o synthOutput
	var s oxentest.Synth
	c := &cobra.Command{
		Use:   "snapshot [--nodes N] [--contributions N] [--wallets N] [--rewards N] [--height H] [--seed N] [--network NAME] [--out FILE]",
		Short: "Make up a network's service nodes, stakes and rewards as a recording for `oxendemo daemon`",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			network, out, err := o.open(c)
			if err != nil {
				return err
			}
			defer func() { err = closing(out, err) }()
			s.Seed, s.Network = o.seed, o.network
			if !c.Flags().Changed("wallets") {
				s.Wallets = max(s.Contributions/2, 1)
			}
			if !c.Flags().Changed("rewards") {
				s.Rewards = s.Wallets
			}
			addresses, err := inOrder(s.Wallets, func(i int) (string, error) {
				w, err := synthWallet(network, o.seed, i)
				if err != nil {
					return "", err
				}
				return w.Address().String(), nil
			})
			if err != nil {
				return err
			}
			s.Address = func(i int) string { return addresses[i] }
			world, err := s.World()
			if err != nil {
				return cli.Usage("%w", err)
			}
			data, err := world.Encode()
			if err != nil {
				return err
			}
			_, err = out.Write(append(data, '\n'))
			return err
		},
	}
	o.flags(c)
	c.Flags().IntVar(&s.Nodes, "nodes", 2_000, "service nodes")
	c.Flags().IntVar(&s.Contributions, "contributions", 20_000, "locked contributions")
	c.Flags().IntVar(&s.Wallets, "wallets", 0, "wallets (default: half as many as contributions)")
	c.Flags().IntVar(&s.Rewards, "rewards", 0, "wallets with accrued rewards (default: all)")
	c.Flags().Uint64Var(&s.Height, "height", 1_000_000, "height of the top block")
	return c
}

func synthClaimsCommand() *cobra.Command {
	var o synthOutput
	var count int
	var sequence uint32
	var migration, until string
	c := &cobra.Command{
		Use:   "claims --migration ID [--count N] [--sequence N] [--until DAY] [--seed N] [--network NAME] [--out FILE]",
		Short: "Sign claims with made-up wallets, as lines for `oxenswap claim import`",
		Long: `Writes lines {"oxen":"..","text":"..","signature":".."}: one claim each of the first N wallets of the seed, which are also
those of "oxendemo synth snapshot" with that seed. Each claims for a recipient of its own.`,
		RunE: func(c *cobra.Command, _ []string) error {
			day, err := time.Parse(time.DateOnly, until)
			if err != nil {
				return cli.Usage("--until %q: expected a day such as 2026-12-31", until)
			}
			type line struct {
				Oxen      string `json:"oxen"`
				Text      string `json:"text"`
				Signature string `json:"signature"`
			}
			return o.lines(c, count, func(network cryptonote.Network, i int) (any, error) {
				text := swap.ClaimText{Migration: migration, Sequence: sequence, Until: day}
				if _, err := io.ReadFull(random("recipient", o.seed, i), text.Recipient[:]); err != nil {
					return nil, err
				}
				if _, err := swap.ParseClaimText(text.String()); err != nil {
					return nil, cli.Usage("%w", err)
				}
				address, signature, err := o.sign(network, i, text.String())
				return line{address, text.String(), signature}, err
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&migration, "migration", "", "migration id (`oxenswap terms id`)")
	c.Flags().IntVar(&count, "count", 1_000, "how many claims")
	c.Flags().Uint32Var(&sequence, "sequence", 1, "sequence number of the claims")
	c.Flags().StringVar(&until, "until", "2027-12-31", "last day of their validity")
	return cli.Require(c, "migration")
}

func synthMessagesCommand() *cobra.Command {
	var o synthOutput
	var count int
	c := &cobra.Command{
		Use:   "messages [--count N] [--seed N] [--network NAME] [--out FILE]",
		Short: "Sign messages with made-up wallets, as lines for `oxenswap verify signature --jsonl`",
		Args:  cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			type line struct {
				Address   string `json:"address"`
				Message   string `json:"message"`
				Signature string `json:"signature"`
			}
			return o.lines(c, count, func(network cryptonote.Network, i int) (any, error) {
				text := fmt.Sprintf("message %d of seed %d", i, o.seed)
				address, signature, err := o.sign(network, i, text)
				return line{address, text, signature}, err
			})
		},
	}
	o.flags(c)
	c.Flags().IntVar(&count, "count", 1_000, "how many messages")
	return c
}

// sign signs a text with wallet i.
func (o *synthOutput) sign(network cryptonote.Network, i int, text string) (address, signature string, err error) {
	w, err := synthWallet(network, o.seed, i)
	if err != nil {
		return "", "", err
	}
	s, err := w.Sign(0, 0, []byte(text), random("signature", o.seed, i))
	return w.Address().String(), s.String(), err
}

// lines writes count JSON lines.
func (o *synthOutput) lines(c *cobra.Command, count int, line func(network cryptonote.Network, i int) (any, error)) (err error) {
	if count < 1 {
		return cli.Usage("--count %d: at least one is needed", count)
	}
	network, out, err := o.open(c)
	if err != nil {
		return err
	}
	defer func() { err = closing(out, err) }()
	made, err := inOrder(count, func(i int) ([]byte, error) {
		l, err := line(network, i)
		if err != nil {
			return nil, err
		}
		return json.Marshal(l)
	})
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for _, l := range made {
		w.Write(l)
		w.WriteByte('\n')
	}
	return w.Flush()
}

// closing closes a file and keeps the first error.
func closing(c io.Closer, err error) error {
	if closeErr := c.Close(); err == nil {
		return closeErr
	}
	return err
}

// inOrder makes n things on all cores and returns them in their order.
func inOrder[T any](n int, thing func(i int) (T, error)) ([]T, error) {
	out := make([]T, n)
	errs := make([]error, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for worker := range errs {
		group.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += len(errs) {
				out[i], errs[worker] = thing(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
