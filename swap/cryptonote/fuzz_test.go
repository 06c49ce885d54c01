package cryptonote

import (
	"bytes"
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
