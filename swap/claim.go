package swap

import (
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap/cryptonote"
)

// ClaimText is what a holder signs: one line of at most 98 bytes, such as
//
//	SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31
type ClaimText struct {
	Migration string // migration id
	Recipient EVMAddress
	Sequence  uint32    // 1 to 999999; a higher one replaces a lower one
	Until     time.Time // last day of validity, midnight UTC
}

// MaxSequence is the highest sequence of a claim.
const MaxSequence = 999999

// String returns the line.
func (c ClaimText) String() string {
	return fmt.Sprintf("SESH claim %s to %s #%d until %s", c.Migration, c.Recipient, c.Sequence, c.Until.Format(time.DateOnly))
}

// ParseClaimText reads a line in its only spelling: what it accepts, String gives back. Errors are
// *Refusal.
func ParseClaimText(s string) (ClaimText, error) {
	parts, ok := splitClaim(s)
	if !ok {
		if evmForm(s) {
			return ClaimText{}, refuse(ReasonLegacy, "a bare address can be replayed by anyone who saw it: sign the line that this migration gives you")
		}
		return ClaimText{}, refuse(ReasonText, "%.110q is not a claim: sign the line that this migration gives you, unchanged", s)
	}
	recipient, err := ParseEIP55(parts.recipient)
	if err != nil {
		return ClaimText{}, refuse(ReasonRecipient, "%v, and sign the line again", err)
	}
	until, err := time.Parse(time.DateOnly, parts.until)
	if err != nil {
		return ClaimText{}, refuse(ReasonText, "%s is not a day: expected a last day such as 2026-12-31", parts.until)
	}
	return ClaimText{Migration: parts.migration, Recipient: EVMAddress(recipient), Sequence: parts.sequence, Until: until}, nil
}

// claimParts are the fields of a line as they are spelt.
type claimParts struct {
	migration, recipient string
	sequence             uint32
	until                string
}

// splitClaim takes a line apart. Each claim of a ledger passes here more than once, so it does
// without a regular expression.
func splitClaim(s string) (p claimParts, ok bool) {
	const start, to, number, until = "SESH claim ", " to ", " #", " until "
	cut := func(mark string, width int) (field string) {
		if ok = ok && len(s) >= len(mark)+width && s[:len(mark)] == mark; ok {
			field, s = s[len(mark):len(mark)+width], s[len(mark)+width:]
		}
		return field
	}
	ok = true
	p.migration = cut(start, 16)
	p.recipient = cut(to, 42)
	digits := 0
	for len(s) > len(number)+digits && isDigit(s[len(number)+digits]) {
		digits++
	}
	sequence := cut(number, digits)
	p.until = cut(until, len(time.DateOnly))
	if !ok || s != "" || !evmForm(p.recipient) || digits < 1 || digits > 6 || sequence[0] == '0' {
		return p, false
	}
	for _, c := range []byte(p.migration) {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return p, false
		}
	}
	for i, c := range []byte(p.until) {
		if dash := i == 4 || i == 7; dash != (c == '-') || !dash && !isDigit(c) {
			return p, false
		}
	}
	for _, c := range []byte(sequence) {
		p.sequence = p.sequence*10 + uint32(c-'0')
	}
	return p, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// ParseLegacyText reads the form of the service node bonus programme: the bare address, checksummed
// or all lower case.
func ParseLegacyText(s string) (EVMAddress, error) {
	if evmForm(s) && s == strings.ToLower(s) {
		return EVMAddress(common.HexToAddress(s)), nil
	}
	a, err := ParseEIP55(s)
	if err != nil {
		return EVMAddress{}, refuse(ReasonText, "%v", err)
	}
	return EVMAddress(a), nil
}

// Claim is a claim of an account, with a signature that verifies.
type Claim struct {
	Account    Account
	Oxen       string // the standard address
	Recipient  EVMAddress
	Sequence   uint32 // 0: legacy
	Text       string
	Signature  string
	Until      time.Time // zero: legacy
	Entry      uint64    // its claim.accepted
	Integrated bool      // the holder gave an integrated address, which was reduced
}

// VerifyClaim checks all of a claim that needs no ledger: the Oxen address and its network, the
// text, which has one spelling, and the signature by the address's spend key. Errors are *Refusal.
func VerifyClaim(terms *Terms, oxen, text, signature string) (Claim, error) {
	return verifyClaim(terms, nil, oxen, text, signature)
}

// VerifyClaim is the function VerifyClaim for addresses that may be known.
func (a *Addresses) VerifyClaim(terms *Terms, oxen, text, signature string) (Claim, error) {
	return verifyClaim(terms, a, oxen, text, signature)
}

func verifyClaim(terms *Terms, known *Addresses, oxen, text, signature string) (Claim, error) {
	h, err := readOxen(terms, known, oxen)
	if err != nil {
		return Claim{}, err
	}
	fields, err := ParseClaimText(text)
	if err != nil {
		return Claim{}, err
	}
	if fields.Migration != terms.ID() {
		return Claim{}, refuse(ReasonMigration, "the line names migration %s, this one is %s: sign the line that this one gives you",
			fields.Migration, terms.ID())
	}
	c := h.claim()
	c.Recipient, c.Sequence, c.Until, c.Text = fields.Recipient, fields.Sequence, fields.Until, text
	return c.verify(h.spend, signature)
}

// VerifyLegacyClaim checks a claim in the legacy form, likewise.
func VerifyLegacyClaim(terms *Terms, oxen, text, signature string) (Claim, error) {
	return verifyLegacyClaim(terms, nil, oxen, text, signature)
}

func verifyLegacyClaim(terms *Terms, known *Addresses, oxen, text, signature string) (Claim, error) {
	if !terms.LegacyClaims {
		return Claim{}, refuse(ReasonLegacy, "this migration takes no legacy claims: sign the line that it gives you")
	}
	h, err := readOxen(terms, known, oxen)
	if err != nil {
		return Claim{}, err
	}
	c := h.claim()
	if c.Recipient, err = ParseLegacyText(text); err != nil {
		return Claim{}, err
	}
	c.Text = c.Recipient.String()
	if text == strings.ToLower(text) {
		c.Text = strings.ToLower(c.Text)
	}
	return c.verify(h.spend, signature)
}

func (c Claim) verify(spend *cryptonote.VerifyingKey, signature string) (Claim, error) {
	sig, err := cryptonote.ParseSignature(signature)
	if err == nil {
		err = spend.Verify([]byte(c.Text), sig)
	}
	if err != nil {
		return Claim{}, refuse(ReasonSignature, "%v: sign exactly %q with the main address of %s and paste the whole SigV1 line", err, c.Text, c.Oxen)
	}
	c.Signature = signature
	return c, nil
}

// CheckTime refuses a claim received before the opening, after the closing, or after its last day.
func (c Claim) CheckTime(terms *Terms, closes, now time.Time) error {
	switch {
	case now.Before(terms.Opens):
		return refuse(ReasonClosed, "the migration opens at %s", terms.Opens.Format(time.RFC3339))
	case now.After(closes):
		return refuse(ReasonClosed, "the migration closed at %s", closes.Format(time.RFC3339))
	case c.Sequence > 0 && !now.Before(c.Until.AddDate(0, 0, 1)):
		return refuse(ReasonExpired, "its last day was %s: sign a line with a later one", c.Until.Format(time.DateOnly))
	}
	return nil
}
