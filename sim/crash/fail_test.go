//go:build failpoints

package crash

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oxenswap/swap/fail"
)

// failpoints says whether the programs are built with failpoints.
const failpoints = true

// A fault is one step that goes wrong in one way, the n-th time that a process takes it.
type fault struct {
	step string
	n    int
	way  fail.Way
}

func (f fault) env() string { return fmt.Sprintf("OXENSWAP_FAIL=%s:%d:%s", f.step, f.n, f.way) }

// kind is the fault without its number.
func (f fault) kind() string { return f.step + ": " + string(f.way) }

// perKind is how often each step fails in each way, unless everything is asked for: in all commands
// together, and in each of those that work on the ledger's own files.
const perKind = 1

// seenFaults counts by kind what has really gone wrong.
type seenFaults struct {
	mu    sync.Mutex
	count map[string]int
}

// read adds up a process's log of the steps that it took, and returns how often it took each.
func (s *seenFaults) read(t testing.TB, log string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(log)
	if os.IsNotExist(err) {
		return nil
	}
	must(t, err)
	must(t, os.Remove(log))
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := map[string]int{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.Contains(line, ": ") {
			s.count[line]++
		} else {
			taken[line]++
		}
	}
	return taken
}

// happened reports whether a process's log tells of a fault.
func happened(t testing.TB, log string) bool {
	t.Helper()
	text, err := os.ReadFile(log)
	if !os.IsNotExist(err) {
		must(t, err)
	}
	return strings.Contains(string(text), ": ")
}

// faults are all that can go wrong in a process that takes steps so often.
func faults(taken map[string]int) []fault {
	var out []fault
	for _, step := range slices.Sorted(maps.Keys(taken)) {
		for n := range taken[step] {
			for _, way := range fail.Ways() {
				out = append(out, fault{step, n + 1, way})
			}
		}
	}
	return out
}

var every = flag.Bool("every", false, "fail every step each time that it is taken, and not only the first time and the last")

// TestFailpoints lets every step of every action go wrong in every way: first in a service that
// answers claims, then in the commands of a migration. After each fault everything is checked and
// the same is done again without one.
func TestFailpoints(t *testing.T) {
	seen := &seenFaults{count: map[string]int{}}
	t.Run("service", func(t *testing.T) { failService(t, seen) })
	t.Run("serve", func(t *testing.T) { failServe(t, seen) })
	t.Run("commands", func(t *testing.T) { failCommands(t, seen) })
	kinds := 0
	for _, step := range sourceSteps(t) {
		for _, way := range fail.Ways() {
			if kinds++; seen.count[fault{step, 0, way}.kind()] == 0 {
				t.Errorf("%s: never happened", fault{step, 0, way}.kind())
			}
		}
	}
	total := 0
	for _, n := range seen.count {
		total += n
	}
	t.Logf("%d faults of %d kinds", total, kinds)
}

// failService makes every step of a service that records four claims go wrong, each time that it is
// taken.
func failService(t *testing.T, seen *seenFaults) {
	template := t.TempDir()
	newScene().create(t, template)
	log := filepath.Join(t.TempDir(), "steps")
	try := func(t *testing.T, log string, f fault) map[string]int {
		dir := folder(t)
		must(t, os.CopyFS(dir, os.DirFS(template)))
		must(t, os.Chmod(dir, 0o700))
		w := newWitness(dir)
		env := []string{"OXENSWAP_FAIL_LOG=" + log}
		if f.step != "" {
			env = append(env, f.env())
		}
		d := startDriver(t, w, dir, env, "some")
		said := d.end(t)
		if !d.ok && (f.step == "" || f.way == fail.Delay) || strings.Contains(said, "goroutine ") {
			t.Errorf("fault %+v: got an end with %q, want only the fault to end it", f, said)
		}
		taken := seen.read(t, log)
		w.check(t)
		if d = startDriver(t, w, dir, nil, "some"); d.end(t) != "" || !d.ok {
			t.Errorf("fault %+v, run again: got %s, want a clean end", f, d.stderr.String())
		}
		w.check(t)
		return taken
	}
	for i, f := range faults(try(t, log, fault{})) {
		t.Run(f.kind(), func(t *testing.T) {
			t.Parallel()
			try(t, fmt.Sprint(log, i), f)
		})
	}
}

// failCommands makes the steps of all commands of a migration go wrong, one of each command in each
// migration.
func failCommands(t *testing.T, seen *seenFaults) {
	m := newMigration(t)
	log := m.path("steps")
	var queues [][]fault // by command
	steps := m.steps()
	m.through(steps, func(int, step, int) (disturbance, bool) {
		return disturbance{env: []string{"OXENSWAP_FAIL_LOG=" + log}}, true
	}, func(s step, e ended) {
		if e.err != nil {
			t.Fatal(e.stderr)
		}
		queues = append(queues, faults(seen.read(t, log)))
	})
	want := m.finish()
	r := random("failpoints")
	all, done := 0, 0
	for _, q := range queues {
		r.Shuffle(len(q), func(i, j int) { q[i], q[j] = q[j], q[i] })
		all += len(q)
	}
	if !*every {
		queues = sample(steps, queues)
	}
	walks := plan(steps, queues)
	begun := time.Now()
	count := newCounter("migrations with faults", len(walks))
	t.Run("walks", func(t *testing.T) {
		for n, todo := range walks {
			until := 0 // behind the last command with a fault
			for i := range todo {
				if done += len(todo[i]); len(todo[i]) > 0 {
					until = i + 1
				}
			}
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				m := newMigration(t)
				log := m.path("steps")
				steps := m.steps()
				if until == 1 { // what comes after a directory was made has had faults enough
					steps = steps[:1]
				}
				now, tries := 0, 0 // the command, and how often its next fault was tried
				m.through(steps, func(i int, s step, _ int) (disturbance, bool) {
					if now = i; len(todo[i]) == 0 {
						return disturbance{}, true
					}
					f := todo[i][0]
					return disturbance{env: []string{f.env(), "OXENSWAP_FAIL_LOG=" + log}, late: f.way == fail.Delay}, false
				}, func(step, ended) {
					if len(todo[now]) == 0 {
						return
					}
					// A run that only finishes what the one before has left may not come to the
					// step: then it is for the next.
					if tries++; happened(t, log) || tries == 2 {
						todo[now], tries = todo[now][1:], 0
					}
					seen.read(t, log)
				})
				count.add(1)
				if len(steps) == 1 {
					return
				}
				if got := m.finish(); !reflect.DeepEqual(got, want) {
					t.Errorf("with faults it ends elsewhere:\n%+v\ninstead of\n%+v", got, want)
				}
			})
		}
	})
	t.Logf("commands: %d of %d possible faults in %d migrations, %v", done, all, len(walks), time.Since(begun).Round(time.Second))
}

// plan says which faults each command has in each migration: one, as the next run finds the work
// done, unless every run does all of it.
func plan(steps []step, queues [][]fault) [][][]fault {
	walks, full := 1, 1
	for i, q := range queues {
		if steps[i].each != nil {
			continue
		}
		if walks = max(walks, len(q)); i > 0 {
			full = max(full, len(q))
		}
	}
	out := make([][][]fault, walks)
	for n := range out {
		out[n] = make([][]fault, len(queues))
	}
	for i, q := range queues {
		for j, f := range q {
			n := j
			if steps[i].each != nil {
				n = j % full
			}
			out[n][i] = append(out[n][i], f)
		}
	}
	return out
}

// sample takes so many of each kind, and as few as it can of one command.
func sample(steps []step, queues [][]fault) [][]fault {
	out := make([][]fault, len(queues))
	count := map[string]int{}
	kind := func(i int) string {
		if steps[i].args[0] == "ledger" {
			return steps[i].name() + " " + queues[i][0].kind()
		}
		return queues[i][0].kind()
	}
	for more := true; more; {
		more = false
		for i := range queues {
			for len(queues[i]) > 0 && count[kind(i)] >= perKind {
				queues[i] = queues[i][1:]
			}
			if len(queues[i]) == 0 {
				continue
			}
			count[kind(i)]++
			out[i], queues[i], more = append(out[i], queues[i][0]), queues[i][1:], true
		}
	}
	return out
}
