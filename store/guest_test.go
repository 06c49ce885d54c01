package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// hosted is a store that takes updates of others, and a guest of it.
func hosted(t *testing.T, w *world) (*Store, *Guest) {
	t.Helper()
	dir := t.TempDir()
	s := w.create(dir)
	w.story(s)
	if _, err := OpenGuest(t.Context(), dir); !errors.Is(err, ErrNoHost) {
		t.Fatalf("a guest without a host: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, err := s.Host(ctx)
	w.must(err)
	g, err := OpenGuest(t.Context(), dir)
	w.must(err)
	t.Cleanup(func() {
		cancel()
		w.must(<-ended)
		w.must(g.Close())
		w.verify(s.Reader)
		w.must(s.Close())
	})
	return s, g
}

// remark is a record that changes nothing else, with an attachment.
func remark(text string) swap.Record {
	evidence := []byte("evidence of " + text)
	digest := swap.Digest(evidence)
	return swap.Record{Event: &swap.Correction{By: "ada", Note: text, Evidence: &digest}, Attachments: [][]byte{evidence}}
}

func TestGuest(t *testing.T) {
	w := newWorld(t, 12)
	s, g := hosted(t, w)
	ctx := t.Context()
	size := w.size(s)

	entries, err := g.Update(ctx, func(tables swap.Tables, at time.Time) ([]swap.Record, error) {
		if _, err := tables.Migration(); err != nil {
			return nil, err
		}
		return []swap.Record{remark("one"), remark("two")}, nil
	})
	w.must(err)
	if len(entries) != 2 || entries[0].Seq != size || entries[1].Kind != "correction" || w.size(s) != size+2 {
		t.Fatalf("entries %+v, size %d", entries, w.size(s))
	}
	stored, err := g.Entry(ctx, size+1)
	w.must(err)
	if string(stored.Body) != string(entries[1].Body) {
		t.Errorf("%s instead of %s", stored.Body, entries[1].Body)
	}
	digest := swap.Digest([]byte("evidence of two"))
	if got, err := g.Attachment(digest); err != nil || string(got) != "evidence of two" {
		t.Errorf("attachment %q, %v", got, err)
	}

	nothing, err := g.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { return nil, nil })
	if err != nil || len(nothing) != 0 {
		t.Errorf("an update of nothing: %v, %v", nothing, err)
	}
	mine := errors.New("mine")
	if _, err := g.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { return nil, mine }); !errors.Is(err, mine) {
		t.Errorf("the guest's own error became %v", err)
	}
	wrong := swap.Record{Event: &swap.ClaimChecked{Claim: 1 << 40, Code: swap.RecipientCode{Ethereum: swap.SeenNothing, Target: swap.SeenNothing}}}
	if _, err := g.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { return []swap.Record{remark("three"), wrong}, nil }); err == nil || !strings.Contains(err.Error(), "does not exist yet") {
		t.Errorf("a record that cannot be applied: %v", err)
	}
	if w.size(s) != size+2 {
		t.Errorf("%d entries after refused updates, expected %d", w.size(s), size+2)
	}
}

// TestGuestsAndHost: everybody decides on tables that hold all that was answered before.
func TestGuestsAndHost(t *testing.T) {
	w := newWorld(t, 12)
	s, g := hosted(t, w)
	const each = 20
	start := w.size(s)
	count := func(l swap.Ledger, name string) {
		for n := range each {
			entries, err := l.Update(context.Background(), func(tables swap.Tables, _ time.Time) ([]swap.Record, error) {
				return []swap.Record{remark(fmt.Sprintf("%s %d", name, n))}, nil
			})
			if err != nil || len(entries) != 1 {
				t.Errorf("%s, update %d: %v, %v", name, n, entries, err)
			}
		}
	}
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() { count(s, fmt.Sprint("host ", i)) })
		all.Go(func() { count(g, fmt.Sprint("guest ", i)) })
	}
	all.Wait()
	if got := w.size(s) - start; got != 6*each {
		t.Errorf("%d entries, expected %d", got, 6*each)
	}
}

// TestGuestLeaves: a guest that says something wrong, or nothing more, leaves no trace and keeps
// nobody out.
func TestGuestLeaves(t *testing.T) {
	w := newWorld(t, 12)
	s, g := hosted(t, w)
	size := w.size(s)
	for name, says := range map[string]string{
		"nothing":            "",
		"another beginning":  `{"no":true}` + "\n",
		"no JSON":            "records\n",
		"an unknown kind":    `{"records":[{"kind":"coin.minted","body":{}}]}` + "\n",
		"too long":           `{"records":[{"kind":"correction","body":{"by":"ada","note":"x"},"sizes":[9223372036854775807]}]}` + "\n",
		"a negative size":    `{"records":[{"kind":"correction","body":{"by":"ada","note":"x"},"sizes":[-1]}]}` + "\n",
		"half an attachment": `{"records":[{"kind":"correction","body":{"by":"ada","note":"x"},"sizes":[10]}]}` + "\nhalf",
	} {
		c, err := net.Dial("unix", filepath.Join(g.dir, socketFile))
		w.must(err)
		if name != "nothing" && name != "another beginning" {
			says = `{"update":true}` + "\n" + says
		}
		if _, err := c.Write([]byte(says)); err != nil {
			t.Errorf("Write of %s: got %v, want no error", name, err)
		}
		w.must(c.(*net.UnixConn).CloseWrite())
		w.must(c.Close())
	}
	w.add(s, remark("after"))
	if got := w.size(s); got != size+1 {
		t.Errorf("%d entries, expected %d", got, size+1)
	}
}

// TestGuestLooks: who only looks whether there is a host is not waited for by anybody.
func TestGuestLooks(t *testing.T) {
	w := newWorld(t, 12)
	_, g := hosted(t, w)
	c, err := net.Dial("unix", filepath.Join(g.dir, socketFile))
	w.must(err)
	w.must(c.(*net.UnixConn).CloseWrite())
	if said, err := io.ReadAll(c); len(said) > 0 || err != nil {
		t.Errorf("the host asked %q, %v", said, err)
	}
	w.must(c.Close())
}

// TestWatch: whoever watches is told of everybody's entries before those who appended them are
// answered.
func TestWatch(t *testing.T) {
	w := newWorld(t, 12)
	s, g := hosted(t, w)
	told := make(chan ledger.Entry, 10)
	s.Watch(func(entries []ledger.Entry) {
		for _, e := range entries {
			told <- e
		}
	})
	for name, l := range map[string]swap.Ledger{"the host": s, "a guest": g} {
		entries, err := l.Update(t.Context(), func(swap.Tables, time.Time) ([]swap.Record, error) { return []swap.Record{remark(name)}, nil })
		w.must(err)
		select {
		case e := <-told:
			if e.Seq != entries[0].Seq {
				t.Errorf("%s appended entry %d, and entry %d was told", name, entries[0].Seq, e.Seq)
			}
		default:
			t.Errorf("%s was answered before anybody was told", name)
		}
	}
	mine := errors.New("mine")
	if _, err := s.Update(t.Context(), func(swap.Tables, time.Time) ([]swap.Record, error) { return nil, mine }); !errors.Is(err, mine) || len(told) > 0 {
		t.Errorf("after an update that failed: %v, %d entries told", err, len(told))
	}
}
