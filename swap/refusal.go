package swap

import "fmt"

// Reason is why a claim is refused; stable, for programs.
type Reason string

// The reasons for refusing a claim.
const (
	ReasonText        Reason = "text"             // not a claim line
	ReasonMigration   Reason = "migration"        // of another migration
	ReasonLegacy      Reason = "legacy"           // a bare address where only numbered claims are taken
	ReasonAddress     Reason = "oxen-address"     // not an Oxen address, or of another network
	ReasonSubaddress  Reason = "subaddress"       // stakes and rewards belong to main addresses
	ReasonSignature   Reason = "signature"        // does not verify
	ReasonRecipient   Reason = "recipient"        // nobody could collect there
	ReasonNetwork     Reason = "network-contract" // one of the network's own contracts, which would keep what is paid to it
	ReasonContract    Reason = "contract"         // holds code on Ethereum and none on the token's chain
	ReasonClosed      Reason = "closed"           // before the opening or after the closing
	ReasonExpired     Reason = "expired"          // after its last day
	ReasonAlreadyUsed Reason = "already-used"     // sequence at or below the account's highest
	ReasonNotEntitled Reason = "not-entitled"     // no stake or rewards in a snapshot that counts
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
