package swap

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"oxenswap/swap/ledger"
)

// Event is the body of an entry. Its JSON is strict: unknown keys and other spellings of the same
// body are refused.
type Event interface {
	// Kind is the entry's kind, such as "claim.accepted".
	Kind() string
	// Attachments are the digests that the body names, in the order of its keys.
	Attachments() []Hash
	// apply checks the event against the tables and changes them.
	apply(*applier) error
}

// events gives a new body for every kind of entry.
var events = map[string]func() Event{}

func init() {
	for _, blank := range []func() Event{
		func() Event { return &MigrationOpened{} },
		func() Event { return &ConfigSet{} },
		func() Event { return &TermsExtended{} },
		func() Event { return &KeyRotated{} },
		func() Event { return &RulesSet{} },
		func() Event { return &SnapshotTaken{} },
		func() Event { return &SnapshotFinalized{} },
		func() Event { return &SnapshotDiscarded{} },
		func() Event { return &SnapshotMissed{} },
		func() Event { return &SnapshotEvidence{} },
		func() Event { return &LegacyImported{} },
		func() Event { return &ClaimAccepted{} },
		func() Event { return &ClaimRefused{} },
		func() Event { return &ClaimChecked{} },
		func() Event { return &ProofReceived{} },
		func() Event { return &ProofAccepted{} },
		func() Event { return &ProofRefused{} },
		func() Event { return &RoundBuilt{} },
		func() Event { return &RoundApproved{} },
		func() Event { return &RoundAbandoned{} },
		func() Event { return &DistributorDeployed{} },
		func() Event { return &PushPlanned{} },
		func() Event { return &RailHit{} },
		func() Event { return &TxSigned{} },
		func() Event { return &TxMined{} },
		func() Event { return &TxFinalized{} },
		func() Event { return &TxFailed{} },
		func() Event { return &RootProposed{} },
		func() Event { return &RootActivated{} },
		func() Event { return &RootCancelled{} },
		func() Event { return &PayoutSeen{} },
		func() Event { return &DistributorSeen{} },
		func() Event { return &ChainDiffers{} },
		func() Event { return &Correction{} },
	} {
		events[blank().Kind()] = blank
	}
}

// DecodeEvent reads the body of an entry.
func DecodeEvent(kind string, body []byte) (Event, error) {
	blank, ok := events[kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind of entry %.40q", kind)
	}
	e := blank()
	if c, ok := e.(*ClaimAccepted); ok {
		if c.parse(body) {
			return c, nil
		}
		e = blank()
	}
	if err := ledger.UnmarshalBody(body, e); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return e, nil
}

// MigrationOpened is the first entry.
type MigrationOpened struct {
	Migration string   `json:"migration"` // id
	Terms     Hash     `json:"terms"`     // attachment: canonical JSON
	Software  string   `json:"software"`
	LedgerKey string   `json:"ledger_key"` // verifier key in note form
	Operators []string `json:"operators"`
	Rules     Rules    `json:"rules,omitempty"` // absent: Rules1
}

// ConfigSet puts operators, limits and rails into force.
type ConfigSet struct {
	Config
	By string `json:"by"`
}

// TermsExtended moves the closing later.
type TermsExtended struct {
	Closes time.Time `json:"closes"`
	Note   string    `json:"note"` // an operator's signed note
}

// KeyRotated hands the ledger over to its next key.
type KeyRotated struct {
	Key  string `json:"key"`  // the next verifier key in note form
	Note string `json:"note"` // a ledger.Rotation, signed by the present key
}

// Answer is the body of one call's answer, kept as an attachment.
type Answer struct {
	Call string `json:"call"`
	Body Hash   `json:"body"`
}

// DaemonReport is what one daemon contributed to an entry about a snapshot.
type DaemonReport struct {
	Daemon  string   `json:"daemon"`
	Version string   `json:"version,omitempty"`
	Agrees  bool     `json:"agrees"`
	Differs string   `json:"differs,omitempty"` // what a dissenting daemon said otherwise, or its Failure
	Details string   `json:"-"`                 // of a failure, for logs and terminals; no entry holds them
	Answers []Answer `json:"answers,omitempty"`
}

// SnapshotTotals sum up a snapshot, amounts in atomic OXEN.
type SnapshotTotals struct {
	Nodes         uint64 `json:"nodes"`
	Funded        uint64 `json:"funded"`
	Contributions uint64 `json:"contributions"` // locked ones, in all nodes
	Accounts      uint64 `json:"accounts"`      // with stake in funded nodes or rewards
	Staked        Oxen   `json:"staked"`        // in funded nodes
	Unfunded      Oxen   `json:"unfunded"`      // locked in nodes that are not funded
	Rewards       Oxen   `json:"rewards"`
	Blacklisted   Oxen   `json:"blacklisted"`

	// What does not count, in funded nodes and others: contributions and their sum. Part of neither
	// Staked nor Unfunded. Absent: nothing.
	Uncounted       uint64 `json:"uncounted,omitempty"`
	UncountedAmount Oxen   `json:"uncounted_amount,omitempty"`
}

// SnapshotTaken records the state at one block, on which a quorum of daemons agree.
type SnapshotTaken struct {
	Height    uint64         `json:"height"`
	BlockHash Hash           `json:"block_hash"`
	HardFork  uint64         `json:"hard_fork"`
	Content   Hash           `json:"content"` // attachment: the normal form; this is the snapshot's digest
	Quorum    int            `json:"quorum"`
	Daemons   []DaemonReport `json:"daemons"`
	Totals    SnapshotTotals `json:"totals"`
}

// SnapshotFinalized makes a snapshot count.
type SnapshotFinalized struct {
	Height    uint64         `json:"height"`
	BlockHash Hash           `json:"block_hash"`
	Daemons   []DaemonReport `json:"daemons"`
}

// SnapshotDiscarded ends a snapshot whose block is no longer on the chain.
type SnapshotDiscarded struct {
	Height    uint64         `json:"height"`
	BlockHash Hash           `json:"block_hash"` // the snapshot's
	Now       Hash           `json:"now"`        // the block at that height today
	Daemons   []DaemonReport `json:"daemons"`
}

// SnapshotMissed says that no snapshot was taken for a height that the terms name. Logs of earlier
// releases name no daemons.
type SnapshotMissed struct {
	Height  uint64         `json:"height"`
	Reason  string         `json:"reason"`
	Daemons []DaemonReport `json:"daemons,omitempty"` // whose top block is above the height's window
}

// LegacyImported announces the one file of legacy claims. Its taken claims are the next entries.
type LegacyImported struct {
	File    Hash              `json:"file"` // attachment
	Lines   uint64            `json:"lines"`
	Taken   uint64            `json:"taken"`
	Refused map[string]uint64 `json:"refused"` // lines by reason
}

// ClaimAccepted records a claim: its signature verifies over the text that follows from the other
// fields.
type ClaimAccepted struct {
	Text       string        `json:"text"`
	Signature  string        `json:"signature"`
	Oxen       string        `json:"oxen"` // standard address
	Account    Account       `json:"account"`
	Recipient  EVMAddress    `json:"recipient"`
	Sequence   uint32        `json:"sequence"` // 0: legacy
	Integrated bool          `json:"integrated,omitempty"`
	Code       RecipientCode `json:"code"`
}

// ClaimRefused records an entitled account's well-signed claim that was refused all the same.
type ClaimRefused struct {
	Text      string     `json:"text"`
	Signature string     `json:"signature"`
	Oxen      string     `json:"oxen"`
	Account   Account    `json:"account"`
	Recipient EVMAddress `json:"recipient"`
	Sequence  uint32     `json:"sequence"`
	Reason    Reason     `json:"reason"`
	Detail    string     `json:"detail"`
}

// ClaimChecked records what is seen at a recipient later than at the claim's acceptance.
type ClaimChecked struct {
	Claim uint64        `json:"claim"` // entry
	Code  RecipientCode `json:"code"`
}

// ProgrammeTotals sum up one programme in one round, in atomic SESH unless said otherwise.
// Conservation: Den x Owed + Remainders = sum over Sources of source x num x Den / den.
type ProgrammeTotals struct {
	Programme  string   `json:"programme"`
	Heights    []uint64 `json:"heights"` // snapshots; none: not settled yet, nothing is owed
	Accounts   uint64   `json:"accounts"`
	Sources    []Part   `json:"sources"` // by ratio: sum of what is multiplied
	Den        Quantity `json:"den"`
	Owed       Sesh     `json:"owed"`
	Remainders Quantity `json:"remainders"`
	Before     Sesh     `json:"before"`    // given by earlier published rounds
	Amount     Sesh     `json:"amount"`    // given by this one
	Unclaimed  Sesh     `json:"unclaimed"` // owed to accounts without a claim
	Overpaid   Sesh     `json:"overpaid"`  // given before beyond what is owed now; never netted
	Stopped    bool     `json:"stopped"`   // the cap would be passed, so this round gives nothing from it
	Withheld   Sesh     `json:"withheld"`  // what a stopped programme would have given
}

// RoundBuilt is a round: a pure function of the first Cutoff entries.
type RoundBuilt struct {
	Round       uint64            `json:"round"`
	Cutoff      uint64            `json:"cutoff"`
	Allocations Hash              `json:"allocations"` // attachment: the allocation list
	Lines       uint64            `json:"lines"`
	Leaves      Hash              `json:"leaves"` // attachment: address,cumulative by address
	Recipients  uint64            `json:"recipients"`
	Root        Hash              `json:"root"`    // of the claim tree of the leaves
	Amount      Sesh              `json:"amount"`  // given by this round
	Total       Sesh              `json:"total"`   // sum of the leaves
	Largest     Sesh              `json:"largest"` // given to one recipient by this round
	Programmes  []ProgrammeTotals `json:"programmes"`
}

// RoundApproved carries one operator's signed approval.
type RoundApproved struct {
	Round uint64 `json:"round"`
	Note  string `json:"note"`
}

// RoundAbandoned ends a round before its proposal was signed.
type RoundAbandoned struct {
	Round  uint64 `json:"round"`
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// Correction is a person's note. Nothing is ever edited.
type Correction struct {
	Entry    uint64 `json:"entry"` // what it is about
	Note     string `json:"note"`
	By       string `json:"by"`
	Evidence *Hash  `json:"evidence,omitempty"` // attachment
}

func (*MigrationOpened) Kind() string   { return "migration.opened" }
func (*ConfigSet) Kind() string         { return "config.set" }
func (*TermsExtended) Kind() string     { return "terms.extended" }
func (*KeyRotated) Kind() string        { return "key.rotated" }
func (*SnapshotTaken) Kind() string     { return "snapshot.taken" }
func (*SnapshotFinalized) Kind() string { return "snapshot.finalized" }
func (*SnapshotDiscarded) Kind() string { return "snapshot.discarded" }
func (*SnapshotMissed) Kind() string    { return "snapshot.missed" }
func (*LegacyImported) Kind() string    { return "legacy.imported" }
func (*ClaimAccepted) Kind() string     { return "claim.accepted" }
func (*ClaimRefused) Kind() string      { return "claim.refused" }
func (*ClaimChecked) Kind() string      { return "claim.checked" }
func (*RoundBuilt) Kind() string        { return "round.built" }
func (*RoundApproved) Kind() string     { return "round.approved" }
func (*RoundAbandoned) Kind() string    { return "round.abandoned" }
func (*Correction) Kind() string        { return "correction" }

func (e *MigrationOpened) Attachments() []Hash   { return []Hash{e.Terms} }
func (e *ConfigSet) Attachments() []Hash         { return nil }
func (e *TermsExtended) Attachments() []Hash     { return nil }
func (e *KeyRotated) Attachments() []Hash        { return nil }
func (e *SnapshotTaken) Attachments() []Hash     { return append([]Hash{e.Content}, answers(e.Daemons)...) }
func (e *SnapshotFinalized) Attachments() []Hash { return answers(e.Daemons) }
func (e *SnapshotDiscarded) Attachments() []Hash { return answers(e.Daemons) }
func (e *SnapshotMissed) Attachments() []Hash    { return answers(e.Daemons) }
func (e *LegacyImported) Attachments() []Hash    { return []Hash{e.File} }
func (e *ClaimAccepted) Attachments() []Hash     { return nil }
func (e *ClaimRefused) Attachments() []Hash      { return nil }
func (e *ClaimChecked) Attachments() []Hash      { return nil }
func (e *RoundBuilt) Attachments() []Hash        { return []Hash{e.Allocations, e.Leaves} }
func (e *RoundApproved) Attachments() []Hash     { return nil }
func (e *RoundAbandoned) Attachments() []Hash    { return nil }
func (e *Correction) Attachments() []Hash {
	if e.Evidence == nil {
		return nil
	}
	return []Hash{*e.Evidence}
}

func answers(reports []DaemonReport) []Hash {
	var out []Hash
	for _, d := range reports {
		for _, a := range d.Answers {
			out = append(out, a.Body)
		}
	}
	return out
}

// Record is an event to be appended, with the attachments that it names.
type Record struct {
	Event       Event
	Attachments [][]byte
}

// Check refuses a record that carries an attachment which its event does not name. Named
// attachments that it does not carry must be in the store already.
func (r Record) Check() error {
	named := map[Hash]bool{}
	for _, h := range r.Event.Attachments() {
		named[h] = true
	}
	for _, a := range r.Attachments {
		if d := Digest(a); !named[d] {
			return fmt.Errorf("%s carries attachment %s without naming it", r.Event.Kind(), d)
		}
	}
	return nil
}

// ErrAttachment is returned for an attachment that is not there.
var ErrAttachment = errors.New("attachment is missing")

// ErrWithheld is returned for an attachment that a public export leaves out on purpose.
var ErrWithheld = errors.New("attachment is withheld from the public")

// Attachments gives the plain bytes of an attachment by their SHA-256, or ErrAttachment.
type Attachments interface {
	Attachment(Hash) ([]byte, error)
}

// Decoded is what Attachments may implement too, if who applies an entry has decoded its attachment
// already and found that it says what the entry says. false: not decoded.
type Decoded interface {
	Balances(content Hash, rules Rules) ([]Balance, bool)
	Allocations(list Hash) ([]Allocation, bool)
}

// AttachmentMap are attachments in memory.
type AttachmentMap map[Hash][]byte

// Attachment implements Attachments.
func (m AttachmentMap) Attachment(h Hash) ([]byte, error) {
	data, ok := m[h]
	if !ok {
		return nil, fmt.Errorf("%s: %w", h, ErrAttachment)
	}
	return bytes.Clone(data), nil
}
