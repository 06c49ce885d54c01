package cryptonote

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestHonestProofOfEveryKind(t *testing.T) {
	s := newScene(t)
	report := s.verify()
	if !report.Good() || report.Total != sceneTotal || len(report.Counted()) != 10 {
		t.Fatalf("%d, %v %v", report.Total, report.Check, report.Refusal)
	}
	spend := map[PublicKey]bool{}
	for i, o := range report.Outputs {
		if !o.Counted || o.Reason != "" || o.Verdict() != "counted" || o.Amount != s.owned[i].Amount || o.Key != s.owned[i].Key {
			t.Errorf("an output: got %+v, want it counted", o)
		}
		spend[o.SpendKey] = true
	}
	if len(spend) != 3 || len(s.proof.SpendKeys) != 3 {
		t.Errorf("%d spend keys, %d in the proof", len(spend), len(s.proof.SpendKeys))
	}
	if err := s.proof.VerifyOwner(s.address, s.message); err != nil {
		t.Error(err)
	}
	integrated := s.w.Integrated([8]byte{1})
	if again, err := s.proof.Verify(context.Background(), integrated, s.message, s.evidence); err != nil || !reflect.DeepEqual(again, report) {
		t.Errorf("with a payment id: %v", err)
	}
	read := mustParseProof(t, s.proof.String())
	if !reflect.DeepEqual(read, s.proof) {
		t.Error("the proof is read as another")
	}
}

// TestReportsDoNotDependOnWorkers, of good proofs and of bad ones.
func TestReportsDoNotDependOnWorkers(t *testing.T) {
	base := newScene(t)
	for name, change := range map[string]func(s *scene){
		"good":                func(*scene) {},
		"two faults":          func(s *scene) { s.proof.Outputs[7].KeyImageSig[3] ^= 1; s.proof.Outputs[2].KeyImageSig[3] ^= 1 },
		"two checks":          func(s *scene) { s.proof.Outputs[2].KeyImageSig[3] ^= 1; s.proof.Outputs[7].SharedSecretSig[3] ^= 1 },
		"two of one step":     func(s *scene) { s.proof.Outputs[1].Index = 9; delete(s.evidence.Transactions, s.proof.Outputs[5].TxID) },
		"another transaction": func(s *scene) { delete(s.evidence.Transactions, s.proof.Outputs[3].TxID) },
	} {
		s := base.copy(t)
		change(s)
		s.evidence.Rules, s.evidence.Workers = Rules1, 1
		want := s.verify()
		for workers := range 9 {
			s.evidence.Workers = workers
			for range 5 {
				if got := s.verify(); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, %d workers: %+v, with one %+v", name, workers, got, want)
				}
			}
		}
		sameInOrder(t, name, s)
		switch name {
		case "two faults":
			if !strings.Contains(want.Refusal.Error(), "output 3 of the proof") {
				t.Error(want.Refusal)
			}
		case "two of one step":
			if want.Check != CheckTransaction || want.Outputs[1].Check != CheckOutput || !strings.Contains(want.Refusal.Error(), "output 6 of the proof") {
				t.Error(want.Refusal)
			}
		case "two checks":
			if want.Check != CheckSharedSecret || !strings.Contains(want.Refusal.Error(), "output 8 of the proof") {
				t.Error(want.Refusal)
			}
		}
	}
}

// sameInOrder compares the reports of Rules2, which refuse for the first output.
func sameInOrder(t *testing.T, name string, s *scene) {
	t.Helper()
	s.evidence.Rules, s.evidence.Workers = Rules2, 1
	want := s.verify()
	first := map[string]string{"two faults": "output 3 ", "two checks": "output 3 ", "two of one step": "output 2 ", "another transaction": "output 4 "}[name]
	if want.Good() != (first == "") || first != "" && !strings.Contains(want.Refusal.Error(), first) {
		t.Errorf("%s: %v, want %s", name, want.Refusal, first)
	}
	for workers := range 9 {
		s.evidence.Workers = workers
		for range 5 {
			if got := s.verify(); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, rules 2, %d workers: %+v, with one %+v", name, workers, got, want)
			}
		}
	}
}

func TestEvidenceMustBeThere(t *testing.T) {
	s := newScene(t)
	e := s.evidence
	e.Rules = 0
	if report, err := s.proof.Verify(context.Background(), s.address, s.message, e); !errors.Is(err, errEvidence) || report.Good() {
		t.Errorf("without rules: %+v, %v", report, err)
	}
	e = s.evidence
	e.SnapshotHeight = 0
	if report, err := s.proof.Verify(context.Background(), s.address, s.message, e); err == nil || report.Good() || report.Outputs != nil {
		t.Errorf("without snapshot height: %+v, %v", report, err)
	}
	delete(s.evidence.Spent, s.proof.Outputs[4].KeyImage)
	if report, err := s.proof.Verify(context.Background(), s.address, s.message, s.evidence); !errors.Is(err, errEvidence) || report.Good() || report.Outputs != nil || !strings.Contains(err.Error(), s.proof.Outputs[4].KeyImage.String()) {
		t.Errorf("without a status: %v", err)
	}
	if report, err := new(ReserveProof).Verify(context.Background(), s.address, s.message, s.evidence); err != nil || report.Check != CheckFormat || report.Good() {
		t.Errorf("of nothing: %+v, %v", report, err)
	}
}

// TestVerifyChangesNothing runs many verifications of the same values at once, for the race
// detector.
func TestVerifyChangesNothing(t *testing.T) {
	s := newScene(t)
	before := s.copy(t)
	done := make(chan ReserveReport)
	for range 4 {
		go func() {
			report, err := s.proof.Verify(context.Background(), s.address, s.message, s.evidence)
			if err != nil {
				t.Error(err)
			}
			done <- report
		}()
	}
	for range 4 {
		if report := <-done; !report.Good() {
			t.Error(report.Refusal)
		}
	}
	if !reflect.DeepEqual(s.evidence, before.evidence) || !reflect.DeepEqual(s.proof, before.proof) {
		t.Error("changed")
	}
}

// TestWalletsProveTheirRecordings: from secret keys and transactions alone, the outputs, shared
// secrets and key images of recorded proofs come out, and a proof made here verifies like theirs.
func TestWalletsProveTheirRecordings(t *testing.T) {
	byAddress := map[string]*Wallet{}
	for _, w := range wallets(t) {
		byAddress[w.Address().String()] = w
	}
	var subaddresses []SubaddressIndex
	for account := range uint32(3) {
		for index := range uint32(6) {
			subaddresses = append(subaddresses, SubaddressIndex{account, index})
		}
	}
	proofs := 0
	for _, r := range recordedProofs(t) {
		w := byAddress[r.Address]
		if w == nil || r.Crafted {
			continue
		}
		proofs++
		e := r.evidence(t)
		owned := map[KeyImage]OwnedOutput{}
		for id, recorded := range e.Transactions {
			tx, err := parseTransaction(recorded.Bytes, recorded.Pruned, recorded.PrunableHash)
			if err != nil {
				t.Fatal(id, err)
			}
			for _, o := range w.Outputs(tx, subaddresses...) {
				owned[o.KeyImage] = o
			}
		}
		var list []OwnedOutput
		for _, want := range r.Outputs {
			o, found := owned[want.KeyImage]
			if !found || o.TxID != want.TxID || o.Index != want.Index || o.Key != want.Key || o.TxKey != want.TxKey || o.Amount != want.Amount ||
				w.Subaddress(o.Subaddress.Account, o.Subaddress.Index).Spend != want.SpendKey {
				t.Errorf("%s: found %+v, want %+v", r.Name, o, want)
			}
			list = append(list, o)
		}
		p, err := w.ProveReserve([]byte(r.Message), list, rand.Reader)
		if err != nil {
			t.Fatal(r.Name, err)
		}
		for i, o := range p.Outputs {
			if o.SharedSecret != r.Outputs[i].SharedSecret {
				t.Errorf("%s, output %d: shared secret %v", r.Name, i, o.SharedSecret)
			}
		}
		report := mustVerify(t, p, r.Address, r.Message, e)
		if !report.Good() || report.Total != r.Total-r.Spent {
			t.Errorf("%s: %d, %v", r.Name, report.Total, report.Refusal)
		}
		if r.Spent == 0 && len(p.SpendKeys) != len(r.Keys) {
			t.Errorf("%s: %d spend keys, the wallet has %d", r.Name, len(p.SpendKeys), len(r.Keys))
		}
	}
	if proofs < 5 {
		t.Errorf("%d proofs of wallets whose keys are known", proofs)
	}
}

// TestEveryBitFlip changes each bit of three proofs: nothing passes.
func TestEveryBitFlip(t *testing.T) {
	for _, name := range []string{"03_alice_account0_amount10_msg", "10_frank_amount1", "c2-like"} {
		var p *ReserveProof
		var address Address
		var message []byte
		var e ReserveEvidence
		if name == "c2-like" {
			s := emptyScene(t)
			s.add(planned{miner: true, height: 3, outputs: []plannedOutput{{to: s.w.Subaddress(0, 1), amount: 3}}})
			s.add(planned{ringCT: RingCTSimple, height: 3, outputs: []plannedOutput{{to: s.w.Address(), amount: 4}}})
			s.prove()
			p, address, message, e = s.proof, s.address, s.message, s.evidence
		} else {
			r := recordedProofNamed(t, name)
			p, address, message, e = mustParseProof(t, r.Proof), mustParse(t, r.Address), []byte(r.Message), r.evidence(t)
		}
		archive, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		verify := func(archive []byte) error {
			p, err := DecodeReserveProof(archive)
			if err != nil {
				return err
			}
			if again, err := p.MarshalBinary(); err != nil || !bytes.Equal(again, archive) {
				t.Fatalf("%s: %x is read, and written as %x, %v", name, archive, again, err)
			}
			for _, o := range p.Outputs {
				e.Spent[o.KeyImage] += 0
			}
			report, err := p.Verify(context.Background(), address, message, e)
			if err != nil {
				t.Fatal(err)
			}
			return report.Refusal
		}
		if err := verify(archive); err != nil {
			t.Fatal(name, err)
		}
		text := []byte(p.String())
		for bit := range 8 * len(text) {
			text[bit/8] ^= 1 << (bit % 8)
			if read, err := ParseReserveProof(string(text)); err == nil {
				other, err := read.MarshalBinary()
				if err != nil || bytes.Equal(other, archive) || verify(other) == nil {
					t.Errorf("%s: bit %d of the text: %v", name, bit, err)
				}
			}
			text[bit/8] ^= 1 << (bit % 8)
		}
		reasons := map[Reason]int{}
		for bit := range 8 * len(archive) {
			archive[bit/8] ^= 1 << (bit % 8)
			err := verify(archive)
			if ReasonOf(err) == "" {
				t.Errorf("%s: bit %d: %v", name, bit, err)
			}
			reasons[ReasonOf(err)]++
			archive[bit/8] ^= 1 << (bit % 8)
		}
		t.Logf("%s, %d bits: %v", name, 8*len(archive), reasons)
	}
}

func TestTextForms(t *testing.T) {
	const text = "1a0d8839d18683a91043b304706ec29e220b83d2ecc66119d6ddfc9caa94ef06"
	values := struct {
		ID    TxID
		Image KeyImage
		Key   PublicKey
	}{}
	if err := json.Unmarshal([]byte(`{"ID":"`+text+`","Image":"`+text+`","Key":"`+text+`"}`), &values); err != nil {
		t.Fatal(err)
	}
	if values.ID.String() != text || values.Image.String() != text || values.Key.String() != text {
		t.Errorf("read as %+v", values)
	}
	written, err := json.Marshal(values)
	if err != nil || strings.Count(string(written), text) != 3 {
		t.Errorf("written as %s, %v", written, err)
	}
	for _, bad := range []string{"", text[:63], strings.ToUpper(text), text + "00", "g" + text[1:]} {
		if _, err := ParseTxID(bad); !errors.Is(err, ErrHex) {
			t.Errorf("id %q: %v", bad, err)
		}
		if _, err := ParseKeyImage(bad); !errors.Is(err, ErrHex) {
			t.Errorf("key image %q: %v", bad, err)
		}
	}
	names := map[string]bool{}
	for c := CheckFormat; c <= CheckSum; c++ {
		names[c.String()] = true
	}
	if len(names) != 15 || names[""] || Check(0).String() != "" || Check(99).String() != "check 99" {
		t.Errorf("%d names of checks: %v", len(names), names)
	}
	for kind, want := range map[TxType]string{TxStandard: "standard", TxNameSystem: "oxen_name_system", 9: "type 9"} {
		if kind.String() != want {
			t.Errorf("type %d is %q", kind, kind)
		}
	}
	if v := (OutputReport{}).Verdict(); v != "not judged" {
		t.Error(v)
	}
}

// TestEveryReasonHasAdvice reads the reasons from their source.
func TestEveryReasonHasAdvice(t *testing.T) {
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\t(Err\w+) +Reason = "(.*)"$`).FindAllStringSubmatch(string(source), -1)
	texts := map[string]bool{}
	for _, m := range found {
		if texts[m[2]] {
			t.Errorf("%s: two reasons are %q", m[1], m[2])
		}
		texts[m[2]] = true
		if Reason(m[2]).Advice() == "" && m[1] != "ErrExtra" { // which no error carries out of the package
			t.Errorf("%s has no advice", m[1])
		}
	}
	if len(found) < 60 {
		t.Errorf("%d reasons", len(found))
	}
}

func TestProveReserveRefusals(t *testing.T) {
	s := newScene(t)
	for n := range 24 { // it takes 23: two an output, one a spend key
		if _, err := s.w.ProveReserve(s.message, s.owned, bytes.NewReader(make([]byte, 64*n)[:max(0, 64*n-1)])); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d random numbers: %v", n, err)
		}
	}
	bad := slices.Clone(s.owned)
	bad[2].TxKey = PublicKey{2}
	if _, err := s.w.ProveReserve(s.message, bad, s.rand); !errors.Is(err, ErrOffCurve) {
		t.Errorf("a key off the curve: %v", err)
	}
}
