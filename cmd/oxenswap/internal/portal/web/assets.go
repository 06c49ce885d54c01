package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the files that pages refer to, under names that hold a part of their digest: they never change.
type assets struct {
	names map[string]string // "style.css" -> "style.1a2b3c4d.css"
	files map[string][]byte // by name with digest
}

func loadAssets() (assets, error) {
	a := assets{map[string]string{}, map[string][]byte{}}
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
		name := strings.TrimSuffix(f.Name(), ext) + "." + hex.EncodeToString(sum[:4]) + ext
		a.names[f.Name()], a.files[name] = name, data
	}
	return a, nil
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
	setSafety(w.Header())
	data, ok := a.files[name]
	if !ok {
		http.Error(w, "there is no such file: load the page again", http.StatusNotFound)
		return
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	w.Header().Set("Cache-Control", caching)
	w.Write(data)
}
