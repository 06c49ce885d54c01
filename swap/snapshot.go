package swap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"oxenswap/swap/cryptonote"
)

// Content is what a snapshot says about one block of the Oxen chain: stakes, accrued rewards and
// the stakes of deregistered nodes. It holds nothing that a daemon learns from uptime proofs, for
// those differ between honest daemons. Its normal form (Normalise) has one spelling, whose SHA-256
// is the snapshot's digest.
type Content struct {
	Height    uint64             `json:"height"` // of the top block
	BlockHash Hash               `json:"block_hash"`
	HardFork  uint64             `json:"hard_fork"`
	Nodes     []Node             `json:"nodes"`
	Rewards   []Reward           `json:"rewards"`
	Blacklist []BlacklistedStake `json:"blacklist"`
}

// Node is one service node.
type Node struct {
	Key                   Hash          `json:"key"`
	RegistrationHeight    uint64        `json:"registration_height"`
	Operator              string        `json:"operator"` // Oxen address
	Funded                bool          `json:"funded"`
	Active                bool          `json:"active"`
	StakingRequirement    Oxen          `json:"staking_requirement"`
	RequestedUnlockHeight uint64        `json:"requested_unlock_height"` // 0: none requested
	Contributors          []Contributor `json:"contributors"`
}

// Contributor is one address with a share of a node. Its stake is the sum of Locked: the daemon's
// aggregate amount can be smaller (over-contribution). An address that reserved and has not paid
// has no locked contributions.
type Contributor struct {
	Address string   `json:"address"`
	Locked  []Locked `json:"locked"`
}

// Locked is one locked output of a contributor.
type Locked struct {
	KeyImage Hash `json:"key_image"`
	OneTime  Hash `json:"one_time_key"` // key_image_pub_key: the output's one-time public key
	Amount   Oxen `json:"amount"`
}

// Reward is what an address has earned and not yet been paid, in whole atomic units.
type Reward struct {
	Address string `json:"address"`
	Amount  Oxen   `json:"amount"`
}

// BlacklistedStake is a stake of a deregistered node, locked until a height. The daemon names no
// owner.
type BlacklistedStake struct {
	KeyImage     Hash   `json:"key_image"`
	UnlockHeight uint64 `json:"unlock_height"`
	Amount       Oxen   `json:"amount"`
}

// compare orders by key image; a stranger can lock an image again, so the other fields follow.
func (l Locked) compare(other Locked) int {
	return cmp.Or(l.KeyImage.Compare(other.KeyImage), l.OneTime.Compare(other.OneTime), cmp.Compare(l.Amount, other.Amount))
}

func (b BlacklistedStake) compare(other BlacklistedStake) int {
	return cmp.Or(b.KeyImage.Compare(other.KeyImage), cmp.Compare(b.UnlockHeight, other.UnlockHeight), cmp.Compare(b.Amount, other.Amount))
}

// Normalise sorts the content into its normal form and refuses what no chain has, only a daemon that
// is wrong: a node, or an address in one node's contributors or in the rewards, twice, or sums above
// 2^63-1. What a holder or a stranger can put on chain is never refused: Balances leaves it out
// where it does not count.
func (c *Content) Normalise() error {
	slices.SortFunc(c.Nodes, func(a, b Node) int { return a.Key.Compare(b.Key) })
	var staked Oxen
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if i > 0 && c.Nodes[i-1].Key == n.Key {
			return fmt.Errorf("service node %s is listed twice", n.Key)
		}
		slices.SortFunc(n.Contributors, func(a, b Contributor) int { return cmp.Compare(a.Address, b.Address) })
		for j := range n.Contributors {
			t := &n.Contributors[j]
			if j > 0 && n.Contributors[j-1].Address == t.Address {
				return fmt.Errorf("service node %s lists contributor %s twice", n.Key, t.Address)
			}
			slices.SortFunc(t.Locked, Locked.compare)
			for _, l := range t.Locked {
				var err error
				if staked, err = add(staked, l.Amount, "locked contributions"); err != nil {
					return err
				}
			}
			if t.Locked == nil {
				t.Locked = []Locked{}
			}
		}
		if n.Contributors == nil {
			n.Contributors = []Contributor{}
		}
	}
	if staked > maxCap {
		return errTooMuch
	}
	slices.SortFunc(c.Rewards, func(a, b Reward) int { return cmp.Compare(a.Address, b.Address) })
	var rewards Oxen
	for i, r := range c.Rewards {
		if i > 0 && c.Rewards[i-1].Address == r.Address {
			return fmt.Errorf("accrued rewards list %s twice", r.Address)
		}
		var err error
		if rewards, err = add(rewards, r.Amount, "accrued rewards"); err != nil {
			return err
		}
	}
	if rewards > maxCap {
		return errTooMuch
	}
	slices.SortFunc(c.Blacklist, BlacklistedStake.compare)
	if c.Nodes == nil {
		c.Nodes = []Node{}
	}
	if c.Rewards == nil {
		c.Rewards = []Reward{}
	}
	if c.Blacklist == nil {
		c.Blacklist = []BlacklistedStake{}
	}
	return nil
}

// errTooMuch refuses sums beyond what the database can hold: 9.2 billion OXEN, a hundred times what
// there is.
var errTooMuch = errors.New("stakes or rewards add up to more than 2^63-1 atomic OXEN")

// Account is whom something is owed: the lower-case hex of an Oxen public spend key.
type Account string

// AccountOf returns the account of an Oxen address: two addresses with one spend key are one
// account.
func AccountOf(a cryptonote.Address) Account {
	return Account(Hash(a.Spend).String())
}

// Balance is what one account has in one snapshot, in atomic OXEN.
type Balance struct {
	Account Account
	Address string // the first, by bytes, of the addresses under which the snapshot names the account
	Staked  Oxen   // locked contributions in funded nodes
	Rewards Oxen   // accrued rewards
}

// An Observation is what one daemon answered for one take at one block.
type Observation struct {
	Daemon  string // its configured name
	Version string
	Genesis Hash
	Network string  // nettype
	Content Content // in normal form
	Raw     []RawAnswer
}

// RawAnswer is the body of one answer, exactly as it came.
type RawAnswer struct {
	Call string // the method, such as "get_service_nodes"; "get_service_nodes.poll" for the poll
	Body []byte
}

// A BlockStatus is what one daemon says about one height of its chain.
type BlockStatus struct {
	Daemon          string
	Version         string
	Genesis         Hash
	Network         string
	Top             uint64 // height of its top block
	ImmutableHeight uint64 // 0: no checkpoint
	BlockHash       Hash   // of the asked height; zero when its chain is shorter
	Raw             []RawAnswer
}

// ErrNoBlock is matched (errors.Is) when a daemon is asked for a block above its top.
var ErrNoBlock = errors.New("there is no block at this height")

// Daemon is one oxend. Both calls only read, retry by themselves, are bounded in time by ctx and
// may run concurrently.
type Daemon interface {
	Name() string
	// Observe returns the state at the daemon's tip, all of one block: when a block arrives in
	// between it starts again, and gives up with an error after some tries. A daemon that is not
	// synchronised is an error.
	Observe(ctx context.Context) (Observation, error)
	// BlockAt returns which block the daemon has at a height, and what it holds immutable.
	BlockAt(ctx context.Context, height uint64) (BlockStatus, error)
}
