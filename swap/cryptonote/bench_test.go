package cryptonote

import (
	"testing"
	"time"

	"filippo.io/edwards25519"
)

// signedMessage is what every benchmark verifies.
func signedMessage(b *testing.B) (address string, message []byte, signature string) {
	w := testWallet(b)
	message = []byte("SESH claim 1166f61c0c9abbf6 to 0x4Cd25BAf930c80eB6EE4578F05daBe7C493bd2d8 #1 until 2027-12-31")
	sig, err := w.Sign(0, 0, message, &counter{})
	if err != nil {
		b.Fatal(err)
	}
	return w.Address().String(), message, sig.String()
}

func parsed(b *testing.B) (PublicKey, []byte, Signature) {
	address, message, signature := signedMessage(b)
	a, err := ParseAddress(address)
	if err != nil {
		b.Fatal(err)
	}
	sig, err := ParseSignature(signature)
	if err != nil {
		b.Fatal(err)
	}
	return a.Spend, message, sig
}

// bareOperations gives the group operations that a verification with a naive prime-order check
// cannot do without: one double scalar multiplication and one [L-1]P.
func bareOperations(b *testing.B, spend PublicKey, sig Signature) func() {
	c, r, err := sig.scalars()
	if err != nil {
		b.Fatal(err)
	}
	p, err := spend.point("spend key")
	if err != nil {
		b.Fatal(err)
	}
	last := minusOne()
	return func() {
		new(edwards25519.Point).VarTimeDoubleScalarBaseMult(c, p, r)
		new(edwards25519.Point).ScalarMult(last, p)
	}
}

// BenchmarkVerify times one verification, prime-order check included, beside the bare group
// operations; ratio runs both in turn and reports verify/bare.
func BenchmarkVerify(b *testing.B) {
	spend, message, sig := parsed(b)
	bare := bareOperations(b, spend, sig)
	verify := func() {
		if err := Verify(spend, message, sig); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			verify()
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			bare()
		}
	})
	b.Run("ratio", func(b *testing.B) {
		var verifying, baring time.Duration
		for b.Loop() {
			start := time.Now()
			verify()
			middle := time.Now()
			bare()
			verifying += middle.Sub(start)
			baring += time.Since(middle)
		}
		b.ReportMetric(float64(verifying)/float64(baring), "verify/bare")
	})
}

// BenchmarkVerifyText times what a line of text costs: address, signature, verification.
func BenchmarkVerifyText(b *testing.B) {
	address, message, signature := signedMessage(b)
	for b.Loop() {
		if err := verifyText("mainnet", address, message, signature); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParallel is for -cpu 1,2: how verification and the bare group operations grow with
// processors.
func BenchmarkParallel(b *testing.B) {
	spend, message, sig := parsed(b)
	bare := bareOperations(b, spend, sig)
	b.Run("verify", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := Verify(spend, message, sig); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				bare()
			}
		})
	})
}

func BenchmarkPrimeOrder(b *testing.B) {
	spend, _, _ := parsed(b)
	p, err := spend.point("spend key")
	if err != nil {
		b.Fatal(err)
	}
	for name, check := range map[string]func(*edwards25519.Point) bool{"fast": primeOrder, "naive": naivePrimeOrder} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !check(p) {
					b.Fatal("not of prime order")
				}
			}
		})
	}
}

func BenchmarkAddress(b *testing.B) {
	address, _, _ := signedMessage(b)
	for name, read := range map[string]func(string) (Address, error){"parse": ParseAddress, "decode": DecodeAddress} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := read(address); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewWallet(b *testing.B) {
	random := &counter{}
	for b.Loop() {
		w, err := NewWallet(Fakechain, random)
		if err != nil {
			b.Fatal(err)
		}
		w.Address()
	}
}

func BenchmarkDecodeBase58(b *testing.B) {
	text := EncodeBase58(make([]byte, 1<<20))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := DecodeBase58(text); err != nil {
			b.Fatal(err)
		}
	}
}
