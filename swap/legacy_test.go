package swap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
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

// legacyFile is a file of lines (wallet, index of the text).
func legacyFile(t testingT, lines ...[2]int) []byte {
	t.Helper()
	var out bytes.Buffer
	claims := recordedClaims(t)
	for _, l := range lines {
		w := claims[l[0]]
		data, err := json.Marshal(ClaimLine{Oxen: w.Address, Text: w.Texts[l[1]].Text, Signature: w.Texts[l[1]].Signature})
		if err != nil {
			t.Fatalf("%v", err)
		}
		out.Write(append(data, '\n'))
	}
	return out.Bytes()
}

func verifyLines(terms *Terms, file []byte) []LegacyLine {
	var out []LegacyLine
	for _, line := range SplitLines(file) {
		out = append(out, VerifyLegacyLine(terms, line))
	}
	return out
}

// recordedLedger has the snapshot of world 1, in which all wallets but frank's have stake or rewards.
func recordedLedger(t testingT) *testLedger {
	t.Helper()
	l := newLedger(t, recordedTerms(t))
	l.take(worlds(t)[0])
	return l
}

func TestImportLegacy(t *testing.T) {
	l := recordedLedger(t)
	claims := recordedClaims(t)
	frank := slices.IndexFunc(claims, func(c recordedClaim) bool { return c.Wallet == "frank" })
	file := legacyFile(t,
		[2]int{0, 0},     // replaced by a later line
		[2]int{1, 0},     // taken
		[2]int{0, 2},     // a numbered claim
		[2]int{0, 1},     // taken: the last line of this account that verifies
		[2]int{frank, 0}, // not entitled
	)
	file = append(file, "nonsense\n\n"...)
	file = append(file, strings.Replace(string(legacyFile(t, [2]int{1, 0})), "SigV1", "SigV2", 1)...) // no later line of its account, for it does not verify
	file = append(file, `{"oxen":"`+strings.Repeat("L", maxClaimLine)+`"}`...)

	event, again, err := SubmitLegacy(context.Background(), l, file, verifyLines(l.terms, file))
	if err != nil || again {
		t.Fatalf("%v, %v", again, err)
	}
	want := LegacyImported{File: Digest(file), Lines: 8, Taken: 2, Refused: map[string]uint64{
		replacedLine: 1, string(ReasonNotEntitled): 1, string(ReasonSignature): 1, string(ReasonText): 3,
	}}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		wallet int
		text   string
	}{{0, claims[0].Texts[1].Text}, {1, claims[1].Texts[0].Text}} {
		a, err := ParseOxen(l.terms, claims[c.wallet].Address)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.tables.LatestClaim(AccountOf(a))
		if err != nil || got.Text != c.text || got.Sequence != 0 || got.Recipient != claims[c.wallet].Recipient || !got.Until.IsZero() {
			t.Errorf("the account's claim: got %+v, %v, want the line as text, no sequence", got, err)
		}
	}

	// The same file again changes nothing, another one is refused.
	size := len(l.log)
	if _, again, err := SubmitLegacy(context.Background(), l, file, verifyLines(l.terms, file)); err != nil || !again || len(l.log) != size {
		t.Errorf("the same file: %v, %v, %d entries", again, err, len(l.log)-size)
	}
	second := legacyFile(t, [2]int{2, 0})
	if _, _, err := SubmitLegacy(context.Background(), l, second, verifyLines(l.terms, second)); err == nil || !strings.Contains(err.Error(), "imported already") || len(l.log) != size {
		t.Errorf("a second file: %v", err)
	}
}

// TestLegacyAfterNumbered: a legacy claim replaces nothing, and a numbered one replaces it.
func TestLegacyAfterNumbered(t *testing.T) {
	l := recordedLedger(t)
	claims := recordedClaims(t)
	numbered := func(wallet, text int) Incoming {
		c, err := VerifyClaim(l.terms, claims[wallet].Address, claims[wallet].Texts[text].Text, claims[wallet].Texts[text].Signature)
		if err != nil {
			t.Fatal(err)
		}
		return Incoming{c, RecipientCode{SeenNotChecked, SeenNothing, false}}
	}
	if _, err := SubmitClaim(context.Background(), l, numbered(0, 2)); err != nil {
		t.Fatal(err)
	}
	file := legacyFile(t, [2]int{0, 0}, [2]int{1, 0})
	event, _, err := SubmitLegacy(context.Background(), l, file, verifyLines(l.terms, file))
	if err != nil || event.Taken != 1 || event.Refused[string(ReasonAlreadyUsed)] != 1 {
		t.Errorf("the batch: got %+v, %v, want one taken, one already used", event, err)
	}
	if _, err := SubmitClaim(context.Background(), l, numbered(1, 2)); err != nil {
		t.Errorf("a numbered claim after a legacy one: %v", err)
	}
}

// TestLegacyClaimsAreNotSubmitted: the ways that are open to everybody take no legacy claim.
func TestLegacyClaimsAreNotSubmitted(t *testing.T) {
	l := recordedLedger(t)
	w := recordedClaims(t)[0]
	c, err := VerifyLegacyClaim(l.terms, w.Address, w.Texts[0].Text, w.Texts[0].Signature)
	if err != nil {
		t.Fatal(err)
	}
	var refusal *Refusal
	if _, err := SubmitClaim(context.Background(), l, Incoming{c, RecipientCode{SeenNotChecked, SeenNothing, false}}); !errors.As(err, &refusal) || refusal.Reason != ReasonLegacy {
		t.Errorf("%v", err)
	}
}
