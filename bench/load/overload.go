//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	overloadFactor = 20
	mostMemory     = 1 << 30 // bytes
	mostRecovery   = 5 * time.Second
	probeRate      = 500 // requests a second, a tenth of them claims
	calmSeconds    = 5
	probeSeconds   = 10
	// normal is how many times what took longest in calm seconds something may take in a normal
	// one. In a second are 50 claims, so what the machine does beside would decide otherwise.
	normalTimes = 2
	normalLeast = 10 * time.Millisecond
)

// polite counts answers, and those that overload does not allow.
type polite struct {
	statuses map[int]int
	wrong    error
}

func (p *polite) done(_ int, a *answer, _ time.Duration) {
	p.statuses[a.status]++
	if a.status != 200 && a.status != 201 && a.status != 202 && !a.refuses() {
		p.wrong = fmt.Errorf("%d, Retry-After: %v: %.200s", a.status, a.retryAfter, a.body)
	}
}

// measureConnections opens very many connections at once, and asks as many times over them, at
// once.
func (b *bench) measureConnections(context.Context) error {
	b.report.title("many connections")
	all := mixed(b.world.lookups())
	opening := time.Now()
	l, err := newLoop(b.server.address, b.connections)
	if err != nil {
		return err
	}
	defer l.close()
	b.report.line(fmt.Sprintf("%d connections opened at once: open or turned away with a Retry-After after",
		b.connections), "%s", milliseconds(time.Since(opening)))
	rush := polite{statuses: map[int]int{}}
	var times latencies
	o := l.run(traffic{rest: 30 * time.Second, done: func(i int, a *answer, took time.Duration) { rush.done(i, a, took); times.add(took) }, next: func(out []byte, i int) []byte {
		if i == b.connections {
			return nil
		}
		return all.random(out, i)
	}})
	return b.polite(fmt.Sprintf("%d look-ups over them, at once: answers, the last after %s",
		b.connections, milliseconds(times.quantile(1))), o, &rush)
}

// measureOverload asks over very many connections for much more than can be served, and sees how
// soon all is as it was before.
func (b *bench) measureOverload(context.Context) error {
	if err := b.findCapacity(); err != nil {
		return err
	}
	b.report.title("overload")
	all := mixed(b.world.lookups())
	probes := probeRate / 10 * (calmSeconds + probeSeconds)
	if err := b.world.claims.sign(int(b.capacity*b.overloadFor.Seconds()) + probes); err != nil {
		return err
	}
	calm, err := b.probe(all, calmSeconds)
	if err != nil {
		return err
	}
	lookups, claiming := worst(calm)
	b.report.line(fmt.Sprintf("before it, at %d/s, a tenth claims: p99 of look-ups, of claims, in the worst second",
		probeRate), "%s, %s", milliseconds(lookups), milliseconds(claiming))
	l, err := newLoop(b.server.address, b.connections)
	if err != nil {
		return err
	}
	defer l.close()
	b.report.note("overload for %s", b.overloadFor)
	h := b.handIn(b.overloadFor)
	flood := polite{statuses: map[int]int{}}
	began := b.server.used()
	// When the claims are used up, look-ups go on in their place.
	o := l.run(traffic{
		rate: overloadFactor * b.capacity, lasts: b.overloadFor, rest: time.Second,
		next: func(out []byte, i int) []byte {
			before := len(out)
			if i%2 == 0 && b.world.claims.left() > probes {
				if out = h.next(out, i); len(out) > before {
					return out
				}
			}
			h.other()
			return all.random(out, i)
		},
		done: func(i int, a *answer, took time.Duration) {
			flood.done(i, a, took)
			if h.numbers[i] >= 0 {
				h.done(i, a, took)
			}
		},
	})
	ended := time.Now()
	served := b.server.used() - began
	// What was not answered within the second is given up, as people do.
	missing := o.missing
	o.missing = 0
	if err := errors.Join(b.polite(fmt.Sprintf("%d times the claims that can be taken, %.0f/s for %s, half look-ups: answers", overloadFactor, overloadFactor*b.capacity, b.overloadFor), o, &flood), h.wrong); err != nil {
		return err
	}
	b.report.line("  sent, waiting at the sender for one of the connections or its own time", "%.0f/s, %.0f/s", float64(o.sent)/o.took.Seconds(), float64(o.unsent)/o.took.Seconds())
	b.report.line("  answered, claims acknowledged, processor of the server", "%.0f/s, %.0f/s, %.0f %% of one core", o.perSecond(), float64(h.times.n)/o.took.Seconds(), 100*served.Seconds()/o.took.Seconds())
	b.report.line("  given up a second after the end, sent again; connections turned away, opened again", "%d, %d; %d, %d", missing, o.repeated, o.away, o.reopened)
	after, err := b.probe(all, probeSeconds)
	if err != nil {
		return err
	}
	mostLookups, mostClaims := normal(lookups, mostLookupTime), normal(claiming, mostClaimTime)
	recovered := after[0].start.Sub(ended)
	for i := range after {
		s := &after[i]
		b.report.note("second %d after the overload: look-ups p99 %s, claims p99 %s, %d refused", i+1, milliseconds(s.lookups.quantile(0.99)), milliseconds(s.claims.quantile(0.99)), s.bad)
		if s.bad > 0 || s.lookups.quantile(0.99) >= mostLookups || s.claims.quantile(0.99) >= mostClaims {
			recovered = s.start.Add(time.Second).Sub(ended)
		}
	}
	b.report.want(fmt.Sprintf("  after it all is normal: nothing refused, p99 below %s and %s", milliseconds(mostLookups), milliseconds(mostClaims)), recovered <= mostRecovery,
		fmt.Sprintf("within %s", mostRecovery), "within %s", recovered.Round(time.Millisecond))
	return nil
}

// normal is what the 99th percentile stays below in a normal second, given that of the worst calm
// one and what is asked of a busier server.
func normal(calm, asked time.Duration) time.Duration {
	return min(asked, max(normalTimes*calm, normalLeast))
}

// polite reports what came of overload.
func (b *bench) polite(name string, o outcome, p *polite) error {
	b.report.want(name, p.wrong == nil && o.err() == nil, "200, 201, 202; 429 and 503 with Retry-After", "%v of %d", p.statuses, o.sent)
	if p.wrong != nil {
		b.report.note("%s: %v", name, p.wrong)
	}
	if err := o.err(); err != nil {
		b.report.note("%s: %v", name, err)
	}
	select {
	case err := <-b.server.ended:
		b.server.ended <- err
		return fmt.Errorf("the server has ended: %v: %s", err, b.server.said())
	default:
		return nil
	}
}

// second is what came of the requests that were due within a second.
type second struct {
	start           time.Time
	lookups, claims latencies
	bad             int // refused, broken off or not answered
}

// probe asks at a calm rate for some seconds.
func (b *bench) probe(all lookup, seconds int) ([]second, error) {
	l, err := newLoop(b.server.address, lookupConnections)
	if err != nil {
		return nil, err
	}
	defer l.close()
	out := make([]second, seconds)
	h := b.handIn(time.Duration(seconds) * time.Second)
	for i := range out {
		out[i].start, out[i].bad = h.started.Add(time.Duration(i)*time.Second), probeRate
	}
	l.run(traffic{
		rate: probeRate, lasts: h.lasts, rest: 10 * time.Second,
		next: func(out []byte, i int) []byte {
			if i%10 == 0 {
				return h.next(out, i)
			}
			h.other()
			return all.random(out, i)
		},
		done: func(i int, a *answer, took time.Duration) {
			s := &out[i/probeRate]
			if a.status == 200 || a.status == 201 {
				s.bad--
			}
			if h.numbers[i] < 0 {
				s.lookups.add(took)
				return
			}
			s.claims.add(took)
			h.done(i, a, took)
		},
	})
	return out, h.wrong
}

// worst are the highest 99th percentiles of some seconds.
func worst(list []second) (lookups, claims time.Duration) {
	for i := range list {
		lookups, claims = max(lookups, list[i].lookups.quantile(0.99)), max(claims, list[i].claims.quantile(0.99))
	}
	return lookups, claims
}
