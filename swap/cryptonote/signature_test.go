package cryptonote

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

// counter is a reader of bytes that differ at every read.
type counter struct{ n uint64 }

func (c *counter) Read(b []byte) (int, error) {
	c.n++
	sum := Keccak256(binary.LittleEndian.AppendUint64(nil, c.n))
	return copy(b, sum[:]), nil
}

func testWallet(t testing.TB) *Wallet {
	w, err := NewWallet(Mainnet, &counter{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func joined(c, r *edwards25519.Scalar) Signature {
	return Signature(append(c.Bytes(), r.Bytes()...))
}

// equation is the verifier's equation alone, without any check of its parts.
func equation(t testing.TB, key []byte, message []byte, sig Signature) bool {
	t.Helper()
	p, err := new(edwards25519.Point).SetBytes(key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := edwards25519.NewScalar().SetCanonicalBytes(sig[:32])
	if err != nil {
		t.Fatal(err)
	}
	r, err := edwards25519.NewScalar().SetCanonicalBytes(sig[32:])
	if err != nil {
		t.Fatal(err)
	}
	commitment := new(edwards25519.Point).Add(new(edwards25519.Point).ScalarMult(c, p), new(edwards25519.Point).ScalarBaseMult(r))
	return challenge(Keccak256(message), PublicKey(key), commitment).Equal(c) == 1
}

func TestSignAndVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "seed")
		w, err := NewWallet(Mainnet, bytes.NewReader(seed))
		if err != nil {
			t.Fatal(err)
		}
		account, index := rapid.Uint32Range(0, 2).Draw(t, "account"), rapid.Uint32Range(0, 2).Draw(t, "index")
		message := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "message")
		sig, err := w.Sign(account, index, message, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key := w.Subaddress(account, index).Spend
		if err := Verify(key, message, sig); err != nil {
			t.Fatal(err)
		}
		if parsed, err := ParseSignature(sig.String()); err != nil || parsed != sig {
			t.Fatalf("got %v, %v", parsed, err)
		}

		bad := sig
		bit := rapid.IntRange(0, 511).Draw(t, "bit")
		bad[bit/8] ^= 1 << (bit % 8)
		if Verify(key, message, bad) == nil {
			t.Fatalf("bit %d of the signature changed", bit)
		}
		if err := Verify(key, append(message, 0), sig); !errors.Is(err, ErrMismatch) {
			t.Fatalf("another message: %v", err)
		}
		if err := Verify(w.Subaddress(3, 3).Spend, message, sig); !errors.Is(err, ErrMismatch) {
			t.Fatalf("another address of the wallet: %v", err)
		}
		other := key
		bit = rapid.IntRange(0, 255).Draw(t, "key bit")
		other[bit/8] ^= 1 << (bit % 8)
		if Verify(other, message, sig) == nil {
			t.Fatalf("bit %d of the key changed", bit)
		}
	})
}

// TestViewKeyDoesNotSign: Monero's verifier also takes a signature by the view key of the address.
func TestViewKeyDoesNotSign(t *testing.T) {
	w := testWallet(t)
	sig, err := Sign(w.ViewKey(), []byte("m"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(w.Address().View, []byte("m"), sig); err != nil {
		t.Errorf("not a signature by the view key: %v", err)
	}
	if err := Verify(w.Address().Spend, []byte("m"), sig); !errors.Is(err, ErrMismatch) {
		t.Errorf("for the address: %v", err)
	}
}

// TestLowOrderKeys forges, without any secret, signatures for each key of low order, and makes a
// holder's signature pass under their key plus torsion: the equation holds, only the check of the
// key refuses.
func TestLowOrderKeys(t *testing.T) {
	message := []byte("anything")
	random := &counter{}
	for i, low := range torsionPoints(t) {
		key := low.Bytes()
		var sig Signature
		tries := 0
		for forged := false; !forged; tries++ {
			if tries == 1000 {
				t.Fatalf("[%d]T: not forged", i)
			}
			k, err := randomScalar(random)
			if err != nil {
				t.Fatal(err)
			}
			c := challenge(Keccak256(message), PublicKey(key), new(edwards25519.Point).ScalarBaseMult(k))
			sig = joined(c, k)
			forged = equation(t, key, message, sig)
		}
		want := ErrTorsion
		if i == 0 {
			want = ErrIdentity
		}
		if err := Verify(PublicKey(key), message, sig); !errors.Is(err, want) {
			t.Errorf("[%d]T, forged in %d tries: %v", i, tries, err)
		}
	}

	w := testWallet(t)
	torsion := torsionPoints(t)
	for i := 1; i < 8; i++ {
		key := new(edwards25519.Point).Add(w.spendPublic, torsion[i]).Bytes()
		var sig Signature
		for made := false; !made; {
			k, err := randomScalar(random)
			if err != nil {
				t.Fatal(err)
			}
			c := challenge(Keccak256(message), PublicKey(key), new(edwards25519.Point).ScalarBaseMult(k))
			sig = joined(c, k.Subtract(k, edwards25519.NewScalar().Multiply(c, w.spend)))
			made = equation(t, key, message, sig)
		}
		if err := Verify(PublicKey(key), message, sig); !errors.Is(err, ErrTorsion) {
			t.Errorf("key plus [%d]T: %v", i, err)
		}
	}
}

// TestIdentityCommitment: whoever holds the key can make a signature whose commitment is the
// identity; the equation holds for it.
func TestIdentityCommitment(t *testing.T) {
	w := testWallet(t)
	key, message := w.Address().Spend, []byte("m")
	c := challenge(Keccak256(message), key, edwards25519.NewIdentityPoint())
	r := edwards25519.NewScalar().Multiply(c, w.spend)
	sig := joined(c, r.Negate(r))
	if !equation(t, key[:], message, sig) {
		t.Fatal("the equation does not hold")
	}
	if err := Verify(key, message, sig); !errors.Is(err, ErrCommitment) {
		t.Errorf("got %v", err)
	}
}

// orderL is L, little-endian.
var orderL = [32]byte{
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
}

func plusL(b []byte) (sum [32]byte) {
	carry := 0
	for i := range sum {
		carry += int(b[i]) + int(orderL[i])
		sum[i] = byte(carry)
		carry >>= 8
	}
	return sum
}

func TestScalarsMustBeCanonical(t *testing.T) {
	w := testWallet(t)
	message := []byte("m")
	good, err := w.Sign(0, 0, message, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := w.Address().Spend
	with := func(c, r [32]byte) Signature { return Signature(append(c[:], r[:]...)) }
	c, r := [32]byte(good[:32]), [32]byte(good[32:])
	for _, v := range []struct {
		name string
		sig  Signature
		want Reason
	}{
		{"good", good, ""},
		{"c + L", with(plusL(c[:]), r), ErrScalarC},
		{"r + L", with(c, plusL(r[:])), ErrScalarR},
		{"c = L", with(orderL, r), ErrScalarC},
		{"r = L", with(c, orderL), ErrScalarR},
		{"c = 0", with([32]byte{}, r), ErrZeroC},
		{"r = 0", with(c, [32]byte{}), ErrMismatch},
		{"both 0", Signature{}, ErrZeroC},
		{"all bits", Signature(bytes.Repeat([]byte{0xff}, 64)), ErrScalarC},
		{"swapped", with(r, c), ErrMismatch},
	} {
		if got := ReasonOf(Verify(key, message, v.sig)); got != v.want {
			t.Errorf("%s: verify says %q, want %q", v.name, got, v.want)
		}
		want := v.want
		if want == ErrMismatch {
			want = ""
		}
		if got := parseReason(v.sig.String()); got != want {
			t.Errorf("%s: parse says %q, want %q", v.name, got, want)
		}
	}
}

func parseReason(text string) Reason {
	_, err := ParseSignature(text)
	return ReasonOf(err)
}

func TestParseSignatureRefusals(t *testing.T) {
	const good = "SigV1c49MBLmzYpEK5hzyjbrXj3dkKxiEd6es7hqEzziojQqREvfW4Pgot9Vd6RN5XCHWhEaimaHsAFH6Jj65x4CAbBCc"
	for _, c := range []struct {
		text string
		want Reason
	}{
		{good, ""},
		{"", ErrMagic}, {"Sig", ErrMagic}, {"sigv1" + good[5:], ErrMagic}, {"SigV2" + good[5:], ErrMagic}, {" " + good, ErrMagic}, {good[5:], ErrMagic},
		{"SigV1", ErrSignatureLength}, {good + "1", ErrSignatureLength}, {good[:92], ErrSignatureLength}, {good + "\n", ErrSignatureLength},
		{"SigV1" + strings.Repeat("1", 1<<20), ErrSignatureLength},
		{"SigV1" + "0" + good[6:], ErrAlphabet}, {good[:92] + " ", ErrAlphabet}, {good[:92] + "\n", ErrAlphabet},
		{good[:82] + "zzzzzzzzzzz", ErrOverflow},
	} {
		if got := parseReason(c.text); got != c.want {
			t.Errorf("%.100q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// TestWalletsDoNotPrintSecrets writes keys and wallets in every way that logs do.
func TestWalletsDoNotPrintSecrets(t *testing.T) {
	w := testWallet(t)
	spend := w.SpendKey()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, value := range []any{spend, &spend, w, *w, []SecretKey{spend}, struct{ K SecretKey }{spend}} {
			got := fmt.Sprintf(verb, value)
			if strings.Contains(got, spend.Hex()[:8]) || strings.Contains(got, fmt.Sprint(spend[0], " ", spend[1])) || strings.Contains(got, "&{") && strings.Contains(got, "0x") {
				t.Errorf("%s of %T gives %s", verb, value, got)
			}
		}
	}
	if text, err := spend.MarshalText(); err == nil {
		t.Errorf("marshalled as %s", text)
	}
}

func TestSecretKeyRefusals(t *testing.T) {
	zero := strings.Repeat("0", 64)
	l := fmt.Sprintf("%x", orderL)
	for _, c := range []struct {
		text string
		want Reason
	}{{zero, ErrSecret}, {l, ErrSecret}, {strings.Repeat("f", 64), ErrSecret}, {"12", ErrHex}, {strings.Repeat("F", 64), ErrHex}} {
		if k, err := ParseSecretKey(c.text); !errors.Is(err, c.want) || k != (SecretKey{}) {
			t.Errorf("%s: got %v", c.text, err)
		}
	}
	if _, err := OpenWallet(Mainnet, SecretKey{}); !errors.Is(err, ErrSecret) {
		t.Errorf("open a wallet of zero: %v", err)
	}
	if _, err := NewWallet(0, rand.Reader); !errors.Is(err, ErrNetworkName) {
		t.Errorf("a wallet of no network: %v", err)
	}
	short := io.LimitReader(rand.Reader, 63)
	if _, err := NewWallet(Mainnet, short); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a wallet of 63 bytes: %v", err)
	}
	if _, err := Sign(testWallet(t).SpendKey(), nil, strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("sign without random bytes: %v", err)
	}
}

func TestVerifyFromManyGoroutines(t *testing.T) {
	w := testWallet(t)
	key, message := w.Address().Spend, []byte("message")
	sig, err := w.Sign(0, 0, message, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kept, refused := NewVerifyingKey(key), NewVerifyingKey(PublicKey{1})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for range 20 {
				bad := sig
				bad[40] ^= byte(g)
				if err := Verify(key, message, bad); (err == nil) != (g == 0) {
					t.Errorf("goroutine %d: %v", g, err)
				}
				if err := kept.Verify(message, bad); (err == nil) != (g == 0) {
					t.Errorf("goroutine %d with a kept key: %v", g, err)
				}
				if err := refused.Verify(message, sig); !errors.Is(err, ErrIdentity) {
					t.Errorf("goroutine %d with the identity: %v", g, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestVerifyAllocatesLittle(t *testing.T) {
	w := testWallet(t)
	key, message := w.Address().Spend, []byte("message")
	sig, err := w.Sign(0, 0, message, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(100, func() {
		if err := Verify(key, message, sig); err != nil {
			t.Fatal(err)
		}
	})
	if got > 6 {
		t.Errorf("%v allocations", got)
	}
}
