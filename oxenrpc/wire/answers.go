package wire

import (
	"fmt"

	"oxenswap/swap"
)

// Bounds of lists: several times what the network holds or the daemon allows.
const (
	maxNodes        = 20_000
	maxContributors = 100 // of a node; 10 since hard fork 19
	maxLocked       = 10_000
	maxRewards      = 2_000_000
	maxBlacklist    = 200_000
	maxTransactions = 10_000
	maxKeyImages    = 100_000
	maxCheckpoints  = 10_000
)

// Info is the answer of get_info, as far as it is used.
type Info struct {
	Network       string    // nettype: mainnet, testnet, devnet, stagenet or fakechain
	Version       string    // such as "10.6.0-99f5d6e17"; over public RPC only "10"
	Count         uint64    // height: the number of blocks, one more than the height of the top block
	TopHash       swap.Hash // of the top block
	TargetCount   uint64    // target_height: the number of blocks that the network has, 0 if unknown
	Immutable     uint64    // immutable_height: height of the newest block that cannot be reorganised, 0 if none
	ImmutableHash swap.Hash
	HardFork      uint64 // of the block that comes next
}

// Top is the height of the top block.
func (i Info) Top() uint64 { return i.Count - 1 }

// Synchronised fails with ErrBusy when the network is known to be ahead of the daemon.
func (i Info) Synchronised() error {
	if i.TargetCount > i.Count {
		return fmt.Errorf("%w: it has %d blocks of %d", ErrBusy, i.Count, i.TargetCount)
	}
	return nil
}

// ParseInfo reads an answer of get_info.
func ParseInfo(body []byte) (Info, error) {
	var i Info
	err := parse(body, func(r *reader, name []byte) bool {
		switch string(name) {
		case "nettype":
			i.Network = r.word()
		case "version":
			i.Version = r.word()
		case "height":
			i.Count = r.integer()
		case "top_block_hash":
			i.TopHash = r.hash()
		case "target_height":
			i.TargetCount = r.integer()
		case "immutable_height":
			i.Immutable = r.integer()
		case "immutable_block_hash":
			i.ImmutableHash = r.optionalHash()
		case "hard_fork":
			i.HardFork = r.integer()
		default:
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return Info{}, err
	case i.Count == 0:
		return Info{}, missing("height")
	case i.TopHash.IsZero():
		return Info{}, missing("top_block_hash")
	case i.Network == "":
		return Info{}, missing("nettype")
	case i.HardFork == 0:
		return Info{}, missing("hard_fork")
	case i.Immutable > i.Top():
		return Info{}, &FormatError{Where: "result.immutable_height", Problem: fmt.Sprintf("%d is above the top block %d", i.Immutable, i.Top())}
	}
	return i, nil
}

func missing(field string) error {
	return &FormatError{Where: "result." + field, Problem: "missing"}
}

// Header is a block header, as far as it is used.
type Header struct {
	Height    uint64
	Hash      swap.Hash
	PrevHash  swap.Hash
	HardFork  uint64 // major_version
	Timestamp uint64 // Unix seconds
}

// ParseHeader reads an answer of get_block_header_by_height for one height, or of
// get_last_block_header. A daemon that is asked without a height answers without a header, which is
// refused.
func ParseHeader(body []byte) (Header, error) {
	var h Header
	found := false
	err := parse(body, func(r *reader, name []byte) bool {
		if string(name) != "block_header" {
			return false
		}
		found = true
		h = r.header()
		return true
	})
	switch {
	case err != nil:
		return Header{}, err
	case !found:
		return Header{}, missing("block_header")
	case h.Hash.IsZero():
		return Header{}, missing("block_header.hash")
	}
	return h, nil
}

func (r *reader) header() Header {
	var h Header
	r.object(func(name []byte) bool {
		switch string(name) {
		case "height":
			h.Height = r.integer()
		case "hash":
			h.Hash = r.hash()
		case "prev_hash":
			h.PrevHash = r.hash()
		case "major_version":
			h.HardFork = r.integer()
		case "timestamp":
			h.Timestamp = r.integer()
		case "orphan_status":
			if r.boolean() {
				r.fail("the block is not in the main chain")
			}
		default:
			return false
		}
		return true
	})
	return h
}

// ServiceNodes is the answer of get_service_nodes: the nodes at the daemon's tip, in the daemon's
// order, which is random.
type ServiceNodes struct {
	Height      uint64 // of the top block
	BlockHash   swap.Hash
	HardFork    uint64 // of the top block
	TargetCount uint64 // as in Info
	Unchanged   bool   // answer to poll_block_hash: the tip is still that block, and no nodes are listed
	Nodes       []swap.Node
}

// ParseServiceNodes reads an answer of get_service_nodes that was asked for every field (no
// "fields" in the request). Addresses are texts here; Observation checks them.
func ParseServiceNodes(body []byte) (ServiceNodes, error) {
	var s ServiceNodes
	names := make(interner)
	err := parse(body, func(r *reader, name []byte) bool {
		switch string(name) {
		case "height":
			s.Height = r.integer()
		case "block_hash":
			s.BlockHash = r.hash()
		case "hardfork":
			s.HardFork = r.integer()
		case "target_height":
			s.TargetCount = r.integer()
		case "unchanged":
			s.Unchanged = r.boolean()
		case "service_node_states":
			r.array(maxNodes, func(int) { s.Nodes = append(s.Nodes, r.node(names)) })
		default:
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return ServiceNodes{}, err
	case s.BlockHash.IsZero():
		return ServiceNodes{}, missing("block_hash")
	case s.HardFork == 0:
		return ServiceNodes{}, missing("hardfork")
	case s.Unchanged && len(s.Nodes) > 0:
		return ServiceNodes{}, &FormatError{Where: "result.unchanged", Problem: "true, and service nodes are listed"}
	}
	return s, nil
}

func (r *reader) node(names interner) swap.Node {
	var n swap.Node
	r.object(func(name []byte) bool {
		switch string(name) {
		case "service_node_pubkey":
			n.Key = r.hash()
		case "registration_height":
			n.RegistrationHeight = r.integer()
		case "operator_address":
			n.Operator = r.address(names)
		case "funded":
			n.Funded = r.boolean()
		case "active":
			n.Active = r.boolean()
		case "staking_requirement":
			n.StakingRequirement = r.amount()
		case "requested_unlock_height":
			n.RequestedUnlockHeight = r.integer()
		case "contributors":
			r.array(maxContributors, func(int) { n.Contributors = append(n.Contributors, r.contributor(names)) })
		default:
			return false
		}
		return true
	})
	switch {
	case r.err != nil:
	case n.Key.IsZero():
		r.fail("service_node_pubkey is missing")
	case n.Operator == "":
		r.fail("operator_address is missing")
	}
	return n
}

func (r *reader) contributor(names interner) swap.Contributor {
	var c swap.Contributor
	r.object(func(name []byte) bool {
		switch string(name) {
		case "address":
			c.Address = r.address(names)
		case "locked_contributions":
			r.array(maxLocked, func(int) { c.Locked = append(c.Locked, r.locked()) })
		default:
			return false
		}
		return true
	})
	if r.err == nil && c.Address == "" {
		r.fail("address is missing")
	}
	return c
}

func (r *reader) locked() swap.Locked {
	var l swap.Locked
	r.object(func(name []byte) bool {
		switch string(name) {
		case "key_image":
			l.KeyImage = r.hash()
		case "key_image_pub_key":
			l.OneTime = r.hash()
		case "amount":
			l.Amount = r.amount()
		default:
			return false
		}
		return true
	})
	switch {
	case r.err != nil:
	case l.KeyImage.IsZero():
		r.fail("key_image is missing")
	case l.OneTime.IsZero():
		r.fail("key_image_pub_key is missing")
	}
	return l
}

// interner keeps one copy of each address: a holder's address comes once per node.
type interner map[string]string

// address reads an address without judging it.
func (r *reader) address(names interner) string {
	r.peek()
	start := r.pos
	s := r.text()
	if known, ok := names[string(s)]; ok {
		return known
	}
	if len(s) > maxWord {
		r.pos = start
		r.fail("an address of %d bytes", len(s))
		return ""
	}
	kept := string(s)
	names[kept] = kept
	return kept
}
