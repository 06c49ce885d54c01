package sender_test

import (
	"context"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/ethclient/reconcile"
	"oxenswap/ethclient/sender"
	"oxenswap/ethclient/sender/bindings"
	"oxenswap/swap"
)

// paidWorld is a world after two rounds of which the second is pushed in part by a holder.
func paidWorld(t *testing.T) *world {
	t.Helper()
	w := liveWorld(t, even(8, 5000)...)
	must(t, w.push(1)(t.Context(), w.sender()))
	w.approve(0, 7000, 9000)
	w.publish(2)
	p, err := w.treeOf(2).ProofOf(common.Address(holder(1)))
	must(t, err)
	path := make([][32]byte, len(p.Path))
	for i, h := range p.Path {
		path[i] = h
	}
	m, err := w.tables.Migration()
	must(t, err)
	at := common.Address(m.Distributor.Address)
	w.sendRaw(t, w.stranger, &at, bindings.NewSessionTokenDistributor().PackClaim(p.Leaf.Account, p.Leaf.Amount.ToBig(), path))
	for range deep {
		w.sim.Commit()
	}
	must(t, w.push(2)(t.Context(), w.sender()))
	return w
}

func TestReconcileClean(t *testing.T) {
	w := paidWorld(t)
	before := len(w.log)
	r, err := w.sender().Reconcile(t.Context())
	must(t, err)
	if len(r.Differences) != 0 || r.Payments != 10 || r.Recipients != 8 || r.Paid != 56000 || r.Owed != 0 || r.Newer != 0 {
		t.Errorf("the reconciliation: got %+v, want 10 payments, 56000, no difference", r)
	}
	if len(w.log) != before {
		t.Errorf("%d entries were appended", len(w.log)-before)
	}
	w.check()
}

// bent is a chain that answers wrongly in one place.
type bent struct {
	*ethclient.Reader
	event   func(e swap.Event) swap.Event // nil: there is no such event
	state   func(s *ethclient.State)
	claimed func(amounts []swap.Sesh)
}

func (b *bent) Events(ctx context.Context, at swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error {
	return b.Reader.Events(ctx, at, from, to, func(e swap.Event) error {
		if b.event != nil {
			if e = b.event(e); e == nil {
				return nil
			}
		}
		return visit(e)
	})
}

func (b *bent) Distributor(ctx context.Context, at swap.EVMAddress, block *big.Int) (*ethclient.State, error) {
	s, err := b.Reader.Distributor(ctx, at, block)
	if err == nil && b.state != nil {
		b.state(s)
	}
	return s, err
}

func (b *bent) Claimed(ctx context.Context, at swap.EVMAddress, recipients []swap.EVMAddress, block uint64) ([]swap.Sesh, error) {
	amounts, err := b.Reader.Claimed(ctx, at, recipients, block)
	if err == nil && b.claimed != nil {
		b.claimed(amounts)
	}
	return amounts, err
}

// TestReconcileFinds bends the chain or the ledger in one place after the other, and expects the
// difference by its name.
func TestReconcileFinds(t *testing.T) {
	w := paidWorld(t)
	// once bends the n-th event of a kind, counted from 0.
	once := func(kind string, n int, bend func(e swap.Event) swap.Event) func(swap.Event) swap.Event {
		return func(e swap.Event) swap.Event {
			if e.Kind() != kind {
				return e
			}
			n--
			if n != -1 {
				return e
			}
			return bend(e)
		}
	}
	gone := func(swap.Event) swap.Event { return nil }
	reader, err := ethclient.New(t.Context(), ethclient.Options{ChainID: w.id}, w.node(w.sim.Client()))
	must(t, err)
	final, err := reader.Finalized(t.Context())
	must(t, err)
	hash := func(purpose string, round uint64) swap.Hash {
		plan := uint64(1)
		return w.attempts(swap.Intent{Purpose: purpose, Round: round, Plan: plan})[0].Hash
	}
	for _, c := range []struct {
		name   string
		chain  bent
		tables func(t *bentTables) error // bends a copy of the tables
		want   []string                  // what the differences are about
	}{
		{"nothing", bent{}, nil, nil},
		{"a payment is missing on chain", bent{event: once("payout.seen", 3, gone)}, nil, []string{"claimed", "payments", "total claimed"}},
		{"a payment of another amount", bent{event: once("payout.seen", 3, func(e swap.Event) swap.Event {
			other := *e.(*swap.PayoutSeen)
			other.Amount++
			return &other
		})}, nil, []string{"claimed", "leaf", "payments", "payments", "total claimed", "transaction"}},
		{"a payment in another transaction", bent{event: once("payout.seen", 3, func(e swap.Event) swap.Event {
			other := *e.(*swap.PayoutSeen)
			other.Tx[0]++
			return &other
		})}, nil, []string{"payments"}},
		{"a payment is missing in the ledger", bent{}, func(t *bentTables) error {
			t.skip = 2
			return nil
		}, []string{"payments"}},
		{"an activation is missing on chain", bent{event: once("root.activated", 1, gone)}, nil, []string{"live root", "round", "transaction"}},
		{"a proposal is missing on chain", bent{event: once("root.proposed", 1, gone)}, nil, []string{"round", "transaction"}},
		{"a proposal of another root", bent{event: once("root.proposed", 1, func(e swap.Event) swap.Event {
			other := *e.(*swap.RootProposed)
			other.Root[0]++
			return &other
		})}, nil, []string{"event", "round"}},
		{"a cancellation that was not seen", bent{event: once("root.activated", 1, func(e swap.Event) swap.Event {
			a := e.(*swap.RootActivated)
			return &swap.RootCancelled{Round: a.Round, Root: a.Root, LogPosition: a.LogPosition}
		})}, nil, []string{"event", "live root", "round"}},
		{"another live root", bent{state: func(s *ethclient.State) { s.Live.Root[0]++ }}, nil, []string{"live root"}},
		{"another total", bent{state: func(s *ethclient.State) { s.TotalClaimed-- }}, nil, []string{"balance", "total claimed"}},
		{"too little money", bent{state: func(s *ethclient.State) { s.Live.Total += 10; s.Balance = 9 }}, nil, []string{"balance"}},
		{"swept", bent{state: func(s *ethclient.State) { s.Live.Total += 10; s.Balance = 9 }, event: once("distributor.seen", 0, func(e swap.Event) swap.Event {
			other := *e.(*swap.DistributorSeen)
			other.Event = "Swept"
			return &other
		})}, nil, []string{"event"}},
		{"another claimed amount", bent{claimed: func(amounts []swap.Sesh) { amounts[2]++ }}, nil, []string{"claimed"}},
		{"a payment by a transaction that failed", bent{}, func(t *bentTables) error {
			return t.set(hash(swap.PurposePush, 1), swap.FailedAttempt)
		}, []string{"transaction"}},
		{"an open transaction that is final", bent{}, func(t *bentTables) error {
			return t.set(hash(swap.PurposeActivate, 2), swap.MinedAttempt)
		}, []string{"transaction"}},
		{"a round that was never proposed", bent{}, func(t *bentTables) error {
			r, err := t.Round(2)
			must(w.t, err)
			r.Round, r.Status = 3, swap.ActiveRound
			return t.SetRound(r)
		}, []string{"round"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.chain.Reader = reader
			tables := &bentTables{Memory: w.rebuilt(len(w.log))}
			if c.tables != nil {
				must(t, c.tables(tables))
			}
			r, err := reconcile.Compare(t.Context(), &c.chain, &otherTables{w.memoryLedger, tables}, final, true)
			must(t, err)
			var got []string
			for _, d := range r.Differences {
				got = append(got, d.What)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("found %v, expected %v:\n%v", got, c.want, r.Differences)
			}
		})
	}

	// A node that is behind the ledger, and a ledger that is behind the chain.
	behind, err := reader.BlockAt(t.Context(), final.Number-10)
	must(t, err)
	if _, err := reconcile.Compare(t.Context(), reader, w.memoryLedger, behind, true); err == nil || !strings.Contains(err.Error(), "later blocks") {
		t.Errorf("behind the ledger: %v", err)
	}
	newer := uint64(0)
	for n := len(w.log) - 1; n > 0; n-- {
		tables := w.rebuilt(n)
		_, err := tables.LastLog()
		if event, _, failed := w.Event(t.Context(), uint64(n)); failed != nil || event.Kind() != "tx.signed" || err != nil {
			continue // only before a signature is all recorded that was final
		}
		if _, err := tables.Round(2); err != nil {
			break // it is live, and every ledger has what it made live
		}
		r, err := reconcile.Compare(t.Context(), reader, &otherTables{w.memoryLedger, &bentTables{Memory: tables}}, final, false)
		must(t, err)
		if len(r.Differences) != 0 || r.Newer < newer {
			t.Errorf("of %d entries: %d events are newer, %v", n, r.Newer, r.Differences)
		}
		newer = r.Newer
	}
	if newer == 0 {
		t.Error("no event is newer")
	}
}

// bentTables are tables with something wrong.
type bentTables struct {
	*swap.Memory
	skip int // leave out this payout, counted from 1
}

func (t *bentTables) Payouts(visit func(swap.Payout) error) error {
	n := 0
	return t.Memory.Payouts(func(p swap.Payout) error {
		if n++; n == t.skip {
			return nil
		}
		return visit(p)
	})
}

func (t *bentTables) set(hash swap.Hash, status swap.AttemptStatus) error {
	a, err := t.Attempt(hash)
	if err != nil {
		return err
	}
	a.Status = status
	return t.SetAttempt(a)
}

// otherTables is a ledger with other tables than its entries make.
type otherTables struct {
	*memoryLedger
	tables swap.Tables
}

func (l *otherTables) View(_ context.Context, read func(swap.Tables, uint64) error) error {
	return read(l.tables, uint64(len(l.log)))
}

// TestDifferenceStops: what the ledger says wrongly stops sending, in this process and the next,
// until it is acknowledged.
func TestDifferenceStops(t *testing.T) {
	w := paidWorld(t)
	w.approve(even(8, 100)...)
	// An entry about a payment that never was.
	last, err := w.tables.LastLog()
	must(t, err)
	last.LogIndex, last.Tx = 0, swap.Hash{1}
	last.Block--
	w.append(swap.Record{Event: &swap.PayoutSeen{Recipient: holder(3), Amount: 1, Cumulative: 5001, Round: 1, LogPosition: last}})
	_, err = w.sender().Fund(t.Context(), w.owner, 3, 0)
	must(t, err)
	w.refused(w.propose(3), []string{"chain.differs"}, "payments of "+holder(3).String(), "chain reconcile", "correction")
	for range 2 {
		w.refused(w.propose(3), nil, "payments of "+holder(3).String())
		w.refused(w.push(2), nil, "correction")
	}
	r, err := w.sender().Reconcile(t.Context())
	must(t, err)
	if len(r.Differences) != 1 || r.Differences[0].What != "payments" || w.count("chain.differs") != 1 {
		t.Fatalf("the reconciliation: got %+v and %d entries, want payments to differ in one", r, w.count("chain.differs"))
	}
	must(t, w.sender().Pause(t.Context(), w.guardian)) // stopping must always be possible
	m, err := w.tables.Migration()
	must(t, err)
	for entry := range m.Alarms {
		w.append(swap.Record{Event: &swap.Correction{Entry: entry, Note: "looked at", By: "ada"}})
	}
	must(t, w.sender().Unpause(t.Context(), w.owner))
	must(t, w.propose(3)(t.Context(), w.sender()))
	if r, err = w.sender().Reconcile(t.Context()); err != nil || len(r.Differences) != 0 || r.Acknowledged != 1 {
		t.Errorf("the next reconciliation: got %+v, %v, want the difference acknowledged", r, err)
	}
}

// TestPushReconciles: a difference shows at the end of the push, which pays everybody all the same.
func TestPushReconciles(t *testing.T) {
	w := liveWorld(t, even(3, 5000)...)
	last, err := w.tables.LastLog()
	must(t, err)
	w.append(swap.Record{Event: &swap.PayoutSeen{Recipient: holder(9), Amount: 1, Cumulative: 1, Round: 1, LogPosition: swap.LogPosition{
		Tx: swap.Hash{1}, Block: last.Block - 1, BlockHash: last.BlockHash,
	}}})
	_, err = w.sender().Push(t.Context(), w.publisher, 1, false)
	want(t, err, sender.ErrAlarm.Error(), holder(9).String())
	for i := range 3 {
		if got := w.balance(holder(i)); got != 5000 {
			t.Errorf("holder %d has %s", i, got)
		}
	}
}
