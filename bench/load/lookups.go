//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	lookupConnections = 64
	leastLookups      = 0.6
	mostLookupTime    = 25 * time.Millisecond // the 99th percentile at half of what can be asked
)

// A lookup is a kind of question with the paths at which it is asked.
type lookup struct {
	name  string
	paths []string
}

func (w *world) lookups() []lookup {
	proof, status, entitlement := lookup{name: "proof"}, lookup{name: "status"}, lookup{name: "entitlement"}
	for i := range w.claims.holders {
		h := &w.claims.holders[i]
		proof.paths = append(proof.paths, "/api/v1/rounds/1/proofs/"+h.hex)
		status.paths = append(status.paths, fmt.Sprintf("/api/v1/claims/%d", h.entry))
		entitlement.paths = append(entitlement.paths, "/api/v1/accounts/"+h.oxen)
	}
	return []lookup{proof, status, entitlement}
}

// any is all of them, mixed.
func mixed(kinds []lookup) lookup {
	all := lookup{name: "mixed"}
	for _, k := range kinds {
		all.paths = append(all.paths, k.paths...)
	}
	return all
}

// random asks for one path after the other, at random.
func (k lookup) random(b []byte, _ int) []byte {
	return appendGet(b, k.paths[rand.IntN(len(k.paths))])
}

// measureLookups asks the portal, and a bare handler with the same answers, in turns.
func (b *bench) measureLookups(context.Context) error {
	kinds := b.world.lookups()
	file := filepath.Join(b.world.dir, "answers")
	b.report.title(fmt.Sprintf("look-ups, %d different ones of each kind, %d connections",
		len(kinds[0].paths), lookupConnections))
	l, err := newLoop(b.server.address, lookupConnections)
	if err != nil {
		return err
	}
	defer l.close()
	if err := b.keepAnswers(l, kinds, file); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	bare, err := start(b.world.dir, address, kinds[0].paths[0], b.self, "-bare", address, "-answers", file)
	if err != nil {
		return err
	}
	defer bare.stop()
	lb, err := newLoop(address, lookupConnections)
	if err != nil {
		return err
	}
	defer lb.close()
	var half float64
	for _, kind := range append(kinds, mixed(kinds)) {
		var ours, theirs rates
		for range b.pairs {
			if err := errors.Join(theirs.measure(lb, bare, kind, b.each), ours.measure(l, b.server, kind, b.each)); err != nil {
				return fmt.Errorf("%s look-ups: %w", kind.name, err)
			}
		}
		b.report.note("%s look-ups: %s a second against %s", kind.name, ours, theirs)
		b.report.atLeast(fmt.Sprintf("%s: %.0f/s against %.0f/s of a bare handler",
			kind.name, ours.best(), theirs.best()), ours.best()/theirs.best(), leastLookups)
		b.report.line("  processor of the server for each", "%.1f µs against %.1f µs", ours.each(), theirs.each())
		half = ours.best() / 2
	}
	all := mixed(kinds)
	for _, side := range []struct {
		name string
		*loop
		wanted bool
	}{{"bare handler", lb, false}, {"portal", l, true}} {
		var times latencies
		o := side.run(traffic{rate: half, lasts: b.lookupsFor, rest: 5 * time.Second, next: all.random, done: func(_ int, a *answer, took time.Duration) {
			if a.status == 200 {
				times.add(took)
			}
		}})
		if err := o.err(); err != nil {
			return fmt.Errorf("%s at half of its load: %w", side.name, err)
		}
		name := fmt.Sprintf("mixed, %.0f/s for %s, %s: p50 %s, p99",
			half, b.lookupsFor, side.name, milliseconds(times.quantile(0.5)))
		if !side.wanted {
			b.report.line(name, "%s", milliseconds(times.quantile(0.99)))
			continue
		}
		b.report.want("  of them answered with 200", int(times.n) == o.sent && o.unsent == 0, "all", "%d of %d", times.n, o.sent+o.unsent)
		b.report.below(name, times.quantile(0.99), mostLookupTime)
	}
	return nil
}

// keepAnswers asks for every path once and writes the answers into a file.
func (b *bench) keepAnswers(l *loop, kinds []lookup, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriter(f)
	out := gob.NewEncoder(buffered)
	for _, kind := range kinds {
		var wrong error
		bytes := 0
		o := l.run(traffic{
			rest: 10 * time.Second,
			next: func(b []byte, i int) []byte {
				if i == len(kind.paths) {
					return nil
				}
				return appendGet(b, kind.paths[i])
			},
			done: func(i int, a *answer, _ time.Duration) {
				if a.status != 200 {
					wrong = fmt.Errorf("%s: %d: %s", kind.paths[i], a.status, a.body)
					return
				}
				_, head, _ := cutLine(a.head)
				bytes += len(a.body)
				wrong = errors.Join(wrong, out.Encode(kept{kind.paths[i], head, a.body}))
			},
		})
		if err := errors.Join(o.err(), wrong); err != nil {
			return err
		}
		b.report.line(fmt.Sprintf("%s: each once, nothing kept before, %d bytes of JSON",
			kind.name, bytes/len(kind.paths)), "%.0f/s", o.perSecond())
	}
	return errors.Join(buffered.Flush(), f.Close())
}

// rates are some measurements of the same thing.
type rates struct {
	list      []float64
	requests  int
	processor time.Duration
}

func (r *rates) measure(l *loop, c *child, kind lookup, seconds time.Duration) error {
	good := 0
	before := c.used()
	o := l.run(traffic{lasts: seconds, rest: 5 * time.Second, next: kind.random, done: func(_ int, a *answer, _ time.Duration) {
		if a.status == 200 {
			good++
		}
	}})
	r.processor += c.used() - before
	r.requests += o.sent
	r.list = append(r.list, o.perSecond())
	if good != o.sent {
		return errors.Join(o.err(), fmt.Errorf("%d of %d requests were answered with 200", good, o.sent))
	}
	return nil
}

// best is what the machine's other work disturbed least.
func (r rates) best() float64 { return slices.Max(r.list) }

// each is what one request took of the server's processor, in microseconds.
func (r rates) each() float64 {
	return float64(r.processor.Microseconds()) / float64(r.requests)
}

func (r rates) String() string { return fmt.Sprintf("%.0f", r.list) }
