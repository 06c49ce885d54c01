package catalogue

import (
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
)

// piece is a part of a text.
type piece struct {
	kind kind
	text string  // literal text, escaped; name of a placeholder; target of a link
	in   []piece // of strong, code and link
}

type kind int

const (
	literal kind = iota
	placeholder
	strong
	code
	link
)

// marks are what a text may hold beside letters, in the order in which they are tried.
var marks = []struct {
	kind  kind
	match *regexp.Regexp
}{
	{placeholder, regexp.MustCompile(`^\{([a-z_]+)\}`)},
	{strong, regexp.MustCompile(`^\*\*([^*]+)\*\*`)},
	{code, regexp.MustCompile("^`([^`]+)`")},
	{link, regexp.MustCompile(`^\[([^\]]+)\]\((/[^)]*)\)`)},
}

func parseText(s string) ([]piece, error) {
	var out []piece
	rest := strings.TrimSpace(s)
	if rest == "" {
		return nil, errors.New("the text is empty")
	}
	for rest != "" {
		if i := strings.IndexAny(rest, "{*`["); i != 0 {
			if i < 0 {
				i = len(rest)
			}
			out = append(out, piece{kind: literal, text: template.HTMLEscapeString(rest[:i])})
			rest = rest[i:]
			continue
		}
		p, n, err := parseMark(rest)
		if err != nil {
			return nil, err
		}
		out, rest = append(out, p), rest[n:]
	}
	return out, nil
}

func parseMark(s string) (p piece, length int, err error) {
	for _, m := range marks {
		found := m.match.FindStringSubmatch(s)
		if found == nil {
			continue
		}
		p := piece{kind: m.kind, text: found[1]}
		if m.kind == link {
			p.text = found[2]
		}
		if m.kind != placeholder {
			p.in, err = parseText(found[1])
		}
		return p, len(found[0]), err
	}
	return p, 0, fmt.Errorf("%.30q is no markup: {name}, **strong**, `code` and [words](/path) are", s)
}

// names are the placeholders of a text, sorted, each once.
func names(pieces []piece) []string {
	var out []string
	for _, p := range pieces {
		if p.kind == placeholder {
			out = append(out, p.text)
		}
		out = append(out, names(p.in)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p piece) write(out *strings.Builder, values map[string]template.HTML, linkTo func(string) string) error {
	switch p.kind {
	case literal:
		out.WriteString(p.text)
		return nil
	case placeholder:
		v, ok := values[p.text]
		if !ok {
			return fmt.Errorf("there is no value for {%s}", p.text)
		}
		out.WriteString(string(v))
		return nil
	}
	before, after := "<strong>", "</strong>"
	switch p.kind {
	case code:
		before, after = "<code>", "</code>"
	case link:
		before, after = `<a href="`+template.HTMLEscapeString(linkTo(p.text))+`">`, "</a>"
	}
	out.WriteString(before)
	for _, in := range p.in {
		if err := in.write(out, values, linkTo); err != nil {
			return err
		}
	}
	out.WriteString(after)
	return nil
}

// safe escapes a value unless it is HTML already.
func safe(value any) template.HTML {
	if h, ok := value.(template.HTML); ok {
		return h
	}
	return template.HTML(template.HTMLEscapeString(fmt.Sprint(value)))
}
