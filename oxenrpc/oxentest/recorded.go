package oxentest

import (
	"encoding/json"
	"fmt"
	"strings"

	"oxenswap/oxenrpc/wire"
)

// Add adds an exchange to a state that is not served yet.
func (s *State) Add(e Exchange) error {
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	if e.Method == "" || json.Unmarshal(e.Body, &answer) != nil || len(answer.Result) == 0 {
		return nil
	}
	if err := s.add(e.Method, e.Params, answer.Result); err != nil {
		return fmt.Errorf("recorded answer of %s: %w", e.Method, err)
	}
	return nil
}

func (s *State) add(method string, params, result json.RawMessage) error {
	var o object
	if err := json.Unmarshal(result, &o); err != nil {
		return err
	}
	if string(o["status"]) != `"OK"` {
		if method == wire.CallLastHeader && s.busy == nil {
			s.busy = result
		}
		return nil
	}
	var in object
	if len(params) > 0 {
		if err := json.Unmarshal(params, &in); err != nil {
			return nil // a call with positional parameters: nothing of it is used
		}
	}
	switch method {
	case wire.CallInfo:
		if s.info == nil {
			s.info = o
		}
	case wire.CallLastHeader:
		if s.last == nil && len(in) == 0 {
			s.last = o["block_header"]
		}
		return s.addHeader(o["block_header"])
	case wire.CallHeader:
		return s.addHeader(o["block_header"])
	case wire.CallServiceNodes:
		if len(in) > 0 || s.nodes != nil {
			return nil
		}
		if states, ok := o["service_node_states"]; ok {
			if err := json.Unmarshal(states, &s.list); err != nil {
				return err
			}
			delete(o, "service_node_states")
		}
		s.nodes = o
	case "get_transactions":
		return s.addTransactions(o["txs"])
	case "is_key_image_spent":
		return s.addSpent(in["key_images"], o["spent_status"])
	default:
		key := callKey(method, params)
		if _, ok := s.anything[key]; !ok {
			s.anything[key] = result
		}
	}
	return nil
}

func (s *State) addHeader(header json.RawMessage) error {
	if len(header) == 0 {
		return nil
	}
	var h struct {
		Height uint64 `json:"height"`
	}
	if err := json.Unmarshal(header, &h); err != nil {
		return err
	}
	if _, ok := s.headers[h.Height]; !ok {
		s.headers[h.Height] = header
	}
	return nil
}

func (s *State) addTransactions(list json.RawMessage) error {
	var txs []json.RawMessage
	if len(list) == 0 {
		return nil
	}
	if err := json.Unmarshal(list, &txs); err != nil {
		return err
	}
	for _, tx := range txs {
		var o object
		if err := json.Unmarshal(tx, &o); err != nil {
			return err
		}
		into := s.hex
		if _, ok := o["as_json"]; ok {
			into = s.decoded
		}
		hash := strings.Trim(string(o["tx_hash"]), `"`)
		if _, ok := into[hash]; ok {
			continue
		}
		into[hash] = tx
		var height uint64
		if json.Unmarshal(o["block_height"], &height) == nil && height > 0 {
			s.mine(height, hash)
		}
	}
	return nil
}

func (s *State) addSpent(images, statuses json.RawMessage) error {
	var keys []string
	var values []json.RawMessage
	if len(statuses) == 0 {
		return nil
	}
	if err := json.Unmarshal(images, &keys); err != nil {
		return err
	}
	if err := json.Unmarshal(statuses, &values); err != nil {
		return err
	}
	if len(keys) != len(values) {
		return fmt.Errorf("%d statuses for %d key images", len(values), len(keys))
	}
	for i, k := range keys {
		if _, ok := s.spent[k]; !ok {
			s.spent[k] = values[i]
		}
	}
	return nil
}
