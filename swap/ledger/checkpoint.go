package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxCheckpointSize is the largest signed checkpoint in bytes. It has room for 16 signatures of 5
// kB, which https://c2sp.org/signed-note asks for.
const MaxCheckpointSize = 128 << 10

// A Checkpoint says that the log had this root at this size.
type Checkpoint struct {
	Origin    string // name of the log and of its key
	tlog.Tree        // N entries, root Hash
}

// A Cosignature says that a witness saw a checkpoint and found it consistent with every earlier one
// of the log.
type Cosignature struct {
	Name string    // of the witness
	Time time.Time // UTC
}

// FormatCheckpoint returns the text of c without signatures.
func FormatCheckpoint(c Checkpoint) (string, error) {
	if err := checkName(c.Origin); err != nil {
		return "", fmt.Errorf("format checkpoint: %w", err)
	}
	if err := checkSize(c.N); err != nil {
		return "", fmt.Errorf("format checkpoint: %w", err)
	}
	return torchwood.Checkpoint{Origin: c.Origin, Tree: c.Tree}.String(), nil
}

// ParseCheckpoint is the inverse of [FormatCheckpoint].
func ParseCheckpoint(text string) (Checkpoint, error) {
	if len(text) > maxNameSize+64+20 {
		return Checkpoint{}, fmt.Errorf("parse checkpoint: %d bytes are too many", len(text))
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, errors.New("parse checkpoint: expected three lines: origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("parse checkpoint: %q is not a tree size", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("parse checkpoint: %q is not a root hash", lines[2])
	}
	c := Checkpoint{Origin: lines[0], Tree: tlog.Tree{N: size, Hash: tlog.Hash(root)}}
	again, err := FormatCheckpoint(c)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("parse checkpoint: %w", err)
	}
	if again != text {
		return Checkpoint{}, errors.New("parse checkpoint: its size or root is not in canonical form")
	}
	return c, nil
}

// parseSigned parses a signed checkpoint without verifying its signatures.
func parseSigned(msg []byte) (Checkpoint, error) {
	text, err := checkNote(msg, MaxCheckpointSize)
	if err != nil {
		return Checkpoint{}, err
	}
	return ParseCheckpoint(text)
}

// SignCheckpoint returns c as a note signed by the ledger's key, whose name is the origin; where
// that has just replaced another, by that one too. The same checkpoint always gives the same bytes.
func SignCheckpoint(c Checkpoint, signers ...note.Signer) ([]byte, error) {
	for _, s := range signers {
		if s.Name() != c.Origin {
			return nil, fmt.Errorf("sign checkpoint: the key is named %s and the log %s", s.Name(), c.Origin)
		}
	}
	text, err := FormatCheckpoint(c)
	if err != nil {
		return nil, err
	}
	return signNote(text, MaxCheckpointSize, signers...)
}

// OpenCheckpoint verifies a checkpoint: it must be signed by the ledger's key and name its origin.
// The signatures of the given witnesses, if it has any, are verified too and returned; those of
// other keys are passed over.
func OpenCheckpoint(msg []byte, ledger note.Verifier, witnesses ...*Witness) (Checkpoint, []Cosignature, error) {
	known := []note.Verifier{ledger}
	for _, w := range witnesses {
		known = append(known, w)
	}
	n, err := openNote(msg, MaxCheckpointSize, note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", err)
	}
	if c.Origin != ledger.Name() {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: it is of the log %s, not of %s", c.Origin, ledger.Name())
	}
	var cosignatures []Cosignature
	signed := false
	for _, s := range n.Sigs {
		if s.Name == ledger.Name() && s.Hash == ledger.KeyHash() {
			signed = true
			continue
		}
		seconds, err := torchwood.CosignatureTimestamp(s)
		if err != nil {
			return Checkpoint{}, nil, fmt.Errorf("open checkpoint: cosignature of %s: %w", s.Name, err)
		}
		cosignatures = append(cosignatures, Cosignature{Name: s.Name, Time: time.Unix(seconds, 0).UTC()})
	}
	if !signed {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: the key %s+%08x has not signed it", ledger.Name(), ledger.KeyHash())
	}
	return c, cosignatures, nil
}

// AddSignature appends a signature line, as a witness returns it, to a signed checkpoint. It does
// not verify it.
func AddSignature(msg []byte, line string) ([]byte, error) {
	if !strings.HasSuffix(line, "\n") {
		line += "\n"
	}
	if _, err := checkSignatureLine(line); err != nil {
		return nil, fmt.Errorf("add signature: %w", err)
	}
	out := append(msg[:len(msg):len(msg)], line...)
	if _, err := checkNote(out, MaxCheckpointSize); err != nil {
		return nil, fmt.Errorf("add signature: %w", err)
	}
	return out, nil
}

// AddCosignatures adds what a witness has sent to a signed checkpoint: signature lines, or the
// whole checkpoint with them. Lines of the given witnesses are verified and added unless they are
// there already; those of others are passed over. It returns the checkpoint with them, and the
// cosignatures that were sent, of which there is at least one.
func AddCosignatures(checkpoint, sent []byte, ledger note.Verifier, witnesses ...*Witness) ([]byte, []Cosignature, error) {
	text, err := checkNote(checkpoint, MaxCheckpointSize)
	if err != nil {
		return nil, nil, fmt.Errorf("add cosignatures: %w", err)
	}
	lines := string(sent)
	if before, after, ok := strings.Cut(lines, "\n\n"); ok {
		if before+"\n" != text {
			return nil, nil, fmt.Errorf("add cosignatures: %w", otherCheckpoint(before+"\n", text))
		}
		lines = after
	}
	var added []Cosignature
	var strangers []string
	for line := range strings.Lines(lines) {
		key, err := checkSignatureLine(line)
		if err != nil {
			return nil, nil, fmt.Errorf("add cosignatures: %w", err)
		}
		i := slices.IndexFunc(witnesses, func(w *Witness) bool { return key == fmt.Sprintf("%s+%08x", w.Name(), w.KeyHash()) })
		if i < 0 {
			if !strings.HasPrefix(key, ledger.Name()+"+") { // of this key or the one before it
				strangers = append(strangers, key)
			}
			continue
		}
		n, err := openNote([]byte(text+"\n"+line), MaxCheckpointSize, note.VerifierList(witnesses[i]))
		if err != nil {
			return nil, nil, fmt.Errorf("add cosignatures: that of %s is of another checkpoint than this one of %q: send the witness the present checkpoint (%w)", key, text, err)
		}
		seconds, err := torchwood.CosignatureTimestamp(n.Sigs[0])
		if err != nil {
			return nil, nil, fmt.Errorf("add cosignatures: that of %s: %w", key, err)
		}
		added = append(added, Cosignature{Name: witnesses[i].Name(), Time: time.Unix(seconds, 0).UTC()})
		if bytes.Contains(checkpoint, []byte("\n"+line)) {
			continue
		}
		if checkpoint, err = AddSignature(checkpoint, line); err != nil {
			return nil, nil, fmt.Errorf("add cosignatures: %w", err)
		}
	}
	if len(added) == 0 && len(strangers) > 0 {
		return nil, nil, fmt.Errorf("add cosignatures: the witness %s is not a configured one", strings.Join(strangers, " or "))
	} else if len(added) == 0 {
		return nil, nil, errors.New("add cosignatures: there is no cosignature in it")
	}
	return checkpoint, added, nil
}

func otherCheckpoint(sent, present string) error {
	is, err := ParseCheckpoint(sent)
	if err != nil {
		return fmt.Errorf("what was sent is not a checkpoint: %w", err)
	}
	want, err := ParseCheckpoint(present)
	if err != nil {
		return err
	}
	return fmt.Errorf("they are of the checkpoint of %d entries of %s with root %v, and this one is of %d entries of %s with root %v: send the witness the present one",
		is.N, is.Origin, is.Hash, want.N, want.Origin, want.Hash)
}
