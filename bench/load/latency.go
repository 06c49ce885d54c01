//go:build linux

package main

import (
	"math/bits"
	"time"
)

// latencies count durations, to the microsecond below 64 µs and to a 32nd of themselves above.
type latencies struct {
	counts [32 * 40]uint64
	n      uint64
}

func (l *latencies) add(d time.Duration) {
	l.counts[min(bucketOf(d), len(l.counts)-1)]++
	l.n++
}

func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < 64 {
		return int(us)
	}
	shift := bits.Len64(us) - 6
	return shift*32 + int(us>>shift)
}

// quantile is a duration that a share of all do not exceed, from above. 0: there are none.
func (l *latencies) quantile(share float64) time.Duration {
	if l.n == 0 {
		return 0
	}
	below := uint64(share * float64(l.n))
	for i, sum := 0, uint64(0); i < len(l.counts); i++ {
		if sum += l.counts[i]; sum > below || sum == l.n {
			if i < 64 {
				return time.Duration(i+1) * time.Microsecond
			}
			shift := i/32 - 1
			return time.Duration(i%32+33) << shift * time.Microsecond
		}
	}
	return 0
}
