package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxendemo/internal/devchain"
	"oxenswap/ethclient/contracts"
)

func tokenCommand() *cobra.Command {
	var url, supplyText string
	c := &cobra.Command{
		Use:   "token --rpc URL [--supply N]",
		Short: "Deploy the test token to a development chain",
		Long: `Deploys a token with SESH's symbol and nine decimals from account 0, whose first transaction this must be: its address is
then 0x5FbDB2315678afecb367f032d93F642f64180aa3 on every fresh development chain. Account 0 gets the whole supply. Prints
the address. A chain that has the token already is left alone.`,
		RunE: func(c *cobra.Command, _ []string) error {
			supply, ok := new(big.Int).SetString(supplyText, 10)
			if !ok || supply.Sign() <= 0 || supply.BitLen() > 256 {
				return cli.Usage("--supply %q: expected a number of atomic units from 1 to 2^256-1", supplyText)
			}
			ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
			defer cancel()
			client, err := ethclient.DialContext(ctx, url)
			if err != nil {
				return err
			}
			defer client.Close()
			address, err := deployToken(ctx, client, supply)
			if err != nil {
				return fmt.Errorf("deploying the test token to %s: %w", url, err)
			}
			fmt.Fprintln(c.OutOrStdout(), address.Hex())
			return nil
		},
	}
	c.Flags().StringVar(&url, "rpc", "", "the chain's RPC")
	c.Flags().StringVar(&supplyText, "supply", "240000000000000000", "whole supply in atomic units (10^9 are one token)")
	return cli.Require(c, "rpc")
}

func deployToken(ctx context.Context, client *ethclient.Client, supply *big.Int) (common.Address, error) {
	from := devchain.Accounts()[0]
	address := crypto.CreateAddress(from.Address, 0)
	id, err := client.ChainID(ctx)
	if err != nil {
		return address, err
	}
	if id.Cmp(big.NewInt(devchain.ChainID)) != 0 && id.Cmp(big.NewInt(31337)) != 0 {
		return address, fmt.Errorf("chain id %d is no development chain (1337 or 31337): run `oxendemo chain`", id)
	}
	code, err := client.CodeAt(ctx, address, nil)
	if err != nil || len(code) > 0 {
		return address, err
	}
	nonce, err := client.PendingNonceAt(ctx, from.Address)
	if err != nil {
		return address, err
	}
	if nonce != 0 {
		return address, fmt.Errorf("account 0 has already sent %d transactions, "+
			"so the token would get another address: start a fresh chain", nonce)
	}
	token := contracts.TestToken()
	arguments, err := token.ABI.Pack("", supply)
	if err != nil {
		return address, err
	}
	data := append(append([]byte(nil), token.Bytecode...), arguments...)
	gas, err := client.EstimateGas(ctx, ethereum.CallMsg{From: from.Address, Data: data})
	if err != nil {
		return address, err
	}
	head, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		return address, err
	}
	tip := big.NewInt(1e9)
	tx, err := types.SignNewTx(from.Key, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Gas: gas, Data: data, GasTipCap: tip,
		GasFeeCap: new(big.Int).Add(tip, new(big.Int).Mul(big.NewInt(2), head.BaseFee)),
	})
	if err != nil {
		return address, err
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		return address, err
	}
	return address, mined(ctx, client, tx.Hash())
}

// mined waits for a transaction's receipt.
func mined(ctx context.Context, client *ethclient.Client, hash common.Hash) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		receipt, err := client.TransactionReceipt(ctx, hash)
		switch {
		case err == nil && receipt.Status == types.ReceiptStatusSuccessful:
			return nil
		case err == nil:
			return fmt.Errorf("transaction %s failed", hash)
		case !errors.Is(err, ethereum.NotFound) && ctx.Err() != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("transaction %s: %w", hash, ctx.Err())
		case <-ticker.C:
		}
	}
}
