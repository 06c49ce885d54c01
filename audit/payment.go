package audit

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"

	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// payments follow the distributor by its events: which root is live, and what was paid under it.
type payments struct {
	live  *liveRoot                     // nil before the first activation
	paid  map[swap.EVMAddress]swap.Sesh // by recipient
	total swap.Sesh
	last  *swap.LogPosition

	settings settings
	swept    bool
}

type liveRoot struct {
	round  uint64
	root   swap.Hash
	total  swap.Sesh
	leaves map[swap.EVMAddress]swap.Sesh
}

func newPayments() *payments { return &payments{paid: map[swap.EVMAddress]swap.Sesh{}} }

// follow checks that an event of the distributor comes after those recorded before it.
func (p *payments) follow(at swap.LogPosition) error {
	if l := p.last; l != nil {
		if cmp.Or(cmp.Compare(at.Block, l.Block), cmp.Compare(at.LogIndex, l.LogIndex)) <= 0 {
			return fmt.Errorf("log %d of block %d comes after log %d of block %d: the events are not in the chain's order", at.LogIndex, at.Block, l.LogIndex, l.Block)
		}
		if at.Block == l.Block && at.BlockHash != l.BlockHash {
			return fmt.Errorf("block %d has two hashes, %s and %s", at.Block, l.BlockHash, at.BlockHash)
		}
	}
	p.last = &at
	return nil
}

// pay books a payment and refuses what the contract could not have paid under the live root.
func (p *payments) pay(e *swap.PayoutSeen) error {
	before := p.paid[e.Recipient]
	p.paid[e.Recipient] = max(before, e.Cumulative)
	p.total += e.Amount
	switch {
	case p.live == nil:
		return fmt.Errorf("paid before any root was live")
	case e.Round != p.live.round:
		return fmt.Errorf("paid under round %d while round %d was live", e.Round, p.live.round)
	case e.Amount == 0 || e.Cumulative != before+e.Amount || before+e.Amount < before:
		return fmt.Errorf("%s paid now and %s before are not %s", e.Amount, before, e.Cumulative)
	case p.live.leaves[e.Recipient] != e.Cumulative:
		return fmt.Errorf("%s was paid %s in all, its leaf in the live root is %s", e.Recipient, e.Cumulative, p.live.leaves[e.Recipient])
	case p.total > p.live.total:
		return fmt.Errorf("%s paid in all pass the live root's total %s", p.total, p.live.total)
	}
	return nil
}

// settings are what the owner can change of a distributor, as its events say.
type settings struct {
	owner, publisher, guardian swap.EVMAddress
	closesAt                   uint64 // Unix seconds
}

// see takes note of the distributor's other events.
func (p *payments) see(e *swap.DistributorSeen) error {
	address := func(to *swap.EVMAddress, field string) error {
		if err := to.UnmarshalText([]byte(e.Fields[field])); err != nil {
			return fmt.Errorf("%s: field %s: %w", e.Event, field, err)
		}
		return nil
	}
	switch e.Event {
	case "OwnershipTransferred":
		return address(&p.settings.owner, "newOwner")
	case "PublisherChanged":
		return address(&p.settings.publisher, "publisher")
	case "GuardianChanged":
		return address(&p.settings.guardian, "guardian")
	case "ClosesAtMoved":
		at, err := strconv.ParseUint(e.Fields["closesAt"], 10, 64)
		if err != nil || at < p.settings.closesAt {
			return fmt.Errorf("claims close at %q after this, before it at %d: it only ever moves later", e.Fields["closesAt"], p.settings.closesAt)
		}
		p.settings.closesAt = at
	case "Swept":
		p.swept = true
	}
	return nil
}

// activate makes a round's root the live one.
func (r *replay) activate(e *swap.RootActivated) error {
	round, err := r.tables.Round(e.Round)
	if err != nil {
		return fmt.Errorf("round %d: %w", e.Round, err)
	}
	data, err := r.att.Attachment(round.Leaves)
	if err != nil {
		return err
	}
	list, err := merkle.ReadCSV(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("leaves of round %d: %w", e.Round, err)
	}
	live := &liveRoot{round: e.Round, root: round.Root, total: round.Total, leaves: make(map[swap.EVMAddress]swap.Sesh, len(list))}
	for _, l := range list {
		if !l.Amount.IsUint64() {
			return fmt.Errorf("leaves of round %d: %s to %s passes 2^64-1", e.Round, l.Amount.Dec(), l.Account)
		}
		live.leaves[swap.EVMAddress(l.Account)] = swap.Sesh(l.Amount.Uint64())
	}
	r.payments.live = live
	return nil
}

// plan is the last push plan, row by row.
type plan struct {
	round, number uint64
	root          swap.Hash
	rows          []planRow // by batch
}

type planRow struct {
	batch      uint64
	recipient  swap.EVMAddress
	cumulative swap.Sesh
	pays       swap.Sesh // what was unpaid when the plan was made
}

// batch gives the rows of one batch.
func (p *plan) batch(n uint64) []planRow {
	lo, _ := slices.BinarySearchFunc(p.rows, n, func(r planRow, n uint64) int { return cmp.Compare(r.batch, n) })
	hi := lo
	for hi < len(p.rows) && p.rows[hi].batch == n {
		hi++
	}
	return p.rows[lo:hi]
}

// due is what a batch pays, at most.
func (p *plan) due(n uint64) (sum swap.Sesh) {
	for _, row := range p.batch(n) {
		sum += row.pays
	}
	return sum
}

// planned reads the list of a push plan: lines batch,address,cumulative.
func (x *examiner) planned(e *examined, event *swap.PushPlanned) *plan {
	data := x.read(e, event.List)
	if data == nil {
		return nil
	}
	p := &plan{round: event.Round, number: event.Plan, root: event.Root}
	for line := range strings.Lines(string(data)) {
		row, err := parsePlanRow(line)
		if err != nil {
			e.wrong("list, line %d: %v", len(p.rows)+1, err)
			return nil
		}
		p.rows = append(p.rows, row)
	}
	return p
}

func parsePlanRow(line string) (row planRow, err error) {
	fields := strings.Split(strings.TrimSuffix(line, "\n"), ",")
	if len(fields) != 3 || !strings.HasSuffix(line, "\n") {
		return row, fmt.Errorf("%.80q: expected batch,address,cumulative", line)
	}
	if row.batch, err = strconv.ParseUint(fields[0], 10, 64); err != nil || strconv.FormatUint(row.batch, 10) != fields[0] {
		return row, fmt.Errorf("%.40q is not the number of a batch", fields[0])
	}
	if err = row.recipient.UnmarshalText([]byte(fields[1])); err != nil {
		return row, err
	}
	row.cumulative, err = swap.ParseSesh(fields[2])
	return row, err
}

// checkPlan recomputes a push plan: every leaf of the live tree that is unpaid and not too small, in the order of the
// leaf hashes, cut into batches. It runs before the entry is applied.
func (r *replay) checkPlan(e *swap.PushPlanned, p *plan) error {
	live := r.payments.live
	if live == nil || live.round != e.Round || live.root != e.Root {
		return fmt.Errorf("round %d with root 0x%s is not live", e.Round, e.Root)
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	recipients := slices.SortedFunc(maps.Keys(live.leaves), func(a, b swap.EVMAddress) int { return bytes.Compare(a[:], b[:]) })
	leaves := make([]merkle.Leaf, len(recipients))
	for i, to := range recipients {
		leaves[i] = merkle.Leaf{Account: common.Address(to), Amount: *uint256.NewInt(uint64(live.leaves[to]))}
	}
	tree, err := merkle.Build(leaves, merkle.MaxTotal())
	if err != nil {
		return err
	}
	var paid, small uint64
	var amount swap.Sesh
	n := 0
	for rank := range tree.Len() {
		l := tree.Leaf(tree.ByHash(rank))
		to, cumulative := swap.EVMAddress(l.Account), swap.Sesh(l.Amount.Uint64())
		pays := cumulative - min(cumulative, r.payments.paid[to])
		switch {
		case pays == 0:
			paid++
			continue
		case pays < r.terms.MinPush:
			small++
			continue
		}
		if n == len(p.rows) || p.rows[n].recipient != to || p.rows[n].cumulative != cumulative {
			return fmt.Errorf("line %d of its list should be %s,%d: the next leaf, by hash, that is unpaid", n+1, to, cumulative)
		}
		p.rows[n].pays = pays
		amount += pays
		n++
	}
	if n < len(p.rows) {
		return fmt.Errorf("line %d of its list, %s, is no unpaid leaf of the live tree", n+1, p.rows[n].recipient)
	}
	batches, size := uint64(0), uint64(0)
	for i, row := range p.rows {
		if size++; i == 0 || row.batch != p.rows[i-1].batch {
			if row.batch != batches {
				return fmt.Errorf("line %d of its list is in batch %d, expected %d", i+1, row.batch, batches)
			}
			batches, size = batches+1, 1
		}
		if size > m.Config.Rails.Batch {
			return fmt.Errorf("batch %d has more than the %d recipients that are allowed", row.batch, m.Config.Rails.Batch)
		}
	}
	for _, c := range []struct {
		name      string
		got, want uint64
	}{
		{"batches", e.Batches, batches}, {"recipients", e.Recipients, uint64(n)}, {"amount", uint64(e.Amount), uint64(amount)},
		{"recipients paid already", e.Paid, paid}, {"recipients with too little to push", e.TooSmall, small},
	} {
		if c.got != c.want {
			return fmt.Errorf("%s: the entry says %d, the live tree gives %d", c.name, c.got, c.want)
		}
	}
	r.plan = p
	return nil
}
