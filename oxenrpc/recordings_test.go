package oxenrpc_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"oxenswap/oxenrpc"
	"oxenswap/oxenrpc/oxentest"
	"oxenswap/oxenrpc/wire"
)

// recordings says for every recorded exchange what becomes of its answer. The first pattern that
// matches a file counts.
var recordings = []struct {
	pattern string
	check   func(t *testing.T, e oxentest.Exchange)
	why     string // there is no check, for a file that holds no exchange
}{
	// No answers to decode.
	{"daemon/get_coinbase_tx_sum.cache_off_by_one.json", nil, "a table of sums, no exchange: the reason why CoinbaseTxSum asks for the whole chain"},
	{"daemon_http_errors/_method_of_wrong_type.json", noAnswer, ""},

	// Refused requests.
	{"daemon/err.bad_json.json", rpcError(-32700), ""},
	{"daemon/err.json_array_batch.json", rpcError(-32700), ""},
	{"daemon_http_errors/jsonrpc.height_too_large_int.json", rpcError(-32700), ""},
	{"daemon/err.empty_body.json", rpcError(-32600), ""},
	{"daemon/method_missing.json", rpcError(-32600), ""},
	{"daemon/err.unknown_method.json", rpcError(wire.CodeMethodNotFound), ""},
	{"daemon/err.unknown_method.public_rpc.json", rpcError(wire.CodeForbidden), ""},
	{"daemon/err.get_coinbase_tx_sum.public_rpc.json", rpcError(wire.CodeForbidden), ""},
	{"daemon_http_errors/public.forbidden_jsonrpc.json", rpcError(wire.CodeForbidden), ""},
	{"daemon/err.get_accrued_batched_earnings.all_bad.json", rpcError(-1), ""},
	{"daemon/err.get_service_nodes.bad_pubkey.json", rpcError(-1), ""},
	{"daemon/err.get_block_header_by_height.too_big.json", rpcError(wire.CodeTooBigHeight), ""},
	{"daemon/err.get_block_header_by_height.noparam.json", refused("result.block_header"), ""},
	{"daemon/err.get_transactions.bad_hash.json", status("Failed to parse hex representation of transaction hash"), ""},
	{"daemon/err.is_key_image_spent.bad.json", status("Failed to parse hex representation of key image"), ""},
	{"daemon/err.get_outs.out_of_range.json", status("Failed"), ""},
	{"daemon_http_errors/public.get_outs_too_many.json.gz", status("Too many outs requested"), ""},
	{"daemon/get_block_hash.json", rpcError(-32603), ""}, // the positional call fails in 10.6.0: nothing here uses it
	{"daemon/err.get_block_hash.too_big.json", rpcError(-32603), ""},
	{"daemon/err.get_block_header_by_hash.bad.json", rpcError(-1), ""},
	{"daemon/err.get_block_header_by_hash.notfound.json", rpcError(-5), ""},
	{"daemon/err.get_block_headers_range.bad.json", rpcError(-2), ""},
	{"daemon/err.get_quorum_state.bad_type.json", rpcError(-1), ""},
	{"daemon/err.get_service_node_registration_cmd.bad_address.json", rpcError(-5), ""},
	{"daemon/err.get_service_node_registration_cmd.bad_amount.json", rpcError(-1), ""},
	{"daemon/get_service_node_status.non_sn.json", rpcError(-1), ""},
	{"daemon_unsynced/isolated.submit_block.json", rpcError(-32603), ""},

	// Bare HTTP errors, and the paths without an envelope, which are never asked.
	{"daemon/err.get_service_nodes.legacy_http_path.json", httpError(404), ""},
	{"daemon/err.json_rpc_get.json", httpError(404), ""},
	{"daemon/err.unknown_path.json", httpError(404), ""},
	{"daemon/options_cors.json", httpError(404), ""},
	{"daemon_http_errors/options.json", httpError(404), ""},
	{"daemon_http_errors/put.json", httpError(404), ""},
	{"daemon_http_errors/legacy.bad_json_body.json", httpError(500), ""},
	{"daemon_http_errors/public.forbidden_legacy.json", httpError(403), ""},
	{"daemon_http_errors/head.json", refused(""), ""},
	{"daemon/*legacy*.json", refused("jsonrpc"), ""},
	{"daemon_http_errors/*legacy*.json", refused("jsonrpc"), ""},
	{"daemon_snapshot3_pulse/get_height.legacy.json", refused("jsonrpc"), ""},
	{"daemon_unsynced/isolated.send_raw_transaction.json", refused("jsonrpc"), ""},
	{"daemon_unsynced/isolated.start_mining.json", refused("jsonrpc"), ""},

	// A daemon that is not synchronised.
	{"daemon_unsynced/isolated.get_last_block_header.json", busy, ""},
	{"daemon_unsynced/isolated.generateblocks.json", busy, ""},
	{"daemon_unsynced/*get_block_template.[1-7].json", busy, ""},
	{"daemon_unsynced/isolated.get*block*template.json", busy, ""},
	{"daemon_unsynced/syncing.get_info.[1-6].json", behind, ""},

	// Requests whose parameters the daemon took otherwise than they were meant; the answers are
	// good.
	{"daemon/err.get_block_header_by_height.negative.json", header, ""},
	{"daemon/err.get_block_header_by_height.string.json", header, ""},
	{"daemon_http_errors/jsonrpc.height_*.json", header, ""},
	{"daemon_http_errors/jsonrpc.addresses_string_not_array.json", rewards, ""},
	{"daemon_http_errors/jsonrpc.bool_as_*.json", nodes, ""},
	{"daemon_http_errors/jsonrpc.params_array_for_object_method.json", nodes, ""},
	{"daemon_http_errors/jsonrpc.duplicate_keys.json", info, ""},
	{"daemon/err.get_coinbase_tx_sum.too_big.json", supply, ""},

	// Envelopes: an id that is not the one that a client sends is refused.
	{"daemon/id_missing.json", refused("id"), ""},
	{"daemon/id_null.json", refused("id"), ""},
	{"daemon/id_number.json", refused("id"), ""},
	{"daemon/jsonrpc_missing.json", accepted, ""},
	{"daemon/no_content_type.json", accepted, ""},
	{"daemon/params_null.json", accepted, ""},
	{"daemon_http_errors/jsonrpc.trailing_garbage.json", accepted, ""},

	// The calls of a snapshot.
	{"daemon*/*get_info*.json", info, ""},
	{"daemon/get_block_header_by_height.multi.json", refused("result.block_header"), ""}, // several heights at once: not asked
	{"daemon/get_block_header_by_height.*.json", header, ""},
	{"daemon/get_block_header_by_hash.json", header, ""},
	{"daemon*/get_last_block_header*.json", header, ""},
	{"daemon_snapshot2_after_deregistration/payout_block_549.header.json", header, ""},
	{"daemon/get_service_nodes.fields_empty.json", refused("result.service_node_states[0]"), ""}, // fields left out on request: not asked
	{"daemon/get_service_nodes.fields_unknown_name.json", refused("result.service_node_states[0]"), ""},
	{"daemon/get_service_nodes.limit_0.json", refused("result.service_node_states[0]"), ""},
	{"daemon/get_service_nodes.fields_selected.json", nodes, ""},
	{"daemon/get_service_nodes.poll_changed.json", refused("result.service_node_states[0]"), ""},
	{"daemon/get_service_nodes*.json", nodes, ""},
	{"daemon/get_n_service_nodes.json", refused("result.service_node_states[0]"), ""},
	{"daemon/get_all_service_nodes.json", refused("result.service_node_states[0]"), ""},
	{"daemon_snapshot*/get_service_nodes.json", nodes, ""},
	{"daemon_unsynced/*.get_service_nodes*.json", nodes, ""},
	{"daemon*/*get_accrued_batched_earnings*.json", rewards, ""},
	{"daemon*/get_service_node_blacklisted_key_images.json", blacklist, ""},
	{"daemon*/get_checkpoints.json", checkpoints, ""},
	{"daemon*/*get_coinbase_tx_sum*.json", supply, ""},
	{"daemon*/is_key_image_spent*.json", keyImages, ""},

	// Transactions: asked plain; a daemon cannot serve some flags for transactions without a
	// prunable part.
	{"daemon/get_transactions.registration_sn?.pruned.json", status("Failed to parse and validate base tx data"), ""},
	{"daemon/get_transactions_matrix/*.prune_extra.json", status("Failed to parse and validate base tx data"), ""},
	{"daemon/get_transactions_matrix/registration.split_extra.json", status("Failed to parse and validate tx data"), ""},
	{"daemon/get_transactions_matrix/stake.split_extra.json", status("Failed to parse and validate tx data"), ""},
	{"daemon/get_transactions_matrix/*.split_extra.json", status("Failed to parse and validate base tx data"), ""},
	{"daemon/get_transactions_matrix/coinbase.tx_extra.json", status("Failed to parse and validate base tx data"), ""},
	{"daemon/get_transactions_matrix/state_change.tx_extra.json", status("Failed to parse and validate base tx data"), ""},
	{"daemon/get_transactions_matrix/unlock.tx_extra.json", status("Failed to parse and validate base tx data"), ""},
	{"daemon/get_transactions_matrix/*.json", transactions, ""},
	{"daemon/get_transactions.*.json", transactions, ""},
	{"daemon_snapshot?*/get_transactions.*.json", transactions, ""},
	{"daemon_snapshot2_after_deregistration/payout_block_549.coinbase.json", transactions, ""},
	{"daemon_unsynced/isolated.get_transactions_unknown.json", transactions, ""},

	// Answers of oxen-wallet-rpc have no status.
	{"daemon_snapshot2_after_deregistration/wallet.*.json", refused("result.status"), ""},
	{"daemon_snapshot2_after_deregistration/err.erin_spend_blacklisted.json", refused("result.status"), ""},

	// Calls that this service does not make: the envelope is read, and nothing else of them.
	{"daemon/err.get_connections_ok.json", accepted, ""},
	{"daemon/get_block.*json", accepted, ""},
	{"daemon/get_block_count.json", accepted, ""},
	{"daemon/getblockcount.json", accepted, ""},
	{"daemon/get_block_headers_range.json", accepted, ""},
	{"daemon/get_fee_estimate.json", accepted, ""},
	{"daemon/get_output_*.json", accepted, ""},
	{"daemon/get_outs.jsonrpc.json", accepted, ""},
	{"daemon/get_quorum_state.*.json", accepted, ""},
	{"daemon/get_service_keys*.json", accepted, ""},
	{"daemon/get_service_node_registration_cmd.json", accepted, ""},
	{"daemon/get_service_node_status.json", accepted, ""},
	{"daemon/get_sn_state_changes.json", accepted, ""},
	{"daemon/get_staking_requirement*.json", accepted, ""},
	{"daemon/get_transaction_pool_hashes*.json", accepted, ""},
	{"daemon/get_version.json", accepted, ""},
	{"daemon/hard_fork_info*.json", accepted, ""},
	{"daemon/sync_info.json", accepted, ""},
	{"daemon_snapshot2_after_deregistration/payout_block_549.get_block.json", accepted, ""},
	{"daemon_snapshot2_after_deregistration/get_service_nodes_state_changes*.json", accepted, ""},
	{"daemon_snapshot3_pulse/get_block*.json", accepted, ""},
	{"daemon_snapshot3_pulse/get_quorum_state.*.json", accepted, ""},
	{"daemon_snapshot3_pulse/get_service_node_status.stopped_pings.json", accepted, ""},
	{"daemon_unsynced/isolated.get_fee_estimate.json", accepted, ""},
	{"daemon_unsynced/isolated.get_staking_requirement.json", accepted, ""},
	{"daemon_unsynced/isolated.hard_fork_info.json", accepted, ""},
	{"daemon_unsynced/isolated.sync_info.json", accepted, ""},
	{"daemon_unsynced/syncing.get_block_template.[89].json", accepted, ""},

	// Not exchanges: worlds (worlds_test.go) and what they come to.
	{"migration/world?.json.gz", nil, "a world: see TestWorlds"},
	{"migration/expected.json", nil, "read by TestWorlds"},
}

func TestRecordings(t *testing.T) {
	used := make([]bool, len(recordings))
	files := 0
	err := fs.WalkDir(osDir("testdata"), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		for i, r := range recordings {
			ok, err := path.Match(r.pattern, file)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
			used[i] = true
			t.Run(file, func(t *testing.T) {
				if r.check == nil {
					t.Log(r.why)
					return
				}
				e, err := oxentest.ReadExchange(filepath.Join("testdata", file))
				if err != nil {
					t.Fatal(err)
				}
				r.check(t, e)
			})
			return nil
		}
		t.Errorf("testdata/%s is neither tested nor named", file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range recordings {
		if !used[i] {
			t.Errorf("no file matches %s first", r.pattern)
		}
	}
	if files < 290 {
		t.Errorf("%d recordings, expected at least 290", files)
	}
}

// noAnswer is the request that ended the daemon: a method that is not a string. The client takes
// methods as Go strings and marshals them, so it cannot send one; the fake drops the connection as
// the real one did.
func noAnswer(t *testing.T, e oxentest.Exchange) {
	if e.Body != nil {
		t.Fatal("there is an answer")
	}
	d := oxentest.NewDaemon(snapshotState(t, "daemon"))
	server := httptest.NewServer(d)
	defer server.Close()
	response, err := http.Post(server.URL+"/json_rpc", "application/json", strings.NewReader(string(e.Sent)))
	if err == nil {
		response.Body.Close()
		t.Fatal("the fake answers")
	}
	if !d.Killed() {
		t.Fatal("the fake did not notice")
	}
}

func rpcError(code int32) func(*testing.T, oxentest.Exchange) {
	return func(t *testing.T, e oxentest.Exchange) {
		var got *wire.RPCError
		if err := play(t, e); !errors.As(err, &got) || got.Code != code || got.Message == "" {
			t.Errorf("got %v, expected error %d", err, code)
		}
	}
}

func status(text string) func(*testing.T, oxentest.Exchange) {
	return func(t *testing.T, e oxentest.Exchange) {
		var got *wire.StatusError
		if err := play(t, e); !errors.As(err, &got) || got.Status != text {
			t.Errorf("got %v, expected status %q", err, text)
		}
	}
}

func refused(where string) func(*testing.T, oxentest.Exchange) {
	return func(t *testing.T, e oxentest.Exchange) {
		var got *wire.FormatError
		if err := play(t, e); !errors.As(err, &got) || got.Where != where {
			t.Errorf("got %v, expected a refusal of %q", err, where)
		}
	}
}

func httpError(code int) func(*testing.T, oxentest.Exchange) {
	return func(t *testing.T, e oxentest.Exchange) {
		var got *oxenrpc.HTTPError
		if err := play(t, e); !errors.As(err, &got) || got.Status != code {
			t.Errorf("got %v, expected HTTP status %d", err, code)
		}
	}
}

func busy(t *testing.T, e oxentest.Exchange) {
	if err := play(t, e); !errors.Is(err, wire.ErrBusy) {
		t.Errorf("got %v, expected ErrBusy", err)
	}
}

func accepted(t *testing.T, e oxentest.Exchange) {
	if _, err := wire.ParseCheckpoints(e.Body); err != nil { // reads nothing that these answers have
		t.Error(err)
	}
}

// play gives the recorded answer, with its HTTP status, to a client that makes the call, or one
// like it if the client does not make that call, and returns the error.
func play(t *testing.T, e oxentest.Exchange) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(e.Status)
		w.Write(e.Body)
	}))
	defer server.Close()
	c, err := oxenrpc.New(oxenrpc.Config{Name: "recorded", URL: server.URL, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.Contains(e.Method, "service_nodes"):
		_, err = oxenrpc.ServiceNodes(t.Context(), c)
	case strings.HasPrefix(e.Method, "get_block_header_by_height"):
		_, err = oxenrpc.Header(t.Context(), c, 0)
	default:
		_, err = c.GetCheckpoints(t.Context(), 3)
	}
	var typed *oxenrpc.Error
	if !errors.As(err, &typed) || typed.Daemon != "recorded" || typed.Call == "" {
		t.Fatalf("got %v, expected an *Error that names daemon and call", err)
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\x00") || len(text) > 900 || !strings.Contains(text, ": ") {
		t.Errorf("error is not one short line: %q", text)
	}
	return err
}
