package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/chaincheck"
	"oxenswap/swap/cryptonote"
)

// OxenDaemon is an oxend of the auditor's own. The calls only read, retry by themselves, and are
// bounded in time by ctx.
type OxenDaemon interface {
	chaincheck.Daemon
	// BlockAt says which block the daemon has at a height, and what it holds immutable.
	BlockAt(ctx context.Context, height uint64) (swap.BlockStatus, error)
	// Calls is how many requests it was sent so far.
	Calls() uint64
}

// Oxen says how the Oxen chain is asked.
type Oxen struct {
	// Daemons must all name the same blocks. None: the chain is not asked.
	Daemons []OxenDaemon
	// SearchBlocks is how many blocks, from its registration on, are looked through for the stakes
	// of a service node. 0: all up to the snapshot.
	SearchBlocks uint64
	// Earlier is what an audit before this one has found out: it is only verified.
	Earlier chaincheck.State
	// Keep is given now and then what was found out so far. It may be nil.
	Keep func(chaincheck.State) error
	// Progress gets how much of something is done, such as "stakes". It may be nil.
	Progress func(what string, done, total uint64)
}

// oxenCalls is how many calls are made to a daemon at a time.
const oxenCalls = 4

// OxenChecks is what asking the Oxen chain took.
type OxenChecks struct {
	Daemons []string `json:"daemons"`
	Calls   uint64   `json:"calls"`
	Seconds float64  `json:"seconds"`
}

// What is counted of the Oxen chain.
const (
	countBlocks      = "blocks of snapshots, final at your daemons"
	countStakes      = "stakes found in transactions of the Oxen chain"
	countMined       = "transactions of counted proofs found in their blocks"
	countNamed       = "stakes whose transactions the log names"
	uncheckedChain   = "snapshots for which the daemons' answers in the log stand: their blocks, and that their stakes exist (--daemon)"
	uncheckedState   = "snapshots for which the daemons' answers in the log stand: accrued rewards, and that stakes were still locked (--observed)"
	uncheckedNamed   = "stakes whose transactions the log names, and were not looked up (--daemon)"
	uncheckedTaken   = "snapshots that are not final yet"
	uncheckedBroken  = "the Oxen chain, because the log could not be read whole"
	uncheckedSpent   = "proofs for which daemons' word stands: whether outputs were spent"
	uncheckedMissing = "missed snapshots without the daemons' answers"
)

// oxenSide is what the replay keeps of the entries to ask the Oxen chain about at the end.
type oxenSide struct {
	mined map[uint64]judgedProof // by proof.received
	named []namedStakes
}

// judgedProof is the proof.accepted of a proof, and where its counted outputs are said to be.
type judgedProof struct {
	entry uint64
	mined []chaincheck.Mined
}

// namedStakes is a snapshot.evidence.
type namedStakes struct {
	entry uint64
	event *swap.SnapshotEvidence
	list  []swap.FoundStake
}

// keepMined keeps which transactions an accepted proof rests on.
func (r *replay) keepMined(received, entry uint64, report *cryptonote.ReserveReport) {
	p := judgedProof{entry: entry}
	seen := map[cryptonote.TxID]bool{}
	for i := range report.Outputs {
		if o := &report.Outputs[i]; o.Counted && !seen[o.TxID] {
			seen[o.TxID] = true
			p.mined = append(p.mined, chaincheck.Mined{Transaction: swap.Hash(o.TxID), Height: o.Height})
		}
	}
	r.oxen.mined[received] = p
}

type snapshotEvidence struct {
	unchecked
	event *swap.SnapshotEvidence
	list  []swap.FoundStake
}

func (c *snapshotEvidence) alone(ex *examiner, x *examined) {
	if !x.complete {
		return
	}
	raw := ex.read(x, c.event.Stakes)
	if raw == nil {
		return
	}
	list, err := swap.ParseStakeEvidence(raw)
	if err != nil {
		x.wrong("%v", err)
		return
	}
	c.list = list.Stakes
}

// after compares the evidence with the snapshot: each of its stakes is one of those, none more
// often, and those that are left are as many as the entry says.
func (c *snapshotEvidence) after(r *replay, x *examined) error {
	content, err := r.content(c.event.Height)
	if err != nil {
		return err
	}
	type key struct{ node, oneTime swap.Hash }
	left, total := map[key]int{}, 0
	chaincheck.Counted(content, func(_ *swap.Node, s chaincheck.Stake) {
		left[key{s.Node, s.OneTime}]++
		total++
	})
	for _, f := range c.list {
		k := key{f.Node, f.OneTime}
		if left[k]--; left[k] < 0 {
			return fmt.Errorf("the snapshot has no stake with the one-time key %s in service node %s", f.OneTime, f.Node)
		}
	}
	if n := uint64(total - len(c.list)); n != c.event.Missing {
		return fmt.Errorf("%d stakes of the snapshot have no transaction, it says %d", n, c.event.Missing)
	}
	r.oxen.named = append(r.oxen.named, namedStakes{x.entry.Seq, c.event, c.list})
	return nil
}

// content reads the content of the last snapshot of a height.
func (r *replay) content(height uint64) (*swap.Content, error) {
	s, err := r.tables.Snapshot(height)
	if err != nil {
		return nil, fmt.Errorf("snapshot of height %d: %w", height, err)
	}
	raw, err := r.attachments.Attachment(s.Digest)
	if err != nil {
		return nil, err
	}
	content, err := swap.ParseContent(raw)
	return &content, err
}

// checkOxen compares the log with the Oxen chain. A daemon that fails or contradicts itself is a
// problem: nothing was shown then.
func (r *replay) checkOxen(ctx context.Context) error {
	o := &r.options.Oxen
	if r.broken {
		r.report.notChecked(uncheckedBroken, 0)
		return nil
	}
	snapshots, err := r.tables.Snapshots()
	if err != nil {
		return err
	}
	if len(o.Daemons) == 0 {
		for _, s := range snapshots {
			if s.Status == swap.FinalSnapshot {
				r.report.notChecked(uncheckedChain, 1)
			}
		}
		for _, n := range r.oxen.named {
			r.report.notChecked(uncheckedNamed, n.event.Found)
		}
		return nil
	}
	started := time.Now()
	err = r.askOxen(ctx, snapshots)
	checks := &OxenChecks{Daemons: []string{}, Seconds: time.Since(started).Seconds()}
	for _, d := range o.Daemons {
		checks.Daemons = append(checks.Daemons, d.Name())
		checks.Calls += d.Calls()
	}
	r.report.Oxen = checks
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		r.report.global("oxen", err)
	}
	return nil
}

func (r *replay) askOxen(ctx context.Context, snapshots []swap.Snapshot) error {
	network, err := cryptonote.ParseNetwork(r.terms.Oxen.Network)
	if err != nil {
		return err
	}
	chain := &chaincheck.Chain{Network: network, Parallel: oxenCalls}
	for _, d := range r.options.Oxen.Daemons {
		chain.Daemons = append(chain.Daemons, d)
	}
	var final []swap.Snapshot
	for _, s := range snapshots {
		ok, err := r.askSnapshot(ctx, s)
		if err != nil {
			return err
		}
		if ok {
			final = append(final, s)
		}
	}
	return errors.Join(r.findMined(ctx, chain), r.findStakes(ctx, chain, final))
}

// askSnapshot asks each daemon for the block of a snapshot, and reports whether it is final there.
func (r *replay) askSnapshot(ctx context.Context, s swap.Snapshot) (final bool, err error) {
	kind := (*swap.SnapshotTaken)(nil).Kind()
	for _, d := range r.options.Oxen.Daemons {
		status, err := d.BlockAt(ctx, s.Height)
		if err != nil {
			return false, err
		}
		record, err := swap.DecideSnapshot(r.terms, 1, s, []swap.BlockAnswer{{Daemon: d.Name(), Block: &status}})
		if err != nil && !errors.Is(err, swap.ErrNotYet) {
			return false, err
		}
		_, is := record.Event.(*swap.SnapshotFinalized)
		_, other := record.Event.(*swap.SnapshotDiscarded)
		switch {
		case s.Status == swap.DiscardedSnapshot:
			if is {
				r.report.entry(s.Decided, (*swap.SnapshotDiscarded)(nil).Kind(), fmt.Sprintf("your daemon %s has the snapshot's block %s at height %d, and it is final", d.Name(), s.BlockHash, s.Height))
			}
			return false, nil
		case other:
			r.report.entry(s.Taken, kind, fmt.Sprintf("your daemon %s has block %s at height %d, the snapshot is of %s", d.Name(), status.BlockHash, s.Height, s.BlockHash))
			return false, nil
		case s.Status == swap.TakenSnapshot:
			r.report.notChecked(uncheckedTaken, 1)
			return false, nil
		case !is:
			r.report.entry(s.Decided, (*swap.SnapshotFinalized)(nil).Kind(), fmt.Sprintf("at your own daemon: %v", err))
			return false, nil
		}
	}
	r.report.add(countBlocks, 1)
	if r.options.Observed == nil {
		r.report.notChecked(uncheckedState, 1)
	}
	return true, nil
}

// findMined looks for the transactions of proofs that count now.
func (r *replay) findMined(ctx context.Context, chain *chaincheck.Chain) error {
	var list []chaincheck.Mined
	whose := map[chaincheck.Mined]uint64{}
	if err := r.tables.Proofs(func(p swap.Proof) error {
		if p.Status != swap.AcceptedProof {
			return nil
		}
		judged := r.oxen.mined[p.Received]
		for _, m := range judged.mined {
			if _, there := whose[m]; !there {
				list = append(list, m)
				whose[m] = judged.entry
			}
		}
		return nil
	}); err != nil {
		return err
	}
	missing, err := chain.Find(ctx, list, r.progress("blocks of coins"))
	if err != nil {
		return err
	}
	r.report.add(countMined, uint64(len(list)-len(missing)))
	for _, m := range missing {
		r.report.entry(whose[m], (*swap.ProofAccepted)(nil).Kind(), fmt.Sprintf("transaction %s is not in the block at height %d", m.Transaction, m.Height))
	}
	return nil
}

func (r *replay) progress(what string) func(done, total uint64) {
	if r.options.Oxen.Progress == nil {
		return nil
	}
	return func(done, total uint64) { r.options.Oxen.Progress(what, done, total) }
}

// findStakes looks for the transaction of every stake that counts.
func (r *replay) findStakes(ctx context.Context, chain *chaincheck.Chain, final []swap.Snapshot) error {
	o := &r.options.Oxen
	search := chaincheck.NewSearch(chain, o.SearchBlocks)
	search.Progress = r.progress("stakes")
	first := map[chaincheck.Stake]uint64{} // the snapshot.taken that lists it first
	for _, s := range final {
		content, err := r.content(s.Height)
		if err != nil {
			return err
		}
		search.Add(content)
		chaincheck.Counted(content, func(_ *swap.Node, k chaincheck.Stake) {
			if _, there := first[k]; !there {
				first[k] = s.Taken
			}
		})
	}
	if search.Len() == 0 {
		return nil
	}
	// What the log names is verified before one's own file, so that it is known whether it holds.
	for _, n := range r.oxen.named {
		wrong, err := search.Check(ctx, n.list)
		if err != nil {
			return err
		}
		for _, f := range wrong {
			r.report.entry(n.entry, n.event.Kind(), fmt.Sprintf("output %d of transaction %s in block %d is not the stake with one-time key %s in service node %s",
				f.Output, f.Transaction, f.Height, f.OneTime, f.Node))
		}
		r.report.add(countNamed, uint64(len(n.list)-len(wrong)))
	}
	if _, err := search.Check(ctx, o.Earlier.Found); err != nil {
		return err
	}
	search.Skip(o.Earlier)
	var keep func() error
	if o.Keep != nil {
		keep = func() error { return o.Keep(search.State()) }
	}
	if err := search.Run(ctx, keep); err != nil {
		return err
	}
	missing := search.Missing()
	r.report.add(countStakes, uint64(search.Len()-len(missing)))
	for _, k := range missing {
		where := "in no block from its node's registration to the snapshot"
		if o.SearchBlocks > 0 {
			where = fmt.Sprintf("not in the first %d blocks from its node's registration (--search-blocks)", o.SearchBlocks)
		}
		r.report.entry(first[k], (*swap.SnapshotTaken)(nil).Kind(), fmt.Sprintf("no transaction makes the stake of %s: %s", k, where))
	}
	return nil
}
