package main

import (
	"fmt"
	"path/filepath"

	"oxenswap/ethclient/sender/signer"
)

// key opens the keystore of a role.
func (a *app) key(w *world, role string) (signer.Signer, error) {
	k, ok := map[string]keyConfig{"owner": w.config.Chain.Owner, "publisher": w.config.Chain.Publisher, "guardian": w.config.Chain.Guardian}[role]
	switch {
	case !ok:
		return nil, usage("--key %q is none of owner, publisher and guardian", role)
	case k.Keystore == "" || k.PasswordFile == "":
		return nil, fmt.Errorf("%s gives no keystore and password_file for chain.%s, whose key must sign this", configFile, role)
	}
	opened, err := signer.OpenKeystore(a.beside(k.Keystore), a.beside(k.PasswordFile))
	if err != nil {
		return nil, fmt.Errorf("the %s's key: %w", role, err)
	}
	if k.Address != "" && opened.Address().Hex() != k.Address {
		return nil, fmt.Errorf("%s holds the key of %s, and chain.%s.address is %s: correct %s", k.Keystore, opened.Address(), role, k.Address, configFile)
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

// ownersKey opens the owner's keystore on a development chain. Elsewhere there is none: the sender says what to do.
func (a *app) ownersKey(w *world) (signer.Signer, error) {
	if !w.terms().DevelopmentChain() {
		return nil, nil
	}
	return a.key(w, "owner")
}
