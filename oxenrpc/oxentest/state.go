package oxentest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"oxenswap/oxenrpc/wire"
)

// object is a JSON object whose values keep the bytes in which they were recorded.
type object map[string]json.RawMessage

// A State is all that one daemon answers at one moment. It does not change once built.
type State struct {
	info     object
	last     json.RawMessage            // block header, if get_last_block_header was recorded
	busy     json.RawMessage            // the result of get_last_block_header when its status was not OK
	headers  map[uint64]json.RawMessage // block headers
	nodes    object                     // get_service_nodes without the list
	list     []json.RawMessage          // service_node_states
	hex      map[string]json.RawMessage // transactions by hash, as bytes
	decoded  map[string]json.RawMessage // transactions by hash, with decode_as_json
	spent    map[string]json.RawMessage // status by key image
	anything map[string]json.RawMessage // results by method and parameters
	mined    map[uint64][]string        // hashes of the transactions in hex, by height of their block
}

// NewState builds a state from recorded exchanges; where two answer the same call, the first
// counts. Exchanges that are no successful JSON-RPC calls are left out, except a
// get_last_block_header that says BUSY.
func NewState(exchanges []Exchange) (*State, error) {
	s := &State{
		headers:  map[uint64]json.RawMessage{},
		hex:      map[string]json.RawMessage{},
		decoded:  map[string]json.RawMessage{},
		spent:    map[string]json.RawMessage{},
		anything: map[string]json.RawMessage{},
		mined:    map[uint64][]string{},
	}
	for _, e := range exchanges {
		if err := s.Add(e); err != nil {
			return nil, err
		}
	}
	switch {
	case s.info == nil:
		return nil, fmt.Errorf("get_info was not recorded")
	case s.nodes == nil:
		return nil, fmt.Errorf("get_service_nodes was not recorded")
	}
	return s, nil
}

// Height is the height of the top block.
func (s *State) Height() uint64 {
	n, _ := strconv.ParseUint(string(s.info["height"]), 10, 64)
	return n - 1
}

// TopHash is the hash of the top block, 64 hex digits.
func (s *State) TopHash() string { return strings.Trim(string(s.info["top_block_hash"]), `"`) }

// rpcFailure is an answer with an error object.
type rpcFailure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Answer gives the whole body with which a daemon of release 10 answers a call; params may be
// empty.
func (s *State) Answer(method string, params json.RawMessage) []byte {
	result, failure := s.answer(method, params, 10, nil)
	return envelope(json.RawMessage(`"`+wire.ID+`"`), result, failure)
}

// envelope makes the body of an answer.
func envelope(id, result json.RawMessage, failure *rpcFailure) []byte {
	out := object{"jsonrpc": json.RawMessage(`"2.0"`), "id": id}
	if failure != nil {
		out["error"] = encode(failure)
	} else {
		out["result"] = result
	}
	return encode(out)
}

// answer gives the result of a call, or how the daemon refuses it. shuffle, if not nil, orders what
// real daemons shuffle.
func (s *State) answer(method string, params json.RawMessage, release int, shuffle *rand.Rand) (json.RawMessage, *rpcFailure) {
	var in object
	json.Unmarshal(params, &in) // parameters of another type count as none, as in oxend
	switch method {
	case wire.CallInfo:
		return encode(s.info), nil
	case wire.CallLastHeader:
		return s.lastHeader()
	case wire.CallHeader:
		return s.header(in["height"])
	case wire.CallBlock:
		return s.block(in["height"])
	case wire.CallServiceNodes:
		return s.serviceNodes(in["poll_block_hash"], shuffle), nil
	case "get_transactions":
		return s.transactions(in, release), nil
	case "is_key_image_spent":
		return s.keyImages(in["key_images"])
	case wire.CallRewards10, wire.CallRewards11:
		return s.rewards(method, release, shuffle)
	}
	if result, ok := s.anything[callKey(method, params)]; ok {
		return result, nil
	}
	return nil, &rpcFailure{wire.CodeMethodNotFound, "Method not found"}
}

func (s *State) lastHeader() (json.RawMessage, *rpcFailure) {
	header := s.last
	switch {
	case s.busy != nil:
		return s.busy, nil
	case header == nil:
		header = s.headers[s.Height()]
	}
	if header == nil {
		return nil, &rpcFailure{-32603, "the header of the top block is not in the recording"}
	}
	return encode(object{"block_header": header, "status": json.RawMessage(`"OK"`), "untrusted": json.RawMessage("false")}), nil
}

func (s *State) header(height json.RawMessage) (json.RawMessage, *rpcFailure) {
	if height == nil {
		return json.RawMessage(`{"status":"OK","untrusted":false}`), nil
	}
	n, err := strconv.ParseUint(string(height), 10, 64)
	if err != nil {
		n = 0 // as in oxend: a height of a wrong type is block 0
	}
	if n > s.Height() {
		return nil, &rpcFailure{wire.CodeTooBigHeight, fmt.Sprintf("Requested block height: %d greater than current top block height: %d", n, s.Height())}
	}
	header, ok := s.headers[n]
	if !ok {
		_, header = s.makeBlock(n)
	}
	return encode(object{"block_header": header, "status": json.RawMessage(`"OK"`), "untrusted": json.RawMessage("false")}), nil
}

func (s *State) serviceNodes(poll json.RawMessage, shuffle *rand.Rand) json.RawMessage {
	out := object{}
	for k, v := range s.nodes {
		out[k] = v
	}
	if poll != nil {
		unchanged := string(poll) == string(s.nodes["block_hash"])
		out["unchanged"] = json.RawMessage(strconv.FormatBool(unchanged))
		if unchanged {
			return encode(out)
		}
	}
	if list := shuffled(s.list, shuffle); len(list) > 0 {
		out["service_node_states"] = encode(list)
	}
	return encode(out)
}

// transactions reads the hashes from the parameter that the release knows; under another name there
// are none.
func (s *State) transactions(in object, release int) json.RawMessage {
	name := "txs_hashes"
	if release >= 11 {
		name = "tx_hashes"
	}
	var hashes []string
	json.Unmarshal(in[name], &hashes)
	from := s.hex
	if string(in["decode_as_json"]) == "true" {
		from = s.decoded
	}
	var found []json.RawMessage
	var missed []string
	for _, h := range hashes {
		if tx, ok := from[h]; ok {
			found = append(found, tx)
		} else {
			missed = append(missed, h)
		}
	}
	out := object{"status": json.RawMessage(`"OK"`), "untrusted": json.RawMessage("false")}
	if len(found) > 0 {
		out["txs"] = encode(found)
	}
	if len(missed) > 0 {
		out["missed_tx"] = encode(missed)
	}
	return encode(out)
}

// keyImages answers 0, unspent, for a key image that was never asked in the recording, as a daemon
// does that never saw it.
func (s *State) keyImages(list json.RawMessage) (json.RawMessage, *rpcFailure) {
	var images []string
	json.Unmarshal(list, &images)
	out := object{"status": json.RawMessage(`"OK"`), "untrusted": json.RawMessage("false")}
	var statuses []json.RawMessage
	for _, k := range images {
		status, ok := s.spent[k]
		if !ok {
			status = json.RawMessage("0")
		}
		statuses = append(statuses, status)
	}
	if len(statuses) > 0 {
		out["spent_status"] = encode(statuses)
	}
	return encode(out), nil
}

// rewards answers in the form of the release: two lists until 10, one object from 11 on.
func (s *State) rewards(method string, release int, shuffle *rand.Rand) (json.RawMessage, *rpcFailure) {
	recorded, ok := s.anything[callKey(wire.CallRewards10, nil)]
	known := method == wire.CallRewards10
	if release >= 11 {
		known = !known
	}
	if !ok || !known {
		return nil, &rpcFailure{wire.CodeMethodNotFound, "Method not found"}
	}
	var o object
	var addresses, amounts []json.RawMessage
	json.Unmarshal(recorded, &o)
	json.Unmarshal(o["addresses"], &addresses)
	json.Unmarshal(o["amounts"], &amounts)
	if release >= 11 {
		balances := object{}
		for i, a := range addresses {
			balances[strings.Trim(string(a), `"`)] = amounts[i]
		}
		return encode(object{"balances": encode(balances), "status": o["status"]}), nil
	}
	if shuffle != nil {
		shuffle.Shuffle(len(addresses), func(i, j int) {
			addresses[i], addresses[j] = addresses[j], addresses[i]
			amounts[i], amounts[j] = amounts[j], amounts[i]
		})
		o["addresses"], o["amounts"] = encode(addresses), encode(amounts)
		return encode(o), nil
	}
	return recorded, nil
}

func shuffled(list []json.RawMessage, shuffle *rand.Rand) []json.RawMessage {
	if shuffle == nil {
		return list
	}
	out := append([]json.RawMessage(nil), list...)
	shuffle.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// callKey names a call by its method and parameters.
func callKey(method string, params json.RawMessage) string {
	var compact bytes.Buffer
	if len(params) > 0 && string(params) != "null" {
		if json.Compact(&compact, params) != nil {
			compact.Reset()
		}
	}
	if compact.String() == "{}" {
		compact.Reset()
	}
	return method + " " + compact.String()
}

// encode writes what was recorded or made here, so it cannot fail.
func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic("oxentest: encoding a recorded answer: " + err.Error())
	}
	return data
}
