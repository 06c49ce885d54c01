package chaincheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"oxenswap/swap"
)

// State is what a search has found out, to be kept between runs: places, which the next run
// verifies only, and how far it looked for the rest.
type State struct {
	Version  int               `json:"version"` // 1
	Found    []swap.FoundStake `json:"found"`
	Searched []Searched        `json:"searched"`
}

// Searched says up to where a stake was not found.
type Searched struct {
	Node       swap.Hash `json:"node"`
	Registered uint64    `json:"registration_height"`
	OneTime    swap.Hash `json:"one_time_key"`
	Next       uint64    `json:"next"` // the lowest height that was not looked through
}

// State is what the search has found out so far.
func (s *Search) State() State {
	state := State{Version: 1, Found: s.Found(), Searched: []Searched{}}
	for _, w := range s.wanted {
		if w.at == nil && w.next > w.node.registered {
			state.Searched = append(state.Searched, Searched{w.Node, w.node.registered, w.OneTime, w.next})
		}
	}
	return state
}

// Skip leaves out what an earlier run has looked through. Places that it found are for Check.
func (s *Search) Skip(earlier State) {
	for _, e := range earlier.Searched {
		for _, w := range s.byKey[e.OneTime] {
			if w.node == (node{e.Node, e.Registered}) {
				w.next = max(w.next, e.Next)
			}
		}
	}
}

// ReadState reads a file that WriteState wrote. There need not be one.
func ReadState(file string) (State, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return State{Version: 1}, nil
	}
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil || s.Version != 1 {
		return State{}, fmt.Errorf("%s is no state of a search for stakes, or of a newer release: remove it, and the search begins again", file)
	}
	return s, nil
}

// WriteState replaces the file as a whole.
func (s State) WriteState(file string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".stakes-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
