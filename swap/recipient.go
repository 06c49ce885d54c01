package swap

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// CheckRecipient refuses recipients from whom nobody could collect: zero and burn addresses,
// precompiles, and those that belong to the migration itself.
func (m *Migration) CheckRecipient(a EVMAddress) error {
	if name, ok := m.taken(a); ok {
		return refuse(ReasonRecipient, "%s is %s: name a wallet of your own", a, name)
	}
	if t := &m.Terms.Token; slices.Contains(t.NotRecipients, a) || !a.IsZero() && a == t.ContributionFactory {
		return refuseNetwork(a)
	}
	var high byte
	for _, b := range a[:18] {
		high |= b
	}
	low := uint(a[18])<<8 | uint(a[19])
	switch {
	case high == 0 && low == 0:
		return refuse(ReasonRecipient, "the zero address belongs to nobody: name a wallet of your own")
	case high == 0 && low == 0xdead, a == deadStart, a == deadSpelled, a == deadRepeated:
		return refuse(ReasonRecipient, "%s is a burn address: name a wallet of your own", a)
	case high == 0 && low <= 0x1ff, a == arbOS:
		return refuse(ReasonRecipient, "%s is a precompiled contract of the chain: name a wallet of your own", a)
	}
	for _, b := range a[1:] {
		if b != a[0] {
			return nil
		}
	}
	return refuse(ReasonRecipient, "%s, one byte repeated, belongs to nobody: name a wallet of your own", a)
}

// Burn addresses in use beside 0x00..dEaD, and the sender of ArbOS's own transactions on Arbitrum,
// which nobody has the key of.
var (
	deadStart    = EVMAddress(common.HexToAddress("0xdead000000000000000000000000000000000000"))
	deadSpelled  = EVMAddress(common.HexToAddress("0xdead000000000000000042069420694206942069"))
	deadRepeated = EVMAddress(common.HexToAddress("0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddead"))
	arbOS        = EVMAddress(common.HexToAddress("0x00000000000000000000000000000000000a4b05"))
)

// taken gives a name to an address that belongs to the migration itself and can be nobody's
// recipient.
func (m *Migration) taken(a EVMAddress) (name string, ok bool) {
	if a == EVMAddress(m.Terms.Token.Address) {
		return "the token", true
	}
	d := m.Distributor
	switch {
	case d == nil:
		return "", false
	case a == d.Address:
		return "the distributor", true
	case a == d.Owner:
		return "the distributor's owner", true
	case a == d.Publisher:
		return "the distributor's publisher", true
	case a == d.Guardian:
		return "the distributor's guardian", true
	}
	return "", false
}

// refuseNetwork refuses a contract of the network's own.
func refuseNetwork(a EVMAddress) error {
	return refuse(ReasonNetwork, "%s is one of the network's own contracts, which would keep what is paid to it: "+
		"claim to an address of your own, and stake from there", a)
}

// Seen is what stood at a recipient's address on one chain when the claim came.
type Seen string

// What can be seen at an address.
const (
	SeenNotChecked Seen = "not-checked" // no RPC was configured for the chain
	SeenNothing    Seen = "nothing"
	SeenCode       Seen = "code"
	SeenDelegation Seen = "delegation" // an EIP-7702 delegation: a wallet with a key
)

// RecipientCode is what was seen at a recipient on both chains.
type RecipientCode struct {
	Ethereum  Seen `json:"ethereum"`
	Target    Seen `json:"target"`
	Confirmed bool `json:"confirmed,omitempty"` // the holder confirmed a contract that is on Ethereum only
	// Factory is what the terms' contribution factory answered about the recipient; "" if they name
	// none.
	Factory FactoryAnswer `json:"factory,omitempty"`
}

// FactoryAnswer is whether a contribution factory has made a contract.
type FactoryAnswer string

// The answers of a factory.
const (
	FactoryNotAsked FactoryAnswer = "not-checked" // no RPC was configured for the token's chain
	FactoryNo       FactoryAnswer = "no"
	FactoryYes      FactoryAnswer = "yes" // the recipient is a contribution contract
)

// NotSeen is what was seen at a recipient that nobody looked at.
func (t *Terms) NotSeen() RecipientCode {
	code := RecipientCode{Ethereum: SeenNotChecked, Target: SeenNotChecked}
	if !t.Token.ContributionFactory.IsZero() {
		code.Factory = FactoryNotAsked
	}
	return code
}

// CheckCode is RecipientCode.Check for a claim of this migration: where the terms name a
// contribution factory, what it answered must be there.
func (m *Migration) CheckCode(c RecipientCode, a EVMAddress) error {
	if named := !m.Terms.Token.ContributionFactory.IsZero(); named != (c.Factory != "") {
		return fmt.Errorf("what was seen at the recipient: the answer of a contribution factory is %.40q, and the terms name one: %t", c.Factory, named)
	}
	return c.Check(a)
}

// Check refuses a contribution contract of the network, and a contract wallet that exists on
// Ethereum and not on the token's chain, unless the holder confirmed it.
func (c RecipientCode) Check(a EVMAddress) error {
	if err := c.valid(); err != nil {
		return err
	}
	if c.Factory == FactoryYes {
		return refuseNetwork(a)
	}
	if c.Ethereum == SeenCode && c.Target == SeenNothing && !c.Confirmed {
		return refuse(ReasonContract, "%s is a contract on Ethereum that does not exist on the token's chain: what is paid there may be lost. Name another address, or confirm that you control this one there", a)
	}
	return nil
}

// Confirm records that the holder controls the recipient, a contract on Ethereum, on the token's
// chain too. It says something only where the contract does not exist there.
func (c *RecipientCode) Confirm(holderControls bool) {
	c.Confirmed = holderControls && c.Ethereum == SeenCode && c.Target == SeenNothing
}

func (c RecipientCode) valid() error {
	for _, s := range []Seen{c.Ethereum, c.Target} {
		switch s {
		case SeenNotChecked, SeenNothing, SeenCode, SeenDelegation:
		default:
			return fmt.Errorf("what was seen at the recipient: unknown word %.40q", s)
		}
	}
	switch c.Factory {
	case "", FactoryNotAsked, FactoryNo, FactoryYes:
		return nil
	}
	return fmt.Errorf("what was seen at the recipient: unknown answer %.40q of a factory", c.Factory)
}
