package follow

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oxenswap/audit/logtest"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// fakeChain is what stands on chain. It implements Chain.
type fakeChain struct {
	live   round
	events []swap.Event
	final  uint64
	fail   error
	asked  int // blocks from which events were asked for, the last time
}

func (c *fakeChain) dial(context.Context, uint64) (Chain, error) { return c, c.fail }

func (c *fakeChain) Final(context.Context) (uint64, error) { return c.final, nil }

// BlockTime gives every block the minute of its number.
func (c *fakeChain) BlockTime(_ context.Context, block uint64) (time.Time, error) {
	return time.Date(2000, 1, 1, 0, int(block), 0, 0, time.UTC), nil
}

func (c *fakeChain) Live(context.Context, swap.EVMAddress, uint64) (uint64, swap.Hash, swap.Sesh, error) {
	return c.live.Round, c.live.Root, c.live.Total, nil
}

func (c *fakeChain) Events(_ context.Context, _ swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error {
	c.asked = int(from)
	for _, e := range c.events {
		body, err := ledger.MarshalBody(e)
		if err != nil {
			return err
		}
		var at swap.LogPosition
		if err := json.Unmarshal(body, &at); err != nil {
			return err
		}
		if at.Block < from || at.Block > to {
			continue
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// scene is a log that somebody watches. While the watch runs, mu guards what both sides use: the
// log, fail, looks and alarms.
type scene struct {
	*logtest.Log
	t      *testing.T
	w      *Watch
	mu     sync.Mutex
	fail   error // of opening the log
	looks  int
	alarms []Alarm
	chain  *fakeChain
}

func newScene(t *testing.T, entries int) *scene {
	s := &scene{Log: grown(t, entries), t: t, chain: &fakeChain{}}
	s.w = &Watch{
		Key: s.Key, StateFile: filepath.Join(t.TempDir(), "state"), Interval: time.Minute, Grace: time.Hour,
		Open: func(context.Context) (fs.FS, func(), error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.looks++
			if s.fail != nil {
				return nil, nil, s.fail
			}
			return s.Export(), func() {}, nil
		},
		OnAlarm: func(a Alarm) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.alarms = append(s.alarms, a)
			return nil
		},
	}
	return s
}

// look looks once and gives the kinds of alarms.
func (s *scene) look() (kinds []string) {
	s.t.Helper()
	seen, err := s.w.Look(s.t.Context())
	must(s.t, err)
	for _, a := range seen.Alarms {
		kinds = append(kinds, a.Kind)
	}
	s.alarms = seen.Alarms
	return kinds
}

func (s *scene) want(kinds ...string) {
	s.t.Helper()
	if got := s.look(); !slices.Equal(got, kinds) {
		s.t.Fatalf("the alarms are %v, want %v: %v", got, kinds, s.alarms)
	}
}

// TestLook: what a log may do, and what it may not do, between two looks.
func TestLook(t *testing.T) {
	s := newScene(t, 300)
	s.want()
	for range 20 {
		s.Add(&swap.Correction{Entry: 1, Note: "more", By: "ann"})
	}
	s.want()
	good := s.Log
	s.Log = good.Cut(310)
	s.want(Shrunk)
	s.Log = forked(good, 7)
	s.want(Fork)
	for _, which := range []string{s.alarms[0].Old, s.alarms[0].New} {
		if _, _, err := ledger.OpenCheckpoint([]byte(which), s.Key); err != nil {
			t.Errorf("an alarm of a fork proves nothing: %v", err)
		}
	}
	s.want(Fork) // and it is not forgotten
	s.Log = good
	s.want()

	other := logtest.New(t, "other.example/1")
	s.Log = other
	s.want(Unsigned)
	s.Log = good
	_, w := newWitness(t, "ann.example")
	s.w.Witnesses = append(s.w.Witnesses, w)
	s.want(Unsigned)
	s.w.Witnesses = nil

	s.w.Key = other.Key
	if _, err := s.w.Look(t.Context()); !errors.As(err, new(*StateError)) {
		t.Errorf("another log with this state file: %v", err)
	}
	s.w.Key = good.Key
	must(t, os.WriteFile(s.w.StateFile, []byte("{}"), 0o600))
	if _, err := s.w.Look(t.Context()); !errors.As(err, new(*StateError)) {
		t.Errorf("a broken state file: %v", err)
	}
}

// TestStateFile: it is replaced whole, and only files of this program are taken for it.
func TestStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s, err := ReadState(path)
	must(t, err)
	s.Checkpoint = "x"
	s.Chain = &chainState{Unlogged: []event{{Kind: "payout.seen", Body: `{"a":"<&>"}`}}}
	must(t, s.Write(path))
	again, err := ReadState(path)
	must(t, err)
	if again.Checkpoint != "x" || again.Chain.Unlogged[0].Body != s.Chain.Unlogged[0].Body {
		t.Errorf("it came back as %+v", again)
	}
	must(t, again.Write(path))
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(list) != 1 {
		t.Errorf("the folder holds %v, %v", list, err)
	}
	for _, bad := range []string{"", "x", `{"version":2}`, `{"version":1,"more":1}`, `{"version":1}{}`} {
		must(t, os.WriteFile(path, []byte(bad), 0o600))
		if _, err := ReadState(path); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if err := s.Write(filepath.Join(path, "below")); err == nil {
		t.Error("it was written below a file")
	}
}

// TestRun: looks come at the interval, pauses grow while they fail, alarms are sent once and once
// more when they are over, and a fork ends the watch.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 10)
		s.w.MaxAge = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		// The test holds the scene, but for the time that it lets pass.
		s.mu.Lock()
		defer s.mu.Unlock()
		go func() { done <- s.w.Run(ctx) }()
		pass := func(d time.Duration) {
			s.mu.Unlock()
			time.Sleep(d) // of the bubble's clock
			synctest.Wait()
			s.mu.Lock()
		}
		told := func(want ...string) {
			t.Helper()
			var got []string
			for _, a := range s.alarms {
				word := a.Kind
				if a.Over {
					word += " over"
				}
				got = append(got, word)
			}
			if !slices.Equal(got, want) {
				t.Errorf("told %v, want %v", got, want)
			}
			s.alarms = nil
		}
		pass(time.Second)
		// The bubble's clock starts in 2000, long before the log's last entry.
		told()
		pass(5 * time.Minute)
		if s.looks != 6 {
			t.Errorf("%d looks in five minutes", s.looks)
		}

		s.fail = errors.New("no route")
		pass(time.Minute) // fails, the next in 2
		pass(2 * time.Minute)
		told()
		pass(4 * time.Minute)
		told(Unreachable)
		before := s.looks
		pass(2 * time.Hour)
		told()
		if n := s.looks - before; n > 7 {
			t.Errorf("%d looks in two hours at a log that does not answer", n)
		}
		s.fail = nil
		pass(time.Hour)
		told("unreachable over")

		s.Log = forked(s.Log, 3)
		pass(time.Minute)
		told(Fork)
		if err := <-done; !errors.Is(err, ErrAlarmed) {
			t.Errorf("the watch ended with %v", err)
		}

		s.Log = grown(t, 10)
		go func() { done <- s.w.Run(ctx) }()
		pass(time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped: %v", err)
		}
	})
}

// TestStale: the last entry's age is that of the news.
func TestStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, 300)
		s.w.MaxAge = time.Hour
		last := logtest.Start.Add(299 * time.Second)
		time.Sleep(time.Until(last.Add(time.Hour))) // of the bubble's clock, as below
		s.want()
		time.Sleep(time.Second)
		s.want(Stale)
		s.w.MaxAge = 0
		s.want()
	})
}

// world adds a distributor and an approved round to the log.
func (s *scene) world() {
	s.Add(&swap.RoundBuilt{Round: 1, Root: swap.Hash{1}, Total: 100})
	s.Add(&swap.RoundBuilt{Round: 2, Root: swap.Hash{2}, Total: 100})
	s.Add(&swap.RoundAbandoned{Round: 1})
	s.Add(&swap.DistributorDeployed{Distributor: swap.Distributor{Address: swap.EVMAddress{1}, ChainID: 1337, Block: 5}})
	s.w.Chain = s.chain.dial
	s.chain.final = 100
}

// position is the n-th event of a block.
func position(block, n uint64) swap.LogPosition {
	return swap.LogPosition{Tx: swap.Hash{byte(block), byte(n)}, Block: block, BlockHash: swap.Hash{byte(block)}, LogIndex: n}
}

// proposal is one that follows from the log as it is.
func (s *scene) proposal(block uint64) *swap.RootProposed {
	root, err := ledger.TreeHash(int64(len(s.Lines)), s.Hashes())
	must(s.t, err)
	return &swap.RootProposed{Round: 2, Root: swap.Hash{2}, Total: 100, LedgerSize: uint64(len(s.Lines)), LedgerRoot: swap.Hash(root), LogPosition: position(block, 0)}
}

func (s *scene) onChain(e swap.Event, logged bool) {
	s.chain.events = append(s.chain.events, e)
	if logged {
		s.Add(e)
	}
}

// TestWatchChain: what the log and the chain tell of each other.
func TestWatchChain(t *testing.T) {
	// now is block 120 of the chain's clock, whose grace of an hour reaches back to block 60.
	at := func(minute int) { time.Sleep(time.Until(time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC))) } // of the bubble's clock
	payout := func(block uint64) *swap.PayoutSeen {
		return &swap.PayoutSeen{Recipient: swap.EVMAddress{7}, Amount: 5, Cumulative: 5, Round: 2, LogPosition: position(block, 1)}
	}
	run := func(name string, f func(s *scene)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, 300)
				s.world()
				at(120)
				f(s)
			})
		})
	}
	run("all is well", func(s *scene) {
		s.onChain(s.proposal(10), true)
		s.onChain(&swap.RootActivated{Round: 2, Root: swap.Hash{2}, LogPosition: position(11, 0)}, true)
		s.chain.live = round{2, swap.Hash{2}, 100}
		s.onChain(payout(12), true)
		s.want()
		state, err := ReadState(s.w.StateFile)
		must(s.t, err)
		if c := state.Chain; c.Block != 100 || c.Read != int64(len(s.Lines)) || len(c.Logged)+len(c.Unlogged)+len(c.Proposed) != 0 {
			s.t.Errorf("it remembers %+v", c)
		}
		s.chain.final = 110
		s.want()
		if s.chain.asked != 101 {
			s.t.Errorf("blocks from %d on were asked for again", s.chain.asked)
		}
	})
	run("a payment without an entry", func(s *scene) {
		s.onChain(payout(70), false)
		s.want() // 50 minutes old
		at(130)
		s.want()
		at(131)
		s.want(Unlogged)
		if !strings.Contains(s.alarms[0].What, "1 payout.seen on chain without an entry") || strings.Contains(s.alarms[0].What, "still") {
			s.t.Errorf("it says %q", s.alarms[0].What)
		}
		s.Add(s.chain.events[0])
		s.want() // at last
	})
	run("no checkpoint though there is news", func(s *scene) {
		s.want()
		s.chain.final = 125
		at(130)
		s.onChain(payout(125), false)
		s.want()
		at(186)
		s.want(Unlogged)
		if !strings.Contains(s.alarms[0].What, "the checkpoint is still that of 2000-01-01T02:00:00Z") {
			s.t.Errorf("it says %q", s.alarms[0].What)
		}
	})
	run("an entry without a payment", func(s *scene) {
		s.Add(payout(101))
		s.want() // the chain was read up to 100
		s.chain.final = 101
		s.want(Phantom)
		s.want(Phantom)
	})
	run("another amount", func(s *scene) {
		s.onChain(payout(20), false)
		more := payout(20)
		more.Amount = 6
		s.Add(more)
		s.want(Phantom, Unlogged)
	})
	for name, change := range map[string]func(*swap.RootProposed){
		"a root":          func(p *swap.RootProposed) { p.Root = swap.Hash{9} },
		"a total":         func(p *swap.RootProposed) { p.Total++ },
		"a ledger root":   func(p *swap.RootProposed) { p.LedgerRoot[0]++ },
		"a round":         func(p *swap.RootProposed) { p.Round = 3 },
		"abandoned round": func(p *swap.RootProposed) { p.Round, p.Root = 1, swap.Hash{1} },
	} {
		run("a wrong proposal: "+name, func(s *scene) {
			p := s.proposal(100)
			change(p)
			s.onChain(p, false)
			s.want(WrongRoot) // at once
			s.Add(p)
			s.want(WrongRoot) // an entry does not make it right
			s.chain.final = 105
			s.onChain(&swap.RootCancelled{Round: p.Round, Root: p.Root, LogPosition: position(103, 0)}, true)
			s.want()
		})
	}
	run("a proposal of a log that is not public yet", func(s *scene) {
		public := s.Log
		s.Log = public.Fork()
		s.Add(&swap.Correction{Entry: 1, Note: "later", By: "ann"})
		later := s.Log
		p := s.proposal(100)
		s.chain.events = append(s.chain.events, p)
		s.Log = public
		s.want()
		s.Log = later
		s.want()
		s.Add(p)
		s.want()
	})
	run("another live root", func(s *scene) {
		s.chain.live = round{2, swap.Hash{9}, 100}
		s.want(WrongRoot)
	})
	run("a chain that does not answer", func(s *scene) {
		s.chain.fail = errors.New("connection refused")
		if _, err := s.w.Look(s.t.Context()); err == nil || !strings.Contains(err.Error(), "chain: connection refused") {
			s.t.Errorf("look without a chain: error %v, want that the connection was refused", err)
		}
		s.chain.fail = nil
		s.want()
	})
}
