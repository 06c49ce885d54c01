package desk

import (
	"context"
	"errors"
	"hash/maphash"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// Basis is what an answer rests on.
type Basis struct {
	size    uint64 // entries that it was computed from, at least
	until   time.Time
	subject []uint32 // slots of the accounts, recipients and claims that it is about; nil: any new entry may change it
}

// Always is the basis of what never changes.
func Always() Basis { return Basis{size: math.MaxUint64, subject: []uint32{}} }

// stamps say from which ledger size on an answer about something is current: the number of entries
// after the last one that changed it. Accounts share slots, so an answer may be invalidated without
// need, but a stale one is never kept.
type stamps struct {
	all atomic.Uint64 // concerns every answer
	any atomic.Uint64 // entries read
	// entitling is raised by what may make an account entitled.
	entitling atomic.Uint64
	slots     [1 << 16]atomic.Uint64
}

var seed = maphash.MakeSeed()

func slot(key string) uint32 { return uint32(maphash.String(seed, key) >> 48) }

func accountSlot(a swap.Account) uint32      { return slot(string(a)) }
func recipientSlot(a swap.EVMAddress) uint32 { return slot(string(a[:])) }

func raise(to *atomic.Uint64, size uint64) {
	for {
		now := to.Load()
		if now >= size || to.CompareAndSwap(now, size) {
			return
		}
	}
}

// Holds reports whether an answer with this basis would still be the same.
func (d *Desk) Holds(b *Basis) bool {
	if b.size < d.stamps.all.Load() || !b.until.IsZero() && !d.now().Before(b.until) {
		return false
	}
	if b.subject == nil {
		return b.size >= d.stamps.any.Load()
	}
	for _, s := range b.subject {
		if b.size < d.stamps.slots[s].Load() {
			return false
		}
	}
	return true
}

// note invalidates the answers that an entry changes.
func (d *Desk) note(seq uint64, event swap.Event) {
	size := seq + 1
	raise(&d.stamps.any, size)
	at := func(slots ...uint32) {
		for _, s := range slots {
			raise(&d.stamps.slots[s], size)
		}
	}
	switch event.(type) {
	case *swap.SnapshotTaken, *swap.ProofAccepted:
		raise(&d.stamps.entitling, size)
	}
	switch e := event.(type) {
	case *swap.ClaimAccepted:
		at(accountSlot(e.Account))
	case *swap.ProofReceived:
		at(accountSlot(e.Account))
	case *swap.ProofAccepted:
		at(accountSlot(e.Account))
	case *swap.ProofRefused:
		at(accountSlot(e.Account))
	case *swap.PayoutSeen:
		at(recipientSlot(e.Recipient))
	case *swap.SnapshotEvidence, *swap.ClaimRefused, *swap.ClaimChecked, *swap.LegacyImported, *swap.PushPlanned, *swap.RailHit, *swap.TxMined:
	case *swap.TxSigned:
		if e.Purpose == swap.PurposePropose {
			raise(&d.stamps.all, size)
		}
	default:
		raise(&d.stamps.all, size)
	}
}

// Note invalidates the answers that just appended entries change, so that the next answer includes
// them. Run finds the entries too, a moment later.
func (d *Desk) Note(entries []ledger.Entry) {
	for _, e := range entries {
		if event, err := swap.DecodeEvent(e.Kind, e.Body); err == nil {
			d.note(e.Seq, event)
		}
	}
}

// poll is how often Run checks the ledger for entries that other processes appended.
const poll = 100 * time.Millisecond

// Run reads the ledger, keeps answers up to date and judges proofs of coins, until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	if err := d.requeue(ctx); err != nil {
		return err
	}
	var group sync.WaitGroup
	for range d.limits.Judges {
		group.Go(func() { d.judge(ctx) })
	}
	defer group.Wait()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	failing := false
	for {
		err := d.Follow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			d.zap.Error("reading the ledger", zap.Error(err))
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Follow reads the entries that are new.
func (d *Desk) Follow(ctx context.Context) error {
	size, err := d.log.Size(ctx)
	if err != nil {
		return err
	}
	if err := d.catchUp(ctx, size); err != nil {
		return err
	}
	return d.updateEntitled(ctx)
}

const (
	startTime = 2 * time.Second // after which clients retry while the ledger is read for the first time
	maxBehind = 20_000          // entries that a request may wait for
)

// catchUp reads entries into the history until it has at least size of them.
func (d *Desk) catchUp(ctx context.Context, size uint64) error {
	if d.history.read() >= size {
		return nil
	}
	d.reading.Lock()
	defer d.reading.Unlock()
	for {
		from := d.history.read()
		if from >= size {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := d.log.Records(ctx, int64(from), int64(min(from+256, size)))
		if err != nil {
			return err
		}
		for _, raw := range list {
			e, err := ledger.ParseEntry(raw)
			if err != nil {
				return err
			}
			event, err := swap.DecodeEvent(e.Kind, e.Body)
			if err != nil {
				return err
			}
			d.history.add(e, event)
			d.note(e.Seq, event)
		}
	}
}

// errBehind says that the tables hold entries that the history does not.
var errBehind = errors.New("the history is behind the tables")

// view is readTables for quick questions. Few run at one time: they need only processor time, and
// recording claims needs some of it too.
func (d *Desk) view(ctx context.Context, read func(t swap.Tables, m swap.Migration) error) (size uint64, err error) {
	select {
	case d.views <- struct{}{}:
		defer func() { <-d.views }()
		return d.readTables(ctx, read)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// readTables runs read on tables and a history that holds the same entries at least. read must not
// ask the log itself.
func (d *Desk) readTables(
	ctx context.Context, read func(t swap.Tables, m swap.Migration) error,
) (size uint64, err error) {
	for {
		err := d.log.View(ctx, func(t swap.Tables, n uint64) error {
			size = n
			if d.history.read() < n {
				return errBehind
			}
			m, err := t.Migration()
			if err != nil {
				return err
			}
			return read(t, m)
		})
		if err != errBehind {
			return size, err
		}
		// Right after the start Run reads the whole ledger, which takes too long for a request.
		if size-d.history.read() > maxBehind {
			return size, &RetryLater{Reason: RetryStart, After: startTime}
		}
		if err := d.catchUp(ctx, size); err != nil {
			return size, err
		}
	}
}

// history is what the entries say beyond the tables: when things happened, and who was paid. It
// grows with the number of payments and claims, by some 100 bytes each.
type history struct {
	mu      sync.RWMutex
	size    uint64
	days    []mark
	rounds  map[uint64]*roundMarks
	paid    []payment
	last    map[swap.EVMAddress]int32 // index of the recipient's last payment
	claimed map[uint64]uint64         // the account's hash -> its first claim's entry
	seed    maphash.Seed
}

// mark is the first entry of a day (UTC).
type mark struct {
	day   time.Time
	entry uint64
}

// roundMarks are the entries about one round.
type roundMarks struct {
	root                              swap.Hash
	built, proposed, activated, ended *Evidence
	approvals                         []Evidence
	liveAt                            *time.Time // of the proposed root
}

// approved is the approval of an entry.
func (r *roundMarks) approved(entry uint64) *Evidence {
	if i := slices.IndexFunc(r.approvals, func(e Evidence) bool { return e.Entry == entry }); i >= 0 {
		return &r.approvals[i]
	}
	return nil
}

// payment is a row of the history's payments, linked to the recipient's one before; -1: there is
// none.
type payment struct {
	entry, round, block uint64
	at                  int64 // Unix seconds
	amount, cumulative  swap.Sesh
	tx                  swap.Hash
	before              int32
}

func (p *payment) evidence() *Evidence {
	tx := p.tx
	return &Evidence{Entry: p.entry, At: time.Unix(p.at, 0).UTC(), Tx: &tx, Block: p.block}
}

func (h *history) init() {
	h.rounds, h.last, h.claimed, h.seed = map[uint64]*roundMarks{}, map[swap.EVMAddress]int32{}, map[uint64]uint64{}, maphash.MakeSeed()
}

func (h *history) read() uint64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.size
}

func (h *history) add(e ledger.Entry, event swap.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.size = e.Seq + 1
	if day := e.Time.Truncate(24 * time.Hour); len(h.days) == 0 || day.After(h.days[len(h.days)-1].day) {
		h.days = append(h.days, mark{day, e.Seq})
	}
	round := func(n uint64) *roundMarks {
		if h.rounds[n] == nil {
			h.rounds[n] = &roundMarks{}
		}
		return h.rounds[n]
	}
	here := &Evidence{Entry: e.Seq, At: e.Time}
	chain := func(p swap.LogPosition) *Evidence {
		return &Evidence{Entry: e.Seq, At: e.Time, Tx: &p.Tx, Block: p.Block}
	}
	switch event := event.(type) {
	case *swap.ClaimAccepted:
		key := maphash.String(h.seed, string(event.Account))
		if _, known := h.claimed[key]; !known {
			h.claimed[key] = e.Seq
		}
	case *swap.RoundBuilt:
		r := round(event.Round)
		r.root, r.built = event.Root, here
	case *swap.RoundApproved:
		r := round(event.Round)
		r.approvals = append(r.approvals[:len(r.approvals):len(r.approvals)], *here)
	case *swap.RoundAbandoned:
		round(event.Round).ended = here
	// A root that this ledger did not build is an alarm and no step of the round with its number.
	case *swap.RootProposed:
		if r := round(event.Round); r.root == event.Root {
			at := time.Unix(int64(event.LiveAt), 0).UTC()
			r.proposed, r.liveAt = chain(event.LogPosition), &at
		}
	case *swap.RootActivated:
		if r := round(event.Round); r.root == event.Root {
			r.activated = chain(event.LogPosition)
		}
	case *swap.RootCancelled:
		if r := round(event.Round); r.root == event.Root {
			r.ended = chain(event.LogPosition)
		}
	case *swap.PayoutSeen:
		p := payment{
			entry: e.Seq, round: event.Round, block: event.Block, at: e.Time.Unix(),
			amount: event.Amount, cumulative: event.Cumulative, tx: event.Tx, before: -1,
		}
		if before, ok := h.last[event.Recipient]; ok {
			p.before = before
		}
		h.last[event.Recipient] = int32(len(h.paid))
		h.paid = append(h.paid, p)
	}
}

// payments are those to a recipient, the first one first.
func (h *history) payments(to swap.EVMAddress) []payment {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []payment
	i, ok := h.last[to]
	for ; ok && i >= 0; i = h.paid[i].before {
		out = append(out, h.paid[i])
	}
	slices.Reverse(out)
	return out
}

// round is what is recorded about a round.
func (h *history) round(n uint64) roundMarks {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if r := h.rounds[n]; r != nil {
		return *r
	}
	return roundMarks{}
}
