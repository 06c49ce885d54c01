package follow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/ledger"
)

// Further kinds of alarms.
const (
	Unsigned    = "unsigned"    // the checkpoint lacks the signature of the ledger's key or of a witness
	Unreachable = "unreachable" // the log or the chain did not answer several times
	Stale       = "stale"       // no news for too long
	WrongRoot   = "root"        // the chain has a root, or a state of the log, that the log has not
	Unlogged    = "unlogged"    // the chain has an event, such as a payment, without an entry
	Phantom     = "phantom"     // the log has an event that the chain has not
)

// An Alarm is something that should not be.
type Alarm struct {
	Kind string    `json:"kind"`
	What string    `json:"what"`
	Time time.Time `json:"time"`           // when it was found
	Over bool      `json:"over,omitempty"` // it has passed
	// Old and New are the two signed checkpoints that contradict each other: proof against the
	// log's operator.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	key string // alarms about the same thing have one
}

// Lasting reports whether nothing that the log shows later can make it good.
func (a Alarm) Lasting() bool {
	return a.Kind == Fork || a.Kind == Shrunk || a.Kind == WrongRoot || a.Kind == Phantom
}

// Seen is what one look at a log found.
type Seen struct {
	Time    time.Time `json:"time"`
	Origin  string    `json:"origin"`
	Entries int64     `json:"entries"`
	Root    string    `json:"root"`
	Before  int64     `json:"before"` // entries at the look before it, whose tree is this one's beginning
	Blocks  uint64    `json:"blocks"` // the chain was compared up to this one; 0: it was not
	Alarms  []Alarm   `json:"alarms"` // that hold now
}

// MaxFailures is how many looks in a row may fail before that is an alarm, and maxPause the longest
// time between two of them.
const (
	MaxFailures = 3
	maxPause    = 30 * time.Minute
	pollTimeout = 10 * time.Minute
)

// Watch looks at a public log again and again.
type Watch struct {
	Key       note.Verifier
	Witnesses []*ledger.Witness // all of whom must cosign every checkpoint
	// Open gives the log's files as they are now; done frees what that took.
	Open      func(ctx context.Context) (fsys fs.FS, done func(), err error)
	Chain     DialChain           // nil: the chain is not asked
	StateFile string              // keeps what was seen
	Interval  time.Duration       // between two looks
	MaxAge    time.Duration       // the last entry may be this old; 0: any age
	Grace     time.Duration       // an event of the chain may be this long in a final block without an entry
	OnLook    func(s *Seen)       // called after every look that succeeded; may be nil
	OnAlarm   func(a Alarm) error // called once for every alarm, and once more when it is over

	open  map[string]Alarm // by key
	chain Chain            // once it was reached
}

// ErrAlarmed is returned by a watch that has seen what cannot pass.
var ErrAlarmed = errors.New("the log has contradicted itself or the chain: keep the state file and the alarms, they prove it")

// Run looks until ctx ends or a lasting alarm was raised. A look that fails is repeated after
// growing pauses.
func (w *Watch) Run(ctx context.Context) error {
	w.open = map[string]Alarm{}
	failures := 0
	for {
		seen, err := w.Look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, new(*StateError)):
			return err
		case err != nil:
			failures++
			if failures < MaxFailures {
				break
			}
			a := Alarm{Kind: Unreachable, What: fmt.Sprintf("%d looks in a row have failed, the last: %v", failures, err), Time: now(), key: Unreachable}
			if err := w.raise(a); err != nil {
				return err
			}
		default:
			failures = 0
			if w.OnLook != nil {
				w.OnLook(seen)
			}
			if err := w.settle(seen.Alarms); err != nil {
				return err
			}
		}
		if w.lasting() {
			return ErrAlarmed
		}
		if err := sleep(ctx, min(max(maxPause, w.Interval), w.Interval<<min(failures, 10))); err != nil {
			return nil
		}
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// raise reports an alarm that is new.
func (w *Watch) raise(a Alarm) error {
	if _, known := w.open[a.key]; known {
		return nil
	}
	w.open[a.key] = a
	return w.OnAlarm(a)
}

// settle makes the given alarms those that hold.
func (w *Watch) settle(alarms []Alarm) error {
	hold := map[string]bool{}
	for _, a := range alarms {
		hold[a.key] = true
		if err := w.raise(a); err != nil {
			return err
		}
	}
	for key, a := range w.open {
		if hold[key] {
			continue
		}
		delete(w.open, key)
		a.Over, a.Time = true, now()
		if err := w.OnAlarm(a); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) lasting() bool {
	for _, a := range w.open {
		if a.Lasting() {
			return true
		}
	}
	return false
}

// A StateError says that the state file cannot be used.
type StateError struct{ Err error }

func (e *StateError) Error() string { return "state: " + e.Err.Error() }
func (e *StateError) Unwrap() error { return e.Err }

// Look looks once. The error says why the log or the chain could not be read; what is wrong with
// them are the alarms. A state that forked or shrank does not replace the remembered one.
func (w *Watch) Look(ctx context.Context) (*Seen, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	state, err := ReadState(w.StateFile)
	if err != nil {
		return nil, &StateError{err}
	}
	fsys, done, err := w.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	seen := &Seen{Time: now(), Origin: w.Key.Name(), Alarms: []Alarm{}}
	signed, err := read(fsys, "checkpoint", ledger.MaxCheckpointSize)
	if err != nil {
		return nil, err
	}
	rotations, err := ledger.ReadRotations(fsys)
	if err != nil {
		return nil, err
	}
	keys, err := joinKeys(w.Key, state.rotations(), rotations)
	if err != nil {
		seen.alarm(Alarm{Kind: Unsigned, What: err.Error(), New: string(signed)})
		return seen, nil
	}
	before, err := state.before(keys)
	if err != nil {
		return nil, &StateError{fmt.Errorf("%s remembers a checkpoint of another log or key: give every log a state file of its own: %w", w.StateFile, err)}
	}
	l, err := openAt(fsys, signed, keys)
	if err == nil && before == nil {
		err = keys.Reaches(l.N)
	}
	if err != nil {
		seen.alarm(Alarm{Kind: Unsigned, What: err.Error(), New: string(signed)})
		return seen, nil
	}
	seen.Entries, seen.Root = l.N, l.Hash.String()
	if before != nil {
		seen.Before = before.N
		var v *Violation
		if err := l.Extends(*before); errors.As(err, &v) {
			seen.alarm(Alarm{Kind: v.Kind, What: err.Error(), Old: state.Checkpoint, New: string(signed)})
			return seen, nil
		} else if err != nil {
			return nil, err
		}
	}
	if _, _, err := OpenCheckpoint(signed, keys, w.Witnesses...); err != nil {
		seen.alarm(Alarm{Kind: Unsigned, What: err.Error(), New: string(signed)})
	}
	if before == nil || before.N != l.N {
		state.Since = seen.Time
	}
	state.Checkpoint, state.Rotations = string(signed), nil
	for i, r := range keys.Rotations() {
		if r.Entry < l.N { // the others are not the log's yet
			state.Rotations = append(state.Rotations, string(keys.Signed()[i]))
		}
	}
	if err := w.age(l, seen); err != nil {
		return nil, err
	}
	if w.Chain != nil {
		if err := w.compareChain(ctx, l, state, seen); err != nil {
			return nil, errors.Join(err, w.write(state))
		}
	}
	return seen, w.write(state)
}

func (w *Watch) write(state *State) error {
	if err := state.Write(w.StateFile); err != nil {
		return &StateError{err}
	}
	return nil
}

// alarm adds an alarm of which there is one of its kind at a time, unless it has a key.
func (s *Seen) alarm(a Alarm) {
	a.Time = s.Time
	if a.key == "" {
		a.key = a.Kind
	}
	s.Alarms = append(s.Alarms, a)
}

// age holds the time of the last entry against the clock.
func (w *Watch) age(l *Log, seen *Seen) error {
	if w.MaxAge == 0 || l.N == 0 {
		return nil
	}
	lines, err := l.Bundle((l.N - 1) / tileWidth)
	if err != nil {
		return err
	}
	e, err := ledger.ParseEntry(lines[len(lines)-1])
	if err != nil {
		return fmt.Errorf("entry %d: %w", l.N-1, err)
	}
	if age := seen.Time.Sub(e.Time); age > w.MaxAge {
		seen.alarm(Alarm{Kind: Stale, What: fmt.Sprintf("the last entry, %d (%s), is of %s: "+
			"no checkpoint with news for more than %v", e.Seq, e.Kind, e.Time.Format(time.RFC3339), w.MaxAge)})
	}
	return nil
}
