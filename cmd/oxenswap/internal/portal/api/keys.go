package api

import (
	"container/list"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
)

// keys remember the answers to requests with an Idempotency-Key, so that a client that did not get
// one can ask again: the same key and body are answered alike, the same key with another body is
// refused. A key belongs to the client that sent it: nobody can use up another client's. Memory is
// bounded for each client and for all, in keys and in bytes of answers; the oldest are forgotten
// first, a client's own before those of others. What failed for a reason that passes is not
// remembered.
type keys struct {
	mu      sync.Mutex
	by      map[ownKey]*attempt
	clients map[string]*list.List // of *attempt, the oldest first
	all     list.List             // of *attempt, likewise
	bytes   int                   // of all answers
}

// ownKey is a key of one client.
type ownKey struct{ client, key string }

const (
	maxKey      = 128 // characters
	maxStored   = 64 << 10
	mostKeys    = 16384
	mostBytes   = 32 << 20 // of answers, and about as much for the keys themselves
	clientKeys  = 256
	clientBytes = 1 << 20
)

// attempt is a request with a key, done or under way.
type attempt struct {
	own     ownKey
	request [sha256.Size]byte
	done    chan struct{}
	answer  *stored // nil: it is to be tried again

	inAll, inClient *list.Element
}

// stored is an answer to a POST.
type stored struct {
	status   int
	location string
	body     []byte
	problem  *problem.Problem // instead of all that
}

func newKeys() *keys { return &keys{by: map[ownKey]*attempt{}, clients: map[string]*list.List{}} }

func (s *stored) size() int {
	if s == nil {
		return 0
	}
	if s.problem != nil {
		return len(s.problem.Detail)
	}
	return len(s.body) + len(s.location)
}

// once answers a request, with what do gives or gave before.
func (k *keys) once(w http.ResponseWriter, r *http.Request, body []byte, do func(context.Context) (*stored, error)) error {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		answer, err := do(r.Context())
		if err != nil {
			return err
		}
		return answer.write(w)
	}
	if len(key) > maxKey || len(r.Header["Idempotency-Key"]) > 1 || !visible(key) {
		return problem.New(problem.Malformed, http.StatusBadRequest, "Idempotency-Key: expected one of at most %d visible ASCII characters", maxKey)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", r.Method, r.URL.Path)
	sum.Write(body)
	request := [sha256.Size]byte(sum.Sum(nil))
	for {
		at, mine := k.take(ownKey{desk.ClientOf(r.Context()), key}, request)
		if at.request != request {
			return problem.New(problem.KeyReused, http.StatusUnprocessableEntity, "the Idempotency-Key came with another request before: make a new one")
		}
		if mine {
			return k.run(w, r, at, do)
		}
		select {
		case <-at.done:
		case <-r.Context().Done():
			return r.Context().Err()
		}
		if at.answer != nil {
			w.Header().Set("Idempotent-Replayed", "true")
			return at.answer.write(w)
		}
	}
}

func (k *keys) run(w http.ResponseWriter, r *http.Request, at *attempt, do func(context.Context) (*stored, error)) error {
	var answer *stored
	defer func() { k.finish(at, answer) }()
	// Who asked may be gone before it is done, and will ask again for just this answer.
	out, err := do(context.WithoutCancel(r.Context()))
	if err != nil {
		p := problem.Of(err)
		if p.RetryAfter == 0 && p.Status < http.StatusInternalServerError {
			answer = &stored{problem: p}
		}
		return p
	}
	if len(out.body) <= maxStored {
		answer = out
	}
	return out.write(w)
}

// take returns the attempt with a key, and whether it is new and the caller's to make.
func (k *keys) take(own ownKey, request [sha256.Size]byte) (at *attempt, mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at := k.by[own]; at != nil {
		return at, false
	}
	at = &attempt{own: own, request: request, done: make(chan struct{})}
	of := k.clients[own.client]
	if of == nil {
		of = list.New()
		k.clients[own.client] = of
	}
	k.by[own], at.inAll, at.inClient = at, k.all.PushBack(at), of.PushBack(at)
	k.bound(own.client)
	return at, true
}

func (k *keys) finish(at *attempt, answer *stored) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at.answer = answer
	close(at.done)
	switch {
	case k.by[at.own] != at: // forgotten meanwhile
	case answer == nil:
		k.forget(at)
	default:
		k.bytes += answer.size()
		k.bound(at.own.client)
	}
}

// bound forgets the oldest until the client, and then all clients, are within their bounds.
func (k *keys) bound(client string) {
	for of := k.clients[client]; of != nil && of.Len() > 1; {
		held := 0
		for e := of.Front(); e != nil; e = e.Next() {
			held += e.Value.(*attempt).answer.size()
		}
		if of.Len() <= clientKeys && held <= clientBytes {
			break
		}
		k.forget(of.Front().Value.(*attempt))
	}
	for k.all.Len() > 1 && (k.all.Len() > mostKeys || k.bytes > mostBytes) {
		k.forget(k.all.Front().Value.(*attempt))
	}
}

// forget drops an attempt. Whoever waits for one that is under way gets its answer all the same.
func (k *keys) forget(at *attempt) {
	delete(k.by, at.own)
	k.all.Remove(at.inAll)
	of := k.clients[at.own.client]
	if of.Remove(at.inClient); of.Len() == 0 {
		delete(k.clients, at.own.client)
	}
	k.bytes -= at.answer.size()
}

func (s *stored) write(w http.ResponseWriter) error {
	if s.problem != nil {
		return s.problem
	}
	h := w.Header()
	h["Content-Type"] = jsonKind
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(s.body)))
	if s.location != "" {
		h.Set("Location", s.location)
	}
	w.WriteHeader(s.status)
	w.Write(s.body)
	return nil
}

func visible(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}
