package swap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// SnapshotEvidence names the transactions in which the stakes of a final snapshot were made, so that
// an auditor with a daemon need not search for them. It proves nothing by itself and changes no
// amount: whoever has a daemon finds out.
type SnapshotEvidence struct {
	Height    uint64 `json:"height"`
	BlockHash Hash   `json:"block_hash"`
	Stakes    Hash   `json:"stakes"`  // attachment: StakeEvidence
	Found     uint64 `json:"found"`   // in it
	Missing   uint64 `json:"missing"` // locked contributions of funded nodes without a transaction
}

func (*SnapshotEvidence) Kind() string          { return "snapshot.evidence" }
func (e *SnapshotEvidence) Attachments() []Hash { return []Hash{e.Stakes} }

func (e *SnapshotEvidence) apply(a *applier) error {
	s, err := a.Snapshot(e.Height)
	if err != nil {
		return fmt.Errorf("snapshot of height %d: %w", e.Height, err)
	}
	if s.Status != FinalSnapshot || s.BlockHash != e.BlockHash {
		return fmt.Errorf("the snapshot of height %d is %s, of block %s", e.Height, s.Status, s.BlockHash)
	}
	if entry, twice := a.m.Evidence[e.Height]; twice {
		return fmt.Errorf("the stakes of height %d have their evidence already (entry %d)", e.Height, entry)
	}
	raw, err := a.att.Attachment(e.Stakes)
	if err != nil {
		return err
	}
	list, err := ParseStakeEvidence(raw)
	if err != nil {
		return err
	}
	if n := uint64(len(list.Stakes)); n != e.Found {
		return fmt.Errorf("the evidence has %d stakes, the entry says %d", n, e.Found)
	}
	evidence := map[uint64]uint64{e.Height: a.seq}
	for height, entry := range a.m.Evidence {
		evidence[height] = entry
	}
	a.m.Evidence = evidence
	return a.SetMigration(a.m)
}

// FoundStake is a stake and the output that was locked for it.
type FoundStake struct {
	Node        Hash   `json:"node"`
	OneTime     Hash   `json:"one_time_key"`
	Transaction Hash   `json:"transaction"`
	Output      uint64 `json:"output"` // its place in the transaction, from 0
	Height      uint64 `json:"height"` // of the block that has the transaction
}

// SortFound puts stakes into the order of StakeEvidence.
func SortFound(list []FoundStake) {
	slices.SortFunc(list, func(a, b FoundStake) int {
		return cmp.Or(
			bytes.Compare(a.Node[:], b.Node[:]), bytes.Compare(a.OneTime[:], b.OneTime[:]),
			bytes.Compare(a.Transaction[:], b.Transaction[:]), cmp.Compare(a.Output, b.Output),
		)
	})
}

// StakeEvidence is the attachment of a SnapshotEvidence: by node, one-time key, transaction and
// output, none twice.
type StakeEvidence struct {
	Stakes []FoundStake `json:"stakes"`
}

// maxStakeEvidence bounds the attachment, in bytes: as many stakes as nodes and locked contributions
// can have many times over.
const maxStakeEvidence = 256 << 20

// Encode returns the bytes of the attachment.
func (e StakeEvidence) Encode() ([]byte, error) {
	list := append([]FoundStake{}, e.Stakes...)
	SortFound(list)
	for i := 1; i < len(list); i++ {
		if list[i-1].Transaction == list[i].Transaction && list[i-1].Output == list[i].Output {
			return nil, fmt.Errorf("output %d of transaction %s is there twice", list[i].Output, list[i].Transaction)
		}
	}
	return json.Marshal(StakeEvidence{list})
}

// ParseStakeEvidence reads an attachment and refuses every other spelling of it.
func ParseStakeEvidence(data []byte) (StakeEvidence, error) {
	var e StakeEvidence
	if len(data) > maxStakeEvidence {
		return e, fmt.Errorf("evidence of stakes of %d bytes: at most %d are taken", len(data), maxStakeEvidence)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("evidence of stakes: %w", err)
	}
	again, err := e.Encode()
	if err != nil {
		return e, fmt.Errorf("evidence of stakes: %w", err)
	}
	if !bytes.Equal(again, data) {
		return e, errors.New("evidence of stakes is not in its one spelling")
	}
	return e, nil
}
