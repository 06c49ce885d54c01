package sender_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/sender"
)

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
