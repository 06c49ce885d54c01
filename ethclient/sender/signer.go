package sender

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Signer holds the key of one account. SignTx may take its time, because a person or another process is asked; what it
// returns is compared with what was asked, so it need not be trusted with anything but the key.
type Signer interface {
	Address() common.Address
	SignTx(ctx context.Context, tx *types.Transaction, chainID *big.Int) (*types.Transaction, error)
}

// Keystore signs with a key from an encrypted file (Web3 Secret Storage, as `geth account new` writes it).
type Keystore struct{ key *ecdsa.PrivateKey }

var _ Signer = (*Keystore)(nil)

// maxKeyFile bounds keystore and password files, in bytes.
const maxKeyFile = 16384

// OpenKeystore decrypts a keystore file with the first line of a password file, which nobody but its owner may be able to
// read. Decrypting takes about a second, by the file's own wish.
func OpenKeystore(file, passwordFile string) (*Keystore, error) {
	password, err := readPassword(passwordFile)
	if err != nil {
		return nil, err
	}
	encrypted, err := readBounded(file)
	if err != nil {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	key, err := keystore.DecryptKey(encrypted, password)
	switch {
	case errors.Is(err, keystore.ErrDecrypt):
		return nil, fmt.Errorf("the password in %s does not open %s: write the right one on its first line", passwordFile, file)
	case err != nil:
		return nil, fmt.Errorf("%s is not an encrypted keystore file as `geth account new` writes it: %w", file, err)
	}
	return &Keystore{key.PrivateKey}, nil
}

func readPassword(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("password file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s is open to others (mode %04o): run `chmod 600 %s`", file, mode, file)
	}
	data, err := readBounded(file)
	if err != nil {
		return "", fmt.Errorf("password file: %w", err)
	}
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	if len(bytes.TrimSpace(rest)) > 0 {
		return "", fmt.Errorf("%s has more than one line: the password is its first line alone", file)
	}
	return string(bytes.TrimSuffix(line, []byte("\r"))), nil
}

func readBounded(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = fmt.Errorf("%s is larger than %d bytes", file, maxKeyFile)
	}
	return data, err
}

// Address implements Signer.
func (k *Keystore) Address() common.Address { return crypto.PubkeyToAddress(k.key.PublicKey) }

// SignTx implements Signer.
func (k *Keystore) SignTx(_ context.Context, tx *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	return types.SignTx(tx, types.LatestSignerForChainID(chainID), k.key)
}

// signTx has a transaction signed and refuses an answer that is not exactly what was asked.
func signTx(ctx context.Context, s Signer, asked *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	got, err := s.SignTx(ctx, asked, chainID)
	if err != nil {
		return nil, fmt.Errorf("signing as %s: %w", s.Address(), err)
	}
	if err := checkSigned(asked, got, s.Address(), chainID); err != nil {
		return nil, fmt.Errorf("the signer of %s returned something else than it was asked for: %w; nothing was sent, examine the signer", s.Address(), err)
	}
	return got, nil
}

func checkSigned(asked, got *types.Transaction, from common.Address, chainID *big.Int) error {
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
