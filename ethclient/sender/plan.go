package sender

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap"
	"oxenswap/swap/merkle"
)

// Row is one recipient of a push plan. Amounts are in atomic SESH.
type Row struct {
	Recipient  common.Address
	Cumulative swap.Sesh // the leaf's
	Due        swap.Sesh // of it, not paid in a final block yet
}

// Plan says whom to push to in which transactions.
type Plan struct {
	Batches    [][]Row // consecutive unpaid leaves, in the order of the leaf hashes
	Recipients uint64
	Amount     swap.Sesh // due to them
	Paid       uint64    // recipients left out: they have it already
	TooSmall   uint64    // recipients left out: less than the terms' min_push is due
}

// MakePlan takes every leaf that is not paid, unless less than minPush is due to it. Leaves that
// are neighbours by hash share most of their proof, so a batch is a run of them. paid is by
// recipient, cumulative, from final blocks.
func MakePlan(tree *merkle.Tree, paid map[swap.EVMAddress]swap.Sesh, minPush swap.Sesh, batch uint64) (*Plan, error) {
	if batch == 0 {
		return nil, fmt.Errorf("rails.batch is 0: set how many recipients one push transaction may have")
	}
	p := &Plan{}
	var rows []Row
	for rank := range tree.Len() {
		leaf := tree.Leaf(tree.ByHash(rank))
		if !leaf.Amount.IsUint64() {
			return nil, fmt.Errorf("the leaf of %s passes 2^64-1 atomic SESH", leaf.Account)
		}
		r := Row{Recipient: leaf.Account, Cumulative: swap.Sesh(leaf.Amount.Uint64())}
		r.Due = r.Cumulative - min(r.Cumulative, paid[swap.EVMAddress(leaf.Account)])
		switch {
		case r.Due == 0:
			p.Paid++
		case r.Due < minPush:
			p.TooSmall++
		default:
			rows = append(rows, r)
			p.Recipients++
			p.Amount += r.Due // at most the tree's total, which is below 2^63 (the terms' caps)
		}
	}
	for len(rows) > 0 {
		n := min(uint64(len(rows)), batch)
		p.Batches, rows = append(p.Batches, rows[:n:n]), rows[n:]
	}
	return p, nil
}

// split cuts batches that a transaction cannot hold into halves, and those again. A single
// recipient stays.
func (p *Plan) split(holds func(rows []Row) (bool, error)) error {
	var out [][]Row
	var cut func(rows []Row) error
	cut = func(rows []Row) error {
		ok, err := holds(rows)
		if err != nil {
			return err
		}
		if ok || len(rows) == 1 {
			out = append(out, rows)
			return nil
		}
		half := (len(rows) + 1) / 2
		if err := cut(rows[:half:half]); err != nil {
			return err
		}
		return cut(rows[half:])
	}
	for _, rows := range p.Batches {
		if err := cut(rows); err != nil {
			return err
		}
	}
	p.Batches = out
	return nil
}

// List is the plan's attachment: lines batch,address,cumulative.
func (p *Plan) List() []byte {
	var buf bytes.Buffer
	for n, rows := range p.Batches {
		for _, r := range rows {
			fmt.Fprintf(&buf, "%d,%s,%d\n", n, r.Recipient.Hex(), r.Cumulative)
		}
	}
	return buf.Bytes()
}

// ReadPlan reads a list that List wrote. What is due is computed from what is paid now: holders may
// have claimed since.
func ReadPlan(list []byte, paid map[swap.EVMAddress]swap.Sesh) (*Plan, error) {
	p := &Plan{}
	line := 0
	for text := range strings.Lines(string(list)) {
		line++
		fields := strings.Split(strings.TrimSuffix(text, "\n"), ",")
		if len(fields) != 3 || !strings.HasSuffix(text, "\n") {
			return nil, fmt.Errorf("push plan, line %d: expected batch,address,cumulative", line)
		}
		n, err := strconv.ParseUint(fields[0], 10, 64)
		if err != nil || n > uint64(len(p.Batches)) || n+1 < uint64(len(p.Batches)) {
			return nil, fmt.Errorf("push plan, line %d: batch %.20q does not follow the one before", line, fields[0])
		}
		to, err := swap.ParseEIP55(fields[1])
		if err != nil {
			return nil, fmt.Errorf("push plan, line %d: %w", line, err)
		}
		r := Row{Recipient: to}
		if r.Cumulative, err = swap.ParseSesh(fields[2]); err != nil {
			return nil, fmt.Errorf("push plan, line %d: %w", line, err)
		}
		r.Due = r.Cumulative - min(r.Cumulative, paid[swap.EVMAddress(to)])
		if n == uint64(len(p.Batches)) {
			p.Batches = append(p.Batches, nil)
		}
		p.Batches[n] = append(p.Batches[n], r)
		p.Recipients++
		p.Amount += r.Due
	}
	return p, nil
}

// due is what a batch moves, at most.
func due(batch []Row) (sum swap.Sesh) {
	for _, r := range batch {
		sum += r.Due
	}
	return sum
}
