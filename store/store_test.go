package store

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

func TestStory(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, 12)
	s := w.create(dir)
	w.story(s)
	v := w.verify(s.Reader)

	live := dump(t, s.Reader)
	for _, table := range projections() {
		if !strings.Contains(live, table.table+"\n\t") {
			t.Errorf("the story leaves nothing in %s", table.table)
		}
	}
	if err := s.Rebuild(context.Background()); err != nil {
		t.Fatal(err)
	}
	if again := dump(t, s.Reader); again != live {
		t.Errorf("rebuilt projections differ:\n%s\ninstead of\n%s", again, live)
	}
	if got := w.verify(s.Reader); got != v {
		t.Errorf("Rebuild changed the log: %+v instead of %+v", got, v)
	}
	w.must(s.Close())

	s = w.open(dir)
	defer s.Close()
	if again := dump(t, s.Reader); again != live {
		t.Error("projections differ after opening again")
	}
	if got := w.verify(s.Reader); got != v {
		t.Errorf("after opening again: got %+v, want %+v", got, v)
	}
	var frontier ledger.Frontier
	n := uint64(0)
	w.must(s.Entries(context.Background(), 0, 1<<40, func(e Stored) error {
		if e.Seq != n {
			t.Errorf("entry %d where %d was expected", e.Seq, n)
		}
		n++
		frontier.Append(ledger.RecordHash(e.Bytes))
		root, err := s.RootAt(context.Background(), n)
		if err == nil && root != frontier.Tree().Hash {
			t.Errorf("the root of %d entries is %v instead of %v", n, root, frontier.Tree().Hash)
		}
		return err
	}))
	if n != v.Entries || frontier.Tree().Hash != v.Root {
		t.Errorf("%d entries with root %v, Verify says %+v", n, frontier.Tree().Hash, v)
	}
	msg, err := s.Checkpoint()
	w.must(err)
	c, _, err := ledger.OpenCheckpoint(msg, s.Key())
	w.must(err)
	if c.Tree != (tlog.Tree{N: int64(n), Hash: v.Root}) || c.Origin != w.terms.Origin() {
		t.Errorf("checkpoint %+v", c)
	}
	if _, err := s.Entry(context.Background(), n); !errors.Is(err, swap.ErrNotFound) {
		t.Errorf("the entry behind the last: %v", err)
	}
	if _, err := s.Attachment(swap.Hash{1}); !errors.Is(err, swap.ErrAttachment) {
		t.Errorf("an unknown attachment: %v", err)
	}
}

func TestExport(t *testing.T) {
	w := newWorld(t, 12)
	s := w.create(t.TempDir())
	defer s.Close()
	w.story(s)
	msg, err := s.Checkpoint()
	w.must(err)
	dir := t.TempDir()
	_, err = ledger.WriteExport(t.Context(), dir, s, ledger.ExportConfig{Checkpoint: msg, Signer: w.signer, Key: s.Key(), Withhold: ledger.WithholdNothing})
	w.must(err)

	// An earlier checkpoint exports only what its entries name.
	var early uint64
	w.must(s.Entries(context.Background(), 0, 1<<40, func(e Stored) error {
		if e.Kind == "snapshot.taken" && early == 0 {
			early = e.Seq
		}
		return nil
	}))
	digests, err := s.Attachments(t.Context(), int64(early))
	w.must(err)
	if len(digests) != 1 || digests[0] != ledger.DigestOf(w.terms.Canonical()) {
		t.Errorf("the first %d entries name %v: expected the terms only", early, digests)
	}
}

func TestCreate(t *testing.T) {
	ctx := context.Background()
	t.Run("leaves nothing behind", func(t *testing.T) {
		w := newWorld(t, 4)
		other, _ := w.key("someone.else/0011223344556677")
		for _, test := range []struct {
			name    string
			options Options
			first   []swap.Record
			want    string
		}{
			{"no key", Options{}, w.first(), "key is missing"},
			{"another key", Options{Signer: other, Clock: w.clock.Now}, w.first(), "not the ledger's"},
			{"nothing", w.options(), nil, "first record"},
			{"no terms", w.options(), []swap.Record{{Event: w.first()[0].Event}}, "attachment is missing"},
			{"another first entry", w.options(), w.first()[1:], "migration.opened"},
			{"a refused second one", w.options(), append(w.first()[:1:1], swap.Record{Event: &swap.ConfigSet{By: "nobody"}}), "operator"},
		} {
			dir := t.TempDir()
			_, err := Create(ctx, dir, test.options, test.first)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v: expected %q", test.name, err, test.want)
			}
			left, err := os.ReadDir(dir)
			w.must(err)
			if len(left) > 0 {
				t.Errorf("%s: %v is left", test.name, left)
			}
		}
	})
	for _, name := range []string{databaseFile, checkpointFile} {
		t.Run("refuses "+name, func(t *testing.T) {
			w := newWorld(t, 4)
			dir := t.TempDir()
			w.must(os.WriteFile(dir+"/"+name, []byte("precious"), 0o600))
			if _, err := Create(ctx, dir, w.options(), w.first()); err == nil || !strings.Contains(err.Error(), "never replaced") {
				t.Errorf("Create: got %v, want one with %q", err, "never replaced")
			}
			if data, err := os.ReadFile(dir + "/" + name); err != nil || string(data) != "precious" {
				t.Errorf("%s after Create: got %q, %v, want it unchanged", name, data, err)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 4)
	dir := t.TempDir()
	s := w.create(dir)
	defer s.Close()
	w.add(s, w.taken(240))

	t.Run("nothing to record", func(t *testing.T) {
		before, err := os.ReadFile(dir + "/" + checkpointFile)
		w.must(err)
		entries, err := appendTo(s)
		if err != nil || len(entries) != 0 {
			t.Errorf("appendTo of nothing: got %v, %v, want no entries", entries, err)
		}
		if after, _ := os.ReadFile(dir + "/" + checkpointFile); string(after) != string(before) {
			t.Error("the checkpoint changed")
		}
	})
	t.Run("an error of decide comes back as it is", func(t *testing.T) {
		mine := errors.New("mine")
		if _, err := s.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { return w.first(), mine }); err != mine {
			t.Errorf("Update: got %v, want %v", err, mine)
		}
	})
	t.Run("all or none", func(t *testing.T) {
		live, size := dump(t, s.Reader), w.size(s)
		claim := w.claim(0, 1, w.address())
		_, err := appendTo(s, swap.Record{Event: claim}, swap.Record{Event: claim})
		var refusal *swap.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != swap.ReasonAlreadyUsed {
			t.Errorf("appendTo: got %v, want a refusal for %s", err, swap.ReasonAlreadyUsed)
		}
		if w.size(s) != size || dump(t, s.Reader) != live {
			t.Error("something is left of an update that failed")
		}
		w.verify(s.Reader)
	})
	t.Run("only Apply gets tables that it can write", func(t *testing.T) {
		readOnly := func(who string, tables swap.Tables) {
			if _, writable := tables.(swap.WritableTables); writable {
				t.Errorf("%s gets tables with setters, %T", who, tables)
			}
		}
		w.must(s.View(ctx, func(t swap.Tables, _ uint64) error { readOnly("View", t); return nil }))
		_, err := s.Update(ctx, func(t swap.Tables, _ time.Time) ([]swap.Record, error) { readOnly("Update", t); return nil, nil })
		w.must(err)
	})
	t.Run("a view ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := s.View(ctx, func(t swap.Tables, _ uint64) error {
			cancel()
			for {
				if _, err := t.Rounds(); err != nil {
					return err
				}
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a look-up after the context has ended: got %v, want %v", err, context.Canceled)
		}
	})
	t.Run("attachments", func(t *testing.T) {
		r := w.taken(250)
		less := r
		less.Attachments = r.Attachments[:2]
		if _, err := appendTo(s, less); !errors.Is(err, swap.ErrAttachment) {
			t.Errorf("one is missing: %v", err)
		}
		more := r
		more.Attachments = append(r.Attachments[:len(r.Attachments):len(r.Attachments)], []byte("unnamed"))
		if _, err := appendTo(s, more); err == nil || !strings.Contains(err.Error(), "without naming it") {
			t.Errorf("one is not named: %v", err)
		}
		w.add(s, r)
		for _, want := range r.Attachments {
			if got, err := s.Attachment(swap.Digest(want)); err != nil || string(got) != string(want) {
				t.Errorf("Attachment: got %q, %v, want %q", got, err, want)
			}
		}
		w.verify(s.Reader)
	})
	t.Run("a panic reaches its caller only", func(t *testing.T) {
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v", p)
				}
			}()
			s.Update(ctx, func(swap.Tables, time.Time) ([]swap.Record, error) { panic("boom") })
		}()
		w.add(s, swap.Record{Event: w.claim(0, 1, w.address())})
	})
	t.Run("a cancelled update leaves nothing", func(t *testing.T) {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		size := w.size(s)
		if _, err := s.Update(cancelled, func(swap.Tables, time.Time) ([]swap.Record, error) {
			return []swap.Record{{Event: w.claim(1, 1, w.address())}}, nil
		}); !errors.Is(err, context.Canceled) || w.size(s) != size {
			t.Errorf("Update: got %v, want %v", err, context.Canceled)
		}
	})
	t.Run("the clock", func(t *testing.T) {
		at := func() (at time.Time, err error) {
			_, err = s.Update(ctx, func(_ swap.Tables, now time.Time) ([]swap.Record, error) {
				at = now
				return nil, nil
			})
			return at, err
		}
		last := w.clock.Now()
		w.clock.move(1500 * time.Millisecond)
		if got, err := at(); err != nil || !got.Equal(last.Add(time.Second)) {
			t.Errorf("%v, %v: expected whole seconds", got, err)
		}
		w.clock.move(-time.Minute)
		if got, err := at(); err != nil || got.Before(last) {
			t.Errorf("%v, %v: entries go back in time", got, err)
		}
		w.clock.move(-time.Hour)
		if _, err := at(); err == nil || !strings.Contains(err.Error(), "set the clock") {
			t.Errorf("an update with the clock behind: got %v, want one with %q", err, "set the clock")
		}
		w.clock.move(2 * time.Hour)
		if _, err := at(); err != nil {
			t.Error(err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		w.must(s.Close())
		if _, err := appendTo(s); !errors.Is(err, ErrClosed) {
			t.Errorf("appendTo: got %v, want %v", err, ErrClosed)
		}
		if err := s.Close(); !errors.Is(err, ErrClosed) {
			t.Errorf("Close: got %v, want %v", err, ErrClosed)
		}
	})
}

func (w *world) size(s *Store) uint64 {
	w.Helper()
	size, err := s.Size(context.Background())
	w.must(err)
	return size
}

// Updates, views, exports and a second reader at once. Run with -race.
func TestConcurrent(t *testing.T) {
	ctx := context.Background()
	const holders, each = 24, 4
	w := newWorld(t, holders)
	dir := t.TempDir()
	s := w.create(dir)
	defer s.Close()
	w.add(s, w.taken(240))
	claims := make([][]*swap.ClaimAccepted, holders)
	for i := range claims {
		for n := range each {
			claims[i] = append(claims[i], w.claim(i, uint32(n+1), w.address()))
		}
	}
	outside, err := OpenReader(ctx, dir)
	w.must(err)
	defer outside.Close()

	var writers, watchers sync.WaitGroup
	stop := make(chan struct{})
	for i := range claims {
		writers.Go(func() {
			for n, c := range claims[i] {
				entries, err := appendTo(s, swap.Record{Event: c})
				if err != nil || len(entries) != 1 {
					t.Errorf("appendTo: got %v, %v, want one entry", entries, err)
					return
				}
				// What was answered is on disk and under a checkpoint, for other processes too.
				if e, err := outside.Entry(ctx, entries[0].Seq); err != nil || e.Kind != "claim.accepted" {
					t.Errorf("Entry: got %v, %v, want a claim.accepted", e, err)
				}
				msg, err := outside.Checkpoint()
				if err != nil {
					t.Error(err)
					return
				}
				if c, _, err := ledger.OpenCheckpoint(msg, outside.Key()); err != nil || uint64(c.N) <= entries[0].Seq {
					t.Errorf("entry %d was answered under a checkpoint of %d entries: %v", entries[0].Seq, c.N, err)
				}
				// A failing neighbour in the same batch changes nothing.
				if _, err := appendTo(s, swap.Record{Event: claims[i][n]}); err == nil {
					t.Error("a claim was accepted twice")
				}
			}
		})
	}
	for _, r := range []*Reader{s.Reader, outside} {
		watchers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := r.View(ctx, func(t swap.Tables, size uint64) error {
					claims := uint64(0)
					if err := t.LatestClaims(func(c swap.Claim) error { claims += uint64(c.Sequence); return nil }); err != nil {
						return err
					}
					if size != claims+3 {
						return errors.New("a view of half a transaction")
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	watchers.Wait()
	if got := w.verify(s.Reader); got.Entries != 3+holders*each {
		t.Errorf("%d entries", got.Entries)
	}
}
