package cryptonote

import (
	"encoding/binary"
	"math/bits"
)

const (
	proofMagic      = "ReserveProofV1"
	maxProofText    = 8 << 20 // characters
	maxProofOutputs = 20_000
	maxProofKeys    = maxProofOutputs + 1 // one an output, and the main address's

	archiveHeader = "\x01\x16serialization::archive\x00\x80"
	archiveClass  = "\x00\x00"

	// Bytes of an output of the archive with index 0, and of a spend key.
	archiveOutput = 34 + 1 + 34 + 34 + 66 + 66
	archiveKey    = 34 + 66
)

// A ReserveOutput is what a reserve proof says about one output.
type ReserveOutput struct {
	TxID            TxID
	Index           uint64 // of the output in its transaction
	SharedSecret    PublicKey
	KeyImage        KeyImage
	SharedSecretSig Signature
	KeyImageSig     Signature
}

// A SpendKeySignature is the signature of a reserve proof by one spend key: the main address's or a
// subaddress's.
type SpendKeySignature struct {
	Key       PublicKey
	Signature Signature
}

// A ReserveProof is what an Oxen wallet shows of the coins it has, in the wallet's order. Nothing
// about it is checked but its form: Verify does.
type ReserveProof struct {
	Outputs   []ReserveOutput
	SpendKeys []SpendKeySignature
}

// ParseReserveProof reads the text of a reserve proof as wallets give it, without spaces around it.
// It takes time and memory linear in the length and nothing for text above 8 MiB. Reasons:
// ErrTooLong, ErrProofMagic, those of DecodeBase58 and of DecodeReserveProof.
func ParseReserveProof(text string) (*ReserveProof, error) {
	if len(text) > maxProofText {
		return nil, refuse("reserve proof", ErrTooLong)
	}
	if len(text) < len(proofMagic) || text[:len(proofMagic)] != proofMagic {
		return nil, refuse("reserve proof", ErrProofMagic)
	}
	archive, err := DecodeBase58(text[len(proofMagic):])
	if err != nil {
		return nil, renamed("reserve proof", err)
	}
	return DecodeReserveProof(archive)
}

// DecodeReserveProof reads the archive of a reserve proof. It accepts 1 to 20,000 outputs and 1 to
// 20,001 spend keys, each key once. Reasons: ErrArchive, ErrCutOff, ErrNumber, ErrNoOutputs,
// ErrTooManyOutputs, ErrTooManyKeys, ErrRepeatedKey, ErrTrailing.
func DecodeReserveProof(archive []byte) (*ReserveProof, error) {
	r := reader{what: "reserve proof", rest: archive}
	r.expect(archiveHeader + archiveClass)
	n := r.integer()
	if r.err == nil && n == 0 {
		r.fail(ErrNoOutputs)
	}
	if n > maxProofOutputs {
		r.fail(ErrTooManyOutputs)
	}
	if n > uint64(len(r.rest)/archiveOutput) {
		r.fail(ErrCutOff)
	}
	r.expect("\x00" + archiveClass + archiveClass)
	if r.err != nil {
		return nil, r.err
	}
	p := &ReserveProof{Outputs: make([]ReserveOutput, n)}
	class := archiveClass
	for i := range p.Outputs {
		o := &p.Outputs[i]
		r.blob(o.TxID[:])
		o.Index = r.integer()
		r.expect(class)
		r.blob(o.SharedSecret[:])
		r.expect(class)
		r.blob(o.KeyImage[:])
		r.expect(class)
		r.blob(o.SharedSecretSig[:])
		r.blob(o.KeyImageSig[:])
		if class = ""; r.err != nil {
			return nil, r.err
		}
	}

	r.expect(archiveClass)
	n = r.integer()
	if n > maxProofKeys {
		r.fail(ErrTooManyKeys)
	}
	if n > uint64(len(r.rest)/archiveKey) {
		r.fail(ErrCutOff)
	}
	if r.err != nil {
		return nil, r.err
	}
	p.SpendKeys = make([]SpendKeySignature, n)
	for i := range p.SpendKeys {
		r.blob(p.SpendKeys[i].Key[:])
		r.blob(p.SpendKeys[i].Signature[:])
	}
	if r.err == nil && len(r.rest) > 0 {
		r.fail(ErrTrailing)
	}
	if r.err != nil {
		return nil, r.err
	}
	if err := p.checkForm(); err != nil {
		return nil, err
	}
	return p, nil
}

// checkForm refuses what no archive can be read from.
func (p *ReserveProof) checkForm() error {
	switch {
	case len(p.Outputs) == 0:
		return refuse("reserve proof", ErrNoOutputs)
	case len(p.Outputs) > maxProofOutputs:
		return refuse("reserve proof", ErrTooManyOutputs)
	case len(p.SpendKeys) > maxProofKeys:
		return refuse("reserve proof", ErrTooManyKeys)
	}
	for i := range p.Outputs {
		if p.Outputs[i].Index >= 1<<63 {
			return refuse("reserve proof", ErrNumber)
		}
	}
	seen := make(map[PublicKey]bool, len(p.SpendKeys))
	for i := range p.SpendKeys {
		if seen[p.SpendKeys[i].Key] {
			return refuse("reserve proof", ErrRepeatedKey)
		}
		seen[p.SpendKeys[i].Key] = true
	}
	return nil
}

// MarshalBinary gives the archive, which DecodeReserveProof reads. A proof that could not be read
// again is an error, with its reasons.
func (p *ReserveProof) MarshalBinary() ([]byte, error) {
	if err := p.checkForm(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 64+len(p.Outputs)*(archiveOutput+8)+len(p.SpendKeys)*archiveKey)
	b = append(b, archiveHeader+archiveClass...)
	b = append(appendInteger(b, uint64(len(p.Outputs))), "\x00"+archiveClass+archiveClass...)
	class := archiveClass
	for i := range p.Outputs {
		o := &p.Outputs[i]
		b = appendBlob(b, o.TxID[:])
		b = appendInteger(b, o.Index)
		b = appendBlob(append(b, class...), o.SharedSecret[:])
		b = appendBlob(append(b, class...), o.KeyImage[:])
		b = appendBlob(append(b, class...), o.SharedSecretSig[:])
		b = appendBlob(b, o.KeyImageSig[:])
		class = ""
	}
	b = appendInteger(append(b, archiveClass...), uint64(len(p.SpendKeys)))
	for i := range p.SpendKeys {
		b = appendBlob(b, p.SpendKeys[i].Key[:])
		b = appendBlob(b, p.SpendKeys[i].Signature[:])
	}
	return b, nil
}

// UnmarshalBinary is DecodeReserveProof.
func (p *ReserveProof) UnmarshalBinary(archive []byte) error {
	read, err := DecodeReserveProof(archive)
	if err == nil {
		*p = *read
	}
	return err
}

// MarshalText gives the proof's text, which ParseReserveProof reads. Its errors are
// MarshalBinary's.
func (p *ReserveProof) MarshalText() ([]byte, error) {
	archive, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, len(proofMagic)+base58TextLen(len(archive)))
	return appendBase58(append(text, proofMagic...), archive), nil
}

// UnmarshalText is ParseReserveProof.
func (p *ReserveProof) UnmarshalText(text []byte) error {
	read, err := ParseReserveProof(string(text))
	if err == nil {
		*p = *read
	}
	return err
}

// String gives the proof's text, and "" for one that has none.
func (p *ReserveProof) String() string {
	text, _ := p.MarshalText()
	return string(text)
}

// expect takes exactly those bytes.
func (r *reader) expect(want string) {
	if got := r.take(len(want)); r.err == nil && string(got) != want {
		r.fail(ErrArchive)
	}
}

// integer reads an integer of the archive.
func (r *reader) integer() (v uint64) {
	size := int(r.byte())
	if size == 0 {
		return 0
	}
	if size > 8 { // also the negative ones
		r.fail(ErrNumber)
		return 0
	}
	var b [8]byte
	r.copy(b[:size])
	if r.err == nil && (b[size-1] == 0 || b[7] >= 0x80) {
		r.fail(ErrNumber)
		return 0
	}
	return binary.LittleEndian.Uint64(b[:])
}

// blob reads bytes of a fixed length, which come with their length.
func (r *reader) blob(into []byte) {
	head := r.take(2)
	if r.err == nil && (head[0] != 1 || int(head[1]) != len(into)) {
		r.fail(ErrArchive)
	}
	r.copy(into)
}

func appendInteger(b []byte, v uint64) []byte {
	size := (bits.Len64(v) + 7) / 8
	b = append(b, byte(size))
	for ; v > 0; v >>= 8 {
		b = append(b, byte(v))
	}
	return b
}

func appendBlob(b, data []byte) []byte {
	return append(append(b, 1, byte(len(data))), data...)
}
