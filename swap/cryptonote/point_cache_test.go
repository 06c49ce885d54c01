package cryptonote

import (
	"sync"
	"testing"
	"time"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"
)

// mixedKeys are n keys: points of prime order, every seventh with torsion of order 2, 4 or 8, and
// every eleventh no point.
func mixedKeys(t testing.TB, n int) []PublicKey {
	torsion := torsionPoints(t)
	keys := make([]PublicKey, n)
	p, step := edwards25519.NewGeneratorPoint(), new(edwards25519.Point).ScalarBaseMult(HashToScalar([]byte("step")))
	for i := range keys {
		p.Add(p, step)
		switch {
		case i%7 == 6:
			keys[i] = PublicKey(new(edwards25519.Point).Add(p, torsion[1+i/7%7]).Bytes())
		case i%11 == 10:
			keys[i] = PublicKey{2, 30: byte(i)}
		default:
			keys[i] = PublicKey(p.Bytes())
		}
	}
	return keys
}

func TestPointCache(t *testing.T) {
	keys := mixedKeys(t, 500)
	want := make([]Reason, len(keys))
	found := map[Reason]int{}
	for i, k := range keys {
		want[i] = ReasonOf(k.Check())
		found[want[i]]++
	}
	if found[""] < 300 || found[ErrTorsion] < 60 || len(found) < 3 {
		t.Fatalf("%v", found)
	}
	for _, size := range []int{-1, 0, 1, 2, 3, 100, 500, 5000} {
		c := NewPointCache(size)
		for range 3 {
			for workers := range 4 {
				got := make([]Reason, len(keys))
				for i := range got {
					got[i] = "left from before"
				}
				c.CheckAll(keys, got, workers)
				for i := range got {
					if got[i] != want[i] || i%50 == 0 && c.Check(keys[i]) != want[i] {
						t.Fatalf("size %d, key %d: %q, want %q", size, i, got[i], want[i])
					}
				}
			}
			if n := len(c.recent) + len(c.old); n > max(2, size) {
				t.Errorf("size %d: %d keys are remembered", size, n)
			}
		}
	}
	NewPointCache(9).CheckAll(nil, nil, 2)
}

// TestPointCacheRemembers: what was asked for lately is not checked again.
func TestPointCacheRemembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 20).Draw(t, "size")
		c := NewPointCache(size)
		var asked []PublicKey
		for range 60 {
			key := PublicKey{2, byte(rapid.IntRange(0, 30).Draw(t, "key"))}
			c.Check(key)
			asked = append(asked, key)
			last := map[PublicKey]bool{}
			for i := len(asked) - 1; i >= 0 && len(last) < size/2; i-- {
				last[asked[i]] = true
			}
			for k := range last {
				_, recent := c.recent[k]
				if _, old := c.old[k]; !recent && !old {
					t.Fatalf("%v of the last %d is forgotten", k, size/2)
				}
			}
		}
	})
}

// TestPointCacheOfMany is for the race detector.
func TestPointCacheOfMany(t *testing.T) {
	keys := mixedKeys(t, 300)
	c := NewPointCache(100)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			got := make([]Reason, 200)
			c.CheckAll(keys[25*g:25*g+200], got, 2)
			for i := range got {
				if want := ReasonOf(keys[25*g+i].Check()); got[i] != want {
					t.Errorf("key %d: %q, want %q", 25*g+i, got[i], want)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkPointCache checks 40,000 points, as of a snapshot of 20,000 stakes: with one worker,
// with all, and again. naive is [L]P for each.
func BenchmarkPointCache(b *testing.B) {
	keys := mixedKeys(b, 40_000)
	reasons := make([]Reason, len(keys))
	sample := make([]*edwards25519.Point, 0, 1000)
	for _, k := range keys {
		if p, err := k.onCurve("key"); err == nil && len(sample) < cap(sample) {
			sample = append(sample, p)
		}
	}
	timed := func(run func()) float64 {
		start := time.Now()
		run()
		return time.Since(start).Seconds() * 1e3
	}
	for b.Loop() {
		one := timed(func() { NewPointCache(2*len(keys)).CheckAll(keys, reasons, 1) })
		c := NewPointCache(2 * len(keys))
		all := timed(func() { c.CheckAll(keys, reasons, 0) })
		again := timed(func() { c.CheckAll(keys, reasons, 0) })
		naive := timed(func() {
			for _, p := range sample {
				naivePrimeOrder(p)
			}
		}) * float64(len(keys)) / float64(len(sample))
		b.ReportMetric(one, "ms/first")
		b.ReportMetric(all, "ms/first-all")
		b.ReportMetric(again, "ms/again")
		b.ReportMetric(naive/one, "naive/first")
		b.ReportMetric(one/again, "first/again")
	}
	b.ReportMetric(0, "ns/op")
}
