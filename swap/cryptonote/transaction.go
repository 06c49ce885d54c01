package cryptonote

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// A TxID is the hash of a transaction. Its text is 64 lower-case hex digits.
type TxID [32]byte

// ParseTxID reads 64 lower-case hex digits.
func ParseTxID(text string) (TxID, error) {
	b, err := parseHex32("transaction id", text)
	return TxID(b), err
}

// String gives the 64 hex digits.
func (id TxID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText gives the 64 hex digits.
func (id TxID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is ParseTxID.
func (id *TxID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseTxID(string(text))
	return err
}

// A TxType says what a transaction does. Up to version 3 all are TxStandard or TxStateChange.
type TxType uint8

// The types of oxen-core's txtype.
const (
	TxStandard TxType = iota
	TxStateChange
	TxKeyImageUnlock
	TxStake
	TxNameSystem
)

var txTypeNames = [...]string{"standard", "state_change", "key_image_unlock", "stake", "oxen_name_system"}

// String gives the name that oxend prints.
func (t TxType) String() string {
	if int(t) >= len(txTypeNames) {
		return "type " + strconv.Itoa(int(t))
	}
	return txTypeNames[t]
}

// A RingCTType says how a transaction hides its amounts.
type RingCTType uint8

// The types of oxen-core's RCTType.
const (
	RingCTNull RingCTType = iota // amounts are clear
	RingCTFull
	RingCTSimple
	RingCTBulletproof
	RingCTBulletproof2
	RingCTCLSAG
)

// shortAmounts reports whether the amounts of t are 8 bytes, without masks.
func (t RingCTType) shortAmounts() bool { return t == RingCTBulletproof2 || t == RingCTCLSAG }

// A Transaction is what the bytes of an Oxen transaction say (grammar: package comment). Nothing
// about it is checked but its form; its Hash says whether it is the transaction that one means. Its
// slices share the bytes that it was parsed from.
type Transaction struct {
	Version     uint64 // 1 to 4
	Type        TxType
	UnlockTimes []uint64 // of each output, from version 3 on
	UnlockTime  uint64
	Inputs      []TxInput
	Outputs     []TxOutput
	Extra       []byte

	RingCT   RingCTType
	Fee      uint64 // atomic OXEN; 0 if RingCTNull
	pseudo   []byte // 32 bytes an input, if RingCTSimple
	hidden   []byte // amounts, 8 or 64 bytes an output
	commits  []byte // 32 bytes an output
	prunable []byte // signatures and range proofs; nil if Pruned

	Pruned       bool
	PrunableHash [32]byte // Keccak-256 of the prunable part, as a daemon gives it with a pruned transaction
}

// A TxInput is an input: new coins of a block, or the spending of an output.
type TxInput struct {
	Miner    bool
	Height   uint64 // of the block, if Miner
	Amount   uint64 // atomic OXEN; 0 where hidden
	offsets  []byte // varints as they stand
	KeyImage KeyImage
}

// A TxOutput is a to-key output: the only kind that Oxen has.
type TxOutput struct {
	Amount uint64 // atomic OXEN; 0 where hidden
	Key    PublicKey
}

const (
	maxTransaction = 1 << 20 // bytes; oxen-core's CRYPTONOTE_MAX_TX_SIZE is 1,000,000
	tagMinerInput  = 0xff
	tagKey         = 0x02 // of inputs and outputs

	// The least bytes of an input that spends and of an output.
	minKeyInput = 1 + 1 + 1 + 32
	minOutput   = 1 + 1 + 32
)

// ParseTransaction reads a whole transaction of version 1 to 4. It takes time linear in the length
// and memory of less than three times the length; above 1 MiB it refuses. What it reads,
// MarshalBinary gives again. Reasons: ErrTxSize, ErrCutOff, ErrNumber, ErrTxVersion, ErrTxType,
// ErrTxInput, ErrTxOutput, ErrTxUnlockTimes, ErrRingCT, ErrTrailing.
func ParseTransaction(blob []byte) (*Transaction, error) {
	return parseTransaction(blob, false, [32]byte{})
}

// ParsePrunedTransaction is ParseTransaction for the pruned form, prefix and RingCT base, to which
// a daemon gives the hash of what is left out. Of version 1, only transactions without signatures
// have one: its hash takes all bytes (ErrPruned).
func ParsePrunedTransaction(blob []byte, prunableHash [32]byte) (*Transaction, error) {
	return parseTransaction(blob, true, prunableHash)
}

func parseTransaction(blob []byte, pruned bool, prunableHash [32]byte) (*Transaction, error) {
	if len(blob) > maxTransaction {
		return nil, refuse("transaction", ErrTxSize)
	}
	r := reader{what: "transaction", rest: blob}
	t := &Transaction{Pruned: pruned, PrunableHash: prunableHash}
	t.readPrefix(&r)
	if r.err == nil && t.Version >= 2 && len(t.Inputs) > 0 {
		t.readBase(&r)
	}
	if r.err == nil {
		t.readPrunable(&r)
	}
	if r.err != nil {
		return nil, r.err
	}
	return t, nil
}

func (t *Transaction) readPrefix(r *reader) {
	t.Version = r.varint()
	if r.err == nil && (t.Version < 1 || t.Version > 4) {
		r.fail(ErrTxVersion)
	}
	if t.Version >= 3 {
		// There is one for each output, and the outputs are still to come.
		if n := r.count(1 + minOutput); n > 0 {
			t.UnlockTimes = make([]uint64, n)
		}
		for i := range t.UnlockTimes {
			t.UnlockTimes[i] = r.varint()
		}
		if t.Version == 3 {
			change := r.byte()
			if change > 1 {
				r.fail(ErrTxType)
			}
			t.Type = TxType(change)
		}
	}
	t.UnlockTime = r.varint()
	t.readInputs(r)
	if n := r.count(minOutput); n > 0 {
		t.Outputs = make([]TxOutput, n)
	}
	for i := range t.Outputs {
		t.Outputs[i].Amount = r.varint()
		if tag := r.byte(); tag != tagKey {
			r.fail(ErrTxOutput)
		}
		r.copy(t.Outputs[i].Key[:])
	}
	if t.Version >= 3 && len(t.UnlockTimes) != len(t.Outputs) {
		r.fail(ErrTxUnlockTimes)
	}
	t.Extra = r.take(r.count(1))
	if t.Version >= 4 {
		kind := r.varint()
		if kind > uint64(TxNameSystem) {
			r.fail(ErrTxType)
		}
		t.Type = TxType(kind)
	}
}

// readInputs takes a miner's input only where it is the only one, as every block has it: so each
// further input has at least minKeyInput bytes.
func (t *Transaction) readInputs(r *reader) {
	n := r.count(2)
	if n > 1 && n > len(r.rest)/minKeyInput {
		r.fail(ErrCutOff)
	}
	if r.err != nil || n == 0 {
		return
	}
	t.Inputs = make([]TxInput, n)
	for i := range t.Inputs {
		in := &t.Inputs[i]
		switch tag := r.byte(); {
		case tag == tagMinerInput && n == 1:
			in.Miner = true
			in.Height = r.varint()
		case tag == tagKey:
			in.Amount = r.varint()
			n := r.count(1)
			offsets := r.rest
			for range n {
				r.varint()
			}
			if r.err == nil {
				in.offsets = offsets[:len(offsets)-len(r.rest)]
			}
			r.copy(in.KeyImage[:])
		default:
			r.fail(ErrTxInput)
		}
		if r.err != nil {
			return
		}
	}
}

func (t *Transaction) readBase(r *reader) {
	kind := r.varint()
	if kind > uint64(RingCTCLSAG) {
		r.fail(ErrRingCT)
	}
	t.RingCT = RingCTType(kind)
	if r.err != nil || t.RingCT == RingCTNull {
		return
	}
	t.Fee = r.varint()
	if t.RingCT == RingCTSimple {
		t.pseudo = r.take(32 * len(t.Inputs))
	}
	t.hidden = r.take(t.hiddenSize() * len(t.Outputs))
	t.commits = r.take(32 * len(t.Outputs))
}

// hiddenSize is the length of a hidden amount.
func (t *Transaction) hiddenSize() int {
	if t.RingCT.shortAmounts() {
		return 8
	}
	return 64
}

func (t *Transaction) readPrunable(r *reader) {
	size := 0 // of the signatures of version 1
	if t.Version == 1 {
		for i := range t.Inputs {
			size += 64 * t.Inputs[i].RingSize()
		}
	}
	if !t.Pruned {
		switch {
		case t.Version == 1:
			t.prunable = r.take(size)
		case t.RingCT != RingCTNull:
			if len(r.rest) == 0 {
				r.fail(ErrCutOff) // or pruned, and its hash would be a wrong one
			}
			t.prunable = r.take(len(r.rest))
		}
	} else if size > 0 {
		r.fail(ErrPruned)
	}
	if r.err == nil && len(r.rest) > 0 {
		r.fail(ErrTrailing)
	}
}

// RingSize gives the number of outputs that the input's ring has: 0 for a miner's.
func (in *TxInput) RingSize() (n int) {
	for _, b := range in.offsets {
		if b < 0x80 { // the last byte of a varint
			n++
		}
	}
	return n
}

// MarshalBinary gives the bytes that the transaction was parsed from. It has no error.
func (t *Transaction) MarshalBinary() ([]byte, error) {
	b := t.appendPrefix(make([]byte, 0, t.size()+len(t.prunable)))
	if len(t.Inputs) > 0 {
		b = t.appendBase(b)
	}
	return append(b, t.prunable...), nil
}

// size is the length of prefix and base, or up to 200 bytes more.
func (t *Transaction) size() int {
	n := 8*10 + len(t.Extra) + len(t.pseudo) + len(t.hidden) + len(t.commits)
	for _, unlock := range t.UnlockTimes {
		n += varintSize(unlock)
	}
	for i := range t.Inputs {
		in := &t.Inputs[i]
		n += 1 + varintSize(in.Amount|in.Height) + varintSize(uint64(len(in.offsets))) + len(in.offsets) + 32
	}
	for i := range t.Outputs {
		n += varintSize(t.Outputs[i].Amount) + 1 + 32
	}
	return n
}

func (t *Transaction) appendPrefix(b []byte) []byte {
	b = binary.AppendUvarint(b, t.Version)
	if t.Version >= 3 {
		b = binary.AppendUvarint(b, uint64(len(t.UnlockTimes)))
		for _, unlock := range t.UnlockTimes {
			b = binary.AppendUvarint(b, unlock)
		}
		if t.Version == 3 {
			b = append(b, byte(t.Type))
		}
	}
	b = binary.AppendUvarint(b, t.UnlockTime)
	b = binary.AppendUvarint(b, uint64(len(t.Inputs)))
	for i := range t.Inputs {
		in := &t.Inputs[i]
		if in.Miner {
			b = binary.AppendUvarint(append(b, tagMinerInput), in.Height)
			continue
		}
		b = binary.AppendUvarint(append(b, tagKey), in.Amount)
		b = binary.AppendUvarint(b, uint64(in.RingSize()))
		b = append(b, in.offsets...)
		b = append(b, in.KeyImage[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Outputs)))
	for i := range t.Outputs {
		b = append(binary.AppendUvarint(b, t.Outputs[i].Amount), tagKey)
		b = append(b, t.Outputs[i].Key[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Extra)))
	b = append(b, t.Extra...)
	if t.Version >= 4 {
		b = binary.AppendUvarint(b, uint64(t.Type))
	}
	return b
}

// appendBase appends the RingCT base, of which version 1 has none.
func (t *Transaction) appendBase(b []byte) []byte {
	if t.Version < 2 {
		return b
	}
	b = append(b, byte(t.RingCT))
	if t.RingCT == RingCTNull {
		return b
	}
	b = binary.AppendUvarint(b, t.Fee)
	b = append(b, t.pseudo...)
	b = append(b, t.hidden...)
	return append(b, t.commits...)
}

// Hash gives the transaction's id (oxen-core get_transaction_hash and get_pruned_transaction_hash):
// of version 1 the Keccak-256 of all bytes, later that of the hashes of prefix, RingCT base and
// prunable part, the last being zeros where nothing is hidden. The base counts as one zero byte
// where the transaction has no inputs and so no base.
func (t *Transaction) Hash() TxID {
	b := t.appendPrefix(make([]byte, 0, t.size()))
	if t.Version == 1 {
		return TxID(Keccak256(b, t.prunable))
	}
	prefix := len(b)
	b = t.appendBase(b)
	var prunable [32]byte
	switch {
	case t.RingCT == RingCTNull:
	case t.Pruned:
		prunable = t.PrunableHash
	default:
		prunable = Keccak256(t.prunable)
	}
	prefixHash, baseHash := Keccak256(b[:prefix]), Keccak256(b[prefix:])
	return TxID(Keccak256(prefixHash[:], baseHash[:], prunable[:]))
}
