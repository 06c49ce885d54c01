package oxenrpc_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// The typed answers are compared with what encoding/json reads from the same bytes.

func reference[T any](t *testing.T, e oxentest.Exchange) T {
	t.Helper()
	var answer struct {
		Result T `json:"result"`
	}
	if err := json.Unmarshal(e.Body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Result
}

func same[T any](t *testing.T, got T, err error, want T) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func infoReference(t *testing.T, e oxentest.Exchange) wire.Info {
	r := reference[struct {
		Nettype   string
		Version   string
		Height    uint64
		Top       swap.Hash `json:"top_block_hash"`
		Target    uint64    `json:"target_height"`
		Immutable uint64    `json:"immutable_height"`
		HardFork  uint64    `json:"hard_fork"`
	}](t, e)
	return wire.Info{Network: r.Nettype, Version: r.Version, Count: r.Height, TopHash: r.Top, TargetCount: r.Target,
		Immutable: r.Immutable, HardFork: r.HardFork}
}

func info(t *testing.T, e oxentest.Exchange) {
	got, err := wire.ParseInfo(e.Body)
	same(t, got, err, infoReference(t, e))
	if err := got.Synchronised(); err != nil {
		t.Error(err)
	}
}

func behind(t *testing.T, e oxentest.Exchange) {
	got, err := wire.ParseInfo(e.Body)
	same(t, got, err, infoReference(t, e))
	if err := got.Synchronised(); !errors.Is(err, wire.ErrBusy) {
		t.Errorf("got %v, expected ErrBusy", err)
	}
}

func header(t *testing.T, e oxentest.Exchange) {
	type block struct {
		Height    uint64
		Hash      swap.Hash
		Prev      swap.Hash `json:"prev_hash"`
		Major     uint64    `json:"major_version"`
		Timestamp uint64
	}
	r := reference[struct {
		Header block `json:"block_header"`
	}](t, e).Header
	got, err := wire.ParseHeader(e.Body)
	same(t, got, err, wire.Header{Height: r.Height, Hash: r.Hash, PrevHash: r.Prev, HardFork: r.Major, Timestamp: r.Timestamp})
}

func nodes(t *testing.T, e oxentest.Exchange) {
	type node struct {
		Key      swap.Hash `json:"service_node_pubkey"`
		Since    uint64    `json:"registration_height"`
		Operator string    `json:"operator_address"`
		Funded   bool
		Active   bool
		Needed   uint64 `json:"staking_requirement"`
		Unlock   uint64 `json:"requested_unlock_height"`
		Holders  []struct {
			Address string
			Locked  []struct {
				Image  swap.Hash `json:"key_image"`
				Output swap.Hash `json:"key_image_pub_key"`
				Amount uint64
			} `json:"locked_contributions"`
		} `json:"contributors"`
	}
	r := reference[struct {
		Height    uint64
		Hash      swap.Hash `json:"block_hash"`
		HardFork  uint64
		Target    uint64 `json:"target_height"`
		Unchanged bool
		States    []node `json:"service_node_states"`
	}](t, e)
	want := wire.ServiceNodes{Height: r.Height, BlockHash: r.Hash, HardFork: r.HardFork, TargetCount: r.Target, Unchanged: r.Unchanged}
	for _, n := range r.States {
		to := swap.Node{Key: n.Key, RegistrationHeight: n.Since, Operator: n.Operator, Funded: n.Funded, Active: n.Active,
			StakingRequirement: swap.Oxen(n.Needed), RequestedUnlockHeight: n.Unlock}
		for _, h := range n.Holders {
			c := swap.Contributor{Address: h.Address}
			for _, l := range h.Locked {
				c.Locked = append(c.Locked, swap.Locked{KeyImage: l.Image, OneTime: l.Output, Amount: swap.Oxen(l.Amount)})
			}
			to.Contributors = append(to.Contributors, c)
		}
		want.Nodes = append(want.Nodes, to)
	}
	got, err := wire.ParseServiceNodes(e.Body)
	same(t, got, err, want)
}

func rewards(t *testing.T, e oxentest.Exchange) {
	r := reference[struct {
		Addresses []string
		Amounts   []uint64
	}](t, e)
	var want []swap.Reward
	for i, a := range r.Addresses {
		want = append(want, swap.Reward{Address: a, Amount: swap.Oxen(r.Amounts[i])})
	}
	got, err := wire.ParseRewards(e.Body)
	same(t, got, err, want)
}

func blacklist(t *testing.T, e oxentest.Exchange) {
	type stake struct {
		Image  swap.Hash `json:"key_image"`
		Unlock uint64    `json:"unlock_height"`
		Amount uint64
	}
	var want []swap.BlacklistedStake
	for _, s := range reference[struct{ Blacklist []stake }](t, e).Blacklist {
		want = append(want, swap.BlacklistedStake{KeyImage: s.Image, UnlockHeight: s.Unlock, Amount: swap.Oxen(s.Amount)})
	}
	got, err := wire.ParseBlacklist(e.Body)
	same(t, got, err, want)
}

// checkpoints: none form on a regression-test network, so the recorded lists are empty; wire tests
// one with entries.
func checkpoints(t *testing.T, e oxentest.Exchange) {
	got, err := wire.ParseCheckpoints(e.Body)
	same(t, len(got), err, 0)
}

func supply(t *testing.T, e oxentest.Exchange) {
	r := reference[struct {
		Emission uint64 `json:"emission_amount"`
		Fee      uint64 `json:"fee_amount"`
		Burn     uint64 `json:"burn_amount"`
	}](t, e)
	got, err := wire.ParseSupply(e.Body)
	same(t, got, err, wire.Supply{Emission: swap.Oxen(r.Emission), Fees: swap.Oxen(r.Fee), Burned: swap.Oxen(r.Burn)})
}

func keyImages(t *testing.T, e oxentest.Exchange) {
	r := reference[struct {
		Status []wire.KeyImageStatus `json:"-"`
		Spent  []int                 `json:"spent_status"`
	}](t, e)
	for _, s := range r.Spent {
		r.Status = append(r.Status, wire.KeyImageStatus(s))
	}
	got, err := wire.ParseKeyImages(e.Body)
	same(t, got, err, r.Status)
}

func transactions(t *testing.T, e oxentest.Exchange) {
	type tx struct {
		Hash         swap.Hash  `json:"tx_hash"`
		InPool       bool       `json:"in_pool"`
		Height       uint64     `json:"block_height"`
		Timestamp    uint64     `json:"block_timestamp"`
		Whole        string     `json:"as_hex"`
		Pruned       string     `json:"pruned_as_hex"`
		Prunable     string     `json:"prunable_as_hex"`
		PrunableHash *swap.Hash `json:"prunable_hash"`
		JSON         string     `json:"as_json"`
	}
	r := reference[struct {
		Txs    []tx
		Missed []swap.Hash `json:"missed_tx"`
	}](t, e)
	want := wire.Transactions{Missed: r.Missed}
	for _, x := range r.Txs {
		if x.Whole+x.Pruned == "" {
			// Asked with decode_as_json, and so without the bytes.
			_, err := wire.ParseTransactions(e.Body)
			var format *wire.FormatError
			if !errors.As(err, &format) || !strings.Contains(format.Problem, "bytes of the transaction are missing") {
				t.Errorf("got %v, expected the bytes to be missed", err)
			}
			return
		}
		blob, err := hex.DecodeString(x.Whole + x.Pruned + x.Prunable)
		if err != nil {
			t.Fatal(err)
		}
		to := wire.Transaction{Hash: x.Hash, InPool: x.InPool, Height: x.Height, Timestamp: x.Timestamp, Blob: blob, Pruned: x.Pruned != "" && x.Prunable == ""}
		if x.PrunableHash != nil {
			to.PrunableHash = *x.PrunableHash
		}
		want.Found = append(want.Found, to)
	}
	got, err := wire.ParseTransactions(e.Body)
	same(t, got, err, want)
}
