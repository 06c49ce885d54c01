package crash

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"
)

// perWalk is how many kills a walk through the migration bears: some for each command.
const perWalk = 125

// TestKilledCommands goes through the demonstration's work again and again, kills every command
// several times at random moments, looks at everything after each, and compares the end with that
// of a migration that nobody disturbed.
func TestKilledCommands(t *testing.T) {
	took, want := undisturbed(t)
	wanted := max(*cycles*2/5, 1)
	count := newCounter("kills of commands", wanted)
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
				for command, kills := range m.walk(fmt.Sprint("walk ", n), share, took, count) {
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

// calmRun is a migration that nobody disturbs: what each command takes, and the end. It is the same
// for all tests.
type calmRun struct {
	once sync.Once
	took map[string]time.Duration
	end  outcome
}

var calm calmRun

func undisturbed(t *testing.T) (took map[string]time.Duration, end outcome) {
	t.Helper()
	calm.once.Do(func() {
		m := newMigration(t)
		took := map[string]time.Duration{}
		m.through(m.steps(), func(_ int, s step, try int) (disturbance, bool) { return disturbance{}, true }, func(s step, e ended) {
			took[s.name()] = max(e.took, 5*time.Millisecond)
		})
		calm.took, calm.end = took, m.finish()
	})
	if calm.took == nil {
		t.Fatal("the migration that nobody disturbs has failed")
	}
	return calm.took, calm.end
}

// walk goes through the steps with so many kills and returns how often each command was killed.
func (m *migration) walk(part string, kills int, took map[string]time.Duration, count *counter) map[string]int {
	r := random(part)
	steps := m.steps()
	killed := map[string]int{}
	left, share, misses := kills, 0, 0
	m.through(steps, func(i int, s step, try int) (disturbance, bool) {
		if try == 0 {
			share, misses = left/(len(steps)-i), 0
			if r.IntN(len(steps)-i) < left%(len(steps)-i) {
				share++
			}
		}
		if share == 0 || misses == 20 {
			return disturbance{}, true
		}
		return disturbance{kill: 1 + time.Duration(r.Int64N(int64(took[s.name()])))}, false
	}, func(s step, e ended) {
		if !e.killed {
			misses++
			return
		}
		share, left = share-1, left-1
		killed[s.name()]++
		count.add(1)
	})
	return killed
}

// TestKilledService kills a process that answers many claims at once, each with its receipt, and
// opens what is left.
func TestKilledService(t *testing.T) {
	const perLedger = 25
	wanted := max(*cycles*2/5, 1)
	count := newCounter("kills of a store's service", wanted)
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
				dir := folder(t)
				w := newWitness(dir)
				newScene().create(t, dir)
				for range share {
					// Some die while they open the ledger.
					d := startDriver(t, w, dir, nil, "serve")
					if r.IntN(5) > 0 {
						d.wait(t, 1+r.IntN(60))
					}
					// At any moment of what it does next.
					time.Sleep(time.Duration(r.Int64N(int64(8 * time.Millisecond))))
					d.kill(t)
					w.check(t)
					count.add(1)
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
