package signer

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

// Keystore signs with a key from an encrypted file (Web3 Secret Storage, as `geth account new`
// writes it).
type Keystore struct{ key *ecdsa.PrivateKey }

var _ Signer = (*Keystore)(nil)

// maxKeyFile bounds keystore and password files, in bytes.
const maxKeyFile = 16384

// OpenKeystore decrypts a keystore file with the first line of a password file, which nobody but
// its owner may be able to read. Decrypting takes about a second, by the file's own wish.
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
		return nil, fmt.Errorf("the password in %s does not open %s: write the right one on its first line",
			passwordFile, file)
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
