package wire_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// edited gives the answers with one of them changed.
func edited(t *testing.T, raw []swap.RawAnswer, call, old, new string) []swap.RawAnswer {
	t.Helper()
	out := slices.Clone(raw)
	for i, r := range out {
		if r.Call == call {
			body := strings.Replace(string(r.Body), old, new, 1)
			if body == string(r.Body) {
				t.Fatalf("%s has no %q", call, old)
			}
			out[i].Body = []byte(body)
		}
	}
	return out
}

func find(raw []swap.RawAnswer, call string) swap.RawAnswer {
	for _, r := range raw {
		if r.Call == call {
			return r
		}
	}
	return swap.RawAnswer{}
}

// between gives what stands between two marks of an answer.
func between(t *testing.T, body []byte, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(body), from)
	if !ok {
		t.Fatalf("no %q", from)
	}
	text, _, _ := strings.Cut(rest, to)
	return text
}

// TestContentRefuses changes one thing in good answers.
func TestContentRefuses(t *testing.T) {
	raw := synthetic(t, 5, 12)
	if _, err := wire.Observation(raw); err != nil {
		t.Fatal(err)
	}
	nodes := find(raw, wire.CallServiceNodes).Body
	top := between(t, nodes, `"block_hash":"`, `"`)
	other := strings.Repeat("0f", 32)
	operator := between(t, nodes, `"operator_address":"`, `"`)
	key := between(t, nodes, `"service_node_pubkey":"`, `"`)
	image := between(t, nodes, `"key_image":"`, `"`)
	_, afterFirst, _ := strings.Cut(string(nodes), `"key_image":"`)
	secondImage := between(t, []byte(afterFirst), `"key_image":"`, `"`)
	_, afterKey, _ := strings.Cut(string(nodes), `"service_node_pubkey":"`)
	secondKey := between(t, []byte(afterKey), `"service_node_pubkey":"`, `"`)

	const locked = `"locked_contributions":[{"amount":`
	amount := between(t, nodes, locked, ",")

	// Anyone can lock another's published key image again: no snapshot stops for it.
	if o, err := wire.Observation(edited(t, raw, wire.CallServiceNodes, secondImage, image)); err != nil {
		t.Errorf("a key image twice: %v", err)
	} else if got := o.Content.Repeated(); len(got) != 1 || got[0].String() != image {
		t.Errorf("a key image twice: got %v repeated, want %s", got, image)
	}

	for _, c := range []struct {
		name, call, old, new, says string
		is                         error
	}{
		{"another block in the nodes", wire.CallServiceNodes, `"block_hash":"` + top, `"block_hash":"` + other, "of one block", wire.ErrMoved},
		{"another height in the nodes", wire.CallServiceNodes, `"height":1500000`, `"height":1499999`, "block 1499999", wire.ErrMoved},
		{"another top in the header", wire.CallLastHeader, `"hash":"` + top, `"hash":"` + other, "of one block", wire.ErrMoved},
		{"get_info a block later", wire.CallInfo, `"height":1500001`, `"height":1500002`, "named block 1500001", wire.ErrMoved},
		{"poll changed", wire.CallPoll, `"unchanged":true`, `"unchanged":false`, "no unchanged", wire.ErrMoved},
		{"poll without unchanged", wire.CallPoll, `,"unchanged":true`, ``, "no unchanged", wire.ErrMoved},
		{"poll of another block", wire.CallPoll, top, other, "of one block", wire.ErrMoved},
		{"nodes unchanged", wire.CallServiceNodes, `"status":"OK"`, `"status":"OK","unchanged":true`, "service nodes are listed", nil},
		{"hard fork", wire.CallServiceNodes, `"hardfork":19`, `"hardfork":18`, "hard fork 18", nil},
		{"hard fork of get_info", wire.CallInfo, `"hard_fork":19`, `"hard_fork":18`, "already has 19", nil},
		{"busy", wire.CallLastHeader, `"status":"OK"`, `"status":"BUSY"`, "BUSY", wire.ErrBusy},
		{"behind", wire.CallInfo, `"target_height":0`, `"target_height":1600000`, "1500001 blocks of 1600000", wire.ErrBusy},
		{"genesis", wire.CallGenesis, `"height":0`, `"height":1`, "asked for block 0", nil},
		{"unknown network", wire.CallInfo, `"nettype":"mainnet"`, `"nettype":"moon"`, `nettype "moon"`, nil},
		{"other network", wire.CallInfo, `"nettype":"mainnet"`, `"nettype":"testnet"`, "address of another network", nil},
		{"checksum", wire.CallServiceNodes, operator, operator[:20] + "1" + operator[21:], "bad checksum", nil},
		{"no address", wire.CallRewards10, `"addresses":["L`, `"addresses":["0`, "accrued rewards of", nil},
		{"node twice", wire.CallServiceNodes, `"service_node_pubkey":"` + secondKey, `"service_node_pubkey":"` + key, "listed twice", nil},
		{"sum above 2^64-1", wire.CallServiceNodes, locked + amount, locked + "18446744073709551615", "passes 2^64-1", nil},
		{"sum of rewards", wire.CallRewards10, `"amounts":[`, `"amounts":[18446744073709551615,`, "amounts for", nil},
		{"bootstrap daemon", wire.CallServiceNodes, `"untrusted":false`, `"untrusted":true`, "bootstrap", nil},
		{"truncated", wire.CallServiceNodes, `"status":"OK"`, "", "expected a string", nil},
	} {
		_, err := wire.Observation(edited(t, raw, c.call, c.old, c.new))
		if err == nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: got %v, expected %q", c.name, err, c.says)
		}
		if c.is == nil && (errors.Is(err, wire.ErrMoved) || errors.Is(err, wire.ErrBusy)) {
			t.Errorf("%s: %v would be asked again", c.name, err)
		}
	}

	for i, r := range raw {
		if _, err := wire.Observation(slices.Delete(slices.Clone(raw), i, i+1)); err == nil {
			t.Errorf("content without %s", r.Call)
		}
		if _, err := wire.Observation(append(slices.Clone(raw), r)); err == nil || !strings.Contains(err.Error(), "two answers") {
			t.Errorf("two answers of %s: %v", r.Call, err)
		}
	}
	if _, err := wire.Observation(append(slices.Clone(raw), swap.RawAnswer{Call: wire.CallHeader, Body: raw[2].Body})); err == nil || !strings.Contains(err.Error(), "not asked for") {
		t.Errorf("an answer too many: %v", err)
	}
}

// TestContentTolerates changes what makes no difference to the content.
func TestContentTolerates(t *testing.T) {
	raw := synthetic(t, 5, 12)
	want := encode(t, raw)
	for _, c := range []struct{ name, call, old, new string }{
		{"uptime proof", wire.CallServiceNodes, `"last_uptime_proof":1700000000`, `"last_uptime_proof":1700009999`},
		{"a new field", wire.CallServiceNodes, `"active":`, `"brand_new":{"x":[1.5]},"active":`},
		{"aggregate amount", wire.CallServiceNodes, `"total_contributed":15000000000000`, `"total_contributed":1`},
		{"next block forks", wire.CallInfo, `"hard_fork":19`, `"hard_fork":20`},
		{"a peer is as far", wire.CallInfo, `"target_height":0`, `"target_height":1500001`},
		{"a reward of zero", wire.CallRewards10, `"addresses":[`, `"addresses":["` + unused + `",`},
	} {
		changed := edited(t, raw, c.call, c.old, c.new)
		if c.call == wire.CallRewards10 {
			changed = edited(t, changed, c.call, `"amounts":[`, `"amounts":[0,`)
		}
		if got := encode(t, changed); got != want {
			t.Errorf("%s changes the content", c.name)
		}
	}
	// And what makes one.
	for _, c := range []struct{ name, call, old, new string }{
		{"active", wire.CallServiceNodes, `"active":true`, `"active":false`},
		{"an amount", wire.CallRewards10, `"amounts":[`, `"amounts":[1`},
		{"unlock height", wire.CallBlacklist, `"unlock_height":15`, `"unlock_height":16`},
	} {
		if got := encode(t, edited(t, raw, c.call, c.old, c.new)); got == want {
			t.Errorf("%s does not change the content", c.name)
		}
	}
}

// unused is a mainnet address of no synthetic wallet.
const unused = "LEWEwSvGyWzCXdFKUkvp7r6zghizKMaDn5hBVYHdPzEdWMutHSkLzD9ZD5xKWuV23DgXUQdxPRr4sDyYrMYQVbmiFW7icKA"

func encode(t *testing.T, raw []swap.RawAnswer) string {
	t.Helper()
	o, err := wire.Observation(raw)
	if err != nil {
		t.Fatal(err)
	}
	data, err := o.Content.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestContentWithoutNodes: a young network, whose lists are all left out.
func TestContentWithoutNodes(t *testing.T) {
	h := strings.Repeat("ab", 32)
	body := func(result string) []byte {
		return []byte(`{"jsonrpc":"2.0","id":"0","result":{"status":"OK",` + result + `}}`)
	}
	header := body(`"block_header":{"hash":"` + h + `","height":0,"major_version":7}`)
	raw := []swap.RawAnswer{
		{Call: wire.CallLastHeader, Body: header},
		{Call: wire.CallInfo, Body: body(`"height":1,"top_block_hash":"` + h + `","nettype":"devnet","hard_fork":8,"version":"11.0.0"`)},
		{Call: wire.CallGenesis, Body: header},
		{Call: wire.CallServiceNodes, Body: body(`"height":0,"block_hash":"` + h + `","hardfork":7`)},
		{Call: wire.CallRewards11, Body: body(`"balances":{}`)},
		{Call: wire.CallBlacklist, Body: body(`"x":0`)},
		{Call: wire.CallPoll, Body: body(`"height":0,"block_hash":"` + h + `","hardfork":7,"unchanged":true`)},
	}
	want := `{"height":0,"block_hash":"` + h + `","hard_fork":7,"nodes":[],"rewards":[],"blacklist":[]}`
	if got := encode(t, raw); got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
	if _, err := wire.Observation(edited(t, raw, wire.CallGenesis, h, strings.Repeat("cd", 32))); err == nil {
		t.Error("another genesis than the top block 0")
	}
}

func TestSighting(t *testing.T) {
	raw := synthetic(t, 2, 2)
	genesis := find(raw, wire.CallGenesis)
	tip := []swap.RawAnswer{find(raw, wire.CallLastHeader), find(raw, wire.CallInfo), genesis}
	at := func(height, hash string) []swap.RawAnswer {
		return append(slices.Clone(tip), swap.RawAnswer{Call: wire.CallHeader,
			Body: []byte(`{"jsonrpc":"2.0","id":"0","result":{"status":"OK","block_header":{"height":` + height + `,"hash":"` + hash + `","major_version":19}}}`)})
	}
	top := between(t, tip[1].Body, `"top_block_hash":"`, `"`)
	immutable := between(t, tip[1].Body, `"immutable_block_hash":"`, `"`)
	any := strings.Repeat("0f", 32)
	for _, c := range []struct {
		name   string
		raw    []swap.RawAnswer
		height uint64
		hash   string // "" if it is refused
		says   string
	}{
		{"below the top", at("1234567", any), 1_234_567, any, ""},
		{"the top", at("1500000", top), 1_500_000, top, ""},
		{"the newest immutable block", at("1499996", immutable), 1_499_996, immutable, ""},
		{"above the top", tip, 1_500_001, strings.Repeat("0", 64), ""},
		{"another height", at("1234567", any), 1_234_568, "", "asked for block 1234568"},
		{"no header", tip, 1_234_567, "", "no answer"},
		{"a header above the top", at("1500001", any), 1_500_001, "", "not asked for"},
		{"another top", at("1500000", any), 1_500_000, "", "of one block"},
		{"another immutable block", at("1499996", any), 1_499_996, "", "of one block"},
		{"busy", edited(t, at("5", any), wire.CallLastHeader, `"status":"OK"`, `"status":"BUSY"`), 5, "", "BUSY"},
		{"behind", edited(t, at("5", any), wire.CallInfo, `"target_height":0`, `"target_height":1500002`), 5, "", "not synchronised"},
	} {
		s, err := wire.BlockStatus(c.raw, c.height)
		switch {
		case c.hash == "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: got %v, expected %q", c.name, err, c.says)
		case c.hash != "" && (err != nil || s.BlockHash.String() != c.hash || s.Top != 1_500_000 || s.ImmutableHeight != 1_499_996 || s.Network != "mainnet"):
			t.Errorf("%s: %+v, %v", c.name, s, err)
		}
	}
}
