package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"oxenswap/cmd/internal/cli"
	"oxenswap/swap/ledger"
)

const (
	// maxAttachment bounds a stored attachment, in bytes: one of 1 GiB that did not compress.
	maxAttachment = 1<<30 + 1<<20
	maxTile       = 256 * 32
	// webTries is how often a file is asked for while the server fails; webPause is the time before
	// the second try.
	webTries, webPause = 4, 500 * time.Millisecond
	webTimeout         = 30 * time.Second // until the header of an answer
)

// webFS are the files below a URL. What was read once is kept in a temporary folder, for an audit
// reads the log twice; checkpoint and manifest are asked for each time, since they may change under
// way.
type webFS struct {
	base   *url.URL
	client *http.Client
	dir    string
}

func newWebFS(place string) (*webFS, error) {
	base, err := url.Parse(place)
	if err != nil || base.Host == "" {
		return nil, cli.Usage("%q is no URL of an export", place)
	}
	dir, err := os.MkdirTemp("", "oxenaudit-*")
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = webTimeout
	return &webFS{base: base, client: &http.Client{Transport: transport}, dir: dir}, nil
}

func (w *webFS) close() {
	w.client.CloseIdleConnections()
	os.RemoveAll(w.dir)
}

// within gives the files as an fs.FS, which has no context of its own: each file that it opens is
// read under ctx.
func (w *webFS) within(ctx context.Context) fs.FS {
	return openFunc(func(name string) (fs.File, error) { return w.open(ctx, name) })
}

// openFunc implements fs.FS.
type openFunc func(name string) (fs.File, error)

// Open implements fs.FS.
func (open openFunc) Open(name string) (fs.File, error) { return open(name) }

// open opens a file as fs.FS does. It may be called from several goroutines.
func (w *webFS) open(ctx context.Context, name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "get", Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	kept := filepath.Join(w.dir, filepath.FromSlash(name))
	changes := name == "checkpoint" || name == "manifest"
	if !changes {
		if f, err := os.Open(kept); err == nil {
			return f, nil
		}
	}
	f, err := w.fetch(ctx, name)
	if err != nil {
		return fail(err)
	}
	if changes {
		return f, os.Remove(f.Name()) // it lives as long as it is open
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return fail(err)
	}
	if err := os.Rename(f.Name(), kept); err != nil {
		return fail(err)
	}
	return f, nil
}

// fetch reads a file into a temporary one, open at its start.
func (w *webFS) fetch(ctx context.Context, name string) (*os.File, error) {
	pause := webPause
	for try := 1; ; try++ {
		f, again, err := w.fetchOnce(ctx, name)
		if err == nil || !again || try == webTries {
			return f, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			pause *= 2
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// maxSize is the largest that a file of this name can be, in bytes.
func maxSize(name string) int64 {
	switch {
	case name == "checkpoint":
		return ledger.MaxCheckpointSize
	case name == "manifest":
		return ledger.MaxManifestSize
	case strings.HasPrefix(name, "tile/entries/"):
		return ledger.MaxBundleSize
	case strings.HasPrefix(name, "tile/"):
		return maxTile
	case isRotation(name):
		return ledger.MaxRotationSize
	}
	return maxAttachment
}

func isRotation(name string) bool {
	_, ok := ledger.ParseRotationPath(name)
	return ok
}

// fetchOnce says whether a failure may pass by itself.
func (w *webFS) fetchOnce(ctx context.Context, name string) (f *os.File, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base.JoinPath(name).String(), nil)
	if err != nil {
		return nil, false, err
	}
	answer, err := w.client.Do(request)
	if err != nil {
		return nil, true, err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone:
		return nil, false, fs.ErrNotExist
	case answer.StatusCode == http.StatusForbidden && isRotation(name):
		return nil, false, fs.ErrNotExist // object stores that show no lists answer so; every log is asked for one rotation too many
	case answer.StatusCode != http.StatusOK:
		retry := answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests
		return nil, retry, fmt.Errorf("the server answers %s", answer.Status)
	}
	if f, err = os.CreateTemp(w.dir, ".get-*"); err != nil {
		return nil, false, err
	}
	limit := maxSize(name)
	n, err := io.Copy(f, io.LimitReader(answer.Body, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it has more than %d bytes", limit)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, n <= limit, err
	}
	return f, false, nil
}
