package cryptonote

import (
	"encoding/hex"
	"errors"
	"testing"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	"pgregory.net/rapid"
)

// naivePrimeOrder is the definition: not the identity, and [L-1]P = -P.
func naivePrimeOrder(p *edwards25519.Point) bool {
	if isIdentity(p) {
		return false
	}
	q := new(edwards25519.Point).ScalarMult(minusOne(), p)
	return q.Equal(new(edwards25519.Point).Negate(p)) == 1
}

// minusOne is L-1.
func minusOne() *edwards25519.Scalar {
	one, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		panic(err)
	}
	return one.Negate(one)
}

// torsionPoints gives [0]T to [7]T for a point T of order 8.
func torsionPoints(t testing.TB) (points [8]*edwards25519.Point) {
	b, _ := hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
	point, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	points[0] = edwards25519.NewIdentityPoint()
	for i := 1; i < 8; i++ {
		points[i] = new(edwards25519.Point).Add(points[i-1], point)
		if isIdentity(points[i]) {
			t.Fatalf("[%d]T is the identity", i)
		}
	}
	if !isIdentity(new(edwards25519.Point).Add(points[7], point)) {
		t.Fatal("[8]T is not the identity")
	}
	return points
}

func drawScalar(t *rapid.T, label string) *edwards25519.Scalar {
	wide := rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, label)
	s, err := edwards25519.NewScalar().SetUniformBytes(wide)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPrimeOrderOfEveryCoset(t *testing.T) {
	torsion := torsionPoints(t)
	rapid.Check(t, func(t *rapid.T) {
		base := new(edwards25519.Point).ScalarBaseMult(drawScalar(t, "scalar"))
		for i, low := range torsion {
			p := new(edwards25519.Point).Add(base, low)
			want := i == 0 && !isIdentity(base)
			if naivePrimeOrder(p) != want {
				t.Fatalf("naive: %x + [%d]T", base.Bytes(), i)
			}
			if primeOrder(p) != want {
				t.Fatalf("fast: %x + [%d]T: %v", base.Bytes(), i, !want)
			}
		}
	})
	for i, low := range torsion {
		if primeOrder(low) || naivePrimeOrder(low) {
			t.Errorf("[%d]T passes", i)
		}
	}
}

func TestPrimeOrderOfAnyCoordinates(t *testing.T) {
	torsion := torsionPoints(t)
	rapid.Check(t, func(t *rapid.T) {
		p := new(edwards25519.Point).ScalarBaseMult(drawScalar(t, "scalar"))
		p.Add(p, torsion[rapid.IntRange(0, 7).Draw(t, "torsion")])
		k, err := new(field.Element).SetBytes(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "factor"))
		if err != nil {
			t.Fatal(err)
		}
		if k.Equal(new(field.Element)) == 1 {
			k.One()
		}
		x, y, z, u := p.ExtendedCoordinates()
		q, err := new(edwards25519.Point).SetExtendedCoordinates(x.Multiply(x, k), y.Multiply(y, k), z.Multiply(z, k), u.Multiply(u, k))
		if err != nil {
			t.Fatal(err)
		}
		if primeOrder(q) != naivePrimeOrder(p) {
			t.Fatalf("%x with coordinates times %x", p.Bytes(), k.Bytes())
		}
	})
}

// TestPrimeOrderShares counts over hashed points, an eighth of which are of prime order.
func TestPrimeOrderShares(t *testing.T) {
	points, prime := 0, 0
	for i := range 2000 {
		b := Keccak256([]byte{byte(i), byte(i >> 8)})
		p, err := new(edwards25519.Point).SetBytes(b[:])
		if err != nil {
			continue
		}
		points++
		if got := primeOrder(p); got != naivePrimeOrder(p) {
			t.Fatalf("%x: %v", b, got)
		} else if got {
			prime++
		}
	}
	if points < 800 || prime < points/16 || prime > points/4 {
		t.Errorf("%d of %d points are of prime order", prime, points)
	}
}

func TestPublicKeyCheck(t *testing.T) {
	const p = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
	for _, c := range []struct {
		name, hex string
		want      Reason
	}{
		{"identity", "0100000000000000000000000000000000000000000000000000000000000000", ErrIdentity},
		{"identity with a sign", "0100000000000000000000000000000000000000000000000000000000000080", ErrPointEncoding},
		{"identity as y = p+1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ErrPointEncoding},
		{"order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ErrTorsion},
		{"order 2 with a sign", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ErrPointEncoding},
		{"order 4", "0000000000000000000000000000000000000000000000000000000000000000", ErrTorsion},
		{"order 4, other", "0000000000000000000000000000000000000000000000000000000000000080", ErrTorsion},
		{"order 4 as y = p", p, ErrPointEncoding},
		{"order 4 as y = p with a sign", p[:62] + "ff", ErrPointEncoding},
		{"order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", ErrTorsion},
		{"order 8, second", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", ErrTorsion},
		{"order 8, third", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", ErrTorsion},
		{"order 8, fourth", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", ErrTorsion},
		{"largest text", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ErrPointEncoding},
		{"y = 2, off the curve", "0200000000000000000000000000000000000000000000000000000000000000", ErrOffCurve},
		{"base point", "5866666666666666666666666666666666666666666666666666666666666666", ""},
	} {
		k, err := ParsePublicKey(c.hex)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := ReasonOf(k.Check()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCanonicalPoint compares with the definition: the point encodes to the same bytes again.
func TestCanonicalPoint(t *testing.T) {
	edges := []byte{0x00, 0x01, 0x7f, 0x80, 0xff, 0xec, 0xed, 0xee}
	points := 0
	for _, first := range edges {
		for _, middle := range []byte{0x00, 0x01, 0xfe, 0xff} {
			for _, odd := range []byte{middle, 0x00, 0xff} {
				for _, last := range edges {
					var b [32]byte
					for i := range b {
						b[i] = middle
					}
					b[0], b[17], b[31] = first, odd, last
					p, err := new(edwards25519.Point).SetBytes(b[:])
					if err != nil {
						continue
					}
					points++
					if want := [32]byte(p.Bytes()) == b; canonicalPoint(b) != want {
						t.Errorf("%x: %v, want %v", b, !want, want)
					}
				}
			}
		}
	}
	if points < 100 {
		t.Errorf("only %d of the encodings are points", points)
	}
}

func TestPublicKeyText(t *testing.T) {
	const good = "1a0d8839d18683a91043b304706ec29e220b83d2ecc66119d6ddfc9caa94ef06"
	k, err := ParsePublicKey(good)
	if err != nil || k.String() != good {
		t.Errorf("got %v, %v", k, err)
	}
	for _, bad := range []string{"", good[:63], good + "0", "1A" + good[2:], "0x" + good[2:], good[:63] + "g", good[:62] + "\n0"} {
		if k, err := ParsePublicKey(bad); !errors.Is(err, ErrHex) {
			t.Errorf("%q: got %v, %v", bad, k, err)
		}
	}
}
