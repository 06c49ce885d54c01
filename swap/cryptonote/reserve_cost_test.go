package cryptonote

import (
	"context"
	"testing"
	"time"

	"filippo.io/edwards25519"
)

// dearProofs are proofs that cost as much as their makers can have it for an upload, with the
// address's own signature over each.
func dearProofs(t testing.TB) map[string]*scene {
	sign := func(s *scene) *scene {
		s.resignKeys(s.proof.prefixHash(s.address, s.message))
		return s
	}
	last := manyKeyed(t, 3000, 16)
	none := last.copy(t)
	none.proof.Outputs[0].SharedSecretSig[3] ^= 1
	twice := last.copy(t)
	twice.proof.Outputs[15].SharedSecretSig[3] ^= 1

	invented := emptyScene(t)
	invented.proof = &ReserveProof{Outputs: make([]ReserveOutput, maxProofOutputs), SpendKeys: []SpendKeySignature{{Key: invented.address.Spend}}}
	p := edwards25519.NewGeneratorPoint()
	for i := range invented.proof.Outputs {
		p.Add(p, edwards25519.NewGeneratorPoint())
		invented.proof.Outputs[i] = ReserveOutput{TxID: TxID{byte(i), byte(i >> 8)}, Index: 1, KeyImage: KeyImage(p.Bytes()), SharedSecret: PublicKey(p.Bytes())}
	}
	unsigned := invented.copy(t)

	keys := richScene(t, 1)
	for range 2000 {
		secret := keys.scalar()
		sig, err := signHash(secret, keys.proof.prefixHash(keys.address, keys.message), keys.rand)
		if err != nil {
			t.Fatal(err)
		}
		keys.proof.SpendKeys = append(keys.proof.SpendKeys, SpendKeySignature{publicKey(secret), sig})
	}
	falseEnd := richScene(t, 500)
	falseEnd.proof.Outputs[499].KeyImageSig[3] ^= 1
	return map[string]*scene{
		"honest":                           richScene(t, 500),
		"3,000 keys, the last one fits":    last,
		"3,000 keys, none fits":            sign(none),
		"3,000 keys, none fits the last":   sign(twice),
		"20,000 invented outputs":          sign(invented),
		"20,000 invented outputs unsigned": unsigned,
		"2,000 spend keys":                 keys,
		"the last of 500 outputs is false": falseEnd,
	}
}

// spent gives the seconds that one worker takes to verify a proof, and the bytes of its text.
func (s *scene) spent(rules Rules) (seconds float64, size int) {
	for _, o := range s.proof.Outputs {
		s.evidence.Spent[o.KeyImage] = Unspent
	}
	s.evidence.Rules, s.evidence.Workers = rules, 1
	start := time.Now()
	if _, err := s.proof.Verify(context.Background(), s.address, s.message, s.evidence); err != nil {
		s.t.Fatal(err)
	}
	return time.Since(start).Seconds(), len(s.proof.String())
}

// BenchmarkDearProofs reports the CPU time that a byte of upload costs under the order of each
// rules, and how many times that of an honest proof it is, measured in the same run.
func BenchmarkDearProofs(b *testing.B) {
	proofs := dearProofs(b)
	honest := proofs["honest"]
	for name, s := range proofs {
		b.Run(name, func(b *testing.B) {
			var cost [Rules2 + 1]float64
			var base float64
			size, runs := 0, 0
			for b.Loop() {
				for rules := Rules1; rules <= Rules2; rules++ {
					seconds, n := s.spent(rules)
					cost[rules] += seconds
					size = n
				}
				seconds, n := honest.spent(Rules2)
				base += seconds / float64(n)
				runs++
			}
			each := 1e6 / float64(runs)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(size), "bytes")
			for rules := Rules1; rules <= Rules2; rules++ {
				name := map[Rules]string{Rules1: "rules1", Rules2: "rules2"}[rules]
				b.ReportMetric(cost[rules]*each/float64(size), "us/byte-"+name)
				b.ReportMetric(cost[rules]/float64(size)/base, "x-honest-"+name)
			}
		})
	}
}

// TestKeysTriedAreBounded counts, instead of time, the steps that a proof takes under Rules2: the
// context is asked before each key.
func TestKeysTriedAreBounded(t *testing.T) {
	s := manyKeyed(t, 3000, 1)
	tx := s.txs[s.proof.Outputs[0].TxID]
	keys, more := tx.keys().first(0)
	n := 0
	for range keys {
		n++
	}
	if n != maxTriedKeys || !more {
		t.Errorf("%d keys, more %v", n, more)
	}
	asked := &countdown{context.Background(), 1 << 30}
	s.evidence.Workers = 1
	if _, err := s.proof.Verify(asked, s.address, s.message, s.evidence); err != nil {
		t.Fatal(err)
	}
	if times := 1<<30 - asked.left; times > 2*maxTriedKeys {
		t.Errorf("%d steps for two outputs", times)
	}
}
