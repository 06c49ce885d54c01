package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"oxenswap/swap"

	"github.com/google/go-cmp/cmp"
)

// legacyFile is a file of lines (wallet, index of the text).
func legacyFile(t testingT, lines ...[2]int) []byte {
	t.Helper()
	var out bytes.Buffer
	claims := recordedClaims(t)
	for _, l := range lines {
		w := claims[l[0]]
		data, err := json.Marshal(swap.ClaimLine{Oxen: w.Address, Text: w.Texts[l[1]].Text, Signature: w.Texts[l[1]].Signature})
		if err != nil {
			t.Fatalf("json.Marshal: %v", err)
		}
		out.Write(append(data, '\n'))
	}
	return out.Bytes()
}

func verifyLines(terms *swap.Terms, file []byte) []swap.LegacyLine {
	var out []swap.LegacyLine
	for _, line := range swap.SplitLines(file) {
		out = append(out, swap.VerifyLegacyLine(terms, line))
	}
	return out
}

// recordedLedger has the snapshot of world 1, in which all wallets but frank's have stake or
// rewards.
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
	file = append(file, `{"oxen":"`+strings.Repeat("L", 4096)+`"}`...)

	event, again, err := SubmitLegacy(context.Background(), l, file, verifyLines(l.terms, file))
	if err != nil || again {
		t.Fatalf("SubmitLegacy: got again %v, %v, want false and no error", again, err)
	}
	want := swap.LegacyImported{File: swap.Digest(file), Lines: 8, Taken: 2, Refused: map[string]uint64{
		"replaced by a later line": 1, string(swap.ReasonNotEntitled): 1, string(swap.ReasonSignature): 1, string(swap.ReasonText): 3,
	}}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		wallet int
		text   string
	}{{0, claims[0].Texts[1].Text}, {1, claims[1].Texts[0].Text}} {
		a, err := swap.ParseOxen(l.terms, claims[c.wallet].Address)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.tables.LatestClaim(swap.AccountOf(a))
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
		c, err := swap.VerifyClaim(l.terms, claims[wallet].Address, claims[wallet].Texts[text].Text, claims[wallet].Texts[text].Signature)
		if err != nil {
			t.Fatal(err)
		}
		return Incoming{c, swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNothing, Confirmed: false}}
	}
	if _, err := SubmitClaim(context.Background(), l, numbered(0, 2)); err != nil {
		t.Fatal(err)
	}
	file := legacyFile(t, [2]int{0, 0}, [2]int{1, 0})
	event, _, err := SubmitLegacy(context.Background(), l, file, verifyLines(l.terms, file))
	if err != nil || event.Taken != 1 || event.Refused[string(swap.ReasonAlreadyUsed)] != 1 {
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
	c, err := swap.VerifyLegacyClaim(l.terms, w.Address, w.Texts[0].Text, w.Texts[0].Signature)
	if err != nil {
		t.Fatal(err)
	}
	var refusal *swap.Refusal
	if _, err := SubmitClaim(context.Background(), l, Incoming{c, swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNothing, Confirmed: false}}); !errors.As(err, &refusal) || refusal.Reason != swap.ReasonLegacy {
		t.Errorf("SubmitClaim: got %v, want a refusal for %s", err, swap.ReasonLegacy)
	}
}
