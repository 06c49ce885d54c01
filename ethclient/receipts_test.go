package ethclient_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/ethclient"
	"oxenswap/swap"
)

// TestReceiptsInBatches asks for many receipts over HTTP, of a node that limits its answers, does
// not know some of the transactions and cannot say about one.
func TestReceiptsInBatches(t *testing.T) {
	w := newWorld(t)
	tree := w.tree(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	w.propose(1, tree)
	w.activate()
	var hashes []swap.Hash
	var blocks []uint64
	for n := range 12 {
		r := w.claim(tree, n)
		hashes, blocks = append(hashes, swap.Hash(r.TxHash)), append(blocks, r.BlockNumber.Uint64())
	}
	hashes = append(hashes, swap.Hash{1})
	const indexing = 3
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		requests++
		body, err := io.ReadAll(in.Body)
		w.must(err)
		answer, err := http.Post(w.url, "application/json", bytes.NewReader(body))
		w.must(err)
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		w.must(err)
		var items []map[string]json.RawMessage
		if json.Unmarshal(data, &items) == nil {
			for _, item := range items {
				if strings.Contains(string(item["result"]), `"transactionHash":"`+common.Hash(hashes[indexing]).Hex()+`","transactionIndex"`) {
					delete(item, "result")
					item["error"] = json.RawMessage(`{"code":-32000,"message":"transaction indexing is in progress"}`)
				}
			}
			data, err = json.Marshal(items)
			w.must(err)
		}
		out.Header().Set("Content-Type", "application/json")
		_, err = out.Write(data)
		w.must(err)
	}))
	defer server.Close()
	// The node's index is made in the background.
	for indexed := false; !indexed; {
		all, err := w.reader().Receipts(t.Context(), hashes[:12])
		w.must(err)
		indexed = true
		for _, r := range all {
			indexed = indexed && r.Inclusion != nil
		}
	}
	for _, body := range []int64{1 << 20, 8000} {
		limits := ethclient.DefaultLimits()
		limits.Body = body
		r, err := ethclient.Dial(t.Context(), ethclient.Options{ChainID: 1337}, limits, server.URL)
		w.must(err)
		requests = 0
		got, err := r.Receipts(t.Context(), hashes)
		w.must(err)
		for n := range got {
			switch in := got[n].Inclusion; {
			case n == indexing:
				if in != nil || got[n].Err == nil || !strings.Contains(got[n].Err.Error(), "indexing") {
					t.Errorf("receipt %d: %+v, %v", n, in, got[n].Err)
				}
			case n == 12:
				if in != nil || got[n].Err != nil {
					t.Errorf("an unknown transaction: %+v, %v", in, got[n].Err)
				}
			case in == nil || in.Hash != hashes[n] || in.Block != blocks[n] || !in.Success || got[n].Err != nil:
				t.Errorf("receipt %d: %+v, %v", n, in, got[n].Err)
			}
		}
		if halved := requests > 2; halved != (body < 1<<20) {
			t.Errorf("answers of %d bytes at most: %d requests", body, requests)
		}
	}
}
