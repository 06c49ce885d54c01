package swap

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// The normal form of a Content is the compact JSON of its fields in their order, sorted by
// Normalise. It has one spelling. A snapshot of the main network has tens of thousands of
// contributions and is written and read for every daemon and by every auditor, so this is done
// without reflection.

// Encode returns the bytes of the normal form. Call Normalise first.
func (c *Content) Encode() ([]byte, error) {
	b := make([]byte, 0, 1024+512*len(c.Nodes)+256*len(c.Rewards))
	b = append(b, `{"height":`...)
	b = strconv.AppendUint(b, c.Height, 10)
	b = append(b, `,"block_hash":"`...)
	b = hex.AppendEncode(b, c.BlockHash[:])
	b = append(b, `","hard_fork":`...)
	b = strconv.AppendUint(b, c.HardFork, 10)
	b = append(b, `,"nodes":[`...)
	for i := range c.Nodes {
		n := &c.Nodes[i]
		if !base58Text(n.Operator) {
			return nil, fmt.Errorf("operator %.80q is not spelt as an Oxen address", n.Operator)
		}
		b = element(b, i, `{"key":"`)
		b = hex.AppendEncode(b, n.Key[:])
		b = append(b, `","registration_height":`...)
		b = strconv.AppendUint(b, n.RegistrationHeight, 10)
		b = append(b, `,"operator":"`...)
		b = append(b, n.Operator...)
		b = append(b, `","funded":`...)
		b = strconv.AppendBool(b, n.Funded)
		b = append(b, `,"active":`...)
		b = strconv.AppendBool(b, n.Active)
		b = append(b, `,"staking_requirement":"`...)
		b = appendDecimal(b, n.StakingRequirement)
		b = append(b, `","requested_unlock_height":`...)
		b = strconv.AppendUint(b, n.RequestedUnlockHeight, 10)
		b = append(b, `,"contributors":[`...)
		for j := range n.Contributors {
			var err error
			if b, err = n.Contributors[j].append(b, j); err != nil {
				return nil, err
			}
		}
		b = append(b, `]}`...)
	}
	b = append(b, `],"rewards":[`...)
	for i, r := range c.Rewards {
		if !base58Text(r.Address) {
			return nil, fmt.Errorf("address %.80q of accrued rewards is not spelt as an Oxen address", r.Address)
		}
		b = element(b, i, `{"address":"`)
		b = append(b, r.Address...)
		b = append(b, `","amount":"`...)
		b = appendDecimal(b, r.Amount)
		b = append(b, `"}`...)
	}
	b = append(b, `],"blacklist":[`...)
	for i, s := range c.Blacklist {
		b = element(b, i, `{"key_image":"`)
		b = hex.AppendEncode(b, s.KeyImage[:])
		b = append(b, `","unlock_height":`...)
		b = strconv.AppendUint(b, s.UnlockHeight, 10)
		b = append(b, `,"amount":"`...)
		b = appendDecimal(b, s.Amount)
		b = append(b, `"}`...)
	}
	return append(b, `]}`...), nil
}

func (t *Contributor) append(b []byte, i int) ([]byte, error) {
	if !base58Text(t.Address) {
		return nil, fmt.Errorf("contributor %.80q is not spelt as an Oxen address", t.Address)
	}
	b = element(b, i, `{"address":"`)
	b = append(b, t.Address...)
	b = append(b, `","locked":[`...)
	for j, l := range t.Locked {
		b = element(b, j, `{"key_image":"`)
		b = hex.AppendEncode(b, l.KeyImage[:])
		b = append(b, `","one_time_key":"`...)
		b = hex.AppendEncode(b, l.OneTime[:])
		b = append(b, `","amount":"`...)
		b = appendDecimal(b, l.Amount)
		b = append(b, `"}`...)
	}
	return append(b, `]}`...), nil
}

// element begins an element of a list.
func element(b []byte, i int, literal string) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(b, literal...)
}

// base58Text reports whether a text has only letters and digits, as addresses have, and needs no
// escape.
func base58Text(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return false
		}
	}
	return len(s) <= 128
}

// ParseContent reads a normal form and refuses every other spelling of it.
func ParseContent(data []byte) (Content, error) {
	r := contentReader{lineReader{rest: data}}
	c := r.content()
	if r.err == nil && len(r.rest) > 0 {
		r.err = errors.New("something follows it")
	}
	if r.err == nil {
		r.err = c.sorted()
	}
	if r.err != nil {
		return Content{}, fmt.Errorf("snapshot content: %w", r.err)
	}
	return c, nil
}

// sorted refuses a content that Normalise would change.
func (c *Content) sorted() error {
	again := Content{Nodes: slices.Clone(c.Nodes), Rewards: slices.Clone(c.Rewards), Blacklist: slices.Clone(c.Blacklist)}
	for i := range again.Nodes {
		n := &again.Nodes[i]
		n.Contributors = slices.Clone(n.Contributors)
		for j := range n.Contributors {
			n.Contributors[j].Locked = slices.Clone(n.Contributors[j].Locked)
		}
	}
	if err := again.Normalise(); err != nil {
		return err
	}
	same := slices.EqualFunc(c.Nodes, again.Nodes, func(a, b Node) bool {
		return a.Key == b.Key && slices.EqualFunc(a.Contributors, b.Contributors, func(a, b Contributor) bool {
			return a.Address == b.Address && slices.Equal(a.Locked, b.Locked)
		})
	}) && slices.Equal(c.Rewards, again.Rewards) && slices.Equal(c.Blacklist, again.Blacklist)
	if !same {
		return errors.New("it is not in its normal form: not sorted")
	}
	return nil
}

// contentReader reads a normal form.
type contentReader struct{ lineReader }

func (r *contentReader) content() (c Content) {
	r.skip(`{"height":`)
	c.Height = r.number(',')
	r.skip(`,"block_hash":"`)
	c.BlockHash = r.hash()
	r.skip(`","hard_fork":`)
	c.HardFork = r.number(',')
	r.skip(`,"nodes":[`)
	c.Nodes = elements(r, func() (n Node) {
		r.skip(`{"key":"`)
		n.Key = r.hash()
		r.skip(`","registration_height":`)
		n.RegistrationHeight = r.number(',')
		r.skip(`,"operator":"`)
		n.Operator = r.address()
		r.skip(`","funded":`)
		n.Funded = r.boolean()
		r.skip(`,"active":`)
		n.Active = r.boolean()
		r.skip(`,"staking_requirement":"`)
		n.StakingRequirement = Oxen(r.amount())
		r.skip(`","requested_unlock_height":`)
		n.RequestedUnlockHeight = r.number(',')
		r.skip(`,"contributors":[`)
		n.Contributors = elements(r, r.contributor)
		r.skip(`]}`)
		return n
	})
	r.skip(`],"rewards":[`)
	c.Rewards = elements(r, func() (w Reward) {
		r.skip(`{"address":"`)
		w.Address = r.address()
		r.skip(`","amount":"`)
		w.Amount = Oxen(r.amount())
		r.skip(`"}`)
		return w
	})
	r.skip(`],"blacklist":[`)
	c.Blacklist = elements(r, func() (s BlacklistedStake) {
		r.skip(`{"key_image":"`)
		s.KeyImage = r.hash()
		r.skip(`","unlock_height":`)
		s.UnlockHeight = r.number(',')
		r.skip(`,"amount":"`)
		s.Amount = Oxen(r.amount())
		r.skip(`"}`)
		return s
	})
	r.skip(`]}`)
	return c
}

func (r *contentReader) contributor() (t Contributor) {
	r.skip(`{"address":"`)
	t.Address = r.address()
	r.skip(`","locked":[`)
	t.Locked = elements(r, func() (l Locked) {
		r.skip(`{"key_image":"`)
		l.KeyImage = r.hash()
		r.skip(`","one_time_key":"`)
		l.OneTime = r.hash()
		r.skip(`","amount":"`)
		l.Amount = Oxen(r.amount())
		r.skip(`"}`)
		return l
	})
	r.skip(`]}`)
	return t
}

// elements reads a list up to its closing bracket.
func elements[T any](r *contentReader, element func() T) []T {
	list := []T{}
	for r.err == nil && (len(r.rest) == 0 || r.rest[0] != ']') {
		if len(list) > 0 {
			r.skip(",")
		}
		list = append(list, element())
	}
	return list
}

func (r *contentReader) hash() (h Hash) {
	if text := r.until('"'); r.err == nil {
		r.err = h.UnmarshalText(text)
	}
	return h
}

func (r *contentReader) address() string {
	s := string(r.until('"'))
	if r.err == nil && !base58Text(s) {
		r.err = fmt.Errorf("%.80q is not spelt as an Oxen address", s)
	}
	return s
}

func (r *contentReader) boolean() bool {
	if len(r.rest) > 0 && r.rest[0] == 't' {
		r.skip("true")
		return true
	}
	r.skip("false")
	return false
}
