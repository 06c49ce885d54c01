package main

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"

	"oxenswap/swap/ledger"
)

// checkServed compares what is served with what `ledger export --public` writes, and looks at how
// it may be cached.
func checkServed(t *testing.T, base, dir string) {
	t.Helper()
	export := filepath.Join(t.TempDir(), "export")
	oxenswap(t, "--dir", dir, "ledger", "export", "--public", export)
	files, rotations := 0, 0
	if err := fs.WalkDir(os.DirFS(export), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := os.ReadFile(filepath.Join(export, path))
		if err != nil {
			return err
		}
		response, got := fetch(t, http.MethodGet, base+path, nil)
		if path == "manifest" { // the folder that is served also has partial tiles of earlier sizes
			want = got
		}
		if response.StatusCode != 200 || !bytes.Equal(got, want) {
			t.Errorf("%s: %s, %d bytes instead of %d", path, response.Status, len(got), len(want))
		}
		caching, kind, changing := "public, max-age=31536000, immutable", "application/octet-stream", path == "checkpoint" || path == "manifest"
		switch {
		case changing:
			caching, kind = "no-cache", "text/plain; charset=utf-8"
		case strings.HasSuffix(path, ".gz"):
			kind = "application/gzip"
		case path == "rotation/1":
			kind = "text/plain; charset=utf-8"
			rotations++
		}
		if got := response.Header.Get("Cache-Control"); got != caching {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
		if got := response.Header.Get("Content-Type"); got != kind || response.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: Content-Type is %q", path, got)
		}
		if tag := response.Header.Get("ETag"); changing {
			if response, _ := fetch(t, http.MethodGet, base+path, http.Header{"If-None-Match": {tag}}); tag == "" || response.StatusCode != 304 {
				t.Errorf("%s with the ETag %q again: %s", path, tag, response.Status)
			}
		}
		if response, body := fetch(t, http.MethodHead, base+path, nil); response.StatusCode != 200 || response.ContentLength != int64(len(want)) || len(body) > 0 {
			t.Errorf("HEAD %s: %s, %d", path, response.Status, response.ContentLength)
		}
		files++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if files < 10 || rotations != 1 {
		t.Errorf("only %d files were compared, %d of them rotations", files, rotations)
	}
	readServed(t, base)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "", 404}, {"GET", "tile", 404}, {"GET", "tile/0/001", 404}, {"GET", "tile/0/000.p/300", 404}, {"GET", "tile/8/0/000", 404},
		{"GET", "..%2foxenswap.toml", 404}, {"GET", "tile/..%2f..%2f..%2fledger.key", 404}, {"GET", "%2fetc/passwd", 404}, {"GET", "manifest%00", 404},
		{"GET", "attachment/00/" + strings.Repeat("0", 64) + ".gz", 404}, {"GET", "ledger.db", 404}, {"GET", "rotation/2", 404}, {"GET", "rotation/0", 404},
		{"POST", "checkpoint", 405}, {"PUT", "tile/0/000.p/6", 405}, {"DELETE", "manifest", 405},
		{"GET", "checkpoint?" + strings.Repeat("x", 64<<10), 431},
	} {
		response, _ := fetch(t, c.method, base+c.path, nil)
		if response.StatusCode != c.want || strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s %.60s: %s, %s", c.method, c.path, response.Status, response.Header.Get("Cache-Control"))
		}
	}
}

// readServed reads the log with another client of the format.
func readServed(t *testing.T, base string) {
	t.Helper()
	tiles, err := torchwood.NewTileFetcher(base)
	if err != nil {
		t.Fatal(err)
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := tiles.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(signed), "\n\n")
	c, err := torchwood.ParseCheckpoint(text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for i, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
		if e, err := ledger.ParseEntry(entry); err != nil || i != n || int64(e.Seq) != n {
			t.Errorf("torchwood reads entry %d as %s", n, entry)
		}
		n++
	}
	if client.Err() != nil || n != c.N {
		t.Errorf("torchwood read %d entries of %d: %v", n, c.N, client.Err())
	}
}

func fetch(t *testing.T, method, url string, header http.Header) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	response, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}
