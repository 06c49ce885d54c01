package swap

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

// CheckRecipient refuses recipients from whom nobody could collect: zero and burn addresses,
// precompiles, and those that belong to the migration itself.
func (m *Migration) CheckRecipient(a EVMAddress) error {
	if name, ok := m.taken(a); ok {
		return refuse(ReasonRecipient, "%s is %s: name a wallet of your own", a, name)
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
}

// Check refuses a contract wallet that exists on Ethereum and not on the token's chain, unless the
// holder confirmed it.
func (c RecipientCode) Check(a EVMAddress) error {
	if err := c.valid(); err != nil {
		return err
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
	return nil
}
