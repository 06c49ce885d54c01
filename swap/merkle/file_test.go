package merkle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/holiman/uint256"
	"pgregory.net/rapid"
)

const (
	alice      = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" // spelling from EIP-55
	aliceLower = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
	bob        = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
	most       = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
)

func TestReadCSV(t *testing.T) {
	leaves, err := ReadCSV(strings.NewReader(alice + ",1\r\n" + strings.ToLower(bob) + "," + most))
	if err != nil {
		t.Fatal(err)
	}
	want := []Leaf{{common.HexToAddress(alice), *uint256.NewInt(1)}, {common.HexToAddress(bob), *MaxTotal()}}
	if !slices.Equal(leaves, want) {
		t.Errorf("got %v", leaves)
	}
	if leaves, err := ReadCSV(strings.NewReader("")); err != nil || len(leaves) != 0 {
		t.Errorf("empty file: %v, %v", leaves, err)
	}
	for _, amount := range []string{"9999999999999999999", "10000000000000000000", "18446744073709551615", "18446744073709551616"} {
		leaves, err := ReadCSV(strings.NewReader(alice + "," + amount + "\n"))
		if err != nil || leaves[0].Amount.Dec() != amount {
			t.Errorf("amount %s: %v, %v", amount, leaves, err)
		}
	}
}

func TestCSVRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string // in the error, which also names line 2
	}{
		"empty line":      {"\n", `"": want address,amount`},
		"header":          {"address,amount\n", `address "address": want 0x and 40 hex digits`},
		"no comma":        {alice + "\n", "want address,amount"},
		"two commas":      {alice + ",1,\n", "plain decimal digits"},
		"blank":           {alice + ", 1\n", "plain decimal digits"},
		"blank in front":  {" " + alice + ",1\n", "want 0x and 40 hex digits"},
		"blank behind":    {alice + ",1 \n", "plain decimal digits"},
		"quoted":          {`"` + alice + `",1` + "\n", "want 0x and 40 hex digits"},
		"no 0x":           {alice[2:] + ",1\n", "want 0x and 40 hex digits"},
		"0X":              {"0X" + alice[2:] + ",1\n", "want 0x and 40 hex digits"},
		"short":           {alice[:41] + ",1\n", "want 0x and 40 hex digits"},
		"not hex":         {alice[:41] + "g,1\n", "want 0x and 40 hex digits"},
		"wrong capitals":  {"0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,1\n", alice},
		"all capitals":    {"0x" + strings.ToUpper(alice[2:]) + ",1\n", alice},
		"no amount":       {alice + ",\n", "plain decimal digits"},
		"negative":        {alice + ",-1\n", "plain decimal digits"},
		"plus":            {alice + ",+1\n", "plain decimal digits"},
		"decimal point":   {alice + ",1.5\n", "plain decimal digits"},
		"exponent":        {alice + ",1e9\n", "plain decimal digits"},
		"hex":             {alice + ",0x10\n", "plain decimal digits"},
		"leading zero":    {alice + ",01\n", "plain decimal digits"},
		"underscore":      {alice + ",1_000\n", "plain decimal digits"},
		"2^256":           {alice + "," + most[:77] + "6\n", "above 2^256-1"},
		"too long":        {alice + "," + most + "0\n", "longer than 121 bytes"},
		"never ends":      {strings.Repeat("a", 1<<17), "longer than 121 bytes"},
		"zero amount":     {alice + ",0\n", "amount 0"},
		"zero address":    {"0x" + strings.Repeat("0", 40) + ",1\n", "zero address"},
		"twice":           {strings.ToLower(bob) + ",2\n", "first in line 1"},
		"carriage return": {alice + ",1\r\r\n", "plain decimal digits"},
		"nul":             {alice + ",1\x00\n", "plain decimal digits"},
	} {
		tree, err := BuildCSV(strings.NewReader(bob+",5\n"+c.text), MaxTotal())
		if err == nil || tree != nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "line 2: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q lacks line 2 or %q", name, err, c.want)
		}
	}
	if _, err := BuildCSV(strings.NewReader(""), MaxTotal()); !errors.Is(err, ErrNoLeaves) {
		t.Errorf("empty file: %v", err)
	}
	if _, err := BuildCSV(strings.NewReader(alice+",5\n"), uint256.NewInt(4)); !errors.Is(err, ErrLimit) {
		t.Errorf("above the limit: %v", err)
	}
	broken := errors.New("disk on fire")
	if _, err := ReadCSV(&failing{text: alice + ",1\n" + bob, err: broken}); !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("failing reader: %v", err)
	}
}

// failing gives its text and then its error.
type failing struct {
	text string
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.text == "" {
		return 0, f.err
	}
	n := copy(p, f.text)
	f.text = f.text[n:]
	return n, nil
}

func csvText(leaves []Leaf) string {
	var b strings.Builder
	for _, l := range leaves {
		fmt.Fprintf(&b, "%s,%s\n", l.Account, l.Amount.Dec())
	}
	return b.String()
}

func TestBuildCSVIsBuild(t *testing.T) {
	leaves := randomLeaves(chunkSize+77, 11)
	tree, err := BuildCSV(strings.NewReader(csvText(leaves)), MaxTotal())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tree.nodes, mustBuild(t, leaves).nodes) || !slices.Equal(tree.leaves.slice(), leaves) {
		t.Error("another tree than Build's")
	}
	read, err := ReadCSV(strings.NewReader(csvText(leaves)))
	if err != nil || !slices.Equal(read, leaves) {
		t.Errorf("ReadCSV reads other leaves: %v", err)
	}
}

func dump(tb testing.TB, t *Tree) string {
	tb.Helper()
	var b bytes.Buffer
	if err := t.Dump(&b); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestDumpAndLoad(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tree, err := Build(drawLeaves(rt), MaxTotal())
		if err != nil {
			rt.Fatal(err)
		}
		text := dump(t, tree)
		if !json.Valid([]byte(text)) {
			rt.Fatal("not JSON")
		}
		indented := new(bytes.Buffer)
		if err := json.Indent(indented, []byte(text), "", "  "); err != nil {
			rt.Fatal(err)
		}
		for _, form := range []string{text, text + "\n", indented.String()} {
			back, err := Load(strings.NewReader(form), tree.Total())
			if err != nil {
				rt.Fatal(err)
			}
			if !slices.Equal(back.nodes, tree.nodes) || !slices.Equal(back.leaves.slice(), tree.leaves.slice()) || dump(t, back) != text {
				rt.Fatal("another tree came back")
			}
		}
	})
}

// The npm package keeps the strings it was given; so does a dump of what was read from a file.
func TestDumpKeepsSpelling(t *testing.T) {
	for _, address := range []string{alice, aliceLower} {
		tree, err := BuildCSV(strings.NewReader(bob+",1\n"+address+",2\n"), MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		text := dump(t, tree)
		if !strings.Contains(text, `{"value":["`+address+`","2"],"treeIndex":`) || !strings.Contains(text, bob) {
			t.Errorf("%s is spelt otherwise in %s", address, text)
		}
		back, err := Load(strings.NewReader(text), MaxTotal())
		if err != nil {
			t.Fatal(err)
		}
		if dump(t, back) != text {
			t.Errorf("%s is lost by Load", address)
		}
	}
}

func TestLoadRefusals(t *testing.T) {
	leaves := goldenLeaves(4)
	good := dump(t, mustBuild(t, leaves))
	tree := mustBuild(t, leaves)
	node := func(k int) string { return tree.nodes[k+1].Hex() }
	if _, err := Load(strings.NewReader(good), MaxTotal()); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	swapped := strings.NewReplacer(node(5), node(6), node(6), node(5)).Replace(good)
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "cut off"},
		"cut off":          {good[:len(good)-1], "cut off"},
		"more behind":      {good + "{}", "after the end"},
		"another format":   {strings.Replace(good, "standard-v1", "simple-v1", 1), `want "standard-v1", found "simple-v1"`},
		"another encoding": {strings.Replace(good, "uint256", "uint128", 1), `want "uint256"`},
		"another key":      {strings.Replace(good, `"tree"`, `"Tree"`, 1), `want "tree", found "Tree"`},
		"escaped":          {strings.Replace(good, `"tree"`, `"\u0074ree"`, 1), "escape"},
		"changed root":     {strings.Replace(good, node(0), node(1), 1), "node 0 is"},
		"capitals in hash": {strings.Replace(good, node(0), "0x"+strings.ToUpper(node(0)[2:]), 1), "lower case"},
		"short hash":       {strings.Replace(good, node(0), node(0)[:64], 1), "want 0x and 64 hex digits"},
		"a node missing":   {strings.Replace(good, `"`+node(5)+`",`, "", 1), "6 nodes for 4 values"},
		"no nodes":         {`{"format":"standard-v1","leafEncoding":["address","uint256"],"tree":[],"values":[]}`, ErrNoLeaves.Error()},
		"leaves swapped":   {swapped, "node 5 is"},
		"changed amount":   {strings.Replace(good, `"1000000001"`, `"1000000002"`, 1), ""},
		"amount a number":  {strings.Replace(good, `"1000000001"`, `1000000001`, 1), `want '"', found '1'`},
		"another index":    {strings.Replace(good, `"treeIndex":3`, `"treeIndex":9`, 1), "treeIndex 9"},
		"index 03":         {strings.Replace(good, `"treeIndex":3`, `"treeIndex":03`, 1), "leading zeros"},
		"index -1":         {strings.Replace(good, `"treeIndex":3`, `"treeIndex":-3`, 1), "whole number"},
		"index too large":  {strings.Replace(good, `"treeIndex":3`, `"treeIndex":4294967299`, 1), "outside the tree"},
		"index overflows":  {strings.Replace(good, `"treeIndex":3`, `"treeIndex":18446744073709551619`, 1), "below 10^10"},
		"comma at the end": {strings.Replace(good, "}]}", "},]}", 1), "want '{'"},
		"no comma":         {strings.Replace(good, "},{", "}{", 1), "want ',' or ']'"},
		"long string":      {strings.Replace(good, node(0), strings.Repeat("a", 1<<20), 1), "longer than"},
		"an account twice": {strings.Replace(good, leaves[1].Account.Hex(), leaves[0].Account.Hex(), 1), ErrTwice.Error()},
		"byte order mark":  {"\ufeff" + good, "want '{'"},
	} {
		tree, err := Load(strings.NewReader(c.text), MaxTotal())
		if err == nil || tree != nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "dump: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q lacks %q", name, err, c.want)
		}
	}
	if _, err := Load(strings.NewReader(good), nil); !errors.Is(err, ErrNoLimit) {
		t.Errorf("no limit: %v", err)
	}
	broken := errors.New("disk on fire")
	if _, err := Load(&failing{text: good[:50], err: broken}, MaxTotal()); !errors.Is(err, broken) {
		t.Errorf("failing reader: %v", err)
	}
	if err := mustBuild(t, goldenLeaves(2000)).Dump(failingWriter{broken}); !errors.Is(err, broken) {
		t.Errorf("failing writer: %v", err)
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

func compactJSON(tb rapid.TB, text []byte) string {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		tb.Fatalf("%v:\n%s", err, text)
	}
	return b.String()
}

func TestProofFiles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tree, err := Build(drawLeaves(rt), MaxTotal())
		if err != nil {
			rt.Fatal(err)
		}
		one := tree.Proof(rapid.IntRange(0, tree.Len()-1).Draw(rt, "i"))
		many, err := tree.MultiProof(rapid.SliceOfNDistinct(rapid.IntRange(0, tree.Len()-1), 1, min(9, tree.Len()), rapid.ID).Draw(rt, "picks"))
		if err != nil {
			rt.Fatal(err)
		}
		for _, file := range [][]byte{one.Format(), many.Format(), []byte(compactJSON(rt, one.Format())), []byte(compactJSON(rt, many.Format()))} {
			back, err := ParseProof(file)
			if err != nil {
				rt.Fatalf("%v:\n%s", err, file)
			}
			if err := back.Check(); err != nil {
				rt.Fatal(err)
			}
			if compactJSON(rt, formatAny(back)) != compactJSON(rt, file) {
				rt.Fatalf("other bytes came back of\n%s", file)
			}
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(compactJSON(rt, many.Format())), "", "  "); err != nil || indented.String()+"\n" != string(many.Format()) {
			rt.Fatalf("not laid out as encoding/json does:\n%s", many.Format())
		}
	})
}

func formatAny(p Checker) []byte {
	if one, ok := p.(*Proof); ok {
		return one.Format()
	}
	return p.(*MultiProof).Format()
}

func TestParseProofRefusals(t *testing.T) {
	leaves := []Leaf{{common.HexToAddress(alice), *uint256.NewInt(1234)}, {common.HexToAddress(bob), *uint256.NewInt(99)}, {common.Address{9}, *uint256.NewInt(7)}}
	tree := mustBuild(t, leaves)
	p := tree.Proof(0)
	one := string(p.Format())
	m, err := tree.MultiProof([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	many := string(m.Format())
	flags := many[strings.Index(many, `"proofFlags"`):]
	step := "0x" + strings.Repeat("ab", 32)
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", "cut off"},
		"a dump":             {`{"format":"standard-v1"}`, `want "oxenswap-claim-proof-v1" or "oxenswap-claim-multiproof-v1"`},
		"too large":          {strings.Repeat(" ", maxProofFile+1), "at most"},
		"cut off":            {one[:100], "cut off"},
		"more behind":        {one + "x", "after the end"},
		"another key":        {strings.Replace(one, `"cumulative"`, `"amount"`, 1), `want "cumulative"`},
		"lower case":         {strings.Replace(one, alice, aliceLower, 1), alice},
		"wrong capitals":     {strings.Replace(one, "0x5aA", "0x5AA", 1), alice},
		"amount 0":           {strings.Replace(one, `"1234"`, `"0"`, 1), "amount 0"},
		"amount a number":    {strings.Replace(one, `"1234"`, `1234`, 1), `want '"'`},
		"amount with a dot":  {strings.Replace(one, `"1234"`, `"12.34"`, 1), "plain decimal digits"},
		"zero address":       {strings.Replace(one, alice, "0x"+strings.Repeat("0", 40), 1), "zero address"},
		"long proof":         {strings.Replace(one, `"proof": [`, `"proof": [`+strings.Repeat(`"`+step+`",`, maxDepth+1), 1), "more than 23"},
		"accounts missing":   {strings.Replace(many, "\"accounts\": [\n    \""+m.Leaves[0].Account.Hex()+"\",", `"accounts": [`, 1), "more cumulatives than accounts"},
		"amounts missing":    {strings.Replace(many, "\"cumulatives\": [\n    \""+m.Leaves[0].Amount.Dec()+"\",", `"cumulatives": [`, 1), "2 accounts and 1 cumulatives"},
		"flags missing":      {strings.Replace(many, flags, `"proofFlags":[]}`, 1), "need"},
		"flag misspelt":      {strings.Replace(many, flags, `"proofFlags":[tree]}`, 1), "want true"},
		"flag a number":      {strings.Replace(many, flags, `"proofFlags":[1]}`, 1), "want true or false"},
		"nothing to prove":   {`{"format":"oxenswap-claim-multiproof-v1","root":"` + step + `","accounts":[],"cumulatives":[],"proof":["` + step + `"],"proofFlags":[]}`, "at least one"},
		"keys in odd order":  {`{"root":"` + step + `","format":"oxenswap-claim-proof-v1"}`, `want "format", found "root"`},
		"a key twice":        {strings.Replace(one, `"account"`, `"root": "`+step+`", "account"`, 1), `want "account", found "root"`},
		"escape in a string": {strings.Replace(one, alice, `\u0030`+alice[1:], 1), "escape"},
	} {
		p, err := ParseProof([]byte(c.text))
		if err == nil || p != nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q lacks %q", name, err, c.want)
		}
	}
	changed, err := ParseProof([]byte(strings.Replace(one, `"1234"`, `"1235"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(changed.Check(), ErrProof) {
		t.Error("a proof of another amount holds")
	}
}
