package swap

import (
	"sync"

	"oxenswap/swap/cryptonote"
)

// holder is what a holder's address says of every claim under it.
type holder struct {
	account    Account
	standard   string
	integrated bool
	spend      *cryptonote.VerifyingKey
}

// claim is a claim of the holder's that says nothing yet.
func (h *holder) claim() Claim {
	return Claim{Account: h.account, Oxen: h.standard, Integrated: h.integrated}
}

// readOxen reads the holder's address, on the terms' network.
func readOxen(terms *Terms, known *Addresses, oxen string) (holder, error) {
	if h, ok := known.get(oxen); ok {
		return h, nil
	}
	a, err := decodeOxen(terms, oxen)
	if err == nil {
		err = checkKey(a.View) // verifying the signature checks the spend key
	}
	if err != nil {
		return holder{}, err
	}
	h := holder{account: AccountOf(a), standard: oxen, spend: cryptonote.NewVerifyingKey(a.Spend)}
	if a.Kind == cryptonote.Integrated {
		h.standard, h.integrated = a.Standard().String(), true
	}
	known.add(oxen, h)
	return h, nil
}

// Addresses remembers Oxen addresses that were read and their keys checked, for whoever verifies
// many claims under one set of terms: the later ones of an account spare that work. It may be used
// from many goroutines; nil remembers nothing.
type Addresses struct {
	mu    sync.RWMutex
	known map[string]holder
}

// maxAddresses bounds what Addresses remember, to some forty megabytes.
const maxAddresses = 1 << 16

func (a *Addresses) get(oxen string) (holder, bool) {
	if a == nil {
		return holder{}, false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	h, ok := a.known[oxen]
	return h, ok
}

func (a *Addresses) add(oxen string, h holder) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxAddresses {
		a.known = map[string]holder{}
	}
	a.known[oxen] = h
}

// ParseOxen reads a holder's Oxen address: a standard or integrated one of the terms' network.
// Errors are *Refusal.
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
