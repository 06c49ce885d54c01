package ledger

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
)

// newTestKey is the same for the same seed.
func newTestKey(tb testing.TB, name string, seed byte) (note.Signer, string) {
	tb.Helper()
	skey, vkey, err := NewKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)), name)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := NewSigner(skey)
	if err != nil {
		tb.Fatal(err)
	}
	return signer, vkey
}

func verifier(tb testing.TB, vkey string) note.Verifier {
	tb.Helper()
	v, err := NewVerifier(vkey)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

const testOrigin = "claim.example/1166f61c0c9abbf6"

// goldenRotation does not change.
const goldenRotation = `oxenswap ledger key rotation v1
claim.example/1166f61c0c9abbf6
entry 120
old claim.example/1166f61c0c9abbf6+e0232219+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c
new claim.example/1166f61c0c9abbf6+389c0e50+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU
`

// chain are four keys of a log and the rotations between them, recorded by entries 120, 300 and
// 301.
type chain struct {
	signers []note.Signer
	vkeys   []string
	signed  [][]byte
}

func newChain(tb testing.TB) *chain {
	tb.Helper()
	c := &chain{}
	for i, entry := range []int64{0, 120, 300, 301} {
		signer, vkey := newTestKey(tb, testOrigin, byte(i+1))
		if i > 0 {
			msg, err := SignRotation(Rotation{testOrigin, entry, c.vkeys[i-1], vkey}, c.signers[i-1])
			if err != nil {
				tb.Fatal(err)
			}
			c.signed = append(c.signed, msg)
		}
		c.signers, c.vkeys = append(c.signers, signer), append(c.vkeys, vkey)
	}
	return c
}

func (c *chain) keys(tb testing.TB, known int) *Keys {
	tb.Helper()
	k, err := NewKeys(verifier(tb, c.vkeys[known]), c.signed...)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestRotationForm(t *testing.T) {
	c := newChain(t)
	text, err := checkNote(c.signed[0], MaxRotationSize)
	if err != nil || text != goldenRotation {
		t.Errorf("the text is\n%s\nnot\n%s(%v)", text, goldenRotation, err)
	}
	r, err := OpenRotation(c.signed[0])
	if err != nil || r != (Rotation{testOrigin, 120, c.vkeys[0], c.vkeys[1]}) {
		t.Errorf("the rotation: got %+v, %v, want the second key after 120 entries", r, err)
	}
	both, err := note.Sign(&note.Note{Text: goldenRotation}, c.signers[0], c.signers[1])
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := note.Sign(&note.Note{Text: goldenRotation}, c.signers[2])
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) []byte {
		msg, err := note.Sign(&note.Note{Text: strings.Replace(goldenRotation, old, new, 1)}, c.signers[0])
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	for name, test := range map[string]struct {
		msg  []byte
		want string
	}{
		"nothing":            {nil, "not a signed note"},
		"too large":          {append(bytes.Repeat([]byte("x"), MaxRotationSize), c.signed[0]...), "at most 2048"},
		"another title":      {edit("v1", "v2"), "expected"},
		"another origin":     {edit("claim.example", "other.example"), "every key of a log has its name"},
		"another number":     {edit("120", "0120"), "not in canonical form"},
		"no number":          {edit("120", ""), "entry 0 cannot record"},
		"the first entry":    {edit("120", "0"), "entry 0 cannot record"},
		"a negative entry":   {edit("120", "-1"), "entry -1 cannot record"},
		"too many entries":   {edit("120", "1099511627776"), "cannot record"},
		"another word":       {edit("old ", "of "), "no key name"},
		"a key that is none": {edit("+389c0e50", "+389c0e51"), "its hash or its spelling"},
		"the same key":       {edit(c.vkeys[1], c.vkeys[0]), "is the present one"},
		"a further line":     {edit("new ", "more\nnew "), "expected"},
		"by the next key":    {bytes.Replace(stranger, []byte(c.vkeys[2]), []byte(c.vkeys[1]), 1), "no verifiable signatures"},
		"by both":            {both, "others than the old key"},
		"another signature":  {bytes.Replace(c.signed[0], []byte("entry 120"), []byte("entry 121"), 1), "invalid signature"},
	} {
		if _, err := OpenRotation(test.msg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, not %q", name, err, test.want)
		}
	}
	if _, err := SignRotation(Rotation{testOrigin, 5, c.vkeys[0], c.vkeys[1]}, c.signers[1]); err == nil {
		t.Error("the next key signed for the present one")
	}
	long := strings.Repeat("x", 255)
	first, vkey1 := newTestKey(t, long, 1)
	_, vkey2 := newTestKey(t, long, 2)
	if msg, err := SignRotation(Rotation{long, MaxTreeSize - 1, vkey1, vkey2}, first); err != nil {
		t.Errorf("the largest, of %d bytes: %v", len(msg), err)
	}
}

func TestRotationPath(t *testing.T) {
	for _, n := range []int{1, 9, 10, MaxRotations} {
		if got, ok := ParseRotationPath(RotationPath(n)); !ok || got != n {
			t.Errorf("%s: %d, %v", RotationPath(n), got, ok)
		}
	}
	for _, bad := range []string{"rotation/0", "rotation/01", "rotation/100", "rotation/-1", "rotation/+1", "rotation/", "rotation", "rotation/1/", "1", "rotation/x", "./rotation/1"} {
		if _, ok := ParseRotationPath(bad); ok {
			t.Errorf("%s was taken", bad)
		}
	}
}

// TestKeysOfLog: whichever key is known, the right one counts at each size, and only from the known
// one on is the log vouched for.
func TestKeysOfLog(t *testing.T) {
	c := newChain(t)
	for known := range c.vkeys {
		k := c.keys(t, known)
		for _, s := range []struct{ size, key int }{{0, 0}, {1, 0}, {120, 0}, {121, 1}, {300, 1}, {301, 2}, {302, 3}, {1 << 30, 3}} {
			if got := k.At(int64(s.size)); got.KeyHash() != verifier(t, c.vkeys[s.key]).KeyHash() {
				t.Errorf("%d entries: not key %d", s.size, s.key)
			}
			if err := k.Reaches(int64(s.size)); (err == nil) != (s.key >= known) {
				t.Errorf("key %d known, %d entries: %v", known, s.size, err)
			}
			for i, signer := range c.signers {
				msg := signedTree(t, int64(s.size), signer)
				_, _, err := k.OpenCheckpoint(msg)
				switch {
				case i == s.key && err != nil, i != s.key && err == nil,
					i < s.key && !strings.Contains(err.Error(), []string{"entry 120 had replaced", "entry 300 had replaced", "entry 301 had replaced"}[i]),
					i > s.key && !strings.Contains(err.Error(), "came into force only with entry "+[]string{"", "120", "300", "301"}[i]):
					t.Errorf("%d entries signed by key %d: %v", s.size, i, err)
				}
			}
		}
		if hinge := signedTree(t, 121, c.signers[1], c.signers[0]); known <= 1 {
			if _, _, err := k.OpenCheckpoint(hinge); err != nil {
				t.Error(err)
			}
			if _, _, err := OpenCheckpoint(hinge, verifier(t, c.vkeys[0])); err != nil {
				t.Errorf("who knows the first key only: %v", err)
			}
		}
	}
	_, other := newTestKey(t, testOrigin, 9)
	three, err := SignRotation(Rotation{testOrigin, 400, c.vkeys[3], c.vkeys[0]}, c.signers[3])
	if err != nil {
		t.Fatal(err)
	}
	early, err := SignRotation(Rotation{testOrigin, 120, c.vkeys[1], c.vkeys[2]}, c.signers[1])
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		known  string
		signed [][]byte
		want   string
	}{
		"a stranger's key":   {other, c.signed, "is none of the log's"},
		"swapped":            {c.vkeys[0], [][]byte{c.signed[1], c.signed[0], c.signed[2]}, "rotation/2: entry 300 hands the log over"},
		"one left out":       {c.vkeys[0], [][]byte{c.signed[0], c.signed[2]}, "rotation/2: entry 120 hands the log over"},
		"the first left out": {c.vkeys[0], c.signed[1:], "is none of the log's"},
		"twice":              {c.vkeys[0], [][]byte{c.signed[0], c.signed[0]}, "rotation/2: "},
		"in one entry":       {c.vkeys[0], [][]byte{c.signed[0], early}, "rotation/2: entry 120 hands"},
		"a key comes back":   {c.vkeys[0], append(slices.Clone(c.signed), three), "rotation/4: entry 400 .* had before"},
		"too many":           {c.vkeys[0], make([][]byte, MaxRotations+1), "100 rotations"},
		"no note":            {c.vkeys[0], [][]byte{[]byte("x")}, "rotation/1: "},
	} {
		_, err := NewKeys(verifier(t, test.known), test.signed...)
		before, after, _ := strings.Cut(test.want, ".*")
		if err == nil || !strings.Contains(err.Error(), before) || !strings.Contains(err.Error(), after) {
			t.Errorf("%s: %v, not %q", name, err, test.want)
		}
	}
}

// A sameHash has the name and the hash of a key without being it: of 32 bits, anybody can make such
// a key.
type sameHash struct{ note.Verifier }

func (sameHash) Verify([]byte, []byte) bool { return false }

func TestKeysSameHash(t *testing.T) {
	c := newChain(t)
	for i, vkey := range c.vkeys {
		k, err := NewKeys(sameHash{verifier(t, vkey)}, c.signed...)
		if err == nil {
			_, _, err = k.OpenCheckpoint(signedTree(t, 302, c.signers[3]))
		}
		if err == nil {
			t.Errorf("key %d is not that of the log, and its log was believed", i)
		}
	}
}

func signedTree(tb testing.TB, size int64, signers ...note.Signer) []byte {
	tb.Helper()
	c := Checkpoint{Origin: signers[0].Name()}
	c.N = size
	msg, err := SignCheckpoint(c, signers...)
	if err != nil {
		tb.Fatal(err)
	}
	return msg
}

// rotatedExport is an export of a log whose key changed with entries 100 and 200.
func rotatedExport(tb *testing.T, size int) (fsys fstest.MapFS, vkeys []string, log *testLog) {
	tb.Helper()
	log = newTestLog(tb)
	vkeys = []string{log.vkey}
	var signed [][]byte
	for i, entry := range []int{100, 200} {
		if entry >= size {
			break
		}
		log.grow(tb, entry+1)
		signer, vkey := newTestKey(tb, log.key.Name(), byte(20+i))
		msg, err := SignRotation(Rotation{log.key.Name(), int64(entry), vkeys[i], vkey}, log.signer)
		if err != nil {
			tb.Fatal(err)
		}
		signed, vkeys, log.signer = append(signed, msg), append(vkeys, vkey), signer
	}
	log.grow(tb, size)
	cfg := log.config(tb)
	cfg.Rotations = signed
	dir := tb.TempDir()
	if _, err := WriteExport(tb.Context(), dir, log, cfg); err != nil {
		tb.Fatal(err)
	}
	fsys = fstest.MapFS{}
	for path, data := range files(tb, dir) {
		fsys[path] = &fstest.MapFile{Data: []byte(data)}
	}
	return fsys, vkeys, log
}

// TestRotatedExport: any of the keys opens it, and whatever is done to the rotations is noticed.
func TestRotatedExport(t *testing.T) {
	fsys, vkeys, _ := rotatedExport(t, 300)
	before, _, _ := rotatedExport(t, 150)
	for i, vkey := range vkeys {
		x, err := OpenExport(fsys, verifier(t, vkey))
		if err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		if err := x.CheckFiles(nil); err != nil || len(x.Rotations()) != 2 {
			t.Errorf("%d rotations, %v", len(x.Rotations()), err)
		}
		if _, err := OpenExport(before, verifier(t, vkey)); (err == nil) != (i < 2) {
			t.Errorf("the log of before with key %d: %v", i, err)
		}
	}
	for name, test := range map[string]struct {
		known  int
		change func(m fstest.MapFS)
		want   string
	}{
		"dropped":          {0, func(m fstest.MapFS) { delete(m, "rotation/1"); delete(m, "rotation/2") }, "rotation/1: the manifest lists it, and it is not there"},
		"the last dropped": {0, func(m fstest.MapFS) { delete(m, "rotation/2") }, "rotation/2: the manifest lists it"},
		"swapped":          {0, func(m fstest.MapFS) { m["rotation/1"], m["rotation/2"] = m["rotation/2"], m["rotation/1"] }, "rotation/1: it is not a file that the manifest lists"},
		"changed": {1, func(m fstest.MapFS) {
			m["rotation/1"] = &fstest.MapFile{Data: bytes.Replace(m["rotation/1"].Data, []byte("entry 100"), []byte("entry 101"), 1)}
		}, "rotation/1: it is not a file that the manifest lists"},
		"the log of before": {2, func(m fstest.MapFS) {
			clear(m)
			maps.Copy(m, before)
			m["rotation/2"] = fsys["rotation/2"]
		}, "came into force only with entry 200: give the key of then"},
	} {
		m := maps.Clone(fsys)
		test.change(m)
		_, err := OpenExport(m, verifier(t, vkeys[test.known]))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, not %q", name, err, test.want)
		}
		if file := (*FileError)(nil); err != nil && !errors.As(err, &file) {
			t.Errorf("%s: no file is named: %v", name, err)
		}
	}
	if _, err := ReadRotations(fstest.MapFS{"rotation/1": {Data: make([]byte, MaxRotationSize+1)}}); err == nil {
		t.Error("a rotation of any size was read")
	}
	if _, err := ReadRotations(failingFS{}); err == nil {
		t.Error("a rotation that cannot be read was passed over")
	}
}

type failingFS struct{}

func (failingFS) Open(string) (fs.File, error) { return nil, os.ErrPermission }

func FuzzOpenRotation(f *testing.F) {
	c := newChain(f)
	for _, msg := range c.signed {
		f.Add(msg)
	}
	f.Add([]byte(goldenRotation))
	f.Add([]byte(peterNote))
	f.Fuzz(func(t *testing.T, msg []byte) {
		r, err := OpenRotation(msg)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(msg, []byte(r.text()+"\n")) || len(msg) > MaxRotationSize {
			t.Errorf("%q is what %+v says in another way", msg, r)
		}
		if _, err := NewKeys(verifier(t, r.Old), msg); err != nil {
			t.Errorf("NewKeys of %q: got %v, want no error", msg, err)
		}
	})
}
