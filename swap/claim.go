package swap

import (
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap/cryptonote"
)

// EVMAddress is an account or contract on the token's chain. Its only text form is the checksummed one of EIP-55.
type EVMAddress common.Address

// String returns the EIP-55 spelling.
func (a EVMAddress) String() string { return common.Address(a).Hex() }

// MarshalText implements encoding.TextMarshaler.
func (a EVMAddress) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *EVMAddress) UnmarshalText(text []byte) error {
	parsed, err := ParseEIP55(string(text))
	*a = EVMAddress(parsed)
	return err
}

// evmForm reports whether s is 0x and 40 hex digits.
func evmForm(s string) bool {
	if len(s) != 42 || s[:2] != "0x" {
		return false
	}
	for i := 2; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

// ParseEIP55 reads an address in its EIP-55 spelling. The error for any other spelling shows the right one.
func ParseEIP55(s string) (common.Address, error) {
	if !evmForm(s) {
		return common.Address{}, fmt.Errorf("%.60q is not an Ethereum address: expected 0x and 40 hex digits", s)
	}
	a := common.HexToAddress(s)
	if !checksummed(s[2:]) {
		return common.Address{}, fmt.Errorf("%s is not spelt with its EIP-55 checksum: if no letter is mistyped, write %s", s, a.Hex())
	}
	return a, nil
}

// checksummed reports whether 40 hex digits are spelt as EIP-55 wants: a letter is upper case where the Keccak-256 of the
// lower-case digits has a digit above 7.
func checksummed(digits string) bool {
	var lower [40]byte
	for i := range lower {
		lower[i] = digits[i]
		if digits[i] >= 'A' && digits[i] <= 'F' {
			lower[i] += 'a' - 'A'
		}
	}
	sum := cryptonote.Keccak256(lower[:])
	for i, c := range lower {
		half := sum[i/2] >> 4
		if i%2 == 1 {
			half = sum[i/2] & 0xf
		}
		if upper := digits[i] != c; c >= 'a' && upper != (half > 7) {
			return false
		}
	}
	return true
}

// Reason is why a claim is refused; stable, for programs.
type Reason string

// The reasons for refusing a claim.
const (
	ReasonText        Reason = "text"         // not a claim line
	ReasonMigration   Reason = "migration"    // of another migration
	ReasonLegacy      Reason = "legacy"       // a bare address where only numbered claims are taken
	ReasonAddress     Reason = "oxen-address" // not an Oxen address, or of another network
	ReasonSubaddress  Reason = "subaddress"   // stakes and rewards belong to main addresses
	ReasonSignature   Reason = "signature"    // does not verify
	ReasonRecipient   Reason = "recipient"    // nobody could collect there
	ReasonContract    Reason = "contract"     // holds code on Ethereum and none on the token's chain
	ReasonClosed      Reason = "closed"       // before the opening or after the closing
	ReasonExpired     Reason = "expired"      // after its last day
	ReasonAlreadyUsed Reason = "already-used" // sequence at or below the account's highest
	ReasonNotEntitled Reason = "not-entitled" // no stake or rewards in a snapshot that counts
)

// Refusal is a claim refused for a reason. Detail says what is wrong and what to do.
type Refusal struct {
	Reason Reason
	Detail string
}

func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Detail }

func refuse(reason Reason, format string, args ...any) error {
	return &Refusal{reason, fmt.Sprintf(format, args...)}
}

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

// ParseClaimText reads a line in its only spelling: what it accepts, String gives back. Errors are *Refusal.
func ParseClaimText(s string) (ClaimText, error) {
	parts, ok := splitClaim(s)
	if !ok {
		if evmForm(s) {
			return ClaimText{}, refuse(ReasonLegacy, "a bare address can be replayed by anyone who saw it: sign the line that `claim text` prints")
		}
		return ClaimText{}, refuse(ReasonText, "%.110q is not a claim: expected the line that `claim text` prints, unchanged", s)
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

// splitClaim takes a line apart. Each claim of a ledger passes here more than once, so it does without a regular expression.
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

// ParseLegacyText reads the form of the service node bonus programme: the bare address, checksummed or all lower case.
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

// VerifyClaim checks all of a claim that needs no ledger: the Oxen address and its network, the text, which has one
// spelling, and the signature by the address's spend key. Errors are *Refusal.
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
		return Claim{}, refuse(ReasonMigration, "the line names migration %s, this one is %s: sign the line that `claim text` prints", fields.Migration, terms.ID())
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
		return Claim{}, refuse(ReasonLegacy, "this migration takes no legacy claims: sign the line that `claim text` prints")
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

// CheckRecipient refuses recipients from whom nobody could collect: zero and burn addresses, precompiles, and those that
// belong to the migration itself.
func (m *Migration) CheckRecipient(a EVMAddress) error {
	if name, ok := m.taken(a); ok {
		return refuse(ReasonRecipient, "%s is %s: name a wallet of your own", a, name)
	}
	var high byte
	for _, b := range a[:18] {
		high |= b
	}
	low := uint(a[18])<<8 | uint(a[19])
	switch {
	case high == 0 && low == 0:
		return refuse(ReasonRecipient, "the zero address belongs to nobody: name a wallet of your own")
	case high == 0 && low == 0xdead, a == deadStart, a == deadSpelled, a == deadRepeated:
		return refuse(ReasonRecipient, "%s is a burn address: name a wallet of your own", a)
	case high == 0 && low <= 0x1ff, a == arbOS:
		return refuse(ReasonRecipient, "%s is a precompiled contract of the chain: name a wallet of your own", a)
	}
	for _, b := range a[1:] {
		if b != a[0] {
			return nil
		}
	}
	return refuse(ReasonRecipient, "%s, one byte repeated, belongs to nobody: name a wallet of your own", a)
}

// Burn addresses in use beside 0x00..dEaD, and the sender of ArbOS's own transactions on Arbitrum, which nobody has the
// key of.
var (
	deadStart    = EVMAddress(common.HexToAddress("0xdead000000000000000000000000000000000000"))
	deadSpelled  = EVMAddress(common.HexToAddress("0xdead000000000000000042069420694206942069"))
	deadRepeated = EVMAddress(common.HexToAddress("0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddead"))
	arbOS        = EVMAddress(common.HexToAddress("0x00000000000000000000000000000000000a4b05"))
)

// Seen is what stood at a recipient's address on one chain when the claim came.
type Seen string

// What can be seen at an address.
const (
	SeenNotChecked Seen = "not-checked" // no RPC was configured for the chain
	SeenNothing    Seen = "nothing"
	SeenCode       Seen = "code"
	SeenDelegation Seen = "delegation" // an EIP-7702 delegation: a wallet with a key
)

// RecipientCode is what was seen at a recipient on both chains.
type RecipientCode struct {
	Ethereum  Seen `json:"ethereum"`
	Target    Seen `json:"target"`
	Confirmed bool `json:"confirmed,omitempty"` // the holder confirmed a contract that is on Ethereum only
}

// Check refuses a contract wallet that exists on Ethereum and not on the token's chain, unless the holder confirmed it.
func (c RecipientCode) Check(a EVMAddress) error {
	if err := c.valid(); err != nil {
		return err
	}
	if c.Ethereum == SeenCode && c.Target == SeenNothing && !c.Confirmed {
		return refuse(ReasonContract, "%s is a contract on Ethereum that does not exist on the token's chain: what is paid there may be lost. Name another address, or confirm that you control this one there", a)
	}
	return nil
}

func (c RecipientCode) valid() error {
	for _, s := range []Seen{c.Ethereum, c.Target} {
		switch s {
		case SeenNotChecked, SeenNothing, SeenCode, SeenDelegation:
		default:
			return fmt.Errorf("what was seen at the recipient: unknown word %.40q", s)
		}
	}
	return nil
}

// Accepted is the entry of the claim, with what was seen at its recipient.
func (c Claim) Accepted(code RecipientCode) *ClaimAccepted {
	return &ClaimAccepted{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient,
		Sequence: c.Sequence, Integrated: c.Integrated, Code: code,
	}
}

// Confirm records that the holder controls the recipient, a contract on Ethereum, on the token's chain too. It says something
// only where the contract does not exist there.
func (c *RecipientCode) Confirm(holderControls bool) {
	c.Confirmed = holderControls && c.Ethereum == SeenCode && c.Target == SeenNothing
}
