package ledger

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

func TestReceipt(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 300)
	checkpoint := log.checkpoint(t)
	for _, i := range []int{0, 1, 150, 255, 256, 299} {
		data, err := NewReceipt(log.records[i], checkpoint, log.key, log.Hashes)
		if err != nil {
			t.Fatal(err)
		}
		e, c, _, err := CheckReceipt(data, log.key)
		if err != nil || e.Seq != uint64(i) || c.N != 300 {
			t.Errorf("receipt %d: entry %d of %d, %v", i, e.Seq, c.N, err)
		}
		// It is a proof to another implementation, too.
		policy := torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(log.key), torchwood.OriginPolicy(log.key.Name()))
		if err := torchwood.VerifyProof(policy, RecordHash(log.records[i]), data); err != nil {
			t.Errorf("torchwood refuses receipt %d: %v", i, err)
		}
		if entry, err := torchwood.ProofExtraData(data); err != nil || !bytes.Equal(entry, log.records[i]) {
			t.Errorf("torchwood finds %q in receipt %d, %v", entry, i, err)
		}
	}

	if _, err := NewReceipt(log.records[5][1:], checkpoint, log.key, log.Hashes); err == nil {
		t.Error("a receipt for something that is no entry")
	}
	altered := bytes.Replace(log.records[5], []byte("-6"), []byte("-7"), 1)
	if _, err := NewReceipt(altered, checkpoint, log.key, log.Hashes); err == nil {
		t.Error("a receipt for an entry that was altered")
	}
	log.grow(t, 301)
	if _, err := NewReceipt(log.records[300], checkpoint, log.key, log.Hashes); err == nil {
		t.Error("a receipt for an entry that the checkpoint does not cover")
	}
}

func TestReceiptTampering(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 9)
	good, err := NewReceipt(log.records[3], log.checkpoint(t), log.key, log.Hashes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for _, bit := range []byte{1, 4, 0x20} {
			changed := bytes.Clone(good)
			changed[i] ^= bit
			if _, _, _, err := CheckReceipt(changed, log.key); err == nil {
				t.Errorf("passed with byte %d changed to %q", i, changed[i])
			}
		}
	}
	for i := range good {
		if _, _, _, err := CheckReceipt(good[:i], log.key); err == nil {
			t.Errorf("passed when cut to %d bytes", i)
		}
	}
	b64 := base64.StdEncoding.EncodeToString
	lines := strings.SplitAfter(string(good), "\n")
	for name, c := range map[string]struct{ old, new, reason string }{
		"other title":    {"tlog-proof@v1", "tlog-proof@v2", "first line"},
		"no entry":       {lines[1], "", "second line"},
		"empty entry":    {lines[1], "extra \n", "0 bytes"},
		"other entry":    {lines[1], "extra " + b64(log.records[4]) + "\n", "does not lead"},
		"other index":    {"index 3", "index 4", "does not lead"},
		"index with 0":   {"index 3", "index 03", "canonical"},
		"negative index": {"index 3", "index -3", "there is no entry"},
		"index behind":   {"index 3", "index 9", "there is no entry 9"},
		"less proof":     {lines[3], "", "does not lead"},
		"more proof":     {lines[3], lines[3] + lines[3], "does not lead"},
		"endless proof":  {lines[3], strings.Repeat(lines[3], 41), "lines"},
		"no checkpoint":  {"\n\n", "\n", "is not a hash"},
		"too large":      {lines[1], "extra " + strings.Repeat("A", MaxReceiptSize) + "\n", "at most"},
	} {
		bad := strings.Replace(string(good), c.old, c.new, 1)
		if bad == string(good) {
			t.Fatalf("%s: nothing changed", name)
		}
		_, _, _, err := CheckReceipt([]byte(bad), log.key)
		if err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, expected a word on %q", name, err, c.reason)
		}
	}

	// An entry in the tree that claims another place.
	liar := newTestLog(t)
	liar.grow(t, 3)
	liar.appendRecord(t, log.records[8])
	r := Receipt{Entry: log.records[8], Index: 3, Checkpoint: liar.checkpoint(t)}
	if r.Proof, err = ProveRecord(4, 3, liar.Hashes); err != nil {
		t.Fatal(err)
	}
	data, err := FormatReceipt(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := CheckReceipt(data, liar.key); err == nil || !strings.Contains(err.Error(), "number 8") {
		t.Errorf("an entry at another index gave %v", err)
	}
}

func TestLargestReceipt(t *testing.T) {
	log := newTestLog(t)
	body := []byte(`{"a":"` + strings.Repeat("a", 65430) + `"}`)
	line, err := FormatEntry(Entry{Seq: 0, Time: mustTime("2026-11-22T13:00:00Z"), Kind: "a", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	log.appendRecord(t, line)
	checkpoint := log.checkpoint(t)
	filler := "— w" + strings.Repeat("i", 100) + "tness AAAAAAAA" + strings.Repeat("A", 1000) + "\n"
	for i := 0; i < 60; i++ {
		if checkpoint, err = AddSignature(checkpoint, strings.Replace(filler, "w", "w"+strings.Repeat("x", i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	r := Receipt{Entry: line, Proof: make(tlog.RecordProof, maxProof), Checkpoint: checkpoint}
	data, err := FormatReceipt(r)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParseReceipt(data); err != nil || len(back.Proof) != maxProof || !bytes.Equal(back.Checkpoint, checkpoint) {
		t.Errorf("came back with a proof of %d hashes, %v", len(back.Proof), err)
	}
}

func FuzzParseReceipt(f *testing.F) {
	for _, r := range readVectors(f).Receipts {
		f.Add([]byte(r))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseReceipt(data)
		if err != nil {
			return
		}
		again, err := FormatReceipt(r)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q is formatted as %q, %v", data, again, err)
		}
	})
}

// FuzzCheckReceipt: whatever is done to a receipt, what is still accepted shows an entry that the
// log has, in its place. Only signatures of keys that nobody asked about can be added to it or
// changed.
func FuzzCheckReceipt(f *testing.F) {
	log := newTestLog(f)
	log.grow(f, 9)
	checkpoint := log.checkpoint(f)
	for _, i := range []int{0, 3, 8} {
		data, err := NewReceipt(log.records[i], checkpoint, log.key, log.Hashes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint16(40), byte(1), uint16(0))
		f.Add(data, uint16(len(data)-3), byte(0x20), uint16(7))
		f.Add(append(data, "— w AAAAAAA=\n"...), uint16(len(data)+6), byte(1), uint16(0))
	}
	tree, _, err := OpenCheckpoint(checkpoint, log.key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, at uint16, bits byte, cut uint16) {
		data = bytes.Clone(data)
		if len(data) > 0 {
			data[int(at)%len(data)] ^= bits
			data = data[:len(data)-int(cut)%len(data)]
		}
		e, c, _, err := CheckReceipt(data, log.key)
		if err != nil {
			return
		}
		r, err := ParseReceipt(data)
		if err != nil || c != tree || e.Seq > 8 || !bytes.Equal(r.Entry, log.records[e.Seq]) || r.Index != int64(e.Seq) {
			t.Fatalf("accepted: %q, entry %d of %+v, %v", data, e.Seq, c, err)
		}
	})
}
