package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"oxenswap/cmd/oxenswap/internal/portal/problem"
)

// keys remember the answers to requests with an Idempotency-Key, so that who did not get one can
// ask again: the same key and body are answered alike, the same key with another body is refused.
// Bounded memory: the oldest are forgotten. What failed for a reason that passes is not remembered.
type keys struct {
	mu    sync.Mutex
	by    map[string]*attempt
	order []string // a ring of the keys in by
	next  int
}

const (
	mostKeys   = 16384
	maxKey     = 128 // characters
	mostStored = 64 << 10
)

// attempt is a request with a key, done or under way.
type attempt struct {
	request [sha256.Size]byte
	done    chan struct{}
	answer  *stored // nil: it is to be tried again
}

// stored is an answer to a POST.
type stored struct {
	status   int
	location string
	body     []byte
	problem  *problem.Problem // instead of all that
}

func newKeys() *keys { return &keys{by: map[string]*attempt{}, order: make([]string, mostKeys)} }

// once answers a request, with what do gives or gave before.
func (k *keys) once(
	w http.ResponseWriter, r *http.Request, body []byte, do func(context.Context) (*stored, error),
) error {
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
		at, mine := k.take(key, request)
		if at.request != request {
			return problem.New(problem.KeyReused, http.StatusUnprocessableEntity, "the Idempotency-Key came with another request before: make a new one")
		}
		if mine {
			return k.run(w, r, key, at, do)
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

func (k *keys) run(
	w http.ResponseWriter, r *http.Request, key string, at *attempt, do func(context.Context) (*stored, error),
) error {
	var answer *stored
	defer func() { k.finish(key, at, answer) }()
	// Who asked may be gone before it is done, and will ask again for just this answer.
	out, err := do(context.WithoutCancel(r.Context()))
	if err != nil {
		p := problem.Of(err)
		if p.RetryAfter == 0 && p.Status < http.StatusInternalServerError {
			answer = &stored{problem: p}
		}
		return p
	}
	if len(out.body) <= mostStored {
		answer = out
	}
	return out.write(w)
}

// take returns the attempt with a key, and whether it is new and the caller's to make.
func (k *keys) take(key string, request [sha256.Size]byte) (at *attempt, mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at := k.by[key]; at != nil {
		return at, false
	}
	at = &attempt{request: request, done: make(chan struct{})}
	delete(k.by, k.order[k.next])
	k.by[key], k.order[k.next] = at, key
	k.next = (k.next + 1) % len(k.order)
	return at, true
}

func (k *keys) finish(key string, at *attempt, answer *stored) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at.answer = answer
	if answer == nil && k.by[key] == at {
		delete(k.by, key)
	}
	close(at.done)
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
