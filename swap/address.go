package swap

import (
	"sync"

	"oxenswap/swap/cryptonote"
)

// readOxen reads the holder's address, on the terms' network, into a claim, and gives its spend key.
func readOxen(terms *Terms, known *Addresses, oxen string) (Claim, cryptonote.PublicKey, error) {
	a, ok := known.get(oxen)
	if !ok {
		var err error
		if a, err = decodeOxen(terms, oxen); err == nil {
			err = checkKey(a.View) // verifying the signature checks the spend key
		}
		if err != nil {
			return Claim{}, cryptonote.PublicKey{}, err
		}
		known.add(oxen, a)
	}
	c := Claim{Account: AccountOf(a), Oxen: oxen}
	if a.Kind == cryptonote.Integrated {
		c.Oxen, c.Integrated = a.Standard().String(), true
	}
	return c, a.Spend, nil
}

// Addresses remembers Oxen addresses that were read and their view keys checked, for whoever verifies many claims under one
// set of terms: the later ones of an account spare that work. It may be used from many goroutines; nil remembers nothing.
type Addresses struct {
	mu    sync.RWMutex
	known map[string]cryptonote.Address
}

// maxAddresses bounds what Addresses remember, to some fifteen megabytes.
const maxAddresses = 1 << 16

func (a *Addresses) get(oxen string) (cryptonote.Address, bool) {
	if a == nil {
		return cryptonote.Address{}, false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	address, ok := a.known[oxen]
	return address, ok
}

func (a *Addresses) add(oxen string, address cryptonote.Address) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxAddresses {
		a.known = map[string]cryptonote.Address{}
	}
	a.known[oxen] = address
}

// ParseOxen reads a holder's Oxen address: a standard or integrated one of the terms' network. Errors are *Refusal.
func ParseOxen(terms *Terms, oxen string) (cryptonote.Address, error) {
	a, err := decodeOxen(terms, oxen)
	for _, k := range []cryptonote.PublicKey{a.Spend, a.View} {
		if err == nil {
			err = checkKey(k)
		}
	}
	return a, err
}

func checkKey(k cryptonote.PublicKey) error {
	if err := k.Check(); err != nil {
		return refuse(ReasonAddress, "%v: copy the wallet's main address whole", err)
	}
	return nil
}

// decodeOxen is ParseOxen but for the checks of the keys.
func decodeOxen(terms *Terms, oxen string) (cryptonote.Address, error) {
	a, err := cryptonote.DecodeAddress(oxen)
	if err != nil {
		return a, refuse(ReasonAddress, "%v: copy the wallet's main address whole", err)
	}
	network, err := cryptonote.ParseNetwork(terms.Oxen.Network)
	if err == nil {
		err = a.CheckNetwork(network)
	}
	if err != nil {
		return a, refuse(ReasonAddress, "%v: this migration is about %s", err, terms.Oxen.Network)
	}
	if a.Kind == cryptonote.Subaddress {
		return a, refuse(ReasonSubaddress, "stakes and rewards belong to a wallet's main address: use that one, which begins with another letter pair")
	}
	return a, nil
}
