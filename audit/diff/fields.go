package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Field is one value within an entry's body.
type Field struct {
	Path  string // such as programmes[1].amount
	Value string // a string without its quotes, anything else as JSON
}

// Fields are the values of a body, by path.
func Fields(body []byte) ([]Field, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return flatten(nil, "", v), nil
}

func flatten(out []Field, path string, v any) []Field {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return append(out, Field{path, "{}"})
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			inner := key
			if path != "" {
				inner = path + "." + key
			}
			out = flatten(out, inner, v[key])
		}
		return out
	case []any:
		if len(v) == 0 {
			return append(out, Field{path, "[]"})
		}
		for i, x := range v {
			out = flatten(out, path+"["+strconv.Itoa(i)+"]", x)
		}
		return out
	case nil:
		return append(out, Field{path, "null"})
	}
	return append(out, Field{path, fmt.Sprint(v)}) // a string, a json.Number or a bool
}

// Change is a field that two bodies do not share.
type Change struct {
	Path string  `json:"path"`
	A    *string `json:"a"` // null: it is not there
	B    *string `json:"b"`
}

// Changed are the differences of two bodies, by path.
func Changed(a, b []byte) ([]Change, error) {
	fieldsA, err := Fields(a)
	if err != nil {
		return nil, err
	}
	fieldsB, err := Fields(b)
	if err != nil {
		return nil, err
	}
	values := map[string]*Change{}
	at := func(path string) *Change {
		c := values[path]
		if c == nil {
			c = &Change{Path: path}
			values[path] = c
		}
		return c
	}
	for i := range fieldsA {
		at(fieldsA[i].Path).A = &fieldsA[i].Value
	}
	for i := range fieldsB {
		at(fieldsB[i].Path).B = &fieldsB[i].Value
	}
	out := []Change{}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		if c := values[path]; c.A == nil || c.B == nil || *c.A != *c.B {
			out = append(out, *c)
		}
	}
	return out, nil
}
