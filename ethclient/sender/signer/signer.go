// Package signer holds the keys of accounts, or knows who does, and compares what a signer returns
// with what it was asked for. Nothing else of the program touches a key.
package signer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Signer holds the key of one account. SignTx may take its time, because a person or another
// process is asked; what it returns is compared with what was asked, so it need not be trusted with
// anything but the key.
type Signer interface {
	Address() common.Address
	SignTx(ctx context.Context, tx *types.Transaction, chainID *big.Int) (*types.Transaction, error)
}

// Sign has a transaction signed and refuses an answer that is not exactly what was asked.
func Sign(ctx context.Context, s Signer, asked *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	got, err := s.SignTx(ctx, asked, chainID)
	if err != nil {
		return nil, fmt.Errorf("signing as %s: %w", s.Address(), err)
	}
	if err := check(asked, got, s.Address(), chainID); err != nil {
		return nil, fmt.Errorf("the signer of %s returned something else than it was asked for: %w; nothing was sent, "+
			"examine the signer", s.Address(), err)
	}
	return got, nil
}

func check(asked, got *types.Transaction, from common.Address, chainID *big.Int) error {
	if got == nil {
		return errors.New("no transaction")
	}
	sameTo := (asked.To() == nil) == (got.To() == nil) && (asked.To() == nil || *asked.To() == *got.To())
	for _, field := range []struct {
		name string
		same bool
	}{
		{"type", asked.Type() == got.Type()},
		{"chain id", got.ChainId().Cmp(chainID) == 0},
		{"nonce", asked.Nonce() == got.Nonce()},
		{"recipient", sameTo},
		{"value", asked.Value().Cmp(got.Value()) == 0},
		{"data", bytes.Equal(asked.Data(), got.Data())},
		{"gas limit", asked.Gas() == got.Gas()},
		{"fee cap", asked.GasFeeCap().Cmp(got.GasFeeCap()) == 0},
		{"tip", asked.GasTipCap().Cmp(got.GasTipCap()) == 0},
	} {
		if !field.same {
			return fmt.Errorf("the %s differs", field.name)
		}
	}
	signer := types.LatestSignerForChainID(chainID)
	if signer.Hash(asked) != signer.Hash(got) {
		return errors.New("what was signed differs")
	}
	sender, err := types.Sender(signer, got)
	if err != nil {
		return fmt.Errorf("its signature is not valid: %w", err)
	}
	if sender != from {
		return fmt.Errorf("it is signed by %s", sender)
	}
	return nil
}
