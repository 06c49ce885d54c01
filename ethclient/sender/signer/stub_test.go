package signer_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// stub speaks the protocol of Clef's external API: account_version, account_list,
// account_signTransaction.
type stub struct {
	key    *ecdsa.PrivateKey
	lists  []common.Address
	denies error
	hangs  chan struct{}                                         // closed: goes on
	turns  func(*types.Transaction, *big.Int) *types.Transaction // what it signs instead of what it is asked
	blank  bool                                                  // answers without a transaction
	asked  []apitypes.SendTxArgs
}

func newStub(t *testing.T, name string) *stub {
	t.Helper()
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	must(t, err)
	return &stub{key: key, lists: []common.Address{{1}, crypto.PubkeyToAddress(key.PublicKey)}}
}

func (s *stub) address() common.Address { return crypto.PubkeyToAddress(s.key.PublicKey) }

func (s *stub) Version(ctx context.Context) (string, error) {
	if s.hangs != nil && s.denies == nil {
		<-s.hangs
	}
	return "6.1.0", nil
}

func (s *stub) List(context.Context) ([]common.Address, error) { return s.lists, nil }

type signed struct {
	Raw hexutil.Bytes      `json:"raw"`
	Tx  *types.Transaction `json:"tx"`
}

func (s *stub) SignTransaction(_ context.Context, args apitypes.SendTxArgs, _ *string) (*signed, error) {
	s.asked = append(s.asked, args)
	if s.denies != nil {
		if s.hangs != nil {
			<-s.hangs
		}
		return nil, s.denies
	}
	if s.blank {
		return &signed{}, nil
	}
	tx, err := args.ToTransaction()
	if err != nil {
		return nil, err
	}
	id := (*big.Int)(args.ChainID)
	if s.turns != nil {
		tx = s.turns(tx, id)
	}
	if _, r, _ := tx.RawSignatureValues(); r == nil || r.Sign() == 0 {
		if tx, err = types.SignTx(tx, types.LatestSignerForChainID(tx.ChainId()), s.key); err != nil {
			return nil, err
		}
	}
	raw, err := tx.MarshalBinary()
	return &signed{raw, tx}, err
}

var errDenied = errors.New("request denied")

// serve offers the stub over HTTP and a Unix socket.
func (s *stub) serve(t *testing.T) (httpURL, socket string) {
	t.Helper()
	server := rpc.NewServer()
	must(t, server.RegisterName("account", s))
	h := httptest.NewServer(server)
	socket = filepath.Join(t.TempDir(), "clef.ipc")
	l, err := net.Listen("unix", socket)
	must(t, err)
	go server.ServeListener(l)
	t.Cleanup(func() {
		if s.hangs != nil {
			close(s.hangs)
		}
		l.Close()
		server.Stop()
		h.Close()
	})
	return h.URL, socket
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
