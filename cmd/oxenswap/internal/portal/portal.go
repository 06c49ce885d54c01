// Package portal joins what the portal is made of: the desk, the API, the pages, and the guard
// before them. One process serves all of it from one ledger.
package portal

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal/api"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/guard"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap/ledger"
)

// Pages are what people see.
type Pages interface {
	http.Handler
	// Refuse answers with a page that says why something did not work.
	Refuse(http.ResponseWriter, *http.Request, *problem.Problem)
}

// Config is what a portal needs.
type Config struct {
	Desk  desk.Config
	Guard guard.Config // Refuse is the pages'
	// Memory is how many bytes answers of the API may take.
	Memory int
	// Pages makes the pages on the desk. nil: there are none, only the API.
	Pages func(*desk.Desk) (Pages, error)
}

// Portal is a handler for everything but the ledger's files.
type Portal struct {
	http.Handler
	desk *desk.Desk
}

// New returns a portal. Run keeps it up to date.
func New(ctx context.Context, c Config) (*Portal, error) {
	d, err := desk.New(ctx, c.Desk)
	if err != nil {
		return nil, err
	}
	a, err := api.New(api.Config{Desk: d, Memory: c.Memory, Logger: c.Desk.Logger})
	if err != nil {
		return nil, err
	}
	s := &site{api: a, log: c.Desk.Logger}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if c.Pages != nil {
		if s.pages, err = c.Pages(d); err != nil {
			return nil, err
		}
		c.Guard.Refuse = s.pages.Refuse
	}
	g, err := guard.New(c.Guard, s)
	if err != nil {
		return nil, err
	}
	return &Portal{g, d}, nil
}

// Run reads the ledger and judges proofs of coins until ctx ends.
func (p *Portal) Run(ctx context.Context) error { return p.desk.Run(ctx) }

// Follow reads the entries that are new, as Run does all the time.
func (p *Portal) Follow(ctx context.Context) error { return p.desk.Follow(ctx) }

// Note invalidates the answers that appended entries change, so that the next answer includes them.
func (p *Portal) Note(entries []ledger.Entry) { p.desk.Note(entries) }

// site leads requests to the API and the pages.
type site struct {
	api   *api.API
	pages Pages // nil: none
	log   *zap.Logger
}

// ServeHTTP implements http.Handler. A panic ends its own request and breaks its connection, and is
// logged.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		s.log.Error("a request failed", zap.String("method", r.Method), zap.String("route", r.Pattern), zap.Any("panic", p), zap.Stack("stack"))
		panic(http.ErrAbortHandler)
	}()
	if s.pages == nil || strings.HasPrefix(r.URL.Path, "/api/") {
		s.api.ServeHTTP(w, r)
		return
	}
	s.pages.ServeHTTP(w, r)
}
