//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"oxenswap/store"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
	"oxenswap/swap/ledger"
)

const (
	claimConnections = 512
	leastClaims      = 0.5
	steadyClaims     = 500 // a second
	mostClaimTime    = 150 * time.Millisecond
	goodClaims       = 250
	garbageClaims    = 4750
	mostLoss         = 0.15
)

// handed is what came of claims that were handed in.
type handed struct {
	b        *bench
	times    latencies // of those that were acknowledged in time
	taken    int
	statuses map[int]int
	wrong    error
	numbers  []int // claim of each request. -1: something else
	refused  []int // claims that were answered with 429 or 503, to be handed in again, the first one first
	started  time.Time
	lasts    time.Duration
}

func (b *bench) handIn(lasts time.Duration) *handed {
	return &handed{b: b, statuses: map[int]int{}, started: time.Now(), lasts: lasts}
}

// next is the next good claim, or one that is to be handed in again.
func (h *handed) next(out []byte, _ int) []byte {
	c := &h.b.world.claims
	n := c.taken
	switch {
	case len(h.refused) > 0:
		n, h.refused = h.refused[0], h.refused[1:]
	case c.left() == 0:
		return nil
	default:
		c.taken++
	}
	h.numbers = append(h.numbers, n)
	return c.appendRequest(out, n)
}

// other notes that a request was none of a good claim.
func (h *handed) other() { h.numbers = append(h.numbers, -1) }

// done notes what was acknowledged, and sees now and then that it is under the checkpoint on disk.
func (h *handed) done(i int, a *answer, took time.Duration) {
	h.statuses[a.status]++
	n := h.numbers[i]
	// What waited until the account's next claim was taken is out of date.
	if a.refuses() && n >= 0 && n+len(h.b.world.claims.holders)/2 > h.b.world.claims.taken {
		h.refused = append(h.refused, n)
	}
	if a.status != 201 && a.status != 200 {
		return
	}
	if n < 0 {
		h.wrong = fmt.Errorf("garbage was taken: %s", a.body)
		return
	}
	entry, err := strconv.ParseUint(strings.TrimPrefix(string(a.location), "/api/v1/claims/"), 10, 64)
	if err != nil {
		h.wrong = fmt.Errorf("a claim's place is %q: %w", a.location, err)
		return
	}
	h.b.world.claims.entries[n] = entry
	h.taken++
	if time.Since(h.started) <= h.lasts {
		h.times.add(took)
	}
	if h.taken%100 == 0 {
		h.wrong = errors.Join(h.wrong, h.b.world.underCheckpoint(entry))
	}
}

// underCheckpoint says that the checkpoint that is on disk now does not hold an entry.
func (w *world) underCheckpoint(entry uint64) error {
	text, err := os.ReadFile(filepath.Join(w.data(), "checkpoint"))
	if err != nil {
		return err
	}
	lines := bytes.SplitN(text, []byte("\n"), 3)
	if size, err := strconv.ParseUint(string(lines[min(1, len(lines)-1)]), 10, 64); err != nil || size <= entry {
		return fmt.Errorf("entry %d was acknowledged, and the checkpoint on disk has %d entries", entry, size)
	}
	return nil
}

func (h *handed) counts() string { return strings.TrimPrefix(fmt.Sprint(h.statuses), "map") }

// measureClaims hands claims in as fast as they are taken, in turns with what they are made of.
func (b *bench) measureClaims(ctx context.Context) error {
	b.report.title("claims, each answered when its checkpoint is on disk")
	var ours, checks, appends rates
	l, err := newLoop(b.server.address, claimConnections)
	if err != nil {
		return err
	}
	defer l.close()
	for range b.pairs {
		verified, err := b.verifyBare()
		if err != nil {
			return err
		}
		appended, err := b.appendBare(ctx)
		if err != nil {
			return err
		}
		checks.list, appends.list = append(checks.list, verified), append(appends.list, appended)
		if err := b.claimAll(l, &ours, min(verified, appended)*1.5); err != nil {
			return err
		}
	}
	b.report.note("claims: %s a second; bare checks %s, bare appends %s", ours, checks, appends)
	b.report.line("bare checks of signatures, on all cores", "%.0f/s", checks.best())
	b.report.line("group-committed appends, each batch with its checkpoint", "%.0f/s", appends.best())
	bound := min(checks.best(), appends.best())
	b.report.atLeast(fmt.Sprintf("claims: %.0f/s over %d connections against the smaller of these",
		ours.best(), claimConnections), ours.best()/bound, leastClaims)
	b.report.line("  processor of the server for each", "%.0f µs", ours.each())
	if b.capacity == 0 {
		b.capacity = ours.best()
	}
	return nil
}

// claimAll hands claims in as fast as they are taken, at most some a second.
func (b *bench) claimAll(l *loop, r *rates, most float64) error {
	if err := b.world.claims.sign(int(b.each.Seconds() * most)); err != nil {
		return err
	}
	h := b.handIn(b.each)
	before := b.server.used()
	o := l.run(traffic{lasts: b.each, rest: 10 * time.Second, next: h.next, done: h.done})
	r.processor += b.server.used() - before
	r.requests += o.sent
	r.list = append(r.list, float64(h.times.n)/o.took.Seconds())
	if err := errors.Join(o.err(), h.wrong); err != nil {
		return err
	}
	if h.taken != o.sent {
		return fmt.Errorf("%d of %d claims were taken: %s", h.taken, o.sent, h.counts())
	}
	return nil
}

// findCapacity measures how many claims a second are taken, unless that is known.
func (b *bench) findCapacity() error {
	if b.capacity > 0 {
		return nil
	}
	l, err := newLoop(b.server.address, claimConnections)
	if err != nil {
		return err
	}
	defer l.close()
	var r rates
	for range b.pairs {
		if err := b.claimAll(l, &r, 15_000); err != nil {
			return err
		}
	}
	b.capacity = r.best()
	return nil
}

// measureSteady hands claims in at a rate.
func (b *bench) measureSteady(context.Context) error {
	b.report.title("claims at a steady rate")
	l, err := newLoop(b.server.address, claimConnections)
	if err != nil {
		return err
	}
	defer l.close()
	o, h, err := b.steady(l, steadyClaims, 0, b.claimsFor)
	if err != nil {
		return err
	}
	b.report.want(fmt.Sprintf("%d/s for %s, acknowledged",
		steadyClaims, b.claimsFor), h.taken == o.sent+o.unsent, "all", "%d of %d", h.taken, o.sent+o.unsent)
	b.report.below(fmt.Sprintf("  p50 %s, longest %s, p99",
		milliseconds(h.times.quantile(0.5)), milliseconds(h.times.quantile(1))), h.times.quantile(0.99), mostClaimTime)
	return nil
}

// measureGarbage hands good claims in at a rate, alone and then among garbage.
func (b *bench) measureGarbage(context.Context) error {
	b.report.title("good claims among garbage: a third each malformed, of unknown accounts, wrongly signed")
	l, err := newLoop(b.server.address, claimConnections)
	if err != nil {
		return err
	}
	defer l.close()
	_, alone, err := b.steady(l, goodClaims, 0, b.garbageFor)
	if err != nil {
		return err
	}
	before := b.server.used()
	o, among, err := b.steady(l, goodClaims, garbageClaims, b.garbageFor)
	if err != nil {
		return err
	}
	b.report.want(fmt.Sprintf("%d good and %d garbage a second for %s: sent, answers %s", goodClaims, garbageClaims, b.garbageFor, among.counts()), o.unsent == 0,
		"all", "%d of %d", o.sent, o.sent+o.unsent)
	b.report.want("  of their rate alone the good ones lose", float64(among.times.n) >= (1-mostLoss)*float64(alone.times.n), fmt.Sprintf("at most %.0f %%", mostLoss*100),
		"%.1f %% (%d of %d)", 100*(1-float64(among.times.n)/float64(alone.times.n)), among.times.n, alone.times.n)
	b.report.line("  good ones: p50, p99", "%s, %s", milliseconds(among.times.quantile(0.5)), milliseconds(among.times.quantile(0.99)))
	b.report.line("  processor of the server", "%.0f %% of one core", 100*(b.server.used()-before).Seconds()/b.garbageFor.Seconds())
	return nil
}

// steady hands in good claims at a rate, among garbage at another.
func (b *bench) steady(l *loop, good, bad int, lasts time.Duration) (outcome, *handed, error) {
	if err := b.world.claims.sign(int(float64(good) * lasts.Seconds())); err != nil {
		return outcome{}, nil, err
	}
	h := b.handIn(lasts)
	every := (good + bad) / good
	o := l.run(traffic{
		rate: float64(good + bad), lasts: lasts, rest: 10 * time.Second, done: h.done,
		next: func(out []byte, i int) []byte {
			if i%every == 0 {
				return h.next(out, i)
			}
			h.other()
			return b.garbage.appendRequest(out, i-i/every)
		},
	})
	return o, h, errors.Join(o.err(), h.wrong)
}

// verifyBare checks signatures on all cores and does nothing else. It returns how many a second.
func (b *bench) verifyBare() (float64, error) {
	const n = 4096
	c := &b.world.claims
	keys, texts, signatures := make([]cryptonote.PublicKey, n), make([][]byte, n), make([]cryptonote.Signature, n)
	for i := range n {
		at := i % len(c.signatures)
		var err error
		if signatures[i], err = cryptonote.ParseSignature(c.signatures[at]); err != nil {
			return 0, err
		}
		keys[i], texts[i] = c.holder(at).spend, c.appendText(nil, at)
	}
	var done atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, runtime.GOMAXPROCS(0))
	start := time.Now()
	for worker := range errs {
		group.Go(func() {
			for i := worker; time.Since(start) < b.each && errs[worker] == nil; i++ {
				errs[worker] = cryptonote.Verify(keys[i%n], texts[i%n], signatures[i%n])
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), errors.Join(errs...)
}

// appendBare appends claims to a ledger of its own, which held the same as the portal's, from as
// many goroutines as the portal has connections, and does nothing else. It returns how many a
// second.
func (b *bench) appendBare(ctx context.Context) (float64, error) {
	dir := filepath.Join(b.world.dir, "beside")
	text, err := os.ReadFile(filepath.Join(dir, "ledger.key"))
	if err != nil {
		return 0, err
	}
	signer, err := ledger.NewSigner(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, err
	}
	s, err := store.Open(ctx, dir, store.Options{Signer: signer})
	if err != nil {
		return 0, err
	}
	c := &b.world.claims
	if err := c.sign(len(c.holders)); err != nil {
		return 0, errors.Join(err, s.Close())
	}
	var done atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, claimConnections)
	start := time.Now()
	for worker := range errs {
		group.Go(func() {
			for time.Since(start) < b.each && errs[worker] == nil {
				i := int(b.beside.Add(1)) - 1
				h := c.holder(i)
				event := &swap.ClaimAccepted{
					Text: string(c.appendText(nil, i)), Signature: c.signatures[i%len(c.signatures)], Oxen: h.oxen, Account: h.account, Recipient: h.to, Sequence: c.sequence(i),
					Code: swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked},
				}
				_, errs[worker] = s.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { return []swap.Record{{Event: event}}, nil })
				done.Add(1)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	return float64(done.Load()) / took.Seconds(), errors.Join(errors.Join(errs...), s.Close())
}
