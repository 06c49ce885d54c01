package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth is how deep an answer may nest. Those of oxend stay below 12.
const maxDepth = 64

// maxWord is the length in bytes of the longest short text that is kept: names, versions,
// addresses.
const maxWord = 256

// A FormatError says where an answer is not what the daemon's interface promises.
type FormatError struct {
	Where   string // the JSON path, such as "result.service_node_states[3].contributors[0].amount"
	Offset  int    // bytes from the start of the answer
	Problem string
}

func (e *FormatError) Error() string {
	where := e.Where
	if where == "" {
		where = "the answer"
	}
	return fmt.Sprintf("%s (byte %d): %s", where, e.Offset, e.Problem)
}

// reader takes a JSON text apart from front to back, once, without building a tree. It is stricter
// than encoding/json: names are compared exactly, a name that is used may not come twice, null is
// not a value, and a number is an integer from 0 to 2^64-1 in its only spelling. The first failure
// sticks, and every later call does nothing.
type reader struct {
	data  []byte
	pos   int
	depth int
	err   *FormatError
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = &FormatError{Offset: r.pos, Problem: fmt.Sprintf(format, args...)}
	}
}

// peek skips white space and returns the next byte, or 0 at the end.
func (r *reader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// next consumes the byte c after white space and reports whether it was there.
func (r *reader) next(c byte) bool {
	if r.err != nil || r.peek() != c {
		return false
	}
	r.pos++
	return true
}

// expect is next, with a failure that names what was expected.
func (r *reader) expect(c byte, what string) bool {
	if r.err == nil && !r.next(c) {
		r.fail("expected %s, found %s", what, r.found())
	}
	return r.err == nil
}

// found quotes the next few bytes for a message.
func (r *reader) found() string {
	r.peek()
	if r.pos >= len(r.data) {
		return "the end of the answer"
	}
	return fmt.Sprintf("%.24q", r.data[r.pos:])
}

// open enters an object or a list.
func (r *reader) open(c byte, what string) bool {
	if !r.expect(c, what) {
		return false
	}
	if r.depth++; r.depth > maxDepth {
		r.fail("nested deeper than %d", maxDepth)
	}
	return r.err == nil
}

// object reads an object. field gets each name, reads its value and returns true, or returns false
// for a name that it does not use, and the value is skipped: daemons add fields. A name that is
// used comes once.
func (r *reader) object(field func(name []byte) (used bool)) {
	if !r.open('{', "an object") {
		return
	}
	var seen [48][]byte
	used := seen[:0]
	if r.next('}') {
		r.depth--
		return
	}
	for {
		r.peek()
		start := r.pos
		name := r.text()
		if !r.expect(':', "a colon") {
			return
		}
		for _, u := range used {
			if bytes.Equal(u, name) {
				r.pos = start
				r.fail("%q comes twice", name)
				return
			}
		}
		if field(name) {
			used = append(used, name)
		} else {
			r.skip()
		}
		if r.err != nil {
			r.within("." + printable(name, 40))
			return
		}
		if r.next(',') {
			continue
		}
		r.expect('}', "a comma or the end of the object")
		r.depth--
		return
	}
}

// array reads a list of at most most elements; element reads one.
func (r *reader) array(most int, element func(i int)) {
	if !r.open('[', "a list") {
		return
	}
	if r.next(']') {
		r.depth--
		return
	}
	for i := 0; ; i++ {
		if i == most {
			r.fail("a list of more than %d", most)
			return
		}
		element(i)
		if r.err != nil {
			r.within(fmt.Sprintf("[%d]", i))
			return
		}
		if r.next(',') {
			continue
		}
		r.expect(']', "a comma or the end of the list")
		r.depth--
		return
	}
}

// within puts a step in front of the path of the failure, unless that is long enough already.
func (r *reader) within(step string) {
	if len(r.err.Where) < maxMessage {
		r.err.Where = step + r.err.Where
	}
}

// text reads a string. The result may point into the answer.
func (r *reader) text() []byte {
	if !r.expect('"', "a string") {
		return nil
	}
	start := r.pos
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; {
		case c == '"':
			r.pos++
			return r.data[start : r.pos-1]
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.fail("a control character in a string")
			return nil
		}
		r.pos++
	}
	r.fail("a string without an end")
	return nil
}

// escaped reads the rest of a string with escapes; start is where its content begins.
func (r *reader) escaped(start int) []byte {
	for r.pos < len(r.data) && r.data[r.pos] != '"' {
		if r.data[r.pos] == '\\' {
			r.pos++
		}
		r.pos++
	}
	if r.pos >= len(r.data) {
		r.pos = start
		r.fail("a string without an end")
		return nil
	}
	r.pos++
	var s string
	if err := json.Unmarshal(r.data[start-1:r.pos], &s); err != nil {
		r.pos = start
		r.fail("a malformed string: %v", err)
	}
	return []byte(s)
}

// skip reads any JSON value and forgets it.
func (r *reader) skip() {
	switch c := r.peek(); c {
	case '{':
		r.object(func([]byte) bool { return false })
	case '[':
		r.array(math.MaxInt, func(int) { r.skip() })
	case '"':
		r.text()
	case 't', 'f':
		r.boolean()
	case 'n':
		if !bytes.HasPrefix(r.data[r.pos:], []byte("null")) {
			r.fail("expected a value, found %s", r.found())
			return
		}
		r.pos += 4
	default:
		r.number()
	}
}

// number skips any JSON number.
func (r *reader) number() {
	start := r.pos
	for r.pos < len(r.data) && r.data[r.pos]-'0' <= 9 {
		r.pos++
	}
	if digits := r.data[start:r.pos]; len(digits) > 0 && (len(digits) == 1 || digits[0] != '0') && !r.inNumber() {
		return
	}
	for r.inNumber() {
		r.pos++
	}
	if token := r.data[start:r.pos]; r.err == nil && !json.Valid(token) {
		r.pos = start
		r.fail("expected a value, found %s", r.found())
	}
}

// inNumber reports whether the next byte may stand in a number.
func (r *reader) inNumber() bool {
	return r.pos < len(r.data) && strings.IndexByte("+-.eE0123456789", r.data[r.pos]) >= 0
}

// printable keeps the start of a text that the daemon wrote, fit for one line of a message.
func printable(text []byte, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, string(text))
}
