package desk

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"go.uber.org/zap"

	"oxenswap/swap"
)

// Progress is how far the migration is, in atomic SESH.
type Progress struct {
	Size       uint64              `json:"size"` // entries that it was computed from
	At         time.Time           `json:"at"`   // of the last of them, to the day
	Claims     uint64              `json:"claims"`
	Payments   uint64              `json:"payments"`
	Waiting    int                 `json:"waiting"` // proofs of coins in the queue
	Programmes []ProgrammeProgress `json:"programmes"`
	Days       []Day               `json:"days"` // on which something changed, in order
	Basis      Basis               `json:"-"`
}

// ProgrammeProgress sums up one programme.
type ProgrammeProgress struct {
	Programme string    `json:"programme"`
	Kind      swap.Kind `json:"kind"`
	Cap       swap.Sesh `json:"cap"`
	Accounts  uint64    `json:"accounts"`  // that are owed something
	Claimants uint64    `json:"claimants"` // of them, with a claim
	Sums
}

// Sums are how far a programme is.
type Sums struct {
	Owed    swap.Sesh `json:"owed"`
	Claimed swap.Sesh `json:"claimed"` // of it, to accounts with a claim
	Given   swap.Sesh `json:"given"`   // by approved rounds
	Paid    swap.Sesh `json:"paid"`    // of what was given, in final blocks
}

// Day is where the programmes stood at the end of a day (UTC), in the order of Progress.Programmes.
type Day struct {
	Day  time.Time `json:"day"`
	Sums []Sums    `json:"sums"`
}

// graph is what Progress was last.
type graph struct {
	mu    sync.Mutex
	last  *Progress // nil: none yet
	since time.Time // when last was computed
	took  time.Duration
	next  *summing // nil: no computation is running
}

// summing is a Progress that is being computed.
type summing struct {
	done     chan struct{}
	progress *Progress
	err      error
}

const (
	// leastPause is how long Progress stays as it was at least: it goes through all that is owed
	// and given.
	leastPause = 2 * time.Second
	// sumTime bounds how long it may take.
	sumTime = 10 * time.Minute
	// mostStale is how old an answer may be while a newer one is computed, beside the time that the
	// last one took.
	mostStale = time.Minute
)

// Progress answers how far the migration is. It can be some seconds old, more where there is more
// to go through: one computation runs at a time, and while it does everybody is answered with what
// there was before.
func (d *Desk) Progress(ctx context.Context) (*Progress, error) {
	last, next := d.graph.get(d)
	if next == nil {
		return last, nil
	}
	select {
	case <-next.done:
		return next.progress, next.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// get returns the last answer, or the computation to wait for. It starts one when the last answer
// is due to be renewed.
func (g *graph) get(d *Desk) (*Progress, *summing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	age := time.Since(g.since)
	if g.last != nil && (age < max(leastPause, 20*g.took) || g.last.Size == d.stamps.any.Load()) {
		return g.last, nil
	}
	if g.next == nil {
		g.next = &summing{done: make(chan struct{})}
		// Others wait for it, so it does not end with who happened to ask first.
		go g.renew(d, g.next)
	}
	if g.last != nil && age < max(leastPause, 20*g.took)+mostStale {
		return g.last, nil
	}
	return nil, g.next
}

// renew computes an answer.
func (g *graph) renew(d *Desk, s *summing) {
	ctx, cancel := context.WithTimeout(context.Background(), sumTime)
	defer cancel()
	start := time.Now()
	s.progress, s.err = d.progress(ctx)
	if s.err != nil {
		d.zap.Warn("summing up the progress", zap.Error(s.err))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.err == nil {
		g.last, g.since, g.took = s.progress, time.Now(), time.Since(start)
	}
	g.next = nil
	close(s.done)
}

func (d *Desk) progress(ctx context.Context) (*Progress, error) {
	out := &Progress{}
	size, err := d.readTables(ctx, func(t swap.Tables, m swap.Migration) error {
		*out = Progress{Programmes: []ProgrammeProgress{}, Days: []Day{}}
		c := &counter{desk: d, t: t, m: m, out: out, days: map[time.Time][]Sums{}, index: map[string]int{}}
		for i := range m.Terms.Programmes {
			p := &m.Terms.Programmes[i]
			c.index[p.Name] = i
			out.Programmes = append(out.Programmes, ProgrammeProgress{Programme: p.Name, Kind: p.Kind, Cap: p.Cap})
			if err := c.owed(p, i); err != nil {
				return err
			}
		}
		if err := c.given(); err != nil {
			return err
		}
		c.close()
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Size, out.Waiting = size, d.queue.length()
	out.At = d.history.dayOf(size - 1)
	d.history.mu.RLock()
	out.Claims, out.Payments = uint64(len(d.history.claimed)), uint64(len(d.history.paid))
	d.history.mu.RUnlock()
	out.Basis = Basis{size: size}
	return out, nil
}

// counter adds up a migration day by day.
type counter struct {
	desk  *Desk
	t     swap.Tables
	m     swap.Migration
	out   *Progress
	index map[string]int
	days  map[time.Time][]Sums // what each day added
}

func (c *counter) at(day time.Time, programme int) *Sums {
	if c.days[day] == nil {
		c.days[day] = make([]Sums, len(c.m.Terms.Programmes))
	}
	return &c.days[day][programme]
}

// owed adds what a programme owes, on the day from which it does, and what of it is claimed.
func (c *counter) owed(p *swap.Programme, i int) error {
	all, err := swap.Owed(c.t, c.m, p)
	if err != nil {
		return err
	}
	settled, err := c.settled(all.Heights)
	if err != nil {
		return err
	}
	row := &c.out.Programmes[i]
	row.Accounts = uint64(len(all.Owings))
	for k := range all.Owings {
		o := &all.Owings[k]
		first, claimed := c.desk.history.firstClaim(o.Account)
		if claimed {
			row.Claimants++
		}
		add := func(day time.Time, amount swap.Sesh) {
			c.at(day, i).Owed += amount
			if claimed {
				if first.After(day) {
					day = first
				}
				c.at(day, i).Claimed += amount
			}
		}
		if p.Kind != swap.ConvertCoins {
			add(settled, o.Owed)
			continue
		}
		if err := c.proved(p, o, settled, add); err != nil {
			return err
		}
	}
	return nil
}

// settled is the day on which the last of some snapshots became final.
func (c *counter) settled(heights []uint64) (day time.Time, err error) {
	var last uint64
	for _, h := range heights {
		s, err := c.t.Snapshot(h)
		if err != nil {
			return day, err
		}
		last = max(last, s.Decided)
	}
	return c.desk.history.dayOf(last), nil
}

// proved adds what an account's proofs of coins came to, each on the day of its acceptance.
func (c *counter) proved(p *swap.Programme, o *swap.Owing, settled time.Time, add func(time.Time, swap.Sesh)) error {
	proofs, err := c.t.AccountProofs(o.Account)
	if err != nil {
		return err
	}
	proofs = slices.DeleteFunc(proofs, func(p swap.Proof) bool { return p.Status != swap.AcceptedProof })
	slices.SortFunc(proofs, func(a, b swap.Proof) int { return int(a.Judged) - int(b.Judged) })
	var before swap.Sesh
	for n := range proofs {
		now := o.Owed
		if n < len(proofs)-1 {
			some, err := swap.OwedTo(someProofs{c.t, proofs[:n+1]}, c.m, p, o.Account, swap.NewQuantity(1))
			if err != nil {
				return err
			}
			now = 0
			for _, o := range some.Owings {
				now = o.Owed
			}
		}
		day := c.desk.history.dayOf(proofs[n].Judged)
		if settled.After(day) {
			day = settled
		}
		add(day, now-before)
		before = now
	}
	return nil
}

// someProofs are tables that show some of an account's proofs.
type someProofs struct {
	swap.Tables
	proofs []swap.Proof
}

// AccountProofs implements swap.Tables.
func (t someProofs) AccountProofs(swap.Account) ([]swap.Proof, error) { return t.proofs, nil }

// given adds what rounds gave, on the day of their approval, and what of it is paid.
func (c *counter) given() error {
	rounds, err := c.t.Rounds()
	if err != nil {
		return err
	}
	for _, r := range rounds {
		if !r.Status.Published() {
			continue
		}
		approved := c.desk.history.dayOf(r.Approved)
		if err := c.t.Allocations(r.Round, func(a swap.Allocation) error {
			i := c.index[a.Programme]
			c.at(approved, i).Given += a.Amount
			if day, paid := c.desk.history.paidOn(a.Recipient, r.Round); paid && r.Status == swap.ActiveRound {
				c.at(day, i).Paid += a.Amount
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// close makes of what each day added what there was at its end.
func (c *counter) close() {
	sums := make([]Sums, len(c.m.Terms.Programmes))
	for _, day := range slices.SortedFunc(maps.Keys(c.days), time.Time.Compare) {
		for i, s := range c.days[day] {
			sums[i].Owed += s.Owed
			sums[i].Claimed += s.Claimed
			sums[i].Given += s.Given
			sums[i].Paid += s.Paid
		}
		c.out.Days = append(c.out.Days, Day{day, slices.Clone(sums)})
	}
	for i := range sums {
		c.out.Programmes[i].Sums = sums[i]
	}
}

// dayOf is the day on which an entry was written.
func (h *history) dayOf(entry uint64) time.Time {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.day(entry)
}

func (h *history) day(entry uint64) time.Time {
	i := sort.Search(len(h.days), func(i int) bool { return h.days[i].entry > entry })
	if i == 0 {
		return time.Time{}
	}
	return h.days[i-1].day
}

// firstClaim is the day of an account's first claim.
func (h *history) firstClaim(a swap.Account) (day time.Time, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	entry, ok := h.claimed[maphash.String(h.seed, string(a))]
	if !ok {
		return day, false
	}
	return h.day(entry), true
}

// paidOn is the day on which a recipient was paid what a round gave.
func (h *history) paidOn(to swap.EVMAddress, round uint64) (day time.Time, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	last, known := h.last[to]
	if !known {
		return day, false
	}
	for i := last; i >= 0; i = h.paid[i].before {
		if h.paid[i].round < round {
			break
		}
		day, ok = h.day(h.paid[i].entry), true
	}
	return day, ok
}
