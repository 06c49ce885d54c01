package ledger

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func ed25519Key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// The text is the example of https://c2sp.org/tlog-checkpoint.
const behindTheSofa = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

func TestParseCheckpoint(t *testing.T) {
	c, err := ParseCheckpoint(behindTheSofa)
	if err != nil || c.Origin != "example.com/behind-the-sofa" || c.N != 20852163 || c.Hash.String() != "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=" {
		t.Fatalf("got %+v, %v", c, err)
	}
	if ref, err := torchwood.ParseCheckpoint(behindTheSofa); err != nil || ref.Origin != c.Origin || ref.Tree != c.Tree {
		t.Errorf("torchwood reads %+v, %v", ref, err)
	}
	if text, err := FormatCheckpoint(c); err != nil || text != behindTheSofa {
		t.Errorf("formatted as %q, %v", text, err)
	}
	for _, bad := range [][2]string{
		{behindTheSofa, ""},
		{"20852163", "020852163"},
		{"20852163", "+20852163"},
		{"20852163", "-1"},
		{"20852163", "1099511627777"},
		{"20852163", "9223372036854775807"},
		{"20852163", ""},
		{"20852163", "20852163 "},
		{"example.com/behind-the-sofa", ""},
		{"example.com", "example com"},
		{"example.com", "example+com"},
		{"2I=\n", "2I=\nextension\n"},
		{"2I=\n", "2I=\n\n"},
		{"2I=\n", "2I="},
		{"2I=", "2J="}, // other unused bits
		{"2I=", "2I"},
		{"CsUY", "CsUYAAAA"},
		{"CsUY", "CsU\rY"},
		{"example.com", strings.Repeat("a", 400)},
	} {
		text := strings.Replace(behindTheSofa, bad[0], bad[1], 1)
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%q parsed as %+v", text, c)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(behindTheSofa)
	f.Add("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err != nil {
			return
		}
		if again, err := FormatCheckpoint(c); err != nil || again != text {
			t.Fatalf("%q is formatted as %q, %v", text, again, err)
		}
		if ref, err := torchwood.ParseCheckpoint(text); err != nil || ref.Tree != c.Tree || ref.Origin != c.Origin {
			t.Fatalf("torchwood reads %q as %+v, %v", text, ref, err)
		}
	})
}

func TestOpenCheckpoint(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 5)
	msg := log.checkpoint(t)
	c, cosignatures, err := OpenCheckpoint(msg, log.key)
	if err != nil || c.N != 5 || len(cosignatures) != 0 {
		t.Fatalf("got %+v, %v, %v", c, cosignatures, err)
	}

	skey, vkey, err := NewKey(bytes.NewReader(bytes.Repeat([]byte{9}, 32)), log.key.Name())
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	strangerKey, err := NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := SignCheckpoint(c, stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenCheckpoint(forged, log.key); err == nil {
		t.Error("a checkpoint by another key of the same name opened")
	}
	if _, _, err := OpenCheckpoint(forged, strangerKey); err != nil {
		t.Error(err)
	}
	other := c
	other.Origin = "other.example/1"
	if _, err := SignCheckpoint(other, log.signer); err == nil {
		t.Error("a checkpoint of another log was signed")
	}
	text, err := FormatCheckpoint(other)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := signNote(text, MaxCheckpointSize, log.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenCheckpoint(foreign, log.key); err == nil || !strings.Contains(err.Error(), "other.example/1") {
		t.Errorf("a checkpoint of another log by this key gave %v", err)
	}
	statement, err := SignNote("oxenswap round 1\n", log.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenCheckpoint(statement, log.key); err == nil {
		t.Error("a statement opened as a checkpoint")
	}
	for i := range msg {
		for _, bit := range []byte{1, 0x20, 0x80} {
			changed := bytes.Clone(msg)
			changed[i] ^= bit
			if _, _, err := OpenCheckpoint(changed, log.key); err == nil {
				t.Errorf("opened with byte %d changed to %q", i, changed[i])
			}
		}
	}
}

// cosignature is the line with which a witness signs a checkpoint.
func cosignature(t testing.TB, msg []byte, witness note.Signer) string {
	t.Helper()
	text := string(msg[:bytes.Index(msg, []byte("\n\n"))+1])
	signed, err := note.Sign(&note.Note{Text: text}, witness)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed[len(text)+1:])
}

// TestAddCosignatures hands in what witnesses and others may send.
func TestAddCosignatures(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 5)
	earlier := log.checkpoint(t)
	log.grow(t, 7)
	msg := log.checkpoint(t)
	var lines, old []string
	var witnesses []*Witness
	for i := range byte(3) {
		s := witnessSigner(t, fmt.Sprintf("witness.example/w%d", i+1), i+1)
		w, err := NewWitness(s.Verifier().String())
		if err != nil {
			t.Fatal(err)
		}
		lines, old, witnesses = append(lines, cosignature(t, msg, s)), append(old, cosignature(t, earlier, s)), append(witnesses, w)
	}
	known := witnesses[:2]
	text := string(msg[:bytes.Index(msg, []byte("\n\n"))+1])
	one := string(msg) + lines[0]
	for name, c := range map[string]struct {
		to, file string
		want     string // the checkpoint afterwards
		reason   string // why it is refused
	}{
		"a line":                {string(msg), lines[0], one, ""},
		"two lines":             {string(msg), lines[0] + lines[1], one + lines[1], ""},
		"a whole checkpoint":    {string(msg), one, one, ""},
		"without our signature": {string(msg), text + "\n" + lines[0], one, ""},
		"with a stranger's":     {string(msg), lines[2] + lines[0], one, ""},
		"a second witness":      {one, lines[1], one + lines[1], ""},
		"the same again":        {one, lines[0], one, ""},
		"a stranger's only":     {string(msg), lines[2], "", "witness.example/w3"},
		"an older one":          {string(msg), string(earlier) + old[0], "", "5 entries"},
		"an older one's line":   {string(msg), old[0], "", "another checkpoint"},
		"nothing":               {string(msg), "", "", "no cosignature"},
		"the checkpoint alone":  {string(msg), string(msg), "", "no cosignature"},
		"garbage":               {string(msg), "hello\n", "", "not a note signature"},
		"spaces":                {string(msg), " " + lines[0], "", "not a note signature"},
	} {
		got, added, err := AddCosignatures([]byte(c.to), []byte(c.file), log.key, known...)
		if c.reason != "" {
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("%s: got %v, expected a word on %q", name, err, c.reason)
			}
			continue
		}
		if err != nil || string(got) != c.want || len(added) == 0 {
			t.Errorf("%s: got %q, %v, %v", name, got, added, err)
		}
	}
}

func TestCosignatures(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 5)
	msg := log.checkpoint(t)
	cosign := func(name string, seed byte) (line string, w *Witness) {
		s := witnessSigner(t, name, seed)
		w, err := NewWitness(s.Verifier().String())
		if err != nil {
			t.Fatal(err)
		}
		return cosignature(t, msg, s), w
	}
	text := string(msg[:bytes.Index(msg, []byte("\n\n"))+1])
	before := time.Now().Add(-time.Second)
	line1, w1 := cosign("witness.example/w1", 1)
	line2, w2 := cosign("witness.example/w2", 2)
	_, w3 := cosign("witness.example/w3", 3)

	both := msg
	for _, line := range []string{line1, strings.TrimSuffix(line2, "\n")} {
		var err error
		if both, err = AddSignature(both, line); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(msg) + line1 + line2; string(both) != want {
		t.Fatalf("got\n%s\nexpected\n%s", both, want)
	}
	_, got, err := OpenCheckpoint(both, log.key, w2, w3)
	if err != nil || len(got) != 1 || got[0].Name != "witness.example/w2" || got[0].Time.Before(before) || got[0].Time.After(time.Now()) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, got, err := OpenCheckpoint(both, log.key, w1, w2); err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := AddSignature(both, line1); err == nil {
		t.Error("one witness signed twice")
	}
	for _, bad := range []string{"", "x", "— a b", line1 + line2, "— a " + strings.Repeat("A", 4*MaxCheckpointSize), "— a AAAA\n\n— b AAAAAAAA\n"} {
		if _, err := AddSignature(msg, bad); err == nil {
			t.Errorf("%.40q was added", bad)
		}
	}

	// A witness's signature of another tree does not pass as one of this.
	c, err := ParseCheckpoint(text)
	if err != nil {
		t.Fatal(err)
	}
	c.Tree = tlog.Tree{N: 6, Hash: c.Hash}
	other, err := SignCheckpoint(c, log.signer)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := AddSignature(other, line1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenCheckpoint(moved, log.key, w1); err == nil {
		t.Error("a cosignature of another checkpoint passed")
	}
	// Only a witness has signed.
	alone := []byte(text + "\n" + line1)
	if _, _, err := OpenCheckpoint(alone, log.key, w1); err == nil {
		t.Error("a checkpoint without the ledger's signature opened")
	}
}
