package wire

import (
	"fmt"

	"oxenswap/swap"
)

// ParseRewards reads an answer of get_accrued_batched_earnings (release 10: the lists addresses and
// amounts) or get_accrued_rewards (release 11: the object balances), asked without addresses.
// Addresses are texts here; Observation checks them.
func ParseRewards(body []byte) ([]swap.Reward, error) {
	var (
		addresses []string
		amounts   []swap.Oxen
		balances  []swap.Reward
	)
	err := parse(body, func(r *reader, name []byte) bool {
		switch string(name) {
		case "addresses":
			r.array(maxRewards, func(int) { addresses = append(addresses, r.word()) })
		case "amounts":
			r.array(maxRewards, func(int) { amounts = append(amounts, r.amount()) })
		case "balances":
			balances = r.balances()
		default:
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case len(addresses) != len(amounts):
		return nil, &FormatError{Where: "result.amounts", Problem: fmt.Sprintf("%d amounts for %d addresses", len(amounts), len(addresses))}
	case balances != nil && addresses != nil:
		return nil, &FormatError{Where: "result.balances", Problem: "balances, and addresses too"}
	}
	for i, a := range addresses {
		balances = append(balances, swap.Reward{Address: a, Amount: amounts[i]})
	}
	return balances, nil
}

func (r *reader) balances() []swap.Reward {
	out := []swap.Reward{}
	// The names are the addresses here, so reader.object's check for repeated names would be
	// quadratic: Normalise finds an address that comes twice.
	if !r.open('{', "an object") || r.next('}') {
		return out
	}
	for r.err == nil {
		if len(out) == maxRewards {
			r.fail("more than %d balances", maxRewards)
		}
		address := r.word()
		r.expect(':', "a colon")
		out = append(out, swap.Reward{Address: address, Amount: r.amount()})
		if !r.next(',') {
			r.expect('}', "a comma or the end of the object")
			break
		}
	}
	r.depth--
	return out
}

// ParseBlacklist reads an answer of get_service_node_blacklisted_key_images.
func ParseBlacklist(body []byte) ([]swap.BlacklistedStake, error) {
	var list []swap.BlacklistedStake
	err := parse(body, func(r *reader, name []byte) bool {
		if string(name) != "blacklist" {
			return false
		}
		r.array(maxBlacklist, func(int) { list = append(list, r.blacklisted()) })
		return true
	})
	return list, err
}

func (r *reader) blacklisted() swap.BlacklistedStake {
	var b swap.BlacklistedStake
	r.object(func(name []byte) bool {
		switch string(name) {
		case "key_image":
			b.KeyImage = r.hash()
		case "unlock_height":
			b.UnlockHeight = r.integer()
		case "amount":
			b.Amount = r.amount()
		default:
			return false
		}
		return true
	})
	if r.err == nil && b.KeyImage.IsZero() {
		r.fail("key_image is missing")
	}
	return b
}

// A Checkpoint is a block that cannot be reorganised.
type Checkpoint struct {
	Height    uint64
	BlockHash swap.Hash
	Kind      string // "ServiceNode" or "Hardcoded"
}

// ParseCheckpoints reads an answer of get_checkpoints.
func ParseCheckpoints(body []byte) ([]Checkpoint, error) {
	var list []Checkpoint
	err := parse(body, func(r *reader, name []byte) bool {
		if string(name) != "checkpoints" {
			return false
		}
		r.array(maxCheckpoints, func(int) {
			var c Checkpoint
			r.object(func(name []byte) bool {
				switch string(name) {
				case "height":
					c.Height = r.integer()
				case "block_hash":
					c.BlockHash = r.hash()
				case "type":
					c.Kind = r.word()
				default:
					return false
				}
				return true
			})
			if r.err == nil && c.BlockHash.IsZero() {
				r.fail("block_hash is missing")
			}
			list = append(list, c)
		})
		return true
	})
	return list, err
}

// Supply is what the miner transactions of a range of blocks made, in atomic OXEN.
type Supply struct {
	Emission swap.Oxen // without rewards that are accrued and not yet paid
	Fees     swap.Oxen
	Burned   swap.Oxen
}

// ParseSupply reads an answer of get_coinbase_tx_sum.
func ParseSupply(body []byte) (Supply, error) {
	var s Supply
	err := parse(body, func(r *reader, name []byte) bool {
		switch string(name) {
		case "emission_amount":
			s.Emission = r.amount()
		case "fee_amount":
			s.Fees = r.amount()
		case "burn_amount":
			s.Burned = r.amount()
		default:
			return false
		}
		return true
	})
	return s, err
}
