package cryptonote

import "errors"

// A Reason says why an address, key or signature was refused. Its text is stable and lower case,
// fit for tables, metrics and JSON. Every error of this package wraps one:
//
//	errors.Is(err, cryptonote.ErrChecksum)
//	cryptonote.ReasonOf(err)
type Reason string

// Error makes a Reason usable with errors.Is and errors.As.
func (r Reason) Error() string { return string(r) }

// Reasons of base58.
const (
	ErrAlphabet Reason = "character outside the base58 alphabet"
	ErrLength   Reason = "impossible base58 length"
	ErrOverflow Reason = "base58 block overflows"
)

// Reasons of addresses.
const (
	ErrTooLong       Reason = "too long"
	ErrTooShort      Reason = "too short"
	ErrChecksum      Reason = "bad checksum"
	ErrVarint        Reason = "prefix is not a canonical varint"
	ErrPrefix        Reason = "unknown prefix"
	ErrTrailing      Reason = "trailing bytes"
	ErrOtherNetwork  Reason = "address of another network"
	ErrNetworkName   Reason = "unknown network"
	ErrAddressFields Reason = "not an address that can be written"
)

// Reasons of points, keys and scalars.
const (
	ErrHex           Reason = "not 64 lower-case hex digits"
	ErrPointEncoding Reason = "not a canonical encoding of a point"
	ErrOffCurve      Reason = "not a point of the curve"
	ErrIdentity      Reason = "the identity point"
	ErrTorsion       Reason = "not a point of prime order"
	ErrSecret        Reason = "not a canonical secret scalar"
)

// Reasons of message signatures.
const (
	ErrMagic           Reason = "does not start with SigV1"
	ErrSignatureLength Reason = "not 64 bytes"
	ErrScalarC         Reason = "c is not a canonical scalar"
	ErrScalarR         Reason = "r is not a canonical scalar"
	ErrZeroC           Reason = "c is zero"
	ErrCommitment      Reason = "commitment is the identity"
	ErrMismatch        Reason = "signature does not match"
)

// Reasons of transactions.
const (
	ErrTxSize        Reason = "larger than a transaction can be"
	ErrCutOff        Reason = "cut off"
	ErrNumber        Reason = "a number is not in its shortest form"
	ErrTxVersion     Reason = "unknown transaction version"
	ErrTxType        Reason = "unknown transaction type"
	ErrTxInput       Reason = "unknown input"
	ErrTxOutput      Reason = "not a to-key output"
	ErrTxUnlockTimes Reason = "not one unlock time for each output"
	ErrRingCT        Reason = "unknown RingCT type"
	ErrPruned        Reason = "pruned of its signatures"
	ErrExtra         Reason = "unknown or malformed field"
)

// Reasons of blocks.
const (
	ErrBlockSize Reason = "larger than a block can be"
	ErrBlockFork Reason = "of a hard fork whose blocks are not known"
	ErrMinerTx   Reason = "not a miner's transaction"
)

// Reasons of staking transactions.
const (
	ErrNoNode        Reason = "names no service node"
	ErrNoContributor Reason = "names no contributor"
	ErrNoTxSecret    Reason = "does not reveal its secret key"
	ErrTxSecret      Reason = "its secret key is not a canonical scalar"
	ErrContributor   Reason = "the contributor's keys are not points of the curve"
)

// Reasons of reserve proofs, in the order of the checks.
const (
	ErrProofMagic      Reason = "does not start with ReserveProofV1"
	ErrArchive         Reason = "not the archive of a reserve proof"
	ErrNoOutputs       Reason = "no outputs"
	ErrTooManyOutputs  Reason = "too many outputs"
	ErrTooManyKeys     Reason = "too many spend keys"
	ErrRepeatedKey     Reason = "spend key listed twice"
	ErrSubaddress      Reason = "a subaddress"
	ErrDuplicateImage  Reason = "duplicate key image"
	ErrDuplicateOutput Reason = "duplicate output"
	ErrDuplicateKey    Reason = "duplicate one-time key"
	ErrUsed            Reason = "counted from an earlier proof"
	ErrTxMissing       Reason = "transaction not found"
	ErrTxHash          Reason = "transaction does not hash to its id"
	ErrInPool          Reason = "not in a block yet"
	ErrAfterSnapshot   Reason = "newer than the snapshot"
	ErrNoOutput        Reason = "transaction has no such output"
	ErrNoTxKey         Reason = "transaction has no usable public key"
	ErrTooManyTxKeys   Reason = "fits none of the transaction's first 16 public keys"
	ErrSharedSecret    Reason = "shared secret does not fit address, message and transaction"
	ErrKeyImage        Reason = "key image signature does not match"
	ErrNotOwned        Reason = "output belongs to no spend key of the proof"
	ErrClearAmount     Reason = "amount in clear where it must be hidden"
	ErrOpening         Reason = "commitment does not open to the amount"
	ErrZeroAmount      Reason = "amount is zero"
	ErrSpent           Reason = "spent"
	ErrSpentInPool     Reason = "spent in the pool"
	ErrStaked          Reason = "counted by the stake programme"
	ErrNoOwner         Reason = "address's spend key is not in the proof"
	ErrOwnerSignature  Reason = "address's spend key has not signed this message and these key images"
	ErrSum             Reason = "sum overflows"
)

// Advice says, in a few words, what the person who handed the thing in can do about it; it is empty
// for a text that is not one of this package's reasons.
func (r Reason) Advice() string {
	switch r {
	case ErrAlphabet, ErrLength, ErrOverflow, ErrTooLong, ErrTooShort, ErrChecksum:
		return "copy it again from the wallet, whole and without spaces"
	case ErrVarint, ErrPrefix:
		return "give an Oxen address as the wallet shows it"
	case ErrTrailing:
		return "give it as the wallet shows it, with nothing added"
	case ErrOtherNetwork:
		return "give an address of the network that this migration names"
	case ErrNetworkName:
		return "use mainnet, testnet, devnet, stagenet or fakechain"
	case ErrAddressFields:
		return "set a network and a kind"
	case ErrHex:
		return "give the 32 bytes as 64 lower-case hex digits"
	case ErrPointEncoding, ErrOffCurve, ErrIdentity, ErrTorsion:
		return "no wallet makes such a point; use what your own wallet shows"
	case ErrSecret:
		return "give the key as the wallet's `spendkey` command shows it"
	case ErrMagic, ErrSignatureLength:
		return "copy the whole line that follows \"Signature:\" in the wallet"
	case ErrScalarC, ErrScalarR, ErrZeroC, ErrCommitment:
		return "no wallet makes such a signature; sign the text again"
	case ErrMismatch:
		return "sign exactly this text, with the wallet of exactly this address"
	case ErrProofMagic, ErrArchive, ErrCutOff, ErrNumber:
		return "hand in the file that the wallet wrote, unchanged"
	case ErrTxSize, ErrTxVersion, ErrTxType, ErrTxInput, ErrTxOutput, ErrTxUnlockTimes, ErrRingCT, ErrPruned, ErrTxHash:
		return "ask another daemon for the transaction"
	case ErrBlockSize, ErrMinerTx:
		return "ask another daemon for the block"
	case ErrBlockFork:
		return "blocks up to hard fork 19 can be checked: use a release that knows later ones"
	case ErrNoNode, ErrNoContributor, ErrNoTxSecret, ErrTxSecret, ErrContributor:
		return "no stake counts that such a transaction makes"
	case ErrTxMissing:
		return "ask a daemon that is synchronised; if it has none either, make the proof again"
	case ErrNoOutputs, ErrTooManyOutputs, ErrTooManyKeys:
		return "make proofs of 1 to 20,000 outputs"
	case ErrSubaddress:
		return "give the wallet's main address: it proves the coins of its subaddresses too"
	case ErrRepeatedKey, ErrDuplicateImage, ErrDuplicateOutput, ErrDuplicateKey, ErrNoOutput, ErrNoTxKey, ErrKeyImage,
		ErrNotOwned, ErrClearAmount, ErrOpening, ErrNoOwner, ErrSum:
		return "no unaltered wallet makes such a proof; make it again with the stock one"
	case ErrSharedSecret, ErrOwnerSignature:
		return "make the proof with the wallet of this address, for exactly this message"
	case ErrTooManyTxKeys:
		return "send the coins to yourself, before the snapshot, and make the proof again"
	case ErrUsed, ErrStaked, ErrSpent, ErrSpentInPool, ErrAfterSnapshot, ErrZeroAmount:
		return "nothing needs to be done; the other outputs count"
	case ErrInPool:
		return "wait until it is in a block and make the proof again"
	}
	return ""
}

// An Error is a refusal: what was refused, why, and where in it.
type Error struct {
	What   string // "address", "spend key", "signature", ...
	Reason Reason
	Where  string // empty, or the place, such as "character 17"
}

// Error names what, why, where, and what to do next, on one line.
func (e *Error) Error() string {
	text := e.What + ": " + string(e.Reason)
	if e.Where != "" {
		text += " (" + e.Where + ")"
	}
	if advice := e.Reason.Advice(); advice != "" {
		text += ": " + advice
	}
	return text
}

// Unwrap gives the Reason.
func (e *Error) Unwrap() error { return e.Reason }

// ReasonOf gives the Reason that err wraps, or "" if there is none.
func ReasonOf(err error) Reason {
	var r Reason
	errors.As(err, &r)
	return r
}

func refuse(what string, r Reason) error { return &Error{What: what, Reason: r} }

// renamed gives the refusal err for another thing: the base58 of an address is refused as an
// address.
func renamed(what string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return &Error{What: what, Reason: e.Reason, Where: e.Where}
}
