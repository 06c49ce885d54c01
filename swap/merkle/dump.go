package merkle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
)

const (
	dumpFormat = "standard-v1"
	dumpTypes  = `["address","uint256"]`

	// maxDump bounds a dump file: with JSON.stringify's indentation of two blanks a leaf takes up
	// to 396 bytes.
	maxDump = 1000 + 400*MaxLeaves
)

// Dump writes the tree as JSON.stringify(tree.dump()) of the npm package writes it, byte for byte
// and without a line end:
//
//	{"format":"standard-v1","leafEncoding":["address","uint256"],
//	"tree":["0x<root>",...],
//	"values":[{"value":["0x<address>","<amount>"],"treeIndex":N},...]}
//
// (without these line breaks). Values come in the order of the leaves. Addresses are spelt as in
// the file the tree was read from, otherwise as EIP-55 has it.
func (t *Tree) Dump(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString(`{"format":"` + dumpFormat + `","leafEncoding":` + dumpTypes + `,"tree":[`)
	for k := range t.nodes[1:] {
		item := comma(out.AvailableBuffer(), k)
		item = appendHashText(item, &t.nodes[k+1])
		out.Write(item)
	}
	out.WriteString(`],"values":[`)
	h := newScalarHasher()
	for i := range t.Len() {
		l := t.leaves.at(i)
		item := comma(out.AvailableBuffer(), i)
		item = append(item, `{"value":["`...)
		if t.leaves.isLower(i) {
			item = appendHex(item, l.Account[:])
		} else {
			item = h.appendEIP55(item, &l.Account)
		}
		item = append(item, `","`...)
		item = append(item, l.Amount.Dec()...)
		item = append(item, `"],"treeIndex":`...)
		item = strconv.AppendInt(item, int64(t.TreeIndex(i)), 10)
		out.Write(append(item, '}'))
	}
	out.WriteString("]}")
	return out.Flush()
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

func appendHashText(dst []byte, h *common.Hash) []byte {
	dst = append(dst, '"')
	dst = appendHex(dst, h[:])
	return append(dst, '"')
}

// Load reads a dump of this package or of the npm package's, rebuilds the tree from its values and
// refuses the file if any of its hashes or positions differs from what they give. Keys must come in
// the order of Dump; white space between them is ignored. Amounts must be decimal strings,
// addresses in lower case or in exactly their EIP-55 spelling. A tree that was made with
// sortLeaves: false is refused: its root is another one than Build's. limit is Build's.
func Load(r io.Reader, limit *uint256.Int) (*Tree, error) {
	s := newScanner(io.LimitReader(r, maxDump))
	s.want('{')
	s.key("format")
	s.exactly(dumpFormat)
	s.want(',')
	s.key("leafEncoding")
	s.want('[')
	s.exactly("address")
	s.want(',')
	s.exactly("uint256")
	s.want(']')
	s.want(',')
	s.key("tree")
	nodes := s.hashes(2*MaxLeaves - 1)
	s.want(',')
	s.key("values")
	list, places := s.values()
	s.want('}')
	if err := s.end(); err != nil {
		return nil, fmt.Errorf("dump: %w", err)
	}

	if len(nodes) != max(2*list.n-1, 0) {
		return nil, fmt.Errorf("dump: %d nodes for %d values: want 2 x %d - 1", len(nodes), list.n, list.n)
	}
	t, err := build(list, limit)
	if err != nil {
		return nil, fmt.Errorf("dump: %w", err)
	}
	for i, place := range places {
		if int(place) != t.TreeIndex(i) {
			return nil, fmt.Errorf("dump: value %d has treeIndex %d, its place among the sorted leaves is %d: make the dump again with sorted leaves", i, place, t.TreeIndex(i))
		}
	}
	for k := range nodes {
		if nodes[k] != t.nodes[k+1] {
			return nil, fmt.Errorf("dump: node %d is %s, the values give %s: the file was changed or its values do not belong to this tree", k, nodes[k], t.nodes[k+1])
		}
	}
	return t, nil
}

func (s *scanner) hashes(most int) (out []common.Hash) {
	s.want('[')
	for s.more(len(out)) {
		if len(out) == most {
			s.fail("more than %d hashes", most)
			return nil
		}
		out = append(out, s.hash())
	}
	return out
}

// values reads the leaves and their places in the tree.
func (s *scanner) values() (list leafList, places []uint32) {
	h := newScalarHasher()
	s.want('[')
	for s.more(list.n) {
		s.want('{')
		s.key("value")
		s.want('[')
		account, lower := s.address(h)
		s.want(',')
		leaf := Leaf{Account: account, Amount: s.amount()}
		s.want(']')
		s.want(',')
		s.key("treeIndex")
		place := s.number()
		s.want('}')
		if place >= 2*MaxLeaves {
			s.fail("treeIndex %d outside the tree", place)
		}
		if err := list.add(&leaf, lower); errors.Is(err, ErrTooMany) {
			s.fail("%w", err)
		}
		places = append(places, uint32(place))
	}
	return list, places
}

func (s *scanner) address(h *hasher) (a common.Address, lower bool) {
	text := s.str(addressLen)
	if s.err != nil {
		return a, false
	}
	a, lower, err := h.parseAddress(text)
	if err != nil {
		s.fail("%w", err)
	}
	return a, lower
}

func (s *scanner) amount() (v uint256.Int) {
	text := s.str(amountLen)
	if s.err != nil {
		return v
	}
	v, err := parseAmount(text)
	if err != nil {
		s.fail("%w", err)
	}
	return v
}
