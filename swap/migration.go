package swap

import (
	"time"

	"oxenswap/swap/ledger"
)

// Migration is what is known of the migration as a whole.
type Migration struct {
	Terms       *Terms
	Rules       Rules    // RulesInForce reads it
	LedgerKey   string   // verifier key in note form, the one in force
	Rotations   []string // signed notes by which the ledger has changed its key
	Config      Config
	Closes      time.Time // the terms' closing, or the later one of the last terms.extended
	Legacy      *LegacyFile
	Settled     map[string][]uint64 // programme -> the heights of the final snapshots that it is computed from, once fixed
	Missed      []uint64            // scheduled heights without a snapshot
	Evidence    map[uint64]uint64   // height -> the snapshot.evidence of its final snapshot
	Distributor *Distributor
	Plans       map[uint64]LastPlan // round -> its last push plan
	Rails       RailHits
	Alarms      map[uint64]string // entry -> what is wrong on chain; nothing is sent until a correction names the entry
	Differs     map[uint64]Hash   // chain.differs entry -> its list; acknowledged once Alarms has the entry no more
}

// LastPlan is the last push plan of a round.
type LastPlan struct {
	Number uint64
	List   Hash // attachment
}

// LegacyFile is the one file of legacy claims.
type LegacyFile struct {
	Digest Hash   `json:"digest"`
	Entry  uint64 `json:"entry"`
	Left   uint64 `json:"left"` // of its claims, how many entries are still to come
}

// Keys are all that the ledger has had.
func (m *Migration) Keys() (*ledger.Keys, error) {
	last, err := ledger.NewVerifier(m.LedgerKey)
	if err != nil {
		return nil, err
	}
	var signed [][]byte
	for _, note := range m.Rotations {
		signed = append(signed, []byte(note))
	}
	return ledger.NewKeys(last, signed...)
}
