package contracts

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// ErrOtherCode says that code is not that of SessionTokenDistributor as compiled here.
var ErrOtherCode = errors.New("not the code of SessionTokenDistributor")

// MigrationID is the first 8 bytes of the SHA-256 of a migration's terms.
type MigrationID [8]byte

// String returns the id as 16 lower-case hex digits.
func (id MigrationID) String() string { return hex.EncodeToString(id[:]) }

// Immutables are the settings that a distributor carries in its code.
type Immutables struct {
	Token           common.Address
	ActivationDelay uint64 // seconds
	TermsCloseAt    uint64 // Unix seconds
	MigrationID     MigrationID
}

// words gives each immutable's value as the EVM stores it.
func (im Immutables) words() map[string][wordSize]byte {
	var token, delay, termsClose, id [wordSize]byte
	copy(token[wordSize-common.AddressLength:], im.Token[:])
	binary.BigEndian.PutUint64(delay[wordSize-8:], im.ActivationDelay)
	binary.BigEndian.PutUint64(termsClose[wordSize-8:], im.TermsCloseAt)
	copy(id[:], im.MigrationID[:]) // bytes8 is left-aligned
	return map[string][wordSize]byte{
		"token":           token,
		"activationDelay": delay,
		"termsCloseAt":    termsClose,
		"migrationId":     id,
	}
}

// DistributorCode returns the runtime code of a distributor with these immutables.
func DistributorCode(im Immutables) []byte {
	a := Distributor()
	code := bytes.Clone(a.Deployed)
	for name, word := range im.words() {
		for _, at := range a.immutables[name] {
			copy(code[at:], word[:])
		}
	}
	return code
}

// CodeHash returns the Keccak-256 of the runtime code of a distributor with these immutables, which
// is what EXTCODEHASH says of it.
func CodeHash(im Immutables) common.Hash {
	return crypto.Keccak256Hash(DistributorCode(im))
}

// ReadImmutables tells whether code is that of a distributor, and returns the settings in it. Every
// other byte must be as compiled; a value that no constructor can have set is refused too. Any
// difference is ErrOtherCode.
func ReadImmutables(code []byte) (Immutables, error) {
	a := Distributor()
	if len(code) != len(a.Deployed) {
		return Immutables{}, fmt.Errorf("%w: %d bytes instead of %d", ErrOtherCode, len(code), len(a.Deployed))
	}
	word := func(name string) []byte {
		at := a.immutables[name][0]
		return code[at : at+wordSize]
	}
	im := Immutables{
		Token:           common.BytesToAddress(word("token")),
		ActivationDelay: binary.BigEndian.Uint64(word("activationDelay")[wordSize-8:]),
		TermsCloseAt:    binary.BigEndian.Uint64(word("termsCloseAt")[wordSize-8:]),
		MigrationID:     MigrationID(word("migrationId")[:8]),
	}
	// Writing the values back also finds places that disagree and bits that no value of the type
	// sets.
	if want := DistributorCode(im); !bytes.Equal(code, want) {
		at := 0
		for code[at] == want[at] {
			at++
		}
		return Immutables{}, fmt.Errorf("%w: first difference at byte %d", ErrOtherCode, at)
	}
	return im, nil
}
