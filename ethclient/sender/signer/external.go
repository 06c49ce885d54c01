package signer

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/external"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
)

// Limits bound in time what an external signer does. Both are needed.
type Limits struct {
	Connect time.Duration // until it has said its version
	Answer  time.Duration // until it has listed its accounts, or signed
}

// DefaultLimits leave a person time to read what is to be signed, and not so much that its fee is
// out of date.
func DefaultLimits() Limits { return Limits{Connect: 10 * time.Second, Answer: 5 * time.Minute} }

// External signs with the key of another process that speaks Clef's protocol (account_version,
// account_list, account_signTransaction) over a Unix socket or HTTP. It never sees the key.
type External struct {
	name    string // for messages: the endpoint without what could be secret
	account accounts.Account
	signer  *external.ExternalSigner
	limits  Limits
}

var _ Signer = (*External)(nil)

// CheckEndpoint refuses what is neither the path of a Unix socket nor an HTTP URL. Its error does
// not repeat the endpoint, which may hold a password.
func CheckEndpoint(endpoint string) error {
	if endpoint == "" {
		return errors.New("an external signer needs an endpoint: the path of its socket, or its URL")
	}
	if !IsURL(endpoint) {
		return nil
	}
	if u, err := url.Parse(endpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("an external signer is reached by the path of its socket or a URL such as http://127.0.0.1:8550")
	}
	return nil
}

// IsURL tells a URL from the path of a socket.
func IsURL(endpoint string) bool { return strings.Contains(endpoint, "://") }

// OpenExternal connects to a signer and sees that it offers an account. The path of a socket must
// be absolute.
func OpenExternal(ctx context.Context, endpoint string, address common.Address, l Limits) (*External, error) {
	if err := CheckEndpoint(endpoint); err != nil {
		return nil, err
	}
	if !IsURL(endpoint) && !filepath.IsAbs(endpoint) {
		return nil, fmt.Errorf("%s is no absolute path of an external signer's socket", endpoint)
	}
	if l.Connect <= 0 || l.Answer <= 0 {
		return nil, errors.New("an external signer needs limits of time above 0")
	}
	e := &External{name: endpointName(endpoint), account: accounts.Account{Address: address}, limits: l}
	var err error
	if e.signer, err = bounded(ctx, l.Connect, func() (*external.ExternalSigner, error) { return external.NewExternalSigner(endpoint) }); err != nil {
		return nil, fmt.Errorf("the external signer at %s cannot be reached: %w; start it, or correct its endpoint",
			e.name, plain(err))
	}
	offered, err := bounded(ctx, l.Answer, func() (bool, error) { return e.signer.Contains(e.account), nil })
	if err == nil && !offered {
		err = fmt.Errorf("it does not list %s: add the account there, and approve the listing (Clef asks, "+
			"or its rules answer ApproveListing)", address)
	}
	if err != nil {
		return nil, fmt.Errorf("the external signer at %s: %w", e.name, plain(err))
	}
	return e, nil
}

// Address implements Signer.
func (e *External) Address() common.Address { return e.account.Address }

// SignTx implements Signer. When the signer does not answer in time, its answer is not waited for
// any more; should it sign later, nobody gets what it signed.
func (e *External) SignTx(ctx context.Context, tx *types.Transaction, chainID *big.Int) (*types.Transaction, error) {
	signed, err := bounded(ctx, e.limits.Answer, func() (*types.Transaction, error) { return e.signer.SignTx(e.account, tx, chainID) })
	if err != nil {
		return nil, fmt.Errorf("the external signer at %s did not sign: %w; approve it there and run the command again",
			e.name, plain(err))
	}
	return signed, nil
}

// bounded waits for f no longer than d, nor than ctx lasts. accounts/external takes no context:
// what is given up goes on until it is answered, and its outcome is dropped.
func bounded[T any](ctx context.Context, d time.Duration, f func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, fmt.Errorf("no answer within %s", d))
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := f()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// endpointName is what messages call a signer: its socket, or its host and port.
func endpointName(endpoint string) string {
	if !IsURL(endpoint) {
		return endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return "?"
	}
	return u.Host
}

// plain takes the URL, which may hold a password, out of an error of net/http, and a page out of
// one of the RPC client.
func plain(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	if page := (rpc.HTTPError{}); errors.As(err, &page) {
		return errors.New(page.Status)
	}
	return err
}
