package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func answer(result string) []byte {
	return []byte(`{"jsonrpc":"2.0","id":"0","result":` + result + `}`)
}

// TestStrict: what encoding/json would let through, or read as something else.
func TestStrict(t *testing.T) {
	for _, c := range []struct{ name, result, where, problem string }{
		{"negative", `{"status":"OK","emission_amount":-5}`, "result.emission_amount", `found "-5}}"`},
		{"minus zero", `{"status":"OK","emission_amount":-0}`, "result.emission_amount", "expected an integer"},
		{"fraction", `{"status":"OK","emission_amount":5.0}`, "result.emission_amount", "expected an integer"},
		{"exponent", `{"status":"OK","emission_amount":5e3}`, "result.emission_amount", "expected an integer"},
		{"leading zero", `{"status":"OK","emission_amount":05}`, "result.emission_amount", "expected a value"},
		{"string", `{"status":"OK","emission_amount":"5"}`, "result.emission_amount", "expected an integer"},
		{"null", `{"status":"OK","emission_amount":null}`, "result.emission_amount", "expected an integer"},
		{"2^64", `{"status":"OK","emission_amount":18446744073709551616}`, "result.emission_amount", "below 2^64"},
		{"far above 2^64", `{"status":"OK","emission_amount":99999999999999999999999}`, "result.emission_amount", "below 2^64"},
		{"twice", `{"status":"OK","emission_amount":1,"emission_amount":2}`, "result", "comes twice"},
		{"twice, escaped", `{"status":"OK","emission_amount":1,"\u0065mission_amount":2}`, "result", "comes twice"},
		{"status twice", `{"status":"BUSY","status":"OK"}`, "result", "comes twice"},
		{"status null", `{"status":null}`, "result.status", "expected a string"},
		{"no status", `{"emission_amount":1}`, "result.status", "missing"},
		{"bootstrap", `{"status":"OK","untrusted":true}`, "result.untrusted", "bootstrap"},
		{"list", `[]`, "result", "expected an object"},
		{"text", `"OK"`, "result", "expected an object"},
		{"control character", "{\"status\":\"O\nK\"}", "result.status", "control character"},
		{"bad escape", `{"status":"\x"}`, "result.status", "malformed"},
		{"bad number, unused", `{"status":"OK","x":1.}`, "result.x", "expected a value"},
		{"leading zero, unused", `{"status":"OK","x":01}`, "result.x", "expected a value"},
		{"bad literal, unused", `{"status":"OK","x":nul}`, "result.x", "expected a value"},
		{"no comma", `{"status":"OK" "x":1}`, "result", "expected a comma"},
		{"comma at the end", `{"status":"OK",}`, "result", "expected a string"},
		{"comma at the end of a list", `{"status":"OK","x":[1,]}`, "result.x[1]", "expected a value"},
		{"deep", `{"status":"OK","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "result.x" + strings.Repeat("[0]", 61), "nested deeper"},
	} {
		_, err := ParseSupply(answer(c.result))
		var f *FormatError
		if !errors.As(err, &f) || !strings.HasPrefix(f.Where, c.where) || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: got %v, expected %q at %s", c.name, err, c.problem, c.where)
		}
	}
	// A name in other letters is another name, not this one.
	s, err := ParseSupply(answer(`{"status":"OK","EMISSION_AMOUNT":7,"fee_amount":18446744073709551615}`))
	if err != nil || s.Emission != 0 || s.Fees != 1<<64-1 {
		t.Errorf("the supply: got %+v, %v, want no emission, fees of 2^64-1", s, err)
	}
	// Escapes, unknown fields of any kind, white space.
	s, err = ParseSupply([]byte("\t{ \"jsonrpc\" : \"2.0\" , \"id\":\"0\",\r\n\"result\":{\"\\u0066ee_amount\" : 3 ,\"status\":\"\\u004fK\"," +
		`"a":{"b":[1,-2.5e+3,"\"",null,true,false,{}]},"c":[]} , "more":[] } `))
	if err != nil || s.Fees != 3 {
		t.Errorf("the supply with escapes and strange spaces: got %+v, %v, want fees of 3", s, err)
	}
}

func TestEnvelope(t *testing.T) {
	for _, c := range []struct{ name, body, says string }{
		{"empty", ``, "expected an object, found the end of the answer"},
		{"not JSON", `<html>`, "expected an object"},
		{"not UTF-8", "{\"jsonrpc\":\"2.0\xff\"}", "not UTF-8"},
		{"cut off", `{"jsonrpc":"2.0","id":"0","result":{"status":"O`, "without an end"},
		{"trailing", `{"jsonrpc":"2.0","id":"0","result":{"status":"OK"}} {}`, "expected the end of the answer"},
		{"trailing NUL", "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":{\"status\":\"OK\"}}\x00", "expected the end of the answer"},
		{"no version", `{"id":"0","result":{"status":"OK"}}`, `expected "2.0"`},
		{"version 1", `{"jsonrpc":"1.0","id":"0","result":{"status":"OK"}}`, `expected "2.0"`},
		{"other id", `{"jsonrpc":"2.0","id":"1","result":{"status":"OK"}}`, `expected "0"`},
		{"number as id", `{"jsonrpc":"2.0","id":0,"result":{"status":"OK"}}`, `expected "0"`},
		{"neither", `{"jsonrpc":"2.0","id":"0"}`, "neither a result nor an error"},
		{"both", `{"jsonrpc":"2.0","id":"0","result":{"status":"OK"},"error":{"code":1}}`, "both a result and an error"},
		{"two results", `{"jsonrpc":"2.0","id":"0","result":{"status":"OK"},"result":{"status":"OK"}}`, "comes twice"},
		{"error", `{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"Method not found"}}`, "error -32601: Method not found"},
		{"error with control characters", `{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"a\nb\u001b"}}`, "error -1: a?b?"},
		{"error code too large", `{"jsonrpc":"2.0","id":0,"error":{"code":99999999999}}`, "32 bits"},
		{"error null", `{"jsonrpc":"2.0","id":"0","error":null,"result":{"status":"OK"}}`, "expected an object"},
		{"status", `{"jsonrpc":"2.0","id":"0","result":{"status":"Failed"}}`, `status "Failed"`},
	} {
		_, err := ParseSupply([]byte(c.body))
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: got %v, expected %q", c.name, err, c.says)
		}
	}
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":"0","result":{"block_header":{"hash":"","height":0},"status":"BUSY"}}`,
		`{"jsonrpc":"2.0","id":0,"error":{"code":-9,"message":"Core is busy"}}`,
	} {
		if _, err := ParseHeader([]byte(body)); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: got %v, expected ErrBusy", body, err)
		}
	}
	long := &StatusError{}
	if _, err := ParseSupply(answer(`{"status":"` + strings.Repeat("x", 5000) + `"}`)); !errors.As(err, &long) || len(long.Status) > 300 {
		t.Errorf("a status of %d bytes is kept", len(long.Status))
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name  string
		parse func([]byte) error
		open  string
		one   string
		most  int
	}{
		{"key images", func(b []byte) error { _, err := ParseKeyImages(b); return err }, `"spent_status":[`, "0", maxKeyImages},
		{"missed", func(b []byte) error { _, err := ParseTransactions(b); return err }, `"missed_tx":[`, `"` + strings.Repeat("ab", 32) + `"`, maxTransactions},
		{"nodes", func(b []byte) error { _, err := ParseServiceNodes(b); return err },
			`"block_hash":"` + strings.Repeat("ab", 32) + `","hardfork":19,"service_node_states":[`,
			`{"service_node_pubkey":"` + strings.Repeat("cd", 32) + `","operator_address":"L"}`, maxNodes},
	} {
		for _, more := range []int{0, 1} {
			list := strings.Repeat(c.one+",", c.most-1+more) + c.one
			err := c.parse(answer(`{"status":"OK",` + c.open + list + `]}`))
			if (err != nil) != (more > 0) {
				t.Errorf("%s: a list of %d: %v", c.name, c.most+more, err)
			}
		}
	}
	if _, err := ParseSupply(make([]byte, MaxBody+1)); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a huge answer: %v", err)
	}
}

// TestChecks: answers that are JSON and cannot be right.
func TestChecks(t *testing.T) {
	h := `"` + strings.Repeat("ab", 32) + `"`
	info := func(b []byte) error { _, err := ParseInfo(b); return err }
	header := func(b []byte) error { _, err := ParseHeader(b); return err }
	nodes := func(b []byte) error { _, err := ParseServiceNodes(b); return err }
	rewards := func(b []byte) error { _, err := ParseRewards(b); return err }
	blacklist := func(b []byte) error { _, err := ParseBlacklist(b); return err }
	checkpoints := func(b []byte) error { _, err := ParseCheckpoints(b); return err }
	transactions := func(b []byte) error { _, err := ParseTransactions(b); return err }
	images := func(b []byte) error { _, err := ParseKeyImages(b); return err }
	node := func(fields string) string {
		return `"block_hash":` + h + `,"hardfork":19,"service_node_states":[{` + fields + `}]`
	}
	for _, c := range []struct {
		parse        func([]byte) error
		fields, says string
	}{
		{info, `"height":1,"nettype":"mainnet","hard_fork":19`, "result.top_block_hash (byte 0): missing"},
		{info, `"height":0,"nettype":"mainnet","hard_fork":19,"top_block_hash":` + h, "result.height (byte 0): missing"},
		{info, `"height":1,"hard_fork":19,"top_block_hash":` + h, "result.nettype (byte 0): missing"},
		{info, `"height":1,"nettype":"mainnet","top_block_hash":` + h, "result.hard_fork (byte 0): missing"},
		{info, `"height":5,"nettype":"mainnet","hard_fork":19,"immutable_height":5,"top_block_hash":` + h, "5 is above the top block 4"},
		{info, `"top_block_hash":"AB` + h[3:], "64 lower-case hex digits"},
		{info, `"top_block_hash":"ab"`, "64 lower-case hex digits"},
		{info, `"top_block_hash":""`, "64 lower-case hex digits"},
		{info, `"nettype":"ma\nin"`, "printable ASCII"},
		{info, `"nettype":"` + strings.Repeat("x", 300) + `"`, "a text of 300 bytes"},
		{header, ``, "result.block_header (byte 0): missing"},
		{header, `"block_header":{"height":3}`, "block_header.hash"},
		{header, `"block_header":{"hash":` + h + `,"orphan_status":true}`, "not in the main chain"},
		{nodes, `"hardfork":19`, "block_hash"},
		{nodes, `"block_hash":` + h, "hardfork"},
		{nodes, node(`"service_node_pubkey":` + h), "service_node_states[0]"},
		{nodes, node(`"operator_address":"L"`), "service_node_pubkey is missing"},
		{nodes, node(`"contributors":[{}]`), "contributors[0]"},
		{nodes, node(`"contributors":[{"address":"L","locked_contributions":[{"amount":1,"key_image_pub_key":` + h + `}]}]`), "key_image is missing"},
		{nodes, node(`"contributors":[{"address":"L","locked_contributions":[{"amount":1,"key_image":` + h + `}]}]`), "key_image_pub_key is missing"},
		{nodes, node(`"contributors":[{"address":"L","locked_contributions":[{"amount":-1}]}]`), "result.service_node_states[0].contributors[0].locked_contributions[0].amount"},
		{nodes, node(`"funded":1`), "expected true or false"},
		{nodes, node(`"funded":"true"`), "expected true or false"},
		{nodes, node(`"service_node_pubkey":`+h+`,"operator_address":"L"`) + `,"unchanged":true`, "true, and service nodes are listed"},
		{nodes, node(`"operator_address":"` + strings.Repeat("L", 300) + `"`), "an address of 300 bytes"},
		{rewards, `"addresses":["L"]`, "0 amounts for 1 addresses"},
		{rewards, `"addresses":["L"],"amounts":[1,2]`, "2 amounts for 1 addresses"},
		{rewards, `"addresses":["L"],"amounts":[1],"balances":{"L":1}`, "balances, and addresses too"},
		{rewards, `"balances":{"L":1.5}`, "expected an integer"},
		{rewards, `"balances":{"L":1`, "expected a comma"},
		{blacklist, `"blacklist":[{"amount":1}]`, "key_image is missing"},
		{checkpoints, `"checkpoints":[{"height":1}]`, "block_hash is missing"},
		{transactions, `"txs":[{"as_hex":"00"}]`, "tx_hash is missing"},
		{transactions, `"txs":[{"tx_hash":` + h + `}]`, "bytes of the transaction are missing"},
		{transactions, `"txs":[{"tx_hash":` + h + `,"as_hex":"0"}]`, "lower-case hex digits"},
		{transactions, `"txs":[{"tx_hash":` + h + `,"as_hex":"0G"}]`, "lower-case hex digits"},
		{transactions, `"txs":[{"tx_hash":` + h + `,"as_hex":"00","pruned_as_hex":"00"}]`, "in two forms"},
		{transactions, `"txs":[{"tx_hash":` + h + `,"pruned_as_hex":"00"}]`, "prunable_hash is missing"},
		{transactions, `"txs":[{"tx_hash":` + h + `,"as_hex":"00","in_pool":true,"block_height":7}]`, "in the pool and in block 7"},
		{images, `"spent_status":[3]`, "3 is no status"},
	} {
		if c.fields != "" {
			c.fields = "," + c.fields
		}
		err := c.parse(answer(`{"status":"OK"` + c.fields + `}`))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, expected %q", c.fields, err, c.says)
		}
	}
}

func TestRelease11(t *testing.T) {
	list, err := ParseRewards(answer(`{"status":"OK","balances":{"La":5,"Lb":18446744073709551615}}`))
	if err != nil || len(list) != 2 || list[0].Address != "La" || list[1].Amount != 1<<64-1 {
		t.Errorf("release 11's rewards: got %+v, %v, want La and 2^64-1", list, err)
	}
	if list, err := ParseRewards(answer(`{"status":"OK","balances":{}}`)); err != nil || len(list) != 0 {
		t.Errorf("release 11's empty rewards: got %+v, %v, want none", list, err)
	}
	h := strings.Repeat("ab", 32)
	txs, err := ParseTransactions(answer(`{"status":"OK","txs":[{"tx_hash":"` + h + `","data":"0102","block_height":9},` +
		`{"tx_hash":"` + h + `","pruned":"03","prunable_hash":"` + h + `"},{"tx_hash":"` + h + `","pruned":"04","prunable":"05"}]}`))
	if err != nil || len(txs.Found) != 3 || !bytes.Equal(txs.Found[0].Blob, []byte{1, 2}) || txs.Found[0].Pruned ||
		!txs.Found[1].Pruned || !bytes.Equal(txs.Found[2].Blob, []byte{4, 5}) || txs.Found[2].Pruned {
		t.Errorf("the transactions: got %+v, %v, want three, the second pruned", txs, err)
	}
	points, err := ParseCheckpoints(answer(`{"status":"OK","checkpoints":[{"version":1,"type":"ServiceNode","height":296,"block_hash":"` + h +
		`","signatures":[{"voter_index":1,"signature":"00"}],"prev_height":292}]}`))
	if err != nil || len(points) != 1 || points[0].Height != 296 || points[0].Kind != "ServiceNode" || points[0].BlockHash.String() != h {
		t.Errorf("the checkpoints: got %+v, %v, want one of service nodes at 296", points, err)
	}
}

// FuzzReader: what skip accepts is JSON, and all JSON of UTF-8 that nests no deeper than maxDepth
// is accepted.
func FuzzReader(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,"\u00e9\"",null,true,false,{}],"b":{}}`, `[]`, `01`, `-`, `1.`, `"\ud83d"`, `{"a":1,}`, ` [ 1 , 2 ] `, `nul`, `truefalse`, `-0`, `1e5`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) {
			return
		}
		r := &reader{data: data}
		r.skip()
		if r.err == nil && (r.peek() != 0 || r.pos < len(data)) {
			r.fail("trailing")
		}
		if want := json.Valid(data); (r.err == nil) != want && !(r.err != nil && strings.Contains(r.err.Problem, "nested")) {
			t.Errorf("%q: json.Valid says %t, the reader %v", data, want, r.err)
		}
		// An integer is what encoding/json reads as one, in its only spelling.
		r = &reader{data: data}
		n := r.integer()
		if r.err == nil && r.pos == len(data) {
			var want uint64
			if err := json.Unmarshal(data, &want); err != nil || want != n {
				t.Errorf("%q: encoding/json reads %d (%v), the reader %d", data, want, err, n)
			}
		}
		// A text is what encoding/json reads.
		r = &reader{data: data}
		s := r.text()
		if r.err == nil && r.pos == len(data) {
			var want string
			if err := json.Unmarshal(data, &want); err != nil || want != string(s) {
				t.Errorf("%q: encoding/json reads %q (%v), the reader %q", data, want, err, s)
			}
		}
	})
}

// FuzzParse: no answer makes a parser panic, and every refusal is one short line.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"jsonrpc":"2.0","id":"0","result":{"status":"OK","height":5,"txs":[{"tx_hash":""}],"balances":{"a":1},"spent_status":[0,1,2]}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":0,"error":{"code":-9,"message":"Core is busy"}}`))
	f.Add([]byte(`{"jsonrpc":"2.0","id":"0","result":{"status":"OK","service_node_states":[{"contributors":[{"locked_contributions":[{}]}]}]}}`))
	f.Add([]byte("{\"js\\nrpc\\u001b\":\": 0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var errs [9]error
		_, errs[0] = ParseInfo(data)
		_, errs[1] = ParseHeader(data)
		_, errs[2] = ParseServiceNodes(data)
		_, errs[3] = ParseRewards(data)
		_, errs[4] = ParseBlacklist(data)
		_, errs[5] = ParseTransactions(data)
		_, errs[6] = ParseKeyImages(data)
		_, errs[7] = ParseCheckpoints(data)
		_, errs[8] = ParseSupply(data)
		for i, err := range errs {
			if err != nil && (len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\n\x00\x1b")) {
				t.Errorf("parser %d: %q", i, err)
			}
		}
	})
}
