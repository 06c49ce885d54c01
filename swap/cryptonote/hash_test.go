package cryptonote

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

// An oracle maps to the curve with math/big, step by step as oxen-core's crypto-ops.c does.
type oracle struct {
	p, a, ma, ma2, d, i        *big.Int
	fffb1, fffb2, fffb3, fffb4 *big.Int
}

func newOracle(t testing.TB) *oracle {
	o := &oracle{p: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19)), a: big.NewInt(montgomeryA)}
	o.ma = o.mod(new(big.Int).Neg(o.a))
	o.ma2 = o.mod(new(big.Int).Neg(o.mul(o.a, o.a)))
	o.d = o.mul(o.mod(big.NewInt(-121665)), o.inverse(big.NewInt(121666)))
	sqrt := func(v *big.Int) *big.Int {
		r := new(big.Int).ModSqrt(v, o.p)
		if r == nil {
			t.Fatalf("%v is not a square", v)
		}
		return r
	}
	o.i = sqrt(o.mod(big.NewInt(-1)))
	aa2 := o.mul(o.a, big.NewInt(montgomeryA+2))
	o.fffb1 = sqrt(o.mod(new(big.Int).Mul(big.NewInt(-2), aa2)))
	o.fffb2 = sqrt(o.mod(new(big.Int).Mul(big.NewInt(2), aa2)))
	// sqrt(-1) has two values; both constants exist for one of them.
	if new(big.Int).ModSqrt(o.mul(o.i, aa2), o.p) == nil {
		o.i.Sub(o.p, o.i)
	}
	o.fffb4 = sqrt(o.mul(o.i, aa2))
	o.fffb3 = sqrt(o.mod(new(big.Int).Neg(o.mul(o.i, aa2))))
	return o
}

func (o *oracle) mod(v *big.Int) *big.Int     { return new(big.Int).Mod(v, o.p) }
func (o *oracle) mul(a, b *big.Int) *big.Int  { return o.mod(new(big.Int).Mul(a, b)) }
func (o *oracle) add(a, b *big.Int) *big.Int  { return o.mod(new(big.Int).Add(a, b)) }
func (o *oracle) sub(a, b *big.Int) *big.Int  { return o.mod(new(big.Int).Sub(a, b)) }
func (o *oracle) inverse(a *big.Int) *big.Int { return new(big.Int).ModInverse(a, o.p) }
func (o *oracle) pow(a, e *big.Int) *big.Int  { return new(big.Int).Exp(a, e, o.p) }
func littleEndian(b []byte) *big.Int          { return new(big.Int).SetBytes(reversed(b)) }
func reversed(b []byte) []byte                { b = slices.Clone(b); slices.Reverse(b); return b }
func (o *oracle) isZero(v *big.Int) bool      { return v.Sign() == 0 }
func (o *oracle) negate(v *big.Int) *big.Int  { return o.sub(new(big.Int), v) }
func (o *oracle) encode(x, y *big.Int) (b []byte) { // of affine coordinates
	b = reversed(y.FillBytes(make([]byte, 32)))
	b[31] |= byte(x.Bit(0)) << 7
	return b
}

// mapToPoint is ge_fromfe_frombytes_vartime.
func (o *oracle) mapToPoint(b [32]byte) (x, y *big.Int) {
	one := big.NewInt(1)
	u := o.mod(littleEndian(b[:]))
	v := o.mul(big.NewInt(2), o.mul(u, u))
	w := o.add(v, one)
	xx := o.add(o.mul(w, w), o.mul(o.ma2, v))
	// fe_divpowm1: (w/x)^(m+1), m = (p-5)/8
	m1 := new(big.Int).Rsh(new(big.Int).Sub(o.p, big.NewInt(5)), 3)
	m1.Add(m1, one)
	rx := o.pow(o.mul(w, o.inverse(xx)), m1)
	yy := o.mul(rx, rx)
	xx = o.mul(yy, xx)
	z := o.ma
	sign := uint(0)
	switch {
	case o.isZero(o.sub(w, xx)):
		rx = o.mul(o.mul(rx, o.fffb2), u)
		z = o.mul(z, v)
	case o.isZero(o.add(w, xx)):
		rx = o.mul(o.mul(rx, o.fffb1), u)
		z = o.mul(z, v)
	default:
		xx = o.mul(xx, o.i)
		if o.isZero(o.sub(w, xx)) {
			rx = o.mul(rx, o.fffb4)
		} else {
			rx = o.mul(rx, o.fffb3)
		}
		sign = 1
	}
	if rx.Bit(0) != sign {
		rx = o.negate(rx)
	}
	// (X : Y : Z) with X = rx Z
	zz := o.add(z, w)
	return rx, o.mul(o.sub(z, w), o.inverse(zz))
}

// double adds an affine point to itself.
func (o *oracle) double(x, y *big.Int) (*big.Int, *big.Int) {
	xx, yy, xy := o.mul(x, x), o.mul(y, y), o.mul(x, y)
	t := o.mul(o.d, o.mul(xx, yy))
	one := big.NewInt(1)
	return o.mul(o.add(xy, xy), o.inverse(o.add(one, t))), o.mul(o.add(yy, xx), o.inverse(o.sub(one, t)))
}

func (o *oracle) hashToPoint(key PublicKey) []byte {
	x, y := o.mapToPoint(Keccak256(key[:]))
	for range 3 {
		x, y = o.double(x, y)
	}
	return o.encode(x, y)
}

func TestMapToPoint(t *testing.T) {
	o := newOracle(t)
	check := func(t interface{ Fatalf(string, ...any) }, b [32]byte) {
		if got, want := mapToPoint(b).Bytes(), o.encode(o.mapToPoint(b)); !bytes.Equal(got, want) {
			t.Fatalf("%x: got %x, want %x", b, got, want)
		}
	}
	// The numbers around 0, p, 2^255, 2p and 2^256.
	for _, middle := range []byte{0, 0xff} {
		for last := range 4 {
			for first := range 256 {
				b := [32]byte(bytes.Repeat([]byte{middle}, 32))
				b[0], b[31] = byte(first), []byte{0, 0x7f, 0x80, 0xff}[last]
				check(t, b)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "bytes")))
	})
}

func TestHashToPoint(t *testing.T) {
	o := newOracle(t)
	rapid.Check(t, func(t *rapid.T) {
		key := PublicKey(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		p := hashToPoint(key)
		if want := o.hashToPoint(key); !bytes.Equal(p.Bytes(), want) {
			t.Fatalf("%v: got %x, want %x", key, p.Bytes(), want)
		}
		if !naivePrimeOrder(p) {
			t.Fatalf("%v: not of prime order", key)
		}
	})
}

// TestOutputPrimitives compares with oxen-core's own functions.
func TestOutputPrimitives(t *testing.T) {
	var list []struct {
		Seed              string
		View, Scalar      PublicKey
		Derivation        PublicKey
		Base, Derived     PublicKey
		Index             uint64
		HashToEC          PublicKey `json:"hash_to_ec"`
		KeyImage          KeyImage  `json:"key_image"`
		KeyImageSignature hexBytes  `json:"key_image_signature"`
	}
	loadZipped(t, "primitives_outputs.json.gz", &list)
	if len(list) != 256 {
		t.Fatalf("%d vectors", len(list))
	}
	for _, v := range list {
		secret, view := HashToScalar([]byte(v.Seed)), reduceScalar(v.View)
		key := publicKey(secret) // as in TestPrimitives
		hp := hashToPoint(key)
		if PublicKey(hp.Bytes()) != v.HashToEC {
			t.Errorf("%s: H_p %x", v.Seed, hp.Bytes())
		}
		image := new(edwards25519.Point).ScalarMult(secret, hp)
		if KeyImage(image.Bytes()) != v.KeyImage {
			t.Errorf("%s: key image %x", v.Seed, image.Bytes())
		}
		public, err := key.point("key")
		if err != nil {
			t.Fatal(v.Seed, err)
		}
		shared := new(edwards25519.Point).ScalarMult(view, public)
		if d := new(edwards25519.Point).MultByCofactor(shared); PublicKey(d.Bytes()) != v.Derivation {
			t.Errorf("%s: derivation %x", v.Seed, d.Bytes())
		}
		s := derivationScalar(shared, v.Index)
		if PublicKey(s.Bytes()) != v.Scalar {
			t.Errorf("%s: scalar %x", v.Seed, s.Bytes())
		}
		base, err := v.Base.point("key")
		if err != nil {
			t.Fatal(v.Seed, err)
		}
		if derived := base.Add(base, new(edwards25519.Point).ScalarBaseMult(s)); PublicKey(derived.Bytes()) != v.Derived {
			t.Errorf("%s: derived key %x", v.Seed, derived.Bytes())
		}
		sig := Signature(v.KeyImageSignature)
		c, r, err := sig.scalars()
		if err != nil {
			t.Fatal(v.Seed, err)
		}
		left, right := ringLink(key, public, image, c, r)
		if HashToScalar(v.KeyImage[:], left[:], right[:]).Equal(c) != 1 {
			t.Errorf("%s: key image signature", v.Seed)
		}
	}
}
