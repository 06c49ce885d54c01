package datadir

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient/sender/signer"
)

// ErrUnknownRole says that a name is none of the distributor's roles.
var ErrUnknownRole = errors.New("none of owner, publisher and guardian")

// RoleSigner opens the keystore of a role (owner, publisher or guardian), or connects to its
// external signer; say then gets a line for the person who may have to approve there.
func (d *Dir) RoleSigner(
	ctx context.Context, role string, say func(format string, args ...any),
) (signer.Signer, error) {
	for _, k := range d.Config.Chain.Keys() {
		if k.Role != role {
			continue
		}
		if !k.Signs() {
			return nil, fmt.Errorf("%s gives neither keystore and password_file nor external for chain.%s, "+
				"whose key must sign this", ConfigFile, role)
		}
		opened, err := d.openRoleKey(ctx, k, say)
		if err != nil {
			return nil, fmt.Errorf("the %s's key: %w", role, err)
		}
		return opened, nil
	}
	return nil, ErrUnknownRole
}

func (d *Dir) openRoleKey(
	ctx context.Context, k RoleKey, say func(format string, args ...any),
) (signer.Signer, error) {
	if k.External != "" {
		endpoint := k.External
		if !signer.IsURL(endpoint) {
			var err error
			if endpoint, err = filepath.Abs(d.File(endpoint)); err != nil {
				return nil, err
			}
		}
		say("asking the external signer for %s, the %s; what it signs may need a person's approval there", k.Address, k.Role)
		return signer.OpenExternal(ctx, endpoint, common.HexToAddress(k.Address), signer.DefaultLimits())
	}
	opened, err := signer.OpenKeystore(d.File(k.Keystore), d.File(k.PasswordFile))
	if err != nil {
		return nil, err
	}
	if k.Address != "" && opened.Address().Hex() != k.Address {
		return nil, fmt.Errorf("%s holds the key of %s, and chain.%s.address is %s: correct %s",
			k.Keystore, opened.Address(), k.Role, k.Address, ConfigFile)
	}
	return opened, nil
}
