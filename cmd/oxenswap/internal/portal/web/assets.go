package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the files that pages refer to, under names that hold a part of their digest: they
// never change. The style sheet is within every page, so that a page is drawn without asking for
// anything else.
type assets struct {
	names  map[string]string // "script.js" -> "script.1a2b3c4d.js"
	files  map[string][]byte // by name with digest
	style  template.CSS
	policy string // allows what the pages need and nothing else
}

func loadAssets() (assets, error) {
	a := assets{names: map[string]string{}, files: map[string][]byte{}}
	list, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return a, err
	}
	for _, f := range list {
		data, err := assetFiles.ReadFile("assets/" + f.Name())
		if err != nil {
			return a, err
		}
		sum, ext := sha256.Sum256(data), path.Ext(f.Name())
		if ext == ".css" {
			// Wallets hand in their provider as an object, so nothing connects.
			a.style = template.CSS(data)
			a.policy = "default-src 'none'; script-src 'self'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
				"'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
			continue
		}
		name := strings.TrimSuffix(f.Name(), ext) + "." + hex.EncodeToString(sum[:4]) + ext
		a.names[f.Name()], a.files[name] = name, data
	}
	return a, nil
}

func (a assets) setSafety(h http.Header) {
	h.Set("Content-Security-Policy", a.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

// url is where an asset is served.
func (a assets) url(name string) string { return "/assets/" + a.names[name] }

func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	a.send(w, r.PathValue("file"), "public, max-age=31536000, immutable")
}

// icon answers browsers that ask for the icon before they have read a page.
func (a assets) icon(w http.ResponseWriter, _ *http.Request) {
	a.send(w, a.names["icon.svg"], "public, max-age=86400")
}

func (a assets) send(w http.ResponseWriter, name, caching string) {
	a.setSafety(w.Header())
	data, ok := a.files[name]
	if !ok {
		http.Error(w, "there is no such file: load the page again", http.StatusNotFound)
		return
	}
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	w.Header().Set("Cache-Control", caching)
	w.Write(data)
}
