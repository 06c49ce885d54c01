//go:build failpoints

package crash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oxenswap/swap/fail"
)

// failServe makes every step go wrong in which `oxenswap serve` and a command that appends through
// it meet, once in the one and once in the other, while a holder claims over HTTP.
func failServe(t *testing.T, seen *seenFaults) {
	m := newMigration(t)
	for _, s := range m.steps()[:2] { // there is a snapshot
		if s.before != nil {
			s.before()
		}
		m.calm("oxenswap", m.oxenswap(s.args...)...)
	}
	log := filepath.Join(t.TempDir(), "steps")
	both := m.failBeside(t, seen, log, fault{})
	var list []fault
	for _, f := range faults(both) {
		meets := strings.HasPrefix(f.step, "host ") || strings.HasPrefix(f.step, "guest ")
		if *every || meets && (f.n == 1 || f.n == both[f.step] && strings.HasPrefix(f.step, "host ")) {
			list = append(list, f)
		}
	}
	count := newCounter("faults of serve and its guests", len(list))
	for i, f := range list {
		t.Run(f.kind()+fmt.Sprint(" ", f.n), func(t *testing.T) {
			t.Parallel()
			m.failBeside(t, seen, fmt.Sprint(log, i), f)
			count.add(1)
		})
	}
}

// clone is a copy of a migration at this moment, with the same daemons and chain.
func (m *migration) clone(t *testing.T) *migration {
	t.Helper()
	c := *m
	c.T, c.dir = t, folder(t)
	c.data = c.path("oxenswap")
	must(t, os.CopyFS(c.data, regular{os.DirFS(m.data)}))
	// Its files are for their owner alone, which CopyFS does not keep.
	must(t, filepath.WalkDir(c.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	}))
	c.witness = newWitness(c.data)
	return &c
}

// failBeside runs the service and some commands beside it with a fault, in the service if the step
// is a host's and else in the commands, and does the same again without one. It returns the steps
// that the service and one command took.
func (m *migration) failBeside(t *testing.T, seen *seenFaults, log string, f fault) map[string]int {
	t.Helper()
	m = m.clone(t)
	hosts, guests := []string{"OXENSWAP_FAIL_LOG=" + log + ".host"}, []string{"OXENSWAP_FAIL_LOG=" + log + ".guest"}
	switch {
	case f.step == "":
	case strings.HasPrefix(f.step, "guest "):
		guests = append(guests, f.env())
	default:
		hosts = append(hosts, f.env())
	}
	calm := f.step == "" || f.way == fail.Delay
	taken := map[string]int{}
	work := func(s *server, env []string, calm bool) {
		m.Helper()
		evidence := m.path("evidence")
		must(m, os.WriteFile(evidence, []byte(strings.Repeat("evidence ", 50_000)), 0o600))
		for _, args := range [][]string{
			submit(m.holders.claim(m, 0, 1)), {"ledger", "correct", "1", "--note", "x", "--evidence", evidence}, {"snapshot", "take"},
		} {
			if !s.runs() {
				break
			}
			e := m.start(env, 0, "oxenswap", m.oxenswap(args...)...)
			if e.err != nil && calm || strings.Contains(e.stderr, "goroutine ") {
				m.Fatalf("%+v: oxenswap %v: %v: %s: %s", f, args[:2], e.err, e.stderr, s.words())
			}
			m.heard(args, e)
			if s.runs() && !s.claimed(m.holders.claim(m, 1, 1)) && calm {
				m.Fatalf("%+v: the service is gone: %s", f, s.words())
			}
			_, err := m.witness.try(m.Context())
			must(m, err)
			for step, n := range seen.read(m, log+".guest") {
				if strings.HasPrefix(step, "guest ") {
					taken[step] = max(taken[step], n)
				}
			}
		}
	}
	s := m.serve(hosts)
	if s.wait() {
		work(s, guests, calm)
	} else if calm {
		m.Fatalf("%+v: the service does not start: %s", f, s.words())
	}
	s.kill()
	for step, n := range seen.read(m, log+".host") {
		taken[step] = max(taken[step], n)
	}
	m.witness.check(m)
	s = m.serve(nil)
	if !s.wait() {
		m.Fatalf("%+v: afterwards the service does not start: %s", f, s.words())
	}
	work(s, nil, true)
	s.stop()
	s.check()
	m.witness.check(m)
	return taken
}
