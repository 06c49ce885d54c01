package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal/shards"
	"oxenswap/cmd/oxenswap/internal/publish"
	"oxenswap/swap/ledger"
)

// ledgerSite keeps the public export up to date and serves it: the files that `ledger export
// --public` writes, byte for byte.
type ledgerSite struct {
	dir      string
	log      *zap.Logger
	exporter publish.Exporter
	notes    atomic.Pointer[notes] // nil before the first export
}

// notes are the two files of an export that change. They are served from memory, so that they
// belong together.
type notes struct{ checkpoint, manifest []byte }

// publish brings the export up to the last checkpoint. It runs one at a time.
func (s *ledgerSite) publish(ctx context.Context) {
	if err := s.update(ctx); err != nil {
		s.log.Error("publishing the ledger", zap.Error(err))
	}
}

func (s *ledgerSite) update(ctx context.Context) error {
	signed, err := s.exporter.Dir.Checkpoint()
	if err != nil {
		return err
	}
	if n := s.notes.Load(); n != nil && bytes.Equal(n.checkpoint, signed) {
		return nil
	}
	stats, err := s.exporter.Export(ctx, s.dir, signed)
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(s.dir, "manifest"))
	if err != nil {
		return err
	}
	s.notes.Store(&notes{signed, manifest})
	s.log.Info("ledger published", zap.Int64("entries", stats.Size), zap.Int("written", stats.Written))
	return s.exporter.Shards(ctx, s.dir)
}

// ServeHTTP serves a file of the export. What a path names never changes, but for checkpoint and
// manifest.
func (s *ledgerSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Access-Control-Allow-Origin", "*") // it is public, and pages that check it may come from anywhere
	header.Set("Cache-Control", "no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	path := r.URL.Path
	n := s.notes.Load()
	switch {
	case n == nil:
		header.Set("Retry-After", "5")
		http.Error(w, "the ledger is being published: try again in a few seconds", http.StatusServiceUnavailable)
	case path == "checkpoint":
		serveNote(w, r, n.checkpoint)
	case path == "manifest":
		serveNote(w, r, n.manifest)
	default:
		s.serveFile(w, r, path)
	}
}

func serveNote(w http.ResponseWriter, r *http.Request, note []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("ETag", fmt.Sprintf("%q", ledger.DigestOf(note)))
	allowTime(w, int64(len(note)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(note))
}

func (s *ledgerSite) serveFile(w http.ResponseWriter, r *http.Request, path string) {
	kind := "application/octet-stream"
	if _, ok := ledger.ParseAttachmentPath(path); ok {
		kind = "application/gzip"
	} else if shards.IsPath(path) {
		kind = "application/json"
	} else if _, ok := ledger.ParseRotationPath(path); ok {
		kind = "text/plain; charset=utf-8"
	} else if _, err := ledger.ParseTilePath(path); err != nil {
		http.NotFound(w, r)
		return
	}
	// The path is one of an export, so it leads nowhere else.
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		http.NotFound(w, r)
		return
	}
	var info fs.FileInfo
	if err == nil {
		defer f.Close()
		info, err = f.Stat()
	}
	if err != nil || !info.Mode().IsRegular() {
		s.log.Error("serving the ledger", zap.String("path", path), zap.Error(err))
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	allowTime(w, info.Size())
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// allowTime extends the deadline of an answer by what a slow client needs for its size.
func allowTime(w http.ResponseWriter, size int64) {
	// Not every ResponseWriter has deadlines; the server's has.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime + time.Duration(size/slowest)*time.Second))
}
