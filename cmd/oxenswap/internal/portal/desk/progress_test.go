package desk_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
	"oxenswap/swap"
)

// slowLog is a ledger that can make those wait who read it.
type slowLog struct {
	desk.Log
	wait atomic.Pointer[chan struct{}] // nil: nobody waits
	read atomic.Int64                  // how often it was read
}

func (l *slowLog) View(ctx context.Context, read func(swap.Tables, uint64) error) error {
	l.read.Add(1)
	if wait := l.wait.Load(); wait != nil {
		<-*wait
	}
	return l.Log.View(ctx, read)
}

// TestProgressWaits: the first answer is computed once for everybody, later ones while the last one
// is given.
func TestProgressWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := desktest.New(t, 2)
		log := &slowLog{Log: w}
		d := open(t, w, func(c *desk.Config) { c.Log = log })
		w.Must(d.Follow(t.Context()))
		ask := func() (*desk.Progress, error) { return d.Progress(t.Context()) }
		hold := make(chan struct{})
		log.wait.Store(&hold)
		before := log.read.Load()
		var group sync.WaitGroup
		answers := make([]*desk.Progress, 10)
		for i := range answers {
			group.Go(func() { answers[i], _ = ask() })
		}
		gone, cancel := context.WithCancel(t.Context())
		group.Go(func() {
			if _, err := d.Progress(gone); !errors.Is(err, context.Canceled) {
				t.Errorf("who has gone: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		close(hold)
		group.Wait()
		for _, p := range answers {
			if p == nil || p != answers[0] {
				t.Fatalf("the first answers: %v", answers)
			}
		}
		if n := log.read.Load() - before; n != 1 {
			t.Errorf("the ledger was read %d times", n)
		}

		w.Take(desktest.Named)
		w.Must(d.Follow(t.Context()))
		time.Sleep(time.Minute) // of the bubble
		hold = make(chan struct{})
		log.wait.Store(&hold)
		if p, err := ask(); err != nil || p != answers[0] {
			t.Errorf("while it is computed: %v, %v", p, err)
		}
		time.Sleep(5 * time.Minute) // likewise
		late := make(chan *desk.Progress, 1)
		go func() {
			p, _ := ask()
			late <- p
		}()
		synctest.Wait()
		if len(late) > 0 {
			t.Error("an answer of long ago was given")
		}
		close(hold)
		if p := <-late; p == nil || p.Size <= answers[0].Size {
			t.Errorf("the late answer: %v", p)
		}
		log.wait.Store(nil)
	})
}
