//go:build linux

// Command load measures the portal under load: the real `oxenswap serve` in a process of its own, on a data directory with a
// snapshot, signed claims and an approved round, beside what it is made of in the same run: net/http that writes the same
// bytes, checks of signatures, appends to a ledger. It prints a table of what was measured and what is wanted, and exits 1
// when something is missed.
//
//	go run ./bench/load -oxenswap bin/oxenswap -oxenaudit bin/oxenaudit
//
// Requests are sent when they are due, whether or not others were answered, and latencies count from then on. All of it runs on
// the same cores, the sender too; it is one thread with little beside its system calls. All requests come from addresses of
// this machine, so the portal's limits for one client are set out of reach.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"sync/atomic"
	"time"
)

// bench is one run.
type bench struct {
	world   *world
	server  *child
	garbage *garbage
	report  *report
	self    string
	beside  atomic.Int64 // claims that the ledger beside has
	// capacity is how many claims a second were taken.
	capacity float64

	pairs       int
	seconds     time.Duration
	lookupsFor  time.Duration
	claimsFor   time.Duration
	garbageFor  time.Duration
	overloadFor time.Duration
	connections int
}

func main() {
	b := &bench{report: &report{words: os.Stderr}}
	program := flag.String("oxenswap", "bin/oxenswap", "the program")
	auditor := flag.String("oxenaudit", "bin/oxenaudit", "the auditor's program")
	accounts := flag.Int("accounts", 20_000, "accounts with stake or rewards, and a claim")
	flag.IntVar(&b.pairs, "pairs", 3, "how often each maximum is measured, in turns with its baseline; the best counts")
	flag.DurationVar(&b.seconds, "each", 3*time.Second, "how long each of these takes")
	flag.DurationVar(&b.lookupsFor, "lookups-for", 10*time.Second, "how long look-ups are made at half load")
	flag.DurationVar(&b.claimsFor, "claims-for", 10*time.Second, "how long 500 claims a second are handed in")
	flag.DurationVar(&b.garbageFor, "garbage-for", 10*time.Second, "how long good claims are handed in alone, and again among garbage")
	flag.DurationVar(&b.overloadFor, "overload-for", 10*time.Second, "how long the overload lasts")
	flag.IntVar(&b.connections, "connections", 10_000, "connections that are opened at once")
	bare := flag.String("bare", "", "only serve the answers of a file at this address (what the program calls itself for)")
	answers := flag.String("answers", "", "that file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *bare != "" {
		err = serveBare(*bare, *answers)
	} else {
		err = b.run(ctx, *program, *auditor, *accounts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, program, auditor string, accounts int) (err error) {
	if accounts < 100 || b.pairs < 1 || min(b.seconds, b.lookupsFor, b.claimsFor, b.garbageFor, b.overloadFor) < time.Second {
		return errors.New("at least 100 accounts, 1 pair, and a second for everything")
	}
	dir, err := os.MkdirTemp("", "oxenswap-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &world{dir: dir}
	b.world = w
	if w.program, err = filepath.Abs(program); err != nil {
		return err
	}
	if w.auditor, err = filepath.Abs(auditor); err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	b.report.note("making a data directory with %d accounts", accounts)
	if err := w.prepare(ctx, accounts); err != nil {
		return err
	}
	if b.garbage, err = newGarbage(&w.claims); err != nil {
		return err
	}
	b.beside.Store(int64(accounts))
	if err := os.CopyFS(filepath.Join(dir, "beside"), os.DirFS(w.data())); err != nil {
		return err
	}
	began, busy := time.Now(), busyTime()
	if err := b.serve(); err != nil {
		return err
	}
	stopped := false
	defer func() {
		if !stopped {
			err = errors.Join(err, b.server.stop())
		}
	}()
	for _, measure := range []func() error{
		b.measureLookups,
		func() error { return b.measureClaims(ctx) },
		func() error { return b.measureMemory("so far") },
		b.measureOverload,
		func() error { return b.measureMemory("in all") },
	} {
		if err := errors.Join(ctx.Err(), measure()); err != nil {
			return err
		}
	}
	took, ours, served := time.Since(began), processTime(os.Getpid()), b.server.used()
	busy = busyTime() - busy
	stopped = true
	if err := b.server.stop(); err != nil {
		return err
	}
	if err := b.checkLedger(ctx); err != nil {
		return err
	}
	b.report.title("the machine")
	b.report.line("processor of the server, of this program, of all programs", "%.0f %%, %.0f %%, %.0f %% of %d cores", share(served, took), share(ours, took), share(busy, took), runtime.NumCPU())
	if err := b.report.write(os.Stdout); err != nil {
		return err
	}
	if b.report.missed > 0 {
		return fmt.Errorf("%d figures are missed", b.report.missed)
	}
	return nil
}

func share(used, of time.Duration) float64 {
	return 100 * used.Seconds() / of.Seconds() / float64(runtime.NumCPU())
}

// serve starts the portal with limits for one client that nothing here reaches; all other settings are those that `init` wrote.
func (b *bench) serve() error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	config := filepath.Join(b.world.data(), "oxenswap.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	text = regexp.MustCompile(`(?m)^listen = .*`).ReplaceAll(text, []byte(`listen = "`+address+`"`))
	text = regexp.MustCompile(`(?m)^(requests|posts|requests_burst|posts_burst) = .*`).ReplaceAll(text, []byte("$1 = 1000000"))
	if err := os.WriteFile(config, text, 0o644); err != nil {
		return err
	}
	b.report.note("serving at %s", address)
	b.server, err = start(b.world.dir, address, "/api/v1/migration", b.world.program, "--dir", b.world.data(), "serve")
	return err
}
