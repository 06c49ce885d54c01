package swap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// worlds are the recorded moments of a real network, in normal form as another program wrote it.
func worlds(t testingT) []Content {
	t.Helper()
	var out []Content
	for i := range 4 {
		c, err := ParseContent(readFile(t, fmt.Sprintf("migration/world%d.json", i+1)))
		if err != nil {
			t.Fatalf("world %d: %v", i+1, err)
		}
		out = append(out, c)
	}
	return out
}

func TestRecordedContentIsInNormalForm(t *testing.T) {
	want := []struct {
		height uint64
		totals SnapshotTotals
	}{
		{240, SnapshotTotals{Nodes: 6, Funded: 5, Contributions: 13, Accounts: 8, Staked: 500000000000, Unfunded: 40000000000, Rewards: 232382883327}},
		{250, SnapshotTotals{Nodes: 6, Funded: 6, Contributions: 14, Accounts: 9, Staked: 600000000000, Rewards: 183450024995}},
		{262, SnapshotTotals{Nodes: 6, Funded: 6, Contributions: 14, Accounts: 9, Staked: 600000000000, Rewards: 219829078333}},
		{274, SnapshotTotals{Nodes: 5, Funded: 5, Contributions: 13, Accounts: 9, Staked: 500000000000, Rewards: 160485931828}},
	}
	for i, c := range worlds(t) {
		_, totals, err := c.Balances(Rules1)
		if err != nil {
			t.Fatal(err)
		}
		if c.Height != want[i].height || totals != want[i].totals {
			t.Errorf("world %d: height %d, %+v", i+1, c.Height, totals)
		}
	}
}

// shuffled is a copy of the content with every list in another order and the empty ones missing, as
// daemons answer.
func shuffled(c Content) Content {
	shuffle := func(n int, swap func(i, j int)) { rand.Shuffle(n, swap) }
	c.Nodes, c.Rewards, c.Blacklist = slices.Clone(c.Nodes), slices.Clone(c.Rewards), slices.Clone(c.Blacklist)
	shuffle(len(c.Nodes), func(i, j int) { c.Nodes[i], c.Nodes[j] = c.Nodes[j], c.Nodes[i] })
	shuffle(len(c.Rewards), func(i, j int) { c.Rewards[i], c.Rewards[j] = c.Rewards[j], c.Rewards[i] })
	shuffle(len(c.Blacklist), func(i, j int) { c.Blacklist[i], c.Blacklist[j] = c.Blacklist[j], c.Blacklist[i] })
	for i := range c.Nodes {
		n := &c.Nodes[i]
		n.Contributors = slices.Clone(n.Contributors)
		shuffle(len(n.Contributors), func(i, j int) { n.Contributors[i], n.Contributors[j] = n.Contributors[j], n.Contributors[i] })
		for j := range n.Contributors {
			locked := slices.Clone(n.Contributors[j].Locked)
			shuffle(len(locked), func(i, j int) { locked[i], locked[j] = locked[j], locked[i] })
			if len(locked) == 0 {
				locked = nil
			}
			n.Contributors[j].Locked = locked
		}
	}
	if len(c.Blacklist) == 0 {
		c.Blacklist = nil
	}
	return c
}

func TestTenShufflesOneDigest(t *testing.T) {
	for i, c := range worlds(t) {
		want := readFile(t, fmt.Sprintf("migration/world%d.json", i+1))
		for range 10 {
			again := shuffled(c)
			if err := again.Normalise(); err != nil {
				t.Fatal(err)
			}
			data, err := again.Encode()
			if err != nil || !bytes.Equal(data, want) {
				t.Fatalf("world %d gave other bytes (%v):\n%s", i+1, err, data)
			}
		}
	}
}

// TestEveryFieldCounts changes each leaf of the normal form and expects another digest.
func TestEveryFieldCounts(t *testing.T) {
	data := readFile(t, "migration/world1.json")
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	changed := 0
	var walk func(path string, node any, set func(any))
	walk = func(path string, node any, set func(any)) {
		switch v := node.(type) {
		case map[string]any:
			for key, child := range v {
				walk(path+"."+key, child, func(x any) { v[key] = x })
			}
			return
		case []any:
			if len(v) > 0 {
				walk(path+"[0]", v[0], func(x any) { v[0] = x })
			}
			return
		case bool:
			set(!v)
		case float64:
			set(v + 1)
		case string:
			set(strings.Replace(v, v[len(v)-1:], string("0123456789abcdef"[(strings.IndexByte("0123456789abcdef", v[len(v)-1])+1)%16]), 1))
		}
		other, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		set(node)
		var a, b Content
		if err := json.Unmarshal(other, &a); err != nil {
			t.Fatalf("json.Unmarshal of %s: got %v, want no error", path, err)
		}
		if err := json.Unmarshal(data, &b); err != nil {
			t.Fatal(err)
		}
		if sameContent(t, &a, &b) {
			t.Errorf("%s does not count", path)
		}
		changed++
	}
	walk("", tree, nil)
	if changed < 15 {
		t.Errorf("only %d fields were changed", changed)
	}
}

func TestNormaliseRefuses(t *testing.T) {
	node := func(n int, contributors ...Contributor) Node {
		return Node{Key: testHash("node", n), Contributors: contributors}
	}
	stake := func(holder, image int, amount Oxen) Contributor {
		return Contributor{testAddress(holder), []Locked{{KeyImage: testHash("image", image), Amount: amount}}}
	}
	for _, c := range []struct {
		name    string
		content Content
		err     string
	}{
		{"a node twice", Content{Nodes: []Node{node(1), node(2), node(1)}}, "is listed twice"},
		{"a contributor twice in a node", Content{Nodes: []Node{node(1, stake(1, 1, 5), stake(1, 2, 5))}}, "lists contributor"},
		{"stakes above 2^64-1", Content{Nodes: []Node{node(1, stake(1, 1, math.MaxUint64)), node(2, stake(2, 2, 1))}}, "locked contributions: the sum passes"},
		{"an address with two rewards", Content{Rewards: []Reward{{testAddress(1), 1}, {testAddress(2), 1}, {testAddress(1), 2}}}, "accrued rewards list"},
		{"rewards above 2^64-1", Content{Rewards: []Reward{{testAddress(1), math.MaxUint64}, {testAddress(2), 1}}}, "accrued rewards: the sum passes"},
		{"stakes above 2^63-1", Content{Nodes: []Node{node(1, stake(1, 1, math.MaxInt64)), node(2, stake(2, 2, 1))}}, "more than 2^63-1"},
		{"rewards above 2^63-1", Content{Rewards: []Reward{{testAddress(1), math.MaxInt64 + 1}}}, "more than 2^63-1"},
	} {
		if err := c.content.Normalise(); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("Normalise of %s: got %v, want one with %q", c.name, err, c.err)
		}
	}
	ok := Content{Nodes: []Node{node(1, stake(1, 1, 5)), node(2, stake(1, 2, math.MaxInt64-5))}}
	if err := ok.Normalise(); err != nil {
		t.Errorf("one address in two nodes: %v", err)
	}
}

func TestParseContentRefuses(t *testing.T) {
	good := string(readFile(t, "migration/world1.json"))
	swapped := func(old, new string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, data := range map[string]string{
		"nothing":              "",
		"no object":            "[]",
		"a space":              swapped(`"height":`, `"height": `),
		"an unknown key":       swapped(`{"height"`, `{"more":1,"height"`),
		"a missing key":        swapped(`"hard_fork":19,`, ""),
		"a key twice":          swapped(`{"height":240`, `{"height":240,"height":240`),
		"a key in upper case":  swapped(`"hard_fork"`, `"Hard_Fork"`),
		"another order":        swapped(`"funded":true,"active":true`, `"active":true,"funded":true`),
		"an amount as number":  swapped(`"amount":"25000000000"`, `"amount":25000000000`),
		"an amount with zeros": swapped(`"amount":"25000000000"`, `"amount":"025000000000"`),
		"a negative amount":    swapped(`"amount":"25000000000"`, `"amount":"-25000000000"`),
		"a fraction":           swapped(`"height":240`, `"height":240.0`),
		"a null list":          swapped(`"blacklist":[]`, `"blacklist":null`),
		"a hash in upper case": swapped(`"block_hash":"d5a2f3bc`, `"block_hash":"D5A2F3BC`),
		"something after it":   good + "\n",
	} {
		if _, err := ParseContent([]byte(data)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestBalances(t *testing.T) {
	one, two := testAddress(1), testAddress(2)
	other := addressOf(1, "another view") // the same account
	c := Content{
		Nodes: []Node{
			{Key: testHash("node", 1), Funded: true, Contributors: []Contributor{
				{one, []Locked{{KeyImage: testHash("i", 1), Amount: 10}, {KeyImage: testHash("i", 2), Amount: 5}}},
				{two, nil}, // reserved and not paid
			}},
			{Key: testHash("node", 2), Funded: true, Active: false, Contributors: []Contributor{{other, []Locked{{KeyImage: testHash("i", 3), Amount: 100}}}}},
			{Key: testHash("node", 3), Contributors: []Contributor{{two, []Locked{{KeyImage: testHash("i", 4), Amount: 1000}}}}},
		},
		Rewards:   []Reward{{one, 7}, {other, 8}, {testAddress(3), 9}, {testAddress(4), 0}},
		Blacklist: []BlacklistedStake{{testHash("i", 5), 500, 1 << 40}},
	}
	if err := c.Normalise(); err != nil {
		t.Fatal(err)
	}
	rows, totals, err := c.Balances(Rules1)
	if err != nil {
		t.Fatal(err)
	}
	want := []Balance{
		{testAccount(1), min(one, other), 115, 15},
		{testAccount(3), testAddress(3), 0, 9},
	}
	slices.SortFunc(want, func(a, b Balance) int { return strings.Compare(string(a.Account), string(b.Account)) })
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	wantTotals := SnapshotTotals{Nodes: 3, Funded: 2, Contributions: 4, Accounts: 2, Staked: 115, Unfunded: 1000, Rewards: 24, Blacklisted: 1 << 40}
	if totals != wantTotals {
		t.Errorf("totals %+v", totals)
	}

	c.Rewards = []Reward{{"Lnonsense", 1}}
	if _, _, err := c.Balances(Rules1); err == nil || !strings.Contains(err.Error(), "Lnonsense") {
		t.Errorf("a malformed address: %v", err)
	}
	c.Rewards = nil
	c.Blacklist = append(c.Blacklist, BlacklistedStake{testHash("i", 6), 500, math.MaxUint64})
	if _, _, err := c.Balances(Rules1); err == nil || !strings.Contains(err.Error(), "blacklisted stakes: the sum passes") {
		t.Errorf("an overflow: %v", err)
	}
}

// TestBalancesAddUp: what the accounts have is what the totals say, and the order of the lists
// changes nothing.
func TestBalancesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawContent(t, 100)
		rows, totals, err := c.Balances(Rules1)
		if err != nil {
			t.Fatal(err)
		}
		var staked, rewards Oxen
		for i, b := range rows {
			if i > 0 && rows[i-1].Account >= b.Account {
				t.Fatalf("account %s after %s", b.Account, rows[i-1].Account)
			}
			if b.Staked == 0 && b.Rewards == 0 {
				t.Fatalf("account %s has nothing", b.Account)
			}
			staked, rewards = staked+b.Staked, rewards+b.Rewards
		}
		if staked != totals.Staked || rewards != totals.Rewards || int(totals.Accounts) != len(rows) {
			t.Fatalf("%d accounts with %s and %s, the totals are %+v", len(rows), staked, rewards, totals)
		}
		again := shuffled(c)
		if err := again.Normalise(); err != nil {
			t.Fatal(err)
		}
		if !sameContent(t, &c, &again) {
			t.Fatal("the order counts")
		}
	})
}

// drawContent draws a content in normal form with up to 6 nodes and 8 holders, some of whom use two
// addresses.
func drawContent(t *rapid.T, height uint64) Content {
	address := rapid.Custom(func(t *rapid.T) string {
		return addressOf(rapid.IntRange(1, 8).Draw(t, "holder"), rapid.SampledFrom([]string{"view", "view", "other view"}).Draw(t, "view"))
	})
	amount := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(0, 1e15))
	c := Content{Height: height, BlockHash: testHash("block", int(height))}
	image := 0
	for n := range rapid.IntRange(0, 6).Draw(t, "nodes") {
		node := Node{Key: testHash("node", n), Funded: rapid.Bool().Draw(t, "funded")}
		for _, a := range rapid.SliceOfNDistinct(address, 0, 4, rapid.ID[string]).Draw(t, "contributors") {
			k := Contributor{Address: a}
			for range rapid.IntRange(0, 2).Draw(t, "locked") {
				image++
				k.Locked = append(k.Locked, Locked{KeyImage: testHash("image", image), Amount: Oxen(amount.Draw(t, "amount"))})
			}
			node.Contributors = append(node.Contributors, k)
		}
		c.Nodes = append(c.Nodes, node)
	}
	for _, a := range rapid.SliceOfNDistinct(address, 0, 6, rapid.ID[string]).Draw(t, "rewarded") {
		c.Rewards = append(c.Rewards, Reward{a, Oxen(amount.Draw(t, "reward"))})
	}
	if err := c.Normalise(); err != nil {
		t.Fatal(err)
	}
	return c
}

func FuzzParseContent(f *testing.F) {
	f.Add(readFile(f, "migration/world1.json"))
	f.Add([]byte(`{"height":1,"block_hash":"` + strings.Repeat("0", 64) + `","hard_fork":0,"nodes":[],"rewards":[],"blacklist":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseContent(data)
		if err != nil {
			return
		}
		again, err := c.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q became %q (%v)", data, again, err)
		}
	})
}

// sameContent compares two contents by their normal form, and holds equal against it.
func sameContent(t testingT, a, b *Content) bool {
	t.Helper()
	x, err1 := a.Encode()
	y, err2 := b.Encode()
	if err1 != nil || err2 != nil {
		t.Fatalf("Encode: got %v and %v, want no errors", err1, err2)
	}
	if same := bytes.Equal(x, y); same != a.equal(b) {
		t.Fatalf("the forms are the same: %v; the contents are: %v", same, !same)
	}
	return bytes.Equal(x, y)
}
