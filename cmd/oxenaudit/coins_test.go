package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// holder is a recorded wallet with one output, what it signed, and what a daemon said about the
// output.
type holder struct {
	Address   string        `json:"address"`
	Text      string        `json:"text"`
	Signature string        `json:"signature"`
	Proof     string        `json:"proof"`
	Evidence  swap.Evidence `json:"evidence"`
}

// coinsLog is a log in which somebody without stake shows 120 OXEN.
func coinsLog(t *testing.T) *testLog {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", "coins", name))
		must(t, err)
		return data
	}
	terms, err := swap.ParseTerms(read("terms.json"))
	must(t, err)
	var h holder
	must(t, json.Unmarshal(read("frank.json"), &h))
	l := openLog(t, terms)

	o, err := wire.Observation(emptyNetwork(terms))
	must(t, err)
	l.record(t)(swap.AgreeOnSnapshot(terms, swap.Rules1, 1, []swap.ObservationAnswer{{Daemon: "a", Observation: &o}}))
	c, err := swap.VerifyClaim(terms, h.Address, h.Text, h.Signature)
	must(t, err)
	pending := &swap.ClaimAccepted{
		Text: c.Text, Signature: c.Signature, Oxen: c.Oxen, Account: c.Account, Recipient: c.Recipient, Sequence: c.Sequence,
		Code: swap.RecipientCode{Ethereum: swap.SeenNotChecked, Target: swap.SeenNotChecked},
	}
	received := uint64(len(l.lines))
	l.add(t, &swap.ProofReceived{Account: c.Account, Oxen: c.Oxen, Pending: pending, Height: 240, Outputs: 1, Proof: swap.Digest([]byte(h.Proof))}, []byte(h.Proof))
	m, err := l.tables.Migration()
	must(t, err)
	verdict, _, err := swap.JudgeProof(context.Background(), &l.tables, l, m, received, []string{"a"}, h.Evidence)
	l.record(t)(verdict, err)
	l.add(t, pending)
	return l
}

func (l *testLog) record(t *testing.T) func(swap.Record, error) {
	return func(r swap.Record, err error) {
		t.Helper()
		must(t, err)
		l.add(t, r.Event, r.Attachments...)
	}
}

// emptyNetwork is what a daemon answers at height 240 of a network on which nothing is staked.
func emptyNetwork(terms *swap.Terms) []swap.RawAnswer {
	const top = "d5a2f3bc05287a29f8606b5c2787412434848b084c06e76bf2873eada0ba6ce7"
	header := func(height int, hash string) string {
		return fmt.Sprintf(`"block_header":{"hash":%q,"height":%d,"major_version":19,"orphan_status":false}`, hash, height)
	}
	var out []swap.RawAnswer
	for _, a := range []struct{ call, result string }{
		{wire.CallLastHeader, header(240, top)},
		{wire.CallInfo, `"hard_fork":19,"height":241,"immutable_block_hash":"","immutable_height":0,"nettype":"fakechain","target_height":0,"top_block_hash":"` + top + `","version":"10.6.0"`},
		{wire.CallGenesis, header(0, terms.Oxen.Genesis.String())},
		{wire.CallServiceNodes, `"block_hash":"` + top + `","hardfork":19,"height":240`},
		{wire.CallRewards10, `"addresses":[],"amounts":[]`},
		{wire.CallBlacklist, `"blacklist":[]`},
		{wire.CallPoll, `"block_hash":"` + top + `","hardfork":19,"height":240,"unchanged":true`},
	} {
		out = append(out, swap.RawAnswer{Call: a.call, Body: []byte(`{"jsonrpc":"2.0","id":"0","result":{` + a.result + `,"status":"OK"}}`)})
	}
	return out
}
