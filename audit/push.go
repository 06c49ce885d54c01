package audit

import (
	"cmp"
	"context"
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

// plan is a push plan, row by row.
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

// pushPlanned recomputes a push plan.
type pushPlanned struct {
	unchecked
	event *swap.PushPlanned
	plan  *plan // nil: its list is missing or malformed
}

// alone reads the list of the plan: lines batch,address,cumulative.
func (c *pushPlanned) alone(ex *examiner, x *examined) {
	if !x.complete {
		return
	}
	data := ex.read(x, c.event.List)
	if data == nil {
		return
	}
	p := &plan{round: c.event.Round, number: c.event.Plan, root: c.event.Root}
	for line := range strings.Lines(string(data)) {
		row, err := parsePlanRow(line)
		if err != nil {
			x.wrong("list, line %d: %v", len(p.rows)+1, err)
			return
		}
		p.rows = append(p.rows, row)
	}
	c.plan = p
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

// before compares the plan with what the live tree gives: every leaf that is unpaid and not too
// small, in the order of the leaf hashes, cut into batches.
func (c *pushPlanned) before(_ context.Context, r *replay, _ *examined) error {
	e, p := c.event, c.plan
	if p == nil {
		return nil
	}
	live := r.payments.live
	if live == nil || live.round != e.Round || live.root != e.Root {
		return fmt.Errorf("round %d with root 0x%s is not live", e.Round, e.Root)
	}
	m, err := r.tables.Migration()
	if err != nil {
		return err
	}
	recipients := slices.SortedFunc(maps.Keys(live.leaves), swap.EVMAddress.Compare)
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
