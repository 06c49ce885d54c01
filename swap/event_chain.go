package swap

import "fmt"

// DistributorDeployed names the migration's one distributor.
type DistributorDeployed struct {
	Distributor
	Tx Hash `json:"tx"`
}

// Distributor is the deployed contract and its settings.
type Distributor struct {
	Address         EVMAddress `json:"address"`
	ChainID         uint64     `json:"chain_id"`
	CodeHash        Hash       `json:"code_hash"` // Keccak-256 of the deployed code
	Token           EVMAddress `json:"token"`
	Owner           EVMAddress `json:"owner"`
	Publisher       EVMAddress `json:"publisher"`
	Guardian        EVMAddress `json:"guardian"`
	ActivationDelay uint64     `json:"activation_delay"` // seconds
	ClosesAt        uint64     `json:"closes_at"`        // Unix seconds; at deployment
	Block           uint64     `json:"block"`
}

// PushPlanned announces one plan of push transactions: recipients that were not paid when it was
// made, in the order of their leaf hashes. A new plan is made only after every attempt of the old
// one is final.
type PushPlanned struct {
	Round      uint64 `json:"round"` // the live one
	Plan       uint64 `json:"plan"`  // 1, 2, ... within the round
	Root       Hash   `json:"root"`
	Batches    uint64 `json:"batches"`
	Recipients uint64 `json:"recipients"`
	List       Hash   `json:"list"`      // attachment: batch,address,cumulative by batch and leaf hash
	Amount     Sesh   `json:"amount"`    // to be paid if nobody claims in between
	Paid       uint64 `json:"paid"`      // recipients left out: paid already
	TooSmall   uint64 `json:"too_small"` // recipients left out: below the terms' min_push
}

// TxSigned is a signed transaction, written before it is broadcast.
type TxSigned struct {
	Intent
	Attempt uint64     `json:"attempt"` // 1, 2, ...; all with one nonce
	ChainID uint64     `json:"chain_id"`
	Sender  EVMAddress `json:"sender"`
	Nonce   uint64     `json:"nonce"`
	Hash    Hash       `json:"hash"`
	Raw     Hash       `json:"raw"`     // attachment: the signed bytes
	Amount  Sesh       `json:"amount"`  // atomic SESH that it moves, at most
	GasFee  Wei        `json:"gas_fee"` // its fee cap, wei per gas
	// Noop says that it only uses up the nonce: it sends nothing, with no data, to the sender
	// itself.
	Noop bool `json:"noop,omitempty"`
}

// Inclusion is where a transaction was found.
type Inclusion struct {
	Hash      Hash   `json:"hash"`
	Block     uint64 `json:"block"`
	BlockHash Hash   `json:"block_hash"`
	Success   bool   `json:"success"`
	GasUsed   uint64 `json:"gas_used"`
	Fee       Wei    `json:"fee"` // wei
}

// TxMined says that a transaction has a receipt. A reorganisation may take it back.
type TxMined struct{ Inclusion }

// TxFinalized says that a successful transaction is in a final block. If that one is a no-op, the
// intent has ended without being carried out, and so has every other attempt of it.
type TxFinalized struct{ Inclusion }

// TxFailed says that a transaction will never do what it was signed for: it failed in a final
// block, or another transaction has its nonce in one.
type TxFailed struct {
	Hash      Hash       `json:"hash"`
	Reason    string     `json:"reason"`
	Inclusion *Inclusion `json:"inclusion,omitempty"`
}

// LogPosition is where an event of the distributor stands, in a final block.
type LogPosition struct {
	Tx        Hash   `json:"tx"`
	Block     uint64 `json:"block"`
	BlockHash Hash   `json:"block_hash"`
	LogIndex  uint64 `json:"log_index"`
}

// Position is where it stands. Every event of the distributor, and nothing else, has this method.
func (p LogPosition) Position() LogPosition { return p }

// ChainEvent is an event of the distributor.
type ChainEvent interface {
	Event
	Position() LogPosition
}

// AsChainEvent refuses an event that is none of the distributor's.
func AsChainEvent(e Event) (ChainEvent, error) {
	c, ok := e.(ChainEvent)
	if !ok {
		return nil, fmt.Errorf("%s is no event of the distributor", e.Kind())
	}
	return c, nil
}

// RootProposed is a RootProposed event.
type RootProposed struct {
	Round      uint64 `json:"round"`
	Root       Hash   `json:"root"`
	Total      Sesh   `json:"total"`
	LedgerSize uint64 `json:"ledger_size"`
	LedgerRoot Hash   `json:"ledger_root"`
	LiveAt     uint64 `json:"live_at"`            // Unix seconds: not activated before
	OwnRoot    *Hash  `json:"own_root,omitempty"` // of this log at LedgerSize, if it is another
	LogPosition
}

// RootActivated is a RootActivated event.
type RootActivated struct {
	Round uint64 `json:"round"`
	Root  Hash   `json:"root"`
	LogPosition
}

// RootCancelled is a RootCancelled event.
type RootCancelled struct {
	Round uint64 `json:"round"`
	Root  Hash   `json:"root"`
	LogPosition
}

// PayoutSeen is a Claimed event: a payment.
type PayoutSeen struct {
	Recipient  EVMAddress `json:"recipient"`
	Amount     Sesh       `json:"amount"`
	Cumulative Sesh       `json:"cumulative"`
	Round      uint64     `json:"round"` // live when it was paid
	LogPosition
}

// DistributorSeen is any other event of the distributor.
type DistributorSeen struct {
	Event  string            `json:"event"`
	Fields map[string]string `json:"fields"`
	LogPosition
}

func (*DistributorDeployed) Kind() string { return "distributor.deployed" }
func (*PushPlanned) Kind() string         { return "push.planned" }
func (*TxSigned) Kind() string            { return "tx.signed" }
func (*TxMined) Kind() string             { return "tx.mined" }
func (*TxFinalized) Kind() string         { return "tx.finalized" }
func (*TxFailed) Kind() string            { return "tx.failed" }
func (*RootProposed) Kind() string        { return "root.proposed" }
func (*RootActivated) Kind() string       { return "root.activated" }
func (*RootCancelled) Kind() string       { return "root.cancelled" }
func (*PayoutSeen) Kind() string          { return "payout.seen" }
func (*DistributorSeen) Kind() string     { return "distributor.seen" }

func (e *DistributorDeployed) Attachments() []Hash { return nil }
func (e *TxSigned) Attachments() []Hash            { return []Hash{e.Raw} }
func (e *TxMined) Attachments() []Hash             { return nil }
func (e *TxFinalized) Attachments() []Hash         { return nil }
func (e *TxFailed) Attachments() []Hash            { return nil }
func (e *RootProposed) Attachments() []Hash        { return nil }
func (e *RootActivated) Attachments() []Hash       { return nil }
func (e *RootCancelled) Attachments() []Hash       { return nil }
func (e *PayoutSeen) Attachments() []Hash          { return nil }
func (e *DistributorSeen) Attachments() []Hash     { return nil }
func (e *PushPlanned) Attachments() []Hash         { return []Hash{e.List} }
