package bucket

import (
	"fmt"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	s := New(Rate{PerSecond: 2, Burst: 3}, 1000)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for range 3 {
		if _, ok := s.Take("a", now); !ok {
			t.Fatal("the burst is refused")
		}
	}
	wait, ok := s.Take("a", now)
	if ok || wait != 500*time.Millisecond {
		t.Errorf("the fourth: %v, wait %s", ok, wait)
	}
	if _, ok := s.Take("b", now); !ok {
		t.Error("another key has to wait")
	}
	if _, ok := s.Take("a", now.Add(wait)); !ok {
		t.Error("after the wait it is refused")
	}
}

// TestBounded: however many keys there are, few are kept, and those in use are among them.
func TestBounded(t *testing.T) {
	s := New(Rate{PerSecond: 1, Burst: 1}, 640)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s.Take("used", now)
	for i := range 100_000 {
		s.Take(fmt.Sprint(i), now)
		if _, ok := s.Take("used", now); ok {
			t.Fatalf("after %d other keys, one in use was forgotten", i)
		}
	}
	kept := 0
	for i := range s.shards {
		kept += len(s.shards[i].young) + len(s.shards[i].old)
	}
	if kept > 640+64 {
		t.Errorf("%d keys are kept", kept)
	}
}
