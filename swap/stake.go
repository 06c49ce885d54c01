package swap

import (
	"oxenswap/swap/cryptonote"
)

// rememberedPoints is how many points of stakes are remembered as checked: more than all stakes of
// the main network have, twice over.
const rememberedPoints = 1 << 18

// points remembers which keys and key images are of prime order. The same stakes come with every
// snapshot, from every daemon. What it says does not depend on what it remembers.
var points = cryptonote.NewPointCache(rememberedPoints)

// Uncounted is a locked contribution that owes nothing.
type Uncounted struct {
	Node    Hash   `json:"node"`
	Address string `json:"address"` // of the contributor
	Locked
	Reason string `json:"reason"`
}

// UncountedStakes are the locked contributions that do not count under Rules2, in the order of the
// normal form: consensus checks a stake's key image signature without a subgroup test and locks by
// bytes, so an image with a torsion component can be staked while its coin stays free.
func (c *Content) UncountedStakes() []Uncounted {
	var out []Uncounted
	for i, why := range c.pointFaults() {
		if why != "" {
			out = append(out, c.uncounted(i, why))
		}
	}
	return out
}

// pointFaults says of every locked contribution, in the order of the normal form, why its points do
// not count; "" if they do.
func (c *Content) pointFaults() []string {
	n := 0
	for i := range c.Nodes {
		for j := range c.Nodes[i].Contributors {
			n += len(c.Nodes[i].Contributors[j].Locked)
		}
	}
	keys := make([]cryptonote.PublicKey, 0, 2*n)
	for i := range c.Nodes {
		for j := range c.Nodes[i].Contributors {
			for _, l := range c.Nodes[i].Contributors[j].Locked {
				keys = append(keys, cryptonote.PublicKey(l.KeyImage), cryptonote.PublicKey(l.OneTime))
			}
		}
	}
	reasons := make([]cryptonote.Reason, len(keys))
	points.CheckAll(keys, reasons, 0)
	faults := make([]string, n)
	for i := range faults {
		switch {
		case reasons[2*i] != "":
			faults[i] = "key image: " + string(reasons[2*i])
		case reasons[2*i+1] != "":
			faults[i] = "one-time key: " + string(reasons[2*i+1])
		}
	}
	return faults
}

// uncounted is the i-th locked contribution.
func (c *Content) uncounted(i int, why string) Uncounted {
	for _, n := range c.Nodes {
		for _, k := range n.Contributors {
			if i < len(k.Locked) {
				return Uncounted{n.Key, k.Address, k.Locked[i], why}
			}
			i -= len(k.Locked)
		}
	}
	return Uncounted{}
}

// Repeated are the key images and one-time keys that several locked contributions have, each once.
// A stranger can stake an output of their own with another's published image and signature: each
// contribution locks an output of its own, so all of them count.
func (c *Content) Repeated() []Hash {
	count := map[Hash]int{}
	var out []Hash
	for _, n := range c.Nodes {
		for _, k := range n.Contributors {
			for _, l := range k.Locked {
				for _, h := range []Hash{l.KeyImage, l.OneTime} {
					if count[h]++; count[h] == 2 {
						out = append(out, h)
					}
				}
			}
		}
	}
	return out
}

// repeatedImage is a key image that the content locks or blacklists twice, which Rules1 refuse.
func (c *Content) repeatedImage() (Hash, bool) {
	locked, blacklisted := map[Hash]bool{}, map[Hash]bool{}
	for _, n := range c.Nodes {
		for _, k := range n.Contributors {
			for _, l := range k.Locked {
				if locked[l.KeyImage] {
					return l.KeyImage, true
				}
				locked[l.KeyImage] = true
			}
		}
	}
	for _, b := range c.Blacklist {
		if blacklisted[b.KeyImage] {
			return b.KeyImage, true
		}
		blacklisted[b.KeyImage] = true
	}
	return Hash{}, false
}
