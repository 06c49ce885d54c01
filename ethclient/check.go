package ethclient

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/rpc"

	"oxenswap/ethclient/contracts"
	"oxenswap/swap"
)

// Token is what a token says of itself.
type Token struct {
	Symbol string
	Supply *big.Int // atomic units
}

// CheckToken looks, through every node, whether there is a token with nine decimals and the terms'
// symbol at an address: *NoCodeError, *DecimalsError, *SymbolError. On Arbitrum the supply is the
// bridged part only.
func (r *Reader) CheckToken(ctx context.Context, token swap.EVMAddress, symbol string) (Token, error) {
	var out Token
	for i, n := range r.nodes {
		t, err := r.checkToken(ctx, n, token, symbol)
		if err != nil {
			return Token{}, err
		}
		if i == 0 {
			out = t
		}
	}
	return out, nil
}

func (r *Reader) checkToken(ctx context.Context, n Node, token swap.EVMAddress, symbol string) (Token, error) {
	if _, err := n.code(ctx, "token", token, nil); err != nil {
		return Token{}, err
	}
	t := &view{node: n, abi: &r.token.ABI, at: token}
	decimals := t.call(ctx, "decimals")
	if refused := rpc.Error(nil); errors.As(t.err, &refused) || errors.Is(t.err, ErrMalformed) {
		return Token{}, &DecimalsError{Token: token, Got: "an unknown number of"}
	}
	if t.err != nil {
		return Token{}, t.err
	}
	if d := get[uint8](decimals, 0); d != 9 {
		return Token{}, &DecimalsError{Token: token, Got: fmt.Sprint(d)}
	}
	name, supply := t.call(ctx, "symbol"), t.call(ctx, "totalSupply")
	if t.err != nil {
		return Token{}, t.err
	}
	if got := get[string](name, 0); got != symbol {
		return Token{}, &SymbolError{Token: token, Got: got, Want: symbol}
	}
	return Token{Symbol: symbol, Supply: get[*big.Int](supply, 0)}, nil
}

// Settings are what a distributor is deployed with. Times are in Unix seconds.
type Settings struct {
	Token, Owner, Publisher, Guardian swap.EVMAddress

	ActivationDelay uint64 // seconds
	TermsCloseAt    uint64
	ClosesAt        uint64
	Migration       contracts.MigrationID
}

// CheckDistributor looks, through every node, whether our code stands at an address, with the
// expected settings: *NoCodeError, *CodeError, *SettingError. The closing time may have moved
// later. It returns the distributor's state at the newest block.
func (r *Reader) CheckDistributor(ctx context.Context, address swap.EVMAddress, want Settings) (*State, error) {
	var out *State
	for i, n := range r.nodes {
		head, err := n.block(ctx, nil)
		if err != nil {
			return nil, err
		}
		s, err := r.state(ctx, n, address, number(head.Number))
		if err != nil {
			return nil, err
		}
		if err := want.compare(address, s); err != nil {
			return nil, err
		}
		if i == 0 {
			out = s
		}
	}
	return out, nil
}

func (want *Settings) compare(address swap.EVMAddress, s *State) error {
	for _, c := range []struct{ setting, got, want string }{
		{"the token", swap.EVMAddress(s.Immutables.Token).String(), want.Token.String()},
		{"the migration id", s.Immutables.MigrationID.String(), want.Migration.String()},
		{"the activation delay", fmt.Sprint(s.Immutables.ActivationDelay), fmt.Sprint(want.ActivationDelay)},
		{"the terms' closing time", fmt.Sprint(s.Immutables.TermsCloseAt), fmt.Sprint(want.TermsCloseAt)},
		{"the owner", s.Owner.String(), want.Owner.String()},
		{"the publisher", s.Publisher.String(), want.Publisher.String()},
		{"the guardian", s.Guardian.String(), want.Guardian.String()},
	} {
		if c.got != c.want {
			return &SettingError{Address: address, Setting: c.setting, Got: c.got, Want: c.want}
		}
	}
	if s.ClosesAt < want.ClosesAt {
		return &SettingError{Address: address, Setting: "the closing time", Got: fmt.Sprint(s.ClosesAt), Want: fmt.Sprintf("%d or later", want.ClosesAt)}
	}
	return nil
}
