package follow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// maxState bounds the file of a State, in bytes.
const maxState = 64 << 20

// State is what a watch remembers between two looks at a log.
type State struct {
	Version    int         `json:"version"`
	Checkpoint string      `json:"checkpoint"`          // the last one seen, signed; the log must begin with it for ever
	Since      time.Time   `json:"since"`               // when it was first seen
	Rotations  []string    `json:"rotations,omitempty"` // signed changes of the ledger's key seen with it
	Chain      *chainState `json:"chain,omitempty"`
}

// rotations are those that were seen, as bytes.
func (s *State) rotations() (signed [][]byte) {
	for _, r := range s.Rotations {
		signed = append(signed, []byte(r))
	}
	return signed
}

// before is the remembered checkpoint; nil: there is none.
func (s *State) before(keys *ledger.Keys) (*ledger.Checkpoint, error) {
	if s.Checkpoint == "" {
		return nil, nil
	}
	c, _, err := keys.OpenCheckpoint([]byte(s.Checkpoint))
	return &c, err
}

// chainState is how far the log and the chain were read, and what one of them has that the other
// has not shown yet. It grows with rounds, not with payments.
type chainState struct {
	Read        int64               `json:"read"` // entries of the log
	Distributor *swap.Distributor   `json:"distributor,omitempty"`
	Block       uint64              `json:"block"`    // blocks of the chain up to this one
	Rounds      []round             `json:"rounds"`   // that stand, by number
	Logged      []event             `json:"logged"`   // in the log only, by entry
	Unlogged    []event             `json:"unlogged"` // on chain only, in the chain's order
	Proposed    []swap.RootProposed `json:"proposed"` // on chain, whose ledger size the log has not reached
	Wrong       []wrong             `json:"wrong"`    // by round
}

// round is what the log says of a round.
type round struct {
	Round uint64    `json:"round"`
	Root  swap.Hash `json:"root"`
	Total swap.Sesh `json:"total"`
}

// event is an event of the distributor that one side has.
type event struct {
	Kind  string    `json:"kind"`
	Body  string    `json:"body"`           // as the ledger's entry has it or should have it
	Entry uint64    `json:"entry"`          // where the log has it
	Since time.Time `json:"since,omitzero"` // when it happened on chain
}

// wrong is a proposal on chain that does not follow from the log.
type wrong struct {
	Round uint64    `json:"round"`
	Root  swap.Hash `json:"root"`
	What  string    `json:"what"`
}

// ReadState reads a state file. Where there is none, nothing was seen yet.
func ReadState(path string) (*State, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &State{Version: 1}, nil
	}
	if err != nil {
		return nil, err
	}
	var s State
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil || len(data) > maxState || dec.More() {
		return nil, fmt.Errorf("%s is not a state file of this program: name another one, or restore it: "+
			"what it remembers is what a fork shows against", path)
	}
	if s.Version != 1 {
		return nil, fmt.Errorf("%s is of version %d, this program knows 1: use a newer one", path, s.Version)
	}
	return &s, nil
}

// Write replaces the state file: after a crash it is the old or the new one.
func (s *State) Write(path string) (err error) {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".oxenaudit-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(append(data, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
