package swap

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"oxenswap/swap/ledger"
)

// Difference is one thing of which the chain's final state and the ledger say something else. What
// it is about and what either says are words for a person; the same difference has the same words
// whenever it is looked for.
type Difference struct {
	What   string `json:"what"`   // payments, round, transaction, live root, leaf, claimed, total claimed, balance
	About  string `json:"about"`  // a recipient, a round, a transaction; the distributor
	Chain  string `json:"chain"`  // what the chain says
	Ledger string `json:"ledger"` // what the ledger says, or what follows from it
}

// String is the difference as a sentence.
func (d Difference) String() string {
	return fmt.Sprintf("%s of %s: the chain says %s, the ledger %s", d.What, d.About, d.Chain, d.Ledger)
}

func (d Difference) compare(e Difference) int {
	return cmp.Or(cmp.Compare(d.What, e.What), cmp.Compare(d.About, e.About), cmp.Compare(d.Chain, e.Chain), cmp.Compare(d.Ledger, e.Ledger))
}

// ChainDiffers says that a comparison of the ledger with everything that is final on chain found
// differences. It raises the alarm: nothing is sent until a correction about this entry
// acknowledges them.
type ChainDiffers struct {
	Block     uint64     `json:"block"` // the final one up to which the chain was read
	BlockHash Hash       `json:"block_hash"`
	Count     uint64     `json:"count"`
	First     Difference `json:"first"`
	List      Hash       `json:"list"` // attachment: all of them, as FormatDifferences writes them
}

// Kind implements Event.
func (*ChainDiffers) Kind() string { return "chain.differs" }

// Attachments implements Event.
func (e *ChainDiffers) Attachments() []Hash { return []Hash{e.List} }

// NewChainDiffers is the record about differences, of which there is at least one.
func NewChainDiffers(block uint64, hash Hash, all []Difference) (Record, error) {
	list, err := FormatDifferences(all)
	if err != nil {
		return Record{}, err
	}
	sorted, err := ParseDifferences(list)
	if err != nil {
		return Record{}, err
	}
	e := &ChainDiffers{Block: block, BlockHash: hash, Count: uint64(len(sorted)), First: sorted[0], List: Digest(list)}
	return Record{Event: e, Attachments: [][]byte{list}}, nil
}

// FormatDifferences writes differences as lines of JSON, sorted, each once.
func FormatDifferences(all []Difference) ([]byte, error) {
	sorted := slices.Compact(slices.SortedFunc(slices.Values(all), Difference.compare))
	var buf bytes.Buffer
	for _, d := range sorted {
		line, err := ledger.MarshalBody(d)
		if err != nil {
			return nil, err
		}
		buf.Write(append(line, '\n'))
	}
	return buf.Bytes(), nil
}

// ParseDifferences reads what FormatDifferences wrote, and nothing else.
func ParseDifferences(list []byte) ([]Difference, error) {
	var out []Difference
	for line := range bytes.Lines(list) {
		var d Difference
		text, whole := bytes.CutSuffix(line, []byte("\n"))
		if err := ledger.UnmarshalBody(text, &d); err != nil {
			return nil, fmt.Errorf("differences, line %d: %w", len(out)+1, err)
		}
		if n := len(out); !whole || n > 0 && out[n-1].compare(d) >= 0 {
			return nil, fmt.Errorf("differences, line %d: it is cut short or does not follow the line before", n+1)
		}
		out = append(out, d)
	}
	if len(out) == 0 {
		return nil, errors.New("differences: the list is empty")
	}
	return out, nil
}

// Acknowledged are the differences that a person has answered with a correction.
func (m *Migration) Acknowledged(att Attachments) (map[Difference]bool, error) {
	out := map[Difference]bool{}
	for entry, digest := range m.Differs {
		if _, stands := m.Alarms[entry]; stands {
			continue
		}
		list, err := att.Attachment(digest)
		if err != nil {
			return nil, fmt.Errorf("differences of entry %d: %w", entry, err)
		}
		all, err := ParseDifferences(list)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", entry, err)
		}
		for _, d := range all {
			out[d] = true
		}
	}
	return out, nil
}

func (e *ChainDiffers) apply(a *applier) error {
	if a.m.Distributor == nil {
		return errors.New("there is no distributor yet")
	}
	list, err := a.att.Attachment(e.List)
	if err != nil {
		return err
	}
	all, err := ParseDifferences(list)
	if err != nil {
		return err
	}
	if e.Count != uint64(len(all)) || e.First != all[0] {
		return fmt.Errorf("%d differences, the first %q: the list has %d, the first %q", e.Count, e.First, len(all), all[0])
	}
	for entry, digest := range a.m.Differs {
		if digest == e.List {
			return fmt.Errorf("entry %d says the same", entry)
		}
	}
	a.m.Differs = maps.Clone(a.m.Differs)
	put(&a.m.Differs, a.seq, e.List)
	return a.alarm("block %d: the final events of the distributor and the ledger differ in %d places, the first: %s (`oxenswap chain reconcile`)", e.Block, e.Count, e.First)
}
