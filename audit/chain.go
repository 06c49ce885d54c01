package audit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// DialChain reaches a chain with the given id, through nodes that have proved to be on it.
type DialChain func(ctx context.Context, chainID uint64) (Chain, error)

// Chain is the token's chain as an audit reads it. Calls only read, retry by themselves, and are
// bounded in time by ctx. An audit makes them one after the other.
type Chain interface {
	// Final is the number of the newest final block.
	Final(ctx context.Context) (uint64, error)
	// BlockTime is the time stamp of a final block.
	BlockTime(ctx context.Context, block uint64) (time.Time, error)
	// Distributor reads what stands at an address, as of a final block.
	Distributor(ctx context.Context, address swap.EVMAddress, block uint64) (ChainState, error)
	// Events visits the events of a distributor in the blocks from..to, in the chain's order, as
	// the ledger records them: *swap.RootProposed, *swap.RootActivated, *swap.RootCancelled,
	// *swap.PayoutSeen, *swap.DistributorSeen.
	Events(ctx context.Context, address swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error
	// Claimed is what the distributor has paid to each of the recipients, as of a final block, in
	// atomic SESH.
	Claimed(ctx context.Context, address swap.EVMAddress, recipients []swap.EVMAddress, block uint64) ([]swap.Sesh, error)
}

// ChainState is a distributor as it stands on chain. Amounts are in atomic SESH, times in Unix
// seconds.
type ChainState struct {
	CodeHash        swap.Hash // Keccak-256 of the deployed code
	Token           swap.EVMAddress
	ActivationDelay uint64 // seconds
	Owner           swap.EVMAddress
	Publisher       swap.EVMAddress
	Guardian        swap.EVMAddress
	ClosesAt        uint64
	LiveRound       uint64 // 0 before the first activation
	LiveRoot        swap.Hash
	LiveTotal       swap.Sesh
	TotalClaimed    swap.Sesh
	Balance         swap.Sesh // of the token
}

// newerGrace is how long before the log's last entry an event may have happened on chain that the
// log does not hold yet: blocks become final after about 13 minutes, and are then read at
// intervals.
const newerGrace = time.Hour

// eventKey identifies an event of the distributor.
type eventKey struct {
	tx    swap.Hash
	index uint64
}

// recordedEvent is an event of the distributor as the log has it.
type recordedEvent struct {
	entry uint64
	kind  string
	sum   [sha256.Size]byte // of its body
	found bool              // on chain
}

// record keeps an event of the log, to be looked for on chain. body is what the chain says of it.
func (r *replay) record(x *examined, at swap.LogPosition, body []byte) {
	if r.options.Chain != nil {
		r.events[eventKey{at.Tx, at.LogIndex}] = recordedEvent{entry: x.entry.Seq, kind: x.entry.Kind, sum: sha256.Sum256(body)}
	}
}

// foreignProposal checks what the log says of itself in a proposal that was made for another one,
// and returns the rest, which the chain says too.
func (r *replay) foreignProposal(p swap.RootProposed) ([]byte, error) {
	own := *p.OwnRoot
	p.OwnRoot = nil
	body, err := ledger.MarshalBody(&p)
	if err != nil {
		return nil, err
	}
	root, err := r.rootAt(p.LedgerSize)
	if err == nil && (root != own || root == p.LedgerRoot) {
		err = fmt.Errorf("it says that this log had root %s at size %d, which had %s, "+
			"and that the proposal was made for another, %s", own, p.LedgerSize, root, p.LedgerRoot)
	}
	return body, err
}

// checkChain compares the log with the chain. An RPC that fails is a problem: nothing was shown
// then.
func (r *replay) checkChain(ctx context.Context) error {
	m, err := r.tables.Migration()
	if err != nil || m.Distributor == nil {
		r.report.notChecked("the chain, because the log has no distributor", 0)
		return ctx.Err()
	}
	err = r.compareChain(ctx, m)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.report.global("chain", err)
	default:
		r.report.Anchors.Chain = true
	}
	return nil
}

func (r *replay) compareChain(ctx context.Context, m swap.Migration) error {
	d := m.Distributor
	chain, err := r.options.Chain(ctx, d.ChainID)
	if err != nil {
		return err
	}
	final, err := chain.Final(ctx)
	if err != nil {
		return err
	}
	if l := r.payments.last; l != nil && l.Block > final {
		return fmt.Errorf("its newest final block is %d, and the log has an event of block %d: "+
			"ask an RPC that is up to date", final, l.Block)
	}
	state, err := chain.Distributor(ctx, d.Address, final)
	if err != nil {
		return fmt.Errorf("distributor %s: %w", d.Address, err)
	}
	newer, err := r.compareEvents(ctx, chain, d, final)
	if err != nil {
		return fmt.Errorf("events of %s: %w", d.Address, err)
	}
	if newer > 0 {
		r.report.notChecked("events on chain that are newer than the export", newer)
	}
	r.compareSettings(d, state)
	return r.compareMoney(ctx, chain, d, state, final)
}

// compareSettings compares the contract with its deployment and with what its events changed since.
func (r *replay) compareSettings(d *swap.Distributor, s ChainState) {
	now := r.payments.settings
	for _, c := range []struct{ name, got, want string }{
		{"code hash", s.CodeHash.String(), d.CodeHash.String()},
		{"token", s.Token.String(), d.Token.String()},
		{"activation delay", fmt.Sprint(s.ActivationDelay), fmt.Sprint(d.ActivationDelay)},
		{"owner", s.Owner.String(), now.owner.String()},
		{"publisher", s.Publisher.String(), now.publisher.String()},
		{"guardian", s.Guardian.String(), now.guardian.String()},
		{"closing time", fmt.Sprint(s.ClosesAt), fmt.Sprint(now.closesAt)},
	} {
		if c.got != c.want {
			r.report.entry(r.deployed, "distributor.deployed", fmt.Sprintf("on chain its %s is %s, by the log %s",
				c.name, c.got, c.want))
		}
		r.report.add("settings of the distributor on chain", 1)
	}
}

// compareEvents matches the events of the chain with those of the log. An event that is on chain
// only is added to the sums all the same, so that these can be compared, and counted if it is newer
// than the export.
func (r *replay) compareEvents(ctx context.Context, chain Chain, d *swap.Distributor, final uint64) (newer uint64, err error) {
	lastBlock := uint64(0)
	if l := r.payments.last; l != nil {
		lastBlock = l.Block
	}
	err = chain.Events(ctx, d.Address, d.Block, final, func(e swap.Event) error {
		seen, err := swap.AsChainEvent(e)
		if err != nil {
			return err
		}
		at := seen.Position()
		key := eventKey{at.Tx, at.LogIndex}
		logged, ok := r.events[key]
		if !ok {
			fresh, err := r.newer(ctx, chain, at.Block, lastBlock)
			if err != nil {
				return err
			}
			if fresh {
				newer++
			} else {
				r.report.global("chain", fmt.Errorf("%s in block %d, log %d of transaction 0x%s, is not in the log",
					e.Kind(), at.Block, at.LogIndex, at.Tx))
			}
			return r.bookUnlogged(e)
		}
		body, err := ledger.MarshalBody(e)
		if err != nil {
			return err
		}
		logged.found = true
		r.events[key] = logged
		if e.Kind() != logged.kind || sha256.Sum256(body) != logged.sum {
			r.report.entry(logged.entry, logged.kind, fmt.Sprintf("on chain it is %s %s", e.Kind(), body))
		}
		r.report.add("events compared with the chain", 1)
		return nil
	})
	if err != nil {
		return newer, err
	}
	for key, e := range r.events {
		if !e.found {
			r.report.entry(e.entry, e.kind, fmt.Sprintf("the chain has no such event: log %d of transaction 0x%s",
				key.index, key.tx))
		}
	}
	return newer, nil
}

// newer reports whether an event that the log does not hold may have come after the export.
// Development chains keep no real time: there, everything must be in the log.
func (r *replay) newer(ctx context.Context, chain Chain, block, lastBlock uint64) (bool, error) {
	if r.terms.DevelopmentChain() || block <= lastBlock {
		return false, nil
	}
	at, err := chain.BlockTime(ctx, block)
	return at.After(r.last.Add(-newerGrace)), err
}

// bookUnlogged adds an event that is on chain only to the sums.
func (r *replay) bookUnlogged(e swap.Event) error {
	switch e := e.(type) {
	case *swap.PayoutSeen:
		r.payments.paid[e.Recipient] = e.Cumulative
		r.payments.total += e.Amount
	case *swap.RootActivated:
		r.payments.live = nil // its leaves may not be known
	case *swap.DistributorSeen:
		return r.payments.change(e)
	}
	return nil
}

// compareMoney compares what was paid and what is still owed.
func (r *replay) compareMoney(ctx context.Context, chain Chain, d *swap.Distributor, s ChainState, final uint64) error {
	p := r.payments
	if s.TotalClaimed != p.total {
		r.report.global("chain", fmt.Errorf("the distributor has paid %s in all, its events come to %s",
			s.TotalClaimed, p.total))
	}
	recipients := slices.SortedFunc(maps.Keys(p.paid), swap.EVMAddress.Compare)
	claimed, err := chain.Claimed(ctx, d.Address, recipients, final)
	if err != nil {
		return err
	}
	if len(claimed) != len(recipients) {
		return fmt.Errorf("%d answers for %d recipients", len(claimed), len(recipients))
	}
	for i, to := range recipients {
		if claimed[i] != p.paid[to] {
			r.report.global("chain", fmt.Errorf("claimed(%s) is %s, its payments come to %s", to, claimed[i], p.paid[to]))
		}
	}
	r.report.add("recipients' claimed amounts on chain", uint64(len(recipients)))
	if l := p.live; l != nil && (s.LiveRound != l.round || s.LiveRoot != l.root || s.LiveTotal != l.total) {
		r.report.global("chain", fmt.Errorf("the live root is 0x%s of round %d with total %s, the log says 0x%s of round %d with total %s",
			s.LiveRoot, s.LiveRound, s.LiveTotal, l.root, l.round, l.total))
	}
	if owed := s.LiveTotal - min(s.LiveTotal, s.TotalClaimed); s.Balance < owed && !p.swept {
		r.report.global("chain", fmt.Errorf("the distributor holds %s and still owes %s under its live root",
			s.Balance, owed))
	}
	r.report.add("balance against what is owed", 1)
	return nil
}
