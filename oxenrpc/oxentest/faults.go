package oxentest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// A Reply is an answer that is about to be sent.
type Reply struct {
	Method string                     // the method that was called
	Params map[string]json.RawMessage // its parameters
	N      int                        // this is the N-th call of that method, from 1

	Status int    // HTTP status
	Body   []byte // all of the answer
	Drop   bool   // close the connection without an answer
	Cut    int    // if above 0: announce the whole body, send this many bytes of it, close the connection
	Pad    int    // if above 0: send this many spaces after the body
	Hang   bool   // say nothing until the caller gives up
}

func (p *Reply) send(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case p.Drop:
		panic(http.ErrAbortHandler)
	case p.Cut > 0 && p.Cut < len(p.Body):
		w.Header().Set("Content-Length", strconv.Itoa(len(p.Body)))
		w.WriteHeader(p.Status)
		w.Write(p.Body[:p.Cut])
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	w.Write(p.Body)
	for space := bytes.Repeat([]byte(" "), 1<<16); p.Pad > 0; p.Pad -= len(space) {
		if _, err := w.Write(space); err != nil {
			return
		}
	}
}

// An Intercept sees an answer before it is sent and may change it.
type Intercept func(*Reply)

// On applies an intercept to one method only.
func On(method string, i Intercept) Intercept {
	return func(p *Reply) {
		if p.Method == method {
			i(p)
		}
	}
}

// Times applies an intercept to the first n answers that reach it.
func Times(n int, i Intercept) Intercept {
	return func(p *Reply) {
		if n > 0 {
			n--
			i(p)
		}
	}
}

// Poll applies an intercept to get_service_nodes with poll_block_hash only.
func Poll(i Intercept) Intercept {
	return func(p *Reply) {
		if p.Params["poll_block_hash"] != nil {
			i(p)
		}
	}
}

// HTTPStatus answers with a bare HTTP error.
func HTTPStatus(code int) Intercept {
	return func(p *Reply) {
		p.Status, p.Body = code, []byte(http.StatusText(code)+"\n")
	}
}

// Drop closes the connection without an answer.
func Drop(p *Reply) { p.Drop = true }

// Hang never answers.
func Hang(p *Reply) { p.Hang = true }

// Truncate sends the first half of the answer and closes the connection.
func Truncate(p *Reply) { p.Cut = len(p.Body)/2 + 1 }

// Garbage answers with bytes that are no JSON.
func Garbage(p *Reply) { p.Body = []byte("<html>\x00\x1b[31mnot a daemon</html>") }

// Huge appends white space without end, as far as the caller reads it: n bytes.
func Huge(n int) Intercept {
	return func(p *Reply) { p.Pad = n }
}

// Busy answers with the status of a daemon that is not synchronised.
func Busy(p *Reply) { Edit(func(result map[string]any) { result["status"] = "BUSY" })(p) }

// Fail answers with a JSON-RPC error.
func Fail(code int, message string) Intercept {
	return func(p *Reply) {
		p.Body = failureReply(json.RawMessage("0"), rpcFailure{code, message}).Body
	}
}

// Edit changes the result of an answer; numbers are json.Number. An answer that is an error stays
// as it is.
func Edit(change func(result map[string]any)) Intercept {
	return func(p *Reply) {
		in := json.NewDecoder(bytes.NewReader(p.Body))
		in.UseNumber()
		var answer map[string]any
		if err := in.Decode(&answer); err != nil {
			panic(fmt.Sprintf("oxentest: editing an answer of %s: %v", p.Method, err))
		}
		if result, ok := answer["result"].(map[string]any); ok {
			change(result)
			p.Body = encode(answer)
		}
	}
}
