package follow

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// DialChain reaches a chain with the given id, through nodes that have proved to be on it.
type DialChain func(ctx context.Context, chainID uint64) (Chain, error)

// Chain is the token's chain as a watch reads it. Calls only read, retry by themselves, and are
// bounded in time by ctx.
type Chain interface {
	// Final is the number of the newest final block.
	Final(ctx context.Context) (uint64, error)
	// BlockTime is the time stamp of a final block.
	BlockTime(ctx context.Context, block uint64) (time.Time, error)
	// Live is the root under which a distributor pays as of a final block, and what its leaves come
	// to. Round 0: none yet.
	Live(ctx context.Context, address swap.EVMAddress, block uint64) (round uint64, root swap.Hash, total swap.Sesh, err error)
	// Events visits the events of a distributor in the blocks from..to, in the chain's order, as
	// the ledger records them.
	Events(ctx context.Context, address swap.EVMAddress, from, to uint64, visit func(swap.Event) error) error
}

// maxAsked is for how many blocks one look asks the time. Events of further ones count as of now.
const maxAsked = 100

// comparison holds the news of a log against the news of the chain.
type comparison struct {
	*chainState
	log  *Log
	seen *Seen
}

// compareChain reads what is new in the log and on chain, and alarms where they differ. The state
// moves on only if all of it could be read.
func (w *Watch) compareChain(ctx context.Context, l *Log, state *State, seen *Seen) error {
	c := &comparison{log: l, seen: seen, chainState: &chainState{}}
	if s := state.Chain; s != nil {
		c.chainState = &chainState{
			Read: s.Read, Distributor: s.Distributor, Block: s.Block, Rounds: slices.Clone(s.Rounds), Logged: slices.Clone(s.Logged),
			Unlogged: slices.Clone(s.Unlogged), Proposed: slices.Clone(s.Proposed), Wrong: slices.Clone(s.Wrong),
		}
	}
	if err := c.readLog(ctx); err != nil {
		return err
	}
	if c.Distributor != nil {
		if w.chain == nil {
			chain, err := w.Chain(ctx, c.Distributor.ChainID)
			if err != nil {
				return fmt.Errorf("chain: %w", err)
			}
			w.chain = chain
		}
		if err := c.readChain(ctx, w.chain); err != nil {
			return fmt.Errorf("chain: %w", err)
		}
		seen.Blocks = c.Block
	}
	state.Chain = c.chainState
	c.alarms(w.Grace, state.Since)
	return nil
}

// readLog takes in the entries that were not read yet.
func (c *comparison) readLog(ctx context.Context) error {
	for c.Read < c.log.N {
		if err := ctx.Err(); err != nil {
			return err
		}
		lines, err := c.log.Bundle(c.Read / tileWidth)
		if err != nil {
			return err
		}
		for _, line := range lines[c.Read%tileWidth:] {
			e, err := ledger.ParseEntry(line)
			if err == nil {
				err = c.entry(e)
			}
			if err != nil {
				return fmt.Errorf("entry %d: %w", c.Read, err)
			}
			c.Read++
		}
	}
	return nil
}

func (c *comparison) entry(e ledger.Entry) error {
	switch e.Kind {
	case "distributor.deployed", "round.built", "round.abandoned", "root.proposed", "root.activated", "root.cancelled", "payout.seen", "distributor.seen":
	default:
		return nil // of no concern here
	}
	event, err := swap.DecodeEvent(e.Kind, e.Body)
	if err != nil {
		return err
	}
	at := func(r round, number uint64) int { return cmp.Compare(r.Round, number) }
	switch event := event.(type) {
	case *swap.DistributorDeployed:
		c.Distributor = &event.Distributor
	case *swap.RoundBuilt:
		i, _ := slices.BinarySearchFunc(c.Rounds, event.Round, at)
		c.Rounds = slices.Insert(c.Rounds, i, round{event.Round, event.Root, event.Total})
	case *swap.RoundAbandoned:
		if i, ok := slices.BinarySearchFunc(c.Rounds, event.Round, at); ok {
			c.Rounds = slices.Delete(c.Rounds, i, i+1)
		}
	default:
		c.Logged = append(c.Logged, newEvent(e.Kind, e.Body, e.Seq))
	}
	return nil
}

func newEvent(kind string, body []byte, entry uint64) event {
	return event{Kind: kind, Body: string(body), Entry: entry}
}

// sameAs finds the same event on the other side.
func (e event) sameAs() string { return e.Kind + e.Body }

// readChain takes in the blocks that were not read yet, and takes away what both sides have.
func (c *comparison) readChain(ctx context.Context, chain Chain) error {
	final, err := chain.Final(ctx)
	if err != nil {
		return err
	}
	news := []event{}
	if from := max(c.Block+1, c.Distributor.Block); from <= final {
		err := chain.Events(ctx, c.Distributor.Address, from, final, func(e swap.Event) error {
			body, err := ledger.MarshalBody(e)
			if err != nil {
				return err
			}
			news = append(news, newEvent(e.Kind(), body, 0))
			c.follow(e)
			return nil
		})
		if err != nil {
			return err
		}
		c.Block = final
	}
	known := make(map[string]bool, len(c.Logged))
	for _, e := range c.Logged {
		known[e.sameAs()] = true
	}
	onChain := map[string]bool{}
	missing := func(e event) bool {
		onChain[e.sameAs()] = true
		return !known[e.sameAs()]
	}
	c.Unlogged = keep(c.Unlogged, missing)
	news = keep(news, missing)
	c.Logged = keep(c.Logged, func(e event) bool { return !onChain[e.sameAs()] })
	if err := c.date(ctx, chain, news); err != nil {
		return err
	}
	c.Unlogged = append(c.Unlogged, news...)
	if err := c.proposals(); err != nil {
		return err
	}
	return c.live(ctx, chain)
}

func keep(list []event, wanted func(event) bool) []event {
	return slices.DeleteFunc(list, func(e event) bool { return !wanted(e) })
}

// date finds out when events happened.
func (c *comparison) date(ctx context.Context, chain Chain, news []event) error {
	times := map[uint64]time.Time{}
	for i := range news {
		news[i].Since = c.seen.Time
		at, err := news[i].position()
		if err != nil {
			return err
		}
		t, ok := times[at.Block]
		if !ok && len(times) < maxAsked {
			if t, err = chain.BlockTime(ctx, at.Block); err != nil {
				return err
			}
			times[at.Block], ok = t, true
		}
		if ok && t.Before(c.seen.Time) {
			news[i].Since = t.UTC()
		}
	}
	return nil
}

func (e event) position() (at swap.LogPosition, err error) {
	err = json.Unmarshal([]byte(e.Body), &at)
	return at, err
}

// follow remembers proposals, to be held against the log, and forgets those that were cancelled
// before they were live.
func (c *comparison) follow(e swap.Event) {
	switch e := e.(type) {
	case *swap.RootProposed:
		c.Proposed = append(c.Proposed, *e)
	case *swap.RootCancelled:
		c.Proposed = slices.DeleteFunc(c.Proposed, func(p swap.RootProposed) bool { return p.Round == e.Round })
		c.Wrong = slices.DeleteFunc(c.Wrong, func(w wrong) bool { return w.Round == e.Round })
	}
}

// proposals judges those for which the log is long enough.
func (c *comparison) proposals() error {
	var waiting []swap.RootProposed
	for _, p := range c.Proposed {
		if p.LedgerSize > uint64(c.log.N) {
			waiting = append(waiting, p)
			continue
		}
		what := c.builds(p.Round, p.Root, p.Total)
		if what == "" {
			root, err := ledger.TreeHash(int64(p.LedgerSize), c.log)
			if err != nil {
				return err
			}
			if swap.Hash(root) != p.LedgerRoot {
				what = fmt.Sprintf("it names ledger root %s for %d entries, the log has %s: the log was rewritten",
					p.LedgerRoot, p.LedgerSize, swap.Hash(root))
			}
		}
		if what != "" {
			c.Wrong = append(c.Wrong, wrong{p.Round, p.Root, fmt.Sprintf("block %d proposes root 0x%s of round %d: %s",
				p.Block, p.Root, p.Round, what)})
		}
	}
	c.Proposed = waiting
	return nil
}

// builds says how a root on chain differs from the one that the log built for its round.
func (c *comparison) builds(number uint64, root swap.Hash, total swap.Sesh) string {
	i, ok := slices.BinarySearchFunc(c.Rounds, number, func(r round, n uint64) int { return cmp.Compare(r.Round, n) })
	switch {
	case !ok:
		return fmt.Sprintf("the log has no round %d that stands", number)
	case c.Rounds[i].Root != root:
		return fmt.Sprintf("the log built 0x%s", c.Rounds[i].Root)
	case c.Rounds[i].Total != total:
		return fmt.Sprintf("its total is %s, the log built %s", total, c.Rounds[i].Total)
	}
	return ""
}

// live compares the root under which claims are paid now. A round that the log does not have yet
// has an activation that is not logged.
func (c *comparison) live(ctx context.Context, chain Chain) error {
	number, root, total, err := chain.Live(ctx, c.Distributor.Address, c.Block)
	if err != nil || number == 0 {
		return err
	}
	late := slices.ContainsFunc(c.Unlogged, func(e event) bool { return e.Kind == (*swap.RootActivated)(nil).Kind() })
	if what := c.builds(number, root, total); what != "" && !late {
		c.seen.alarm(Alarm{Kind: WrongRoot, key: WrongRoot + " live", What: fmt.Sprintf(
			"claims are paid under root 0x%s of round %d: %s", root, number, what)})
	}
	return nil
}

// alarms gives what differs, one alarm for each kind of event.
func (c *comparison) alarms(grace time.Duration, since time.Time) {
	for _, w := range c.Wrong {
		c.seen.alarm(Alarm{Kind: WrongRoot, What: w.What, key: fmt.Sprint(WrongRoot, " ", w.Round, w.Root)})
	}
	c.group(Phantom, c.Logged, func(e event) bool {
		at, err := e.position()
		return err != nil || at.Block <= c.Block
	}, func(e event, n int) string {
		return fmt.Sprintf("%d entries are of a %s that the chain does not have, the first is entry %d: %s",
			n, e.Kind, e.Entry, e.Body)
	})
	c.group(Unlogged, c.Unlogged, func(e event) bool { return c.seen.Time.Sub(e.Since) > grace }, func(e event, n int) string {
		words := fmt.Sprintf("%d %s on chain without an entry for more than %v, the first since %s: %s",
			n, e.Kind, grace, e.Since.Format(time.RFC3339), e.Body)
		if since.Before(e.Since) {
			words += fmt.Sprintf("; the checkpoint is still that of %s, though there is news", since.Format(time.RFC3339))
		}
		return words
	})
}

func (c *comparison) group(alarm string, list []event, counts func(event) bool, words func(first event, n int) string) {
	number, first := map[string]int{}, []event{}
	for _, e := range list {
		if !counts(e) {
			continue
		}
		if number[e.Kind]++; number[e.Kind] == 1 {
			first = append(first, e)
		}
	}
	for _, e := range first {
		c.seen.alarm(Alarm{Kind: alarm, What: words(e, number[e.Kind]), key: alarm + " " + e.Kind})
	}
}
