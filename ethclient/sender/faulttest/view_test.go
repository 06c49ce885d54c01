package faulttest

import (
	"encoding/json"
	"sync"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// lagging is the view of a node that is some blocks behind.
type lagging uint64

func (l lagging) answer(ask func(question) (answer, error), q question) (answer, bool, error) {
	head, err := headOf(ask)
	if err != nil {
		return answer{}, true, err
	}
	head -= min(head, uint64(l))
	if i := blockParam(q); i >= 0 {
		at := ""
		if i < len(q.Params) {
			json.Unmarshal(q.Params[i], &at)
		}
		switch at {
		case "finalized", "safe":
			a, err := ask(q)
			if n, ok := numberOf(a.Result, "number"); err == nil && ok && n > head {
				a, err = ask(atBlock(q, head))
			}
			return a, true, err
		case "latest", "pending", "":
			a, err := ask(atBlock(q, head))
			return a, true, err
		}
		if n, err := unquoted(q.Params[i]); err == nil && n > head {
			if q.Method == "eth_getBlockByNumber" {
				return result(q, json.RawMessage("null")), true, nil
			}
			return failure(q, "header not found"), true, nil
		}
		return answer{}, false, nil
	}
	switch q.Method {
	case "eth_blockNumber":
		return result(q, quoted(head)), true, nil
	case "eth_getTransactionReceipt":
		a, err := ask(q)
		if n, ok := numberOf(a.Result, "blockNumber"); ok && n > head {
			a.Result = json.RawMessage("null")
		}
		return a, true, err
	case "eth_getLogs":
		a, err := ask(q)
		if err != nil || a.Error != nil {
			return a, true, err
		}
		var logs []json.RawMessage
		if err := json.Unmarshal(a.Result, &logs); err != nil {
			return a, true, err
		}
		kept := []json.RawMessage{}
		for _, l := range logs {
			if n, ok := numberOf(l, "blockNumber"); ok && n <= head {
				kept = append(kept, l)
			}
		}
		a.Result, err = json.Marshal(kept)
		return a, true, err
	}
	return answer{}, false, nil
}

// numberOf reads a number of an object.
func numberOf(object json.RawMessage, field string) (uint64, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil || fields[field] == nil {
		return 0, false
	}
	n, err := unquoted(fields[field])
	return n, err == nil
}

// remembering answers as the node did, and notes it.
type remembering struct {
	mu   sync.Mutex
	said map[string]json.RawMessage // by method and parameters
}

func newRemembering() *remembering { return &remembering{said: map[string]json.RawMessage{}} }

func (r *remembering) key(q question) string {
	params, _ := json.Marshal(q.Params)
	return q.Method + string(params)
}

func (r *remembering) answer(ask func(question) (answer, error), q question) (answer, bool, error) {
	a, err := ask(q)
	if _, ok := sending(q); !ok && err == nil && a.Error == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.said[r.key(q)] = a.Result
	}
	return a, true, err
}

// oldFork answers what was remembered, as a node does that has not seen a reorganisation, or a
// cache in front of one.
type oldFork struct{ *remembering }

func (o oldFork) answer(ask func(question) (answer, error), q question) (answer, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	said, ok := o.said[o.key(q)]
	return result(q, said), ok, nil
}

// forging is the view of a node on another fork from a block on: its headers have other hashes.
type forging uint64

func (f forging) answer(ask func(question) (answer, error), q question) (answer, bool, error) {
	if q.Method != "eth_getBlockByNumber" {
		return answer{}, false, nil
	}
	a, err := ask(q)
	if n, ok := numberOf(a.Result, "number"); err != nil || !ok || n < uint64(f) {
		return a, true, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(a.Result, &fields); err != nil {
		return a, true, err
	}
	fields["extraData"] = json.RawMessage(`"0x666f726b"`)
	a.Result, err = json.Marshal(fields)
	return a, true, err
}

// silent is the view of a node that answers a method with an empty list.
type silent string

func (s silent) answer(_ func(question) (answer, error), q question) (answer, bool, error) {
	return result(q, json.RawMessage("[]")), q.Method == string(s), nil
}

// sending is what a question asks to be sent, if it does.
func sending(q question) ([]byte, bool) {
	if q.Method != "eth_sendRawTransaction" || len(q.Params) != 1 {
		return nil, false
	}
	var raw hexutil.Bytes
	err := json.Unmarshal(q.Params[0], &raw)
	return raw, err == nil
}

func hashOf(raw []byte) json.RawMessage {
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(raw); err != nil {
		return json.RawMessage("null")
	}
	out, _ := json.Marshal(tx.Hash())
	return out
}
