//go:build linux

package main

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// kept is an answer of the portal that the bare handler writes again.
type kept struct {
	Path string
	Head []byte // header lines
	Body []byte
}

// serveBare is the baseline: net/http and nothing else, with the same status, headers and body for
// each path, all ready.
func serveBare(address, file string) error {
	type ready struct {
		names  []string
		values [][]string
		body   []byte
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	answers := map[string]*ready{}
	for in := gob.NewDecoder(f); ; {
		var k kept
		if err := in.Decode(&k); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		r := &ready{body: k.Body}
		for line := range bytes.Lines(k.Head) {
			name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
			if string(name) != "Date" { // net/http writes it itself
				r.names, r.values = append(r.names, string(name)), append(r.values, []string{string(value)})
			}
		}
		answers[k.Path] = r
	}
	f.Close()
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := answers[r.URL.Path]
		if a == nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		for i, name := range a.names {
			h[name] = a.values[i]
		}
		w.Write(a.body)
	}))
}
