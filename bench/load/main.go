//go:build linux

// Command load measures the portal under load: the real `oxenswap serve` in a process of its own,
// on a data directory with a snapshot, signed claims and an approved round, beside what it is made
// of in the same run: net/http that writes the same bytes, checks of signatures, appends to a
// ledger. It prints a table of what was measured and what is wanted, and exits 1 when something is
// missed.
//
//	go run ./bench/load -oxenswap bin/oxenswap -oxenaudit bin/oxenaudit
//	go run ./bench/load -only steady,overload -capacity 5000
//
// Requests are sent when they are due, whether or not others were answered, and latencies count
// from then on. All of it runs on the same cores, the sender too; it is one thread with little
// beside its system calls. All requests come from addresses of this machine and of few accounts, so
// the portal's limits for one client and one account are set out of reach.
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
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
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
	// capacity is how many claims a second can be taken. 0: it was not measured yet.
	capacity float64

	pairs       int
	each        time.Duration
	lookupsFor  time.Duration
	claimsFor   time.Duration
	garbageFor  time.Duration
	overloadFor time.Duration
	connections int
}

// figure is something that is measured by itself.
type figure struct {
	name    string
	measure func(*bench, context.Context) error
}

func figures() []figure {
	return []figure{
		{"look-ups", (*bench).measureLookups},
		{"claims", (*bench).measureClaims},
		{"steady", (*bench).measureSteady},
		{"garbage", (*bench).measureGarbage},
		{"connections", (*bench).measureConnections},
		{"overload", (*bench).measureOverload},
	}
}

// choose returns the figures with some names; none: all of them.
func choose(names string) ([]figure, error) {
	all := figures()
	if names == "" {
		return all, nil
	}
	var known []string
	for _, f := range all {
		known = append(known, f.name)
	}
	for name := range strings.SplitSeq(names, ",") {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("-only %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(f figure) bool { return !slices.Contains(strings.Split(names, ","), f.name) }), nil
}

func main() {
	b := &bench{report: &report{words: os.Stderr}}
	program := flag.String("oxenswap", "bin/oxenswap", "the program")
	auditor := flag.String("oxenaudit", "bin/oxenaudit", "the auditor's program")
	accounts := flag.Int("accounts", 20_000, "accounts with stake or rewards, and a claim")
	only := flag.String("only", "", "measure only some of look-ups,claims,steady,garbage,connections,overload")
	flag.Float64Var(&b.capacity, "capacity", 0, "how many claims a second the machine can take, of which the overload is a multiple (0: measure it)")
	flag.IntVar(&b.pairs, "pairs", 3, "how often each maximum is measured, in turns with its baseline; the best counts")
	flag.DurationVar(&b.each, "each", 3*time.Second, "how long each of these takes")
	flag.DurationVar(&b.lookupsFor, "lookups-for", 20*time.Second, "how long look-ups are made at half load")
	flag.DurationVar(&b.claimsFor, "claims-for", time.Minute, "how long 500 claims a second are handed in")
	flag.DurationVar(&b.garbageFor, "garbage-for", 20*time.Second, "how long good claims are handed in alone, and again among garbage")
	flag.DurationVar(&b.overloadFor, "overload-for", time.Minute, "how long the overload lasts")
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
		err = b.run(ctx, *program, *auditor, *accounts, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, program, auditor string, accounts int, only string) (err error) {
	if accounts < 100 || b.pairs < 1 || b.capacity < 0 || min(b.each, b.lookupsFor, b.claimsFor, b.garbageFor, b.overloadFor) < time.Second {
		return errors.New("at least 100 accounts, 1 pair, and a second for everything")
	}
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	if err := raiseFiles(b.connections + 1000); err != nil {
		return err
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
	if err := b.serve(); err != nil {
		return err
	}
	stopped := false
	defer func() {
		if !stopped {
			err = errors.Join(err, b.server.stop())
		}
	}()
	for _, f := range chosen {
		if err := errors.Join(ctx.Err(), b.measure(ctx, f)); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", f.name, err), b.report.write(os.Stdout))
		}
	}
	stopped = true
	if err := b.server.stop(); err != nil {
		return err
	}
	if err := b.checkLedger(ctx); err != nil {
		return err
	}
	if err := b.report.write(os.Stdout); err != nil {
		return err
	}
	if b.report.missed > 0 {
		return fmt.Errorf("%d figures are missed", b.report.missed)
	}
	return nil
}

// measure measures a figure, and what the machine did meanwhile.
func (b *bench) measure(ctx context.Context, f figure) error {
	b.report.note("measuring %s", f.name)
	began, server, own, all := time.Now(), b.server.used(), processTime(os.Getpid()), busyTime()
	if err := f.measure(b, ctx); err != nil {
		return err
	}
	took := time.Since(began)
	b.report.line(fmt.Sprintf("  in these %.0f s, of %d cores: server, this program, all programs", took.Seconds(), runtime.NumCPU()),
		"%.0f %%, %.0f %%, %.0f %%", share(b.server.used()-server, took), share(processTime(os.Getpid())-own, took), share(busyTime()-all, took))
	peak, err := b.server.peak()
	if err != nil {
		return err
	}
	b.report.want("  memory of the server, at most, so far", peak < mostMemory, "below 1024 MiB", "%d MiB", peak>>20)
	return nil
}

// raiseFiles makes sure that this program may open some files. The programs that it starts raise
// their own limits.
func raiseFiles(n int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur >= uint64(n) {
		return nil
	}
	limit.Cur = uint64(n)
	limit.Max = max(limit.Max, limit.Cur)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("%d files are needed and cannot be had: %w: raise `ulimit -Hn`, or ask for fewer -connections",
			n, err)
	}
	return nil
}

func share(used, of time.Duration) float64 {
	return 100 * used.Seconds() / of.Seconds() / float64(runtime.NumCPU())
}

// serve starts the portal with limits for one client and one account that nothing here reaches; all
// other settings are those that `init` wrote.
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
	text = regexp.MustCompile(`(?m)^(requests|posts|account|requests_burst|posts_burst|account_burst) = .*`).ReplaceAll(text, []byte("$1 = 1000000"))
	if err := os.WriteFile(config, text, 0o644); err != nil {
		return err
	}
	b.report.note("serving at %s", address)
	b.server, err = start(b.world.dir, address, "/api/v1/migration", b.world.program, "--dir", b.world.data(), "serve")
	return err
}
