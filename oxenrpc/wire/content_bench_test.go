package wire_test

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// synthetic gives the raw answers of a made-up network, in the order in which a client asks.
func synthetic(t testing.TB, nodes, contributions int) []swap.RawAnswer {
	t.Helper()
	world, err := oxentest.Synth{
		Nodes: nodes, Contributions: contributions, Wallets: contributions / 2, Rewards: contributions / 2,
		Height: 1_500_000, Network: "mainnet", Seed: 1,
		Address: func(i int) string {
			// Keys that are no points: only a claim's own key is checked for that.
			a := cryptonote.Address{Network: cryptonote.Mainnet, Kind: cryptonote.Standard}
			r := rand.New(rand.NewPCG(2, uint64(i)))
			for j := 0; j < 32; j += 8 {
				binary.LittleEndian.PutUint64(a.Spend[j:], r.Uint64())
				binary.LittleEndian.PutUint64(a.View[j:], r.Uint64())
			}
			return a.String()
		},
	}.World()
	if err != nil {
		t.Fatal(err)
	}
	state, err := world.State("a")
	if err != nil {
		t.Fatal(err)
	}
	var raw []swap.RawAnswer
	for _, call := range []struct{ name, method, params string }{
		{wire.CallLastHeader, wire.CallLastHeader, ""},
		{wire.CallInfo, wire.CallInfo, ""},
		{wire.CallGenesis, wire.CallHeader, `{"height":0}`},
		{wire.CallServiceNodes, wire.CallServiceNodes, ""},
		{wire.CallRewards10, wire.CallRewards10, ""},
		{wire.CallBlacklist, wire.CallBlacklist, ""},
		{wire.CallPoll, wire.CallServiceNodes, `{"poll_block_hash":"` + state.TopHash() + `"}`},
	} {
		raw = append(raw, swap.RawAnswer{Call: call.name, Body: state.Answer(call.method, json.RawMessage(call.params))})
	}
	return raw
}

// BenchmarkContent: a snapshot of 2,000 nodes and 20,000 contributions from the daemon's bytes.
// content decodes, checks, normalises and digests; json only reads the same bytes into structures
// of the same shape with encoding/json.
func BenchmarkContent(b *testing.B) {
	raw := synthetic(b, 2_000, 20_000)
	size := 0
	for _, r := range raw {
		size += len(r.Body)
	}
	b.Run("content", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			o, err := wire.Observation(raw)
			if err != nil {
				b.Fatal(err)
			}
			data, err := o.Content.Encode()
			if err != nil {
				b.Fatal(err)
			}
			if swap.Digest(data).IsZero() {
				b.Fatal("no digest")
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			for _, r := range raw {
				var a struct{ Result jsonResult }
				if err := json.Unmarshal(r.Body, &a); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// jsonResult has the fields that the content is made of, in structures of the same shape.
type jsonResult struct {
	Status    string     `json:"status"`
	Height    uint64     `json:"height"`
	BlockHash string     `json:"block_hash"`
	HardFork  uint64     `json:"hardfork"`
	Nodes     []jsonNode `json:"service_node_states"`
	Addresses []string   `json:"addresses"`
	Amounts   []uint64   `json:"amounts"`
	Blacklist []struct {
		KeyImage     swap.Hash `json:"key_image"`
		UnlockHeight uint64    `json:"unlock_height"`
		Amount       uint64    `json:"amount"`
	} `json:"blacklist"`
}

type jsonNode struct {
	Key                   swap.Hash `json:"service_node_pubkey"`
	RegistrationHeight    uint64    `json:"registration_height"`
	Operator              string    `json:"operator_address"`
	Funded                bool      `json:"funded"`
	Active                bool      `json:"active"`
	StakingRequirement    uint64    `json:"staking_requirement"`
	RequestedUnlockHeight uint64    `json:"requested_unlock_height"`
	Contributors          []struct {
		Address string `json:"address"`
		Locked  []struct {
			KeyImage swap.Hash `json:"key_image"`
			OneTime  swap.Hash `json:"key_image_pub_key"`
			Amount   uint64    `json:"amount"`
		} `json:"locked_contributions"`
	} `json:"contributors"`
}
