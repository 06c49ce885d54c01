package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"oxenswap/cmd/oxenswap/internal/portal/bucket"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// site is an API over a world, whose every answer is held against the document.
type site struct {
	*desktest.World
	t     *testing.T
	desk  *desk.Desk
	api   *API
	check validator.Validator
	seen  map[string]bool // routes that have answered as they should
}

func newSite(t *testing.T, holders int) *site {
	t.Helper()
	w := desktest.New(t, holders)
	limits := desk.DefaultLimits()
	limits.Account = bucket.Rate{PerSecond: 100, Burst: 100}
	d, err := desk.New(t.Context(), desk.Config{Log: w, Now: w.Now, Limits: limits})
	w.Must(err)
	a, err := New(Config{Desk: d, Memory: 1 << 22})
	w.Must(err)
	doc, err := libopenapi.NewDocument(document)
	w.Must(err)
	check, errs := validator.NewValidator(doc)
	for _, err := range errs {
		t.Fatal(err)
	}
	if ok, wrong := check.ValidateDocument(); !ok {
		t.Fatalf("the document is no OpenAPI document: %v", wrong)
	}
	return &site{World: w, t: t, desk: d, api: a, check: check, seen: map[string]bool{}}
}

// ask sends a request and holds the answer, and a good request, against the document.
func (s *site) ask(method, path string, body any, headers ...string) *http.Response {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		s.Must(err)
		in = bytes.NewReader(data)
	}
	request := func() *http.Request {
		r := httptest.NewRequest(method, "https://claim.example"+Prefix+path, in)
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return r
	}
	r := request()
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	answer := w.Result()
	data, err := io.ReadAll(answer.Body)
	s.Must(err)
	answer.Body = io.NopCloser(bytes.NewReader(data))
	if answer.StatusCode < 300 {
		s.seen[r.Pattern] = true
	}
	if body != nil {
		again, err := json.Marshal(body)
		s.Must(err)
		in = bytes.NewReader(again)
	}
	if method != http.MethodGet && method != http.MethodPost || answer.StatusCode == http.StatusNotModified {
		return answer
	}
	if ok, wrong := s.check.ValidateHttpResponse(request(), answer); !ok {
		for _, e := range wrong {
			s.t.Errorf("%s %s, %d: %s: %s: %v\n%.2000s", method, path, answer.StatusCode, e.Message, e.Reason, e.SchemaValidationErrors, data)
		}
	}
	answer.Body = io.NopCloser(bytes.NewReader(data))
	if answer.StatusCode < 300 {
		if ok, wrong := s.check.ValidateHttpRequest(request()); !ok {
			for _, e := range wrong {
				s.t.Errorf("request %s %s: %s: %s: %v", method, path, e.Message, e.Reason, e.SchemaValidationErrors)
			}
		}
	}
	return answer
}

func (s *site) get(path string, status int, to any) *http.Response {
	s.t.Helper()
	return s.expect(s.ask(http.MethodGet, path, nil), path, status, to)
}

func (s *site) post(path string, body any, status int, to any, headers ...string) *http.Response {
	s.t.Helper()
	return s.expect(s.ask(http.MethodPost, path, body, headers...), path, status, to)
}

func (s *site) expect(r *http.Response, path string, status int, to any) *http.Response {
	s.t.Helper()
	data, err := io.ReadAll(r.Body)
	s.Must(err)
	if r.StatusCode != status {
		s.t.Fatalf("%s: %d, expected %d: %.500s", path, r.StatusCode, status, data)
	}
	if to != nil {
		if err := json.Unmarshal(data, to); err != nil {
			s.t.Fatalf("%s: %v: %.500s", path, err, data)
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return r
}

func (s *site) claim(wallet *cryptonote.Wallet, to swap.EVMAddress, sequence uint32) map[string]any {
	text := s.Text(to, sequence)
	return map[string]any{"oxen": wallet.Address().String(), "text": text, "signature": s.Sign(wallet, text)}
}

// TestDocument goes through every route, in each state of a migration, and holds what is asked and
// answered against the OpenAPI document.
func TestDocument(t *testing.T) {
	s := newSite(t, 5)
	everywhere := func() {
		t.Helper()
		for _, path := range []string{
			"/openapi.json", "/migration", "/accounts/" + s.Oxen(0), "/accounts/" + s.Oxen(1), "/accounts/" + s.Wallet().Address().String(), "/accounts/" + s.Oxen(0) + "/claims",
			"/rounds", "/progress", "/entries", "/entries?from=0&limit=2", "/checkpoint",
		} {
			s.get(path, http.StatusOK, nil)
		}
	}
	everywhere()
	s.Take(desktest.Named)
	everywhere()
	s.Take(desktest.Last)
	s.Finalize(desktest.Named)
	s.Finalize(desktest.Last)
	s.Must(s.desk.Follow(t.Context()))
	everywhere()

	to := s.Address()
	var draft desk.Draft
	s.post("/claim-texts", map[string]any{"oxen": s.Oxen(0), "to": to.String()}, http.StatusOK, &draft)
	var problem struct {
		Type       string
		Suggestion *swap.EVMAddress
	}
	s.post("/claim-texts", map[string]any{"oxen": s.Oxen(0), "to": strings.ToLower(to.String())}, http.StatusUnprocessableEntity, &problem)
	if problem.Type != "urn:oxenswap:problem:recipient-spelling" || problem.Suggestion == nil || *problem.Suggestion != to {
		t.Errorf("a recipient in wrong spelling: got %+v, want recipient-spelling with a suggestion", problem)
	}
	var done desk.Submitted
	r := s.post("/claims", map[string]any{"oxen": s.Oxen(0), "text": draft.Text, "signature": s.Sign(s.Wallets[0], draft.Text)}, http.StatusCreated, &done)
	here := fmt.Sprintf("/claims/%d", done.Entry)
	if r.Header.Get("Location") != Prefix+here {
		t.Errorf("it is at %q", r.Header.Get("Location"))
	}
	s.post("/claims", s.claim(s.Wallets[0], to, 1), http.StatusOK, nil)
	s.post("/claims", s.claim(s.Wallets[0], s.Address(), 1), http.StatusConflict, &problem)
	s.post("/claims", s.claim(s.Wallet(), to, 1), http.StatusUnprocessableEntity, &problem)
	if problem.Type != "urn:oxenswap:problem:claim-not-entitled" {
		t.Errorf("a claim of a stranger: got %+v, want claim-not-entitled", problem)
	}
	s.post("/claims", s.claim(s.Wallets[1], s.Address(), 1), http.StatusCreated, nil)
	receipt, err := io.ReadAll(s.get(here+"/receipt", http.StatusOK, nil).Body)
	s.Must(err)
	s.post("/verify/receipt", map[string]any{"receipt": string(receipt)}, http.StatusOK, nil)
	s.post("/verify/receipt", map[string]any{"receipt": "x"}, http.StatusOK, nil)
	s.post("/verify/signature", map[string]any{"oxen": s.Oxen(0), "message": draft.Text, "signature": "SigV1"}, http.StatusOK, nil)
	s.post("/verify/signature", map[string]any{"oxen": s.Oxen(0), "message": "hello", "signature": s.Sign(s.Wallets[0], "hello")}, http.StatusOK, nil)
	s.post("/proofs", map[string]any{"claim": done.Entry, "proof": "ReserveProofV1"}, http.StatusUnprocessableEntity, nil)
	s.get(here, http.StatusOK, nil)
	s.get("/claims/1", http.StatusNotFound, nil)
	s.get("/proofs/1", http.StatusNotFound, nil)
	s.get("/accounts/"+s.Wallets[0].Subaddress(0, 1).String(), http.StatusUnprocessableEntity, nil)
	s.get("/accounts/"+s.Wallets[0].Integrated([8]byte{1}).String(), http.StatusOK, nil)

	s.Deploy()
	steps := []func(*swap.RoundBuilt){s.Approve, s.SignProposal, s.Propose, s.Activate, func(r *swap.RoundBuilt) { s.Pay(to, r.Round, r.Largest, r.Largest) }}
	round := s.Build()
	for i := -1; i < len(steps); i++ {
		if i >= 0 {
			steps[i](round)
		}
		everywhere()
		s.Must(s.desk.Follow(t.Context()))
		everywhere()
		s.get(here, http.StatusOK, nil)
		s.get("/rounds/1", http.StatusOK, nil)
	}
	s.get("/rounds/1/allocations?limit=2", http.StatusOK, nil)
	s.get("/rounds/2/allocations", http.StatusNotFound, nil)
	s.get("/rounds/1/proofs/"+to.String(), http.StatusOK, nil)
	s.get("/rounds/1/proofs/"+s.Address().String(), http.StatusNotFound, nil)
	s.receiveProof(done.Entry)

	// The document has every route, and nothing else.
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	s.Must(json.Unmarshal(document, &doc))
	var listed, served []string
	for path, methods := range doc.Paths {
		for method := range methods {
			listed = append(listed, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range routes() {
		served = append(served, r.method+" "+r.path)
		if !s.seen[r.method+" "+Prefix+r.path] {
			t.Errorf("%s %s was not answered well once", r.method, r.path)
		}
	}
	slices.Sort(listed)
	slices.Sort(served)
	if diff := cmp.Diff(served, listed); diff != "" {
		t.Errorf("the document and the routes: %s", diff)
	}
}

// receiveProof hands in a proof of coins that is well-formed and signed by its account, about
// outputs that are not there.
func (s *site) receiveProof(claim uint64) {
	s.t.Helper()
	c, err := s.desk.Claim(s.t.Context(), claim)
	s.Must(err)
	var p desk.Proof
	r := s.post("/proofs", map[string]any{"claim": claim, "proof": s.Prove(s.Wallets[0], c.Claim.Text)}, http.StatusAccepted, &p)
	s.get(strings.TrimPrefix(r.Header.Get("Location"), Prefix), http.StatusOK, &p)
	if p.Stage != desk.StageWaiting || p.Place != 1 || *p.Claim != claim {
		s.t.Errorf("the proof just handed in: got %+v, want it waiting first in the queue", p)
	}
	s.get("/accounts/"+s.Oxen(0), http.StatusOK, nil)
}

func TestConditional(t *testing.T) {
	s := newSite(t, 2)
	s.Take(desktest.Named)
	s.Must(s.desk.Follow(t.Context()))
	path := "/accounts/" + s.Oxen(0)
	first := s.get(path, http.StatusOK, nil)
	etag := first.Header.Get("ETag")
	if r := s.ask(http.MethodGet, path, nil, "If-None-Match", `"x", W/`+etag); r.StatusCode != http.StatusNotModified || r.ContentLength > 0 {
		t.Errorf("what is known: %d", r.StatusCode)
	}
	if r := s.ask(http.MethodHead, path, nil); r.StatusCode != http.StatusOK || r.Header.Get("ETag") != etag {
		t.Errorf("HEAD: %d, %q", r.StatusCode, r.Header.Get("ETag"))
	}
	s.post("/claims", s.claim(s.Wallets[1], s.Address(), 1), http.StatusCreated, nil)
	if r := s.ask(http.MethodGet, path, nil, "If-None-Match", etag); r.StatusCode != http.StatusNotModified {
		t.Errorf("after somebody else's claim: %d", r.StatusCode)
	}
	s.post("/claims", s.claim(s.Wallets[0], s.Address(), 1), http.StatusCreated, nil)
	if r := s.ask(http.MethodGet, path, nil, "If-None-Match", etag); r.StatusCode != http.StatusOK {
		t.Errorf("after a claim: %d", r.StatusCode)
	}
	if cc := s.get("/entries?from=0&limit=2", http.StatusOK, nil).Header.Get("Cache-Control"); !strings.Contains(cc, "immutable") {
		t.Errorf("a full page of entries: %q", cc)
	}
	if cc := s.get("/entries?from=0&limit=200", http.StatusOK, nil).Header.Get("Cache-Control"); cc != "no-cache" {
		t.Errorf("a page that will grow: %q", cc)
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := newSite(t, 3)
	s.Take(desktest.Named)
	s.Must(s.desk.Follow(t.Context()))
	claim := s.claim(s.Wallets[0], s.Address(), 1)
	read := func(r *http.Response) string {
		data, err := io.ReadAll(r.Body)
		s.Must(err)
		return string(data)
	}
	first := read(s.post("/claims", claim, http.StatusCreated, nil, "Idempotency-Key", "k1"))
	again := s.post("/claims", claim, http.StatusCreated, nil, "Idempotency-Key", "k1")
	if got := read(again); got != first || again.Header.Get("Idempotent-Replayed") == "" || again.Header.Get("Location") == "" {
		t.Errorf("the same again: %s, expected %s", got, first)
	}
	var problem struct{ Type string }
	s.post("/claims", s.claim(s.Wallets[1], s.Address(), 1), http.StatusUnprocessableEntity, &problem, "Idempotency-Key", "k1")
	if problem.Type != "urn:oxenswap:problem:key-reused" {
		t.Errorf("another claim under a used key: got %+v, want key-reused", problem)
	}
	s.post("/verify/signature", claim, http.StatusUnprocessableEntity, nil, "Idempotency-Key", "k1")
	// A refusal is an answer too.
	bad := s.claim(s.Wallet(), s.Address(), 1)
	refused := read(s.post("/claims", bad, http.StatusUnprocessableEntity, nil, "Idempotency-Key", "k2"))
	if got := read(s.post("/claims", bad, http.StatusUnprocessableEntity, nil, "Idempotency-Key", "k2")); got != refused {
		t.Errorf("%s, expected %s", got, refused)
	}
	for _, key := range []string{"a b", strings.Repeat("k", maxKey+1), "ä"} {
		s.post("/claims", claim, http.StatusBadRequest, nil, "Idempotency-Key", key)
	}
	// Many at one time with one key do it once.
	before, err := s.Size(t.Context())
	s.Must(err)
	body, err := json.Marshal(s.claim(s.Wallets[2], s.Address(), 1))
	s.Must(err)
	answers := make(chan string, 20)
	for range cap(answers) {
		go func() {
			r := httptest.NewRequest(http.MethodPost, Prefix+"/claims", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", "k3")
			w := httptest.NewRecorder()
			s.api.ServeHTTP(w, r)
			answers <- fmt.Sprint(w.Code, w.Body)
		}()
	}
	one := <-answers
	for range cap(answers) - 1 {
		if got := <-answers; got != one || !strings.HasPrefix(got, "201 ") {
			t.Errorf("%s, expected %s", got, one)
		}
	}
	after, err := s.Size(t.Context())
	s.Must(err)
	if after != before+1 {
		t.Errorf("%d entries", after-before)
	}
}

// TestKeysAreBounded: in number and in bytes, for one client and for all; a client's own oldest are
// forgotten first.
func TestKeysAreBounded(t *testing.T) {
	k := newKeys()
	do := func(client, key string, size int) {
		t.Helper()
		at, mine := k.take(ownKey{client, key}, [32]byte{})
		if !mine {
			t.Fatalf("key %s of %s: it is there already", key, client)
		}
		k.finish(at, &stored{body: make([]byte, size)})
	}
	do("quiet", "q", 100)
	for i := range 4 * clientKeys {
		do("loud", fmt.Sprint(i), maxStored)
	}
	if _, mine := k.take(ownKey{"quiet", "q"}, [32]byte{}); mine {
		t.Error("the loud client has used up the quiet one's key")
	}
	if got := k.clients["loud"].Len(); got > clientBytes/maxStored+1 {
		t.Errorf("the loud client: got %d answers of %d bytes, want at most %d bytes in all", got, maxStored, clientBytes)
	}
	for i := range 2 * mostKeys {
		do(fmt.Sprint("client ", i), "k", maxStored/8)
	}
	held := 0
	for _, at := range k.by {
		held += at.answer.size()
	}
	if len(k.by) > mostKeys || held > mostBytes || held != k.bytes {
		t.Errorf("after many clients: got %d keys and %d bytes (counted %d), want at most %d and %d", len(k.by), held, k.bytes, mostKeys, mostBytes)
	}
	if len(k.by) != k.all.Len() || len(k.clients) > len(k.by) {
		t.Errorf("after many clients: %d keys, %d in order, %d clients", len(k.by), k.all.Len(), len(k.clients))
	}
	if _, mine := k.take(ownKey{"quiet", "q"}, [32]byte{}); !mine {
		t.Error("the oldest of all is still there")
	}
}

// TestKeyForgottenUnderWay: an attempt that was forgotten before it was done answers those who wait
// for it, and counts for nothing.
func TestKeyForgottenUnderWay(t *testing.T) {
	k := newKeys()
	at, _ := k.take(ownKey{"c", "first"}, [32]byte{})
	for i := range clientKeys + 1 {
		other, _ := k.take(ownKey{"c", fmt.Sprint(i)}, [32]byte{})
		k.finish(other, nil)
		if i == clientKeys {
			break
		}
	}
	for i := range clientKeys + 1 {
		k.take(ownKey{"c", fmt.Sprint("open ", i)}, [32]byte{})
	}
	if _, there := k.by[at.own]; there {
		t.Fatal("the first attempt was not forgotten")
	}
	k.finish(at, &stored{body: make([]byte, 1000)})
	<-at.done
	if k.bytes != 0 {
		t.Errorf("bytes held: got %d, want 0", k.bytes)
	}
}

// TestKeysBelongToClients: the same key of two clients are two requests.
func TestKeysBelongToClients(t *testing.T) {
	k := newKeys()
	run := func(client, body string) *httptest.ResponseRecorder {
		t.Helper()
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/api/v1/claims", nil)
		r.Header.Set("Idempotency-Key", "same")
		r = r.WithContext(desk.WithClient(r.Context(), client))
		err := k.once(w, r, []byte(body), func(context.Context) (*stored, error) {
			return &stored{status: http.StatusOK, body: []byte("answer to " + body)}, nil
		})
		if err != nil {
			w.Code = problem.Of(err).Status
		}
		return w
	}
	if got := run("192.0.2.1", "a").Body.String(); got != "answer to a" {
		t.Errorf("first client: got %q", got)
	}
	if got := run("192.0.2.2", "b"); got.Code != http.StatusOK || got.Body.String() != "answer to b" {
		t.Errorf("second client with the same key: got %d %q, want its own answer", got.Code, got.Body)
	}
	if got := run("192.0.2.1", "b").Code; got != http.StatusUnprocessableEntity {
		t.Errorf("first client with another body: got %d, want %d", got, http.StatusUnprocessableEntity)
	}
}

// TestCacheIsBounded: however much is asked for, the last things fit and the rest is forgotten.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(1 << 20)
	for i := range 10_000 {
		c.put(fmt.Sprint(i), &rendered{body: make([]byte, 1000)})
		c.put("again", &rendered{body: make([]byte, 1000+i%7)})
	}
	sum := 0
	for i := range c.shards {
		s := &c.shards[i]
		used := 0
		for _, e := range s.by {
			used += e.Value.(*cached).size()
		}
		if used != s.used || s.order.Len() != len(s.by) {
			t.Fatalf("a shard has %d bytes and thinks that it has %d", used, s.used)
		}
		sum += used
	}
	if sum > 1<<20 || sum < 1<<19 {
		t.Errorf("%d bytes are kept", sum)
	}
	if c.get("again") == nil || c.get("0") != nil {
		t.Error("it forgets what was used last")
	}
	if c.put("large", &rendered{body: make([]byte, 1<<16)}); c.get("large") != nil {
		t.Error("one answer takes a shard")
	}
}

// TestCollectJSON compares what is written by hand with encoding/json.
func TestCollectJSON(t *testing.T) {
	s := newSite(t, 9)
	for _, h := range []uint64{desktest.Named, desktest.Last} {
		s.Take(h)
		s.Finalize(h)
	}
	s.Must(s.desk.Follow(t.Context()))
	to := make([]swap.EVMAddress, 9)
	for i := range to {
		to[i] = s.Address()
		s.post("/claims", s.claim(s.Wallets[i], to[i], 1), http.StatusCreated, nil)
	}
	check := func() {
		t.Helper()
		for _, to := range to {
			c, err := s.desk.Collect(t.Context(), 1, to)
			s.Must(err)
			want, err := encode(struct {
				*desk.Collect
				Calldata string `json:"calldata"`
			}{c, c.Calldata()})
			s.Must(err)
			if got := appendCollect(nil, c, to.String()); !bytes.Equal(got, want) {
				t.Fatalf("%s\nexpected %s", got, want)
			}
		}
	}
	r := s.Build()
	s.get("/rounds/1/proofs/"+to[0].String(), http.StatusNotFound, nil)
	s.Approve(r)
	check()
	before := s.get("/rounds/1/proofs/"+to[0].String(), http.StatusOK, nil).Header
	s.Deploy()
	s.SignProposal(r)
	s.Propose(r)
	s.Activate(r)
	s.Must(s.desk.Follow(t.Context()))
	check()
	after := s.get("/rounds/1/proofs/"+to[0].String(), http.StatusOK, nil).Header
	if before.Get("ETag") == after.Get("ETag") || before.Get("Cache-Control") != "no-cache" || !strings.Contains(after.Get("Cache-Control"), "immutable") {
		t.Errorf("before it was live %v, after %v", before, after)
	}
	csv, err := io.ReadAll(s.get("/rounds/1/allocations?format=csv", http.StatusOK, nil).Body)
	s.Must(err)
	if lines := bytes.Count(csv, []byte("\n")); lines != 28 {
		t.Errorf("%d lines of CSV:\n%s", lines, csv)
	}
	s.get("/progress?format=csv", http.StatusOK, nil)
}

func TestSlowIsLonger(t *testing.T) {
	if !slow(1 << 20).After(slow(0).Add(10 * time.Second)) {
		t.Error("a megabyte gets no more time than nothing")
	}
}

// TestSecretsAreNotRepeated: a private key or seed words in a body are refused with a problem of
// their own.
func TestSecretsAreNotRepeated(t *testing.T) {
	for _, secret := range []string{
		strings.Repeat("beer rudely snake ", 5), "PRIVATE+KEY+ada+2594dc85+AZ1C", "0x" + strings.Repeat("4f", 32), `{"crypto":{}}`,
	} {
		for _, field := range []string{"oxen", "text", "signature", "proof", secret} {
			body, err := json.Marshal(map[string]string{field: secret})
			if err != nil {
				t.Fatal(err)
			}
			var in desk.Submission
			p := problem.Of(decode(body, &in))
			if p.Code != problem.Secret {
				t.Errorf("%.12q in %.12q: got %s, want %s", secret, field, p.Code, problem.Secret)
			}
			if strings.Contains(p.Detail, strings.TrimSpace(secret)) {
				t.Errorf("%.12q in %.12q: the problem repeats it", secret, field)
			}
		}
	}
}
