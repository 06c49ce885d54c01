package swap

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Accepted is the entry of the claim, with what was seen at its recipient.
func (c Claim) Accepted(code RecipientCode) *ClaimAccepted {
	return &ClaimAccepted{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
		Sequence: c.Sequence, Integrated: c.Integrated, Code: code,
	}
}

// Claim reads the entry's fields into a claim and refuses an entry whose text does not follow from
// them.
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
	// The recipient's checksum is that of the entry's field, and whoever appends has checked the
	// text's own: Verify.
	if parts.migration != terms.ID() || EVMAddress(common.HexToAddress(parts.recipient)) != e.Recipient || parts.sequence != e.Sequence {
		return c, errors.New("the text says something else than the entry's fields")
	}
	c.Until = until
	return c, nil
}

// Verify checks all of the entry that needs no other entry, the signature included. known may be
// nil.
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

// AdmitClaim checks a verified claim, received at a time, against everything recorded so far.
// Errors are *Refusal where the holder can do something about it.
func AdmitClaim(t Tables, m Migration, c Claim, at time.Time) error {
	if err := c.CheckTime(m.Terms, m.Closes, at); err != nil {
		return err
	}
	if err := m.CheckRecipient(c.Recipient); err != nil {
		return err
	}
	latest, err := t.LatestClaim(c.Account)
	switch {
	case errors.Is(err, ErrNotFound):
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

// Entitled reports whether an account has stake or rewards in any snapshot, not discarded, that a
// programme reads, or an accepted proof of coins.
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
