package cryptonote

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/edwards25519"
)

// BenchmarkHashToPoint times H_p beside its math/big oracle; ratio runs both in turn and reports
// big/field.
func BenchmarkHashToPoint(b *testing.B) {
	o := newOracle(b)
	key := publicKey(HashToScalar([]byte("key")))
	b.Run("field", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hashToPoint(key)
		}
	})
	b.Run("big", func(b *testing.B) {
		for b.Loop() {
			o.hashToPoint(key)
		}
	})
	b.Run("ratio", func(b *testing.B) {
		var field, big time.Duration
		for b.Loop() {
			start := time.Now()
			hashToPoint(key)
			middle := time.Now()
			o.hashToPoint(key)
			field += middle.Sub(start)
			big += time.Since(middle)
		}
		b.ReportMetric(float64(big)/float64(field), "big/field")
	})
}

// richScene is a wallet with n hidden outputs, each of its own transaction.
func richScene(t testing.TB, n int) *scene {
	s := emptyScene(t)
	for range n {
		s.add(planned{ringCT: RingCTCLSAG, height: 5, outputs: []plannedOutput{{to: s.address, amount: 1e9}, {to: s.other.Address(), amount: 1}}})
	}
	s.prove()
	if len(s.owned) != n {
		t.Fatalf("%d outputs", len(s.owned))
	}
	return s
}

// bareOutput gives the group operations that verifying one output takes: the two halves of the
// shared secret's and of the key image's equation, the spend key, the commitment, reading and
// writing the points that they are about, and the two prime-order checks.
func bareOutput(s *scene) func() {
	o, own := &s.proof.Outputs[0], s.ownedBy(0)
	c, r, err := o.SharedSecretSig.scalars()
	if err != nil {
		s.t.Fatal(err)
	}
	d, key, image, txKey, view := s.point(o.SharedSecret), s.point(own.Key), s.point(PublicKey(o.KeyImage)), s.point(own.TxKey), s.point(s.address.View)
	cr, rc := []*edwards25519.Scalar{c, r}, []*edwards25519.Scalar{r, c}
	encoded := [][]byte{o.SharedSecret[:], own.Key[:], o.KeyImage[:], own.TxKey[:]}
	return func() {
		for _, b := range encoded {
			new(edwards25519.Point).SetBytes(b)
		}
		primeOrder(d)
		primeOrder(image)
		new(edwards25519.Point).VarTimeDoubleScalarBaseMult(c, view, r).Bytes()
		new(edwards25519.Point).VarTimeMultiScalarMult(cr, []*edwards25519.Point{d, txKey}).Bytes()
		new(edwards25519.Point).VarTimeDoubleScalarBaseMult(c, key, r).Bytes()
		new(edwards25519.Point).VarTimeMultiScalarMult(rc, []*edwards25519.Point{hashToPoint(own.Key), image}).Bytes()
		new(edwards25519.Point).MultByCofactor(d).Bytes()
		p := new(edwards25519.Point).ScalarBaseMult(c)
		p.Subtract(key, p).Bytes()
		commit(r, own.Amount)
	}
}

// BenchmarkReserveOutput times what one more output of a proof costs on one core, with parsing and
// hashing its transaction: beside the bare group operations.
func BenchmarkReserveOutput(b *testing.B) {
	const n = 100
	s := richScene(b, n)
	s.evidence.Workers = 1
	bare := bareOutput(s)
	var verifying, baring time.Duration
	runs := 0
	for b.Loop() {
		start := time.Now()
		if report := s.verify(); !report.Good() {
			b.Fatal(report.Refusal)
		}
		middle := time.Now()
		for range n {
			bare()
		}
		verifying += middle.Sub(start)
		baring += time.Since(middle)
		runs += n
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(verifying.Seconds()*1e3/float64(runs), "ms/output")
	b.ReportMetric(baring.Seconds()*1e3/float64(runs), "ms/bare")
	b.ReportMetric(float64(verifying)/float64(baring), "verify/bare")
}

// BenchmarkReserveScaling verifies a proof of 1,000 outputs with one worker and with two, and the
// bare group operations of as many; it reports the best speed-up of each in 10 paired runs.
func BenchmarkReserveScaling(b *testing.B) {
	const n = 1000
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("there is one processor")
	}
	s := richScene(b, n)
	bare := bareOutput(s)
	bareWith := func(workers int) {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range n / workers {
					bare()
				}
			})
		}
		wg.Wait()
	}
	verifyWith := func(workers int) {
		s.evidence.Workers = workers
		if report := s.verify(); !report.Good() {
			b.Fatal(report.Refusal)
		}
	}
	timed := func(run func(int), workers int) float64 {
		start := time.Now()
		run(workers)
		return time.Since(start).Seconds()
	}
	for b.Loop() {
		var verifying, baring, relative float64
		for range 10 {
			v := timed(verifyWith, 1) / timed(verifyWith, 2)
			g := timed(bareWith, 1) / timed(bareWith, 2)
			verifying, baring, relative = max(verifying, v), max(baring, g), max(relative, v/g)
		}
		b.ReportMetric(verifying, "verify-speedup")
		b.ReportMetric(baring, "bare-speedup")
		b.ReportMetric(relative, "best-pair")
	}
	b.ReportMetric(0, "ns/op")
}

// hostileProofs are texts of 8 MiB or a little less, shaped to cost time or memory.
func hostileProofs(t testing.TB) map[string]string {
	const size = (maxProofText - len(proofMagic)) / fullBlockText * fullBlock
	p := &ReserveProof{Outputs: make([]ReserveOutput, maxProofOutputs), SpendKeys: make([]SpendKeySignature, 7000)}
	for i := range p.SpendKeys {
		p.SpendKeys[i].Key = PublicKey(Keccak256([]byte{byte(i), byte(i >> 8)}))
	}
	full, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if len(full) > size {
		t.Fatalf("%d bytes of %d", len(full), size)
	}
	twice := bytes.Clone(full)
	copy(twice[len(twice)-archiveKey:], twice[len(twice)-2*archiveKey:])
	padded := append(bytes.Clone(full), make([]byte, size-len(full))...)
	claimed := append([]byte(archiveHeader+archiveClass+"\x02\x20\x4e\x00"+archiveClass+archiveClass), make([]byte, size-60)...)
	bad := bytes.Clone(full)
	bad[len(bad)/2+bytes.Index(bad[len(bad)/2:], []byte{1, 0x40})] = 2
	many := append([]byte(archiveHeader+archiveClass+"\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), make([]byte, size-60)...)
	text := func(archive []byte) string { return proofMagic + EncodeBase58(archive) }
	return map[string]string{
		"good form":              text(full),
		"a key twice at the end": text(twice),
		"padded":                 text(padded),
		"20,000 empty outputs":   text(claimed),
		"2^63-1 outputs":         text(many),
		"a byte amid them":       text(bad),
		"ones":                   proofMagic + strings.Repeat("1", size/fullBlock*fullBlockText),
		"overflow at the end":    proofMagic + strings.Repeat("1", size/fullBlock*fullBlockText-11) + "zzzzzzzzzzz",
		"stray character":        proofMagic + strings.Repeat("1", size/fullBlock*fullBlockText-1) + "0",
		"too long":               proofMagic + strings.Repeat("1", maxProofText),
	}
}

// parseCost gives the least time that parsing and its base58 decoding take, of some runs in turn.
func parseCost(text string, runs int) (parse, decode time.Duration) {
	parse, decode = time.Hour, time.Hour
	for range runs {
		start := time.Now()
		ParseReserveProof(text)
		middle := time.Now()
		DecodeBase58(text[len(proofMagic):])
		parse, decode = min(parse, middle.Sub(start)), min(decode, time.Since(middle))
	}
	return parse, decode
}

// BenchmarkHostileProof reports how parsing compares with decoding base58.
func BenchmarkHostileProof(b *testing.B) {
	for name, text := range hostileProofs(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				parse, decode := parseCost(text, 5)
				b.ReportMetric(parse.Seconds()*1e3, "ms/parse")
				b.ReportMetric(float64(parse)/float64(decode), "parse/base58")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// TestHostileProofsAllocateLittle: far below 64 MB, even where all that was allocated counts. Their
// time is BenchmarkHostileProof's.
func TestHostileProofsAllocateLittle(t *testing.T) {
	for name, text := range hostileProofs(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := ParseReserveProof(text)
		runtime.ReadMemStats(&after)
		cost := after.TotalAlloc - before.TotalAlloc
		if (p == nil) == (name == "good form") {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v: %.1f MB", name, ReasonOf(err), float64(cost)/1e6)
		if cost > 64e6 {
			t.Errorf("%s: allocates %d bytes", name, cost)
		}
	}
}

// TestHostileProofIsVerifiedInBounds: 20,000 outputs of nothing cost neither much time nor much
// memory until the first check refuses them.
func TestHostileProofIsVerifiedInBounds(t *testing.T) {
	s := emptyScene(t)
	point := PublicKey(hashToPoint(PublicKey{}).Bytes())
	p := &ReserveProof{Outputs: make([]ReserveOutput, maxProofOutputs), SpendKeys: []SpendKeySignature{{Key: s.address.Spend}}}
	for i := range p.Outputs {
		p.Outputs[i] = ReserveOutput{Index: uint64(i), KeyImage: KeyImage(Keccak256([]byte{byte(i), byte(i >> 8)})), SharedSecret: point}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.evidence.Rules = Rules1
	report, err := p.Verify(context.Background(), s.address, s.message, s.evidence)
	runtime.ReadMemStats(&after)
	if err != nil || report.Check != CheckPoints {
		t.Errorf("%v, %v", report.Check, err)
	}
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 64e6 {
		t.Errorf("allocates %d bytes", cost)
	}
}
