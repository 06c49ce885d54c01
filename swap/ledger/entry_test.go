package ledger

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const goodEntry = `{"v":1,"seq":17,"time":"2026-11-22T13:00:00Z","kind":"claim.accepted","body":{"oxen":"LX1","sequence":1}}`

func TestParseEntry(t *testing.T) {
	e, err := ParseEntry([]byte(goodEntry))
	if err != nil {
		t.Fatal(err)
	}
	if e.Seq != 17 || !e.Time.Equal(time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)) || e.Kind != "claim.accepted" || string(e.Body) != `{"oxen":"LX1","sequence":1}` {
		t.Errorf("parsed %+v", e)
	}
	for _, c := range []struct{ old, new, reason string }{
		{`{"v":1`, ` {"v":1`, "not a ledger entry"},
		{`{"v":1`, `{"v": 1`, "version"},
		{`{"v":1`, `{"v":2`, "version"},
		{`{"v":1,"seq":17`, `{"seq":17,"v":1`, "not a ledger entry"},
		{`:17`, `:017`, "seq"},
		{`:17`, `:`, "seq"},
		{`:17`, `:-1`, "seq"},
		{`:17`, `:1e3`, "expected the time"},
		{`:17`, `:"17"`, "seq"},
		{`:17`, `:1099511627776`, "seq"},
		{`:17`, `:99999999999999999999999999`, "seq"},
		{`22T13:00:00Z`, `22T13:00:00+`, "time"},
		{`22T13:00:00Z`, `22t13:00:00Z`, "time"},
		{`22T13:00:00Z`, `31T13:00:00Z`, "time"},
		{`22T13:00:00Z`, `00T13:00:00Z`, "time"},
		{`22T13:00:00Z`, `22T24:00:00Z`, "time"},
		{`22T13:00:00Z`, `22T23:59:60Z`, "time"},
		{`22T13:00:00Z`, `22T23:60:00Z`, "time"},
		{`22T13:00:00Z`, `22T13:00:00.5Z`, "time"},
		{`2026-11`, `1969-11`, "time"},
		{`2026-11`, `2026-13`, "time"},
		{`2026-11-22`, `2026-02-29`, "time"},
		{`claim.accepted`, ``, "kind"},
		{`claim.accepted`, `.accepted`, "kind"},
		{`claim.accepted`, `claim.`, "kind"},
		{`claim.accepted`, `claim..x`, "kind"},
		{`claim.accepted`, `Claim.accepted`, "kind"},
		{`claim.accepted`, `1claim`, "kind"},
		{`claim.accepted`, `claim\u002eaccepted`, "kind"},
		{`claim.accepted`, strings.Repeat("a", 65), "kind"},
		{`,"body"`, `,"extra":1,"body"`, "body"},
		{`"body":`, `"body": `, "not a JSON object"},
		{`{"oxen":"LX1","sequence":1}`, `[]`, "not a JSON object"},
		{`{"oxen":"LX1","sequence":1}`, `null`, "not a JSON object"},
		{`{"oxen":"LX1","sequence":1}`, ``, "not a JSON object"},
		{`{"oxen":"LX1","sequence":1}`, `{"oxen":"LX1","sequence":1},"kind":{}`, "follows the object"},
		{`1}}`, `1}} `, "last value"},
		{`1}}`, `1}}` + "\n", "last value"},
		{`1}}`, `1}`, "comma or the object's end"},
		{goodEntry, `{"v":1,"seq":17`, "time"},
		{goodEntry, ``, "not a ledger entry"},
		{goodEntry, `{"v":1,"seq":17,"time":"2026-11-22T13:00:00Z`, "kind"},
		{goodEntry, `{"v":1,"seq":17,"time":"2026-11-22T13:00:00Z","kind":"a`, "does not end"},
		{goodEntry, goodEntry[:len(goodEntry)-2] + `,"z":"` + strings.Repeat("z", MaxEntrySize) + `"}}`, "at most 65535"},
	} {
		if strings.Count(goodEntry, c.old) == 0 {
			t.Fatalf("%q is not in the good entry", c.old)
		}
		bad := strings.Replace(goodEntry, c.old, c.new, 1)
		if _, err := ParseEntry([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%.200s: got %v, expected a word on %q", bad, err, c.reason)
		}
	}
}

func TestFormatEntry(t *testing.T) {
	good := Entry{Seq: 1, Time: time.Unix(1e9, 0), Kind: "a.b_1", Body: json.RawMessage(`{}`)}
	if _, err := FormatEntry(good); err != nil {
		t.Fatal(err)
	}
	padded := func(n int) json.RawMessage {
		return json.RawMessage(`{"a":"` + strings.Repeat("a", n) + `"}`)
	}
	free := MaxEntrySize - len(`{"v":1,"seq":1,"time":"2026-11-22T13:00:00Z","kind":"a.b_1","body":{"a":""}}`)
	for name, c := range map[string]struct {
		change func(*Entry)
		ok     bool
	}{
		"largest":       {func(e *Entry) { e.Body = padded(free) }, true},
		"too large":     {func(e *Entry) { e.Body = padded(free + 1) }, false},
		"last seq":      {func(e *Entry) { e.Seq = MaxTreeSize - 1 }, true},
		"seq too large": {func(e *Entry) { e.Seq = MaxTreeSize }, false},
		"zero time":     {func(e *Entry) { e.Time = time.Time{} }, false},
		"nanoseconds":   {func(e *Entry) { e.Time = e.Time.Add(1) }, false},
		"year 10000":    {func(e *Entry) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, false},
		"other zone":    {func(e *Entry) { e.Time = e.Time.In(time.FixedZone("", 3600)) }, true},
		"bad kind":      {func(e *Entry) { e.Kind = "a b" }, false},
		"no body":       {func(e *Entry) { e.Body = nil }, false},
		"spaced body":   {func(e *Entry) { e.Body = json.RawMessage(`{ }`) }, false},
	} {
		e := good
		c.change(&e)
		line, err := FormatEntry(e)
		if (err == nil) != c.ok {
			t.Errorf("FormatEntry with %s: got %v, want success: %t", name, err, c.ok)
		}
		if err != nil {
			continue
		}
		back, err := ParseEntry(line)
		if err != nil || !back.Time.Equal(e.Time) || back.Seq != e.Seq || back.Kind != e.Kind || !bytes.Equal(back.Body, e.Body) {
			t.Errorf("%s: came back as %+v, %v", name, back, err)
		}
	}
}

func TestEntryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, err := MarshalBody(map[string]any{
			rapid.String().Draw(t, "key"): rapid.String().Draw(t, "value"),
			"n":                           rapid.Int64().Draw(t, "n"),
		})
		if err != nil {
			t.Fatal(err)
		}
		e := Entry{
			Seq:  rapid.Uint64Range(0, MaxTreeSize-1).Draw(t, "seq"),
			Time: time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "time"), 0).UTC(),
			Kind: rapid.StringMatching(`[a-z][a-z0-9_]{0,20}(\.[a-z][a-z0-9_]{0,20})?`).Draw(t, "kind"),
			Body: body,
		}
		line, err := FormatEntry(e)
		if err != nil {
			t.Fatal(err)
		}
		// What encoding/json makes of the same values is the reference.
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(struct {
			V    int             `json:"v"`
			Seq  uint64          `json:"seq"`
			Time time.Time       `json:"time"`
			Kind string          `json:"kind"`
			Body json.RawMessage `json:"body"`
		}{1, e.Seq, e.Time, e.Kind, e.Body}); err != nil {
			t.Fatal(err)
		}
		if got := string(line) + "\n"; got != want.String() {
			t.Fatalf("got %s, expected %s", got, want.String())
		}
		back, err := ParseEntry(line)
		if err != nil || back.Seq != e.Seq || back.Time != e.Time || back.Kind != e.Kind || !bytes.Equal(back.Body, e.Body) {
			t.Fatalf("%s came back as %+v, %v", line, back, err)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(goodEntry))
	f.Add([]byte(`{"v":1,"seq":0,"time":"1970-01-01T00:00:00Z","kind":"a","body":{}}`))
	f.Add([]byte(`{"v":1,"seq":0,"time":"2024-02-29T23:59:59Z","kind":"a.b","body":{"a":[{"b":"\u2028\n"},null,-1]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEntry(data)
		if err != nil {
			return
		}
		again, err := FormatEntry(e)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q is formatted as %q, %v", data, again, err)
		}
		if !json.Valid(data) {
			t.Fatalf("%q is not JSON", data)
		}
	})
}

// benchEntry has about 500 bytes, as a claim has.
func benchEntry(b *testing.B) []byte {
	body, err := MarshalBody(struct {
		Text      string `json:"text"`
		Signature string `json:"signature"`
		Oxen      string `json:"oxen"`
		Recipient string `json:"recipient"`
		Sequence  int    `json:"sequence"`
		Code      []int  `json:"code"`
	}{
		"SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31",
		"SigV1" + strings.Repeat("x", 88), strings.Repeat("L", 95), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", 1, []int{0, 0},
	})
	if err != nil {
		b.Fatal(err)
	}
	line, err := FormatEntry(Entry{Seq: 123456, Time: time.Unix(1795000000, 0), Kind: "claim.accepted", Body: body})
	if err != nil {
		b.Fatal(err)
	}
	return line
}

func BenchmarkParseEntry(b *testing.B) {
	line := benchEntry(b)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEntry(line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecordHash(b *testing.B) {
	line := benchEntry(b)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		RecordHash(line)
	}
}

func mustTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}
