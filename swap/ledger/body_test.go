package ledger

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestCheckBody(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"` + strings.Repeat("k", i+1) + `":0`)
		}
		return "{" + b.String()[1:] + "}"
	}
	for _, good := range []string{
		`{}`, `{"a":{}}`, `{"a":[]}`, `{"":0}`, `{"a":0,"b":-1,"c":123456789012345678901234567890}`,
		`{"a":true,"b":false,"c":null}`, `{"a":[1,[2],{"a":3}]}`, `{"a":"\"\\\b\f\n\r\t\u0000\u001f\u2028\u2029/<>&` + "\x7f" + `é😀"}`,
		`{"a":{"a":1},"b":{"a":1}}`, deep(maxBodyDepth), keys(maxBodyKeys), `{"a":"` + "\ufffd" + `"}`,
	} {
		if err := checkBody([]byte(good)); err != nil {
			t.Errorf("checkBody of %s: got %v, want no error", good, err)
		}
	}
	for bad, reason := range map[string]string{
		``: "object", `[]`: "object", `"a"`: "object", `1`: "object", ` {}`: "object",
		`{} `: "follows", `{}{}`: "follows", `{`: "key", `{"a"`: "colon", `{"a":`: "value", `{"a":}`: "value", `{"a":1`: "comma", `{"a":1,}`: "key",
		`{,}`: "key", `{a:1}`: "key", `{"a" :1}`: "colon", `{"a": 1}`: "value", `{"a":1 }`: "comma", `{"a":[1,]}`: "value", `{"a":[1`: "comma", `{"a":[`: "value",
		`{"a":1,"a":1}`: `"a" occurs twice`, `{"b":{},"a":[{"x":1,"y":2,"x":3}]}`: `"x" occurs twice`,
		`{"a":1.0}`: "integers", `{"a":1e3}`: "integers", `{"a":1E3}`: "integers", `{"a":-0}`: "plain integer", `{"a":01}`: "plain integer", `{"a":-}`: "plain integer", `{"a":+1}`: "value",
		`{"a":tru}`: "true", `{"a":fals}`: "false", `{"a":nul}`: "null", `{"a":NaN}`: "value",
		`{"a":"` + "\n" + `"}`: "control", `{"a":"` + "\u2028" + `"}`: "separators", `{"a":"` + "\xff" + `"}`: "UTF-8", `{"a":"` + "\xed\xa0\x80" + `"}`: "UTF-8",
		`{"a":"\u0041"}`: "escape", `{"a":"\u000a"}`: "escape", `{"a":"\u0008"}`: "escape", `{"a":"\u001F"}`: "escape", `{"a":"\u0020"}`: "escape", `{"a":"\ufffd"}`: "escape", `{"a":"\/"}`: "escape", `{"a":"\u003c"}`: "escape", `{"a":"\ud83d\ude00"}`: "escape",
		`{"a":"\`: "escape", `{"a":"\u00`: "escape", `{"a":"`: "end",
		deep(maxBodyDepth + 1): "deeply", keys(maxBodyKeys + 1): "too many keys",
	} {
		if err := checkBody([]byte(bad)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.80s: got %v, expected a word on %q", bad, err, reason)
		}
	}
}

func TestBody(t *testing.T) {
	type inner struct {
		Amount string `json:"amount"`
	}
	type body struct {
		Name   string  `json:"name"`
		Height uint64  `json:"height"`
		Digest Digest  `json:"digest"`
		List   []inner `json:"list"`
		Note   *string `json:"note,omitempty"`
	}
	in := body{Name: "<a & b>", Height: 1<<64 - 1, Digest: DigestOf(nil), List: []inner{{"1"}, {"2"}}}
	raw, err := MarshalBody(in)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"<a & b>","height":18446744073709551615,"digest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","list":[{"amount":"1"},{"amount":"2"}]}`
	if string(raw) != want {
		t.Fatalf("got %s", raw)
	}
	var out body
	if err := UnmarshalBody(raw, &out); err != nil || out.List[1].Amount != "2" || out.Height != in.Height || out.Digest != in.Digest {
		t.Fatalf("came back as %+v, %v", out, err)
	}
	for _, c := range []struct{ old, new, reason string }{
		{`"name"`, `"Name"`, "canonical"},
		{`"name"`, `"nam"`, "unknown key"},
		{`"name":"<a & b>",`, ``, "canonical"},
		{`"name":"<a & b>",`, `"name":"<a & b>","name":"x",`, "canonical"},
		{`"<a & b>"`, `"\u003ca & b>"`, "canonical"},
		{`"<a & b>"`, `null`, "canonical"},
		{`,"list"`, `, "list"`, "canonical"},
		{`18446744073709551615`, `18446744073709551616`, "uint64"},
		{`18446744073709551615`, `1.0`, "uint64"},
		{`"e3`, `"E3`, "lower-case hex"},
		{`"e3`, `"`, "characters"},
		{`[{"amount":"1"},{"amount":"2"}]`, `null,"note":null`, "canonical"},
		{`}]}`, `}]}{}`, "after top-level value"},
		{`}]}`, `}]`, "unexpected end"},
		{`"2"}]`, `"2","x":{}}]`, "unknown key"},
	} {
		bad := strings.Replace(want, c.old, c.new, 1)
		if err := UnmarshalBody([]byte(bad), new(body)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, expected a word on %q", bad, err, c.reason)
		}
	}
	if err := UnmarshalBody(bytes.Repeat([]byte(" "), MaxEntrySize+1), new(body)); err == nil {
		t.Error("a body larger than an entry was read")
	}
	for _, bad := range []any{nil, 1, []int{}, map[string]any{"f": 0.5}, map[string]any{"a": "\xff"}, func() {}, json.RawMessage(`{"a":"\u0041"}`)} {
		if raw, err := MarshalBody(bad); err == nil {
			t.Errorf("%v was marshalled as %s", bad, raw)
		}
	}
}

// canonicalByTokens says the same as checkBody by way of encoding/json, without its
// limits on depth and keys.
func canonicalByTokens(data []byte) bool {
	if !json.Valid(data) || data[0] != '{' {
		return false
	}
	type frame struct {
		object bool
		n      int
		keys   map[string]bool
	}
	var out bytes.Buffer
	var open []*frame
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return bytes.Equal(out.Bytes(), data)
		}
		if err != nil {
			return false
		}
		if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
			out.WriteRune(rune(d))
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			f := open[len(open)-1]
			isKey := f.object && f.n%2 == 0
			switch {
			case f.object && !isKey:
				out.WriteByte(':')
			case f.n > 0:
				out.WriteByte(',')
			}
			if isKey {
				if key := token.(string); f.keys[key] {
					return false
				} else {
					f.keys[key] = true
				}
			}
			f.n++
		}
		switch v := token.(type) {
		case json.Delim:
			out.WriteRune(rune(v))
			open = append(open, &frame{object: v == '{', keys: make(map[string]bool)})
		case json.Number:
			if strings.ContainsAny(string(v), ".eE") || v == "-0" {
				return false
			}
			out.WriteString(string(v))
		default:
			enc := json.NewEncoder(&out)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v); err != nil {
				return false
			}
			out.Truncate(out.Len() - 1)
		}
	}
}

func FuzzCheckBody(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"b":[true,null,{"c":"\u2028\t\u001b"}]}`, `{"a":-0}`, `{"a":"\ufffd"}`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := checkBody(data)
		if err != nil && (strings.Contains(err.Error(), "deeply") || strings.Contains(err.Error(), "too many keys")) {
			return
		}
		if want := canonicalByTokens(data); (err == nil) != want {
			t.Fatalf("%q: got %v, encoding/json says %v", data, err, want)
		}
	})
}

func BenchmarkUnmarshalBody(b *testing.B) {
	e, err := ParseEntry(benchEntry(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var v struct {
			Text      string `json:"text"`
			Signature string `json:"signature"`
			Oxen      string `json:"oxen"`
			Recipient string `json:"recipient"`
			Sequence  int    `json:"sequence"`
			Code      []int  `json:"code"`
		}
		if err := UnmarshalBody(e.Body, &v); err != nil {
			b.Fatal(err)
		}
	}
}
