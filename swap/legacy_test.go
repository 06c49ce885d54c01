package swap

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseClaimLine(t *testing.T) {
	good := `{"oxen":"L1","text":"0x","signature":"SigV1"}`
	for _, line := range []string{good, ` { "signature" : "SigV1" , "text":"0x","oxen":"L1" } `} {
		l, err := ParseClaimLine([]byte(line))
		if err != nil || l != (ClaimLine{Oxen: "L1", Text: "0x", Signature: "SigV1"}) {
			t.Errorf("%s: %+v, %v", line, l, err)
		}
	}
	if l, err := ParseClaimLine([]byte(`{"oxen":"L1","text":"0x","signature":"SigV1","proof":"R"}`)); err != nil || l.Proof != "R" {
		t.Errorf("the line: got %+v, %v, want proof R", l, err)
	}
	for name, c := range map[string]struct{ line, says string }{
		"nothing":             {"", "does not begin with {"},
		"text":                {"hello", "does not begin with {"},
		"a list":              {`["a"]`, "does not begin with {"},
		"null":                {"null", "does not begin with {"},
		"an unknown key":      {`{"oxen":"L1","text":"0x","signature":"SigV1","note":"n"}`, `"note" is unknown or there twice`},
		"a key twice":         {`{"oxen":"L1","oxen":"L2","text":"0x","signature":"SigV1"}`, `"oxen" is unknown or there twice`},
		"a key in upper case": {`{"Oxen":"L1","text":"0x","signature":"SigV1"}`, `"Oxen" is unknown`},
		"no text":             {`{"oxen":"L1","signature":"SigV1"}`, "text is missing"},
		"nothing in it":       {`{}`, "oxen is missing"},
		"a number":            {`{"oxen":1,"text":"0x","signature":"SigV1"}`, "oxen is not a string"},
		"null for a value":    {`{"oxen":null,"text":"0x","signature":"SigV1"}`, "oxen is not a string"},
		"an object in it":     {`{"oxen":{"a":"b"},"text":"0x","signature":"SigV1"}`, "oxen is not a string"},
		"half of it":          {good[:30], "EOF"},
		"no closing brace":    {good[:len(good)-1], "EOF"},
		"no comma":            {`{"oxen":"L1" "text":"0x"}`, "invalid character"},
		"a second object":     {good + good, "something follows"},
		"a trailing comma":    {good + ",", "something follows"},
	} {
		_, err := ParseClaimLine([]byte(c.line))
		t.Run(name, func(t *testing.T) { wantRefusal(t, err, ReasonText, c.says) })
	}
}

func FuzzParseClaimLine(f *testing.F) {
	f.Add([]byte(`{"oxen":"L1","text":"0x","signature":"SigV1"}`))
	f.Add([]byte(`{"oxen":"L\u0031","text":"\n","signature":"","proof":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseClaimLine(data)
		if err != nil {
			return
		}
		// encoding/json, which is laxer, reads the same.
		var other ClaimLine
		if err := json.Unmarshal(data, &other); err != nil || other != l {
			t.Fatalf("%q: %+v and %+v (%v)", data, l, other, err)
		}
	})
}

func TestSplitLines(t *testing.T) {
	var got []string
	for _, line := range SplitLines([]byte("a\r\n\n  b  \n \t\n{c d}")) {
		got = append(got, string(line))
	}
	if diff := cmp.Diff([]string{"a", "b", "{c d}"}, got); diff != "" {
		t.Error(diff)
	}
	if len(SplitLines(nil)) != 0 {
		t.Error("lines in nothing")
	}
}
