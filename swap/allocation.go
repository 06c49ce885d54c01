package swap

import (
	"bytes"
	"errors"
	"fmt"
)

// The allocation list has one line per account, programme and round: the JSON that encoding/json
// prints of an Allocation, and a newline. Lines are in the order of their accounts; those of one
// account are in the order of the terms' programmes. A round has hundreds of thousands of lines, so
// they are written and read without reflection.

// maxAllocationLine is the most bytes of one line: an account's outputs may have as many parts as
// there are steps.
const maxAllocationLine = 1 << 16

// FormatAllocations writes a list.
func FormatAllocations(list []Allocation) ([]byte, error) {
	w := newListWriter(len(list))
	var to EVMAddress
	var spelling string
	for i := range list {
		a := &list[i]
		if i == 0 || a.Recipient != to { // an account's lines have one recipient, and spelling it takes a hash
			to, spelling = a.Recipient, a.Recipient.String()
		}
		if err := w.add(a, spelling); err != nil {
			return nil, err
		}
	}
	return w.out, nil
}

// listWriter writes a list.
type listWriter struct {
	out  []byte
	last Account
}

func newListWriter(lines int) *listWriter { return &listWriter{out: make([]byte, 0, 512*lines)} }

// add writes a line, given the recipient's EIP-55 spelling.
func (w *listWriter) add(a *Allocation, recipient string) error {
	if w.last == "" || a.Account != w.last {
		if !plain(string(a.Account)) {
			return fmt.Errorf("allocation list: account %.80q: unexpected characters", a.Account)
		}
		w.last = a.Account
	}
	if !plain(a.Programme) {
		return fmt.Errorf("allocation list: programme %.80q: unexpected characters", a.Programme)
	}
	b := append(w.out, `{"account":"`...)
	b = append(b, a.Account...)
	b = append(b, `","programme":"`...)
	b = append(b, a.Programme...)
	b = append(b, `","recipient":"`...)
	b = append(b, recipient...)
	b = append(b, `","claim":`...)
	b = appendDecimal(b, a.Claim)
	b = append(b, `,"parts":[`...)
	for i := range a.Parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"source":"`...)
		b = a.Parts[i].Source.append(b)
		b = append(b, `","num":"`...)
		b = a.Parts[i].Num.append(b)
		b = append(b, `","den":"`...)
		b = a.Parts[i].Den.append(b)
		b = append(b, `"}`...)
	}
	b = append(b, `],"owed":"`...)
	b = appendDecimal(b, a.Owed)
	b = append(b, `","remainder":"`...)
	b = a.Remainder.append(b)
	b = append(b, `","den":"`...)
	b = a.Den.append(b)
	b = append(b, `","before":"`...)
	b = appendDecimal(b, a.Before)
	b = append(b, `","amount":"`...)
	b = appendDecimal(b, a.Amount)
	w.out = append(b, "\"}\n"...)
	return nil
}

// ParseAllocations reads a list and refuses other spellings of it, lines out of order and lines
// whose amounts do not add up.
func ParseAllocations(data []byte) ([]Allocation, error) {
	list := make([]Allocation, 0, bytes.Count(data, []byte("\n")))
	r := lineReader{names: map[string]string{}}
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		if end < 0 || end > maxAllocationLine {
			return nil, fmt.Errorf("allocation list, line %d: it does not end within %d bytes", len(list)+1, maxAllocationLine)
		}
		a, err := r.allocation(data[:end])
		if err == nil {
			err = a.check()
		}
		if err == nil {
			err = a.follows(list)
		}
		if err != nil {
			return nil, fmt.Errorf("allocation list, line %d: %w", len(list)+1, err)
		}
		list = append(list, a)
		data = data[end+1:]
	}
	return list, nil
}

// allocation reads a line. Every value in it has one spelling, so the line has too.
func (r *lineReader) allocation(line []byte) (Allocation, error) {
	var a Allocation
	r.rest = line
	r.skip(`{"account":"`)
	a.Account = r.accountName()
	r.skip(`","programme":"`)
	a.Programme = r.programme()
	r.skip(`","recipient":"`)
	a.Recipient = r.recipient()
	r.skip(`","claim":`)
	a.Claim = r.number(',')
	r.skip(`,"parts":[`)
	for r.err == nil && !bytes.HasPrefix(r.rest, []byte("]")) {
		if len(a.Parts) > 0 {
			r.skip(",")
		}
		var p Part
		r.skip(`{"source":"`)
		p.Source = r.quantity()
		r.skip(`","num":"`)
		p.Num = r.quantity()
		r.skip(`","den":"`)
		p.Den = r.quantity()
		r.skip(`"}`)
		a.Parts = append(a.Parts, p)
	}
	r.skip(`],"owed":"`)
	a.Owed = Sesh(r.amount())
	r.skip(`","remainder":"`)
	a.Remainder = r.quantity()
	r.skip(`","den":"`)
	a.Den = r.quantity()
	r.skip(`","before":"`)
	a.Before = Sesh(r.amount())
	r.skip(`","amount":"`)
	a.Amount = Sesh(r.amount())
	r.skip(`"}`)
	if r.err == nil && len(r.rest) > 0 {
		r.err = fmt.Errorf("something follows it: %.40q", r.rest)
	}
	return a, r.err
}

// check refuses an allocation whose numbers do not follow from each other.
func (a *Allocation) check() error {
	if a.Amount == 0 || a.Owed > maxCap || a.Before > a.Owed || a.Before+a.Amount != a.Owed {
		return fmt.Errorf("%s owed, %s before and %s now do not add up", a.Owed, a.Before, a.Amount)
	}
	exact, err := scaled(a.Parts, a.Den)
	if err != nil {
		return err
	}
	owed, remainder, err := floor(exact, a.Den)
	if err != nil {
		return err
	}
	if owed != a.Owed || remainder != a.Remainder {
		return fmt.Errorf("%s owed and remainder %s of %s are not the sum of its parts", a.Owed, a.Remainder, a.Den)
	}
	return nil
}

// follows refuses an allocation that is out of order after the others, or of an account and
// programme that came before.
func (a *Allocation) follows(list []Allocation) error {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Account > a.Account {
			return fmt.Errorf("account %s is out of order", a.Account)
		}
		if list[i].Account < a.Account {
			break
		}
		if list[i].Programme == a.Programme {
			return fmt.Errorf("account %s has programme %s twice", a.Account, a.Programme)
		}
	}
	return nil
}

// plain reports whether a name of an account or programme needs no escape in JSON.
func plain(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == ':' || c == '.') {
			return false
		}
	}
	return true
}

// lineReader cuts lines into their values and keeps the first error. It remembers what the lines
// before said, which many lines repeat.
type lineReader struct {
	rest    []byte
	err     error
	account Account
	names   map[string]string // programmes
	to      EVMAddress
	spelt   string // to
}

func (r *lineReader) skip(literal string) {
	if r.err != nil {
		return
	}
	if len(r.rest) < len(literal) || string(r.rest[:len(literal)]) != literal {
		r.err = fmt.Errorf("expected %q, found %.40q", literal, r.rest)
		return
	}
	r.rest = r.rest[len(literal):]
}

// until cuts off what comes before a character.
func (r *lineReader) until(char byte) []byte {
	if r.err != nil {
		return nil
	}
	end := bytes.IndexByte(r.rest, char)
	if end < 0 {
		r.err = errors.New("it ends too early")
		return nil
	}
	value := r.rest[:end]
	r.rest = r.rest[end:]
	return value
}

func (r *lineReader) accountName() Account {
	if text := r.until('"'); r.err == nil && (r.account == "" || string(text) != string(r.account)) {
		r.account = Account(r.plain(text))
	}
	return r.account
}

func (r *lineReader) programme() string {
	text := r.until('"')
	if r.err != nil {
		return ""
	}
	name, known := r.names[string(text)]
	if !known {
		name = r.plain(text)
		r.names[name] = name
	}
	return name
}

func (r *lineReader) plain(text []byte) string {
	s := string(text)
	if !plain(s) {
		r.err = fmt.Errorf("%.80q: unexpected characters", s)
	}
	return s
}

func (r *lineReader) recipient() EVMAddress {
	if text := r.until('"'); r.err == nil && (r.spelt == "" || string(text) != r.spelt) {
		r.spelt = string(text)
		r.err = r.to.UnmarshalText(text)
	}
	return r.to
}

// amount reads atomic units of the coin that the field is in.
func (r *lineReader) amount() uint64 { return r.number('"') }

func (r *lineReader) number(end byte) (n uint64) {
	if text := r.until(end); r.err == nil {
		n, r.err = parseDecimal[uint64](text, inAtomicUnits)
	}
	return n
}

func (r *lineReader) quantity() (q Quantity) {
	if text := r.until('"'); r.err == nil {
		r.err = q.UnmarshalText(text)
	}
	return q
}
