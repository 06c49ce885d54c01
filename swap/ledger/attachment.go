package ledger

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// MaxAttachmentSize is the largest attachment, in bytes before compression: a kilobyte for each of
// a million accounts in a round's allocation list.
const MaxAttachmentSize = 1 << 30

// maxStoredAttachment bounds the compressed form: gzip adds five bytes to each stored block of at
// most 65,535 and 18 around them.
const maxStoredAttachment = MaxAttachmentSize + MaxAttachmentSize>>12 + 1<<10

// gzipHeader is what package gzip writes by default: no flags, no time, default compression, no
// operating system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// A Digest is a SHA-256 digest, written as 64 lower-case hex digits.
type Digest [sha256.Size]byte

// DigestOf returns the digest that names plain.
func DigestOf(plain []byte) Digest {
	return sha256.Sum256(plain)
}

// ParseDigest is the inverse of [Digest.String].
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != 2*len(d) {
		return Digest{}, fmt.Errorf("digest has %d characters, not %d", len(s), 2*len(d))
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil || d.String() != s {
		return Digest{}, fmt.Errorf("digest %q is not lower-case hex", s)
	}
	return d, nil
}

func (d Digest) String() string {
	return hex.EncodeToString(d[:])
}

// Compare orders digests by their bytes.
func (d Digest) Compare(other Digest) int {
	return bytes.Compare(d[:], other[:])
}

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := ParseDigest(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// CompressAttachment returns the stored form of plain. The same program always gives the same
// bytes; another release of Go may compress differently, which changes no digest in an entry.
func CompressAttachment(plain []byte) ([]byte, error) {
	if len(plain) > MaxAttachmentSize {
		return nil, fmt.Errorf("compress attachment: %d bytes, at most %d are allowed", len(plain), MaxAttachmentSize)
	}
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compress attachment: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress attachment: %w", err)
	}
	return buf.Bytes(), nil
}

// ReadAttachment returns the plain bytes of the attachment with the given digest from its stored
// form, to which it holds them.
func ReadAttachment(stored io.Reader, want Digest) ([]byte, error) {
	r, err := NewAttachmentReader(stored, want)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// maxDeflate is how many times longer than itself a deflate stream can become
// (https://zlib.net/zlib_tech.html).
const maxDeflate = 1032

// readStored is [ReadAttachment] for a stored form in memory, which ends with the length of the
// plain bytes (RFC 1952, 2.3.1). That is only a hint, as it may be wrong, for how much room they
// take.
func readStored(stored []byte, want Digest) ([]byte, error) {
	r, err := NewAttachmentReader(bytes.NewReader(stored), want)
	if err != nil {
		return nil, err
	}
	hint := min(int(binary.LittleEndian.Uint32(stored[len(stored)-4:])), MaxAttachmentSize, maxDeflate*len(stored))
	plain := bytes.NewBuffer(make([]byte, 0, hint+bytes.MinRead))
	if _, err := plain.ReadFrom(r); err != nil {
		return nil, err
	}
	return plain.Bytes(), nil
}

// NewAttachmentReader is [ReadAttachment] for attachments that one does not want in memory. What it
// reads is verified only once it returns io.EOF; every other error means that nothing read so far
// may be used.
func NewAttachmentReader(stored io.Reader, want Digest) (io.Reader, error) {
	// A bufio.Reader makes gzip stop right behind its member.
	in := bufio.NewReader(stored)
	if header, err := in.Peek(len(gzipHeader)); err != nil || string(header) != gzipHeader {
		return nil, fmt.Errorf("attachment %s: it does not begin with the gzip header of a stored attachment", want)
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("attachment %s: %w", want, err)
	}
	z.Multistream(false)
	return &attachmentReader{want: want, in: in, z: z, sum: sha256.New(), left: MaxAttachmentSize}, nil
}

type attachmentReader struct {
	want Digest
	in   *bufio.Reader
	z    *gzip.Reader
	sum  hash.Hash
	left int
	err  error // of the last Read, for good
}

func (r *attachmentReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.z.Read(p)
	r.sum.Write(p[:n])
	r.left -= n
	switch {
	case r.left < 0:
		r.err = fmt.Errorf("attachment %s: more than %d bytes", r.want, MaxAttachmentSize)
		return 0, r.err
	case err == io.EOF:
		r.err = r.end()
	case err != nil:
		r.err = fmt.Errorf("attachment %s: %w", r.want, err)
	}
	return n, r.err
}

// end returns io.EOF if all is well.
func (r *attachmentReader) end() error {
	if got := Digest(r.sum.Sum(nil)); got != r.want {
		return fmt.Errorf("attachment %s: the bytes have digest %s", r.want, got)
	}
	switch _, err := r.in.ReadByte(); {
	case err == nil:
		return fmt.Errorf("attachment %s: something follows the gzip stream", r.want)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("attachment %s: %w", r.want, err)
	}
	return io.EOF
}
