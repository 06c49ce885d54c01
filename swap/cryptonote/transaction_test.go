package cryptonote

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// unzipped reads a compressed file of testdata.
func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(name, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(name, err)
	}
	return data
}

func loadZipped(t testing.TB, name string, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(unzipped(t, name)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("Decode of %s: got %v, want no error", name, err)
	}
}

// A recordedTx is what daemons said about one transaction: whole, pruned or both.
type recordedTx struct {
	ID           TxID
	Full         hexBytes
	Pruned       hexBytes
	PrunableHash hexBytes `json:"prunable_hash"`
}

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	*b = raw
	return err
}

func (r recordedTx) parse(t testing.TB) *Transaction {
	t.Helper()
	var tx *Transaction
	var err error
	if r.Full != nil {
		tx, err = ParseTransaction(r.Full)
	} else {
		tx, err = ParsePrunedTransaction(r.Pruned, [32]byte(r.PrunableHash))
	}
	if err != nil {
		t.Fatalf("ParsePrunedTransaction of %v: got %v, want no error", r.ID, err)
	}
	return tx
}

func recordedTransactions(t testing.TB) []recordedTx {
	var list []recordedTx
	loadZipped(t, "transactions.json.gz", &list)
	return list
}

// TestRecordedTransactions: every transaction of the recordings, whole and pruned, encodes to the
// same bytes and hashes to its id.
func TestRecordedTransactions(t *testing.T) {
	list := recordedTransactions(t)
	kinds := map[TxType]int{}
	versions := map[uint64]int{}
	hidden := map[RingCTType]int{}
	full, pruned := 0, 0
	for _, r := range list {
		if r.Full != nil {
			full++
			tx, err := ParseTransaction(r.Full)
			if err != nil {
				t.Fatalf("ParseTransaction of %v: got %v, want no error", r.ID, err)
			}
			if b, err := tx.MarshalBinary(); err != nil || !bytes.Equal(b, r.Full) {
				t.Errorf("%v: encodes as %x, %v", r.ID, b, err)
			}
			if tx.Hash() != r.ID {
				t.Errorf("%v: hashes to %v", r.ID, tx.Hash())
			}
			// The pruned form that a daemon would give of it.
			short := slices.Clone(r.Full[:len(r.Full)-len(tx.prunable)])
			again, err := ParsePrunedTransaction(short, Keccak256(tx.prunable))
			if err != nil || again.Hash() != r.ID {
				t.Errorf("%v, pruned here: %v", r.ID, err)
			}
			if r.Pruned != nil && !bytes.Equal(short, r.Pruned) {
				t.Errorf("%v: pruned to %x, the daemon to %x", r.ID, short, r.Pruned)
			}
		}
		if r.Pruned != nil && r.PrunableHash != nil {
			pruned++
			tx, err := ParsePrunedTransaction(r.Pruned, [32]byte(r.PrunableHash))
			if err != nil {
				t.Fatalf("ParsePrunedTransaction of %v: got %v, want no error", r.ID, err)
			}
			if b, err := tx.MarshalBinary(); err != nil || !bytes.Equal(b, r.Pruned) {
				t.Errorf("%v: encodes as %x, %v", r.ID, b, err)
			}
			if tx.Hash() != r.ID {
				t.Errorf("%v, pruned: hashes to %v", r.ID, tx.Hash())
			}
		}
		tx := r.parse(t)
		kinds[tx.Type]++
		versions[tx.Version]++
		hidden[tx.RingCT]++
		for f := range ExtraFields(tx.Extra) {
			if f.Malformed {
				t.Errorf("%v: extra is malformed at %x", r.ID, f.Data)
			}
		}
	}
	t.Logf("%d transactions, %d whole, %d pruned: versions %v, types %v, RingCT %v", len(list), full, pruned, versions, kinds, hidden)
	if len(list) != 192 || full < 40 || pruned < 150 || kinds[TxStake] == 0 || kinds[TxKeyImageUnlock] == 0 || kinds[TxStateChange] == 0 || versions[2] == 0 {
		t.Error("the recordings are not all here")
	}
}

// TestMoneroGenesis hashes a transaction of version 1: the first of Monero's chain, whose bytes and
// hash are in its cryptonote_config.h and its block 0.
func TestMoneroGenesis(t *testing.T) {
	blob := unhex(t, "013c01ff0001ffffffffffff03029b2e4c0281c0b02e7c53291a94d1d0cbff8883f8024f5142ee494ffbbd08807121017767aafcde9be00dcfd098715ebcf7f410daebc582fda69d24a28e9d0bc890d1")
	const id = "c88ce9783b4f11190d7b9c17a69c1c52200f9faaee8e98dd07e6811175177139"
	tx, err := ParseTransaction(blob)
	if err != nil {
		t.Fatal(err)
	}
	if tx.Hash().String() != id {
		t.Errorf("hashes to %v", tx.Hash())
	}
	pruned, err := ParsePrunedTransaction(blob, [32]byte{})
	if err != nil || pruned.Hash() != tx.Hash() {
		t.Errorf("pruned, which changes nothing without signatures: %v", err)
	}
}

func TestStateChangeFieldsAndOthers(t *testing.T) {
	tags := map[TxType]map[byte]bool{}
	for _, r := range recordedTransactions(t) {
		tx := r.parse(t)
		if tags[tx.Type] == nil {
			tags[tx.Type] = map[byte]bool{}
		}
		for f := range ExtraFields(tx.Extra) {
			tags[tx.Type][f.Tag] = true
		}
	}
	for _, c := range []struct {
		kind TxType
		tag  byte
	}{
		{TxStake, ExtraNodeRegister}, {TxStake, ExtraNodeContributor}, {TxStake, ExtraSecretKey}, {TxStake, ExtraKeyImageProofs},
		{TxStateChange, ExtraNodeStateChange}, {TxKeyImageUnlock, ExtraKeyImageUnlock}, {TxStandard, ExtraNonce}, {TxStandard, ExtraAdditionalKeys},
	} {
		if !tags[c.kind][c.tag] {
			t.Errorf("no %v transaction with field %#x", c.kind, c.tag)
		}
	}
}

// drawTransaction makes a transaction of any version and type, in bytes.
func drawTransaction(t *rapid.T) *Transaction {
	key := func(label string) [32]byte {
		return [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, label))
	}
	bytesOf := func(n int, label string) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label) }
	tx := &Transaction{
		Version:    rapid.Uint64Range(1, 4).Draw(t, "version"),
		UnlockTime: rapid.Uint64().Draw(t, "unlock"),
		Extra:      rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "extra"),
		Outputs:    make([]TxOutput, rapid.IntRange(0, 4).Draw(t, "outputs")),
	}
	switch tx.Version {
	case 3:
		tx.Type = TxType(rapid.IntRange(0, 1).Draw(t, "state change"))
	case 4:
		tx.Type = TxType(rapid.IntRange(0, int(TxNameSystem)).Draw(t, "type"))
	}
	for i := range tx.Outputs {
		tx.Outputs[i] = TxOutput{rapid.Uint64().Draw(t, "amount"), PublicKey(key("key"))}
		if tx.Version >= 3 {
			tx.UnlockTimes = append(tx.UnlockTimes, rapid.Uint64().Draw(t, "unlock"))
		}
	}
	inputs := rapid.IntRange(0, 3).Draw(t, "inputs")
	if inputs == 1 && rapid.Bool().Draw(t, "miner") {
		tx.Inputs = []TxInput{{Miner: true, Height: rapid.Uint64().Draw(t, "height")}}
	} else {
		for range inputs {
			in := TxInput{Amount: rapid.Uint64().Draw(t, "amount"), KeyImage: KeyImage(key("image"))}
			for range rapid.IntRange(0, 5).Draw(t, "ring") {
				in.offsets = binary.AppendUvarint(in.offsets, rapid.Uint64().Draw(t, "offset"))
			}
			tx.Inputs = append(tx.Inputs, in)
		}
	}
	if tx.Version == 1 {
		n := 0
		for i := range tx.Inputs {
			n += 64 * tx.Inputs[i].RingSize()
		}
		tx.prunable = bytesOf(n, "signatures")
		return tx
	}
	if inputs == 0 {
		return tx
	}
	tx.RingCT = RingCTType(rapid.IntRange(0, int(RingCTCLSAG)).Draw(t, "RingCT"))
	if tx.RingCT == RingCTNull {
		return tx
	}
	tx.Fee = rapid.Uint64().Draw(t, "fee")
	if tx.RingCT == RingCTSimple {
		tx.pseudo = bytesOf(32*inputs, "pseudo")
	}
	tx.hidden = bytesOf(tx.hiddenSize()*len(tx.Outputs), "hidden")
	tx.commits = bytesOf(32*len(tx.Outputs), "commitments")
	tx.prunable = rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "prunable")
	return tx
}

func TestTransactionsOfEveryVersionAndType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made := drawTransaction(t)
		blob, err := made.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParseTransaction(blob)
		if err != nil {
			t.Fatalf("ParseTransaction of %x: got %v, want no error", blob, err)
		}
		again, err := read.MarshalBinary()
		if err != nil || !bytes.Equal(again, blob) {
			t.Fatalf("%x comes back as %x, %v", blob, again, err)
		}
		if read.Hash() != made.Hash() || read.Version != made.Version || read.Type != made.Type || read.RingCT != made.RingCT ||
			!slices.Equal(read.Outputs, made.Outputs) || !slices.Equal(read.UnlockTimes, made.UnlockTimes) {
			t.Fatalf("%x reads as %+v", blob, read)
		}

		// Any other bytes are another transaction, or none.
		bit := rapid.IntRange(0, 8*len(blob)-1).Draw(t, "bit")
		other := slices.Clone(blob)
		other[bit/8] ^= 1 << (bit % 8)
		if tx, err := ParseTransaction(other); err == nil && tx.Hash() == read.Hash() {
			t.Fatalf("bit %d of %x changed, and the hash is the same", bit, blob)
		}
		cut := rapid.IntRange(0, len(blob)-1).Draw(t, "cut")
		if tx, err := ParseTransaction(blob[:cut]); err == nil && tx.Hash() == read.Hash() {
			t.Fatalf("cut to %d bytes", cut)
		}
		if tx, err := ParseTransaction(append(blob, 0)); err == nil && tx.Hash() == read.Hash() {
			t.Fatal("with one byte more")
		}

		short := blob[:len(blob)-len(read.prunable)]
		pruned, err := ParsePrunedTransaction(short, Keccak256(read.prunable))
		if read.Version == 1 && len(read.prunable) > 0 {
			if !errors.Is(err, ErrPruned) {
				t.Fatalf("version 1 without signatures: %v", err)
			}
			return
		}
		if err != nil || pruned.Hash() != read.Hash() {
			t.Fatalf("pruned: %v", err)
		}
	})
}

func TestTransactionRefusals(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	out := join([]byte{0, 2}, key)
	in := join([]byte{2, 0, 1, 5}, key)
	for _, c := range []struct {
		name string
		blob []byte
		want Reason
	}{
		{"nothing", nil, ErrCutOff},
		{"version 0", []byte{0}, ErrTxVersion},
		{"version 5", []byte{5, 0, 0, 0, 0, 0, 0}, ErrTxVersion},
		{"version in two bytes", []byte{0x84, 0x00}, ErrNumber},
		{"unlock time above 64 bits", []byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, ErrNumber},
		{"unlock time cut off", []byte{2, 0xff, 0xff}, ErrCutOff},
		{"no inputs, outputs, extra", []byte{2, 0, 0, 0, 0}, ""},
		{"version 4 alike", []byte{4, 0, 0, 0, 0, 0, 0}, ""},
		{"version 4, type 5", []byte{4, 0, 0, 0, 0, 0, 5}, ErrTxType},
		{"version 3, flag 2", []byte{3, 0, 2, 0, 0, 0, 0}, ErrTxType},
		{"version 3, flag 1", []byte{3, 0, 1, 0, 0, 0, 0}, ""},
		{"one byte more", []byte{2, 0, 0, 0, 0, 0}, ErrTrailing},
		{"2^63 unlock times", []byte{4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0}, ErrCutOff},
		{"an unlock time without output", join([]byte{4, 1, 9, 0, 0, 0, 0, 0}, make([]byte, 40)), ErrTxUnlockTimes},
		{"input of kind 1", join([]byte{2, 0, 1, 1}, make([]byte, 80)), ErrTxInput},
		{"two miner inputs", join([]byte{2, 0, 2, 0xff, 0, 0xff, 0}, make([]byte, 80)), ErrTxInput},
		{"more inputs than fit", []byte{2, 0, 30, 0xff, 0}, ErrCutOff},
		{"more offsets than fit", []byte{2, 0, 1, 2, 0, 0xff, 0xff, 0x03, 0}, ErrCutOff},
		{"output to a script", join([]byte{2, 0, 0, 1, 0, 1}, make([]byte, 40)), ErrTxOutput},
		{"more extra than fits", []byte{2, 0, 0, 0, 3, 1}, ErrCutOff},
		{"RingCT 6", join([]byte{2, 0, 1}, in, []byte{1}, out, []byte{0, 6}), ErrRingCT},
		{"RingCT without base", join([]byte{2, 0, 1}, in, []byte{1}, out, []byte{0}), ErrCutOff},
		{"RingCT 5 without its prunable part", join([]byte{2, 0, 1}, in, []byte{1}, out, []byte{0, 5, 3}, make([]byte, 40)), ErrCutOff},
		{"RingCT 5", join([]byte{2, 0, 1}, in, []byte{1}, out, []byte{0, 5, 3}, make([]byte, 41)), ""},
		{"RingCT 0 with a prunable part", join([]byte{2, 0, 1}, in, []byte{1}, out, []byte{0, 0, 1}), ErrTrailing},
		{"version 1 without signature", join([]byte{1, 0, 1}, in, []byte{1}, out, []byte{0}), ErrCutOff},
		{"version 1", join([]byte{1, 0, 1}, in, []byte{1}, out, []byte{0}, make([]byte, 64)), ""},
		{"too large", make([]byte, maxTransaction+1), ErrTxSize},
	} {
		tx, err := ParseTransaction(c.blob)
		if ReasonOf(err) != c.want || (tx == nil) != (err != nil) {
			t.Errorf("ParseTransaction of %s: got %v, want the reason %q", c.name, err, c.want)
		}
	}
}
