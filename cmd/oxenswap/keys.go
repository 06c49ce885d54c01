package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/datadir"
	"oxenswap/ethclient/sender/signer"
)

// key opens the keystore of a role, or connects to its external signer.
func (a *app) key(ctx context.Context, d *datadir.Dir, role string) (signer.Signer, error) {
	for _, k := range d.Config.Chain.Keys() {
		if k.Role != role {
			continue
		}
		if !k.Signs() {
			return nil, fmt.Errorf("%s gives neither keystore and password_file nor external for chain.%s, whose key must sign this", datadir.ConfigFile, role)
		}
		opened, err := a.openKey(ctx, d, k)
		if err != nil {
			return nil, fmt.Errorf("the %s's key: %w", role, err)
		}
		return opened, nil
	}
	return nil, cli.Usage("--key %q is none of owner, publisher and guardian", role)
}

func (a *app) openKey(ctx context.Context, d *datadir.Dir, k datadir.RoleKey) (signer.Signer, error) {
	if k.External != "" {
		endpoint := k.External
		if !signer.IsURL(endpoint) {
			var err error
			if endpoint, err = filepath.Abs(d.File(endpoint)); err != nil {
				return nil, err
			}
		}
		a.say("asking the external signer for %s, the %s; what it signs may need a person's approval there", k.Address, k.Role)
		return signer.OpenExternal(ctx, endpoint, common.HexToAddress(k.Address), signer.DefaultLimits())
	}
	opened, err := signer.OpenKeystore(d.File(k.Keystore), d.File(k.PasswordFile))
	if err != nil {
		return nil, err
	}
	if k.Address != "" && opened.Address().Hex() != k.Address {
		return nil, fmt.Errorf("%s holds the key of %s, and chain.%s.address is %s: correct %s", k.Keystore, opened.Address(), k.Role, k.Address, datadir.ConfigFile)
	}
	return opened, nil
}

// ownersKey opens the owner's key on a development chain. Elsewhere there is none: the sender says
// what to do.
func (a *app) ownersKey(ctx context.Context, d *datadir.Dir) (signer.Signer, error) {
	if !d.Terms().DevelopmentChain() {
		return nil, nil
	}
	return a.key(ctx, d, "owner")
}
