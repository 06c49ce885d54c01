// Package oxentest is a fake oxend for tests and demonstrations: an HTTP handler that answers the
// daemon's JSON-RPC calls from recordings of a real one, and that can be told to lie, lag, fail or
// move its tip between two calls.
//
// Two forms of recording are read. One exchange a file:
//
//	{"request": {"http_method", "path", "body"}, "response": {"http_status", "body_kind", "body"}}
//
// and a world, what the daemons of one network answered at one moment:
//
//	{"height": H, "calls": [{"daemon": "a", "request": {the JSON-RPC request}, "response": {the JSON-RPC answer}}]}
//
// Both may be compressed with gzip. Numbers keep the digits in which they were recorded.
package oxentest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// maxFile bounds a recording, in bytes, unpacked.
const maxFile = 256 << 20

// An Exchange is one recorded call.
type Exchange struct {
	HTTPMethod string // "POST"
	Path       string // "/json_rpc"
	Sent       []byte // the body that was sent
	Status     int    // HTTP status; 0 if there was no answer
	Body       []byte // the body that came back

	Method string          // of JSON-RPC; empty if the body was not a call
	Params json.RawMessage // nil if there were none
}

// ReadExchange reads a file that holds one exchange.
func ReadExchange(file string) (Exchange, error) {
	data, err := readFile(file)
	if err != nil {
		return Exchange{}, err
	}
	var f struct {
		Request *struct {
			HTTPMethod string          `json:"http_method"`
			Path       string          `json:"path"`
			Body       json.RawMessage `json:"body"`
		} `json:"request"`
		Response *struct {
			Status int             `json:"http_status"`
			Kind   string          `json:"body_kind"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return Exchange{}, fmt.Errorf("recording %s: %w", file, err)
	}
	if f.Request == nil {
		return Exchange{}, fmt.Errorf("recording %s: no request", file)
	}
	e := Exchange{HTTPMethod: f.Request.HTTPMethod, Path: f.Request.Path}
	if e.Sent, err = bodyBytes(f.Request.Body); err != nil {
		return Exchange{}, fmt.Errorf("recording %s: request: %w", file, err)
	}
	e.Method, e.Params = callOf(f.Request.Body)
	if f.Response == nil {
		return e, nil
	}
	e.Status = f.Response.Status
	if e.Body, err = bodyBytes(f.Response.Body); err != nil {
		return Exchange{}, fmt.Errorf("recording %s: response: %w", file, err)
	}
	return e, nil
}

// bodyBytes gives the bytes of a body that was recorded as JSON, or as a string when it was none.
func bodyBytes(body json.RawMessage) ([]byte, error) {
	if len(body) == 0 || string(body) == "null" {
		return nil, nil
	}
	if body[0] == '"' {
		var text string
		err := json.Unmarshal(body, &text)
		return []byte(text), err
	}
	var out bytes.Buffer
	err := json.Compact(&out, body)
	return out.Bytes(), err
}

func callOf(body json.RawMessage) (method string, params json.RawMessage) {
	var call struct {
		Method string          `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(body, &call); err != nil {
		return "", nil
	}
	return call.Method, call.Params
}

// A World is what the daemons of one network answered at one moment.
type World struct {
	Height uint64 `json:"height"` // of the top block
	Calls  []Call `json:"calls"`
}

// A Call is one JSON-RPC call of a world.
type Call struct {
	Daemon   string          `json:"daemon"`
	Request  json.RawMessage `json:"request"`
	Response json.RawMessage `json:"response"`
}

// ReadWorld reads a file that holds a world.
func ReadWorld(file string) (*World, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	w := new(World)
	if err := json.Unmarshal(data, w); err != nil {
		return nil, fmt.Errorf("recording %s: %w", file, err)
	}
	if len(w.Calls) == 0 {
		return nil, fmt.Errorf("recording %s: no calls; it is not a world (see oxendemo daemon --help)", file)
	}
	return w, nil
}

// State gives what the daemon of that name answers. What only other daemons were asked is taken
// from them.
func (w *World) State(daemon string) (*State, error) {
	var own, others []Exchange
	for i, c := range w.Calls {
		e := Exchange{HTTPMethod: "POST", Path: "/json_rpc", Status: 200}
		var err error
		if e.Sent, err = bodyBytes(c.Request); err != nil {
			return nil, fmt.Errorf("call %d: request: %w", i, err)
		}
		if e.Body, err = bodyBytes(c.Response); err != nil {
			return nil, fmt.Errorf("call %d: response: %w", i, err)
		}
		e.Method, e.Params = callOf(c.Request)
		if c.Daemon == daemon {
			own = append(own, e)
		} else {
			others = append(others, e)
		}
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("no daemon %q in the recording", daemon)
	}
	return NewState(append(own, others...))
}

func readFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	magic := make([]byte, 2)
	n, err := io.ReadFull(f, magic)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, err
	}
	var in io.Reader = io.MultiReader(bytes.NewReader(magic[:n]), f)
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		in = unpacked
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", file, maxFile)
	}
	return data, nil
}
