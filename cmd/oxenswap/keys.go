package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/cmd/internal/cli"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

// keyConfig names the account of a role and, where this machine signs for it, who holds the key: an encrypted keystore
// file with its password, or an external signer such as Clef.
type keyConfig struct {
	Address      string `toml:"address"`
	Keystore     string `toml:"keystore"`
	PasswordFile string `toml:"password_file"`
	External     string `toml:"external"`
}

// check refuses half a key, and two.
func (k keyConfig) check() error {
	if k.External != "" {
		switch {
		case k.Keystore != "" || k.PasswordFile != "":
			return errors.New("external is given beside keystore or password_file: give one of the two ways to sign")
		case k.Address == "":
			return errors.New("external is given without address: say which of the signer's accounts it is")
		}
		if _, err := swap.ParseEIP55(k.Address); err != nil {
			return fmt.Errorf("address: %w", err)
		}
		return signer.CheckEndpoint(k.External)
	}
	if (k.Keystore == "") != (k.PasswordFile == "") {
		return errors.New("keystore and password_file go together: give both or neither")
	}
	return nil
}

// signs reports whether this machine signs for the role.
func (k keyConfig) signs() bool { return k.Keystore != "" || k.External != "" }

// keys are the roles' accounts by name.
func (c chainConfig) keys() []roleKey {
	return []roleKey{{"owner", c.Owner}, {"publisher", c.Publisher}, {"guardian", c.Guardian}}
}

type roleKey struct {
	role string
	keyConfig
}

// key opens the keystore of a role, or connects to its external signer.
func (a *app) key(ctx context.Context, w *world, role string) (signer.Signer, error) {
	for _, k := range w.config.Chain.keys() {
		if k.role != role {
			continue
		}
		if !k.signs() {
			return nil, fmt.Errorf("%s gives neither keystore and password_file nor external for chain.%s, whose key must sign this", configFile, role)
		}
		opened, err := a.openKey(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("the %s's key: %w", role, err)
		}
		return opened, nil
	}
	return nil, cli.Usage("--key %q is none of owner, publisher and guardian", role)
}

func (a *app) openKey(ctx context.Context, k roleKey) (signer.Signer, error) {
	if k.External != "" {
		endpoint := k.External
		if !signer.IsURL(endpoint) {
			var err error
			if endpoint, err = filepath.Abs(a.beside(endpoint)); err != nil {
				return nil, err
			}
		}
		a.say("asking the external signer for %s, the %s; what it signs may need a person's approval there", k.Address, k.role)
		return signer.OpenExternal(ctx, endpoint, common.HexToAddress(k.Address), signer.DefaultLimits())
	}
	opened, err := signer.OpenKeystore(a.beside(k.Keystore), a.beside(k.PasswordFile))
	if err != nil {
		return nil, err
	}
	if k.Address != "" && opened.Address().Hex() != k.Address {
		return nil, fmt.Errorf("%s holds the key of %s, and chain.%s.address is %s: correct %s", k.Keystore, opened.Address(), k.role, k.Address, configFile)
	}
	return opened, nil
}

// beside resolves a path of the configuration.
func (a *app) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(a.dir, path)
}

// ownersKey opens the owner's key on a development chain. Elsewhere there is none: the sender says what to do.
func (a *app) ownersKey(ctx context.Context, w *world) (signer.Signer, error) {
	if !w.terms().DevelopmentChain() {
		return nil, nil
	}
	return a.key(ctx, w, "owner")
}
