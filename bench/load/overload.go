//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	overloadFactor = 20
	mostMemory     = 1 << 30 // bytes
	mostRecovery   = 5 * time.Second
)

// polite counts answers, and those that overload does not allow.
type polite struct {
	statuses map[int]int
	wrong    error
}

func (p *polite) done(_ int, a *answer, _ time.Duration) {
	p.statuses[a.status]++
	switch {
	case a.status == 200 || a.status == 201 || a.status == 202:
	case (a.status == 429 || a.status == 503) && a.retryAfter:
	default:
		p.wrong = fmt.Errorf("%d, Retry-After: %v: %.200s", a.status, a.retryAfter, a.body)
	}
}

// measureOverload opens very many connections at once, asks for much more over them than can be served, and sees how soon
// all is normal again.
func (b *bench) measureOverload() error {
	b.report.title("overload")
	all := mixed(b.world.lookups())
	opening := time.Now()
	l, err := newLoop(b.server.address, b.connections)
	if err != nil {
		return err
	}
	defer l.close()
	b.report.line(fmt.Sprintf("%d connections opened at once: all taken after", b.connections), "%s", milliseconds(time.Since(opening)))
	rush := polite{statuses: map[int]int{}}
	var times latencies
	o := l.run(traffic{rest: 30 * time.Second, done: func(i int, a *answer, took time.Duration) { rush.done(i, a, took); times.add(took) }, next: func(out []byte, i int) []byte {
		if i == b.connections {
			return nil
		}
		return all.random(out, i)
	}})
	if err := b.polite(fmt.Sprintf("  a look-up over each, at once: answers, the last after %s", milliseconds(times.quantile(1))), o, &rush); err != nil {
		return err
	}

	if err := b.world.claims.sign(int(b.capacity * b.overloadFor.Seconds())); err != nil {
		return err
	}
	h := b.handIn(b.overloadFor)
	flood := polite{statuses: map[int]int{}}
	// When the claims are used up, look-ups go on in their place.
	o = l.run(traffic{
		rate: overloadFactor * b.capacity, lasts: b.overloadFor, rest: 30 * time.Second,
		next: func(out []byte, i int) []byte {
			before := len(out)
			if i%2 == 0 {
				if out = h.next(out, i); len(out) > before {
					return out
				}
			}
			h.numbers = append(h.numbers, -1)
			return all.random(out, i)
		},
		done: func(i int, a *answer, took time.Duration) {
			flood.done(i, a, took)
			if h.numbers[i] >= 0 {
				h.done(i, a, took)
			}
		},
	})
	if err := errors.Join(b.polite(fmt.Sprintf("%d times the claims that are taken, %.0f/s for %s, half look-ups: answers", overloadFactor, overloadFactor*b.capacity, b.overloadFor), o, &flood), h.wrong); err != nil {
		return err
	}
	b.report.line("  answered, claims acknowledged, connections opened again", "%.0f/s, %.0f/s, %d", o.perSecond(), float64(h.taken)/o.took.Seconds(), o.reopened)
	return b.recover(all)
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

// recover sees, second by second, when what is asked for at a calm rate is answered in the normal time again.
func (b *bench) recover(all lookup) error {
	l, err := newLoop(b.server.address, lookupConnections)
	if err != nil {
		return err
	}
	defer l.close()
	start := time.Now()
	const seconds, rate = 10, 200 // of which a tenth are claims
	var lookups, claiming [seconds]latencies
	var bad [seconds]int
	if err := b.world.claims.sign(seconds * rate / 10); err != nil {
		return err
	}
	signed := time.Since(start)
	h := b.handIn(seconds * time.Second)
	o := l.run(traffic{
		rate: rate, lasts: seconds * time.Second, rest: 10 * time.Second,
		next: func(out []byte, i int) []byte {
			if i%10 == 0 {
				return h.next(out, i)
			}
			h.numbers = append(h.numbers, -1)
			return all.random(out, i)
		},
		done: func(i int, a *answer, took time.Duration) {
			second := i / rate
			if a.status != 200 && a.status != 201 {
				bad[second]++
			}
			if h.numbers[i] < 0 {
				lookups[second].add(took)
				return
			}
			claiming[second].add(took)
			h.done(i, a, took)
		},
	})
	if err := errors.Join(o.err(), h.wrong); err != nil {
		return err
	}
	normal := 0
	for i := range seconds {
		p99, claims := lookups[i].quantile(0.99), claiming[i].quantile(0.99)
		if p99 >= mostLookupTime || claims >= mostClaimTime || bad[i] > 0 {
			normal = i + 1
		}
		b.report.note("second %d after the overload: look-ups p99 %s, claims p99 %s, %d refused", i+1, milliseconds(p99), milliseconds(claims), bad[i])
	}
	after := signed + time.Duration(normal)*time.Second
	b.report.want("after the overload all is normal", after <= mostRecovery, fmt.Sprintf("within %s", mostRecovery), "after %s", after.Round(time.Millisecond))
	return nil
}

// measureMemory says how much memory the server had at most.
func (b *bench) measureMemory(when string) error {
	peak, err := b.server.peak()
	if err != nil {
		return err
	}
	b.report.want("memory of the server, at most, "+when, peak < mostMemory, "below 1024 MiB", "%d MiB", peak>>20)
	return nil
}
