package swap

import (
	"bytes"
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"oxenswap/swap/cryptonote"
)

// goodEvidence is some of everything that evidence can hold.
func goodEvidence() Evidence {
	prunable := testHash("prunable", 1)
	return Evidence{
		Transactions: []CoinTransaction{
			{ID: testHash("tx", 1), Height: 7, Bytes: "00ff"},
			{ID: testHash("tx", 2), InPool: true, Bytes: "ab", PrunableHash: &prunable},
			{ID: testHash("tx", 3), Height: 9, Bytes: ""},
		},
		Images: []CoinImage{
			{testHash("image", 1), cryptonote.Unspent}, {testHash("image", 2), cryptonote.Spent}, {testHash("image", 3), cryptonote.SpentInPool},
		},
		Counted: []Hash{testHash("image", 1), testHash("image", 2)},
	}
}

func encoded(t testingT, e Evidence) string {
	t.Helper()
	data, err := e.Encode()
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	return string(data)
}

func TestEvidence(t *testing.T) {
	e := goodEvidence()
	good := encoded(t, e)
	back, err := ParseEvidence([]byte(good))
	if err != nil || len(back.Transactions) != 3 || len(back.Images) != 3 || len(back.Counted) != 2 || encoded(t, back) != good {
		t.Fatalf("the evidence read again: got %+v, %v, want the same 3 transactions and images", back, err)
	}
	// The order in which a daemon answers says nothing.
	slices.Reverse(e.Transactions)
	slices.Reverse(e.Images)
	slices.Reverse(e.Counted)
	if encoded(t, e) != good {
		t.Error("another order gives other bytes")
	}
	const empty = `{"transactions":[],"images":[],"counted":[]}`
	if encoded(t, Evidence{}) != empty {
		t.Errorf("nothing: %s", encoded(t, Evidence{}))
	}
	if _, err := ParseEvidence([]byte(empty)); err != nil {
		t.Error(err)
	}

	first, second := back.Images[0].KeyImage.String(), back.Images[1].KeyImage.String()
	for _, c := range []struct{ name, old, new, says string }{
		{"a null list", good, `{"transactions":null,"images":[],"counted":[]}`, "one spelling"},
		{"a missing list", good, `{"transactions":[],"images":[]}`, "one spelling"},
		{"a space", `,"images"`, `, "images"`, "one spelling"},
		{"a newline at the end", good, good + "\n", "one spelling"},
		{"something after it", good, good + "{}", "evidence: "},
		{"an unknown key", `"counted"`, `"x":1,"counted"`, "one spelling"},
		{"a key twice", `"counted"`, `"images":[],"counted"`, "one spelling"},
		{"a key in upper case", `"images"`, `"IMAGES"`, "one spelling"},
		{"upper-case bytes", `"00ff"`, `"00FF"`, "lower-case hex"},
		{"half a byte", `"00ff"`, `"00f"`, "lower-case hex"},
		{"bytes that are no hex", `"00ff"`, `"0x00"`, "lower-case hex"},
		{"an escape", `"00ff"`, `"\u00300ff"`, "one spelling"},
		{"a height with a fraction", `"height":7`, `"height":7.0`, "evidence: "},
		{"a height in the pool", `"height":0,"in_pool":true`, `"height":1,"in_pool":true`, "is in the pool and in block 1"},
		{"an unknown status", `"status":2`, `"status":3`, "unknown status 3"},
		{"a status above 255", `"status":2`, `"status":256`, "evidence: "},
		{"upper-case hashes", first, strings.ToUpper(first), "lower-case"},
		{"a transaction twice", back.Transactions[1].ID.String(), back.Transactions[0].ID.String(), "is there twice"},
		{"a key image twice", second, first, "is there twice"},
		{"key images out of order", good, strings.NewReplacer(first, second, second, first).Replace(good), "one spelling"},
		{"a key image counted twice", `"counted":["` + back.Counted[0].String(), `"counted":["` + back.Counted[1].String(), "counted twice"},
		{"no object", good, "[]", "evidence: "},
		{"nothing", good, "", "evidence: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("nothing to replace: %s", c.old)
			}
			if e, err := ParseEvidence([]byte(strings.Replace(good, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("changed evidence: got %+v, %v, want a refusal", e, err)
			}
		})
	}
}

func FuzzParseEvidence(f *testing.F) {
	good := encoded(f, goodEvidence())
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "00ff", "00FF", 1)))
	f.Add([]byte(`{"transactions":[],"images":[],"counted":[]}`))
	f.Add([]byte(`{"transactions":null,"images":null,"counted":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEvidence(data)
		if err != nil {
			return
		}
		if again, err := e.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q became %q (%v)", data, again, err)
		}
		if _, err := e.Reserve(1, Rules1); err != nil {
			t.Fatalf("%q parses and cannot be judged: %v", data, err)
		}
	})
}

func TestAgreeOnCoins(t *testing.T) {
	terms := testTerms(t, coinProgrammes)
	answer := func(daemon string, change ...func(*CoinAnswer)) CoinAnswer {
		a := CoinAnswer{Daemon: daemon, Network: terms.Oxen.Network, Genesis: terms.Oxen.Genesis, Evidence: goodEvidence()}
		for _, c := range change {
			c(&a)
		}
		return a
	}
	down := func(a *CoinAnswer) { a.Err = errors.New("connection refused") }
	elsewhere := func(a *CoinAnswer) { a.Genesis = testHash("genesis", 1) }
	mainnet := func(a *CoinAnswer) { a.Network = "mainnet" }
	spent := func(a *CoinAnswer) { a.Evidence.Images[0].Status = cryptonote.Spent }
	short := func(a *CoinAnswer) { a.Evidence.Transactions = a.Evidence.Transactions[1:] }
	higher := func(a *CoinAnswer) { a.Evidence.Transactions[0].Height++ }
	broken := func(a *CoinAnswer) { a.Evidence.Images = append(a.Evidence.Images, a.Evidence.Images[0]) }
	turned := func(a *CoinAnswer) {
		slices.Reverse(a.Evidence.Transactions)
		slices.Reverse(a.Evidence.Images)
	}
	verdict := func(a *CoinAnswer) { a.Evidence.Counted = []Hash{testHash("image", 9)} }

	want := goodEvidence()
	want.Counted = nil
	for _, c := range []struct {
		name    string
		quorum  int
		answers []CoinAnswer
		members []string
		says    []string // of a refusal
	}{
		{"two of two", 2, []CoinAnswer{answer("b"), answer("a")}, []string{"a", "b"}, nil},
		{"another order", 2, []CoinAnswer{answer("a", turned), answer("b")}, []string{"a", "b"}, nil},
		{"verdicts of daemons are no matter", 2, []CoinAnswer{answer("a", verdict), answer("b")}, []string{"a", "b"}, nil},
		{"one of one", 1, []CoinAnswer{answer("a")}, []string{"a"}, nil},
		{"two of three, one down", 2, []CoinAnswer{answer("c"), answer("a", down), answer("b")}, []string{"b", "c"}, nil},
		{"two of three, one dissents", 2, []CoinAnswer{answer("c"), answer("a", spent), answer("b")}, []string{"b", "c"}, nil},
		{"one is down", 2, []CoinAnswer{answer("a"), answer("b", down)}, nil, []string{"2 must say the same", "a: 3 transactions, 3 key images, digest ", "b: connection refused"}},
		{"one says that an output is spent", 2, []CoinAnswer{answer("a"), answer("b", spent)}, nil, []string{"a: 3 transactions", "b: 3 transactions"}},
		{"one lacks a transaction", 2, []CoinAnswer{answer("a"), answer("b", short)}, nil, []string{"b: 2 transactions"}},
		{"one has a block at another height", 2, []CoinAnswer{answer("a"), answer("b", higher)}, nil, []string{"b: 3 transactions"}},
		{"one says something twice", 2, []CoinAnswer{answer("a"), answer("b", broken)}, nil, []string{"b: evidence: key image ", "is there twice"}},
		{"another chain", 2, []CoinAnswer{answer("a", elsewhere), answer("b", elsewhere)}, nil, []string{"a: ", "genesis"}},
		{"another network", 2, []CoinAnswer{answer("a"), answer("b", mainnet)}, nil, []string{"b: ", "mainnet"}},
		{"no majority", 1, []CoinAnswer{answer("a"), answer("b", spent)}, nil, []string{"1 must say the same"}},
		{"two camps of two", 2, []CoinAnswer{answer("a"), answer("b", spent), answer("c"), answer("d", spent)}, nil, []string{"2 must say the same"}},
		{"nobody was asked", 2, nil, nil, []string{"2 must say the same"}},
		{"a daemon twice", 2, []CoinAnswer{answer("a"), answer("a")}, nil, []string{"daemon a answered twice"}},
		{"no quorum set", 0, []CoinAnswer{answer("a")}, nil, []string{"quorum"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // and in the other order
				got, members, err := AgreeOnCoins(terms, c.quorum, c.answers)
				switch {
				case c.members != nil && (err != nil || !slices.Equal(members, c.members) || encoded(t, got) != encoded(t, want)):
					t.Errorf("%v: %+v, %v", members, got, err)
				case c.members == nil && err == nil:
					t.Errorf("%v agree", members)
				case c.members == nil:
					for _, s := range c.says {
						if !strings.Contains(err.Error(), s) {
							t.Errorf("%v: expected %q", err, s)
						}
					}
					if strings.Contains(err.Error(), "must say the same") != errors.Is(err, ErrNoQuorum) {
						t.Errorf("no ErrNoQuorum: %v", err)
					}
				}
				slices.Reverse(c.answers)
			}
		})
	}

	// Answers come back unchanged.
	mine := answer("a", turned, verdict)
	before := encoded(t, mine.Evidence)
	first := mine.Evidence.Transactions[0].ID
	if _, _, err := AgreeOnCoins(terms, 1, []CoinAnswer{mine}); err != nil || mine.Evidence.Transactions[0].ID != first || encoded(t, mine.Evidence) != before {
		t.Errorf("the answer was changed: %v", err)
	}
}

// discard lets two daemons have another block at a height.
func (l *testLedger) discard(height uint64) uint64 {
	l.t.Helper()
	s, err := l.tables.Snapshot(height)
	if err != nil {
		l.t.Fatalf("Snapshot: %v", err)
	}
	return l.must(&SnapshotDiscarded{Height: height, BlockHash: s.BlockHash, Now: testHash("other block", int(height)), Daemons: []DaemonReport{{Daemon: "a", Agrees: true}, {Daemon: "b", Agrees: true}}})
}

func TestPrivate(t *testing.T) {
	secret := map[string]bool{"proof.received": true, "proof.accepted": true, "proof.refused": true}
	for kind, blank := range events {
		e := blank()
		got := Private(e)
		if secret[kind] != (len(got) > 0) || secret[kind] && !slices.Equal(got, e.Attachments()) {
			t.Errorf("%s keeps %d of %d attachments from the public", kind, len(got), len(e.Attachments()))
		}
	}
	if got := Private(&ProofReceived{Proof: testHash("proof", 1)}); !slices.Equal(got, []Hash{testHash("proof", 1)}) {
		t.Errorf("Private: got %v, want the proof alone", got)
	}
}

// TestConvertCoins: what is owed is the floor of the sum of all outputs' exact fractions, each with
// the step that was in force when its proof came.
func TestConvertCoins(t *testing.T) {
	terms := testTerms(t, coinProgrammes)
	p, _ := terms.CoinsProgramme()
	if p.commonDen() != 3000 {
		t.Fatalf("common denominator %d", p.commonDen())
	}
	days := []string{"2026-11-22", "2026-12-01", "2026-12-31", "2027-01-01", "2027-06-01"}
	factors := []*big.Rat{big.NewRat(1, 1), big.NewRat(7, 10), big.NewRat(7, 10), big.NewRat(1, 3), big.NewRat(1, 3)}
	type shown struct {
		Account, Day int
		Total        uint64
		Height       uint64
		Status       ProofStatus
	}
	draw := rapid.Custom(func(t *rapid.T) shown {
		return shown{
			rapid.IntRange(0, 3).Draw(t, "account"), rapid.IntRange(0, len(days)-1).Draw(t, "day"), rapid.Uint64Range(1, 1<<40).Draw(t, "total"),
			rapid.SampledFrom([]uint64{100, 100, 100, 101}).Draw(t, "height"),
			rapid.SampledFrom([]ProofStatus{AcceptedProof, AcceptedProof, AcceptedProof, RefusedProof, ReceivedProof, FreedProof}).Draw(t, "status"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		tables := &Memory{}
		exact := map[Account]*big.Rat{}
		all := new(big.Rat)
		for i, x := range rapid.SliceOfN(draw, 0, 12).Draw(t, "proofs") {
			a := testAccount(x.Account)
			if err := tables.SetProof(Proof{
				ProofReceived: ProofReceived{Account: a, Height: x.Height}, Received: uint64(i), At: date(t, days[x.Day]), Status: x.Status, Total: Oxen(x.Total),
			}); err != nil {
				t.Fatal(err)
			}
			if x.Status != AcceptedProof || x.Height != 100 {
				continue
			}
			part := new(big.Rat).SetFrac(new(big.Int).SetUint64(x.Total*54), big.NewInt(100))
			part.Mul(part, factors[x.Day])
			if exact[a] == nil {
				exact[a] = new(big.Rat)
			}
			exact[a].Add(exact[a], part)
			all.Add(all, part)
		}
		m := Migration{Terms: terms, Settled: map[string][]uint64{"coins": {100}}}
		l, err := Owed(tables, m, p)
		if err != nil {
			t.Fatal(err)
		}
		if l.Den != NewQuantity(3000) || len(l.Owings) != len(exact) {
			t.Fatalf("%d accounts are owed something, expected %d; denominator %s", len(l.Owings), len(exact), l.Den)
		}
		if !slices.IsSortedFunc(l.Owings, func(a, b Owing) int { return strings.Compare(string(a.Account), string(b.Account)) }) {
			t.Fatal("accounts are out of order")
		}
		sum := new(big.Rat)
		for _, o := range l.Owings {
			want := exact[o.Account]
			if whole := new(big.Int).Quo(want.Num(), want.Denom()); whole.Uint64() != uint64(o.Owed) {
				t.Fatalf("%s owed, expected the floor of %s", o.Owed, want.FloatString(5))
			}
			if len(o.Parts) > 3 { // one for each step
				t.Fatalf("%d parts", len(o.Parts))
			}
			sum.Add(sum, new(big.Rat).SetFrac(o.Remainder.Int().ToBig(), o.Den.Int().ToBig()))
			sum.Add(sum, new(big.Rat).SetInt(new(big.Int).SetUint64(uint64(o.Owed))))
			if o.Remainder.Int().Cmp(o.Den.Int()) >= 0 {
				t.Fatalf("remainder %s of %s", o.Remainder, o.Den)
			}
		}
		if sum.Cmp(all) != 0 {
			t.Fatalf("owed and remainders are %s, the sources %s", sum.FloatString(5), all.FloatString(5))
		}
	})

	// One by one, and floored once: three times 1/3 x 54/100 of 2 atomic units.
	tables := &Memory{}
	for i := range 3 {
		if err := tables.SetProof(Proof{ProofReceived: ProofReceived{Account: "a", Height: 100}, Received: uint64(i), At: date(t, "2027-01-01"), Status: AcceptedProof, Total: 2}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := Owed(tables, Migration{Terms: terms, Settled: map[string][]uint64{"coins": {100}}}, p)
	want := Owing{"a", []Part{{NewQuantity(6), NewQuantity(54), NewQuantity(300)}}, 1, NewQuantity(240), NewQuantity(3000)}
	if err != nil || !reflect.DeepEqual(l.Owings, []Owing{want}) {
		t.Errorf("what is owed: got %+v, %v, want 240 and 3000ths", l.Owings, err)
	}
}
