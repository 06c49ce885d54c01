package ethclient

import (
	"context"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"oxenswap/swap"
)

// ethereumChainID is Ethereum's, where contract wallets may be that do not exist on the token's
// chain.
const ethereumChainID = 1

// RecipientReader reads which code stands at a recipient, on Ethereum and on the token's chain. It
// connects when it is first asked, and keeps its connections. It may be used from many goroutines.
type RecipientReader struct{ ethereum, token codeReader }

// NewRecipientReader returns a reader of the chains behind two URLs. Where a URL is empty, nothing
// is read and the answer is swap.SeenNotChecked.
func NewRecipientReader(ethereumURL, tokenURL string, tokenChainID uint64) *RecipientReader {
	return &RecipientReader{codeReader{url: ethereumURL, chainID: ethereumChainID}, codeReader{url: tokenURL, chainID: tokenChainID}}
}

// Read returns what stands at an address on both chains. Each call is bounded in time by ctx.
func (r *RecipientReader) Read(ctx context.Context, at swap.EVMAddress) (code swap.RecipientCode, err error) {
	if code.Ethereum, err = r.ethereum.read(ctx, at); err != nil {
		return code, fmt.Errorf("reading the code of %s on Ethereum: %w", at, err)
	}
	code.Target, err = r.OnTokenChain(ctx, at)
	return code, err
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
