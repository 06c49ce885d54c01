package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// Verify checks the signatures of manifest and checkpoint by the keys in force, of which one is
// known, and those of the given witnesses, which it returns.
func (x *Export) Verify(known note.Verifier, witnesses ...*Witness) ([]Cosignature, error) {
	keys, err := x.Keys(known)
	if err != nil {
		return nil, fmt.Errorf("verify export: %w", err)
	}
	// The checkpoint first: a key that is not in force shows there.
	_, cosignatures, err := keys.OpenCheckpoint(x.checkpointNote, witnesses...)
	if err != nil {
		return nil, fmt.Errorf("verify export: %w", &FileError{checkpointPath, err})
	}
	key := keys.At(x.checkpoint.N)
	if _, err := openNote(x.manifestNote, MaxManifestSize, note.VerifierList(key)); err != nil {
		return nil, fmt.Errorf("verify export: %w", &FileError{manifestPath, fmt.Errorf("the key in force, %s, has not signed it: %w", keyName(key), err)})
	}
	if x.manifest.Origin != key.Name() {
		return nil, fmt.Errorf("verify export: it is of the log %s, not of %s", x.manifest.Origin, key.Name())
	}
	if x.aheadNote != nil {
		if _, _, err := keys.OpenCheckpoint(x.aheadNote, witnesses...); err != nil {
			return nil, fmt.Errorf("verify export: %w", &FileError{checkpointPath, err})
		}
	}
	if err := keys.Reaches(x.checkpoint.N); err != nil {
		return nil, fmt.Errorf("verify export: %w", &FileError{checkpointPath, err})
	}
	return cosignatures, nil
}

// Keys returns the keys of the log, one of which is known. The manifest must list every rotation
// below its size.
func (x *Export) Keys(known note.Verifier) (*Keys, error) {
	wrong := func(i int) error {
		return &FileError{RotationPath(i + 1), errors.New("it is not a file that the manifest lists")}
	}
	listed := 0
	for i, msg := range x.rotations {
		f, ok := x.manifest.file(RotationPath(i + 1))
		if !ok {
			break
		}
		if f.SHA256 != DigestOf(msg) {
			return nil, wrong(i)
		}
		listed++
	}
	keys, err := NewKeys(known, x.rotations...)
	if err != nil {
		return nil, err
	}
	// There can be more of a newer export, which is not whole yet.
	if below := keys.index(x.checkpoint.N); below != listed {
		return nil, wrong(min(below, listed))
	}
	next := RotationPath(len(x.rotations) + 1)
	if _, listed := x.manifest.file(next); listed {
		return nil, &FileError{next, errors.New("the manifest lists it, and it is not there")}
	}
	return keys, nil
}

// Rotations returns the signed rotations in the export, in order. Nothing but [Export.Keys] has
// verified them.
func (x *Export) Rotations() [][]byte { return x.rotations }
