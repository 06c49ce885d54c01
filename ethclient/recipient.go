package ethclient

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/swap"
)

// ethereumChainID is Ethereum's, where contract wallets may be that do not exist on the token's
// chain.
const ethereumChainID = 1

// RecipientReader reads which code stands at a recipient, on Ethereum and on the token's chain. It
// connects when it is first asked, and keeps its connections. It may be used from many goroutines.
type RecipientReader struct {
	ethereum, token codeReader
	factory         swap.EVMAddress // zero: none
}

// NewRecipientReader returns a reader of the chains behind two URLs. Where a URL is empty, nothing
// is read and the answer is swap.SeenNotChecked. factory is the terms' contribution factory; zero
// if they name none.
func NewRecipientReader(ethereumURL, tokenURL string, tokenChainID uint64, factory swap.EVMAddress) *RecipientReader {
	return &RecipientReader{
		ethereum: codeReader{url: ethereumURL, chainID: ethereumChainID},
		token:    codeReader{url: tokenURL, chainID: tokenChainID}, factory: factory,
	}
}

// Read returns what stands at an address on both chains, and what the contribution factory says of
// it. Each call is bounded in time by ctx.
func (r *RecipientReader) Read(ctx context.Context, at swap.EVMAddress) (code swap.RecipientCode, err error) {
	if code.Ethereum, err = r.ethereum.read(ctx, at); err != nil {
		return code, fmt.Errorf("reading the code of %s on Ethereum: %w", at, err)
	}
	if code.Target, err = r.OnTokenChain(ctx, at); err != nil || r.factory.IsZero() {
		return code, err
	}
	if code.Factory, err = r.askFactory(ctx, at); err != nil {
		return code, fmt.Errorf("asking the contribution factory %s about %s: %w", r.factory, at, err)
	}
	return code, nil
}

// factoryCalls are the ways of asking a contribution factory whether it has made a contract: two
// releases of it have one each.
var factoryCalls = []string{"owns(address)", "deployedContracts(address)"}

// askFactory asks the contribution factory in every way until it answers one.
func (r *RecipientReader) askFactory(ctx context.Context, about swap.EVMAddress) (swap.FactoryAnswer, error) {
	if r.token.url == "" {
		return swap.FactoryNotAsked, nil
	}
	client, err := r.token.connect(ctx)
	if err != nil {
		return "", err
	}
	to := common.Address(r.factory)
	var failed error
	for _, call := range factoryCalls {
		data := append(crypto.Keccak256([]byte(call))[:4], common.LeftPadBytes(about[:], 32)...)
		answer, err := client.CallContract(ctx, ethereum.CallMsg{To: &to, Data: data}, nil)
		var refused rpc.Error
		switch {
		case errors.As(err, &refused): // reverted: it does not know this call
			failed = errors.Join(failed, fmt.Errorf("%s: %w", call, err))
			continue
		case err != nil:
			return "", err
		}
		switch {
		case len(answer) == 32 && common.BytesToHash(answer) == common.Hash{}:
			return swap.FactoryNo, nil
		case len(answer) == 32 && common.BytesToHash(answer) == common.Hash{31: 1}:
			return swap.FactoryYes, nil
		}
		failed = errors.Join(failed, fmt.Errorf("%s: %d bytes that are neither true nor false: is token.contribution_factory right?", call, len(answer)))
	}
	return "", failed
}

// OnTokenChain returns what stands at an address on the token's chain alone.
func (r *RecipientReader) OnTokenChain(ctx context.Context, at swap.EVMAddress) (swap.Seen, error) {
	seen, err := r.token.read(ctx, at)
	if err != nil {
		return seen, fmt.Errorf("reading the code of %s on the token's chain: %w", at, err)
	}
	return seen, nil
}

// Close ends the connections.
func (r *RecipientReader) Close() {
	r.ethereum.close()
	r.token.close()
}

// codeReader reads code on one chain.
type codeReader struct {
	url     string // empty: nothing is read
	chainID uint64

	mu     sync.Mutex
	client *ethclient.Client // nil: not connected yet
}

func (r *codeReader) read(ctx context.Context, at swap.EVMAddress) (swap.Seen, error) {
	if r.url == "" {
		return swap.SeenNotChecked, nil
	}
	client, err := r.connect(ctx)
	if err != nil {
		return "", err
	}
	code, err := client.CodeAt(ctx, common.Address(at), nil)
	if err != nil {
		return "", err
	}
	if len(code) == 0 {
		return swap.SeenNothing, nil
	}
	if _, ok := types.ParseDelegation(code); ok { // EIP-7702: 0xef0100 and an address
		return swap.SeenDelegation, nil
	}
	return swap.SeenCode, nil
}

func (r *codeReader) connect(ctx context.Context) (*ethclient.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil {
		client, err := Connect(ctx, r.url, r.chainID, DefaultLimits())
		if err != nil {
			return nil, err
		}
		r.client = client
	}
	return r.client, nil
}

func (r *codeReader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client != nil {
		r.client.Close()
		r.client = nil
	}
}
