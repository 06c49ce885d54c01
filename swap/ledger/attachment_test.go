package ledger

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestDigest(t *testing.T) {
	const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // sha256sum of "hello"
	d := DigestOf([]byte("hello"))
	if d.String() != hello {
		t.Fatalf("digest of hello is %s", d)
	}
	back, err := ParseDigest(hello)
	if err != nil || back != d {
		t.Fatalf("came back as %s, %v", back, err)
	}
	raw, err := json.Marshal(map[Digest]Digest{d: d})
	if err != nil || string(raw) != `{"`+hello+`":"`+hello+`"}` {
		t.Errorf("as JSON: %s, %v", raw, err)
	}
	var m map[Digest]Digest
	if err := json.Unmarshal(raw, &m); err != nil || m[d] != d {
		t.Errorf("from JSON: %v, %v", m, err)
	}
	for _, bad := range []string{"", hello[1:], hello + "0", strings.ToUpper(hello), "g" + hello[1:], " " + hello[1:]} {
		if _, err := ParseDigest(bad); err == nil {
			t.Errorf("%q was parsed", bad)
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add(DigestOf(nil).String())
	f.Add("E3")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDigest(s); err == nil && d.String() != s {
			t.Fatalf("%q is formatted as %q", s, d)
		}
	})
}

func TestAttachment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := bytes.Repeat(rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.IntRange(0, 50).Draw(t, "times"))
		stored, err := CompressAttachment(plain)
		if err != nil {
			t.Fatal(err)
		}
		again, err := CompressAttachment(plain)
		if err != nil || !bytes.Equal(again, stored) {
			t.Fatal("compressed differently the second time")
		}
		back, err := ReadAttachment(iotest.OneByteReader(bytes.NewReader(stored)), DigestOf(plain))
		if err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("came back as %x, %v", back, err)
		}
		if _, err := ReadAttachment(bytes.NewReader(stored), DigestOf(append(plain, 0))); err == nil {
			t.Fatal("another digest passes")
		}
		cut := rapid.IntRange(0, len(stored)-1).Draw(t, "cut")
		if _, err := ReadAttachment(bytes.NewReader(stored[:cut]), DigestOf(plain)); err == nil {
			t.Fatal("a stream that was cut short passes")
		}
		for _, more := range [][]byte{{0}, stored} {
			if _, err := ReadAttachment(io.MultiReader(bytes.NewReader(stored), bytes.NewReader(more)), DigestOf(plain)); err == nil {
				t.Fatal("something behind the stream passes")
			}
		}
		// What a changed stream gives back is the same bytes or nothing.
		changed := bytes.Clone(stored)
		changed[rapid.IntRange(0, len(stored)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if back, err := ReadAttachment(bytes.NewReader(changed), DigestOf(plain)); err == nil && !bytes.Equal(back, plain) {
			t.Fatal("a changed stream gave other bytes")
		}
	})
}

func TestAttachmentHeader(t *testing.T) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Name = "secret.json"
	if _, err := w.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAttachment(&buf, DigestOf([]byte("hello"))); err == nil || !strings.Contains(err.Error(), "header") {
		t.Errorf("a stream with a name gave %v", err)
	}
}

// TestAttachmentBomb reads a stream that unpacks to more than the limit, which is lowered here.
func TestAttachmentBomb(t *testing.T) {
	const limit = 1 << 20
	for size, ok := range map[int]bool{limit - 1: true, limit: true, limit + 1: false, 5 * limit: false} {
		plain := make([]byte, size)
		stored, err := CompressAttachment(plain)
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewAttachmentReader(bytes.NewReader(stored), DigestOf(plain))
		if err != nil {
			t.Fatal(err)
		}
		r.(*attachmentReader).left = limit
		n, err := io.Copy(io.Discard, r)
		if (err == nil) != ok || n > limit || err != nil && !strings.Contains(err.Error(), "more than") {
			t.Errorf("of %d bytes %d were read, %v", size, n, err)
		}
		if _, again := r.Read(make([]byte, 1)); err != nil && again != err {
			t.Errorf("reading on gave %v", again)
		}
	}
}

func FuzzReadAttachment(f *testing.F) {
	for _, plain := range []string{"", "hello", strings.Repeat("a", 1000)} {
		stored, err := CompressAttachment([]byte(plain))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		if len(stored) > 1<<10 {
			return // a kilobyte unpacks to at most a megabyte
		}
		z, err := gzip.NewReader(bytes.NewReader(stored))
		if err != nil {
			return
		}
		plain, err := io.ReadAll(z)
		back, ourErr := ReadAttachment(bytes.NewReader(stored), DigestOf(plain))
		if ourErr == nil && (err != nil || !bytes.Equal(back, plain)) {
			t.Fatalf("gave %x, gzip gives %x, %v", back, plain, err)
		}
	})
}
