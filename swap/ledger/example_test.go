package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap/ledger"
)

type claimAccepted struct {
	Oxen     string        `json:"oxen"`
	Sequence int           `json:"sequence"`
	Evidence ledger.Digest `json:"evidence"`
}

func claim(seq uint64) []byte {
	body, err := ledger.MarshalBody(claimAccepted{Oxen: "L7fC...", Sequence: 1, Evidence: ledger.DigestOf([]byte("raw answer"))})
	if err != nil {
		log.Fatal(err)
	}
	line, err := ledger.FormatEntry(ledger.Entry{Seq: seq, Time: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC), Kind: "claim.accepted", Body: body})
	if err != nil {
		log.Fatal(err)
	}
	return line
}

func ExampleParseEntry() {
	e, err := ledger.ParseEntry([]byte(`{"v":1,"seq":0,"time":"2026-11-22T13:00:00Z","kind":"claim.accepted","body":{"oxen":"L7fC...","sequence":1,"evidence":"4f6835f1a0e132f2ec287c1681f77d5bb48a97e14e28b6d2ce986ed5b2cc697c"}}`))
	if err != nil {
		log.Fatal(err)
	}
	var body claimAccepted
	if err := ledger.UnmarshalBody(e.Body, &body); err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.Seq, e.Kind, body.Oxen, body.Sequence)

	_, err = ledger.ParseEntry([]byte(`{"v":1,"seq":0,"time":"2026-11-22T13:00:00Z","kind":"claim.accepted","body":{"amount":0.1}}`))
	fmt.Println(err)
	// Output:
	// 0 claim.accepted L7fC... 1
	// parse entry 0 (claim.accepted): body is not canonical JSON at byte 11: only integers are allowed: write a fraction as a string
}

func ExampleCheckReceipt() {
	skey, vkey, err := ledger.NewKey(bytes.NewReader(make([]byte, 32)), "claim.example/1166f61c0c9abbf6")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := ledger.NewSigner(skey)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ledger.NewVerifier(vkey)
	if err != nil {
		log.Fatal(err)
	}

	// The log appends, signs, and gives out a receipt.
	var hashes ledger.Hashes
	for seq := range uint64(3) {
		if err := hashes.Append(ledger.RecordHash(claim(seq))); err != nil {
			log.Fatal(err)
		}
	}
	root, err := ledger.TreeHash(3, hashes)
	if err != nil {
		log.Fatal(err)
	}
	checkpoint, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: key.Name(), Tree: tlog.Tree{N: 3, Hash: root}}, signer)
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := ledger.NewReceipt(claim(1), checkpoint, key, hashes)
	if err != nil {
		log.Fatal(err)
	}

	// The holder checks it with the key alone.
	e, c, _, err := ledger.CheckReceipt(receipt, key)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("entry %d (%s) is in the log %s of %d entries\n", e.Seq, e.Kind, c.Origin, c.N)
	// Output:
	// entry 1 (claim.accepted) is in the log claim.example/1166f61c0c9abbf6 of 3 entries
}

func ExampleOpenNote() {
	skey, vkey, err := ledger.NewKey(bytes.NewReader(make([]byte, 32)), "alice")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := ledger.NewSigner(skey)
	if err != nil {
		log.Fatal(err)
	}
	msg, err := ledger.SignNote("oxenswap approval of round 1\nroot 0x1234\n", signer)
	if err != nil {
		log.Fatal(err)
	}
	operators, err := ledger.NewKeyring(vkey)
	if err != nil {
		log.Fatal(err)
	}
	text, names, err := ledger.OpenNote(msg, operators)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q by %v\n", text, names)
	// Output:
	// "oxenswap approval of round 1\nroot 0x1234\n" by [alice]
}

// source is the smallest log that can be exported.
type source struct {
	ledger.Hashes
	records [][]byte
}

func (s source) Records(_ context.Context, lo, hi int64) ([][]byte, error) {
	return s.records[lo:hi], nil
}
func (s source) Attachments(_ context.Context, _ int64) ([]ledger.Digest, error) {
	return []ledger.Digest{ledger.DigestOf([]byte("raw answer"))}, nil
}

func (s source) OpenAttachment(_ context.Context, _ ledger.Digest) (io.ReadCloser, error) {
	stored, err := ledger.CompressAttachment([]byte("raw answer"))
	return io.NopCloser(bytes.NewReader(stored)), err
}

func ExampleWriteExport() {
	skey, vkey, err := ledger.NewKey(bytes.NewReader(make([]byte, 32)), "claim.example/1166f61c0c9abbf6")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := ledger.NewSigner(skey)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ledger.NewVerifier(vkey)
	if err != nil {
		log.Fatal(err)
	}
	src := source{records: [][]byte{claim(0), claim(1)}}
	for _, r := range src.records {
		if err := src.Append(ledger.RecordHash(r)); err != nil {
			log.Fatal(err)
		}
	}
	root, err := ledger.TreeHash(2, src)
	if err != nil {
		log.Fatal(err)
	}
	checkpoint, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: key.Name(), Tree: tlog.Tree{N: 2, Hash: root}}, signer)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "export")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	stats, err := ledger.WriteExport(context.Background(), dir, src, ledger.ExportConfig{Checkpoint: checkpoint, Signer: signer, Key: key, Withhold: ledger.WithholdNothing})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Files, "files")

	export, err := ledger.OpenExport(os.DirFS(dir), key)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range export.Manifest().Files {
		fmt.Println(f.Path)
	}
	for e, err := range export.Entries(0) {
		if err != nil {
			log.Fatal(err)
		}
		var body claimAccepted
		if err := ledger.UnmarshalBody(e.Body, &body); err != nil {
			log.Fatal(err)
		}
		evidence, err := export.Attachment(body.Evidence)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("entry %d: %s\n", e.Seq, evidence)
	}
	// Output:
	// 4 files
	// attachment/4f/4f6835f1a0e132f2ec287c1681f77d5bb48a97e14e28b6d2ce986ed5b2cc697c.gz
	// checkpoint
	// tile/0/000.p/2
	// tile/entries/000.p/2
	// entry 0: raw answer
	// entry 1: raw answer
}
