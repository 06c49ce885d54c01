package cryptonote

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
)

func FuzzBase58(f *testing.F) {
	for _, text := range []string{"", "11", "5R", "jpXCZedGfVQ", "jpXCZedGfVR", "22222222222LUv", aliceText, "l0OI", "\x00"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if data, err := DecodeBase58(string(in)); err != nil {
			if data != nil || ReasonOf(err) == "" {
				t.Fatalf("got %x, %v", data, err)
			}
		} else if again := EncodeBase58(data); again != string(in) {
			t.Fatalf("%q decodes to what encodes as %q", in, again)
		}
		if data, err := DecodeBase58(EncodeBase58(in)); err != nil || !bytes.Equal(data, in) {
			t.Fatalf("%x comes back as %x, %v", in, data, err)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, text := range []string{
		"", "bogus", aliceText, aliceText + "1", aliceText[:94],
		"LFdcqJKDhyLVH8Rkf8Vg5FTT67GiDDJuv5Kg5ivYTZJv28TK75CWZYZ97WUKjmMsrKeUQ4NDNv8dbMQWBT9k1djvGixjMTh5XheU3AWG6y",
		"LVqGCXJU2fe3TuG17vgy2ji5VvndZ7nkEeHr3PTGBjZ4h5SnAiDW1cVJiK1GbpfK2agaXp3AuQcV85Xr7WGqbFE9HKeUQze",
		"T6See96rLd6Hs4iAX73rUdevoRVNBEZVmEcAPRybBjXq6JW8TzAPsVbG2QKtmWWUphC6mmnKtEmkPRARzWqu17vN1u6yPtREa",
		"dV32Hj9AjzPTXyZh9fyMmwijRn6m4mrHLA3FVnVQL1mELCeEMAh7LDWevzoMdgRvUiNdjHd8BwxEjJMhoS6qaZYU2v2Wu8qEz",
	} {
		f.Add([]byte(text))
		if data, err := DecodeBase58(text); err == nil && len(data) > checksumSize {
			f.Add(data[:len(data)-checksumSize])
		}
	}
	check := func(t *testing.T, text string) {
		a, err := DecodeAddress(text)
		if err != nil {
			if a != (Address{}) || ReasonOf(err) == "" {
				t.Fatalf("%q: got %+v, %v", text, a, err)
			}
		} else if again := a.String(); again != text {
			t.Fatalf("%q decodes to what is written %q", text, again)
		}
		parsed, err := ParseAddress(text)
		if err != nil {
			return
		}
		if parsed != a || !naiveCheck(parsed.Spend) || !naiveCheck(parsed.View) {
			t.Fatalf("%q parses to %+v", text, parsed)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		check(t, string(in))
		check(t, sealed(in)) // past the checksum
	})
}

func FuzzSignature(f *testing.F) {
	for _, text := range []string{
		"", "SigV1", "SigV1c49MBLmzYpEK5hzyjbrXj3dkKxiEd6es7hqEzziojQqREvfW4Pgot9Vd6RN5XCHWhEaimaHsAFH6Jj65x4CAbBCc",
		"SigV2c49MBLmzYpEK5hzyjbrXj3dkKxiEd6es7hqEzziojQqREvfW4Pgot9Vd6RN5XCHWhEaimaHsAFH6Jj65x4CAbBCc",
	} {
		f.Add([]byte(text))
		if sig, err := ParseSignature(text); err == nil {
			f.Add(sig[:])
		}
	}
	w := testWallet(f)
	key := w.Address().Spend
	made, err := w.Sign(0, 0, []byte("message"), &counter{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(made[:])
	check := func(t *testing.T, text string) {
		sig, err := ParseSignature(text)
		if err != nil {
			if sig != (Signature{}) || ReasonOf(err) == "" {
				t.Fatalf("%q: got %v, %v", text, sig, err)
			}
			return
		}
		if again := sig.String(); again != text {
			t.Fatalf("%q parses to what is written %q", text, again)
		}
		if err := Verify(key, []byte("message"), sig); (err == nil) != (sig == made) {
			t.Fatalf("%q: %v", text, err)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		check(t, string(in))
		check(t, signatureMagic+EncodeBase58(in))
	})
}

// FuzzPublicKey compares Check with its definition on any 32 bytes.
func FuzzPublicKey(f *testing.F) {
	for _, p := range torsionPoints(f) {
		f.Add(p.Bytes())
	}
	base := edwards25519.NewGeneratorPoint()
	f.Add(base.Bytes())
	f.Add(base.Add(base, torsionPoints(f)[2]).Bytes())
	f.Add(bytes.Repeat([]byte{0xff}, 32))
	f.Fuzz(func(t *testing.T, in []byte) {
		var k PublicKey
		copy(k[:], in)
		if err := k.Check(); (err == nil) != naiveCheck(k) {
			t.Fatalf("%v: %v", k, err)
		}
		// Hardly any bytes are a point of prime order: 8P is one.
		p, err := new(edwards25519.Point).SetBytes(k[:])
		if err != nil {
			return
		}
		p.MultByCofactor(p)
		if primeOrder(p) != naivePrimeOrder(p) {
			t.Fatalf("8 times %v: %v", k, primeOrder(p))
		}
	})
}

// naiveCheck is the definition of PublicKey.Check.
func naiveCheck(k PublicKey) bool {
	p, err := new(edwards25519.Point).SetBytes(k[:])
	return err == nil && [32]byte(p.Bytes()) == k && naivePrimeOrder(p)
}

// FuzzTransaction: what parses encodes to the same bytes, whole or pruned, and has one hash.
func FuzzTransaction(f *testing.F) {
	seen := map[TxType]int{}
	for _, r := range recordedTransactions(f) {
		tx := r.parse(f)
		if seen[tx.Type]++; seen[tx.Type] <= 3 {
			blob, err := tx.MarshalBinary()
			if err != nil {
				f.Fatal(err)
			}
			if len(blob) < 1<<11 {
				f.Add(blob, tx.Pruned)
			}
		}
	}
	f.Add([]byte{1, 0, 1, 0xff, 5, 0, 0}, false)
	f.Add([]byte{3, 0, 1, 0, 0, 0, 0}, true)
	f.Fuzz(func(t *testing.T, in []byte, pruned bool) {
		limit := limitMemory(t, len(in))
		defer limit()
		tx, err := parseTransaction(in, pruned, [32]byte{1})
		if err != nil {
			if tx != nil || ReasonOf(err) == "" {
				t.Fatalf("got %+v, %v", tx, err)
			}
			return
		}
		again, err := tx.MarshalBinary()
		if err != nil || !bytes.Equal(again, in) {
			t.Fatalf("%x parses to what is written %x", in, again)
		}
		if size := tx.size(); size < len(in)-len(tx.prunable) || size > len(in)+200 {
			t.Fatalf("%d bytes, estimated as %d", len(in), size)
		}
		tx.PublicKeys(1)
		if pruned {
			return
		}
		short, err := ParsePrunedTransaction(in[:len(in)-len(tx.prunable)], Keccak256(tx.prunable))
		if tx.Version == 1 && len(tx.prunable) > 0 {
			if !errors.Is(err, ErrPruned) {
				t.Fatal(err)
			}
		} else if err != nil || short.Hash() != tx.Hash() {
			t.Fatalf("pruned: %v", err)
		}
	})
}

// limitMemory fails the test if, until the function it gives is called, more is allocated than
// input of that size may cost.
func limitMemory(t *testing.T, size int) func() {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	return func() {
		metrics.Read(sample)
		// The runtime counts in spans: small costs are not seen exactly.
		if cost := sample[0].Value.Uint64() - before; cost > uint64(16*size+1<<20) || cost > 64e6 {
			t.Fatalf("%d bytes of input cost %d", size, cost)
		}
	}
}

// FuzzExtra: the fields are the extra, in order.
func FuzzExtra(f *testing.F) {
	f.Add([]byte{})
	f.Add(everyField())
	f.Add(append(everyField(), 0, 0))
	f.Add([]byte{4, 0xff, 0xff, 0xff, 0xff, 0x0f})
	for _, r := range recordedTransactions(f)[:20] {
		f.Add(r.parse(f).Extra)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var again []byte
		ended := false
		keys := map[PublicKey]bool{}
		for field := range ExtraFields(in) {
			if ended {
				t.Fatal("goes on after what is malformed")
			}
			ended = field.Malformed || field.Tag == ExtraPadding
			again = append(append(again, field.Tag), field.Data...)
			if field.Tag == ExtraPublicKey && !field.Malformed {
				keys[PublicKey(field.Data)] = true
			}
		}
		if !bytes.Equal(again, in) {
			t.Fatalf("%x comes back as %x", in, again)
		}
		tx := Transaction{Extra: in}
		k := tx.keys()
		for _, key := range k.shared {
			if !keys[key] {
				t.Fatalf("%v is not there, or comes twice", key)
			}
			delete(keys, key)
		}
		if len(keys) > 0 {
			t.Fatalf("%v left out", keys)
		}
	})
}

// fuzzScene gives a small good proof, and what verifies it.
func fuzzScene(f *testing.F) (archive []byte, verify func(t *testing.T, archive []byte)) {
	s := emptyScene(f)
	s.add(planned{miner: true, height: 3, before: s.keyField(), outputs: []plannedOutput{{to: s.address, amount: 3}}})
	s.add(planned{ringCT: RingCTCLSAG, height: 4, outputs: []plannedOutput{{to: s.w.Subaddress(0, 1), amount: 4}}})
	s.prove()
	good, err := s.proof.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	return good, func(t *testing.T, archive []byte) {
		p, err := DecodeReserveProof(archive)
		if err != nil {
			if p != nil || ReasonOf(err) == "" {
				t.Fatalf("got %+v, %v", p, err)
			}
			return
		}
		if again, err := p.MarshalBinary(); err != nil || !bytes.Equal(again, archive) {
			t.Fatalf("%x decodes to what is written %x, %v", archive, again, err)
		}
		e := s.evidence
		e.Spent = map[KeyImage]SpentStatus{}
		for _, o := range p.Outputs {
			e.Spent[o.KeyImage] = Unspent
		}
		report, err := p.Verify(context.Background(), s.address, s.message, e)
		if err != nil {
			t.Fatal(err)
		}
		// The order of the spend keys is the one thing that no signature binds.
		slices.SortFunc(p.SpendKeys, func(a, b SpendKeySignature) int { return bytes.Compare(a.Key[:], b.Key[:]) })
		want, _ := DecodeReserveProof(good)
		slices.SortFunc(want.SpendKeys, func(a, b SpendKeySignature) int { return bytes.Compare(a.Key[:], b.Key[:]) })
		if same := reflect.DeepEqual(p, want); report.Good() != same {
			t.Fatalf("%x: %v", archive, report.Refusal)
		}
	}
}

// FuzzReserveArchive: what decodes encodes to the same bytes, and verifies only if it is the proof
// that its wallet made.
func FuzzReserveArchive(f *testing.F) {
	good, verify := fuzzScene(f)
	f.Add([]byte{})
	f.Add([]byte(archiveHeader))
	f.Add(good)
	f.Add(good[:300])
	f.Add(append(bytes.Clone(good), 0))
	f.Fuzz(func(t *testing.T, in []byte) {
		limit := limitMemory(t, len(in))
		DecodeReserveProof(in)
		limit()
		verify(t, in)
	})
}

// FuzzReserveText: what parses is written as the same text.
func FuzzReserveText(f *testing.F) {
	good, verify := fuzzScene(f)
	text := proofMagic + EncodeBase58(good)
	for _, seed := range []string{"", proofMagic, text, text[:400], text + "1", strings.Repeat("1", 100), "ReserveProofV2" + text[14:]} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		limit := limitMemory(t, len(in))
		p, err := ParseReserveProof(string(in))
		limit()
		if err != nil {
			if p != nil || ReasonOf(err) == "" {
				t.Fatalf("got %+v, %v", p, err)
			}
			return
		}
		if p.String() != string(in) {
			t.Fatalf("%q parses to what is written %q", in, p)
		}
		archive, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		verify(t, archive)
	})
}
