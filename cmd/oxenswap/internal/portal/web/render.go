package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/web/catalogue"
)

// answer is what a handler wants to be written.
type answer struct {
	page    string // name of the template
	data    any
	status  int    // 0: 200
	refresh int    // seconds after which the browser asks again; 0: never
	after   int    // seconds after which to try again what did not work; 0: nothing is said about it
	to      string // where to go instead
	// file is sent as it is, instead of a page.
	file *file
}

// file is something to download or to show as an image.
type file struct {
	name, kind string // name: "" if it is not to be saved; kind: media type
	data       []byte
	forever    bool // it never changes
}

// handler answers a request. An error becomes a page, too.
type handler func(r *http.Request, v *view) (answer, error)

func parsePages() (map[string]*template.Template, error) {
	layout, err := template.New("").ParseFS(sources, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	list, err := fs.Glob(sources, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, file := range list {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		page, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if pages[name], err = page.ParseFS(sources, file); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// page makes an http.Handler of a handler.
func (s *Site) page(answerTo handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxLarge)
		v, err := s.view(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		a, err := answerTo(r, v)
		if err != nil {
			a = s.problemPage(r, err)
		}
		if err := s.write(w, r, v, a); err != nil {
			s.fail(w, r, err)
		}
	})
}

// view is what templates see.
type view struct {
	*catalogue.Language
	Languages []*catalogue.Language
	Path      string
	Style     template.CSS
	Script    string
	Icon      string
	Migration *desk.Migration
	Open      bool // claims are taken
	Page      any
}

func (s *Site) view(r *http.Request) (*view, error) {
	m, err := s.migrationNow(r.Context())
	if err != nil {
		return nil, err
	}
	now := s.now()
	return &view{
		Language: s.words.Choose(cut(r.URL.Query().Get("lang"), 8), cut(r.Header.Get("Accept-Language"), 200)), Languages: s.words.Languages(),
		Path: r.URL.Path, Style: s.assets.style, Script: s.assets.url("script.js"), Icon: s.assets.url("icon.svg"),
		Migration: m, Open: !now.Before(m.Opens) && !now.After(m.Closes),
	}, nil
}

// migrationNow is the migration, kept for as long as the desk says that it is still so.
func (s *Site) migrationNow(ctx context.Context) (*desk.Migration, error) {
	if m := s.latest.Load(); m != nil && s.desk.Holds(&m.Basis) {
		return m, nil
	}
	m, err := s.desk.Migration(ctx)
	if err == nil {
		s.latest.Store(m)
	}
	return m, err
}

func (s *Site) write(w http.ResponseWriter, r *http.Request, v *view, a answer) error {
	h := w.Header()
	s.assets.setSafety(h)
	if a.to != "" {
		h.Set("Cache-Control", "no-store")
		http.Redirect(w, r, a.to, http.StatusSeeOther)
		return nil
	}
	var body []byte
	if a.file != nil {
		body = a.file.data
		h.Set("Content-Type", a.file.kind)
		if a.file.name != "" {
			h.Set("Content-Disposition", `attachment; filename="`+a.file.name+`"`)
		}
	} else {
		var err error
		if body, err = s.render(v, a.page, a.data); err != nil {
			return err
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Language", v.Code)
		h.Add("Vary", "Accept-Language")
	}
	if a.refresh > 0 {
		h.Set("Refresh", strconv.Itoa(a.refresh))
	}
	if a.after > 0 {
		h.Set("Retry-After", strconv.Itoa(a.after))
	}
	switch {
	case r.Method == http.MethodPost || a.status >= 400:
		h.Set("Cache-Control", "no-store")
	case a.file != nil && a.file.forever:
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	default:
		sum := sha256.Sum256(body)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if strings.Contains(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	if r.Method != http.MethodHead {
		w.Write(body)
	}
	return nil
}

func (s *Site) render(v *view, page string, data any) ([]byte, error) {
	v.Page = data
	var out bytes.Buffer
	if err := s.pages[page].ExecuteTemplate(&out, "layout", v); err != nil {
		return nil, fmt.Errorf("page %s: %w", page, err)
	}
	return out.Bytes(), nil
}

// fail answers when no page can be made.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.zap.Error("making a page", zap.String("path", r.URL.Path), zap.Error(err))
	s.assets.setSafety(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", "2")
	http.Error(w, "The page could not be made. Nothing that you sent was lost or is half done: try again in a moment.", http.StatusServiceUnavailable)
}
