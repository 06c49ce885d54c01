package cryptonote

import (
	"encoding/binary"
	"strconv"
)

// A Network is an Oxen network. The zero value is none.
type Network uint8

// The networks of Oxen. Fakechain addresses are written, and therefore parsed, as Mainnet ones.
const (
	Mainnet Network = iota + 1
	Testnet
	Devnet
	Stagenet
	Fakechain
)

var networkNames = [...]string{Mainnet: "mainnet", Testnet: "testnet", Devnet: "devnet", Stagenet: "stagenet", Fakechain: "fakechain"}

// ParseNetwork reads a network's name as oxend's nettype prints it.
func ParseNetwork(name string) (Network, error) {
	for n := Mainnet; n <= Fakechain; n++ {
		if networkNames[n] == name {
			return n, nil
		}
	}
	return 0, refuse("network", ErrNetworkName)
}

// String gives the network's name.
func (n Network) String() string {
	if n < Mainnet || n > Fakechain {
		return "network " + strconv.Itoa(int(n))
	}
	return networkNames[n]
}

// MarshalText gives the network's name.
func (n Network) MarshalText() ([]byte, error) {
	if n < Mainnet || n > Fakechain {
		return nil, refuse("network", ErrNetworkName)
	}
	return []byte(networkNames[n]), nil
}

// UnmarshalText is ParseNetwork.
func (n *Network) UnmarshalText(text []byte) (err error) {
	*n, err = ParseNetwork(string(text))
	return err
}

// addressNetwork is the network whose prefixes n uses.
func (n Network) addressNetwork() Network {
	if n == Fakechain {
		return Mainnet
	}
	return n
}

// A Kind says what an address is for. The zero value is none.
type Kind uint8

const (
	Standard   Kind = iota + 1 // a wallet's own address
	Integrated                 // a standard address with a payment id
	Subaddress                 // an address derived from the wallet's keys, with its own spend key
)

var kindNames = [...]string{Standard: "standard", Integrated: "integrated", Subaddress: "subaddress"}

// String gives "standard", "integrated" or "subaddress".
func (k Kind) String() string {
	if k < Standard || k > Subaddress {
		return "kind " + strconv.Itoa(int(k))
	}
	return kindNames[k]
}

var addressPrefixes = [Fakechain][Subaddress + 1]uint64{
	Mainnet:  {Standard: 114, Integrated: 115, Subaddress: 116},
	Testnet:  {Standard: 156, Integrated: 157, Subaddress: 158},
	Devnet:   {Standard: 3930, Integrated: 4442, Subaddress: 5850},
	Stagenet: {Standard: 4888, Integrated: 5272, Subaddress: 5656},
}

// An Address is what the text of an Oxen address says. Holders are told apart by Spend alone: two
// addresses with one spend key are one account, since a message signature binds nothing else.
type Address struct {
	Network   Network
	Kind      Kind
	Spend     PublicKey
	View      PublicKey
	PaymentID [8]byte // zero unless Integrated
}

const (
	maxAddressText  = 128 // characters; the longest address has 109
	maxAddressBytes = maxAddressText/fullBlockText*fullBlock + fullBlock
	checksumSize    = 4
)

// ParseAddress reads an address of any network. It accepts only the one text that String gives for
// the result, and only keys that PublicKey.Check accepts. Reasons: those of DecodeAddress and of
// PublicKey.Check.
func ParseAddress(text string) (Address, error) {
	a, err := DecodeAddress(text)
	if err != nil {
		return Address{}, err
	}
	if err := a.CheckKeys(); err != nil {
		return Address{}, err
	}
	return a, nil
}

// DecodeAddress is ParseAddress without the check of the keys, forty times faster. It is for
// addresses that a daemon lists: oxend takes any point of the curve for a key, even the identity,
// and one such address must not keep us from reading the list. Its account can never claim, as
// Verify checks the key. Reasons: those of DecodeBase58, ErrTooLong, ErrTooShort, ErrChecksum,
// ErrVarint, ErrPrefix, ErrTrailing.
func DecodeAddress(text string) (a Address, err error) {
	if len(text) > maxAddressText {
		return a, refuse("address", ErrTooLong)
	}
	data, err := appendBase58Decoded(make([]byte, 0, maxAddressBytes), text)
	if err != nil {
		return a, renamed("address", err)
	}
	if len(data) <= checksumSize {
		return a, refuse("address", ErrTooShort)
	}
	body, checksum := data[:len(data)-checksumSize], data[len(data)-checksumSize:]
	if addressChecksum(body) != [checksumSize]byte(checksum) {
		return a, refuse("address", ErrChecksum)
	}
	prefix, n := readVarint(body)
	if n == 0 {
		return a, refuse("address", ErrVarint)
	}
	var known bool
	if a.Network, a.Kind, known = prefixMeaning(prefix); !known {
		return Address{}, &Error{What: "address", Reason: ErrPrefix, Where: strconv.FormatUint(prefix, 10)}
	}
	rest := body[n:]
	for _, part := range [][]byte{a.Spend[:], a.View[:], a.paymentID()} {
		if len(rest) < len(part) {
			return Address{}, refuse("address", ErrTooShort)
		}
		copy(part, rest)
		rest = rest[len(part):]
	}
	if len(rest) > 0 {
		return Address{}, refuse("address", ErrTrailing)
	}
	return a, nil
}

// paymentID is the part of a that only an integrated address has.
func (a *Address) paymentID() []byte {
	if a.Kind != Integrated {
		return nil
	}
	return a.PaymentID[:]
}

// CheckKeys accepts only keys that PublicKey.Check accepts, and says whether it is the spend or the
// view key that it refuses.
func (a Address) CheckKeys() error {
	if _, err := a.Spend.point("spend key"); err != nil {
		return err
	}
	_, err := a.View.point("view key")
	return err
}

// CheckNetwork refuses, with ErrOtherNetwork, an address whose prefix is not one of n's. That it is
// proves nothing: Mainnet and Fakechain share theirs.
func (a Address) CheckNetwork(n Network) error {
	if a.Network.addressNetwork() != n.addressNetwork() {
		return &Error{What: "address", Reason: ErrOtherNetwork, Where: a.Network.String()}
	}
	return nil
}

// Standard gives the standard address that an integrated address contains, and every other address
// unchanged.
func (a Address) Standard() Address {
	if a.Kind == Integrated {
		a.Kind = Standard
		a.PaymentID = [8]byte{}
	}
	return a
}

// String gives the address as wallets show it, and "" for an Address without network or kind.
func (a Address) String() string {
	text, _ := a.MarshalText()
	return string(text)
}

// MarshalText is String; an Address without network or kind is an error (ErrAddressFields).
func (a Address) MarshalText() ([]byte, error) {
	network := a.Network.addressNetwork()
	if network < Mainnet || network > Stagenet || a.Kind < Standard || a.Kind > Subaddress {
		return nil, refuse("address", ErrAddressFields)
	}
	body := make([]byte, 0, maxAddressBytes)
	body = binary.AppendUvarint(body, addressPrefixes[network][a.Kind])
	body = append(body, a.Spend[:]...)
	body = append(body, a.View[:]...)
	body = append(body, a.paymentID()...)
	checksum := addressChecksum(body)
	return appendBase58(make([]byte, 0, maxAddressText), append(body, checksum[:]...)), nil
}

// UnmarshalText is ParseAddress.
func (a *Address) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAddress(string(text))
	return err
}

func addressChecksum(body []byte) [checksumSize]byte {
	sum := Keccak256(body)
	return [checksumSize]byte(sum[:])
}

func prefixMeaning(prefix uint64) (Network, Kind, bool) {
	for n := Mainnet; n <= Stagenet; n++ {
		for k := Standard; k <= Subaddress; k++ {
			if addressPrefixes[n][k] == prefix {
				return n, k, true
			}
		}
	}
	return 0, 0, false
}
