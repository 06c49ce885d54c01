package sender_test

import (
	"context"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/sender"
)

func TestKeystore(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	k := newKey("stored")
	encrypted, err := keystore.EncryptKey(&keystore.Key{Address: k.Address(), PrivateKey: k.PrivateKey}, "correct horse", 2, 1)
	must(t, err)
	file := write("key.json", string(encrypted), 0o644)
	for name, text := range map[string]string{"plain": "correct horse", "line": "correct horse\n", "crlf": "correct horse\r\n", "blank": "correct horse\n\n"} {
		got, err := sender.OpenKeystore(file, write(name, text, 0o600))
		if err != nil || got.Address() != k.Address() {
			t.Errorf("%s: %v", name, err)
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
			_, err := sender.OpenKeystore(c.file, c.password)
			want(t, err, c.words...)
		})
	}
}

// liar signs something else than it is asked for.
type liar struct {
	key
	spoil func(*types.DynamicFeeTx)
	as    key
}

func (l liar) SignTx(ctx context.Context, tx *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	body := &types.DynamicFeeTx{
		ChainID: chainID, Nonce: tx.Nonce(), To: tx.To(), Value: tx.Value(), Data: tx.Data(), Gas: tx.Gas(),
		GasFeeCap: tx.GasFeeCap(), GasTipCap: tx.GasTipCap(),
	}
	l.spoil(body)
	return l.as.SignTx(ctx, types.NewTx(body), body.ChainID)
}

func TestSignerThatLies(t *testing.T) {
	w := newWorld(t)
	w.deploy()
	w.approve(5000)
	for name, spoil := range map[string]func(*types.DynamicFeeTx){
		"recipient": func(b *types.DynamicFeeTx) { b.To = &common.Address{1} },
		"value":     func(b *types.DynamicFeeTx) { b.Value = big.NewInt(1) },
		"data":      func(b *types.DynamicFeeTx) { b.Data = append(b.Data[:len(b.Data):len(b.Data)], 0) },
		"nonce":     func(b *types.DynamicFeeTx) { b.Nonce++ },
		"chain id":  func(b *types.DynamicFeeTx) { b.ChainID = big.NewInt(1) },
		"gas limit": func(b *types.DynamicFeeTx) { b.Gas++ },
		"fee cap":   func(b *types.DynamicFeeTx) { b.GasFeeCap = new(big.Int).Add(b.GasFeeCap, big.NewInt(1)) },
		"tip":       func(b *types.DynamicFeeTx) { b.GasTipCap = new(big.Int) },
		"what was signed": func(b *types.DynamicFeeTx) {
			b.AccessList = types.AccessList{{Address: common.Address{1}}}
		},
		"signed by": nil,
	} {
		t.Run(name, func(t *testing.T) {
			l := liar{key: w.owner, spoil: spoil, as: w.owner}
			if spoil == nil {
				l.spoil, l.as = func(*types.DynamicFeeTx) {}, w.stranger
			}
			w.refused(func(ctx context.Context, s *sender.Sender) error {
				_, err := s.Fund(ctx, l, 1, 0)
				return err
			}, nil, "returned something else", name, "nothing was sent")
		})
	}
}
