package signer_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"

	"oxenswap/ethclient/sender/signer"
)

func TestKeystore(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("stored")))
	must(t, err)
	address := crypto.PubkeyToAddress(key.PublicKey)
	encrypted, err := keystore.EncryptKey(&keystore.Key{Address: address, PrivateKey: key}, "correct horse", 2, 1)
	must(t, err)
	file := write("key.json", string(encrypted), 0o644)
	for name, text := range map[string]string{"plain": "correct horse", "line": "correct horse\n", "crlf": "correct horse\r\n", "blank": "correct horse\n\n"} {
		got, err := signer.OpenKeystore(file, write(name, text, 0o600))
		if err != nil || got.Address() != address {
			t.Errorf("keystore with password file %s: got %v, %v, want the key of %s", name, got, err, address)
		}
	}
	for _, c := range []struct {
		name, file, password string
		words                []string
	}{
		{"wrong password", file, write("wrong", "battery staple\n", 0o600), []string{"does not open", "wrong", "first line"}},
		{"readable by the group", file, write("group", "correct horse\n", 0o640), []string{"open to others", "0640", "chmod 600"}},
		{"readable by all", file, write("all", "correct horse\n", 0o604), []string{"open to others", "chmod 600"}},
		{"two lines", file, write("two", "correct horse\nstaple\n", 0o600), []string{"more than one line"}},
		{"no password file", file, filepath.Join(dir, "none"), []string{"password file", "no such file"}},
		{"no keystore", filepath.Join(dir, "none"), filepath.Join(dir, "plain"), []string{"keystore", "no such file"}},
		{"not a keystore", write("text.json", "{}", 0o600), filepath.Join(dir, "plain"), []string{"not an encrypted keystore file"}},
		{"far too long", write("long.json", string(make([]byte, 20000)), 0o600), filepath.Join(dir, "plain"), []string{"larger than"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := signer.OpenKeystore(c.file, c.password)
			says(t, err, c.words...)
			for _, secret := range []string{"correct horse", "battery staple", hex.EncodeToString(crypto.FromECDSA(key))} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q gives away %q", err, secret)
				}
			}
		})
	}
}
