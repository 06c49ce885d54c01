package wire

import "oxenswap/swap"

// CallBlock is the method that gives a block.
const CallBlock = "get_block"

// A Block is the answer of get_block: the block's bytes, and what the daemon says of them. Only
// whoever computes the id from the bytes knows that they are those of the header's hash.
type Block struct {
	Header Header
	Blob   []byte
}

// ParseBlock reads an answer of get_block for one height. A daemon that is asked without a height
// answers with another error, or with its genesis block.
func ParseBlock(body []byte) (Block, error) {
	var b Block
	err := parse(body, func(r *reader, name []byte) bool {
		switch string(name) {
		case "block_header":
			b.Header = r.header()
		case "blob":
			b.Blob = r.blob()
		default:
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return Block{}, err
	case b.Header.Hash == swap.Hash{}:
		return Block{}, missing("block_header.hash")
	case len(b.Blob) == 0:
		return Block{}, missing("blob")
	}
	return b, nil
}
