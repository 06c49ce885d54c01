package crash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"oxenswap/store"
	"oxenswap/swap/ledger"
)

// disturbance is what happens to one run of a command.
type disturbance struct {
	kill time.Duration // after this time; 0: never
	env  []string      // a failpoint
	late bool          // the failpoint delays something: others read meanwhile, and the command must succeed
}

// through goes through steps. Each command is run, disturbed as disturb says, until it says that
// this run is the last and that one succeeds. Everything is checked after each run.
func (m *migration) through(steps []step, disturb func(i int, s step, try int) (d disturbance, last bool), after func(s step, e ended)) {
	m.Helper()
	exported := int64(0)
	for i, s := range steps {
		if s.before != nil {
			s.before()
		}
		var before []string // the last disturbance
		for try := 0; ; try++ {
			d, last := disturb(i, s, try)
			if s.each != nil {
				s.each()
			}
			args := s.args
			stop := func() {}
			if d.late {
				stop = m.watch()
			}
			e := m.start(d.env, d.kill, "oxenswap", m.oxenswap(args...)...)
			stop()
			done := s.through(e)
			switch {
			case strings.Contains(e.stderr, "panic:") || strings.Contains(e.stderr, "goroutine "):
				m.Fatalf("%v: oxenswap %v: %s", d.env, args, e.stderr)
			case !done && !e.killed && (d.env == nil || d.late):
				m.Fatalf("%v, before %v: oxenswap %v: %v: %s", d.env, before, args, e.err, e.stderr)
			}
			before = append(d.env, fmt.Sprint(d.kill))
			v := m.look(args, e, &exported)
			if e.err == nil && v.Checkpoint.N != int64(v.Entries) {
				m.Fatalf("oxenswap %v answered with %d entries under a checkpoint of %d", args, v.Entries, v.Checkpoint.N)
			}
			after(s, e)
			if done && last {
				break
			}
			if last && !e.killed && try > 50 {
				m.Fatalf("oxenswap %v does not get through: %s", args, e.stderr)
			}
		}
	}
}

// look checks everything after a command.
func (m *migration) look(args []string, e ended, exported *int64) store.Verified {
	m.Helper()
	v, err := m.witness.try(m.Context())
	if err != nil {
		m.Fatalf("after oxenswap %v (%v): %v", args, e.err, err)
	}
	if args[0] != "ledger" {
		return v
	}
	switch args[1] {
	case "export":
		if args[2] == m.path("public") {
			if *exported, err = tryExport(args[2], m.key(), *exported); err != nil {
				m.Fatalf("after oxenswap %v (%v): %v", args, e.err, err)
			}
		}
	case "restore":
		m.lookAtCopy(args, e, args[4])
	case "backup":
		// Whatever has the name is a whole backup, with its checkpoint.
		if _, err := os.Stat(args[2]); errors.Is(err, fs.ErrNotExist) && e.err != nil {
			return v
		}
		again := m.path("again")
		m.calm("oxenswap", m.oxenswap("ledger", "restore", args[2], "--dir", again, "--key", filepath.Join(m.data, "ledger.key"),
			"--config", filepath.Join(m.data, "oxenswap.toml"), "--checkpoint", args[2]+".checkpoint")...)
		m.lookAtCopy(args, e, again)
		must(m, os.RemoveAll(again))
	}
	return v
}

// lookAtCopy checks a directory that was restored: either nothing is there yet, or all of the
// ledger as it was at some moment.
func (m *migration) lookAtCopy(args []string, e ended, dir string) {
	m.Helper()
	if _, err := os.Stat(filepath.Join(dir, "ledger.db")); errors.Is(err, fs.ErrNotExist) && e.err != nil {
		return
	}
	v := newWitness(dir).check(m)
	must(m, m.witness.holds(m.Context(), v.Checkpoint.Tree))
	if v.Checkpoint.N != int64(v.Entries) {
		m.Fatalf("oxenswap %v: %d entries and a checkpoint of %d", args, v.Entries, v.Checkpoint.N)
	}
}

// watch reads the ledger and the public export again and again until the returned function is
// called: beside a writer that is slow, everybody still finds something whole.
func (m *migration) watch() (stop func()) {
	var all sync.WaitGroup
	ended := make(chan struct{})
	all.Go(func() {
		for {
			if _, err := m.witness.try(m.Context()); err != nil {
				m.Errorf("beside a slow writer: %v", err)
				return
			}
			if key, err := ledger.NewVerifier(m.witness.key()); err == nil { // else there is no ledger yet
				if _, err := tryExport(m.path("public"), key, 0); err != nil {
					m.Errorf("beside a slow exporter: %v", err)
					return
				}
			}
			select {
			case <-ended:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return func() {
		close(ended)
		all.Wait()
	}
}

func (m *migration) key() note.Verifier {
	m.Helper()
	key, err := ledger.NewVerifier(m.witness.key())
	must(m, err)
	return key
}
