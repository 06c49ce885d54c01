package merkle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/holiman/uint256"
)

// ReadCSV reads lines `address,amount`: the address as 0x and 40 hex digits, in lower case or in
// exactly its EIP-55 spelling, the amount in atomic units as decimal digits. Lines end in LF or CR
// LF, the last one may have no end. There is no header, no quoting, no blank, no empty line; at
// most MaxLeaves lines. Every error names the line. Zero addresses and amounts are refused here,
// recipients that repeat by Build.
func ReadCSV(r io.Reader) ([]Leaf, error) {
	list, err := readCSV(r)
	if err != nil {
		return nil, err
	}
	return list.slice(), nil
}

// BuildCSV is Build of the lines that ReadCSV describes. Leaf i is line i+1, and a *LeafError
// counts lines. It needs less memory than ReadCSV and Build, and Dump repeats the spelling of the
// addresses, as the npm package would.
func BuildCSV(r io.Reader, limit *uint256.Int) (*Tree, error) {
	list, err := readCSV(r)
	if err != nil {
		return nil, err
	}
	t, err := build(list, limit)
	var bad *LeafError
	if errors.As(err, &bad) {
		return nil, &LeafError{Where: "line", N: bad.N + 1, First: bad.First + 1, Account: bad.Account, Err: bad.Err}
	}
	return t, err
}

func readCSV(r io.Reader) (leafList, error) {
	var list leafList
	h := newScalarHasher()
	lines := bufio.NewReaderSize(r, 1<<16)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return list, nil
		case err == bufio.ErrBufferFull:
			return list, fmt.Errorf("line %d: longer than %d bytes: want address,amount", number, maxLine)
		case err != nil && err != io.EOF:
			return list, fmt.Errorf("read line %d: %w", number, err)
		}
		var leaf Leaf
		lower, err := h.parseLine(&leaf, trimLineEnd(line))
		if err != nil {
			return list, fmt.Errorf("line %d: %w", number, err)
		}
		if err := leaf.check(); err != nil {
			return list, &LeafError{Where: "line", N: number, Account: leaf.Account, Err: err}
		}
		if err := list.add(&leaf, lower); err != nil {
			return list, fmt.Errorf("line %d: %w", number, err)
		}
	}
}

const maxLine = addressLen + 1 + amountLen

func (h *hasher) parseLine(leaf *Leaf, line []byte) (lower bool, err error) {
	if len(line) > maxLine {
		return false, fmt.Errorf("longer than %d bytes: want address,amount", maxLine)
	}
	address, amount, ok := bytes.Cut(line, []byte(","))
	if !ok {
		return false, fmt.Errorf("%s: want address,amount", quote(line))
	}
	if leaf.Account, lower, err = h.parseAddress(address); err != nil {
		return false, err
	}
	leaf.Amount, err = parseAmount(amount)
	return lower, err
}

func trimLineEnd(line []byte) []byte {
	if rest, ok := bytes.CutSuffix(line, []byte("\n")); ok {
		rest, _ = bytes.CutSuffix(rest, []byte("\r"))
		return rest
	}
	return line
}
