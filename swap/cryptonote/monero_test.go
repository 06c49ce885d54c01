package cryptonote

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"filippo.io/edwards25519"
)

// moneroTests is where the Debian package monero-tests puts Monero's vectors.
const moneroTests = "/usr/share/monero/testdata/crypto/tests.txt"

// TestMoneroSubset runs the committed lines of Monero's tests/crypto/tests.txt.
func TestMoneroSubset(t *testing.T) {
	runMoneroLines(t, unzipped(t, "monero_crypto.txt.gz"), 500)
}

// TestMoneroAll runs all lines, where the package is installed.
func TestMoneroAll(t *testing.T) {
	data, err := os.ReadFile(moneroTests)
	if err != nil {
		t.Skipf("Monero's own vectors are not here (%v): install the Debian package monero-tests; its first lines of each command ran in TestMoneroSubset", err)
	}
	runMoneroLines(t, data, 5000)
}

// runMoneroLines runs each line or fails: none is left out. Lines whose result depends on Monero's
// random numbers are checked for what does not.
func runMoneroLines(t *testing.T, data []byte, least int) {
	var mu sync.Mutex
	counts := map[string]int{}
	lines := make(chan string)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for line := range lines {
				command, rest, _ := strings.Cut(line, " ")
				v := &moneroLine{words: strings.Fields(rest)}
				v.run(command)
				mu.Lock()
				counts[command]++
				mu.Unlock()
				if v.err == nil && len(v.words) > 0 {
					v.err = fmt.Errorf("%d words left", len(v.words))
				}
				if v.err != nil {
					t.Errorf("%.200s: %v", line, v.err)
				}
			}
		})
	}
	scanner := bufio.NewScanner(bytes.NewReader(data))
	scanner.Buffer(nil, 1<<20)
	n := 0
	for scanner.Scan() {
		lines <- scanner.Text()
		n++
	}
	close(lines)
	wg.Wait()
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines: %v", n, counts)
	t.Log("of random_scalar, generate_keys, generate_signature and generate_ring_signature, which draw random numbers, the results are checked, not made again; of check_ge_p3_identity the column of the known bad function is not")
	if n < least || len(counts) != 18 {
		t.Errorf("%d lines of %d commands", n, len(counts))
	}
}

// A moneroLine takes words off a line; the last ones are what Monero computed.
type moneroLine struct {
	words []string
	err   error
}

func (v *moneroLine) word() string {
	if len(v.words) == 0 {
		v.fail("too few words")
		return ""
	}
	w := v.words[0]
	v.words = v.words[1:]
	return w
}

func (v *moneroLine) fail(format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf(format, args...)
	}
}

func (v *moneroLine) bytes() []byte {
	w := v.word()
	if w == "x" { // how the file writes no bytes
		return nil
	}
	b, err := hex.DecodeString(w)
	if err != nil {
		v.fail("%v", err)
	}
	return b
}

func (v *moneroLine) key() (k PublicKey) {
	if b := v.bytes(); len(b) == 32 {
		return PublicKey(b)
	}
	v.fail("not 32 bytes")
	return k
}

func (v *moneroLine) number() uint64 {
	n, err := strconv.ParseUint(v.word(), 10, 64)
	if err != nil {
		v.fail("%v", err)
	}
	return n
}

func (v *moneroLine) point() *edwards25519.Point {
	p, err := v.key().onCurve("key")
	if err != nil {
		v.fail("%v", err)
		return edwards25519.NewIdentityPoint()
	}
	return p
}

func (v *moneroLine) scalar() *edwards25519.Scalar {
	k := v.key()
	s, err := edwards25519.NewScalar().SetCanonicalBytes(k[:])
	if err != nil {
		v.fail("%v", err)
		return edwards25519.NewScalar()
	}
	return s
}

func (v *moneroLine) wantBytes(got []byte) {
	if want := v.bytes(); !bytes.Equal(got, want) {
		v.fail("got %x", got)
	}
}

// wantBool reports whether a result is to follow.
func (v *moneroLine) wantBool(got bool) bool {
	if want := v.word(); want != strconv.FormatBool(got) {
		v.fail("got %v", got)
	}
	return got
}

func (v *moneroLine) run(command string) {
	switch command {
	case "check_scalar":
		k := v.key()
		_, err := edwards25519.NewScalar().SetCanonicalBytes(k[:])
		v.wantBool(err == nil)
	case "random_scalar":
		v.scalar()
	case "hash_to_scalar":
		v.wantBytes(HashToScalar(v.bytes()).Bytes())
	case "hash_to_point":
		v.wantBytes(mapToPoint(v.key()).Bytes())
	case "hash_to_ec":
		v.wantBytes(hashToPoint(v.key()).Bytes())
	case "check_key":
		_, err := v.key().onCurve("key")
		v.wantBool(err == nil)
	case "check_ge_p3_identity":
		k := v.point()
		p := new(edwards25519.Point).Add(k, k)
		p.Subtract(p.Subtract(p, k), k)
		v.word() // of a function that Monero has no more
		v.wantBool(isIdentity(p))
	case "generate_keys":
		public, secret := v.bytes(), v.scalar()
		if key := publicKey(secret); !bytes.Equal(public, key[:]) {
			v.fail("the secret's public key is %v", key)
		}
	case "secret_key_to_public_key":
		k := v.key()
		s, err := edwards25519.NewScalar().SetCanonicalBytes(k[:])
		if v.wantBool(err == nil) {
			key := publicKey(s)
			v.wantBytes(key[:])
		}
	case "generate_key_derivation":
		p, err := v.key().onCurve("key")
		s := v.scalar()
		if v.wantBool(err == nil) {
			p.ScalarMult(s, p)
			v.wantBytes(p.MultByCofactor(p).Bytes())
		}
	case "derive_public_key":
		s := derivationToScalar(v.bytes(), v.number())
		p, err := v.key().onCurve("key")
		if v.wantBool(err == nil) {
			v.wantBytes(p.Add(p, new(edwards25519.Point).ScalarBaseMult(s)).Bytes())
		}
	case "derive_secret_key":
		s := derivationToScalar(v.bytes(), v.number())
		v.wantBytes(s.Add(s, v.scalar()).Bytes())
	case "derive_view_tag":
		derivation := v.bytes()
		tag := Keccak256([]byte("view_tag"), derivation, appendVarint(v.number()))
		v.wantBytes(tag[:1])
	case "generate_key_image":
		key, secret := v.key(), v.scalar()
		v.wantBytes(new(edwards25519.Point).ScalarMult(secret, hashToPoint(key)).Bytes())
	default:
		v.runSignature(command)
	}
}

func appendVarint(n uint64) (b []byte) {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

func (v *moneroLine) runSignature(command string) {
	switch command {
	case "check_signature":
		hash, key, sig := v.key(), v.key(), v.bytes()
		v.wantBool(checkMoneroSignature(hash, key, Signature(sig)))
	case "generate_signature":
		hash, key, secret := v.key(), v.key(), v.scalar()
		if publicKey(secret) != key || !checkMoneroSignature(hash, key, Signature(v.bytes())) {
			v.fail("does not verify")
		}
	case "check_ring_signature":
		hash, image, keys := v.ring()
		v.wantBool(checkMoneroRing(hash, image, keys, v.bytes()))
	case "generate_ring_signature":
		hash, image, keys := v.ring()
		secret, index := v.scalar(), v.number()
		if index >= uint64(len(keys)) || publicKey(secret) != keys[index] {
			v.fail("not the secret of key %d", index)
			return
		}
		if own := new(edwards25519.Point).ScalarMult(secret, hashToPoint(keys[index])).Bytes(); !bytes.Equal(own, image[:]) {
			v.fail("key image %x", own)
		}
		if !checkMoneroRing(hash, image, keys, v.bytes()) {
			v.fail("does not verify")
		}
	default:
		v.fail("unknown command")
	}
}

func (v *moneroLine) ring() (hash, image PublicKey, keys []PublicKey) {
	hash, image = v.key(), v.key()
	for range v.number() {
		keys = append(keys, v.key())
	}
	return hash, image, keys
}

// checkMoneroSignature is Verify over a hash, but for the order of the key: Monero takes any point
// of the curve.
func checkMoneroSignature(hash [32]byte, key PublicKey, sig Signature) bool {
	p, err := key.onCurve("key")
	if err != nil {
		return false
	}
	c, r, err := sig.scalars()
	return err == nil && verifyHash(key, p, hash, c, r) == nil
}

// checkMoneroRing closes a ring of the links of which a key image signature has one.
func checkMoneroRing(hash [32]byte, image PublicKey, keys []PublicKey, sigs []byte) bool {
	i, err := image.onCurve("key image")
	if err != nil || len(sigs) != 64*len(keys) {
		return false
	}
	sum := edwards25519.NewScalar()
	hashed := [][]byte{hash[:]}
	for n, key := range keys {
		p, err := key.onCurve("key")
		if err != nil {
			return false
		}
		c, err := edwards25519.NewScalar().SetCanonicalBytes(sigs[64*n:][:32])
		if err != nil {
			return false
		}
		r, err := edwards25519.NewScalar().SetCanonicalBytes(sigs[64*n+32:][:32])
		if err != nil {
			return false
		}
		left, right := ringLink(key, p, i, c, r)
		hashed = append(hashed, left[:], right[:])
		sum.Add(sum, c)
	}
	return HashToScalar(hashed...).Equal(sum) == 1
}
