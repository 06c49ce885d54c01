package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	receiptTitle = "c2sp.org/tlog-proof@v1"
	// maxProof is the longest inclusion proof, that of a tree of MaxTreeSize.
	maxProof = 40
	// MaxReceiptSize is the largest receipt in bytes.
	MaxReceiptSize = 64 + (MaxEntrySize+2)/3*4 + maxProof*45 + MaxCheckpointSize
)

// A Receipt shows its holder, without the service, that the log has an entry.
type Receipt struct {
	Entry      []byte // the entry's bytes
	Index      int64
	Proof      tlog.RecordProof
	Checkpoint []byte // signed
}

// NewReceipt makes the receipt of an entry under a signed checkpoint that covers it. r reads the
// stored hashes of the tree.
func NewReceipt(entry, checkpoint []byte, ledger note.Verifier, r tlog.HashReader) ([]byte, error) {
	e, err := ParseEntry(entry)
	if err != nil {
		return nil, fmt.Errorf("new receipt: %w", err)
	}
	c, _, err := OpenCheckpoint(checkpoint, ledger)
	if err != nil {
		return nil, fmt.Errorf("new receipt: %w", err)
	}
	p, err := ProveRecord(c.N, int64(e.Seq), r)
	if err != nil {
		return nil, fmt.Errorf("new receipt: %w", err)
	}
	if err := CheckRecord(p, c.Tree, int64(e.Seq), RecordHash(entry)); err != nil {
		return nil, fmt.Errorf("new receipt: %w", err)
	}
	return FormatReceipt(Receipt{Entry: entry, Index: int64(e.Seq), Proof: p, Checkpoint: checkpoint})
}

// FormatReceipt returns the text of r.
func FormatReceipt(r Receipt) ([]byte, error) {
	if len(r.Entry) == 0 || len(r.Entry) > MaxEntrySize || len(r.Proof) > maxProof {
		return nil, fmt.Errorf("format receipt: an entry of %d bytes with a proof of %d hashes is not possible", len(r.Entry), len(r.Proof))
	}
	if r.Index < 0 || r.Index >= MaxTreeSize {
		return nil, fmt.Errorf("format receipt: there is no entry %d", r.Index)
	}
	if _, err := checkNote(r.Checkpoint, MaxCheckpointSize); err != nil {
		return nil, fmt.Errorf("format receipt: checkpoint: %w", err)
	}
	return torchwood.FormatProofWithExtraData(r.Index, r.Entry, r.Proof, r.Checkpoint), nil
}

// ParseReceipt is the inverse of [FormatReceipt]. It verifies nothing: that is for [CheckReceipt].
func ParseReceipt(data []byte) (Receipt, error) {
	r, err := parseReceipt(data)
	if err != nil {
		return Receipt{}, fmt.Errorf("parse receipt: %w", err)
	}
	if again, err := FormatReceipt(r); err != nil {
		return Receipt{}, fmt.Errorf("parse receipt: %w", err)
	} else if !bytes.Equal(again, data) {
		return Receipt{}, errors.New("parse receipt: it is not in canonical form: use the file as it was given out")
	}
	return r, nil
}

func parseReceipt(data []byte) (Receipt, error) {
	if len(data) > MaxReceiptSize {
		return Receipt{}, fmt.Errorf("%d bytes, at most %d are allowed", len(data), MaxReceiptSize)
	}
	head, checkpoint, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok {
		return Receipt{}, errors.New("there is no checkpoint in it: the file was cut off")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != receiptTitle {
		return Receipt{}, fmt.Errorf("the first line is not %q", receiptTitle)
	}
	if len(lines) < 3 || len(lines) > 3+maxProof {
		return Receipt{}, fmt.Errorf("%d lines before the checkpoint, not 3 to %d", len(lines), 3+maxProof)
	}
	entry64, ok := strings.CutPrefix(lines[1], "extra ")
	entry, err := base64.StdEncoding.DecodeString(entry64)
	if !ok || err != nil {
		return Receipt{}, errors.New(`the second line is not "extra" and the entry in base64`)
	}
	digits, ok := strings.CutPrefix(lines[2], "index ")
	index, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return Receipt{}, errors.New(`the third line is not "index" and a number`)
	}
	r := Receipt{Entry: entry, Index: index, Checkpoint: checkpoint}
	for i, line := range lines[3:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return Receipt{}, fmt.Errorf("line %d is not a hash", i+4)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}

// CheckReceipt verifies a receipt with nothing but the ledger's key: the signature of its
// checkpoint, its proof, and that its entry names its own index.
func CheckReceipt(data []byte, ledger note.Verifier, witnesses ...*Witness) (Entry, Checkpoint, []Cosignature, error) {
	return checkReceipt(data, func(msg []byte) (Checkpoint, []Cosignature, error) { return OpenCheckpoint(msg, ledger, witnesses...) })
}

func checkReceipt(data []byte, open func(msg []byte) (Checkpoint, []Cosignature, error)) (Entry, Checkpoint, []Cosignature, error) {
	fail := func(err error) (Entry, Checkpoint, []Cosignature, error) {
		return Entry{}, Checkpoint{}, nil, fmt.Errorf("check receipt: %w", err)
	}
	r, err := ParseReceipt(data)
	if err != nil {
		return fail(err)
	}
	c, cosignatures, err := open(r.Checkpoint)
	if err != nil {
		return fail(err)
	}
	if err := CheckRecord(r.Proof, c.Tree, r.Index, RecordHash(r.Entry)); err != nil {
		return fail(err)
	}
	e, err := ParseEntry(r.Entry)
	if err != nil {
		return fail(err)
	}
	if e.Seq != uint64(r.Index) {
		return fail(fmt.Errorf("the entry says that it is number %d, the proof is of number %d", e.Seq, r.Index))
	}
	return e, c, cosignatures, nil
}
