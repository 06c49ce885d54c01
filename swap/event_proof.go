package swap

// ProofReceived records that an account handed in a proof of coins that is well-formed and signed
// by the account's own spend key. Its time decides the step of the ratio, however long judging
// takes.
type ProofReceived struct {
	Account Account        `json:"account"`
	Oxen    string         `json:"oxen"`
	Claim   *uint64        `json:"claim"`             // entry of the account's claim whose text the proof signs; null: Pending
	Pending *ClaimAccepted `json:"pending,omitempty"` // a claim that came with the proof and is accepted only with it
	Height  uint64         `json:"height"`            // of the snapshot for which it is judged
	Outputs uint64         `json:"outputs"`           // in the proof
	Proof   Hash           `json:"proof"`             // attachment, kept from the public: the proof's text
}

// ProofAccepted says what a proof shows. Amounts are atomic OXEN.
type ProofAccepted struct {
	Received uint64            `json:"received"` // entry
	Account  Account           `json:"account"`
	Height   uint64            `json:"height"`
	Snapshot Hash              `json:"snapshot"` // its digest
	Daemons  []string          `json:"daemons"`  // that gave the same evidence
	Evidence Hash              `json:"evidence"` // attachment, kept from the public
	Counted  uint64            `json:"counted"`  // outputs that count
	Total    Oxen              `json:"total"`    // their sum
	Staked   Oxen              `json:"staked"`   // left out, for the stake programme counts it
	LeftOut  map[string]uint64 `json:"left_out"` // outputs that do not count, by check
}

// ProofRefused says which check a proof failed.
type ProofRefused struct {
	Received uint64   `json:"received"` // entry
	Account  Account  `json:"account"`
	Daemons  []string `json:"daemons"`
	Evidence Hash     `json:"evidence"` // attachment, kept from the public
	Check    string   `json:"check"`
	Detail   string   `json:"detail"`
}

func (*ProofReceived) Kind() string { return "proof.received" }
func (*ProofAccepted) Kind() string { return "proof.accepted" }
func (*ProofRefused) Kind() string  { return "proof.refused" }

func (e *ProofReceived) Attachments() []Hash { return []Hash{e.Proof} }
func (e *ProofAccepted) Attachments() []Hash { return []Hash{e.Evidence} }
func (e *ProofRefused) Attachments() []Hash  { return []Hash{e.Evidence} }

// Private are the attachments of an event that the public export leaves out: Oxen is a privacy
// coin, and which outputs somebody owns is nobody's business but the auditors'.
func Private(e Event) []Hash {
	switch e := e.(type) {
	case *ProofReceived, *ProofAccepted, *ProofRefused:
		return e.Attachments()
	}
	return nil
}
