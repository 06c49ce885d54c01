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

	"oxenswap/swap/ledger"
)

// disturbance is what happens to one run of a command.
type disturbance struct {
	kill time.Duration // after this time; 0: never
	env  []string      // a failpoint
	late bool          // the failpoint delays something: others read meanwhile, and the command must succeed
}

// through goes through all steps. Each command is run, disturbed as disturb says, until it says that this run is the last and
// that one succeeds. Everything is checked after each run.
func (m *migration) through(disturb func(i int, s step, try int) (d disturbance, last bool), after func(s step, e ended)) {
	m.Helper()
	exported := int64(0)
	for i, s := range m.steps() {
		if s.before != nil {
			s.before()
		}
		var before []string // the last disturbance
		for try := 0; ; try++ {
			d, last := disturb(i, s, try)
			args := s.command(try)
			stop := func() {}
			if d.late {
				stop = m.watch()
			}
			e := m.start(d.env, d.kill, "oxenswap", m.oxenswap(args...)...)
			stop()
			done := e.err == nil || s.args[0] == "init" && strings.Contains(e.stderr, "already") // just before it was killed
			switch {
			case strings.Contains(e.stderr, "panic:") || strings.Contains(e.stderr, "goroutine "):
				m.Fatalf("%v: oxenswap %v: %s", d.env, args, e.stderr)
			case !done && !e.killed && (d.env == nil || d.late):
				m.Fatalf("%v, before %v: oxenswap %v: %v: %s", d.env, before, args, e.err, e.stderr)
			}
			before = append(d.env, fmt.Sprint(d.kill))
			m.look(args, e, &exported)
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
func (m *migration) look(args []string, e ended, exported *int64) {
	m.Helper()
	v, err := m.witness.try(m.Context())
	if err != nil {
		m.Fatalf("after oxenswap %v (%v): %v", args, e.err, err)
	}
	if e.err == nil && v.Checkpoint.N != int64(v.Entries) {
		m.Fatalf("oxenswap %v answered with %d entries under a checkpoint of %d", args, v.Entries, v.Checkpoint.N)
	}
	if args[0] != "ledger" {
		return
	}
	switch args[1] {
	case "export":
		if args[2] == m.path("public") {
			if *exported, err = tryExport(args[2], m.key(), *exported); err != nil {
				m.Fatalf("after oxenswap %v (%v): %v", args, e.err, err)
			}
		}
	case "restore":
		// Either nothing is there yet, or all of it.
		if _, err := os.Stat(filepath.Join(args[4], "ledger.db")); e.err != nil && errors.Is(err, fs.ErrNotExist) {
			break
		}
		if got := newWitness(args[4]).check(m); got.Root != v.Root {
			m.Fatalf("oxenswap %v restored %d entries of %d", args, got.Entries, v.Entries)
		}
	case "backup":
		if info, err := os.Stat(args[2]); e.err == nil && (err != nil || info.Size() == 0) {
			m.Fatalf("oxenswap %v wrote nothing: %v", args, err)
		}
	}
}

// watch reads the ledger and the public export again and again until the returned function is called: beside a writer that
// is slow, everybody still finds something whole.
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
