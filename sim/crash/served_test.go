package crash

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"oxenswap/swap"
)

// TestKilledServe goes through the demonstration's work with commands that append through a running
// `oxenswap serve`, while holders claim over HTTP. It kills the service, the command, or both,
// looks at everything, starts the service again, and compares the end with that of a migration that
// nobody disturbed and that had no service.
func TestKilledServe(t *testing.T) {
	took, want := undisturbed(t)
	wanted := max(*cycles/5, 1)
	count := newCounter("kills of serve and its guests", wanted)
	walks := (wanted + perWalk - 1) / perWalk
	var mu sync.Mutex
	killed, claims := map[string]int{}, 0
	begun := time.Now()
	t.Run("walks", func(t *testing.T) {
		for n := range walks {
			share := wanted/walks + min(1, max(0, wanted%walks-n))
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				w := &served{migration: newMigration(t), rand: random(fmt.Sprint("serve ", n)), took: took, count: count, killed: map[string]int{}}
				w.walk(share)
				if got := w.finish(); !reflect.DeepEqual(got, want) {
					t.Errorf("with a service that is killed it ends elsewhere:\n%+v\ninstead of\n%+v", got, want)
				}
				mu.Lock()
				defer mu.Unlock()
				for who, kills := range w.killed {
					killed[who] += kills
				}
				claims += w.witness.honoured
			})
		}
	})
	total := 0
	for _, n := range killed {
		total += n
	}
	t.Logf("serve: %d kills in %d migrations, %v: %v; %d receipts over HTTP, all honoured", total, walks, time.Since(begun).Round(time.Second), killed, claims)
	if total < wanted || claims < total {
		t.Errorf("only %d kills instead of %d, and %d receipts", total, wanted, claims)
	}
}

// served is a migration whose commands run beside a service.
type served struct {
	*migration
	rand     *rand.Rand
	took     map[string]time.Duration // by a command that nobody disturbs
	count    *counter
	killed   map[string]int
	server   *server // nil: none runs
	exported int64   // entries of the export that the service keeps
	open     bool    // there is a snapshot, so that holders can claim
	next     [numberOfHolders]uint32
	lines    []swap.ClaimLine // claims that the present command imports too
}

// victim is who is killed in a cycle.
type victim string

const (
	nobody  victim = "nobody"
	guest   victim = "guest"
	service victim = "serve"
	both    victim = "both"
)

// inUse is what the second of two processes says that want to write.
const inUse = "only one process may write"

// walk goes through the steps with so many kills.
func (w *served) walk(kills int) {
	w.Helper()
	steps := w.steps()
	exported := int64(0)
	for i, s := range steps {
		if s.before != nil {
			s.before()
		}
		alone := s.args[0] == "init" || s.name() == "ledger rebuild" || s.name() == "ledger rotate"
		if alone {
			w.end()
		}
		w.lines = w.imported(s)
		share := kills / (len(steps) - i)
		if w.rand.IntN(len(steps)-i) < kills%(len(steps)-i) {
			share++
		}
		for try := 0; ; try++ {
			v := nobody
			if share > 0 && try < share+20 {
				v = []victim{guest, service, both}[w.rand.IntN(3)]
			}
			if alone && v != nobody {
				v = guest
			}
			if s.each != nil {
				s.each()
			}
			done, hit := w.cycle(s, v, alone, &exported)
			if hit {
				w.killed[string(v)]++
				w.count.add(1)
				share, kills = share-1, kills-1
			}
			if done && v == nobody {
				w.open = w.open || s.args[0] == "snapshot"
				break
			}
			if try > share+70 {
				w.Fatalf("oxenswap %v does not get through", s.args)
			}
		}
	}
	w.server.stop()
	w.server.check()
	w.audit()
}

// imported are the claims that a step imports, if portals take them as well.
func (w *served) imported(s step) []swap.ClaimLine {
	w.Helper()
	if s.name() != "claim import" || s.args[2] == "--legacy" || strings.HasSuffix(s.args[2], "coins.jsonl") {
		return nil
	}
	text, err := os.ReadFile(s.args[2])
	must(w, err)
	var out []swap.ClaimLine
	for line := range strings.Lines(string(text)) {
		var c swap.ClaimLine
		must(w, json.Unmarshal([]byte(line), &c))
		out = append(out, c)
	}
	return out
}

// cycle runs a command once, beside the service and claims over HTTP unless it must be alone, and
// kills somebody.
func (w *served) cycle(s step, v victim, alone bool, exported *int64) (done, hit bool) {
	w.Helper()
	// Sometimes the service is not there yet when the command starts, which then works alone or is
	// refused.
	patient := v == nobody || w.rand.IntN(5) > 0
	if !alone && (w.server == nil || !w.server.runs()) {
		w.end()
		w.server = w.serve(nil)
		if patient && !w.server.wait() {
			w.Fatalf("the service does not start: %s", w.server.words())
		}
	}
	var clients sync.WaitGroup
	if !alone && !s.quiet && w.server.runs() {
		w.claims(&clients)
	}
	after := 1 + time.Duration(w.rand.Int64N(int64(w.took[s.name()])*3/2))
	kill := time.Duration(0)
	if v == guest || v == both {
		kill = after
	}
	if v == service || v == both {
		timer := time.AfterFunc(after, func() { w.server.command.Process.Kill() })
		defer timer.Stop()
	}
	e := w.start(nil, kill, "oxenswap", w.oxenswap(s.args...)...)
	if v == service || v == both {
		<-w.server.ended // also when the command was faster
	}
	clients.Wait()
	done = s.through(e)
	if strings.Contains(e.stderr, "panic:") || strings.Contains(e.stderr, "goroutine ") {
		w.Fatalf("oxenswap %v: %s", s.args, e.stderr)
	}
	busy := !patient && strings.Contains(e.stderr, inUse)
	if !done && !e.killed && !busy && v != service && v != both {
		w.Fatalf("%s, oxenswap %v: %v: %s\nthe service: %s", v, s.args, e.err, e.stderr, w.words())
	}
	w.lookAfter(s, v, e, alone, exported)
	return done, v == service || v == both || e.killed
}

// claims lets every holder claim over HTTP, each claim again until it is answered.
func (w *served) claims(clients *sync.WaitGroup) {
	server := w.server
	for holder := range w.next {
		if !w.open {
			break
		}
		clients.Go(func() {
			for range 2 {
				if !server.claimed(w.holders.claim(w, holder, w.next[holder]+1)) {
					return
				}
				w.next[holder]++
			}
		})
	}
	for _, line := range w.lines {
		clients.Go(func() { server.claimed(line) })
	}
}

// submit is the command that hands in a claim.
func submit(c swap.ClaimLine) []string {
	return []string{"claim", "submit", "--oxen", c.Oxen, "--text", c.Text, "--signature", c.Signature}
}

// heard tells the witness what `oxenswap claim submit` has answered.
func (m *migration) heard(args []string, e ended) {
	m.Helper()
	if e.err != nil || args[0] != "claim" || args[1] != "submit" {
		return
	}
	said := regexp.MustCompile(`as entry ([0-9]+)\n`).FindStringSubmatch(e.stdout)
	if said == nil {
		m.Fatalf("oxenswap %v says %q", args, e.stdout)
	}
	entry, err := strconv.ParseUint(said[1], 10, 64)
	must(m, err)
	m.witness.told(answer{entry, args[5]})
}

// lookAfter checks everything after a cycle, beside the service if that is to be alive.
func (w *served) lookAfter(s step, v victim, e ended, alone bool, exported *int64) {
	w.Helper()
	w.heard(s.args, e)
	if !alone {
		w.server.check()
		switch {
		case v == service || v == both:
		case w.server.wait():
			if _, err := w.server.ask(http.MethodGet, "/checkpoint", nil, nil); err != nil {
				w.Fatalf("after oxenswap %v (%v) the service does not answer: %v: %s", s.args, e.err, err, w.server.words())
			}
		case !strings.Contains(w.server.words(), inUse):
			w.Fatalf("beside oxenswap %v (%v) the service has ended: %s", s.args, e.err, w.server.words())
		}
	}
	w.look(s.args, e, exported)
	if w.witness.key() == "" {
		return
	}
	var err error
	if w.exported, err = tryExport(filepath.Join(w.data, "public"), w.key(), w.exported); err != nil {
		w.Fatalf("after oxenswap %v (%v): %v", s.args, e.err, err)
	}
}

// words is the log of the service.
func (w *served) words() string {
	if w.server == nil {
		return "none"
	}
	return w.server.words()
}

// end kills the service, if there is one.
func (w *served) end() {
	if w.server != nil {
		w.server.kill()
		w.server.check()
		w.server = nil
	}
}

// audit lets the auditor look at what the service has published.
func (w *served) audit() {
	w.Helper()
	origin, _, _ := strings.Cut(w.witness.key(), "+")
	_, id, _ := strings.Cut(origin, "/")
	w.calm("oxenaudit", "replay", filepath.Join(w.data, "public"), "--key", w.witness.key(), "--migration", id, "--rpc", w.rpc, "--public")
}
