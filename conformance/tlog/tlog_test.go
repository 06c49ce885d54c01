//go:build conformance

// Package tlog reads exports with other people's clients of https://c2sp.org/tlog-tiles:
// github.com/transparency-dev/tessera (its fsck) and filippo.io/torchwood, from a folder and from a
// plain web server.
//
//	go test -tags conformance ./conformance/tlog
package tlog

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/torchwood"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap/ledger"
)

const origin = "claim.example/1166f61c0c9abbf6"

// source is a log in memory.
type source struct {
	ledger.Hashes
	records     [][]byte
	attachments map[ledger.Digest][]byte
	signer      note.Signer
	vkey        string
}

func newSource(t *testing.T) *source {
	t.Helper()
	skey, vkey, err := ledger.NewKey(rand.Reader, origin)
	must(t, err)
	signer, err := ledger.NewSigner(skey)
	must(t, err)
	return &source{attachments: map[ledger.Digest][]byte{}, signer: signer, vkey: vkey}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *source) grow(t *testing.T, size int) {
	t.Helper()
	for len(s.records) < size {
		raw, err := ledger.FormatEntry(ledger.Entry{Seq: uint64(len(s.records)), Time: time.Unix(1e9, 0), Kind: "test.entry", Body: []byte(`{"x":"` + fmt.Sprint(len(s.records)*7919) + `"}`)})
		must(t, err)
		must(t, s.Append(ledger.RecordHash(raw)))
		s.records = append(s.records, raw)
	}
}

func (s *source) Records(_ context.Context, lo, hi int64) ([][]byte, error) {
	return s.records[lo:hi], nil
}

func (s *source) Attachments(_ context.Context, _ int64) ([]ledger.Digest, error) {
	var out []ledger.Digest
	for d := range s.attachments {
		out = append(out, d)
	}
	return out, nil
}

func (s *source) OpenAttachment(_ context.Context, d ledger.Digest) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s.attachments[d])), nil
}

// export brings dir up to date and returns the tree.
func (s *source) export(t *testing.T, dir string) tlog.Tree {
	t.Helper()
	root, err := ledger.TreeHash(int64(len(s.records)), s)
	must(t, err)
	tree := tlog.Tree{N: int64(len(s.records)), Hash: root}
	checkpoint, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: origin, Tree: tree}, s.signer)
	must(t, err)
	key, err := ledger.NewVerifier(s.vkey)
	must(t, err)
	_, err = ledger.WriteExport(t.Context(), dir, s, ledger.ExportConfig{Checkpoint: checkpoint, Signer: s.signer, Key: key, Withhold: ledger.WithholdNothing})
	must(t, err)
	return tree
}

// leaves hashes the entries of a bundle as the tree does.
func leaves(bundle []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range b.Entries {
		h := sha256.Sum256(append([]byte{0}, e...))
		out = append(out, h[:])
	}
	return out, nil
}

// check runs tessera's fsck. With one worker it would wait for ever on a corrupted log.
func check(t *testing.T, vkey string, f fsck.Fetcher) error {
	t.Helper()
	verifier, err := fnote.NewVerifier(vkey)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return fsck.New(origin, verifier, f, leaves, fsck.Opts{N: 2}).Check(ctx)
}

func fetchers(t *testing.T, dir string) map[string]fsck.Fetcher {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + "/")
	must(t, err)
	overHTTP, err := client.NewHTTPFetcher(base, server.Client())
	must(t, err)
	return map[string]fsck.Fetcher{"folder": client.FileFetcher{Root: dir}, "http": overHTTP}
}

func TestTessera(t *testing.T) {
	s, dir := newSource(t), t.TempDir()
	// One folder, brought up to date again and again, across the borders of tiles of all levels.
	for _, size := range []int{1, 2, 255, 256, 257, 511, 700, 65535, 65537, 66000} {
		s.grow(t, size)
		s.export(t, dir)
		for name, f := range fetchers(t, dir) {
			if err := check(t, s.vkey, f); err != nil {
				t.Errorf("%d entries from the %s: %v", size, name, err)
			}
		}
	}
	for _, path := range []string{"tile/entries/x001/000", "tile/entries/017", "tile/0/003", "tile/1/000", "tile/2/000.p/1", "checkpoint"} {
		path = filepath.Join(dir, path)
		good, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		}
		must(t, err)
		bad := bytes.Clone(good)
		bad[len(bad)/2] ^= 1
		must(t, os.WriteFile(path, bad, 0o600))
		for name, f := range fetchers(t, dir) {
			if err := check(t, s.vkey, f); err == nil {
				t.Errorf("%s from the %s: a changed byte went unnoticed: the check checks nothing", path, name)
			}
		}
		must(t, os.WriteFile(path, good, 0o600))
	}
}

func TestTorchwood(t *testing.T) {
	s, dir := newSource(t), t.TempDir()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	for _, size := range []int{1, 300, 66000} {
		s.grow(t, size)
		tree := s.export(t, dir)
		tiles, err := torchwood.NewTileFetcher(server.URL)
		must(t, err)
		c, err := torchwood.NewClient(tiles)
		must(t, err)
		signed, err := tiles.ReadEndpoint(t.Context(), "checkpoint")
		must(t, err)
		key, err := note.NewVerifier(s.vkey)
		must(t, err)
		policy := torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(key), torchwood.OriginPolicy(origin))
		got, _, err := torchwood.VerifyCheckpoint(signed, policy)
		if err != nil || got.Tree != tree {
			t.Fatalf("checkpoint %v, %v", got, err)
		}
		n := 0
		for i, entry := range c.AllEntries(t.Context(), got.Tree, 0) {
			if i != int64(n) || !bytes.Equal(entry, s.records[n]) {
				t.Fatalf("entry %d is read as number %d: %s", n, i, entry)
			}
			n++
		}
		if c.Err() != nil || n != size {
			t.Errorf("%d entries of %d: %v", n, size, c.Err())
		}
	}
}
