package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/url"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/audit"
	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/internal/endpoint"
	"oxenswap/ethclient"
	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// chain gives what ethclient reads to audits and watches.
type chain struct{ *ethclient.Reader }

// dialer connects to an RPC once the audit knows which chain it must be.
func dialer(rpc []string) (func(ctx context.Context, chainID uint64) (chain, error), error) {
	servers := make([]endpoint.Server, len(rpc))
	for i, raw := range rpc {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, cli.Usage("--rpc: expected http://host... or https://host...")
		}
		servers[i] = endpoint.Server{Name: fmt.Sprintf("node %d", i+1), URL: raw}
	}
	if err := endpoint.Distinct(servers); err != nil {
		return nil, cli.Usage("--rpc: %v", err)
	}
	return func(ctx context.Context, chainID uint64) (chain, error) {
		r, err := ethclient.Dial(ctx, ethclient.Options{ChainID: chainID}, ethclient.DefaultLimits(), rpc...)
		return chain{r}, err
	}, nil
}

// Final implements audit.Chain.
func (c chain) Final(ctx context.Context) (uint64, error) {
	b, err := c.Finalized(ctx)
	return b.Number, err
}

// Live implements follow.Chain.
func (c chain) Live(ctx context.Context, address swap.EVMAddress, block uint64) (uint64, swap.Hash, swap.Sesh, error) {
	s, err := c.Reader.Distributor(ctx, address, new(big.Int).SetUint64(block))
	if err != nil {
		return 0, swap.Hash{}, 0, err
	}
	return s.Live.Round, s.Live.Root, s.Live.Total, nil
}

// Distributor implements audit.Chain.
func (c chain) Distributor(ctx context.Context, address swap.EVMAddress, block uint64) (audit.ChainState, error) {
	s, err := c.Reader.Distributor(ctx, address, new(big.Int).SetUint64(block))
	if err != nil {
		return audit.ChainState{}, err
	}
	return audit.ChainState{
		CodeHash: s.CodeHash, Token: swap.EVMAddress(s.Immutables.Token), ActivationDelay: s.Immutables.ActivationDelay,
		Owner: s.Owner, Publisher: s.Publisher, Guardian: s.Guardian, ClosesAt: s.ClosesAt,
		LiveRound: s.Live.Round, LiveRoot: s.Live.Root, LiveTotal: s.Live.Total, TotalClaimed: s.TotalClaimed, Balance: s.Balance,
	}, nil
}

// codeHash is that of the distributor's code as our sources compile to it.
func codeHash(d swap.Distributor, termsCloseAt uint64, migration string) (swap.Hash, error) {
	im := contracts.Immutables{Token: common.Address(d.Token), ActivationDelay: d.ActivationDelay, TermsCloseAt: termsCloseAt}
	if _, err := hex.Decode(im.MigrationID[:], []byte(migration)); err != nil {
		return swap.Hash{}, err
	}
	return swap.Hash(contracts.CodeHash(im)), nil
}
