package cryptonote

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"slices"
	"strconv"
)

// A BlockID is the hash that names a block. Its text is 64 lower-case hex digits.
type BlockID [32]byte

// ParseBlockID reads 64 lower-case hex digits.
func ParseBlockID(text string) (BlockID, error) {
	b, err := parseHex32("block id", text)
	return BlockID(b), err
}

// String gives the 64 hex digits.
func (id BlockID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText gives the 64 hex digits.
func (id BlockID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is ParseBlockID.
func (id *BlockID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseBlockID(string(text))
	return err
}

// A Block is what the bytes of a block say (grammar: package comment). Its ID binds the header, the
// miner transaction and the ids of the others: whoever trusts the id knows the block's contents. It
// binds nothing after these: no Pulse signatures, height, winner or reward; neither are signatures
// and proof of work checked.
type Block struct {
	Fork         uint64 // the hard fork by whose rules it was made: major version
	Minor        uint64 // the version that its maker votes for
	Timestamp    uint64 // Unix seconds, by its maker's clock
	Previous     BlockID
	Miner        *Transaction // version 1 to 4, with a miner's input and clear amounts
	Transactions []TxID       // the others, in the block's order

	header []byte // as it stands
	tail   []byte // what the id does not bind
}

const (
	// maxBlock holds 130,000 transaction ids; oxen-core's limits of weight let some thousand into a
	// block.
	maxBlock = 4 << 20

	// The hard forks whose blocks have this form: 20 adds fields to the header, 21 drops the miner
	// transaction.
	lastBlockFork   = 19
	pulseBlockFork  = 16 // Pulse header and signatures
	rewardBlockFork = 19 // height, winner and reward

	pulseHeader    = 16 + 1 + 2 // random value, round, validators
	pulseSignature = 2 + 64     // voter, signature
)

// ParseBlock reads a block of the hard forks up to 19, as a daemon's get_block gives it. It takes
// time and memory linear in the length; above 4 MiB it refuses. Reasons: ErrBlockSize,
// ErrBlockFork, ErrMinerTx, ErrCutOff, ErrNumber, ErrTrailing, those of ParseTransaction.
func ParseBlock(blob []byte) (*Block, error) {
	if len(blob) > maxBlock {
		return nil, refuse("block", ErrBlockSize)
	}
	r := reader{what: "block", rest: blob}
	b := new(Block)
	if b.Fork = r.varint(); b.Fork > lastBlockFork {
		return nil, &Error{What: "block", Reason: ErrBlockFork, Where: "hard fork " + strconv.FormatUint(b.Fork, 10)}
	}
	b.Minor = r.varint()
	b.Timestamp = r.varint()
	r.copy(b.Previous[:])
	r.take(4) // nonce
	if b.Fork >= pulseBlockFork {
		r.take(pulseHeader)
	}
	b.header = blob[:len(blob)-len(r.rest)]
	b.Miner = readMiner(&r)
	if n := r.count(32); n > 0 {
		b.Transactions = make([]TxID, n)
	}
	for i := range b.Transactions {
		r.copy(b.Transactions[i][:])
	}
	b.tail = r.rest
	if b.Fork >= pulseBlockFork {
		r.take(pulseSignature * r.count(pulseSignature))
	}
	if b.Fork >= rewardBlockFork {
		r.varint() // height
		r.take(32) // winner
		r.take(8)  // reward
	}
	if r.err == nil && len(r.rest) > 0 {
		r.fail(ErrTrailing)
	}
	if r.err != nil {
		return nil, r.err
	}
	return b, nil
}

// readMiner reads the transaction that a block contains whole. Its amounts are clear, so that it
// has no prunable part and its end is known.
func readMiner(r *reader) *Transaction {
	t := new(Transaction)
	t.readPrefix(r)
	if r.err == nil && (len(t.Inputs) != 1 || !t.Inputs[0].Miner) {
		r.fail(ErrMinerTx)
	}
	if r.err == nil && t.Version >= 2 {
		t.readBase(r)
	}
	if r.err == nil && t.RingCT != RingCTNull {
		r.fail(ErrMinerTx)
	}
	return t
}

// Height gives the block's height, which its miner transaction names.
func (b *Block) Height() uint64 { return b.Miner.Inputs[0].Height }

// MarshalBinary gives the bytes that the block was parsed from. It has no error.
func (b *Block) MarshalBinary() ([]byte, error) {
	miner, _ := b.Miner.MarshalBinary()
	out := slices.Concat(b.header, miner)
	out = binary.AppendUvarint(out, uint64(len(b.Transactions)))
	for i := range b.Transactions {
		out = append(out, b.Transactions[i][:]...)
	}
	return append(out, b.tail...), nil
}

// ID gives the hash that names the block (oxen-core get_block_hash): Keccak-256 of the length, as a
// varint, and the bytes of the header, the root of the tree over the miner transaction's hash and
// the other ids, and the number of these hashes. Only a caller who got the id elsewhere learns
// something by it.
func (b *Block) ID() BlockID {
	hashes := make([][32]byte, 0, 1+len(b.Transactions))
	hashes = append(hashes, b.Miner.Hash())
	for _, id := range b.Transactions {
		hashes = append(hashes, id)
	}
	n := uint64(len(hashes))
	root := treeHash(hashes)
	var size [binary.MaxVarintLen64]byte
	body := binary.AppendUvarint(slices.Concat(b.header, root[:]), n)
	return BlockID(Keccak256(binary.AppendUvarint(size[:0], uint64(len(body))), body))
}

// Contains reports whether the block has the transaction: its miner's or another.
func (b *Block) Contains(id TxID) bool {
	return slices.Contains(b.Transactions, id) || b.Miner.Hash() == id
}

// treeHash is oxen-core's tree_hash of one hash or more, which it overwrites. All leaves but the
// last ones are left alone until as many nodes are left as the largest power of 2 below their
// number.
func treeHash(hashes [][32]byte) [32]byte {
	pair := func(into, from int) { hashes[into] = Keccak256(hashes[from][:], hashes[from+1][:]) }
	n := len(hashes)
	if n == 1 {
		return hashes[0]
	}
	half := 1 << (bits.Len(uint(n-1)) - 1)
	for i, j := 2*half-n, 2*half-n; i < half; i, j = i+1, j+2 {
		pair(i, j)
	}
	for n = half; n > 1; n /= 2 {
		for i := range n / 2 {
			pair(i, 2*i)
		}
	}
	return hashes[0]
}
