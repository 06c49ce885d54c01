package swap

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"pgregory.net/rapid"

	"oxenswap/swap/cryptonote"
)

// recordedClaim is what one real wallet signed.
type recordedClaim struct {
	Wallet          string     `json:"wallet"`
	Address         string     `json:"address"`
	Recipient       EVMAddress `json:"recipient"`
	SecondRecipient EVMAddress `json:"second_recipient"`
	Texts           []struct {
		Kind      string `json:"kind"`
		Text      string `json:"text"`
		Signature string `json:"signature"`
	} `json:"texts"`
}

func recordedClaims(t testingT) []recordedClaim {
	t.Helper()
	var out []recordedClaim
	if err := json.Unmarshal(readFile(t, "migration/claims.json"), &out); err != nil || len(out) != 8 {
		t.Fatalf("%d recorded claims, %v", len(out), err)
	}
	return out
}

func recordedTerms(t testingT) *Terms {
	t.Helper()
	return mustTerms(t, string(readFile(t, "migration/terms.toml")))
}

// wantRefusal checks that an error is a refusal for a reason, whose detail says something.
func wantRefusal(t *testing.T, err error, reason Reason, says string) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Reason != reason || !strings.Contains(refusal.Detail, says) {
		t.Errorf("expected a refusal for %s saying %q, got: %v", reason, says, err)
	}
}

func TestRecordedClaimsVerify(t *testing.T) {
	terms := recordedTerms(t)
	for _, w := range recordedClaims(t) {
		sequence := uint32(0)
		for _, s := range w.Texts {
			verify, to := VerifyLegacyClaim, w.Recipient
			if s.Kind == "claim" {
				verify = VerifyClaim
				if sequence++; sequence == 2 {
					to = w.SecondRecipient
				}
			}
			c, err := verify(terms, w.Address, s.Text, s.Signature)
			if err != nil {
				t.Errorf("%s, %s: %v", w.Wallet, s.Kind, err)
				continue
			}
			if c.Recipient != to || c.Sequence != sequence || c.Oxen != w.Address || c.Text != s.Text || c.Integrated || len(c.Account) != 64 {
				t.Errorf("%s, %s: %+v", w.Wallet, s.Kind, c)
			}
			e := c.Accepted(RecipientCode{Ethereum: SeenNotChecked, Target: SeenNothing, Confirmed: false})
			if err := e.Verify(terms, nil); err != nil {
				t.Errorf("%s, %s: its entry: %v", w.Wallet, s.Kind, err)
			}
			// Another holder's signature, or one over another text, is none.
			other := recordedClaims(t)[0]
			if other.Wallet == w.Wallet {
				other = recordedClaims(t)[1]
			}
			_, err = verify(terms, other.Address, s.Text, s.Signature)
			wantRefusal(t, err, ReasonSignature, "sign exactly")
		}
		if sequence != 2 {
			t.Errorf("%s: %d numbered claims", w.Wallet, sequence)
		}
	}
}

// TestEntriesOfClaimsVerify: an entry whose fields say something else than what was signed is
// found.
func TestEntriesOfClaimsVerify(t *testing.T) {
	terms := recordedTerms(t)
	w := recordedClaims(t)[0]
	c, err := VerifyClaim(terms, w.Address, w.Texts[2].Text, w.Texts[2].Signature)
	if err != nil {
		t.Fatal(err)
	}
	other := recordedClaims(t)[1]
	for name, change := range map[string]func(e *ClaimAccepted){
		"account":   func(e *ClaimAccepted) { e.Account = testAccount(1) },
		"recipient": func(e *ClaimAccepted) { e.Recipient = other.Recipient },
		"sequence":  func(e *ClaimAccepted) { e.Sequence = 2 },
		"address":   func(e *ClaimAccepted) { e.Oxen = other.Address },
		"text":      func(e *ClaimAccepted) { e.Text = w.Texts[3].Text },
		"signature": func(e *ClaimAccepted) { e.Signature = w.Texts[3].Signature },
		"legacy":    func(e *ClaimAccepted) { e.Sequence = 0 },
	} {
		e := c.Accepted(RecipientCode{Ethereum: SeenNotChecked, Target: SeenNothing, Confirmed: false})
		change(e)
		if err := e.Verify(terms, nil); err == nil {
			t.Errorf("another %s was not found", name)
		}
	}
}

func TestVerifyClaimRefusals(t *testing.T) {
	terms := recordedTerms(t)
	w := recordedClaims(t)[0]
	text, signature := w.Texts[2].Text, w.Texts[2].Signature
	wallet := func(n cryptonote.Network) *cryptonote.Wallet {
		out, err := cryptonote.NewWallet(n, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	own := wallet(cryptonote.Mainnet)
	changed := func(s string, i int) string {
		b := []byte(s)
		b[i] = map[bool]byte{true: '2', false: '1'}[b[i] == '1']
		return string(b)
	}
	for _, c := range []struct {
		name, oxen, text, signature string
		reason                      Reason
		says                        string
	}{
		{"no address", "", text, signature, ReasonAddress, "copy the wallet's main address whole"},
		{"a mistyped address", changed(w.Address, 20), text, signature, ReasonAddress, "copy the wallet's main address whole"},
		{"an Ethereum address", w.Recipient.String(), text, signature, ReasonAddress, "copy the wallet's main address whole"},
		{"an address of testnet", wallet(cryptonote.Testnet).Address().String(), text, signature, ReasonAddress, "this migration is about fakechain"},
		{"a subaddress", own.Subaddress(0, 1).String(), text, signature, ReasonSubaddress, "main address"},
		{"no text", w.Address, "", signature, ReasonText, "sign the line that this migration gives you, unchanged"},
		{"another text", w.Address, "I claim", signature, ReasonText, `"I claim" is not a claim`},
		{"a text with a newline", w.Address, text + "\n", signature, ReasonText, "unchanged"},
		{"a bare address", w.Address, w.Texts[0].Text, w.Texts[0].Signature, ReasonLegacy, "sign the line that this migration gives you"},
		{"a bare address in lower case", w.Address, w.Texts[1].Text, w.Texts[1].Signature, ReasonLegacy, "can be replayed"},
		{"another migration", w.Address, strings.Replace(text, "1166f61c0c9abbf6", "1166f61c0c9abbf7", 1), signature, ReasonMigration, "the line names migration 1166f61c0c9abbf7, this one is 1166f61c0c9abbf6"},
		{"a recipient in lower case", w.Address, strings.Replace(text, w.Recipient.String(), strings.ToLower(w.Recipient.String()), 1), signature, ReasonRecipient, "write " + w.Recipient.String()},
		{"another recipient", w.Address, strings.Replace(text, w.Recipient.String(), w.SecondRecipient.String(), 1), signature, ReasonSignature, "sign exactly"},
		{"another number", w.Address, strings.Replace(text, "#1", "#2", 1), signature, ReasonSignature, "sign exactly"},
		{"another last day", w.Address, strings.Replace(text, "2027-12-31", "2027-12-30", 1), signature, ReasonSignature, "sign exactly"},
		{"no signature", w.Address, text, "", ReasonSignature, "paste the whole SigV1 line"},
		{"half a signature", w.Address, text, signature[:40], ReasonSignature, "paste the whole SigV1 line"},
		{"a changed signature", w.Address, text, changed(signature, 30), ReasonSignature, "sign exactly"},
		{"the signature of another text", w.Address, text, w.Texts[3].Signature, ReasonSignature, "sign exactly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := VerifyClaim(terms, c.oxen, c.text, c.signature)
			wantRefusal(t, err, c.reason, c.says)
			if err != nil && !strings.HasPrefix(err.Error(), string(c.reason)+": ") {
				t.Errorf("the error says %v", err)
			}
		})
	}

	// An integrated address is reduced to its standard one, and the claim says so.
	line := ClaimText{Migration: terms.ID(), Recipient: w.Recipient, Sequence: 7, Until: terms.Closes.Truncate(24 * time.Hour)}.String()
	sig, err := own.Sign(0, 0, []byte(line), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c, err := VerifyClaim(terms, own.Integrated([8]byte{1}).String(), line, sig.String())
	if err != nil || !c.Integrated || c.Oxen != own.Address().String() || c.Sequence != 7 || c.Account != AccountOf(own.Address()) {
		t.Errorf("a claim by an integrated address: got %+v, %v, want its standard address, #7", c, err)
	}
	// A signature by a subaddress's key is not the account's.
	sub, err := own.Sign(0, 1, []byte(line), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = VerifyClaim(terms, own.Address().String(), line, sub.String())
	wantRefusal(t, err, ReasonSignature, "")
}

func TestVerifyLegacyClaimRefusals(t *testing.T) {
	terms := recordedTerms(t)
	w := recordedClaims(t)[0]
	_, err := VerifyLegacyClaim(terms, w.Address, w.Texts[2].Text, w.Texts[2].Signature)
	wantRefusal(t, err, ReasonText, "is not an Ethereum address")
	upper := "0x" + strings.ToUpper(w.Texts[0].Text[2:])
	_, err = VerifyLegacyClaim(terms, w.Address, upper, w.Texts[0].Signature)
	wantRefusal(t, err, ReasonText, "write "+w.Recipient.String())
	_, err = VerifyLegacyClaim(terms, w.Address, w.Texts[0].Text, w.Texts[1].Signature)
	wantRefusal(t, err, ReasonSignature, w.Texts[0].Text)
	_, err = VerifyLegacyClaim(terms, "L", w.Texts[0].Text, w.Texts[0].Signature)
	wantRefusal(t, err, ReasonAddress, "")

	none := mustTerms(t, strings.Replace(string(readFile(t, "migration/terms.toml")), "legacy_claims = true", "legacy_claims = false", 1))
	_, err = VerifyLegacyClaim(none, w.Address, w.Texts[0].Text, w.Texts[0].Signature)
	wantRefusal(t, err, ReasonLegacy, "takes no legacy claims")
}

func TestClaimText(t *testing.T) {
	const line = "SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31"
	c, err := ParseClaimText(line)
	if err != nil {
		t.Fatal(err)
	}
	want := ClaimText{"1166f61c0c9abbf6", EVMAddress(common.HexToAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")), 1, time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}
	if c != want || c.String() != line {
		t.Errorf("claim text: got %+v (%s), want what its line says", c, c)
	}
	for _, c := range []struct {
		name, old, new string
		reason         Reason
	}{
		{"nothing", line, "", ReasonText},
		{"lower case", "SESH", "sesh", ReasonText},
		{"two spaces", " to ", "  to ", ReasonText},
		{"a space before", "SESH", " SESH", ReasonText},
		{"a space after", "2026-12-31", "2026-12-31 ", ReasonText},
		{"a newline after", "2026-12-31", "2026-12-31\n", ReasonText},
		{"more after", "2026-12-31", "2026-12-31 and more", ReasonText},
		{"a line before", "SESH", "x\nSESH", ReasonText},
		{"a short id", "1166f61c0c9abbf6", "1166f61c0c9abbf", ReasonText},
		{"an id in upper case", "1166f61c0c9abbf6", "1166F61C0C9ABBF6", ReasonText},
		{"a short recipient", "0x5aAeb6", "0xAeb6", ReasonText},
		{"a recipient without 0x", "0x5aAeb6", "5aAeb6", ReasonText},
		{"0X", "0x5aAeb6", "0X5aAeb6", ReasonText},
		{"a recipient in lower case", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", ReasonRecipient},
		{"a recipient with a typing error", "0x5aAeb6", "0x5aAeb7", ReasonRecipient},
		{"number 0", "#1", "#0", ReasonText},
		{"a leading zero", "#1", "#01", ReasonText},
		{"a negative number", "#1", "#-1", ReasonText},
		{"number 1,000,000", "#1", "#1000000", ReasonText},
		{"no number", "#1", "#", ReasonText},
		{"digits of another script", "#1", "#١", ReasonText},
		{"no day", "2026-12-31", "", ReasonText},
		{"the 30th of February", "2026-12-31", "2026-02-30", ReasonText},
		{"month 13", "2026-12-31", "2026-13-01", ReasonText},
		{"a day with a time", "2026-12-31", "2026-12-31T00:00:00Z", ReasonText},
		{"a short day", "2026-12-31", "2026-12-1", ReasonText},
		{"only the recipient", line, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", ReasonLegacy},
	} {
		if !strings.Contains(line, c.old) {
			t.Fatalf("nothing to replace: %s", c.old)
		}
		got, err := ParseClaimText(strings.Replace(line, c.old, c.new, 1))
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Reason != c.reason {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

// TestClaimTextFitsTheWallet: oxen-wallet-cli shows at most 100 bytes whole; the longest line has
// 98.
func TestClaimTextFitsTheWallet(t *testing.T) {
	longest := 0
	rapid.Check(t, func(t *rapid.T) {
		c := ClaimText{
			Migration: fmt.Sprintf("%016x", rapid.Uint64().Draw(t, "migration")),
			Recipient: EVMAddress(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "recipient")),
			Sequence:  rapid.Uint32Range(1, MaxSequence).Draw(t, "sequence"),
			Until:     time.Unix(86400*rapid.Int64Range(0, 2932896).Draw(t, "day"), 0).UTC(),
		}
		line := c.String()
		longest = max(longest, len(line))
		if len(line) > 98 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Contains(line, "  ") {
			t.Fatalf("the claim line %q: want at most 98 printable bytes without double spaces", line)
		}
		if again, err := ParseClaimText(line); err != nil || again != c {
			t.Fatalf("%q: %+v, %v", line, again, err)
		}
	})
	if last := (ClaimText{Migration: "1166f61c0c9abbf6", Sequence: MaxSequence, Until: startOfTests}).String(); len(last) != 98 {
		t.Errorf("the longest line has %d bytes", len(last))
	}
}

func FuzzParseClaimText(f *testing.F) {
	f.Add("SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31")
	f.Add("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
	f.Add("SESH claim 1166f61c0c9abbf6 to 0x0000000000000000000000000000000000000000 #999999 until 0000-02-29")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseClaimText(s)
		var refusal *Refusal
		switch {
		case err == nil:
			if c.String() != s || len(s) > 98 || c.Sequence < 1 || c.Sequence > MaxSequence {
				t.Fatalf("%q was read as %q", s, c)
			}
		case !errors.As(err, &refusal):
			t.Fatalf("not a refusal: %v", err)
		case strings.ContainsAny(refusal.Detail, "\n\r"):
			t.Fatalf("more than one line: %q", refusal.Detail)
		}
	})
}

// TestParseEIP55 has the examples of https://eips.ethereum.org/EIPS/eip-55.
func TestParseEIP55(t *testing.T) {
	for _, s := range []string{
		"0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
		"0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
	} {
		a, err := ParseEIP55(s)
		if err != nil || EVMAddress(a).String() != s {
			t.Errorf("ParseEIP55 of %s: got %v, want no error", s, err)
		}
		var text EVMAddress
		if err := text.UnmarshalText([]byte(s)); err != nil || text != EVMAddress(a) {
			t.Errorf("UnmarshalText of %s: got %v, want no error", s, err)
		}
		for _, other := range []string{strings.ToLower(s), "0x" + strings.ToUpper(s[2:])} {
			if _, err := ParseEIP55(other); (err == nil) != (other == s) || err != nil && !strings.Contains(err.Error(), "write "+s) {
				t.Errorf("ParseEIP55 of %s: got %v, want the spelling %s", other, err, s)
			}
		}
	}
	for _, s := range []string{"", "0x", "vitalik.eth", "52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EE", "0x52908400098527886E0F7030069857D2E4169EE70", "0X52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EEg", " 0x52908400098527886E0F7030069857D2E4169EE7"} {
		if _, err := ParseEIP55(s); err == nil || !strings.Contains(err.Error(), "is not an Ethereum address") {
			t.Errorf("ParseEIP55 of %q: got %v, want one with %q", s, err, "is not an Ethereum address")
		}
	}
}

func TestCheckTime(t *testing.T) {
	terms := recordedTerms(t)
	closes := terms.Closes.Add(24 * time.Hour) // extended
	c := Claim{Sequence: 1, Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}
	for _, x := range []struct {
		claim  Claim
		now    string
		reason Reason
	}{
		{c, "2025-12-31T23:59:59Z", ReasonClosed},
		{c, "2026-01-01T00:00:00Z", ""},
		{c, "2026-12-31T23:59:59Z", ""},
		{c, "2027-01-01T00:00:00Z", ReasonExpired},
		{Claim{}, "2027-01-01T00:00:00Z", ""},
		{Claim{}, "2028-01-01T23:59:59Z", ""},
		{Claim{}, "2028-01-02T00:00:00Z", ReasonClosed},
	} {
		now, err := time.Parse(time.RFC3339, x.now)
		if err != nil {
			t.Fatal(err)
		}
		err = x.claim.CheckTime(terms, closes, now)
		var refusal *Refusal
		if errors.As(err, &refusal); refusal == nil && (err != nil || x.reason != "") || refusal != nil && refusal.Reason != x.reason {
			t.Errorf("at %s: %v", x.now, err)
		}
	}
}

func TestCheckRecipient(t *testing.T) {
	own := testRecipient(5)
	m := Migration{Terms: &Terms{}, Distributor: &Distributor{Address: own}}
	m.Terms.Token.Address = common.Address(testRecipient(6))
	m.Distributor.Owner, m.Distributor.Publisher, m.Distributor.Guardian = testRecipient(7), testRecipient(8), testRecipient(9)
	for _, c := range []struct{ address, says string }{
		{"0x0000000000000000000000000000000000000000", "the zero address"},
		{"0x000000000000000000000000000000000000dEaD", "a burn address"},
		{"0xdead000000000000000000000000000000000000", "a burn address"},
		{"0xdead000000000000000042069420694206942069", "a burn address"},
		{"0xdEaDdEaDdEaDdEaDdEaDdEaDdEaDdEaDdEaDdEaD", "a burn address"},
		{"0x0000000000000000000000000000000000000001", "a precompiled contract"},
		{"0x0000000000000000000000000000000000000009", "a precompiled contract"},
		{"0x000000000000000000000000000000000000000a", "a precompiled contract"},
		{"0x0000000000000000000000000000000000000064", "a precompiled contract"},
		{"0x00000000000000000000000000000000000000ff", "a precompiled contract"},
		{"0x0000000000000000000000000000000000000100", "a precompiled contract"},
		{"0x00000000000000000000000000000000000A4B05", "a precompiled contract"},
		{"0xffffffffffffffffffffffffffffffffffffffff", "one byte repeated"},
		{"0x1111111111111111111111111111111111111111", "one byte repeated"},
		{own.String(), "is the distributor:"},
		{testRecipient(6).String(), "is the token:"},
		{testRecipient(7).String(), "is the distributor's owner:"},
		{testRecipient(8).String(), "is the distributor's publisher:"},
		{testRecipient(9).String(), "is the distributor's guardian:"},
		{"0x0000000000000000000000000000000000000200", ""},
		{"0x0000000000000000000000000000000000010001", ""},
		{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", ""},
		{"0x1111111111111111111111111111111111111112", ""},
	} {
		err := m.CheckRecipient(EVMAddress(common.HexToAddress(c.address)))
		if c.says == "" {
			if err != nil {
				t.Errorf("CheckRecipient of %s: got %v, want no error", c.address, err)
			}
			continue
		}
		wantRefusal(t, err, ReasonRecipient, c.says)
		wantRefusal(t, err, ReasonRecipient, "name a wallet of your own")
	}
}

func TestTakenAddresses(t *testing.T) {
	l := staged(t, "claimed")
	distributor := testRecipient(1000)
	m := l.migration()
	if err := m.CheckRecipient(distributor); err != nil {
		t.Errorf("before the deployment: %v", err)
	}
	l.must(deployed(l.terms))
	m = l.migration()
	wantRefusal(t, m.CheckRecipient(distributor), ReasonRecipient, "is the distributor:")
}

func TestRecipientCode(t *testing.T) {
	words := []Seen{SeenNotChecked, SeenNothing, SeenCode, SeenDelegation}
	for _, ethereum := range words {
		for _, target := range words {
			for _, confirmed := range []bool{false, true} {
				err := RecipientCode{Ethereum: ethereum, Target: target, Confirmed: confirmed}.Check(testRecipient(1))
				if ethereum == SeenCode && target == SeenNothing && !confirmed {
					wantRefusal(t, err, ReasonContract, "does not exist on the token's chain")
				} else if err != nil {
					t.Errorf("%s, %s, confirmed %v: %v", ethereum, target, confirmed, err)
				}
			}
		}
	}
	for _, c := range []RecipientCode{{}, {Ethereum: SeenCode}, {Target: SeenCode}, {Ethereum: "Code", Target: SeenCode, Confirmed: true}} {
		if err := c.Check(testRecipient(1)); err == nil || !strings.Contains(err.Error(), "unknown word") {
			t.Errorf("recipient code %+v: got %v, want an unknown word", c, err)
		}
	}
}

// TestKnownAddresses: what is remembered of an address changes no verdict, and a bad one is never
// remembered.
func TestKnownAddresses(t *testing.T) {
	terms := recordedTerms(t)
	known := &Addresses{}
	w := recordedClaims(t)[0]
	c, err := VerifyClaim(terms, w.Address, w.Texts[2].Text, w.Texts[2].Signature)
	if err != nil {
		t.Fatal(err)
	}
	good := c.Accepted(RecipientCode{Ethereum: SeenNotChecked, Target: SeenNothing, Confirmed: false})
	for range 2 {
		if err := good.Verify(terms, known); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := known.get(good.Oxen); !ok {
		t.Error("a good address is not remembered")
	}
	forged := *good
	forged.Recipient = testRecipient(77)
	forged.Text = ClaimText{terms.ID(), forged.Recipient, forged.Sequence, time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC)}.String()
	wantRefusal(t, forged.Verify(terms, known), ReasonSignature, "sign exactly")

	a, err := cryptonote.DecodeAddress(good.Oxen)
	if err != nil {
		t.Fatal(err)
	}
	a.View = cryptonote.PublicKey{1} // the identity
	bad := *good
	bad.Oxen = a.String()
	for range 2 {
		wantRefusal(t, bad.Verify(terms, known), ReasonAddress, "copy the wallet's main address whole")
	}
	if _, ok := known.get(bad.Oxen); ok {
		t.Error("a bad address is remembered")
	}
}
