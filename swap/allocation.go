package swap

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
)

// The allocation list has one line per account, programme and round: the JSON of an Allocation, by account and then in
// the order of the terms' programmes. Every line ends with a newline.

// maxAllocationLine is the most bytes of one line: an account's outputs may have as many parts as there are steps.
const maxAllocationLine = 1 << 16

// FormatAllocations writes a list.
func FormatAllocations(list []Allocation) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(512 * len(list))
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for i := range list {
		if err := enc.Encode(&list[i]); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), nil
}

// ParseAllocations reads a list and refuses other spellings of it, and lines whose amounts do not add up.
func ParseAllocations(data []byte) ([]Allocation, error) {
	list := make([]Allocation, 0, bytes.Count(data, []byte("\n")))
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxAllocationLine)
	for lines.Scan() {
		var a Allocation
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("allocation list, line %d: %w", len(list)+1, err)
		}
		if a.Amount == 0 || a.Before+a.Amount != a.Owed || a.Owed < a.Amount {
			return nil, fmt.Errorf("allocation list, line %d: %s owed, %s before and %s now do not add up", len(list)+1, a.Owed, a.Before, a.Amount)
		}
		list = append(list, a)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("allocation list, line %d: %w", len(list)+1, err)
	}
	again, err := FormatAllocations(list)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, fmt.Errorf("allocation list: not in its one spelling")
	}
	return list, nil
}
