package datadir

import (
	"errors"
	"fmt"

	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/signer"
	"oxenswap/swap"
)

// KeyConfig names the account of a role and, where this machine signs for it, where the key is: in
// an encrypted keystore file with its password, or in an external signer such as Clef.
type KeyConfig struct {
	Address      string `toml:"address"`
	Keystore     string `toml:"keystore"`
	PasswordFile string `toml:"password_file"`
	External     string `toml:"external"`
}

// check refuses an incomplete key, and two ways to sign.
func (k KeyConfig) check() error {
	if k.External != "" {
		switch {
		case k.Keystore != "" || k.PasswordFile != "":
			return errors.New("external is given together with keystore or password_file: give one of the two ways to sign")
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

// Signs reports whether this machine signs for the role.
func (k KeyConfig) Signs() bool { return k.Keystore != "" || k.External != "" }

// Keys are the roles' accounts by name.
func (c ChainConfig) Keys() []RoleKey {
	return []RoleKey{{"owner", c.Owner}, {"publisher", c.Publisher}, {"guardian", c.Guardian}}
}

// RoleKey is the key of one role.
type RoleKey struct {
	Role string
	KeyConfig
}

// Roles reads the three addresses. Unless they are needed, nothing is returned when one is missing.
func (c ChainConfig) Roles(needed bool) (*sender.Roles, error) {
	out := &sender.Roles{}
	for _, role := range []struct {
		name string
		key  KeyConfig
		to   *swap.EVMAddress
	}{{"owner", c.Owner, &out.Owner}, {"publisher", c.Publisher, &out.Publisher}, {"guardian", c.Guardian, &out.Guardian}} {
		if role.key.Address == "" {
			if needed {
				return nil, fmt.Errorf("%s gives no address for chain.%s: the distributor needs all three roles",
					ConfigFile, role.name)
			}
			return nil, nil
		}
		address, err := swap.ParseEIP55(role.key.Address)
		if err != nil {
			return nil, fmt.Errorf("%s: chain.%s.address: %w", ConfigFile, role.name, err)
		}
		*role.to = swap.EVMAddress(address)
	}
	return out, nil
}
