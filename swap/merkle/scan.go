package merkle

import (
	"bufio"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
)

// scanner reads the few JSON documents of this package as a stream: fixed keys in a fixed order,
// strings without escapes, whole numbers. encoding/json would take duplicate keys, keys in other
// capitals and any amount of memory. The first error stays, and every later call does nothing.
type scanner struct {
	r   *bufio.Reader
	off int64 // bytes read
	buf []byte
	err error
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 1<<16)}
}

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("byte %d: "+format, append([]any{s.off}, args...)...)
	}
}

// read returns the next byte as it stands; 0 after an error or the end.
func (s *scanner) read() byte {
	if s.err != nil {
		return 0
	}
	c, err := s.r.ReadByte()
	if err == io.EOF {
		s.fail("the text ends too early: is it cut off?")
		return 0
	}
	if err != nil {
		s.fail("%w", err)
		return 0
	}
	s.off++
	return c
}

func (s *scanner) unread() {
	if s.err == nil {
		s.err = s.r.UnreadByte()
		s.off--
	}
}

// next returns the next byte that is not white space.
func (s *scanner) next() byte {
	for {
		c := s.read()
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
}

func (s *scanner) want(c byte) {
	if got := s.next(); got != c {
		s.fail("want %q, found %q", c, got)
	}
}

// more is called before each element of a list and before its end, with the number of elements read
// so far; it consumes the comma or the bracket.
func (s *scanner) more(count int) bool {
	c := s.next()
	switch {
	case s.err != nil || c == ']':
		return false
	case count == 0:
		s.unread()
	case c != ',':
		s.fail("want ',' or ']', found %q", c)
	}
	return s.err == nil
}

// str reads a string of at most most bytes; the result lasts until the next call.
func (s *scanner) str(most int) []byte {
	s.want('"')
	s.buf = s.buf[:0]
	for s.err == nil {
		c := s.read()
		switch {
		case c == '"':
			return s.buf
		case c == '\\' || c < ' ' || c > '~':
			s.fail("a string with an escape or a character outside ASCII: none is needed here")
		case len(s.buf) == most:
			s.fail("string %s... longer than %d characters", quote(s.buf), most)
		default:
			s.buf = append(s.buf, c)
		}
	}
	return nil
}

func (s *scanner) exactly(text string) {
	if got := s.str(64); s.err == nil && string(got) != text {
		s.fail("want %q, found %s", text, quote(got))
	}
}

func (s *scanner) key(name string) {
	s.exactly(name)
	s.want(':')
}

func (s *scanner) hash() (h common.Hash) {
	text := s.str(hashLen)
	if s.err != nil {
		return h
	}
	h, err := parseHash(text)
	if err != nil {
		s.fail("%w", err)
	}
	return h
}

// number reads a whole number below 10^10, without sign or leading zeros.
func (s *scanner) number() (n uint64) {
	c := s.next()
	for digits := 0; s.err == nil; digits++ {
		if c < '0' || c > '9' {
			if digits == 0 {
				s.fail("want a whole number, found %q", c)
				return 0
			}
			s.unread()
			return n
		}
		if digits == 10 || digits > 0 && n == 0 {
			s.fail("want a whole number below 10^10, without leading zeros")
			return 0
		}
		n = 10*n + uint64(c-'0')
		c = s.read()
	}
	return 0
}

func (s *scanner) bool() bool {
	word := "true"
	if c := s.next(); c == 'f' {
		word = "false"
	} else if c != 't' {
		s.fail("want true or false, found %q", c)
	}
	for i := 1; i < len(word) && s.err == nil; i++ {
		if c := s.read(); c != word[i] {
			s.fail("want %s, found %q", word, c)
		}
	}
	return word == "true"
}

// end refuses anything but white space after the document.
func (s *scanner) end() error {
	for s.err == nil {
		c, err := s.r.ReadByte()
		if err == io.EOF {
			return nil
		}
		s.off++
		switch {
		case err != nil:
			s.fail("%w", err)
		case c != ' ' && c != '\n' && c != '\t' && c != '\r':
			s.fail("%q after the end", c)
		}
	}
	return s.err
}
