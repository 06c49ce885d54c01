package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

// The key and the note are those of package note's own documentation.
const (
	peterKey  = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	peterNote = "If you think cryptography is the answer to your problem,\n" +
		"then you don't know what your problem is.\n" +
		"\n" +
		"— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

func TestOpenNote(t *testing.T) {
	ring, err := NewKeyring(peterKey)
	if err != nil {
		t.Fatal(err)
	}
	text, names, err := OpenNote([]byte(peterNote), ring)
	if err != nil || !strings.HasSuffix(text, "problem is.\n") || !slices.Equal(names, []string{"PeterNeumann"}) {
		t.Fatalf("got %q by %v, %v", text, names, err)
	}
	sig := peterNote[strings.Index(peterNote, "— "):]
	for name, c := range map[string]struct{ old, new, reason string }{
		"another word":       {"answer", "anwser", "invalid signature"},
		"no signature":       {sig, "", "not a signed note"},
		"no blank line":      {"\n\n", "\n", "not a signed note"},
		"carriage return":    {"problem,\n", "problem,\r\n", "malformed"},
		"unknown key":        {"— Peter", "— Paul", "not known here"},
		"twice":              {sig, sig + sig, "twice"},
		"unknown and known":  {sig, sig + strings.Replace(sig, "Peter", "Paul", 1), "not known here"},
		"no newline":         {"AM=\n", "AM=", "not a signed note"},
		"text behind":        {"AM=\n", "AM=\nx\n", "not a note signature"},
		"other base64 bits":  {"AM=", "AN=", "not a note signature"},
		"no padding":         {"AM=", "AM", "not a note signature"},
		"hyphen for em dash": {"— ", "- ", "not a note signature"},
		"two spaces":         {"Neumann x08", "Neumann  x08", "not a note signature"},
		"other signature":    {"x08go/Z", "x08go/Y", "invalid signature"},
		"many signatures":    {sig, strings.Repeat(sig, 1) + manySignatures(t, 64), "more than 64"},
		"too large":          {"If", strings.Repeat("x", MaxNoteSize), "at most 65536"},
	} {
		bad := strings.Replace(peterNote, c.old, c.new, 1)
		if _, _, err := OpenNote([]byte(bad), ring); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, expected a word on %q", name, err, c.reason)
		}
	}
}

func manySignatures(t *testing.T, n int) string {
	var b strings.Builder
	for range n {
		skey, _, err := NewKey(rand.Reader, "x")
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSigner(skey)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := SignNote("y\n", s)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(string(msg[len("y\n\n"):]))
	}
	return b.String()
}

func TestKeys(t *testing.T) {
	// The seed and public key of RFC 8032, section 7.1, test 1.
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	if err != nil {
		t.Fatal(err)
	}
	skey, vkey, err := NewKey(bytes.NewReader(seed), "alice.example")
	if err != nil {
		t.Fatal(err)
	}
	if pub, err := PublicKey(vkey); err != nil || hex.EncodeToString(pub) != "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" {
		t.Errorf("public key is %x, %v", pub, err)
	}
	if got, err := VerifierKey(skey); err != nil || got != vkey {
		t.Errorf("verifier key of the signer key is %s, not %s (%v)", got, vkey, err)
	}
	signer, err := NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := SignNote("approve round 1\n", signer)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := NewKeyring(vkey, peterKey)
	if err != nil {
		t.Fatal(err)
	}
	if text, names, err := OpenNote(msg, ring); err != nil || text != "approve round 1\n" || !slices.Equal(names, []string{"alice.example"}) {
		t.Errorf("got %q by %v, %v", text, names, err)
	}

	for name, bad := range map[string]string{
		"empty": "", "verifier key": vkey, "newline": skey + "\n", "upper case hash": strings.Replace(skey, skey[26:34], strings.ToUpper(skey[26:34]), 1),
		"other hash": strings.Replace(skey, skey[26:34], "00000000", 1), "other name": strings.Replace(skey, "alice", "carol", 1), "no name": strings.Replace(skey, "alice.example", "", 1),
		"cut short": skey[:len(skey)-4], "long": skey + strings.Repeat("A", 400), "other algorithm": strings.Replace(skey, "+AZ", "+BZ", 1),
	} {
		_, err := NewSigner(bad)
		if err == nil {
			t.Errorf("%s: no error for %s", name, bad)
			continue
		}
		if secret := skey[strings.LastIndex(skey, "+"):]; strings.Contains(err.Error(), secret[:20]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
	for name, bad := range map[string]string{
		"empty": "", "secret key": skey, "newline": vkey + "\n", "inner newline": vkey[:40] + "\n" + vkey[40:], "upper case hash": strings.Replace(peterKey, "c74f20a3", "C74F20A3", 1),
		"other hash": strings.Replace(peterKey, "c74f20a3", "c74f20a4", 1), "other name": strings.Replace(peterKey, "Peter", "Paul", 1),
		"cut short": vkey[:len(vkey)-4], "two fields": "a+b", "space": "a b" + vkey, "witness": witnessKey(t), "long": vkey + strings.Repeat("A", 400),
	} {
		if _, err := NewVerifier(bad); err == nil {
			t.Errorf("%s: no error for %s", name, bad)
		}
	}
	if _, err := NewWitness(vkey); err == nil {
		t.Error("a key that does not cosign was taken for a witness")
	}
	if _, err := NewWitness(witnessKey(t) + "\n"); err == nil {
		t.Error("a witness key with a line break was read")
	}
	for _, bad := range []string{"", "a b", "a+b", "a\nb", "a\x00b", "\xff", strings.Repeat("a", 256)} {
		if _, _, err := NewKey(rand.Reader, bad); err == nil {
			t.Errorf("a key was made with the name %q", bad)
		}
	}
	if _, _, err := NewKey(bytes.NewReader(nil), "a"); err == nil {
		t.Error("a key was made without randomness")
	}
}

func witnessSigner(t testing.TB, name string, seed byte) *torchwood.CosignatureSigner {
	t.Helper()
	s, err := torchwood.NewCosignatureSigner(name, ed25519Key(seed))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func witnessKey(t testing.TB) string {
	return witnessSigner(t, "witness.example/w1", 7).Verifier().String()
}

func TestKeyring(t *testing.T) {
	_, alice, err := NewKey(bytes.NewReader(bytes.Repeat([]byte{1}, 32)), "alice")
	if err != nil {
		t.Fatal(err)
	}
	_, alice2, err := NewKey(bytes.NewReader(bytes.Repeat([]byte{2}, 32)), "alice")
	if err != nil {
		t.Fatal(err)
	}
	_, bob, err := NewKey(bytes.NewReader(bytes.Repeat([]byte{1}, 32)), "bob")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys   []string
		reason string
	}{
		"one person twice": {[]string{alice, alice}, "two keys have the name"},
		"two of one name":  {[]string{alice, alice2}, "two keys have the name"},
		"two of one key":   {[]string{alice, bob}, "the same key"},
		"not a key":        {[]string{"alice"}, "no public note key"},
	} {
		if _, err := NewKeyring(c.keys...); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	ring, err := NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenNote([]byte(peterNote), ring); err == nil {
		t.Error("an empty ring opened a note")
	}
}

func TestSignNote(t *testing.T) {
	log := newTestLog(t)
	for name, c := range map[string]struct {
		text    string
		signers []note.Signer
	}{
		"no newline":        {"text", []note.Signer{log.signer}},
		"empty":             {"", []note.Signer{log.signer}},
		"tab":               {"a\tb\n", []note.Signer{log.signer}},
		"not UTF-8":         {"\xff\n", []note.Signer{log.signer}},
		"nobody":            {"text\n", nil},
		"one twice":         {"text\n", []note.Signer{log.signer, log.signer}},
		"like a checkpoint": {log.signer.Name() + "\n1\n", []note.Signer{log.signer}},
		"too large":         {strings.Repeat("x", MaxNoteSize) + "\n", []note.Signer{log.signer}},
	} {
		if msg, err := SignNote(c.text, c.signers...); err == nil {
			t.Errorf("%s: signed %q", name, msg)
		}
	}
	if _, err := SignNote("a\n\nb — c\n\n— d e\n", log.signer); err != nil {
		t.Errorf("a text with blank lines: %v", err)
	}
}

func FuzzOpenNote(f *testing.F) {
	f.Add([]byte(peterNote))
	f.Add([]byte("a\n\n— a AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		ring, err := NewKeyring(peterKey)
		if err != nil {
			t.Fatal(err)
		}
		// Ed25519 gives one signature for one text, so nothing else can open.
		if _, _, err := OpenNote(msg, ring); err == nil && string(msg) != peterNote {
			t.Fatalf("%q opened", msg)
		}
		text, err := checkNote(msg, MaxNoteSize)
		if err == nil && !strings.HasPrefix(string(msg), text) {
			t.Fatalf("%q has the text %q", msg, text)
		}
	})
}

func FuzzPublicKey(f *testing.F) {
	f.Add(peterKey)
	f.Add("a+00000000+AQ==")
	f.Fuzz(func(t *testing.T, vkey string) {
		pub, err := PublicKey(vkey)
		if err != nil {
			return
		}
		name, _, _ := strings.Cut(vkey, "+")
		if again, err := note.NewEd25519VerifierKey(name, pub); err != nil || again != vkey {
			t.Fatalf("%q is formatted as %q, %v", vkey, again, err)
		}
		if _, err := NewVerifier(vkey); err != nil {
			t.Fatal(err)
		}
	})
}
