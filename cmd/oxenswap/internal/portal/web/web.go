// Package web is the portal's pages for people: HTML that works without JavaScript, one style
// sheet, one script for wallet and copy buttons, charts as images. It keeps no state and sets no
// cookies: what a form needs to remember is in its fields.
//
// Whatever somebody typed or the ledger says is escaped by html/template; what is shown again is
// cut, and characters that cannot be seen are replaced.
package web

import (
	"embed"
	"html/template"
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/web/catalogue"
)

//go:embed templates/*.html
var sources embed.FS

// Options are what the pages need besides a desk.
type Options struct {
	// Now is the clock by which the pages say whether claims are taken. nil: time.Now.
	Now func() time.Time
	// Uploads is how many forms above 64 KiB, which only proofs of coins are, are read at one time.
	// Zero: 4.
	Uploads int
	// Logger gets errors that are this server's. nil: they are discarded.
	Logger *zap.Logger
}

// Site are the pages. It is an http.Handler for all paths below /, and answers a page that says so
// for those that are not its own.
type Site struct {
	mux      *http.ServeMux
	desk     *desk.Desk
	now      func() time.Time
	zap      *zap.Logger
	words    *catalogue.Catalogue
	pages    map[string]*template.Template
	assets   assets
	uploads  chan struct{}
	charts   charts
	refusals refusals
	latest   atomic.Pointer[desk.Migration] // as it was last
}

// New returns the pages.
func New(d *desk.Desk, o Options) (*Site, error) {
	s := &Site{desk: d, now: o.Now, zap: o.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.zap == nil {
		s.zap = zap.NewNop()
	}
	if o.Uploads == 0 {
		o.Uploads = 4
	}
	s.uploads = make(chan struct{}, o.Uploads)
	var err error
	if s.words, err = catalogue.Load(); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	s.route()
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Site) route() {
	s.mux = http.NewServeMux()
	for pattern, answer := range map[string]handler{
		"GET /{$}":                              s.home,
		"GET /lookup":                           s.lookup,
		"POST /lookup":                          s.lookup,
		"GET /claim":                            s.claim,
		"POST /claim":                           s.claim,
		"GET /claims/{entry}":                   s.status,
		"GET /claims/{entry}/receipt":           s.receipt,
		"GET /claims/{entry}/receipt.txt":       s.receiptFile,
		"GET /claims/{entry}/collect":           s.collect,
		"GET /claims/{entry}/collect.json":      s.collectFile,
		"GET /claims/{entry}/prove":             s.prove,
		"POST /claims/{entry}/prove":            s.prove,
		"GET /proofs/{entry}":                   s.proof,
		"GET /migration":                        s.migration,
		"GET /progress":                         s.progress,
		"GET /progress/{file}":                  s.progressChart,
		"GET /rounds":                           s.rounds,
		"GET /rounds/{number}":                  s.round,
		"GET /rounds/{number}/allocations.json": s.allocationFile,
		"GET /ledger-log":                       s.entries,
		"GET /ledger-log/{entry}":               s.entry,
		"GET /verify":                           s.verify,
		"POST /verify":                          s.verify,
		"/":                                     s.missing,
	} {
		s.mux.Handle(pattern, s.page(answer))
	}
	s.mux.HandleFunc("GET /assets/{file}", s.assets.serve)
	s.mux.HandleFunc("GET /favicon.ico", s.assets.icon)
}
