package swap

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"pgregory.net/rapid"
)

// jsonLines is what encoding/json makes of a list: the format's definition.
func jsonLines(t testingT, list []Allocation) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for i := range list {
		if err := enc.Encode(&list[i]); err != nil {
			t.Fatalf("Encode: %v", err)
		}
	}
	return out.Bytes()
}

// drawQuantity draws numbers of all lengths up to limit bits.
func drawQuantity(t *rapid.T, limit int, label string) Quantity {
	n := new(uint256.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, limit/8).Draw(t, label))
	return Quantity(*n)
}

// drawAllocations draws a list in order whose numbers follow from each other.
func drawAllocations(t *rapid.T) []Allocation {
	var out []Allocation
	accounts := rapid.SliceOfNDistinct(rapid.IntRange(0, 1000), 0, 6, rapid.ID[int]).Draw(t, "accounts")
	sorted := &column[int]{}
	for _, n := range accounts {
		one := &column[int]{}
		if err := one.add(testAccount(n), n); err != nil {
			t.Fatal(err)
		}
		sorted = sorted.merge(one)
	}
	for i, account := range sorted.accounts {
		for _, programme := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"stake", "rewards", "bonus-2", "a"}), 1, 3, rapid.ID[string]).Draw(t, "programmes") {
			a := Allocation{
				Account: account, Programme: programme, Recipient: testRecipient(rapid.IntRange(0, 3).Draw(t, "recipient")),
				Claim: rapid.Uint64().Draw(t, "claim"), Den: drawQuantity(t, 64, "den"),
			}
			if a.Den == (Quantity{}) {
				a.Den = NewQuantity(uint64(i) + 1)
			}
			for range rapid.IntRange(1, 3).Draw(t, "parts") {
				a.Parts = append(a.Parts, Part{drawQuantity(t, 64, "source"), NewQuantity(rapid.Uint64Range(1, math.MaxUint32).Draw(t, "num")), a.Den})
			}
			exact, err := scaled(a.Parts, a.Den)
			if err != nil {
				t.Fatal(err)
			}
			if a.Owed, a.Remainder, err = floor(exact, a.Den); err != nil || a.Owed == 0 {
				continue
			}
			a.Amount = Sesh(rapid.Uint64Range(1, uint64(a.Owed)).Draw(t, "amount"))
			a.Before = a.Owed - a.Amount
			out = append(out, a)
		}
	}
	return out
}

func TestAllocationLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawAllocations(t)
		data, err := FormatAllocations(list)
		if err != nil {
			t.Fatal(err)
		}
		if want := jsonLines(t, list); !bytes.Equal(data, want) {
			t.Fatalf("\n%s\nencoding/json has\n%s", data, want)
		}
		again, err := ParseAllocations(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 && len(again) == 0 {
			return
		}
		if diff := cmp.Diff(list, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

// goodLines are two accounts with one and two programmes.
func goodLines(t testingT) (list []Allocation, data string) {
	t.Helper()
	first, second := testAccount(1), testAccount(2)
	if first > second {
		first, second = second, first
	}
	seven := []Part{{NewQuantity(15), NewQuantity(1), NewQuantity(2)}} // 7 1/2
	list = []Allocation{
		{Account: first, Programme: "stake", Recipient: testRecipient(1), Claim: 3, Parts: seven, Owed: 7, Remainder: NewQuantity(1), Den: NewQuantity(2), Before: 2, Amount: 5},
		{Account: second, Programme: "stake", Recipient: testRecipient(2), Claim: 4, Parts: seven, Owed: 7, Remainder: NewQuantity(1), Den: NewQuantity(2), Amount: 7},
		{Account: second, Programme: "bonus", Recipient: testRecipient(2), Claim: 4, Parts: []Part{seven[0], seven[0]}, Owed: 15, Den: NewQuantity(2), Amount: 15},
	}
	return list, string(jsonLines(t, list))
}

func TestParseAllocationsRefuses(t *testing.T) {
	list, good := goodLines(t)
	if _, err := ParseAllocations([]byte(good)); err != nil {
		t.Fatal(err)
	}
	if list, err := ParseAllocations(nil); err != nil || len(list) != 0 {
		t.Errorf("an empty list: %v, %v", list, err)
	}
	lines := strings.SplitAfter(good, "\n")
	for _, c := range []struct{ name, old, new, says string }{
		{"a space", `,"claim"`, `, "claim"`, `line 1: expected "\",\"claim\":"`},
		{"another order", `"owed":"7","remainder":"1"`, `"remainder":"1","owed":"7"`, "line 1"},
		{"a missing key", `"before":"2",`, ``, "line 1"},
		{"an unknown key", `"before":"2",`, `"before":"2","x":1,`, "line 1"},
		{"a number for a string", `"owed":"7"`, `"owed":7`, "line 1"},
		{"a string for a number", `"claim":3`, `"claim":"3"`, "line 1"},
		{"a leading zero", `"owed":"7"`, `"owed":"07"`, "line 1"},
		{"a plus", `"owed":"7"`, `"owed":"+7"`, "line 1"},
		{"a minus", `"owed":"7"`, `"owed":"-7"`, "line 1"},
		{"an underscore", `"owed":"15"`, `"owed":"1_5"`, "line 3"},
		{"no digits", `"owed":"7"`, `"owed":""`, "line 1"},
		{"2^64", `"owed":"7"`, `"owed":"18446744073709551616"`, "line 1"},
		{"a leading zero in a part", `"source":"15"`, `"source":"015"`, "line 1"},
		{"2^256", `"source":"15"`, `"source":"115792089237316195423570985008687907853269984665640564039457584007913129639936"`, "line 1"},
		{"a long number with leading zeros", `"source":"15"`, `"source":"000000000000000000000000000015"`, "line 1"},
		{"no parts", `[{"source":"15","num":"1","den":"2"}]`, `[]`, "line 1: 0.000000007 SESH owed and remainder 1 of 2 are not the sum of its parts"},
		{"another source", `"source":"15"`, `"source":"14"`, "are not the sum of its parts"},
		{"another remainder", `"remainder":"1"`, `"remainder":"0"`, "are not the sum of its parts"},
		{"a remainder above the denominator", `"owed":"7","remainder":"1","den":"2","before":"2","amount":"5"`, `"owed":"6","remainder":"3","den":"2","before":"2","amount":"4"`, "are not the sum of its parts"},
		{"denominator 0", `"remainder":"1","den":"2"`, `"remainder":"1","den":"0"`, "does not divide 0"},
		{"denominator 0 in a part", `"num":"1","den":"2"`, `"num":"1","den":"0"`, "denominator 0 does not divide 2"},
		{"denominators that do not fit", `"num":"1","den":"2"`, `"num":"1","den":"3"`, "denominator 3 does not divide 2"},
		{"amounts that do not add up", `"amount":"5"`, `"amount":"6"`, "line 1: 0.000000007 SESH owed, 0.000000002 SESH before and 0.000000006 SESH now do not add up"},
		{"amounts that wrap", `"before":"2","amount":"5"`, `"before":"18446744073709551615","amount":"8"`, "do not add up"},
		{"amount 0", `"before":"2","amount":"5"`, `"before":"7","amount":"0"`, "do not add up"},
		{"more than 2^63-1", `"source":"15","num":"1","den":"2"}],"owed":"7","remainder":"1","den":"2","before":"2","amount":"5"`, `"source":"9223372036854775808","num":"1","den":"1"}],"owed":"9223372036854775808","remainder":"0","den":"1","before":"0","amount":"9223372036854775808"`, "do not add up"},
		{"a product above 2^256", `"source":"15","num":"1"`, `"source":"15","num":"` + new(uint256.Int).SetAllOne().Dec() + `"`, "passes 2^256"},
		{"a sum above 2^63-1", `"source":"15","num":"1"`, `"source":"15","num":"9223372036854775808"`, "pass 2^63-1"},
		{"a recipient in lower case", testRecipient(1).String(), strings.ToLower(testRecipient(1).String()), "EIP-55"},
		{"a recipient with an escape", testRecipient(1).String(), `\u0030` + testRecipient(1).String()[1:], "line 1"},
		{"no recipient", testRecipient(1).String(), "", "line 1"},
		{"no account", string(list[0].Account), "", "line 1"},
		{"an account in upper case", string(list[0].Account), strings.ToUpper(string(list[0].Account)), "unexpected characters"},
		{"an account with an escape", `{"account":"`, `{"account":"\u0061`, "unexpected characters"},
		{"a long account", `{"account":"`, `{"account":"` + strings.Repeat("a", 100), "unexpected characters"},
		{"a programme with a newline", `"programme":"stake"`, `"programme":"sta\nke"`, "unexpected characters"},
		{"no programme", `"programme":"stake"`, `"programme":""`, "unexpected characters"},
		{"no newline at the end", lines[2], strings.TrimSuffix(lines[2], "\n"), "line 3: it does not end"},
		{"an empty line", lines[1], "\n" + lines[1], "line 2"},
		{"something after a line", lines[0], strings.TrimSuffix(lines[0], "\n") + " \n", "line 1: something follows it"},
		{"a carriage return", lines[0], strings.TrimSuffix(lines[0], "\n") + "\r\n", "line 1: something follows it"},
		{"a huge line", lines[0], strings.Repeat(" ", maxAllocationLine+1) + "\n", "line 1: it does not end within"},
		{"half a line", lines[2], lines[2][:100] + "\n", "line 3"},
		{"accounts out of order", lines[0] + lines[1], lines[1] + lines[0], "line 2: account " + string(list[0].Account) + " is out of order"},
		{"a line twice", lines[2], lines[2] + lines[2], "line 4: account " + string(list[2].Account) + " has programme bonus twice"},
		{"a programme twice, not one after the other", lines[2], lines[2] + lines[1], "line 4: account " + string(list[1].Account) + " has programme stake twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("nothing to replace: %s", c.old)
			}
			if _, err := ParseAllocations([]byte(strings.Replace(good, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), "allocation list, line ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("ParseAllocations: got %v, want one with %q", err, c.says)
			}
		})
	}
}

func TestFormatAllocationsRefuses(t *testing.T) {
	for _, c := range []struct {
		account   Account
		programme string
	}{{"", "stake"}, {"A", "stake"}, {`a"`, "stake"}, {"a", ""}, {"a", "st<ke"}, {"a", "é"}} {
		if out, err := FormatAllocations([]Allocation{{Account: c.account, Programme: c.programme}}); err == nil || !strings.Contains(err.Error(), "unexpected characters") {
			t.Errorf("allocation %+v: got %s, %v, want an error", c, out, err)
		}
	}
	if _, err := FormatAllocations([]Allocation{{Account: "deposit:7f.a-1", Programme: "stake"}}); err != nil {
		t.Error(err)
	}
}

func FuzzParseAllocations(f *testing.F) {
	_, good := goodLines(f)
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, `"source":"15"`, `"source":"36893488147419103232"`, 1)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseAllocations(data)
		if err != nil {
			return
		}
		again, err := FormatAllocations(list)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q became %q (%v)", data, again, err)
		}
		if want := jsonLines(t, list); !bytes.Equal(want, data) {
			t.Fatalf("%q is not what encoding/json prints: %q", data, want)
		}
	})
}
