package oxenrpc_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
	"oxenswap/swap"
)

// recorded gives what was asked of a world's daemon with a method, and what came back.
func recorded(t *testing.T, n int, method, asked string, result any) []swap.Hash {
	t.Helper()
	w, err := oxentest.ReadWorld("testdata/migration/world" + string(rune('0'+n)) + ".json.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range w.Calls {
		var request struct {
			Method string
			Params map[string]json.RawMessage
		}
		if err := json.Unmarshal(call.Request, &request); err != nil {
			t.Fatal(err)
		}
		if request.Method != method || call.Daemon != "a" || request.Params["decode_as_json"] != nil {
			continue
		}
		var hashes []swap.Hash
		if err := json.Unmarshal(request.Params[asked], &hashes); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(call.Response, &struct{ Result any }{result}); err != nil {
			t.Fatal(err)
		}
		return hashes
	}
	t.Fatal("no ", method)
	return nil
}

func TestGetTransactions(t *testing.T) {
	var result struct {
		Txs []struct {
			Hash   swap.Hash `json:"tx_hash"`
			Height uint64    `json:"block_height"`
			Whole  string    `json:"as_hex"`
			Pruned string    `json:"pruned_as_hex"`
		}
	}
	hashes := recorded(t, 3, "get_transactions", "txs_hashes", &result)
	heights := map[swap.Hash]uint64{}
	for _, tx := range result.Txs {
		heights[tx.Hash] = tx.Height
	}
	if len(hashes) < 101 {
		t.Fatalf("%d transactions: too few to need two calls", len(hashes))
	}
	unknown := swap.Hash{1, 2, 3}
	asked := slices.Concat([]swap.Hash{unknown}, hashes, hashes[:7]) // some of them twice
	slices.Reverse(asked)

	for _, release := range []int{10, 11} {
		for _, says := range []string{"10.6.0", "11.2.0", ""} { // what get_info says need not be true
			d, c := serve(t, "b", world(t, 3, "b"))
			d.SetRelease(release)
			d.Intercept(oxentest.On(wire.CallInfo, oxentest.Edit(func(r map[string]any) { r["version"] = says })))
			got, err := c.GetTransactions(t.Context(), asked)
			if err != nil {
				t.Fatalf("release %d, said to be %q: %v", release, says, err)
			}
			if len(got.Found) != len(heights) || !slices.Equal(got.Missed, []swap.Hash{unknown}) {
				t.Errorf("release %d: %d found of %d, missed %v", release, len(got.Found), len(heights), got.Missed)
			}
			for _, tx := range got.Found {
				if want, ok := heights[tx.Hash]; !ok || tx.Height != want || len(tx.Blob) == 0 {
					t.Errorf("transaction %s: %+v", tx.Hash, tx)
				}
			}
		}
	}
	_, c := serve(t, "a", world(t, 3, "a"))
	if got, err := c.GetTransactions(t.Context(), nil); err != nil || len(got.Found)+len(got.Missed) != 0 {
		t.Error(got, err)
	}
}

func TestGetTransactionsRefuses(t *testing.T) {
	var result struct{ Txs []json.RawMessage }
	hashes := recorded(t, 1, "get_transactions", "txs_hashes", &result)[:3]
	for _, f := range []struct {
		name string
		lie  func(result map[string]any)
		says string
	}{
		{"nothing", func(r map[string]any) { delete(r, "txs") }, "neither as txs_hashes nor as tx_hashes"},
		{"one left out", func(r map[string]any) { r["txs"] = r["txs"].([]any)[1:] }, "neither found nor missed"},
		{"one twice", func(r map[string]any) { r["txs"] = append(r["txs"].([]any), r["txs"].([]any)[0]) }, "came back twice"},
		{"found and missed", func(r map[string]any) { r["missed_tx"] = []string{hashes[0].String()} }, "came back twice"},
		{"another one", func(r map[string]any) { r["missed_tx"] = []string{swap.Hash{9}.String()} }, "was not asked for"},
	} {
		d, c := serve(t, "a", world(t, 1, "a"))
		d.Intercept(oxentest.On("get_transactions", oxentest.Edit(f.lie)))
		if _, err := c.GetTransactions(t.Context(), hashes); err == nil || !strings.Contains(err.Error(), f.says) || !strings.HasPrefix(err.Error(), `daemon "a": get_transactions: `) {
			t.Errorf("GetTransactions of %s: got %v, want one with %q", f.name, err, f.says)
		}
	}
}

func TestIsKeyImageSpent(t *testing.T) {
	for n, spent := range map[int]bool{1: false, 3: true} { // some coins of the first proofs were spent before world3
		var result struct {
			Status []wire.KeyImageStatus `json:"-"`
			Spent  []int                 `json:"spent_status"`
		}
		images := recorded(t, n, "is_key_image_spent", "key_images", &result)
		want := map[swap.Hash]wire.KeyImageStatus{{7}: wire.Unspent}
		some := false
		for i, k := range images {
			want[k] = wire.KeyImageStatus(result.Spent[i])
			some = some || want[k] == wire.Spent
		}
		if some != spent {
			t.Errorf("world%d: some are spent: %t", n, some)
		}
		asked := append(slices.Clone(images), swap.Hash{7})
		slices.Reverse(asked)
		for len(asked) < 1_500 { // more than one call takes
			asked = append(asked, asked[:min(len(asked), 1_500-len(asked))]...)
		}
		d, c := serve(t, "b", world(t, n, "b"))
		got, err := c.IsKeyImageSpent(t.Context(), asked)
		if err != nil || len(got) != len(asked) {
			t.Fatalf("%d statuses for %d, %v", len(got), len(asked), err)
		}
		if calls := d.Calls("is_key_image_spent"); calls != 2 {
			t.Errorf("%d calls", calls)
		}
		for i, k := range asked {
			if got[i] != want[k] {
				t.Errorf("world%d: %s is %s, expected %s", n, k, got[i], want[k])
			}
		}
		d.Intercept(oxentest.On("is_key_image_spent", oxentest.Edit(func(r map[string]any) { r["spent_status"] = r["spent_status"].([]any)[1:] })))
		if _, err := c.IsKeyImageSpent(t.Context(), asked[:5]); err == nil || !strings.Contains(err.Error(), "4 statuses for 5 key images") {
			t.Error(err)
		}
	}
}

func TestKeyImageStatus(t *testing.T) {
	for status, want := range map[wire.KeyImageStatus]string{
		wire.Unspent: "unspent", wire.Spent: "spent in a block", wire.SpentInPool: "spent in the pool", 9: "status 9",
	} {
		if got := status.String(); got != want {
			t.Errorf("status %d is %q, expected %q", uint8(status), got, want)
		}
	}
}

func TestCoinbaseTxSum(t *testing.T) {
	d, c := serve(t, "a", world(t, 1, "b")) // only daemon a was asked; b answers it too
	s, height, err := c.CoinbaseTxSum(t.Context())
	if err != nil || height != 240 || s.Emission != 22519455231105462 || s.Fees != 206412920 || s.Burned != 0 {
		t.Errorf("the supply: got %+v at %d, %v, want 22519455231105462, 206412920 in fees, none burnt, at 240", s, height, err)
	}
	d.Intercept(oxentest.On("get_coinbase_tx_sum", oxentest.Edit(func(r map[string]any) { clear(r); r["status"] = "OK" })))
	if _, _, err := c.CoinbaseTxSum(t.Context()); err == nil || !strings.Contains(err.Error(), "no emission") {
		t.Error(err)
	}
}

func TestGetCheckpoints(t *testing.T) {
	d, c := serve(t, "a", snapshotState(t, "daemon"))
	if list, err := c.GetCheckpoints(t.Context(), 3); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	d.Intercept(oxentest.On("get_checkpoints", oxentest.Edit(func(r map[string]any) {
		r["checkpoints"] = []any{map[string]any{"height": 296, "block_hash": strings.Repeat("ab", 32), "type": "ServiceNode"}}
	})))
	if list, err := c.GetCheckpoints(t.Context(), 3); err != nil || len(list) != 1 || list[0].Height != 296 {
		t.Error(list, err)
	}
}

// TestRelease11: the accrued rewards have another name and form in release 11, and the content is
// the same.
func TestRelease11(t *testing.T) {
	d, c := serve(t, "a", world(t, 1, "a"))
	want, err := c.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.SetRelease(11)
	d.Intercept(oxentest.On(wire.CallInfo, oxentest.Edit(func(r map[string]any) { r["version"] = "11.2.0-release" })))
	got, err := c.Observe(t.Context())
	if err != nil || digest(t, got.Content) != digest(t, want.Content) || got.Version != "11.2.0-release" {
		t.Errorf("Observe: got version %s, %v, want 11.2.0-release and the same content", got.Version, err)
	}
}
