package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

const (
	// MaxNoteSize is the largest statement of [SignNote] in bytes, signatures included.
	MaxNoteSize = 64 << 10
	// maxNameSize is the longest key name and origin: https://c2sp.org/tlog-cosignature gives an
	// origin one length byte.
	maxNameSize = 255

	maxKeySize      = maxNameSize + 80
	maxSignatures   = 64
	signaturePrefix = "— "
)

func checkName(name string) error {
	if name == "" || len(name) > maxNameSize || !utf8.ValidString(name) || strings.Contains(name, "+") ||
		strings.IndexFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) >= 0 {
		return fmt.Errorf("%q is no key name: 1 to %d bytes of UTF-8 without spaces, control characters and plus signs are", name, maxNameSize)
	}
	return nil
}

// NewKey returns a new Ed25519 key: skey is secret and for [NewSigner], vkey is public and for
// [NewVerifier].
func NewKey(rand io.Reader, name string) (skey, vkey string, err error) {
	if err := checkName(name); err != nil {
		return "", "", err
	}
	skey, vkey, err = note.GenerateKey(rand, name)
	if err != nil {
		return "", "", fmt.Errorf("new key %s: %w", name, err)
	}
	return skey, vkey, nil
}

// NewSigner reads a secret key. Errors never contain it.
func NewSigner(skey string) (note.Signer, error) {
	// The two parts of a secret key that can be spelt differently are its hash and its base64; both
	// are plain ASCII.
	fields := strings.Split(skey, "+")
	if len(skey) > maxKeySize || len(fields) < 5 || fields[3] != strings.ToLower(fields[3]) || strings.ContainsAny(skey, "\r\n") {
		return nil, errors.New("this is no secret note key: it begins with PRIVATE+KEY+ and has no line break")
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		return nil, fmt.Errorf("read secret note key: %w", err)
	}
	if err := checkName(s.Name()); err != nil {
		return nil, err
	}
	return s, nil
}

// VerifierKey returns the public key that belongs to a secret key.
func VerifierKey(skey string) (vkey string, err error) {
	s, err := NewSigner(skey)
	if err != nil {
		return "", err
	}
	// NewSigner has checked the form: five fields, the last of them, which may contain further plus
	// signs, the algorithm's byte and the seed.
	key, err := base64.StdEncoding.Strict().DecodeString(strings.SplitN(skey, "+", 5)[4])
	if err != nil {
		return "", errors.New("read secret note key: its base64 is not canonical")
	}
	return note.NewEd25519VerifierKey(s.Name(), ed25519.NewKeyFromSeed(key[1:]).Public().(ed25519.PublicKey))
}

// PublicKey returns the Ed25519 key within a public key's text.
func PublicKey(vkey string) (ed25519.PublicKey, error) {
	if len(vkey) > maxKeySize {
		return nil, fmt.Errorf("public note key has %d bytes, at most %d are allowed", len(vkey), maxKeySize)
	}
	fields := strings.SplitN(vkey, "+", 3)
	if len(fields) != 3 {
		return nil, fmt.Errorf("%q is no public note key: expected <name>+<8 hex digits>+<base64>", vkey)
	}
	if err := checkName(fields[0]); err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 1 {
		return nil, fmt.Errorf("%q is no Ed25519 note key", vkey)
	}
	if again, err := note.NewEd25519VerifierKey(fields[0], key[1:]); err != nil || again != vkey {
		return nil, fmt.Errorf("%q is no public note key: its hash or its spelling is wrong", vkey)
	}
	return key[1:], nil
}

// NewVerifier reads a public key.
func NewVerifier(vkey string) (note.Verifier, error) {
	if _, err := PublicKey(vkey); err != nil {
		return nil, err
	}
	return note.NewVerifier(vkey)
}

// A Witness verifies the cosignatures of one witness.
type Witness = torchwood.CosignatureVerifier

// NewWitness reads the public key of a witness, which makes timestamped cosignatures
// (https://c2sp.org/tlog-cosignature, Ed25519).
func NewWitness(vkey string) (*Witness, error) {
	if len(vkey) > maxKeySize {
		return nil, fmt.Errorf("witness key has %d bytes, at most %d are allowed", len(vkey), maxKeySize)
	}
	v, err := torchwood.NewCosignatureVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("%q is no witness key: %w", vkey, err)
	}
	if v.String() != vkey {
		return nil, fmt.Errorf("%q is no witness key: expected the spelling %q", vkey, v)
	}
	return v, nil
}

// A Keyring is a set of keys whose signatures are counted: no two have the same name or the same
// key. It implements note.Verifiers.
type Keyring struct {
	verifiers map[string]note.Verifier // by name
}

// NewKeyring reads public keys.
func NewKeyring(vkeys ...string) (*Keyring, error) {
	ring := &Keyring{verifiers: make(map[string]note.Verifier)}
	owner := make(map[string]string) // of each public key
	for _, vkey := range vkeys {
		v, err := NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		key, err := PublicKey(vkey)
		if err != nil {
			return nil, err
		}
		if ring.verifiers[v.Name()] != nil {
			return nil, fmt.Errorf("two keys have the name %s: give every key its own", v.Name())
		}
		if other, ok := owner[string(key)]; ok {
			return nil, fmt.Errorf("%s and %s are the same key: every person needs their own", other, v.Name())
		}
		owner[string(key)] = v.Name()
		ring.verifiers[v.Name()] = v
	}
	return ring, nil
}

// Verifier implements note.Verifiers.
func (k *Keyring) Verifier(name string, hash uint32) (note.Verifier, error) {
	if v := k.verifiers[name]; v != nil && v.KeyHash() == hash {
		return v, nil
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// SignNote returns a statement signed by the given keys. The text ends in a newline. Its first line
// cannot be the signer's name, so that no statement is a checkpoint of a log of that name.
func SignNote(text string, signers ...note.Signer) ([]byte, error) {
	first, _, _ := strings.Cut(text, "\n")
	for _, s := range signers {
		if first == s.Name() {
			return nil, fmt.Errorf("sign statement: it begins with the name of the key %s and could be taken for a checkpoint", first)
		}
	}
	return signNote(text, MaxNoteSize, signers...)
}

func signNote(text string, limit int, signers ...note.Signer) ([]byte, error) {
	msg, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign note: %w", err)
	}
	// Open refuses texts that Sign lets pass, such as those with tabs.
	_, err = checkNote(msg, limit)
	if unverified := (*note.UnverifiedNoteError)(nil); err == nil {
		if _, err = note.Open(msg, nil); errors.As(err, &unverified) && unverified.Note.Text == text {
			err = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sign note: %w: its text is UTF-8 that ends in a newline, without other control characters, and somebody signs it", err)
	}
	return msg, nil
}

// OpenNote returns a statement's text and who signed it, in the order of the signatures. Every
// signature must be good and of a key of the ring, so that one statement has one form and a
// mistyped key does not go unnoticed.
func OpenNote(msg []byte, ring *Keyring) (text string, names []string, err error) {
	n, err := openNote(msg, MaxNoteSize, ring)
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		n = unverified.Note
	} else if err != nil {
		return "", nil, fmt.Errorf("open statement: %w", err)
	}
	if len(n.UnverifiedSigs) > 0 {
		s := n.UnverifiedSigs[0]
		return "", nil, fmt.Errorf("open statement: the key %s+%08x is not known here: use one whose public key the ledger names", s.Name, s.Hash)
	}
	for _, s := range n.Sigs {
		names = append(names, s.Name)
	}
	return n.Text, names, nil
}

// openNote checks the form of msg and its signatures by known keys, at least one of which there
// must be.
func openNote(msg []byte, limit int, known note.Verifiers) (*note.Note, error) {
	if _, err := checkNote(msg, limit); err != nil {
		return nil, err
	}
	return note.Open(msg, known)
}

// checkNote checks what note.Open leaves open: one spelling for each signature and one signature
// for each key. It returns the text, which nobody has verified.
func checkNote(msg []byte, limit int) (text string, err error) {
	if len(msg) > limit {
		return "", fmt.Errorf("the note has %d bytes, at most %d are allowed", len(msg), limit)
	}
	split := bytes.LastIndex(msg, []byte("\n\n"))
	if split < 0 || msg[len(msg)-1] != '\n' || split+2 == len(msg) {
		return "", errors.New("this is not a signed note")
	}
	seen := make(map[string]bool)
	for line := range strings.Lines(string(msg[split+2:])) {
		if len(seen) == maxSignatures {
			return "", fmt.Errorf("the note has more than %d signatures", maxSignatures)
		}
		key, err := checkSignatureLine(line)
		if err != nil {
			return "", err
		}
		if seen[key] {
			return "", fmt.Errorf("the key %s has signed the note twice", key)
		}
		seen[key] = true
	}
	return string(msg[:split+1]), nil
}

// checkSignatureLine returns name and hash of the key in a signature line, which ends in a newline.
func checkSignatureLine(line string) (key string, err error) {
	rest, ok := strings.CutPrefix(line, signaturePrefix)
	name, rest, _ := strings.Cut(rest, " ")
	sig64, end, _ := strings.Cut(rest, "\n")
	sig, err := base64.StdEncoding.Strict().DecodeString(sig64)
	if !ok || err != nil || end != "" || !strings.HasSuffix(line, "\n") || len(sig) < 5 || strings.Contains(sig64, "\r") || checkName(name) != nil {
		return "", fmt.Errorf("%q is not a note signature", line[:min(len(line), 80)])
	}
	return fmt.Sprintf("%s+%08x", name, binary.BigEndian.Uint32(sig)), nil
}
