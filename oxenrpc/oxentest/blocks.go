package oxentest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap/cryptonote"
)

// blockFork is the hard fork of blocks that are made here.
const blockFork = 19

// mine puts a transaction into the block of a height. The order in which transactions were recorded
// decides nothing.
func (s *State) mine(height uint64, hash string) {
	list := s.mined[height]
	at, there := slices.BinarySearch(list, hash)
	if !there {
		s.mined[height] = slices.Insert(list, at, hash)
	}
}

// makeBlock makes the block of a height that was not recorded, around the transactions that were
// recorded as being in it: block and header bind them as real ones do, and nothing else of them is
// real.
func (s *State) makeBlock(height uint64) (blob, header json.RawMessage) {
	ids := make([]cryptonote.TxID, len(s.mined[height]))
	for i, hash := range s.mined[height] {
		if _, err := hex.Decode(ids[i][:], []byte(hash)); err != nil {
			panic("oxentest: a recorded transaction has the hash " + hash)
		}
	}
	b, err := cryptonote.NewBlock(blockFork, height, 1_700_000_000+120*height, cryptonote.BlockID{}, ids)
	if err != nil {
		panic("oxentest: making a block: " + err.Error())
	}
	data, _ := b.MarshalBinary()
	return encode(hex.EncodeToString(data)), encode(map[string]any{
		"height": height, "hash": b.ID(), "prev_hash": b.Previous, "major_version": b.Fork, "timestamp": b.Timestamp,
		"orphan_status": false, "depth": s.Height() - height, "num_txes": len(ids),
	})
}

// block answers get_block: as it was recorded, or with the block that is made for the height and its
// header. If the header of that height was recorded without its block, get_block_header_by_height
// names another one: no recorded transaction is in such a block.
func (s *State) block(height json.RawMessage) (json.RawMessage, *rpcFailure) {
	n, err := strconv.ParseUint(string(height), 10, 64)
	if err != nil {
		return nil, &rpcFailure{-32603, "neither a height nor a hash"}
	}
	if n > s.Height() {
		return nil, &rpcFailure{wire.CodeTooBigHeight, fmt.Sprintf("Requested block height: %d greater than current top block height: %d", n, s.Height())}
	}
	if recorded, ok := s.anything[callKey(wire.CallBlock, encode(map[string]uint64{"height": n}))]; ok {
		return recorded, nil
	}
	blob, header := s.makeBlock(n)
	return encode(object{"blob": blob, "block_header": header, "json": json.RawMessage(`"{}"`), "status": json.RawMessage(`"OK"`), "untrusted": json.RawMessage("false")}), nil
}
