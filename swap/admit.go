package swap

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Claim reads the entry's fields into a claim and refuses an entry whose text does not follow from them.
func (e *ClaimAccepted) Claim(terms *Terms) (Claim, error) {
	c := Claim{Account: e.Account, Oxen: e.Oxen, Recipient: e.Recipient, Sequence: e.Sequence, Text: e.Text, Signature: e.Signature, Integrated: e.Integrated}
	if e.Sequence == 0 {
		to, err := ParseLegacyText(e.Text)
		if err != nil || to != e.Recipient {
			return c, fmt.Errorf("the text %.60q is not the recipient %s", e.Text, e.Recipient)
		}
		return c, nil
	}
	parts, ok := splitClaim(e.Text)
	until, err := time.Parse(time.DateOnly, parts.until)
	if !ok || err != nil {
		_, err := ParseClaimText(e.Text)
		return c, err
	}
	// The recipient's checksum is that of the entry's field, and whoever appends has checked the text's own: Verify.
	if parts.migration != terms.ID() || EVMAddress(common.HexToAddress(parts.recipient)) != e.Recipient || parts.sequence != e.Sequence {
		return c, errors.New("the text says something else than the entry's fields")
	}
	c.Until = until
	return c, nil
}

// Verify checks all of the entry that needs no other entry, the signature included. known may be nil.
func (e *ClaimAccepted) Verify(terms *Terms, known *Addresses) error {
	verify := verifyClaim
	if e.Sequence == 0 {
		verify = verifyLegacyClaim
	}
	c, err := verify(terms, known, e.Oxen, e.Text, e.Signature)
	if err != nil {
		return err
	}
	if c.Account != e.Account || c.Recipient != e.Recipient || c.Sequence != e.Sequence || c.Oxen != e.Oxen || c.Text != e.Text {
		return errors.New("the claim says something else than the entry's fields")
	}
	return nil
}

// AdmitClaim checks a verified claim, received at a time, against everything recorded so far. Errors are *Refusal where
// the holder can do something about it.
func AdmitClaim(t Tables, m Migration, c Claim, at time.Time) error {
	if err := c.CheckTime(m.Terms, m.Closes, at); err != nil {
		return err
	}
	if err := m.CheckRecipient(c.Recipient); err != nil {
		return err
	}
	latest, err := t.LatestClaim(c.Account)
	switch {
	case errors.Is(err, ErrNone):
	case err != nil:
		return err
	case c.Sequence == 0:
		return refuse(ReasonAlreadyUsed, "the account has claim #%d already, and a legacy claim replaces nothing", latest.Sequence)
	case c.Sequence <= latest.Sequence && latest.Sequence == MaxSequence:
		return refuse(ReasonAlreadyUsed, "#%d is the last number there is: the recipient can change no more", MaxSequence)
	case c.Sequence <= latest.Sequence:
		return refuse(ReasonAlreadyUsed, "#%d is not above the account's #%d: to change the recipient sign the line with #%d", c.Sequence, latest.Sequence, latest.Sequence+1)
	}
	entitled, err := Entitled(t, m.Terms, c.Account)
	if err != nil {
		return err
	}
	if !entitled {
		return refuse(ReasonNotEntitled, "%s has no stake and no rewards in a snapshot that counts: coins that were never staked need a proof of coins", c.Oxen)
	}
	return nil
}

// Entitled reports whether an account has stake or rewards in any snapshot, not discarded, that a programme reads, or an
// accepted proof of coins.
func Entitled(t Tables, terms *Terms, a Account) (bool, error) {
	balances, err := t.AccountBalances(a)
	if err != nil {
		return false, err
	}
	for _, b := range balances {
		if b.Status != DiscardedSnapshot && terms.Reads(b.Height) && (b.Staked > 0 || b.Rewards > 0) {
			return true, nil
		}
	}
	proofs, err := t.AccountProofs(a)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(proofs, func(p Proof) bool { return p.Status == AcceptedProof }), nil
}

// taken gives a name to an address that belongs to the migration itself and can be nobody's recipient.
func (m *Migration) taken(a EVMAddress) (name string, ok bool) {
	if a == EVMAddress(m.Terms.Token.Address) {
		return "the token", true
	}
	d := m.Distributor
	switch {
	case d == nil:
		return "", false
	case a == d.Address:
		return "the distributor", true
	case a == d.Owner:
		return "the distributor's owner", true
	case a == d.Publisher:
		return "the distributor's publisher", true
	case a == d.Guardian:
		return "the distributor's guardian", true
	}
	return "", false
}

// Reads reports whether a programme reads the snapshot of a height.
func (t *Terms) Reads(height uint64) bool {
	for i := range t.Programmes {
		windows := t.Programmes[i].windows() // by height
		at := sort.Search(len(windows), func(i int) bool { return windows[i].to >= height })
		if at < len(windows) && windows[at].from <= height {
			return true
		}
	}
	return false
}

// Names reports whether a programme names a height for a snapshot.
func (t *Terms) Names(height uint64) bool {
	return slices.Contains(t.Heights(), height)
}

// Heights are the heights at which the programmes want snapshots, ascending, each once.
func (t *Terms) Heights() []uint64 {
	var out []uint64
	for i := range t.Programmes {
		for _, w := range t.Programmes[i].windows() {
			out = append(out, w.from)
			if w.free {
				out = append(out, w.to)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Window returns the last height at which the snapshot named for a height may be taken.
func (t *Terms) Window(height uint64) uint64 {
	last := height
	for i := range t.Programmes {
		for _, w := range t.Programmes[i].windows() {
			if w.from == height && !w.free {
				last = max(last, w.to)
			}
		}
	}
	return last
}

// window is a range of heights. One snapshot in it counts, the lowest; of a free one all do, and both ends must be there.
type window struct {
	from, to uint64
	free     bool
}

func (p *Programme) windows() []window {
	switch p.Kind {
	case ConvertStake, ConvertRewards, ConvertCoins:
		return []window{{p.SnapshotHeight, p.SnapshotHeight + p.SnapshotWindow, false}}
	case SharePoints:
		if p.Every == 0 {
			return []window{{p.FromHeight, p.ToHeight, true}}
		}
		var out []window
		for h := p.FromHeight; h <= p.ToHeight; h += p.Every {
			out = append(out, window{h, h + p.SnapshotWindow, false})
		}
		return out
	}
	return nil
}

// settle returns the heights of the final snapshots that the programme is computed from, once nothing that is still
// undecided could change them: every window has its lowest final one with none merely taken below it, or is missed.
func (p *Programme) settle(snapshots []Snapshot, missed []uint64) ([]uint64, bool) {
	windows := p.windows()
	if windows == nil {
		return nil, false
	}
	heights := []uint64{}
	for _, w := range windows {
		in, ok := w.settle(snapshots, missed)
		if !ok {
			return nil, false
		}
		heights = append(heights, in...)
	}
	// A conversion waits for its one snapshot, however late: a daemon that is rolled back can still give it.
	return heights, len(heights) > 0 || p.Kind == SharePoints
}

// settle returns the heights of the final snapshots in the window that count. Both lists are sorted.
func (w window) settle(snapshots []Snapshot, missed []uint64) (final []uint64, ok bool) {
	first := sort.Search(len(snapshots), func(i int) bool { return snapshots[i].Height >= w.from })
	for _, s := range snapshots[first:] {
		if s.Height > w.to {
			break
		}
		switch s.Status {
		case TakenSnapshot:
			return nil, false
		case FinalSnapshot:
			if !w.free {
				return []uint64{s.Height}, true
			}
			final = append(final, s.Height)
		}
	}
	there := func(height uint64) bool {
		_, f := slices.BinarySearch(final, height)
		_, m := slices.BinarySearch(missed, height)
		return f || m
	}
	return final, there(w.from) && (!w.free || there(w.to))
}
