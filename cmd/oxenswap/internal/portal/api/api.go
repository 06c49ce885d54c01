// Package api serves what the desk knows and does as JSON under /api/v1. openapi.json describes it,
// and a test holds the two against each other.
//
// What cannot change is sent with immutable caching, everything else with an ETag. Amounts are
// decimal strings in atomic units. Errors are RFC 9457 problems (package problem). Any page of the
// web may read, as there are no cookies and everything is public; what changes something takes JSON
// only, which other sites cannot send unasked.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
)

// Prefix is where it is served.
const Prefix = "/api/v1"

// Config is what an API needs.
type Config struct {
	Desk   *desk.Desk
	Memory int         // bytes for rendered answers
	Logger *zap.Logger // nil: silent
}

// API is a handler for everything under Prefix.
type API struct {
	desk  *desk.Desk
	log   *zap.Logger
	mux   *http.ServeMux
	cache *cache
	keys  *keys
	large chan struct{} // one for each large body or long download

	buffers sync.Pool // of *[]byte, for answers that are not kept
}

// largeAtOnce is how many large bodies are held in memory, and lists written, at one time.
const largeAtOnce = 12

//go:embed openapi.json
var document []byte

// Document is the OpenAPI 3.1 document.
func Document() []byte { return bytes.Clone(document) }

// Headers as net/http spells them; slices that all answers share.
var (
	jsonKind  = []string{"application/json"}
	textKind  = []string{"text/plain; charset=utf-8"}
	csvKind   = []string{"text/csv; charset=utf-8"}
	anyOrigin = []string{"*"}
	immutable = []string{"public, max-age=31536000, immutable"}
	asked     = []string{"no-cache"} // kept, and asked about with its ETag
)

// route is one thing that can be asked.
type route struct {
	method, path string
	serve        func(*API, http.ResponseWriter, *http.Request) error
}

// routes are all of them, as the document lists them.
func routes() []route {
	get := func(path string, serve func(*API, http.ResponseWriter, *http.Request) error) route {
		return route{http.MethodGet, path, serve}
	}
	post := func(path string, limit int64, do func(*API, context.Context, []byte) (*outcome, error)) route {
		return route{http.MethodPost, path, func(a *API, w http.ResponseWriter, r *http.Request) error { return a.post(w, r, limit, do) }}
	}
	return []route{
		get("/openapi.json", (*API).openapi),
		get("/migration", (*API).migration),
		get("/accounts/{oxen}", (*API).account),
		get("/accounts/{oxen}/claims", (*API).accountClaims),
		get("/claims/{entry}", (*API).claim),
		get("/claims/{entry}/receipt", (*API).receipt),
		get("/rounds", (*API).rounds),
		get("/rounds/{round}", (*API).round),
		get("/rounds/{round}/allocations", (*API).allocations),
		get("/rounds/{round}/proofs/{recipient}", (*API).collect),
		get("/proofs/{entry}", (*API).proof),
		get("/progress", (*API).progress),
		get("/entries", (*API).entries),
		get("/checkpoint", (*API).checkpoint),
		post("/claim-texts", smallBody, (*API).draft),
		post("/claims", largeBody, (*API).submit),
		post("/proofs", largeBody, (*API).prove),
		post("/verify/signature", smallBody, (*API).verifySignature),
		post("/verify/receipt", receiptBody, (*API).verifyReceipt),
	}
}

// New returns an API.
func New(c Config) (*API, error) {
	if c.Memory < 1<<20 {
		return nil, fmt.Errorf("portal: %d bytes for answers: set at least %d", c.Memory, 1<<20)
	}
	a := &API{desk: c.Desk, log: c.Logger, mux: http.NewServeMux(), cache: newCache(c.Memory), keys: newKeys(), large: make(chan struct{}, largeAtOnce)}
	a.buffers.New = func() any { return new([]byte) }
	if a.log == nil {
		a.log = zap.NewNop()
	}
	methods := map[string][]string{}
	for _, r := range routes() {
		a.mux.HandleFunc(r.method+" "+Prefix+r.path, func(w http.ResponseWriter, req *http.Request) { a.answer(w, req, r.serve) })
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, known := range methods {
		allow := strings.ReplaceAll(strings.Join(known, ", "), "GET", "GET, HEAD")
		a.mux.HandleFunc(Prefix+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allow)
			a.fail(w, r, problem.New(problem.Method, http.StatusMethodNotAllowed, "%s: only %s", r.Method, allow))
		})
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, problem.New(problem.NotFound, http.StatusNotFound, "there is nothing at this address: %s/openapi.json says what there is", Prefix))
	})
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Access-Control-Allow-Origin"] = anyOrigin
	a.mux.ServeHTTP(w, r)
}

func (a *API) answer(w http.ResponseWriter, r *http.Request, serve func(*API, http.ResponseWriter, *http.Request) error) {
	if err := serve(a, w, r); err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	p := problem.Of(err)
	if p.Err != nil {
		a.log.Error("a request failed", zap.String("method", r.Method), zap.String("route", r.Pattern), zap.String("problem", string(p.Code)), zap.Error(p.Err))
	}
	problem.Write(w, p)
}

// content is what a handler makes when there is nothing kept.
type content struct {
	value   any    // encoded as JSON, unless
	body    []byte // is there already
	kind    []string
	control []string
	basis   *desk.Basis // nil: not kept
}

// send answers from what is kept under a key, or makes it.
func (a *API) send(
	w http.ResponseWriter, r *http.Request, key string, make func(context.Context) (content, error),
) error {
	known := a.cache.get(key)
	if known == nil || !a.desk.Holds(&known.basis) {
		c, err := make(r.Context())
		if err != nil {
			return err
		}
		if known, err = render(c); err != nil {
			return err
		}
		if c.basis != nil {
			a.cache.put(key, known)
		}
	}
	known.write(w, r)
	return nil
}

func render(c content) (*rendered, error) {
	out := &rendered{body: c.body, kind: c.kind, control: c.control}
	if c.body == nil {
		var err error
		if out.body, err = encode(c.value); err != nil {
			return nil, err
		}
	}
	if out.kind == nil {
		out.kind = jsonKind
	}
	if out.control == nil {
		out.control = asked
	}
	if c.basis != nil {
		out.basis = *c.basis
	}
	sum := sha256.Sum256(out.body)
	out.etag = []string{fmt.Sprintf(`"%x"`, sum[:12])}
	out.length = []string{strconv.Itoa(len(out.body))}
	return out, nil
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return buf.Bytes(), err
}

func (c *rendered) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Etag"], h["Cache-Control"] = c.etag, c.control
	if matches(r, c.etag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"], h["Content-Length"] = c.kind, c.length
	w.Write(c.body)
}

// matches reports whether the client has what an ETag names.
func matches(r *http.Request, etag string) bool {
	for _, line := range r.Header["If-None-Match"] {
		for known := range strings.SplitSeq(line, ",") {
			if known = strings.TrimSpace(known); known == etag || known == "*" || strings.TrimPrefix(known, "W/") == etag {
				return true
			}
		}
	}
	return false
}

// number reads a number in the path or the query, in its only spelling.
func number(name, text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 53)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, problem.New(problem.Malformed, http.StatusBadRequest, "%s %.40q is not a whole number", name, text)
	}
	return n, nil
}

// query reads the query, of which nothing but the given parameters may be there, each once.
func query(r *http.Request, names ...string) (map[string]string, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	values, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem.New(problem.Malformed, http.StatusBadRequest, "the query is malformed")
	}
	out := map[string]string{}
	for name, list := range values {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known || len(list) != 1 {
			return nil, problem.New(problem.Malformed, http.StatusBadRequest, "parameter %.40q is unknown or there twice", name)
		}
		out[name] = list[0]
	}
	return out, nil
}

// slow gives a client the time that it takes to read or send some bytes at 64 KiB a second.
func slow(size int64) time.Time {
	return time.Now().Add(30*time.Second + time.Duration(size>>16)*time.Second)
}
