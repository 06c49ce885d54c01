package signer_test

import (
	"context"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"oxenswap/ethclient/sender/signer"
)

var chainID = big.NewInt(42161)

var soon = signer.Limits{Connect: time.Minute, Answer: time.Minute}

// asked is a transaction as the sender asks for it.
func asked(spoil func(*types.DynamicFeeTx)) *types.Transaction {
	body := &types.DynamicFeeTx{
		ChainID: chainID, Nonce: 7, To: &common.Address{0xaa}, Value: new(big.Int), Data: []byte{1, 2, 3}, Gas: 90_000,
		GasFeeCap: big.NewInt(2_000_000_000), GasTipCap: big.NewInt(1_000_000_000),
	}
	if spoil != nil {
		spoil(body)
	}
	return types.NewTx(body)
}

func TestExternal(t *testing.T) {
	s := newStub(t, "outside")
	httpURL, socket := s.serve(t)
	for name, endpoint := range map[string]string{"http": httpURL, "socket": socket} {
		for kind, tx := range map[string]*types.Transaction{
			"call":     asked(nil),
			"creation": asked(func(b *types.DynamicFeeTx) { b.To = nil }),
			"value":    asked(func(b *types.DynamicFeeTx) { b.Value = big.NewInt(5); b.Data = nil }),
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				e, err := signer.OpenExternal(t.Context(), endpoint, s.address(), soon)
				must(t, err)
				got, err := signer.Sign(t.Context(), e, tx, chainID)
				must(t, err)
				from, err := types.Sender(types.LatestSignerForChainID(chainID), got)
				if err != nil || from != s.address() || types.LatestSignerForChainID(chainID).Hash(got) != types.LatestSignerForChainID(chainID).Hash(tx) {
					t.Errorf("signed by %s: %v", from, err)
				}
			})
		}
	}
	if len(s.asked) != 6 {
		t.Errorf("asked %d times", len(s.asked))
	}
}

// TestExternalThatLies has each field changed before it is signed, and refuses what comes back.
func TestExternalThatLies(t *testing.T) {
	dynamic := func(spoil func(*types.DynamicFeeTx)) func(*types.Transaction, *big.Int) *types.Transaction {
		return func(*types.Transaction, *big.Int) *types.Transaction { return asked(spoil) }
	}
	honest := newStub(t, "outside").key
	for name, c := range map[string]struct {
		turns func(*types.Transaction, *big.Int) *types.Transaction
		says  string
	}{
		"recipient":    {dynamic(func(b *types.DynamicFeeTx) { b.To = &common.Address{1} }), "the recipient differs"},
		"no recipient": {dynamic(func(b *types.DynamicFeeTx) { b.To = nil }), "the recipient differs"},
		"value":        {dynamic(func(b *types.DynamicFeeTx) { b.Value = big.NewInt(1) }), "the value differs"},
		"data":         {dynamic(func(b *types.DynamicFeeTx) { b.Data = []byte{1, 2, 4} }), "the data differs"},
		"no data":      {dynamic(func(b *types.DynamicFeeTx) { b.Data = nil }), "the data differs"},
		"nonce":        {dynamic(func(b *types.DynamicFeeTx) { b.Nonce++ }), "the nonce differs"},
		"chain id":     {dynamic(func(b *types.DynamicFeeTx) { b.ChainID = big.NewInt(1) }), "the chain id differs"},
		"gas limit":    {dynamic(func(b *types.DynamicFeeTx) { b.Gas-- }), "the gas limit differs"},
		"fee cap":      {dynamic(func(b *types.DynamicFeeTx) { b.GasFeeCap = big.NewInt(3_000_000_000) }), "the fee cap differs"},
		"tip":          {dynamic(func(b *types.DynamicFeeTx) { b.GasTipCap = big.NewInt(1) }), "the tip differs"},
		"access list": {dynamic(func(b *types.DynamicFeeTx) {
			b.AccessList = types.AccessList{{Address: common.Address{9}, StorageKeys: []common.Hash{}}}
		}), "what was signed differs"},
		"type": {func(tx *types.Transaction, id *big.Int) *types.Transaction {
			return types.NewTx(&types.AccessListTx{
				ChainID: id, Nonce: tx.Nonce(), To: tx.To(), Value: tx.Value(), Data: tx.Data(), Gas: tx.Gas(), GasPrice: tx.GasFeeCap(),
			})
		}, "the type differs"},
		"sender": {func(tx *types.Transaction, id *big.Int) *types.Transaction {
			other, _ := types.SignTx(tx, types.LatestSignerForChainID(id), newStub(t, "another").key)
			return other
		}, "it is signed by 0x"},
		"signature of something else": {func(tx *types.Transaction, id *big.Int) *types.Transaction {
			rules := types.LatestSignerForChainID(id)
			other, _ := types.SignTx(asked(func(b *types.DynamicFeeTx) { b.Nonce = 99 }), rules, honest)
			v, r, s := other.RawSignatureValues()
			sig := append(append(common.LeftPadBytes(r.Bytes(), 32), common.LeftPadBytes(s.Bytes(), 32)...), byte(v.Uint64()))
			lie, _ := tx.WithSignature(rules, sig)
			return lie
		}, "it is signed by 0x"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, "outside")
			s.turns = c.turns
			httpURL, _ := s.serve(t)
			e, err := signer.OpenExternal(t.Context(), httpURL, s.address(), soon)
			must(t, err)
			got, err := signer.Sign(t.Context(), e, asked(nil), chainID)
			if got != nil {
				t.Error("it returned a transaction")
			}
			says(t, err, "returned something else", c.says, "nothing was sent")
		})
	}
}

func TestExternalThatDoesNotSign(t *testing.T) {
	for name, c := range map[string]struct {
		set   func(*stub)
		words []string
	}{
		"denied": {func(s *stub) { s.denies = errDenied }, []string{"did not sign", "request denied", "approve it there"}},
		"blank":  {func(s *stub) { s.blank = true }, []string{"returned something else", "no transaction"}},
		"silent": {func(s *stub) { s.denies, s.hangs = errDenied, make(chan struct{}) }, []string{"did not sign", "no answer within 50ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, "outside")
			c.set(s)
			_, socket := s.serve(t)
			limits := soon
			if s.hangs != nil {
				limits.Answer = 50 * time.Millisecond
			}
			e, err := signer.OpenExternal(t.Context(), socket, s.address(), limits)
			must(t, err)
			_, err = signer.Sign(t.Context(), e, asked(nil), chainID)
			says(t, err, c.words...)
		})
	}
}

// TestExternalGivenUp ends waiting when the command is interrupted.
func TestExternalGivenUp(t *testing.T) {
	s := newStub(t, "outside")
	s.denies, s.hangs = errDenied, make(chan struct{})
	_, socket := s.serve(t)
	e, err := signer.OpenExternal(t.Context(), socket, s.address(), soon)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = signer.Sign(ctx, e, asked(nil), chainID)
	says(t, err, "did not sign", "context canceled")
}

func TestOpenExternalRefuses(t *testing.T) {
	s := newStub(t, "outside")
	httpURL, socket := s.serve(t)
	mute := newStub(t, "outside")
	mute.hangs = make(chan struct{})
	_, muteSocket := mute.serve(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	nobody := "http://operator:hunter2@" + listener.Addr().String() + "/tok3n"
	listener.Close()
	for _, c := range []struct {
		name, endpoint string
		address        common.Address
		limits         signer.Limits
		words          []string
	}{
		{"another account", socket, common.Address{2}, soon, []string{"does not list 0x02", "approve the listing"}},
		{"nobody at the URL", nobody, s.address(), soon, []string{"cannot be reached", "refused", "start it"}},
		{"nobody at the socket", filepath.Join(t.TempDir(), "none.ipc"), s.address(), soon, []string{"cannot be reached", "none.ipc", "start it"}},
		{"says nothing", muteSocket, s.address(), signer.Limits{Connect: 50 * time.Millisecond, Answer: time.Minute}, []string{"cannot be reached", "no answer within 50ms"}},
		{"no endpoint", "", s.address(), soon, []string{"needs an endpoint"}},
		{"our own standard input", "stdio", s.address(), soon, []string{"no absolute path"}},
		{"another scheme", "ws://operator:hunter2@127.0.0.1:8550", s.address(), soon, []string{"such as http://"}},
		{"not a URL", "http://operator:hunter2@127.0.0.1:tok3n", s.address(), soon, []string{"such as http://"}},
		{"no limits", httpURL, s.address(), signer.Limits{}, []string{"limits of time above 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := signer.OpenExternal(t.Context(), c.endpoint, c.address, c.limits)
			says(t, err, c.words...)
			for _, secret := range []string{"hunter2", "tok3n"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q gives away %q", err, secret)
				}
			}
		})
	}
}

// TestSignChecksEverySigner takes nothing from a signer whose key is not that of its address.
func TestSignChecksEverySigner(t *testing.T) {
	other := newStub(t, "another")
	_, err := signer.Sign(t.Context(), wrongAddress{other}, asked(nil), chainID)
	says(t, err, "it is signed by", other.address().Hex())
}

type wrongAddress struct{ *stub }

func (w wrongAddress) Address() common.Address { return common.Address{1} }

func (w wrongAddress) SignTx(_ context.Context, tx *types.Transaction, id *big.Int) (*types.Transaction, error) {
	return types.SignTx(tx, types.LatestSignerForChainID(id), w.key)
}

func says(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, expected one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}
