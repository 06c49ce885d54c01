package swap

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"oxenswap/swap/ledger"
)

func TestRecordedTerms(t *testing.T) {
	terms := mustTerms(t, string(readFile(t, "migration/terms.toml")))
	canonical := readFile(t, "migration/terms.canonical.json")
	if !bytes.Equal(terms.Canonical(), canonical) {
		t.Errorf("canonical JSON:\n%s\nexpected:\n%s", terms.Canonical(), canonical)
	}
	if terms.ID() != "1166f61c0c9abbf6" || terms.Origin() != "claim.example/1166f61c0c9abbf6" {
		t.Errorf("id %s, origin %s", terms.ID(), terms.Origin())
	}
	parsed, err := ParseTerms(canonical)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.ID() != terms.ID() || !terms.Fakechain() || !terms.DevelopmentChain() || terms.CapSum() != 32300000000000 {
		t.Errorf("parsed: %+v", parsed)
	}
	coins, ok := parsed.Programme("coins")
	if !ok || coins.Kind != ConvertCoins || coins.Ratio.String() != "54/100" || len(coins.Steps) != 1 || !coins.Closes.Equal(parsed.Closes) {
		t.Fatalf("coins: %+v", coins)
	}
	step := time.Date(2027, 5, 21, 0, 0, 0, 0, time.UTC).Unix()
	if coins.StepAt(step-1) != (Ratio{1, 1}) || coins.StepAt(step) != (Ratio{7, 10}) {
		t.Errorf("steps: %v, then %v", coins.StepAt(step-1), coins.StepAt(step))
	}
	if _, ok := parsed.Programme("none"); ok {
		t.Error("there is a programme named none")
	}
	canonical[0] = 'x'
	if terms.Canonical()[0] != '{' {
		t.Error("Canonical gave away its own bytes")
	}
}

// TestTermsDoNotDependOnSpelling: comments, order and the kind of tables are TOML's; the id is of
// what they say.
func TestTermsDoNotDependOnSpelling(t *testing.T) {
	a := testTerms(t, testProgrammes)
	b := mustTerms(t, `
# the same, written otherwise
programme = [
  { cap = "1000000000000", ratio = "54/100", snapshot_height = 1_00, kind = "convert-stake", name = 'stake' },
  { cap = "1000000000000", ratio = "2/3", snapshot_height = 0x64, kind = "convert-rewards", name = "rewards" },
  { cap = "300000000000", kind = "share-points", from_height = 100, to_height = 120, every = 10, name = "bonus" },
]
legacy_claims = true
closes = "2027-12-31T23:59:59Z"
opens = "2026-01-01T00:00:00Z"
portal = "claim.example"
name = "test"
version = 1
token = { decimals = 9, symbol = "SESH", address = "0x5FbDB2315678afecb367f032d93F642f64180aa3", chain_id = 1337 }
oxen.finality_depth = 10
oxen.genesis = "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"
oxen.network = "fakechain"
`)
	if a.ID() != b.ID() {
		t.Errorf("%s\n%s", a.Canonical(), b.Canonical())
	}
}

func TestAllKindsOfProgrammesParse(t *testing.T) {
	proved := testTerms(t, testProgrammes+`
opens = "2026-02-01T00:00:00Z"
closes = "2026-03-01T00:00:00Z"
snapshot_window = 9
[[programme]]
name = "coins"
kind = "convert-coins"
snapshot_height = 100
ratio = "54/100"
cap = "30000000000000"
min_coins = "1000000000"
steps = [{ from = "2027-05-21T00:00:00Z", factor = "7/10" }, { from = "2027-06-21T00:00:00Z", factor = "1/2" }]
[[programme]]
name = "repairs"
kind = "grant"
cap = "1"
[[programme]]
name = "bonus-2"
kind = "share-points"
from_height = 100
to_height = 100
cap = "1"
`)
	deposited := testTerms(t, `
[[programme]]
name = "swap"
kind = "convert-deposits"
ratio = "54/100"
cap = "9223372036854775807"
steps = [{ from = "2027-05-21T00:00:00Z", factor = "7/10" }]
`)
	var kinds []string
	for _, p := range append(proved.Programmes, deposited.Programmes...) {
		kinds = append(kinds, string(p.Kind))
	}
	if got := strings.Join(kinds, " "); got != "convert-stake convert-rewards share-points convert-coins grant share-points convert-deposits" {
		t.Error(got)
	}
	bonus := proved.Programmes[2]
	if bonus.SnapshotWindow != 9 || !bonus.Opens.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) || !bonus.Closes.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the programme bonus: got %+v, want window 9, February 2026", bonus)
	}
	if coins := proved.Programmes[3]; coins.MinCoins != 1e9 || len(coins.Steps) != 2 {
		t.Errorf("the programme coins: got %+v, want at least 1e9, 2 steps", coins)
	}
}

const fakeNetwork, mainNetwork = `network = "fakechain"`, `network = "mainnet"`

// TestTermsRefusals changes good terms in one place each.
func TestTermsRefusals(t *testing.T) {
	good := testHeader + testProgrammes
	mustTerms(t, good)
	coins := `
[[programme]]
name = "coins"
kind = "convert-coins"
snapshot_height = 100
ratio = "54/100"
cap = "1"
`
	many := ""
	for i := range maxProgrammes - 2 {
		many += fmt.Sprintf("[[programme]]\nname = \"g%d\"\nkind = \"grant\"\ncap = \"1\"\n", i)
	}
	for _, c := range []struct{ name, old, new, path, reason string }{
		{"unknown key", `symbol = "SESH"`, "symbol = \"SESH\"\nname = \"x\"", "token.name", "unknown key"},
		{"unknown key at the top", `name = "test"`, "name = \"test\"\nclosing = \"x\"", "closing", "unknown key"},
		{"unknown key in a programme", `every = 10`, "every = 10\nratio = \"1/2\"", "programme[2].ratio", "unknown key"},
		{"a key of another kind", `kind = "convert-rewards"`, "kind = \"convert-rewards\"\nmin_coins = \"1\"", "programme[1].min_coins", "unknown key"},
		{"unknown table", `[token]`, "[extra]\nx = 1\n[token]", "extra", "unknown key"},
		{"float", `decimals = 9`, `decimals = 9.0`, "token.decimals", "a floating-point number: expected an integer"},
		{"date", `closes = "2027-12-31T23:59:59Z"`, `closes = 2027-12-31T23:59:59Z`, "closes", "a date (write dates as strings)"},
		{"string for a boolean", `legacy_claims = true`, `legacy_claims = "true"`, "legacy_claims", "a string: expected true or false"},
		{"boolean for a string", `name = "test"`, `name = true`, "name", "a boolean: expected a string"},
		{"number for an amount", `cap = "300000000000"`, `cap = 300000000000`, "programme[2].cap", "a number: expected a string"},
		{"string for an integer", `chain_id = 1337`, `chain_id = "1337"`, "token.chain_id", "a string: expected an integer"},
		{"negative integer", `snapshot_height = 100`, `snapshot_height = -100`, "programme[0].snapshot_height", "-100: expected an integer from 0"},
		{"integer above 2^53", `chain_id = 1337`, `chain_id = 9007199254740993`, "token.chain_id", "expected an integer from 0 to 2^53"},
		{"a list for a table", "[oxen]\nnetwork = \"fakechain\"", "oxen = [1]\n[other]\nnetwork = \"fakechain\"", "oxen", "a list: expected a table"},
		{"empty string", `name = "test"`, `name = ""`, "name", "expected 1 to 256"},
		{"letters beyond ASCII", `name = "test"`, `name = "tést"`, "name", "printable ASCII"},
		{"quotes", `name = "test"`, `name = "te\"st"`, "name", "without quotes"},
		{"line break", `name = "test"`, `name = "te\nst"`, "name", "printable ASCII"},
		{"long string", `name = "test"`, `name = "` + strings.Repeat("x", 257) + `"`, "name", "expected 1 to 256"},
		{"no version", `version = 1`, ``, "version", "missing"},
		{"another version", `version = 1`, `version = 2`, "version", "2: this program reads version 1"},
		{"no closing", `closes = "2027-12-31T23:59:59Z"`, ``, "closes", "missing"},
		{"no legacy_claims", `legacy_claims = true`, ``, "legacy_claims", "missing"},
		{"portal with a scheme", `portal = "claim.example"`, `portal = "https://claim.example"`, "portal", "expected a host name"},
		{"portal with a final slash", `portal = "claim.example"`, `portal = "claim.example/"`, "portal", "expected a host name"},
		{"portal in upper case", `portal = "claim.example"`, `portal = "Claim.example"`, "portal", "in lower case"},
		{"long portal", `portal = "claim.example"`, `portal = "claim.example/` + strings.Repeat("x", 200) + `"`, "portal", "at most 200"},
		{"opening after the closing", `opens = "2026-01-01T00:00:00Z"`, `opens = "2028-01-01T00:00:00Z"`, "opens", "opens after it closes"},
		{"time with an offset", `opens = "2026-01-01T00:00:00Z"`, `opens = "2026-01-01T00:00:00+00:00"`, "opens", "expected a UTC time"},
		{"time with a fraction", `opens = "2026-01-01T00:00:00Z"`, `opens = "2026-01-01T00:00:00.5Z"`, "opens", "expected a UTC time"},
		{"day only", `opens = "2026-01-01T00:00:00Z"`, `opens = "2026-01-01"`, "opens", "expected a UTC time"},
		{"min_push 0", `legacy_claims = true`, "legacy_claims = true\nmin_push = \"0\"", "min_push", "from 1 to 2^63-1"},
		{"unknown network", fakeNetwork, `network = "regtest"`, "oxen.network", "expected one of mainnet"},
		{"no genesis", `genesis = "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933"`, ``, "oxen.genesis", "missing"},
		{"short genesis", `genesis = "08ff`, `genesis = "`, "oxen.genesis", "60 characters"},
		{"genesis in upper case", `genesis = "08ff`, `genesis = "08FF`, "oxen.genesis", "lower-case"},
		{"genesis that is no hex", `genesis = "08ff`, `genesis = "08fg`, "oxen.genesis", "lower-case hex"},
		{"no depth on a fakechain", `finality_depth = 10`, ``, "oxen.finality_depth", "missing"},
		{"depth 0", `finality_depth = 10`, `finality_depth = 0`, "oxen.finality_depth", "at least 1"},
		{"chain id 0", `chain_id = 1337`, `chain_id = 0`, "token.chain_id", "expected the id"},
		{"token without checksum", `0x5FbDB2315678afecb367f032d93F642f64180aa3`, `0x5fbdb2315678afecb367f032d93f642f64180aa3`, "token.address", "write 0x5FbDB2315678afecb367f032d93F642f64180aa3"},
		{"token with a wrong checksum", `0x5FbDB2315678`, `0x5fbDB2315678`, "token.address", "EIP-55"},
		{"token too short", `0x5FbDB2315678`, `0xDB2315678`, "token.address", "is not an Ethereum address"},
		{"zero token", `0x5FbDB2315678afecb367f032d93F642f64180aa3`, `0x0000000000000000000000000000000000000000`, "token.address", "the zero address"},
		{"18 decimals", `decimals = 9`, `decimals = 18`, "token.decimals", "must have 9 decimals"},
		{"265 decimals", `decimals = 9`, `decimals = 265`, "token.decimals", "must have 9 decimals"},
		{"no programme", testProgrammes, ``, "programme", "missing"},
		{"a table for the programmes", testProgrammes, "[programme]\nname = \"x\"", "programme", "a table: expected a list of tables"},
		{"strings for programmes", testHeader + testProgrammes, `programme = ["x"]` + testHeader, "programme[0]", "a string: expected a table"},
		{"an empty list of programmes", testHeader + testProgrammes, `programme = []` + testHeader, "programme", "0 tables: expected 1 to 32"},
		{"too many programmes", testProgrammes, testProgrammes + many, "programme", "33 tables: expected 1 to 32"},
		{"name twice", `name = "rewards"`, `name = "stake"`, "programme[1].name", `"stake" is also the name of programme[0]`},
		{"name in upper case", `name = "rewards"`, `name = "Rewards"`, "programme[1].name", "lower-case letters"},
		{"unknown kind", `kind = "convert-rewards"`, `kind = "convert"`, "programme[1].kind", "expected convert-stake"},
		{"no kind", `kind = "convert-rewards"`, ``, "programme[1].kind", "missing"},
		{"kind twice", `kind = "convert-rewards"`, `kind = "convert-stake"`, "programme[1].kind", "the same coins would be paid twice"},
		{"no cap", `cap = "300000000000"`, ``, "programme[2].cap", "missing"},
		{"cap 0", `cap = "300000000000"`, `cap = "0"`, "programme[2].cap", "from 1 to 2^63-1"},
		{"cap of 2^63", `cap = "300000000000"`, `cap = "9223372036854775808"`, "programme[2].cap", "from 1 to 2^63-1"},
		{"negative cap", `cap = "300000000000"`, `cap = "-1"`, "programme[2].cap", "from 1 to 2^63-1"},
		{"cap with zeros", `cap = "300000000000"`, `cap = "0300000000000"`, "programme[2].cap", "from 1 to 2^63-1"},
		{"cap in coins", `cap = "300000000000"`, `cap = "300.0"`, "programme[2].cap", "from 1 to 2^63-1"},
		{"caps above 2^63-1", `cap = "300000000000"`, `cap = "9223372036854775807"`, "programme[2].cap", "the sum of the caps"},
		{"no ratio", `ratio = "54/100"`, ``, "programme[0].ratio", "missing"},
		{"denominator 0", `ratio = "54/100"`, `ratio = "54/0"`, "programme[0].ratio", "the denominator is 0"},
		{"numerator 0", `ratio = "54/100"`, `ratio = "0/100"`, "programme[0].ratio", "the numerator is 0"},
		{"ratio as decimal", `ratio = "54/100"`, `ratio = "0.54"`, "programme[0].ratio", "expected num/den"},
		{"ratio as float", `ratio = "54/100"`, `ratio = 0.54`, "programme[0].ratio", "a floating-point number"},
		{"ratio with spaces", `ratio = "54/100"`, `ratio = "54 / 100"`, "programme[0].ratio", "expected num/den"},
		{"ratio with zeros", `ratio = "54/100"`, `ratio = "054/100"`, "programme[0].ratio", "expected num/den"},
		{"ratio of three", `ratio = "54/100"`, `ratio = "54/100/2"`, "programme[0].ratio", "expected num/den"},
		{"ratio of 2^32", `ratio = "54/100"`, `ratio = "4294967296/100"`, "programme[0].ratio", "both below 2^32"},
		{"programme opens before the migration", `every = 10`, "every = 10\nopens = \"2025-12-31T00:00:00Z\"", "programme[2].opens", "while the migration is open"},
		{"programme closes after the migration", `every = 10`, "every = 10\ncloses = \"2028-01-01T00:00:00Z\"", "programme[2].opens", "while the migration is open"},
		{"programme opens after it closes", `every = 10`, "every = 10\nopens = \"2026-03-01T00:00:00Z\"\ncloses = \"2026-02-01T00:00:00Z\"", "programme[2].opens", "while the migration is open"},
		{"snapshot at the genesis", `from_height = 100`, `from_height = 0`, "programme[2].from_height", "after the genesis"},
		{"snapshot beyond all blocks", `to_height = 120`, `to_height = 1000000000`, "programme[2].to_height", "at most 999999999"},
		{"points that end before they begin", `from_height = 100`, `from_height = 130`, "programme[2].to_height", "is below from_height 130"},
		{"points that do not end on a step", `to_height = 120`, `to_height = 121`, "programme[2].to_height", "not from_height plus a multiple of every"},
		{"every 0", `every = 10`, `every = 0`, "programme[2].every", "expected a number of blocks"},
		{"too many points", `to_height = 120`, `to_height = 20100`, "programme[2].every", "2001 snapshots for points: expected at most 2000"},
		{"too many points in two programmes", testProgrammes, strings.Replace(testProgrammes, "to_height = 120", "to_height = 20090", 1) + "[[programme]]\nname = \"more\"\nkind = \"share-points\"\ncap = \"1\"\nfrom_height = 1\nto_height = 2\nevery = 1\n", "programme[3].every", "2002 snapshots"},
		{"windows that touch", `every = 10`, "every = 10\nsnapshot_window = 10", "programme[2].snapshot_window", "must be less than every"},
		{"window without every", `every = 10`, `snapshot_window = 1`, "programme[2].snapshot_window", "means nothing without every"},
		{"endless window", `snapshot_height = 100`, "snapshot_height = 100\nsnapshot_window = 1000000000", "programme[0].snapshot_window", "at most 999999999"},
		{"other snapshot height", `snapshot_height = 100
ratio = "2/3"`, `snapshot_height = 101
ratio = "2/3"`, "programme[1].snapshot_height", "differs from programme[0]'s"},
		{"other snapshot window", `ratio = "2/3"`, "ratio = \"2/3\"\nsnapshot_window = 5", "programme[1].snapshot_window", "differs from programme[0]'s"},
		{"coins at another height", testProgrammes, testProgrammes + strings.Replace(coins, "100", "99", 1), "programme[3].snapshot_height", "differs from programme[0]'s"},
		{"deposits beside stakes", `kind = "share-points"
from_height = 100
to_height = 120
every = 10`, `kind = "convert-deposits"
ratio = "1/2"`, "programme[2].kind", "cannot stand beside convert-stake"},
		{"deposits beside coins", testProgrammes, "[[programme]]\nname = \"d\"\nkind = \"convert-deposits\"\nratio = \"1/2\"\ncap = \"1\"\n" + coins, "programme[0].kind", "cannot stand beside convert-coins"},
		{"steps out of order", testProgrammes, coins + `steps = [{ from = "2027-05-21T00:00:00Z", factor = "7/10" }, { from = "2027-05-21T00:00:00Z", factor = "1/2" }]`, "programme[0].steps[1].from", "in the order of their dates"},
		{"step without factor", testProgrammes, coins + `steps = [{ from = "2027-05-21T00:00:00Z" }]`, "programme[0].steps[0].factor", "missing"},
		{"step with denominator 0", testProgrammes, coins + `steps = [{ from = "2027-05-21T00:00:00Z", factor = "7/0" }]`, "programme[0].steps[0].factor", "the denominator is 0"},
		{"step with an unknown key", testProgrammes, coins + `steps = [{ from = "2027-05-21T00:00:00Z", factor = "7/10", to = "x" }]`, "programme[0].steps[0].to", "unknown key"},
		{"empty steps", testProgrammes, coins + `steps = []`, "programme[0].steps", "0 tables"},
		{"no every off a fakechain", fakeNetwork + testHeader[strings.Index(testHeader, fakeNetwork)+len(fakeNetwork):] + testProgrammes,
			mainNetwork + testHeader[strings.Index(testHeader, fakeNetwork)+len(fakeNetwork):] + strings.Replace(testProgrammes, "every = 10\n", "", 1), "programme[2].every", "missing: off a fakechain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("nothing to replace: %s", c.old)
			}
			terms, err := TermsFromTree(readTOML(t, strings.Replace(good, c.old, c.new, 1)))
			var refusal *TermsError
			if !errors.As(err, &refusal) {
				t.Fatalf("accepted as %s (%v)", terms.Canonical(), err)
			}
			if refusal.Path != c.path || !strings.Contains(refusal.Reason, c.reason) {
				t.Errorf("got %v, want %s refused with %q", err, c.path, c.reason)
			}
		})
	}
}

func TestParseTermsRefusesOtherSpellings(t *testing.T) {
	good := string(testTerms(t, testProgrammes).Canonical())
	for name, data := range map[string]string{
		"nothing":             "",
		"no object":           "[]",
		"null":                "null",
		"not JSON":            strings.TrimSuffix(good, "}"),
		"something after it":  good + "{}",
		"a newline after it":  good + "\n",
		"a space":             strings.Replace(good, ":", ": ", 1),
		"an escape":           strings.Replace(good, `"test"`, `"\u0074est"`, 1),
		"other order":         strings.Replace(good, `"legacy_claims":true,"name":"test"`, `"name":"test","legacy_claims":true`, 1),
		"a key twice":         strings.Replace(good, `"version":1`, `"version":1,"version":1`, 1),
		"an exponent":         strings.Replace(good, `"version":1`, `"version":1e0`, 1),
		"a fraction":          strings.Replace(good, `"version":1`, `"version":1.0`, 1),
		"a minus":             strings.Replace(good, `"every":10`, `"every":-0`, 1),
		"a huge integer":      strings.Replace(good, `"every":10`, `"every":100000000000000000000`, 1),
		"null for a key":      strings.Replace(good, `"legacy_claims":true`, `"legacy_claims":null`, 1),
		"more than 64 KiB":    good + strings.Repeat(" ", maxTerms),
		"an unknown key":      strings.Replace(good, `"version":1`, `"version":1,"x":1`, 1),
		"a key in upper case": strings.Replace(good, `"version"`, `"Version"`, 1),
	} {
		if data == good {
			t.Fatalf("%s: nothing was replaced", name)
		}
		_, err := ParseTerms([]byte(data))
		var refusal *TermsError
		if !errors.As(err, &refusal) || !strings.HasPrefix(err.Error(), "terms: ") {
			t.Errorf("ParseTerms of %s: got %v, want a TermsError", name, err)
		}
	}
}

// TestLargestRoundFitsAnEntry: terms that are accepted never make a round whose entry is too long.
func TestLargestRoundFitsAnEntry(t *testing.T) {
	long := NewQuantity(math.MaxUint64)
	long = Quantity(*long.Int().Mul(long.Int(), long.Int()))
	e := RoundBuilt{Round: 1 << 20, Cutoff: 1 << 40, Lines: 1 << 40, Recipients: 1 << 40, Amount: math.MaxInt64, Total: math.MaxInt64, Largest: math.MaxInt64}
	for i := range maxProgrammes {
		p := ProgrammeTotals{
			Programme: strings.Repeat("x", 32), Heights: []uint64{maxHeight}, Accounts: 1 << 30, Sources: []Part{{long, long, long}}, Den: long, Remainders: long,
			Owed: math.MaxInt64, Before: math.MaxInt64, Amount: math.MaxInt64, Unclaimed: math.MaxInt64, Overpaid: math.MaxInt64, Stopped: true, Withheld: math.MaxInt64,
		}
		switch i {
		case 0: // coins and points are the programmes with lists
			for range maxProgrammes {
				p.Sources = append(p.Sources, Part{NewQuantity(math.MaxInt64), NewQuantity(math.MaxUint32), NewQuantity(math.MaxUint32)})
			}
		case 1:
			for range maxPoints {
				p.Heights = append(p.Heights, maxHeight)
			}
		}
		e.Programmes = append(e.Programmes, p)
	}
	body, err := ledger.MarshalBody(&e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.FormatEntry(ledger.Entry{Seq: 1 << 39, Time: startOfTests, Kind: e.Kind(), Body: body}); err != nil {
		t.Error(err)
	}
}

func FuzzParseTerms(f *testing.F) {
	f.Add(readFile(f, "migration/terms.canonical.json"))
	f.Add(testTerms(f, testProgrammes).Canonical())
	f.Add(mainnetTerms(f).Canonical())
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		terms, err := ParseTerms(data)
		if err != nil {
			return
		}
		if !bytes.Equal(terms.Canonical(), data) {
			t.Fatalf("%q became %q", data, terms.Canonical())
		}
		var tree map[string]any
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&tree); err != nil {
			t.Fatal(err)
		}
		again, err := TermsFromTree(tree)
		if err != nil || again.ID() != terms.ID() {
			t.Fatalf("TermsFromTree: %v", err)
		}
		if terms.CapSum() == 0 || len(terms.Programmes) == 0 || terms.Token.Decimals != 9 {
			t.Fatalf("%s was accepted", data)
		}
		for i := range terms.Programmes {
			terms.Programmes[i].windows()
		}
		if _, _, err := ledger.NewKey(rand.Reader, terms.Origin()); err != nil {
			t.Fatalf("no ledger can be named: %v", err)
		}
	})
}
