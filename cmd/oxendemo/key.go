package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxendemo/internal/devchain"
)

func keyCommand() *cobra.Command {
	var (
		index     int
		out, pass string
	)
	c := &cobra.Command{
		Use:   "key --account N --out FILE [--password-file FILE]",
		Short: "Write a funded throw-away account as an encrypted keystore file with its password file",
		Long: `Writes the key of account N of "oxendemo chain accounts" as an Ethereum keystore file (FILE) and the password beside it
(FILE.password, or --password-file), and prints the account's address. Files that exist are left alone and refused.`,
		RunE: func(c *cobra.Command, _ []string) error {
			accounts := devchain.Accounts()
			if index < 0 || index >= len(accounts) {
				return cli.Usage("--account %d: there are accounts 0 to %d", index, len(accounts)-1)
			}
			if pass == "" {
				pass = out + ".password"
			}
			a := accounts[index]
			password := hex.EncodeToString(crypto.Keccak256([]byte("oxendemo"), a.Address[:])[:8])
			id := [16]byte(crypto.Keccak256(a.Address[:])[:16])
			id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // the bits of a random UUID (RFC 9562, version 4)
			data, err := keystore.EncryptKey(&keystore.Key{Id: id, Address: a.Address, PrivateKey: a.Key}, password,
				keystore.LightScryptN, keystore.LightScryptP)
			if err != nil {
				return fmt.Errorf("encrypting account %d: %w", index, err)
			}
			if err := writeNew(out, data); err != nil {
				return err
			}
			if err := writeNew(pass, []byte(password+"\n")); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), a.Address.Hex())
			return nil
		},
	}
	c.Flags().IntVar(&index, "account", 0, "which account")
	c.Flags().StringVar(&out, "out", "", "keystore file to write")
	c.Flags().StringVar(&pass, "password-file", "", "password file to write (default: the keystore file's name and .password)")
	return cli.Require(c, "account", "out")
}

// writeNew writes a file that only its owner can read and that did not exist.
func writeNew(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; remove it or choose another name", file)
	}
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
