package cryptonote

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A recordedBlock is where a daemon put a transaction.
type recordedBlock struct {
	Height uint64
	InPool bool `json:"in_pool"`
}

// A recordedProof is a proof by a stock wallet, or a crafted one that stock code accepts, with what
// an independent program computed from it.
type recordedProof struct {
	Name, Address, Message, Proof string
	Height                        uint64
	Crafted                       bool
	Total, Spent                  uint64
	PrefixHash                    string `json:"prefix_hash"`
	Keys                          []PublicKey
	Outputs                       []struct {
		TxID         TxID      `json:"txid"`
		Index        uint64    `json:"index_in_tx"`
		SharedSecret PublicKey `json:"shared_secret"`
		KeyImage     KeyImage  `json:"key_image"`
		Key          PublicKey `json:"output_key"`
		TxKey        PublicKey `json:"tx_key_used"`
		Derivation   PublicKey
		SpendKey     PublicKey `json:"derived_subaddress_spend_key"`
		Amount       uint64
		SpentStatus  SpentStatus `json:"spent_status"`
	}
	Staked []KeyImage
	Stock  struct {
		Good         bool
		Total, Spent uint64
	}
	Blocks   map[TxID]recordedBlock
	Tampered []struct {
		Mutation, Address, Message, Proof string
		Good                              bool
		Error                             string
	}
}

func recordedProofs(t testing.TB) []recordedProof {
	var list []recordedProof
	loadZipped(t, "reserve_proofs.json.gz", &list)
	if len(list) != 21 {
		t.Fatalf("%d proofs", len(list))
	}
	return list
}

func recordedProofNamed(t testing.TB, name string) recordedProof {
	for _, p := range recordedProofs(t) {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no proof %s", name)
	return recordedProof{}
}

// recordedEvidence puts the recorded transactions where the daemon had them.
func recordedEvidence(t testing.TB, blocks map[TxID]recordedBlock) ReserveEvidence {
	e := ReserveEvidence{Rules: Rules2, SnapshotHeight: AnyHeight, Transactions: map[TxID]RecordedTransaction{}, Spent: map[KeyImage]SpentStatus{}}
	for _, r := range recordedTransactions(t) {
		block, known := blocks[r.ID]
		if !known {
			continue
		}
		recorded := RecordedTransaction{Bytes: r.Full, Height: block.Height, InPool: block.InPool}
		if r.Full == nil {
			recorded.Bytes, recorded.Pruned, recorded.PrunableHash = r.Pruned, true, [32]byte(r.PrunableHash)
		}
		e.Transactions[r.ID] = recorded
	}
	if len(e.Transactions) != len(blocks) {
		t.Fatalf("%d transactions of %d", len(e.Transactions), len(blocks))
	}
	return e
}

func (p *recordedProof) evidence(t testing.TB) ReserveEvidence {
	e := recordedEvidence(t, p.Blocks)
	for _, o := range p.Outputs {
		e.Spent[o.KeyImage] = o.SpentStatus
	}
	return e
}

func mustParseProof(t testing.TB, text string) *ReserveProof {
	t.Helper()
	p, err := ParseReserveProof(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustVerify(t testing.TB, p *ReserveProof, address, message string, e ReserveEvidence) ReserveReport {
	t.Helper()
	report, err := p.Verify(context.Background(), mustParse(t, address), []byte(message), e)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestRecordedProofs: honest proofs get the totals that wallets and an independent program name;
// crafted ones, which stock code accepts, are refused by the check that they attack.
func TestRecordedProofs(t *testing.T) {
	crafted := map[string]struct {
		check  Check
		reason Reason
	}{
		"c0_control_handmade_proof":           {0, ""},
		"c1_duplicate_entries":                {CheckDuplicates, ErrDuplicateImage},
		"c2_spent_output_torsioned_key_image": {CheckPoints, ErrTorsion},
		"c4_honest_spent_output":              {0, ""},
		"c5_empty_proof":                      {CheckFormat, ErrNoOutputs},
		"c6_fake_ecdh_amount_out0":            {0, ""}, // see TestLieInTheRecordedTransaction
	}
	refused := 0
	for _, r := range recordedProofs(t) {
		want, known := crafted[r.Name]
		if r.Crafted != known || !r.Stock.Good || r.Stock.Total != r.Total || r.Stock.Spent != r.Spent {
			t.Errorf("%s: the recording is another: %+v", r.Name, r.Stock)
		}
		p, err := ParseReserveProof(r.Proof)
		if want.check == CheckFormat {
			refused++
			if ReasonOf(err) != want.reason {
				t.Errorf("%s: %v, want %s", r.Name, err, want.reason)
			}
			continue
		}
		if err != nil {
			t.Fatal(r.Name, err)
		}
		if p.String() != r.Proof {
			t.Errorf("%s: written again as %s", r.Name, p)
		}
		address := mustParse(t, r.Address)
		if hash := p.prefixHash(address, []byte(r.Message)); fmt.Sprintf("%x", hash) != r.PrefixHash {
			t.Errorf("%s: prefix hash %x", r.Name, hash)
		}
		if err := p.VerifyOwner(address, []byte(r.Message)); err != nil {
			t.Errorf("VerifyOwner of %s: got %v, want no error", r.Name, err)
		}
		report := mustVerify(t, p, r.Address, r.Message, r.evidence(t))
		if report.Check != want.check || ReasonOf(report.Refusal) != want.reason {
			t.Errorf("%s: %v %v, want %v %s", r.Name, report.Check, report.Refusal, want.check, want.reason)
		}
		if !report.Good() {
			refused++
			t.Logf("%s: %v: %v", r.Name, report.Check, report.Refusal)
			if report.Total != 0 || report.Counted() != nil {
				t.Errorf("%s: refused, and counts %d", r.Name, report.Total)
			}
			continue
		}
		compareReport(t, &r, &report)
		if report.Total != r.Total-r.Spent {
			t.Errorf("%s: total %d, want %d", r.Name, report.Total, r.Total-r.Spent)
		}
	}
	if refused != 3 {
		t.Errorf("%d refused", refused)
	}
}

func compareReport(t *testing.T, r *recordedProof, report *ReserveReport) {
	t.Helper()
	sum := uint64(0)
	for i, o := range report.Outputs {
		want := r.Outputs[i]
		block := r.Blocks[o.TxID]
		if o.TxID != want.TxID || o.Index != want.Index || o.KeyImage != want.KeyImage || o.Key != want.Key || o.SpendKey != want.SpendKey ||
			o.Amount != want.Amount || o.Height != block.Height || o.InPool != block.InPool || o.Counted != (want.SpentStatus == Unspent) {
			t.Errorf("%s, output %d: %+v", r.Name, i, o)
		}
		reason := map[SpentStatus]Reason{Spent: ErrSpent, SpentInPool: ErrSpentInPool}[want.SpentStatus]
		if o.Reason != reason {
			t.Errorf("%s, output %d: %q, want %q", r.Name, i, o.Reason, reason)
		}
		sum += o.Amount
	}
	if sum != r.Total || len(report.Outputs) != len(r.Outputs) {
		t.Errorf("%s: %d outputs sum up to %d, want %d, %d", r.Name, len(report.Outputs), sum, len(r.Outputs), r.Total)
	}
}

// TestLieInTheRecordedTransaction: c6's transaction lies about the amount of output 1, but the
// recorded proof shows output 0, its maker's honest change, so it is good and counts no more than
// that. Here output 0 gets the lie too: 1,000,000 OXEN beside a commitment to 48.99.
func TestLieInTheRecordedTransaction(t *testing.T) {
	r := recordedProofNamed(t, "c6_fake_ecdh_amount_out0")
	p, e := mustParseProof(t, r.Proof), r.evidence(t)
	if report := mustVerify(t, p, r.Address, r.Message, e); !report.Good() || report.Total != 48989828219 {
		t.Fatalf("as recorded: %d, %v", report.Total, report.Refusal)
	}
	recorded := e.Transactions[p.Outputs[0].TxID]
	tx, err := ParseTransaction(slices.Clone(recorded.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	hidden := binary.LittleEndian.Uint64(tx.hidden)
	binary.LittleEndian.PutUint64(tx.hidden, hidden^r.Total^1_000_000_000_000_000)
	p.Outputs[0].TxID = tx.Hash() // which nothing in the proof signs
	recorded.Bytes, err = tx.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	e.Transactions[tx.Hash()] = recorded
	report := mustVerify(t, p, r.Address, r.Message, e)
	if report.Check != CheckAmount || !errors.Is(report.Refusal, ErrOpening) || report.Total != 0 {
		t.Errorf("%d, %v %v", report.Total, report.Check, report.Refusal)
	}
}

// TestRecordedStakes: outputs locked in stakes count unless the stake programme counts them.
func TestRecordedStakes(t *testing.T) {
	stakes := 0
	for _, r := range recordedProofs(t) {
		if len(r.Staked) == 0 {
			continue
		}
		p := mustParseProof(t, r.Proof)
		staked, set := uint64(0), map[KeyImage]bool{}
		for _, o := range r.Outputs {
			if slices.Contains(r.Staked, o.KeyImage) && o.SpentStatus == Unspent {
				staked += o.Amount
			}
		}
		for _, image := range r.Staked {
			set[image] = true
			stakes++
		}
		e := r.evidence(t)
		e.Staked = set
		if report := mustVerify(t, p, r.Address, r.Message, e); report.Total != r.Total-r.Spent-staked {
			t.Errorf("%s, counted as stakes: %d", r.Name, report.Total)
		}
		e.Staked, e.Locked = nil, set
		report := mustVerify(t, p, r.Address, r.Message, e)
		if report.Total != r.Total-r.Spent {
			t.Errorf("%s, not counted as stakes: %d", r.Name, report.Total)
		}
		for _, o := range report.Outputs {
			if o.Locked != (set[o.KeyImage] && o.Counted) {
				t.Errorf("%s: %+v", r.Name, o)
			}
		}
	}
	if stakes < 10 {
		t.Errorf("%d stakes", stakes)
	}
}

// TestTamperedProofs: what stock code refuses is refused, and what it lets pass too, each for its
// reason.
func TestTamperedProofs(t *testing.T) {
	points := []Reason{ErrOffCurve, ErrTorsion, ErrPointEncoding}
	want := map[string][]Reason{
		"wrong_message":                {ErrSharedSecret},
		"wrong_message_empty":          {ErrSharedSecret},
		"wrong_message_space":          {ErrSharedSecret},
		"wrong_address":                {ErrSharedSecret},
		"subaddress_of_signer":         {ErrSubaddress},
		"integrated_address_of_signer": {""},
		"bad_address":                  {ErrChecksum, ErrOverflow, ErrAlphabet, ErrLength, ErrTooShort},
		"testnet_address":              {ErrOtherNetwork},
		"real_header":                  {""}, // the stock verifier's test is inverted
		"header_missing":               {ErrProofMagic},
		"header_ReserveProofV2":        {ErrProofMagic},
		"header_lowercase":             {ErrProofMagic},
		"short_garbage":                {ErrProofMagic},
		"empty":                        {ErrProofMagic},
		"truncated_base58_last_char":   {ErrLength, ErrOverflow},
		"truncated_base58_last_block":  {ErrCutOff},
		"extra_base58_block":           {ErrTrailing},
		"invalid_base58_char":          {ErrAlphabet},
		"flip_archive_signature_byte":  {ErrArchive},
		"flip_txid":                    {ErrTxMissing},
		"flip_shared_secret":           append(points, ErrSharedSecret),
		"flip_key_image":               append(points, ErrSharedSecret),
		"flip_shared_secret_sig_c":     {ErrSharedSecret, ErrScalarC},
		"flip_shared_secret_sig_r":     {ErrSharedSecret, ErrScalarR},
		"flip_key_image_sig_c":         {ErrKeyImage, ErrScalarC},
		"flip_key_image_sig_r":         {ErrKeyImage, ErrScalarR},
		"flip_subaddr_sig":             {ErrMismatch, ErrScalarC, ErrScalarR},
		"flip_subaddr_key":             append(points, ErrNoOwner, ErrNotOwned),
	}
	seen := map[string]bool{}
	for _, r := range recordedProofs(t) {
		for _, m := range r.Tampered {
			seen[m.Mutation] = true
			text := m.Proof
			if strings.HasPrefix(text, "XeserveProofV1") { // the mangled first letter, for stock code to go on
				text = "R" + text[1:]
			}
			e := r.evidence(t)
			err := func() error {
				address, err := ParseAddress(m.Address)
				if err != nil {
					return err
				}
				if err := address.CheckNetwork(Fakechain); err != nil {
					return err
				}
				p, err := ParseReserveProof(text)
				if err != nil {
					return err
				}
				for _, o := range p.Outputs {
					e.Spent[o.KeyImage] += 0 // a flipped one is unknown, and so unspent
				}
				e.Rules = Rules2
				if inOrder, err := p.Verify(context.Background(), address, []byte(m.Message), e); err != nil || inOrder.Good() && inOrder.Total != r.Total {
					t.Errorf("%s %s, rules 2: total %d, %v", r.Name, m.Mutation, inOrder.Total, err)
				} else if reason := ReasonOf(inOrder.Refusal); !slices.Contains(want[m.Mutation], reason) && reason != ErrOwnerSignature && reason != ErrNoOwner {
					t.Errorf("%s %s, rules 2: %v", r.Name, m.Mutation, inOrder.Refusal)
				}
				e.Rules = Rules1
				report, err := p.Verify(context.Background(), address, []byte(m.Message), e)
				if err == nil && report.Good() && report.Total != r.Total {
					t.Errorf("%s %s: total %d", r.Name, m.Mutation, report.Total)
				}
				if err == nil {
					err = report.Refusal
				}
				return err
			}()
			if !slices.Contains(want[m.Mutation], ReasonOf(err)) {
				t.Errorf("%s %s: %v, want one of %q; stock: %v %s", r.Name, m.Mutation, err, want[m.Mutation], m.Good, m.Error)
			}
		}
	}
	for mutation := range want {
		if !seen[mutation] {
			t.Errorf("%s is not in the recordings", mutation)
		}
	}
	for mutation := range seen {
		if want[mutation] == nil {
			t.Errorf("%s is not expected", mutation)
		}
	}
}
