// Package catalogue holds the portal's words: one TOML file for each language, with the same keys
// in all of them.
//
// A text may hold placeholders in braces, such as {amount}, and a little markup: **strong**, `code`
// and [words](/path) for links within the portal. Nothing else is markup: whatever a text or a
// value holds is escaped.
package catalogue

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/language"
)

//go:embed *.toml
var files embed.FS

// first is the language of those whose own is not there.
const first = "en"

// Catalogue are all languages.
type Catalogue struct {
	languages []*Language // the first one first
	matcher   language.Matcher
}

// Language is one language's texts.
type Language struct {
	Code string // BCP 47, such as "en"
	Name string // in the language itself
	// Asked says that the reader asked for it by its code: links have to say so again.
	Asked bool
	texts map[string][]piece // by key
}

// Load reads the catalogue. It refuses languages that lack a text or a placeholder that another one
// has.
func Load() (*Catalogue, error) {
	list, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	out := &Catalogue{}
	for _, f := range list {
		data, err := files.ReadFile(f.Name())
		if err != nil {
			return nil, err
		}
		l, err := parse(strings.TrimSuffix(f.Name(), path.Ext(f.Name())), string(data))
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", f.Name(), err)
		}
		out.languages = append(out.languages, l)
	}
	i := slices.IndexFunc(out.languages, func(l *Language) bool { return l.Code == first })
	if i < 0 {
		return nil, fmt.Errorf("catalogue: no %s.toml", first)
	}
	out.languages[0], out.languages[i] = out.languages[i], out.languages[0]
	var tags []language.Tag
	for _, l := range out.languages {
		if err := l.sameAs(out.languages[0]); err != nil {
			return nil, err
		}
		tags = append(tags, language.MustParse(l.Code))
	}
	out.matcher = language.NewMatcher(tags)
	return out, nil
}

func parse(code, data string) (*Language, error) {
	var sections map[string]map[string]string
	if _, err := toml.Decode(data, &sections); err != nil {
		return nil, err
	}
	if _, err := language.Parse(code); err != nil {
		return nil, err
	}
	out := &Language{Code: code, Name: sections["language"]["name"], texts: map[string][]piece{}}
	for section, texts := range sections {
		for key, text := range texts {
			pieces, err := parseText(text)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", section, key, err)
			}
			out.texts[section+"."+key] = pieces
		}
	}
	return out, nil
}

// sameAs holds a language's keys and placeholders against another's.
func (l *Language) sameAs(other *Language) error {
	for _, key := range other.Keys() {
		if _, ok := l.texts[key]; !ok {
			return fmt.Errorf("catalogue %s.toml: %s is missing: translate it as in %s.toml", l.Code, key, other.Code)
		}
		if a, b := names(l.texts[key]), names(other.texts[key]); !slices.Equal(a, b) {
			return fmt.Errorf("catalogue %s.toml: %s has the placeholders %v, in %s.toml they are %v",
				l.Code, key, a, other.Code, b)
		}
	}
	for _, key := range l.Keys() {
		if _, ok := other.texts[key]; !ok {
			return fmt.Errorf("catalogue %s.toml: %s is not in %s.toml: remove it, or add it there", l.Code, key, other.Code)
		}
	}
	return nil
}

// Keys are the texts' keys in order.
func (l *Language) Keys() []string { return slices.Sorted(maps.Keys(l.texts)) }

// Languages are all languages.
func (c *Catalogue) Languages() []*Language { return c.languages }

// Choose picks the language that was asked for by its code, else the best of an Accept-Language
// header.
func (c *Catalogue) Choose(asked, accept string) *Language {
	for _, l := range c.languages {
		if l.Code == asked {
			chosen := *l
			chosen.Asked = true
			return &chosen
		}
	}
	tags, _, _ := language.ParseAcceptLanguage(accept) // of a header that does not parse, there are none
	_, i, _ := c.matcher.Match(tags...)
	return c.languages[i]
}

// Text is a text with its placeholders filled in: pairs are names and values. Values are escaped
// but for template.HTML. A key or a placeholder that is not there is an error.
func (l *Language) Text(key string, pairs ...any) (template.HTML, error) {
	pieces, ok := l.texts[key]
	if !ok {
		return "", fmt.Errorf("catalogue %s.toml: there is no text %q", l.Code, key)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("text %s: a name without a value", key)
	}
	values := map[string]template.HTML{}
	for i := 0; i < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = safe(pairs[i+1])
	}
	var out strings.Builder
	for _, p := range pieces {
		if err := p.write(&out, values, l.Link); err != nil {
			return "", fmt.Errorf("text %s: %w", key, err)
		}
	}
	return template.HTML(out.String()), nil
}

// Link is a link within the portal, to a path without a query.
func (l *Language) Link(to string) string {
	if !l.Asked {
		return to
	}
	to, fragment, found := strings.Cut(to, "#")
	to += "?lang=" + l.Code
	if found {
		to += "#" + fragment
	}
	return to
}
