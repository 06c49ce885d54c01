package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	// MaxRotations is how often a log can change its key.
	MaxRotations = 99
	// MaxRotationSize is the largest signed rotation in bytes.
	MaxRotationSize = 2 << 10

	rotationTitle  = "oxenswap ledger key rotation v1"
	rotationFolder = "rotation/"
)

// A Rotation hands a log over from one key to the next.
type Rotation struct {
	Origin string // of the log, and name of both keys
	Entry  int64  // that records it: Old is in force for trees of at most so many entries, New for larger ones
	Old    string // public key
	New    string // public key
}

func (r Rotation) check() (old note.Verifier, err error) {
	if r.Entry < 1 || r.Entry >= MaxTreeSize {
		return nil, fmt.Errorf("entry %d cannot record a rotation", r.Entry)
	}
	if old, err = NewVerifier(r.Old); err != nil {
		return nil, err
	}
	next, err := NewVerifier(r.New)
	if err != nil {
		return nil, err
	}
	if old.Name() != r.Origin || next.Name() != r.Origin {
		return nil, fmt.Errorf("the keys are named %s and %s: every key of a log has its name, %s", old.Name(), next.Name(), r.Origin)
	}
	if old.KeyHash() == next.KeyHash() {
		return nil, fmt.Errorf("the next key %s is the present one: make a new one", r.New)
	}
	return old, nil
}

func (r Rotation) text() string {
	return fmt.Sprintf("%s\n%s\nentry %d\nold %s\nnew %s\n", rotationTitle, r.Origin, r.Entry, r.Old, r.New)
}

// SignRotation returns r as a note signed by the old key.
func SignRotation(r Rotation, old note.Signer) ([]byte, error) {
	if _, err := r.check(); err != nil {
		return nil, fmt.Errorf("sign rotation: %w", err)
	}
	msg, err := signNote(r.text(), MaxRotationSize, old)
	if err != nil {
		return nil, err
	}
	if _, err := OpenRotation(msg); err != nil {
		return nil, fmt.Errorf("sign rotation: %w", err)
	}
	return msg, nil
}

// OpenRotation is the inverse of [SignRotation]. It verifies the one signature by the old key that
// the note itself names: whether that is the log's is for [NewKeys].
func OpenRotation(msg []byte) (Rotation, error) {
	r, err := openRotation(msg)
	if err != nil {
		return Rotation{}, fmt.Errorf("open rotation: %w", err)
	}
	return r, nil
}

func openRotation(msg []byte) (r Rotation, err error) {
	text, err := checkNote(msg, MaxRotationSize)
	if err != nil {
		return r, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != rotationTitle {
		return r, fmt.Errorf("expected %q, the origin, an entry and two keys", rotationTitle)
	}
	r.Origin = lines[1]
	number, _ := strings.CutPrefix(lines[2], "entry ")
	r.Entry, _ = strconv.ParseInt(number, 10, 64) // 0 is refused
	r.Old, _ = strings.CutPrefix(lines[3], "old ")
	r.New, _ = strings.CutPrefix(lines[4], "new ")
	old, err := r.check()
	if err != nil {
		return r, err
	}
	if r.text() != text {
		return r, errors.New("it is not in canonical form")
	}
	n, err := openNote(msg, MaxRotationSize, note.VerifierList(old))
	if err != nil {
		return r, err
	}
	if len(n.UnverifiedSigs) > 0 {
		return r, errors.New("others than the old key have signed it")
	}
	return r, nil
}

// RotationPath returns the path in an export of a log's n-th rotation, counted from 1.
func RotationPath(n int) string { return rotationFolder + strconv.Itoa(n) }

// ParseRotationPath is the inverse of [RotationPath].
func ParseRotationPath(path string) (n int, ok bool) {
	number, _ := strings.CutPrefix(path, rotationFolder)
	n, err := strconv.Atoi(number)
	return n, err == nil && n >= 1 && n <= MaxRotations && RotationPath(n) == path
}

// ReadRotations reads the signed rotations of the log in fsys, in order. It verifies nothing: that
// is for [NewKeys].
func ReadRotations(fsys fs.FS) ([][]byte, error) {
	var out [][]byte
	for n := 1; n <= MaxRotations; n++ {
		msg, err := readAll(fsys, RotationPath(n), MaxRotationSize)
		if errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return nil, err
		}
		out = append(out, msg)
	}
	return out, nil
}

// Keys are the keys of one log, in the order in which they came into force.
type Keys struct {
	verifiers []note.Verifier // one more than rotations
	rotations []Rotation
	signed    [][]byte // the rotations
	known     int      // index of the key that is known from elsewhere
}

// NewKeys joins signed rotations into the keys of a log, one of which must be known. Each key
// vouches for the next one, so that from the known one on all are as good as it; that the earlier
// ones were the log's is only what the later ones let stand in it ([Keys.Reaches]).
func NewKeys(known note.Verifier, rotations ...[]byte) (*Keys, error) {
	if len(rotations) > MaxRotations {
		return nil, fmt.Errorf("%d rotations: a log can change its key %d times", len(rotations), MaxRotations)
	}
	k := &Keys{verifiers: []note.Verifier{known}, signed: rotations}
	for i, msg := range rotations {
		if err := k.add(msg); err != nil {
			return nil, &FileError{RotationPath(i + 1), err}
		}
	}
	for i, v := range k.verifiers {
		if v.Name() != known.Name() || v.KeyHash() != known.KeyHash() {
			continue
		}
		if i < len(rotations) {
			// The note names a key with that hash: it has to be this one.
			if _, err := openNote(rotations[i], MaxRotationSize, note.VerifierList(known)); err != nil {
				return nil, &FileError{RotationPath(i + 1), err}
			}
		}
		k.verifiers[i], k.known = known, i
		return k, nil
	}
	return nil, &FileError{RotationPath(1), fmt.Errorf("the key %s is none of the log's, which were %s", keyName(known), k.names())}
}

func (k *Keys) add(msg []byte) error {
	r, err := OpenRotation(msg)
	if err != nil {
		return err
	}
	if n := len(k.rotations); n == 0 {
		v, err := NewVerifier(r.Old)
		if err != nil {
			return err
		}
		k.verifiers[0] = v
	} else if last := k.rotations[n-1]; r.Old != last.New || r.Entry <= last.Entry {
		return fmt.Errorf("entry %d hands the log over to %s, and this hands it on from %s in entry %d", last.Entry, last.New, r.Old, r.Entry)
	}
	next, err := NewVerifier(r.New)
	if err != nil {
		return err
	}
	for _, v := range k.verifiers {
		if v.KeyHash() == next.KeyHash() {
			return fmt.Errorf("entry %d hands the log over to %s, which it had before: a key does not come back", r.Entry, r.New)
		}
	}
	k.verifiers, k.rotations = append(k.verifiers, next), append(k.rotations, r)
	return nil
}

func keyName(v note.Verifier) string { return fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash()) }

func (k *Keys) names() string {
	var names []string
	for _, v := range k.verifiers {
		names = append(names, keyName(v))
	}
	return strings.Join(names, ", ")
}

// index is that of the key in force for a tree of so many entries.
func (k *Keys) index(size int64) int {
	i := 0
	for i < len(k.rotations) && k.rotations[i].Entry < size {
		i++
	}
	return i
}

// At returns the key in force for a tree of so many entries.
func (k *Keys) At(size int64) note.Verifier { return k.verifiers[k.index(size)] }

// Last returns the key that came into force last.
func (k *Keys) Last() note.Verifier { return k.verifiers[len(k.rotations)] }

// Rotations returns what handed the log from each key to the next, which must not be changed.
func (k *Keys) Rotations() []Rotation { return k.rotations }

// Signed returns the rotations as they were signed, which must not be changed.
func (k *Keys) Signed() [][]byte { return k.signed }

// Reaches refuses a state of the log from before the known key came into force. Nobody has vouched
// for it: whoever makes up a log can make up earlier keys of it.
func (k *Keys) Reaches(size int64) error {
	if k.index(size) >= k.known {
		return nil
	}
	return fmt.Errorf("the log has %d entries, and the given key %s came into force only with entry %d: give the key of then", size, keyName(k.verifiers[k.known]), k.rotations[k.known-1].Entry)
}

// OpenCheckpoint is the function of that name with the key in force at the checkpoint's size.
func (k *Keys) OpenCheckpoint(msg []byte, witnesses ...*Witness) (Checkpoint, []Cosignature, error) {
	i := len(k.rotations)
	if c, err := parseSigned(msg); err == nil {
		i = k.index(c.N)
	}
	c, cosignatures, err := OpenCheckpoint(msg, k.verifiers[i], witnesses...)
	if err == nil {
		return c, cosignatures, nil
	}
	for j, v := range k.verifiers {
		if c, _, errOther := OpenCheckpoint(msg, v); errOther == nil {
			return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", k.notInForce(c.N, j, i))
		}
	}
	return Checkpoint{}, nil, err
}

// notInForce says why the key of an index did not count for a tree of so many entries.
func (k *Keys) notInForce(size int64, signed, inForce int) error {
	if signed < inForce {
		return fmt.Errorf("it is of %d entries and signed by the key %s, which entry %d had replaced by %s", size, keyName(k.verifiers[signed]), k.rotations[signed].Entry, keyName(k.verifiers[signed+1]))
	}
	return fmt.Errorf("it is of %d entries and signed by the key %s, which came into force only with entry %d", size, keyName(k.verifiers[signed]), k.rotations[signed-1].Entry)
}

// CheckReceipt is the function of that name with the key in force at the size of the receipt's
// checkpoint.
func (k *Keys) CheckReceipt(data []byte, witnesses ...*Witness) (Entry, Checkpoint, []Cosignature, error) {
	return checkReceipt(data, func(msg []byte) (Checkpoint, []Cosignature, error) { return k.OpenCheckpoint(msg, witnesses...) })
}
