package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

const (
	maxBodyDepth = 32  // nested objects and arrays
	maxBodyKeys  = 256 // keys of one object; bounds the search for duplicates
)

// MarshalBody returns v as a canonical body (see the package comment). v must be encoded as a JSON
// object; struct fields keep their order, so the same value always gives the same bytes.
func MarshalBody(v any) ([]byte, error) {
	if a, ok := v.(bodyAppender); ok {
		if b, ok := a.AppendBody(make([]byte, 0, 1<<10)); ok {
			if err := checkBody(b); err != nil {
				return nil, fmt.Errorf("marshal body of type %T: %w", v, err)
			}
			return b, nil
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("marshal body of type %T: %w", v, err)
	}
	b := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if err := checkBody(b); err != nil {
		return nil, fmt.Errorf("marshal body of type %T: %w", v, err)
	}
	return b, nil
}

// A bodyAppender can print itself faster than encoding/json does: the same bytes, or false.
type bodyAppender interface {
	AppendBody(b []byte) ([]byte, bool)
}

// UnmarshalBody decodes a body into v, a pointer to the struct that made it. It refuses unknown
// keys and everything that v does not give back byte for byte: missing keys, another order, other
// spellings of a key or a value.
func UnmarshalBody(data []byte, v any) error {
	if len(data) > MaxEntrySize {
		return fmt.Errorf("unmarshal body into %T: %d bytes, at most %d are allowed", v, len(data), MaxEntrySize)
	}
	// json.Unmarshal drops unknown keys, which then are missing in what v gives back. It is faster
	// than a Decoder that refuses them.
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("unmarshal body into %T: %w", v, err)
	}
	again, err := MarshalBody(v)
	if err != nil {
		return fmt.Errorf("unmarshal body: %w", err)
	}
	if !bytes.Equal(again, data) {
		i := 0
		for i < len(data) && i < len(again) && data[i] == again[i] {
			i++
		}
		return fmt.Errorf("unmarshal body into %T: it has an unknown key or is not in canonical form from byte %d on: expected %q, found %q", v, i, excerpt(again[i:]), excerpt(data[i:]))
	}
	return nil
}

func excerpt(b []byte) []byte {
	return b[:min(len(b), 40)]
}

// checkBody reports where b stops being a canonical JSON object.
func checkBody(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return errors.New("the body is not a JSON object")
	}
	if len(b) > MaxEntrySize {
		return fmt.Errorf("the body has %d bytes, at most %d fit: store the larger part as an attachment and name its digest", len(b), MaxEntrySize)
	}
	var keys [32]span // enough for most bodies
	s := bodyScanner{data: b, keys: keys[:0]}
	if err := s.value(0); err != nil {
		return err
	}
	if s.pos != len(b) {
		return s.fail("something follows the object")
	}
	return nil
}

// A bodyScanner walks over canonical JSON. Each method begins at pos and ends behind what it read.
type bodyScanner struct {
	data []byte
	pos  int
	keys []span // of the objects that are open, innermost last
}

// A span is the place of a key within the body, which MaxEntrySize bounds.
type span struct{ start, end uint16 }

func (s *bodyScanner) fail(reason string) error {
	return fmt.Errorf("body is not canonical JSON at byte %d: %s", s.pos, reason)
}

// peek returns the next byte, or 0, which no canonical JSON contains, at the end.
func (s *bodyScanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *bodyScanner) value(depth int) error {
	switch c := s.peek(); {
	case c == '"':
		return s.str()
	case c == '{' || c == '[':
		if depth == maxBodyDepth {
			return s.fail("nested too deeply")
		}
		if c == '{' {
			return s.object(depth + 1)
		}
		return s.array(depth + 1)
	case c == '-' || c-'0' <= 9:
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	return s.fail("expected a value")
}

func (s *bodyScanner) object(depth int) error {
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	first := len(s.keys)
	for {
		start := s.pos
		if s.peek() != '"' {
			return s.fail("expected a key")
		}
		if err := s.str(); err != nil {
			return err
		}
		// In canonical form equal keys are equal bytes.
		key := s.data[start:s.pos]
		for _, k := range s.keys[first:] {
			if int(k.end-k.start) == len(key) && string(s.data[k.start:k.end]) == string(key) {
				return s.fail(fmt.Sprintf("key %s occurs twice", key))
			}
		}
		if len(s.keys)-first == maxBodyKeys {
			return s.fail("too many keys in one object")
		}
		s.keys = append(s.keys, span{uint16(start), uint16(s.pos)})
		if s.peek() != ':' {
			return s.fail("expected a colon")
		}
		s.pos++
		if err := s.value(depth); err != nil {
			return err
		}
		c := s.peek()
		if c != ',' && c != '}' {
			return s.fail("expected a comma or the object's end")
		}
		s.pos++
		if c == '}' {
			s.keys = s.keys[:first]
			return nil
		}
	}
}

func (s *bodyScanner) array(depth int) error {
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := s.value(depth); err != nil {
			return err
		}
		c := s.peek()
		if c != ',' && c != ']' {
			return s.fail("expected a comma or the array's end")
		}
		s.pos++
		if c == ']' {
			return nil
		}
	}
}

func (s *bodyScanner) literal(word string) error {
	if _, ok := cut(s.data[s.pos:], word); !ok {
		return s.fail("expected " + word)
	}
	s.pos += len(word)
	return nil
}

func (s *bodyScanner) number() error {
	negative := s.peek() == '-'
	if negative {
		s.pos++
	}
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
		s.pos++
	}
	digits := s.data[start:s.pos]
	if len(digits) == 0 || digits[0] == '0' && (len(digits) > 1 || negative) {
		return s.fail("not a plain integer")
	}
	if c := s.peek(); c == '.' || c == 'e' || c == 'E' {
		return s.fail("only integers are allowed: write a fraction as a string")
	}
	return nil
}

func (s *bodyScanner) str() error {
	data, i := s.data, s.pos+1
	for i < len(data) {
		c := data[i]
		switch {
		case c == '"':
			s.pos = i + 1
			return nil
		case c == '\\':
			n := escapeLen(data[i:])
			if n == 0 {
				s.pos = i
				return s.fail("this escape has another canonical spelling")
			}
			i += n
		case c < ' ':
			s.pos = i
			return s.fail("control character in a string")
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				s.pos = i
				return s.fail("not UTF-8")
			}
			if r == '\u2028' || r == '\u2029' {
				s.pos = i
				return s.fail("line separators are escaped")
			}
			i += n
		}
	}
	s.pos = i
	return s.fail("the string does not end")
}

// escapeLen returns the length of the escape at the start of b, or 0 if encoding/json would not
// write it: it escapes only what it must, and \ufffd stands for bytes that were lost.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		return 0
	}
	if len(b) < 6 {
		return 0
	}
	hex := string(b[2:6])
	if hex == "2028" || hex == "2029" {
		return 6
	}
	if hex[:2] != "00" || hex[2] != '0' && hex[2] != '1' {
		return 0
	}
	if c := hex[3]; c-'0' > 9 && (c < 'a' || c > 'f') {
		return 0
	}
	switch hex[2:] {
	case "08", "09", "0a", "0c", "0d":
		return 0
	}
	return 6
}
