package crash

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/swap/ledger"
)

// perWalk is how many kills a walk through the migration bears: some for each command.
const perWalk = 125

// clock keeps what commands take when nobody disturbs them.
type times struct {
	mu   sync.Mutex
	took map[string]time.Duration
}

func name(args []string) string { return strings.Join(args[:min(2, len(args))], " ") }

func (s *times) of(args []string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.took[name(args)], 5*time.Millisecond)
}

func (s *times) learn(args []string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.took[name(args)]; old == 0 || d < old {
		s.took[name(args)] = d
	}
}

// TestKilledCommands goes through the demonstration's work again and again, kills every command several times at random
// moments, looks at everything after each, and compares the end with that of a migration that nobody disturbed.
func TestKilledCommands(t *testing.T) {
	calm := &times{took: map[string]time.Duration{}}
	m := newMigration(t)
	for _, s := range m.steps() {
		if s.before != nil {
			s.before()
		}
		begun := time.Now()
		m.calm("oxenswap", m.oxenswap(s.args...)...)
		calm.learn(s.args, time.Since(begun))
	}
	want := m.finish()
	wanted := max(*cycles*2/5, 1)
	walks := (wanted + perWalk - 1) / perWalk
	var mu sync.Mutex
	killed := map[string]int{}
	begun := time.Now()
	t.Run("walks", func(t *testing.T) {
		for n := range walks {
			share := wanted/walks + min(1, max(0, wanted%walks-n))
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				m := newMigration(t)
				for command, kills := range m.walk(fmt.Sprint("walk ", n), share, calm) {
					mu.Lock()
					killed[command] += kills
					mu.Unlock()
				}
				if got := m.finish(); !reflect.DeepEqual(got, want) {
					t.Errorf("killed commands end elsewhere:\n%+v\ninstead of\n%+v", got, want)
				}
			})
		}
	})
	total := 0
	for _, n := range killed {
		total += n
	}
	t.Logf("commands: %d kills in %d migrations, %v: %v", total, walks, time.Since(begun).Round(time.Second), killed)
	if total < wanted {
		t.Errorf("only %d kills instead of %d", total, wanted)
	}
}

// walk goes through the steps with so many kills and returns how often each command was killed.
func (m *migration) walk(part string, kills int, calm *times) map[string]int {
	r := random(part)
	steps := m.steps()
	killed := map[string]int{}
	left, exported := kills, int64(0)
	for i, s := range steps {
		if s.before != nil {
			s.before()
		}
		share := left / (len(steps) - i)
		if r.IntN(len(steps)-i) < left%(len(steps)-i) {
			share++
		}
		for misses := 0; ; {
			if share == 0 || misses == 20 {
				misses, share = 0, 0
			}
			after := time.Duration(0)
			if share > 0 {
				after = 1 + time.Duration(r.Int64N(int64(calm.of(s.args))))
			}
			e := m.start(nil, after, "oxenswap", m.oxenswap(s.args...)...)
			switch {
			case e.killed:
				share, left = share-1, left-1
				killed[name(s.args)]++
			case s.args[0] == "init" && strings.Contains(e.stderr, "already"):
				share = 0 // it got through just before it was killed
			case e.err != nil:
				m.Fatalf("oxenswap %v after %d kills: %v: %s", s.args, kills-left, e.err, e.stderr)
			case share > 0:
				misses++
			}
			v := m.witness.check(m)
			if !e.killed && v.Checkpoint.N != int64(v.Entries) {
				m.Fatalf("oxenswap %v answered with %d entries under a checkpoint of %d", s.args, v.Entries, v.Checkpoint.N)
			}
			if s.args[0] == "ledger" && s.args[1] == "export" && s.args[2] == m.path("public") {
				exported = checkExport(m, s.args[2], m.key(), exported)
			}
			if !e.killed && share == 0 {
				break
			}
		}
	}
	return killed
}

func (m *migration) key() note.Verifier {
	m.Helper()
	key, err := ledger.NewVerifier(m.witness.vkey)
	must(m, err)
	return key
}

// TestKilledService kills a process that answers many claims at once, each with its receipt, and opens what is left.
func TestKilledService(t *testing.T) {
	const perLedger = 25
	wanted := max(*cycles*3/5, 1)
	ledgers := (wanted + perLedger - 1) / perLedger
	var mu sync.Mutex
	receipts, kills := 0, 0
	begun := time.Now()
	t.Run("ledgers", func(t *testing.T) {
		for n := range ledgers {
			share := wanted/ledgers + min(1, max(0, wanted%ledgers-n))
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				r := random(fmt.Sprint("service ", n))
				dir := t.TempDir()
				w := newWitness(dir)
				newScene().create(t, dir)
				for range share {
					// Some die while they open the ledger.
					d := startDriver(t, w, dir, nil, "serve")
					if r.IntN(5) > 0 {
						d.wait(t, 1+r.IntN(60))
					}
					time.Sleep(time.Duration(r.Int64N(int64(8 * time.Millisecond))))
					d.kill(t)
					w.check(t)
				}
				d := startDriver(t, w, dir, nil, "some")
				if said := d.end(t); !d.ok {
					t.Fatalf("after the kills: %s", said)
				}
				w.check(t)
				mu.Lock()
				defer mu.Unlock()
				receipts, kills = receipts+w.honoured, kills+share
			})
		}
	})
	t.Logf("service: %d kills in %d ledgers, %v; %d receipts, all honoured", kills, ledgers, time.Since(begun).Round(time.Second), receipts)
	if receipts < kills {
		t.Errorf("only %d receipts in %d kills", receipts, kills)
	}
}
